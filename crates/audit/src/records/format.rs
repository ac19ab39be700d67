//! The record formats that can be read, and what their columns mean.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::bins::Bins;
use super::header;
use super::label_rules::LabelRules;
use super::labels::LabelTable;
use super::layout::{Layout, Manners, Role};
use super::roles::{agree_on_case, find_distance, guess, native};
use crate::{Error, ErrorKind, Result, Stage};

/// A format of comparison records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// The native columns.
    Evenmatch,
    /// bob score files: four or five columns without a header, or CSV with `bio_ref_*`.
    Bob,
    /// The datatable of Balanced Faces in the Wild, with a column of scores.
    Bfw,
    /// Pair lists of LFW and RFW with a column of scores.
    Lfw,
    /// Logs of the NIST FRTE 1:1 validation driver.
    Frte,
    /// Any table with a header, explained by a map from columns to roles.
    Generic,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 6] =
        [Format::Evenmatch, Format::Bob, Format::Bfw, Format::Lfw, Format::Frte, Format::Generic];

    /// The format's name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Format::Evenmatch => "evenmatch",
            Format::Bob => "bob",
            Format::Bfw => "bfw",
            Format::Lfw => "lfw",
            Format::Frte => "frte",
            Format::Generic => "generic",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Format::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| {
            let names = Format::ALL.map(Format::name).join(", ");
            Error::new(
                ErrorKind::InvalidArgument,
                Stage::Record,
                format!("there is no record format `{text}`"),
            )
            .next(format!("use one of {names}"))
        })
    }
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One field per column.
    Table,
    /// LFW's pairs: `name n n score` for one person and `name n name n score` for two.
    LfwPairs,
}

/// What the caller says about the columns.
pub(super) struct Wishes<'a> {
    pub(super) format: Option<Format>,
    pub(super) map: &'a BTreeMap<String, String>,
    pub(super) bins: &'a BTreeMap<String, Bins>,
    pub(super) labels: Option<LabelTable>,
    pub(super) rules: &'a LabelRules,
    /// Whether the caller says that the scores are distances.
    pub(super) lower_is_more_similar: bool,
}

impl Wishes<'_> {
    /// What applies to a layout in any format.
    fn onto(&self, mut layout: Layout) -> Layout {
        layout.rules = self.rules.clone();
        layout.negate_score |= self.lower_is_more_similar;
        layout
    }
}

/// The format of a file whose header has these names, unless the caller named it.
pub(super) fn recognise(header: &[&str]) -> Format {
    let has = |name: &str| header.contains(&name);
    if has("bio_ref_subject_id") {
        Format::Bob
    } else if has("simScore") && has("returnCode") {
        Format::Frte
    } else if (has("p1") && has("p2") && has("att1")) || (has("path1") && has("att1")) {
        Format::Bfw
    } else {
        Format::Evenmatch
    }
}

