//! Which attributes divide people into groups, and which are left out: file names, dates of birth,
//! numbers and free text have a different value for nearly everyone, and say nothing about groups.

use super::numbers::list;
use super::personas::Personas;
use crate::records::{Dictionary, MISSING, MOST_VALUES, RecordWarning};
use crate::{Error, ErrorKind, Stage};
use evenmatch_core::numbers::count;

/// Most groups of one attribute or intersection, whether requested or not.
pub(crate) const MOST_GROUPS: usize = 5_000;
/// Attributes with more values than this are not groups unless requested by name.
pub(crate) const USUAL_VALUES: usize = 100;
/// With more groups than this, rates between groups and the scores of each group are left out: the
/// first grow with the square of the number of groups, the second take a page each.
pub(crate) const DETAILED_GROUPS: usize = 100;
/// The same limit for all attributes and intersections of an audit together.
pub(crate) const DETAILED_IN_ALL: usize = 1_000;
/// Attributes with up to this many values are kept, however few people share a value.
const FEW_VALUES: usize = 10;

/// An attribute that does not divide people into groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) name: String,
    values: usize,
    /// Whether there are more than `values`.
    more: bool,
    /// How many (person, value) pairs there are; a person counts once per value.
    people: usize,
    numeric: bool,
    /// The attributes that were kept.
    kept: Vec<String>,
}

/// The attributes whose values are groups, and the rest.
pub(crate) fn sort_out(personas: &Personas, names: &Dictionary) -> (Vec<String>, Vec<LeftOut>) {
    let (mut kept, mut others) = (Vec::new(), Vec::new());
    for (attribute, name) in names.attributes.iter().enumerate() {
        let values = names.groups[attribute].len();
        let more = personas.has_many(attribute);
        let people = people(personas, attribute);
        let unique = values > FEW_VALUES && 2 * values > people;
        if !more && values <= USUAL_VALUES && !unique {
            kept.push(name.clone());
            continue;
        }
        others.push(LeftOut {
            name: name.clone(),
            values,
            more,
            people,
            numeric: numeric(names, attribute),
            kept: Vec::new(),
        });
    }
    others.iter_mut().for_each(|other| other.kept.clone_from(&kept));
    (kept, others)
}

/// Distinct (person, value) pairs.
fn people(personas: &Personas, attribute: usize) -> usize {
    let mut pairs: Vec<(u32, u16)> = personas
        .subjects()
        .iter()
        .enumerate()
        .map(|(persona, &subject)| (subject, personas.code(persona, attribute)))
        .filter(|(_, code)| *code != MISSING)
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs.len()
}

/// Whether every value is a number, so that it can be cut into bins.
fn numeric(names: &Dictionary, attribute: usize) -> bool {
    names.groups[attribute].names().all(|name| name.trim().parse::<f64>().is_ok())
}

/// What to do about an attribute with too many values.
fn remedy(name: &str, numeric: bool) -> String {
    match numeric {
        true => format!("cut it into groups with --bins {name}=EDGES, such as {name}=18,30,45"),
        false => "replace its values with a few groups, such as decades for dates".to_owned(),
    }
}

/// Columns that get a warning of their own; all further columns share one.
const OWN_WARNINGS: usize = 5;
/// Columns that a warning names.
const NAMED: usize = 50;

/// The warnings about these columns.
pub(crate) fn left_out(columns: &[LeftOut]) -> Vec<RecordWarning> {
    let (own, rest) = columns.split_at(columns.len().min(OWN_WARNINGS));
    let mut warnings: Vec<RecordWarning> = own.iter().map(LeftOut::warning).collect();
    if !rest.is_empty() {
        let mut named: Vec<String> =
            rest.iter().map(|column| format!("`{}`", column.name)).collect();
        if named.len() > NAMED {
            named.truncate(NAMED);
            named.push(format!("{} more", count((rest.len() - NAMED) as u64)));
        }
        warnings.push(RecordWarning {
            code: "attribute_left_out".to_owned(),
            message: format!(
                "{} more columns were left out because their values do not form groups: {}. Name \
                 the attributes you want as groups with --by.",
                count(rest.len() as u64),
                list(&named)
            ),
            count: rest.len() as u64,
            lines: Vec::new(),
            attribute: None,
        });
    }
    warnings
}

