//! Challenges that ask, after the fact, for what a recording shows.

use evenmatch::pad::{BASELINE_MS, Challenge, Measures, Seen, Step, movement};

/// A movement has begun from this share of what a step needs, and is over below it, or below the
/// next share of the furthest that it reached.
const BEGUN: f32 = 0.4;
const BACK: f32 = 0.4;
/// A head is still below this share.
const STILL: f32 = 1.2;
/// A person is asked this long before they move, and has this long after they are back, in
/// milliseconds.
const REACTION_MS: u64 = 300;
const AFTER_MS: u64 = 250;
/// Eyes that were shut on purpose stay shut this long; see `Step::Blink`.
const SHUT_MS: u64 = 260;
/// The nonce of every fitted challenge: no desk gives it out, so none can be answered with it.
const NONCE: &str = "00000000000000000000000000f177ed";

/// A movement that a recording shows, out and back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Movement {
    /// The step that asks for it.
    pub step: Step,
    /// When it begins, in milliseconds since the first frame.
    pub from_ms: u64,
    /// When it is over.
    pub until_ms: u64,
    /// How far it went, as a share of what the step needs.
    pub furthest: f32,
}

/// A challenge whose steps and times were chosen after the fact.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The challenge; its nonce marks it as fitted.
    pub challenge: Challenge,
    /// What it asks for.
    pub movements: Vec<Movement>,
}

/// Every movement that a recording shows in full, in order.
pub fn movements(seen: &[Seen]) -> Vec<Movement> {
    let mut all: Vec<Movement> = Step::ALL.iter().flat_map(|step| of_step(*step, seen)).collect();
    all.sort_by_key(|movement| (movement.from_ms, movement.until_ms));
    all
}

fn of_step(step: Step, seen: &[Seen]) -> Vec<Movement> {
    let mut found = Vec::new();
    let mut begun: Option<(Movement, u64)> = None;
    let mut before = 0.0_f32;
    for one in seen {
        let Some(share) = one.moved(step) else { continue };
        let now_ms = one.at().as_millis() as u64;
        match &mut begun {
            None if share.min(before) >= BEGUN => {
                let from_ms = now_ms.saturating_sub(100);
                begun = Some((Movement { step, from_ms, until_ms: now_ms, furthest: share }, 0));
            }
            None => {}
            Some((movement, there_ms)) => {
                movement.furthest = movement.furthest.max(share.min(before));
                if share.min(before) >= 1.0 {
                    *there_ms += now_ms - movement.until_ms;
                }
                movement.until_ms = now_ms;
                if share < BEGUN.min(BACK * movement.furthest.max(1.0)) {
                    let (movement, there_ms) = (*movement, *there_ms);
                    let long = step != Step::Blink || there_ms >= SHUT_MS;
                    if movement.furthest >= 1.0 && long {
                        found.push(movement);
                    }
                    begun = None;
                }
            }
        }
        before = share;
    }
    found
}

/// A head that stays within these of its pose (degrees) and its size (share) looks calm.
const CALM: (f32, f32) = (8.0, 0.1);
/// What follows a calm look counts if it comes within this many milliseconds.
const SOON_MS: u64 = 6000;
/// Most calm looks that are tried of one recording.
const MOST_STARTS: usize = 4;

/// When a session might begin, in milliseconds: where the head is calm for as long as a session begins
/// with and then moves as a step would ask. From a recording's poses, and of those times a few that lie
/// apart.
pub fn calm_starts(poses: &[(u64, Measures)]) -> Vec<u64> {
    let mut found: Vec<u64> = Vec::new();
    for (n, (from, first)) in poses.iter().enumerate() {
        let look = |ms: u64| (*from..from + u64::from(BASELINE_MS)).contains(&ms);
        let near = |one: &Measures| {
            (one.pose.yaw - first.pose.yaw).abs() < CALM.0
                && (one.pose.pitch - first.pose.pitch).abs() < CALM.0
                && (one.size / first.size - 1.0).abs() < CALM.1
        };
        let during: Vec<&Measures> =
            poses[n..].iter().take_while(|(ms, _)| look(*ms)).map(|(_, one)| one).collect();
        let soon = |ms: u64| ms < from + u64::from(BASELINE_MS) + SOON_MS;
        let moves = poses[n..]
            .iter()
            .filter(|(ms, _)| !look(*ms) && soon(*ms))
            .any(|(_, now)| Step::ALL.iter().any(|step| movement::share(*step, first, now) >= 1.0));
        let apart = found.last().is_none_or(|last| *from >= last + 1000);
        if during.len() >= 6 && during.iter().all(|one| near(one)) && moves && apart {
            found.push(*from);
        }
    }
    let every = found.len().div_ceil(MOST_STARTS).max(1);
    found.into_iter().step_by(every).collect()
}

