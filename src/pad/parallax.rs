//! Three-dimensional evidence: does the face move like a solid head, or like a flat picture?
//!
//! Let `(xᵢ, yᵢ, zᵢ)` be the points of the face looking into the camera, and `qᵢ` their positions
//! in a frame in which the head is turned. A distant camera shows a solid as `q = A·(x, y, 1) +
//! z·v`, where `v` grows with the sine of the angle; a plane as a homography of `(x, y)`. The
//! difference between the two is `v`. Only the part of `z` counts that no quadratic surface has:
//! `z⊥ = z − (its best fit by 1, x, y, x², xy, y²)`, which is the nose, the eye sockets and the
//! brow. Paper bent like a cylinder, and perspective, are quadratic to first order and leave `v` at
//! zero.
//!
//! `vᶠ = Σ zᵢ⊥ qᵢ / Σ zᵢ⊥²` is the least-squares answer, since `z⊥` is orthogonal to the rest. For
//! a head turned by the angles `ψ` (yaw) and `θ` (pitch), `v = (−sin ψ, sin θ)` times the face's
//! size. The relief is the slope of the one on the other over all frames: 1 for a head whose depth
//! is as the mesh says, 0 for anything flat. The method is plane and parallax, as in R. Kumar, P.
//! Anandan, K. Hanna, "Direct recovery of shape from multiple views: a parallax based approach",
//! ICPR 1994.

use super::frame_analysis::{FaceView, Measures};
use super::least_squares::least_squares;
use super::report::ParallaxEvidence;
use crate::mesh::{Mesh, POINTS};

/// Least change of the head's direction, in degrees, at which depth shows above the mesh's noise.
const LEAST_TURN: f32 = 7.0;

/// A face as narrow as a plane turned by this angle, in degrees, is foreshortened. Of the 12
/// simulated people on whom it was chosen, none had three frames so narrow with the head turned by
/// less than half of it; all 12 prints did.
const FORESHORTENED: f32 = 26.0;
/// From this many such frames a flat picture is recognised, if they outnumber those in which the
/// pose shows the head turned far: the mesh loses some people's heads towards one side.
const FORESHORTENED_FRAMES: u32 = 3;
/// That far, in degrees; on the data on which the limits were chosen, flat pictures appeared turned
/// by 11 at most.
const FAR: f32 = 12.5;

/// The face looking into the camera, in sizes of the face.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// Points that neither expressions nor speech move much.
    rigid: Vec<usize>,
    /// Their positions `x, y, z`.
    places: Vec<[f64; 3]>,
    /// The part of `z` that no quadratic surface has.
    relief: Vec<f64>,
    yaw: f32,
    pitch: f32,
}

/// What one frame shows of it.
#[derive(Debug, Clone, Copy)]
struct Turned {
    expected: [f64; 2],
    seen: [f64; 2],
    homography: f64,
    solid: f64,
}

/// Sums over frames: the same memory for one frame as for thousands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Parallax {
    frames: u32,
    product: f64,
    square: f64,
    seen: f64,
    homography: f64,
    solid: f64,
    foreshortened: u32,
    far: u32,
}

impl Shape {
    /// The mean of several views of a face; `None` if there are none, or they span no face.
    pub(super) fn mean(views: &[FaceView]) -> Option<Shape> {
        let n = views.len() as f64;
        let mut mean = vec![[0.0_f64; 3]; POINTS];
        let (mut yaw, mut pitch) = (0.0, 0.0);
        for FaceView { mesh, measures, .. } in views {
            let upright = upright(mesh, measures);
            for (sum, place) in mean.iter_mut().zip(upright) {
                (0..3).for_each(|c| sum[c] += place[c] / n);
            }
            yaw += measures.pose.yaw / views.len() as f32;
            pitch += measures.pose.pitch / views.len() as f32;
        }
        // The mouth, the chin and the lids move by themselves.
        let (nose, lip) = (mean[2][1], mean[0][1]);
        let moves = |n: &usize| mean[*n][1] > nose + 0.5 * (lip - nose) || LIDS.contains(n);
        let rigid: Vec<usize> = (0..POINTS).filter(|n| !moves(n)).collect();
        let places: Vec<[f64; 3]> = rigid.iter().map(|n| mean[*n]).collect();
        let rows: Vec<[f64; 6]> = places.iter().map(|[x, y, _]| quadratic(*x, *y)).collect();
        let depths: Vec<f64> = places.iter().map(|place| place[2]).collect();
        let fit = least_squares(&rows, &depths)?;
        let relief: Vec<f64> =
            rows.iter().zip(&depths).map(|(row, z)| z - dot(row, &fit)).collect();
        let sound = relief.iter().map(|z| z * z).sum::<f64>() > 1e-6 && rigid.len() > 100;
        sound.then_some(Shape { rigid, places, relief, yaw, pitch })
    }

