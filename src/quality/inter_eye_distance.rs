//! Distance between the eyes: how much detail of the face the photo can contain.

use super::mapping::Measure;
use crate::align::CANONICAL;
use crate::geometry::Landmarks5;

/// Pixels of the photo between the eyes, at full size.
///
/// `mapped = 100 / (1 + exp(−(raw − 17.6) / 4))`: 50 where the photo has half the pixels of the
/// crop that is compared, whose eyes are 35.2 pixels apart. OFIQ requires more, since it judges
/// photos for passports, which people look at too.
///
/// It does not see that a phone or an editor has enlarged the photo: many pixels need not be much
/// detail. The eyes of a head turned aside are nearer to each other.
pub(super) fn inter_eye_distance(landmarks: &Landmarks5) -> Option<Measure> {
    let half_of_crop = CANONICAL[0].distance(CANONICAL[1]) / 2.0;
    Measure::logistic(landmarks.inter_eye_distance(), half_of_crop, 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_crop_is_worth_fifty_whichever_way_the_face_lies() {
        let of = |scale: f32| Landmarks5(CANONICAL).scaled(scale, scale);
        let mapped = |scale| inter_eye_distance(&of(scale)).unwrap().mapped;
        assert_eq!(mapped(0.5), 50);
        assert!(mapped(0.45) < 50 && mapped(1.0) >= 98 && mapped(0.2) < 10);
        let turned = Landmarks5(CANONICAL.map(|p| crate::geometry::Point::new(-p.y, p.x)));
        let raw = inter_eye_distance(&turned).unwrap().raw;
        assert!((raw - 35.24).abs() < 0.01, "{raw}");
    }
}
