//! The section of the report on presentation attack detection.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Estimate, RateCell};

/// Presentation attack detection (ISO/IEC 30107-3). Every rate has an exact interval; if a person
/// presented more than once, on the effective number of presentations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PadReport {
    /// By species.
    pub species: BTreeMap<String, SpeciesReport>,
    /// The species with the largest APCER.
    pub worst_species: Option<String>,
    /// Bona fide presentations classified as attacks, over those with an answer.
    pub bpcer: RateCell,
    /// Bona fide presentations without an answer, over those that were judged.
    pub bona_fide_non_response: RateCell,
    /// Bona fide presentations classified as attacks or left without an answer, over those that
    /// were judged; null in reports of versions that lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bona_fide_turned_away: Option<RateCell>,
    /// BPCER per attribute and group.
    pub bpcer_by_group: BTreeMap<String, BTreeMap<String, RateCell>>,
    /// The other rates per attribute and group, with their ratios to everyone's.
    #[serde(default)]
    pub groups: BTreeMap<String, BTreeMap<String, PadGroup>>,
    /// At BPCER 10 % and 1 %, if PAD scores are recorded.
    pub at_bpcer: Vec<PadPoint>,
    /// End to end, per operating point in the report's order.
    pub end_to_end: Vec<PadEndToEnd>,
    /// The notice that goes with the numbers: that attacks of some species are simulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
}

/// One presentation attack instrument species.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpeciesReport {
    /// Attacks classified as bona fide, over those with an answer.
    pub apcer: RateCell,
    /// Attacks without an answer, over those that were judged.
    pub non_response: RateCell,
    /// Whether a program made these attacks: the species' name begins with `sim_`.
    #[serde(default)]
    pub simulated: bool,
    /// APCER against BPCER over all thresholds of the PAD score, ascending; at most 200 points,
    /// empty if scores are not recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curve: Vec<PadCurvePoint>,
}

/// One point of a species' DET curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PadCurvePoint {
    /// Bona fide if and only if the PAD score ≥ this.
    pub threshold: f64,
    /// Share of the species' scored attacks that are classified as bona fide.
    pub apcer: f64,
    /// Share of scored bona fide presentations that are classified as attacks.
    pub bpcer: f64,
}

/// How presentation attack detection treats one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PadGroup {
    /// Bona fide presentations without an answer.
    pub non_response: RateCell,
    /// Bona fide presentations classified as attacks or left without an answer.
    pub turned_away: RateCell,
    /// Attacks of any species without an answer, by the group of the person they show.
    pub attack_non_response: RateCell,
    /// BPCER of the group over everyone's; null if it cannot be calculated.
    pub bpcer_over_overall: Option<Estimate>,
    /// The group's share of bona fide presentations that are turned away, over everyone's.
    pub turned_away_over_overall: Option<Estimate>,
}

/// APCER at a fixed BPCER.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PadPoint {
    /// The target BPCER.
    pub target_bpcer: f64,
    /// Bona fide if and only if the PAD score ≥ this.
    pub threshold: f64,
    /// The BPCER there, at most the target.
    pub bpcer: RateCell,
    /// APCER per species.
    pub apcer: BTreeMap<String, RateCell>,
    /// The species with the largest APCER there.
    #[serde(default)]
    pub worst_species: Option<String>,
    /// BPCER there per attribute and group.
    #[serde(default)]
    pub groups: BTreeMap<String, BTreeMap<String, PadPointGroup>>,
}

/// One group at a fixed BPCER of everyone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PadPointGroup {
    /// The group's BPCER.
    pub bpcer: RateCell,
    /// The same over everyone's; null if it cannot be calculated.
    pub over_overall: Option<Estimate>,
}

/// Attacks that are both classified as bona fide and matched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PadEndToEnd {
    /// The comparison threshold.
    pub threshold: f64,
    /// Impostor attack presentation accept rate per species, over attacks on a named reference.
    pub iapar: BTreeMap<String, RateCell>,
    /// The species with the largest IAPAR.
    #[serde(default)]
    pub worst_species: Option<String>,
    /// Mated bona fide presentations that are rejected for any reason: not acquired, refused by
    /// presentation attack detection, left without its answer, or not matched. Null if no such
    /// presentation was judged; everyone's FRR then replaces it in RIAPAR.
    #[serde(default)]
    pub frr: Option<RateCell>,
    /// The same per attribute and group.
    #[serde(default)]
    pub frr_by_group: BTreeMap<String, BTreeMap<String, RateCell>>,
    /// The worst species' IAPAR + FRR.
    pub riapar: Option<f64>,
    /// RIAPAR with its interval, by squaring and adding the distances of both rates' bounds.
    #[serde(default)]
    pub riapar_interval: Option<Estimate>,
}
