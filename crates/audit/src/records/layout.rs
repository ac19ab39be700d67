//! What the columns of a file mean.

use std::collections::BTreeMap;

use super::bins::Bins;
use super::header;
use super::label_rules::{LabelRules, bins_of, possible};
use super::labels::LabelTable;
use crate::{Error, ErrorKind, Result, Stage};

/// What a column contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    ProbeId,
    ReferenceId,
    ProbeSubject,
    ReferenceSubject,
    Mated,
    Score,
    /// A dissimilarity: its negative is the score.
    Distance,
    Failure,
    Split,
    AttackSpecies,
    PadOutcome,
    PadScore,
    Attempt,
    /// A number that is 0 if a comparison succeeded.
    ReturnCode,
    ProbeGroup(String),
    ReferenceGroup(String),
    /// A label of both people of a pair.
    PairGroup(String),
    /// The row number with which a data frame was written.
    Index,
    Ignored,
}

impl Role {
    /// The role of a column of the native format.
    pub(super) fn native(name: &str) -> Option<Role> {
        Some(match name {
            "probe_id" => Role::ProbeId,
            "reference_id" => Role::ReferenceId,
            "probe_subject" => Role::ProbeSubject,
            "reference_subject" => Role::ReferenceSubject,
            "mated" => Role::Mated,
            "score" => Role::Score,
            "failure" => Role::Failure,
            "split" => Role::Split,
            "attack_species" => Role::AttackSpecies,
            "pad_outcome" => Role::PadOutcome,
            "pad_score" => Role::PadScore,
            "probe_attempt" => Role::Attempt,
            _ => match name.split_once('_') {
                Some(("probe", attribute)) if !attribute.is_empty() => {
                    Role::ProbeGroup(attribute.to_owned())
                }
                Some(("reference", attribute)) if !attribute.is_empty() => {
                    Role::ReferenceGroup(attribute.to_owned())
                }
                _ => return None,
            },
        })
    }

    /// A role as written in `--map column=role`: a native column, or `distance`, `return_code`,
    /// `pair_<attribute>`, `ignore`.
    pub(super) fn parse(text: &str) -> Option<Role> {
        match text {
            "distance" => Some(Role::Distance),
            "return_code" => Some(Role::ReturnCode),
            "ignore" => Some(Role::Ignored),
            _ => match text.split_once('_') {
                Some(("pair", attribute)) if !attribute.is_empty() => {
                    Some(Role::PairGroup(attribute.to_owned()))
                }
                _ => Role::native(text),
            },
        }
    }

    /// Whether the column says how similar two samples are.
    pub(super) fn is_score(&self) -> bool {
        matches!(self, Role::Score | Role::Distance)
    }

    fn describe(&self) -> String {
        match self {
            Role::ProbeId => "probe_id".into(),
            Role::ReferenceId => "reference_id".into(),
            Role::ProbeSubject => "probe_subject".into(),
            Role::ReferenceSubject => "reference_subject".into(),
            Role::Mated => "mated".into(),
            Role::Score | Role::Distance => "score".into(),
            Role::Failure => "failure".into(),
            Role::Split => "split".into(),
            Role::AttackSpecies => "attack_species".into(),
            Role::PadOutcome => "pad_outcome".into(),
            Role::PadScore => "pad_score".into(),
            Role::Attempt => "probe_attempt".into(),
            Role::ReturnCode => "return_code".into(),
            Role::ProbeGroup(attribute) => format!("probe_{attribute}"),
            Role::ReferenceGroup(attribute) => format!("reference_{attribute}"),
            Role::PairGroup(attribute) => format!("pair_{attribute}"),
            Role::Index | Role::Ignored => "ignore".into(),
        }
    }
}

/// Peculiarities of other systems' files.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Manners {
    /// A score of `nan` means that nothing was compared.
    pub(super) nan_is_failure: bool,
    /// A subject is the folder of the sample's path, if the sample is a path.
    pub(super) subject_is_folder: bool,
    /// A subject `attack/SPECIES` (or `attack`) is a presentation attack.
    pub(super) attack_in_subject: bool,
}

/// Where a group label of one side comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GroupSource {
    /// A column, by index.
    Column(usize),
    /// A column of the label table, by index.
    Label(usize),
    /// The file has none for this side.
    Nowhere,
}

/// One attribute: its name, where the labels of both sides come from, and its bins if it is
/// numeric.
#[derive(Debug, Clone)]
pub(super) struct AttributeColumns {
    pub(super) name: String,
    pub(super) probe: GroupSource,
    pub(super) reference: GroupSource,
    pub(super) bins: Option<Bins>,
    /// The least and the greatest possible value, if known.
    pub(super) possible: Option<(f64, f64)>,
}

/// The columns of a file by what they contain.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    pub(super) file: String,
    pub(super) names: Vec<String>,
    pub(super) probe_id: Option<usize>,
    pub(super) reference_id: Option<usize>,
    pub(super) probe_subject: Option<usize>,
    pub(super) reference_subject: Option<usize>,
    pub(super) mated: Option<usize>,
    pub(super) score: Option<usize>,
    pub(super) negate_score: bool,
    pub(super) failure: Option<usize>,
    pub(super) split: Option<usize>,
    pub(super) species: Option<usize>,
    pub(super) pad_outcome: Option<usize>,
    pub(super) pad_score: Option<usize>,
    pub(super) attempt: Option<usize>,
    pub(super) return_code: Option<usize>,
    /// Sorted by name.
    pub(super) attributes: Vec<AttributeColumns>,
    /// Columns that are not used.
    pub(super) ignored: Vec<String>,
    /// Columns that number the rows, as named in messages.
    pub(super) index: Vec<String>,
    pub(super) labels: Option<LabelTable>,
    pub(super) manners: Manners,
    pub(super) rules: LabelRules,
    /// Whether a number may have a decimal comma: if a semicolon separates the fields.
    pub(super) decimal_comma: bool,
}

