//! The charts: dots with intervals, score distributions, and the bars of the funnel.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::page::clean;
use super::svg::{LogScale, Mark, WIDTH, figure, small, units};
use crate::export::text;
use crate::{Funnel, FunnelStage, Histogram, RateCell, ScoreSummary};

/// A group with its mark.
pub(super) struct Named<'a, T> {
    pub(super) name: &'a str,
    pub(super) mark: Mark,
    pub(super) value: &'a T,
}

/// One rate per group as a dot with its interval on a logarithmic scale, and everyone's rate as
/// a dashed line.
pub(super) fn dots(
    id: &str,
    title: &str,
    groups: &[Named<'_, RateCell>],
    overall: &RateCell,
) -> Markup {
    const ROW: f64 = 38.0;
    let everyone = text::measured(overall).map(|rate| rate.rate);
    let measured = || groups.iter().filter_map(|group| text::measured(group.value));
    // A lower end far below every rate would squeeze everything else: it may leave the chart.
    let least = measured().map(|rate| if rate.errors > 0 { rate.rate } else { rate.high });
    let least = least.fold(1.0, f64::min) / 20.0;
    let values = measured().flat_map(|rate| [rate.low.max(least), rate.rate, rate.high]);
    let scale = LogScale::over(values.chain(everyone), 10.0, WIDTH - 14.0);
    let bottom = 20.0 + ROW * groups.len() as f64;
    let mut description = String::new();
    for group in groups {
        let _ = write!(description, "{}: {}. ", group.name, text::cell(group.value));
    }
    let body = html! {
        @for (x, label) in scale.ticks() {
            path d=(format_args!("M{x:.1} 18V{bottom:.1}")) stroke="#d9d9d9" {}
            (small(x, bottom + 14.0, anchor(x), &label))
        }
        @if let Some(rate) = everyone.filter(|&rate| rate > 0.0) {
            @let x = scale.place(rate);
            path d=(format_args!("M{x:.1} 14V{bottom:.1}")) stroke="#4a4a4a"
                stroke-dasharray="4 3" {}
            (small(x, 10.0, anchor(x), &format!("everyone {}", text::percent(rate))))
        }
        @for (row, group) in groups.iter().enumerate() {
            (dot(group, 20.0 + ROW * row as f64, &scale))
        }
    };
    figure(id, title, &description, bottom + 20.0, &body)
}

/// The row of one group: its name and its rate in words, and below them the dot.
fn dot(group: &Named<'_, RateCell>, top: f64, scale: &LogScale) -> Markup {
    let (name_y, y) = (top + 13.0, top + 26.0);
    let value = match group.value {
        RateCell::Measured(rate) if rate.errors == 0 => {
            format!("0/{}: below {}", rate.trials, text::percent(rate.high))
        }
        RateCell::Measured(rate) => text::percent(rate.rate),
        RateCell::Insufficient { .. } => "too few trials".into(),
    };
    let colour = group.mark.colour();
    html! {
        text x="2" y=(units(name_y)) { (clean(&shortened(group.name, 34))) }
        text x=(units(WIDTH - 2.0)) y=(units(name_y)) text-anchor="end" { (clean(&value)) }
        @if let RateCell::Measured(rate) = group.value {
            @let (low, high) = (scale.place(rate.low), scale.place(rate.high));
            @let end = y - 4.0;
            path d=(format_args!("M{low:.1} {y:.1}H{high:.1}M{high:.1} {end:.1}v8"))
                stroke=(colour) stroke-width="2.5" fill="none" {}
            @if scale.holds(rate.low) {
                path d=(format_args!("M{low:.1} {end:.1}v8")) stroke=(colour)
                    stroke-width="2.5" {}
            } @else {
                // The interval goes on, perhaps to zero, which a logarithmic scale cannot show.
                path d=(format_args!("M{:.1} {y:.1}l8 -5v10z", low - 8.0)) fill=(colour) {}
            }
            @if rate.errors > 0 { (group.mark.at(scale.place(rate.rate), y)) }
        }
    }
}

/// Mated scores (outline) and non-mated scores (filled) of each group, one strip a group, with
/// the thresholds as vertical lines.
pub(super) fn distributions(
    id: &str,
    title: &str,
    groups: &[Named<'_, ScoreSummary>],
    thresholds: &[f64],
) -> Markup {
    const STRIP: f64 = 82.0;
    const CURVE: f64 = 56.0;
    let Some(range) = groups.first().map(|group| &group.value.nonmated) else {
        return Markup::default();
    };
    let (low, high) = (range.low, range.high);
    let span = if high > low { high - low } else { 1.0 };
    let place = |score: f64| 6.0 + ((score - low) / span).clamp(0.0, 1.0) * (WIDTH - 12.0);
    let bottom = STRIP * groups.len() as f64;
    let body = html! {
        @for (strip, group) in groups.iter().enumerate() {
            @let base = STRIP * strip as f64 + STRIP - 8.0;
            text x="2" y=(units(base - CURVE - 6.0)) { (clean(&shortened(group.name, 46))) }
            path d=(format_args!("M6 {base:.1}H{:.1}", WIDTH - 6.0)) stroke="#4a4a4a" {}
            @if let Some(line) = outline(&group.value.nonmated, base, CURVE) {
                path d=(line) fill="#e69f00" fill-opacity="0.55" stroke="#8a5f00"
                    stroke-width="0.7" {}
            }
            @if let Some(line) = outline(&group.value.mated, base, CURVE) {
                path d=(line) fill="none" stroke="#0072b2" stroke-width="2" {}
            }
        }
        @for &threshold in thresholds {
            path d=(format_args!("M{:.1} 16V{bottom:.1}", place(threshold))) stroke="#000"
                stroke-dasharray="5 3" {}
        }
        @for score in [low, low + span / 2.0, high] {
            @let x = place(score);
            (small(x, bottom + 12.0, anchor(x), &text::number(score)))
        }
        text x=(units(WIDTH / 2.0)) y=(units(bottom + 28.0)) text-anchor="middle" { "score" }
    };
    let description = "Each strip is scaled to its own height. The filled shape is non-mated \
                       pairs (two people), the blue outline mated pairs (one person); dashed \
                       lines are thresholds.";
    figure(id, title, description, bottom + 34.0, &body)
}

/// The outline of a histogram that stands on a base line; none where it is empty.
fn outline(histogram: &Histogram, base: f64, height: f64) -> Option<String> {
    let most = histogram.counts.iter().copied().max().filter(|most| *most > 0)?;
    let width = (WIDTH - 12.0) / histogram.counts.len() as f64;
    let mut line = format!("M6 {base:.1}");
    for (bin, &count) in histogram.counts.iter().enumerate() {
        let y = base - height * count as f64 / most as f64;
        let _ = write!(line, "L{:.1} {y:.1}h{width:.2}", 6.0 + width * bin as f64);
    }
    let _ = write!(line, "V{base:.1}");
    Some(line)
}

/// Stages at which people are turned away, with a colour and a hatch each.
const STAGES: [(&str, &str, &str); 6] = [
    ("decode", "photo unreadable", "#000000"),
    ("detect", "no face found", "#e69f00"),
    ("quality", "quality refused", "#009e73"),
    ("liveness", "liveness refused", "#cc79a7"),
    ("other", "other failure", "#56b4e9"),
    ("compare", "not matched", "#0072b2"),
];

/// The stages' colours as a list.
pub(super) fn funnel_legend() -> Markup {
    html! {
        ul class="legend" {
            @for (_, words, colour) in STAGES {
                li {
                    svg viewBox="0 0 24 12" aria-hidden="true" {
                        path d="M0 0h24v12h-24z" fill=(colour) stroke="#000" {}
                    }
                    (words)
                }
            }
        }
    }
}

/// What a stage is called in plain words.
pub(super) fn stage_words(stage: &str) -> &str {
    STAGES.iter().find(|(name, _, _)| *name == stage).map_or(stage, |(_, words, _)| words)
}

/// Of the people who tried, the share turned away at each stage: one bar a group.
pub(super) fn funnel(id: &str, title: &str, groups: &[Named<'_, Funnel>]) -> Markup {
    const ROW: f64 = 40.0;
    let share = |funnel: &Funnel, stage: &FunnelStage| match &stage.lost {
        RateCell::Measured(rate) if funnel.transactions > 0 => {
            rate.errors as f64 / funnel.transactions as f64
        }
        _ => 0.0,
    };
    let total = |funnel: &Funnel| funnel.stages.iter().map(|stage| share(funnel, stage)).sum();
    let widest = groups.iter().map(|group| total(group.value)).fold(0.0_f64, f64::max);
    let scale = |share: f64| if widest > 0.0 { share / widest * (WIDTH - 10.0) } else { 0.0 };
    let mut description = String::new();
    for group in groups {
        let denied = text::cell(&group.value.denied);
        let _ = write!(description, "{}: {denied} turned away. ", group.name);
    }
    let body = html! {
        @for (row, group) in groups.iter().enumerate() {
            @let top = ROW * row as f64;
            @let denied = match &group.value.denied {
                RateCell::Measured(rate) => text::percent(rate.rate),
                RateCell::Insufficient { .. } => "too few trials".into(),
            };
            text x="2" y=(units(top + 13.0)) { (clean(&shortened(group.name, 36))) }
            text x=(units(WIDTH - 2.0)) y=(units(top + 13.0)) text-anchor="end" {
                (clean(&denied))
            }
            @for (x, width, colour) in bar(group.value, |stage| scale(share(group.value, stage))) {
                path d=(format_args!("M{x:.1} {:.1}h{width:.1}v14h-{width:.1}z", top + 18.0))
                    fill=(colour) stroke="#fff" stroke-width="0.8" {}
            }
        }
    };
    figure(id, title, &description, ROW * groups.len() as f64 + 4.0, &body)
}

/// The pieces of a group's bar: where each begins, how wide it is, and its colour.
fn bar(funnel: &Funnel, width: impl Fn(&FunnelStage) -> f64) -> Vec<(f64, f64, &'static str)> {
    let mut x = 2.0;
    let mut pieces = Vec::new();
    for stage in &funnel.stages {
        let known = STAGES.iter().find(|(name, _, _)| *name == stage.stage);
        let width = width(stage);
        if width > 0.0 {
            pieces.push((x, width, known.map_or("#4a4a4a", |(_, _, colour)| colour)));
        }
        x += width;
    }
    pieces
}

/// Keeps labels at the ends of an axis within the page.
pub(super) fn anchor(x: f64) -> &'static str {
    if x < 24.0 {
        "start"
    } else if x > WIDTH - 34.0 {
        "end"
    } else {
        "middle"
    }
}

fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    name.chars().take(most - 1).chain(['…']).collect()
}
