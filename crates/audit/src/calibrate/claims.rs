//! What a calibration claims for each group: thresholds at which no group's false match rate is
//! above a target.
//!
//! A rate is the mean over pairs of different people of a group, each pair of people counting once.
//! Its interval is Wilson's on the effective number of pairs, with the dyadic variance of
//! [`crate::variance`]: pairs that share a person are not independent.

use std::collections::{BTreeMap, HashMap};

use super::ages::{AGE, AgeSide, side};
use super::support::{claim_of, of_others};
use crate::cohort::parts;
use crate::interval::{Bounds, FEW, clopper_pearson, normal_quantile, wilson};
use crate::{Result, SampleSet};
use evenmatch_core::record::{
    CalibratedRate, GroupClaims, GroupStanding, GroupThreshold, MeasuredGroup,
};
use evenmatch_scores::crossmatch::{BINS, ScoredPair, Shard, edge};

/// Fewest people of a group for which a rate is claimed.
const LEAST_PEOPLE: u64 = 500;
/// The highest upper end of a claimed rate, in times the target.
const MOST_UPPER: f64 = 1.5;
/// Fewest people of a group that is listed at all.
const LISTED_FROM: u64 = 20;
/// Fewest people with several photos for a false non-match rate.
const LEAST_MATED: usize = 50;
/// Confidence of every interval.
const CONFIDENCE: f64 = 0.95;

/// A group's people, as rows of the matrix of templates.
struct Group {
    attribute: String,
    name: String,
    standing: GroupStanding,
    /// People, and the pairs of them.
    people: u64,
    pairs: f64,
    /// Non-mated pairs within the group, by descending score.
    found: Vec<Found>,
}

/// A pair of the group's people with a high score.
#[derive(Debug, Clone, Copy)]
struct Found {
    score: f32,
    /// Subjects.
    a: u32,
    b: u32,
    /// The pair's share of the comparisons of its two people.
    weight: f32,
}

/// A rate and the number of pairs that it is worth.
#[derive(Debug, Clone, Copy)]
struct Measured {
    rate: f64,
    errors: u64,
    design: f64,
    bounds: Bounds,
}

