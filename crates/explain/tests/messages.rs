//! The texts that people read: complete in every language, in plain words, the same everywhere.
//!
//! `build.rs` checks that no language lacks a message or a variable; these tests read the pages
//! that the program really renders.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use evenmatch::{Policy, Verifier, model::Manifest, shipped};
use evenmatch_core::record::{
    DecisionRecord, EvidenceRecord, LivenessOutcome, Outcome, Reason, ReasonCode, ReasonSubject,
};
use evenmatch_explain::{
    disclosure::{ExplanationView, OperatorStatement, POINTS, SystemDisclosure, explain, summary},
    messages::{Direction, LANGUAGES, Messages, Page},
};
use evenmatch_testkit::{Need, skip};
use image::{Rgb, RgbImage};

const OPERATOR: &str = r#"
name = "Example Agency"
contact = "help@agency.example"
purpose = "To see that an applicant is the person on the photo on file"
legal_ground = "Example Act, section 4"
access = ["Two case workers", "The data protection officer"]
metrics = ["Overruled in the last year: 3 of 120 reviewed decisions"]
third_parties = []
[appeals]
contact = "<appeals@agency.example>"
answer_days = 14
[retention]
photos_days = 0
templates_days = 1
decisions_days = 365
[oversight]
body = "Example Ombudsman"
[security]
measures = ["Disks are encrypted"]
contact = "security@agency.example"
[audit]
date = "2026-10-01"
every_days = 2
"#;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn ftl(tag: &str) -> String {
    std::fs::read_to_string(root().join("messages").join(format!("{tag}.ftl"))).unwrap()
}

/// A real record from null networks: no models and no faces are needed.
fn record() -> DecisionRecord {
    let photo = |face: [u8; 3]| {
        RgbImage::from_fn(320, 320, |x, y| match (x, y) {
            (96..224, 96..256) => Rgb(face),
            _ => Rgb([128; 3]),
        })
    };
    let verifier = Verifier::with_null_networks(Policy::default()).unwrap();
    verifier.verify(&photo([250, 20, 20]), &photo([240, 30, 20])).unwrap()
}

/// Records with every outcome, every reason, every liveness outcome, and every kind of threshold.
fn records() -> Vec<DecisionRecord> {
    let plain = record();
    let mut records = vec![plain.clone()];
    let mut nearby = Vec::new();
    for (at, (outcome, liveness)) in [
        (Outcome::Match, LivenessOutcome::Pass),
        (Outcome::NonMatch, LivenessOutcome::Fail),
        (Outcome::Undecided, LivenessOutcome::Inconclusive),
        (Outcome::Undecided, LivenessOutcome::NotChecked),
    ]
    .into_iter()
    .enumerate()
    {
        let mut record = plain.clone();
        (record.outcome, record.liveness.outcome) = (outcome, liveness);
        record.reasons = ReasonCode::ALL
            .iter()
            .enumerate()
            .map(|(number, code)| {
                let reason = Reason::new(*code);
                let reason = if number % 2 == 0 { reason } else { reason.advisory() };
                match number % 3 {
                    0 => reason,
                    1 => reason.about(ReasonSubject::Probe),
                    _ => reason.about(ReasonSubject::Reference),
                }
            })
            .collect();
        if at < 3 {
            let point = &mut record.operating_point;
            point.calibration = Some("fairface (sha256 00)".to_owned());
            (point.target_fmr, point.fmr_upper_worst_group) = (Some(1e-3), Some(0.01548));
            point.n_nonmated = Some(819_840);
            point.normaliser =
                shipped::normalised().unwrap()[0].normaliser.as_ref().map(|n| n.digest());
            record.evidence = Some(EvidenceRecord {
                log_likelihood_ratio: if at == 0 { 8.5 } else { -8.5 },
                source: "LFW".to_owned(),
            });
            // Evidence that says nothing, and evidence that seems to contradict the threshold.
            for (score, log_likelihood_ratio) in [(0.4, 0.1), (0.4, -1.3), (0.3, 2.0)] {
                let mut near = record.clone();
                (near.score, near.threshold) = (Some(score), Some(0.375));
                near.evidence = Some(EvidenceRecord { log_likelihood_ratio, source: "LFW".into() });
                nearby.push(near);
            }
        } else {
            (record.score, record.threshold) = (None, None);
        }
        records.push(record);
    }
    records.extend(nearby);
    records
}

