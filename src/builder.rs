//! Opening a verifier on real models: which models, by which rules, at which threshold.

use std::path::Path;
use std::sync::Arc;

use crate::decide::{LivenessPolicy, Policy};
use crate::detect::FaceDetector;
use crate::model::{EarlyNetwork, LazyNetwork, ModelStore, Network, OnnxNetwork, Profile, Role};
use crate::pad::passive::PassiveSignals;
use crate::record::{Calibration, TemplateForm};
use crate::template::Embedder;
use crate::verify::Verifier;
use crate::{Error, Result, shipped};

/// Opens a [`Verifier`] on the models of a store. What is not stated has the product's default.
///
/// ```no_run
/// use evenmatch::{Policy, Verifier};
///
/// let verifier = Verifier::builder().policy(Policy::from_path("policy.toml".as_ref())?).open()?;
/// let decision = verifier.verify("enrolled.jpg", "selfie.jpg")?;
/// # Ok::<(), evenmatch::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until it is opened"]
pub struct VerifierBuilder {
    store: Option<ModelStore>,
    profile: Profile,
    policy: Policy,
    templates: Option<TemplateForm>,
    scores: Scores,
    early: bool,
}

/// On which scores to decide, and by whose threshold.
#[derive(Debug, Clone, Default)]
enum Scores {
    /// Normalised, by the calibration that ships.
    #[default]
    Shipped,
    /// Plain cosines, by the calibration that ships.
    Plain,
    /// As this calibration says.
    Of(Box<Calibration>),
    /// Plain cosines, by the embedder's publisher.
    Uncalibrated,
}

impl Verifier {
    /// A verifier on the default models, which `evenmatch models fetch` has prepared. It decides as
    /// the command does: with the calibration and the normaliser that ship, at the policy's false
    /// match rate ([`Policy::target_fmr`]), unless the policy states a threshold.
    /// [`Verifier::builder`] has what else can be asked for.
    ///
    /// # Errors
    ///
    /// As for [`VerifierBuilder::open`].
    pub fn open(profile: Profile, policy: Policy) -> Result<Self> {
        Self::builder().profile(profile).policy(policy).open()
    }

    /// Opens a verifier from stated and default parts.
    pub fn builder() -> VerifierBuilder {
        VerifierBuilder::default()
    }
}

impl VerifierBuilder {
    /// The models of this store; by default, of the one that `evenmatch models fetch` fills.
    pub fn store(mut self, store: ModelStore) -> Self {
        self.store = Some(store);
        self
    }

    /// Whether one photo should be answered soon (the default), or many in all.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// The rules. The operating point is the policy's threshold, on plain cosines, or its false
    /// match rate ([`Policy::target_fmr`]).
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Makes and compares templates of this form, whatever the policy says. By default they have the
    /// policy's form or, failing that, that of the calibration that decides; without a calibration
    /// they are mirrored.
    pub fn templates(mut self, form: TemplateForm) -> Self {
        self.templates = Some(form);
        self
    }

    /// Decides by this calibration in place of the one that ships, with its normaliser if it has
    /// one.
    pub fn calibration(mut self, calibration: Calibration) -> Self {
        self.scores = Scores::Of(Box::new(calibration));
        self
    }

    /// Decides on plain cosines, by the calibration of plain cosines that ships. Error rates then
    /// differ more between groups: docs/FAIRNESS.md says by how much.
    pub fn plain_scores(mut self) -> Self {
        self.scores = Scores::Plain;
        self
    }

    /// Decides on plain cosines at the threshold that the embedder's publisher recommends. No
    /// measured error rate stands behind it, and every decision says so.
    pub fn uncalibrated(mut self) -> Self {
        self.scores = Scores::Uncalibrated;
        self
    }

    /// Returns the verifier while the embedder's session is still being built on another thread;
    /// whoever needs the first template waits for it. This is for a process that verifies once:
    /// the faces of both photos are found meanwhile.
    ///
    /// Files are still read, and their digests checked, before [`VerifierBuilder::open`] returns.
    /// Where the runtime cannot load the embedder, the first template fails instead, and
    /// [`Embedder::ready`] says why.
    pub fn early(mut self) -> Self {
        self.early = true;
        self
    }

    /// Loads the models.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ModelMissing`](crate::ErrorKind::ModelMissing) before
    /// `evenmatch models fetch`; a file has another digest than the manifest says; the policy
    /// contradicts itself; the calibration was measured with other models or on templates of another
    /// form than the one asked for, or has no threshold for the policy's rate.
    pub fn open(self) -> Result<Verifier> {
        let store = match self.store {
            Some(store) => store,
            None => ModelStore::open()?,
        };
        let templates = self.templates.or(self.policy.templates);
        let policy = Policy { templates, ..self.policy };
        let verifier = load(&store, self.profile, policy, self.early)?;
        // A threshold that the policy states is a cosine.
        if verifier.policy().threshold.is_some() {
            return Ok(verifier);
        }
        let calibration = match self.scores {
            Scores::Shipped => shipped::default_for(templates.unwrap_or(TemplateForm::USUAL))?,
            Scores::Plain => shipped::default_plain_for(templates.unwrap_or(TemplateForm::USUAL))?,
            Scores::Of(calibration) => *calibration,
            Scores::Uncalibrated => return Ok(verifier),
        };
        let rate = verifier.policy().target_fmr();
        verifier.calibrated(&calibration, rate)
    }
}

/// A verifier at the policy's threshold or the publisher's.
fn load(store: &ModelStore, profile: Profile, policy: Policy, early: bool) -> Result<Verifier> {
    let network = |model, library: &Path| -> Result<Arc<dyn Network>> {
        Ok(Arc::new(OnnxNetwork::load(model, library, profile)?))
    };
    // Reading and hashing the embedder takes as long as everything else before its session
    // can be built, so the two go side by side.
    let (first, embedder) = rayon::join(
        || {
            let library = store.verify_runtime()?;
            let detector = store.load_to_run(Role::Detector)?;
            let entry = detector.entry().clone();
            Ok::<_, Error>((network(detector, &library)?, entry, library))
        },
        || store.load_to_run(Role::Embedder),
    );
    let ((detector, detector_entry, library), embedder) = (first?, embedder?);
    let second_entry = store.manifest().default_for(Role::SecondDetector)?;
    let second = LazyNetwork::new(store, second_entry, library.clone(), profile)?;
    let embedder_entry = embedder.entry().clone();
    let embedder: Arc<dyn Network> = match early {
        true => Arc::new(EarlyNetwork::start(embedder, library.clone(), profile)?),
        false => network(embedder, &library)?,
    };
    let mut passive = PassiveSignals::new(policy.passive.clone());
    if policy.liveness != LivenessPolicy::Off && policy.passive.use_network {
        let entry = store.manifest().default_for(Role::PassivePad)?;
        let lazy = LazyNetwork::new(store, entry, library, profile)?;
        passive = passive.with_network(Arc::new(lazy), entry.input)?;
    }
    let published = embedder_entry.threshold.map(|t| (t.value, t.source));
    let verifier = Verifier::new(
        FaceDetector::new(detector, detector_entry.input, policy.detector)?
            .with_second(Arc::new(second), second_entry.input)?,
        Embedder::new(embedder, embedder_entry.input)?
            .with_least_magnitude(embedder_entry.least_magnitude),
        published,
        policy,
    )?;
    Ok(verifier.with_passive_signals(passive))
}
