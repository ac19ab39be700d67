//! Fitting a learned normaliser to labelled people.

use ndarray::{Array1, Array2, ArrayView2};
use rayon::prelude::*;

use super::super::clusters::spherical_k_means;
use super::super::neighbours::{self, Neighbours};
use super::features::{LANES, RandomFeatures};
use super::function::{MOST_FEATURES, encoded, is_count};
use super::levels::Pairs;
use super::partition::{
    LEAST_GROUP, LabelledPeople, Partition, combinations, invalid, named, singles,
};
use super::ridge;
use crate::{Digest, Result};
use evenmatch_core::record::{
    CohortSource, LearnedNormaliser, LearnedSettings, NormaliserRecord, TemplateForm,
};

/// Fewest people with a label of some attribute.
pub const LEAST_PEOPLE: usize = 1000;
/// Most attributes; their intersections of up to three are used.
const MOST_ATTRIBUTES: usize = 8;
/// People for each centroid, at least: with fewer, most centroids would stand for too few.
const PEOPLE_A_CENTROID: usize = 20;
/// Fewest people in each group of an intersection whose groups are levelled: at a false match rate
/// of 1e-3 their pairs have some hundred false matches.
const LEAST_LEVELLED: usize = 500;

/// Fits a normaliser to labelled people. The same bytes result from any number of threads.
///
/// # Errors
/// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) with fewer than
/// [`LEAST_PEOPLE`] labelled people, with an attribute that does not have two groups of 60 people,
/// with templates that are not of unit length, or with settings that are out of range.
pub fn fit_learned(
    people: &LabelledPeople<'_>,
    embedder: Digest,
    templates: TemplateForm,
    sources: Vec<CohortSource>,
    settings: &LearnedSettings,
) -> Result<NormaliserRecord> {
    check(settings)?;
    let rows = rows(people)?;
    let attributes = singles(people.attributes)?;
    check_groups(&attributes)?;
    let levels = match settings.levels.as_slice() {
        [] => usual_levels(people)?,
        names => named(people.attributes, names)?,
    };
    let features =
        RandomFeatures::draw(settings.seed, people.dimension, settings.features as usize / LANES);
    let pairs = Pairs::find(rows, &levels, settings.seed)?;
    let (centroids, mut near) = cohort(rows, settings)?;
    let level = near.iter().sum::<f64>() / near.len() as f64;
    near.iter_mut().for_each(|near| *near = settings.cohort_weight * (*near - level));
    let weights = weights(&attributes, rows.nrows(), settings.balance);
    let fitted = ridge::fit(&features, rows, &weights, members(&levels), settings.penalty);
    let found = levelled(&fitted.values, &near, &pairs, &levels, settings);
    let weights = fitted.weights.dot(&found);
    // So that the mean of these people keeps its scores.
    let centre = weights.iter().zip(&fitted.mean).map(|(w, m)| w * m).sum::<f64>();
    let sums = fitted.values.mapv(f64::from).dot(&found).to_vec();
    let floor = quantile(sums.clone(), settings.floor);
    let average = sums.iter().map(|sum| sum.max(floor)).sum::<f64>() / rows.nrows() as f64;
    let names = |partitions: &[Partition]| partitions.iter().map(|p| p.name.clone()).collect();
    Ok(NormaliserRecord::Learned(LearnedNormaliser {
        embedder_sha256: embedder,
        templates,
        dimension: people.dimension as u32,
        even: people.attributes.iter().map(|attribute| attribute.name.clone()).collect(),
        level,
        offset: -centre - average,
        floor: floor - average,
        centroids,
        weights: encoded(&weights.to_vec()),
        settings: LearnedSettings { levels: names(&levels), ..settings.clone() },
        people: sources,
    }))
}

