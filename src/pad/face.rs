//! One frame: the face in it, its mesh, and what the mesh measures.

use std::sync::Arc;

use image::RgbImage;

use crate::align::align;
use crate::detect::{Detection, FaceDetector};
use crate::geometry::BoundingBox;
use crate::mesh::{FaceMesh, Mesh, Pose};
use crate::model::ModelId;
use crate::sample::{Sample, linear_light, srgb};
use crate::template::{Embedder, Probe, Template};
use crate::{Digest, Result};

/// The mesh's own confidence from which on there is a face: MediaPipe's.
const PRESENT: f32 = 0.5;
/// A second face counts from this share of the first one's width on: nearer than twice as far away.
const SECOND_FACE: f32 = 0.5;
/// The detector's confidence from which on a second face counts: what it takes for one otherwise is
/// often a pattern in the room.
const SURE: f32 = 0.8;
/// Mean linear light of a face below which a frame is made brighter, to which, and by how much at
/// most: detectors and the mesh have learnt from photos in ordinary light.
const DARK: f32 = 0.07;
const BRIGHT: f32 = 0.18;
const MOST_GAIN: f32 = 24.0;

/// What looks at frames: detector, mesh and embedder, the same for all sessions. It is
/// `Send + Sync`: make one and share it.
#[derive(Debug, Clone)]
pub struct FrameAnalyser {
    detector: Arc<FaceDetector>,
    mesh: FaceMesh,
    embedder: Arc<Embedder>,
}

/// What one frame's mesh measures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measures {
    /// Which way the head is turned, in degrees.
    pub(super) pose: Pose,
    /// Size of the face in pixels, whichever way it is turned; see [`SPREAD`].
    pub(super) size: f32,
    /// How much the eyes look unlike they did at the beginning: see [`Openings::unlike`]; 0 while there
    /// is nothing to compare with.
    pub(super) lids: f32,
    /// The same of the mouth.
    pub(super) lips: f32,
    /// Middle of the face, in pixels.
    pub(super) middle: [f32; 2],
}

/// A face in a frame.
#[derive(Debug, Clone)]
pub(super) struct FaceView {
    pub(super) mesh: Mesh,
    pub(super) measures: Measures,
    pub(super) openings: Openings,
    /// What the detector saw, by which templates are aligned.
    detection: Detection,
    /// Whether it saw that in this frame, and not in an earlier one.
    detected: bool,
}

impl FaceView {
    /// The face under a mesh; `None` where the mesh sees none there.
    fn of(mesh: Mesh, pixels: &RgbImage, detection: &Detection, detected: bool) -> Option<Self> {
        let measures = measure(&mesh);
        let sound = mesh.presence >= PRESENT && measures.size.is_finite() && measures.size > 1.0;
        sound.then(|| {
            let openings = Openings::of(&mesh, pixels);
            FaceView { mesh, measures, openings, detection: detection.clone(), detected }
        })
    }
}

/// What a frame shows.
#[derive(Debug)]
pub(super) struct FrameView {
    /// The frame, made brighter where it is dark, under the digest of the frame as it came.
    sample: Sample,
    /// The face that is followed.
    pub(super) face: Option<FaceView>,
    /// Whether somebody else's face is about as large.
    pub(super) second_face: bool,
}

impl FrameView {
    /// Digest of the frame as it came.
    pub(super) fn digest(&self) -> Digest {
        self.sample.digest()
    }
}

impl FrameAnalyser {
    /// An analyser from its stages.
    pub fn new(detector: FaceDetector, mesh: FaceMesh, embedder: Embedder) -> Self {
        FrameAnalyser { detector: Arc::new(detector), mesh, embedder: Arc::new(embedder) }
    }

    /// The analyser on the default models of the default store.
    ///
    /// # Errors
    ///
    /// A model or the runtime has not been fetched, or is not the pinned one.
    #[cfg(feature = "onnx")]
    pub fn open(profile: crate::model::Profile) -> Result<Self> {
        use crate::model::{ModelStore, OnnxNetwork, Role};
        let store = ModelStore::open()?;
        let library = store.verify_runtime()?;
        let load = |role| {
            let model = store.load_default(role)?;
            let input = model.entry().input;
            Ok::<_, crate::Error>((Arc::new(OnnxNetwork::load(model, &library, profile)?), input))
        };
        let (detector, input) = load(Role::Detector)?;
        let detector = FaceDetector::new(detector, input, Default::default())?;
        let (embedder, input) = load(Role::Embedder)?;
        let embedder = Embedder::new(embedder, input)?;
        Ok(FrameAnalyser::new(detector, FaceMesh::open_in(&store, profile)?, embedder))
    }

