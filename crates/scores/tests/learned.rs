//! A normaliser that is fitted to labelled people.

use evenmatch_core::random::SplitMix;
use evenmatch_core::record::{CohortSource, LearnedNormaliser, NormaliserRecord, TemplateForm};
use evenmatch_scores::normalise::{
    AttributeLabels, LEAST_PEOPLE, LabelledPeople, LearnedSettings, Normaliser, fit_learned,
};
use evenmatch_scores::{Digest, ErrorKind, Result};
use evenmatch_testkit::Random;

const DIMENSION: usize = 64;
/// How far the faces of each group lean towards the group's own direction: their density.
const LEAN: [f64; 3] = [0.2, 0.45, 0.65];

/// Simulated people: templates of unit length, and the group of each.
struct People {
    features: Vec<f32>,
    group: Vec<usize>,
}

impl People {
    fn new(count: usize, seed: u64) -> Self {
        let mut centres = Random::new(1);
        let direction = |random: &mut Random| {
            let raw: Vec<f64> = (0..DIMENSION).map(|_| random.normal()).collect();
            let length = raw.iter().map(|x| x * x).sum::<f64>().sqrt();
            raw.into_iter().map(|x| x / length).collect::<Vec<f64>>()
        };
        let centres = LEAN.map(|_| direction(&mut centres));
        let mut random = Random::new(seed);
        let (mut features, mut group) = (Vec::new(), Vec::new());
        for person in 0..count {
            // The densest group is the smallest, as it is among real faces.
            let of = [0, 0, 0, 1, 1, 2][person % 6];
            let own = direction(&mut random);
            let sum: Vec<f64> =
                own.iter().zip(&centres[of]).map(|(x, c)| x + LEAN[of] * c).collect();
            let length = sum.iter().map(|x| x * x).sum::<f64>().sqrt();
            features.extend(sum.iter().map(|x| (x / length) as f32));
            group.push(of);
        }
        People { features, group }
    }

    /// Their groups as labels, and a second attribute that means nothing; one person in ten has no
    /// label.
    fn labels(&self) -> Vec<AttributeLabels> {
        let known = |person: usize| person % 10 != 7;
        let group = |person: usize| known(person).then_some(self.group[person] as u32);
        let half = |person: usize| Some((person / 6 % 2) as u32);
        let people = 0..self.group.len();
        vec![
            AttributeLabels {
                name: "group".to_owned(),
                labels: people.clone().map(group).collect(),
            },
            AttributeLabels { name: "half".to_owned(), labels: people.map(half).collect() },
        ]
    }

    fn fit_with(&self, settings: &LearnedSettings) -> Result<NormaliserRecord> {
        let labels = self.labels();
        let people =
            LabelledPeople { features: &self.features, dimension: DIMENSION, attributes: &labels };
        let source = CohortSource {
            manifest: "people.csv".to_owned(),
            manifest_sha256: Digest::of(b"people"),
            subjects: self.group.len() as u64,
            everyone: false,
        };
        let embedder = Digest::of(b"embedder");
        fit_learned(&people, embedder, TemplateForm::Mirrored, vec![source], settings)
    }

    fn fit(&self) -> NormaliserRecord {
        self.fit_with(&settings()).unwrap()
    }

    /// Each group's false match rate at the threshold of one in 300 over all pairs.
    fn rates(&self, normaliser: Option<&Normaliser>) -> [f64; 3] {
        let rows: Vec<&[f32]> = self.features.chunks_exact(DIMENSION).collect();
        let offset = |row: &&[f32]| {
            normaliser.map_or(0.0, |normaliser| normaliser.statistics(row).unwrap().offset)
        };
        let offsets: Vec<f64> = rows.iter().map(offset).collect();
        let mut scores = Vec::new();
        for b in 0..rows.len() {
            for a in 0..b {
                let cosine: f32 = rows[a].iter().zip(rows[b]).map(|(x, y)| x * y).sum();
                let shared = (self.group[a] == self.group[b]).then_some(self.group[a]);
                scores.push((f64::from(cosine) + offsets[a] + offsets[b], shared));
            }
        }
        scores.sort_by(|a, b| b.0.total_cmp(&a.0));
        let threshold = scores[scores.len() / 300].0;
        let mut counts = [(0.0, 0.0); 3];
        for (score, group) in scores {
            if let Some(group) = group {
                counts[group].0 += f64::from(u8::from(score >= threshold));
                counts[group].1 += 1.0;
            }
        }
        counts.map(|(errors, pairs)| errors / pairs)
    }
}

fn settings() -> LearnedSettings {
    LearnedSettings { features: 256, ..LearnedSettings::default() }
}

fn learned(record: &NormaliserRecord) -> &LearnedNormaliser {
    record.learned().expect("a learned one")
}

/// The highest rate over the geometric mean.
fn ratio(rates: [f64; 3]) -> f64 {
    let mean = rates.iter().map(|rate| rate.max(1e-9).ln()).sum::<f64>() / 3.0;
    rates.iter().fold(0.0_f64, |most, rate| most.max(*rate)) / mean.exp()
}

