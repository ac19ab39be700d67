//! An earlier JPEG compression, on a different grid of blocks than the last one.

use std::sync::LazyLock;

use super::view::{View, luma};

/// Side of a JPEG's block, in pixels.
const BLOCK: usize = 8;
/// Quantisation steps to try, for the mean of a block times eight.
const STEPS: std::ops::RangeInclusive<usize> = 3..=20;
/// The rotation `e^(2πi·r/(8q))` of every remainder `r`, for each step `q`.
static TURNS: LazyLock<Vec<Vec<(f64, f64)>>> = LazyLock::new(|| {
    let of = |step: usize| {
        let period = (BLOCK * step) as f64;
        let turn = |r: usize| (std::f64::consts::TAU * r as f64 / period).sin_cos();
        (0..BLOCK * step).map(turn).collect()
    };
    STEPS.map(of).collect()
});
/// Fewest blocks for a measurement.
const FEWEST: usize = 64;
/// A block with less variance than this fits every lattice.
const FLAT: f64 = 4.0;
/// Longest side of the part to examine, in pixels.
const LONGEST: u32 = 256;

/// How well the means of blocks fit a lattice at a second position of the grid, 0 to 1.
///
/// A JPEG rounds eight times the mean of each 8 × 8 block to a multiple `q` of its table. If an
/// image was compressed, then cropped or moved, and compressed again, blocks at the old position
/// are still near multiples of the old `q`: with `z = e^(2πi·8m/q)` over `n` blocks of means `m`,
/// `|Σz|/n` is far from 0. This is the integer periodicity map of Bianchi and Piva (IEEE
/// Transactions on Information Forensics and Security 7(2), 2012). The value is the largest `|Σz|/n
/// − 1/√n` over `q` from 3 to 20 and all positions two or more pixels away from the strongest one,
/// which is the last compression's.
///
/// It examines twice the face's box. It sees an image that was cropped from another and saved
/// again, which suggests that it did not come directly from a camera; but many apps crop photos
/// too. It does not see a second compression that was coarser, an image that was resized in
/// between, or a screen or print in front of a camera.
pub(super) fn second_compression(view: &View<'_>) -> Option<f32> {
    let mut part = view.around(2.0)?;
    for (start, length) in [(&mut part.left, &mut part.width), (&mut part.top, &mut part.height)] {
        let kept = (*length).min(LONGEST);
        *start += (*length - kept) / 2;
        *length = kept;
    }
    let (width, height) = (part.width as usize, part.height as usize);
    if width < 2 * BLOCK || height < 2 * BLOCK {
        return None;
    }
    let values: Vec<i64> =
        view.pixels(part).map(|pixel| luma(pixel.map(f32::from)).round() as i64).collect();
    let sums = Sums::of(&values, width, height);
    let mut found = [[0.0_f32; BLOCK]; BLOCK];
    for (place, found) in found.as_flattened_mut().iter_mut().enumerate() {
        let blocks = sums.blocks(place % BLOCK, place / BLOCK);
        if blocks.len() < FEWEST {
            return None;
        }
        *found = TURNS.iter().map(|turns| periodicity(&blocks, turns)).fold(0.0, f32::max);
    }
    let places = || (0..BLOCK).flat_map(|y| (0..BLOCK).map(move |x| (x, y)));
    // The first of the strongest, so that ties have one answer.
    let last =
        places().fold(
            (0, 0),
            |best, (x, y)| {
                if found[y][x] > found[best.1][best.0] { (x, y) } else { best }
            },
        );
    let apart = |a: usize, b: usize| (a.abs_diff(b)).min(BLOCK - a.abs_diff(b));
    let second = places()
        .filter(|(x, y)| apart(*x, last.0) >= 2 || apart(*y, last.1) >= 2)
        .fold(0.0, |most, (x, y)| f32::max(most, found[y][x]));
    Some(second)
}

/// `|Σ e^(2πi·s/(8q))|/n − 1/√n` over the blocks' sums `s`, which are 64 times their means.
fn periodicity(blocks: &[usize], turns: &[(f64, f64)]) -> f32 {
    let (mut real, mut imaginary) = (0.0_f64, 0.0_f64);
    for sum in blocks {
        let (sin, cos) = turns[sum % turns.len()];
        real += cos;
        imaginary += sin;
    }
    let n = blocks.len() as f64;
    (real.hypot(imaginary) / n - 1.0 / n.sqrt()).max(0.0) as f32
}

/// Sums over all rectangles, of values and of their squares.
struct Sums {
    width: usize,
    height: usize,
    plain: Vec<i64>,
    square: Vec<i64>,
}

impl Sums {
    fn of(values: &[i64], width: usize, height: usize) -> Self {
        let table = |power: u32| {
            let mut sums = vec![0_i64; (width + 1) * (height + 1)];
            for y in 0..height {
                let mut row = 0;
                for x in 0..width {
                    row += values[y * width + x].pow(power);
                    sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
                }
            }
            sums
        };
        Sums { width, height, plain: table(1), square: table(2) }
    }

    fn block(&self, sums: &[i64], x: usize, y: usize) -> i64 {
        let at = |x: usize, y: usize| sums[y * (self.width + 1) + x];
        at(x + BLOCK, y + BLOCK) - at(x, y + BLOCK) - at(x + BLOCK, y) + at(x, y)
    }

    /// The sums of the blocks at this place of the grid that are not flat.
    fn blocks(&self, x0: usize, y0: usize) -> Vec<usize> {
        let mut found = Vec::new();
        for y in (y0..=self.height.saturating_sub(BLOCK)).step_by(BLOCK) {
            for x in (x0..=self.width.saturating_sub(BLOCK)).step_by(BLOCK) {
                let (sum, square) = (self.block(&self.plain, x, y), self.block(&self.square, x, y));
                let mean = sum as f64 / 64.0;
                if square as f64 / 64.0 - mean * mean > FLAT {
                    found.push(sum as usize);
                }
            }
        }
        found
    }
}
