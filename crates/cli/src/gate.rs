//! The option `--gate`, which takes precedence over the policy file.

use clap::ValueEnum;

use evenmatch::quality::Gate;

/// What to do with photos of poor quality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GateArgument {
    /// Measure nothing
    Off,
    /// Say what to change, and compare anyway
    Advise,
    /// Refuse photos that fall short
    Enforce,
}

impl From<GateArgument> for Gate {
    fn from(argument: GateArgument) -> Self {
        match argument {
            GateArgument::Off => Gate::Off,
            GateArgument::Advise => Gate::Advise,
            GateArgument::Enforce => Gate::Enforce,
        }
    }
}
