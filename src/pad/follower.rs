//! Follows one face from frame to frame, whatever it is asked to do.
//!
//! All that is costly happens here, once per frame. What a challenge makes of it is
//! [`Judge`](super::Judge)'s part, so that the same frames can be judged by many challenges.

use std::sync::Arc;
use std::time::Duration;

use image::RgbImage;

use super::Step;
use super::baseline::{Baseline, MOST_VIEWS};
use super::challenge::BASELINE_MS;
use super::continuity::{Abruptness, Continuity};
use super::frame_analysis::{FaceView, FrameAnalyser, FrameView, Measures};
use super::movement;
use crate::Result;
use crate::compare::compare;
use crate::sample::Sample;
use crate::template::{Probe, Reference, Template};

/// Milliseconds without a new frame after which frames count as missing, and a face as lost.
pub(super) const LONGEST_GAP_MS: u64 = 500;
/// A picture that came before counts as one from earlier, and not as a hiccup of the camera's driver,
/// if it is older than this, in milliseconds.
const OLD_MS: u64 = 500;
/// Milliseconds between searches for a face that the detector does not see.
const SEARCH_EVERY_MS: u64 = 500;
/// Milliseconds from one template to the next.
const TEMPLATE_EVERY_MS: u64 = 400;
/// A head turned further than this, in degrees, shows the embedder too little of the face.
const TEMPLATE_TURN: f32 = 14.0;
/// Nor is a template made of a face that looks further away from the camera than this, in degrees;
/// or, if it already did so at the start, by this much more than then.
const TEMPLATE_AWAY: f32 = 20.0;
const TEMPLATE_MORE: f32 = 5.0;
/// Templates of the start that later ones are compared with.
const FIRST_TEMPLATES: usize = 3;

/// What one frame shows, whatever is asked.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Milliseconds since the first frame.
    pub(super) at_ms: u64,
    pub(super) what: What,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    /// Its time is before that of an earlier frame.
    Backwards,
    /// The picture was there a moment ago.
    Again,
    /// The picture was there long ago.
    FromEarlier,
    /// A new picture.
    New(Box<NewFrame>),
}

#[derive(Debug, Clone)]
pub(super) struct NewFrame {
    pub(super) face: Option<FaceView>,
    pub(super) second_face: bool,
    pub(super) abruptness: Abruptness,
    /// The face at the start, once that is over.
    pub(super) baseline: Option<Arc<Baseline>>,
    /// What is measured of the face, with its eyes and mouth compared with the start.
    pub(super) now: Option<Measures>,
    pub(super) likeness: Option<Likeness>,
}

/// How like the faces of the start a template is, and the one before it; plain cosines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Likeness {
    pub(super) to_start: f32,
    /// `None` for the first one after the start.
    pub(super) to_last: Option<f32>,
}

impl Seen {
    /// Its time since the first frame.
    pub fn at(&self) -> Duration {
        Duration::from_millis(self.at_ms)
    }

    fn frame(&self) -> Option<&NewFrame> {
        match &self.what {
            What::New(frame) => Some(frame),
            _ => None,
        }
    }

    /// Whether it is a picture that was not there before, at a time that does not go backwards.
    pub fn is_new(&self) -> bool {
        self.frame().is_some()
    }

    /// What is measured of the face, if there is one.
    pub fn measures(&self) -> Option<&Measures> {
        self.frame()?.now.as_ref()
    }

    /// How far a movement has gone since the start, as a share of what a step needs: 0 at rest, 1
    /// and more when done. `None` where the frame shows no face, or the start is not over.
    pub fn moved(&self, step: Step) -> Option<f32> {
        let frame = self.frame()?;
        Some(movement::share(step, &frame.baseline.as_ref()?.measures, frame.now.as_ref()?))
    }

    /// How abruptly the picture changed; `None` for a picture that was there before.
    pub fn abruptness(&self) -> Option<Abruptness> {
        self.frame().map(|frame| frame.abruptness)
    }

    /// How like the faces of the start this one is, a plain cosine, where that was compared.
    pub fn likeness(&self) -> Option<f32> {
        self.frame()?.likeness.map(|likeness| likeness.to_start)
    }
}

/// Follows one face through a session's frames.
///
/// Its memory does not grow with the number of frames, except for 40 bytes each.
#[derive(Debug)]
pub struct Follower {
    analyser: FrameAnalyser,
    first_ms: Option<u64>,
    last_ms: u64,
    /// The face as last seen, and when.
    face: Option<FaceView>,
    face_ms: u64,
    searched_ms: Option<u64>,
    continuity: Continuity,
    views: Vec<FaceView>,
    baseline: Option<Arc<Baseline>>,
    person: Vec<Template<Reference>>,
    last_template: Option<Template<Reference>>,
    template_ms: Option<u64>,
    best: Option<(f32, RgbImage)>,
}

impl Follower {
    /// A follower that has seen nothing yet.
    pub fn new(analyser: FrameAnalyser) -> Self {
        Follower {
            analyser,
            first_ms: None,
            last_ms: 0,
            face: None,
            face_ms: 0,
            searched_ms: None,
            continuity: Continuity::default(),
            views: Vec::new(),
            baseline: None,
            person: Vec::new(),
            last_template: None,
            template_ms: None,
            best: None,
        }
    }

    /// Reports that a frame could not be read: an abrupt change across it may be that of a head.
    pub fn skip(&mut self) {
        self.continuity.gap();
    }

    /// Milliseconds from the first frame to this time; `None` if an earlier frame has a later one.
    pub(super) fn elapsed(&self, at: Duration) -> Option<u64> {
        let at_ms = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        let now_ms = at_ms.checked_sub(self.first_ms.unwrap_or(at_ms))?;
        (now_ms >= self.last_ms).then_some(now_ms)
    }

