//! The charts: dots with intervals, score distributions, and the funnel's bars.

use std::fmt::Write as _;

use super::super::text;
use super::svg::{LogScale, Mark, WIDTH, escape, figure};
use crate::{Funnel, RateCell, ScoreSummary};

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
) -> String {
    const ROW: f64 = 38.0;
    let everyone = text::measured(overall).map(|rate| rate.rate);
    let measured = || groups.iter().filter_map(|group| text::measured(group.value));
    // A lower end far below every rate would squeeze all the rest: it may leave the chart.
    let least = measured().map(|rate| if rate.errors > 0 { rate.rate } else { rate.high });
    let least = least.fold(1.0, f64::min) / 20.0;
    let values = measured().flat_map(|rate| [rate.low.max(least), rate.rate, rate.high]);
    let scale = LogScale::over(values.chain(everyone), 10.0, WIDTH - 14.0);
    let bottom = 20.0 + ROW * groups.len() as f64;
    let mut body = String::new();
    for (x, label) in scale.ticks() {
        let _ = write!(
            body,
            "<path d=\"M{x:.1} 18V{bottom:.1}\" stroke=\"#d9d9d9\"/>\
             <text class=\"small\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{}\">{label}</text>",
            bottom + 14.0,
            anchor(x)
        );
    }
    if let Some(rate) = everyone.filter(|&rate| rate > 0.0) {
        let x = scale.place(rate);
        let _ = write!(
            body,
            "<path d=\"M{x:.1} 14V{bottom:.1}\" stroke=\"#4a4a4a\" stroke-dasharray=\"4 3\"/>\
             <text class=\"small\" x=\"{x:.1}\" y=\"10\" text-anchor=\"{}\">everyone {}</text>",
            anchor(x),
            text::percent(rate)
        );
    }
    let mut description = String::new();
    for (row, group) in groups.iter().enumerate() {
        let top = 20.0 + ROW * row as f64;
        let (name_y, y) = (top + 13.0, top + 26.0);
        let value = match group.value {
            RateCell::Measured(rate) if rate.errors == 0 => {
                format!("0/{}: below {}", rate.trials, text::percent(rate.high))
            }
            RateCell::Measured(rate) => text::percent(rate.rate),
            RateCell::Insufficient { .. } => "too few trials".into(),
        };
        let _ = write!(description, "{}: {}. ", group.name, text::cell(group.value));
        let _ = write!(
            body,
            "<text x=\"2\" y=\"{name_y:.1}\">{}</text>\
             <text x=\"{:.1}\" y=\"{name_y:.1}\" text-anchor=\"end\">{}</text>",
            escape(&shortened(group.name, 34)),
            WIDTH - 2.0,
            escape(&value)
        );
        let RateCell::Measured(rate) = group.value else { continue };
        let (low, high) = (scale.place(rate.low), scale.place(rate.high));
        let colour = group.mark.colour();
        let _ = write!(
            body,
            "<path d=\"M{low:.1} {y:.1}H{high:.1}M{high:.1} {:.1}v8\" stroke=\"{colour}\" \
             stroke-width=\"2.5\" fill=\"none\"/>",
            y - 4.0
        );
        if scale.holds(rate.low) {
            let _ = write!(
                body,
                "<path d=\"M{low:.1} {:.1}v8\" stroke=\"{colour}\" stroke-width=\"2.5\"/>",
                y - 4.0
            );
        } else {
            // The interval goes on, perhaps to zero, which a logarithmic scale can't show.
            let _ =
                write!(body, "<path d=\"M{:.1} {y:.1}l8 -5v10z\" fill=\"{colour}\"/>", low - 8.0);
        }
        if rate.errors > 0 {
            body.push_str(&group.mark.at(scale.place(rate.rate), y));
        }
    }
    figure(id, title, &description, bottom + 20.0, &body)
}

