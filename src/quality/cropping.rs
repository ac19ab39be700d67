//! Cropping: how much of the face the photo covers.

use super::mapping::Measure;
use super::region::FACE;
use crate::align::CANONICAL;
use crate::geometry::{Landmarks5, Point, Similarity};

/// Points along each side of the lattice that is counted.
const LATTICE: u8 = 20;

/// The share of the face, from above the brows to the chin and from cheek to cheek, that the photo
/// covers, 0 to 1; `mapped = ⌊100·raw⌋`.
///
/// It ignores missing hair, ears and neck, which are not compared; the crop that is compared
/// extends a little further, and `coverage` in the record has its share.
pub(super) fn cropping(landmarks: &Landmarks5, (width, height): (u32, u32)) -> Option<Measure> {
    let from_crop = Similarity::fit(landmarks.points(), &CANONICAL)?.inverse();
    let [left, top, right, bottom] = FACE;
    let along = |n: u8| (f32::from(n) + 0.5) / f32::from(LATTICE);
    let inside = |p: Point| {
        let within = |at: f32, side: u32| (-0.5..side as f32 - 0.5).contains(&at);
        within(p.x, width) && within(p.y, height)
    };
    let points = (0..LATTICE).flat_map(|y| (0..LATTICE).map(move |x| (along(x), along(y))));
    let covered = points
        .map(|(x, y)| Point::new(left + x * (right - left), top + y * (bottom - top)))
        .filter(|p| inside(from_crop.apply(*p)))
        .count();
    let raw = covered as f32 / f32::from(LATTICE).powi(2);
    Measure::of(raw, (100.0 * raw).floor() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_at_the_border_is_cut_by_what_lies_outside() {
        let face = Landmarks5(CANONICAL);
        assert_eq!(cropping(&face, (112, 112)).unwrap().mapped, 100);
        // Columns 22 to 90: 56 cuts off half, 69.6 a little more than three tenths.
        assert_eq!(cropping(&face, (56, 112)).unwrap().mapped, 50);
        assert_eq!(cropping(&face, (70, 112)).unwrap().mapped, 70);
        assert_eq!(cropping(&face, (10, 112)).unwrap().mapped, 0);
        // Twice as large, the same image.
        assert_eq!(cropping(&face.scaled(2.0, 2.0), (112, 224)).unwrap().mapped, 50);
    }
}
