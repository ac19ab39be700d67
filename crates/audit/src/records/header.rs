//! Column names as tools write them: in other case, with blanks, and with an index that nobody
//! meant to write.

/// A name without surrounding blanks, invisible marks, and quotes left over from a tool.
pub(super) fn tidy(name: &str) -> &str {
    let unseen = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '\u{2060}');
    name.trim_matches(unseen)
}

/// A name in lower case, with `_` for anything else that may separate words.
pub(super) fn fold(name: &str) -> String {
    let part = |c: char| if matches!(c, ' ' | '-' | '.' | '\u{a0}') { '_' } else { c };
    tidy(name).to_lowercase().chars().map(part).collect()
}

/// Letters and digits alone, in lower case.
fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The known name that was probably meant: the same letters, or one letter added, missing or
/// different.
pub(super) fn meant<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let own = letters(name);
    let near = |other: &str| {
        let other = letters(other);
        own == other || (own.len() > 3 && one_edit_apart(&own, &other))
    };
    known.into_iter().find(|other| near(other))
}

/// The column of a header that was probably meant by this name.
pub(super) fn meant_here<'n>(name: &str, header: &[&'n str]) -> Option<&'n str> {
    header.iter().copied().find(|column| {
        let others = OTHERS.iter().filter(|(_, known)| *known == name);
        meant(column, [name]).is_some() || others.clone().any(|(other, _)| *other == fold(column))
    })
}

/// Other names for the columns of small tables.
const OTHERS: [(&str, &str); 20] = [
    ("file", "path"),
    ("filename", "path"),
    ("file_name", "path"),
    ("filepath", "path"),
    ("file_path", "path"),
    ("image", "path"),
    ("image_path", "path"),
    ("img", "path"),
    ("photo", "path"),
    ("subject", "subject_id"),
    ("person", "subject_id"),
    ("person_id", "subject_id"),
    ("identity", "subject_id"),
    ("id", "subject_id"),
    ("name", "subject_id"),
    ("reference_path", "reference"),
    ("probe_path", "probe"),
    ("reference_image", "reference"),
    ("probe_image", "probe"),
    ("attack", "species"),
];

/// Whether adding, removing or changing one letter turns one word into the other.
fn one_edit_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let same = short.iter().zip(&long).take_while(|(a, b)| a == b).count();
    match long.len() - short.len() {
        0 => short[same..].iter().skip(1).eq(long[same..].iter().skip(1)),
        1 => short[same..] == long[same + 1..],
        _ => false,
    }
}

/// Column names as the reader of a small table sees them. An index becomes a column without a name,
/// and a known name is found in any case; if one was found in other case, attributes are in lower
/// case too.
pub(super) fn settle(names: &[&str], rows: &[Vec<String>], known: &[&str]) -> Settled {
    let index = index_columns(names, rows);
    let mut other_case = false;
    let mut settled: Vec<String> = names.iter().map(|name| tidy(name).to_owned()).collect();
    for name in &mut settled {
        let folded = fold(name);
        let exact = known.contains(&name.as_str());
        if !exact && known.contains(&folded.as_str()) && !names.contains(&folded.as_str()) {
            *name = folded;
            other_case = true;
        }
    }
    if other_case {
        settled.iter_mut().for_each(|name| *name = name.to_lowercase());
    }
    let left_out =
        index.iter().zip(names).filter(|(index, _)| **index).map(|(_, name)| shown(name)).collect();
    settled.iter_mut().zip(&index).filter(|(_, index)| **index).for_each(|(name, _)| name.clear());
    Settled { names: settled, left_out }
}

/// See [`settle`].
pub(super) struct Settled {
    /// One name per column, empty for one that is left out.
    pub(super) names: Vec<String>,
    /// The original names of the columns left out.
    pub(super) left_out: Vec<String>,
}

/// A column's name for a message.
pub(super) fn shown(name: &str) -> String {
    match tidy(name) {
        "" => "(no name)".to_owned(),
        name => format!("`{name}`"),
    }
}

/// Whether each column is an index that came with a data frame: by its name, or by its usual name
/// if `rows` number it from 0 or 1.
pub(super) fn index_columns(names: &[&str], rows: &[Vec<String>]) -> Vec<bool> {
    let numbered = |column: usize| {
        let value = |row: &Vec<String>| row.get(column).and_then(|text| text.parse::<u64>().ok());
        let first = rows.first().and_then(value).filter(|first| *first <= 1);
        first.is_some_and(|first| rows.iter().zip(first..).all(|(row, n)| value(row) == Some(n)))
    };
    let is_index = |(column, name): (usize, &&str)| {
        let name = tidy(name).to_ascii_lowercase();
        name.is_empty()
            || name.strip_prefix("unnamed:").is_some_and(|rest| {
                rest.trim().chars().all(|c| c.is_ascii_digit() || c == '.' || c == '_')
            })
            || (name.starts_with("__index_level_") && name.ends_with("__"))
            || (USUAL.contains(&name.as_str()) && numbered(column))
    };
    names.iter().enumerate().map(is_index).collect()
}

/// What pandas, R, polars and spreadsheets call the number of a row.
const USUAL: [&str; 8] =
    ["index", "level_0", "idx", "row_number", "row_nr", "row_id", "rownames", "...1"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_known_by_its_name_or_by_its_numbers() {
        let names = ["", "Unnamed: 0", "Unnamed: 0.1", "__index_level_0__", "index", "idx", "race"];
        let row = |n: &str, x: &str| ["", "", "", "", n, x, "1"].map(str::to_owned).to_vec();
        let rows = [row("0", "7"), row("1", "8")];
        assert_eq!(index_columns(&names, &rows), [true, true, true, true, true, false, false]);
        assert!(!index_columns(&["index"], &[vec!["2".to_owned()]])[0]);
        assert!(!index_columns(&["index"], &[])[0]);
        assert!(!index_columns(&["Unnamed: colour"], &[])[0]);
    }

    #[test]
    fn names_in_other_case_are_found_and_near_ones_suggested() {
        let settled = settle(&["", " Path", "Subject ID", "Race"], &[], &["path", "subject_id"]);
        assert_eq!(settled.names, ["", "path", "subject_id", "race"]);
        assert_eq!(settled.left_out, ["(no name)"]);
        let settled = settle(&["path", "subject_id", "Race"], &[], &["path", "subject_id"]);
        assert_eq!(settled.names, ["path", "subject_id", "Race"]);
        for (name, expected) in [
            ("probeId", Some("probe_id")),
            ("scores", Some("score")),
            ("mate", Some("mated")),
            ("matted", Some("mated")),
            ("colour", None),
        ] {
            assert_eq!(meant(name, ["probe_id", "score", "mated"]), expected, "{name}");
        }
    }
}
