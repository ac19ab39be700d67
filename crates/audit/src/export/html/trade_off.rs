//! Curves of two errors against each other.

use maud::{Markup, html};

use super::charts::anchor;
use super::page::clean;
use super::svg::{LogScale, Mark, WIDTH, figure, small, units};

/// One line of the chart.
pub(super) struct Line {
    pub(super) mark: Mark,
    /// Rates, across and up. Zero has no place on a logarithmic scale and is left out.
    pub(super) points: Vec<(f64, f64)>,
    /// The description of the line for people who cannot see it.
    pub(super) note: String,
}

impl Line {
    fn drawn(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.points.iter().copied().filter(|(x, y)| *x > 0.0 && *y > 0.0)
    }

    /// Whether any part of it can be drawn.
    pub(super) fn shows(&self) -> bool {
        self.drawn().next().is_some()
    }
}

/// One error against the other, both logarithmic; dotted lines mark the target rates across.
pub(super) fn trade_off(
    id: &str,
    title: &str,
    lines: &[Line],
    targets: &[f64],
    (across, up): (&str, &str),
) -> Markup {
    let (left, right, top, bottom) = (46.0, WIDTH - 12.0, 10.0, 300.0);
    let points = || lines.iter().flat_map(|line| &line.points);
    let x_scale =
        LogScale::over(points().map(|point| point.0).chain(targets.iter().copied()), left, right);
    let y_scale = LogScale::over(points().map(|point| point.1), bottom, top);
    let mut description = "Lower and further left is better. ".to_owned();
    for line in lines.iter().filter(|line| line.shows()) {
        description.push_str(&line.note);
    }
    let (x_middle, y_middle) = ((left + right) / 2.0, (top + bottom) / 2.0);
    let body = html! {
        @for (x, label) in x_scale.ticks() {
            path d=(format_args!("M{x:.1} {top}V{bottom}")) stroke="#d9d9d9" {}
            (small(x, bottom + 14.0, anchor(x), &label))
        }
        @for (y, label) in y_scale.ticks() {
            path d=(format_args!("M{left} {y:.1}H{right}")) stroke="#d9d9d9" {}
            (small(left - 4.0, y + 4.0, "end", &label))
        }
        @for &target in targets {
            path d=(format_args!("M{:.1} {top}V{bottom}", x_scale.place(target)))
                stroke="#4a4a4a" stroke-dasharray="1 3" stroke-width="1.5" {}
        }
        @for line in lines {
            @let places = line.drawn().map(|(x, y)| (x_scale.place(x), y_scale.place(y)));
            (drawn(line.mark, &places.collect::<Vec<_>>()))
        }
        text x=(units(x_middle)) y=(units(bottom + 31.0)) text-anchor="middle" { (clean(across)) }
        text x="11" y=(units(y_middle)) text-anchor="middle"
            transform=(format_args!("rotate(-90 11 {y_middle:.1})")) { (clean(up)) }
    };
    figure(id, title, &description, bottom + 38.0, &body)
}

/// A line through these places, with marks at even distances.
fn drawn(mark: Mark, places: &[(f64, f64)]) -> Markup {
    let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
    // Shifted from line to line.
    let step = 60.0;
    let mut left_over = step / 2.0 + 9.0 * (mark.0 % 5) as f64;
    let mut marks = Vec::new();
    for pair in places.windows(2) {
        let length = (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1);
        left_over -= length;
        if left_over <= 0.0 {
            marks.push(pair[1]);
            left_over = step;
        }
    }
    // A line of one point would not be seen.
    if let [place] = places {
        marks.push(*place);
    }
    html! {
        @if places.len() > 1 {
            path d={ "M" (path.join("L")) } fill="none" stroke-width="2" stroke-linejoin="round"
                stroke=(mark.colour()) stroke-dasharray=[mark.dashes()] {}
        }
        @for (x, y) in marks { (mark.at(x, y)) }
    }
}
