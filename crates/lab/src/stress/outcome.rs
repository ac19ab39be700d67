//! The outcome of one photo, clean or degraded.

use crate::Result;
use crate::batch::AcquisitionFailure;
use evenmatch::{Inspection, Probe, Template, Verifier};
use evenmatch_audit::StressOutcome;

/// Classifies an inspection. This is the one place that distinguishes an acquired photo, a photo
/// without a usable face, and a photo that the quality gate refuses or would refuse if it were
/// enforced.
pub(super) fn classify(inspection: &Inspection) -> StressOutcome {
    let refusal = inspection.gate.reasons.iter().find(|reason| reason.decisive);
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
    // A gate that only advises still lets the face be compared.
    let Some(face) = &inspection.aligned else { return Ok((outcome, None)) };
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
    use evenmatch_core::record::{Reason, ReasonCode};

    #[test]
    fn what_the_gate_refuses_or_would_refuse_is_a_refusal_and_advice_is_none() {
        let verifier = Verifier::with_null_networks("gate = 'off'".parse().unwrap()).unwrap();
        let face = RgbImage::from_fn(320, 320, |x, y| match (x, y) {
            (96..224, 96..256) => Rgb([250, 20, 20]),
            _ => Rgb([128; 3]),
        });
        let mut inspection = verifier.inspect::<Probe>(&face).unwrap();
        assert_eq!(classify(&inspection), StressOutcome::Acquired);
        inspection.gate.reasons.push(Reason::new(ReasonCode::FaceSmall).advisory());
        assert_eq!(classify(&inspection), StressOutcome::Acquired);
        inspection.gate.reasons.push(Reason::new(ReasonCode::FaceSmall));
        let refused = StressOutcome::Refused("quality:face_small".to_owned());
        // Where the gate only advises, there still is a face to compare.
        let (outcome, compared) = template(&verifier, &inspection).unwrap();
        assert_eq!((outcome, compared.is_some()), (refused.clone(), true));
        inspection.aligned = None;
        assert_eq!(template(&verifier, &inspection).unwrap(), (refused, None));
        let nobody = verifier.inspect::<Probe>(&RgbImage::new(64, 64)).unwrap();
        let failed = StressOutcome::Failed("detect:no_face_found".to_owned());
        assert_eq!(classify(&nobody), failed);
    }
}
