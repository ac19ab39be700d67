//! `evenmatch completions`: scripts by which a shell completes commands and options.

use std::io::Write;

use clap::{Args, Command};
use clap_complete::Shell;

use super::exit::Exit;

const EXAMPLES: &str = "\
Examples:
  evenmatch completions bash > ~/.local/share/bash-completion/completions/evenmatch
  evenmatch completions zsh > ~/.zfunc/_evenmatch
  evenmatch completions fish > ~/.config/fish/completions/evenmatch.fish";

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompletionsArguments {
    /// The shell that reads the script
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script that completes this command.
pub(crate) fn run(arguments: &CompletionsArguments, mut command: Command) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "evenmatch", &mut script);
    super::terminal::data().write_all(&script)?;
    Ok(Exit::Done)
}
