//! The halftone screen of a print: dots on a square grid.

use super::spectrum::Spectrum;

/// How much two peaks of one frequency and at a right angle to each other both stand out, in dB.
///
/// A square grid of dots has two such peaks; a press rotates the grids of its inks against each
/// other, so red and green values are examined separately. Since two peaks have to agree, noise
/// alone reaches less than with one peak, and the limit can be lower.
///
/// It does not see prints by ink jet and dye sublimation, which have no such grid, or prints whose
/// dots the camera does not resolve: at 60 dots per centimetre the face has to fill hundreds of
/// pixels.
pub(super) fn halftone(spectrum: &Spectrum) -> f32 {
    spectrum.strongest_screen()
}
