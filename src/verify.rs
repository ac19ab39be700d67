//! The façade: the stages from top to bottom, and nothing else.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::RgbImage;

use crate::acquire::{Inspection, inspect, inspect_sample};
use crate::align::CROP_SIDE;
use crate::compare::{ComparisonScore, compare, compare_normalised};
use crate::decide::{LivenessPolicy, OperatingPoint, Policy, decide};
use crate::detect::FaceDetector;
use crate::model::{ChannelOrder, InputSize, InputSpec, ModelId, NullDetector, NullEmbedder};
use crate::pad::passive::{PassiveSignals, Signal};
use crate::sample::{EncodedSample, Sample};
use crate::template::{Embedder, Probe, Reference, Role, Template};
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_core::record::{
    Calibration, DECISION_SCHEMA, DecisionRecord, Liveness, ModelRecord, Reason, ReasonCode,
    ReasonSubject, SampleRecord, SessionEvidence, SignalRecord, SoftwareRecord, TemplateForm,
};
use evenmatch_scores::normalise::Normaliser;

/// The forms in which a sample can be passed.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Source<'a, R: Role> {
    /// A file in one of the supported formats: JPEG, PNG, WebP, BMP, TIFF.
    Path(&'a Path),
    /// The bytes of such a file.
    Bytes(&'a [u8]),
    /// An upright image that is already decoded.
    Image(&'a RgbImage),
    /// A template that was made earlier.
    Template(&'a Template<R>),
}

impl<'a, R: Role> From<&'a Path> for Source<'a, R> {
    fn from(path: &'a Path) -> Self {
        Source::Path(path)
    }
}

impl<'a, R: Role> From<&'a [u8]> for Source<'a, R> {
    fn from(bytes: &'a [u8]) -> Self {
        Source::Bytes(bytes)
    }
}

impl<'a, R: Role> From<&'a str> for Source<'a, R> {
    fn from(path: &'a str) -> Self {
        Source::Path(Path::new(path))
    }
}

impl<'a, R: Role> From<&'a String> for Source<'a, R> {
    fn from(path: &'a String) -> Self {
        Source::Path(Path::new(path))
    }
}

impl<'a, R: Role> From<&'a PathBuf> for Source<'a, R> {
    fn from(path: &'a PathBuf) -> Self {
        Source::Path(path)
    }
}

impl<'a, R: Role> From<&'a Vec<u8>> for Source<'a, R> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Source::Bytes(bytes)
    }
}

impl<'a, R: Role> From<&'a RgbImage> for Source<'a, R> {
    fn from(image: &'a RgbImage) -> Self {
        Source::Image(image)
    }
}

impl<'a, R: Role> From<&'a Template<R>> for Source<'a, R> {
    fn from(template: &'a Template<R>) -> Self {
        Source::Template(template)
    }
}

/// A partly hidden face is unclear where its features are shorter than this many times the
/// embedder's limit: 9 for the default one, and no LFW photo has less than 9.1.
const HIDDEN: f32 = 1.2;

/// The result for one sample: a template, or the reasons why there is none.
#[derive(Debug, Clone)]
pub struct Acquisition<R: Role> {
    /// The template; `None` is a failure to acquire.
    pub template: Option<Template<R>>,
    /// What was found in the photo and measured.
    pub sample: SampleRecord,
    /// The decisive reasons of a failure to acquire, and other reasons worth knowing.
    pub reasons: Vec<Reason>,
    /// The passive signals of a probe; empty unless the policy's `liveness` asks for them, and
    /// empty for a ready template.
    pub signals: Vec<SignalRecord>,
}

/// Verifies probes against references. It is `Send + Sync`: a backend makes one and shares it.
#[derive(Debug, Clone)]
pub struct Verifier {
    detector: FaceDetector,
    embedder: Embedder,
    point: OperatingPoint,
    calibration: Option<Arc<Calibration>>,
    normaliser: Option<Arc<Normaliser>>,
    passive: PassiveSignals,
    policy: Policy,
}

