//! Plane geometry, no pixels.
//!
//! Coordinates are in pixels of the upright, full-size image; x grows to the right, y downwards.

use serde::{Deserialize, Serialize};

/// A point, in pixels; serialises as `[x, y]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f32; 2]", into = "[f32; 2]")]
pub struct Point {
    /// Distance from the left edge.
    pub x: f32,
    /// Distance from the upper edge.
    pub y: f32,
}

impl Point {
    /// A point from its coordinates.
    pub const fn new(x: f32, y: f32) -> Self {
        Point { x, y }
    }

    /// Distance to another point.
    pub fn distance(self, other: Point) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The point with both coordinates multiplied.
    #[must_use]
    pub fn scaled(self, factor_x: f32, factor_y: f32) -> Point {
        Point::new(self.x * factor_x, self.y * factor_y)
    }
}

impl From<[f32; 2]> for Point {
    fn from([x, y]: [f32; 2]) -> Self {
        Point { x, y }
    }
}

impl From<Point> for [f32; 2] {
    fn from(point: Point) -> Self {
        [point.x, point.y]
    }
}

/// An upright rectangle, in pixels; serialises as `[x, y, width, height]`.
///
/// It may reach beyond the image: a detector extrapolates faces that the border cuts off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f32; 4]", into = "[f32; 4]")]
pub struct BoundingBox {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
}

impl BoundingBox {
    /// A box from its upper left corner, width and height.
    pub const fn from_xywh(x: f32, y: f32, width: f32, height: f32) -> Self {
        BoundingBox { x, y, width, height }
    }

    /// Left edge.
    pub fn x(&self) -> f32 {
        self.x
    }

    /// Upper edge.
    pub fn y(&self) -> f32 {
        self.y
    }

    /// Width; never negative for a box that a detector made.
    pub fn width(&self) -> f32 {
        self.width
    }

    /// Height; never negative for a box that a detector made.
    pub fn height(&self) -> f32 {
        self.height
    }

    /// Width times height.
    pub fn area(&self) -> f32 {
        self.width.max(0.0) * self.height.max(0.0)
    }

    /// The whole pixels that it covers, `x, y, width, height`, without the part left of or above
    /// the image.
    pub(crate) fn pixels(&self) -> [u32; 4] {
        let (left, top) = (self.x.max(0.0), self.y.max(0.0));
        let (right, bottom) = (self.x + self.width, self.y + self.height);
        [left, top, right - left, bottom - top].map(|value| value.max(0.0) as u32)
    }

    /// Area of the intersection over area of the union, 0 to 1.
    pub fn intersection_over_union(&self, other: &BoundingBox) -> f32 {
        let width = (self.x + self.width).min(other.x + other.width) - self.x.max(other.x);
        let height = (self.y + self.height).min(other.y + other.height) - self.y.max(other.y);
        let intersection = width.max(0.0) * height.max(0.0);
        let union = self.area() + other.area() - intersection;
        if union > 0.0 { intersection / union } else { 0.0 }
    }

    /// The box in an image scaled by these factors.
    #[must_use]
    pub fn scaled(&self, factor_x: f32, factor_y: f32) -> BoundingBox {
        BoundingBox {
            x: self.x * factor_x,
            y: self.y * factor_y,
            width: self.width * factor_x,
            height: self.height * factor_y,
        }
    }
}

impl From<[f32; 4]> for BoundingBox {
    fn from([x, y, width, height]: [f32; 4]) -> Self {
        BoundingBox { x, y, width, height }
    }
}

impl From<BoundingBox> for [f32; 4] {
    fn from(b: BoundingBox) -> Self {
        [b.x, b.y, b.width, b.height]
    }
}

/// Five facial landmarks, in the order in which the detector gives them: the subject's right eye,
/// left eye, tip of the nose, right and left corner of the mouth.
///
/// The subject's right is on the viewer's left. Serialises as `[[x, y]; 5]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Landmarks5(pub [Point; 5]);

impl Landmarks5 {
    /// The five points.
    pub fn points(&self) -> &[Point; 5] {
        &self.0
    }

