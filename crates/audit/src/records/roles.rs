//! The role of a column by its name, if the name is not exactly as it should be.

use super::header;
use super::layout::Role;

/// The role of a native column, whose name may be in other case and with other marks between its
/// words, unless the file also has the exact name.
pub(super) fn native(name: &str, header: &[&str]) -> Option<Role> {
    Role::native(name).or_else(|| {
        let folded = header::fold(name);
        if header.contains(&folded.as_str()) { None } else { Role::native(&folded) }
    })
}

/// If no column is called a score, a column `distance` contains the opposite.
pub(super) fn find_distance(
    columns: &mut [(String, Option<Role>)],
    is_mapped: &dyn Fn(&str) -> bool,
) {
    if columns.iter().any(|(_, role)| role.as_ref().is_some_and(Role::is_score)) {
        return;
    }
    let open = |role: &Option<Role>| matches!(role, None | Some(Role::Ignored));
    let mut named = columns
        .iter_mut()
        .filter(|(name, role)| open(role) && header::fold(name) == "distance" && !is_mapped(name));
    if let Some((_, role)) = named.next() {
        *role = Some(Role::Distance);
    }
}

/// Both sides of an attribute are one attribute if their names differ only in case.
pub(super) fn agree_on_case(columns: &mut [(String, Option<Role>)]) {
    let of = |columns: &[(String, Option<Role>)], probe: bool| -> Vec<String> {
        let attribute = |role: &Option<Role>| match role {
            Some(Role::ProbeGroup(name)) if probe => Some(name.clone()),
            Some(Role::ReferenceGroup(name)) if !probe => Some(name.clone()),
            _ => None,
        };
        columns.iter().filter_map(|(_, role)| attribute(role)).collect()
    };
    let (probe, reference) = (of(columns, true), of(columns, false));
    let lone = |name: &str, own: &[String], others: &[String]| {
        let same = |other: &&String| other.to_lowercase() == name.to_lowercase();
        !others.iter().any(|other| other == name)
            && others.iter().filter(same).count() == 1
            && own.iter().filter(same).count() == 1
    };
    for (_, role) in columns {
        match role {
            Some(Role::ProbeGroup(name)) if lone(name, &probe, &reference) => {
                *name = name.to_lowercase();
            }
            Some(Role::ReferenceGroup(name)) if lone(name, &reference, &probe) => {
                *name = name.to_lowercase();
            }
            _ => {}
        }
    }
}

/// The role that a column of another name probably has.
pub(super) fn guess(name: &str) -> Option<&'static str> {
    const NATIVE: [&str; 13] = [
        "probe_id",
        "reference_id",
        "probe_subject",
        "reference_subject",
        "mated",
        "score",
        "failure",
        "split",
        "attack_species",
        "pad_outcome",
        "pad_score",
        "probe_attempt",
        "distance",
    ];
    const OTHERS: [(&str, &str); 22] = [
        ("similarity", "score"),
        ("sim", "score"),
        ("similarity_score", "score"),
        ("cosine", "score"),
        ("cosine_similarity", "score"),
        ("match_score", "score"),
        ("confidence", "score"),
        ("dissimilarity", "distance"),
        ("dist", "distance"),
        ("cosine_distance", "distance"),
        ("euclidean_distance", "distance"),
        ("l2", "distance"),
        ("l2_distance", "distance"),
        ("label", "mated"),
        ("same", "mated"),
        ("is_same", "mated"),
        ("issame", "mated"),
        ("match", "mated"),
        ("genuine", "mated"),
        ("ground_truth", "mated"),
        ("error", "failure"),
        ("status", "failure"),
    ];
    let folded = header::fold(name);
    let other = OTHERS.iter().find(|(other, _)| *other == folded).map(|(_, role)| *role);
    other.or_else(|| header::meant(name, NATIVE))
}
