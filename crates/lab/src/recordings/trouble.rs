//! What cameras, browsers and hands do to a recording by themselves.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;
use image::RgbImage;

use super::Frame;
use super::pictures::{crowded, lit, moved, rolling};
use crate::degrade::{jpeg_of, unit};
use crate::{Digest, Result};

/// One thing that goes wrong without anybody's intent. The same seed gives the same frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trouble {
    /// Nothing.
    None,
    /// One frame of six is lost, and now and then four in a row.
    Dropped,
    /// One picture of five comes again in place of the next.
    Repeated,
    /// Every picture comes twice, as where a screen is faster than its camera.
    Doubled,
    /// For a second in the middle, the picture stands still.
    Frozen,
    /// One frame of three has the time of the one before.
    EqualTimes,
    /// Times are in steps of 100 ms.
    CoarseTimes,
    /// Times are up to 25 ms too early or late, and now and then in the wrong order.
    UnsteadyTimes,
    /// In the second half there are five frames a second.
    Slow,
    /// Exposure changes at once, by up to a factor of two, every second or two.
    ExposureSteps,
    /// White balance does.
    WhiteBalanceSteps,
    /// Lamps on mains current, and a noisy sensor.
    RollingNoise,
    /// A dark room: 1/6 of the light, and a noisy sensor.
    Dim,
    /// Compressed strongly, each frame by itself.
    Recompressed,
    /// People and leaves behind the person.
    MovingBackground,
    /// A telephone in a hand.
    HandHeld,
    /// A telephone in the hand of somebody who walks, with jerks.
    Walking,
    /// The telephone is on its side.
    QuarterTurn,
    /// The telephone is turned on its side in the middle.
    TurnsOver,
}

impl Trouble {
    /// All kinds.
    pub const ALL: [Trouble; 19] = [
        Trouble::None,
        Trouble::Dropped,
        Trouble::Repeated,
        Trouble::Doubled,
        Trouble::Frozen,
        Trouble::EqualTimes,
        Trouble::CoarseTimes,
        Trouble::UnsteadyTimes,
        Trouble::Slow,
        Trouble::ExposureSteps,
        Trouble::WhiteBalanceSteps,
        Trouble::RollingNoise,
        Trouble::Dim,
        Trouble::Recompressed,
        Trouble::MovingBackground,
        Trouble::HandHeld,
        Trouble::Walking,
        Trouble::QuarterTurn,
        Trouble::TurnsOver,
    ];