/// The layout of a table from its header.
pub(super) fn table_layout(
    file: &str,
    header_line: u64,
    header: &[&str],
    rows: &[Vec<String>],
    wishes: &Wishes<'_>,
) -> Result<(Layout, Format)> {
    let original = header;
    let header: Vec<&str> = header.iter().map(|name| header::tidy(name)).collect();
    let index = header::index_columns(&header, rows);
    let header = header.as_slice();
    let format = wishes
        .format
        .unwrap_or_else(|| if wishes.map.is_empty() { recognise(header) } else { Format::Generic });
    let problem = |message: String| {
        Error::new(ErrorKind::InvalidArgument, Stage::Record, message)
            .in_file(file)
            .at_line(header_line)
    };
    for (name, role) in wishes.map {
        if !header.contains(&name.as_str()) {
            let names = header.join(", ");
            return Err(problem(format!("there is no column `{name}` to map"))
                .next(format!("choose among the columns {names}")));
        }
        if Role::parse(role).is_none() {
            return Err(problem(format!("there is no role `{role}` for the column `{name}`"))
                .next(
                    "choose among the native columns (probe_id, …, probe_<attribute>), \
                     pair_<attribute>, distance, return_code and ignore",
                ));
        }
    }
    let mapped: Vec<Role> = wishes.map.values().filter_map(|role| Role::parse(role)).collect();
    // A column recognised by its name gives way if the map names another one.
    let is_free = |role: &Role| {
        let same = |other: &Role| other == role || (other.is_score() && role.is_score());
        let both = |attribute: &str| mapped.contains(&Role::PairGroup(attribute.to_owned()));
        !mapped.iter().any(same)
            && !matches!(role, Role::ProbeGroup(name) | Role::ReferenceGroup(name) if both(name))
    };
    let mut columns: Vec<(String, Option<Role>)> = header
        .iter()
        .enumerate()
        .map(|(place, &name)| {
            let role = match wishes.map.get(name) {
                Some(role) => Role::parse(role),
                None => match format {
                    // In the datatable, a column without a name is nothing special.
                    _ if index[place] && format != Format::Bfw => Some(Role::Index),
                    Format::Evenmatch => native(name, header),
                    Format::Bob => Some(bob_role(name)),
                    Format::Bfw => bfw_role(name, header),
                    Format::Frte => frte_role(name).or_else(|| native(name, header)),
                    Format::Generic | Format::Lfw => {
                        Some(native(name, header).filter(is_free).unwrap_or(Role::Ignored))
                    }
                },
            };
            (name.to_owned(), role)
        })
        .collect();
    // The names that a reader of keys will see.
    for ((name, _), original) in columns.iter_mut().zip(original) {
        (*original).clone_into(name);
    }
    find_distance(&mut columns, &|name| wishes.map.contains_key(header::tidy(name)));
    agree_on_case(&mut columns);
    match format {
        Format::Bfw => choose_bfw_score(&mut columns, &problem)?,
        Format::Bob => {
            // Identities of samples help only if both sides have them.
            let has = |role: Role| columns.iter().any(|(_, known)| known.as_ref() == Some(&role));
            if has(Role::ProbeId) != has(Role::ReferenceId) {
                for (_, role) in &mut columns {
                    if matches!(role, Some(Role::ProbeId | Role::ReferenceId)) {
                        *role = Some(Role::Ignored);
                    }
                }
            }
        }
        _ => {}
    }
    let columns = columns
        .into_iter()
        .enumerate()
        .map(|(index, (name, role))| match role {
            Some(role) => Ok((name, role)),
            None => {
                let named = header::tidy(&name);
                let next = match guess(named) {
                    Some(role) => format!(
                        "if you meant `{role}`, rename the column, or use --map {named}={role} \
                         --format {format}"
                    ),
                    None => format!(
                        "name attributes probe_… and reference_…; to leave the column out, use \
                         --map {named}=ignore --format {format}"
                    ),
                };
                Err(problem(format!("unknown column `{named}`"))
                    .at_column(index as u64 + 1)
                    .next(next))
            }
        })
        .collect::<Result<Vec<_>>>()?;
    let manners = Manners {
        nan_is_failure: format == Format::Bob,
        subject_is_folder: format == Format::Bfw,
        attack_in_subject: false,
    };
    let labels = wishes.labels.clone();
    let layout = Layout::new(file, header_line, columns, labels, wishes.bins, manners)?;
    layout.require(header_line)?;
    Ok((wishes.onto(layout), format))
}

fn bob_role(name: &str) -> Role {
    match name {
        "probe_subject_id" => Role::ProbeSubject,
        "probe_template_id" | "probe_reference_id" => Role::ProbeId,
        "bio_ref_subject_id" => Role::ReferenceSubject,
        "bio_ref_template_id" | "bio_ref_reference_id" => Role::ReferenceId,
        "probe_attack_type" => Role::AttackSpecies,
        "score" => Role::Score,
        "probe_key" | "bio_ref_key" => Role::Ignored,
        _ => match (name.strip_prefix("probe_"), name.strip_prefix("bio_ref_")) {
            (Some(attribute), _) if !attribute.is_empty() => Role::ProbeGroup(attribute.to_owned()),
            (_, Some(attribute)) if !attribute.is_empty() => {
                Role::ReferenceGroup(attribute.to_owned())
            }
            _ => Role::Ignored,
        },
    }
}

