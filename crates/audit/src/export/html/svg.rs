//! Small drawing helpers: labels, axes, legends, and marks that differ in shape as well as colour.

use maud::{Markup, html};

use super::page::clean;

/// Width of every chart in user units; on a phone one unit is about one pixel.
pub(super) const WIDTH: f64 = 360.0;

/// The colours of Okabe and Ito, which people with any common kind of colour blindness can tell
/// apart; yellow is left out because it is too faint on white.
const COLOURS: [&str; 7] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000", "#e69f00", "#56b4e9"];
/// Dash patterns, so that lines differ without colour.
const DASHES: [Option<&str>; 7] =
    [None, Some("7 3"), Some("2 3"), Some("9 3 2 3"), Some("4 4"), Some("12 4"), Some("2 6")];

/// How one group is drawn everywhere in a report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark(pub(super) usize);

impl Mark {
    /// The colour.
    pub(super) fn colour(self) -> &'static str {
        COLOURS[self.0 % COLOURS.len()]
    }

    /// The dashes of a line; none where the line is solid.
    pub(super) fn dashes(self) -> Option<&'static str> {
        DASHES[self.0 % DASHES.len()]
    }

    /// A mark at a point, about nine units wide.
    pub(super) fn at(self, x: f64, y: f64) -> Markup {
        let colour = self.colour();
        let shape = match self.0 % 7 {
            0 => {
                return html! { circle cx=(units(x)) cy=(units(y)) r="4.5" fill=(colour) {} };
            }
            1 => format!("M{:.1} {:.1}h8v8h-8z", x - 4.0, y - 4.0),
            2 => format!("M{x:.1} {:.1}l5 9h-10z", y - 5.5),
            3 => format!("M{x:.1} {:.1}l5.5 5.5l-5.5 5.5l-5.5 -5.5z", y - 5.5),
            4 => format!("M{x:.1} {:.1}l5 -9h-10z", y + 5.5),
            5 => format!("M{:.1} {:.1}h3v-3h3v3h3v3h-3v3h-3v-3h-3z", x - 4.5, y - 1.5),
            _ => format!(
                "M{:.1} {:.1}l3 -3l2 2l2 -2l3 3l-2 2l2 2l-3 3l-2 -2l-2 2l-3 -3l2 -2z",
                x - 5.0,
                y - 2.0
            ),
        };
        html! { path d=(shape) fill=(colour) {} }
    }

    /// The mark at a point at two thirds of its size, for charts with many marks close together.
    pub(super) fn small_at(self, x: f64, y: f64) -> Markup {
        html! {
            g transform=(format_args!("translate({x:.1} {y:.1}) scale(0.67)")) {
                (self.at(0.0, 0.0))
            }
        }
    }
}

/// A length or a place in user units.
pub(super) fn units(value: f64) -> String {
    format!("{value:.1}")
}

/// A small label, such as that of a tick.
pub(super) fn small(x: f64, y: f64, anchor: &str, label: &str) -> Markup {
    html! {
        text class="small" x=(units(x)) y=(units(y)) text-anchor=(anchor) { (clean(label)) }
    }
}

/// A logarithmic scale over whole decades.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogScale {
    low: i32,
    high: i32,
    from: f64,
    to: f64,
}

impl LogScale {
    /// A scale that shows all positive values among these, from `from` to `to` on the page;
    /// never beyond 1 nor below 1e-9.
    pub(super) fn over(values: impl IntoIterator<Item = f64>, from: f64, to: f64) -> Self {
        let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
        for value in values.into_iter().filter(|value| *value > 0.0 && value.is_finite()) {
            least = least.min(value);
            most = most.max(value);
        }
        if least > most {
            (least, most) = (1e-3, 1.0);
        }
        let low = (least.log10().floor() as i32).clamp(-9, -1);
        let high = (most.log10().ceil() as i32).clamp(low + 1, 0);
        LogScale { low, high, from, to }
    }

    /// The place of a value; a value that is too small lies at the low end.
    pub(super) fn place(&self, value: f64) -> f64 {
        let decades = f64::from(self.high - self.low);
        let at = (value.max(1e-300).log10() - f64::from(self.low)) / decades;
        self.from + at.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// Whether a value lies on the scale.
    pub(super) fn holds(&self, value: f64) -> bool {
        value >= 10_f64.powi(self.low) * 0.999
    }

    /// Places and percentages of the decades.
    pub(super) fn ticks(&self) -> impl Iterator<Item = (f64, String)> + '_ {
        // Labels need room: every second decade when there are many.
        let step = if self.high - self.low > 4 { 2 } else { 1 };
        (self.low..=self.high).rev().step_by(step).map(|power| {
            let label = match power {
                0 => "100 %".to_owned(),
                -1 => "10 %".to_owned(),
                -2 => "1 %".to_owned(),
                power => format!("{:.*} %", (-2 - power) as usize, 10_f64.powi(power + 2)),
            };
            (self.place(10_f64.powi(power)), label)
        })
    }
}

/// An SVG with a title and a description for people who cannot see it.
pub(super) fn figure(
    id: &str,
    title: &str,
    description: &str,
    height: f64,
    body: &Markup,
) -> Markup {
    html! {
        svg viewBox=(format_args!("0 0 {WIDTH} {height:.0}")) role="img"
            aria-labelledby={ (id) "-t " (id) "-d" } {
            title id={ (id) "-t" } { (clean(title)) }
            desc id={ (id) "-d" } { (clean(description)) }
            (body)
        }
    }
}

/// Groups as a list of marks and names.
pub(super) fn legend<'a>(names: impl IntoIterator<Item = (&'a str, Mark)>) -> Markup {
    html! {
        ul class="legend" {
            @for (name, mark) in names {
                li {
                    svg viewBox="0 0 36 14" aria-hidden="true" {
                        path d="M0 7h36" stroke-width="2" stroke=(mark.colour())
                            stroke-dasharray=[mark.dashes()] {}
                        (mark.at(18.0, 7.0))
                    }
                    (clean(name))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decades_are_labelled_in_percent() {
        let scale = LogScale::over([0.0, 2e-4, 0.03], 0.0, 300.0);
        let ticks: Vec<(f64, String)> = scale.ticks().collect();
        let labels: Vec<&str> = ticks.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(labels, ["10 %", "1 %", "0.1 %", "0.01 %"]);
        assert_eq!((ticks[0].0, ticks[3].0), (300.0, 0.0));
        assert_eq!(scale.place(0.0), 0.0);
    }

    #[test]
    fn a_scale_without_values_still_draws() {
        let scale = LogScale::over([0.0, f64::NAN], 10.0, 20.0);
        assert!(scale.ticks().count() > 1);
        assert_eq!(scale.place(1.0), 20.0);
    }

    #[test]
    fn a_title_and_a_description_cannot_become_markup() {
        let evil = "\"><script>";
        let svg = figure("a", evil, evil, 10.0, &small(1.0, 2.0, "end", evil)).into_string();
        assert!(!svg.contains("<script") && svg.matches("&quot;&gt;").count() == 3, "{svg}");
    }
}