/// Most challenges that are fitted to one recording: those with the most steps.
const MOST_FITS: usize = 12;

/// Challenges that ask for movements of a recording, such that its head is still wherever nothing asks
/// it to move; those with the most steps first. Only what the mesh measures is looked at: whether
/// depth, person and continuity suffice for a pass is for the judge to say. One of the movements turns
/// the head. A challenge of a single movement is weaker than any that is given out: the number of
/// [`Fitted::movements`] says so.
pub fn fitted(seen: &[Seen]) -> Vec<Fitted> {
    let all = movements(seen);
    let mut found: Vec<Fitted> = Vec::new();
    for first in 0..all.len() {
        let mut chosen: Vec<Movement> = Vec::new();
        for movement in &all[first..] {
            let free = chosen.last().map_or(u64::from(BASELINE_MS), end);
            if movement.from_ms < free + REACTION_MS.min(200) {
                continue;
            }
            chosen.push(*movement);
            if chosen.len() > 4 || !is_clean(&chosen, seen) {
                chosen.pop();
                continue;
            }
            let known = found.iter().any(|fitted| fitted.movements == chosen);
            if turns(&chosen) && !known {
                let challenge = challenge(&chosen);
                let movements = chosen.clone();
                found.extend(challenge.map(|challenge| Fitted { challenge, movements }));
            }
        }
    }
    found.sort_by_key(|fitted| std::cmp::Reverse(fitted.movements.len()));
    found.truncate(MOST_FITS);
    found
}

fn end(movement: &Movement) -> u64 {
    movement.until_ms + AFTER_MS
}

/// Whether one turns the head, so that it shows its depth.
fn turns(chosen: &[Movement]) -> bool {
    chosen.iter().any(|movement| movement.step.turns_the_head())
}

/// Whether the head only moves as it is asked.
fn is_clean(chosen: &[Movement], seen: &[Seen]) -> bool {
    let over = chosen.last().map_or(0, end);
    seen.iter().all(|one| {
        let now_ms = one.at().as_millis() as u64;
        if now_ms < BASELINE_MS.into() || now_ms > over {
            return true;
        }
        let asked = chosen.iter().find(|m| (m.from_ms..=m.until_ms).contains(&now_ms));
        let still = |step: &Step| one.moved(*step).is_none_or(|share| share < STILL);
        // A head that turns far also seems to nod and to come closer: only the other side counts.
        let head =
            [Step::TurnLeft, Step::TurnRight, Step::LookUp, Step::LookDown, Step::ComeCloser];
        match asked {
            Some(movement) if head.contains(&movement.step) => true,
            _ => head.iter().all(still),
        }
    })
}

fn challenge(chosen: &[Movement]) -> Option<Challenge> {
    let steps: Vec<serde_json::Value> = chosen
        .iter()
        .map(|movement| {
            serde_json::json!({
                "step": movement.step,
                "from_ms": movement.from_ms.saturating_sub(REACTION_MS).max(BASELINE_MS.into()),
                "until_ms": end(movement),
            })
        })
        .collect();
    let text = serde_json::json!({
        "schema": evenmatch::pad::CHALLENGE_SCHEMA,
        "nonce": NONCE,
        "issued_at": 0,
        "expires_at": 0,
        "duration_ms": chosen.last().map_or(0, end) + 50,
        "steps": steps,
    });
    Challenge::from_json(&text.to_string()).ok()
}
