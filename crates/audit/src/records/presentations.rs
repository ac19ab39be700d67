//! Lists of presentations: what was shown to the camera, by whom, and of which kind.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{table, words};
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// The file in a folder of frames that contains the challenge.
pub const CHALLENGE_FILE: &str = "challenge.json";
/// The species of a presentation that is not an attack, and the folder of such presentations.
pub const BONA_FIDE: &str = "bona_fide";

/// Columns with a fixed meaning; every other one is an attribute.
const KNOWN: [&str; 5] = ["path", "subject_id", "species", "challenge", "reference"];
/// The column names of comparison records, which no attribute may have.
const TAKEN: [&str; 3] = ["id", "subject", "attempt"];

/// A list of presentations with their people, and any number of attributes.
///
/// In a file it is a CSV with the columns `path`, `subject_id` and `species`, optionally
/// `challenge` and `reference`; every further column is an attribute. An empty attribute is
/// unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentationManifest {
    /// The file or the folder, as the caller named it.
    pub file: String,
    /// Names of the attributes, in the order of the columns.
    pub attributes: Vec<String>,
    /// The presentations, in the order of the file; for a folder, by path.
    pub entries: Vec<PresentationEntry>,
    /// SHA-256 of the file; for a folder, of the list generated from it.
    pub digest: Digest,
}

/// One presentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentationEntry {
    /// 1-based line in the file; 0 if the list comes from a folder.
    pub line: u64,
    /// A photo, a folder of frames, or an animated image, as written; relative to the root.
    pub path: String,
    /// The person who presented, or who is imitated; empty if not known.
    pub subject: String,
    /// The presentation attack instrument species; `None` for a bona fide presentation.
    pub species: Option<String>,
    /// The challenge that a sequence of frames answers, relative to the root.
    pub challenge: Option<String>,
    /// A photo of the person that the presentation claims to be, relative to the root.
    pub reference: Option<String>,
    /// One value per attribute, in the order of [`PresentationManifest::attributes`].
    pub values: Vec<Option<String>>,
}

impl PresentationManifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// With file and line: no column `path`, `subject_id` or `species`, two columns with the same
    /// name, an attribute named like a column of records, an empty path or subject, a path that is
    /// listed twice, a row with too many or too few fields, bytes that are not UTF-8, and a
    /// manifest without presentations.
    pub fn read(path: &Path) -> Result<Self> {
        let mut reader = Reader { file: path.display().to_string(), ..Reader::default() };
        let read = table::each_row(
            path,
            &KNOWN,
            |_| true,
            |fields, line| match &reader.columns {
                None => reader.header(fields, line),
                Some(_) => reader.row(fields, line),
            },
        )?;
        if reader.entries.is_empty() {
            let message = match reader.columns {
                Some(_) => "the manifest has a header but lists no presentations",
                None => "the manifest is empty",
            };
            return Err(Error::new(ErrorKind::InvalidRecord, Stage::Record, message)
                .in_file(reader.file)
                .at_line(1)
                .next("write `path,subject_id,species`, followed by one line per presentation"));
        }
        let Reader { file, attributes, entries, .. } = reader;
        Ok(PresentationManifest { file, attributes, entries, digest: read.digest })
    }

    /// Lists a folder: `bona_fide/` and one folder per species, each with photos, animated images
    /// and folders of frames that contain a `challenge.json`. Names that begin with a dot are
    /// skipped, and so is anything else beside these folders. Nobody is named, and there are no
    /// attributes.
    ///
    /// # Errors
    /// A folder that cannot be read or contains no presentations, names that are not UTF-8, and a
    /// folder of frames without its challenge.
    pub fn of_folder(folder: &Path) -> Result<Self> {
        let mut entries = Vec::new();
        for (species, below) in listed(folder)? {
            if !below.is_dir() {
                continue;
            }
            for (name, item) in listed(&below)? {
                let path = format!("{species}/{name}");
                let challenge = item.is_dir().then(|| format!("{path}/{CHALLENGE_FILE}"));
                if item.is_dir() && !item.join(CHALLENGE_FILE).is_file() {
                    let message = format!("a folder of frames has no {CHALLENGE_FILE}");
                    return Err(Error::new(ErrorKind::InvalidRecord, Stage::Record, message)
                        .in_path(&item)
                        .next(
                            "put the challenge beside the frames; put photos directly into the \
                             folder of their species",
                        ));
                }
                entries.push(PresentationEntry {
                    line: 0,
                    path,
                    subject: String::new(),
                    species: Some(species.clone()).filter(|name| name != BONA_FIDE),
                    challenge,
                    reference: None,
                    values: Vec::new(),
                });
            }
        }
        if entries.is_empty() {
            let message = "the folder contains no presentations";
            return Err(Error::new(ErrorKind::InvalidRecord, Stage::Record, message)
                .in_path(folder)
                .next("put photos into DIR/bona_fide and DIR/SPECIES, one folder per species"));
        }
        let list: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
        Ok(PresentationManifest {
            file: folder.display().to_string(),
            attributes: Vec::new(),
            digest: Digest::of(list.join("\n").as_bytes()),
            entries,
        })
    }

    /// The folder that relative paths start from by default: the one that contains the manifest.
    pub fn default_root(path: &Path) -> PathBuf {
        path.parent().map(Path::to_owned).unwrap_or_default()
    }
}

