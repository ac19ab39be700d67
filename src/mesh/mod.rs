//! A mesh of 468 points laid over a face: MediaPipe's face mesh (Kartynnik et al., "Real-time
//! Facial Surface Geometry from Monocular Video on Mobile GPUs", 2019).
//!
//! It takes a face that a detector has found and describes it in more detail, in three dimensions:
//! which way the head is turned, and where eyes, nose and mouth are according to another network
//! than the detector. Verification does not need it; the model is loaded only on request.

mod points;
mod region;

use std::sync::Arc;

use image::RgbImage;

use crate::geometry::{Landmarks5, Point};
use crate::model::{InputSize, InputSpec, ModelId, Network};
use crate::{Error, ErrorKind, Result, Stage};

pub use points::{Mesh, POINTS, Point3, Pose};
use region::Region;

/// The stage that lays a mesh over a face. It is `Send + Sync`: make one and share it.
#[derive(Clone)]
pub struct FaceMesh {
    network: Arc<dyn Network>,
    input: InputSpec,
    side: u32,
}

impl FaceMesh {
    /// A mesh stage from a network and its input specification, which must be square.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidModel`] if the input is not a square of one size.
    pub fn new(network: Arc<dyn Network>, input: InputSpec) -> Result<Self> {
        match input.size() {
            InputSize::Fixed { width, height } if width == height => {
                Ok(FaceMesh { network, input, side: width })
            }
            other => {
                let message = format!("a mesh cannot have the input size {other:?}");
                Err(Error::new(ErrorKind::InvalidModel, Stage::Setup, message)
                    .in_file(network.id().id.clone())
                    .next("set `width` and `height` to the same value in the manifest"))
            }
        }
    }

    /// The default mesh of the default store.
    ///
    /// # Errors
    /// As for [`FaceMesh::open_in`].
    #[cfg(feature = "onnx")]
    pub fn open(profile: crate::model::Profile) -> Result<Self> {
        Self::open_in(&crate::model::ModelStore::open()?, profile)
    }

    /// The default mesh of a store.
    ///
    /// # Errors
    /// [`ErrorKind::ModelMissing`] if it or the runtime has not been fetched,
    /// [`ErrorKind::DigestMismatch`] if either is not the pinned one.
    #[cfg(feature = "onnx")]
    pub fn open_in(
        store: &crate::model::ModelStore,
        profile: crate::model::Profile,
    ) -> Result<Self> {
        use crate::model::{OnnxNetwork, Role};
        let library = store.verify_runtime()?;
        let model = store.load_default(Role::Mesh)?;
        let input = model.entry().input;
        FaceMesh::new(Arc::new(OnnxNetwork::load(model, &library, profile)?), input)
    }

    /// Which model this is.
    pub fn id(&self) -> &ModelId {
        self.network.id()
    }

    /// Lays the mesh over a face whose five landmarks are given, in pixels of this image; the
    /// mesh's points are in the same pixels. `None` where the landmarks coincide or are not finite.
    ///
    /// If the landmarks are rough, a second mesh placed at [`Mesh::landmarks5`] of the first is
    /// better.
    ///
    /// # Errors
    /// The network fails, or does not give 468 points of three coordinates and one presence.
    pub fn locate(&self, image: &RgbImage, landmarks: &Landmarks5) -> Result<Option<Mesh>> {
        let Some(region) = Region::around(landmarks, self.side) else { return Ok(None) };
        let crop = region.sample(image);
        let tensor = self.input.tensor(&crop, self.side as usize, self.side as usize);
        let outputs = self.network.run(tensor.view())?;
        let (points, presence) = (outputs.of_length(3 * POINTS)?, outputs.of_length(1)?);
        let coordinates: Vec<f32> = points.iter().copied().collect();
        let presence = presence.iter().next().map_or(0.0, |logit| 1.0 / (1.0 + (-logit).exp()));
        let (triples, _) = coordinates.as_chunks::<3>();
        let points = std::array::from_fn(|n| {
            // There are exactly as many triples as points.
            let [x, y, z] = triples[n];
            let at = region.in_image(Point::new(x, y));
            Point3 { x: at.x, y: at.y, z: z * region.scale() }
        });
        Ok(Some(Mesh { points, presence }))
    }
}

impl std::fmt::Debug for FaceMesh {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaceMesh").field("model", self.network.id()).finish_non_exhaustive()
    }
}
