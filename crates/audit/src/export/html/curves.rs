//! Rates along the levels of a degradation: one line a group, each point with its interval.

use std::fmt::Write as _;

use super::super::text;
use super::charts::Named;
use super::svg::{WIDTH, escape, figure};
use crate::StressRate;

/// Ends of the vertical scale; the smallest that holds everything is taken.
const SCALES: [f64; 7] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0];

/// The rates of each group at each level, from mild to severe; levels whose trials are too few have
/// no point, and the line has a gap there.
pub(super) fn curves(
    id: &str,
    title: &str,
    groups: &[Named<'_, Vec<&StressRate>>],
    labels: &[&str],
) -> String {
    let (left, right, top, bottom) = (44.0, WIDTH - 4.0, 10.0, 232.0);
    let rates = || groups.iter().flat_map(|group| group.value.iter());
    let most = rates().filter_map(|rate| rate.high).fold(0.0, f64::max);
    let end = SCALES.into_iter().find(|end| most <= *end).unwrap_or(1.0);
    let place = |rate: f64| bottom - (rate / end).clamp(0.0, 1.0) * (bottom - top);
    let slot = (right - left) / labels.len().max(1) as f64;
    // Groups stand side by side within a level, so that intervals don't cover each other.
    let beside = (slot * 0.84 / groups.len().max(1) as f64).min(11.0);
    let at = |level: usize, group: usize| {
        let middle = left + slot * (level as f64 + 0.5);
        middle + beside * (group as f64 - (groups.len() as f64 - 1.0) / 2.0)
    };
    let mut body = String::new();
    for step in 0..=5 {
        let rate = end * f64::from(step) / 5.0;
        let y = place(rate);
        let _ = write!(
            body,
            "<path d=\"M{left} {y:.1}H{right}\" stroke=\"#e2e2e2\"/>\
             <text class=\"small\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            left - 4.0,
            y + 4.0,
            escape(&text::percent(rate))
        );
    }
    for (level, label) in labels.iter().enumerate() {
        let x = left + slot * level as f64;
        if level % 2 == 1 {
            let _ = write!(
                body,
                "<path d=\"M{x:.1} {top}h{slot:.1}V{bottom}h-{slot:.1}z\" fill=\"#000\" \
                 fill-opacity=\"0.035\"/>"
            );
        }
        let _ = write!(
            body,
            "<text class=\"small\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            x + slot / 2.0,
            bottom + 15.0,
            escape(label)
        );
    }
    let mut description = String::new();
    for (index, group) in groups.iter().enumerate() {
        let colour = group.mark.colour();
        let mut line = String::new();
        let mut gap = true;
        for (level, rate) in group.value.iter().enumerate() {
            let Some(value) = rate.rate else {
                gap = true;
                continue;
            };
            let (x, y) = (at(level, index), place(value));
            let _ = write!(line, "{}{x:.1} {y:.1}", if gap { "M" } else { "L" });
            gap = false;
            if let (Some(low), Some(high)) = (rate.low, rate.high) {
                let _ = write!(
                    body,
                    "<path d=\"M{x:.1} {:.1}V{:.1}\" stroke=\"{colour}\" stroke-width=\"1.6\" \
                     stroke-opacity=\"0.55\"/>",
                    place(low),
                    place(high)
                );
            }
        }
        let _ = write!(
            body,
            "<path d=\"{line}\" fill=\"none\" stroke-width=\"1.4\" stroke-opacity=\"0.85\" \
             stroke-linejoin=\"round\" {}/>",
            group.mark.stroke()
        );
        for (level, rate) in group.value.iter().enumerate() {
            if let Some(value) = rate.rate {
                body.push_str(&group.mark.small_at(at(level, index), place(value)));
            }
        }
        if let Some((label, rate)) = labels.iter().zip(group.value.iter()).next_back() {
            let _ = write!(description, "{} at {label}: {}. ", group.name, rate.text);
        }
    }
    figure(id, title, &description, bottom + 22.0, &body)
}
