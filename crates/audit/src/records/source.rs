//! Where records come from: a source is scanned once, batch by batch.

use indexmap::IndexSet;
use serde::{Deserialize, Serialize};

use super::batch::{Failure, RecordBatch};
use crate::{Digest, Result};

/// Names and their codes, in order of first appearance.
///
/// The order depends on the order of rows, so anything that reports must sort by name.
#[derive(Debug, Clone, Default)]
pub struct Symbols(IndexSet<Box<str>>);

impl Symbols {
    /// The code of a name, a new one if it is new.
    pub fn intern(&mut self, name: &str) -> u32 {
        match self.code(name) {
            Some(code) => code,
            None => self.0.insert_full(name.into()).0 as u32,
        }
    }

    /// The code of a name; `None` for a new one if there are already `most` names.
    pub fn intern_up_to(&mut self, name: &str, most: usize) -> Option<u32> {
        if self.len() < most { Some(self.intern(name)) } else { self.code(name) }
    }

    /// The code of a name that is already known.
    pub fn code(&self, name: &str) -> Option<u32> {
        self.0.get_index_of(name).map(|code| code as u32)
    }

    /// Gives a code another name, which must be new.
    pub(super) fn rename(&mut self, code: u32, name: &str) {
        if (code as usize) < self.len() {
            // A name that is not new keeps its code, and the code its name.
            let _ = self.0.replace_index(code as usize, name.into());
        }
    }

    /// The name of a code.
    ///
    /// # Panics
    /// If the code is not below [`Self::len`].
    pub fn name(&self, code: u32) -> &str {
        &self.0[code as usize]
    }

    /// Names by code.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|name| &**name)
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What the codes of a scan mean. Numeric attributes that have bins are binned by the reader.
/// Values of an attribute beyond the first [`MOST_VALUES`](super::MOST_VALUES) are not told apart:
/// their code is [`MANY`](super::MANY).
#[derive(Debug, Clone, Default)]
pub struct Dictionary {
    /// Subjects by code.
    pub subjects: Symbols,
    /// Attribute names, sorted.
    pub attributes: Vec<String>,
    /// Group names of each attribute.
    pub groups: Vec<Symbols>,
    /// Values of the `failure` column.
    pub failures: Vec<Failure>,
    /// Presentation attack instrument species.
    pub species: Symbols,
}

/// The digest of one input file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputDigest {
    /// The file, as the caller named it.
    pub file: String,
    /// Record format, such as `evenmatch` or `bob`.
    pub format: String,
    /// SHA-256 of the file's bytes.
    pub sha256: Digest,
}

/// Something odd in the records that does not stop an audit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordWarning {
    /// A short stable code, such as `duplicate_pair`.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// How many rows it affects, or people, labels or columns if the message is about those.
    pub count: u64,
    /// The first few 1-based lines, ascending.
    pub lines: Vec<u64>,
    /// The attribute whose labels it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
}

/// The result of a finished scan.
#[derive(Debug, Clone, Default)]
pub struct ScanSummary {
    /// Input files.
    pub inputs: Vec<InputDigest>,
    /// Warnings, sorted by code.
    pub warnings: Vec<RecordWarning>,
    /// Whether lower scores in the file mean greater similarity: the scores passed on are then
    /// their negatives.
    pub lower_is_more_similar: bool,
    /// Whether the source names no people. Then samples, or rows, stand for people, and nobody knows
    /// which comparisons are of one pair of people.
    pub anonymous: bool,
}

/// Records that can be read once, batch by batch.
///
/// An audit reads its source a single time and spools the packed columns that it needs to a
/// temporary file, so a source does not have to be rewindable.
pub trait RecordSource {
    /// Passes every row to `sink`, in batches of any size, and fills `dictionary` as it goes: when
    /// `sink` sees a code, the dictionary already contains its meaning. An error of `sink` ends the
    /// scan and is returned.
    fn scan(
        &mut self,
        dictionary: &mut Dictionary,
        sink: &mut dyn FnMut(&Dictionary, &RecordBatch) -> Result<()>,
    ) -> Result<ScanSummary>;
}
