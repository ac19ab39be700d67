//! Curves of two errors against each other.

use std::fmt::Write as _;

use super::charts::anchor;
use super::svg::{LogScale, Mark, WIDTH, figure};

/// One line of the chart.
pub(super) struct Line {
    pub(super) mark: Mark,
    /// Rates, across and up. Zero has no place on a logarithmic scale and is left out.
    pub(super) points: Vec<(f64, f64)>,
    /// What is said of the line to those who don't see it.
    pub(super) note: String,
}

impl Line {
    fn drawn(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.points.iter().copied().filter(|(x, y)| *x > 0.0 && *y > 0.0)
    }

    /// Whether something of it can be drawn.
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
) -> String {
    let (left, right, top, bottom) = (46.0, WIDTH - 12.0, 10.0, 300.0);
    let points = || lines.iter().flat_map(|line| &line.points);
    let x_scale =
        LogScale::over(points().map(|point| point.0).chain(targets.iter().copied()), left, right);
    let y_scale = LogScale::over(points().map(|point| point.1), bottom, top);
    let mut body = String::new();
    for (x, label) in x_scale.ticks() {
        let _ = write!(
            body,
            "<path d=\"M{x:.1} {top}V{bottom}\" stroke=\"#d9d9d9\"/>\
             <text class=\"small\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{}\">{label}</text>",
            bottom + 14.0,
            anchor(x)
        );
    }
    for (y, label) in y_scale.ticks() {
        let _ = write!(
            body,
            "<path d=\"M{left} {y:.1}H{right}\" stroke=\"#d9d9d9\"/>\
             <text class=\"small\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            left - 4.0,
            y + 4.0
        );
    }
    for &target in targets {
        let x = x_scale.place(target);
        let _ = write!(
            body,
            "<path d=\"M{x:.1} {top}V{bottom}\" stroke=\"#4a4a4a\" stroke-dasharray=\"1 3\" \
             stroke-width=\"1.5\"/>"
        );
    }
    let mut description = "Lower and further left is better. ".to_owned();
    for line in lines {
        let places: Vec<(f64, f64)> =
            line.drawn().map(|(x, y)| (x_scale.place(x), y_scale.place(y))).collect();
        let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        match path.as_slice() {
            [] => continue,
            // A line of one point would not be seen.
            [_] => body.push_str(&line.mark.at(places[0].0, places[0].1)),
            _ => {
                let _ = write!(
                    body,
                    "<path d=\"M{}\" fill=\"none\" stroke-width=\"2\" stroke-linejoin=\"round\" \
                     {}/>",
                    path.join("L"),
                    line.mark.stroke()
                );
            }
        }
        // Marks at even distances along the line, shifted from line to line.
        let step = 60.0;
        let mut left_over = step / 2.0 + 9.0 * (line.mark.0 % 5) as f64;
        for pair in places.windows(2) {
            let length = (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1);
            left_over -= length;
            if left_over <= 0.0 {
                body.push_str(&line.mark.at(pair[1].0, pair[1].1));
                left_over = step;
            }
        }
        description.push_str(&line.note);
    }
    let _ = write!(
        body,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{across}</text>\
         <text x=\"11\" y=\"{:.1}\" text-anchor=\"middle\" \
         transform=\"rotate(-90 11 {:.1})\">{up}</text>",
        (left + right) / 2.0,
        bottom + 31.0,
        (top + bottom) / 2.0,
        (top + bottom) / 2.0
    );
    figure(id, title, &description, bottom + 38.0, &body)
}
