//! A head made from one still photo: its mesh with depth, textured by the photo, turned in space.

use image::RgbImage;

use super::triangles::{Openings, Part, Triangle, Vertex, between, draw, gain};
use evenmatch::mesh::{Mesh, POINTS, Point3};

/// The rim of the face, clockwise from the forehead: `FACEMESH_FACE_OVAL` of MediaPipe's
/// `face_mesh_connections`.
const OVAL: [usize; 36] = [
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];
/// Rims of the eyes from corner to corner, upper and lower: `FACEMESH_RIGHT_EYE` and
/// `FACEMESH_LEFT_EYE` of the same.
const EYES: [([usize; 9], [usize; 7]); 2] = [
    ([33, 246, 161, 160, 159, 158, 157, 173, 133], [7, 163, 144, 145, 153, 154, 155]),
    ([263, 466, 388, 387, 386, 385, 384, 398, 362], [249, 390, 373, 374, 380, 381, 382]),
];
/// Points between eye and brow, where the lid's skin is when the eye is open.
const ABOVE_EYES: [usize; 6] = [27, 29, 28, 257, 259, 258];
/// The inner rim of the lips, upper and lower; the corners belong to the upper one.
const UPPER_LIP: [usize; 11] = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308];
const LOWER_LIP: [usize; 9] = [95, 88, 178, 87, 14, 317, 402, 318, 324];
/// The rest of the lower lip.
const LOWER_LIP_OUTSIDE: [usize; 18] =
    [146, 91, 181, 84, 17, 314, 405, 321, 375, 77, 90, 180, 85, 16, 315, 404, 320, 307];

/// Rings around the face that stand for hair, ears and neck: how far out, as a multiple of the
/// rim's distance from the middle; how much deeper than the rim, in inter-eye distances; and how
/// much of the head's motion they follow.
const RINGS: [(f32, f32, f32); 4] =
    [(1.16, 0.45, 1.0), (1.42, 1.0, 0.85), (1.85, 1.3, 0.3), (2.5, 1.5, 0.0)];
/// Rings follow less below the chin, where the neck is.
const NECK: f32 = 0.45;
/// Where the head turns, behind the middle of the face, and how far away the camera is; in
/// inter-eye distances (63 mm in adults, so the camera is 44 cm away).
const PIVOT: f32 = 1.1;
pub(super) const CAMERA: f32 = 7.0;

/// How a head is held at one moment, relative to the photo.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HeadState {
    /// Degrees; positive to the viewer's right, as in [`evenmatch::mesh::Pose`].
    pub yaw: f32,
    /// Degrees; positive upwards.
    pub pitch: f32,
    /// Degrees; positive clockwise as the viewer sees it.
    pub roll: f32,
    /// Inter-eye distances to the viewer's right.
    pub right: f32,
    /// Inter-eye distances downwards.
    pub down: f32,
    /// Inter-eye distances towards the camera, which is 7 away.
    pub nearer: f32,
    /// 0 as in the photo, 1 shut.
    pub eyes_shut: f32,
    /// Gap between the lips beyond that in the photo, in inter-eye distances.
    pub mouth_open: f32,
}

/// A head that can be turned, in front of its photo's background.
#[derive(Debug, Clone)]
pub(super) struct Head {
    still: RgbImage,
    points: Vec<Point3>,
    follows: Vec<f32>,
    normals: Vec<[f32; 3]>,
    triangles: Vec<Triangle>,
    eye_distance: f32,
    /// Middle of the face.
    middle: Point3,
    /// Colour of the lids.
    skin: [f32; 3],
    /// Direction from which the light falls, of length 1; z is negative towards the camera.
    light: [f32; 3],
}

