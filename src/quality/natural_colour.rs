//! Natural colour: how far the light on the skin is from white.

use super::mapping::Measure;
use super::region::{FaceRegion, SKIN_HALF};
use super::skin_tone::centres;

/// The colour of skin in daylight: `log₂(red / green)` and `log₂(blue / green)` of linear light,
/// the medians of 2,575 photos of FairFace. Those of its seven groups are within a third of a stop.
const DAYLIGHT: [f32; 2] = [1.19, -0.59];
/// Stops that map to 50, and the width of the curve.
const MIDDLE: f32 = 3.0;
const WIDTH: f32 = 0.3;

/// The distance, in stops, of the skin's median colour from skin in daylight: √(Δ² + Δ²) over
/// `log₂(red / green)` and `log₂(blue / green)`. `mapped = 100 / (1 + exp((raw − 3) / 0.3))`. Only
/// proportions count, so that darker skin is no further away.
///
/// It does not see weak colour casts, which skin itself may have. A black and white photo is about
/// one stop away, which is not a fault.
pub(super) fn natural_colour(region: &FaceRegion) -> Option<Measure> {
    let skin = centres().map(|centre| region.patch(centre, SKIN_HALF)).concat();
    let [red, green, blue] =
        [0, 1, 2].map(|c| region.median(&skin, |region, i| region.light[i][c]));
    let (red, green, blue) = (red?, green?, blue?);
    let floor = 0.01 * region.skin;
    let stops = |value: f32| ((value + floor) / (green + floor)).log2();
    let away = (stops(red) - DAYLIGHT[0]).hypot(stops(blue) - DAYLIGHT[1]);
    Measure::logistic(away, MIDDLE, -WIDTH)
}

#[cfg(test)]
mod tests {
    use crate::quality::Component::NaturalColour;
    use crate::quality::synthetic::Drawing;

    #[test]
    fn stage_light_is_strange_and_skin_of_any_depth_is_not() {
        let under = |lamp: [f32; 3]| {
            Drawing::face(1.5)
                .with(move |_, _, light| [0, 1, 2].map(|c| light[c] * lamp[c]))
                .mapped(NaturalColour)
        };
        for share in [1.0, 0.5, 0.1] {
            assert!(under([share; 3]) >= 98, "{share}");
        }
        assert!(under([1.0, 0.6, 0.3]) >= 80, "a lamp at home: {}", under([1.0, 0.6, 0.3]));
        for lamp in [[0.05, 0.1, 1.0], [1.0, 0.06, 0.06], [0.1, 1.0, 0.1]] {
            assert!(under(lamp) < 50, "{lamp:?}: {}", under(lamp));
        }
        let grey = Drawing::face(1.5).with(|_, _, light| [light[1]; 3]);
        assert!(grey.mapped(NaturalColour) >= 90, "black and white is not a fault");
    }
}