/// Systems that between them say everything that a page of a system can say; without models, none.
fn systems() -> &'static [SystemDisclosure] {
    static SYSTEMS: LazyLock<Vec<SystemDisclosure>> =
        LazyLock::new(|| opened().unwrap_or_default());
    &SYSTEMS
}

fn opened() -> Option<Vec<SystemDisclosure>> {
    let manifest = Manifest::built_in().unwrap();
    let shipped = evenmatch_testfaces::as_shipped("")?;
    let mut stated = OperatorStatement::parse(OPERATOR).unwrap();
    stated.audit.report = Some(root().join("../audit/tests/audit_small_report.json"));
    let mut own = shipped.calibration().unwrap().clone();
    own.name = "our own".to_owned();
    let strict = "gate = 'enforce'\nseveral_faces = 'error'\nfmr_of = 'everyone'".parse().unwrap();
    let strict = Verifier::builder().policy(strict).calibration(own.sealed().unwrap());
    let off = Verifier::builder().policy("gate = 'off'\nthreshold = 0.4".parse().unwrap());
    let everyone = Verifier::builder().policy("fmr_of = 'everyone'".parse().unwrap());
    let said =
        |verifier: &Verifier, stated| SystemDisclosure::of(verifier, &manifest, stated).unwrap();
    let systems = vec![
        said(&shipped, stated),
        said(&strict.open().unwrap(), OperatorStatement::default()),
        said(&off.open().unwrap(), OperatorStatement::default()),
        said(&everyone.open().unwrap(), OperatorStatement::default()),
    ];
    // What is said is what is in force.
    assert_eq!(systems[0].target_fmr, Some(Policy::DEFAULT_FMR));
    let point = systems[0].operating_point.as_ref().unwrap();
    let threshold = shipped.operating_point().threshold();
    assert!((f64::from(threshold) - point.threshold).abs() < 1e-6);
    // Missed people are counted on others than the calibration's: the claims say on whom, another
    // calibration does, or nobody knows.
    let missed_on = |at: usize| -> bool {
        let text = systems[at].page(&Messages::of("en").unwrap()).to_text();
        text.contains("half of LFW")
    };
    assert!(systems[0].missed_elsewhere.is_none() && missed_on(0));
    assert!(systems[3].missed_elsewhere.is_some() && missed_on(3));
    assert!(systems[1].missed_elsewhere.is_none() && !missed_on(1));
    assert_eq!(systems[2].operating_point, None);
    Some(systems)
}

/// Every page in one language, with a name.
fn pages(messages: &Messages) -> Vec<(String, Page<'_>)> {
    let operator = OperatorStatement::parse(OPERATOR).unwrap();
    let mut pages = Vec::new();
    for (at, record) in records().iter().enumerate() {
        let stated = ExplanationView { scores: true, operator: Some(&operator) };
        pages.push((format!("decision-{at}-scores"), explain(record, messages, stated)));
        let view = ExplanationView::default();
        pages.push((format!("decision-{at}"), explain(record, messages, view)));
        pages.push((format!("summary-{at}"), summary(record, messages)));
    }
    for (at, system) in systems().iter().enumerate() {
        pages.push((format!("system-{at}"), system.page(messages)));
    }
    pages
}

