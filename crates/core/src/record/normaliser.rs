//! A normaliser as data: averages of faces and a fitted function, never a single face.

use serde::{Deserialize, Serialize};

use super::TemplateForm;
use crate::Digest;
use crate::numbers::count;

/// A set of people whose photos were used to make a normaliser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CohortSource {
    /// The manifest's file name.
    pub manifest: String,
    /// SHA-256 of the manifest.
    pub manifest_sha256: Digest,
    /// How many of its people were used, each with one photo.
    pub subjects: u64,
    /// Whether all its people could be used; by default only the half that their names select.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub everyone: bool,
}

/// What a normaliser needs: see `evenmatch_scores::normalise` for what each method calculates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum NormaliserRecord {
    /// Measures how similar the nearest of a cohort's centroids are. Formed without labels.
    CohortCentroids(CohortNormaliser),
    /// A function of the template, fitted to labelled people. It is given no label.
    Learned(LearnedNormaliser),
}

/// What a cohort normaliser needs. It contains no template: each centroid is the mean direction of
/// at least [`CohortNormaliser::least_members`] people, rounded to 8 bits per value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CohortNormaliser {
    /// SHA-256 of the prepared embedder whose templates it normalises.
    pub embedder_sha256: Digest,
    /// Features of a template.
    pub dimension: u32,
    /// The number of nearest centroids whose similarity is averaged within each clustering.
    pub nearest: u32,
    /// How much of the density is subtracted.
    pub weight: f64,
    /// Mean density of the cohort: a face of this density keeps its scores.
    pub level: f64,
    /// Fewest people behind a centroid.
    pub least_members: u32,
    /// Mean template of the cohort: 32-bit floats, little-endian, in base64.
    pub mean: String,
    /// Centroids of each clustering: rows of signed bytes, proportional to the direction, in
    /// base64.
    pub centroids: Vec<String>,
    /// The people it was made from.
    pub cohort: Vec<CohortSource>,
}

/// What a learned normaliser needs: the centroids of the people it was fitted to, and the weights of
/// its random features. The features themselves follow from the seed. It contains no template: each
/// centroid is the mean direction of at least [`LearnedSettings::least_members`] people, rounded to
/// 8 bits per value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearnedNormaliser {
    /// SHA-256 of the prepared embedder whose templates it normalises.
    pub embedder_sha256: Digest,
    /// The form of the templates that it was fitted to, and which alone it normalises.
    pub templates: TemplateForm,
    /// Features of a template.
    pub dimension: u32,
    /// The attributes whose labels were used to form it, and which decisions do not need.
    pub even: Vec<String>,
    /// Mean similarity of these people to their nearest centroids: for a face of this similarity,
    /// nothing is subtracted because of it.
    pub level: f64,
    /// Added to the weighted sum of the random features, so that these people's mean is 0.
    pub offset: f64,
    /// The least value of that sum. Otherwise a few faces with very little would have all their
    /// scores raised, and set the threshold for everyone.
    pub floor: f64,
    /// Rows of signed bytes, proportional to the direction, in base64.
    pub centroids: String,
    /// The weight of each random feature: 32-bit floats, little-endian, in base64.
    pub weights: String,
    /// How it was fitted.
    pub settings: LearnedSettings,
    /// The people it was made from.
    pub people: Vec<CohortSource>,
}

/// How a learned normaliser is fitted. The defaults were chosen on 20,000 people of FairFace's
/// training part by the rates of 12,500 others, and by portraits; see `docs/FAIRNESS.md`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearnedSettings {
    /// From which the random features are drawn.
    pub seed: u32,
    /// Number of random features, a multiple of 32. Each costs `dimension` multiplications per
    /// template.
    pub features: u32,
    /// How much of a face's similarity to its nearest centroids is subtracted, 0 to 1. No label is
    /// used for this part.
    pub cohort_weight: f64,
    /// Most centroids; fewer if there are fewer than 20 people for each, or if some would stand for
    /// too few people.
    pub clusters: u32,
    /// The number of nearest centroids whose similarity is averaged.
    pub nearest: u32,
    /// Fewest people behind a centroid.
    pub least_members: u32,
    /// Partitions of people whose groups are levelled, such as `race×sex`; if empty, pairs of
    /// attributes whose groups all have 500 people, and the attributes that are in none of them.
    pub levels: Vec<String>,
    /// Rounds of measuring each group's false match rate and shifting the group.
    pub rounds: u32,
    /// The share of a measured error that one round corrects, divided by the number of partitions:
    /// a person is in a group of each.
    pub step: f64,
    /// The ridge penalty, as a share of the features' total variance.
    pub penalty: f64,
    /// The share of people whose sum is raised to the floor.
    pub floor: f64,
    /// How strongly people of small groups count: 0 all alike, 1 all groups of an attribute alike.
    pub balance: f64,
}

impl Default for LearnedSettings {
    fn default() -> Self {
        LearnedSettings {
            seed: 1,
            features: 3072,
            cohort_weight: 0.15,
            clusters: 1024,
            nearest: 5,
            least_members: 5,
            levels: Vec::new(),
            rounds: 60,
            step: 0.7,
            penalty: 3e-4,
            floor: 0.3,
            balance: 0.5,
        }
    }
}

