//! The points of a mesh, and the landmarks and pose that follow from them.

use crate::geometry::{Landmarks5, Point};

/// Points of a mesh.
pub const POINTS: usize = 468;

/// A point of a mesh. `x` and `y` are pixels of the image; `z` has the same scale, grows away from
/// the camera, and is 0 near the middle of the head.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point3 {
    /// Distance from the left edge.
    pub x: f32,
    /// Distance from the upper edge.
    pub y: f32,
    /// Depth.
    pub z: f32,
}

/// Which way a head is turned, in degrees; all are 0 if it faces the camera upright.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    /// Positive where the subject looks to the viewer's right, which is the subject's left.
    pub yaw: f32,
    /// Positive where the subject looks up.
    pub pitch: f32,
    /// Positive where the head is tilted clockwise as the viewer sees it.
    pub roll: f32,
}

/// A mesh over one face.
#[derive(Debug, Clone, PartialEq)]
pub struct Mesh {
    /// The points, numbered as in MediaPipe's canonical face model.
    pub points: [Point3; POINTS],
    /// How sure the network is that there is a face, 0 to 1; MediaPipe requires 0.5.
    pub presence: f32,
}

/// Rims of the eyelids: `FACEMESH_RIGHT_EYE` and `FACEMESH_LEFT_EYE` of MediaPipe's
/// `face_mesh_connections`. The subject's right is on the viewer's left.
const RIGHT_EYE: [usize; 16] =
    [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246];
const LEFT_EYE: [usize; 16] =
    [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466];
/// Tip of the nose, and corners of the mouth (the ends of `FACEMESH_LIPS`).
const NOSE_TIP: usize = 1;
const RIGHT_MOUTH: usize = 61;
const LEFT_MOUTH: usize = 291;

/// Pairs of points, on the subject's right and left, that expressions hardly move: outer and inner
/// corners of the eyes, temples, cheekbones in front of the ears.
const ACROSS: [(usize, usize); 4] = [(33, 263), (133, 362), (127, 356), (234, 454)];
/// Pairs, above and below: the middle of the face, and its two sides, from temple to jaw.
const DOWN: [(usize, usize); 3] = [(10, 152), (127, 58), (356, 288)];
/// The pitch that those pairs give for a level face, in degrees: the median of 400 LFW photos.
const LEVEL: f32 = -2.9;

impl Mesh {
    /// Eyes, nose and corners of the mouth in the detector's order: each eye is the mean of the 16
    /// points of its rim.
    pub fn landmarks5(&self) -> Landmarks5 {
        let mean = |rim: &[usize; 16]| {
            let sum = rim
                .iter()
                .fold((0.0, 0.0), |(x, y), &n| (x + self.points[n].x, y + self.points[n].y));
            Point::new(sum.0 / 16.0, sum.1 / 16.0)
        };
        let one = |n: usize| Point::new(self.points[n].x, self.points[n].y);
        Landmarks5([
            mean(&RIGHT_EYE),
            mean(&LEFT_EYE),
            one(NOSE_TIP),
            one(RIGHT_MOUTH),
            one(LEFT_MOUTH),
        ])
    }

    /// Which way the head is turned.
    ///
    /// With `r`, the direction from the subject's right to the left, and `d`, downwards, made
    /// perpendicular to it: roll = atan2(r_y, r_x), yaw = asin(r_z), and with the direction `f = r
    /// × d` in which the back of the head lies, pitch = atan2(−d_z, f_z), minus that of a level
    /// face. This is the rotation about the vertical, then the horizontal axis of the face, then in
    /// the plane of the image.
    pub fn pose(&self) -> Pose {
        let sum = |pairs: &[(usize, usize)]| {
            pairs.iter().fold([0.0_f32; 3], |sum, &(from, to)| {
                let (a, b) = (self.points[from], self.points[to]);
                [sum[0] + b.x - a.x, sum[1] + b.y - a.y, sum[2] + b.z - a.z]
            })
        };
        let right = unit(sum(&ACROSS));
        let down = sum(&DOWN);
        let along = dot(down, right);
        let down = unit(std::array::from_fn(|c| down[c] - along * right[c]));
        let back = right[0] * down[1] - right[1] * down[0];
        Pose {
            yaw: right[2].clamp(-1.0, 1.0).asin().to_degrees(),
            pitch: (-down[2]).atan2(back).to_degrees() - LEVEL,
            roll: right[1].atan2(right[0]).to_degrees(),
        }
    }
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn unit(v: [f32; 3]) -> [f32; 3] {
    let length = dot(v, v).sqrt().max(f32::MIN_POSITIVE);
    v.map(|c| c / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head's points, turned: yaw about the vertical axis after pitch about the horizontal one,
    /// then roll in the image. Turning by hand, in the sense that [`Pose`] states.
    fn head(yaw: f32, pitch: f32, roll: f32) -> Mesh {
        let mut points = [[0.0_f32; 3]; POINTS];
        let mut set = |n: usize, x: f32, y: f32| points[n] = [x, y, 0.0];
        for (n, &(right, left)) in ACROSS.iter().enumerate() {
            set(right, -30.0 - n as f32, -10.0);
            set(left, 30.0 + n as f32, -10.0);
        }
        set(10, 0.0, -60.0);
        set(152, 0.0, 60.0);
        set(58, -33.0, 40.0);
        set(288, 33.0, 40.0);
        let turn = |a: &mut f32, b: &mut f32, degrees: f32| {
            let (sin, cos) = degrees.to_radians().sin_cos();
            (*a, *b) = (cos * *a - sin * *b, sin * *a + cos * *b);
        };
        let points = points.map(|[mut x, mut y, mut z]| {
            // Looking up brings the chin (y > 0) to the camera (z < 0).
            turn(&mut y, &mut z, -(pitch + LEVEL));
            // Looking to the viewer's right takes that side (x > 0) away from the camera.
            turn(&mut x, &mut z, yaw);
            turn(&mut x, &mut y, roll);
            Point3 { x: 500.0 + 3.0 * x, y: 400.0 + 3.0 * y, z: 3.0 * z }
        });
        Mesh { points, presence: 1.0 }
    }

    #[test]
    fn the_pose_is_the_one_that_the_head_was_turned_to() {
        for (yaw, pitch, roll) in
            [(0.0, 0.0, 0.0), (30.0, 0.0, 0.0), (0.0, 20.0, 0.0), (-40.0, -15.0, 25.0)]
        {
            let pose = head(yaw, pitch, roll).pose();
            for (found, due) in [(pose.yaw, yaw), (pose.pitch, pitch), (pose.roll, roll)] {
                assert!((found - due).abs() < 0.01, "{pose:?} for {yaw} {pitch} {roll}");
            }
        }
    }

    #[test]
    fn points_that_coincide_have_a_pose_of_numbers() {
        let nothing = Mesh { points: [Point3 { x: 1.0, y: 1.0, z: 0.0 }; POINTS], presence: 0.0 };
        let pose = nothing.pose();
        assert!([pose.yaw, pose.pitch, pose.roll].iter().all(|angle| angle.is_finite()));
        assert_eq!(nothing.landmarks5().inter_eye_distance(), 0.0);
    }
}
