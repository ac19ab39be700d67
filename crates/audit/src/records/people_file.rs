//! Reading a manifest of photos.

use std::collections::HashMap;
use std::path::Path;

use super::label_rules::LabelRules;
use super::people::{PeopleEntry, PeopleManifest};
use super::{header, people_labels, table, words};
use crate::{Error, ErrorKind, Result, Stage};

/// Where the fields of a row are.
struct Columns {
    count: usize,
    path: usize,
    subject: usize,
    attributes: Vec<usize>,
}

impl PeopleManifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// With file and line: no column `path` or `subject_id`, two columns with the same name, an
    /// empty path or subject, a path that is listed twice, a row with too many or too few fields,
    /// bytes that are not UTF-8, and a manifest without photos.
    pub fn read(path: &Path) -> Result<Self> {
        PeopleManifest::read_with(path, &LabelRules::default())
    }

    /// Reads a manifest, and its labels according to these rules.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub fn read_with(path: &Path, rules: &LabelRules) -> Result<Self> {
        let file = path.display().to_string();
        let mut columns: Option<Columns> = None;
        let mut attributes = Vec::new();
        let mut entries = Vec::new();
        let mut lines: HashMap<Box<str>, u64> = HashMap::new();
        let known = ["path", "subject_id"];
        let read = table::each_row(
            path,
            &known,
            |_| true,
            |fields, line| {
                let Some(columns) = &columns else {
                    let header = columns_of(&file, fields, line)?;
                    let names = header.attributes.iter().map(|column| fields[*column].trim());
                    attributes = names.map(str::to_owned).collect();
                    columns = Some(header);
                    return Ok(());
                };
                let entry = entry(&file, columns, fields, line)?;
                if let Some(before) = lines.insert(entry.path.as_str().into(), line) {
                    let photo = words::quoted(&entry.path);
                    let message = format!("the photo {photo} is already listed in line {before}");
                    return Err(fault(&file, line, columns.path, message)
                        .next("list every photo once; delete one of the two rows"));
                }
                entries.push(entry);
                Ok(())
            },
        )?;
        if entries.is_empty() {
            let message = if columns.is_some() {
                "the manifest has a header but lists no photos"
            } else {
                "the manifest is empty"
            };
            return Err(Error::new(ErrorKind::InvalidRecord, Stage::Record, message)
                .in_file(file)
                .at_line(1)
                .next("write `path,subject_id`, followed by one line per photo"));
        }
        let mut warnings = read.warnings;
        warnings.extend(people_labels::settle(&attributes, &mut entries, rules));
        warnings.sort();
        Ok(PeopleManifest { file, attributes, entries, digest: read.digest, warnings })
    }
}

fn fault(file: &str, line: u64, column: usize, message: String) -> Error {
    Error::new(ErrorKind::InvalidRecord, Stage::Record, message)
        .in_file(file)
        .at_line(line)
        .at_column(column as u64 + 1)
}

fn columns_of(file: &str, fields: &[&str], line: u64) -> Result<Columns> {
    let mut named: HashMap<&str, usize> = HashMap::new();
    let mut attributes = Vec::new();
    for (column, name) in fields.iter().map(|name| name.trim()).enumerate() {
        // pandas writes its index as a column without a name.
        if name.is_empty() {
            continue;
        }
        if let Some(before) = named.insert(name, column) {
            let message =
                format!("the columns {} and {} are both called `{name}`", before + 1, column + 1);
            return Err(fault(file, line, column, message).next("rename one of them"));
        }
        if !matches!(name, "path" | "subject_id") {
            attributes.push(column);
        }
    }
    let find = |name: &str| {
        named.get(name).copied().ok_or_else(|| {
            let message = format!("the manifest has no column `{name}`");
            let meant = header::meant_here(name, fields);
            let next = match meant {
                Some(column) => {
                    format!("if you meant the column `{column}`, rename it to `{name}`")
                }
                None => "name the columns in the first line: path,subject_id and any attributes"
                    .to_owned(),
            };
            Error::new(ErrorKind::InvalidRecord, Stage::Record, message)
                .in_file(file)
                .at_line(line)
                .next(next)
        })
    };
    Ok(Columns {
        count: fields.len(),
        path: find("path")?,
        subject: find("subject_id")?,
        attributes,
    })
}

fn entry(file: &str, columns: &Columns, fields: &[&str], line: u64) -> Result<PeopleEntry> {
    if fields.len() != columns.count {
        let message = format!("{} fields, but there are {} columns", fields.len(), columns.count);
        let column = fields.len().min(columns.count);
        return Err(fault(file, line, column, message).next(
            "put double quotes around a value that contains a comma; keep the comma of a field \
             without a value",
        ));
    }
    let needed = |column: usize, what: &str| match fields[column].trim() {
        "" => Err(fault(file, line, column, format!("the {what} is empty"))
            .next("give every photo its path and the person it shows")),
        text => Ok(text.to_owned()),
    };
    let value = |column: &usize| Some(fields[*column].trim()).filter(|text| !text.is_empty());
    Ok(PeopleEntry {
        line,
        path: needed(columns.path, "path")?,
        subject: needed(columns.subject, "subject")?,
        values: columns.attributes.iter().map(|c| value(c).map(str::to_owned)).collect(),
    })
}
