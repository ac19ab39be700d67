//! Suspected label errors, from scores to corrected pairs, and the page that shows them.
//!
//! `cargo test -p evenmatch-lab label_check:: -- --ignored --nocapture` searches the real data sets.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use std::collections::HashMap;

use evenmatch::{Policy, Probe, Source, model::Profile};
use evenmatch_core::ErrorKind;
use evenmatch_lab::label_check::{
    Corrections, DataRow, Limits, Overrides, Spread, Suspect, SuspectKind, Verdict, Verdicts,
    suspects, write_csv, write_page,
};
use evenmatch_scores::crossmatch::ScoredPair;
use evenmatch_testkit::Random;
use image::{Rgb, RgbImage};
use rayon::prelude::*;

/// Normally distributed scores.
struct Normal(Random);

impl Normal {
    fn new(seed: u64) -> Self {
        Normal(Random::new(seed))
    }

    fn score(&mut self, mean: f64, sd: f64) -> f32 {
        (mean + sd * self.0.normal()) as f32
    }
}

/// Scores as pairs of rows; only their index distinguishes the pairs.
fn pairs(scores: &[f32]) -> impl Iterator<Item = ScoredPair> + '_ {
    (0..).zip(scores).map(|(a, &score)| ScoredPair { a, b: a + 1_000_000, score })
}

#[test]
fn planted_label_errors_are_found_with_few_false_alarms() {
    for seed in 1..=5 {
        let mut normal = Normal::new(seed);
        // One non-mated pair in ten is of people who look alike to the model.
        let mut nonmated: Vec<f32> =
            (0..200_000).map(|i| normal.score(if i % 10 == 0 { 0.1 } else { 0.02 }, 0.1)).collect();
        let mut mated: Vec<f32> = (0..3000).map(|_| normal.score(0.66, 0.1)).collect();
        for _ in 0..40 {
            nonmated.push(normal.score(0.72, 0.07));
        }
        for _ in 0..30 {
            mated.push(normal.score(0.02, 0.1));
        }
        let spread = Spread::of(&nonmated).unwrap();
        let of_mated = Spread::of(&mated).unwrap();
        let limits = Limits::estimate(Some(&spread), Some(&of_mated), Overrides::default());
        let found = suspects(pairs(&nonmated), pairs(&mated), &limits.unwrap());
        let count = |kind, from: u32, planted: bool| {
            let of_kind = found.iter().filter(|suspect| suspect.kind == kind);
            of_kind.filter(|suspect| (suspect.a >= from) == planted).count()
        };
        let (high, low) = (SuspectKind::NonmatedAbove, SuspectKind::MatedBelow);
        let hits = (count(high, 200_000, true), count(low, 3000, true));
        let alarms = (count(high, 200_000, false), count(low, 3000, false));
        assert!(hits.0 >= 39 && hits.1 >= 29, "seed {seed}: {hits:?}");
        assert!(alarms.0 <= 2 && alarms.1 <= 3, "seed {seed}: {alarms:?}");

        // Without mated pairs the threshold is higher, and most are still found.
        let limits = Limits::estimate(Some(&spread), None, Overrides::default()).unwrap();
        let found = suspects(pairs(&nonmated), [], &limits);
        assert!(found.len() >= 30 && found.iter().all(|s| s.a >= 200_000), "{}", found.len());
    }
}

const NAMES: [(&str, &str); 7] = [
    ("a/1.jpg", "Ada \"the first\", of <script>alert(1)</script>"),
    ("a/2, again.jpg", "Ada \"the first\", of <script>alert(1)</script>"),
    ("b/\"q\".jpg", "Béa & 'Co'"),
    ("b/line\nend.jpg", "Béa & 'Co'"),
    ("c/5.jpg", "Chioma"),
    ("d/6.jpg", "=Dai"),
    ("d/<img src=x onerror=alert(2)>.jpg", "=Dai"),
];

fn data() -> Vec<DataRow<'static>> {
    NAMES.iter().map(|&(path, subject)| DataRow { path, subject }).collect()
}

