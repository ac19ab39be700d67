//! What a person should change about a photo, in plain words.

use serde::{Deserialize, Serialize};

use crate::acquire::Inspection;
use evenmatch_core::record::{Reason, ReasonCode, ReasonStage};

/// One thing to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CaptureChange {
    /// The reason for it.
    pub code: ReasonCode,
    /// What is wrong, in plain words.
    pub meaning: String,
    /// What to do, in plain words.
    pub advice: String,
    /// Whether the photo cannot be used without this change.
    pub needed: bool,
}

/// What to change about a photo before sending it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CaptureAdvice {
    /// Whether the photo can be used as it is: there is a face, and the gate would let it pass if
    /// it were enforced.
    pub would_do: bool,
    /// What to change, most important first; empty where there is nothing to change.
    pub changes: Vec<CaptureChange>,
}

impl CaptureAdvice {
    /// The advice on a photo that [`Verifier::inspect`](crate::Verifier::inspect) has examined.
    /// With a policy whose gate is off, only faces that cannot be used are reported.
    pub fn of(inspection: &Inspection) -> Self {
        let gate = &inspection.gate;
        let about_photo =
            |reason: &&Reason| matches!(reason.stage, ReasonStage::Detect | ReasonStage::Quality);
        // A bystander far behind is not a fault of the photo; the gate reports those who are near.
        let useful = |reason: &&Reason| reason.code != ReasonCode::SeveralFacesLargestUsed;
        // The gate's own list says what is needed even where it is not enforced.
        let found = inspection.reasons.iter().filter(about_photo).filter(useful);
        let mut reasons: Vec<&Reason> = gate.reasons.iter().collect();
        for reason in found {
            if reasons.iter().all(|known| known.code != reason.code) {
                reasons.push(reason);
            }
        }
        // Stable: within each half the order is that in which one fault makes others moot.
        reasons.sort_by_key(|reason| !reason.decisive);
        let change = |reason: &Reason| CaptureChange {
            code: reason.code,
            meaning: reason.code.meaning().to_owned(),
            advice: reason.advice.clone(),
            needed: reason.decisive,
        };
        CaptureAdvice {
            would_do: inspection.aligned.is_some() && gate.passed,
            changes: reasons.into_iter().map(change).collect(),
        }
    }
}