    /// The models by which it looks: detector, mesh and embedder.
    pub fn models(&self) -> [&ModelId; 3] {
        [self.detector.id(), self.mesh.id(), self.embedder.id()]
    }

    /// What a frame shows; `before` is the face of the frame before.
    pub(super) fn look(&self, frame: &RgbImage, before: Option<&FaceView>) -> Result<FrameView> {
        let part =
            before.map_or_else(|| middle_of(frame), |face| face.detection.bounding_box().pixels());
        let sample = Sample::from_rgb(frame.clone());
        let sample = match brightened(frame, part) {
            Some(pixels) => sample.with_pixels(pixels),
            None => sample,
        };
        let found = self.detector.detect(&sample)?.faces;
        let face = followed(&found, before);
        let mut view = FrameView { sample, face: None, second_face: false };
        let Some(detection) = face else {
            view.face = self.tracked(view.sample.pixels(), before)?;
            return Ok(view);
        };
        let width = detection.bounding_box().width();
        view.second_face = found.iter().any(|other| {
            !std::ptr::eq(other, detection)
                && other.bounding_box().width() >= SECOND_FACE * width
                && other.score() >= SURE
        });
        view.face = self.mesh_on(view.sample.pixels(), detection, before)?;
        Ok(view)
    }

    /// Lays the mesh where the last one lay, if that is where the detector sees the face: frames
    /// then differ by the face's motion and not by the detector's whims.
    fn mesh_on(
        &self,
        pixels: &RgbImage,
        detection: &Detection,
        before: Option<&FaceView>,
    ) -> Result<Option<FaceView>> {
        let near = |face: &&FaceView| {
            let (old, new) = (face.mesh.landmarks5(), detection.landmarks());
            let apart = old.points().iter().zip(new.points()).map(|(a, b)| a.distance(*b));
            apart.sum::<f32>() / 5.0 < 0.5 * new.inter_eye_distance()
        };
        let start = match before.filter(near) {
            Some(face) => face.mesh.landmarks5(),
            None => {
                let Some(rough) = self.mesh.locate(pixels, detection.landmarks())? else {
                    return Ok(None);
                };
                rough.landmarks5()
            }
        };
        let Some(mesh) = self.mesh.locate(pixels, &start)? else { return Ok(None) };
        Ok(FaceView::of(mesh, pixels, detection, true))
    }

    /// The face where the mesh last lay, in a frame in which the detector sees none, as happens to
    /// heads that are turned far: the mesh says itself whether there is one.
    fn tracked(&self, pixels: &RgbImage, before: Option<&FaceView>) -> Result<Option<FaceView>> {
        let Some(before) = before else { return Ok(None) };
        let mesh = self.mesh.locate(pixels, &before.mesh.landmarks5())?;
        Ok(mesh.and_then(|mesh| FaceView::of(mesh, pixels, &before.detection, false)))
    }

    /// The template of a frame's face; `None` where the detector sees none.
    pub(super) fn template(&self, view: &FrameView) -> Result<Option<Template<Probe>>> {
        let Some(face) = view.face.as_ref().filter(|face| face.detected) else { return Ok(None) };
        let Some(aligned) = align(&view.sample, &face.detection) else { return Ok(None) };
        self.embedder.embed(&aligned).map(Some)
    }
}

/// The face nearest to the one that was followed, or the first.
fn followed<'a>(found: &'a [Detection], before: Option<&FaceView>) -> Option<&'a Detection> {
    let Some(before) = before else { return found.first() };
    let middle = |b: &BoundingBox| [b.x() + b.width() / 2.0, b.y() + b.height() / 2.0];
    let old = middle(before.detection.bounding_box());
    let distance = |d: &Detection| {
        let new = middle(d.bounding_box());
        (new[0] - old[0]).hypot(new[1] - old[1])
    };
    found.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

fn middle_of(frame: &RgbImage) -> [u32; 4] {
    let (width, height) = frame.dimensions();
    [width / 4, height / 4, width / 2, height / 2]
}

/// Where a part of the frame is dark, the frame with more light: every value by one table.
fn brightened(frame: &RgbImage, part: [u32; 4]) -> Option<RgbImage> {
    let [x, y, width, height] = part;
    let (mut sum, mut count) = (0.0, 0.0);
    for row in (y..(y + height).min(frame.height())).step_by(4) {
        for column in (x..(x + width).min(frame.width())).step_by(4) {
            sum +=
                frame.get_pixel(column, row).0.iter().map(|v| linear_light(*v)).sum::<f64>() / 3.0;
            count += 1.0;
        }
    }
    let mean = if count > 0.0 { (sum / count) as f32 } else { 1.0 };
    if mean >= DARK {
        return None;
    }
    let gain = (BRIGHT / mean.max(1e-6)).min(MOST_GAIN);
    let table: Vec<u8> = (0..=255).map(|v| srgb(linear_light(v) * f64::from(gain))).collect();
    let mut brighter = frame.clone();
    brighter.iter_mut().for_each(|value| *value = table[usize::from(*value)]);
    Some(brighter)
}