const SUBJECTS: [u32; 7] = [0, 0, 1, 1, 2, 3, 3];

fn some_suspects() -> Vec<Suspect> {
    let suspect = |kind, a, b, score, limit| Suspect { kind, a, b, score, limit };
    vec![
        suspect(SuspectKind::NonmatedAbove, 0, 3, 0.913_25, 0.52),
        suspect(SuspectKind::MatedBelow, 5, 6, -0.043, 0.27),
        suspect(SuspectKind::NonmatedAbove, 2, 4, 0.71, 0.52),
        suspect(SuspectKind::MatedBelow, 2, 3, 0.2, 0.27),
    ]
}

fn written(known: &Verdicts) -> String {
    let mut file = Vec::new();
    write_csv(&mut file, &some_suspects(), &data(), known).unwrap();
    String::from_utf8(file).unwrap()
}

#[test]
fn verdicts_survive_writing_and_reading() {
    let empty = written(&Verdicts::default());
    assert!(empty.starts_with("kind,a_path,b_path,a_subject,b_subject,score,verdict\n"));
    assert!(Verdicts::parse(empty.as_bytes(), &data()).unwrap().is_empty());
    let verdicts: Verdicts = [
        ((3, 0), Verdict::SamePerson),
        ((5, 6), Verdict::DifferentPeople),
        ((2, 4), Verdict::Unsure),
    ]
    .into_iter()
    .collect();
    let text = written(&verdicts);
    assert_eq!(Verdicts::parse(text.as_bytes(), &data()).unwrap(), verdicts);
    assert_eq!((verdicts.get(0, 3), verdicts.get(2, 3)), (Some(Verdict::SamePerson), None));

    // A spreadsheet may add a byte-order mark and carriage returns, and reorder columns.
    let other = "\u{feff}verdict,score,b_subject,b_path,a_subject,a_path,kind,note\r\n\
                 same_person ,0.9,=Dai,d/6.jpg,Chioma,c/5.jpg,nonmated_above,twins?\r\n";
    let read = Verdicts::parse(other.as_bytes(), &data()).unwrap();
    assert_eq!(read.iter().collect::<Vec<_>>(), [((4, 5), Verdict::SamePerson)]);
    let read = Verdicts::parse(other.replace(',', ";").as_bytes(), &data()).unwrap();
    assert_eq!(read.iter().collect::<Vec<_>>(), [((4, 5), Verdict::SamePerson)]);
    // A name that a spreadsheet would run as a formula is made harmless, and restored on reading.
    assert!(text.contains("'=Dai") && !text.contains(",=Dai"));
}

