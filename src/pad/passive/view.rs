//! The position of a face in an image, and the pixels around it that a signal examines.

use image::RgbImage;

use crate::geometry::BoundingBox;

/// An image with a face's box in it; the box has a size and overlaps the image.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) image: &'a RgbImage,
    x: f32,
    y: f32,
    width: f32,
    height: f32,
}

/// A rectangle of whole pixels inside an image, with no side of 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rectangle {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl<'a> View<'a> {
    /// `None` if the box has no size, or is outside the image.
    pub(super) fn new(image: &'a RgbImage, face: &BoundingBox) -> Option<Self> {
        let (x, y, width, height) = (face.x(), face.y(), face.width(), face.height());
        let sound = [x, y, width, height].iter().all(|v| v.is_finite() && v.abs() < 1e6);
        let view = View { image, x, y, width, height };
        let touches = sound && width >= 1.0 && height >= 1.0 && view.around(1.0).is_some();
        touches.then_some(view)
    }

    /// Square root of the box's area, in pixels.
    pub(super) fn size(&self) -> f32 {
        (self.width * self.height).sqrt()
    }

    /// Middle of the box, in pixels.
    pub(super) fn centre(&self) -> (f32, f32) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    /// Half of the box's width and height, in pixels.
    pub(super) fn half(&self) -> (f32, f32) {
        (self.width / 2.0, self.height / 2.0)
    }

    /// The box, `factor` times as large around the same middle, as far as the image reaches.
    pub(super) fn around(&self, factor: f32) -> Option<Rectangle> {
        let (cx, cy) = self.centre();
        let (hx, hy) = (factor * self.width / 2.0, factor * self.height / 2.0);
        let range = |centre: f32, half: f32, limit: u32| {
            // Casts saturate, and so cut off what is outside.
            let low = (centre - half).round() as u32;
            let high = ((centre + half).round() as u32).min(limit);
            (high > low).then(|| (low, high - low))
        };
        let (left, width) = range(cx, hx, self.image.width())?;
        let (top, height) = range(cy, hy, self.image.height())?;
        Some(Rectangle { left, top, width, height })
    }

    /// A square of unchanged pixels, in the middle of the box and of its size: a multiple of 16
    /// from `least` to `most`. `None` if the box or the image is smaller.
    pub(super) fn square(&self, least: u32, most: u32) -> Option<Rectangle> {
        let (w, h) = self.image.dimensions();
        let side = (self.size() as u32).min(most).min(w).min(h) / 16 * 16;
        if side < least {
            return None;
        }
        let (cx, cy) = self.centre();
        let start = |centre: f32, limit: u32| {
            ((centre - side as f32 / 2.0).round() as u32).min(limit - side)
        };
        Some(Rectangle { left: start(cx, w), top: start(cy, h), width: side, height: side })
    }

    /// The pixels of a rectangle, row by row.
    pub(super) fn pixels(&self, of: Rectangle) -> impl Iterator<Item = [u8; 3]> + '_ {
        let stride = 3 * self.image.width() as usize;
        (of.top..of.top + of.height).flat_map(move |y| {
            let from = y as usize * stride + 3 * of.left as usize;
            let row = &self.image.as_raw()[from..from + 3 * of.width as usize];
            row.as_chunks::<3>().0.iter().copied()
        })
    }

    /// A rectangle averaged down to `width × height` pixels, which must not be more than it has.
    pub(super) fn averaged(&self, of: Rectangle, width: usize, height: usize) -> Vec<[f32; 3]> {
        let (raw, stride) = (self.image.as_raw(), 3 * self.image.width() as usize);
        let edge = |at: usize, parts: usize, start: u32, length: u32| {
            start as usize + at * length as usize / parts
        };
        let mut out = Vec::with_capacity(width * height);
        for y in 0..height {
            let rows = edge(y, height, of.top, of.height)..edge(y + 1, height, of.top, of.height);
            for x in 0..width {
                let from = 3 * edge(x, width, of.left, of.width);
                let to = 3 * edge(x + 1, width, of.left, of.width);
                let mut sum = [0_u32; 3];
                for row in rows.clone() {
                    let (pixels, _) = raw[row * stride + from..row * stride + to].as_chunks::<3>();
                    for pixel in pixels {
                        sum.iter_mut().zip(pixel).for_each(|(s, v)| *s += u32::from(*v));
                    }
                }
                let count = (rows.len() * (to - from) / 3).max(1) as f32;
                out.push(sum.map(|s| s as f32 / count));
            }
        }
        out
    }
}

/// Luma of a pixel in its own values, 0 to 255: ITU-R BT.601, as in a JPEG.
pub(super) fn luma([r, g, b]: [f32; 3]) -> f32 {
    0.299 * r + 0.587 * g + 0.114 * b
}

/// The value below which this share lies, 0 to 1; `None` for an empty list.
pub(super) fn quantile(values: &mut [f32], share: f32) -> Option<f32> {
    let last = values.len().checked_sub(1)?;
    let at = (last as f32 * share).round() as usize;
    Some(*values.select_nth_unstable_by(at, f32::total_cmp).1)
}