    /// Whether the face is foreshortened like a picture that is turned away, although the face in
    /// it looks as straight into the camera as before.
    ///
    /// A plane turned by `α` is narrower by `cos α`; so is a head turned by `α`, but then its pose
    /// shows it. The ratio of the singular values of the best affine map from the face at the start
    /// is that cosine.
    fn foreshortened(&self, all: &[[f64; 3]], turn: [f32; 2]) -> bool {
        let rows: Vec<[f64; 3]> = self.places.iter().map(|[x, y, _]| [1.0, *x, *y]).collect();
        let fit = |axis: usize| {
            let values: Vec<f64> = self.rigid.iter().map(|n| all[*n][axis]).collect();
            least_squares(&rows, &values)
        };
        let (Some([_, a, b]), Some([_, c, d])) = (fit(0), fit(1)) else { return false };
        let (sum, product) = (a * a + b * b + c * c + d * d, (a * d - b * c).abs());
        let root = (sum * sum - 4.0 * product * product).max(0.0).sqrt();
        let cosine = ((sum - root) / (sum + root).max(1e-9)).max(0.0).sqrt();
        let plane = cosine.min(1.0).acos().to_degrees() as f32;
        plane > FORESHORTENED && turn[0].hypot(turn[1]) < 0.5 * plane
    }

    fn turned(&self, all: &[[f64; 3]], turn: [f32; 2]) -> Option<Turned> {
        if turn[0].hypot(turn[1]) < LEAST_TURN {
            return None;
        }
        let seen: Vec<[f64; 2]> = self.rigid.iter().map(|n| [all[*n][0], all[*n][1]]).collect();
        let norm: f64 = self.relief.iter().map(|z| z * z).sum();
        let along = |axis: usize| {
            self.relief.iter().zip(&seen).map(|(z, q)| z * q[axis]).sum::<f64>() / norm
        };
        let sines = turn.map(|degrees| f64::from(degrees.to_radians().sin()));
        Some(Turned {
            expected: [-sines[0], sines[1]],
            seen: [along(0), along(1)],
            homography: homography_residual(&self.places, &seen)?,
            solid: solid_residual(&self.places, &seen)?,
        })
    }
}

impl Parallax {
    /// Takes a frame of a turning head into account.
    pub(super) fn add(&mut self, shape: &Shape, face: &FaceView) {
        let pose = face.measures.pose;
        let turn = [pose.yaw - shape.yaw, pose.pitch - shape.pitch];
        let all = upright(&face.mesh, &face.measures);
        self.foreshortened += u32::from(shape.foreshortened(&all, turn));
        self.far += u32::from(turn[0].hypot(turn[1]) >= FAR);
        let Some(frame) = shape.turned(&all, turn) else { return };
        self.frames += 1;
        for (expected, seen) in frame.expected.iter().zip(frame.seen) {
            self.product += expected * seen;
            self.square += expected * expected;
            self.seen += seen * seen;
        }
        self.homography += frame.homography;
        self.solid += frame.solid;
    }

    /// Whether the face is foreshortened but not turned, like that of a flat picture.
    pub(super) fn shows_a_plane(&self) -> bool {
        self.foreshortened >= FORESHORTENED_FRAMES && self.foreshortened > self.far
    }

