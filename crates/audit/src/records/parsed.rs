//! The result of parsing a number of rows: a batch in the codes of one thread.

use super::batch::RecordBatch;
use super::label_rules::Odd;
use super::pair_check::{PairMark, Seen};
use super::symbol_table::SymbolTable;

/// Strings that one thread has seen; the codes of its batches refer to them.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) subjects: SymbolTable,
    pub(super) groups: Vec<SymbolTable>,
    pub(super) failures: SymbolTable,
    pub(super) species: SymbolTable,
}

impl Tables {
    pub(super) fn new(attributes: usize) -> Self {
        let groups = (0..attributes).map(|_| SymbolTable::default()).collect();
        Tables { groups, ..Tables::default() }
    }
}

/// A number of parsed rows.
#[derive(Default)]
pub(super) struct Parsed {
    pub(super) batch: RecordBatch,
    pub(super) marks: Vec<PairMark>,
    pub(super) self_comparisons: Seen,
    /// By attribute.
    pub(super) odd: Vec<Odd>,
    /// The first lines with a decimal comma and with a decimal point: in scores, then in scores of
    /// presentation attack detection.
    pub(super) decimals: [[Option<u64>; 2]; 2],
}

impl Parsed {
    pub(super) fn clear(&mut self, attributes: usize) {
        self.batch.probe_group.resize_with(attributes, Vec::new);
        self.batch.reference_group.resize_with(attributes, Vec::new);
        self.batch.clear();
        self.marks.clear();
        self.self_comparisons = Seen::default();
        self.odd.clear();
        self.odd.resize_with(attributes, Odd::default);
        self.decimals = Default::default();
    }
}
