//! Which thresholds an audit has, and where they come from.

use super::all_pairs::AllPairs;
use super::cohort::Cohort;
use super::direction::ScoreDirection;
use super::intake::{FirstPass, Intake, Weights};
use super::operating_point::allowed;
use super::report::{BasisKind, ThresholdBasis};
use super::row_cache::{Row, RowCache};
use super::select::{self, Scale};
use super::settings::{AuditSettings, Thresholds};
use super::weigh::ONE;
use crate::records::{Mating, Split};
use crate::{Error, ErrorKind, Result, Stage};

/// Whether the records are of presentation attack detection only, so that a target rate has no
/// scores to set a threshold on, and no rule requires one.
pub(crate) fn unscored(intake: &Intake, settings: &AuditSettings) -> bool {
    let targets = matches!(settings.thresholds, Thresholds::Targets(_));
    intake.has_pad && !intake.has_scores && targets && settings.rules.is_empty()
}

pub(crate) fn no_scores() -> ThresholdBasis {
    ThresholdBasis {
        kind: BasisKind::NoScores,
        sentence:
            "Nothing was compared in these records, so there is no threshold and no matching error \
             rate; they contain presentation attack detection only."
                .to_owned(),
        calibration: None,
    }
}

/// Targets with their thresholds, and where they come from.
pub(crate) type Chosen = (Vec<(Option<f64>, f64)>, ThresholdBasis);

pub(crate) fn choose(
    (cache, cohort): (&mut RowCache, &Cohort),
    pairs: Option<&AllPairs>,
    (settings, direction): (&AuditSettings, ScoreDirection),
    (seen, weights): (&FirstPass, Option<&Weights>),
    scale: Scale,
    split: bool,
) -> Result<Chosen> {
    let basis = |kind, sentence: &str| ThresholdBasis {
        kind,
        sentence: sentence.to_owned(),
        calibration: None,
    };
    match &settings.thresholds {
        Thresholds::Given(threshold) => Ok((
            vec![(None, direction.turn(*threshold))],
            basis(BasisKind::Given, "The threshold was given; it was not chosen on these records."),
        )),
        Thresholds::Calibration { file, .. } if direction == ScoreDirection::LowerIsMoreSimilar => {
            Err(Error::new(
                ErrorKind::InvalidArgument,
                Stage::Audit,
                "the calibration's thresholds are for scores where higher means greater similarity",
            )
            .in_file(file.file.clone())
            .next("give --threshold in the direction of the file, or use --fmr"))
        }
        Thresholds::Calibration { points, file } => Ok((
            points.iter().map(|(target, threshold)| (Some(*target), *threshold)).collect(),
            ThresholdBasis {
                calibration: Some(file.clone()),
                ..basis(
                    BasisKind::Calibration,
                    "The thresholds come from a calibration on other data.",
                )
            },
        )),
        Thresholds::Targets(targets) => {
            let counts = if split { &seen.tune } else { &seen.nonmated_bins };
            // What the target refers to: comparisons, or pairs of people in units of ONE.
            let weights = weights.map(|w| if split { w.tune.as_ref() } else { Some(&w.reported) });
            let weights = weights.flatten();
            let weighed = seen.weighed.as_ref().map(|w| if split { &w.tune } else { &w.nonmated });
            let total = match weights {
                Some(weights) => weights.pairs() * ONE,
                None => counts.iter().sum(),
            };
            let mut chosen = Vec::with_capacity(targets.len());
            let mut of_pairs = pairs.map(|pairs| pairs.thresholds(targets)).unwrap_or_default();
            of_pairs.reverse();
            for &target in targets {
                let chooses = |row: &Row| {
                    let half = !split || row.split == Split::Tune;
                    let counts = row.species == 0 && row.mating == Mating::NonMated && half;
                    let weight = || weights.map_or(1, |weights| weights.weight(cohort, row));
                    (counts && row.score.is_finite()).then(|| (row.score, weight()))
                };
                let found = match pairs {
                    Some(_) => of_pairs.pop().flatten(),
                    None => {
                        let bins = (counts.as_slice(), weighed.unwrap_or(counts).as_slice());
                        select::threshold(cache, chooses, scale, bins, allowed(target, total))?
                    }
                };
                let threshold = found.ok_or_else(|| {
                    Error::new(
                        ErrorKind::InvalidArgument,
                        Stage::Audit,
                        "no non-mated comparison has a score, so a target FMR cannot set a \
                         threshold",
                    )
                    .next(match pairs {
                        Some(_) => {
                            "give --threshold or --calibration, or list photos of more people"
                        }
                        None => "give --threshold or --calibration, or add non-mated pairs",
                    })
                })?;
                chosen.push((Some(target), threshold));
            }
            let basis = if split {
                basis(
                    BasisKind::Split,
                    "The thresholds were chosen on the `tune` rows; rates are reported on the \
                     `report` rows.",
                )
            } else {
                basis(
                    BasisKind::InSample,
                    "Caution: the thresholds were chosen on the same comparisons on which the \
                     rates are reported, so the overall false match rate meets its target by \
                     construction. Use a calibration, --threshold or a `split` column for a claim \
                     about new data.",
                )
            };
            Ok((chosen, basis))
        }
    }
}
