//! A network that finds faces in an image, and how its outputs are decoded.

use std::sync::Arc;

use image::RgbImage;

use super::detection::Detection;
use super::{centerface, nms, yunet};
use crate::model::{InputSize, InputSpec, ModelId, Network};
use crate::{Error, ErrorKind, Result, Stage};

/// How a network's outputs are read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Heads {
    YuNet,
    CenterFace,
}

/// A network with its heads and the form of its input.
#[derive(Clone)]
pub(super) struct DetectorNetwork {
    network: Arc<dyn Network>,
    input: InputSpec,
    multiple: usize,
    heads: Heads,
}

impl DetectorNetwork {
    pub(super) fn new(network: Arc<dyn Network>, input: InputSpec, heads: Heads) -> Result<Self> {
        let multiple = match input.size() {
            InputSize::MultipleOf(multiple) if multiple >= 32 && multiple % 32 == 0 => multiple,
            other => {
                let message = format!("a detector cannot have the input size {other:?}");
                return Err(Error::new(ErrorKind::InvalidModel, Stage::Setup, message)
                    .in_file(network.id().id.clone())
                    .next("set `multiple_of = 32` in the manifest"));
            }
        };
        Ok(DetectorNetwork { network, input, multiple: multiple as usize, heads })
    }

    pub(super) fn id(&self) -> &ModelId {
        self.network.id()
    }

    pub(super) fn input(&self) -> &InputSpec {
        &self.input
    }

    /// The faces of an image as the network sees it, in its pixels.
    pub(super) fn look(
        &self,
        image: &RgbImage,
        min_score: f32,
        max_overlap: f32,
    ) -> Result<Vec<Detection>> {
        let (width, height) = image.dimensions();
        let round_up = |side: u32| (side as usize).div_ceil(self.multiple) * self.multiple;
        let (input_width, input_height) = (round_up(width), round_up(height));
        let tensor = self.input.tensor(image, input_width, input_height);
        let outputs = self.network.run(tensor.view())?;
        let candidates = match self.heads {
            Heads::YuNet => yunet::decode(&outputs, (input_width, input_height), min_score)?,
            Heads::CenterFace => centerface::decode(&outputs, min_score)?,
        };
        Ok(nms::suppress(candidates, max_overlap))
    }
}

impl std::fmt::Debug for DetectorNetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DetectorNetwork")
            .field("model", self.network.id())
            .field("heads", &self.heads)
            .finish_non_exhaustive()
    }
}
