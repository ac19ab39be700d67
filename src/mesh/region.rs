//! The part of an image that the network sees.
//!
//! MediaPipe cuts out a square around the middle of the face's box, turned so that the eyes are
//! level and one and a half times as large as the box. Its box comes from its own detector, or from
//! the mesh of the previous frame, where it is the rectangle around all points. Here five landmarks
//! are given. Their similarity transform to the canonical crop says how the face is turned and how
//! large it is; the position of the square in that crop, and its side, are the medians of the
//! squares that meshes of 400 LFW photos would give (docs/MODELS.md).

use image::RgbImage;

use crate::align::CANONICAL;
use crate::geometry::{Landmarks5, Point, Similarity};
use crate::sample::cut_square;

/// The square's middle and side in the canonical crop, in its pixels.
const MIDDLE: Point = Point::new(54.5, 70.4);
const SIDE: f32 = 146.0;

/// A square in an image, cut out in `side` × `side` pixels.
pub(super) struct Region {
    /// From the network's coordinates to the image's.
    to_image: Similarity,
    side: u32,
}

impl Region {
    /// The region of a face; `None` where its landmarks coincide or are not finite.
    pub(super) fn around(landmarks: &Landmarks5, side: u32) -> Option<Region> {
        let from_crop = Similarity::fit(&CANONICAL, landmarks.points())?;
        let (left, top) = (MIDDLE.x - SIDE / 2.0, MIDDLE.y - SIDE / 2.0);
        let corners = |left: f32, top: f32, side: f32| {
            [Point::new(left, top), Point::new(left + side, top), Point::new(left, top + side)]
        };
        let ends = corners(left, top, SIDE).map(|corner| from_crop.apply(corner));
        let to_image = Similarity::fit(&corners(0.0, 0.0, side as f32), &ends)?;
        Some(Region { to_image, side })
    }

    /// Pixels of the image per unit of the network's coordinates.
    pub(super) fn scale(&self) -> f32 {
        self.to_image.scale()
    }

    /// Where a point of the network's lies in the image. Both count from the middle of the first
    /// pixel: only then do a photo and its mirror image give mirrored points.
    pub(super) fn in_image(&self, point: Point) -> Point {
        self.to_image.apply(point)
    }

    /// The region's pixels.
    pub(super) fn sample(&self, image: &RgbImage) -> RgbImage {
        cut_square(image, self.side, self.scale(), |x, y| {
            let at = self.to_image.apply(Point::new(x, y));
            (at.x, at.y)
        })
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    /// The canonical landmarks, in an image of twice their size, turned by a quarter.
    fn turned(p: Point) -> Point {
        Point::new(400.0 - 2.0 * p.y, 20.0 + 2.0 * p.x)
    }

    #[test]
    fn the_square_turns_and_grows_with_the_face() {
        let region = Region::around(&Landmarks5(CANONICAL.map(turned)), 192).unwrap();
        assert!((region.scale() - 2.0 * SIDE / 192.0).abs() < 1e-4);
        let middle = region.to_image.apply(Point::new(96.0, 96.0));
        assert!(middle.distance(turned(MIDDLE)) < 1e-2, "{middle:?}");
        // The network's x axis is the image's y axis.
        let right = region.to_image.apply(Point::new(106.0, 96.0));
        assert!((right.x - middle.x).abs() < 1e-2 && right.y > middle.y);
        for points in [[Point::new(3.0, 3.0); 5], [Point::new(f32::NAN, 0.0); 5]] {
            assert!(Region::around(&Landmarks5(points), 192).is_none());
        }
    }

    #[test]
    fn what_is_sampled_lies_where_the_points_say() {
        // Red grows to the right, green downwards.
        let image = RgbImage::from_fn(250, 250, |x, y| Rgb([x as u8, y as u8, 7]));
        for factor in [0.5, 1.2] {
            let landmarks = Landmarks5(CANONICAL.map(|p| p.scaled(factor, factor)));
            let region = Region::around(&landmarks, 192).unwrap();
            let crop = region.sample(&image);
            let at = region.in_image(Point::new(150.0, 120.0));
            let pixel = crop.get_pixel(150, 120).0;
            assert!((f32::from(pixel[0]) - at.x).abs() <= 0.51, "{pixel:?} {at:?}");
            assert!((f32::from(pixel[1]) - at.y).abs() <= 0.51, "{pixel:?} {at:?}");
            assert_eq!(crop.get_pixel(0, 0).0, [0; 3], "beyond the border");
        }
    }

    #[test]
    fn large_faces_are_averaged_not_skipped_over() {
        // A fine checkerboard is grey at a distance.
        let image = RgbImage::from_fn(1200, 1200, |x, y| Rgb([255 * ((x + y) % 2) as u8; 3]));
        let landmarks = Landmarks5(CANONICAL.map(|p| p.scaled(10.0, 10.0)));
        let crop = Region::around(&landmarks, 192).unwrap().sample(&image);
        let values = (80..112).flat_map(|y| (80..112).map(move |x| (x, y)));
        for (x, y) in values {
            let value = crop.get_pixel(x, y).0[0];
            assert!((90..=165).contains(&value), "{value}");
        }
    }
}