/// Claims for the groups of each attribute or intersection, such as `race` or `race*sex`, at each
/// target. How often people are missed is measured on `several`, a set with several photos a
/// person. `None` where no group has enough people.
///
/// # Errors
///
/// The templates of a set do not fit together.
pub fn claims(
    set: &SampleSet,
    several: &SampleSet,
    by: &[String],
    targets: &[f64],
) -> Result<Option<GroupClaims>> {
    let mated = MatedScores::of(several)?;
    let rows = set.acquired();
    let codes = set.subject_codes();
    let subject: Vec<u32> = rows.iter().map(|&sample| codes[sample as usize]).collect();
    let ages = set.attributes.iter().position(|name| name.eq_ignore_ascii_case(AGE));
    let value = |row: usize, attribute: usize| {
        set.samples[rows[row] as usize].values.get(attribute).and_then(Option::as_deref)
    };
    let side_of = |row: usize| {
        ages.map_or(AgeSide::TenOrMore, |age| value(row, age).map_or(AgeSide::Unclear, side))
    };
    let sides: Vec<AgeSide> = (0..rows.len()).map(side_of).collect();
    let Some(highest) = targets.iter().copied().reduce(f64::max) else { return Ok(None) };
    let pairs = pairs_from(set, highest)?;
    let mut groups = vec![everyone(&sides, &subject, &pairs)];
    for parts in by.iter().map(|by| parts(by)) {
        let places: Option<Vec<usize>> =
            parts.iter().map(|part| set.attributes.iter().position(|name| name == part)).collect();
        let Some(places) = places.filter(|places| !places.is_empty()) else { continue };
        let by_age = ages.is_some_and(|age| places.contains(&age));
        let label = |row: usize| -> Option<String> {
            let counted = match sides[row] {
                AgeSide::TenOrMore => true,
                AgeSide::UnderTen => by_age,
                AgeSide::Unclear => false,
            };
            let values: Option<Vec<&str>> = places.iter().map(|&at| value(row, at)).collect();
            values.filter(|_| counted).map(|values| values.join("×"))
        };
        let labels: Vec<Option<String>> = (0..rows.len()).map(label).collect();
        groups.extend(of_attribute(&parts.join("×"), &labels, &sides, &subject, &pairs));
    }
    let claimed = |group: &&Group| group.standing == GroupStanding::Covered;
    if !groups[1..].iter().any(|group| claimed(&group)) {
        return Ok(None);
    }
    let mut threshold: Vec<GroupThreshold> = Vec::new();
    for &target in targets {
        let keeps = |at: f32| {
            let claimed_at = measured_at(&groups[1..], at);
            groups[1..].iter().zip(claimed_at).filter(|(group, _)| claimed(group)).all(
                |(_, measured)| {
                    measured.rate <= target && measured.bounds.high <= MOST_UPPER * target
                },
            )
        };
        // What few pairs cannot show is not claimed: nothing found in all pairs has an upper end
        // of its own.
        let Some(at) = lowest(&groups, keeps) else { continue };
        let all = groups[0].measured(at, 1.0);
        let of_groups = measured_at(&groups[1..], at);
        let fmr = CalibratedRate {
            errors: all.errors,
            trials: groups[0].pairs as u64,
            rate: all.rate,
            low: all.bounds.low,
            high: all.bounds.high,
        };
        threshold.push(GroupThreshold {
            target_fmr: target,
            threshold: at.into(),
            // A target is often met to the last digit.
            claim: claim_of(fmr.rate * groups[0].pairs * (1.0 + 1e-9)),
            fmr_of_others: of_others(&fmr),
            fmr,
            fnmr: mated.fnmr(at),
            rate: of_groups.iter().map(|measured| rounded(measured.rate)).collect(),
            low: of_groups.iter().map(|measured| rounded(measured.bounds.low)).collect(),
            high: of_groups.iter().map(|measured| rounded_up(measured.bounds.high)).collect(),
            people_needed: groups[1..]
                .iter()
                .zip(&of_groups)
                .map(|(group, measured)| group.people_needed(measured, target))
                .collect(),
        });
    }
    threshold.sort_by(|a, b| b.target_fmr.total_cmp(&a.target_fmr));
    let listed = groups[1..].iter().map(|group| MeasuredGroup {
        attribute: group.attribute.clone(),
        group: group.name.clone(),
        standing: group.standing,
        people: group.people,
        pairs: group.pairs as u64,
    });
    Ok((!threshold.is_empty()).then(|| GroupClaims {
        least_people: LEAST_PEOPLE,
        most_upper: MOST_UPPER,
        ages_known: ages.is_some(),
        fnmr_of: None,
        groups: listed.collect(),
        threshold,
    }))
}

/// The non-mated pairs above the threshold of a rate among all of them, by descending score.
fn pairs_from(set: &SampleSet, rate: f64) -> Result<Vec<ScoredPair>> {
    let matrix = set.undivided()?;
    let histograms = matrix.histograms(Shard::whole());
    // Every row is of class 0. The margin is for groups whose members are alike less often.
    let wanted = (2.0 * rate * histograms.total() as f64) as u64;
    let (mut above, mut floor) = (0, BINS);
    while floor > 0 && above <= wanted {
        floor -= 1;
        above += histograms.get(0, 0)[floor];
    }
    let mut pairs = matrix.at_or_above(edge(floor), Shard::whole());
    pairs.sort_by(|x, y| y.score.total_cmp(&x.score).then((x.a, x.b).cmp(&(y.a, y.b))));
    Ok(pairs)
}

/// Mated scores by person.
struct MatedScores(Vec<Vec<f32>>);

impl MatedScores {
    fn of(set: &SampleSet) -> Result<Self> {
        let (rows, codes) = (set.acquired(), set.subject_codes());
        let mut people: BTreeMap<u32, Vec<f32>> = BTreeMap::new();
        for pair in set.undivided()?.mated(Shard::whole()) {
            let (a, b) = (rows[pair.a as usize], rows[pair.b as usize]);
            if !set.not_mated.contains(&(a, b)) {
                people.entry(codes[a as usize]).or_default().push(pair.score);
            }
        }
        Ok(MatedScores(people.into_values().collect()))
    }

