//! A repeating pattern: the grid of a screen, or its beat with the camera's own (moiré).

use super::spectrum::Spectrum;

/// How much the strongest peak of the face's spectrum stands out, in dB.
///
/// A face has no period of a few pixels: its spectrum falls off smoothly. The peak is that of the
/// green values in the middle of the face, at 0.10 to 0.48 cycles per pixel and off both axes, and
/// its power is compared with the median of all directions at its frequency and with its
/// neighbourhood. Noise alone reaches 5 to 8 dB.
///
/// It does not see patterns aligned with the image's axes, screens whose pixels the camera does not
/// resolve at all, or photos that were scaled down afterwards. Woven cloth in front of the face has
/// such patterns too.
pub(super) fn periodic_pattern(spectrum: &Spectrum) -> f32 {
    spectrum.strongest_peak()
}