impl Verifier {
    /// A verifier from its parts. The operating point is that of the policy or, failing that,
    /// the `published` threshold of the embedder with its source in words. Templates have the form
    /// that the policy states or, failing that, the embedder's.
    pub fn new(
        detector: FaceDetector,
        mut embedder: Embedder,
        published: Option<(f32, String)>,
        policy: Policy,
    ) -> Result<Self> {
        policy.check()?;
        if let Some(form) = policy.templates {
            embedder = embedder.with_form(form);
        }
        let point = OperatingPoint::resolve(policy.threshold, published)?;
        let passive = PassiveSignals::new(policy.passive.clone());
        Ok(Verifier {
            detector,
            embedder,
            point,
            calibration: None,
            normaliser: None,
            passive,
            policy,
        })
    }

    /// The verifier with other passive signals than those that the policy's limits alone give, such
    /// as signals that include a network. They are measured where the policy's `liveness` is not
    /// `off`.
    #[must_use]
    pub fn with_passive_signals(mut self, passive: PassiveSignals) -> Self {
        self.passive = passive;
        self
    }

    /// A verifier that needs no models and knows nothing about faces: for testing everything around
    /// inference, and for trying out the interface. See [`NullDetector`] and [`NullEmbedder`].
    pub fn with_null_networks(policy: Policy) -> Result<Self> {
        let spec = |size, channels| InputSpec::new(size, channels, [0.0; 3], [1.0; 3]);
        let detector = FaceDetector::new(
            Arc::new(NullDetector::new()),
            spec(InputSize::MultipleOf(32), ChannelOrder::Bgr)?,
            policy.detector,
        )?;
        let embedder = Embedder::new(
            Arc::new(NullEmbedder::new()),
            spec(InputSize::Fixed { width: CROP_SIDE, height: CROP_SIDE }, ChannelOrder::Rgb)?,
        )?;
        let published = Some((0.9, "the null embedder's own".to_owned()));
        Verifier::new(detector, embedder, published, policy)
    }

    /// The verifier with the operating point that a calibration measured for this false match rate
    /// (the policy's `fmr_of` says whose rate), in place of its own, and with the calibration's
    /// normaliser and form of template.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ModelMismatch`](crate::ErrorKind::ModelMismatch) where the calibration was
    /// measured with other models;
    /// [`ErrorKind::TemplateFormMismatch`](crate::ErrorKind::TemplateFormMismatch) where the policy
    /// asks for templates of another form than those it was measured on; another kind where it has
    /// no threshold for this rate.
    pub fn calibrated(mut self, calibration: &Calibration, target_fmr: f64) -> Result<Self> {
        calibration.check_models(&self.models())?;
        self.embedder = self.embedder.with_form(calibration.form(self.policy.templates)?);
        self.point = OperatingPoint::calibrated(calibration, target_fmr, self.policy.fmr_of)?;
        let normaliser = calibration.normaliser.as_ref().map(Normaliser::open).transpose()?;
        self.normaliser = normaliser.map(Arc::new);
        self.calibration = Some(Arc::new(calibration.clone()));
        Ok(self)
    }

    /// The form of the templates that it makes and compares.
    pub fn templates(&self) -> TemplateForm {
        self.embedder.form()
    }

    /// The calibration in force; `None` where the threshold is the policy's or the publisher's.
    pub fn calibration(&self) -> Option<&Calibration> {
        self.calibration.as_deref()
    }

    /// The normaliser in force; `None` where scores are plain cosines.
    pub fn normaliser(&self) -> Option<&Normaliser> {
        self.normaliser.as_deref()
    }

    /// The models that scores depend on, by role. Records also name the network of the passive
    /// signals, where there is one.
    pub fn models(&self) -> Vec<ModelRecord> {
        let model = |role: &str, id: &ModelId| ModelRecord {
            role: role.to_owned(),
            id: id.id.clone(),
            sha256: id.sha256,
        };
        let needed = [model("detector", self.detector.id()), model("embedder", self.embedder.id())];
        let second = self.detector.second_id().map(|id| model("second_detector", id));
        needed.into_iter().chain(second).collect()
    }

