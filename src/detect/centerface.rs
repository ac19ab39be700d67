//! CenterFace's heads: from output maps to candidate faces.
//!
//! Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2019. A cell of
//! the heat map says how likely a face's centre lies there; the other maps give its size, where in
//! the cell the centre lies, and the landmarks.

use ndarray::ArrayViewD;

use super::detection::Detection;
use crate::geometry::{BoundingBox, Landmarks5, Point};
use crate::model::Outputs;
use crate::{Error, ErrorKind, Result, Stage};

/// Pixels of the input between neighbouring cells.
const STRIDE: f32 = 4.0;
/// The output maps, by the names that the published file gives them.
const HEAT: &str = "537";
const SIZE: &str = "538";
const OFFSET: &str = "539";
const POINTS: &str = "540";

/// Where YuNet puts the five landmarks, relative to where CenterFace puts them: shares of the
/// inter-eye distance, along the line from the subject's right eye to the left one and at right
/// angles to it, downwards. Medians over 280 faces of FairFace; the two networks were trained on
/// different annotations, and the embedder's alignment expects YuNet's.
const TO_YUNET: [(f32, f32); 5] =
    [(-0.013, -0.052), (-0.004, -0.021), (-0.029, 0.012), (-0.013, 0.012), (-0.004, 0.054)];

/// Candidate faces with a score of at least `min_score`, in pixels of the network's input, row by
/// row.
///
/// For the cell in row r and column c of stride s = 4, with heat h, size (a, b), offset (p, q) and
/// points (yₙ, xₙ):
///
/// ```text
/// score   = h                        height = e^a·s      width = e^b·s
/// centre  = ((c + q + ½)·s, (r + p + ½)·s)
/// point n = (left + xₙ·width, top + yₙ·height)
/// ```
pub(super) fn decode(outputs: &Outputs, min_score: f32) -> Result<Vec<Detection>> {
    let heat = outputs.get(HEAT)?;
    let (rows, columns) = match heat.shape() {
        [1, 1, rows, columns] => (*rows, *columns),
        other => return Err(unfit(HEAT, other)),
    };
    let map = |name: &'static str, channels: usize| -> Result<ArrayViewD<'_, f32>> {
        let tensor = outputs.get(name)?;
        match tensor.shape() {
            [1, c, h, w] if [*c, *h, *w] == [channels, rows, columns] => Ok(tensor),
            other => Err(unfit(name, other)),
        }
    };
    let (size, offset, points) = (map(SIZE, 2)?, map(OFFSET, 2)?, map(POINTS, 10)?);
    let mut candidates = Vec::new();
    for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
        let score = heat[[0, 0, row, column]];
        if score.is_nan() || score < min_score {
            continue;
        }
        let at = |map: &ArrayViewD<'_, f32>, channel: usize| map[[0, channel, row, column]];
        let (height, width) = (at(&size, 0).exp() * STRIDE, at(&size, 1).exp() * STRIDE);
        let left = (column as f32 + at(&offset, 1) + 0.5) * STRIDE - width / 2.0;
        let top = (row as f32 + at(&offset, 0) + 0.5) * STRIDE - height / 2.0;
        let landmarks = std::array::from_fn(|n| {
            Point::new(left + at(&points, 2 * n + 1) * width, top + at(&points, 2 * n) * height)
        });
        candidates.push(Detection {
            bounding_box: BoundingBox::from_xywh(left, top, width, height),
            landmarks: to_yunet(&landmarks),
            score: score.min(1.0),
        });
    }
    Ok(candidates)
}

/// The landmarks as YuNet would place them.
fn to_yunet(points: &[Point; 5]) -> Landmarks5 {
    let (x, y) = (points[1].x - points[0].x, points[1].y - points[0].y);
    let moved = |(point, (along, down)): (&Point, (f32, f32))| {
        Point::new(point.x + along * x - down * y, point.y + along * y + down * x)
    };
    let mut moved = points.iter().zip(TO_YUNET).map(moved);
    Landmarks5(std::array::from_fn(|n| moved.next().unwrap_or(points[n])))
}

fn unfit(name: &str, shape: &[usize]) -> Error {
    let message = format!("output {name} has the shape {shape:?}, which is not CenterFace's");
    Error::new(ErrorKind::InvalidModel, Stage::Detect, message)
        .next("set the manifest's second detector to a model with CenterFace's heads")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ndarray::{ArrayD, IxDyn};

    use super::*;

    /// One face of 80 × 120 pixels around (62, 94), in a map of 32 × 32 cells.
    fn outputs(heat: f32, channels: usize) -> Outputs {
        let map = |channels: usize| ArrayD::<f32>::zeros(IxDyn(&[1, channels, 32, 32]));
        let (mut hot, mut size, mut offset, mut points) = (map(1), map(2), map(2), map(channels));
        hot[[0, 0, 23, 15]] = heat;
        size[[0, 0, 23, 15]] = 30_f32.ln();
        size[[0, 1, 23, 15]] = 20_f32.ln();
        offset[[0, 0, 23, 15]] = 0.0;
        for n in 0..channels / 2 {
            points[[0, 2 * n, 23, 15]] = [0.4, 0.4, 0.6, 0.8, 0.8][n];
            points[[0, 2 * n + 1, 23, 15]] = [0.25, 0.75, 0.5, 0.3, 0.7][n];
        }
        let named = [(HEAT, hot), (SIZE, size), (OFFSET, offset), (POINTS, points)];
        named.into_iter().map(|(name, map)| (Arc::from(name), map)).collect()
    }

    #[test]
    fn a_cell_says_where_its_face_lies() {
        let found = decode(&outputs(0.7, 10), 0.5).unwrap();
        let [face] = found.as_slice() else { panic!("{found:?}") };
        let area = &face.bounding_box;
        assert!((area.x() - 22.0).abs() < 1e-3 && (area.y() - 34.0).abs() < 1e-3, "{area:?}");
        assert!((area.width() - 80.0).abs() < 1e-3 && (area.height() - 120.0).abs() < 1e-3);
        assert_eq!(face.score, 0.7);
        // The right eye lies at (42, 82) by CenterFace, 40 pixels from the left one.
        let [right, left, ..] = face.landmarks.points();
        assert!((right.x - (42.0 - 0.013 * 40.0)).abs() < 1e-3, "{right:?}");
        assert!((right.y - (82.0 - 0.052 * 40.0)).abs() < 1e-3, "{right:?}");
        assert!((left.y - (82.0 - 0.021 * 40.0)).abs() < 1e-3, "{left:?}");
    }

    #[test]
    fn too_faint_a_face_is_none_and_other_heads_are_an_error() {
        assert!(decode(&outputs(0.4, 10), 0.5).unwrap().is_empty());
        assert!(decode(&outputs(f32::NAN, 10), 0.5).unwrap().is_empty());
        let error = decode(&outputs(0.7, 8), 0.5).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidModel);
    }

    #[test]
    fn landmarks_turn_with_the_face() {
        let turned = |points: [(f32, f32); 5]| points.map(|(x, y)| Point::new(-y, x));
        let face = [(0.0, 0.0), (10.0, 0.0), (5.0, 6.0), (1.0, 12.0), (9.0, 12.0)];
        let upright = to_yunet(&face.map(|(x, y)| Point::new(x, y)));
        let by_quarter = to_yunet(&turned(face));
        for (a, b) in upright.points().iter().zip(by_quarter.points()) {
            assert!((b.x + a.y).abs() < 1e-5 && (b.y - a.x).abs() < 1e-5, "{a:?} {b:?}");
        }
    }
}
