//! Labelled samples whose scores are normalised.

use crate::Result;
use crate::{LabelledSample, SampleSet};
use evenmatch_scores::normalise::Normaliser;

/// The set with templates relative to the normaliser's mean (those of a learned one, which has no
/// mean, stay as they are), and their offsets: its scores are the normalised ones that `evenmatch::compare_normalised` gives, up to rounding to
/// single precision.
///
/// # Errors
/// The templates have a different length from the normaliser's.
pub fn normalised(set: &SampleSet, normaliser: &Normaliser) -> Result<SampleSet> {
    let mut set = set.clone();
    let mut offsets = Vec::with_capacity(set.templates.len() / set.dimension.max(1));
    for template in set.templates.chunks_exact_mut(set.dimension.max(1)) {
        offsets.push(normaliser.statistics(template)?.offset as f32);
        template.copy_from_slice(&normaliser.centred(template));
    }
    set.offsets = offsets;
    Ok(set)
}

/// The set without the samples marked in `left_out`.
pub fn without(set: &SampleSet, left_out: &dyn Fn(&LabelledSample) -> bool) -> SampleSet {
    let mut place = Vec::with_capacity(set.samples.len());
    let mut kept = SampleSet { samples: Vec::new(), templates: Vec::new(), ..set.clone() };
    kept.offsets.clear();
    let mut templates = set.templates.chunks_exact(set.dimension.max(1));
    let mut offsets = set.offsets.iter();
    for sample in &set.samples {
        let acquired = sample.failure.is_none();
        let template = acquired.then(|| templates.next()).flatten();
        let offset = acquired.then(|| offsets.next()).flatten();
        let stays = !left_out(sample);
        place.push(stays.then_some(kept.samples.len() as u32));
        if stays {
            kept.samples.push(sample.clone());
            kept.templates.extend(template.into_iter().flatten());
            kept.offsets.extend(offset);
        }
    }
    let moved = |(a, b): &(u32, u32)| Some((place[*a as usize]?, place[*b as usize]?));
    kept.not_mated = set.not_mated.iter().filter_map(moved).collect();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{Failure, FailureStage};

    #[test]
    fn who_is_left_out_takes_templates_offsets_and_pairs_along() {
        let sample = |subject: &str, lost: bool| LabelledSample {
            subject: subject.to_owned(),
            values: Vec::new(),
            failure: lost
                .then(|| Failure { name: "no_face_found".to_owned(), stage: FailureStage::Detect }),
            attempt: 1,
        };
        let set = SampleSet {
            samples: vec![
                sample("a", false),
                sample("b", true),
                sample("b", false),
                sample("c", false),
                sample("c", false),
            ],
            dimension: 1,
            templates: vec![1.0, 2.0, 3.0, 4.0],
            offsets: vec![0.1, 0.2, 0.3, 0.4],
            not_mated: [(0, 2), (3, 4)].into(),
            ..SampleSet::default()
        };
        let kept = without(&set, &|sample| sample.subject == "a");
        assert_eq!(kept.samples.len(), 4);
        assert_eq!(kept.templates, [2.0, 3.0, 4.0]);
        assert_eq!(kept.offsets, [0.2, 0.3, 0.4]);
        assert_eq!(kept.not_mated, [(2, 3)].into());
    }
}
