//! Records, manifests and lists as people's tools write them: each gives the numbers of the plain
//! file, or an error that names the cause.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use evenmatch_audit::records::{LabelRules, PairList, PeopleManifest, PresentationManifest};
use evenmatch_testkit::{Need, skip};
use serde_json::Value;

/// The output of an audit.
struct Run {
    code: i32,
    stderr: String,
    report: Option<Value>,
    folder: PathBuf,
}

fn audit(records: &Path, out: &Path, more: &[&str]) -> Run {
    let _ = std::fs::remove_dir_all(out);
    let output = Command::new(env!("CARGO_BIN_EXE_evenmatch"))
        .args(["audit", "--records"])
        .arg(records)
        .arg("--out")
        .arg(out)
        .args(more)
        .output()
        .unwrap();
    let report = std::fs::read_to_string(out.join("report.json")).ok();
    Run {
        code: output.status.code().unwrap(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        report: report.map(|text| serde_json::from_str(&text).unwrap()),
        folder: out.to_owned(),
    }
}

impl Run {
    /// The report of an audit that succeeded.
    fn report(&self) -> &Value {
        assert_ne!(self.code, 2, "{}", self.stderr);
        self.report.as_ref().unwrap()
    }

    /// Rates of everyone and of the groups of one attribute, at every operating point.
    fn rates(&self, attribute: Option<&str>) -> Vec<Value> {
        let points = self.report()["operating_points"].as_array().unwrap();
        points
            .iter()
            .map(|point| match attribute {
                None => serde_json::json!([point["overall"], point["target_fmr"]]),
                Some(attribute) => {
                    let own = &point["attributes"][attribute];
                    assert!(own.is_object(), "no attribute {attribute}");
                    own.clone()
                }
            })
            .collect()
    }

    fn warning(&self, code: &str) -> Option<Value> {
        let warnings = self.report()["warnings"].as_array().unwrap();
        warnings.iter().find(|warning| warning["code"] == code).cloned()
    }

    fn groups(&self, attribute: &str) -> Vec<String> {
        let groups = self.report()["operating_points"][0]["attributes"][attribute]["groups"]
            .as_object()
            .unwrap();
        groups.keys().cloned().collect()
    }

    fn same_as(&self, other: &Run, attributes: &[&str], name: &str) {
        assert_eq!(self.rates(None), other.rates(None), "{name}");
        for attribute in attributes {
            assert_eq!(
                self.rates(Some(attribute)),
                other.rates(Some(attribute)),
                "{name}: {attribute}"
            );
        }
    }

    /// An error that contains all of these words.
    fn refused(&self, words: &[&str], name: &str) {
        assert_eq!(self.code, 2, "{name}: {}", self.stderr);
        assert!(self.report.is_none(), "{name}: a report was written");
        for word in words {
            assert!(self.stderr.contains(word), "{name}: `{word}` is missing: {}", self.stderr);
        }
    }
}

/// The photos, people and scores of an audit, as rows of fields.
const HEADER: [&str; 11] = [
    "probe_id",
    "reference_id",
    "probe_subject",
    "reference_subject",
    "mated",
    "score",
    "failure",
    "probe_race",
    "reference_race",
    "probe_sex",
    "reference_sex",
];

fn rows() -> Vec<[String; 11]> {
    let mut rows = Vec::new();
    // A separate generator, so that the rows stay the same.
    let mut state = 12_345_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) as f64 / (1_u64 << 24) as f64
    };
    let race = |person: usize| ["Black", "White", "Asian"][person % 3].to_owned();
    let sex = |person: usize| ["female", "male"][person / 3 % 2].to_owned();
    for row in 0..600 {
        let mated = row % 3 == 0;
        let probe = row % 90;
        let reference = if mated { probe } else { (probe + 1 + row / 90 * 7) % 90 };
        let score = if mated { 0.35 + 0.6 * next() } else { 0.55 * next() - 0.1 };
        let failed = row % 97 == 5;
        rows.push([
            format!("p{probe}_{row}"),
            format!("p{reference}_r{row}"),
            format!("p{probe}"),
            format!("p{reference}"),
            u8::from(mated).to_string(),
            if failed { String::new() } else { format!("{score:.5}") },
            if failed { "no_face".to_owned() } else { String::new() },
            race(probe),
            race(reference),
            sex(probe),
            sex(reference),
        ]);
    }
    rows
}

fn csv(header: &[&str], rows: &[[String; 11]], delimiter: &str) -> String {
    let mut text = header.join(delimiter) + "\n";
    for row in rows {
        text += &(row.join(delimiter) + "\n");
    }
    text
}

/// The rows with one column changed.
fn changed(column: usize, change: impl Fn(usize, &str) -> String) -> Vec<[String; 11]> {
    let mut rows = rows();
    for (line, row) in rows.iter_mut().enumerate() {
        row[column] = change(line, &row[column]);
    }
    rows
}

fn json(rows: &[[String; 11]], between: &str) -> String {
    let objects: Vec<String> = rows
        .iter()
        .map(|row| {
            let fields: Vec<String> = HEADER
                .iter()
                .zip(row)
                .map(|(name, value)| match *name {
                    "mated" | "score" if value.is_empty() => format!("\"{name}\": null"),
                    "mated" | "score" => format!("\"{name}\": {value}"),
                    _ => format!("\"{name}\": \"{value}\""),
                })
                .collect();
            format!("{{{}}}", fields.join(", "))
        })
        .collect();
    objects.join(between)
}

