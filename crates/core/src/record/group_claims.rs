//! What a calibration claims for each group of people.

use serde::{Deserialize, Serialize};

use super::calibrated::same;
use super::{CalibratedGroup, CalibratedRate, CalibratedThreshold, Claim};

/// What a calibration says about one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GroupStanding {
    /// Enough people were measured: the threshold holds for this group.
    Covered,
    /// Too few people were measured for a claim.
    FewPeople,
    /// Children under ten: their rate is measured and nothing is claimed for them, because the
    /// data say nothing about how often children are missed.
    Children,
}

/// A group of people, and how many of them were measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredGroup {
    /// The attribute or intersection, such as `race×sex`.
    pub attribute: String,
    /// The group.
    pub group: String,
    /// What is claimed for it.
    pub standing: GroupStanding,
    /// People with a template.
    pub people: u64,
    /// Pairs of different people among them.
    pub pairs: u64,
}

/// The threshold that keeps a false match rate for every covered group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupThreshold {
    /// No covered group's measured rate is above this.
    pub target_fmr: f64,
    /// Accept at this score and above.
    pub threshold: f64,
    /// What supports the rate of all people covered.
    pub claim: Claim,
    /// False match rate among all people covered.
    pub fmr: CalibratedRate,
    /// Ends of its 95 % prediction interval; see [`CalibratedThreshold::fmr_of_others`].
    pub fmr_of_others: [f64; 2],
    /// False non-match rate, the mean over people, of the data with several photos a person that
    /// the strength of evidence was measured on; absent without such data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fnmr: Option<CalibratedRate>,
    /// Rate of each group, in the order of [`GroupClaims::groups`]: the mean over its pairs of
    /// different people.
    pub rate: Vec<f64>,
    /// Lower end of the 95 % interval of each group's rate.
    pub low: Vec<f64>,
    /// Upper end.
    pub high: Vec<f64>,
    /// How many people would settle the claim, for each group that has too few; 0 for the others.
    pub people_needed: Vec<u64>,
}

/// What a calibration claims for each group: thresholds at which no covered group's rate is above
/// a target.
///
/// Groups that are not defined by age are measured on people aged ten or more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupClaims {
    /// Fewest people of a covered group.
    pub least_people: u64,
    /// The highest upper end of a covered group's interval, in times the target.
    pub most_upper: f64,
    /// Whether people's ages are known; without them, children may be among those measured.
    pub ages_known: bool,
    /// The people of the false non-match rates, where these are others than those measured here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fnmr_of: Option<String>,
    /// Every group that was measured, by attribute and name.
    pub groups: Vec<MeasuredGroup>,
    /// Thresholds by descending target.
    pub threshold: Vec<GroupThreshold>,
}

impl GroupClaims {
    /// The groups with their rates at one of the thresholds.
    pub fn at<'a>(&'a self, point: &'a GroupThreshold) -> impl Iterator<Item = GroupRate<'a>> + 'a {
        let ends = point.low.iter().zip(&point.high);
        let numbers = point.rate.iter().zip(ends).zip(&point.people_needed);
        self.groups.iter().zip(numbers).map(|(group, ((&rate, (&low, &high)), &people_needed))| {
            GroupRate { group, rate, low, high, people_needed }
        })
    }

    /// The covered group whose rate has the highest upper end.
    pub fn worst<'a>(&'a self, point: &'a GroupThreshold) -> Option<GroupRate<'a>> {
        self.at(point)
            .filter(|of| of.group.standing == GroupStanding::Covered)
            .max_by(|a, b| a.high.total_cmp(&b.high))
    }

    /// The threshold of a target, with the rates of the groups that it covers.
    pub(super) fn at_target(&self, target: f64) -> Option<CalibratedThreshold> {
        let found = self.threshold.iter().find(|point| same(point.target_fmr, target));
        found.map(|point| self.of_covered(point))
    }

    /// Every threshold, with the rates of the groups that it covers.
    pub(super) fn thresholds(&self) -> Vec<CalibratedThreshold> {
        self.threshold.iter().map(|point| self.of_covered(point)).collect()
    }

    fn of_covered(&self, point: &GroupThreshold) -> CalibratedThreshold {
        let groups: Vec<CalibratedGroup> = self
            .at(point)
            .filter(|of| of.group.standing == GroupStanding::Covered)
            .map(|of| CalibratedGroup {
                attribute: of.group.attribute.clone(),
                group: of.group.group.clone(),
                fmr: of.calibrated(),
                fnmr: None,
            })
            .collect();
        let worst = groups.iter().max_by(|a, b| a.fmr.high.total_cmp(&b.fmr.high)).cloned();
        CalibratedThreshold {
            target_fmr: point.target_fmr,
            threshold: point.threshold,
            claim: point.claim,
            fmr: point.fmr,
            fmr_of_others: point.fmr_of_others,
            fnmr: point.fnmr,
            worst_group: worst,
            groups,
        }
    }

    /// Whether the parallel lists have one entry for each group.
    pub(super) fn is_consistent(&self) -> bool {
        let groups = self.groups.len();
        let lengths = |point: &GroupThreshold| {
            [point.rate.len(), point.low.len(), point.high.len(), point.people_needed.len()]
        };
        self.threshold.iter().all(|point| lengths(point) == [groups; 4])
    }
}

/// One group's rate at one threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupRate<'a> {
    /// The group.
    pub group: &'a MeasuredGroup,
    /// The rate: the mean over the group's pairs of different people.
    pub rate: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How many people would settle the claim; 0 for a covered group.
    pub people_needed: u64,
}

impl GroupRate<'_> {
    /// The rate with its counts, in pairs of people.
    pub fn calibrated(&self) -> CalibratedRate {
        let (trials, rate) = (self.group.pairs, self.rate);
        let errors = (rate * trials as f64).round() as u64;
        CalibratedRate { errors, trials, rate, low: self.low, high: self.high }
    }
}
