//! The four files of a report: the same numbers, well-formed, inert, and complete or absent.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use evenmatch_audit::{
    AuditReport, AuditSettings, RateCell, RulePack, Thresholds, audit,
    export::{FILES, write_report},
    records::{ReadOptions, RecordFile},
};

/// A name that would run as a script if it were not escaped.
const HOSTILE: &str = "<img src=x onerror=alert(1)>|`&\"'\"><script>alert(2)</script>";

/// Records of 60 people in three groups, one with a hostile name, with failures and attacks.
fn records() -> String {
    let mut text = "probe_id,reference_id,probe_subject,reference_subject,mated,score,failure,\
                    probe_race,reference_race,probe_sex,reference_sex,attack_species,pad_outcome\n"
        .to_owned();
    let group = |person: u32| match person % 3 {
        0 => "Green".to_owned(),
        1 => "Blue".to_owned(),
        _ => format!("\"{}\"", HOSTILE.replace('"', "\"\"")),
    };
    let sex = |person: u32| if person.is_multiple_of(2) { "F" } else { "M" };
    let mut state = 7_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 24)
    };
    for probe in 0..60 {
        for reference in probe..60 {
            for sample in 0..2 {
                let mated = probe == reference;
                let base = if mated { 0.55 } else { 0.15 + 0.05 * f64::from(probe % 3) };
                let score = base + 0.5 * noise() * noise();
                let failed = noise() < 0.03;
                let outcome = if failed { ",no_face".to_owned() } else { format!("{score:.4},") };
                writeln!(
                    text,
                    "p{probe}-{sample},r{reference},s{probe},s{reference},{},{outcome},{},{},{},{},,pass",
                    u8::from(mated),
                    group(probe),
                    group(reference),
                    sex(probe),
                    sex(reference)
                )
                .unwrap();
            }
        }
        for (species, outcome) in [("print", "fail"), ("mask", "pass")] {
            writeln!(
                text,
                "a{probe}{species},r{probe},s{probe},s{probe},,{:.4},,{},{},{},{},{species},{outcome}",
                noise(),
                group(probe),
                group(probe),
                sex(probe),
                sex(probe)
            )
            .unwrap();
        }
    }
    text
}

fn report() -> AuditReport {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.csv");
    std::fs::write(&path, records()).unwrap();
    let mut source = RecordFile::open(&path, &ReadOptions::default()).unwrap();
    let settings = AuditSettings {
        by: ["race", "sex", "race×sex"].map(String::from).to_vec(),
        thresholds: Thresholds::Targets(vec![0.05, 0.01]),
        rules: vec![RulePack::find("sp800-63a4").unwrap()],
        ..AuditSettings::default()
    };
    audit(&mut source, &settings, &mut |_| {}).unwrap()
}