struct Bench {
    folder: tempfile::TempDir,
    plain: Run,
}

const THRESHOLD: [&str; 2] = ["--threshold", "0.4"];

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plain.csv");
        std::fs::write(&path, csv(&HEADER, &rows(), ",")).unwrap();
        let plain = audit(&path, &folder.path().join("plain"), &THRESHOLD);
        assert_eq!(plain.warning("index_column"), None);
        Bench { folder, plain }
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn audit(&self, name: &str, content: impl AsRef<[u8]>, more: &[&str]) -> Run {
        let path = self.file(name, content);
        audit(&path, &self.folder.path().join("out"), more)
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn every_dress_has_the_same_numbers() {
    let bench = Bench::new();
    let text = csv(&HEADER, &rows(), ",");
    let semicolons = csv(&HEADER, &rows(), ";");
    let commas = csv(&HEADER, &changed(5, |_, score| score.replace('.', ",")), ";");
    // A spreadsheet writes whole numbers without a comma.
    let title = HEADER.map(|name| {
        name.split('_')
            .map(|word| word[..1].to_uppercase() + &word[1..])
            .collect::<Vec<_>>()
            .join("_")
    });
    let title: Vec<&str> = title.iter().map(String::as_str).collect();
    let blanks = HEADER.map(|name| format!(" {} ", name.to_uppercase().replace('_', " ")));
    let blanks: Vec<&str> = blanks.iter().map(String::as_str).collect();
    let na =
        csv(&HEADER, &changed(6, |_, f| if f.is_empty() { "NA".into() } else { f.into() }), ",")
            .replace(",,no_face", ",NA,no_face");
    let array = format!("[{}]", json(&rows(), ","));
    let pretty = format!("[\n  {}\n]\n", json(&rows(), ",\n  ").replace(", \"", ",\n    \""));
    let lines = json(&rows(), "\n");
    let dresses: Vec<(&str, Vec<u8>)> = vec![
        ("a.csv.gz", gzip(text.as_bytes())),
        ("a.csv.zst", zstd::encode_all(text.as_bytes(), 3).unwrap()),
        ("a.jsonl.zst", zstd::encode_all(lines.as_bytes(), 3).unwrap()),
        ("array.json", array.clone().into_bytes()),
        ("pretty.json", pretty.into_bytes()),
        ("marked.json", [b"\xef\xbb\xbf", array.as_bytes()].concat()),
        ("array.json.gz", gzip(array.as_bytes())),
        ("sep.csv", format!("sep=;\r\n{semicolons}").into_bytes()),
        ("sep_comma.csv", format!("\u{feff}\"sep=,\"\n{text}").into_bytes()),
        ("commas.csv", commas.into_bytes()),
        ("bars.csv", csv(&HEADER, &rows(), "|").into_bytes()),
        ("title.csv", csv(&title, &rows(), ",").into_bytes()),
        ("blanks.csv", csv(&blanks, &rows(), ",").into_bytes()),
        ("r.csv", na.into_bytes()),
    ];
    for (name, content) in dresses {
        let run = bench.audit(name, content, &THRESHOLD);
        run.same_as(&bench.plain, &["race", "sex"], name);
        assert_eq!(run.warning("index_column"), None, "{name}");
    }
}

#[test]
fn an_index_is_left_out_with_a_warning() {
    let bench = Bench::new();
    for (name, first) in [
        ("", 0),
        ("Unnamed: 0", 7),
        ("__index_level_0__", 3),
        ("index", 0),
        ("level_0", 1),
        ("...1", 1),
    ] {
        let mut text = String::new();
        for (line, row) in csv(&HEADER, &rows(), ",").lines().enumerate() {
            let index = if line == 0 { name.to_owned() } else { (line - 1 + first).to_string() };
            let _ = writeln!(text, "{index},{row}");
        }
        let run = bench.audit("index.csv", &text, &THRESHOLD);
        run.same_as(&bench.plain, &["race", "sex"], name);
        let warning = run.warning("index_column").unwrap();
        assert_eq!(warning["count"], 1, "{name}");
        if !name.is_empty() {
            assert!(warning["message"].as_str().unwrap().contains(name), "{warning}");
        }
    }
    // A column of that name which does not number the rows is not ignored silently.
    let text =
        csv(&HEADER, &rows(), ",").replace("\np", "\n17,p").replacen("probe", "index,probe", 1);
    bench
        .audit("odd.csv", text, &THRESHOLD)
        .refused(&["unknown column `index`", "ignore"], "index");
}

#[test]
fn mixed_decimals_are_refused() {
    let bench = Bench::new();
    let mixed = changed(5, |line, s| if line == 7 { s.into() } else { s.replace('.', ",") });
    let run = bench.audit("mixed.csv", csv(&HEADER, &mixed, ";"), &THRESHOLD);
    run.refused(&["mixed.csv:9:6", "decimal point here and a decimal comma in line 2"], "mixed");
    let quoted = csv(&HEADER, &changed(5, |_, s| format!("\"{}\"", s.replace('.', ","))), ",");
    let run = bench.audit("quoted.csv", quoted, &THRESHOLD);
    run.refused(&["not a number", "if `;` separates the fields"], "commas beside commas");
}

#[test]
fn what_is_no_table_is_named() {
    let bench = Bench::new();
    let zip = |name: &str| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(csv(&HEADER, &rows(), ",").as_bytes()).unwrap();
        zip.finish().unwrap().into_inner()
    };
    let utf16: Vec<u8> =
        csv(&HEADER, &rows(), "\t").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bomb = gzip(&vec![b'\n'; 80 << 20]);
    let rows_bomb = {
        let mut text = csv(&HEADER, &rows()[..1], ",");
        let row = text.lines().nth(1).unwrap().to_owned() + "\n";
        text.push_str(&row.repeat((80 << 20) / row.len()));
        zstd::encode_all(text.as_bytes(), 1).unwrap()
    };
    let files: Vec<(&str, Vec<u8>, &[&str])> = vec![
        ("a.zip", zip("a.csv"), &["zip archive", "take the file out"]),
        ("a.xlsx", zip("[Content_Types].xml"), &["Excel workbook", "CSV UTF-8"]),
        ("a.csv.xz", b"\xfd7zXZ\0\0\x04".to_vec(), &["an xz file", "unpack"]),
        ("a.csv.bz2", b"BZh91AY&SY\0\0".to_vec(), &["a bzip2 file", "unpack"]),
        ("a.feather", b"ARROW1\0\0\xff\xff".to_vec(), &["Feather", "to_parquet"]),
        ("a.pkl", b"\x80\x04\x95\0".to_vec(), &["pickle"]),
        ("a.html", b"<!doctype html><p>Log in".to_vec(), &["web page"]),
        ("a.csv", b"version https://git-lfs.github.com/spec/v1\n".to_vec(), &["git lfs pull"]),
        ("a.tar.gz", gzip(&[&[b'a'; 257][..], b"ustar"].concat()), &["tar archive inside gzip"]),
        ("utf16.csv", utf16.clone(), &["UTF-16"]),
        ("marked.csv", [b"\xff\xfe", utf16.as_slice()].concat(), &["UTF-16"]),
        ("columns.json", b"{\"probe_id\":{\"0\":\"a\"}}".to_vec(), &["orient=\"records\""]),
        ("open.json", b"[{\"mated\":1,\"score\":0.5}".to_vec(), &["never closed"]),
        ("lists.json", b"[[1,0.5]]".to_vec(), &["other than objects"]),
        ("bomb.csv.gz", bomb, &["bomb.csv.gz"]),
        ("rows.csv.zst", rows_bomb, &["more than 200 times its size"]),
        ("near.csv", csv(&["probeId"], &[], ",").into_bytes(), &["if you meant `probe_id`"]),
        ("sim.csv", b"mated,similarity\n1,0.5\n".to_vec(), &["similarity=score"]),
    ];
    for (name, content, words) in files {
        bench.audit(name, content, &THRESHOLD).refused(&[&[name], words].concat(), name);
    }
}

