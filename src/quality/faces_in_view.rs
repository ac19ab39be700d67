//! Faces in view: whether someone else could be taken for the subject.

use super::mapping::Measure;

/// The next largest face's area over that of the compared face, 0 where there is none; `mapped =
/// 100·(1 − raw)`, as ISO/IEC 29794-5 maps it. If another face is larger than the compared one,
/// which is nearer to the middle, this is 0.
///
/// It does not see faces that the detector misses; faces on posters and shirts count.
pub(super) fn faces_in_view(own: f32, others: impl Iterator<Item = f32>) -> Option<Measure> {
    let raw = others.fold(0.0, f32::max) / own;
    Measure::of(raw, 1.0 - raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_face_is_best_and_an_equal_one_worst() {
        let mapped = |others: &[f32]| faces_in_view(400.0, others.iter().copied()).unwrap().mapped;
        assert_eq!(mapped(&[]), 100);
        assert_eq!(mapped(&[40.0, 100.0]), 75);
        assert_eq!((mapped(&[400.0]), mapped(&[500.0])), (0, 0));
    }
}
