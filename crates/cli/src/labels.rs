//! Flags that say how labels of people are read.

use clap::Args;

use evenmatch_audit::records::LabelRules;

/// See the module.
#[derive(Debug, Clone, Args)]
pub(crate) struct LabelArguments {
    /// Count spellings of a label that differ only in case, blanks or Unicode form as one group
    #[arg(long)]
    merge_labels: bool,
    /// Words that name a group although they usually stand for a missing label, such as unknown
    /// or none
    #[arg(long, value_name = "WORD", value_delimiter = ',', allow_hyphen_values = true)]
    keep_label: Vec<String>,
}

impl LabelArguments {
    /// As the reader takes them.
    pub(crate) fn rules(&self) -> LabelRules {
        LabelRules { merge_spellings: self.merge_labels, keep: self.keep_label.clone() }
    }
}