/// The contents of a folder, by name; without hidden files.
fn listed(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let fault = |cause| Error::io(Stage::Record, folder, cause);
    let mut found = Vec::new();
    for item in fs::read_dir(folder).map_err(fault)? {
        let path = item.map_err(fault)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
            Error::new(ErrorKind::InvalidRecord, Stage::Record, "a name that is not UTF-8")
                .in_path(&path)
                .next("rename the file")
        })?;
        if !name.starts_with('.') {
            found.push((name.to_owned(), path.clone()));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Where the fields of a row are.
struct Columns {
    count: usize,
    path: usize,
    subject: usize,
    species: usize,
    challenge: Option<usize>,
    reference: Option<usize>,
    attributes: Vec<usize>,
}

#[derive(Default)]
struct Reader {
    file: String,
    columns: Option<Columns>,
    attributes: Vec<String>,
    entries: Vec<PresentationEntry>,
    lines: HashMap<Box<str>, u64>,
}

impl Reader {
    fn fault(&self, line: u64, column: usize, message: String) -> Error {
        Error::new(ErrorKind::InvalidRecord, Stage::Record, message)
            .in_file(self.file.clone())
            .at_line(line)
            .at_column(column as u64 + 1)
    }

    fn header(&mut self, fields: &[&str], line: u64) -> Result<()> {
        let mut named: HashMap<&str, usize> = HashMap::new();
        let mut attributes = Vec::new();
        for (column, name) in fields.iter().map(|name| name.trim()).enumerate() {
            // pandas writes its index as a column without a name.
            if name.is_empty() {
                continue;
            }
            if let Some(before) = named.insert(name, column) {
                let message = format!(
                    "the columns {} and {} are both called `{name}`",
                    before + 1,
                    column + 1
                );
                return Err(self.fault(line, column, message).next("rename one of them"));
            }
            if TAKEN.contains(&name) {
                let message = format!("an attribute cannot be called `{name}`");
                return Err(self
                    .fault(line, column, message)
                    .next("rename the column: records use this name for a column of their own"));
            }
            if !KNOWN.contains(&name) {
                attributes.push(column);
            }
        }
        let find = |name: &str| {
            named.get(name).copied().ok_or_else(|| {
                let message = format!("the manifest has no column `{name}`");
                Error::new(ErrorKind::InvalidRecord, Stage::Record, message)
                    .in_file(self.file.clone())
                    .at_line(line)
                    .next(
                        "name the columns in the first line: path,subject_id,species, optionally \
                         challenge and reference, and any attributes",
                    )
            })
        };
        let columns = Columns {
            count: fields.len(),
            path: find("path")?,
            subject: find("subject_id")?,
            species: find("species")?,
            challenge: named.get("challenge").copied(),
            reference: named.get("reference").copied(),
            attributes,
        };
        let names = columns.attributes.iter().map(|column| fields[*column].trim().to_owned());
        self.attributes = names.collect();
        self.columns = Some(columns);
        Ok(())
    }

    fn row(&mut self, fields: &[&str], line: u64) -> Result<()> {
        let Some(columns) = &self.columns else { return Ok(()) };
        if fields.len() != columns.count {
            let message =
                format!("{} fields, but there are {} columns", fields.len(), columns.count);
            let column = fields.len().min(columns.count);
            return Err(self.fault(line, column, message).next(
                "put double quotes around a value that contains a comma; keep the comma of a field \
                 without a value",
            ));
        }
        let needed = |column: usize, what: &str| match fields[column].trim() {
            "" => Err(self
                .fault(line, column, format!("the {what} is empty"))
                .next("give every presentation its path and a subject")),
            text => Ok(text.to_owned()),
        };
        let value = |column: usize| {
            Some(fields[column].trim()).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let entry = PresentationEntry {
            line,
            path: needed(columns.path, "path")?,
            subject: needed(columns.subject, "subject")?,
            species: words::species(fields[columns.species].trim()).map(str::to_owned),
            challenge: columns.challenge.and_then(value),
            reference: columns.reference.and_then(value),
            values: columns.attributes.iter().map(|column| value(*column)).collect(),
        };
        let path_column = columns.path;
        if let Some(before) = self.lines.insert(entry.path.as_str().into(), line) {
            let path = words::quoted(&entry.path);
            let message = format!("the presentation {path} is already listed in line {before}");
            return Err(self
                .fault(line, path_column, message)
                .next("list every presentation once; delete one of the two rows"));
        }
        self.entries.push(entry);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<PresentationManifest> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pad.csv");
        fs::write(&path, text).unwrap();
        PresentationManifest::read(&path)
    }

    #[test]
    fn rows_are_presentations() {
        let manifest = read(
            "path,race,subject_id,species,reference,challenge\n\
             a.png,Black,s1,,r.png,\n\
             b,,s2,print,,b/challenge.json\n\
             c.gif,White,s3,bona_fide,,\n",
        )
        .unwrap();
        assert_eq!(manifest.attributes, ["race"]);
        let first = &manifest.entries[0];
        assert_eq!((first.line, first.subject.as_str()), (2, "s1"));
        assert_eq!((&first.species, first.reference.as_deref()), (&None, Some("r.png")));
        assert_eq!(first.values, [Some("Black".to_owned())]);
        assert_eq!(manifest.entries[1].species.as_deref(), Some("print"));
        assert_eq!(manifest.entries[1].challenge.as_deref(), Some("b/challenge.json"));
        assert_eq!(
            (&manifest.entries[1].values, &manifest.entries[2].species),
            (&vec![None], &None)
        );
    }

    #[test]
    fn bad_rows_are_named() {
        let header = "path,subject_id,species\n";
        for (text, place, message) in [
            ("path,subject_id\na,s\n".to_owned(), ":1", "no column `species`"),
            ("path,path,subject_id,species\n".to_owned(), ":1:2", "both called `path`"),
            ("path,subject_id,species,id\n".to_owned(), ":1:4", "cannot be called `id`"),
            (format!("{header}a,s\n"), ":2:3", "2 fields, but there are 3 columns"),
            (format!("{header}a,s,print\n,s,print\n"), ":3:1", "the path is empty"),
            (format!("{header}a,,print\n"), ":2:2", "the subject is empty"),
            (format!("{header}a,s,\nb,s,\na,t,\n"), ":4:1", "is already listed in line 2"),
            (header.to_owned(), ":1", "lists no presentation"),
            (String::new(), ":1", "the manifest is empty"),
        ] {
            let error = read(&text).unwrap_err();
            let told = error.to_string();
            assert!(told.contains(message) && told.contains(&format!("pad.csv{place}")), "{told}");
            assert!(error.next_step().is_some(), "{told}");
        }
    }

    #[test]
    fn folders_are_listed_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        };
        for name in
            ["README", ".hidden/a.png", "sim_print/b.png", "bona_fide/.c", "bona_fide/z.png"]
        {
            put(name);
        }
        put("sim_print/a/challenge.json");
        put("sim_print/a/0001.png");
        let manifest = PresentationManifest::of_folder(folder.path()).unwrap();
        let seen: Vec<(&str, Option<&str>, Option<&str>)> = manifest
            .entries
            .iter()
            .map(|e| (e.path.as_str(), e.species.as_deref(), e.challenge.as_deref()))
            .collect();
        let print = Some("sim_print");
        assert_eq!(
            seen,
            [
                ("bona_fide/z.png", None, None),
                ("sim_print/a", print, Some("sim_print/a/challenge.json")),
                ("sim_print/b.png", print, None),
            ]
        );
        put("sim_print/lost/0001.png");
        let error = PresentationManifest::of_folder(folder.path()).unwrap_err();
        assert!(error.to_string().contains("has no challenge.json"), "{error}");
        let empty = tempfile::tempdir().unwrap();
        assert!(PresentationManifest::of_folder(empty.path()).unwrap_err().next_step().is_some());
    }
}
