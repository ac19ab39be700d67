//! One frame: the face in it, its mesh, and what the mesh measures.

use std::sync::Arc;

use image::RgbImage;

use super::brightness::Lit;
use super::eyes_and_mouth::EyesAndMouth;
use crate::Result;
use crate::align::align;
use crate::detect::{Detection, FaceDetector};
use crate::geometry::{BoundingBox, Landmarks5};
use crate::mesh::{FaceMesh, Mesh, Pose};
use crate::model::ModelId;
use crate::sample::Sample;
use crate::template::{Embedder, Probe, Template};
use evenmatch_core::record::TemplateForm;

/// The mesh's own confidence from which there is a face: MediaPipe's value, where only the mesh
/// sees one; and a lower one where the detector sees a face too. In hard shadows, and over eyes
/// that look down, it is often no higher.
const PRESENT: f32 = 0.5;
const PRESENT_TOO: f32 = 0.2;
/// A mesh is laid where the last one was if that is this near to what the detector sees, in
/// inter-eye distances.
const NEAR: f32 = 0.5;
/// Meshes laid one from the other where the detector sees no face: a head that turns fast has
/// moved.
const ROUNDS: u32 = 3;
/// A second face counts from this share of the first one's width: nearer than twice as far away.
const SECOND_FACE: f32 = 0.5;
/// The detector's confidence from which a second face counts: below it, a second face is often a
/// pattern in the room.
const SURE: f32 = 0.8;

/// What analyses frames: detector, mesh and embedder, the same for all sessions. It is `Send +
/// Sync`: make one and share it.
#[derive(Debug, Clone)]
pub struct FrameAnalyser {
    detector: Arc<FaceDetector>,
    mesh: FaceMesh,
    embedder: Arc<Embedder>,
}

/// What one frame's mesh measures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measures {
    /// Which way the head is turned, in degrees.
    pub pose: Pose,
    /// Size of the face in pixels, whichever way it is turned; see `SPREAD`.
    pub size: f32,
    /// How different the eyes look from the start of the session: see `EyesAndMouth::unlike`; 0
    /// while there is nothing to compare with.
    pub lids: f32,
    /// The same for the mouth.
    pub lips: f32,
    /// Middle of the face, in pixels.
    pub middle: [f32; 2],
}

/// A face in a frame.
#[derive(Debug, Clone)]
pub(super) struct FaceView {
    pub(super) mesh: Mesh,
    pub(super) measures: Measures,
    pub(super) openings: EyesAndMouth,
    /// What the detector saw; templates are aligned by it.
    detection: Detection,
    /// Whether the detector saw it in this frame, and not in an earlier one.
    detected: bool,
}

impl FaceView {
    /// The face under a mesh; `None` where there is none.
    fn of(mesh: Mesh, pixels: &RgbImage, detection: &Detection, detected: bool) -> Option<Self> {
        let measures = measure(&mesh);
        let present = mesh.presence >= if detected { PRESENT_TOO } else { PRESENT };
        (present && measures.size.is_finite() && measures.size > 1.0).then(|| {
            let openings = EyesAndMouth::of(&mesh, pixels);
            FaceView { mesh, measures, openings, detection: detection.clone(), detected }
        })
    }
}

/// Mean distance between the landmarks of two faces, in distances between the second one's eyes.
fn apart(one: &Landmarks5, other: &Landmarks5) -> f32 {
    let distances = one.points().iter().zip(other.points()).map(|(a, b)| a.distance(*b));
    distances.sum::<f32>() / 5.0 / other.inter_eye_distance().max(1.0)
}

/// The images that the mesh is laid on and that its openings are examined in: noise misleads the
/// mesh (and the embedder), and smoothing blurs the lids.
struct Pixels<'a> {
    clean: &'a RgbImage,
    sharp: &'a RgbImage,
}

