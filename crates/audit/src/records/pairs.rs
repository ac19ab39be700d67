//! Lists of pairs of photos to compare.

use std::collections::HashMap;
use std::path::Path;

use super::people::{PeopleEntry, PeopleManifest};
use super::{header, table, words};
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// Columns that comparing fills in, so a list must not contain them.
const FILLED: [&str; 5] = ["probe_id", "reference_id", "score", "failure", "probe_attempt"];

/// Pairs of photos, in the order of their file.
///
/// In a file it is a CSV with the columns `reference` and `probe`, optionally `mated`, and further
/// columns that are carried through; or a list in the format of LFW's `pairs.txt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairList {
    /// The photos, each once, in the order in which they are first named; the subject is empty if
    /// the list does not name it.
    pub photos: PeopleManifest,
    /// Names of the columns that are carried through.
    pub columns: Vec<String>,
    /// The pairs.
    pub pairs: Vec<Pair>,
    /// Folds of equal size, one after another, if the list announces them.
    pub folds: Option<usize>,
    /// Whether the list says which pairs are mated.
    pub states_mated: bool,
}

/// A pair of photos.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// 1-based line in the file.
    pub line: u64,
    /// Index of the reference among [`PairList::photos`].
    pub reference: usize,
    /// Index of the probe among [`PairList::photos`].
    pub probe: usize,
    /// Whether both show one person, if stated.
    pub mated: Option<bool>,
    /// One value for each of [`PairList::columns`].
    pub carried: Vec<String>,
}

impl PairList {
    /// Reads a list of pairs; the first line shows which kind it is.
    ///
    /// LFW's kind: `name i j` is a mated pair, `name1 i name2 j` a non-mated one, and the photo is
    /// `name/name_000i.jpg`. A first line of two numbers gives the number of folds and of pairs of
    /// each kind per fold; a line with a single number gives the pairs of each kind.
    ///
    /// # Errors
    /// With file and line: missing or repeated columns, rows that do not fit, unknown words for
    /// `mated`, folds of unequal size, and a list without pairs.
    pub fn read(path: &Path) -> Result<Self> {
        let mut reader = Reader::new(path);
        let known = ["reference", "probe", "mated", "probe_subject", "reference_subject"];
        let read =
            table::each_row(path, &known, is_header, |fields, line| reader.row(fields, line))?;
        reader.list.photos.warnings = read.warnings;
        reader.finish(read.digest)
    }
}

/// Whether a line names the columns `reference` and `probe`, whatever separates them.
fn is_header(line: &str) -> bool {
    let named: Vec<String> = line
        .split([',', '\t', ';', '|'])
        .map(|name| header::fold(name.trim().trim_matches('"')))
        .collect();
    let has = |name: &str| named.iter().any(|known| known == name);
    named.len() > 1 && (has("reference") || has("probe"))
}

enum Sort {
    Table {
        count: usize,
        reference: usize,
        probe: usize,
        mated: Option<usize>,
        carried: Vec<usize>,
    },
    /// Folds and pairs of each kind per fold, if the first line says so.
    Lfw { announced: Option<(usize, usize)> },
}

struct Reader {
    file: String,
    sort: Option<Sort>,
    /// Positions of `reference_subject` and `probe_subject` among the carried values.
    subjects: [Option<usize>; 2],
    index: HashMap<Box<str>, usize>,
    list: PairList,
}

impl Reader {
    fn new(path: &Path) -> Self {
        let file = path.display().to_string();
        let photos = PeopleManifest {
            file: file.clone(),
            attributes: Vec::new(),
            entries: Vec::new(),
            digest: Digest::of(b""),
            warnings: Vec::new(),
        };
        let list = PairList {
            photos,
            columns: Vec::new(),
            pairs: Vec::new(),
            folds: None,
            states_mated: false,
        };
        Reader { file, sort: None, subjects: [None; 2], index: HashMap::new(), list }
    }

    fn fault(&self, line: u64, message: impl Into<String>) -> Error {
        Error::new(ErrorKind::InvalidRecord, Stage::Record, message)
            .in_file(self.file.clone())
            .at_line(line)
    }

    fn row(&mut self, fields: &[&str], line: u64) -> Result<()> {
        match &self.sort {
            None if is_header(&fields.join(",")) => self.header(fields, line),
            None => {
                let numbers: Option<Vec<usize>> =
                    fields.iter().map(|field| field.parse().ok()).collect();
                let announced = match numbers.as_deref() {
                    Some([folds, pairs]) => Some((*folds, *pairs)),
                    Some([pairs]) => Some((1, *pairs)),
                    _ => None,
                };
                self.list.columns = ["probe_subject", "reference_subject"].map(Into::into).into();
                self.subjects = [Some(1), Some(0)];
                self.list.states_mated = true;
                self.sort = Some(Sort::Lfw { announced });
                if announced.is_some() { Ok(()) } else { self.lfw(fields, line) }
            }
            Some(Sort::Lfw { .. }) => self.lfw(fields, line),
            Some(Sort::Table { .. }) => self.table(fields, line),
        }
    }

