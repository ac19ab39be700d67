//! The people: personas, the views that group them, and the units within which outcomes are
//! dependent.
//!
//! A *persona* is a subject together with one combination of attribute values; a person whose
//! labels never change has one. A *view* is an attribute or an intersection. Views whose groups are
//! constant for every person share one *family*, in which the unit of dependence is the subject; a
//! view that differs between samples of one person has its own family, in which the unit is
//! (subject, group): within any one group, that is again the subject.

use std::collections::HashMap;

use super::columns::{self, DETAILED_GROUPS, DETAILED_IN_ALL, LeftOut, MOST_GROUPS};
use super::personas::Personas;
use crate::records::{Dictionary, MISSING, RecordWarning};
use crate::{Error, ErrorKind, Result, Stage};

/// An attribute or an intersection of attributes.
#[derive(Debug, Clone)]
pub(crate) struct View {
    /// Such as `race×sex`.
    pub(crate) name: String,
    /// Group names, sorted; those of an intersection are joined by `×`.
    pub(crate) groups: Vec<String>,
    /// By persona: index into `groups`, or [`MISSING`].
    pub(crate) group_of_persona: Vec<u16>,
    /// Whether samples of one person can differ in it.
    pub(crate) per_sample: bool,
    /// People per group (a person in several groups counts in each).
    pub(crate) subjects: Vec<u64>,
    /// Whether rates across groups and the scores of each group are kept.
    pub(crate) detailed: bool,
}

/// Views that share a unit of dependence.
pub(crate) struct Family {
    pub(crate) units: usize,
    pub(crate) unit_of_persona: Vec<u32>,
    /// By unit: the subject's rank by name.
    pub(crate) subject_of_unit: Vec<u32>,
    /// Index into [`Cohort::views`] (`None`: everyone), and the group of each unit.
    pub(crate) views: Vec<(Option<usize>, Vec<u16>)>,
}

/// The people of an audit.
pub(crate) struct Cohort {
    pub(crate) views: Vec<View>,
    pub(crate) families: Vec<Family>,
    /// Hash of each subject's name, by rank: it seeds the subject's part in resampling, so that
    /// this does not depend on the order of rows.
    pub(crate) subject_keys: Vec<u64>,
    /// Attributes without a view, because their values do not form groups.
    pub(crate) left_out: Vec<LeftOut>,
}

/// Splits `race×sex`, `race*sex` or `race x sex` into its attributes.
pub(crate) fn parts(by: &str) -> Vec<String> {
    by.replace(" x ", "×").replace('*', "×").split('×').map(|p| p.trim().to_owned()).collect()
}

