//! What all requests share: verifier, registry, keys and links, workers, and the queue for them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use tokio::sync::Semaphore;

use evenmatch::{Probe, Source, Verifier, pad::FrameAnalyser};
use evenmatch_core::record::{DecisionRecord, Outcome, SessionEvidence};
use evenmatch_explain::disclosure::OperatorStatement;
use evenmatch_ledger::{AppealState, Case, LedgerFiles};
use evenmatch_registry::{DeletionGround, DeletionReceipt, Enrolment, Registry};

use crate::access::{Access, AttemptLimit};
use crate::capture::Sessions;
use crate::refusal::Refusal;

/// Limits of the service, and what it tells people.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Requests processed at the same time.
    pub concurrent: usize,
    /// Requests that may wait in addition; one more gets 503.
    pub waiting: usize,
    /// Longest body, in bytes; a longer one gets 413.
    pub max_body: usize,
    /// Live sessions at the same time; one more person gets a place in line.
    pub sessions: usize,
    /// Attempts for one subject; one more gets 429.
    pub attempts: AttemptLimit,
    /// What the page and explanations say about the operators of the service.
    pub operator: OperatorStatement,
    /// Tells the operators of a fault of the service; nothing in it is about a person.
    pub tell: fn(&str),
}

impl Default for Settings {
    fn default() -> Self {
        let concurrent = std::thread::available_parallelism().map_or(1, usize::from);
        Settings {
            concurrent,
            waiting: 4 * concurrent,
            max_body: 16 << 20,
            sessions: SESSIONS_A_CORE * concurrent,
            attempts: AttemptLimit::default(),
            operator: OperatorStatement::default(),
            tell: |_| (),
        }
    }
}

/// Live sessions that one core keeps up with at ten frames per second (`benches/liveness.rs`: about
/// 74 frames per second a core).
const SESSIONS_A_CORE: usize = 6;
/// Frames of one session that may be under way: the page sends two.
const FRAMES_UNDER_WAY: usize = 3;

/// What all requests share.
#[derive(Debug)]
pub struct Service {
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) access: Arc<Access>,
    pub(crate) analyser: FrameAnalyser,
    pub(crate) sessions: Sessions,
    pub(crate) settings: Settings,
    pub(crate) counts: Counts,
    pub(crate) workers: Arc<Semaphore>,
    pub(crate) places: Arc<Semaphore>,
    pub(crate) frame_places: Arc<Semaphore>,
    /// Held while a judgement is written down: of two at the same time, one ends the review.
    pub(crate) judging: Mutex<()>,
}

/// What `/metrics` shows. No person is in it.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) requests: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) frames: AtomicU64,
    pub(crate) decisions: [AtomicU64; 3],
}

impl Counts {
    pub(crate) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Service {
    /// A service that has served nothing yet.
    pub fn new(
        verifier: Arc<Verifier>,
        registry: Arc<Registry>,
        access: Arc<Access>,
        analyser: FrameAnalyser,
        settings: Settings,
    ) -> Self {
        Service {
            verifier,
            registry,
            access,
            analyser,
            sessions: Sessions::new(settings.sessions),
            workers: Arc::new(Semaphore::new(settings.concurrent)),
            places: Arc::new(Semaphore::new(settings.concurrent + settings.waiting)),
            frame_places: Arc::new(Semaphore::new(FRAMES_UNDER_WAY * settings.sessions)),
            settings,
            counts: Counts::default(),
            judging: Mutex::default(),
        }
    }

    /// Counts an attempt for a subject.
    pub(crate) fn attempt(&self, subject: &str) -> Result<(), Refusal> {
        self.access
            .begin_attempt(subject, self.settings.attempts)?
            .map_err(Refusal::too_many_attempts)
    }

    /// Compares what an enrolled subject presents, decides, and writes it down. Returns the decision and
    /// its number in the ledger.
    pub(crate) fn decide(
        &self,
        subject: &str,
        enrolment: &Enrolment,
        presented: Source<'_, Probe>,
        session: Option<SessionEvidence>,
    ) -> Result<(DecisionRecord, u64), Refusal> {
        let verifier = &self.verifier;
        let probe = verifier.acquire(presented)?;
        let reference = enrolment.reference(verifier, probe.sample.sha256)?;
        let record = verifier.decide_with_session(&reference, &probe, session)?;
        let at = self.registry.decided(Some(enrolment), record.clone(), verifier.policy())?;
        Counts::add(&self.counts.decisions[record.outcome as usize]);
        if record.outcome == Outcome::Match {
            self.access.forget_attempts(subject)?;
        }
        Ok((record, at.sequence))
    }

    /// Deletes everything about a subject but the ledger's entries, with the links that are left.
    pub(crate) fn forget(&self, subject: &str) -> Result<DeletionReceipt, Refusal> {
        let receipt = self.registry.forget(subject, DeletionGround::Request)?;
        self.access.forget_attempts(subject)?;
        self.access.forget_links(subject)?;
        Ok(receipt)
    }

    /// Opens an appeal against the decision of a case; returns its entry's number.
    pub(crate) fn appeal(&self, case: &Case, note: &str) -> Result<u64, Refusal> {
        if matches!(case.appeal, AppealState::Open | AppealState::UnderReview) {
            let (message, next) = ("an appeal is already open", "wait for the answer");
            return Err(Refusal::new(StatusCode::CONFLICT, "appeal_open", message, next));
        }
        let id = &case.decision.record.id;
        Ok(self.registry.ledger().open_appeal_at(id, case.number, note)?.sequence)
    }

    /// The decision with this number and its reviews, if it is about this subject.
    pub(crate) fn case_of(&self, subject: &str, number: u64) -> Result<Case, Refusal> {
        let pseudonym = self.registry.enrolment(subject)?.details.pseudonym;
        let found = LedgerFiles::open(self.registry.ledger().folder())?.case(number)?;
        let about = |case: &Case| case.decision.subject.as_ref() == Some(&pseudonym);
        found.filter(about).ok_or_else(Refusal::unknown_decision)
    }
}
