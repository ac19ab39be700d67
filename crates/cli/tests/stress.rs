//! Stress tests: with null networks everything around the models, with real photos the command. The
//! command needs the models and the data set; without them these tests say that they are skipped.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use evenmatch::{Policy, Verifier};
use evenmatch_audit::{STRESS_NOTICE, StressRates, StressReport, records::PeopleManifest};
use evenmatch_lab::{
    degrade::DegradationKind,
    stress::{StressPlan, StressSettings, stress},
};
use image::{Rgb, RgbImage};

/// "Faces" for null networks: squares darker than their surroundings. In too much light everything
/// becomes white: the squares of group `b`, which are brighter, before those of group `a`.
fn synthetic(folder: &Path) -> PeopleManifest {
    let mut rows = String::from("path,subject_id,group,sex\n");
    for person in 0..12_u8 {
        let group = ["a", "b"][usize::from(person % 2)];
        for photo in 0..2_u8 {
            let light = if group == "a" { 20 } else { 120 };
            let mut picture = RgbImage::from_fn(320, 320, |x, y| match (x, y) {
                (96..224, 96..256) => Rgb([light - 8 * (person / 2 % 2), light, light - photo]),
                _ => Rgb([200; 3]),
            });
            // No two photos are the same file.
            picture.put_pixel(319, 319, Rgb([person; 3]));
            let name = format!("{person}-{photo}.png");
            picture.save(folder.join(&name)).unwrap();
            let sex = ["f", "m"][usize::from(photo)];
            rows.push_str(&format!("{name},p{person},{group},{sex}\n"));
        }
    }
    rows.push_str("gone.png,p0,a,f\n");
    std::fs::write(folder.join("text.png"), "no photo").unwrap();
    rows.push_str("text.png,p99,b,m\n");
    let list = folder.join("people.csv");
    std::fs::write(&list, rows).unwrap();
    PeopleManifest::read(&list).unwrap()
}

fn plan(kind: DegradationKind, levels: &[f64]) -> StressPlan {
    StressPlan { kind, levels: levels.to_vec() }
}

fn settings(folder: Option<&Path>) -> StressSettings {
    StressSettings {
        plans: vec![
            plan(DegradationKind::OverExposure, &[2.0, 8.0, 256.0]),
            plan(DegradationKind::Noise, &[1000.0]),
        ],
        by: vec!["group".into(), "group*sex".into()],
        least_trials: 4,
        jobs: 1,
        folder: folder.map(Path::to_owned),
        ..StressSettings::default()
    }
}

fn null_verifier() -> Verifier {
    // A retry with other light would find a square in any image.
    Verifier::with_null_networks("plain_looks_only = true".parse().unwrap()).unwrap()
}

fn run(manifest: &PeopleManifest, root: &Path, settings: &StressSettings) -> (StressReport, usize) {
    let verifier = null_verifier();
    let reused = AtomicUsize::new(0);
    let report = stress(manifest, root, &verifier, settings, &|progress| {
        reused.fetch_max(progress.reused, Ordering::Relaxed);
    });
    (report.unwrap(), reused.into_inner())
}

fn counts(rates: &StressRates) -> Vec<(u64, u64)> {
    rates.named().iter().map(|(_, _, rate)| (rate.errors, rate.trials)).collect()
}

