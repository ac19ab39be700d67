//! Light of a colour other than the one that the camera is set to.

use image::RgbImage;

use super::linear::{to_linear, to_srgb};

/// The colour temperature that the camera is set to: daylight, the white of sRGB.
const DAYLIGHT: f64 = 6504.0;

/// The photo in the light of a black body with this temperature in kelvins: each channel of linear
/// light is multiplied by the ratio of the black body to daylight, both with the same luminance.
pub(super) fn lit_by(image: &RgbImage, kelvins: f64) -> RgbImage {
    let gains = gains(kelvins);
    let mut light = to_linear(image);
    for pixel in light.pixels_mut() {
        pixel.0.iter_mut().zip(gains).for_each(|(value, gain)| *value *= gain as f32);
    }
    to_srgb(&light)
}

/// What each channel of sRGB is multiplied by.
fn gains(kelvins: f64) -> [f64; 3] {
    let (light, daylight) = (black_body(kelvins), black_body(DAYLIGHT));
    std::array::from_fn(|channel| (light[channel] / daylight[channel]).max(0.0))
}

/// Linear sRGB, with luminance 1, of a black body between 1,667 and 25,000 kelvins: the cubic
/// approximation of the Planckian locus by B. Kang et al., Journal of the Korean Physical Society
/// 41 (2002), and the matrix of IEC 61966-2-1.
fn black_body(kelvins: f64) -> [f64; 3] {
    let t = 1000.0 / kelvins;
    let x = if kelvins <= 4000.0 {
        ((-0.266_123_9 * t - 0.234_358_9) * t + 0.877_695_6) * t + 0.179_910
    } else {
        ((-3.025_846_9 * t + 2.107_037_9) * t + 0.222_634_7) * t + 0.240_390
    };
    let y = if kelvins <= 2222.0 {
        ((-1.106_381_4 * x - 1.348_110_20) * x + 2.185_558_32) * x - 0.202_196_83
    } else if kelvins <= 4000.0 {
        ((-0.954_947_6 * x - 1.374_185_93) * x + 2.091_370_15) * x - 0.167_488_67
    } else {
        ((3.081_758_0 * x - 5.873_386_70) * x + 3.751_129_97) * x - 0.370_014_83
    };
    let (x, z) = (x / y, (1.0 - x - y) / y);
    [
        3.2406 * x - 1.5372 - 0.4986 * z,
        -0.9689 * x + 1.8758 + 0.0415 * z,
        0.0557 * x - 0.2040 + 1.0570 * z,
    ]
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn gains_are_those_of_the_black_body() {
        assert_eq!(gains(6504.0), [1.0; 3]);
        // Illuminant A, 2,856 K: x 0.44757, y 0.40745 (ISO 11664-2), as linear sRGB.
        let a = black_body(2856.0);
        for (channel, expected) in a.iter().zip([1.845, 0.826, 0.233]) {
            assert!((channel - expected).abs() < 0.02, "{a:?}");
        }
        let luminance = |rgb: [f64; 3]| 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
        for kelvins in [1700.0, 2500.0, 4500.0, 20_000.0] {
            assert!((luminance(black_body(kelvins)) - 1.0).abs() < 1e-3);
        }
    }

    #[test]
    fn warm_light_is_red_and_cold_light_blue() {
        let grey = RgbImage::from_pixel(2, 2, Rgb([120; 3]));
        let Rgb([red, green, blue]) = *lit_by(&grey, 2800.0).get_pixel(0, 0);
        assert!(red > 150 && red > green && green > blue && blue < 60, "{red} {green} {blue}");
        let Rgb([red, _, blue]) = *lit_by(&grey, 12_000.0).get_pixel(0, 0);
        assert!(blue > 130 && red < 110, "{red} {blue}");
    }
}
