//! Rates along the levels of a degradation: one line a group, each point with its interval.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::charts::Named;
use super::svg::{WIDTH, figure, small};
use crate::StressRate;
use crate::export::text;

/// Ends of the vertical scale; the chart takes the smallest that holds everything.
const SCALES: [f64; 7] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0];

/// The rates of each group at each level, from mild to severe; a level with too few trials has no
/// point, and the line has a gap there.
pub(super) fn curves(
    id: &str,
    title: &str,
    groups: &[Named<'_, Vec<&StressRate>>],
    labels: &[&str],
) -> Markup {
    let (left, right, top, bottom) = (44.0, WIDTH - 4.0, 10.0, 232.0);
    let rates = || groups.iter().flat_map(|group| group.value.iter());
    let most = rates().filter_map(|rate| rate.high).fold(0.0, f64::max);
    let end = SCALES.into_iter().find(|end| most <= *end).unwrap_or(1.0);
    let place = |rate: f64| bottom - (rate / end).clamp(0.0, 1.0) * (bottom - top);
    let slot = (right - left) / labels.len().max(1) as f64;
    // Groups stand side by side within a level, so that intervals do not cover each other.
    let beside = (slot * 0.84 / groups.len().max(1) as f64).min(11.0);
    let at = |level: usize, group: usize| {
        let middle = left + slot * (level as f64 + 0.5);
        middle + beside * (group as f64 - (groups.len() as f64 - 1.0) / 2.0)
    };
    let mut description = String::new();
    for group in groups {
        if let Some((label, rate)) = labels.iter().zip(group.value.iter()).next_back() {
            let _ = write!(description, "{} at {label}: {}. ", group.name, rate.text);
        }
    }
    let body = html! {
        @for step in 0..=5 {
            @let rate = end * f64::from(step) / 5.0;
            @let y = place(rate);
            path d=(format_args!("M{left} {y:.1}H{right}")) stroke="#e2e2e2" {}
            (small(left - 4.0, y + 4.0, "end", &text::percent(rate)))
        }
        @for (level, label) in labels.iter().enumerate() {
            @let x = left + slot * level as f64;
            @if level % 2 == 1 {
                path d=(format_args!("M{x:.1} {top}h{slot:.1}V{bottom}h-{slot:.1}z")) fill="#000"
                    fill-opacity="0.035" {}
            }
            (small(x + slot / 2.0, bottom + 15.0, "middle", label))
        }
        @for (index, group) in groups.iter().enumerate() {
            @let measured = || group.value.iter().enumerate().filter_map(move |(level, rate)| {
                Some((at(level, index), rate.rate?, rate))
            });
            @for (x, _, rate) in measured() {
                @if let (Some(low), Some(high)) = (rate.low, rate.high) {
                    path d=(format_args!("M{x:.1} {:.1}V{:.1}", place(low), place(high)))
                        stroke=(group.mark.colour()) stroke-width="1.6" stroke-opacity="0.55" {}
                }
            }
            path d=(path(group.value, |level| at(level, index), place)) fill="none"
                stroke-width="1.4" stroke-opacity="0.85" stroke-linejoin="round"
                stroke=(group.mark.colour()) stroke-dasharray=[group.mark.dashes()] {}
            @for (x, rate, _) in measured() { (group.mark.small_at(x, place(rate))) }
        }
    };
    figure(id, title, &description, bottom + 22.0, &body)
}

/// A line through the rates that were measured, broken where one was not.
fn path(rates: &[&StressRate], x: impl Fn(usize) -> f64, y: impl Fn(f64) -> f64) -> String {
    let mut line = String::new();
    let mut gap = true;
    for (level, rate) in rates.iter().enumerate() {
        if let Some(value) = rate.rate {
            let step = if gap { "M" } else { "L" };
            let _ = write!(line, "{step}{:.1} {:.1}", x(level), y(value));
        }
        gap = rate.rate.is_none();
    }
    line
}
