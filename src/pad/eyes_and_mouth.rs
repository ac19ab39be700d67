//! What eyes and mouth look like, so that shut eyes and an open mouth can be recognised.

use image::RgbImage;

use crate::mesh::Mesh;

/// Corners of the eyes and of the mouth, by MediaPipe's numbers, and half the height that is
/// examined between them, relative to the distance of the corners: from the lower lid to the
/// crease; from lip to lip.
const OPENINGS: [((usize, usize), f32); 3] =
    [((33, 133), 0.25), ((263, 362), 0.25), ((61, 291), 0.4)];
/// Samples from corner to corner, and across.
const SAMPLES: (usize, usize) = (21, 9);

/// What both eyes and the mouth look like, in any light: values divided by their mean.
///
/// The mesh's own points on the lids hardly move when an eye is shut, and those on the lips move
/// too little in many faces (docs/LIVENESS.md), so the pixels between the corners are compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EyesAndMouth([Vec<f32>; 3]);

impl EyesAndMouth {
    /// Eyes and mouth under a mesh.
    pub(super) fn of(mesh: &Mesh, pixels: &RgbImage) -> EyesAndMouth {
        EyesAndMouth(OPENINGS.map(|((one, other), half)| {
            let (a, b) = (mesh.points[one], mesh.points[other]);
            let (dx, dy) = (b.x - a.x, b.y - a.y);
            let mut values = Vec::with_capacity(SAMPLES.0 * SAMPLES.1);
            for row in 0..SAMPLES.1 {
                let across = half * (2.0 * row as f32 / (SAMPLES.1 - 1) as f32 - 1.0);
                for column in 0..SAMPLES.0 {
                    let along = column as f32 / (SAMPLES.0 - 1) as f32;
                    // The casts saturate; beyond the border the outermost pixels are repeated.
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

    /// The mean of several views; `None` if there are none.
    pub(super) fn mean(views: &[&EyesAndMouth]) -> Option<EyesAndMouth> {
        let mut mean = (*views.first()?).clone();
        for (n, opening) in mean.0.iter_mut().enumerate() {
            for (k, value) in opening.iter_mut().enumerate() {
                *value = views.iter().map(|view| view.0[n][k]).sum::<f32>() / views.len() as f32;
            }
        }
        Some(mean)
    }

    /// Root mean square difference to an earlier view of the same face, over the standard deviation
    /// within that view: about 0.15 from the mesh's jitter, about 1 if nothing of it is left. First
    /// for the eyes, taking the one that changed less; then for the mouth.
    pub(super) fn unlike(&self, before: &EyesAndMouth) -> (f32, f32) {
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