#[test]
fn english_says_of_reasons_what_records_say() {
    let english = Messages::of("en").unwrap();
    for code in ReasonCode::ALL {
        assert_eq!(english.meaning(code), code.meaning(), "{code}");
        assert_eq!(english.advice(code), code.advice(), "{code}");
    }
    let text = ftl("en");
    let named: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("reason-")?.split(' ').next()).collect();
    let codes: Vec<String> = ReasonCode::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(named, codes.iter().map(String::as_str).collect(), "messages/en.ftl");
    for code in ReasonCode::ALL {
        let line = format!("reason-{code} = {}", code.meaning());
        assert!(text.lines().any(|l| l == line), "messages/en.ftl lacks: {line}");
    }
}

#[test]
fn every_file_is_a_language_and_says_that_nobody_reviewed_it() {
    let mut files: Vec<String> = std::fs::read_dir(root().join("messages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut tags: Vec<String> = LANGUAGES.iter().map(|l| format!("{}.ftl", l.tag)).collect();
    files.sort();
    tags.sort();
    assert_eq!(files, tags);
    for language in &LANGUAGES {
        let messages = Messages::in_language(language).unwrap();
        assert_eq!(messages.is_reviewed(), ftl(language.tag).contains("-review-status = reviewed"));
        let foot = messages.review_note();
        for (name, page) in pages(&messages) {
            assert!(page.to_text().ends_with(&format!("{foot}\n")), "{}: {name}", language.tag);
            assert!(page.to_html().contains(&foot), "{}: {name}", language.tag);
        }
    }
}

/// No Fluent syntax and no message name is left in the text.
#[test]
fn every_page_in_every_language_is_whole() {
    let names: Vec<String> = ftl("en")
        .lines()
        .filter(|line| !line.starts_with([' ', '#', '-', '}']) && line.contains(" = "))
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .filter(|name| name.contains('-') && !name.starts_with("reason-"))
        .collect();
    assert!(names.len() > 100, "{names:?}");
    for language in &LANGUAGES {
        let messages = Messages::in_language(language).unwrap();
        for (name, page) in pages(&messages) {
            let place = format!("{}: {name}", language.tag);
            let text = page.to_text();
            assert!(!text.contains(['{', '}']), "{place}: {text}");
            assert!(!page.to_html().contains("{$"), "{place}");
            // A mark before the full stop puts it on the wrong side in right-to-left text.
            assert!(!text.contains("\u{2069}.\u{2069}"), "{place}: {text}");
            for key in &names {
                let whole = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()) == key;
                assert!(!text.split_whitespace().any(whole), "{place}: {key}\n{text}");
            }
            assert!(page.sections.iter().all(|section| !section.heading.is_empty()));
            assert!(!text.contains(".."), "{place}: two full stops: {text}");
        }
    }
}

/// The values in a file, attributes included, as written.
fn values(tag: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in ftl(tag).lines().filter(|line| !line.starts_with(['#', '-'])) {
        match line.split_once(" = ") {
            Some((name, value)) if name.starts_with(' ') => {
                let of = found.last().unwrap().0.clone();
                found.push((format!("{of}{}", name.trim()), value.to_owned()));
            }
            Some((name, value)) => found.push((name.to_owned(), value.to_owned())),
            None if line.starts_with(' ') => found.last_mut().unwrap().1.push_str(line),
            None => {}
        }
    }
    found
}

#[test]
fn nothing_was_left_in_english() {
    let english = values("en");
    assert_eq!(english.len(), values("ht").len());
    // Words and marks that two languages share.
    let shared = ["sentence", "percent", "fact-contact", "kept-photos"];
    let no_words = ["sentence", "percent"];
    for language in LANGUAGES.iter().filter(|language| language.tag != "en") {
        for ((name, value), (of, original)) in values(language.tag).iter().zip(&english) {
            assert_eq!(name, of, "{}: another order than in English", language.tag);
            let own_script = |c: char| match language.tag {
                "ar" | "fa-AF" => ('\u{600}'..='\u{6ff}').contains(&c),
                "ru" | "uk" => ('\u{400}'..='\u{4ff}').contains(&c),
                "zh-Hans" => ('\u{3001}'..='\u{9fff}').contains(&c),
                _ => c.is_ascii_alphabetic(),
            };
            let place = format!("{}: {name}: {value}", language.tag);
            assert!(shared.contains(&name.as_str()) || value != original, "{place}");
            let has_words = value.chars().any(own_script);
            assert!(no_words.contains(&name.as_str()) || has_words, "{place}");
        }
    }
}

#[test]
fn scores_are_shown_only_where_they_are_asked_for() {
    let mut record = record();
    (record.score, record.threshold) = (Some(0.712_345), Some(0.353_7));
    for language in &LANGUAGES {
        let messages = Messages::in_language(language).unwrap();
        let text = |scores| {
            let view = ExplanationView { scores, operator: None };
            explain(&record, &messages, view).to_text().replace(',', ".")
        };
        assert!(text(true).contains("0.712") && text(true).contains("0.354"));
        for hidden in ["0.71", "0.35"] {
            assert!(!text(false).contains(hidden), "{}", language.tag);
        }
    }
}

#[test]
fn a_decision_is_explained_with_reasons_rights_and_what_is_kept() {
    let english = Messages::of("en").unwrap();
    let operator = OperatorStatement::parse(OPERATOR).unwrap();
    let refused = &records()[2];
    let view = ExplanationView { scores: false, operator: Some(&operator) };
    let text = explain(refused, &english, view).to_text();
    for part in [
        refused.id.as_str(),
        "a person must review",
        "<appeals@agency.example>",
        "Answer within: 14 days",
        "Photos: not stored",
        "Records of decisions: 365 days",
        "at most 1.6 % of pairs of different people",
        "For the people who run this service: Measure the error rates on your own population",
        "What you can do: Face the camera, with light from the front",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let silent = explain(refused, &english, ExplanationView::default()).to_text();
    assert_eq!(silent.matches("not stated by the operator").count(), 7, "{silent}");
    let html = explain(refused, &english, view).to_html();
    assert!(html.contains("&lt;appeals@agency.example&gt;") && !html.contains("<appeals"));
}

#[test]
fn the_ten_points_are_answered_with_figures_by_group() {
    let english = Messages::of("en").unwrap();
    let all = systems();
    if all.is_empty() {
        return;
    }
    let points = all[0].points(&english);
    assert_eq!(points.iter().map(|point| point.id).collect::<Vec<_>>(), POINTS);
    assert!(points.iter().all(|point| point.text.len() > 60), "{points:?}");
    let at = all[0].calibration.as_ref().unwrap();
    let point = all[0].operating_point.as_ref().unwrap();
    for group in point.groups.iter().filter(|group| group.attribute == "race") {
        // Two significant digits: all of these rates are between 0 and 10 %.
        let of = |rate: f64| {
            let percent = 100.0 * rate;
            let decimals = (1.0 - percent.log10().floor()) as usize;
            if rate > 0.0 { format!("{percent:.decimals$} %") } else { "0 %".to_owned() }
        };
        let row = format!(
            "{} — Measured: {}; Likely range: {} – {}",
            group.group,
            of(group.fmr.rate),
            of(group.fmr.low),
            of(group.fmr.high)
        );
        assert!(points[0].text.contains(&row), "{row}: {}", points[0].text);
    }
    assert!(points[0].text.contains(&point.worst_group.as_ref().unwrap().group));
    assert!(points[0].text.contains(&at.data.description));
    assert!(points[4].text.contains("Example Ombudsman"));
    assert!(points[7].text.contains("rules passed: "), "{}", points[7].text);
    assert!(points[9].text.contains("none, according to the operator"));
    assert!(all[0].not_stated.is_empty());
    // No claim is made for a bare threshold.
    assert!(all[2].operating_point.is_none() && all[2].calibration.is_none());
    let bare = all[2].points(&english);
    assert!(bare[0].text.contains("No error rate has been measured for this threshold"));
    assert_eq!(all[2].not_stated.len(), 18);
    let said = all[2].page(&english).to_text();
    assert!(said.contains("has not stated 18 of the facts"), "{said}");
}

#[test]
fn html_says_its_language_and_direction_and_needs_nothing_else() {
    for language in &LANGUAGES {
        let messages = Messages::in_language(language).unwrap();
        let rtl = matches!(language.tag, "ar" | "fa-AF");
        assert_eq!(language.direction == Direction::RightToLeft, rtl);
        for (name, page) in pages(&messages) {
            let html = page.to_html();
            let dir = if rtl { "rtl" } else { "ltr" };
            let head = format!("<html lang=\"{}\" dir=\"{dir}\">", language.tag);
            assert!(html.starts_with(&format!("<!DOCTYPE html>{head}")), "{name}");
            for banned in ["<script", "http-equiv=\"refresh", "src=", "url(", "@import", "onload"] {
                assert!(!html.contains(banned), "{name}: {banned}");
            }
            let count = |tag: &str| html.matches(tag).count();
            assert_eq!((count("<h1"), count("<main"), count("<header")), (1, 1, 1));
            assert_eq!(count("<h2"), count("<section aria-labelledby"));
            for tag in ["ul", "li", "dl", "p", "section", "table", "tr", "th", "td", "bdi"] {
                let open = count(&format!("<{tag}>")) + count(&format!("<{tag} "));
                assert_eq!(open, count(&format!("</{tag}>")), "{name}: {tag}");
            }
        }
    }
}

/// Counts syllables as groups of vowels, without a silent final e; at least one.
fn syllables(word: &str) -> usize {
    let word = word.to_lowercase();
    let vowel = |c: char| "aeiouy".contains(c);
    let mut groups = 0;
    let mut before = false;
    for c in word.chars() {
        groups += usize::from(vowel(c) && !before);
        before = vowel(c);
    }
    let silent = (word.ends_with('e') && !word.ends_with("le"))
        || (word.ends_with("ed") && !word.ends_with("ted") && !word.ends_with("ded"));
    groups.saturating_sub(usize::from(silent && groups > 1)).max(1)
}

/// The Flesch–Kincaid grade (J. P. Kincaid and others, 1975) of the sentences in a text. Headings
/// and labels are left out, because they would make the text look easier than it is.
fn grade(text: &str) -> f64 {
    let (mut words, mut sentences, mut parts) = (0, 0, 0);
    for of in sentences_of(text) {
        sentences += 1;
        words += of.len();
        parts += of.iter().map(|word| syllables(word)).sum::<usize>();
    }
    let (words, sentences, parts) = (words as f64, sentences as f64, parts as f64);
    0.39 * words / sentences + 11.8 * parts / words - 15.59
}

/// The words of each sentence in a text, from lines that end like a sentence.
fn sentences_of(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let ends = ['.', '!', '?'];
    let lines = text.lines().map(str::trim).filter(move |line| line.ends_with(ends));
    lines.flat_map(move |line| line.split_inclusive(ends)).filter_map(|sentence| {
        let words: Vec<&str> = sentence
            .split(|c: char| !(c.is_alphabetic() || c == '’' || c == '\''))
            .filter(|word| !word.is_empty())
            .collect();
        (!words.is_empty()).then_some(words)
    })
}

/// Every sentence that the English file can produce, one a line, without its variables.
fn english_sentences() -> String {
    let mut text = String::new();
    for (name, value) in values("en") {
        let end = if name.starts_with("reason-") { "." } else { "" };
        let (mut depth, mut words) = (0, String::new());
        for c in format!("{value}{end}").chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ if depth == 0 => words.push(c),
                _ => {}
            }
        }
        text.push_str(&words);
        text.push('\n');
    }
    text
}