#[test]
fn groups_of_people_it_has_not_seen_are_evened_out_without_their_labels() {
    let record = People::new(2400, 1).fit();
    let others = People::new(2400, 2);
    let normaliser = Normaliser::open(&record).unwrap();
    let (before, after) = (others.rates(None), others.rates(Some(&normaliser)));
    assert!(ratio(before) > 5.0, "{before:?}");
    assert!(ratio(after) < 1.75, "{before:?} to {after:?}");
    // Each term does a part of it.
    let with = |settings: LearnedSettings| {
        let record = People::new(2400, 1).fit_with(&settings).unwrap();
        ratio(others.rates(Some(&Normaliser::open(&record).unwrap())))
    };
    let near = with(LearnedSettings { rounds: 0, ..settings() });
    let levelled = with(LearnedSettings { cohort_weight: 0.0, ..settings() });
    assert!(near < 0.9 * ratio(before) && levelled < 0.5 * ratio(before), "{near} {levelled}");
}

#[test]
fn scores_keep_their_cosine_and_their_mean_level() {
    let people = People::new(1200, 1);
    let normaliser = Normaliser::open(&people.fit()).unwrap();
    let of = |row: &[f32]| normaliser.statistics(row).unwrap();
    let rows: Vec<&[f32]> = people.features.chunks_exact(DIMENSION).collect();
    let all: Vec<_> = rows.iter().map(|row| of(row)).collect();
    let mean = all.iter().map(|statistics| statistics.offset).sum::<f64>() / all.len() as f64;
    assert!(mean.abs() < 1e-4, "{mean}");
    let (a, b) = (all[0], all[5]);
    assert_eq!((a.mean_product, a.mean_square, a.inverse_length), (0.0, 0.0, 1.0));
    assert_eq!(a.score(&b, 0.25), (0.25 + a.offset + b.offset) as f32);
    assert_eq!(normaliser.centred(rows[0]), rows[0]);
    // The densest group is lowered most.
    let of_group = |group: usize| {
        let own = all.iter().zip(&people.group).filter(|(_, of)| **of == group);
        let offsets: Vec<f64> = own.map(|(statistics, _)| statistics.offset).collect();
        offsets.iter().sum::<f64>() / offsets.len() as f64
    };
    let [sparse, middle, dense] = [0, 1, 2].map(of_group);
    assert!(sparse > middle && middle > dense + 0.01, "{sparse} {middle} {dense}");
}

#[test]
fn the_same_bytes_result_from_any_number_of_threads() {
    let people = People::new(1100, 3);
    let settings = LearnedSettings { features: 128, rounds: 4, ..LearnedSettings::default() };
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| serde_json::to_string(&people.fit_with(&settings).unwrap()).unwrap())
    };
    let one = with(1);
    assert!([1, 2, 7].into_iter().all(|threads| with(threads) == one));
    let other = LearnedSettings { seed: 2, ..settings.clone() };
    assert_ne!(serde_json::to_string(&people.fit_with(&other).unwrap()).unwrap(), one);
}

#[test]
fn intersections_are_levelled_where_all_their_groups_are_large() {
    // Over 500 people with labels in the smallest group; labels of two halves, and of one in fifty.
    let people = People::new(7800, 1);
    let mut labels = people.labels();
    let rare = |person: usize| Some(u32::from(person.is_multiple_of(50)));
    labels.push(AttributeLabels {
        name: "rare".to_owned(),
        labels: (0..people.group.len()).map(rare).collect(),
    });
    let given =
        LabelledPeople { features: &people.features, dimension: DIMENSION, attributes: &labels };
    let settings = LearnedSettings { features: 32, rounds: 1, ..settings() };
    let embedder = Digest::of(b"an embedder");
    let made = fit_learned(&given, embedder, TemplateForm::Plain, Vec::new(), &settings).unwrap();
    assert_eq!(learned(&made).settings.levels, ["group×half", "rare"]);
}

