//! Recordings that are cut together to answer a challenge, and what an attacker does to hide the cuts.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;
use image::RgbImage;

use super::camera::Camera;
use super::head::HeadState;
use super::script::Script;
use crate::degrade::unit;
use evenmatch::pad::{Challenge, Step, TimedStep};

/// A stretch of a take.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    /// The time in the session at which it starts, in seconds.
    pub(super) from: f32,
    /// The difference from the session's time to the recording's.
    pub(super) shift: f32,
    pub(super) script: Script,
    pub(super) camera: Camera,
}

/// A separate take for every step, cut in in the middle of the pause before it.
pub(super) fn separate_takes(
    challenge: &Challenge,
    light: f64,
    seed: &impl Fn(u64) -> u64,
) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut end = 0.0;
    for (n, asked) in (10..).zip(challenge.steps()) {
        let begin = asked.from_ms as f32 / 1000.0;
        let from = if segments.is_empty() { 0.0 } else { (end + begin) / 2.0 };
        let script = Script::of_steps(&[*asked], challenge.duration_ms(), seed(n));
        segments.push(Segment {
            from,
            shift: 0.0,
            script,
            camera: Camera::new(light, seed(20 + n)),
        });
        end = asked.until_ms as f32 / 1000.0;
    }
    segments
}

/// One take of the steps in another order and at other times, by a camera on a stand, cut in the pauses
/// and put in order: in the middle of each pause, or where the head is `matched` best.
pub(super) fn one_take(
    challenge: &Challenge,
    light: f64,
    seed: &impl Fn(u64) -> u64,
    matched: bool,
) -> Vec<Segment> {
    // The recording shows the steps in reverse order, five seconds each.
    let steps = challenge.steps();
    let (slot_ms, n) = (5000, steps.len() as u32);
    let recorded: Vec<TimedStep> = (0..n)
        .map(|k| {
            let from_ms = 1500 + slot_ms * k;
            TimedStep { step: steps[(n - 1 - k) as usize].step, from_ms, until_ms: from_ms + 3000 }
        })
        .collect();
    let script = Script::of_steps(&recorded, 1500 + slot_ms * n, seed(1));
    let camera = Camera::on_a_stand(light, seed(2));
    let shift = |k: usize| {
        let asked = steps[k].from_ms as f32 / 1000.0;
        recorded[steps.len() - 1 - k].from_ms as f32 / 1000.0 - asked
    };
    (0..steps.len())
        .map(|k| {
            let asked = steps[k].from_ms as f32 / 1000.0;
            let end = if k == 0 { 0.0 } else { steps[k - 1].until_ms as f32 / 1000.0 };
            let mut from = if k == 0 { 0.0 } else { (end + asked) / 2.0 };
            if matched && k > 0 {
                let gap = |at: &f32| gap(&script, at + shift(k - 1), &script, at + shift(k));
                let times = grid(end, asked).into_iter();
                from = times.min_by(|a, b| gap(a).total_cmp(&gap(b))).unwrap_or(from);
            }
            Segment { from, shift: shift(k), script: script.clone(), camera: camera.clone() }
        })
        .collect()
}

/// Takes that a patient attacker makes of each pair of steps, to choose the one that fits best.
pub(super) const TRIES: u64 = 40;
/// An attacker may show a take this much later or earlier, in seconds: more would be too early, or
/// too late, for what is asked.
const MOST_SHIFT: f32 = 0.1;
/// A movement is in its middle from this many degrees, or this share of a gesture of the face, on.
const MIDDLE: (f32, f32) = (5.0, 0.3);

/// Takes of two steps in a row, each by the same camera on a stand. One is cut to the next in the
/// middle of the movement that both show, where the best of so many takes fits best.
pub(super) fn pairs(
    challenge: &Challenge,
    light: f64,
    seed: &impl Fn(u64) -> u64,
    tries: u64,
) -> Vec<Segment> {
    let steps = challenge.steps();
    let camera = Camera::on_a_stand(light, seed(2));
    let take =
        |pair: &[TimedStep], n: u64| Script::of_steps(pair, challenge.duration_ms(), seed(n));
    let first = take(&steps[..steps.len().min(2)], 30);
    let segment = |from: f32, shift: f32, script: Script| Segment {
        from,
        shift,
        script,
        camera: camera.clone(),
    };
    let mut segments = vec![segment(0.0, 0.0, first)];
    for k in 1..steps.len().saturating_sub(1) {
        let before = segments[k - 1].clone();
        let during = |at: &f32| is_in_the_middle(steps[k].step, &before.script, at + before.shift);
        let times: Vec<f32> =
            grid(steps[k].from_ms as f32 / 1000.0, steps[k].until_ms as f32 / 1000.0)
                .into_iter()
                .filter(during)
                .collect();
        let mut best: Option<(f32, Segment)> = None;
        for n in 0..tries {
            let script = take(&steps[k..k + 2], 100 * (k as u64 + 1) + n);
            for from in &times {
                for shift in grid(-MOST_SHIFT, MOST_SHIFT) {
                    let gap = gap(&before.script, from + before.shift, &script, from + shift);
                    if best.as_ref().is_none_or(|(least, _)| gap < *least) {
                        best = Some((gap, segment(*from, shift, script.clone())));
                    }
                }
            }
        }
        segments.extend(best.map(|(_, segment)| segment));
    }
    segments
}

/// Times every fiftieth of a second.
fn grid(from: f32, until: f32) -> Vec<f32> {
    let many = ((until - from) * 50.0).max(0.0) as u32;
    (0..=many).map(|n| from + n as f32 / 50.0).collect()
}