    /// What all frames together show.
    pub(super) fn evidence(&self) -> ParallaxEvidence {
        if self.frames == 0 || self.square <= 0.0 {
            return ParallaxEvidence::default();
        }
        let frames = f64::from(self.frames);
        let relief = self.product / self.square;
        let rest = (self.seen - relief * self.product).max(0.0);
        let freedom = (2.0 * frames - 1.0).max(1.0);
        ParallaxEvidence {
            frames: self.frames,
            relief: relief as f32,
            relief_error: (rest / freedom / self.square).sqrt() as f32,
            homography_residual: (self.homography / frames).sqrt() as f32,
            solid_residual: (self.solid / frames).sqrt() as f32,
        }
    }
}

/// Points of the eyelids' rims, which blinks move.
const LIDS: [usize; 24] = [
    7, 163, 144, 145, 153, 154, 173, 157, 158, 159, 160, 161, 249, 390, 373, 374, 380, 381, 398,
    384, 385, 386, 387, 388,
];

/// The mesh around its middle, level, in sizes of the face.
fn upright(mesh: &Mesh, measures: &Measures) -> Vec<[f64; 3]> {
    let (sin, cos) = f64::from(measures.pose.roll).to_radians().sin_cos();
    let size = f64::from(measures.size.max(1e-3));
    let [x0, y0] = measures.middle.map(f64::from);
    let place = |p: &crate::mesh::Point3| {
        let (x, y) = ((f64::from(p.x) - x0) / size, (f64::from(p.y) - y0) / size);
        [cos * x + sin * y, cos * y - sin * x, f64::from(p.z) / size]
    };
    mesh.points.iter().map(place).collect()
}

fn quadratic(x: f64, y: f64) -> [f64; 6] {
    [1.0, x, y, x * x, x * y, y * y]
}

fn dot<const N: usize>(a: &[f64; N], b: &[f64; N]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Mean square residual of the best solid seen by a distant camera: `q = A·(x, y, 1) + z·v`.
fn solid_residual(places: &[[f64; 3]], seen: &[[f64; 2]]) -> Option<f64> {
    let rows: Vec<[f64; 4]> = places.iter().map(|[x, y, z]| [1.0, *x, *y, *z]).collect();
    let mut sum = 0.0;
    for axis in 0..2 {
        let values: Vec<f64> = seen.iter().map(|q| q[axis]).collect();
        let fit = least_squares(&rows, &values)?;
        sum += rows.iter().zip(&values).map(|(row, q)| (q - dot(row, &fit)).powi(2)).sum::<f64>();
    }
    Some(sum / seen.len() as f64)
}

/// Mean square residual of the best homography. It is found from its linear form, `u·(g·x + h·y +
/// 1) = a·x + b·y + c`, whose weights are set to those of the plane in a second round.
fn homography_residual(places: &[[f64; 3]], seen: &[[f64; 2]]) -> Option<f64> {
    let mut weights = vec![1.0; places.len()];
    let mut fit = [0.0; 8];
    for _ in 0..2 {
        let mut rows = Vec::with_capacity(2 * places.len());
        let mut values = Vec::with_capacity(2 * places.len());
        for (([x, y, _], [u, v]), w) in places.iter().zip(seen).zip(&weights) {
            let row = |first: [f64; 6], q: f64| {
                let mut row = [0.0; 8];
                row[..6].copy_from_slice(&first);
                (row[6], row[7]) = (-q * x, -q * y);
                row.map(|value| value * w)
            };
            rows.push(row([*x, *y, 1.0, 0.0, 0.0, 0.0], *u));
            rows.push(row([0.0, 0.0, 0.0, *x, *y, 1.0], *v));
            values.extend([u * w, v * w]);
        }
        fit = least_squares(&rows, &values)?;
        for (weight, [x, y, _]) in weights.iter_mut().zip(places) {
            *weight = 1.0 / (fit[6] * x + fit[7] * y + 1.0).abs().max(0.1);
        }
    }
    let [a, b, c, d, e, f, g, h] = fit;
    let sum: f64 = places
        .iter()
        .zip(seen)
        .map(|([x, y, _], [u, v])| {
            let below = g * x + h * y + 1.0;
            let (p, q) = ((a * x + b * y + c) / below, (d * x + e * y + f) / below);
            (p - u).powi(2) + (q - v).powi(2)
        })
        .sum();
    (sum.is_finite()).then_some(sum / seen.len() as f64)
}