    /// The frames with this trouble.
    ///
    /// # Errors
    ///
    /// A frame is too large to be compressed.
    pub fn befalls(self, frames: &[Frame], seed: u64) -> Result<Vec<Frame>> {
        let seed = [seed.to_le_bytes(), (self as u64).to_le_bytes()].concat();
        let mut random = ChaCha8Rng::from_seed(*Digest::of(&seed).as_bytes());
        let end = frames.last().map_or(0, |(_, ms)| *ms);
        Ok(match self {
            Trouble::None => frames.to_vec(),
            Trouble::Dropped => dropped(frames, &mut random),
            Trouble::Repeated => repeated(frames, &mut random),
            Trouble::Doubled => doubled(frames),
            Trouble::Frozen => frozen(frames, end / 2),
            Trouble::EqualTimes => {
                timed(frames, |_, before| before.filter(|_| unit(&mut random) < 1.0 / 3.0))
            }
            Trouble::CoarseTimes => timed(frames, |ms, _| Some(ms / 100 * 100)),
            Trouble::UnsteadyTimes => timed(frames, |ms, _| {
                let late = if unit(&mut random) < 0.02 { 120.0 } else { 50.0 };
                Some((ms + 25).saturating_sub((late * unit(&mut random)) as u64))
            }),
            Trouble::Slow => {
                let mut last = 0;
                let keep = |ms: u64| {
                    let keep = ms < end / 2 || ms >= last + 200;
                    last = if keep { ms } else { last };
                    keep
                };
                let mut keep = keep;
                frames.iter().filter(|(_, ms)| keep(*ms)).cloned().collect()
            }
            Trouble::ExposureSteps => {
                stepped(frames, &mut random, |random| [(2.0_f64).powf(2.0 * unit(random) - 1.0); 3])
            }
            Trouble::WhiteBalanceSteps => stepped(frames, &mut random, |random| {
                let warm = (1.25_f64).powf(2.0 * unit(random) - 1.0);
                [warm, 1.0, 1.0 / warm]
            }),
            Trouble::RollingNoise => pictures(frames, |image, ms| {
                Ok(rolling(image, ms as f64 / 370.0, 8.0, &mut random))
            })?,
            Trouble::Dim => pictures(frames, |image, ms| {
                Ok(rolling(&lit(image, [1.0 / 6.0; 3]), ms as f64 / 900.0, 5.0, &mut random))
            })?,
            Trouble::Recompressed => pictures(frames, |image, _| jpeg_of(image, 22.0))?,
            Trouble::MovingBackground => {
                let seed = (1e9 * unit(&mut random)) as u64;
                pictures(frames, |image, ms| Ok(crowded(image, ms as f64 / 1000.0, seed)))?
            }
            Trouble::HandHeld => held(frames, 0.006, 0.0, &mut random)?,
            Trouble::Walking => held(frames, 0.015, 0.03, &mut random)?,
            Trouble::QuarterTurn => {
                pictures(frames, |image, _| Ok(image::imageops::rotate90(image)))?
            }
            Trouble::TurnsOver => pictures(frames, |image, ms| {
                let over = ms > end / 2;
                Ok(if over { image::imageops::rotate270(image) } else { image.clone() })
            })?,
        })
    }
}

fn pictures(
    frames: &[Frame],
    mut make: impl FnMut(&RgbImage, u64) -> Result<RgbImage>,
) -> Result<Vec<Frame>> {
    frames.iter().map(|(image, ms)| Ok((make(image, *ms)?, *ms))).collect()
}

/// The same pictures at other times: `at` gets the true time and the last one given, and `None`
/// leaves it true.
fn timed(frames: &[Frame], mut at: impl FnMut(u64, Option<u64>) -> Option<u64>) -> Vec<Frame> {
    let mut before = None;
    let timed = frames.iter().map(|(image, ms)| {
        let given = at(*ms, before).unwrap_or(*ms);
        before = Some(given);
        (image.clone(), given)
    });
    timed.collect()
}

fn dropped(frames: &[Frame], random: &mut ChaCha8Rng) -> Vec<Frame> {
    let mut burst = 0;
    let kept = frames.iter().enumerate().filter(|(n, _)| {
        if unit(random) < 0.015 {
            burst = 4;
        }
        let lost = burst > 0 || unit(random) < 1.0 / 6.0;
        burst = u32::saturating_sub(burst, 1);
        *n == 0 || !lost
    });
    kept.map(|(_, frame)| frame.clone()).collect()
}

fn repeated(frames: &[Frame], random: &mut ChaCha8Rng) -> Vec<Frame> {
    let mut shown = 0;
    let mut seen = Vec::with_capacity(frames.len());
    for (n, (_, ms)) in frames.iter().enumerate() {
        if unit(random) >= 0.2 {
            shown = n;
        }
        seen.push((frames[shown].0.clone(), *ms));
    }
    seen
}

fn doubled(frames: &[Frame]) -> Vec<Frame> {
    let twice = frames.iter().enumerate().flat_map(|(n, (image, ms))| {
        let next = frames.get(n + 1).map_or(*ms + 66, |(_, next)| *next);
        [(image.clone(), *ms), (image.clone(), (ms + next) / 2)]
    });
    twice.collect()
}

fn frozen(frames: &[Frame], from: u64) -> Vec<Frame> {
    let still = frames.iter().position(|(_, ms)| *ms >= from).unwrap_or(0);
    let seen = frames.iter().map(|(image, ms)| {
        let frozen = (from..from + 1000).contains(ms);
        (if frozen { &frames[still].0 } else { image }.clone(), *ms)
    });
    seen.collect()
}