    /// Looks at a frame, upright and not mirrored. Several frames may have the same time: the clocks
    /// of some browsers are that coarse.
    ///
    /// # Errors
    ///
    /// A network fails.
    pub fn see(&mut self, frame: &RgbImage, at: Duration) -> Result<Seen> {
        let Some(now_ms) = self.elapsed(at) else {
            return Ok(Seen { at_ms: self.last_ms, what: What::Backwards });
        };
        self.first_ms.get_or_insert(u64::try_from(at.as_millis()).unwrap_or(u64::MAX));
        self.last_ms = now_ms;
        if self.best.is_none() {
            self.best = Some((f32::NEG_INFINITY, frame.clone()));
        }
        let sample = Sample::from_rgb(frame.clone());
        let what = match self.continuity.age(sample.digest(), now_ms) {
            Some(age) if age > OLD_MS => What::FromEarlier,
            Some(_) => What::Again,
            None => What::New(Box::new(self.new_frame(sample, frame, now_ms)?)),
        };
        Ok(Seen { at_ms: now_ms, what })
    }

    fn new_frame(&mut self, sample: Sample, frame: &RgbImage, now_ms: u64) -> Result<NewFrame> {
        let search = self.face.is_none()
            && self.searched_ms.is_none_or(|last| now_ms >= last + SEARCH_EVERY_MS);
        if search {
            self.searched_ms = Some(now_ms);
        }
        let view = self.analyser.look(sample, self.face.as_ref(), search)?;
        let abruptness = self.continuity.frame(frame, view.face.as_ref());
        let mut new = NewFrame {
            face: None,
            second_face: view.second_face,
            abruptness,
            baseline: None,
            now: None,
            likeness: None,
        };
        match &view.face {
            Some(face) => {
                new.now = Some(self.measured(face, now_ms));
                new.likeness = self.likeness_now(&view, &face.measures, now_ms)?;
                self.keep_best(&face.measures, frame);
                new.face = Some(face.clone());
                (self.face, self.face_ms) = (view.face, now_ms);
            }
            None if now_ms > self.face_ms + LONGEST_GAP_MS => self.face = None,
            None => {}
        }
        new.baseline = self.baseline.clone();
        Ok(new)
    }

    /// The measures of a face, compared with the start once that is over.
    fn measured(&mut self, face: &FaceView, now_ms: u64) -> Measures {
        if now_ms < u64::from(BASELINE_MS) {
            if self.views.len() < MOST_VIEWS {
                self.views.push(face.clone());
            }
            return face.measures;
        }
        if self.baseline.is_none() {
            self.baseline = Baseline::of(&self.views).map(Arc::new);
            self.views = Vec::new();
        }
        let Some(base) = &self.baseline else { return face.measures };
        let (lids, lips) = base.opened(face);
        Measures { lids, lips, ..face.measures }
    }

    /// How like the person at the start this one is, every now and then.
    fn likeness_now(
        &mut self,
        view: &FrameView,
        now: &Measures,
        now_ms: u64,
    ) -> Result<Option<Likeness>> {
        let due = self.template_ms.is_none_or(|last| now_ms >= last + TEMPLATE_EVERY_MS);
        let base = self.baseline.as_ref().map_or(now.pose, |base| base.measures.pose);
        let turned = (now.pose.yaw - base.yaw).hypot(now.pose.pitch - base.pitch);
        let away = now.pose.yaw.hypot(now.pose.pitch);
        let most_away = TEMPLATE_AWAY.max(base.yaw.hypot(base.pitch) + TEMPLATE_MORE);
        if !due || turned > TEMPLATE_TURN || away > most_away {
            return Ok(None);
        }
        let Some(template) = self.analyser.template(view)? else { return Ok(None) };
        self.template_ms = Some(now_ms);
        let to_start = self.likeness(&template)?;
        let to_last = match &self.last_template {
            Some(last) => Some(compare(&template, last)?.value()),
            None => None,
        };
        let reference = template.into_reference();
        if self.person.len() < FIRST_TEMPLATES && now_ms < u64::from(BASELINE_MS) {
            self.person.push(reference.clone());
        }
        self.last_template = Some(reference);
        Ok(to_start.map(|to_start| Likeness { to_start, to_last }))
    }

    /// Similarity of a template to the nearest of the first ones, a plain cosine; `None` if there
    /// are none yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ModelMismatch`](crate::ErrorKind::ModelMismatch): the template comes from
    /// another embedder.
    /// [`ErrorKind::TemplateFormMismatch`](crate::ErrorKind::TemplateFormMismatch): it has another
    /// form than the analyser's.
    pub fn likeness(&self, template: &Template<Probe>) -> Result<Option<f32>> {
        let mut most = None;
        for reference in &self.person {
            let score = compare(template, reference)?.value();
            most = Some(most.map_or(score, |m: f32| m.max(score)));
        }
        Ok(most)
    }

    /// Keeps the frame in which the face looks most directly into the camera and is largest.
    fn keep_best(&mut self, now: &Measures, frame: &RgbImage) {
        let away = now.pose.yaw.abs() + now.pose.pitch.abs() + now.pose.roll.abs();
        let worth = now.size - away;
        // Copying every frame would cost more than it gains: only clear improvements count.
        if self.best.as_ref().is_none_or(|(best, _)| worth > best + 2.0) {
            self.best = Some((worth, frame.clone()));
        }
    }

    /// The frame that shows the face best, as a probe for a comparison; if none shows it, the first
    /// frame.
    pub fn best_frame(&self) -> Option<&RgbImage> {
        self.best.as_ref().map(|(_, frame)| frame)
    }
}