impl Head {
    /// A head from a photo and the mesh on it; `None` if the mesh spans no face.
    pub(super) fn new(still: RgbImage, mesh: &Mesh, light: [f32; 3]) -> Option<Head> {
        let eye_distance = mesh.landmarks5().inter_eye_distance();
        if !(eye_distance.is_finite() && eye_distance > 4.0) {
            return None;
        }
        let mut points: Vec<Point3> = mesh.points.to_vec();
        let middle = middle_of(&points, &OVAL);
        let mut follows = vec![1.0; POINTS];
        for (factor, deeper, follow) in RINGS {
            for place in OVAL {
                let rim = mesh.points[place];
                let (dx, dy) = (rim.x - middle.x, rim.y - middle.y);
                points.push(Point3 {
                    x: middle.x + factor * dx,
                    y: middle.y + factor * dy,
                    z: rim.z + deeper * eye_distance,
                });
                let below = (dy / dx.hypot(dy).max(1e-3)).max(0.0);
                follows.push(follow * (1.0 - below * (1.0 - NECK) * f32::from(factor > 1.2)));
            }
        }
        let triangles = triangles(&points, eye_distance)?;
        let normals = normals(&points, &triangles);
        let mut skin = [0.0; 3];
        for place in ABOVE_EYES {
            let colour = between(&still, points[place].x, points[place].y);
            (0..3).for_each(|c| skin[c] += colour[c] / ABOVE_EYES.len() as f32);
        }
        Some(Head { still, points, follows, normals, triangles, eye_distance, middle, skin, light })
    }

    /// The image of the head held like this.
    pub(super) fn render(&self, state: &HeadState) -> RgbImage {
        let unit = self.eye_distance;
        let mut moved = self.points.clone();
        express(&mut moved, state, unit);
        let turn = Turn::of(state);
        let vertices: Vec<Vertex> = (0..moved.len())
            .map(|n| {
                let (rest, follow) = (self.points[n], self.follows[n]);
                let (seen, depth) = self.project(&turn, moved[n], state);
                let at = [
                    rest.x + follow * (seen[0] - rest.x),
                    rest.y + follow * (seen[1] - rest.y),
                    rest.z + follow * (depth - rest.z),
                ];
                let before = shade(self.normals[n], self.light);
                let after = shade(turn.apply(self.normals[n]), self.light);
                let gain = gain(1.0 + follow * (after / before - 1.0));
                Vertex { at, texture: [rest.x, rest.y], gain, lid: lid(n) }
            })
            .collect();
        let mut image = self.still.clone();
        let openings = Openings {
            mouth: (state.mouth_open / 0.12).clamp(0.0, 1.0),
            lids: state.eyes_shut.clamp(0.0, 1.0),
            skin: self.skin,
        };
        draw(&mut image, &self.still, &vertices, &self.triangles, &openings);
        image
    }

    /// Where a point moves to, and its depth. At rest every point stays where the photo has it.
    fn project(&self, turn: &Turn, point: Point3, state: &HeadState) -> ([f32; 2], f32) {
        let (unit, middle) = (self.eye_distance, self.middle);
        let camera = CAMERA * unit;
        let depth = point.z - middle.z;
        // The photo has perspective too: undo that first.
        let flatten = (camera + depth) / camera;
        let pivot = PIVOT * unit;
        let body = [(point.x - middle.x) * flatten, (point.y - middle.y) * flatten, depth - pivot];
        let [x, y, z] = turn.apply(body);
        let away = (camera + z + pivot - state.nearer * unit).max(0.2 * camera);
        let scale = camera / away;
        let seen = [
            middle.x + scale * (x + state.right * unit),
            middle.y + scale * (y + state.down * unit),
        ];
        (seen, middle.z + z + pivot)
    }
}

fn middle_of(points: &[Point3], places: &[usize]) -> Point3 {
    let n = places.len() as f32;
    let sum = places.iter().fold([0.0; 3], |sum: [f32; 3], &place| {
        let p = points[place];
        [sum[0] + p.x, sum[1] + p.y, sum[2] + p.z]
    });
    Point3 { x: sum[0] / n, y: sum[1] / n, z: sum[2] / n }
}

/// How far down a lid must be to cover a point of the eye's rim.
fn lid(point: usize) -> f32 {
    if EYES.iter().any(|(_, lower)| lower.contains(&point)) { 1.0 } else { 0.0 }
}

/// Moves lips and jaw.
fn express(points: &mut [Point3], state: &HeadState, unit: f32) {
    let open = state.mouth_open.max(0.0) * unit;
    if open > 0.0 {
        let mouth = middle_of(points, &UPPER_LIP);
        let chin = points[152];
        // Downwards in the face, which need not be upright.
        let (dx, dy) = (chin.x - mouth.x, chin.y - mouth.y);
        let length = dx.hypot(dy).max(1e-3);
        let (dx, dy) = (dx / length, dy / length);
        for (n, point) in points.iter_mut().enumerate() {
            let (x, y) = (point.x - mouth.x, point.y - mouth.y);
            let (below, beside) = (x * dx + y * dy, y * dx - x * dy);
            let lip = LOWER_LIP.contains(&n) || LOWER_LIP_OUTSIDE.contains(&n);
            let upper = UPPER_LIP.contains(&n);
            let share = if upper {
                0.0
            } else if lip {
                // The lower lip is a bow: its ends stay at the corners.
                1.0 - (beside / (0.45 * unit)).abs().min(1.0).powi(2)
            } else {
                let jaw = (below / (0.6 * length)).clamp(0.0, 1.0);
                let fade = 1.0 - ((below - length) / (1.2 * unit)).clamp(0.0, 1.0);
                jaw * fade * (-(beside / (1.1 * unit)).powi(2)).exp()
            };
            point.x += share * open * dx;
            point.y += share * open * dy;
        }
    }
}

