//! The policy under which a command acquires and decides.

use std::path::Path;

use super::gate::GateArgument;
use super::templates::TemplatesArgument;
use evenmatch::Policy;
use evenmatch_core::Result;

/// The policy from a file, or the default policy, with the gate and the form of templates from the
/// command line.
pub(super) fn read(
    path: Option<&Path>,
    gate: Option<GateArgument>,
    templates: Option<TemplatesArgument>,
) -> Result<Policy> {
    let mut policy = path.map_or_else(|| Ok(Policy::default()), Policy::from_path)?;
    policy.gate = gate.map_or(policy.gate, Into::into);
    policy.templates = templates.map(Into::into).or(policy.templates);
    Ok(policy)
}
