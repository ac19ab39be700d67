//! How much of a face's light is noise.
//!
//! J. Immerkær, "Fast Noise Variance Estimation", Computer Vision and Image Understanding 64
//! (1996): the difference of two Laplacians ignores edges and gradients and has six times the
//! noise's standard deviation. Its median absolute value, used here instead of the mean, ignores
//! the detail that remains.
//!
//! It does not ignore fine patterns, or detail at the limit of what the pixels can show: the dots
//! of a print, a face that was scaled down. Two things distinguish noise from these. Neighbouring
//! pixels of noise are independent, so averaging four pixels halves it, while detail of a smaller
//! image stands out as much or more; and noise never repeats, as a pattern does.

use image::{ImageBuffer, Rgb, RgbImage};

use super::light::TO_LINEAR;

type LinearImage = ImageBuffer<Rgb<f32>, Vec<f32>>;

/// Height to which a larger part is averaged down, by a whole factor: about that of a face in the
/// crop that is compared.
const HEIGHT: u32 = 100;
/// Smaller parts are all detail: 40 pixels high, 24 wide.
const LEAST: (u32, u32) = (24, 40);
/// The most positions to examine in each direction.
const PLACES: u32 = 64;
/// Median absolute value of a normal distribution, in standard deviations.
const MEDIAN: f32 = 0.6745;
/// Less than this does not matter, whatever it is; the second measurement is skipped.
const LITTLE: f32 = 0.04;
/// The most noise that is left when four pixels are averaged, as a share. Of 70 faces of LFW and
/// FairFace at 1/16 of their light, 1 % keep 0.72 or more, at 1/8 0.84; of faces that were scaled
/// down, 1 % keep 0.94 or less.
const HALVED: f32 = 0.88;
/// The highest correlation of noise with itself a little further on: 0.06 or less for 95 % of the
/// same faces. Under the pattern of a screen or a print, 5 % have 0.06 to 0.15 or less, and half
/// have 0.3.
const REPEATED: f32 = 0.12;
/// How far on, in pixels.
const LAGS: std::ops::RangeInclusive<usize> = 4..=10;

/// The noise of a part of the image, `x, y, width, height`, in linear light: its standard deviation
/// as a share of the mean. 0 where the part is too small to tell, and where the apparent noise is a
/// pattern or detail.
pub(crate) fn noise_to_signal(image: &RgbImage, [x, y, width, height]: [u32; 4]) -> f32 {
    let (right, bottom) = (x.saturating_add(width), y.saturating_add(height));
    let (right, bottom) = (right.min(image.width()), bottom.min(image.height()));
    let (width, height) = (right.saturating_sub(x), bottom.saturating_sub(y));
    let factor = (height / HEIGHT).max(1);
    let part = averaged(image, [x, y, width / factor, height / factor], factor);
    if part.width() < LEAST.0 || part.height() < LEAST.1 {
        return 0.0;
    }
    let noise = immerkaer(&part);
    if noise < LITTLE {
        return noise;
    }
    let halves = averaged_again(&part);
    let is_noise = immerkaer(&halves) < HALVED * noise && repetition(&part) < REPEATED;
    if is_noise { noise } else { 0.0 }
}

/// Blocks of `factor`×`factor` pixels from `x, y` on, this many across and down, each as its mean
/// light.
fn averaged(image: &RgbImage, [x, y, columns, rows]: [u32; 4], factor: u32) -> LinearImage {
    let share = 1.0 / (factor * factor) as f32;
    LinearImage::from_fn(columns, rows, |column, row| {
        let mut sum = [0.0; 3];
        for (dy, dx) in (0..factor).flat_map(|dy| (0..factor).map(move |dx| (dy, dx))) {
            let pixel = image.get_pixel(x + column * factor + dx, y + row * factor + dy).0;
            (0..3).for_each(|c| sum[c] += TO_LINEAR[usize::from(pixel[c])]);
        }
        Rgb(sum.map(|sum| sum * share))
    })
}

/// Averages each block of four pixels.
fn averaged_again(image: &LinearImage) -> LinearImage {
    LinearImage::from_fn(image.width() / 2, image.height() / 2, |x, y| {
        let at = |dx: u32, dy: u32| image.get_pixel(2 * x + dx, 2 * y + dy).0;
        let four = [at(0, 0), at(1, 0), at(0, 1), at(1, 1)];
        Rgb(std::array::from_fn(|c| four.iter().map(|pixel| pixel[c]).sum::<f32>() / 4.0))
    })
}

/// The difference of two Laplacians at a pixel that is not on the border.
fn laplacians(image: &LinearImage, x: u32, y: u32) -> [f32; 3] {
    let at = |dx: u32, dy: u32| image.get_pixel(x + dx - 1, y + dy - 1).0;
    let corners = [at(0, 0), at(2, 0), at(0, 2), at(2, 2)];
    let sides = [at(1, 0), at(0, 1), at(2, 1), at(1, 2)];
    let middle = at(1, 1);
    std::array::from_fn(|c| {
        let sum = |pixels: &[[f32; 3]; 4]| pixels.iter().map(|pixel| pixel[c]).sum::<f32>();
        sum(&corners) - 2.0 * sum(&sides) + 4.0 * middle[c]
    })
}

