//! How many simulated people pass a challenge session, and how many simulated attacks. **Simulated**:
//! docs/LIVENESS.md says how; no number here is a measurement of people or of real attacks.
//!
//! `cargo test -p evenmatch-lab --all-features --release liveness_rates:: -- --ignored --nocapture`; one
//! person costs about a minute of one core. Its settings:
//!
//! - `EVENMATCH_LIST`: another list of people than `fairface.csv`, in the folder of the photos.
//! - `EVENMATCH_TUNING=1`: the half of the people that includes those on whom limits were chosen;
//!   otherwise the other half. docs/LIVENESS.md says who was used, and when.
//! - `EVENMATCH_SKIP`, `EVENMATCH_EACH`: how many of each group to skip, and how many to take after
//!   them (0 and 15).
//! - `EVENMATCH_EVERY`: recordings of every n-th person (3).
//! - `EVENMATCH_ROUND`: another number draws other challenges and movements of the same people.
//! - `EVENMATCH_KINDS`: only these, by name, with a comma between them.
//! - `EVENMATCH_JOURNAL`: a file to which each session is written when it is over; those that are
//!   already in it are not run again.
//! - `EVENMATCH_MINUTES`: after this time no other person begins, and the rates of those so far are
//!   printed. People come in the order of the list, so when to stop does not depend on the results.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use evenmatch::pad::{Challenge, Follower, FrameAnalyser, Judge, SessionReport};
use evenmatch_audit::beta_quantile;
use evenmatch_core::Digest;
use evenmatch_lab::simulate::{SimulatedKind, Take, TakeSettings};
use evenmatch_testfaces::people::Person;
use rayon::prelude::*;

use crate::liveness_simulated::cast_of;

fn setting(name: &str) -> Option<String> {
    std::env::var(format!("EVENMATCH_{name}")).ok()
}

fn number(name: &str, default: usize) -> usize {
    setting(name).map_or(default, |number| number.parse().unwrap())
}

/// One session, as the journal keeps it.
#[derive(Debug, Clone)]
struct Row {
    name: String,
    subject: String,
    race: String,
    outcome: String,
    /// Everything else, to read.
    evidence: String,
}

impl Row {
    fn parse(line: &str) -> Option<Row> {
        let mut parts = line.splitn(5, '\t').map(str::to_owned);
        let mut next = || parts.next();
        let (name, subject, race) = (next()?, next()?, next()?);
        Some(Row { name, subject, race, outcome: next()?, evidence: next()? })
    }

    fn line(&self) -> String {
        let Row { name, subject, race, outcome, evidence } = self;
        format!("{name}\t{subject}\t{race}\t{outcome}\t{evidence}\n")
    }
}

/// Rows that are known, and the file that more are added to.
struct Journal {
    rows: Vec<Row>,
    file: Option<File>,
}

impl Journal {
    fn open() -> Journal {
        let Some(path) = setting("JOURNAL") else {
            return Journal { rows: Vec::new(), file: None };
        };
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        // A line without its end was not written in full.
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let rows = whole.lines().filter_map(Row::parse).collect();
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        if text.len() > whole.len() + 1 {
            writeln!(file).unwrap();
        }
        Journal { rows, file: Some(file) }
    }

    fn add(&mut self, row: Row) {
        if let Some(file) = &mut self.file {
            file.write_all(row.line().as_bytes()).unwrap();
        }
        self.rows.push(row);
    }
}

fn name_of(kind: SimulatedKind, light: f64) -> String {
    format!("{}{}", kind.species(), if light < 1.0 { " at 1/8 of the light" } else { "" })
}