/// The datatable's `att1` is ethnicity and gender in one word, `a1` its abbreviation: they are used
/// only if the separate columns are missing. `id1` numbers people within one part of some releases,
/// so people are told apart by the folders of their photos.
fn bfw_role(name: &str, header: &[&str]) -> Option<Role> {
    let separate = header.contains(&"e1") && header.contains(&"g1");
    Some(match name {
        "p1" | "path1" => Role::ProbeId,
        "p2" | "path2" => Role::ReferenceId,
        "label" | "same" => Role::Mated,
        "score" => Role::Score,
        "e1" => Role::ProbeGroup("ethnicity".into()),
        "e2" => Role::ReferenceGroup("ethnicity".into()),
        "g1" => Role::ProbeGroup("gender".into()),
        "g2" => Role::ReferenceGroup("gender".into()),
        "att1" if !separate => Role::ProbeGroup("subgroup".into()),
        "att2" if !separate => Role::ReferenceGroup("subgroup".into()),
        "" | "Unnamed: 0" | "fold" | "id1" | "id2" | "att1" | "att2" | "a1" | "a2" | "pair" => {
            Role::Ignored
        }
        _ => return None,
    })
}

/// In the datatable, each remaining column contains one model's scores.
fn choose_bfw_score(
    columns: &mut [(String, Option<Role>)],
    problem: &dyn Fn(String) -> Error,
) -> Result<()> {
    let chosen = columns.iter().any(|(_, role)| matches!(role, Some(Role::Score | Role::Distance)));
    let open: Vec<String> =
        columns.iter().filter(|(_, role)| role.is_none()).map(|(name, _)| name.clone()).collect();
    if !chosen && open.len() != 1 {
        return Err(problem(match open.as_slice() {
            [] => "the datatable has no column of scores".into(),
            several => format!("any of {} may be the scores", several.join(", ")),
        })
        .next("say which column contains the scores: --map COLUMN=score"));
    }
    for (_, role) in columns.iter_mut().filter(|(_, role)| role.is_none()) {
        *role = Some(if chosen { Role::Ignored } else { Role::Score });
    }
    Ok(())
}

fn frte_role(name: &str) -> Option<Role> {
    Some(match name {
        "enrollTempl" | "enrollTemplate" => Role::ReferenceId,
        "verifTempl" | "verifTemplate" => Role::ProbeId,
        "simScore" => Role::Score,
        "returnCode" => Role::ReturnCode,
        _ => return None,
    })
}

/// The layout of bob's files without a header, which have four or five columns.
pub(super) fn bob_layout(file: &str, columns: usize, wishes: &Wishes<'_>) -> Result<Layout> {
    let (names, reference, subject, probe): (&[&str], _, _, _) = match columns {
        4 => (&["claimed_id", "real_id", "probe_label", "score"], 0, 1, 2),
        5 => (&["claimed_id", "model_label", "real_id", "probe_label", "score"], 1, 2, 3),
        _ => {
            return Err(Error::new(
                ErrorKind::InvalidRecord,
                Stage::Record,
                format!("{columns} columns; a bob score file has 4 or 5, or a header"),
            )
            .in_file(file)
            .at_line(1)
            .next("check the file, or read another kind of table with --format generic --map …"));
        }
    };
    let roles = names.iter().map(|&name| {
        let role = if name == "score" { Role::Score } else { Role::Ignored };
        (name.to_owned(), role)
    });
    let manners =
        Manners { nan_is_failure: true, attack_in_subject: true, subject_is_folder: false };
    let labels = wishes.labels.clone();
    let mut layout = Layout::new(file, 1, roles.collect(), labels, wishes.bins, manners)?;
    // The claimed identity is the reference's person and, in files with four columns, also its
    // name.
    layout.reference_subject = Some(0);
    layout.reference_id = Some(reference);
    layout.probe_subject = Some(subject);
    layout.probe_id = Some(probe);
    layout.ignored.clear();
    Ok(wishes.onto(layout))
}