fn render(report: &AuditReport, name: &str) -> String {
    let (_, exporter) = FILES.iter().find(|(file, _)| *file == name).unwrap();
    let mut bytes = Vec::new();
    exporter.export(report, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn escaped(text: &str) -> String {
    text.replace(" %", "\u{a0}%")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[test]
fn json_holds_the_whole_report() {
    let report = report();
    let json = render(&report, "report.json");
    assert_eq!(serde_json::from_str::<AuditReport>(&json).unwrap(), report);
    assert!(json.starts_with("{\n  \"schema\": \"evenmatch.audit/1\""));
}

#[test]
fn csv_holds_every_rate_of_every_group() {
    let report = report();
    let csv = render(&report, "rates.csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
    let mut compared = 0;
    for point in &report.operating_points {
        let target = point.target_fmr.unwrap().to_string();
        for (attribute, of) in &point.attributes {
            for (group, rates) in &of.groups {
                for (measure, cell) in [("fmr", &rates.rates.fmr), ("frr", &rates.rates.frr)] {
                    let key =
                        [&target, &point.threshold.to_string(), attribute, group, "", measure];
                    let row = rows
                        .iter()
                        .find(|row| row.iter().take(6).eq(key))
                        .unwrap_or_else(|| panic!("no row {key:?}"));
                    let number = |at: usize| row[at].parse::<f64>().ok();
                    match cell {
                        RateCell::Measured(rate) => {
                            let known = [
                                rate.errors as f64,
                                rate.trials as f64,
                                rate.rate,
                                rate.low,
                                rate.high,
                            ];
                            let written: Vec<f64> = (6..11).filter_map(number).collect();
                            assert_eq!(written, known);
                            compared += 1;
                        }
                        RateCell::Insufficient { insufficient } => {
                            assert_eq!(number(7), Some(insufficient.trials as f64));
                            assert_eq!(number(8), None);
                        }
                    }
                }
            }
        }
    }
    assert!(compared > 20, "{compared} rates were compared");
}

#[test]
fn the_page_and_the_summary_show_the_same_numbers() {
    let report = report();
    let html = render(&report, "report.html");
    let markdown = render(&report, "summary.md");
    let mut shown = 0;
    for answer in &report.answers {
        assert!(html.contains(&escaped(&answer.sentence)), "{}", answer.sentence);
    }
    for point in &report.operating_points {
        for of in point.attributes.values() {
            assert!(html.contains(&escaped(&of.sentence)));
            for group in of.groups.values() {
                if let RateCell::Measured(rate) = &group.rates.fmr {
                    // The interval goes on a line of its own in the table.
                    let cell = escaped(&rate.text).replacen(" [", "<br>[", 1);
                    assert!(html.contains(&cell) || html.contains(&escaped(&rate.text)), "{cell}");
                    assert!(markdown.contains(&rate.text), "{}", rate.text);
                    shown += 1;
                }
            }
        }
        for rule in &point.rules {
            assert!(html.contains(&escaped(&rule.sentence)), "{}", rule.sentence);
        }
    }
    assert!(shown > 10);
    for input in &report.inputs {
        let digest = input.sha256.to_string();
        assert!(html.contains(&digest) && markdown.contains(&digest));
    }
    // The answer comes before the evidence, and sections are in reading order.
    let order = [
        "id=\"answer\"",
        "id=\"rates\"",
        "id=\"trade-off\"",
        "id=\"scores\"",
        "id=\"cross\"",
        "id=\"funnel\"",
        "id=\"rules\"",
        "id=\"method\"",
        "id=\"data\"",
        "id=\"limits\"",
        "id=\"warnings\"",
        "id=\"provenance\"",
    ];
    let places: Vec<usize> = order.iter().map(|id| html.find(id).expect(id)).collect();
    assert!(places.is_sorted(), "{places:?}");
}

/// Names and attributes of the tags of a page, in order; panics where a tag is not closed.
fn tags(html: &str) -> Vec<String> {
    const VOID: [&str; 3] = ["meta", "link", "br"];
    let mut open: Vec<String> = Vec::new();
    let mut all = Vec::new();
    let style = html.find("<style>").unwrap()..html.find("</style>").unwrap();
    for (start, _) in html.match_indices('<') {
        if start > style.start && start < style.end {
            continue;
        }
        let tag = &html[start + 1..start + html[start..].find('>').expect("a tag without end")];
        let name = tag.split([' ', '/', '\n']).find(|part| !part.is_empty()).unwrap();
        if tag.starts_with('!') {
            continue;
        }
        if tag.starts_with('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "near {}", &html[start..start + 40]);
        } else {
            all.push(tag.to_owned());
            if !tag.ends_with('/') && !VOID.contains(&name) {
                open.push(name.to_owned());
            }
        }
    }
    assert_eq!(open, Vec::<String>::new(), "left open");
    all
}

#[test]
fn the_page_is_well_formed_and_inert() {
    let html = render(&report(), "report.html");
    let tags = tags(&html);
    for tag in &tags {
        let name = tag.split(' ').next().unwrap();
        assert!(!["script", "img", "iframe", "object", "embed", "form"].contains(&name), "{tag}");
        assert!(!tag.contains(" on"), "{tag}");
        assert_eq!(
            tag.split(['"', ' ']).find(|part| part.contains("://")),
            None,
            "an address in {tag}"
        );
    }
    let style = &html[html.find("<style>").unwrap()..html.find("</style>").unwrap()];
    assert!(!style.contains("url(") && !style.contains("@import"));
    assert!(html.contains(&escaped(HOSTILE)) && !html.contains("<img"));
    let mut ids = BTreeSet::new();
    let mut level = 0;
    let mut charts = 0;
    for tag in &tags {
        if let Some((_, id)) = tag.split_once(" id=\"") {
            assert!(ids.insert(id.split('"').next().unwrap()), "{id} occurs twice");
        }
        if let Some(next) = tag.strip_prefix('h').and_then(|rest| rest[..1].parse::<u32>().ok()) {
            assert!(next <= level + 1, "h{next} after h{level}");
            level = next;
        }
        charts += usize::from(tag.starts_with("svg ") && tag.contains("role=\"img\""));
    }
    assert!(tags.iter().any(|tag| tag == "html lang=\"en\""));
    let named = tags.iter().filter(|tag| tag.starts_with("desc ")).count();
    assert!(charts >= 12 && named == charts, "{charts} charts, {named} described");
    assert!(!html.contains("NaN") && !html.contains("inf,"), "a number that is none");
}

#[test]
fn hostile_names_stay_text_in_elements_and_in_attributes() {
    let mut report = report();
    for point in &mut report.operating_points {
        let sex = point.attributes.remove("sex").unwrap();
        point.attributes.insert(HOSTILE.to_owned(), sex);
    }
    let sex = report.scores.attributes.remove("sex").unwrap();
    report.scores.attributes.insert(HOSTILE.to_owned(), sex);
    report.inputs[0].file = HOSTILE.to_owned();
    report.limits.push(HOSTILE.to_owned());
    let html = render(&report, "report.html");
    tags(&html);
    assert!(!html.contains("<script") && !html.contains("<img"));
    let evil = escaped(HOSTILE);
    for part in [
        format!("aria-label=\"Counts of scores by {evil}\""),
        format!("<h4>{evil}</h4>"),
        format!("<li>{evil}</li>"),
        format!("scope=\"row\">{evil}</th>"),
    ] {
        assert!(html.contains(&part), "{part}");
    }
}

/// Where the page is narrow a row becomes a block, so every value needs the name of its column;
/// only a table with a column for each group may scroll.
#[test]
fn no_table_needs_sideways_scrolling_but_a_matrix() {
    let html = render(&report(), "report.html");
    let tags = tags(&html);
    let (mut blocks, mut matrices) = (0, 0);
    for (at, tag) in tags.iter().enumerate().filter(|(_, tag)| tag.starts_with("table ")) {
        let scrolls = tags[at - 1].starts_with("div class=\"scroll\"");
        let matrix = tag.contains("class=\"matrix");
        assert_eq!(scrolls, matrix, "{tag}");
        let cells = tags[at + 1..].iter().take_while(|tag| !tag.starts_with("table "));
        let cells: Vec<&String> = cells.filter(|tag| tag.starts_with("td")).collect();
        if matrix {
            matrices += 1;
            continue;
        }
        blocks += 1;
        assert!(cells.iter().all(|cell| cell.contains("data-label=\"")), "{tag}: {cells:?}");
        let widths = ["two", "some", "many", "most"];
        assert!(widths.iter().any(|width| tag.contains(&format!("class=\"{width}\""))), "{tag}");
    }
    assert!(blocks > 20 && matrices >= 3, "{blocks} {matrices}");
    // The table of groups has the columns that fit 1,200 pixels.
    let start = html.find("<caption>Rates by race</caption>").unwrap();
    let head = &html[start..start + html[start..].find("</thead>").unwrap()];
    assert_eq!(head.matches("<th ").count(), 7, "{head}");
    let style = &html[html.find("<style>").unwrap()..html.find("</style>").unwrap()];
    for width in ["some", "many", "most"] {
        assert!(style.contains(&format!(".{width} td::before {{ content: attr(data-label)")));
    }
}

#[test]
fn the_summary_stays_a_page_of_tables() {
    let markdown = render(&report(), "summary.md");
    assert!(!markdown.replace("\\<", "").contains("<img"));
    let mut columns = None;
    for line in markdown.lines() {
        if line.starts_with('|') {
            let bars = line.replace("\\|", "").matches('|').count();
            assert_eq!(*columns.get_or_insert(bars), bars, "{line}");
        } else {
            columns = None;
        }
    }
}

#[test]
fn files_appear_whole_and_equal() {
    let report = report();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new/report");
    write_report(&report, &out).unwrap();
    let read = |name: &str| std::fs::read(out.join(name)).unwrap();
    let first: Vec<Vec<u8>> = FILES.iter().map(|(name, _)| read(name)).collect();
    for (name, _) in FILES {
        std::fs::write(out.join(name), "old").unwrap();
    }
    write_report(&report, &out).unwrap();
    assert!(FILES.iter().zip(&first).all(|((name, _), bytes)| read(name) == *bytes));
    let entries = std::fs::read_dir(&out).unwrap().count();
    assert_eq!(entries, FILES.len(), "temporary files were left");
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = write_report(&report(), &file.join("report")).unwrap_err();
    assert_eq!(error.stage(), evenmatch_core::Stage::Export);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