/// Judges one session of three steps, and says how abrupt its changes were at most (room, face,
/// course). With no change above 1, no rule about abrupt changes played a part.
fn session(
    analyser: &FrameAnalyser,
    person: &Person,
    kind: SimulatedKind,
    light: f64,
) -> (SessionReport, [f32; 3]) {
    let drawn = person.seed.wrapping_add(number("ROUND", 0) as u64);
    let seed = *Digest::of(&drawn.to_le_bytes()).as_bytes();
    let challenge = Challenge::from_seed(seed, 3, 0).unwrap();
    let settings = TakeSettings { fps: 10.0, light, seed: drawn };
    let take = Take::new(&person.actor, kind, &challenge, settings).unwrap();
    let (mut follower, mut judge) = (Follower::new(analyser.clone()), Judge::new(challenge));
    let mut most = [0.0_f32; 3];
    for (frame, ms) in take {
        let seen = follower.see(&frame, Duration::from_millis(ms)).unwrap();
        if let Some(change) = seen.abruptness() {
            let parts = [change.room, change.face, change.course];
            most = std::array::from_fn(|n| most[n].max(parts[n]));
        }
        let progress = judge.take(&seen);
        if kind != SimulatedKind::Live && !progress.findings.is_empty() {
            // Nothing that comes later may make it pass; what else an attack shows is not counted.
            break;
        }
    }
    (judge.finish(), most)
}

fn row(person: &Person, name: String, (report, most): (SessionReport, [f32; 3])) -> Row {
    let findings: Vec<String> = report.findings.iter().map(|f| f.to_string()).collect();
    let steps: Vec<String> = report
        .steps
        .iter()
        .map(|s| format!("{}:{:.2}{}", s.step, s.reached, if s.done { "+" } else { "-" }))
        .collect();
    let evidence = format!(
        "{}\t{:.2}\t{}\t{most:.2?}",
        findings.join("+"),
        report.parallax.relief,
        steps.join(" "),
    );
    let (subject, race) = (person.subject.clone(), person.race.clone());
    Row { name, subject, race, outcome: format!("{:?}", report.outcome), evidence }
}

/// The people after those to skip, by group.
fn cast() -> Option<(FrameAnalyser, Vec<Person>)> {
    let (each, skip) = (number("EACH", 15), number("SKIP", 0));
    let data = evenmatch_testfaces::data_dir()?;
    let list = setting("LIST").unwrap_or_else(|| "fairface.csv".to_owned());
    let tuning = setting("TUNING").is_some();
    let (analyser, mut people) = cast_of(&data, &list, tuning, (each + skip, 7 * (each + skip)))?;
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    people.retain(|person| {
        let seen = seen.entry(person.race.clone()).or_default();
        *seen += 1;
        *seen > skip
    });
    println!("{} people of {list}, {}", people.len(), if tuning { "tuning" } else { "reporting" });
    Some((analyser, people))
}

#[test]
#[ignore = "a minute per person; run in release"]
fn simulated_error_rates_by_species_and_group() {
    let begun = Instant::now();
    let Some((analyser, people)) = cast() else { return };
    let mut jobs: Vec<(SimulatedKind, f64)> = SimulatedKind::ALL.map(|kind| (kind, 1.0)).to_vec();
    jobs.insert(1, (SimulatedKind::Live, 0.125));
    if let Some(kinds) = setting("KINDS") {
        jobs.retain(|(kind, light)| kinds.split(',').any(|one| one == name_of(*kind, *light)));
    }
    use SimulatedKind as K;
    let recorded = |kind: &SimulatedKind| !matches!(kind, K::Live | K::Print | K::Tablet);
    // Recordings, whose frames resemble a person's, of every third person, to save time.
    let every = number("EVERY", 3);
    let most = Duration::from_secs(60 * number("MINUTES", 100_000) as u64);
    let journal = Mutex::new(Journal::open());
    people.par_iter().enumerate().with_max_len(1).for_each(|(n, person)| {
        if begun.elapsed() > most {
            return;
        }
        for (kind, light) in jobs.iter().filter(|(kind, _)| n % every == 0 || !recorded(kind)) {
            let name = name_of(*kind, *light);
            let known = |row: &Row| row.name == name && row.subject == person.subject;
            if journal.lock().unwrap().rows.iter().any(known) {
                continue;
            }
            let row = row(person, name, session(&analyser, person, *kind, *light));
            eprint!("{:.0} s\t{}", begun.elapsed().as_secs_f64(), row.line());
            journal.lock().unwrap().add(row);
        }
    });
    let missed = print_rates(&journal.into_inner().unwrap().rows);
    assert!(missed.is_empty(), "{missed:#?}");
}

