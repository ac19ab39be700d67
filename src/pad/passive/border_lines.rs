//! The border of a print or the bezel of a screen around the face.

use super::lines::{Line, lines};
use super::view::View;

/// How far two lines may be from parallel or from a right angle, in degrees: the effect of holding
/// a print at a slant.
const SLANT: f32 = 9.0;
/// The same for both edges of one bezel, and how wide that may be, in sizes of the face.
const STRIP_SLANT: f32 = 6.0;
const STRIP: std::ops::RangeInclusive<f32> = 0.06..=0.4;

/// The longest pair of straight lines around the face that belong together: the length of the
/// shorter one, in sizes of the face (the square root of its box's area).
///
/// Lines belong together if they are on opposite sides of the face and parallel, if they form a
/// corner, or if they are the two edges of a strip (parallel, on one side, one from dark to light
/// and the other from light to dark). The part examined is 3.2 times the face's box.
///
/// Doors, windows, picture frames, walls and shelves behind a person can look the same.
pub(super) fn border_lines(view: &View<'_>) -> Option<f32> {
    let found = lines(view)?;
    let pairs = found.iter().enumerate().flat_map(|(i, a)| found[..i].iter().map(move |b| (a, b)));
    let together = pairs.filter(|(a, b)| belong_together(a, b));
    Some(together.map(|(a, b)| a.length.min(b.length)).fold(0.0, f32::max))
}

/// The angle between two directions, 0 to 180 degrees.
fn angle(a: f32, b: f32) -> f32 {
    let turn = (a - b).rem_euclid(360.0);
    turn.min(360.0 - turn)
}

fn belong_together(a: &Line, b: &Line) -> bool {
    let sides = angle(a.side(), b.side());
    let opposite = (sides - 180.0).abs() <= SLANT;
    let corner = (sides - 90.0).abs() <= SLANT;
    let counter = (angle(a.towards_light, b.towards_light) - 180.0).abs() <= STRIP_SLANT;
    let width = (a.distance.abs() - b.distance.abs()).abs();
    let strip = sides <= STRIP_SLANT && counter && STRIP.contains(&width);
    opposite || corner || strip
}