/// Light that changes from one frame to the next every second or two.
fn stepped(
    frames: &[Frame],
    random: &mut ChaCha8Rng,
    draw: impl Fn(&mut ChaCha8Rng) -> [f64; 3],
) -> Vec<Frame> {
    let (mut gains, mut until) = ([1.0; 3], 700);
    let seen = frames.iter().map(|(image, ms)| {
        if *ms >= until {
            gains = draw(random);
            until = ms + 800 + (1400.0 * unit(random)) as u64;
        }
        (lit(image, gains), *ms)
    });
    seen.collect()
}

/// A hand that sways by this share of the width, and jerks by that much now and then.
fn held(frames: &[Frame], sway: f64, jerk: f64, random: &mut ChaCha8Rng) -> Result<Vec<Frame>> {
    let phases: [f64; 6] = std::array::from_fn(|_| std::f64::consts::TAU * unit(random));
    let (mut kick, mut last) = ([0.0; 2], 0);
    pictures(frames, |image, ms| {
        let seconds = ms as f64 / 1000.0;
        let wave =
            |n: usize, hertz: f64| (std::f64::consts::TAU * hertz * seconds + phases[n]).sin();
        // A jerk dies away within a fifth of a second.
        let away = (-((ms - last) as f64) / 80.0).exp();
        last = ms;
        kick = kick.map(|kick: f64| kick * away);
        if jerk > 0.0 && unit(random) < 0.06 {
            kick = [jerk * (2.0 * unit(random) - 1.0), jerk * (2.0 * unit(random) - 1.0)];
        }
        let right = sway * (wave(0, 0.7) + 0.4 * wave(1, 2.3)) + kick[0];
        let down = sway * (wave(2, 0.9) + 0.5 * wave(3, 1.9)) + kick[1];
        Ok(moved(image, [right, down], 80.0 * sway * wave(4, 0.6), 1.06))
    })
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn frames() -> Vec<Frame> {
        let picture = |n: u32| {
            RgbImage::from_fn(96, 64, |x, y| Rgb([(x * 2) as u8, (y * 3) as u8, (n * 4) as u8]))
        };
        (0..45).map(|n| (picture(n), u64::from(n) * 67)).collect()
    }

    #[test]
    fn every_trouble_is_the_same_by_seed_and_changes_something() {
        let frames = frames();
        for trouble in Trouble::ALL {
            let one = trouble.befalls(&frames, 1).unwrap();
            assert_eq!(one, trouble.befalls(&frames, 1).unwrap(), "{trouble:?}");
            assert_eq!(one == frames, trouble == Trouble::None, "{trouble:?}");
        }
    }

    #[test]
    fn times_and_pictures_are_troubled_as_the_names_say() {
        let frames = frames();
        let of = |trouble: Trouble| trouble.befalls(&frames, 3).unwrap();
        assert!((20..43).contains(&of(Trouble::Dropped).len()));
        let coarse = of(Trouble::CoarseTimes);
        assert!(coarse.iter().all(|(_, ms)| ms % 100 == 0));
        assert!(coarse.windows(2).any(|two| two[0].1 == two[1].1));
        let again = |of: &[Frame]| of.windows(2).filter(|two| two[0].0 == two[1].0).count();
        assert!(again(&of(Trouble::Repeated)) >= 3);
        assert_eq!(again(&of(Trouble::Doubled)), 45);
        assert!((13..=15).contains(&again(&of(Trouble::Frozen))));
        let equal = of(Trouble::EqualTimes);
        assert!(equal.windows(2).filter(|two| two[0].1 == two[1].1).count() >= 8);
        assert_eq!(of(Trouble::QuarterTurn)[0].0.dimensions(), (64, 96));
        let turned = of(Trouble::TurnsOver);
        assert_ne!(turned[0].0.dimensions(), turned[44].0.dimensions());
    }
}
