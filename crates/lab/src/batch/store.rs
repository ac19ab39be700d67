//! The store of templates: the outcome of each photo, by its content and by the pipeline.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::json;

use super::sample::AcquiredSample;
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch::{
    LivenessPolicy, Policy, Verifier,
    pad::passive::PassiveLimits,
    quality::{Gate, QualityLimits},
};
use evenmatch_core::record::{FmrOf, TemplateForm};

/// Name of the store's file in its folder.
pub const STORE_FILE: &str = "templates.parquet";

/// A part of a manifest: the entries whose number leaves `index` when divided by `count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shard {
    /// Which part, from 0.
    pub index: usize,
    /// How many parts there are.
    pub count: usize,
}

impl Shard {
    /// Whether an entry belongs to the part.
    pub fn holds(self, entry: usize) -> bool {
        entry % self.count == self.index
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let numbers = text.split_once('/').and_then(|(index, count)| {
            Some(Shard { index: index.parse().ok()?, count: count.parse().ok()? })
        });
        numbers.filter(|shard| shard.index < shard.count).ok_or_else(|| {
            let message = format!("`{text}` is not a shard");
            Error::new(ErrorKind::InvalidArgument, Stage::Template, message)
                .next("write three shards, for example, as 0/3, 1/3 and 2/3")
        })
    }
}

/// The digest of everything apart from the photo that determines its outcome: the models and the
/// forms of their inputs, the version of this crate, and the rules of the policy that concern
/// acquisition.
pub fn pipeline_key(verifier: &Verifier) -> Digest {
    // Advice changes no template; a refused photo has none.
    let (gate, quality) = match verifier.policy().gate {
        Gate::Enforce => (Gate::Enforce, verifier.policy().quality.clone()),
        Gate::Off | Gate::Advise => (Gate::Off, QualityLimits::default()),
    };
    // These rules apply only once there is a score.
    let policy = Policy {
        threshold: None,
        fmr: None,
        fmr_of: FmrOf::Everyone,
        review_band: 0.0,
        liveness: LivenessPolicy::Off,
        passive: PassiveLimits::default(),
        gate,
        quality,
        // What is made counts, whoever asked for it.
        templates: None,
        ..verifier.policy().clone()
    };
    let (detector, embedder) = (verifier.detector(), verifier.embedder());
    let mut key = json!({
        "schema": "evenmatch.pipeline/1",
        "version": evenmatch_core::VERSION,
        "detector": { "sha256": detector.id().sha256, "input": detector.input() },
        "embedder": { "sha256": embedder.id().sha256, "input": embedder.input() },
        "policy": policy,
    });
    if let Some(policy) = key["policy"].as_object_mut() {
        policy.remove("templates");
    }
    // Keys from before there were two forms stay valid.
    if !verifier.templates().is_unstated() {
        key["templates"] = json!(verifier.templates());
    }
    Digest::of(key.to_string().as_bytes())
}

/// The content of a store: one row per photo that could be read.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateStore {
    /// The key of the pipeline that made the rows; see [`pipeline_key`].
    pub pipeline: Digest,
    /// SHA-256 of the manifest that lists the photos.
    pub manifest: Digest,
    /// The form of the templates.
    pub form: TemplateForm,
    /// The part of the manifest; `None` for all of it.
    pub shard: Option<Shard>,
    /// Names of the measurements.
    pub measures: Vec<String>,
    /// The rows, each with its SHA-256, in the order of their first mention in the manifest.
    pub rows: Vec<AcquiredSample>,
}

impl TemplateStore {
    /// The file of a store in this folder.
    pub fn file_in(folder: &Path) -> PathBuf {
        folder.join(STORE_FILE)
    }

    /// The rows with these measurements in this order; `None` where the store does not have one.
    pub(super) fn measured(self, wanted: &[String]) -> Option<Vec<AcquiredSample>> {
        let places: Option<Vec<usize>> = wanted
            .iter()
            .map(|name| self.measures.iter().position(|known| known == name))
            .collect();
        let places = places?;
        let mut rows = self.rows;
        for row in &mut rows {
            row.measured = places.iter().map(|place| row.measured[*place]).collect();
        }
        Some(rows)
    }
}

/// Sorts rows by entry and keeps the first row of each photo; photos that could not be read have
/// no row.
pub(super) fn in_order<T: Borrow<AcquiredSample>>(rows: &mut Vec<T>) {
    rows.sort_by_key(|row| row.borrow().entry);
    let mut seen = HashSet::with_capacity(rows.len());
    rows.retain(|row| row.borrow().sha256.is_some_and(|sha256| seen.insert(sha256)));
}
