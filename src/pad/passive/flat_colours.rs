//! Colours that fill little of the available range.

use super::view::{View, luma, quantile};

/// Tails of each axis that are left out.
const TAIL: f32 = 0.02;
/// Fewest pixels for a measurement.
const FEWEST: usize = 256;
/// Ranges of colour below this, in values, are those of a black and white photo, whose gamut means
/// nothing.
const COLOURLESS: f32 = 4.0;

/// How far the colours of head and surroundings fall short of the full gamut, in dB.
///
/// Over one and a half times the face's box, the ranges of luma and of both colour differences
/// (ITU-R BT.601), each without 2 % at either end, are multiplied; the value is 20·log₁₀ of 255
/// over the cube root of that product. Reprinting and photographing a screen raise black, lower
/// white and make colours paler.
///
/// Haze and a window behind the person have the same effect. `None` for black and white photos.
pub(super) fn flat_colours(view: &View<'_>) -> Option<f32> {
    let part = view.around(1.5)?;
    let mut axes = [const { Vec::new() }; 3];
    for pixel in view.pixels(part) {
        let [r, g, b] = pixel.map(f32::from);
        let y = luma([r, g, b]);
        // The scale of Cb and Cr, on which each spans 255.
        let colour = [y, (b - y) / 1.772, (r - y) / 1.402];
        axes.iter_mut().zip(colour).for_each(|(axis, value)| axis.push(value));
    }
    if axes[0].len() < FEWEST {
        return None;
    }
    let mut ranges = [0.0; 3];
    for (range, axis) in ranges.iter_mut().zip(&mut axes) {
        *range = quantile(axis, 1.0 - TAIL)? - quantile(axis, TAIL)?;
    }
    let [light, blue, red] = ranges;
    if light < COLOURLESS || blue.max(red) < COLOURLESS {
        return None;
    }
    // A range of one value is the least that rounding leaves.
    let side = (light * blue.max(1.0) * red.max(1.0)).cbrt() / 255.0;
    Some((-20.0 * side.log10()).max(0.0))
}