    /// The passive signals, whether or not the policy uses them.
    pub fn passive_signals(&self) -> &PassiveSignals {
        &self.passive
    }

    /// The liveness signals that are measured for such a sample: those of probes, where the policy
    /// says so.
    fn passive_for(&self, subject: ReasonSubject) -> Option<&PassiveSignals> {
        let looked_at = self.policy.liveness != LivenessPolicy::Off;
        (looked_at && subject == ReasonSubject::Probe).then_some(&self.passive)
    }

    /// The operating point in force.
    pub fn operating_point(&self) -> &OperatingPoint {
        &self.point
    }

    /// The rules in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The stage that finds faces.
    pub fn detector(&self) -> &FaceDetector {
        &self.detector
    }

    /// The stage that makes templates.
    pub fn embedder(&self) -> &Embedder {
        &self.embedder
    }

    /// Finds the faces of a photo and aligns the one that would be compared: what
    /// [`Verifier::acquire`] does before it makes a template.
    ///
    /// # Errors
    ///
    /// As for [`Verifier::acquire`]; also for a ready template, which has no photo to inspect.
    pub fn inspect<'a, R: Role>(&self, source: impl Into<Source<'a, R>>) -> Result<Inspection> {
        let (policy, limits) = (&self.policy, &self.policy.limits);
        let passive = self.passive_for(R::SUBJECT);
        let of_file = |encoded: EncodedSample<'_>| {
            inspect(&encoded, &self.detector, policy, R::SUBJECT, passive)
        };
        match source.into() {
            Source::Image(image) => {
                let sample = Sample::from_rgb(image.clone());
                inspect_sample(sample, &self.detector, policy, R::SUBJECT, passive)
            }
            Source::Bytes(bytes) => of_file(EncodedSample::from_bytes(bytes, limits)?),
            Source::Path(path) => EncodedSample::from_path(path, limits)
                .and_then(of_file)
                .map_err(|error| error.in_path(path)),
            Source::Template(_) => {
                let message = "a template contains no photo to inspect";
                Err(Error::new(ErrorKind::InvalidArgument, Stage::Detect, message)
                    .next("pass the photo"))
            }
        }
    }

    /// Makes the template of a sample, or says why there is none.
    ///
    /// A face that is not found is an outcome, not an error: [`Acquisition::template`] is then
    /// `None` and [`Acquisition::reasons`] say why.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is damaged, is in an unsupported format, or exceeds the policy's
    /// limits; or the networks fail.
    pub fn acquire<'a, R: Role>(&self, source: impl Into<Source<'a, R>>) -> Result<Acquisition<R>> {
        let source = source.into();
        if let Source::Template(template) = source {
            let template = match template.statistics() {
                Some(_) => template.clone(),
                None => self.normalised(template.clone())?,
            };
            return Ok(Acquisition {
                template: Some(template),
                sample: SampleRecord::of_template(),
                reasons: Vec::new(),
                signals: Vec::new(),
            });
        }
        let Inspection { aligned, record: mut sample, mut reasons, signals, .. } =
            self.inspect(source)?;
        let template = match &aligned {
            Some(face) => {
                let (template, magnitude) = self.embedder.embed_measured(face)?;
                sample.quality.template_magnitude = Some(magnitude);
                let hidden = reasons.iter().any(|reason| reason.code == ReasonCode::FaceHidden);
                let least = self.embedder.least_magnitude();
                let least = least.map(|least| if hidden { HIDDEN * least } else { least });
                reasons.extend(least.filter(|least| magnitude < *least).map(|least| {
                    let reason = Reason::new(ReasonCode::FaceUnclear).about(R::SUBJECT);
                    reason.measured(magnitude, least).advisory()
                }));
                Some(self.normalised(template)?)
            }
            None => None,
        };
        Ok(Acquisition { template, sample, reasons, signals })
    }

    fn normalised<R: Role>(&self, template: Template<R>) -> Result<Template<R>> {
        match &self.normaliser {
            Some(normaliser) => template.normalised_by(normaliser),
            None => Ok(template),
        }
    }

    /// Decides whether probe and reference show the same person.
    ///
    /// # Errors
    ///
    /// As for [`Verifier::acquire`]; and where a ready template comes from another model or is of
    /// another form.
    pub fn verify<'a, 'b>(
        &self,
        reference: impl Into<Source<'a, Reference>>,
        probe: impl Into<Source<'b, Probe>>,
    ) -> Result<DecisionRecord> {
        let reference = self.acquire(reference)?;
        let probe = self.acquire(probe)?;
        self.decide(&reference, &probe)
    }

    /// Compares two acquisitions and decides.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ModelMismatch`](crate::ErrorKind::ModelMismatch) where the templates come
    /// from different models,
    /// [`ErrorKind::TemplateFormMismatch`](crate::ErrorKind::TemplateFormMismatch) where they are
    /// of different forms, and
    /// [`ErrorKind::NormaliserMismatch`](crate::ErrorKind::NormaliserMismatch) where one of them
    /// was not normalised by the normaliser in force.
    pub fn decide(
        &self,
        reference: &Acquisition<Reference>,
        probe: &Acquisition<Probe>,
    ) -> Result<DecisionRecord> {
        self.decide_with_session(reference, probe, None)
    }

    /// Compares two acquisitions and decides, with a challenge session as evidence that a live
    /// person was present. Without one nothing matches under `liveness = "require"`: a photo alone
    /// can only count against it.
    ///
    /// # Errors
    ///
    /// As for [`Verifier::decide`].
    pub fn decide_with_session(
        &self,
        reference: &Acquisition<Reference>,
        probe: &Acquisition<Probe>,
        session: Option<SessionEvidence>,
    ) -> Result<DecisionRecord> {
        let (raw, score) = match (&probe.template, &reference.template) {
            (Some(probe), Some(reference)) => {
                let raw = compare(probe, reference)?;
                let score = match &self.normaliser {
                    Some(by) => compare_normalised(probe, reference, by.digest())?,
                    None => raw,
                };
                (Some(raw), Some(score))
            }
            _ => (None, None),
        };
        let mut reasons = [reference.reasons.as_slice(), probe.reasons.as_slice()].concat();
        if probe.sample.sha256.is_some() && probe.sample.sha256 == reference.sample.sha256 {
            reasons.push(Reason::new(ReasonCode::IdenticalFiles).advisory());
        }
        // Where liveness is off, the record says nothing about it, whatever evidence was passed.
        let liveness = match self.policy.liveness {
            LivenessPolicy::Off => Liveness::not_checked(),
            _ => Liveness::judged(probe.signals.clone(), session),
        };
        let asked = liveness.signals.iter().any(|signal| signal.name == Signal::Network.name());
        let network = self.passive.network_id().filter(|_| asked).map(|id| ModelRecord {
            role: "passive_pad".to_owned(),
            id: id.id.clone(),
            sha256: id.sha256,
        });
        let decision = decide(&self.policy, &self.point, score, reasons, liveness);
        let record = DecisionRecord {
            schema: DECISION_SCHEMA.to_owned(),
            id: String::new(),
            outcome: decision.outcome,
            score: score.map(ComparisonScore::value),
            raw_score: raw.map(ComparisonScore::value),
            evidence: score.and_then(|score| self.point.evidence(score)),
            threshold: score.map(|_| self.point.threshold()),
            operating_point: self.point.record(),
            reasons: decision.reasons,
            probe: probe.sample.clone(),
            reference: reference.sample.clone(),
            liveness: decision.liveness,
            templates: Some(self.templates()),
            models: self.models().into_iter().chain(network).collect(),
            software: SoftwareRecord::current(),
        };
        Ok(record.seal())
    }
}