/// The canonical columns into which LFW pairs are turned.
pub(super) fn lfw_layout(file: &str, wishes: &Wishes<'_>) -> Result<Layout> {
    let columns = [
        ("probe_id", Role::ProbeId),
        ("reference_id", Role::ReferenceId),
        ("probe_subject", Role::ProbeSubject),
        ("reference_subject", Role::ReferenceSubject),
        ("score", Role::Score),
        ("group", Role::PairGroup("group".into())),
    ];
    let columns = columns.into_iter().map(|(name, role)| (name.to_owned(), role)).collect();
    let layout =
        Layout::new(file, 1, columns, wishes.labels.clone(), wishes.bins, Manners::default())?;
    Ok(wishes.onto(layout))
}

/// One pair of LFW or RFW as the columns of [`lfw_layout`]; both samples are named as in LFW,
/// `name_0001`. A last field that is not a number is the group of both people.
pub(super) fn lfw_row<'t>(
    fields: &[&'t str],
    line: u64,
    file: &str,
) -> Result<([String; 2], [&'t str; 4])> {
    let is_score = |text: &str| text.parse::<f64>().is_ok();
    let (names, numbers, score, group) =
        match *fields {
            [name, a, b, score] => ([name, name], [a, b], score, ""),
            [one, a, two, b, score] if is_score(score) => ([one, two], [a, b], score, ""),
            [name, a, b, score, group] => ([name, name], [a, b], score, group),
            [one, a, two, b, score, group] => ([one, two], [a, b], score, group),
            _ => {
                return Err(Error::new(
                ErrorKind::InvalidRecord,
                Stage::Record,
                format!("{} fields do not make a pair with a score", fields.len()),
            )
            .in_file(file)
            .at_line(line)
            .next("write a pair as `name n n score` or `name n name n score`, optionally followed \
                   by a group"));
            }
        };
    let sample = |name: &str, number: &str| match number.parse::<u32>() {
        Ok(number) => format!("{name}_{number:04}"),
        Err(_) => format!("{name}/{number}"),
    };
    let ids = [sample(names[0], numbers[0]), sample(names[1], numbers[1])];
    Ok((ids, [names[0], names[1], score, group]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_lfw_with_and_without_a_group() {
        fn row(text: &'static str) -> Result<([String; 2], [&'static str; 4])> {
            let fields: Vec<&str> = text.split(' ').collect();
            lfw_row(&fields, 3, "pairs.txt")
        }
        let (ids, rest) = row("Ann 1 12 0.5").unwrap();
        assert_eq!((ids[0].as_str(), ids[1].as_str()), ("Ann_0001", "Ann_0012"));
        assert_eq!(rest, ["Ann", "Ann", "0.5", ""]);
        assert_eq!(row("Ann 1 Bob 2 -0.5").unwrap().1, ["Ann", "Bob", "-0.5", ""]);
        assert_eq!(row("Ann 1 2 0.5 African").unwrap().1, ["Ann", "Ann", "0.5", "African"]);
        assert_eq!(row("Ann 1 Bob 2 0.5 Asian").unwrap().1, ["Ann", "Bob", "0.5", "Asian"]);
        assert_eq!(
            row("Ann 1 2").unwrap_err().to_string(),
            "pairs.txt:3: 3 fields do not make a pair with a score"
        );
    }

    #[test]
    fn formats_parse_back() {
        for format in Format::ALL {
            assert_eq!(format.name().parse::<Format>().unwrap(), format);
        }
        assert!("csv".parse::<Format>().is_err());
    }
}