    /// Distance between the two eyes, in pixels.
    pub fn inter_eye_distance(&self) -> f32 {
        self.0[0].distance(self.0[1])
    }

    /// The tilt of the face towards a shoulder, in degrees from −180 to 180, positive clockwise in
    /// the image: the rotation of the similarity that brings the canonical face nearest to all five
    /// landmarks. `None` where they coincide.
    pub(crate) fn tilt(&self) -> Option<f32> {
        let from_canonical = Similarity::fit(&CANONICAL, &self.0)?;
        Some(from_canonical.b.atan2(from_canonical.a).to_degrees())
    }

    /// How far the landmarks are from those of a normal face: the root mean square of their
    /// distances to the canonical landmarks, after a similarity has brought them as near as it can,
    /// in distances between the canonical eyes. `None` where they coincide.
    pub(crate) fn misfit(&self) -> Option<f32> {
        let to_canonical = Similarity::fit(&self.0, &CANONICAL)?;
        let squares = self.0.iter().zip(&CANONICAL).map(|(from, to)| {
            let off = to_canonical.apply(*from).distance(*to);
            off * off
        });
        Some((squares.sum::<f32>() / 5.0).sqrt() / CANONICAL[0].distance(CANONICAL[1]))
    }

    /// The landmarks in an image scaled by these factors.
    #[must_use]
    pub fn scaled(&self, factor_x: f32, factor_y: f32) -> Landmarks5 {
        Landmarks5(self.0.map(|point| point.scaled(factor_x, factor_y)))
    }
}

/// Where the five landmarks lie in the canonical crop of 112×112 pixels; the template of ArcFace
/// (Deng et al., 2019), which OpenCV's FaceRecognizerSF uses too.
pub(crate) const CANONICAL: [Point; 5] = [
    Point::new(38.2946, 51.6963),
    Point::new(73.5318, 51.5014),
    Point::new(56.0252, 71.7366),
    Point::new(41.5493, 92.3655),
    Point::new(70.7299, 92.2041),
];

/// Rotation, uniform scaling and translation of the plane:
/// `x' = a·x − b·y + tx`, `y' = b·x + a·y + ty`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Similarity {
    a: f32,
    b: f32,
    tx: f32,
    ty: f32,
}

impl Similarity {
    /// The similarity that brings `from` nearest to `to` in the least-squares sense, without
    /// reflection; `None` where the points of `from` coincide or a coordinate is not finite.
    ///
    /// In the plane, Umeyama's estimate (IEEE TPAMI 13(4), 1991) has this closed form: over
    /// centred points, `a = Σ(x·x' + y·y') / Σ(x² + y²)` and `b = Σ(x·y' − y·x') / Σ(x² + y²)`.
    pub fn fit<const N: usize>(from: &[Point; N], to: &[Point; N]) -> Option<Similarity> {
        let centre = |points: &[Point; N]| {
            let sum = points
                .iter()
                .fold((0.0, 0.0), |(x, y), p| (x + f64::from(p.x), y + f64::from(p.y)));
            (sum.0 / N as f64, sum.1 / N as f64)
        };
        let (from_centre, to_centre) = (centre(from), centre(to));
        let (mut dot, mut cross, mut spread) = (0.0, 0.0, 0.0);
        for (p, q) in from.iter().zip(to) {
            let (x, y) = (f64::from(p.x) - from_centre.0, f64::from(p.y) - from_centre.1);
            let (u, v) = (f64::from(q.x) - to_centre.0, f64::from(q.y) - to_centre.1);
            dot += x * u + y * v;
            cross += x * v - y * u;
            spread += x * x + y * y;
        }
        let (a, b) = (dot / spread, cross / spread);
        let tx = to_centre.0 - a * from_centre.0 + b * from_centre.1;
        let ty = to_centre.1 - b * from_centre.0 - a * from_centre.1;
        let fitted = Similarity { a: a as f32, b: b as f32, tx: tx as f32, ty: ty as f32 };
        let sound = [fitted.a, fitted.b, fitted.tx, fitted.ty].iter().all(|v| v.is_finite());
        (sound && fitted.scale() > 0.0).then_some(fitted)
    }