#[test]
fn whoever_stands_out_less_is_lost_first_and_files_of_no_use_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = synthetic(folder.path());
    let (report, _) = run(&manifest, folder.path(), &settings(None));
    assert_eq!((report.photos, report.people), (26, 13));
    // 12 people with two photos; the file that is gone would be the probe of p0's two.
    assert_eq!(report.mated_pairs, 14);
    let failures: Vec<&str> = report.unusable.iter().map(|photo| photo.failure.as_str()).collect();
    assert_eq!(failures, ["decode:no_file", "decode:unsupported_format"]);
    assert_eq!(report.unusable[0].line, 26);
    // FTA: the two files; FRR: the pairs of the file that is gone.
    assert_eq!(counts(&report.clean.overall), [(2, 26), (0, 26), (0, 12), (2, 14), (0, 0)]);
    let bright = &report.series[0];
    assert_eq!((bright.degradation.as_str(), bright.levels.len()), ("over_exposure", 3));
    assert_eq!(bright.levels[1].label, "×8");
    let group = |level: usize, name: &str| &bright.levels[level].attributes["group"][name];
    let lost = |level: usize, name: &str| {
        let fta = &group(level, name).fta;
        (fta.errors, fta.trials)
    };
    // One of the 13 files of each group is unusable.
    assert_eq!((lost(0, "a"), lost(0, "b")), ((1, 13), (1, 13)));
    assert_eq!((lost(1, "a"), lost(1, "b")), ((1, 13), (13, 13)));
    assert_eq!((lost(2, "a"), lost(2, "b")), ((13, 13), (13, 13)));
    assert_eq!(bright.levels[1].failures["detect:no_face_found"], 12);
    assert_eq!(group(1, "b").fnmr.text, "no trials");
    let both = bright.levels[0].attributes["group×sex"].keys().collect::<Vec<_>>();
    assert_eq!(both, ["a×f", "a×m", "b×f", "b×m"]);
    // Photos are also compared with themselves; that rate has another name.
    assert_eq!(group(0, "a").self_non_match.trials, 12);
    for wrong in [
        StressSettings { by: vec!["race".into()], ..settings(None) },
        StressSettings { plans: Vec::new(), ..settings(None) },
        StressSettings { plans: vec![plan(DegradationKind::Jpeg, &[0.0])], ..settings(None) },
        StressSettings { plans: vec![plan(DegradationKind::Jpeg, &[9.0, 9.0])], ..settings(None) },
    ] {
        let verifier = null_verifier();
        let refused = stress(&manifest, folder.path(), &verifier, &wrong, &|_| ()).unwrap_err();
        assert!(refused.next_step().is_some(), "{refused}");
    }
}

#[test]
fn neither_threads_nor_cuts_nor_the_order_of_photos_change_a_number() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = synthetic(folder.path());
    let (one, _) = run(&manifest, folder.path(), &settings(None));
    let out = folder.path().join("out");
    let kept = StressSettings { jobs: 3, ..settings(Some(&out)) };
    let (several, reused) = run(&manifest, folder.path(), &kept);
    assert_eq!((&one, reused), (&several, 0));
    let outcomes = std::fs::read(out.join("outcomes.jsonl")).unwrap();
    // 25 photos that could be read, clean and at four levels.
    assert_eq!(outcomes.iter().filter(|byte| **byte == b'\n').count(), 25 * 5);
    assert!(!out.join("outcomes.unfinished.jsonl").exists());

    // A run that stopped: half of the lines are there, in any order, and the last is incomplete.
    let mut lines: Vec<&str> = std::str::from_utf8(&outcomes).unwrap().lines().collect();
    lines.reverse();
    let half = lines[..61].join("\n");
    std::fs::remove_file(out.join("outcomes.jsonl")).unwrap();
    std::fs::write(out.join("outcomes.unfinished.jsonl"), &half[..half.len() - 30]).unwrap();
    let refused = stress(&manifest, folder.path(), &null_verifier(), &kept, &|_| ());
    assert!(refused.unwrap_err().next_step().unwrap().contains("--resume"));
    let resumed = StressSettings { resume: true, ..kept.clone() };
    let (again, reused) = run(&manifest, folder.path(), &resumed);
    assert_eq!((&again, reused), (&one, 60));
    assert_eq!(std::fs::read(out.join("outcomes.jsonl")).unwrap(), outcomes);
    // Another seed means new work.
    let (_, reused) = run(&manifest, folder.path(), &StressSettings { seed: 2, ..resumed.clone() });
    assert_eq!(reused, 0);

    // The list in another order: people change places, but their own photos keep their order.
    let text = std::fs::read_to_string(folder.path().join("people.csv")).unwrap();
    let mut rows: Vec<&str> = text.lines().skip(1).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.split(',').nth(1).unwrap().to_owned()));
    let list = folder.path().join("turned.csv");
    std::fs::write(&list, format!("path,subject_id,group,sex\n{}\n", rows.join("\n"))).unwrap();
    let turned = PeopleManifest::read(&list).unwrap();
    let (turned, _) = run(&turned, folder.path(), &settings(None));
    assert_eq!((&turned.clean, &turned.series), (&one.clean, &one.series));
}

