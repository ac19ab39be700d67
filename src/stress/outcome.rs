//! What came of one photo, clean or degraded.

use crate::acquire::Inspection;
use crate::audit::StressOutcome;
use crate::batch::AcquisitionFailure;
use crate::record::ReasonStage;
use crate::template::{Probe, Template};
use crate::{Result, Verifier};

/// Classifies an inspection: the one place that tells an acquired photo from one in which no
/// usable face was found and from one that the quality gate refuses.
pub(super) fn classify(inspection: &Inspection) -> StressOutcome {
    let gate = |stage: ReasonStage| stage == ReasonStage::Quality;
    let refusal = inspection.reasons.iter().find(|reason| reason.decisive && gate(reason.stage));
    match (refusal, &inspection.aligned) {
        (Some(reason), _) => StressOutcome::Refused(format!("quality:{}", reason.code)),
        (None, Some(_)) => StressOutcome::Acquired,
        (None, None) => {
            let failure = AcquisitionFailure::of_reasons(&inspection.reasons);
            StressOutcome::Failed(failure.to_string())
        }
    }
}

/// The outcome, and the template of an acquired photo, normalised where the verifier normalises.
pub(super) fn template(
    verifier: &Verifier,
    inspection: &Inspection,
) -> Result<(StressOutcome, Option<Template<Probe>>)> {
    let outcome = classify(inspection);
    let face = match (&outcome, &inspection.aligned) {
        (StressOutcome::Acquired, Some(face)) => face,
        _ => return Ok((outcome, None)),
    };
    let template: Template<Probe> = verifier.embedder().embed(face)?;
    let template = match verifier.normaliser() {
        Some(normaliser) => template.normalised_by(normaliser)?,
        None => template,
    };
    Ok((outcome, Some(template)))
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;
    use crate::record::{Reason, ReasonCode};

    #[test]
    fn a_decisive_reason_of_quality_is_a_refusal_and_an_advisory_one_is_not() {
        let verifier = Verifier::with_null_networks(Default::default()).unwrap();
        let face = RgbImage::from_fn(320, 320, |x, y| match (x, y) {
            (96..224, 96..256) => Rgb([250, 20, 20]),
            _ => Rgb([128; 3]),
        });
        let mut inspection = verifier.inspect::<Probe>(&face).unwrap();
        assert_eq!(classify(&inspection), StressOutcome::Acquired);
        inspection.reasons.push(Reason::new(ReasonCode::FaceSmall).advisory());
        assert_eq!(classify(&inspection), StressOutcome::Acquired);
        inspection.reasons.push(Reason::new(ReasonCode::FaceSmall));
        let refused = StressOutcome::Refused("quality:face_small".to_owned());
        assert_eq!(template(&verifier, &inspection).unwrap(), (refused, None));
        let nobody = verifier.inspect::<Probe>(&RgbImage::new(64, 64)).unwrap();
        let failed = StressOutcome::Failed("detect:no_face_found".to_owned());
        assert_eq!(classify(&nobody), failed);
    }
}
