//! Reading record files: formats agree, errors name line and column, warnings count.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::io::Write as _;
use std::path::{Path, PathBuf};

use evenmatch_audit::records::{
    Dictionary, Format, MISSING, Mating, PadOutcome, ReadOptions, RecordFile, RecordSource,
    ScanSummary, Split,
};
use evenmatch_core::{Error, Result};

/// A row with names instead of codes, so that scans can be compared.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    people: (String, String),
    mating: Mating,
    score: Option<f64>,
    failure: Option<String>,
    split: Split,
    probe: Vec<Option<String>>,
    reference: Vec<Option<String>>,
    species: Option<String>,
    pad: Option<PadOutcome>,
    attempt: Option<u8>,
}

struct Scan {
    rows: Vec<Row>,
    dictionary: Dictionary,
    summary: ScanSummary,
}

fn scan_with(path: &Path, options: &ReadOptions) -> Result<Scan> {
    let mut dictionary = Dictionary::default();
    let mut rows = Vec::new();
    let summary = RecordFile::open(path, options)?.scan(&mut dictionary, &mut |names, batch| {
        for at in 0..batch.len() {
            let subject = |code: u32| names.subjects.name(code).to_owned();
            let groups = |columns: &[Vec<u16>]| {
                let name = |(column, symbols): (&Vec<u16>, &evenmatch_audit::records::Symbols)| {
                    (column[at] != MISSING).then(|| symbols.name(column[at].into()).to_owned())
                };
                columns.iter().zip(&names.groups).map(name).collect()
            };
            let species = batch.species.get(at).filter(|&&code| code > 0);
            let same_person = batch.probe_subject[at] == batch.reference_subject[at];
            if batch.mating[at] != Mating::Unstated {
                assert_eq!(same_person, batch.mating[at] == Mating::Mated);
            }
            rows.push(Row {
                people: (subject(batch.probe_subject[at]), subject(batch.reference_subject[at])),
                mating: batch.mating[at],
                score: Some(batch.score[at]).filter(|score| !score.is_nan()),
                failure: (batch.failure[at] > 0)
                    .then(|| names.failures[usize::from(batch.failure[at]) - 1].name.clone()),
                split: batch.split[at],
                probe: groups(&batch.probe_group),
                reference: groups(&batch.reference_group),
                species: species.map(|&code| names.species.name((code - 1).into()).to_owned()),
                pad: batch.pad_outcome.get(at).copied(),
                attempt: batch.attempt.get(at).copied(),
            });
        }
        Ok(())
    })?;
    Ok(Scan { rows, dictionary, summary })
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

fn scan_text(text: &str) -> Result<Scan> {
    let folder = Folder::new();
    scan_with(&folder.file("scores.csv", text), &ReadOptions::default())
}

/// The message of an error, without the folder of the file.
fn fault(name: &str, content: impl AsRef<[u8]>, options: &ReadOptions) -> Error {
    let folder = Folder::new();
    let path = folder.file(name, content);
    match scan_with(&path, options) {
        Ok(scan) => panic!("{} rows were read", scan.rows.len()),
        Err(error) => error,
    }
}

fn message(error: &Error) -> String {
    let text = error.to_string();
    let file = error.place().file.clone().unwrap();
    let name = Path::new(&file).file_name().unwrap().to_str().unwrap();
    assert!(error.next_step().is_some(), "no next step: {text}");
    text.replace(&file, name)
}

const NATIVE: &str = "\
probe_id,reference_id,probe_subject,reference_subject,mated,score,failure,probe_race,reference_race,split
p1,r1,s1,s1,1,0.75,,Black,Black,tune
p2,r1,s2,s1,0,-0.125,,White,Black,report
p3,r2,s3,s2,0,,no_face,,White,
p4,r4,s4,s4,true,1e-3,,White,White,report
";

#[test]
fn native_rows_become_columns() {
    let scan = scan_text(NATIVE).unwrap();
    assert_eq!(scan.dictionary.attributes, ["race"]);
    assert_eq!(scan.rows.len(), 4);
    assert_eq!(scan.rows[0].people, ("s1".into(), "s1".into()));
    assert_eq!(scan.rows[0].split, Split::Tune);
    let black = || Some("Black".to_owned());
    assert_eq!((scan.rows[1].score, scan.rows[1].mating), (Some(-0.125), Mating::NonMated));
    assert_eq!(scan.rows[1].reference, [black()]);
    assert_eq!(scan.rows[2].failure.as_deref(), Some("no_face"));
    assert_eq!((scan.rows[2].score, scan.rows[2].probe[0].clone()), (None, None));
    assert_eq!(scan.rows[3].mating, Mating::Mated);
    assert_eq!(scan.summary.warnings, []);
    assert_eq!(scan.summary.inputs[0].format, "evenmatch");
    assert_eq!(scan.summary.inputs[0].sha256, evenmatch_core::Digest::of(NATIVE.as_bytes()));
}

#[test]
fn every_dress_of_the_same_rows_reads_the_same() {
    let plain = scan_text(NATIVE).unwrap().rows;
    let folder = Folder::new();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(NATIVE.as_bytes()).unwrap();
    let quoted: String = NATIVE
        .lines()
        .map(|line| {
            line.split(',').map(|field| format!("\"{field}\"")).collect::<Vec<_>>().join(",")
        })
        .map(|line| line + "\n")
        .collect();
    let mut json = String::new();
    let mut lines = NATIVE.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    for fields in lines {
        let pairs: Vec<String> = header
            .iter()
            .zip(fields)
            .map(|(key, value)| match *key {
                "score" if value.is_empty() => format!("\"{key}\": null"),
                "score" | "mated" => format!("\"{key}\": {value}"),
                _ => format!("\"{key}\": \"{value}\""),
            })
            .collect();
        json += &format!("{{{}}}\n", pairs.join(", "));
    }
    let dresses = [
        ("windows.csv", NATIVE.replace('\n', "\r\n").into_bytes()),
        ("mark.csv", [b"\xef\xbb\xbf", NATIVE.as_bytes()].concat()),
        ("unended.csv", NATIVE.trim_end().as_bytes().to_vec()),
        ("blank.csv", format!("\n{}\n\n", NATIVE.replace('\n', "\n\n")).into_bytes()),
        ("quoted.csv", quoted.into_bytes()),
        ("tabs.tsv", NATIVE.replace(',', "\t").into_bytes()),
        ("semicolons.csv", NATIVE.replace(',', ";").into_bytes()),
        ("spaced.csv", NATIVE.replace(',', " , ").into_bytes()),
        ("scores.csv.gz", gzip.finish().unwrap()),
        ("scores.jsonl", json.into_bytes()),
    ];
    for (name, content) in dresses {
        let scan = scan_with(&folder.file(name, content), &ReadOptions::default());
        assert_eq!(scan.unwrap_or_else(|error| panic!("{name}: {error}")).rows, plain, "{name}");
    }
}

#[test]
fn codes_do_not_depend_on_threads() {
    // Over two MiB, so that there are several blocks.
    let mut text = NATIVE.lines().next().unwrap().to_owned() + "\n";
    for row in 0..60_000_u64 {
        let other = row * 7919 % 5003;
        text +=
            &format!("p{row},q{row},s{row},t{other},0,0.{row},,g{},g{},\n", row % 11, other % 13);
    }
    let folder = Folder::new();
    let path = folder.file("many.csv", &text);
    assert!(text.len() > 2_500_000);
    let scan =
        |threads| scan_with(&path, &ReadOptions { threads, ..ReadOptions::default() }).unwrap();
    let one = scan(1);
    assert_eq!(one.rows.len(), 60_000);
    for threads in [2, 5] {
        let many = scan(threads);
        assert!(many.rows == one.rows, "{threads} threads");
        assert!(many.dictionary.subjects.names().eq(one.dictionary.subjects.names()));
        assert!(many.dictionary.groups[0].names().eq(one.dictionary.groups[0].names()));
    }
    // Order of first appearance: a row's probe before its reference.
    let first: Vec<&str> = one.dictionary.subjects.names().take(4).collect();
    assert_eq!(first, ["s0", "t0", "s1", "t2916"]);
}

#[test]
fn an_error_of_the_sink_ends_the_scan() {
    let folder = Folder::new();
    let text = NATIVE.to_owned() + &"a,b,s8,s9,0,0.5,,,,\n".repeat(300_000);
    let mut file = RecordFile::open(&folder.file("a.csv", text), &ReadOptions::default()).unwrap();
    let mut calls = 0;
    let error = file
        .scan(&mut Dictionary::default(), &mut |_, _| {
            calls += 1;
            Err(Error::new(evenmatch_core::ErrorKind::Io, evenmatch_core::Stage::Audit, "full"))
        })
        .unwrap_err();
    assert_eq!((calls, error.to_string().as_str()), (1, "full"));
    assert!(file.scan(&mut Dictionary::default(), &mut |_, _| Ok(())).is_err(), "a second scan");
}

/// A header with two rows, the second of which is broken, and the expected message.
const HEADER: &str = "probe_id,reference_id,probe_subject,reference_subject,mated,score,failure,split,\
attack_species,pad_outcome,probe_attempt,pad_score";
const GOOD: &str = "p,r,s,s,1,0.5,,,,,1,";

#[test]
fn faults_name_file_line_and_column() {
    assert_eq!(scan_text(&format!("{HEADER}\n{GOOD}\n")).unwrap().rows.len(), 1);
    for (row, expected) in [
        ("a,b,s,t,0,NaN,,,,,,", "3:6: `score` is NaN, which is not a number"),
        ("a,b,s,t,0,inf,,,,,,", "3:6: `score` is infinite or too large: \"inf\""),
        ("a,b,s,t,0,1e999,,,,,,", "3:6: `score` is infinite or too large: \"1e999\""),
        ("a,b,s,t,0,0;5,,,,,,", "3:6: `score` is not a number: \"0;5\""),
        ("a,b,s,t,0,0.5,no_face,,,,,", "3:7: both a score (0.5) and a failure (`no_face`)"),
        ("a,b,s,t,0,,,,,,,", "3:6: neither a score nor a failure"),
        ("a,b,s,t,2,0.5,,,,,,", "3:5: unknown value of `mated`: \"2\""),
        ("a,b,s,t,,0.5,,,,,,", "3:5: the row does not say whether the pair is mated"),
        ("a,b,s,t,1,0.5,,,,,,", "3:5: marked mated, but the subjects differ: `s` and `t`"),
        ("a,b,s,s,0,0.5,,,,,,", "3:5: marked non-mated, but both samples show `s`"),
        ("a,b,,s,0,0.5,,,,,,", "3:3: the row does not say whose sample the probe is"),
        ("a,b,s,t,0,0.5,,test,,,,", "3:8: unknown value of `split`: \"test\""),
        ("a,b,s,t,0,0.5,,,,maybe,,", "3:10: unknown value of `pad_outcome`: \"maybe\""),
        ("a,b,s,t,0,0.5,,,,,0,", "3:11: unknown value of `probe_attempt`: \"0\""),
        ("a,b,s,t,0,0.5,,,,,,high", "3:12: `pad_score` is not a number: \"high\""),
        ("a,b,s,t,0,0.5,,", "3:9: 8 fields, but there are 12 columns"),
        ("a,b,s,t,0,0.5,,,,,,,,", "3:13: 14 fields, but there are 12 columns"),
        ("a,b,s,t,0,0.5,\"x\"y,,,,,", "3:7: text after a closing quote"),
        ("a,b,s,t,0,0.5,x\"y,,,,,", "3:7: a quote in the middle of a field"),
        ("p,r,s,s,1,0.25,,,,,,", "3:6: this pair has a different score or failure in line 2"),
        (
            "p,r,t,s,0,0.5,,,,,,",
            "3:5: this pair is mated in one row and non-mated in another (line 2)",
        ),
        ("p,r,u,u,1,0.5,,,,,,", "3:3: these samples belong to other people in line 2"),
    ] {
        let text = format!("{HEADER}\n{GOOD}\n{row}\n");
        let error = fault("scores.csv", text, &ReadOptions::default());
        assert_eq!(message(&error), format!("scores.csv:{expected}"), "{row}");
    }
}

#[test]
fn files_that_are_no_records_are_explained() {
    let default = ReadOptions::default();
    let bytes = |text: &str| text.as_bytes().to_vec();
    let header = HEADER.as_bytes();
    for (content, expected) in [
        (bytes(""), "x.csv: the file contains no records"),
        (bytes("\n \n"), "x.csv: the file contains no records"),
        (bytes(HEADER), "x.csv: there is a header, but there are no records"),
        (b"\xff\xfep\0".to_vec(), "x.csv:1:1: the file is in UTF-16"),
        ([header, b"\np,r,s,\xe9,1,"].concat(), "x.csv:2:4: the byte 0xe9 is not UTF-8"),
        (bytes("mated,score\r0,0.5\r"), "x.csv:1: lines end with a carriage return only"),
        (bytes("mated,score,colour\n0,0.5,red\n"), "x.csv:1:3: unknown column `colour`"),
        (bytes("mated,score,score\n0,0.5,1\n"), "x.csv:1:3: there is a second column for score"),
        (bytes("mated,score\n\"0,0.5\n"), "x.csv:2:1: a quote is never closed"),
        (
            bytes("probe_id,score\na,0.5\n"),
            "x.csv:1: the file needs both `probe_id` and `reference_id`; the columns are `probe_id`, `score`",
        ),
        (b"\x1f\x8b\x08\0\0\0\0\0".to_vec(), "x.csv:1: the compressed file ends too early"),
        (
            b"PAR1PAR1".to_vec(),
            match cfg!(feature = "parquet") {
                true => "x.csv:1: the Parquet file could not be decoded",
                false => "x.csv: this build cannot read Parquet",
            },
        ),
    ] {
        assert_eq!(message(&fault("x.csv", &content, &default)), expected);
    }
    let missing = RecordFile::open(Path::new("no/such/file.csv"), &default).err().unwrap();
    assert_eq!(missing.to_string(), "no/such/file.csv: there is no such file");
}

#[test]
fn the_first_fault_of_the_file_wins_on_any_number_of_threads() {
    let mut text = format!("{HEADER}\n");
    for row in 0..120_000 {
        text += &format!("a{row},b{row},s{row},t,0,0.5,,,,,,\n");
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut broken = lines.clone();
    for line in [50_001, 90_001, 110_001] {
        broken[line - 1] = "x,y,s,t,0,NaN,,,,,,";
    }
    let text = broken.join("\n");
    for threads in [1, 2, 4] {
        let options = ReadOptions { threads, ..ReadOptions::default() };
        let error = fault("scores.csv", &text, &options);
        assert_eq!(error.place().line, Some(50_001), "{threads} threads");
    }
}

#[test]
fn odd_rows_are_counted() {
    let scan = scan_text(
        "probe_id,reference_id,probe_subject,reference_subject,mated,score,probe_sex\n\
         a,b,s,t,0,0.5,F\n\
         a,b,s,t,0,0.5,F\n\
         b,a,t,s,0,0.25,M\n\
         c,c,u,u,1,1,M\n\
         a,b,s,t,0,0.5,F\n",
    )
    .unwrap();
    let warnings: Vec<_> = scan
        .summary
        .warnings
        .iter()
        .map(|warning| (warning.code.as_str(), warning.count, warning.lines.as_slice()))
        .collect();
    assert_eq!(
        warnings,
        [
            ("duplicate_pair", 2, &[3, 6][..]),
            ("one_sided_attribute", 5, &[]),
            ("reversed_pair", 1, &[4]),
            ("self_comparison", 1, &[5]),
        ]
    );
}

#[test]
fn attack_rows_need_no_mating() {
    let scan = scan_text(
        "probe_id,reference_id,probe_subject,reference_subject,mated,score,failure,attack_species,pad_outcome,probe_attempt\n\
         a,b,s,s,,0.9,,print,fail,\n\
         c,,,,,,,replay,inconclusive,\n\
         d,,u,,,,,,pass,2\n\
         e,f,v,v,1,0.8,,bona_fide,pass,1\n\
         g,,w,,,,detect:no_face_found,,inconclusive,\n",
    )
    .unwrap();
    let species: Vec<_> = scan.rows.iter().map(|row| row.species.as_deref()).collect();
    assert_eq!(species, [Some("print"), Some("replay"), None, None, None]);
    let mating: Vec<_> = scan.rows.iter().map(|row| row.mating).collect();
    use Mating::{Mated, Unstated};
    assert_eq!(mating, [Unstated, Unstated, Unstated, Mated, Unstated]);
    assert_eq!(scan.rows[4].failure.as_deref(), Some("detect:no_face_found"));
    assert_eq!(scan.rows[0].score, Some(0.9));
    let pad: Vec<_> = scan.rows.iter().filter_map(|row| row.pad).collect();
    assert_eq!(
        pad,
        [
            PadOutcome::Fail,
            PadOutcome::NonResponse,
            PadOutcome::Pass,
            PadOutcome::Pass,
            PadOutcome::NonResponse
        ]
    );
    assert_eq!(scan.rows[2].attempt, Some(2));
}

#[test]
fn numbers_are_binned_where_bins_are_known() {
    let text = "mated,score,probe_ita,reference_ita,probe_age,reference_age\n\
                0,0.5,60,-31,20-29,17\n";
    let scan = scan_text(text).unwrap();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(scan.dictionary.attributes, ["age", "ita"]);
    assert_eq!(scan.rows[0].probe, [some("20-29"), some("55 and over")]);
    assert_eq!(scan.rows[0].reference, [some("13 to under 18"), some("under -30")]);
    let codes: Vec<&str> =
        scan.summary.warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(codes, ["no_sample_ids", "no_subjects"]);
}

fn import(format: Format, map: &[(&str, &str)], content: &str) -> Result<Scan> {
    let folder = Folder::new();
    let map = map.iter().map(|&(column, role)| (column.to_owned(), role.to_owned())).collect();
    let options = ReadOptions { format: Some(format), map, ..ReadOptions::default() };
    scan_with(&folder.file("scores.txt", content), &options)
}

fn pairs(scan: &Scan) -> Vec<(&str, &str, Mating, Option<f64>)> {
    scan.rows
        .iter()
        .map(|row| (row.people.0.as_str(), row.people.1.as_str(), row.mating, row.score))
        .collect()
}

use Mating::{Mated, NonMated};

#[test]
fn bob_files_with_four_and_five_columns() {
    let four = "1 1 a/1_2 0.75\n1 2 a/2_1 -0.5\n1 attack/print a/9 0.3\n1 1 a/1_3 nan\n";
    let scan = import(Format::Bob, &[], four).unwrap();
    assert_eq!(
        pairs(&scan),
        [
            ("1", "1", Mated, Some(0.75)),
            ("2", "1", NonMated, Some(-0.5)),
            ("attack/print", "1", Mating::Unstated, Some(0.3)),
            ("1", "1", Mated, None),
        ]
    );
    assert_eq!(scan.rows[2].species.as_deref(), Some("print"));
    assert_eq!(scan.rows[3].failure.as_deref(), Some("failure_to_acquire"));
    let five = "1 m1 1 a/1_2 0.75\n1 m1 2 a/2_1 -0.5\n";
    let five = import(Format::Bob, &[], five).unwrap();
    assert_eq!(pairs(&five), pairs(&scan)[..2]);
    let error = import(Format::Bob, &[], "1 2 3\n").err().unwrap();
    assert!(error.to_string().ends_with("3 columns; a bob score file has 4 or 5, or a header"));
}

#[test]
fn bob_csv_is_recognised() {
    let text = "probe_template_id,probe_subject_id,probe_sex,probe_attack_type,bio_ref_template_id,bio_ref_subject_id,bio_ref_sex,score\n\
                p1,s1,F,,m1,s1,F,0.5\np2,s2,M,,m1,s1,F,0.1\np3,s1,F,mask,m1,s1,F,\n";
    let folder = Folder::new();
    let mut options = ReadOptions::default();
    let error = scan_with(&folder.file("a.csv", text), &options).err().unwrap();
    assert!(error.to_string().contains(":4:8: neither a score nor a failure"), "{error}");
    let text = text.replace("m1,s1,F,\n", "m1,s1,F,NaN\n");
    let path = folder.file("b.csv", &text);
    let scan = scan_with(&path, &options).unwrap();
    options.format = Some(Format::Bob);
    assert_eq!(scan.rows, scan_with(&path, &options).unwrap().rows);
    assert_eq!(scan.summary.inputs[0].format, "bob");
    assert_eq!(scan.dictionary.attributes, ["sex"]);
    assert_eq!(pairs(&scan)[1], ("s2", "s1", NonMated, Some(0.1)));
    assert_eq!(scan.rows[2].species.as_deref(), Some("mask"));
}

#[test]
fn bfw_needs_to_know_the_scores() {
    let text = ",fold,p1,p2,label,id1,id2,att1,att2,vgg16,resnet50,a1,a2,g1,g2,e1,e2\n\
                0,1,asian_females/n000009/0010_01.jpg,asian_females/n000009/0043_01.jpg,1,0,0,asian_females,asian_females,0.820,0.703,AF,AF,F,F,A,A\n\
                1,1,asian_females/n000009/0010_01.jpg,white_males/n000017/0001_01.jpg,0,0,0,asian_females,white_males,0.120,0.203,AF,WM,F,M,A,W\n";
    let error = import(Format::Bfw, &[], text).err().unwrap();
    assert!(error.to_string().ends_with("any of vgg16, resnet50 may be the scores"), "{error}");
    let scan = import(Format::Bfw, &[("resnet50", "score")], text).unwrap();
    assert_eq!(
        pairs(&scan),
        [
            ("asian_females/n000009", "asian_females/n000009", Mated, Some(0.703)),
            ("asian_females/n000009", "white_males/n000017", NonMated, Some(0.203)),
        ]
    );
    assert_eq!(scan.dictionary.attributes, ["ethnicity", "gender"]);
    assert_eq!(scan.rows[1].reference, [Some("W".to_owned()), Some("M".to_owned())]);
}

#[test]
fn lfw_and_rfw_pairs() {
    let text = "10\t300\nAnn\t1\t2\t0.75\nAnn\t1\tBob\t3\t0.25\n";
    let scan = import(Format::Lfw, &[], text).unwrap();
    let expected = [("Ann", "Ann", Mated, Some(0.75)), ("Ann", "Bob", NonMated, Some(0.25))];
    assert_eq!(pairs(&scan), expected);
    // People may be numbers, and the header may be missing.
    let scan = import(Format::Lfw, &[], "7 1 2 1\n7 1 8 3 0\n").unwrap();
    let expected = [("7", "7", Mated, Some(1.0)), ("7", "8", NonMated, Some(0.0))];
    assert_eq!(pairs(&scan), expected);
    let text = "m.01 1 2 0.75 African\nm.01 1 m.02 3 0.25 African\n";
    let scan = import(Format::Lfw, &[], text).unwrap();
    assert_eq!(scan.dictionary.attributes, ["group"]);
    assert_eq!(scan.rows[1].reference, [Some("African".to_owned())]);
}

#[test]
fn frte_logs_take_people_from_labels() {
    let log = "enrollTempl verifTempl simScore returnCode\n1.template 2.template 0.9 0\n\
               1.template 4.template 0.1 0\n3.template 4.template -1 5\n";
    let error = import(Format::Frte, &[], log).err().unwrap();
    assert!(error.to_string().contains("a `mated` column, or `probe_subject`"), "{error}");
    let folder = Folder::new();
    let labels = "sample_id,subject_id,sex\n1,S1,F\n2,S1,F\n3,S2,M\n4,S2,M\n";
    let options =
        ReadOptions { labels: Some(folder.file("labels.csv", labels)), ..ReadOptions::default() };
    let scan = scan_with(&folder.file("match.log", log), &options).unwrap();
    assert_eq!(
        pairs(&scan),
        [
            ("S1", "S1", Mated, Some(0.9)),
            ("S2", "S1", NonMated, Some(0.1)),
            ("S2", "S2", Mated, None),
        ]
    );
    assert_eq!(scan.rows[2].failure.as_deref(), Some("return_code"));
    assert_eq!(scan.rows[1].probe, [Some("M".to_owned())]);
    assert_eq!(scan.summary.inputs.len(), 2);
    let lacking = folder.file("few.csv", "sample_id,subject_id\n1,S1\n2,S1\n");
    let options = ReadOptions { labels: Some(lacking), ..ReadOptions::default() };
    let error = scan_with(&folder.file("match.log", log), &options).err().unwrap();
    assert!(
        error.to_string().ends_with(":3:2: the row does not say whose sample the probe is"),
        "{error}"
    );
}

#[test]
fn generic_tables_are_mapped() {
    let text = "a;b;who_a;who_b;dist;ethnicity;note\nx;y;1;1;0.25;A;n\nx;z;1;2;0.75;A;n\n";
    let map = [
        ("a", "probe_id"),
        ("b", "reference_id"),
        ("who_a", "probe_subject"),
        ("who_b", "reference_subject"),
        ("dist", "distance"),
        ("ethnicity", "pair_race"),
    ];
    let scan = import(Format::Generic, &map, text).unwrap();
    assert_eq!(pairs(&scan), [("1", "1", Mated, Some(-0.25)), ("1", "2", NonMated, Some(-0.75))]);
    assert_eq!(scan.rows[1].reference, [Some("A".to_owned())]);
    let codes: Vec<_> = scan.summary.warnings.iter().map(|warning| &warning.code).collect();
    assert_eq!(codes, ["ignored_column"]);
    for (column, role, expected) in [
        ("c", "score", "there is no column `c` to map"),
        ("a", "frobnicate", "there is no role `frobnicate` for the column `a`"),
    ] {
        let error = import(Format::Generic, &[(column, role)], text).err().unwrap();
        assert!(error.to_string().ends_with(expected), "{error}");
    }
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_reads_like_csv() {
    use std::sync::Arc;

    use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    let schema = "message records {
        REQUIRED BYTE_ARRAY probe_id (UTF8); REQUIRED BYTE_ARRAY reference_id (UTF8);
        REQUIRED BYTE_ARRAY probe_subject (UTF8); REQUIRED BYTE_ARRAY reference_subject (UTF8);
        REQUIRED BOOLEAN mated; OPTIONAL DOUBLE score; OPTIONAL BYTE_ARRAY failure (UTF8);
        OPTIONAL BYTE_ARRAY probe_race (UTF8); OPTIONAL BYTE_ARRAY reference_race (UTF8);
        OPTIONAL BYTE_ARRAY split (UTF8); }";
    let folder = Folder::new();
    let path = folder.0.path().join("scores.parquet");
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties =
        WriterProperties::builder().set_compression(parquet::basic::Compression::SNAPPY).build();
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, properties.into()).unwrap();
    let rows: Vec<Vec<&str>> =
        NATIVE.lines().skip(1).map(|line| line.split(',').collect()).collect();
    // Two row groups.
    for rows in rows.chunks(2) {
        let mut group = writer.next_row_group().unwrap();
        let mut at = 0;
        while let Some(mut column) = group.next_column().unwrap() {
            let values = rows.iter().map(|row| row[at]).filter(|value| !value.is_empty());
            let levels: Vec<i16> = rows.iter().map(|row| i16::from(!row[at].is_empty())).collect();
            match at {
                4 => {
                    let values: Vec<bool> = values.map(|v| v == "1" || v == "true").collect();
                    column.typed::<BoolType>().write_batch(&values, None, None).unwrap();
                }
                5 => {
                    let values: Vec<f64> = values.map(|value| value.parse().unwrap()).collect();
                    column.typed::<DoubleType>().write_batch(&values, Some(&levels), None).unwrap();
                }
                _ => {
                    let values: Vec<ByteArray> = values.map(ByteArray::from).collect();
                    let levels = (at > 4).then_some(levels.as_slice());
                    column.typed::<ByteArrayType>().write_batch(&values, levels, None).unwrap();
                }
            }
            column.close().unwrap();
            at += 1;
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
    let scan = scan_with(&path, &ReadOptions::default()).unwrap();
    assert_eq!(scan.rows, scan_text(NATIVE).unwrap().rows);
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(scan.summary.inputs[0].sha256, evenmatch_core::Digest::of(&bytes));
    // A file cut short is an error, not a panic.
    for keep in [8, bytes.len() / 2, bytes.len() - 9] {
        let cut = folder.file("cut.parquet", &bytes[..keep]);
        assert!(scan_with(&cut, &ReadOptions::default()).is_err(), "{keep} bytes");
    }
}