#[test]
fn the_files_say_first_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = synthetic(folder.path());
    let per_group = StressSettings { per_group: Some(3), ..settings(None) };
    let (report, _) = run(&manifest, folder.path(), &per_group);
    assert_eq!(report.photos, 6);
    let out = folder.path().join("out");
    evenmatch_audit::export::write_stress(&report, &out).unwrap();
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    for name in ["stress.json", "stress.csv", "summary.md"] {
        let text = read(name);
        let first = text.lines().find(|line| *line != "{").unwrap();
        assert!(first.contains(STRESS_NOTICE), "{name}: {first}");
    }
    let html = read("report.html");
    let body = &html[html.find("<body>").unwrap()..];
    assert!(body.find(STRESS_NOTICE).unwrap() < body.find("<h1>").unwrap());
    assert!(html.contains("<svg") && !html.contains("<script") && !html.contains("http://"));
    assert_eq!(StressReport::read(&out.join("stress.json")).unwrap(), report);
    // Every number of the JSON is a row of the table: everyone, two groups, and four of both.
    let text = read("stress.csv");
    let rows: Vec<&str> = text.lines().skip(2).collect();
    let groups: usize = report.clean.attributes.values().map(|groups| groups.len()).sum();
    assert_eq!(rows.len(), (1 + groups) * 5 * (1 + 4));
    let fta = &report.series[0].levels[2].overall.fta;
    let row = format!("overall,,over_exposure,256,×256,fta,{},{},", fta.errors, fta.trials);
    assert!(rows.iter().any(|have| have.starts_with(&row)), "{row}");
    std::fs::write(out.join("other.json"), "{\"schema\": \"evenmatch.audit/1\"}").unwrap();
    let refused = StressReport::read(&out.join("other.json")).unwrap_err();
    assert!(refused.to_string().contains("other.json"), "{refused}");
}

/// The command on real photos.
mod command {
    use std::path::PathBuf;
    use std::process::{Command, Output};

    use evenmatch::model::Profile;

    use super::*;

    struct Bench {
        folder: tempfile::TempDir,
        data: PathBuf,
    }

    impl Bench {
        /// Two photos of each of eight people, and a file that is not a photo.
        fn new() -> Option<Self> {
            let data = evenmatch_testfaces::data_dir()?;
            evenmatch_testfaces::verifier(Profile::Latency, Policy::default())?;
            let folder = tempfile::tempdir().unwrap();
            let photos = evenmatch_testfaces::lfw(&data);
            let mut rows = String::from("path,subject_id,group\n");
            let pairs = photos.windows(2).filter(|pair| pair[0].subject == pair[1].subject);
            let mut people: Vec<&str> = Vec::new();
            for pair in pairs {
                if people.len() == 8 {
                    break;
                }
                if people.contains(&pair[0].subject.as_str()) {
                    continue;
                }
                people.push(&pair[0].subject);
                for photo in pair {
                    let path = photo.path.strip_prefix(&data).unwrap().display();
                    let group = ["A", "B"][people.len() % 2];
                    rows.push_str(&format!("{path},{},{group}\n", photo.subject));
                }
            }
            let text = folder.path().join("text.jpg");
            std::fs::write(&text, "no photo").unwrap();
            rows.push_str(&format!("{},Nobody,A\n", text.display()));
            std::fs::write(folder.path().join("people.csv"), rows).unwrap();
            Some(Bench { folder, data })
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn stress(&self, out: &str, more: &[&str]) -> Output {
            let mut command = Command::new(env!("CARGO_BIN_EXE_evenmatch"));
            command.arg("stress").arg("--manifest").arg(self.path("people.csv"));
            command.arg("--root").arg(&self.data).arg("--out").arg(self.path(out));
            command.args(["--min-trials", "4"]).args(more).output().unwrap()
        }
    }

    const FEW: [&str; 6] = [
        "--degradations",
        "under_exposure,downscale",
        "--levels",
        "under_exposure=1/4,1/64",
        "--levels",
        "downscale=1/2,1/12",
    ];

    fn same(a: &Path, b: &Path) {
        for name in ["stress.json", "stress.csv", "summary.md", "report.html", "outcomes.jsonl"] {
            assert!(std::fs::read(a.join(name)).unwrap() == std::fs::read(b.join(name)).unwrap());
        }
    }