/// A reader of grade 6 (about 11 or 12 years old) can follow the text as a whole, and no single
/// sentence is far above that. The formula says little about a sentence of a few words, where one
/// long word decides, so single sentences count from 8 words on.
#[test]
fn every_english_sentence_is_for_a_reader_of_grade_6() {
    let convoluted = "For each group it is counted how often two people are taken for one, how \
                      often one person is not seen as the same, and how many photos cannot be used.";
    assert!(grade(convoluted) > 9.0);
    let text = english_sentences();
    let all: Vec<Vec<&str>> = sentences_of(&text).collect();
    assert!(all.len() > 150, "{}", all.len());
    let grades: Vec<(f64, String)> = all
        .iter()
        .map(|words| words.join(" "))
        .map(|sentence| (grade(&format!("{sentence}.")), sentence))
        .collect();
    let mean = grades.iter().map(|(grade, _)| grade).sum::<f64>() / grades.len() as f64;
    println!("mean grade {mean:.2} over {} sentences", grades.len());
    assert!(mean <= 5.0 && grade(&text) <= 5.0, "{mean}");
    for ((grade, sentence), words) in grades.iter().zip(&all) {
        assert!(words.len() < 8 || *grade <= 9.0, "grade {grade:.1}: {sentence}");
        assert!(words.len() <= 26, "{} words: {sentence}", words.len());
    }
}

