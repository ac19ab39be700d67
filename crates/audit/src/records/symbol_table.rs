//! A fast string table for one reading thread.
//!
//! The hash table is hashbrown's; the strings lie in one buffer. `indexmap::IndexSet<Box<str>>` is
//! as fast with few names, but with 100,000 of them reading a file takes 16 to 28 % longer, since
//! every string is then an allocation of its own.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// Strings and their codes, in order of first appearance.
#[derive(Default)]
pub(super) struct SymbolTable {
    table: HashTable<u32>,
    text: String,
    ends: Vec<usize>,
    last: Option<u32>,
}

impl SymbolTable {
    /// The code of a string; `None` for a new one if there are already `most` strings.
    #[inline]
    pub(super) fn intern_up_to(&mut self, name: &str, most: usize) -> Option<u32> {
        if self.ends.len() < most {
            return Some(self.intern(name));
        }
        let SymbolTable { table, text, ends, .. } = self;
        table.find(xxh3_64(name.as_bytes()), |&code| slice(text, ends, code) == name).copied()
    }

    /// The code of a string; a new one gets the next code.
    #[inline]
    pub(super) fn intern(&mut self, name: &str) -> u32 {
        // Score files are mostly sorted, so that a value often repeats the one above it.
        if let Some(code) = self.last
            && self.get(code) == name
        {
            return code;
        }
        let hash = xxh3_64(name.as_bytes());
        let SymbolTable { table, text, ends, .. } = self;
        let known = table.find(hash, |&code| slice(text, ends, code) == name).copied();
        let code = known.unwrap_or_else(|| {
            let code = ends.len() as u32;
            text.push_str(name);
            ends.push(text.len());
            table.insert_unique(hash, code, |&other| xxh3_64(slice(text, ends, other).as_bytes()));
            code
        });
        self.last = Some(code);
        code
    }

    /// The string of a code.
    pub(super) fn get(&self, code: u32) -> &str {
        slice(&self.text, &self.ends, code)
    }

    /// The strings from the code `known` on, which is moved past them.
    pub(super) fn since(&self, known: &mut usize) -> Vec<Box<str>> {
        let from = std::mem::replace(known, self.ends.len());
        (from..self.ends.len()).map(|code| self.get(code as u32).into()).collect()
    }
}

fn slice<'a>(text: &'a str, ends: &[usize], code: u32) -> &'a str {
    let code = code as usize;
    let start = if code == 0 { 0 } else { ends[code - 1] };
    &text[start..ends[code]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_table_still_knows_its_strings() {
        let mut table = SymbolTable::default();
        let codes = ["a", "b", "c", "a"].map(|name| table.intern_up_to(name, 2));
        assert_eq!(codes, [Some(0), Some(1), None, Some(0)]);
    }

    #[test]
    fn codes_follow_first_appearance_and_stay() {
        let mut table = SymbolTable::default();
        for round in 0..2 {
            for name in 0..5000_u32 {
                assert_eq!(table.intern(&format!("n{name}")), name, "round {round}");
            }
        }
        assert_eq!(table.intern(""), 5000);
        assert_eq!((table.get(0), table.get(4999), table.get(5000)), ("n0", "n4999", ""));
        let mut known = 4999;
        assert_eq!(table.since(&mut known), ["n4999".into(), Box::<str>::from("")]);
        assert_eq!(known, 5001);
    }
}
