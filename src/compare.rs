//! Comparing two templates by cosine similarity.

use serde::{Deserialize, Serialize};

use crate::template::{Probe, Reference, Role, Template};
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch_scores::normalise::NormaliserStatistics;

/// The number that comes out of one comparison, from −1 to 1: the cosine of the angle between two
/// templates, or that cosine normalised. Higher is more similar.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ComparisonScore(f32);

impl ComparisonScore {
    /// The score, −1 to 1.
    pub fn value(self) -> f32 {
        self.0
    }
}

/// Compares a probe with a reference that the same model made.
///
/// Two references cannot be compared:
///
/// ```compile_fail
/// # fn f(a: &evenmatch::Template<evenmatch::Reference>, b: &evenmatch::Template<evenmatch::Reference>) {
/// let score = evenmatch::compare(a, b);
/// # }
/// ```
///
/// # Errors
///
/// [`ErrorKind::ModelMismatch`] where the templates come from models of different digests: their
/// features mean different things. [`ErrorKind::TemplateFormMismatch`] where one is plain and the
/// other mirrored: no threshold holds for such scores.
pub fn compare(
    probe: &Template<Probe>,
    reference: &Template<Reference>,
) -> Result<ComparisonScore> {
    check_alike(probe, reference)?;
    Ok(ComparisonScore(cosine(probe, reference) as f32))
}

/// Compares a probe with a reference and normalises the score with the statistics that the
/// normaliser `by` measured for both; see [`evenmatch_scores::normalise`].
///
/// # Errors
///
/// As for [`compare`]; and [`ErrorKind::NormaliserMismatch`] where one of the templates has no
/// statistics, or has those of another normaliser.
pub fn compare_normalised(
    probe: &Template<Probe>,
    reference: &Template<Reference>,
    by: Digest,
) -> Result<ComparisonScore> {
    check_alike(probe, reference)?;
    let probe_statistics = statistics("probe", probe, by)?;
    let reference_statistics = statistics("reference", reference, by)?;
    let score = probe_statistics.score(reference_statistics, cosine(probe, reference));
    Ok(ComparisonScore(score))
}

fn statistics<'a, R: Role>(
    name: &str,
    template: &'a Template<R>,
    by: Digest,
) -> Result<&'a NormaliserStatistics> {
    let own = template.statistics();
    own.filter(|own| own.normaliser == by).ok_or_else(|| {
        let has = own.map_or_else(
            || "was not normalised".to_owned(),
            |own| format!("was normalised by {}", own.normaliser),
        );
        let message = format!("the {name} {has}, but scores are normalised by {by}");
        Error::new(ErrorKind::NormaliserMismatch, Stage::Compare, message)
            .next("compute its statistics again: Template::normalised_by, or enrol it again")
    })
}

fn cosine(probe: &Template<Probe>, reference: &Template<Reference>) -> f64 {
    // Summed in order and in double precision: the same on every machine and in every thread.
    let cosine: f64 = probe
        .features()
        .iter()
        .zip(reference.features())
        .map(|(p, r)| f64::from(*p) * f64::from(*r))
        .sum();
    cosine.clamp(-1.0, 1.0)
}

fn check_alike(probe: &Template<Probe>, reference: &Template<Reference>) -> Result<()> {
    let (a, b) = (probe.model(), reference.model());
    if a.sha256 != b.sha256 || probe.features().len() != reference.features().len() {
        let message = format!("the probe was made by {a} and the reference by {b}");
        return Err(Error::new(ErrorKind::ModelMismatch, Stage::Compare, message)
            .next("enrol the reference again with the current model"));
    }
    let (a, b) = (probe.form(), reference.form());
    if a != b {
        let message = format!("the probe's template is {a} and the reference's is {b}");
        return Err(Error::new(ErrorKind::TemplateFormMismatch, Stage::Compare, message).next(
            format!("enrol the reference again from photos, or make both alike: --templates {b}"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelId;
    use evenmatch_core::record::TemplateForm;

    fn template<R: Role>(form: TemplateForm) -> Template<R> {
        let model = ModelId { id: "m".into(), sha256: Digest::of(b"m") };
        Template::restore(model, form, vec![0.6, 0.8]).unwrap()
    }

    #[test]
    fn templates_of_different_forms_are_not_compared() {
        let probe = template::<Probe>(TemplateForm::Plain);
        let error = compare(&probe, &template(TemplateForm::Mirrored)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TemplateFormMismatch);
        assert!(error.next_step().is_some_and(|next| next.contains("--templates mirrored")));
        assert!(compare(&probe, &template(TemplateForm::Plain)).is_ok());
    }
}
