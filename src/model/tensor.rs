//! From pixels to a network's input tensor, as its input specification states.

use image::RgbImage;
use ndarray::Array4;

use super::{ChannelOrder, InputSpec};

impl InputSpec {
    /// The 1×3×`height`×`width` tensor of an image in its upper left corner.
    ///
    /// The rest is filled as with black pixels. The image must not be larger than the tensor.
    pub fn tensor(&self, image: &RgbImage, width: usize, height: usize) -> Array4<f32> {
        debug_assert!(image.width() as usize <= width && image.height() as usize <= height);
        // The first tensor channel is red or blue.
        let source: [usize; 3] = match self.channels() {
            ChannelOrder::Rgb => [0, 1, 2],
            ChannelOrder::Bgr => [2, 1, 0],
        };
        let black: [f32; 3] = std::array::from_fn(|c| -self.mean()[c] * self.scale()[c]);
        let mut data = Vec::with_capacity(3 * width * height);
        for value in black {
            data.resize(data.len() + width * height, value);
        }
        let row_bytes = 3 * image.width() as usize;
        if row_bytes > 0 {
            for (c, plane) in data.chunks_exact_mut(width * height).enumerate() {
                let (mean, scale, offset) = (self.mean()[c], self.scale()[c], source[c]);
                for (row, pixels) in
                    plane.chunks_exact_mut(width).zip(image.as_raw().chunks_exact(row_bytes))
                {
                    for (value, pixel) in row.iter_mut().zip(pixels.chunks_exact(3)) {
                        *value = (f32::from(pixel[offset]) - mean) * scale;
                    }
                }
            }
        }
        // The vector has exactly this many elements, so the shape always fits.
        Array4::from_shape_vec((1, 3, height, width), data).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::InputSize;

    #[test]
    fn channels_mean_scale_and_padding_follow_the_specification() {
        let image = RgbImage::from_fn(2, 1, |x, _| image::Rgb([10 + x as u8, 20, 30]));
        let spec = InputSpec::new(
            InputSize::MultipleOf(4),
            ChannelOrder::Bgr,
            [1.0, 2.0, 3.0],
            [0.5, 1.0, 2.0],
        )
        .unwrap();
        let tensor = spec.tensor(&image, 4, 4);
        assert_eq!(tensor.shape(), [1, 3, 4, 4]);
        // Blue first: (30 − 1) · 0.5; red last: (11 − 3) · 2.
        assert_eq!(tensor[[0, 0, 0, 0]], 14.5);
        assert_eq!(tensor[[0, 2, 0, 1]], 16.0);
        assert_eq!(tensor[[0, 1, 3, 3]], -2.0);
    }
}