/// The Delaunay triangles of the points in the plane, found with the mouth open, so that its inside
/// has its own triangles.
fn triangles(points: &[Point3], unit: f32) -> Option<Vec<Triangle>> {
    let mut open = points.to_vec();
    express(&mut open, &HeadState { mouth_open: 0.35, ..HeadState::default() }, unit);
    let places: Vec<delaunator::Point> =
        open.iter().map(|p| delaunator::Point { x: p.x.into(), y: p.y.into() }).collect();
    let found = delaunator::triangulate(&places);
    let (threes, _) = found.triangles.as_chunks::<3>();
    let lip = |n: &usize| UPPER_LIP.contains(n) || LOWER_LIP.contains(n);
    let within = |rim: &dyn Fn(&usize) -> bool, corners: &[usize; 3]| corners.iter().all(rim);
    let triangles: Vec<Triangle> = threes
        .iter()
        .map(|corners| {
            let mut eyes = EYES.iter();
            let part = if within(&lip, corners) {
                Part::Mouth
            } else if eyes.any(|(u, l)| within(&|n| u.contains(n) || l.contains(n), corners)) {
                Part::Eye
            } else {
                Part::Surface
            };
            Triangle { corners: *corners, part }
        })
        .collect();
    (!triangles.is_empty()).then_some(triangles)
}

/// Normals at the points, towards the camera, of length 1.
fn normals(points: &[Point3], triangles: &[Triangle]) -> Vec<[f32; 3]> {
    let mut normals = vec![[0.0_f32; 3]; points.len()];
    for triangle in triangles {
        let [a, b, c] = triangle.corners.map(|n| points[n]);
        let (u, v) = ([b.x - a.x, b.y - a.y, b.z - a.z], [c.x - a.x, c.y - a.y, c.z - a.z]);
        let mut normal =
            [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
        if normal[2] > 0.0 {
            normal = normal.map(|c| -c);
        }
        for corner in triangle.corners {
            (0..3).for_each(|axis| normals[corner][axis] += normal[axis]);
        }
    }
    normals.iter().map(|n| unit_vector(*n)).collect()
}

pub(super) fn unit_vector(v: [f32; 3]) -> [f32; 3] {
    let length = v.iter().map(|c| c * c).sum::<f32>().sqrt().max(1e-6);
    v.map(|c| c / length)
}

/// Lambert's law with a share of ambient light.
pub(super) fn shade(normal: [f32; 3], light: [f32; 3]) -> f32 {
    const AROUND: f32 = 0.45;
    let facing: f32 = normal.iter().zip(light).map(|(n, l)| n * l).sum();
    AROUND + (1.0 - AROUND) * facing.max(0.0)
}

/// Rotation by pitch about the horizontal axis, then yaw about the vertical one, then roll in the
/// plane of the image.
pub(super) struct Turn {
    pitch: (f32, f32),
    yaw: (f32, f32),
    roll: (f32, f32),
}

impl Turn {
    pub(super) fn of(state: &HeadState) -> Turn {
        let parts = |degrees: f32| degrees.to_radians().sin_cos();
        Turn { pitch: parts(-state.pitch), yaw: parts(state.yaw), roll: parts(state.roll) }
    }

    pub(super) fn apply(&self, [x, y, z]: [f32; 3]) -> [f32; 3] {
        let turn = |(sin, cos): (f32, f32), a: f32, b: f32| (cos * a - sin * b, sin * a + cos * b);
        // Looking up brings the chin (y > 0) to the camera (z < 0).
        let (y, z) = turn(self.pitch, y, z);
        // Looking to the viewer's right takes that side (x > 0) away from the camera.
        let (x, z) = turn(self.yaw, x, z);
        let (x, y) = turn(self.roll, x, y);
        [x, y, z]
    }
}