impl LeftOut {
    /// The column, its number of values, and what can be done.
    fn warning(&self) -> RecordWarning {
        let Self { name, values, more, .. } = self;
        let many = if *more { "more than " } else { "" };
        let least = if *more { "at least " } else { "" };
        let people = count(self.people as u64);
        let ask = match *more {
            true => String::new(),
            false => format!(", or request it with --by {name}"),
        };
        let silence = match self.kept.is_empty() {
            true => String::new(),
            false => format!(" To silence this warning: --by {}.", self.kept.join(",")),
        };
        RecordWarning {
            code: "attribute_left_out".to_owned(),
            message: format!(
                "The column `{name}` was left out: {many}{} different values among {least}{people} \
                 people do not form groups. To use it, {}{ask} (at most {} groups).{silence}",
                count(*values as u64),
                remedy(name, self.numeric),
                count(MOST_GROUPS as u64)
            ),
            count: *values as u64,
            lines: Vec::new(),
            attribute: None,
        }
    }
}

/// The error for an attribute or intersection that was requested and has too many groups. `lone` is
/// the attribute, if it is a single one.
pub(crate) fn too_many(
    name: &str,
    lone: Option<usize>,
    groups: usize,
    more: bool,
    personas: &Personas,
    names: &Dictionary,
) -> Error {
    let many = if more { "more than " } else { "" };
    // For an attribute that overflows, all values beyond the limit share one code.
    let groups = match (more, lone) {
        (true, Some(_)) => MOST_VALUES,
        (true, None) => MOST_GROUPS,
        (false, _) => groups,
    };
    let message = format!(
        "`{name}` has {many}{} groups among {} people; the maximum for an audit is {}",
        count(groups as u64),
        count(distinct_subjects(personas)),
        count(MOST_GROUPS as u64)
    );
    let next = match lone {
        Some(attribute) => {
            let numeric = numeric(names, attribute);
            format!("{}, or leave `{name}` out of --by", remedy(name, numeric))
        }
        None => "combine fewer attributes, or bin numbers into fewer groups with --bins".into(),
    };
    Error::new(ErrorKind::LimitExceeded, Stage::Audit, message).next(next)
}

fn distinct_subjects(personas: &Personas) -> u64 {
    let mut subjects = personas.subjects().to_vec();
    subjects.sort_unstable();
    subjects.dedup();
    subjects.len() as u64
}

/// The warning about views without details: their names and numbers of groups.
pub(crate) fn without_details<'a>(
    views: impl Iterator<Item = (&'a str, usize)>,
) -> Option<RecordWarning> {
    let named: Vec<String> =
        views.map(|(name, groups)| format!("`{name}` ({} groups)", count(groups as u64))).collect();
    (!named.is_empty()).then(|| RecordWarning {
        code: "without_details".to_owned(),
        message: format!(
            "There are too many groups for rates between every two groups and for the scores of \
             each group: an attribute may have {DETAILED_GROUPS}, and all attributes together {}. \
             Rates and differentials are complete. Affected: {}.",
            count(DETAILED_IN_ALL as u64),
            list(&named)
        ),
        count: named.len() as u64,
        lines: Vec::new(),
        attribute: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Symbols;

    /// People with one value each of one attribute.
    fn audit_of(values: &[String]) -> (Vec<String>, Vec<LeftOut>) {
        let mut names = Dictionary {
            attributes: vec!["label".to_owned()],
            groups: vec![Symbols::default()],
            ..Dictionary::default()
        };
        let mut personas = Personas::new(1);
        for value in values {
            let subject = names.subjects.len().to_string();
            let subject = names.subjects.intern(&subject);
            let code = names.groups[0].intern(value) as u16;
            personas.intern(subject, &[vec![code]], 0);
        }
        sort_out(&personas, &names)
    }

    fn values(distinct: usize, people: usize) -> Vec<String> {
        (0..people).map(|person| format!("v{}", person % distinct)).collect()
    }

    #[test]
    fn groups_are_few_and_shared() {
        for (distinct, people, kept) in
            [(2, 20, true), (10, 10, true), (100, 1_000, true), (101, 1_000, false)]
        {
            let (groups, others) = audit_of(&values(distinct, people));
            assert_eq!(groups.len() == 1, kept, "{distinct} values of {people} people");
            assert_eq!(groups.len() + others.len(), 1);
        }
        // Mostly unique: fewer than two people share a value.
        assert_eq!(audit_of(&values(15, 29)).0.len(), 0);
        assert_eq!(audit_of(&values(15, 30)).0.len(), 1);
    }

    #[test]
    fn a_warning_names_the_column_the_number_and_the_fix() {
        let (_, others) = audit_of(&values(300, 400));
        let warning = others[0].warning();
        assert_eq!(warning.count, 300);
        for part in ["`label`", "300 different values", "400 people", "--by label", "5,000"] {
            assert!(warning.message.contains(part), "{}", warning.message);
        }
        assert!(!warning.message.contains("--bins"), "{}", warning.message);
        let ages: Vec<String> = (0..300).map(|age| format!("{age}.5")).collect();
        let warning = audit_of(&ages).1[0].warning();
        assert!(warning.message.contains("--bins label=EDGES"), "{}", warning.message);
    }
}
