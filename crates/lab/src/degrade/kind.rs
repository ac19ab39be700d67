//! The kinds of degradations: their names, units and levels.

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result, Stage};

/// What is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DegradationKind {
    /// Too little light on everything.
    UnderExposure,
    /// Too much light: everything brighter than white is white.
    OverExposure,
    /// A bright background behind a dark face.
    BackLight,
    /// Light of a colour other than daylight, which the camera does not correct.
    ColourTemperature,
    /// Out of focus.
    Blur,
    /// The hand or the head moves.
    Motion,
    /// A noisy sensor: the noise of too little light without its darkness.
    Noise,
    /// Strong compression.
    Jpeg,
    /// Few pixels.
    Downscale,
    /// The camera or the head is tilted.
    Rotation,
    /// The face fills the photo or is cut by its border.
    TightCrop,
    /// The lower part of the face is covered.
    Occlusion,
}

/// The facts about a kind.
struct Facts {
    name: &'static str,
    title: &'static str,
    unit: &'static str,
    levels: &'static [f64],
    range: (f64, f64),
}

use DegradationKind as K;

impl DegradationKind {
    /// All kinds.
    pub const ALL: [DegradationKind; 12] = [
        K::UnderExposure,
        K::OverExposure,
        K::BackLight,
        K::ColourTemperature,
        K::Blur,
        K::Motion,
        K::Noise,
        K::Jpeg,
        K::Downscale,
        K::Rotation,
        K::TightCrop,
        K::Occlusion,
    ];

    fn facts(self) -> Facts {
        let facts = |name, title, unit, levels, range| Facts { name, title, unit, levels, range };
        match self {
            K::UnderExposure => facts(
                "under_exposure",
                "Under-exposure",
                "share of the photo's light",
                &[1.0 / 4.0, 1.0 / 16.0, 1.0 / 32.0, 1.0 / 64.0],
                (1e-4, 1.0),
            ),
            K::OverExposure => facts(
                "over_exposure",
                "Over-exposure",
                "times the photo's light",
                &[2.0, 4.0, 8.0, 16.0],
                (1.0, 1024.0),
            ),
            K::BackLight => facts(
                "back_light",
                "Back light",
                "share of its light that the face keeps, which is 1 divided by the level",
                &[2.0, 4.0, 8.0, 16.0],
                (1.0, 1024.0),
            ),
            K::ColourTemperature => facts(
                "colour_temperature",
                "Colour temperature",
                "colour temperature of the light in kelvins; the camera is set to 6504",
                &[4500.0, 3500.0, 2800.0, 2200.0],
                (1667.0, 25_000.0),
            ),
            K::Blur => facts(
                "blur",
                "Blur",
                "standard deviation, as a share of the width of the face",
                &[0.01, 0.02, 0.04, 0.08],
                (0.0, 1.0),
            ),
            K::Motion => facts(
                "motion",
                "Motion",
                "length of the movement, as a share of the width of the face",
                &[0.05, 0.1, 0.2, 0.4],
                (0.0, 2.0),
            ),
            K::Noise => facts(
                "noise",
                "Noise",
                "photo-electrons at full scale",
                &[1000.0, 250.0, 125.0, 62.5],
                (1.0, 1e6),
            ),
            K::Jpeg => facts(
                "jpeg",
                "JPEG",
                "quality of the encoder, 1 to 100",
                &[40.0, 20.0, 10.0, 5.0],
                (1.0, 100.0),
            ),
            K::Downscale => facts(
                "downscale",
                "Downscale",
                "share of each side that is left",
                &[1.0 / 2.0, 1.0 / 3.0, 1.0 / 4.0, 1.0 / 6.0],
                (0.01, 1.0),
            ),
            K::Rotation => facts(
                "rotation",
                "Rotation",
                "degrees, to either side",
                &[10.0, 20.0, 30.0, 45.0],
                (0.0, 180.0),
            ),
            K::TightCrop => facts(
                "tight_crop",
                "Tight crop",
                "sides of the crop, as a share of those of the face's box",
                &[1.2, 1.0, 0.9, 0.8],
                (0.1, 10.0),
            ),
            K::Occlusion => facts(
                "occlusion",
                "Occlusion",
                "share of the face's box that is covered, from below",
                &[0.15, 0.3, 0.4, 0.5],
                (0.0, 1.0),
            ),
        }
    }

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The name in a report.
    pub fn title(self) -> &'static str {
        self.facts().title
    }

    /// The unit of a level.
    pub fn unit(self) -> &'static str {
        self.facts().unit
    }

    /// Levels from mild to severe.
    pub fn default_levels(self) -> &'static [f64] {
        self.facts().levels
    }

    /// The smallest and the largest level.
    pub fn range(self) -> (f64, f64) {
        self.facts().range
    }

    /// The kind of this name.
    ///
    /// # Errors
    ///
    /// No kind has this name; the next step lists all names.
    pub fn named(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            let message = format!("`{name}` is not a degradation");
            let names: Vec<&str> = Self::ALL.iter().map(|kind| kind.name()).collect();
            Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
                .next(format!("choose from {}", names.join(", ")))
        })
    }

    /// A level as people read it.
    pub(super) fn label(self, level: f64) -> String {
        let percent = || format!("{} %", plain(100.0 * level));
        match self {
            K::UnderExposure | K::Downscale => fraction(level),
            K::OverExposure => format!("×{}", plain(level)),
            K::BackLight => fraction(1.0 / level),
            K::ColourTemperature => format!("{} K", plain(level)),
            K::Blur | K::Motion | K::TightCrop | K::Occlusion => percent(),
            K::Noise => format!("{} e⁻", plain(level)),
            K::Jpeg => format!("q {}", plain(level)),
            K::Rotation => format!("{}°", plain(level)),
        }
    }
}