#[test]
fn parquet_is_read_with_every_codec_and_an_index() {
    use std::sync::Arc;

    use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
    use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    let bench = Bench::new();
    let rows = rows();
    let text: String = HEADER
        .iter()
        .map(|name| match *name {
            "mated" => "OPTIONAL INT64 mated; ".to_owned(),
            // Five digits after the point, as databases store numbers.
            "score" => "OPTIONAL INT32 score (DECIMAL(9, 5)); ".to_owned(),
            name => format!("OPTIONAL BYTE_ARRAY {name} (UTF8); "),
        })
        .collect();
    let schema = format!("message records {{ {text} OPTIONAL INT64 __index_level_0__; }}");
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    for codec in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        let path = bench.folder.path().join("a.parquet");
        let properties = WriterProperties::builder().set_compression(codec).build();
        let file = std::fs::File::create(&path).unwrap();
        let mut writer =
            SerializedFileWriter::new(file, Arc::clone(&schema), properties.into()).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let mut at = 0;
        while let Some(mut column) = group.next_column().unwrap() {
            let fields = || rows.iter().map(|row| row.get(at).map_or("7", String::as_str));
            let levels: Vec<i16> = fields().map(|field| i16::from(!field.is_empty())).collect();
            let levels = Some(levels.as_slice());
            let some = fields().filter(|field| !field.is_empty());
            match at {
                5 => {
                    let values: Vec<i32> = some
                        .map(|field| (field.parse::<f64>().unwrap() * 1e5).round() as i32)
                        .collect();
                    column.typed::<Int32Type>().write_batch(&values, levels, None).unwrap();
                }
                4 | 11 => {
                    let values: Vec<i64> = some.map(|field| field.parse().unwrap()).collect();
                    column.typed::<Int64Type>().write_batch(&values, levels, None).unwrap();
                }
                _ => {
                    let values: Vec<ByteArray> = some.map(ByteArray::from).collect();
                    column.typed::<ByteArrayType>().write_batch(&values, levels, None).unwrap();
                }
            }
            column.close().unwrap();
            at += 1;
        }
        group.close().unwrap();
        writer.close().unwrap();
        let run = audit(&path, &bench.folder.path().join("out"), &THRESHOLD);
        run.same_as(&bench.plain, &["race", "sex"], &format!("{codec:?}"));
        assert!(run.warning("index_column").is_some(), "{codec:?}");
    }
}