/// Mated scores (outline) and non-mated scores (filled) of each group, one strip a group, with
/// the thresholds as vertical lines.
pub(super) fn distributions(
    id: &str,
    title: &str,
    groups: &[Named<'_, ScoreSummary>],
    thresholds: &[f64],
) -> String {
    const STRIP: f64 = 82.0;
    const CURVE: f64 = 56.0;
    let Some(range) = groups.first().map(|group| &group.value.nonmated) else {
        return String::new();
    };
    let (low, high) = (range.low, range.high);
    let span = if high > low { high - low } else { 1.0 };
    let place = |score: f64| 6.0 + ((score - low) / span).clamp(0.0, 1.0) * (WIDTH - 12.0);
    let bottom = STRIP * groups.len() as f64;
    let mut body = String::new();
    for (strip, group) in groups.iter().enumerate() {
        let base = STRIP * strip as f64 + STRIP - 8.0;
        let _ = write!(
            body,
            "<text x=\"2\" y=\"{:.1}\">{}</text><path d=\"M6 {base:.1}H{:.1}\" stroke=\"#4a4a4a\"/>",
            base - CURVE - 6.0,
            escape(&shortened(group.name, 46)),
            WIDTH - 6.0
        );
        for (histogram, mated) in [(&group.value.nonmated, false), (&group.value.mated, true)] {
            let most = histogram.counts.iter().copied().max().unwrap_or(0);
            if most == 0 {
                continue;
            }
            let width = (WIDTH - 12.0) / histogram.counts.len() as f64;
            let mut line = format!("M6 {base:.1}");
            for (bin, &count) in histogram.counts.iter().enumerate() {
                let y = base - CURVE * count as f64 / most as f64;
                let _ = write!(line, "L{:.1} {y:.1}h{width:.2}", 6.0 + width * bin as f64);
            }
            let _ = write!(line, "V{base:.1}");
            let style = if mated {
                "fill=\"none\" stroke=\"#0072b2\" stroke-width=\"2\""
            } else {
                "fill=\"#e69f00\" fill-opacity=\"0.55\" stroke=\"#8a5f00\" stroke-width=\"0.7\""
            };
            let _ = write!(body, "<path d=\"{line}\" {style}/>");
        }
    }
    for &threshold in thresholds {
        let x = place(threshold);
        let _ = write!(
            body,
            "<path d=\"M{x:.1} 16V{bottom:.1}\" stroke=\"#000\" stroke-dasharray=\"5 3\"/>"
        );
    }
    for score in [low, low + span / 2.0, high] {
        let x = place(score);
        let _ = write!(
            body,
            "<text class=\"small\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{}\">{}</text>",
            bottom + 12.0,
            anchor(x),
            text::number(score)
        );
    }
    let _ = write!(
        body,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">score</text>",
        WIDTH / 2.0,
        bottom + 28.0
    );
    let description = "Each strip is scaled to its own height. The filled shape is non-mated \
                       pairs (two people), the blue outline mated pairs (one person); dashed \
                       lines are thresholds.";
    figure(id, title, description, bottom + 34.0, &body)
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
pub(super) fn funnel_legend() -> String {
    let items: String = STAGES
        .iter()
        .map(|(_, words, colour)| {
            format!(
                "<li><svg viewBox=\"0 0 24 12\" aria-hidden=\"true\"><path d=\"M0 0h24v12h-24z\" \
                 fill=\"{colour}\" stroke=\"#000\"/></svg>{words}</li>"
            )
        })
        .collect();
    format!("<ul class=\"legend\">{items}</ul>")
}

/// What a stage is called in plain words.
pub(super) fn stage_words(stage: &str) -> &str {
    STAGES.iter().find(|(name, _, _)| *name == stage).map_or(stage, |(_, words, _)| words)
}

/// Of the people who tried, the share turned away at each stage: one bar a group.
pub(super) fn funnel(id: &str, title: &str, groups: &[Named<'_, Funnel>]) -> String {
    const ROW: f64 = 40.0;
    let share = |funnel: &Funnel, stage: &crate::FunnelStage| match &stage.lost {
        RateCell::Measured(rate) if funnel.transactions > 0 => {
            rate.errors as f64 / funnel.transactions as f64
        }
        _ => 0.0,
    };
    let total = |funnel: &Funnel| funnel.stages.iter().map(|stage| share(funnel, stage)).sum();
    let widest = groups.iter().map(|group| total(group.value)).fold(0.0_f64, f64::max);
    let scale = |share: f64| if widest > 0.0 { share / widest * (WIDTH - 10.0) } else { 0.0 };
    let mut body = String::new();
    let mut description = String::new();
    for (row, group) in groups.iter().enumerate() {
        let top = ROW * row as f64;
        let denied = match &group.value.denied {
            RateCell::Measured(rate) => text::percent(rate.rate),
            RateCell::Insufficient { .. } => "too few trials".into(),
        };
        let _ = write!(
            description,
            "{}: {} turned away. ",
            group.name,
            text::cell(&group.value.denied)
        );
        let _ = write!(
            body,
            "<text x=\"2\" y=\"{:.1}\">{}</text>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            top + 13.0,
            escape(&shortened(group.name, 36)),
            WIDTH - 2.0,
            top + 13.0,
            escape(&denied)
        );
        let mut x = 2.0;
        for stage in &group.value.stages {
            let width = scale(share(group.value, stage));
            let colour = STAGES
                .iter()
                .find(|(name, _, _)| *name == stage.stage)
                .map_or("#4a4a4a", |(_, _, colour)| colour);
            if width > 0.0 {
                let _ = write!(
                    body,
                    "<path d=\"M{x:.1} {:.1}h{width:.1}v14h-{width:.1}z\" fill=\"{colour}\" \
                     stroke=\"#fff\" stroke-width=\"0.8\"/>",
                    top + 18.0
                );
            }
            x += width;
        }
    }
    figure(id, title, &description, ROW * groups.len() as f64 + 4.0, &body)
}

/// Labels at the ends of an axis must not leave the page.
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
