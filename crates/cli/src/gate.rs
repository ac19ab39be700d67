//! The option `--gate`, which goes before the policy file.

use clap::ValueEnum;

use evenmatch::quality::Gate;

/// What is done with photos of poor quality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GateArgument {
    /// Measure nothing
    Off,
    /// Say what to change; compare all the same
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
