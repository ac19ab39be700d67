//! Options that say how to read the labels of people.

use clap::Args;

use evenmatch_audit::records::LabelRules;

/// See the module.
#[derive(Debug, Clone, Args)]
pub(crate) struct LabelArguments {
    /// Merge labels that differ only in case, spaces or Unicode form into one group
    #[arg(long, help_heading = "Labels and groups")]
    merge_labels: bool,
    /// Treat these words as groups although they usually mean a missing label, such as unknown or
    /// none
    #[arg(
        long,
        value_name = "WORD",
        value_delimiter = ',',
        allow_hyphen_values = true,
        help_heading = "Labels and groups"
    )]
    keep_label: Vec<String>,
}

impl LabelArguments {
    /// The rules for the reader.
    pub(crate) fn rules(&self) -> LabelRules {
        LabelRules { merge_spellings: self.merge_labels, keep: self.keep_label.clone() }
    }
}