#[test]
fn distances_are_refused_until_the_direction_is_said() {
    let bench = Bench::new();
    let turn = |times: f64| {
        changed(5, move |_, score| match score.parse::<f64>() {
            Ok(score) => format!("{:.5}", times * (1.0 - score)),
            Err(_) => String::new(),
        })
    };
    let targets = ["--fmr", "1e-1,1e-2"];
    let similar = bench.audit("s.csv", csv(&HEADER, &rows(), ","), &targets);
    assert_eq!(similar.report()["score_direction"], "higher_is_more_similar");
    let flag = "--lower-is-more-similar";
    for times in [1.0, 100.0] {
        let text = csv(&HEADER, &turn(times), ",");
        let hint = ["d.csv", "less similar", "--lower-is-more-similar"];
        bench.audit("d.csv", &text, &targets).refused(&hint, "distances");
        let rules = ["--rules", "sp800-63b4,fido,nist-demographics=1.5"];
        bench.audit("d.csv", &text, &rules).refused(&hint, "distances by rules");
        let run = bench.audit("d.csv", &text, &[&targets[..], &[flag]].concat());
        run.same_as(&similar, &["race", "sex"], "turned");
        let report = run.report();
        assert_eq!(report["score_direction"], "lower_is_more_similar");
        for name in ["report.html", "summary.md"] {
            let page = std::fs::read_to_string(run.folder.join(name)).unwrap();
            assert!(page.contains("Lower scores mean greater similarity"), "{name}");
            assert!(!page.contains("Higher scores mean greater similarity"), "{name}");
        }
        // Curves and histograms are in the file's own numbers.
        let curve = report["scores"]["overall"]["curve"].as_array().unwrap();
        let curve: Vec<f64> = curve.iter().map(|p| p["threshold"].as_f64().unwrap()).collect();
        assert!(curve.is_sorted() && curve[0] >= 0.0, "{curve:?}");
        let mated = &report["scores"]["overall"]["mated"];
        assert!(mated["low"].as_f64().unwrap() >= 0.0 && mated["high"].as_f64().unwrap() > 0.9);
        let own = similar.report()["operating_points"].as_array().unwrap();
        for (point, own) in report["operating_points"].as_array().unwrap().iter().zip(own) {
            let threshold = point["threshold"].as_f64().unwrap();
            let expected = times * (1.0 - own["threshold"].as_f64().unwrap());
            assert!((threshold - expected).abs() < 1e-6, "{threshold} is not {expected}");
            // The printed threshold gives the same rates.
            let given = threshold.to_string();
            let again = bench.audit("d.csv", &text, &[flag, "--threshold", &given]);
            assert_eq!(again.report()["operating_points"][0]["overall"], point["overall"]);
            let page = std::fs::read_to_string(again.folder.join("summary.md")).unwrap();
            assert!(page.contains(&format!("Threshold {given}")), "{page}");
        }
        let mut header = HEADER;
        header[5] = "distance";
        let text = csv(&header, &turn(times), ",");
        for format in [&[][..], &["--format", "generic"]] {
            let run = bench.audit("named.csv", &text, &[&targets[..], format].concat());
            run.same_as(&similar, &["race", "sex"], "a column `distance`");
            assert_eq!(run.report()["score_direction"], "lower_is_more_similar");
        }
    }
    let run = bench.audit("s.csv", csv(&HEADER, &rows(), ","), &[flag]);
    run.refused(&["leave out --lower-is-more-similar"], "similarities called distances");
    // With few people the direction may be reversed by chance: there is a warning, and no rule on
    // scores passes.
    let few: Vec<[String; 11]> = turn(1.0)
        .into_iter()
        .filter(|row| row[4] == "0" || ["p0", "p3"].contains(&row[2].as_str()))
        .collect();
    let rules = ["--threshold", "2", "--min-trials", "1", "--rules", "sp800-63b4"];
    let run = bench.audit("few.csv", csv(&HEADER, &few, ","), &rules);
    assert!(run.warning("mated_less_alike").is_some(), "{}", run.stderr);
    let rules = run.report()["operating_points"][0]["rules"].as_array().unwrap();
    assert!(!rules.is_empty());
    for rule in rules.iter().filter(|rule| !rule["rule"].as_str().unwrap().contains("pad")) {
        assert_ne!(rule["verdict"], "PASS", "{rule}");
    }
}

#[test]
fn a_printed_threshold_gives_the_same_rates_for_tied_scores() {
    let bench = Bench::new();
    // Whole numbers from 0 to 5; two people reach 4 often, so that no observed score will do.
    let tied = changed(5, |line, score| match score.parse::<f64>() {
        Ok(_) if line % 3 != 0 => (line % 5).to_string(),
        Ok(_) => (3 + line / 3 % 3).to_string(),
        Err(_) => String::new(),
    });
    let text = csv(&HEADER, &tied, ",");
    for target in ["1e-3", "1e-1", "3e-1", "5e-1"] {
        let run = bench.audit("tied.csv", &text, &["--fmr", target]);
        let point = &run.report()["operating_points"][0];
        let page = std::fs::read_to_string(run.folder.join("summary.md")).unwrap();
        let (_, printed) = page.split_once("(threshold ").unwrap();
        let printed = printed.split(')').next().unwrap().to_owned();
        let sentence = run.report()["answers"][0]["sentence"].as_str().unwrap().to_owned();
        assert!(sentence.contains(&format!("At threshold {printed}:")), "{sentence}");
        let html = std::fs::read_to_string(run.folder.join("report.html")).unwrap();
        assert!(html.contains(&format!("threshold {printed}")), "{printed}");
        let again = bench.audit("tied.csv", &text, &["--threshold", &printed]);
        assert_eq!(again.report()["operating_points"][0]["overall"], point["overall"], "{target}");
    }
}

