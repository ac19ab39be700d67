//! `evenmatch calibrate`: thresholds with the error rates that stand behind them.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use super::labels::LabelArguments;
use super::normalise::{Beside, Choice, CohortArgument, apply, form, held_out, knows, of_choice};
use super::people::{People, PeopleArguments, models, with_suffix};
use super::{Exit, audit};
use evenmatch_audit::{
    AuditSettings, SampleSet, Thresholds, audit_samples,
    calibrate::{CalibrationNotes, TARGETS, calibration, carried, evidence},
    records::Bins,
};
use evenmatch_core::{
    Error, ErrorKind, Stage,
    Shown,
    record::{Calibration, Claim, NormaliserRecord},
};

/// Operating points that one audit takes.
const POINTS_AT_ONCE: usize = 8;

const EXAMPLES: &str = "\
Examples:
  evenmatch calibrate --manifest people.csv --out calibration.toml --by race,sex,race*sex
  evenmatch calibrate --manifest people.csv --out calibration.toml --normalise cohort \\
      --evidence people-with-several-photos.csv
  evenmatch verify --reference a.jpg --probe b.jpg --calibration calibration.toml --fmr 1e-4";

/// Measure which threshold has which false match rate, for everyone and for the worst group.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CalibrateArguments {
    /// Photos: a CSV with path, subject_id and any number of attributes
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// The calibration to write (TOML)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    people: PeopleArguments,
    #[command(flatten)]
    label_rules: LabelArguments,
    /// Attributes and intersections among which the worst group is sought; all attributes unless
    /// told
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    by: Vec<String>,
    /// Target false match rates
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values_t = TARGETS)]
    fmr: Vec<f64>,
    /// What makes scores even: off (plain cosines); cohort (a normaliser formed of half of the
    /// people, without labels, and measured on the other half); or the normaliser of this
    /// calibration file
    #[arg(long, value_name = "off|cohort|FILE", default_value = "off")]
    normalise: Choice,
    /// More photos for the cohort, at most N people of them (may be repeated)
    #[arg(long, value_name = "MANIFEST[:N]")]
    cohort: Vec<CohortArgument>,
    /// Photos with several of a person, on which to measure what a score is evidence of; the
    /// manifest's own where they suffice
    #[arg(long, value_name = "MANIFEST")]
    evidence: Option<PathBuf>,
    /// The data of --evidence in words
    #[arg(long, value_name = "TEXT", requires = "evidence")]
    evidence_description: Option<String>,
    /// A short name; that of the manifest unless told
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// The data in words, for those who will rely on it
    #[arg(long, value_name = "TEXT", default_value = "not described")]
    description: String,
    /// The day to write into it; today unless told
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<String>,
    /// Threads; the result does not depend on it
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
}

/// Acquires, compares everyone with everyone, writes the calibration and says what it claims.
pub(crate) fn run(arguments: &CalibrateArguments) -> anyhow::Result<Exit> {
    let inputs = [Some(arguments.manifest.as_path()), arguments.evidence.as_deref()];
    super::keep_inputs(Some(&arguments.out), &inputs)?;
    let jobs = audit::jobs(arguments.jobs);
    audit::with_threads(jobs, || measure(arguments, jobs))?
}

fn measure(arguments: &CalibrateArguments, jobs: usize) -> anyhow::Result<Exit> {
    let work = match &arguments.people.work {
        Some(work) => work.clone(),
        None => with_suffix(&arguments.out, ".work"),
    };
    let people = People::acquire(
        &arguments.manifest,
        &arguments.people,
        &work,
        jobs,
        (Bins::customary(), &arguments.label_rules.rules()),
    )?;
    for warning in &people.manifest.warnings {
        eprintln!("warning: {}{}", warning.message, audit::first_lines(warning));
    }
    let beside = Beside { policy: arguments.people.policy.as_deref(), work: &work, jobs };
    let normaliser = normaliser(arguments, &people, &beside)?;
    let prepare = |people: &People| prepare(people, normaliser.as_ref());
    let set = prepare(&people)?;
    let nonmated = nonmated(&set);
    let (targets, refused) = carried(&arguments.fmr, nonmated);
    if targets.is_empty() {
        let message = format!("{nonmated} non-mated comparisons carry none of these rates");
        return Err(Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
            .next("ask for higher rates, or calibrate on more people: evenmatch plan")
            .into());
    }
    let reports = targets
        .chunks(POINTS_AT_ONCE)
        .map(|targets| {
            let settings = AuditSettings {
                by: arguments.by.clone(),
                thresholds: Thresholds::Targets(targets.to_vec()),
                ..AuditSettings::default()
            };
            audit_samples(&set, &settings, &mut |_| ())
        })
        .collect::<evenmatch_core::Result<Vec<_>>>()?;
    let stem = arguments.manifest.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut description = arguments.description.clone();
    if normaliser.as_ref().is_some_and(|normaliser| knows(normaliser, &people)) {
        description
            .push_str("; measured on the half of the people that did not form the normaliser");
    }
    let evidence = match &arguments.evidence {
        Some(manifest) => {
            let others = beside.acquire(manifest)?;
            let words = arguments.evidence_description.as_deref().unwrap_or("not described");
            Some(evidence(&prepare(&others)?, words, others.manifest.digest)?)
        }
        // Own data with too few mated pairs says nothing of evidence, and need not.
        None => evidence(&set, &description, people.manifest.digest).ok(),
    };
    let notes = CalibrationNotes {
        name: arguments.name.clone().unwrap_or(stem),
        date: arguments.date.clone().unwrap_or_else(today),
        description,
        manifest_sha256: people.manifest.digest,
        acquired: set.samples.iter().filter(|sample| sample.failure.is_none()).count() as u64,
        models: models()?,
        normaliser,
        evidence,
    };
    let made = calibration(&reports, refused, notes)?;
    super::write_atomically(&arguments.out, made.to_toml()?.as_bytes())?;
    say(&made, &arguments.out);
    Ok(Exit::Done)
}