    /// The factor by which lengths grow.
    pub fn scale(&self) -> f32 {
        self.a.hypot(self.b)
    }

    /// Where a point is mapped to.
    pub fn apply(&self, p: Point) -> Point {
        Point::new(self.a * p.x - self.b * p.y + self.tx, self.b * p.x + self.a * p.y + self.ty)
    }

    /// The transform that undoes this one.
    #[must_use]
    pub fn inverse(&self) -> Similarity {
        let square = self.a * self.a + self.b * self.b;
        let (a, b) = (self.a / square, -self.b / square);
        Similarity { a, b, tx: -(a * self.tx - b * self.ty), ty: -(b * self.tx + a * self.ty) }
    }

    /// What one step to the right in the source adds in the target; a step downwards adds `(−y, x)`
    /// of it.
    pub(crate) fn step(&self) -> Point {
        Point::new(self.a, self.b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn intersection_over_union_of_half_overlapping_squares_is_a_third() {
        let left = BoundingBox::from_xywh(0.0, 0.0, 2.0, 2.0);
        let right = BoundingBox::from_xywh(1.0, 0.0, 2.0, 2.0);
        assert!((left.intersection_over_union(&right) - 1.0 / 3.0).abs() < 1e-6);
        let apart = BoundingBox::from_xywh(5.0, 5.0, 1.0, 1.0);
        assert_eq!(left.intersection_over_union(&apart), 0.0);
        let empty = BoundingBox::from_xywh(0.0, 0.0, 0.0, 0.0);
        assert_eq!(empty.intersection_over_union(&empty), 0.0);
    }

    #[test]
    fn the_tilt_is_the_angle_that_a_face_was_turned_by() {
        for degrees in [-170.0_f32, -40.0, 0.0, 12.0, 90.0, 179.0] {
            let (sine, cosine) = degrees.to_radians().sin_cos();
            let turned = CANONICAL.map(|p| {
                Point::new(
                    300.0 + 2.0 * (p.x * cosine - p.y * sine),
                    2.0 * (p.x * sine + p.y * cosine),
                )
            });
            let face = Landmarks5(turned);
            assert!((face.tilt().unwrap() - degrees).abs() < 0.1, "{degrees}: {:?}", face.tilt());
            assert!(face.misfit().unwrap() < 1e-3);
        }
        let mut mixed_up = CANONICAL;
        mixed_up.swap(0, 4);
        assert!(Landmarks5(mixed_up).misfit().unwrap() > 0.5);
        assert_eq!(Landmarks5([CANONICAL[0]; 5]).tilt(), None);
        assert_eq!(Landmarks5([CANONICAL[0]; 5]).misfit(), None);
    }

    #[test]
    fn coinciding_points_have_no_similarity() {
        let point = [Point::new(3.0, 3.0); 5];
        let spread = [0.0, 1.0, 2.0, 3.0, 4.0].map(|x| Point::new(x, x));
        assert!(Similarity::fit(&point, &spread).is_none());
        assert!(Similarity::fit(&spread.map(|_| Point::new(f32::NAN, 0.0)), &spread).is_none());
    }

    proptest! {
        #[test]
        fn fit_recovers_the_transform_that_made_the_points(
            angle in -3.1_f32..3.1, scale in 0.05_f32..20.0, tx in -500.0_f32..500.0,
        ) {
            let truth = Similarity { a: scale * angle.cos(), b: scale * angle.sin(), tx, ty: -tx };
            let from = [(30.0, 40.0), (70.0, 42.0), (50.0, 60.0), (35.0, 80.0), (66.0, 81.0)]
                .map(|(x, y)| Point::new(x, y));
            let to = from.map(|p| truth.apply(p));
            let fitted = Similarity::fit(&from, &to).unwrap();
            for p in from {
                prop_assert!(fitted.apply(p).distance(truth.apply(p)) < 1e-2 * scale.max(1.0));
                prop_assert!(fitted.inverse().apply(fitted.apply(p)).distance(p) < 1e-2 / scale.min(1.0));
            }
        }
    }
}