#[test]
fn words_for_a_missing_label_are_missing_and_counted() {
    let bench = Bench::new();
    let words = ["N/A", "NA", "nan", "None", "null", "unknown", "UNKNOWN", "?", "-", "<NA>", ""];
    let missing = |line: usize, label: &str| {
        if line.is_multiple_of(10) {
            words[line / 10 % words.len()].to_owned()
        } else {
            label.to_owned()
        }
    };
    let rows = changed(7, missing);
    let run = bench.audit("missing.csv", csv(&HEADER, &rows, ","), &THRESHOLD);
    assert_eq!(run.rates(None), bench.plain.rates(None));
    assert_eq!(run.groups("race"), ["Asian", "Black", "White"]);
    let empty = changed(7, |line, label| match line % 10 {
        0 => String::new(),
        _ => label.to_owned(),
    });
    let without = bench.audit("empty.csv", csv(&HEADER, &empty, ","), &THRESHOLD);
    run.same_as(&without, &["race", "sex"], "missing");
    assert_eq!(without.warning("missing_word"), None);
    let warning = run.warning("missing_word").unwrap();
    assert_eq!(warning["count"], 55, "{warning}");
    assert_eq!(warning["attribute"], "race");
    assert_eq!(warning["lines"][0], 2);
    assert!(warning["message"].as_str().unwrap().contains("--keep-label"));
    assert!(
        run.stderr.contains("words for a missing") || run.stderr.contains("word for a missing")
    );
    let kept = bench.audit(
        "missing.csv",
        csv(&HEADER, &rows, ","),
        &["--threshold", "0.4", "--keep-label", "unknown", "--keep-label=-"],
    );
    assert_eq!(kept.groups("race"), ["-", "Asian", "Black", "UNKNOWN", "White", "unknown"]);
}

#[test]
fn spellings_of_one_label_are_named_and_merged() {
    let bench = Bench::new();
    let spelled = |line: usize, label: &str| match (label, line % 4) {
        ("Black", 0) => "BLACK".to_owned(),
        ("Black", 1) => " black\u{a0}".to_owned(),
        ("Asian", 0) => "\u{ff21}sian".to_owned(),
        _ => label.to_owned(),
    };
    let mut rows = changed(7, spelled);
    for (line, row) in rows.iter_mut().enumerate() {
        row[8] = spelled(line + 1, &row[8]);
    }
    let text = csv(&HEADER, &rows, ",");
    let run = bench.audit("spelled.csv", &text, &["--threshold", "0.4", "--rules", "fido"]);
    let warning = run.warning("label_spellings").unwrap();
    let message = warning["message"].as_str().unwrap();
    for word in ["\"Black\"", "\"BLACK\"", "\"black\"", "--merge-labels"] {
        assert!(message.contains(word), "{message}");
    }
    assert!(
        warning["count"].as_u64().unwrap() > 100
            && !warning["lines"].as_array().unwrap().is_empty()
    );
    let merged = bench.audit("spelled.csv", &text, &["--threshold", "0.4", "--merge-labels"]);
    merged.same_as(&bench.plain, &["race", "sex"], "merged");
    assert_eq!(merged.warning("label_spellings"), None);
    assert!(merged.warning("merged_spellings").is_some());
    // Two spellings of one letter look the same, so their code points are named.
    let letters = changed(7, |line, label| match label {
        "Asian" if line % 2 == 0 => "Me\u{301}tis".to_owned(),
        "Asian" => "M\u{e9}tis".to_owned(),
        label => label.to_owned(),
    });
    let run = bench.audit("letters.csv", csv(&HEADER, &letters, ","), &THRESHOLD);
    let warning = run.warning("label_spellings").unwrap();
    let message = warning["message"].as_str().unwrap();
    assert!(message.contains("U+00E9") && message.contains("U+0301"), "{message}");
}

#[test]
fn people_without_names_are_said() {
    let bench = Bench::new();
    let mut rows = rows();
    for row in &mut rows {
        for side in [2, 3] {
            if row[side] == "p4" {
                row[side] = "nan".to_owned();
            }
        }
    }
    let run = bench.audit("nan.csv", csv(&HEADER, &rows, ","), &THRESHOLD);
    let warning = run.warning("nameless_subject").unwrap();
    assert!(warning["message"].as_str().unwrap().contains("\"nan\""), "{warning}");
    assert_eq!(bench.plain.warning("nameless_subject"), None);
    let manifest = bench.file("people.csv", "path,subject_id\na,ann\nb,NA\nc,NA\n");
    let warnings = PeopleManifest::read(&manifest).unwrap().warnings;
    assert_eq!((warnings[0].code.as_str(), warnings[0].count), ("nameless_subject", 2));
    assert_eq!(warnings[0].lines, [3, 4]);
}

