//! Combinations of attribute values, by subject.

use hashbrown::HashTable;

use crate::records::MANY;
use evenmatch_core::random::mix;

/// Combinations of attribute values, by subject: a *persona* each.
pub(crate) struct Personas {
    attributes: usize,
    subject: Vec<u32>,
    codes: Vec<u16>,
    next: Vec<u32>,
    first: Vec<u32>,
    /// Every persona, found by its subject and codes.
    table: HashTable<u32>,
    /// By attribute: whether any value is beyond the limit on distinct values.
    many: Vec<bool>,
}

const NONE: u32 = u32::MAX;
/// Personas of one subject that are tried one after another. Nearly everyone has only one; a column
/// that differs from row to row gives a subject as many as it has rows.
const NEAR: usize = 4;

impl Personas {
    pub(crate) fn new(attributes: usize) -> Self {
        Personas {
            attributes,
            subject: Vec::new(),
            codes: Vec::new(),
            next: Vec::new(),
            first: Vec::new(),
            table: HashTable::new(),
            many: vec![false; attributes],
        }
    }

    /// The persona of this subject with these codes (one vector per attribute, at `row`).
    pub(crate) fn intern(&mut self, subject: u32, columns: &[Vec<u16>], row: usize) -> u32 {
        let index = subject as usize;
        if index >= self.first.len() {
            self.first.resize(index + 1, NONE);
        }
        let mut persona = self.first[index];
        for _ in 0..NEAR {
            if persona == NONE {
                return self.add(subject, columns, row);
            }
            if self.has(persona, columns, row) {
                return persona;
            }
            persona = self.next[persona as usize];
        }
        let hash = hash(subject, self.attributes, |attribute| columns[attribute][row]);
        let found = self.table.find(hash, |&known| {
            self.subject[known as usize] == subject && self.has(known, columns, row)
        });
        found.copied().unwrap_or_else(|| self.add(subject, columns, row))
    }

    fn add(&mut self, subject: u32, columns: &[Vec<u16>], row: usize) -> u32 {
        let persona = self.subject.len() as u32;
        self.subject.push(subject);
        for (column, many) in columns.iter().zip(&mut self.many) {
            self.codes.push(column[row]);
            *many |= column[row] == MANY;
        }
        let first = &mut self.first[subject as usize];
        self.next.push(*first);
        *first = persona;
        let (attributes, subjects, codes) = (self.attributes, &self.subject, &self.codes);
        let hash_of = |persona: &u32| {
            let start = *persona as usize * attributes;
            hash(subjects[*persona as usize], attributes, |attribute| codes[start + attribute])
        };
        self.table.insert_unique(hash_of(&persona), persona, hash_of);
        persona
    }

    fn has(&self, persona: u32, columns: &[Vec<u16>], row: usize) -> bool {
        let start = persona as usize * self.attributes;
        let codes = &self.codes[start..start + self.attributes];
        codes.iter().zip(columns).all(|(code, column)| *code == column[row])
    }

    pub(crate) fn len(&self) -> usize {
        self.subject.len()
    }

    /// The subject of a persona.
    pub(crate) fn subject(&self, persona: u32) -> u32 {
        self.subject[persona as usize]
    }

    /// Whether an earlier persona of the same subject has another label of this attribute.
    pub(crate) fn contradicts(
        &self,
        persona: u32,
        attribute: usize,
        same: impl Fn(u16, u16) -> bool,
    ) -> bool {
        let own = self.code(persona as usize, attribute);
        let mut earlier = self.next[persona as usize];
        while own < MANY && earlier != NONE {
            let code = self.code(earlier as usize, attribute);
            if code < MANY && code != own && !same(code, own) {
                return true;
            }
            earlier = self.next[earlier as usize];
        }
        false
    }

    /// The subject of each persona.
    pub(crate) fn subjects(&self) -> &[u32] {
        &self.subject
    }

    pub(crate) fn code(&self, persona: usize, attribute: usize) -> u16 {
        self.codes[persona * self.attributes + attribute]
    }

    /// Whether an attribute has more values than the limit on distinct values.
    pub(crate) fn has_many(&self, attribute: usize) -> bool {
        self.many[attribute]
    }
}

fn hash(subject: u32, attributes: usize, code: impl Fn(usize) -> u16) -> u64 {
    (0..attributes).fold(mix(u64::from(subject)), |hash, a| mix(hash ^ u64::from(code(a))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::MISSING;

    #[test]
    fn a_subject_of_a_thousand_personas_finds_each_again() {
        let mut personas = Personas::new(2);
        for round in 0..2 {
            for row in 0..1_000_u32 {
                let columns = [vec![row as u16], vec![MISSING]];
                assert_eq!(personas.intern(7, &columns, 0), row, "round {round}");
            }
        }
        assert_eq!((personas.len(), personas.code(999, 0)), (1_000, 999));
        assert!(!personas.has_many(0));
        personas.intern(7, &[vec![MANY], vec![0]], 0);
        assert!(personas.has_many(0) && !personas.has_many(1));
    }
}