#[test]
fn bad_rows_are_named_by_file_and_line() {
    let header = "kind,a_path,b_path,a_subject,b_subject,score,verdict\n";
    let good = "nonmated_above,c/5.jpg,d/6.jpg,Chioma,=Dai,0.9,same_person\n";
    let cases = [
        ("nonmated_above,c/5.jpg,d/6.jpg,Chioma,=Dai,0.9,same\n", "3:7: `same` is not a verdict"),
        ("nonmated_above,c/9.jpg,d/6.jpg,Chioma,=Dai,0.9,\n", "3:2: `c/9.jpg` is not in the data"),
        ("nonmated_above,c/5.jpg,d/7.jpg,Chioma,=Dai,0.9,unsure\n", "3:3: `d/7.jpg` is not"),
        ("nonmated_above,c/5.jpg,d/6.jpg,Chidi,=Dai,0.9,\n", "3:4: the data has `c/5.jpg` under"),
        ("above,c/5.jpg,d/6.jpg,Chioma,=Dai,0.9,\n", "3:1: `above` is not a kind"),
        ("mated_below,c/5.jpg,d/6.jpg,Chioma,=Dai,0.9,\n", "3:1: `mated_below` does not match"),
        ("nonmated_above,c/5.jpg,c/5.jpg,Chioma,Chioma,0.9,\n", "3:3: a photo is paired with"),
        ("nonmated_above,c/5.jpg\n", "3: this is not CSV in UTF-8"),
        (
            "nonmated_above,d/6.jpg,c/5.jpg,=Dai,Chioma,0.9,different_people\n",
            "3:7: line 2 has another verdict on the same pair",
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("suspects.csv");
    for (row, message) in cases {
        std::fs::write(&path, format!("{header}{good}{row}")).unwrap();
        let error = Verdicts::read(&path, &data()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRecord);
        let text = error.to_string();
        assert!(text.contains(&format!("suspects.csv:{message}")), "{row:?} gave {text}");
    }
    // The same verdict twice and a row without a verdict are not contradictions.
    let fine = format!("{header}{good}{good}{}", good.replace("same_person", ""));
    assert_eq!(Verdicts::parse(fine.as_bytes(), &data()).unwrap().len(), 1);
    // Blank lines are not rows, but they count as lines; so do line ends within a field.
    let broken = good.replace("c/5.jpg", "\"b/line\nend.jpg\"").replace("Chioma", "Béa & 'Co'");
    for (text, line) in [
        (format!("{header}\n\n{}", cases[0].0), 4),
        (format!("{header}\n{good}\n{}", cases[0].0).replace('\n', "\r\n"), 5),
        (format!("\u{feff}{header}{broken}{}", cases[0].0), 4),
    ] {
        let error = Verdicts::parse(text.as_bytes(), &data()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("line {line}:7: `same`")), "{text:?} gave {error}");
    }
    let error = Verdicts::parse("kind,a_path\n".as_bytes(), &data()).unwrap_err();
    assert_eq!(error.to_string(), "line 1: the column `b_path` is missing");
    let twice = [data()[4], data()[4], data()[5]];
    let error = Verdicts::parse(format!("{header}{good}").as_bytes(), &twice).unwrap_err();
    assert_eq!(error.to_string(), "line 2:2: the data lists `c/5.jpg` twice");
    let missing = Verdicts::read(&folder.path().join("none.csv"), &data()).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Io);
}

#[test]
fn what_a_person_wrote_becomes_corrections() {
    let rows = |text: &str| {
        let verdicts = Verdicts::parse(text.as_bytes(), &data()).unwrap();
        Corrections::new(&verdicts, &SUBJECTS)
    };
    let filled: String = written(&Verdicts::default())
        .replace("0.913250,", "0.913250,same_person")
        .replace("-0.043000,", "-0.043000,different_people")
        .replace("0.710000,", "0.710000,unsure");
    let corrections = rows(&filled);
    assert_eq!(corrections.excluded_subject_pairs.iter().collect::<Vec<_>>(), [&(0, 1)]);
    assert_eq!(corrections.excluded_sample_pairs.iter().collect::<Vec<_>>(), [&(5, 6)]);
    for (a, b, expected) in
        [(0, 2, true), (3, 1, true), (6, 5, true), (2, 4, false), (2, 3, false), (0, 1, false)]
    {
        assert_eq!(corrections.excludes(a, b), expected, "{a} {b}");
    }
    assert!(rows(&written(&Verdicts::default())).is_empty());
}

/// A drawn face that shows nobody.
fn drawn(row: u32) -> RgbImage {
    let hue = row as u8 * 25;
    RgbImage::from_fn(112, 112, |x, y| {
        let inside = |cx: f32, cy: f32, rx: f32, ry: f32| {
            ((x as f32 - cx) / rx).powi(2) + ((y as f32 - cy) / ry).powi(2) < 1.0
        };
        Rgb(if inside(38.0, 52.0, 5.0, 4.0) || inside(74.0, 52.0, 5.0, 4.0) {
            [40, 30, 20]
        } else if inside(56.0, 92.0, 15.0, 4.0) {
            [150, 60, 60]
        } else if inside(56.0, 62.0, 42.0, 54.0) {
            [230 - hue, 190 - hue, 160 - hue]
        } else {
            [90, 110 + hue / 2, 130]
        })
    })
}

