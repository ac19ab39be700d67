//! Straight lines around a face, and which way they step from dark to light.

use super::view::{View, luma};

/// The face is averaged down to this size, in pixels, so that a line's width and position mean the
/// same for all.
const UNIT: f32 = 64.0;
/// The part to examine, as a multiple of the face's box.
const PART: f32 = 3.2;
/// The least slope of an edge, in values per pixel.
const SLOPE: f32 = 2.5;
/// Number of distinct directions; an edge votes for its own and the two next to it.
const DIRECTIONS: usize = 120;
/// The shortest line, in sizes of the face, and the most lines.
const SHORTEST: f32 = 0.5;
const MOST: usize = 40;
/// Lines within this many directions and pixels of a longer one are the same.
const SAME_DIRECTION: usize = 3;
const SAME_PLACE: usize = 4;
/// Darker than this is the padding around an image that was rotated or moved.
const PADDING: f32 = 6.0;

/// One line near the face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    /// How much of it is visible, in sizes of the face (the square root of its box's area).
    pub(super) length: f32,
    /// The direction across the line towards the light side, in degrees from right towards down.
    pub(super) towards_light: f32,
    /// Distance from the middle of the face in that direction, in sizes of the face; negative if
    /// the line is on the other side.
    pub(super) distance: f32,
}

impl Line {
    /// The direction of the line from the middle of the face, in degrees.
    pub(super) fn side(&self) -> f32 {
        if self.distance >= 0.0 { self.towards_light } else { self.towards_light + 180.0 }
    }
}

/// Luma of the part around the face, smoothed, and which pixels are padding.
struct Plane {
    width: usize,
    height: usize,
    values: Vec<f32>,
    padding: Vec<bool>,
    /// Middle of the face, half of its box, and its size, in pixels of the plane.
    centre: (f32, f32),
    half: (f32, f32),
    size: f32,
}

/// The straight lines around the face's box, longest first.
///
/// Edges are maxima of Sobel's slope across themselves; each votes, with its direction, for the
/// lines through it (Duda and Hart's transform, Communications of the ACM 15(1), 1972, keeping the
/// sign of the step). Lines that cross the ellipse in the face's box are hair or collar.
pub(super) fn lines(view: &View<'_>) -> Option<Vec<Line>> {
    let plane = Plane::of(view)?;
    let reach = ((plane.width as f32).hypot(plane.height as f32)).ceil() as usize + 4;
    let places = 2 * reach + 1;
    let mut votes = vec![0.0_f32; DIRECTIONS * places];
    let angles: Vec<(f32, f32)> = (0..DIRECTIONS)
        .map(|k| (std::f32::consts::TAU * k as f32 / DIRECTIONS as f32).sin_cos())
        .collect();
    for (x, y, slope_x, slope_y) in plane.edges() {
        let turn = slope_y.atan2(slope_x) / std::f32::consts::TAU;
        let direction = (turn * DIRECTIONS as f32).round() as isize;
        let (dx, dy) = (x as f32 - plane.centre.0, y as f32 - plane.centre.1);
        for k in -1..=1 {
            let k = (direction + k).rem_euclid(DIRECTIONS as isize) as usize;
            let (sin, cos) = angles[k];
            let place = (dx * cos + dy * sin).round() + reach as f32;
            if place >= 0.0 && (place as usize) < places {
                votes[k * places + place as usize] += 1.0;
            }
        }
    }
    // A line may lie between two positions: count both.
    let mut joined = vec![0.0_f32; votes.len()];
    for (row, out) in votes.chunks_exact(places).zip(joined.chunks_exact_mut(places)) {
        for i in 0..places - 1 {
            out[i] = row[i] + row[i + 1];
        }
    }
    let mut found = Vec::new();
    for _ in 0..MOST {
        let best = joined
            .iter()
            .enumerate()
            .fold((0, 0.0_f32), |best, (i, v)| if *v > best.1 { (i, *v) } else { best });
        let length = best.1 / plane.size;
        if length < SHORTEST {
            break;
        }
        let (k, place) = (best.0 / places, best.0 % places);
        for d in 0..=2 * SAME_DIRECTION {
            let row = (k + DIRECTIONS + d - SAME_DIRECTION) % DIRECTIONS * places;
            let from = place.saturating_sub(SAME_PLACE);
            joined[row + from..=row + (place + SAME_PLACE).min(places - 1)].fill(0.0);
        }
        let distance = place as f32 + 0.5 - reach as f32;
        let (sin, cos) = angles[k];
        let face = (plane.half.0 * cos).hypot(plane.half.1 * sin);
        if distance.abs() >= face {
            let towards_light = 360.0 * k as f32 / DIRECTIONS as f32;
            found.push(Line { length, towards_light, distance: distance / plane.size });
        }
    }
    Some(found)
}