/// What a frame shows.
#[derive(Debug)]
pub(super) struct FrameView {
    /// The frame, made brighter and smoothed where it is dark.
    sample: Sample,
    /// The tracked face.
    pub(super) face: Option<FaceView>,
    /// Whether another person's face is about as large.
    pub(super) second_face: bool,
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
            let model = store.load_to_run(role)?;
            let input = model.entry().input;
            Ok::<_, crate::Error>((Arc::new(OnnxNetwork::load(model, &library, profile)?), input))
        };
        let (detector, input) = load(Role::Detector)?;
        let detector = FaceDetector::new(detector, input, Default::default())?;
        let (embedder, input) = load(Role::Embedder)?;
        let embedder = Embedder::new(embedder, input)?;
        Ok(FrameAnalyser::new(detector, FaceMesh::open_in(&store, profile)?, embedder))
    }

    /// The analyser with templates of this form, in place of the embedder's.
    #[must_use]
    pub fn with_templates(mut self, form: TemplateForm) -> Self {
        self.embedder = Arc::new(Embedder::clone(&self.embedder).with_form(form));
        self
    }

    /// The form of its templates. Those that a session is compared with must have the same.
    pub fn templates(&self) -> TemplateForm {
        self.embedder.form()
    }

    /// The models it uses: detector, mesh and embedder.
    pub fn models(&self) -> [&ModelId; 3] {
        [self.detector.id(), self.mesh.id(), self.embedder.id()]
    }

    /// What a frame shows; `before` is the face as last seen. With `search`, more effort goes into
    /// finding one: see [`Lit::find`].
    pub(super) fn look(
        &self,
        frame: Sample,
        before: Option<&FaceView>,
        search: bool,
    ) -> Result<FrameView> {
        let part = before.map(|face| face.detection.bounding_box().pixels());
        let lit = Lit::find(&self.detector, frame, part, search)?;
        let clean = lit.clean();
        let sharp = lit.sample.pixels();
        let pixels = Pixels { clean: clean.as_ref().unwrap_or(sharp), sharp };
        let followed = followed(&lit.faces, before);
        let face = match followed {
            Some(detection) => self.mesh_on(&pixels, detection, before)?,
            None => self.tracked(&pixels, before)?,
        };
        let second_face = followed.is_some_and(|detection| {
            let width = detection.bounding_box().width();
            lit.faces.iter().any(|other| {
                !std::ptr::eq(other, detection)
                    && other.bounding_box().width() >= SECOND_FACE * width
                    && other.score() >= SURE
            })
        });
        let sample = match clean {
            Some(clean) => lit.sample.with_pixels(clean),
            None => lit.sample,
        };
        Ok(FrameView { sample, face, second_face })
    }

    /// Lays the mesh where the last one was, if the detector sees the face there: frames then
    /// differ by the face's motion and not by the detector's jitter.
    fn mesh_on(
        &self,
        pixels: &Pixels<'_>,
        detection: &Detection,
        before: Option<&FaceView>,
    ) -> Result<Option<FaceView>> {
        let near = |face: &&FaceView| apart(&face.mesh.landmarks5(), detection.landmarks()) < NEAR;
        let view = |start: &Landmarks5| {
            let mesh = self.mesh.locate(pixels.clean, start)?;
            Ok(mesh.and_then(|mesh| FaceView::of(mesh, pixels.sharp, detection, true)))
        };
        if let Some(face) = before.filter(near)
            && let Some(view) = view(&face.mesh.landmarks5())?
        {
            return Ok(Some(view));
        }
        match self.mesh.locate(pixels.clean, detection.landmarks())? {
            Some(rough) => view(&rough.landmarks5()),
            None => Ok(None),
        }
    }

    /// The face where the mesh last was, in a frame in which the detector sees none, as happens
    /// with heads turned far: the mesh itself says whether there is a face.
    fn tracked(&self, pixels: &Pixels<'_>, before: Option<&FaceView>) -> Result<Option<FaceView>> {
        let Some(before) = before else { return Ok(None) };
        let mut start = before.mesh.landmarks5();
        for _ in 0..ROUNDS {
            let Some(mesh) = self.mesh.locate(pixels.clean, &start)? else { return Ok(None) };
            start = mesh.landmarks5();
            if let Some(face) = FaceView::of(mesh, pixels.sharp, &before.detection, false) {
                return Ok(Some(face));
            }
        }
        Ok(None)
    }

    /// The template of a frame's face; `None` where the detector sees none.
    pub(super) fn template(&self, view: &FrameView) -> Result<Option<Template<Probe>>> {
        let Some(face) = view.face.as_ref().filter(|face| face.detected) else { return Ok(None) };
        let Some(aligned) = align(&view.sample, &face.detection) else { return Ok(None) };
        self.embedder.embed(&aligned).map(Some)
    }
}

/// The face nearest to the tracked one, or the first.
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

/// Root mean square distance of a mesh's points from their middle, in sizes of the face. It is not
/// measured and only sets the unit: simulated heads with 70 to 90 pixels between the eyes have a
/// size of about 60.
const SPREAD: f32 = 0.98;