/// The centroids of these people as a record stores them, and how similar each person is to the
/// nearest of those.
fn cohort(rows: ArrayView2<'_, f32>, settings: &LearnedSettings) -> Result<(String, Vec<f64>)> {
    let most = (rows.nrows() / PEOPLE_A_CENTROID).min(settings.clusters as usize);
    let found = spherical_k_means(rows, most, 0, settings.least_members as usize);
    let centroids = neighbours::encoded(found.view());
    let opened =
        Neighbours::open(std::slice::from_ref(&centroids), rows.ncols(), settings.nearest as usize);
    let opened = opened.map_err(|_| {
        let message = format!(
            "these people give {} centroids of {} people or more, and {} are needed",
            found.nrows(),
            settings.least_members,
            settings.nearest
        );
        invalid(message, "form the normaliser from photos of more different people")
    })?;
    let people: Vec<_> = rows.rows().into_iter().collect();
    let near = people.into_par_iter().map(|person| opened.similarity(&person.to_vec())).collect();
    Ok((centroids, near))
}

/// The level of each group after all rounds. `near` is what is already subtracted from each person's
/// scores.
fn levelled(
    values: &Array2<f32>,
    near: &[f64],
    pairs: &Pairs,
    levels: &[Partition],
    settings: &LearnedSettings,
) -> Array1<f64> {
    let mut found = Array1::<f64>::zeros(values.ncols());
    // Shifting a group's h by d shifts both sides of its pairs.
    let rate = settings.step / (2.0 * pairs.slope() * levels.len() as f64);
    for _ in 0..settings.rounds {
        let sums = values.dot(&found.mapv(|level| level as f32)).mapv(f64::from).to_vec();
        let floor = quantile(sums.clone(), settings.floor);
        let h: Vec<f32> =
            sums.iter().zip(near).map(|(sum, near)| (near + sum.max(floor)) as f32).collect();
        let errors = pairs.errors(&h, levels);
        for (level, error) in found.iter_mut().zip(errors.iter().flatten()) {
            *level += rate * error;
        }
    }
    found
}

/// The value below which this share of people lie; nobody does, where the share is 0.
fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[((share * values.len() as f64) as usize).min(values.len() - 1)]
}

/// One column for each group of each partition: 1 for its members.
fn members(levels: &[Partition]) -> Array2<f64> {
    let people = levels.first().map_or(0, |partition| partition.group.len());
    let groups: usize = levels.iter().map(|partition| partition.sizes.len()).sum();
    let mut members = Array2::zeros((people, groups));
    let mut start = 0;
    for partition in levels {
        for (row, group) in partition.group.iter().enumerate() {
            if let Some(group) = group {
                members[[row, start + usize::from(*group)]] = 1.0;
            }
        }
        start += partition.sizes.len();
    }
    members
}

/// How much each person counts: the product over attributes of (n / (groups · size))^balance, of
/// mean 1. Groups of fewer than [`LEAST_GROUP`] people count as that many.
fn weights(attributes: &[Partition], people: usize, balance: f64) -> Vec<f64> {
    let of = |person: usize| {
        let factor = |partition: &Partition| {
            let size = partition.sizes[usize::from(partition.group[person]?)].max(LEAST_GROUP);
            Some((people as f64 / (partition.large_groups() * size) as f64).powf(balance))
        };
        attributes.iter().filter_map(factor).product::<f64>()
    };
    let weights: Vec<f64> = (0..people).map(of).collect();
    let mean = weights.iter().sum::<f64>() / people as f64;
    weights.into_iter().map(|weight| weight / mean).collect()
}

/// Every combination of two attributes whose groups are all large enough to be measured, and every
/// attribute that is in none of them: its groups would be joined from theirs.
fn usual_levels(people: &LabelledPeople<'_>) -> Result<Vec<Partition>> {
    let count = people.attributes.len();
    let mut levels = combinations(people.attributes, 2)?;
    let pairs: Vec<Partition> = levels.split_off(count);
    let places = (0..count).flat_map(|a| (a + 1..count).map(move |b| [a, b]));
    let mut joined = vec![false; count];
    let mut used = Vec::new();
    for (places, pair) in places.zip(pairs) {
        if pair.sizes.iter().all(|&size| size >= LEAST_LEVELLED) {
            places.into_iter().for_each(|place| joined[place] = true);
            used.push(pair);
        }
    }
    let alone = levels.into_iter().zip(joined).filter(|(_, joined)| !joined);
    used.extend(alone.map(|(partition, _)| partition));
    Ok(used)
}