    /// The mean over people of the share of their pairs that are missed; `None` with too few people.
    fn fnmr(&self, at: f32) -> Option<CalibratedRate> {
        let people = self.0.len() as f64;
        if self.0.len() < LEAST_MATED {
            return None;
        }
        let missed = |own: &Vec<f32>| own.iter().filter(|score| **score < at).count();
        let shares: Vec<f64> =
            self.0.iter().map(|own| missed(own) as f64 / own.len() as f64).collect();
        let rate = shares.iter().sum::<f64>() / people;
        let square = shares.iter().map(|share| (share - rate).powi(2)).sum::<f64>();
        let effective = rate * (1.0 - rate) * people * (people - 1.0) / square;
        let effective = if effective.is_finite() { effective.max(people) } else { people };
        let errors: usize = self.0.iter().map(missed).sum();
        let bounds = if (errors as u64) < FEW {
            clopper_pearson(rate * effective, effective, CONFIDENCE)
        } else {
            wilson(rate, effective, normal_quantile(CONFIDENCE))
        };
        let trials = self.0.iter().map(Vec::len).sum::<usize>() as u64;
        let (low, high) = (bounds.low, bounds.high);
        Some(CalibratedRate { errors: errors as u64, trials, rate, low, high })
    }
}

/// Everyone whose rate is claimed, as one group.
fn everyone(sides: &[AgeSide], subject: &[u32], pairs: &[ScoredPair]) -> Group {
    let labels: Vec<Option<String>> =
        sides.iter().map(|side| (*side == AgeSide::TenOrMore).then(String::new)).collect();
    let mut all = of_attribute("", &labels, sides, subject, pairs);
    all.pop().unwrap_or(Group {
        attribute: String::new(),
        name: String::new(),
        standing: GroupStanding::FewPeople,
        people: 0,
        pairs: 0.0,
        found: Vec::new(),
    })
}

/// The groups of one attribute or intersection.
fn of_attribute(
    attribute: &str,
    labels: &[Option<String>],
    sides: &[AgeSide],
    subject: &[u32],
    pairs: &[ScoredPair],
) -> Vec<Group> {
    let mut names: Vec<&str> = labels.iter().flatten().map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let code = |label: &Option<String>| {
        label.as_deref().and_then(|label| names.binary_search(&label).ok())
    };
    let codes: Vec<Option<usize>> = labels.iter().map(code).collect();
    let mut photos: Vec<HashMap<u32, u32>> = vec![HashMap::new(); names.len()];
    let mut children = vec![false; names.len()];
    for (row, code) in codes.iter().enumerate() {
        if let Some(code) = *code {
            *photos[code].entry(subject[row]).or_default() += 1;
            children[code] |= sides[row] == AgeSide::UnderTen;
        }
    }
    let mut found: Vec<Vec<Found>> = vec![Vec::new(); names.len()];
    for pair in pairs {
        let (a, b) = (pair.a as usize, pair.b as usize);
        if let (Some(one), Some(other)) = (codes[a], codes[b])
            && one == other
        {
            let (a, b) = (subject[a], subject[b]);
            let comparisons = f64::from(photos[one][&a]) * f64::from(photos[one][&b]);
            let weight = (1.0 / comparisons) as f32;
            found[one].push(Found { score: pair.score, a, b, weight });
        }
    }
    let groups = names.iter().zip(photos).zip(found).zip(children);
    groups
        .map(|(((name, photos), found), children)| {
            let people = photos.len() as u64;
            let standing = match (children, people >= LEAST_PEOPLE) {
                (true, _) => GroupStanding::Children,
                (false, true) => GroupStanding::Covered,
                (false, false) => GroupStanding::FewPeople,
            };
            Group {
                attribute: attribute.to_owned(),
                name: (*name).to_owned(),
                standing,
                people,
                pairs: people as f64 * (people as f64 - 1.0) / 2.0,
                found,
            }
        })
        .filter(|group| group.people >= LISTED_FROM)
        .collect()
}

/// The rates of these groups at a threshold. A group with too few errors to show its own design
/// effect has the median of those that show one.
fn measured_at(groups: &[Group], at: f32) -> Vec<Measured> {
    let own: Vec<Measured> = groups.iter().map(|group| group.measured(at, 1.0)).collect();
    let mut designs: Vec<f64> = groups
        .iter()
        .zip(&own)
        .filter(|(group, own)| group.standing == GroupStanding::Covered && own.errors >= FEW)
        .map(|(_, own)| own.design)
        .collect();
    designs.sort_by(f64::total_cmp);
    let usual = designs.get(designs.len() / 2).copied().unwrap_or(1.0);
    let again = |(group, own): (&Group, Measured)| match own.errors < FEW {
        true => group.measured(at, usual),
        false => own,
    };
    groups.iter().zip(own).map(again).collect()
}

