//! Live sessions: who is in front of a camera now.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use evenmatch::pad::{Challenge, FrameAnalyser, LivenessSession};
use evenmatch_core::{Digest, hex};
use evenmatch_ledger::vault::random;

use super::line::Line;
use crate::refusal::Refusal;

/// A session without a frame for so long is over: a page that lost its connection tries again for
/// 20 seconds.
const SILENT: Duration = Duration::from_secs(30);
/// Frames per second that no honest page exceeds, and a start to catch up with.
const MOST_FRAMES: (f64, f64) = (30.0, 40.0);

/// One session.
#[derive(Debug)]
pub(crate) struct Live {
    /// The link's id.
    pub(super) link: String,
    /// Whether the person has agreed that photos are kept for a review.
    pub(super) photos_for_review: bool,
    /// Its frames are judged one after the other, in the order of their arrival.
    pub(super) session: Arc<tokio::sync::Mutex<Judged>>,
    begun: Instant,
    heard: Mutex<Instant>,
    frames: AtomicU32,
}

/// The session itself, and what it needs from one frame to the next.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) session: LivenessSession,
    pub(super) last: Option<Duration>,
    /// The last picture, and whether it showed the face.
    pub(super) face: Option<(Digest, bool)>,
}

impl Live {
    /// Counts a frame, and refuses more per second than a camera gives.
    pub(super) fn hear(&self, now: Instant) -> Result<(), Refusal> {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = now;
        let frames = f64::from(self.frames.fetch_add(1, Ordering::Relaxed));
        let (rate, start) = MOST_FRAMES;
        if frames > start + rate * now.duration_since(self.begun).as_secs_f64() {
            let (message, next) = ("too many frames per second", "send ten per second");
            let status = axum::http::StatusCode::TOO_MANY_REQUESTS;
            return Err(
                Refusal::new(status, "too_fast", message, next).after(Duration::from_secs(1))
            );
        }
        Ok(())
    }

    fn is_silent(&self, now: Instant) -> bool {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        now.duration_since(heard) >= SILENT
    }
}

/// All sessions, and the line for them.
#[derive(Debug)]
pub(crate) struct Sessions {
    places: usize,
    live: Mutex<HashMap<String, Arc<Live>>>,
    line: Mutex<Line>,
}

impl Sessions {
    /// No session yet, and so many places.
    pub(crate) fn new(places: usize) -> Self {
        Sessions { places, live: Mutex::default(), line: Mutex::default() }
    }

    fn live(&self) -> MutexGuard<'_, HashMap<String, Arc<Live>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a session for a link, whose earlier one ends; or the place in line.
    ///
    /// # Errors
    ///
    /// The system gives no random bytes.
    pub(super) fn begin(
        &self,
        link: &str,
        challenge: Challenge,
        analyser: FrameAnalyser,
        photos_for_review: bool,
    ) -> evenmatch_core::Result<Result<String, usize>> {
        let now = Instant::now();
        let mut live = self.live();
        live.retain(|_, other| other.link != link && !other.is_silent(now));
        let free = self.places.saturating_sub(live.len());
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(place) = line.ask(link, free, now) {
            return Ok(Err(place));
        }
        let id = hex::encode(&random::<16>()?);
        let session =
            Judged { session: LivenessSession::new(challenge, analyser), last: None, face: None };
        let new = Live {
            link: link.to_owned(),
            photos_for_review,
            session: Arc::new(tokio::sync::Mutex::new(session)),
            begun: now,
            heard: Mutex::new(now),
            frames: AtomicU32::new(0),
        };
        live.insert(id.clone(), Arc::new(new));
        Ok(Ok(id))
    }

    /// The session of this id, if it is this link's and not over.
    pub(super) fn find(&self, id: &str, link: &str) -> Result<Arc<Live>, Refusal> {
        let found = self.live().get(id).filter(|live| live.link == link).cloned();
        found.filter(|live| !live.is_silent(Instant::now())).ok_or_else(no_session)
    }

    /// Ends a session: its frames are forgotten, unless the caller keeps it for a moment.
    pub(super) fn end(&self, id: &str, link: &str) -> Result<Arc<Live>, Refusal> {
        let found = self.find(id, link)?;
        self.live().remove(id);
        Ok(found)
    }

    /// How many sessions are live, and how many people wait.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        let waiting = self.line.lock().unwrap_or_else(PoisonError::into_inner).len();
        (self.live().len(), waiting)
    }
}

fn no_session() -> Refusal {
    let (message, next) = ("there is no such session", "begin again: POST /v1/capture/session");
    Refusal::new(axum::http::StatusCode::NOT_FOUND, "no_session", message, next)
}
