//! Comparison records, manifests and lists of pairs: reading them, whatever wrote them.
//!
//! A [`RecordFile`] reads CSV or JSON (packed or not) or Parquet, in the native columns or in those
//! of other systems ([`Format`]), and is a [`RecordSource`]: it passes on [`RecordBatch`]es once,
//! in the order of the file, checked row by row, in memory that does not grow with rows.

mod batch;
mod bins;
mod delimited;
mod dialect;
mod fault;
mod file;
mod format;
mod header;
mod input;
mod json_array;
mod jsonl;
mod label_rules;
mod labels;
mod layout;
mod merge;
mod pair_check;
mod pairs;
#[cfg(feature = "parquet")]
mod parquet;
mod parsed;
mod people;
mod people_file;
mod people_labels;
mod pipeline;
mod presentations;
mod roles;
mod row;
mod row_codes;
mod signature;
mod source;
mod symbol_table;
mod table;
mod unpack;
mod words;
mod zstd;

pub use batch::{
    Failure, FailureStage, MANY, MISSING, MOST_VALUES, Mating, PadOutcome, RecordBatch, Split,
};
pub use bins::Bins;
pub use delimited::delimiter_of_header;
pub use file::{ReadOptions, RecordFile};
pub use format::Format;
pub use label_rules::LabelRules;
pub(crate) use label_rules::same_label;
pub use pairs::{Pair, PairList};
pub use people::{PeopleEntry, PeopleManifest};
pub(crate) use people_labels::{contradiction, of_the_photo};
pub use presentations::{BONA_FIDE, CHALLENGE_FILE, PresentationEntry, PresentationManifest};
pub use source::{Dictionary, InputDigest, RecordSource, RecordWarning, ScanSummary, Symbols};