/// Up to four decimals, none of them a trailing zero.
fn plain(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `1/16` where that is the exact value.
fn fraction(value: f64) -> String {
    let over = (1.0 / value).round();
    let whole = over > 1.0 && (1.0 / value - over).abs() < 1e-9 * over;
    if whole { format!("1/{over}") } else { plain(value) }
}

/// Reads a level: a number, a fraction such as `1/16`, or a percentage such as `4%`.
///
/// # Errors
///
/// The text is none of these.
pub fn parse_level(text: &str) -> Result<f64> {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let text = text.trim();
    let value = match (text.split_once('/'), text.strip_suffix('%')) {
        (Some((over, under)), _) => number(over).zip(number(under)).map(|(a, b)| a / b),
        (None, Some(percent)) => number(percent).map(|percent| percent / 100.0),
        (None, None) => number(text),
    };
    value.filter(|value| value.is_finite()).ok_or_else(|| {
        let message = format!("`{text}` is not a level");
        Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
            .next("write a number, a fraction such as 1/16, or a percentage such as 4%")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_and_shown() {
        for (text, value) in [("0.25", 0.25), ("1/16", 0.0625), (" 4% ", 0.04), ("10", 10.0)] {
            assert_eq!(parse_level(text).unwrap(), value);
        }
        for wrong in ["", "a", "1/0", "nan", "1/2/3"] {
            assert!(parse_level(wrong).is_err(), "{wrong}");
        }
        for (kind, level, label) in [
            (K::UnderExposure, 1.0 / 64.0, "1/64"),
            (K::UnderExposure, 0.3, "0.3"),
            (K::UnderExposure, 1.0, "1"),
            (K::BackLight, 8.0, "1/8"),
            (K::Blur, 0.04, "4 %"),
            (K::Rotation, 20.0, "20°"),
            (K::Noise, 62.5, "62.5 e⁻"),
        ] {
            assert_eq!(kind.label(level), label);
        }
    }

    #[test]
    fn names_are_those_of_the_files_and_levels_lie_in_their_ranges() {
        for kind in K::ALL {
            assert_eq!(K::named(kind.name()).unwrap(), kind);
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            let (least, most) = kind.range();
            assert!(kind.default_levels().iter().all(|level| (least..=most).contains(level)));
        }
        assert!(K::named("rain").unwrap_err().next_step().unwrap().contains("occlusion"));
    }
}
