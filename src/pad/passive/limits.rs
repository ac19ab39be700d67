//! The limit from which each signal indicates an attack, and which signals may deny.

use serde::{Deserialize, Serialize};

use super::Signal;
use crate::{Error, ErrorKind, Result, Stage};

/// Limits of the passive signals: the table `[passive]` of a policy. docs/PASSIVE.md has the
/// measurements behind the defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PassiveLimits {
    /// The signals that may deny, if they see an attack at every position of the box. All others
    /// only ask for more evidence; the network cannot be among these.
    pub deny: Vec<Signal>,
    /// The limit of [`Signal::PeriodicPattern`], in dB.
    pub periodic_pattern: f32,
    /// The limit of [`Signal::Halftone`], in dB.
    pub halftone: f32,
    /// The limit of [`Signal::SecondCompression`], a share of 1.
    pub second_compression: f32,
    /// The limit of [`Signal::MissingNoise`], in dB.
    pub missing_noise: f32,
    /// The limit of [`Signal::BorderLines`], in sizes of the face.
    pub border_lines: f32,
    /// The limit of [`Signal::FlatColours`], in dB.
    pub flat_colours: f32,
    /// The limit of [`Signal::Glare`], in per cent of the box.
    pub glare: f32,
    /// Whether to use the optional network; it has to be fetched by its name.
    pub use_network: bool,
    /// The limit of [`Signal::Network`], a probability.
    pub network: f32,
}

impl Default for PassiveLimits {
    fn default() -> Self {
        PassiveLimits {
            deny: vec![Signal::PeriodicPattern, Signal::Halftone],
            periodic_pattern: 14.0,
            halftone: 10.0,
            second_compression: 0.25,
            missing_noise: 52.0,
            border_lines: 0.9,
            flat_colours: 28.0,
            glare: 4.0,
            use_network: false,
            network: 0.9,
        }
    }
}

impl PassiveLimits {
    /// The limit of a signal, in its unit.
    pub fn limit(&self, signal: Signal) -> f32 {
        match signal {
            Signal::PeriodicPattern => self.periodic_pattern,
            Signal::Halftone => self.halftone,
            Signal::SecondCompression => self.second_compression,
            Signal::MissingNoise => self.missing_noise,
            Signal::BorderLines => self.border_lines,
            Signal::FlatColours => self.flat_colours,
            Signal::Glare => self.glare,
            Signal::Network => self.network,
        }
    }

    /// Refuses limits that are not positive numbers, and a network that denies.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`], naming the setting.
    pub fn check(&self) -> Result<()> {
        let refuse = |message: String, next: &str| {
            Err(Error::new(ErrorKind::InvalidArgument, Stage::Decide, message).next(next))
        };
        for signal in Signal::ALL {
            let limit = self.limit(signal);
            if !(limit.is_finite() && limit > 0.0) {
                let message =
                    format!("passive.{signal} is {limit}, which is not a positive number");
                return refuse(message, "set a limit above 0; a very large one is never reached");
            }
        }
        if self.deny.contains(&Signal::Network) {
            let message = "passive.deny lists the network, which may not deny".to_owned();
            return refuse(message, "remove it: its training data is not documented");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_limits_without_sense_and_a_network_that_denies() {
        assert!(PassiveLimits::default().check().is_ok());
        for glare in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            let error = PassiveLimits { glare, ..Default::default() }.check().unwrap_err();
            assert!(error.to_string().contains("passive.glare"), "{error}");
        }
        let deny = vec![Signal::Halftone, Signal::Network];
        let error = PassiveLimits { deny, ..Default::default() }.check().unwrap_err();
        assert!(error.to_string().contains("may not deny"), "{error}");
    }
}