impl NormaliserRecord {
    /// The people it was made from, by manifest.
    pub fn sources(&self) -> &[CohortSource] {
        match self {
            NormaliserRecord::CohortCentroids(record) => &record.cohort,
            NormaliserRecord::Learned(record) => &record.people,
        }
    }

    /// How many people it was made from.
    pub fn subjects(&self) -> u64 {
        // Saturating: a file may state any number.
        self.sources().iter().fold(0, |sum, source| sum.saturating_add(source.subjects))
    }

    /// SHA-256 of the prepared embedder whose templates it normalises.
    pub fn embedder(&self) -> Digest {
        match self {
            NormaliserRecord::CohortCentroids(record) => record.embedder_sha256,
            NormaliserRecord::Learned(record) => record.embedder_sha256,
        }
    }

    /// Features of a template.
    pub fn dimension(&self) -> u32 {
        match self {
            NormaliserRecord::CohortCentroids(record) => record.dimension,
            NormaliserRecord::Learned(record) => record.dimension,
        }
    }

    /// The only form of templates that it normalises; `None` if its calibration alone says so.
    pub fn templates(&self) -> Option<TemplateForm> {
        match self {
            NormaliserRecord::CohortCentroids(_) => None,
            NormaliserRecord::Learned(record) => Some(record.templates),
        }
    }

    /// The learned normaliser, if it is one.
    pub fn learned(&self) -> Option<&LearnedNormaliser> {
        match self {
            NormaliserRecord::CohortCentroids(_) => None,
            NormaliserRecord::Learned(record) => Some(record),
        }
    }

    /// Two sentences on labels: whose were used to form it, and that decisions need none.
    pub fn labels_used(&self) -> String {
        match self {
            NormaliserRecord::CohortCentroids(_) => "No group labels are used.".to_owned(),
            NormaliserRecord::Learned(record) => format!(
                "Labels of {} people ({}, as annotated) were used to form the normaliser. No label \
                 is used or guessed when a decision is made.",
                count(self.subjects()),
                record.even.join(", ")
            ),
        }
    }

    /// SHA-256 of the record as compact JSON, by which scores and templates refer to it.
    pub fn digest(&self) -> Digest {
        // Plain data with text keys always serialises; JSON cannot express a number that is not
        // finite, and the `null` in its place changes the digest like any other change.
        Digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As it was written before there was a second method.
    const COHORT: &str = concat!(
        r#"{"method":"cohort_centroids","embedder_sha256":"#,
        r#""8a5e37281132aa8c8a110f7c8a763153b9902da561c95ce79be9e646aae2d220","dimension":2,"#,
        r#""nearest":1,"weight":1.3,"level":0.0,"least_members":5,"mean":"AAAAAAAAAAA=","#,
        r#""centroids":["f4E="],"cohort":[{"manifest":"people.csv","manifest_sha256":"#,
        r#""8a5e37281132aa8c8a110f7c8a763153b9902da561c95ce79be9e646aae2d220","subjects":7}]}"#
    );

    #[test]
    fn records_of_cohorts_keep_their_bytes_and_digests() {
        let record: NormaliserRecord = serde_json::from_str(COHORT).unwrap();
        assert_eq!(serde_json::to_string(&record).unwrap(), COHORT);
        assert_eq!(record.digest(), Digest::of(COHORT.as_bytes()));
        let toml = toml::to_string(&record).unwrap();
        assert!(toml.starts_with("method = \"cohort_centroids\"\n"), "{toml}");
        assert_eq!(toml::from_str::<NormaliserRecord>(&toml).unwrap(), record);
        assert_eq!((record.subjects(), record.templates()), (7, None));
        assert_eq!(record.labels_used(), "No group labels are used.");
    }

    #[test]
    fn unknown_methods_and_fields_are_refused() {
        for (from, to) in [
            ("cohort_centroids", "learned"),
            ("cohort_centroids", "other"),
            ("\"nearest\":1", "\"nearest\":1,\"seed\":1"),
            ("\"nearest\":1", "\"nearest\":-1"),
            ("\"method\":\"cohort_centroids\",", ""),
        ] {
            let changed = COHORT.replace(from, to);
            assert!(serde_json::from_str::<NormaliserRecord>(&changed).is_err(), "{to}");
        }
    }

    #[test]
    fn a_learned_record_is_the_same_in_toml_and_json() {
        let record = NormaliserRecord::Learned(LearnedNormaliser {
            embedder_sha256: Digest::of(b"e"),
            templates: TemplateForm::Mirrored,
            dimension: 128,
            even: vec!["race".to_owned()],
            level: 0.5,
            offset: -0.125,
            floor: -0.25,
            centroids: "f4E=".to_owned(),
            weights: "AAAA".to_owned(),
            settings: LearnedSettings { seed: u32::MAX, ..LearnedSettings::default() },
            people: Vec::new(),
        });
        let toml: NormaliserRecord = toml::from_str(&toml::to_string(&record).unwrap()).unwrap();
        let json: NormaliserRecord =
            serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
        assert_eq!((&toml, json.digest()), (&record, toml.digest()));
    }
}