impl Plane {
    fn of(view: &View<'_>) -> Option<Self> {
        let part = view.around(PART)?;
        let factor = (UNIT / view.size()).min(1.0);
        let width = (part.width as f32 * factor) as usize;
        let height = (part.height as f32 * factor) as usize;
        if width < 16 || height < 16 {
            return None;
        }
        let pixels = view.averaged(part, width, height);
        let rate = (width as f32 / part.width as f32, height as f32 / part.height as f32);
        let ((cx, cy), (hx, hy)) = (view.centre(), view.half());
        let plane: Vec<f32> = pixels.iter().map(|pixel| luma(*pixel)).collect();
        Some(Plane {
            width,
            height,
            values: smoothed(&plane, width, height),
            padding: padding(&pixels, width, height),
            centre: ((cx - part.left as f32) * rate.0, (cy - part.top as f32) * rate.1),
            half: (hx * rate.0, hy * rate.1),
            size: view.size() * (rate.0 * rate.1).sqrt(),
        })
    }

    /// Position and slope of every edge.
    fn edges(&self) -> Vec<(usize, usize, f32, f32)> {
        let (width, height) = (self.width, self.height);
        let at = |x: usize, y: usize| self.values[y * width + x];
        let mut slopes = vec![(0.0_f32, 0.0_f32, 0.0_f32); width * height];
        for y in 1..height - 1 {
            for x in 1..width - 1 {
                let column = |x: usize| at(x, y - 1) + 2.0 * at(x, y) + at(x, y + 1);
                let row = |y: usize| at(x - 1, y) + 2.0 * at(x, y) + at(x + 1, y);
                let slope_x = (column(x + 1) - column(x - 1)) / 8.0;
                let slope_y = (row(y + 1) - row(y - 1)) / 8.0;
                slopes[y * width + x] = (slope_x, slope_y, slope_x.hypot(slope_y));
            }
        }
        let between = |x: f32, y: f32| {
            let (l, t) = (x.floor(), y.floor());
            let (u, v) = (x - l, y - t);
            let (l, t) = (l as usize, t as usize);
            let value = |x: usize, y: usize| slopes[y.min(height - 1) * width + x.min(width - 1)].2;
            (1.0 - v) * ((1.0 - u) * value(l, t) + u * value(l + 1, t))
                + v * ((1.0 - u) * value(l, t + 1) + u * value(l + 1, t + 1))
        };
        let mut found = Vec::new();
        for y in 2..height - 2 {
            for x in 2..width - 2 {
                let (slope_x, slope_y, slope) = slopes[y * width + x];
                if slope < SLOPE || self.padding[y * width + x] {
                    continue;
                }
                let (dx, dy) = (slope_x / slope, slope_y / slope);
                let (x_, y_) = (x as f32, y as f32);
                if slope >= between(x_ + dx, y_ + dy) && slope >= between(x_ - dx, y_ - dy) {
                    found.push((x, y, slope_x, slope_y));
                }
            }
        }
        found
    }
}

/// Smoothed by a Gaussian of 0.7 pixels, cut off at two.
fn smoothed(plane: &[f32], width: usize, height: usize) -> Vec<f32> {
    const WEIGHTS: [f32; 5] = [0.0096, 0.2054, 0.57, 0.2054, 0.0096];
    let pass = |plane: &[f32], along: bool| -> Vec<f32> {
        let value = |x: usize, y: usize, d: usize| {
            let shift = |at: usize, limit: usize| (at + d).saturating_sub(2).min(limit - 1);
            let (x, y) = if along { (shift(x, width), y) } else { (x, shift(y, height)) };
            WEIGHTS[d] * plane[y * width + x]
        };
        (0..width * height).map(|i| (0..5).map(|d| value(i % width, i / width, d)).sum()).collect()
    };
    pass(&pass(plane, true), false)
}

/// Black that reaches in from the border, and two pixels around it: the padding of an image that
/// was rotated or moved. Its edges are straight, and not part of what the camera saw.
fn padding(pixels: &[[f32; 3]], width: usize, height: usize) -> Vec<bool> {
    let black = |i: usize| pixels[i].iter().all(|value| *value <= PADDING);
    let mut seen = vec![false; pixels.len()];
    let border = |i: &usize| {
        let (x, y) = (i % width, i / width);
        x == 0 || y == 0 || x == width - 1 || y == height - 1
    };
    let mut todo: Vec<usize> = (0..pixels.len()).filter(border).filter(|i| black(*i)).collect();
    while let Some(i) = todo.pop() {
        if std::mem::replace(&mut seen[i], true) {
            continue;
        }
        let (x, y) = (i % width, i / width);
        let near = [
            (x > 0).then(|| i - 1),
            (x + 1 < width).then_some(i + 1),
            (y > 0).then(|| i - width),
            (y + 1 < height).then_some(i + width),
        ];
        todo.extend(near.into_iter().flatten().filter(|near| !seen[*near] && black(*near)));
    }
    let mut wide = seen.clone();
    for i in (0..seen.len()).filter(|i| seen[*i]) {
        let (x, y) = (i % width, i / width);
        for y in y.saturating_sub(2)..(y + 3).min(height) {
            wide[y * width + x.saturating_sub(2)..y * width + (x + 3).min(width)].fill(true);
        }
    }
    wide
}
