//! Motion blur: detail that is lost in one direction and kept across it.

use super::mapping::Measure;

/// The difference of blur between two directions that maps to 50, and the width of the curve.
const MIDDLE: f32 = 0.22;
const WIDTH: f32 = 0.03;

/// The larger difference of the blur effect (see `sharpness`) between two directions at right
/// angles: across against down, one diagonal against the other. `mapped = 100 / (1 + exp((raw −
/// 0.22) / 0.03))`.
///
/// Since the effect compares fine detail with coarse detail of the same direction, it matters
/// little that brows, eyes and mouth are all horizontal. It does not see circular movement, or
/// movement of less than two pixels; beards and stripes of shadow look like movement.
pub(super) fn motion_blur(blur: [f32; 4]) -> Option<Measure> {
    let [across, down, falling, rising] = blur;
    Measure::logistic((across - down).abs().max((falling - rising).abs()), MIDDLE, -WIDTH)
}

#[cfg(test)]
mod tests {
    use crate::quality::Component::MotionBlur;
    use crate::quality::synthetic::Drawing;

    #[test]
    fn blur_in_one_direction_is_movement_and_in_both_is_not() {
        let face = || Drawing::face(1.5);
        let still = face().mapped(MotionBlur);
        assert!(still >= 90, "{still}");
        for direction in [(1, 0), (0, 1), (1, 1), (1, -1)] {
            let moved = face().smeared(direction, 6).mapped(MotionBlur);
            assert!(moved < 50, "{direction:?}: {moved}");
        }
        let unsharp = face().smeared((1, 0), 4).smeared((0, 1), 4).mapped(MotionBlur);
        assert!(unsharp >= 50, "{unsharp}");
    }
}