#[test]
fn numbers_that_stand_for_nothing_are_missing() {
    let bench = Bench::new();
    let mut header = HEADER;
    (header[9], header[10]) = ("probe_age", "reference_age");
    let ages = |bad: [&'static str; 2]| {
        let age = move |line: usize| match line % 12 {
            0 => bad[0].to_owned(),
            6 => bad[1].to_owned(),
            n => (20 + 3 * n).to_string(),
        };
        let mut rows = changed(9, move |line, _| age(line));
        rows.iter_mut().for_each(|row| row[10] = row[9].clone());
        csv(&header, &rows, ",")
    };
    let run = bench.audit("ages.csv", ages(["-1", "999"]), &THRESHOLD);
    let without = bench.audit("none.csv", ages(["", ""]), &THRESHOLD);
    run.same_as(&without, &["age", "race"], "ages");
    let warning = run.warning("impossible_value").unwrap();
    assert_eq!((&warning["count"], &warning["attribute"]), (&100.into(), &"age".into()));
    let message = warning["message"].as_str().unwrap();
    assert!(message.contains("\"-1\"") && message.contains("\"999\""), "{message}");
    assert!(!run.groups("age").iter().any(|group| group == "under 13" || group == "75 and over"));
}

#[test]
fn verdicts_name_the_faults_of_their_data() {
    let bench = Bench::new();
    let rules =
        ["--threshold", "0.4", "--min-trials", "1", "--rules", "sp800-63b4,nist-demographics=50"];
    let plain = bench.audit("plain.csv", csv(&HEADER, &rows(), ","), &rules);
    let cautioned = |run: &Run, attribute: &str| -> (usize, usize) {
        let rules = run.report()["operating_points"][0]["rules"].as_array().unwrap();
        let own: Vec<_> = rules.iter().filter(|rule| rule["attribute"] == attribute).collect();
        let with = own.iter().filter(|rule| {
            rule["cautions"].is_array() && rule["sentence"].as_str().unwrap().contains("Caution: ")
        });
        (own.len(), with.count())
    };
    assert_eq!(plain.warning("contradictory_label"), None);
    let (all, none) = cautioned(&plain, "race");
    assert!(all > 0 && none == 0);
    // One person White in one row and Black in another; ages may differ.
    let two = changed(7, |line, label| if line == 90 { "White".into() } else { label.into() });
    let run = bench.audit("two.csv", csv(&HEADER, &two, ","), &rules);
    let warning = run.warning("contradictory_label").unwrap();
    assert_eq!((&warning["count"], &warning["attribute"]), (&1.into(), &"race".into()));
    assert_eq!(warning["lines"], serde_json::json!([92]));
    assert_eq!(cautioned(&run, "race"), (all, all));
    assert_eq!(cautioned(&run, "sex").1, 0);
    let answers = run.report()["answers"].as_array().unwrap();
    let race = answers.iter().find(|answer| answer["attribute"] == "race").unwrap();
    assert!(race["sentence"].as_str().unwrap().contains("Caution: "), "{race}");
    let page = std::fs::read_to_string(run.folder.join("summary.md")).unwrap();
    assert!(page.contains("First lines: 92"), "{page}");
}

#[test]
fn a_threshold_on_another_scale_is_said_and_passes_no_rule() {
    let bench = Bench::new();
    let percent = changed(5, |_, score| match score.parse::<f64>() {
        Ok(score) => format!("{:.3}", 100.0 * score),
        Err(_) => String::new(),
    });
    let text = csv(&HEADER, &percent, ",");
    let rules = ["--min-trials", "1", "--rules", "sp800-63b4"];
    let run = bench.audit("percent.csv", &text, &[&["--threshold", "0.4"], &rules[..]].concat());
    let warning = run.warning("threshold_off_scale").unwrap();
    assert!(warning["message"].as_str().unwrap().contains("such as 40"), "{warning}");
    let all = run.report()["operating_points"][0]["rules"].as_array().unwrap();
    for rule in all.iter().filter(|rule| ["fmr", "fnmr"].contains(&rule["rule"].as_str().unwrap()))
    {
        assert_ne!(rule["verdict"], "PASS", "{rule}");
    }
    assert_ne!(run.code, 0);
    let run = bench.audit("percent.csv", &text, &["--threshold", "40"]);
    assert_eq!(run.warning("threshold_off_scale"), None);
    assert_eq!(run.rates(None), bench.plain.rates(None));
    let run = bench.audit("plain.csv", csv(&HEADER, &rows(), ","), &["--threshold", "40"]);
    assert!(run.warning("threshold_off_scale").is_some());
}

#[test]
fn formulas_are_made_harmless_and_numbers_stay() {
    let bench = Bench::new();
    let formula = "=HYPERLINK(\"\"http://x\"\")";
    let mut rows =
        changed(
            7,
            |_, label| {
                if label == "Black" { format!("\"{formula}\"") } else { label.into() }
            },
        );
    for row in &mut rows {
        if row[8] == "Black" {
            row[8] = format!("\"{formula}\"");
        }
    }
    let run = bench.audit("formula.csv", csv(&HEADER, &rows, ","), &THRESHOLD);
    assert_eq!(run.rates(None), bench.plain.rates(None));
    assert!(run.groups("race").contains(&"=HYPERLINK(\"http://x\")".to_owned()));
    let mut table = csv::Reader::from_path(run.folder.join("rates.csv")).unwrap();
    let mut apostrophes = 0;
    for record in table.records() {
        for cell in &record.unwrap() {
            let first = cell.chars().next().unwrap_or('a');
            assert!(
                !['=', '+', '-', '@', '\t', '\r'].contains(&first) || cell.parse::<f64>().is_ok(),
                "{cell}"
            );
            apostrophes += usize::from(cell.starts_with("'="));
        }
    }
    assert!(apostrophes > 0);
}

