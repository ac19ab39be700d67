//! Evaluating presentation attack detection on labelled presentations (ISO/IEC 30107-3).
//!
//! [`pad_eval`] judges every presentation of a [manifest](evenmatch_audit::records::PresentationManifest), a
//! photo or a sequence of frames, and compares it with a reference where one is named. The
//! outcomes go into comparison records ([`records`]), from which an audit calculates the rates:
//! nothing is counted here. A presentation that cannot be read, shows no face or gets no answer is
//! an outcome with a reason, never a missing row.

mod journal;
mod presenter;
mod records;
mod run;
mod sessions;
mod verifier;

pub use presenter::{Presentation, Presented, Presenter};
pub use records::{outcomes, records};
pub use run::{PadEvalProgress, PadEvalSettings, pad_eval, report};
pub use sessions::SessionJudge;
pub use verifier::{FrameJudge, JudgedFrames, VerifierPresenter};
