//! What was typed, before anything is resolved.

use clap::{Parser, Subcommand};

use super::{audit, compare_audits, detect, doctor, models, plan, verify};
#[cfg(feature = "parquet")]
use super::{batch, embed, merge};

/// Face verification that proves, with numbers, how evenly it treats people.
#[derive(Debug, Parser)]
#[command(name = "evenmatch", version, about, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// One variant a subcommand; each has its arguments in a file of its own.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Verify(verify::VerifyArguments),
    Detect(detect::DetectArguments),
    #[cfg(feature = "parquet")]
    Embed(embed::EmbedArguments),
    #[cfg(feature = "parquet")]
    Merge(merge::MergeArguments),
    #[cfg(feature = "parquet")]
    Batch(batch::BatchArguments),
    Models(models::ModelsArgs),
    Doctor(doctor::DoctorArgs),
    Audit(Box<audit::AuditArguments>),
    Plan(plan::PlanArguments),
    CompareAudits(compare_audits::CompareArguments),
}