impl Layout {
    /// A layout from the names and the roles of the columns, in their order.
    pub(super) fn new(
        file: &str,
        header_line: u64,
        columns: Vec<(String, Role)>,
        labels: Option<LabelTable>,
        bins: &BTreeMap<String, Bins>,
        manners: Manners,
    ) -> Result<Layout> {
        let mut layout = Layout { file: file.to_owned(), manners, ..Layout::default() };
        let mut groups: BTreeMap<String, (Option<usize>, Option<usize>)> = BTreeMap::new();
        for (index, (name, role)) in columns.into_iter().enumerate() {
            let twice = |layout: &Layout| {
                layout
                    .fault(
                        header_line,
                        index,
                        format!("there is a second column for {}", role.describe()),
                    )
                    .next("rename or remove one of the two columns")
            };
            let place = match &role {
                Role::ProbeId => &mut layout.probe_id,
                Role::ReferenceId => &mut layout.reference_id,
                Role::ProbeSubject => &mut layout.probe_subject,
                Role::ReferenceSubject => &mut layout.reference_subject,
                Role::Mated => &mut layout.mated,
                Role::Score => &mut layout.score,
                Role::Distance => {
                    layout.negate_score = true;
                    &mut layout.score
                }
                Role::Failure => &mut layout.failure,
                Role::Split => &mut layout.split,
                Role::AttackSpecies => &mut layout.species,
                Role::PadOutcome => &mut layout.pad_outcome,
                Role::PadScore => &mut layout.pad_score,
                Role::Attempt => &mut layout.attempt,
                Role::ReturnCode => &mut layout.return_code,
                Role::ProbeGroup(attribute) => &mut groups.entry(attribute.clone()).or_default().0,
                Role::ReferenceGroup(attribute) => {
                    &mut groups.entry(attribute.clone()).or_default().1
                }
                Role::PairGroup(attribute) => {
                    let sides = groups.entry(attribute.clone()).or_default();
                    if sides.0.is_some() {
                        return Err(twice(&layout));
                    }
                    sides.0 = Some(index);
                    &mut sides.1
                }
                Role::Index => {
                    layout.index.push(header::shown(&name));
                    layout.names.push(name);
                    continue;
                }
                Role::Ignored => {
                    layout.ignored.push(name.clone());
                    layout.names.push(name);
                    continue;
                }
            };
            if place.replace(index).is_some() {
                return Err(twice(&layout));
            }
            layout.names.push(name);
        }
        let source = |column: Option<usize>| match column {
            Some(column) => GroupSource::Column(column),
            None => GroupSource::Nowhere,
        };
        let mut attributes: BTreeMap<String, (GroupSource, GroupSource)> = groups
            .into_iter()
            .map(|(name, (probe, reference))| (name, (source(probe), source(reference))))
            .collect();
        if let Some(labels) = &labels {
            for (name, place) in labels.attributes() {
                let label = GroupSource::Label(*place);
                if attributes.insert(name.clone(), (label, label)).is_some() {
                    return Err(layout
                        .complaint(format!(
                            "both the records and the labels have a column `{name}`"
                        ))
                        .at_line(header_line)
                        .next("remove one of the two columns"));
                }
            }
        }
        layout.attributes = attributes
            .into_iter()
            .map(|(name, (probe, reference))| AttributeColumns {
                bins: bins_of(bins, &name).cloned(),
                possible: possible(&name),
                name,
                probe,
                reference,
            })
            .collect();
        layout.labels = labels;
        Ok(layout)
    }

    /// Whether people are named, by columns, by folders or by the labels.
    pub(super) fn names_subjects(&self) -> bool {
        self.probe_subject.is_some()
            || self.manners.subject_is_folder
            || self.labels.as_ref().is_some_and(LabelTable::names_subjects)
    }

    /// Refuses a file that lacks a column without which there is nothing to audit.
    pub(super) fn require(&self, header_line: u64) -> Result<()> {
        let missing = if self.score.is_none() && self.pad_outcome.is_none() {
            "a `score` column"
        } else if self.probe_subject.is_some() != self.reference_subject.is_some() {
            "both `probe_subject` and `reference_subject`"
        } else if self.probe_id.is_some() != self.reference_id.is_some() {
            "both `probe_id` and `reference_id`"
        } else if self.mated.is_none() && !self.names_subjects() && self.score.is_some() {
            "a `mated` column, or `probe_subject` and `reference_subject`"
        } else {
            return Ok(());
        };
        let have = self.names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
        Err(self
            .complaint(format!("the file needs {missing}; the columns are {}", have.join(", ")))
            .at_line(header_line)
            .next("name the columns as in the manual, or say what they are: --format generic --map COLUMN=ROLE,…"))
    }

    /// An error in the file as a whole.
    pub(super) fn complaint(&self, message: String) -> Error {
        Error::new(ErrorKind::InvalidRecord, Stage::Record, message).in_file(&self.file)
    }

    /// An error in one field; `index` counts columns from 0.
    pub(super) fn fault(&self, line: u64, index: usize, message: String) -> Error {
        self.complaint(message).at_line(line).at_column(index as u64 + 1)
    }

    /// The name of a column, for messages.
    pub(super) fn name(&self, index: usize) -> &str {
        self.names.get(index).map_or("?", String::as_str)
    }
}