/// Prints all rates with their intervals, and returns which aims were missed.
fn print_rates(rows: &[Row]) -> Vec<String> {
    let mut names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut missed = Vec::new();
    for name in names {
        let of: Vec<&Row> = rows.iter().filter(|row| row.name == name).collect();
        let count = |outcome| of.iter().filter(|row| row.outcome == outcome).count();
        let passed = count("Pass");
        println!("{}", line(&format!("{name}: passed"), passed, of.len()));
        println!("{}", line("  failed", count("Fail"), of.len()));
        println!("{}", line("  inconclusive", count("Inconclusive"), of.len()));
        if name.starts_with("bona_fide") {
            let mut groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
            for row in &of {
                let (errors, trials) = groups.entry(&row.race).or_default();
                *errors += usize::from(row.outcome != "Pass");
                *trials += 1;
            }
            let all = of.len() - passed;
            println!("{}", line("  not passed", all, of.len()));
            if 20 * all > of.len() && !name.contains("light") {
                missed.push(format!("{name}: more than 5 % turned away"));
            }
            for (group, (errors, trials)) in groups {
                let times = times_overall(errors, all, trials as f64 / of.len() as f64);
                println!("{}, {times}", line(&format!("    {group}"), errors, trials));
                if 10 * errors > trials && name.contains("light") {
                    missed.push(format!("{name}: more than 10 % of {group} turned away"));
                }
            }
        } else {
            let recorded = name.contains("replay") || name.contains("splice");
            let most = if recorded { 0 } else { of.len() / 50 };
            if passed > most {
                missed.push(format!("{name}: {passed} of {} passed", of.len()));
            }
        }
    }
    missed
}

/// Clopper and Pearson's interval at 95 %, in percent.
fn exact(errors: usize, trials: usize) -> (f64, f64) {
    let (k, n) = (errors as f64, trials as f64);
    let low = if errors == 0 { 0.0 } else { beta_quantile(0.025, k, n - k + 1.0) };
    let high = if errors == trials { 1.0 } else { beta_quantile(0.975, k + 1.0, n - k) };
    (100.0 * low, 100.0 * high)
}

/// How many times the overall rate a group's rate is, and its 95 % interval: given the total number
/// of errors, and that they are rare, the group's errors are that many draws, each with a
/// probability equal to its share of the trials.
fn times_overall(errors: usize, all_errors: usize, share: f64) -> String {
    if all_errors == 0 {
        return "no errors at all".to_owned();
    }
    let (low, high) = exact(errors, all_errors);
    let times = errors as f64 / all_errors as f64 / share;
    format!("{times:.2} times overall [{:.2}, {:.2}]", low / 100.0 / share, high / 100.0 / share)
}

fn line(name: &str, errors: usize, trials: usize) -> String {
    let (low, high) = exact(errors, trials);
    let rate = 100.0 * errors as f64 / trials.max(1) as f64;
    format!("{name:32} {errors:3}/{trials:3} = {rate:5.1} % [{low:.1}, {high:.1}]")
}

#[test]
fn a_journal_line_that_was_cut_off_is_run_again() {
    let row = |n: u32| Row {
        name: "sim_print".to_owned(),
        subject: format!("s{n}"),
        race: "White".to_owned(),
        outcome: "Pass".to_owned(),
        evidence: "\t0.5".to_owned(),
    };
    let text = row(1).line() + &row(2).line();
    let read: Vec<Row> = text.lines().filter_map(Row::parse).collect();
    assert_eq!(read[1].line(), row(2).line());
    assert!(Row::parse("sim_print\ts3\tWh").is_none());
}