impl Group {
    /// The rate at a threshold. `usual` is a design effect that stands in for the group's own where
    /// it has too few errors to show one.
    fn measured(&self, at: f32, usual: f64) -> Measured {
        let hits = &self.found[..self.found.partition_point(|found| found.score >= at)];
        let (n, people) = (self.pairs, self.people as f64);
        // The sum of nothing is -0.
        let errors = 0.0 + hits.iter().map(|hit| f64::from(hit.weight)).sum::<f64>();
        let p = if n > 0.0 { (errors / n).min(1.0) } else { 0.0 };
        // By person, and by pair of people.
        let mut own: HashMap<u32, f64> = HashMap::new();
        let mut of_pair: HashMap<(u32, u32), f64> = HashMap::new();
        for hit in hits {
            let weight = f64::from(hit.weight);
            *own.entry(hit.a).or_default() += weight;
            *own.entry(hit.b).or_default() += weight;
            *of_pair.entry((hit.a.min(hit.b), hit.a.max(hit.b))).or_default() += weight;
        }
        // Residuals: e − p for each pair, e − p·(people − 1) for each person; divided by one minus
        // the person's leverage, 2/people.
        let each = p * (people - 1.0);
        let mut shares: Vec<f64> = own.into_values().collect();
        shares.sort_by(f64::total_cmp);
        let others = people - shares.len() as f64;
        let by_person: f64 =
            shares.iter().map(|e| (e - each).powi(2)).sum::<f64>() + others * each * each;
        let mut squares: Vec<f64> = of_pair.into_values().map(|e| e * e).collect();
        squares.sort_by(f64::total_cmp);
        let by_pair = squares.iter().sum::<f64>() - 2.0 * p * errors + p * p * n;
        let leverage = (1.0 - 2.0 / people.max(3.0)).powi(2);
        let variance = (by_person / leverage - by_pair) / (n * n);
        let whole = hits.len() as u64;
        let own_size = p * (1.0 - p) / variance;
        let few = whole < FEW;
        let effective = if few || !own_size.is_finite() || own_size <= 0.0 {
            n / usual.max(1.0)
        } else {
            own_size.min(n)
        };
        let bounds = if n < 1.0 {
            Bounds { low: 0.0, high: 1.0 }
        } else if few {
            clopper_pearson(p * effective, effective, CONFIDENCE)
        } else {
            wilson(p, effective, normal_quantile(CONFIDENCE))
        };
        let design = if effective > 0.0 { n / effective } else { 1.0 };
        Measured { rate: p, errors: whole, design, bounds }
    }

    /// How many people would settle the claim, if the rate were the target itself: as many as bring
    /// the interval's upper end down to what is claimed. 0 for a covered group, and for children,
    /// for whom no number of people of this kind would do.
    fn people_needed(&self, measured: &Measured, target: f64) -> u64 {
        if self.standing != GroupStanding::FewPeople {
            return 0;
        }
        let z = normal_quantile(CONFIDENCE);
        // Wilson's upper end is MOST_UPPER·p at about this many effective pairs, for small p.
        let pairs = z * z * MOST_UPPER / ((MOST_UPPER - 1.0).powi(2) * target);
        let people = (2.0 * pairs * measured.design.max(1.0)).sqrt().ceil() as u64 + 1;
        people.max(LEAST_PEOPLE)
    }
}

/// The lowest score of any pair found, or just above the highest, at which a claim holds. It holds
/// above one score and not below it, but for steps of single pairs, so that bisection finds a score
/// at which it does hold.
fn lowest(groups: &[Group], keeps: impl Fn(f32) -> bool) -> Option<f32> {
    let mut scores: Vec<f32> = groups[0].found.iter().map(|found| found.score).collect();
    scores.dedup();
    let top = scores.first()?.next_up();
    if !keeps(top) {
        return None;
    }
    // `scores` descend: all before `low` hold, none from `high` on is known to.
    let (mut low, mut high) = (0, scores.len());
    while low < high {
        let middle = low + (high - low) / 2;
        if keeps(scores[middle]) { low = middle + 1 } else { high = middle }
    }
    Some(if low == 0 { top } else { scores[low - 1] })
}

/// Three significant digits are all that a rate of this kind supports.
fn rounded(rate: f64) -> f64 {
    format!("{rate:.2e}").parse().unwrap_or(rate)
}

fn rounded_up(rate: f64) -> f64 {
    let near = rounded(rate);
    if near >= rate { near } else { rounded(rate * 1.01) }
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
