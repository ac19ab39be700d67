//! The spectrum of a square of pixels, and which of its peaks stand out.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex32;

use super::view::View;

/// Sides of the square, in pixels.
const LEAST: u32 = 64;
const MOST: u32 = 256;
/// The range of frequencies, in cycles per pixel: below are the face's own shapes, and above one
/// half there are none.
const LOWEST: f32 = 0.10;
const HIGHEST: f32 = 0.48;
/// Bins on either side of the axes that are left out: they contain the borders of a JPEG's blocks
/// and everything aligned with the axes.
const AXIS: i32 = 2;
/// The size of the neighbourhood that a peak has to stand out from, and of the core left out of it,
/// in bins.
const AROUND: i32 = 6;
const CORE: i32 = 2;
/// The strongest bins over their ring, which are compared with their neighbourhood too.
const CANDIDATES: usize = 24;
/// Variance of rounding to whole values.
const ROUNDING: f32 = 1.0 / 12.0;

/// Power spectra, in dB, of two planes of a square, red and green.
pub(super) struct Spectrum {
    side: i32,
    /// Smoothed power of each plane, and its excess over the median of its ring.
    planes: [Plane; 2],
}

struct Plane {
    power: Vec<f32>,
    excess: Vec<f32>,
}

impl Spectrum {
    /// The spectrum of the square in the middle of the face, at the image's own resolution. `None`
    /// if that has fewer than 64 pixels a side.
    ///
    /// The planes' large shapes are subtracted (a mean over 7 × 7 pixels), and a Hann window is
    /// applied to the rest.
    pub(super) fn of(view: &View<'_>) -> Option<Self> {
        let square = view.square(LEAST, MOST)?;
        let side = square.width as usize;
        let pixels: Vec<[u8; 3]> = view.pixels(square).collect();
        let [red, green] = [0, 1].map(|channel| {
            without_shapes(pixels.iter().map(|pixel| f32::from(pixel[channel])).collect(), side)
        });
        let window: Vec<f32> = (0..side)
            .map(|i| (std::f32::consts::PI * (i as f32 + 0.5) / side as f32).sin().powi(2))
            .collect();
        // Two real planes are combined into one complex one.
        let mut plane: Vec<Complex32> = (0..side * side)
            .map(|i| Complex32::new(red[i], green[i]) * (window[i % side] * window[i / side]))
            .collect();
        let fft = FftPlanner::new().plan_fft_forward(side);
        fft.process(&mut plane);
        let mut plane = transposed(&plane, side);
        fft.process(&mut plane);
        let plane = transposed(&plane, side);
        let energy: f32 = window.iter().map(|w| w * w).sum::<f32>().powi(2);
        let floor = ROUNDING * energy;
        let mut powers = [vec![0.0; side * side], vec![0.0; side * side]];
        for y in 0..side {
            for x in 0..side {
                let here = plane[y * side + x];
                let there = plane[(side - y) % side * side + (side - x) % side].conj();
                powers[0][y * side + x] = ((here + there) / 2.0).norm_sqr() + floor;
                powers[1][y * side + x] = ((here - there) / 2.0).norm_sqr() + floor;
            }
        }
        let planes = powers.map(|power| Plane::new(&power, side as i32));
        Some(Spectrum { side: side as i32, planes })
    }

    /// How much the strongest peak of the green plane stands out, in dB.
    pub(super) fn strongest_peak(&self) -> f32 {
        let plane = &self.planes[1];
        let mut found: Vec<(f32, i32, i32)> =
            self.half().map(|(x, y)| (plane.excess[self.at(x, y)], x, y)).collect();
        strongest(&mut found);
        found.iter().fold(0.0, |most, (_, x, y)| most.max(self.prominence(plane, *x, *y)))
    }

    /// How much two peaks at a right angle and of one frequency both stand out, at most, in either
    /// plane, in dB.
    pub(super) fn strongest_screen(&self) -> f32 {
        let mut most = 0.0_f32;
        for plane in &self.planes {
            let mut found: Vec<(f32, i32, i32)> = self
                .half()
                .map(|(x, y)| {
                    let (_, turned) = self.turned(plane, x, y);
                    (plane.excess[self.at(x, y)].min(turned), x, y)
                })
                .collect();
            strongest(&mut found);
            for (_, x, y) in found {
                let ((u, v), _) = self.turned(plane, x, y);
                most = most.max(self.prominence(plane, x, y).min(self.prominence(plane, u, v)));
            }
        }
        most
    }