#[test]
fn manifests_labels_and_pairs_have_the_same_dialects() {
    let bench = Bench::new();
    let plain =
        "path,subject_id,race,age\na.jpg,ann,Black,30\nb.jpg,ben,White,41\nc.jpg,cy,Asian,52\n";
    let expected = PeopleManifest::read(&bench.file("people.csv", plain)).unwrap();
    assert_eq!(expected.warnings, []);
    let array = "[{\"path\":\"a.jpg\",\"subject_id\":\"ann\",\"race\":\"Black\",\"age\":30},\
                 {\"path\":\"b.jpg\",\"subject_id\":\"ben\",\"race\":\"White\",\"age\":41},\
                 {\"path\":\"c.jpg\",\"subject_id\":\"cy\",\"race\":\"Asian\",\"age\":52}]";
    let indexed = ",path,subject_id,race,age\n0,a.jpg,ann,Black,30\n1,b.jpg,ben,White,41\n2,c.jpg,cy,Asian,52\n";
    let title = plain.replace("path,subject_id,race,age", " Path ,Subject ID,Race,AGE");
    for (name, content) in [
        ("people.csv.gz", gzip(plain.as_bytes())),
        ("people.csv.zst", zstd::encode_all(plain.as_bytes(), 3).unwrap()),
        ("sep.csv", format!("sep=;\n{}", plain.replace(',', ";")).into_bytes()),
        ("people.json", array.as_bytes().to_vec()),
        ("people.jsonl", array[1..array.len() - 1].replace("},", "}\n").into_bytes()),
        ("index.csv", indexed.as_bytes().to_vec()),
        ("title.csv", title.into_bytes()),
    ] {
        let manifest = PeopleManifest::read(&bench.file(name, content)).unwrap();
        let rows = |manifest: &PeopleManifest| -> Vec<_> {
            let entries = manifest.entries.iter();
            entries.map(|e| (e.path.clone(), e.subject.clone(), e.values.clone())).collect()
        };
        assert_eq!(rows(&manifest), rows(&expected), "{name}");
        assert_eq!(manifest.attributes, expected.attributes, "{name}");
        let codes: Vec<_> = manifest.warnings.iter().map(|w| w.code.as_str()).collect();
        assert_eq!(
            codes,
            if name == "index.csv" { vec!["index_column"] } else { vec![] },
            "{name}"
        );
    }
    let macs = plain.replace('\n', "\r");
    let error = PeopleManifest::read(&bench.file("mac.csv", macs)).unwrap_err();
    assert!(error.to_string().contains("carriage return"), "{error}");
    let error = PeopleManifest::read(&bench.file("a.zip", b"PK\x03\x04")).unwrap_err();
    assert!(error.to_string().contains("zip archive"), "{error}");
    let error =
        PeopleManifest::read(&bench.file("file.csv", "filename,subject_id\na,b\n")).unwrap_err();
    assert!(error.next_step().unwrap().contains("if you meant the column `filename`"), "{error}");

    // Labels of people follow the same rules.
    let odd = "path,subject_id,race,age\na,ann,Black,30\nb,ben,black,-1\nc,cy,N/A,999\nd,ann,White,31\ne,dee,black,\nf,eve,unknown,40\n";
    let path = bench.file("odd.csv", odd);
    let manifest = PeopleManifest::read(&path).unwrap();
    let found: Vec<_> =
        manifest.warnings.iter().map(|w| (w.code.as_str(), w.count, w.lines.clone())).collect();
    assert_eq!(
        found,
        [
            ("contradictory_label", 1, vec![5]),
            ("impossible_value", 2, vec![3, 4]),
            ("label_spellings", 1, vec![2]),
            ("missing_word", 2, vec![4, 7]),
        ]
    );
    let race = |manifest: &PeopleManifest| -> Vec<Option<String>> {
        manifest.entries.iter().map(|entry| entry.values[0].clone()).collect()
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        race(&manifest),
        [some("Black"), some("black"), None, some("White"), some("black"), None]
    );
    let rules = LabelRules { merge_spellings: true, keep: vec!["unknown".into()] };
    assert_eq!(
        race(&PeopleManifest::read_with(&path, &rules).unwrap()),
        [some("black"), some("black"), None, some("White"), some("black"), some("unknown")]
    );

    // Labels beside records.
    let bare: String = csv(&HEADER, &rows(), ",")
        .lines()
        .map(|line| line.split(',').take(7).collect::<Vec<_>>().join(",") + "\n")
        .collect();
    let mut labels = ";Subject_ID;Race;Sex\n".to_owned();
    for person in 0..90 {
        let (race, sex) =
            (["Black", "White", "Asian"][person % 3], ["female", "male"][person / 3 % 2]);
        let _ = writeln!(labels, "{person};p{person};{race};{sex}");
    }
    let labels = bench.file("labels.csv.gz", gzip(format!("sep=;\r\n{labels}").as_bytes()));
    let labels = labels.display().to_string();
    let run = bench.audit("bare.csv", bare, &["--threshold", "0.4", "--labels", &labels]);
    run.same_as(&bench.plain, &["race", "sex"], "labels");
    assert!(run.warning("index_column").is_some());

    // Pairs, and presentations.
    let pairs = "reference,probe,mated,probe_race\na.jpg,b.jpg,1,Black\nc.jpg,a.jpg,0,White\n";
    let expected = PairList::read(&bench.file("pairs.csv", pairs)).unwrap();
    for (name, content) in [
        ("pairs.csv.zst", zstd::encode_all(pairs.as_bytes(), 3).unwrap()),
        ("pairs2.csv", format!("sep=;\n{}", pairs.replace(',', ";")).into_bytes()),
        (
            "pairs3.csv",
            pairs.replace("reference,probe,mated", "Reference,Probe,Mated").into_bytes(),
        ),
        (
            "pairs4.csv",
            pairs
                .replace("\na", "\n0,a")
                .replace("\nc", "\n1,c")
                .replacen("ref", "Unnamed: 0,ref", 1)
                .into_bytes(),
        ),
    ] {
        let list = PairList::read(&bench.file(name, content)).unwrap();
        let carried = |list: &PairList| -> Vec<_> {
            list.pairs.iter().map(|p| (p.reference, p.probe, p.mated, p.carried.clone())).collect()
        };
        assert_eq!(carried(&list), carried(&expected), "{name}");
        assert_eq!(list.columns, expected.columns, "{name}");
    }
    let pad = "Path|Subject_Id|Species|race\na.jpg|ann|bona_fide|Black\n";
    let list = PresentationManifest::read(&bench.file("pad.csv", pad)).unwrap();
    assert_eq!((list.entries.len(), list.attributes.as_slice()), (1, &["race".to_owned()][..]));
}

