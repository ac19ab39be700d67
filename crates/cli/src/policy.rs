//! The policy under which a command acquires and decides.

use std::path::Path;

use super::gate::GateArgument;
use evenmatch::Policy;
use evenmatch_core::Result;

/// The policy from a file, or the default policy, with the gate from the command line.
pub(super) fn read(path: Option<&Path>, gate: Option<GateArgument>) -> Result<Policy> {
    let mut policy = path.map_or_else(|| Ok(Policy::default()), Policy::from_path)?;
    policy.gate = gate.map_or(policy.gate, Into::into);
    Ok(policy)
}
