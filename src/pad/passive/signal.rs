//! The passive signals by name.

use serde::{Deserialize, Serialize};

/// One passive signal. docs/PASSIVE.md says what each can and cannot see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Signal {
    /// A peak in the face's spectrum: the grid of a screen, or moiré. In dB.
    PeriodicPattern,
    /// Two peaks at a right angle: the dots of a print. In dB.
    Halftone,
    /// Traces of an earlier JPEG on another grid. A share of 1.
    SecondCompression,
    /// More light than its noise allows. In dB.
    MissingNoise,
    /// Straight lines around the face that belong together. In sizes of the face.
    BorderLines,
    /// Colours that fill little of the gamut. In dB.
    FlatColours,
    /// White patches with hard edges on the face. In per cent of its box.
    Glare,
    /// The optional network's estimate that the face is not live. A probability.
    Network,
}

impl Signal {
    /// All signals, in the order of records.
    pub const ALL: [Signal; 8] = [
        Signal::PeriodicPattern,
        Signal::Halftone,
        Signal::SecondCompression,
        Signal::MissingNoise,
        Signal::BorderLines,
        Signal::FlatColours,
        Signal::Glare,
        Signal::Network,
    ];

    /// The name in records and policies.
    pub fn name(self) -> &'static str {
        match self {
            Signal::PeriodicPattern => "periodic_pattern",
            Signal::Halftone => "halftone",
            Signal::SecondCompression => "second_compression",
            Signal::MissingNoise => "missing_noise",
            Signal::BorderLines => "border_lines",
            Signal::FlatColours => "flat_colours",
            Signal::Glare => "glare",
            Signal::Network => "network",
        }
    }

    /// The unit of value, limit and jitter.
    pub fn unit(self) -> &'static str {
        match self {
            Signal::PeriodicPattern
            | Signal::Halftone
            | Signal::MissingNoise
            | Signal::FlatColours => "dB",
            Signal::SecondCompression => "share",
            Signal::BorderLines => "face sizes",
            Signal::Glare => "% of the box",
            Signal::Network => "probability",
        }
    }
}

impl std::fmt::Display for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
