//! What a calibration claims for each group of people.

use serde::{Deserialize, Serialize};

use super::CalibratedRate;

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
    /// False match rate among all people covered.
    pub fmr: CalibratedRate,
    /// False non-match rate of everyone; absent if the data has too few mated pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fnmr: Option<CalibratedRate>,
    /// Rate of each group, in the order of [`GroupClaims::groups`]: the mean over its pairs of
    /// different people.
    pub rate: Vec<f64>,
    /// Upper end of the 95 % interval of each group's rate.
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
    /// Every group that was measured, by attribute and name.
    pub groups: Vec<MeasuredGroup>,
    /// Thresholds by descending target.
    pub threshold: Vec<GroupThreshold>,
}

impl GroupClaims {
    /// The groups with their rates at one of the thresholds.
    pub fn at<'a>(&'a self, point: &'a GroupThreshold) -> impl Iterator<Item = GroupRate<'a>> + 'a {
        let numbers = point.rate.iter().zip(&point.high).zip(&point.people_needed);
        self.groups.iter().zip(numbers).map(|(group, ((&rate, &high), &people_needed))| GroupRate {
            group,
            rate,
            high,
            people_needed,
        })
    }

    /// The covered group whose rate has the highest upper end.
    pub fn worst<'a>(&'a self, point: &'a GroupThreshold) -> Option<GroupRate<'a>> {
        self.at(point)
            .filter(|of| of.group.standing == GroupStanding::Covered)
            .max_by(|a, b| a.high.total_cmp(&b.high))
    }

    /// Whether the parallel lists have one entry for each group.
    pub(super) fn is_consistent(&self) -> bool {
        let groups = self.groups.len();
        let lengths = |point: &GroupThreshold| {
            [point.rate.len(), point.high.len(), point.people_needed.len()]
        };
        self.threshold.iter().all(|point| lengths(point) == [groups; 3])
    }
}

/// One group's rate at one threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupRate<'a> {
    /// The group.
    pub group: &'a MeasuredGroup,
    /// The rate: the mean over the group's pairs of different people.
    pub rate: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
    /// How many people would settle the claim; 0 for a covered group.
    pub people_needed: u64,
}