fn immerkaer(image: &LinearImage) -> f32 {
    let step = |side: u32| side.div_ceil(PLACES).max(1) as usize;
    let columns = (1..image.width() - 1).step_by(step(image.width()));
    let rows = (1..image.height() - 1).step_by(step(image.height()));
    let (mut noise, mut sum) = (Vec::new(), 0.0);
    for (y, x) in rows.flat_map(|y| columns.clone().map(move |x| (y, x))) {
        noise.extend(laplacians(image, x, y).map(f32::abs));
        sum += image.get_pixel(x, y).0.iter().sum::<f32>();
    }
    let n = noise.len();
    let (_, median, _) = noise.select_nth_unstable_by(n / 2, f32::total_cmp);
    *median / MEDIAN / 6.0 / (sum / n as f32).max(1e-6)
}

/// The largest correlation of the Laplacians' result with itself a little further to the right,
/// down, or along a diagonal. Outliers are clipped, so that one edge does not decide it.
fn repetition(image: &LinearImage) -> f32 {
    let (width, height) = (image.width() as usize - 2, image.height() as usize - 2);
    let mut values: Vec<f32> = (0..width * height)
        .map(|i| laplacians(image, (i % width + 1) as u32, (i / width + 1) as u32).iter().sum())
        .collect();
    let mut sizes: Vec<f32> = values.iter().map(|value| value.abs()).collect();
    let middle = sizes.len() / 2;
    let most = 4.0 * *sizes.select_nth_unstable_by(middle, f32::total_cmp).1;
    values.iter_mut().for_each(|value| *value = value.clamp(-most, most));
    let square = values.iter().map(|value| value * value).sum::<f32>() / values.len() as f32;
    let alike = |dx: usize, dy: usize, back: bool| {
        let (columns, rows) = (width.saturating_sub(dx), height.saturating_sub(dy));
        let mut sum = 0.0;
        for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
            // Along the other diagonal, the first of the two is on the right.
            let (from, to) = if back { (x + dx, x) } else { (x, x + dx) };
            sum += values[y * width + from] * values[(y + dy) * width + to];
        }
        sum / (columns * rows).max(1) as f32 / square.max(f32::MIN_POSITIVE)
    };
    let ways = |lag| [(lag, 0, false), (0, lag, false), (lag, lag, false), (lag, lag, true)];
    let all = LAGS.flat_map(ways).map(|(dx, dy, back)| alike(dx, dy, back));
    all.fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::srgb;

    /// Squares of two shades with a deterministic stand-in for noise, uniform in both directions.
    fn picture(light: f32, noise: f32, pattern: impl Fn(u32, u32) -> f32) -> RgbImage {
        let mut state = 1_u64;
        RgbImage::from_fn(80, 80, |x, y| {
            let edge = if (x / 20 + y / 20) % 2 == 0 { 1.0 } else { 0.5 };
            Rgb([0, 1, 2].map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let uniform = (state >> 40) as f32 / (1_u64 << 24) as f32 * 2.0 - 1.0;
                srgb(f64::from(light * (edge * pattern(x, y) + noise * uniform)))
            }))
        })
    }

    const WHOLE: [u32; 4] = [0, 0, 80, 80];

    #[test]
    fn noise_is_told_from_edges_and_does_not_depend_on_the_light() {
        let plain = |_, _| 1.0;
        let (still, dim) = (picture(0.4, 0.0, plain), picture(0.1, 0.0, plain));
        assert!(noise_to_signal(&still, WHOLE) < 0.01 && noise_to_signal(&dim, WHOLE) < 0.01);
        // Uniform noise of ±0.3 has a standard deviation of 0.173; the mean is 0.75.
        for light in [0.5, 0.1] {
            let found = noise_to_signal(&picture(light, 0.3, plain), WHOLE);
            assert!((found - 0.173 / 0.75).abs() < 0.04, "{light}: {found}");
        }
        assert_eq!(noise_to_signal(&still, [0, 0, 2, 2]), 0.0);
        assert_eq!(noise_to_signal(&still, [200, 0, 20, 20]), 0.0);
    }

    #[test]
    fn a_pattern_is_no_noise() {
        let dots = |x: u32, y: u32| if x % 5 < 2 && y % 5 < 2 { 0.3 } else { 1.0 };
        let waves = |x: u32, y: u32| 1.0 + 0.4 * (2.2 * x as f32 + 0.7 * y as f32).sin();
        for screened in [picture(0.5, 0.02, dots), picture(0.5, 0.02, waves)] {
            let seen = immerkaer(&averaged(&screened, WHOLE, 1));
            assert!(seen > LITTLE, "fine enough to be taken for noise: {seen}");
            assert_eq!(noise_to_signal(&screened, WHOLE), 0.0);
        }
    }

    #[test]
    fn a_part_of_few_pixels_is_all_detail() {
        let noisy = picture(0.3, 0.4, |_, _| 1.0);
        assert!(noise_to_signal(&noisy, [0, 0, 40, 60]) > 0.1);
        assert_eq!(noise_to_signal(&noisy, [0, 0, 24, 30]), 0.0);
    }
}