#[test]
fn a_record_is_small_and_says_what_it_was_made_from() {
    let record = People::new(1200, 1).fit();
    let text = serde_json::to_string(&record).unwrap();
    assert!(text.starts_with(r#"{"method":"learned","embedder_sha256":"#), "{}", &text[..60]);
    // 60 centroids of 64 bytes, 256 weights of 4, in base64.
    assert!(text.len() < (64 * 60 + 4 * 256) * 4 / 3 + 2000, "{}", text.len());
    let again: NormaliserRecord = serde_json::from_str(&text).unwrap();
    assert_eq!((&again, again.digest()), (&record, record.digest()));
    assert_eq!(record.subjects(), 1200);
    assert_eq!(learned(&record).even, ["group", "half"]);
    // The 1,200 people are too few for the groups of both attributes together.
    assert_eq!(learned(&record).settings.levels, ["group", "half"]);
    let said = record.labels_used();
    assert!(said.contains("Labels of 1,200 people (group, half, as annotated)"), "{said}");
    assert!(said.contains("No label is used or guessed"), "{said}");
}

#[test]
fn templates_of_another_form_or_length_are_refused() {
    let normaliser = Normaliser::open(&People::new(1200, 1).fit()).unwrap();
    normaliser.check_form(TemplateForm::Mirrored).unwrap();
    let error = normaliser.check_form(TemplateForm::Plain).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TemplateFormMismatch);
    assert!(normaliser.statistics(&[1.0; 128]).is_err());
    assert_eq!(normaliser.embedder(), Digest::of(b"embedder"));
}

#[test]
fn hostile_records_are_refused_without_a_large_allocation() {
    let made = People::new(1200, 1).fit();
    let changed = |change: &dyn Fn(&mut LearnedNormaliser)| {
        let mut record = learned(&made).clone();
        change(&mut record);
        Normaliser::open(&NormaliserRecord::Learned(record))
    };
    changed(&|_| ()).unwrap();
    let not_finite = base64(&[f32::NAN.to_le_bytes(); 256].concat());
    type Change<'a> = &'a dyn Fn(&mut LearnedNormaliser);
    let changes: [Change<'_>; 16] = [
        &|record| record.dimension = 0,
        &|record| record.dimension = u32::MAX,
        &|record| record.settings.features = 0,
        &|record| record.settings.features = u32::MAX,
        &|record| record.settings.features = u32::MAX - 31,
        &|record| record.settings.features = 288,
        &|record| record.weights.truncate(40),
        &|record| record.weights = "?".to_owned(),
        &|record| record.weights.clone_from(&not_finite),
        &|record| record.offset = f64::NAN,
        &|record| record.floor = f64::NAN,
        &|record| record.settings.cohort_weight = f64::INFINITY,
        &|record| record.settings.nearest = 0,
        &|record| record.settings.nearest = u32::MAX,
        &|record| record.centroids.truncate(8),
        &|record| record.centroids = "?".to_owned(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let error = changed(change).expect_err(&format!("change {number}"));
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains("the normaliser cannot be used"), "{error}");
    }
    // Any weights that pass give a score.
    let huge = base64(&[f32::MAX.to_le_bytes(); 256].concat());
    let extreme = changed(&|record| record.weights.clone_from(&huge)).unwrap();
    let x = People::new(1, 1).features;
    assert_eq!(extreme.statistics(&x).unwrap().offset, -1.0);
}

/// Base64, without a crate for it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let bits = part.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - part.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place)) as usize & 63];
            text.push(if place > part.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

#[test]
fn too_little_to_learn_from_is_refused_with_what_is_needed() {
    let refused = |people: &People, labels: &[AttributeLabels], settings: &LearnedSettings| {
        let given =
            LabelledPeople { features: &people.features, dimension: DIMENSION, attributes: labels };
        let embedder = Digest::of(b"e");
        let error = fit_learned(&given, embedder, TemplateForm::Plain, Vec::new(), settings)
            .expect_err("too little");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        error.to_string()
    };
    let few = People::new(LEAST_PEOPLE - 1, 1);
    let said = refused(&few, &few.labels()[1..], &settings());
    assert!(said.contains("999 labelled people are too few") && said.contains("1000"), "{said}");
    let people = People::new(1200, 1);
    let labels = people.labels();
    let all_alike = [AttributeLabels { name: "one".to_owned(), labels: vec![Some(3); 1200] }];
    assert!(refused(&people, &all_alike, &settings()).contains("`one` does not have two groups"));
    assert!(refused(&people, &[], &settings()).contains("1 to 8 attributes"));
    let short = [AttributeLabels { name: "one".to_owned(), labels: vec![Some(3); 7] }];
    assert!(refused(&people, &short, &settings()).contains("not as many labels"));
    let twice = [labels[0].clone(), labels[0].clone()];
    assert!(refused(&people, &twice, &settings()).contains("`group` is named twice"));
    let unknown = LearnedSettings { levels: vec!["group×age".to_owned()], ..settings() };
    assert!(refused(&people, &labels, &unknown).contains("`group×age`"));
    let odd = LearnedSettings { features: 100, ..settings() };
    assert!(refused(&people, &labels, &odd).contains("100 random features"));
    let alone = LearnedSettings { least_members: 1, ..settings() };
    assert!(refused(&people, &labels, &alone).contains("least_members is 1"));
    let crowded = LearnedSettings { least_members: 900, ..settings() };
    assert!(refused(&people, &labels, &crowded).contains("centroids of 900 people or more"));
    let steep = LearnedSettings { step: f64::NAN, ..settings() };
    assert!(refused(&people, &labels, &steep).contains("step is NaN"));
    let mut same = People::new(1200, 1);
    let first = same.features[..DIMENSION].to_vec();
    same.features = first.repeat(1200);
    assert!(refused(&same, &labels, &settings()).contains("all alike"));
    let mut random = SplitMix::new(1, 1);
    same.features.iter_mut().for_each(|value| *value = random.unit_f32());
    assert!(refused(&same, &labels, &settings()).contains("length"));
}