    fn header(&mut self, fields: &[&str], line: u64) -> Result<()> {
        let names: Vec<&str> = fields.iter().map(|name| name.trim()).collect();
        for (column, name) in names.iter().enumerate() {
            if !name.is_empty() && names[..column].contains(name) {
                return Err(self
                    .fault(line, format!("two columns are called `{name}`"))
                    .at_column(column as u64 + 1)
                    .next("rename one of them"));
            }
            if FILLED.contains(name) {
                return Err(self
                    .fault(line, format!("the column `{name}` is filled in by comparing"))
                    .at_column(column as u64 + 1)
                    .next("leave it out, or rename it"));
            }
        }
        let find = |name: &str| names.iter().position(|known| *known == name);
        let needed = |name: &str| {
            find(name).ok_or_else(|| {
                self.fault(line, format!("the list has no column `{name}`")).next(
                    "name the columns in the first line: reference,probe and optionally mated",
                )
            })
        };
        let (reference, probe, mated) = (needed("reference")?, needed("probe")?, find("mated"));
        // A column without a name is an index.
        let own = |column: &usize| {
            ![Some(reference), Some(probe), mated].contains(&Some(*column))
                && !names[*column].is_empty()
        };
        let carried: Vec<usize> = (0..names.len()).filter(own).collect();
        self.list.columns = carried.iter().map(|column| names[*column].to_owned()).collect();
        self.list.states_mated = mated.is_some();
        let place = |name: &str| self.list.columns.iter().position(|known| known == name);
        self.subjects = [place("reference_subject"), place("probe_subject")];
        self.sort = Some(Sort::Table { count: names.len(), reference, probe, mated, carried });
        Ok(())
    }

    fn table(&mut self, fields: &[&str], line: u64) -> Result<()> {
        let Some(Sort::Table { count, reference, probe, mated, carried }) = &self.sort else {
            return Ok(());
        };
        if fields.len() != *count {
            let message = format!("{} fields, but there are {count} columns", fields.len());
            return Err(self.fault(line, message).next(
                "put double quotes around a value that contains a comma; keep the comma of a field \
                 without a value",
            ));
        }
        let path = |column: usize, what: &str| match fields[column].trim() {
            "" => Err(self
                .fault(line, format!("the path of the {what} is empty"))
                .at_column(column as u64 + 1)
                .next("give every pair two photos")),
            path => Ok(path),
        };
        let (reference, probe) = (path(*reference, "reference")?, path(*probe, "probe")?);
        let mated = match mated {
            None => None,
            Some(column) => words::mated(fields[*column].trim()).map_err(|()| {
                let word = words::quoted(fields[*column].trim());
                self.fault(line, format!("unknown value of `mated`: {word}"))
                    .at_column(*column as u64 + 1)
                    .next("write 1 for two samples of one person and 0 for samples of two people")
            })?,
        };
        let carried = carried.iter().map(|column| fields[*column].trim().to_owned()).collect();
        self.push(line, reference, probe, mated, carried)
    }

    fn lfw(&mut self, fields: &[&str], line: u64) -> Result<()> {
        let number = |text: &str| {
            text.parse::<u32>().map_err(|_| {
                self.fault(line, format!("{} is not a photo number", words::quoted(text)))
                    .next("write `name i j` for one person and `name1 i name2 j` for two")
            })
        };
        let photo = |name: &str, number: u32| format!("{name}/{name}_{number:04}.jpg");
        let (a, i, b, j) = match fields {
            [name, i, j] => (*name, number(i)?, *name, number(j)?),
            [a, i, b, j] => (*a, number(i)?, *b, number(j)?),
            _ => {
                return Err(self
                    .fault(line, format!("{} fields, where 3 or 4 are expected", fields.len()))
                    .next("write `name i j` for one person and `name1 i name2 j` for two, or a CSV with the columns reference,probe"));
            }
        };
        let carried = vec![b.to_owned(), a.to_owned()];
        self.push(line, &photo(a, i), &photo(b, j), Some(a == b), carried)
    }

    fn push(
        &mut self,
        line: u64,
        reference: &str,
        probe: &str,
        mated: Option<bool>,
        carried: Vec<String>,
    ) -> Result<()> {
        let subject = |side: usize| self.subjects[side].map_or("", |place| carried[place].as_str());
        let subjects = [subject(0).to_owned(), subject(1).to_owned()];
        let [reference, probe] = [(reference, &subjects[0]), (probe, &subjects[1])]
            .map(|(path, subject)| self.photo(line, path, subject));
        let pair = Pair { line, reference: reference?, probe: probe?, mated, carried };
        self.list.pairs.push(pair);
        Ok(())
    }

    /// The index of a photo, added when it is first met.
    fn photo(&mut self, line: u64, path: &str, subject: &str) -> Result<usize> {
        let entries = &mut self.list.photos.entries;
        if let Some(index) = self.index.get(path) {
            let known = &mut entries[*index];
            if known.subject.is_empty() {
                subject.clone_into(&mut known.subject);
            } else if !subject.is_empty() && known.subject != subject {
                let message = format!(
                    "the photo {} shows {} here and {} in line {}",
                    words::quoted(path),
                    words::quoted(subject),
                    words::quoted(&known.subject),
                    known.line
                );
                return Err(self.fault(line, message).next("correct the subject"));
            }
            return Ok(*index);
        }
        let entry = PeopleEntry {
            line,
            path: path.to_owned(),
            subject: subject.to_owned(),
            values: Vec::new(),
        };
        entries.push(entry);
        self.index.insert(path.into(), entries.len() - 1);
        Ok(entries.len() - 1)
    }

    fn finish(mut self, digest: Digest) -> Result<PairList> {
        let pairs = self.list.pairs.len();
        if pairs == 0 {
            return Err(self
                .fault(1, "the list contains no pairs")
                .next("write `reference,probe,mated`, followed by one line per pair"));
        }
        if let Some(Sort::Lfw { announced: Some((folds, each)) }) = self.sort {
            let due = folds.checked_mul(each).and_then(|n| n.checked_mul(2));
            if due != Some(pairs) {
                let message = format!(
                    "{folds} folds of {each} mated and {each} non-mated pairs are announced, but \
                     {pairs} pairs follow"
                );
                return Err(self.fault(1, message).next("correct the first line, or leave it out"));
            }
            self.list.folds = Some(folds).filter(|folds| *folds > 1);
        }
        self.list.photos.digest = digest;
        Ok(self.list)
    }
}
