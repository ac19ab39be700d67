//! `evenmatch calibrate`: thresholds with the error rates that stand behind them.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use super::people::{People, PeopleArguments, models, with_suffix};
use super::{Exit, audit};
use crate::audit::{AuditSettings, Thresholds, audit_samples};
use crate::calibrate::{CalibrationNotes, TARGETS, calibration, carried};
use crate::record::{Bins, Calibration, Claim};
use crate::{Error, ErrorKind, Stage};

const EXAMPLES: &str = "\
Examples:
  evenmatch calibrate --manifest people.csv --out calibration.toml --by race,sex,race*sex
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
    /// Attributes and intersections among which the worst group is sought; all attributes unless
    /// told
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    by: Vec<String>,
    /// Target false match rates
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values_t = TARGETS)]
    fmr: Vec<f64>,
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
    let jobs = audit::jobs(arguments.jobs);
    audit::with_threads(jobs, || measure(arguments, jobs))?
}

fn measure(arguments: &CalibrateArguments, jobs: usize) -> anyhow::Result<Exit> {
    let work = match &arguments.people.work {
        Some(work) => work.clone(),
        None => with_suffix(&arguments.out, ".work"),
    };
    let people =
        People::acquire(&arguments.manifest, &arguments.people, &work, jobs, Bins::customary())?;
    let set = people.set(&str::to_owned, Default::default());
    let nonmated = nonmated(&people);
    let (targets, refused) = carried(&arguments.fmr, nonmated);
    if targets.is_empty() {
        let message = format!("{nonmated} non-mated comparisons carry none of these rates");
        return Err(Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
            .next("ask for higher rates, or calibrate on more people: evenmatch plan")
            .into());
    }
    let settings = AuditSettings {
        by: arguments.by.clone(),
        thresholds: Thresholds::Targets(targets),
        ..AuditSettings::default()
    };
    let report = audit_samples(&set, &settings, &mut |_| ())?;
    let stem = arguments.manifest.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let notes = CalibrationNotes {
        name: arguments.name.clone().unwrap_or(stem),
        date: arguments.date.clone().unwrap_or_else(today),
        description: arguments.description.clone(),
        manifest_sha256: people.manifest.digest,
        acquired: people.found.samples.iter().filter(|found| found.acquired()).count() as u64,
        models: models()?,
    };
    let made = calibration(&report, refused, notes)?;
    super::write_atomically(&arguments.out, made.to_toml()?.as_bytes())?;
    say(&made, &arguments.out);
    Ok(Exit::Done)
}

/// Non-mated pairs among the photos that gave a template.
fn nonmated(people: &People) -> u64 {
    let mut sizes = std::collections::HashMap::<&str, u64>::new();
    for found in people.found.samples.iter().filter(|found| found.acquired()) {
        *sizes.entry(&people.manifest.entries[found.entry].subject).or_default() += 1;
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
            "FMR {:.0e}: threshold {:.4} ({claim}: {} of {}, at most {:.2e}{worst}{fnmr})",
            point.target_fmr, point.threshold, point.fmr.errors, point.fmr.trials, point.fmr.high
        );
    }
    for rate in &made.refused {
        eprintln!("FMR {rate:.0e}: refused, the data can't carry it");
    }
    eprintln!("calibration: {}", out.display());
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
