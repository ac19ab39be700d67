//! Saturation: where the face is so bright that no detail is left.

use super::mapping::Measure;
use super::region::{FACE, FaceRegion, LIGHT};

/// Share that maps to 50, and the width of the curve.
const MIDDLE: f32 = 0.10;
const WIDTH: f32 = 0.02;

/// Turned aside by more than this, in degrees, only the half of the face that is turned to the
/// camera is examined: behind the other half is the background, which is often white.
const ASIDE: f32 = 15.0;

/// Share of the face's pixels whose red and green are both clipped, 253 or more of 255: there is no
/// detail left. `mapped = 100 / (1 + exp((raw − 0.10) / 0.02))`.
///
/// Only the bright end counts. The dark end contains pupils, nostrils, hair and the blue of brown
/// skin, which are not faults; where the skin itself is that dark, `exposure` shows it. It does not
/// see what was clipped before the photo was darkened or compressed; something white in front of
/// the face counts.
///
/// Of a face turned aside by 15 degrees or more, `yaw` as in `pose`, only the half towards the
/// camera counts, since a white background may be behind the other.
pub(super) fn saturation(region: &FaceRegion, yaw: f32) -> Option<Measure> {
    let full = LIGHT[253] - 1e-4;
    let [left, top, right, bottom] = FACE;
    let middle = (left + right) / 2.0;
    let seen = match yaw {
        _ if yaw >= ASIDE => [left, top, middle, bottom],
        _ if yaw <= -ASIDE => [middle, top, right, bottom],
        _ => FACE,
    };
    let (mut clipped, mut all) = (0_u32, 0_u32);
    for i in region.within(seen) {
        let [red, green, _] = region.light[i];
        clipped += u32::from(red >= full && green >= full);
        all += 1;
    }
    Measure::logistic(clipped as f32 / all as f32, MIDDLE, -WIDTH)
}

#[cfg(test)]
mod tests {
    use crate::quality::Component::Saturation;
    use crate::quality::synthetic::{Drawing, report_of};

    #[test]
    fn the_clipped_share_is_counted_and_darkness_is_not() {
        let face = |gain: f32| {
            Drawing::face(1.5).with(move |_, _, light| light.map(|channel| channel * gain))
        };
        assert_eq!(face(1.0).mapped(Saturation), 99);
        assert_eq!(face(0.01).mapped(Saturation), 99, "black is not white");
        assert!(face(8.0).mapped(Saturation) < 5);
        // The rectangle reaches from 22 to 90: glare from 56 on covers half of it.
        let glare = Drawing::face(1.5)
            .with(|x, _, light| if x >= 56.0 { [1.0; 3] } else { light.map(|c| c * 0.5) });
        let raw = glare.report().get(Saturation).unwrap().raw;
        assert!((raw - 0.5).abs() < 0.02, "{raw}");
        // Turned towards the glare, the face shows its other half; turned away, that one.
        let mut landmarks = glare.landmarks();
        for (aside, expected) in [(15.0, 0.0), (-15.0, 1.0)] {
            landmarks.0[2].x = glare.landmarks().0[2].x + aside;
            let measure = report_of(glare.picture(), &landmarks).get(Saturation).unwrap();
            assert!((measure.raw - expected).abs() < 0.2, "{aside}: {measure:?}");
        }
    }
}
