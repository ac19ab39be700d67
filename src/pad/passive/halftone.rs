//! The screen of a print: dots on a square grid.

use super::spectrum::Spectrum;

/// By how much two peaks of one frequency and at a right angle to each other stand out, both of
/// them, in dB.
///
/// A square grid of dots has two such peaks; a press turns the grids of its inks against each
/// other, so that red and green values are looked at apart. As two peaks have to agree, noise alone
/// reaches less than one peak does, and the limit can be lower.
///
/// Blind to prints by ink jets and dye, which have no such grid, and to all whose dots the camera
/// does not resolve: at 60 dots a centimetre the face has to fill hundreds of pixels.
pub(super) fn halftone(spectrum: &Spectrum) -> f32 {
    spectrum.strongest_screen()
}