    /// The strongest bin around the one at a right angle to this one, and its excess.
    fn turned(&self, plane: &Plane, x: i32, y: i32) -> ((i32, i32), f32) {
        let mut best = ((-y, x), f32::NEG_INFINITY);
        for (dx, dy) in (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (dx, dy))) {
            let (u, v) = (-y + dx, x + dy);
            let excess = plane.excess[self.at(u, v)];
            if excess > best.1 {
                best = ((u, v), excess);
            }
        }
        best
    }

    /// How much a bin stands out, in dB, over its ring and over its neighbourhood: the smaller of
    /// the two, so that neither a broad ridge nor a steep slope counts as a peak.
    fn prominence(&self, plane: &Plane, x: i32, y: i32) -> f32 {
        let mut around = Vec::new();
        for dy in -AROUND..=AROUND {
            for dx in -AROUND..=AROUND {
                if dx.abs() > CORE || dy.abs() > CORE {
                    around.push(plane.power[self.at(x + dx, y + dy)]);
                }
            }
        }
        let at = self.at(x, y);
        let median = super::view::quantile(&mut around, 0.5).unwrap_or(0.0);
        plane.excess[at].min(plane.power[at] - median)
    }

    fn at(&self, x: i32, y: i32) -> usize {
        (y.rem_euclid(self.side) * self.side + x.rem_euclid(self.side)) as usize
    }

    /// The examined bins of one half of the plane; the other half mirrors it.
    fn half(&self) -> impl Iterator<Item = (i32, i32)> {
        let side = self.side;
        let reach = (HIGHEST * side as f32) as i32;
        let (low, high) = (LOWEST * side as f32, HIGHEST * side as f32);
        (AXIS + 1..=reach).flat_map(move |y| {
            (-reach..=reach).filter_map(move |x| {
                let radius = (x as f32).hypot(y as f32);
                (x.abs() > AXIS && radius >= low && radius <= high).then_some((x, y))
            })
        })
    }
}

impl Plane {
    fn new(power: &[f32], side: i32) -> Self {
        // Averaged over 3 × 3 bins, about the width of a peak under this window.
        let at = |x: i32, y: i32| (y.rem_euclid(side) * side + x.rem_euclid(side)) as usize;
        let rows: Vec<f32> = (0..side * side)
            .map(|i| (-1..=1).map(|d| power[at(i % side + d, i / side)]).sum())
            .collect();
        let smooth: Vec<f32> = (0..side * side)
            .map(|i| {
                let sum: f32 = (-1..=1).map(|d| rows[at(i % side, i / side + d)]).sum();
                10.0 * (sum / 9.0).log10()
            })
            .collect();
        let centred = |v: i32| (if v > side / 2 { v - side } else { v }) as f32;
        let radius: Vec<usize> = (0..side * side)
            .map(|i| centred(i % side).hypot(centred(i / side)).round() as usize)
            .collect();
        let mut rings = vec![Vec::new(); side as usize];
        for (power, ring) in smooth.iter().zip(&radius) {
            rings[*ring].push(*power);
        }
        let medians: Vec<f32> =
            rings.iter_mut().map(|ring| super::view::quantile(ring, 0.5).unwrap_or(0.0)).collect();
        let excess = smooth.iter().zip(&radius).map(|(power, r)| power - medians[*r]).collect();
        Plane { power: smooth, excess }
    }
}

/// Keeps the strongest; of equal ones, those that come first.
fn strongest(found: &mut Vec<(f32, i32, i32)>) {
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.truncate(CANDIDATES);
}

fn transposed(plane: &[Complex32], side: usize) -> Vec<Complex32> {
    (0..side * side).map(|i| plane[i % side * side + i / side]).collect()
}

/// A plane minus its mean over 7 × 7 pixels, or as many as there are at the edges.
fn without_shapes(plane: Vec<f32>, side: usize) -> Vec<f32> {
    const REACH: usize = 3;
    let mut sums = vec![0.0_f64; (side + 1) * (side + 1)];
    for y in 0..side {
        let mut row = 0.0;
        for x in 0..side {
            row += f64::from(plane[y * side + x]);
            sums[(y + 1) * (side + 1) + x + 1] = sums[y * (side + 1) + x + 1] + row;
        }
    }
    let range = |at: usize| (at.saturating_sub(REACH), (at + REACH + 1).min(side));
    (0..side * side)
        .map(|i| {
            let ((l, r), (t, b)) = (range(i % side), range(i / side));
            let at = |x: usize, y: usize| sums[y * (side + 1) + x];
            let sum = at(r, b) - at(l, b) - at(r, t) + at(l, t);
            plane[i] - (sum / ((r - l) * (b - t)) as f64) as f32
        })
        .collect()
}