/// FNV-1a, which never changes; it only seeds generators.
fn key(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl Cohort {
    /// Groups the personas by these attributes and intersections; none means every attribute whose
    /// values divide people into groups.
    pub(crate) fn new(personas: &Personas, names: &Dictionary, by: &[String]) -> Result<Self> {
        let (by, left_out) = if by.is_empty() {
            let (groups, left_out) = columns::sort_out(personas, names);
            (groups.into_iter().map(|name| vec![name]).collect(), left_out)
        } else {
            (by.iter().map(|by| parts(by)).collect::<Vec<_>>(), Vec::new())
        };
        let rank = ranks(names);
        let mut subject_keys = vec![0; names.subjects.len()];
        for (code, name) in names.subjects.names().enumerate() {
            subject_keys[rank[code] as usize] = key(name);
        }
        let mut views: Vec<View> = Vec::with_capacity(by.len());
        for parts in &by {
            let view = View::new(personas, names, parts)?;
            if views.iter().all(|other| other.name != view.name) {
                views.push(view);
            }
        }
        let mut groups = 0;
        for view in &mut views {
            let more = view.groups.len();
            view.detailed = more <= DETAILED_GROUPS && groups + more <= DETAILED_IN_ALL;
            groups += if view.detailed { more } else { 0 };
        }
        let families = families(personas, &rank, &mut views);
        Ok(Cohort { views, families, subject_keys, left_out })
    }

    /// Warnings about attributes that have no view, or one without details.
    pub(crate) fn warnings(&self) -> Vec<RecordWarning> {
        let without = self.views.iter().filter(|view| !view.detailed);
        let without = without.map(|view| (view.name.as_str(), view.groups.len()));
        let mut all = columns::left_out(&self.left_out);
        all.extend(columns::without_details(without));
        all
    }
}

/// By subject code: the subject's place when sorted by name.
fn ranks(names: &Dictionary) -> Vec<u32> {
    let mut order: Vec<u32> = (0..names.subjects.len() as u32).collect();
    order.sort_unstable_by_key(|&code| names.subjects.name(code));
    let mut rank = vec![0; order.len()];
    for (place, code) in order.into_iter().enumerate() {
        rank[code as usize] = place as u32;
    }
    rank
}

impl View {
    fn new(personas: &Personas, names: &Dictionary, parts: &[String]) -> Result<Self> {
        let attributes: Vec<usize> = parts
            .iter()
            .map(|part| {
                names.attributes.iter().position(|name| name == part).ok_or_else(|| {
                    let known = names.attributes.join(", ");
                    let known = if known.is_empty() { "none".to_owned() } else { known };
                    Error::new(
                        ErrorKind::InvalidArgument,
                        Stage::Audit,
                        format!("there is no attribute `{part}` in the records"),
                    )
                    .next(format!("choose among the attributes of the records: {known}"))
                })
            })
            .collect::<Result<_>>()?;
        let name = parts.join("×");
        let overflow = attributes.iter().any(|&attribute| personas.has_many(attribute));
        let mut known: HashMap<Vec<u16>, usize> = HashMap::new();
        let mut raw = Vec::with_capacity(personas.len());
        for persona in 0..personas.len() {
            let codes: Vec<u16> = attributes.iter().map(|&a| personas.code(persona, a)).collect();
            raw.push((!codes.contains(&MISSING)).then(|| {
                let next = known.len();
                *known.entry(codes).or_insert(next)
            }));
        }
        // Counted before allocating anything whose size grows with the number of groups.
        if overflow || known.len() > MOST_GROUPS {
            let lone = if let [one] = attributes[..] { Some(one) } else { None };
            return Err(columns::too_many(&name, lone, known.len(), overflow, personas, names));
        }
        let mut labels = vec![String::new(); known.len()];
        for (codes, &group) in &known {
            let label = attributes.iter().zip(codes);
            let label: Vec<&str> =
                label.map(|(&a, &code)| names.groups[a].name(u32::from(code))).collect();
            labels[group] = label.join("×");
        }
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.sort_by(|&a, &b| labels[a].cmp(&labels[b]));
        let mut place = vec![0_u16; labels.len()];
        for (new, &old) in order.iter().enumerate() {
            place[old] = new as u16;
        }
        let groups = order.iter().map(|&old| labels[old].clone()).collect();
        Ok(View {
            name,
            groups,
            group_of_persona: raw.into_iter().map(|g| g.map_or(MISSING, |g| place[g])).collect(),
            per_sample: false,
            subjects: Vec::new(),
            detailed: false,
        })
    }
}

/// Sorts views into families and finds out which differ between samples.
fn families(personas: &Personas, rank: &[u32], views: &mut [View]) -> Vec<Family> {
    let people = rank.len();
    let unit_of_persona: Vec<u32> =
        personas.subjects().iter().map(|&subject| rank[subject as usize]).collect();
    let mut base = Family {
        units: people,
        subject_of_unit: (0..people as u32).collect(),
        views: vec![(None, vec![0; people])],
        unit_of_persona,
    };
    let mut others = Vec::new();
    for (index, view) in views.iter_mut().enumerate() {
        let mut group_of_unit = vec![MISSING; people];
        let mut seen = vec![false; people];
        for (&unit, &group) in base.unit_of_persona.iter().zip(&view.group_of_persona) {
            let unit = unit as usize;
            if seen[unit] && group_of_unit[unit] != group {
                view.per_sample = true;
                break;
            }
            seen[unit] = true;
            group_of_unit[unit] = group;
        }
        if view.per_sample {
            others.push(family_of_samples(index, view, &base.unit_of_persona));
        } else {
            view.subjects = count(&group_of_unit, view.groups.len());
            base.views.push((Some(index), group_of_unit));
        }
    }
    others.insert(0, base);
    others
}

fn count(groups: &[u16], len: usize) -> Vec<u64> {
    let mut counts = vec![0; len];
    groups.iter().filter(|g| **g != MISSING).for_each(|g| counts[usize::from(*g)] += 1);
    counts
}

fn family_of_samples(index: usize, view: &mut View, subject_of_persona: &[u32]) -> Family {
    let mut pairs: Vec<(u32, u16)> =
        subject_of_persona.iter().copied().zip(view.group_of_persona.iter().copied()).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let unit_of_persona = subject_of_persona
        .iter()
        .zip(&view.group_of_persona)
        .map(|(&subject, &group)| pairs.partition_point(|pair| *pair < (subject, group)) as u32)
        .collect();
    let groups: Vec<u16> = pairs.iter().map(|pair| pair.1).collect();
    view.subjects = count(&groups, view.groups.len());
    Family {
        units: pairs.len(),
        unit_of_persona,
        subject_of_unit: pairs.iter().map(|pair| pair.0).collect(),
        views: vec![(Some(index), groups)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Symbols;

    fn names(subjects: &[&str], groups: &[&[&str]]) -> Dictionary {
        let symbols = |names: &[&str]| {
            let mut symbols = Symbols::default();
            names.iter().for_each(|name| {
                symbols.intern(name);
            });
            symbols
        };
        Dictionary {
            subjects: symbols(subjects),
            attributes: vec!["ita".into(), "race".into()],
            groups: groups.iter().map(|g| symbols(g)).collect(),
            ..Dictionary::default()
        }
    }

    #[test]
    fn views_that_vary_within_a_person_get_their_own_family() {
        let names = names(&["zoe", "ann"], &[&["light", "dark"], &["B", "A"]]);
        let mut personas = Personas::new(2);
        let columns = [vec![0, 1, 0, 0], vec![0, 0, 1, MISSING]];
        assert_eq!(personas.intern(0, &columns, 0), 0);
        assert_eq!(personas.intern(0, &columns, 1), 1);
        assert_eq!(personas.intern(1, &columns, 2), 2);
        assert_eq!(personas.intern(0, &columns, 0), 0);
        let by = ["race".to_owned(), "ita".to_owned(), "ita x race".to_owned()];
        let cohort = Cohort::new(&personas, &names, &by).unwrap();
        assert_eq!(cohort.families.len(), 3);
        assert_eq!(cohort.families[0].views.len(), 2);
        assert_eq!(cohort.views[0].groups, ["A", "B"]);
        // Zoe is ranked after Ann, so Ann's group comes first.
        assert_eq!(cohort.families[0].views[1].1, [0, 1]);
        assert_eq!(cohort.views[2].groups, ["dark×B", "light×A", "light×B"]);
        assert_eq!(cohort.families[1].units, 3);
        let error = Cohort::new(&personas, &names, &["age".to_owned()]).err().unwrap();
        assert!(error.next_step().unwrap().contains("ita, race"));
    }

    #[test]
    fn intersections_are_written_in_three_ways() {
        for by in ["race×sex", "race*sex", "race x sex"] {
            assert_eq!(parts(by), ["race", "sex"]);
        }
        assert_eq!(parts("sex"), ["sex"]);
    }
}