/// The files that others found in the field, with the expected result for each.
#[test]
fn the_field_files_have_the_numbers_of_the_plain_one() {
    let Some(data) = evenmatch_testkit::data_dir() else { return };
    let field = data.join("field");
    if !field.join("ok.csv").is_file() {
        let _: Option<()> =
            skip(Need::Photos, "no field files; set EVENMATCH_DATA to the folder of shared data");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let arguments = ["--fmr", "1e-1,1e-2", "--by", "race,sex", "--min-trials", "5"];
    let run = |name: &str, more: &[&str]| {
        audit(&field.join(name), &out, &[&arguments[..], more].concat())
    };
    let ok = run("ok.csv", &[]);
    let both = ["race", "sex"];
    let mut known = vec!["README.md".to_owned(), "ok.csv".to_owned()];
    let mut seen = |name: &str| {
        known.push(name.to_owned());
        name.to_owned()
    };
    for name in ["pandas_index.csv", "index.parquet"] {
        let run = run(&seen(name), &[]);
        run.same_as(&ok, &both, name);
        assert!(run.warning("index_column").is_some(), "{name}");
    }
    for name in ["gzip.parquet", "semi_decimalcomma.csv", "array.json", "header_case.csv"] {
        run(&seen(name), &[]).same_as(&ok, &both, name);
    }
    // This file lacks the last row of the plain one.
    let plain = std::fs::read_to_string(field.join("ok.csv")).unwrap();
    let lines = std::fs::read_to_string(field.join("sep_line.csv")).unwrap().lines().count();
    let cut: Vec<&str> = plain.lines().take(lines - 1).collect();
    let cut_file = folder.path().join("cut.csv");
    std::fs::write(&cut_file, cut.join("\n")).unwrap();
    let cut = audit(&cut_file, &out, &arguments);
    run(&seen("sep_line.csv"), &[]).same_as(&cut, &both, "sep_line.csv");
    run(&seen("book.xlsx"), &[]).refused(&["book.xlsx", "Excel workbook", "CSV"], "workbook");
    run(&seen("ok.zip"), &[]).refused(&["ok.zip", "zip archive", "take the file out"], "archive");
    run(&seen("distance_as_score.csv"), &[])
        .refused(&["less similar", "--lower-is-more-similar"], "distances");
    run("distance_as_score.csv", &["--lower-is-more-similar"]).same_as(&ok, &both, "distances");
    let variants = run(&seen("label_variants.csv"), &[]);
    assert_eq!(variants.rates(None), ok.rates(None));
    assert!(variants.warning("label_spellings").is_some());
    let merged = run("label_variants.csv", &["--merge-labels"]);
    // p-values are adjusted over all attributes, and race has other groups here.
    let groups = |run: &Run| -> Vec<Value> {
        run.rates(Some("sex")).iter().map(|attribute| attribute["groups"].clone()).collect()
    };
    assert_eq!(groups(&merged), groups(&ok));
    assert_eq!(merged.warning("label_spellings"), None);
    let missing = run(&seen("label_missing_unknown.csv"), &[]);
    assert_eq!(missing.rates(None), ok.rates(None));
    assert!(missing.warning("missing_word").is_some());
    let words = ["N/A", "unknown", "nan", "NA", "None"];
    assert!(!missing.groups("race").iter().any(|group| words.contains(&group.as_str())));
    let ages = audit(
        &field.join(seen("age_sentinels.csv")),
        &out,
        &["--fmr", "1e-1,1e-2", "--min-trials", "5"],
    );
    assert_eq!(ages.rates(None), ok.rates(None));
    assert!(ages.warning("impossible_value").is_some());
    let formula = run(&seen("formula.csv"), &[]);
    assert_eq!(formula.rates(None), ok.rates(None));
    let cells = std::fs::read_to_string(out.join("rates.csv")).unwrap();
    assert!(!cells.contains(",=") && !cells.contains(",\"="), "a formula is written");
    run(&seen("birthdates.csv"), &[]).same_as(&ok, &both, "birthdates.csv");
    // A file added later needs an expectation here.
    for item in std::fs::read_dir(&field).unwrap() {
        let name = item.unwrap().file_name().to_string_lossy().into_owned();
        assert!(known.contains(&name), "{name} has no expectation");
    }
}