fn page(known: &Verdicts) -> String {
    let mut file = Vec::new();
    let crop = |row| (row != 4).then(|| drawn(row));
    write_page(&mut file, &some_suspects(), &data(), known, crop).unwrap();
    String::from_utf8(file).unwrap()
}

#[test]
fn the_page_is_whole_and_asks_for_nothing() {
    let known: Verdicts = [((5, 6), Verdict::DifferentPeople)].into_iter().collect();
    let page = page(&known);
    let kept = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("suspects.html");
    std::fs::write(&kept, &page).unwrap();
    println!("review this page: {}", kept.display());

    let warning = "keep it on this computer, and delete it when you are done";
    assert!(page.find(warning).unwrap() < page.find("<main>").unwrap());
    for request in ["http:", "https:", "//www", "url(", "@import", "<link rel=\"style", "fetch("] {
        assert!(!page.contains(request), "{request}");
    }
    assert_eq!(page.matches("src=\"data:image/jpeg;base64,").count(), 7);
    assert_eq!(page.matches("<img").count(), 7);
    assert_eq!(page.matches("No face to show").count(), 1);
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("</script").count(), 1);
    assert!(!page.contains("<img src=x"));
    assert!(page.contains("alt=\"Aligned face from b/&quot;q&quot;.jpg\""));
    assert!(page.contains("alt=\"Aligned face from d/&lt;img src=x onerror=alert(2)&gt;.jpg\""));
    assert!(page.contains("data-csv=\"nonmated_above,a/1.jpg,&quot;b/line\nend.jpg&quot;,"));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("Béa &amp; 'Co'"));
    assert!(page.contains("Similarity 0.913, above the threshold of 0.520"));
    assert!(page.contains("Similarity \u{2212}0.043, below the threshold of 0.270"));
    assert_eq!(page.matches("type=\"radio\"").count(), 16);
    assert_eq!(page.matches(" checked>").count(), 4);
    assert!(page.contains("name=\"v2\" value=\"different_people\" checked>"));
    assert_eq!(well_formed(&page), Ok(()));
}

/// Every element is closed in the order in which it was opened, attributes are quoted, and ids are
/// used once.
fn well_formed(page: &str) -> Result<(), String> {
    let mut open: Vec<String> = Vec::new();
    let mut ids = std::collections::HashSet::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>").ok_or("no doctype")?;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        // The end of the tag is outside of quotes.
        let mut quoted = false;
        let end = rest.find(|c| {
            quoted ^= c == '"';
            c == '>' && !quoted
        });
        let end = end.ok_or("a tag is not closed")?;
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        let name: String = tag.chars().take_while(|c| !c.is_whitespace()).collect();
        if let Some(name) = name.strip_prefix('/') {
            let opened = open.pop().unwrap_or_default();
            if opened != name {
                return Err(format!("</{name}> closes <{opened}>"));
            }
            continue;
        }
        if tag.contains('<') || tag.matches('"').count() % 2 == 1 {
            return Err(format!("<{tag}>"));
        }
        if let Some((_, id)) = tag.split_once(" id=\"")
            && !ids.insert(id.split('"').next().unwrap().to_owned())
        {
            return Err(format!("an id occurs twice: <{tag}>"));
        }
        if ["script", "style"].contains(&name.as_str()) {
            let close = format!("</{name}>");
            let end = rest.find(&close).ok_or(format!("no {close}"))?;
            rest = &rest[end + close.len()..];
        } else if !["meta", "link", "img", "input", "br"].contains(&name.as_str()) {
            open.push(name);
        }
    }
    match open.is_empty() {
        true => Ok(()),
        false => Err(format!("left open: {open:?}")),
    }
}

