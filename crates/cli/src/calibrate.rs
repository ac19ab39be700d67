//! `evenmatch calibrate`: measures thresholds and the error rates at each.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use super::exit::Exit;
use super::form_normaliser::{Beside, CohortArgument, Sources, form, learn};
use super::jobs::{jobs, with_threads};
use super::labels::LabelArguments;
use super::normalise::{apply, held_out, knows, of_choice, some_left};
use super::normalise_choice::Choice;
use super::people::{People, PeopleArguments, models, with_suffix};
use super::templates::for_choice;
use evenmatch_audit::{
    AuditSettings, SampleSet, Thresholds, audit_samples,
    calibrate::{
        CalibrationNotes, TARGETS, calibration, carried, claims, evidence, repeated_as_one,
    },
    records::Bins,
};
use evenmatch_core::numbers::{count, percent, rate};
use evenmatch_core::{
    Error, ErrorKind, Shown, Stage,
    record::{Calibration, Claim, GroupClaims, GroupStanding, NormaliserRecord},
};

/// Operating points that one audit can take.
const POINTS_AT_ONCE: usize = 8;

const EXAMPLES: &str = "\
Examples:
  evenmatch calibrate --manifest people.csv --out calibration.toml --by race,sex,race*sex
  evenmatch calibrate --manifest people.csv --out calibration.toml --normalise cohort \\
      --evidence people-with-several-photos.csv
  evenmatch calibrate --manifest people.csv --out calibration.toml --normalise learned \\
      --even race,sex,age --form-on other-people.csv
  evenmatch verify --reference a.jpg --probe b.jpg --calibration calibration.toml --fmr 1e-4";

/// Measure the false match rate of each threshold, by group
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CalibrateArguments {
    /// Read the list of photos from this file: a CSV with path, subject_id and any attributes
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// Write the calibration to this file (TOML)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    people: PeopleArguments,
    #[command(flatten)]
    label_rules: LabelArguments,
    /// Look for the worst group among these attributes and intersections [default: all attributes]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    by: Vec<String>,
    /// Target false match rates
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values_t = TARGETS)]
    fmr: Vec<f64>,
    /// Normalise scores: off (plain cosines); cohort (form a normaliser from half of the people,
    /// without labels, and measure on the other half); learned (the same with the labels of --even,
    /// which decisions do not need); or with the normaliser of this calibration file
    #[arg(long, value_name = "off|cohort|learned|FILE", default_value = "off")]
    normalise: Choice,
    /// Even out the false match rates of the groups of these attributes, and of every two of them
    /// whose groups all have 500 people, with --normalise learned
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    even: Vec<String>,
    /// Form the normaliser from everyone in this manifest, and measure on everyone in --manifest
    #[arg(long, value_name = "MANIFEST")]
    form_on: Option<PathBuf>,
    /// Also form the normaliser from at most N people of this manifest's half (may be repeated)
    #[arg(long, value_name = "MANIFEST[:N]")]
    cohort: Vec<CohortArgument>,
    /// Seed of the random features of --normalise learned [default: 1]
    #[arg(long, value_name = "N")]
    seed: Option<u32>,
    /// Count people whose photos have a cosine of at least X, directly or through others, as one
    /// person: data sets hold some people under several names
    #[arg(long, value_name = "X")]
    repeated_from: Option<f32>,
    /// Measure the strength of evidence of a score on these photos, with several photos per person
    /// [default: the manifest's own, if they suffice]
    #[arg(long, value_name = "MANIFEST")]
    evidence: Option<PathBuf>,
    /// Describe the data of --evidence
    #[arg(long, value_name = "TEXT", requires = "evidence")]
    evidence_description: Option<String>,
    /// A short name for the calibration [default: the manifest's name]
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Describe the data, for people who will rely on the calibration
    #[arg(long, value_name = "TEXT", default_value = "not described")]
    description: String,
    /// The date to write into the calibration [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<String>,
    /// Number of threads; does not change the result [default: one per core]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
}

/// Acquires, compares everyone with everyone, writes the calibration and prints its claims.
pub(crate) fn run(arguments: &CalibrateArguments) -> anyhow::Result<Exit> {
    let inputs = [
        Some(arguments.manifest.as_path()),
        arguments.evidence.as_deref(),
        arguments.form_on.as_deref(),
    ];
    super::output_files::keep_inputs(Some(&arguments.out), &inputs)?;
    check(arguments)?;
    let jobs = jobs(arguments.jobs);
    with_threads(jobs, || measure(arguments, jobs))?
}

