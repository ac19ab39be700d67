//! The face at the start of a session, which is the reference for everything after it.

use super::eyes_and_mouth::EyesAndMouth;
use super::frame_analysis::{FaceView, Measures};
use super::parallax::Shape;
use super::running_median::median;
use crate::mesh::Pose;

/// The most and the fewest views that it is made of.
pub(super) const MOST_VIEWS: usize = 30;
const LEAST_VIEWS: usize = 6;

/// The face looking into the camera.
#[derive(Debug)]
pub(super) struct Baseline {
    pub(super) shape: Shape,
    /// Medians.
    pub(super) measures: Measures,
    openings: EyesAndMouth,
    /// How different from this the eyes and the mouth already looked at the start, because of noise
    /// and the mesh's jitter: medians.
    restless: (f32, f32),
}

impl Baseline {
    /// How much more than that the eyes and mouth differ now; variances add up.
    pub(super) fn opened(&self, face: &FaceView) -> (f32, f32) {
        let beyond = |now: f32, rest: f32| (now * now - rest * rest).max(0.0).sqrt();
        let (lids, lips) = face.openings.unlike(&self.openings);
        (beyond(lids, self.restless.0), beyond(lips, self.restless.1))
    }

    /// From the views at the start; `None` where there are too few.
    pub(super) fn of(views: &[FaceView]) -> Option<Baseline> {
        if views.len() < LEAST_VIEWS {
            return None;
        }
        let of = |what: &dyn Fn(&Measures) -> f32| {
            median(&views.iter().map(|view| what(&view.measures)).collect::<Vec<f32>>())
        };
        let measures = Measures {
            pose: Pose {
                yaw: of(&|m| m.pose.yaw),
                pitch: of(&|m| m.pose.pitch),
                roll: of(&|m| m.pose.roll),
            },
            size: of(&|m| m.size),
            lids: 0.0,
            lips: 0.0,
            middle: [of(&|m| m.middle[0]), of(&|m| m.middle[1])],
        };
        let openings: Vec<&EyesAndMouth> = views.iter().map(|view| &view.openings).collect();
        let openings = EyesAndMouth::mean(&openings)?;
        let rest: Vec<(f32, f32)> = views.iter().map(|v| v.openings.unlike(&openings)).collect();
        let restless = (
            median(&rest.iter().map(|rest| rest.0).collect::<Vec<f32>>()),
            median(&rest.iter().map(|rest| rest.1).collect::<Vec<f32>>()),
        );
        Some(Baseline { shape: Shape::mean(views)?, measures, openings, restless })
    }
}
