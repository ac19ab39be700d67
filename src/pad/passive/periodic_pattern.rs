//! A pattern that repeats: the grid of a screen, or its beat with the camera's own (moiré).

use super::spectrum::Spectrum;

/// By how much the strongest peak of the face's spectrum stands out, in dB.
///
/// A face has no period of a few pixels: its spectrum falls off smoothly. The peak is one of the
/// green values in the middle of the face, at .10 to .48 cycles a pixel and off both axes, and its
/// power is held against the median of all directions at its frequency and against that of its
/// neighbourhood. Noise alone reaches 5 to 8 dB.
///
/// Blind to patterns that stand upright in the picture, to screens whose pixels the camera does not
/// resolve at all, and to pictures that were made smaller afterwards. Woven cloth in front of the
/// face has such patterns too.
pub(super) fn periodic_pattern(spectrum: &Spectrum) -> f32 {
    spectrum.strongest_peak()
}