/// The normaliser that was asked for; `None` for plain cosines.
fn normaliser(
    arguments: &CalibrateArguments,
    people: &People,
    beside: &Beside<'_>,
) -> evenmatch_core::Result<Option<NormaliserRecord>> {
    if arguments.normalise != Choice::Cohort && !arguments.cohort.is_empty() {
        let message = "--cohort names photos for a normaliser that is not formed here";
        return Err(Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
            .next("add --normalise cohort, or leave out --cohort"));
    }
    match &arguments.normalise {
        Choice::Cohort => form(people, &arguments.cohort, beside).map(Some),
        choice => of_choice(choice),
    }
}

/// The people's samples with the scores that are calibrated: those of a normaliser, on people
/// whom it has not seen.
fn prepare(
    people: &People,
    normaliser: Option<&NormaliserRecord>,
) -> evenmatch_core::Result<SampleSet> {
    let set = people.set(&str::to_owned, Default::default());
    match normaliser {
        None => Ok(set),
        Some(normaliser) if knows(normaliser, people) => apply(&held_out(&set), normaliser),
        Some(normaliser) => apply(&set, normaliser),
    }
}

/// Non-mated pairs among the photos that gave a template.
fn nonmated(set: &SampleSet) -> u64 {
    let mut sizes = std::collections::HashMap::<&str, u64>::new();
    for sample in set.samples.iter().filter(|sample| sample.failure.is_none()) {
        *sizes.entry(&sample.subject).or_default() += 1;
    }
    let all: u64 = sizes.values().sum();
    sizes.values().map(|own| own * (all - own)).sum::<u64>() / 2
}

fn say(made: &Calibration, out: &Path) {
    for point in &made.threshold {
        let claim = match point.claim {
            Claim::Measured => "measured",
            Claim::UpperBound => "upper bound only",
        };
        let worst = point.worst_group.as_ref().map_or_else(String::new, |worst| {
            format!("; worst group {} at most {:.2e}", worst.group, worst.fmr.high)
        });
        let fnmr = point.fnmr.map_or_else(String::new, |r| format!("; FNMR {:.2} %", 1e2 * r.rate));
        eprintln!(
            "FMR {:.0e}: threshold {} ({claim}: {} of {}, at most {:.2e}; others {:.2e} to \
             {:.2e}{worst}{fnmr})",
            point.target_fmr,
            point.threshold,
            point.fmr.errors,
            point.fmr.trials,
            point.fmr.high,
            point.fmr_of_others[0],
            point.fmr_of_others[1]
        );
    }
    for rate in &made.refused {
        eprintln!("FMR {rate:.0e}: refused, the data can't carry it");
    }
    if let Some(normaliser) = &made.normaliser {
        let people = normaliser.subjects();
        eprintln!("scores are normalised by {people} people ({})", normaliser.digest());
    }
    if let Some(evidence) = &made.evidence {
        eprintln!(
            "evidence: log-likelihood ratio {:.2} × score {:+.2}, cost {:.3} bit, on {} mated and \
             {} non-mated comparisons",
            evidence.slope, evidence.intercept, evidence.cllr, evidence.mated, evidence.nonmated
        );
    }
    eprintln!("calibration: {}", out.shown());
}

/// The day in UTC, by the civil calendar (H. Hinnant, "chrono-compatible low-level date
/// algorithms", `civil_from_days`).
fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    civil(seconds / 86_400)
}

fn civil(days_since_1970: u64) -> String {
    let days = days_since_1970 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn days_have_their_dates() {
        for (day, date) in
            [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_819, "2027-01-01")]
        {
            assert_eq!(super::civil(day), date);
        }
    }
}
