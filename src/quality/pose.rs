//! Where the head points, from five landmarks under weak perspective.
//!
//! With the tilt of the line between the eyes removed, let the eyes be 1 apart, the mouth `h` below
//! the middle of the eyes, and the tip of the nose `t·h` below it and `p` in front of the plane of
//! eyes and mouth. Turned by a yaw ψ, the eyes appear `cos ψ` apart and the nose moves aside by
//! `p·sin ψ`; pitched by θ, the mouth appears `h·cos θ` below and the nose moves up by `p·sin θ`:
//!
//! ```text
//! tan ψ = (nose aside / eyes apart) / p        tan θ = (t − nose down / mouth down)·h / p
//! ```
//!
//! `h` and `t` are those of the canonical crop, `p` is ½, about three centimetres. People differ in
//! all three, and so do groups of people: the angles are rough, and the angle of a flatter nose is
//! underestimated.

use super::mapping::Measure;
use crate::align::CANONICAL;
use crate::geometry::{Landmarks5, Point};

/// How far the tip of the nose protrudes, in inter-eye distances.
const PROTRUSION: f32 = 0.5;

/// Turn of a head, each `raw` in degrees and `mapped` as `100·max(0, cos angle)²`, the mapping of
/// ISO/IEC 29794-5: 50 at 45 degrees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pose {
    /// To a side: positive towards the subject's left.
    pub(super) yaw: Option<Measure>,
    /// Up or down: positive with the chin raised. Estimated from the nose alone, this is the
    /// roughest.
    pub(super) pitch: Option<Measure>,
    /// Towards a shoulder: positive clockwise in the image. Alignment removes it.
    pub(super) roll: Option<Measure>,
}

/// Yaw, pitch and roll. They do not account for how noses differ, or for turns beyond profile.
pub(super) fn pose(landmarks: &Landmarks5) -> Pose {
    let [h, t] = canonical();
    let frame = Frame::of(landmarks);
    let yaw = (frame.nose_aside / frame.eyes_apart / PROTRUSION).atan();
    let pitch = ((t - frame.nose_down / frame.mouth_down) * h / PROTRUSION).atan();
    let [yaw, pitch, roll] = [yaw, pitch, frame.roll].map(|angle| {
        let cosine = angle.cos().max(0.0);
        Measure::of(angle.to_degrees(), cosine * cosine)
    });
    Pose { yaw, pitch, roll }
}

/// The face in its own axes: along the line between the eyes, and across it.
struct Frame {
    roll: f32,
    eyes_apart: f32,
    mouth_down: f32,
    nose_down: f32,
    nose_aside: f32,
}

impl Frame {
    fn of(landmarks: &Landmarks5) -> Self {
        let [right_eye, left_eye, nose, right_mouth, left_mouth] = *landmarks.points();
        let middle = |p: Point, q: Point| Point::new((p.x + q.x) / 2.0, (p.y + q.y) / 2.0);
        let (dx, dy) = (left_eye.x - right_eye.x, left_eye.y - right_eye.y);
        let roll = dy.atan2(dx);
        let (sine, cosine) = roll.sin_cos();
        let eyes = middle(right_eye, left_eye);
        let own = |p: Point| {
            let (x, y) = (p.x - eyes.x, p.y - eyes.y);
            (x * cosine + y * sine, y * cosine - x * sine)
        };
        let (mouth, nose) = (own(middle(right_mouth, left_mouth)), own(nose));
        // A mouth off to one side tilts the middle line, and the nose is measured from that line.
        let nose_aside = nose.0 - mouth.0 * nose.1 / mouth.1;
        Frame { roll, eyes_apart: dx.hypot(dy), mouth_down: mouth.1, nose_down: nose.1, nose_aside }
    }
}

/// `h` and `t` of the canonical crop.
fn canonical() -> [f32; 2] {
    let frame = Frame::of(&Landmarks5(CANONICAL));
    [frame.mouth_down / frame.eyes_apart, frame.nose_down / frame.mouth_down]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head in space, rotated and seen from afar: yaw about the vertical, then pitch, then roll.
    fn seen(yaw: f32, pitch: f32, roll: f32, scale: f32) -> Landmarks5 {
        let [yaw, pitch, roll] = [yaw, pitch, roll].map(f32::to_radians);
        let [h, t] = canonical();
        let head = [
            [-0.5, 0.0, 0.0],
            [0.5, 0.0, 0.0],
            [0.0, t * h, PROTRUSION],
            [-0.4, h, 0.0],
            [0.4, h, 0.0],
        ];
        Landmarks5(head.map(|[x, y, z]: [f32; 3]| {
            let (x, z) = (x * yaw.cos() + z * yaw.sin(), z * yaw.cos() - x * yaw.sin());
            let y = y * pitch.cos() - z * pitch.sin();
            let (x, y) = (x * roll.cos() - y * roll.sin(), x * roll.sin() + y * roll.cos());
            Point::new(500.0 + scale * x, 300.0 + scale * y)
        }))
    }

    fn angles(landmarks: &Landmarks5) -> [f32; 3] {
        let pose = pose(landmarks);
        [pose.yaw, pose.pitch, pose.roll].map(|measure| measure.unwrap().raw)
    }

    #[test]
    fn single_turns_are_found_again() {
        for angle in [-50.0, -20.0, 0.0, 10.0, 35.0] {
            let turns = [(angle, 0.0, 0.0), (0.0, angle, 0.0), (0.0, 0.0, angle)];
            for (axis, (yaw, pitch, roll)) in turns.into_iter().enumerate() {
                let found = angles(&seen(yaw, pitch, roll, 80.0));
                for (other, found) in found.into_iter().enumerate() {
                    let expected = if other == axis { angle } else { 0.0 };
                    assert!((found - expected).abs() < 0.2, "axis {axis}, {angle}: {found}");
                }
            }
        }
    }

    #[test]
    fn turns_together_are_found_roughly_at_any_size() {
        for scale in [10.0, 300.0] {
            let [yaw, pitch, roll] = angles(&seen(25.0, -15.0, 30.0, scale));
            assert!((yaw - 25.0).abs() < 5.0 && (pitch + 15.0).abs() < 9.0, "{yaw} {pitch}");
            assert!((roll - 30.0).abs() < 8.0, "{roll}");
        }
    }

    #[test]
    fn forty_five_degrees_are_worth_fifty() {
        let pose = pose(&seen(45.0, 0.0, 0.0, 80.0));
        assert_eq!((pose.yaw.unwrap().mapped, pose.pitch.unwrap().mapped), (50, 100));
        let point = Landmarks5([Point::new(3.0, 3.0); 5]);
        assert!(super::pose(&point).yaw.is_none());
    }
}