#[test]
fn english_is_plain() {
    // Known grades check the measure itself: "The cat sat on the mat." has 6 words and 6 syllables.
    assert!((grade("The cat sat on the mat.") - (0.39 * 6.0 + 11.8 - 15.59)).abs() < 1e-9);
    assert!(grade("Biometric verification necessitates sophisticated authentication.") > 20.0);
    let english = Messages::of("en").unwrap();
    let all = records();
    for (at, record) in all.iter().enumerate().skip(1) {
        let text = explain(record, &english, ExplanationView::default()).to_text();
        let found = grade(&text);
        println!("explanation {at}: grade {found:.2}");
        assert!(found <= 6.0, "{found}: {text}");
    }
    let Some(system) = systems().get(1) else { return };
    let page = system.page(&english).to_text();
    let found = grade(&page);
    println!("system: grade {found:.2}");
    // Descriptions of data and models are quoted; they do not end with a full stop.
    assert!(found <= 6.0, "{found}: {page}");
}

/// Writes the pages if `scripts/check_explanations.py` asks for them; otherwise it does nothing.
#[test]
fn pages_for_the_browser() {
    let Some(folder) = std::env::var_os("EVENMATCH_PAGES").map(PathBuf::from) else {
        let _: Option<()> = skip(
            Need::Other,
            "EVENMATCH_PAGES names no folder; scripts/check_explanations.py does",
        );
        return;
    };
    for language in &LANGUAGES {
        let messages = Messages::in_language(language).unwrap();
        for (name, page) in pages(&messages) {
            if ["decision-2-scores", "decision-3", "system-0"].contains(&name.as_str()) {
                let path = folder.join(format!("{}.{name}.html", language.tag));
                std::fs::write(path, page.to_html()).unwrap();
            }
        }
    }
}

/// The constants of messages are public, so that the compiler says nothing about an unused one.
#[test]
fn every_message_is_said_somewhere() {
    fn read(folder: &Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                None if path.is_dir() => read(&path, text),
                Some(extension) if extension == "rs" => {
                    text.push_str(&std::fs::read_to_string(&path).unwrap());
                }
                _ => {}
            }
        }
    }
    let mut sources = String::new();
    for of in std::fs::read_dir(root().join("..")).unwrap() {
        let source = of.unwrap().path().join("src");
        if source.is_dir() {
            read(&source, &mut sources);
        }
    }
    let words: BTreeSet<&str> = sources.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let english = ftl("en");
    let ids = english.lines().filter_map(|line| line.split_once(" =")).map(|(id, _)| id);
    let unsaid: Vec<String> = ids
        .filter(|id| !id.starts_with(['-', '#', ' ', '.']) && !id.starts_with("reason-"))
        .map(|id| id.replace('-', "_").to_uppercase())
        .filter(|constant| !words.contains(constant.as_str()))
        .collect();
    assert!(unsaid.is_empty(), "nothing says these messages: {unsaid:?}");
}