fn measure(mesh: &Mesh) -> Measures {
    let n = mesh.points.len() as f32;
    let middle = mesh
        .points
        .iter()
        .fold([0.0; 3], |sum, p| [sum[0] + p.x / n, sum[1] + p.y / n, sum[2] + p.z / n]);
    let spread: f32 = mesh
        .points
        .iter()
        .map(|p| (p.x - middle[0]).powi(2) + (p.y - middle[1]).powi(2) + (p.z - middle[2]).powi(2))
        .sum();
    let size = (spread / n).sqrt() / SPREAD;
    Measures { pose: mesh.pose(), size, lids: 0.0, lips: 0.0, middle: [middle[0], middle[1]] }
}

/// Corners of the eyes and of the mouth, by MediaPipe's numbers, and half the height that is looked
/// at between them, in the distance of the corners: from the lower lid to the crease; from lip to
/// lip.
const OPENINGS: [((usize, usize), f32); 3] =
    [((33, 133), 0.25), ((263, 362), 0.25), ((61, 291), 0.4)];
/// Samples from corner to corner, and across.
const SAMPLES: (usize, usize) = (21, 9);

/// What both eyes and the mouth look like, whatever the light: values over their mean.
///
/// The mesh's own points on the lids hardly move when an eye is shut, and those on the lips too
/// little in many faces (docs/LIVENESS.md), so it is the picture between the corners that tells.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Openings([Vec<f32>; 3]);

impl Openings {
    /// Eyes and mouth under a mesh.
    fn of(mesh: &Mesh, pixels: &RgbImage) -> Openings {
        Openings(OPENINGS.map(|((one, other), half)| {
            let (a, b) = (mesh.points[one], mesh.points[other]);
            let (dx, dy) = (b.x - a.x, b.y - a.y);
            let mut values = Vec::with_capacity(SAMPLES.0 * SAMPLES.1);
            for row in 0..SAMPLES.1 {
                let across = half * (2.0 * row as f32 / (SAMPLES.1 - 1) as f32 - 1.0);
                for column in 0..SAMPLES.0 {
                    let along = column as f32 / (SAMPLES.0 - 1) as f32;
                    // The casts saturate; beyond the border the outermost pixels go on.
                    let x = (a.x + along * dx - across * dy + 0.5) as u32;
                    let y = (a.y + along * dy + across * dx + 0.5) as u32;
                    let (x, y) = (x.min(pixels.width() - 1), y.min(pixels.height() - 1));
                    values.push(pixels.get_pixel(x, y).0.iter().map(|v| f32::from(*v)).sum());
                }
            }
            let mean = values.iter().sum::<f32>() / values.len() as f32;
            values.iter_mut().for_each(|value| *value /= mean.max(1.0));
            values
        }))
    }

    /// The mean of several views; `None` of none.
    pub(super) fn mean(views: &[&Openings]) -> Option<Openings> {
        let mut mean = (*views.first()?).clone();
        for (n, opening) in mean.0.iter_mut().enumerate() {
            for (k, value) in opening.iter_mut().enumerate() {
                *value = views.iter().map(|view| view.0[n][k]).sum::<f32>() / views.len() as f32;
            }
        }
        Some(mean)
    }

    /// Root mean square difference to an earlier view of the same face, over the standard deviation
    /// within that: about .15 by the mesh's trembling, about 1 where nothing is left of it. First
    /// that of the eyes, of the two the one that changed less; then that of the mouth.
    pub(super) fn unlike(&self, before: &Openings) -> (f32, f32) {
        let of = |opening: usize| {
            let (now, before) = (&self.0[opening], &before.0[opening]);
            let n = now.len() as f32;
            let apart = now.iter().zip(before).map(|(a, b)| (a - b).powi(2)).sum::<f32>() / n;
            let within = before.iter().map(|b| (b - 1.0).powi(2)).sum::<f32>() / n;
            (apart / within.max(1e-6)).sqrt()
        };
        (of(0).min(of(1)), of(2))
    }
}

/// Root mean square distance of a mesh's points from their middle, in sizes of the face. It is not
/// measured and only sets the unit: simulated heads of 70 to 90 pixels between the eyes have a size
/// of about 60.
const SPREAD: f32 = 0.98;
