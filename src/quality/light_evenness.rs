//! Evenness of the light: one cheek against the other.

use super::mapping::Measure;
use super::region::{FaceRegion, SKIN_HALF};
use super::skin_tone::centres;

/// Stops that map to 50, and the width of the curve.
const MIDDLE: f32 = 3.0;
const WIDTH: f32 = 0.35;

/// `|log₂(right cheek / left cheek)|` of the median luminances, in stops; `mapped = 100 / (1 + exp((raw − 3) / 0.35))`. The skin's own colour cancels out: both cheeks have the same.
///
/// It does not see light from above or below. A cheek under hair counts as one in shadow. `None`
/// for a head that is turned too far to show both cheeks.
pub(super) fn light_evenness(region: &FaceRegion) -> Option<Measure> {
    let [right, left, _] = centres();
    let of = |centre| {
        let patch = region.patch(centre, SKIN_HALF);
        region.median(&patch, |region, i| region.luminance[i])
    };
    // A two-hundredth of the skin's own light, so that black is not infinitely dark.
    let floor = 0.005 * region.skin;
    let stops = ((of(right)? + floor) / (of(left)? + floor)).log2().abs();
    Measure::logistic(stops, MIDDLE, -WIDTH)
}

#[cfg(test)]
mod tests {
    use crate::quality::Component::LightEvenness;
    use crate::quality::synthetic::Drawing;

    #[test]
    fn stops_between_the_cheeks_are_those_of_the_light_for_any_skin() {
        for (reflected, share) in [(1.0, 0.0625), (0.25, 0.0625), (1.0, 0.5)] {
            let side = Drawing::face(1.5).with(|x, _, light| {
                light.map(|c: f32| c * reflected * if x > 56.0 { share } else { 1.0 })
            });
            let measure = side.report().get(LightEvenness).unwrap();
            assert!((measure.raw + share.log2()).abs() < 0.25, "{measure:?}");
            assert_eq!(measure.mapped < 50, share < 0.2);
        }
        assert!(Drawing::face(1.5).mapped(LightEvenness) >= 98);
    }
}