fn measure(arguments: &CalibrateArguments, jobs: usize) -> anyhow::Result<Exit> {
    let work = match &arguments.people.work {
        Some(work) => work.clone(),
        None => with_suffix(&arguments.out, ".work"),
    };
    let own = match &arguments.normalise {
        // The normaliser is formed here, from templates of the form that is asked for.
        Choice::Cohort | Choice::Learned => &Choice::Off,
        choice => choice,
    };
    let policy = arguments.people.policy.as_deref();
    let templates = for_choice(own, arguments.people.templates, policy)?;
    let rules = arguments.label_rules.rules();
    let people = People::acquire(
        &arguments.manifest,
        &arguments.people.with_templates(templates),
        &work,
        jobs,
        (Bins::customary(), &rules),
    )?;
    super::warnings::show(&people.manifest.warnings);
    let beside = Beside { policy, templates, work: &work, jobs, label_rules: &rules };
    let normaliser = normaliser(arguments, &people, &beside)?;
    let prepare = |people: &People| prepare(people, normaliser.as_ref(), None);
    let set = self::prepare(&people, normaliser.as_ref(), arguments.repeated_from)?;
    let pairs = pairs_of_people(&set);
    let (targets, refused) = carried(&arguments.fmr, pairs);
    if targets.is_empty() {
        let message =
            format!("{} pairs of people are too few for any of these rates", count(pairs));
        return Err(Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
            .next("ask for higher rates, or calibrate on more people; see evenmatch plan")
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
    if let Some(least) = arguments.repeated_from {
        description
            .push_str(&format!("; photos with a cosine of {least} or more count as one person"));
    }
    if normaliser.as_ref().is_some_and(|normaliser| knows(normaliser, &people)) {
        description
            .push_str("; measured on the half of the people that did not form the normaliser");
    }
    let by = match arguments.by.as_slice() {
        [] => set.attributes.as_slice(),
        by => by,
    };
    let (evidence, group_claims) = match &arguments.evidence {
        Some(manifest) => {
            let others = beside.acquire(manifest)?;
            let words = arguments.evidence_description.as_deref().unwrap_or("not described");
            let several = prepare(&others)?;
            let evidence = evidence(&several, words, others.manifest.digest)?;
            let mut claims = claims(&set, &several, by, &targets)?;
            if let Some(claims) = &mut claims {
                claims.fnmr_of = Some(words.to_owned());
            }
            (Some(evidence), claims)
        }
        // The strength of evidence is optional: with too few mated pairs it is left out.
        None => (
            evidence(&set, &description, people.manifest.digest).ok(),
            claims(&set, &set, by, &targets)?,
        ),
    };
    let notes = CalibrationNotes {
        name: arguments.name.clone().unwrap_or(stem),
        date: arguments.date.clone().unwrap_or_else(today),
        description,
        manifest_sha256: people.manifest.digest,
        acquired: set.samples.iter().filter(|sample| sample.failure.is_none()).count() as u64,
        models: models()?,
        templates,
        normaliser,
        evidence,
        group_claims,
    };
    let made = calibration(&reports, refused, notes)?;
    super::output_files::write_atomically(&arguments.out, made.to_toml()?.as_bytes())?;
    say(&made, &arguments.out);
    Ok(Exit::Done)
}

/// Refuses options for forming a normaliser where this run forms none of their kind.
fn check(arguments: &CalibrateArguments) -> evenmatch_core::Result<()> {
    let choice = &arguments.normalise;
    let refuse = |message: &str, next: &str| {
        Err(Error::new(ErrorKind::InvalidArgument, Stage::Audit, message).next(next))
    };
    if !matches!(choice, Choice::Cohort | Choice::Learned) {
        let forming = [
            (!arguments.cohort.is_empty(), "--cohort"),
            (arguments.form_on.is_some(), "--form-on"),
        ];
        if let Some((_, option)) = forming.into_iter().find(|(given, _)| *given) {
            let message =
                format!("{option} names photos for a normaliser, but this run forms none");
            let next = format!("add --normalise cohort or learned, or leave out {option}");
            return refuse(&message, &next);
        }
    }
    if *choice != Choice::Learned && !arguments.even.is_empty() {
        let message = "--even names labels for a learned normaliser, but this run forms none";
        return refuse(message, "add --normalise learned, or leave out --even");
    }
    if *choice != Choice::Learned && arguments.seed.is_some() {
        let message = "--seed is for a learned normaliser, but this run forms none";
        return refuse(message, "add --normalise learned, or leave out --seed");
    }
    if *choice == Choice::Learned && arguments.even.is_empty() {
        let message = "a learned normaliser needs attributes to even out";
        return refuse(message, "add --even with attributes of the manifest: --even race,sex,age");
    }
    Ok(())
}

/// The requested normaliser; `None` for plain cosines.
fn normaliser(
    arguments: &CalibrateArguments,
    people: &People,
    beside: &Beside<'_>,
) -> evenmatch_core::Result<Option<NormaliserRecord>> {
    let sources =
        Sources { people, set_aside: arguments.form_on.as_deref(), cohort: &arguments.cohort };
    match &arguments.normalise {
        Choice::Cohort => form(&sources, beside).map(Some),
        Choice::Learned => learn(&sources, &arguments.even, arguments.seed, beside).map(Some),
        choice => of_choice(choice, beside.templates),
    }
}

/// The people's samples with the scores to calibrate: normalised scores only of people from whom the
/// normaliser was not formed.
fn prepare(
    people: &People,
    normaliser: Option<&NormaliserRecord>,
    repeated_from: Option<f32>,
) -> evenmatch_core::Result<SampleSet> {
    let mut set = people.set(&str::to_owned, Default::default());
    if let Some(least) = repeated_from {
        let (joined, names) = repeated_as_one(&set, least)?;
        eprintln!("{} more names of people who are there already", count(names as u64));
        set = joined;
    }
    match normaliser {
        None => Ok(set),
        Some(normaliser) if knows(normaliser, people) => {
            some_left(normaliser, people)?;
            apply(&held_out(&set), normaliser, people.found.templates)
        }
        Some(normaliser) => apply(&set, normaliser, people.found.templates),
    }
}

/// The number of pairs of different people who both have a photo with a template. The audit counts
/// each of them once, however many photos they have.
fn pairs_of_people(set: &SampleSet) -> u64 {
    let acquired = set.samples.iter().filter(|sample| sample.failure.is_none());
    let people: std::collections::HashSet<&str> = acquired.map(|s| s.subject.as_str()).collect();
    let n = people.len() as u64;
    n * n.saturating_sub(1) / 2
}

fn say(made: &Calibration, out: &Path) {
    for point in &made.threshold {
        let claim = match point.claim {
            Claim::Measured => "measured",
            Claim::UpperBound => "upper bound only",
        };
        let worst = point.worst_group.as_ref().map_or_else(String::new, |worst| {
            format!("; worst group {} at most {}", worst.group, percent(worst.fmr.high))
        });
        let fnmr = point.fnmr.map_or_else(String::new, |r| format!("; FNMR {}", percent(r.rate)));
        eprintln!(
            "FMR {}: threshold {:.3} ({claim}: {} of {} pairs, at most {}; other people {} to \
             {}{worst}{fnmr})",
            rate(point.target_fmr),
            point.threshold,
            count(point.fmr.errors),
            count(point.fmr.trials),
            percent(point.fmr.high),
            percent(point.fmr_of_others[0]),
            percent(point.fmr_of_others[1])
        );
    }
    for refused in &made.refused {
        eprintln!("FMR {}: refused, because there are too few comparisons", rate(*refused));
    }
    if let Some(claims) = &made.group_claims {
        say_claims(claims);
    }
    if let Some(normaliser) = &made.normaliser {
        let people = count(normaliser.subjects());
        let digest = normaliser.digest();
        match normaliser.learned() {
            None => eprintln!("scores are normalised with a cohort of {people} people ({digest})"),
            Some(learned) => eprintln!(
                "scores are normalised by what was learned from {people} people labelled by {} \
                 ({digest})",
                learned.even.join(", ")
            ),
        }
    }
    if let Some(evidence) = &made.evidence {
        eprintln!(
            "evidence: log-likelihood ratio {:.2} × score {:+.2}, cost {:.3} bit, on {} mated and \
             {} non-mated comparisons",
            evidence.slope,
            evidence.intercept,
            evidence.cllr,
            count(evidence.mated),
            count(evidence.nonmated)
        );
    }
    eprintln!("calibration: {}", out.shown());
}

/// What holds for every group, and which groups are too small for a claim.
fn say_claims(claims: &GroupClaims) {
    let of = |standing| claims.groups.iter().filter(move |group| group.standing == standing);
    let ages = if claims.ages_known { " aged ten or more" } else { ", of any age" };
    eprintln!(
        "every group of at least {} people{ages} ({} groups; {} more have too few people, {} are of \
         children):",
        claims.least_people,
        of(GroupStanding::Covered).count(),
        of(GroupStanding::FewPeople).count(),
        of(GroupStanding::Children).count()
    );
    for point in &claims.threshold {
        let worst = claims.worst(point).map_or_else(String::new, |worst| {
            format!("; worst {}, at most {}", worst.group.group, percent(worst.high))
        });
        let fnmr = point.fnmr.map_or_else(String::new, |r| format!("; FNMR {}", percent(r.rate)));
        eprintln!(
            "  FMR {} in each: threshold {:.3} (all of them {}{worst}{fnmr})",
            rate(point.target_fmr),
            point.threshold,
            percent(point.fmr.rate)
        );
    }
}

/// Today's date in UTC, by the civil calendar (H. Hinnant, "chrono-compatible low-level date
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
