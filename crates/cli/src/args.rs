//! The arguments as typed, before anything is resolved.

use clap::{Parser, Subcommand};

use super::{
    appeal, audit, batch, calibrate, capture_advice, challenge, compare_audits, completions,
    crossmatch, detect, disclose, doctor, embed, enrol, explain, keys, ledger, link, man, merge,
    models, pad_eval, plan, serve, stress, verify,
};

/// Face verification that proves, with numbers, how evenly it treats people
#[derive(Debug, Parser)]
#[command(name = "evenmatch", version, about, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// One variant per subcommand. Each subcommand has its arguments in a file of its own.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Verify(Box<verify::VerifyArguments>),
    Explain(explain::ExplainArguments),
    Disclose(disclose::DiscloseArguments),
    Detect(detect::DetectArguments),
    CaptureAdvice(capture_advice::CaptureAdviceArguments),
    Challenge(challenge::ChallengeArguments),
    Embed(embed::EmbedArguments),
    Crossmatch(crossmatch::CrossMatchArguments),
    Merge(merge::MergeArguments),
    Batch(batch::BatchArguments),
    Models(models::ModelsArgs),
    Doctor(doctor::DoctorArgs),
    Audit(Box<audit::AuditArguments>),
    Stress(stress::StressArguments),
    Calibrate(calibrate::CalibrateArguments),
    PadEval(pad_eval::PadEvalArguments),
    Plan(plan::PlanArguments),
    CompareAudits(compare_audits::CompareArguments),
    Keys(keys::KeysArguments),
    Serve(serve::ServeArguments),
    Link(link::LinkArguments),
    Enrol(enrol::EnrolArguments),
    List(enrol::ListArguments),
    Forget(enrol::ForgetArguments),
    Receipt(enrol::ReceiptArguments),
    Retention(enrol::RetentionArguments),
    Ledger(ledger::LedgerArguments),
    Appeal(appeal::AppealArguments),
    Replay(appeal::ReplayArguments),
    Completions(completions::CompletionsArguments),
    Man(man::ManArguments),
}