    #[test]
    fn real_photos_give_the_same_report_from_any_number_of_threads_and_again() {
        let Some(bench) = Bench::new() else { return };
        let first = bench.stress("one", &[&FEW[..], &["--jobs", "1"]].concat());
        let said = String::from_utf8_lossy(&first.stderr);
        assert!(first.status.success() && first.stdout.is_empty(), "{said}");
        assert!(said.contains("not a demographic measurement"), "{said}");
        assert!(said.contains("not usable: line 18") && said.contains("unsupported_format"));
        assert!(bench.stress("two", &[&FEW[..], &["--jobs", "2"]].concat()).status.success());
        same(&bench.path("one"), &bench.path("two"));
        assert!(bench.stress("two", &[&FEW[..], &["--resume"]].concat()).status.success());
        same(&bench.path("one"), &bench.path("two"));

        let report = StressReport::read(&bench.path("one/stress.json")).unwrap();
        assert_eq!((report.photos, report.people, report.mated_pairs), (17, 9, 8));
        assert_eq!(counts(&report.clean.overall)[0], (1, 17), "the text that is called a photo");
        assert_eq!(report.clean.overall.fnmr.trials, 8);
        assert!(report.clean.overall.fnmr.errors <= 1, "people match their other photos");
        assert_eq!(report.operating_point.target_fmr, Some(1e-3));
        let small = &report.series[1].levels;
        assert_eq!((small[0].label.as_str(), small[1].label.as_str()), ("1/2", "1/12"));
        let away = |level: &evenmatch_audit::StressLevel| level.overall.frr.errors;
        assert!(away(&small[1]) > away(&small[0]), "a face of ten pixels is nobody's");
        // A photo matches itself more often than another photo.
        let mild = &report.series[0].levels[0].overall;
        assert!(mild.self_non_match.trials >= 15 && mild.self_non_match.errors == 0);
        // Another target rate reuses what is known.
        let strict = bench.stress("two", &[&FEW[..], &["--resume", "--fmr", "1e-4"]].concat());
        assert!(strict.status.success(), "{}", String::from_utf8_lossy(&strict.stderr));
        let strict = StressReport::read(&bench.path("two/stress.json")).unwrap();
        assert!(strict.threshold > report.threshold);
    }

    #[test]
    fn an_audit_shows_the_stress_test_in_its_own_report() {
        let Some(bench) = Bench::new() else { return };
        assert!(bench.stress("s", &["--degradations", "jpeg", "--levels", "5"]).status.success());
        let records = bench.path("r.csv");
        let mut rows = String::from("probe_subject,reference_subject,mated,score\n");
        for i in 0..100 {
            rows.push_str(&format!("p{i},p{i},1,0.9\np{i},q{i},0,0.1\n"));
        }
        std::fs::write(&records, rows).unwrap();
        let audit = |more: &[&Path]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_evenmatch"));
            command.arg("audit").arg("--records").arg(&records).arg("--out").arg(bench.path("a"));
            command.args(["--threshold", "0.5"]).arg("--stress").args(more).output().unwrap()
        };
        let output = audit(&[&bench.path("s/stress.json")]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let html = std::fs::read_to_string(bench.path("a/report.html")).unwrap();
        assert!(html.contains("Face verification bias audit") && html.contains("Stress: JPEG"));
        assert!(html.contains(STRESS_NOTICE));
        let json = std::fs::read_to_string(bench.path("a/report.json")).unwrap();
        assert!(json.contains("evenmatch.stress/1"));
        let summary = std::fs::read_to_string(bench.path("a/summary.md")).unwrap();
        assert!(summary.contains("Stress test") && summary.contains(STRESS_NOTICE));
        let output = audit(&[&records]);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("stress.json"));
    }

    #[test]
    fn wrong_arguments_are_refused_with_what_to_do() {
        let Some(bench) = Bench::new() else { return };
        for (arguments, says) in [
            (&["--degradations", "fog"][..], "under_exposure"),
            (&["--degradations", "jpeg", "--levels", "900"], "between 1 and 100"),
            (&["--levels", "1,2"], "once per degradation"),
            (&["--by", "race"], "attributes of the manifest: group"),
            (&["--fmr", "7"], "1e-3"),
        ] {
            let output = bench.stress("wrong", arguments);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(2), "{arguments:?}");
            assert!(said.contains("next:") && said.contains(says), "{said}");
        }
    }
}
