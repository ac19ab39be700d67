//! `explain`, `disclose --system` and languages, through the command. No models are needed.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::process::{Command, Output};

use evenmatch::{Policy, Verifier};
use evenmatch_core::record::{DecisionRecord, Outcome};
use image::{Rgb, RgbImage};

/// A folder with a record of null networks: no faces, no models.
struct Desk {
    folder: tempfile::TempDir,
    record: DecisionRecord,
}

impl Desk {
    fn new() -> Desk {
        let photo = |face: [u8; 3]| {
            RgbImage::from_fn(320, 320, |x, y| match (x, y) {
                (96..224, 96..256) => Rgb(face),
                _ => Rgb([128; 3]),
            })
        };
        let verifier = Verifier::with_null_networks(Policy::default()).unwrap();
        let record = verifier.verify(&photo([250, 20, 20]), &photo([20, 20, 250])).unwrap();
        assert_eq!(record.outcome, Outcome::NonMatch);
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk { folder, record };
        desk.write("d.json", &serde_json::to_string(&desk.record).unwrap());
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenmatch"));
        command.args(arguments).current_dir(self.folder.path()).output().unwrap()
    }

    fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn a_saved_record_is_explained_in_the_language_asked_for() {
    let desk = Desk::new();
    let english = desk.text(&["explain", "--record", "d.json"]);
    assert!(english.contains("a person must review") && english.contains(&desk.record.id));
    let creole = desk.text(&["explain", "--record", "d.json", "--lang", "ht-HT"]);
    assert!(creole.contains("fòk yon moun gade") && creole.contains(&desk.record.id), "{creole}");
    assert!(creole.contains("Pa gen okenn moun ki pale kreyòl depi nesans ki verifye yo"));
    let arguments = ["explain", "--record", "d.json", "--lang", "prs", "--format", "html"];
    let page = desk.text(&arguments);
    assert!(page.contains("<html lang=\"fa-AF\" dir=\"rtl\">"), "{page}");
    assert_eq!(page, desk.text(&arguments), "the same twice");
    let score = format!("{:.3}", desk.record.score.unwrap());
    assert!(!english.contains(&score));
    assert!(desk.text(&["explain", "--record", "d.json", "--scores"]).contains(&score));
}

#[test]
fn what_can_not_be_explained_is_refused_with_the_next_step() {
    let desk = Desk::new();
    desk.write("no.json", "{}");
    let mut changed = desk.record.clone();
    changed.outcome = Outcome::Match;
    desk.write("changed.json", &serde_json::to_string(&changed).unwrap());
    let mut other = serde_json::to_value(&desk.record).unwrap();
    other["schema"] = "evenmatch.decision/9".into();
    desk.write("other.json", &other.to_string());
    desk.write("us.toml", "name = 'x'\ncontcat = 'y'\n");
    for (arguments, expected) in [
        (vec!["--record", "no.json"], "no.json"),
        (vec!["--record", "gone.json"], "gone.json: there is no such file"),
        (vec!["--record", "changed.json"], "number does not match its contents"),
        (vec!["--record", "other.json"], "evenmatch.decision/9"),
        (vec!["--record", "d.json", "--operator", "us.toml"], "us.toml:2"),
        (vec!["--record", "d.json", "--lang", "tlh"], "use one of: en (English), es (Spanish)"),
        (vec![], "--record"),
    ] {
        let all: Vec<&str> = ["explain"].into_iter().chain(arguments).collect();
        let said = desk.refused(&all);
        assert!(said.contains(expected), "{all:?}: {said}");
    }
}

#[test]
fn languages_are_listed_and_none_is_called_reviewed() {
    let list = Desk::new().text(&["explain", "--list-languages"]);
    assert_eq!(list.lines().count(), 10);
    assert_eq!(list.matches("not checked by a native speaker").count(), 10, "{list}");
    assert!(list.contains("Kreyòl ayisyen") && list.contains("(rtl; "), "{list}");
}

#[test]
fn verify_fails_in_the_language_asked_for() {
    let desk = Desk::new();
    let photos = ["verify", "--reference", "gone.jpg", "--probe", "gone.jpg"];
    let said = desk.refused(&[&photos[..], &["--lang", "es", "--fmr", "2"]].concat());
    assert!(said.starts_with("error: Código de salida 2"), "{said}");
    assert!(said.contains("2 is not a rate") && said.contains("next: try --fmr 1e-3"), "{said}");
    let said = desk.refused(&[&photos[..], &["--lang", "xx"]].concat());
    assert!(
        said.contains("no messages are available in the language `xx`")
            && said.contains("ht (Haitian")
    );
}

#[test]
fn the_system_is_disclosed_for_people_and_for_machines() {
    let desk = Desk::new();
    let json = |arguments: &[&str]| -> serde_json::Value {
        let all = [&["disclose", "--system", "--format", "json"], arguments].concat();
        serde_json::from_str(&desk.text(&all)).unwrap()
    };
    let bare = json(&[]);
    assert_eq!(bare["schema"], "evenmatch.disclosure/1");
    assert_eq!(bare["points"].as_array().unwrap().len(), 10);
    assert_eq!(bare["not_stated"].as_array().unwrap().len(), 18);
    assert_eq!((&bare["target_fmr"], &bare["last_audit"]), (&0.001.into(), &().into()));
    assert!(bare["operating_point"]["groups"].as_array().unwrap().len() > 10);
    assert_eq!(bare["models"][2]["role"], "embedder");
    let audit = concat!(env!("CARGO_MANIFEST_DIR"), "/../audit/tests/audit_small_report.json");
    std::fs::copy(audit, desk.path("report.json")).unwrap();
    desk.write("us.toml", "name = 'Us'\n[audit]\ndate = '2026-10-01'\nreport = 'report.json'\n");
    desk.write("strict.toml", "fmr = 1e-4\ngate = 'enforce'\n");
    let stated = json(&["--operator", "us.toml", "--policy", "strict.toml", "--lang", "es-419"]);
    assert_eq!((&stated["language"], &stated["target_fmr"]), (&"es".into(), &1e-4.into()));
    assert_eq!(stated["not_stated"].as_array().unwrap().len(), 15);
    let rules = |key: &str| stated["last_audit"][key].as_u64().unwrap();
    let report: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(audit).unwrap()).unwrap();
    let all = report["operating_points"].as_array().unwrap().iter();
    let all: usize = all.map(|point| point["rules"].as_array().unwrap().len()).sum();
    assert!(all > 0);
    assert_eq!(rules("passed") + rules("failed") + rules("inconclusive"), all as u64);
    let page = desk.text(&["disclose", "--system", "--format", "html", "--lang", "ar"]);
    assert!(page.contains("<html lang=\"ar\" dir=\"rtl\">") && page.contains("sface-2021dec"));
    // Without a person or --system there is nothing to disclose.
    assert!(desk.refused(&["disclose"]).contains("--system"));
    desk.write("us.toml", "[audit]\nreport = 'gone.json'\n");
    let said = desk.refused(&["disclose", "--system", "--operator", "us.toml"]);
    assert!(said.contains("gone.json"), "{said}");
}