/// The templates as a matrix, with as many labels as rows.
fn rows<'a>(people: &LabelledPeople<'a>) -> Result<ArrayView2<'a, f32>> {
    let count = people.features.len() / people.dimension.max(1);
    let labels = |person: usize| {
        people.attributes.iter().any(|attribute| attribute.labels[person].is_some())
    };
    if people.attributes.is_empty() || people.attributes.len() > MOST_ATTRIBUTES {
        let message =
            format!("a learned normaliser treats 1 to {MOST_ATTRIBUTES} attributes evenly");
        return Err(invalid(message, "name attributes of the manifest: --even race,sex,age"));
    }
    let names = || people.attributes.iter().map(|attribute| attribute.name.as_str());
    if let Some((_, twice)) = names().enumerate().find(|(k, n)| names().take(*k).any(|o| o == *n)) {
        let message = format!("the attribute `{twice}` is named twice");
        return Err(invalid(message, "name each attribute once"));
    }
    let lengths = people.attributes.iter().all(|attribute| attribute.labels.len() == count);
    let shaped = ArrayView2::from_shape((count, people.dimension), people.features);
    let (true, Ok(rows)) = (lengths && people.dimension > 0, shaped) else {
        let message = "there are not as many labels as templates of this length".to_owned();
        return Err(invalid(message, "pass one template and one label of each attribute a person"));
    };
    let labelled = (0..count).filter(|&person| labels(person)).count();
    if labelled < LEAST_PEOPLE {
        let message = format!(
            "{labelled} labelled people are too few for a learned normaliser: {LEAST_PEOPLE} are \
             needed"
        );
        return Err(invalid(
            message,
            "form it from more people, or without labels: --normalise cohort",
        ));
    }
    Ok(rows)
}

/// Refuses attributes by which nothing can be compared.
fn check_groups(attributes: &[Partition]) -> Result<()> {
    match attributes.iter().find(|partition| partition.large_groups() < 2) {
        None => Ok(()),
        Some(partition) => {
            let message = format!(
                "the attribute `{}` does not have two groups of at least {LEAST_GROUP} people",
                partition.name
            );
            Err(invalid(message, "leave it out of --even, or add people of other groups"))
        }
    }
}

fn check(settings: &LearnedSettings) -> Result<()> {
    let ranges = [
        ("cohort_weight", settings.cohort_weight, 0.0..=1.0),
        ("clusters", f64::from(settings.clusters), 1.0..=16_384.0),
        ("nearest", f64::from(settings.nearest), 1.0..=1000.0),
        ("least_members", f64::from(settings.least_members), 2.0..=1000.0),
        ("step", settings.step, 0.0..=2.0),
        ("penalty", settings.penalty, 1e-9..=1.0),
        ("floor", settings.floor, 0.0..=0.9),
        ("balance", settings.balance, 0.0..=1.0),
        ("rounds", f64::from(settings.rounds), 0.0..=1000.0),
    ];
    for (name, value, range) in ranges {
        if !range.contains(&value) {
            let message = format!("{name} is {value}, which is out of range");
            let next = format!("choose {} to {}", range.start(), range.end());
            return Err(invalid(message, &next));
        }
    }
    if !is_count(settings.features) {
        let message = format!("{} random features are not possible", settings.features);
        let next = format!("choose a multiple of {LANES}, at most {MOST_FEATURES}");
        return Err(invalid(message, &next));
    }
    Ok(())
}