fn is_in_the_middle(step: Step, script: &Script, seconds: f32) -> bool {
    let state = script.at(seconds);
    match step {
        Step::TurnLeft | Step::TurnRight => state.yaw.abs() > MIDDLE.0,
        Step::LookUp | Step::LookDown => state.pitch.abs() > MIDDLE.0,
        Step::ComeCloser => state.nearer > MIDDLE.1,
        Step::Blink => state.eyes_shut > MIDDLE.1,
        Step::OpenMouth => state.mouth_open > MIDDLE.1 / 2.0,
    }
}

/// How far apart two heads are, before and after a cut, so that both place and speed count: about
/// the mean square of pixels in a frame of this module's size.
fn gap(one: &Script, at: f32, other: &Script, there: f32) -> f32 {
    let apart = |one: HeadState, other: HeadState| {
        let parts = [
            1.2 * (one.yaw - other.yaw),
            1.2 * (one.pitch - other.pitch),
            0.7 * (one.roll - other.roll),
            60.0 * (one.right - other.right),
            60.0 * (one.down - other.down),
            10.0 * (one.nearer - other.nearer),
            10.0 * (one.eyes_shut - other.eyes_shut),
            20.0 * (one.mouth_open - other.mouth_open),
        ];
        parts.iter().map(|part| part * part).sum::<f32>()
    };
    [-0.1, 0.0, 0.1].map(|d| apart(one.at(at + d), other.at(there + d))).iter().sum()
}

/// The whole picture jumps to and fro every few frames, and what it shows is late every few frames, as
/// from a bad camera or a bad connection.
#[derive(Debug, Clone)]
pub(super) struct Stutter {
    /// The times of the jumps, in seconds; none at a cut, which would make that one larger.
    jumps: Vec<f32>,
    /// How far they go, in pixels.
    by: [i64; 2],
    /// Seconds from a frame to the next.
    frame: f32,
}

/// How far the picture jumps, in pixels of frames that are 640 wide. Jumps of up to 10 were tried too:
/// the larger they are, the more of them are far beyond their limit.
const JUMPS: (f64, f64) = (1.0, 3.0);

impl Stutter {
    /// A stutter of a size that this seed draws.
    pub(super) fn new(segments: &[Segment], fps: f32, seed: u64) -> Stutter {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let by = JUMPS.0 + (JUMPS.1 - JUMPS.0) * unit(&mut random);
        let way = std::f64::consts::TAU * unit(&mut random);
        let by = [way.cos(), way.sin()].map(|part| (by * part).round() as i64);
        let (mut jumps, mut at) = (Vec::new(), 0.0_f32);
        while at < 60.0 {
            at += (3.0 + (2.0 * unit(&mut random) as f32).floor()) / fps;
            let near = |segment: &Segment| (segment.from - at).abs() < 1.5 / fps;
            if !segments.iter().any(near) {
                jumps.push(at);
            }
        }
        Stutter { jumps, by, frame: 1.0 / fps }
    }

    fn before(&self, seconds: f32) -> usize {
        self.jumps.iter().take_while(|at| **at <= seconds).count()
    }

    /// How late the picture is at a time: by half a frame until the next jump but one.
    pub(super) fn late(&self, seconds: f32) -> f32 {
        if self.before(seconds).is_multiple_of(2) { 0.0 } else { 0.5 * self.frame }
    }

    /// The picture where it has jumped to.
    pub(super) fn moved(&self, image: &RgbImage, seconds: f32) -> RgbImage {
        if self.before(seconds).is_multiple_of(2) {
            return image.clone();
        }
        let inside =
            |at: u32, by: i64, side: u32| (i64::from(at) - by).clamp(0, i64::from(side) - 1) as u32;
        let (width, height) = image.dimensions();
        RgbImage::from_fn(width, height, |x, y| {
            *image.get_pixel(inside(x, self.by[0], width), inside(y, self.by[1], height))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(n: u8) -> Challenge {
        Challenge::from_seed([n; 32], 3, 0).unwrap()
    }

    #[test]
    fn a_cut_in_a_movement_is_where_the_heads_are_alike() {
        for n in 0..20 {
            let challenge = challenge(n);
            let seed = |what: u64| 1000 * u64::from(n) + what;
            let segments = pairs(&challenge, 1.0, &seed, TRIES);
            assert_eq!(segments.len(), 2);
            let [one, other] = [&segments[0], &segments[1]];
            let asked = challenge.steps()[1];
            let at = other.from;
            assert!((asked.from_ms as f32..asked.until_ms as f32).contains(&(1000.0 * at)));
            assert!(is_in_the_middle(asked.step, &one.script, at), "{n}");
            // Three states are compared, so this is less than two pixels in each.
            let gap = gap(&one.script, at, &other.script, at + other.shift);
            assert!(gap < 12.0, "{n}: {gap}");
        }
    }

    #[test]
    fn a_stutter_leaves_cuts_alone() {
        let challenge = challenge(1);
        let segments = one_take(&challenge, 1.0, &|what| what, true);
        let stutter = Stutter::new(&segments, 10.0, 1);
        assert!(stutter.jumps.len() > 100);
        for segment in &segments {
            assert!(stutter.jumps.iter().all(|at| (at - segment.from).abs() >= 0.15));
        }
        let image = RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8, y as u8, 0]));
        let (before, after) = (stutter.jumps[0] - 0.05, stutter.jumps[0] + 0.05);
        assert_eq!(stutter.moved(&image, before), image);
        assert_ne!(stutter.moved(&image, after), image);
    }
}