#[test]
fn rows_beyond_the_data_are_refused() {
    let beyond = [Suspect { b: 99, ..some_suspects()[0] }];
    let none = Verdicts::default();
    let error = write_csv(Vec::new(), &beyond, &data(), &none).unwrap_err();
    assert_eq!(error.to_string(), "there is no row 99 in the data, which have 7 rows");
    let error = write_page(Vec::new(), &beyond, &data(), &none, |_| None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

/// What the thresholds find in the real data sets; names are not printed.
#[test]
#[ignore = "minutes long: embeds 4,575 photos"]
fn the_real_data_sets_have_suspects() {
    let workers = rayon::current_num_threads();
    let (Some(folder), Some(verifier)) = (
        evenmatch_testfaces::data_dir(),
        evenmatch_testfaces::verifier(Profile::Throughput { workers }, Policy::default()),
    ) else {
        return;
    };
    for (list, most) in [("fairface.csv", 10_000), ("lfw.csv", 2000)] {
        let mut reader = csv::Reader::from_path(folder.join(list)).unwrap();
        let rows: Vec<csv::StringRecord> =
            reader.records().take(most).map(Result::unwrap).collect();
        let templates: Vec<Option<Vec<f32>>> = rows
            .par_iter()
            .map(|row| {
                let path = folder.join(&row[0]);
                let acquired = verifier.acquire(Source::<Probe>::from(path.as_path())).unwrap();
                acquired.template.map(|template| template.features().to_vec())
            })
            .collect();
        let mut subjects: HashMap<&str, u32> = HashMap::new();
        let codes: Vec<u32> = rows
            .iter()
            .map(|row| {
                let next = subjects.len() as u32;
                *subjects.entry(&row[1]).or_insert(next)
            })
            .collect();
        let score = |a: usize, b: usize| -> Option<f32> {
            let (x, y) = (templates[a].as_ref()?, templates[b].as_ref()?);
            Some(x.iter().zip(y).map(|(x, y)| x * y).sum())
        };
        let (mated, nonmated): (Vec<ScoredPair>, Vec<ScoredPair>) = (0..rows.len())
            .into_par_iter()
            .flat_map_iter(|a| {
                (a + 1..rows.len()).filter_map(move |b| {
                    let score = score(a, b)?;
                    Some(ScoredPair { a: a as u32, b: b as u32, score })
                })
            })
            .partition(|pair| codes[pair.a as usize] == codes[pair.b as usize]);
        let spread = |pairs: &[ScoredPair]| {
            Spread::of(&pairs.iter().map(|pair| pair.score).collect::<Vec<_>>())
        };
        let (of_mated, of_nonmated) = (spread(&mated), spread(&nonmated));
        println!("{list}: mated {of_mated:?}, non-mated {of_nonmated:?}");
        let limits =
            Limits::estimate(of_nonmated.as_ref(), of_mated.as_ref(), Overrides::default())
                .unwrap();
        for step in 3..=9 {
            let spread = of_nonmated.unwrap();
            let limit = spread.median + f64::from(step) * 1.4826 * spread.mad;
            let above = nonmated.iter().filter(|pair| f64::from(pair.score) > limit).count();
            println!("  median + {step}σ = {limit:.3}: {above} non-mated pairs above");
        }
        let found = suspects(nonmated, mated, &limits);
        let high = found.iter().filter(|s| s.kind == SuspectKind::NonmatedAbove).count();
        println!("  {limits:?}: {high} non-mated above, {} mated below", found.len() - high);
        let mut by_photo: HashMap<u32, usize> = HashMap::new();
        for suspect in found.iter().filter(|s| s.kind == SuspectKind::MatedBelow) {
            *by_photo.entry(suspect.a).or_default() += 1;
            *by_photo.entry(suspect.b).or_default() += 1;
        }
        let mut most: Vec<usize> = by_photo.into_values().collect();
        most.sort_unstable_by(|a, b| b.cmp(a));
        println!(
            "  mated suspects by photo: {} photos, {:?}",
            most.len(),
            &most[..most.len().min(25)]
        );
        for suspect in found.iter().take(60) {
            println!("  {suspect:?}");
        }
        assert!(!found.is_empty());
    }
}
