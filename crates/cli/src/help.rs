//! `evenmatch --help`: the commands under headings.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{Command, CommandFactory, FromArgMatches};

use super::args::Arguments;
use super::exit::EXIT_ERROR;
use super::terminal;

/// The headings with their commands, in the order in which help lists them.
const GROUPS: [(&str, &[&str]); 7] = [
    ("Verify", &["verify", "detect", "capture-advice"]),
    ("Liveness", &["challenge", "pad-eval"]),
    (
        "People and decisions",
        &[
            "enrol",
            "list",
            "explain",
            "disclose",
            "appeal",
            "replay",
            "ledger",
            "forget",
            "receipt",
            "retention",
        ],
    ),
    ("Serve", &["serve", "link"]),
    ("Audit and calibrate", &["audit", "compare-audits", "plan", "calibrate", "stress"]),
    ("Many photos", &["batch", "embed", "crossmatch", "merge"]),
    ("Set-up", &["doctor", "models", "keys", "completions", "man", "help"]),
];

/// Where help lists a command that no heading names, so that it is never hidden.
const OTHER: &str = "Other";

/// The command line of [`Arguments`], whose help lists the commands under headings.
pub(super) fn command() -> Command {
    let command = Arguments::command();
    let header = *command.get_styles().get_header();
    let list = listing(&command);
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{list}\
         {header}Options:{header:#}\n{{options}}{{after-help}}"
    ))
}

/// Parses the arguments of this process.
pub(super) fn parse() -> Result<Arguments, clap::Error> {
    let mut command = command();
    let mut matches = command.try_get_matches_from_mut(std::env::args_os())?;
    Arguments::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

/// Prints help, which is not an error, or what is wrong with the arguments.
pub(super) fn show(error: &clap::Error) -> Option<ExitCode> {
    if !error.use_stderr() {
        // A reader such as `head` may close the pipe early; that is not an error.
        let mut out = terminal::data();
        return match std::io::stdout().is_terminal() {
            true => error
                .print()
                .and_then(|()| out.flush())
                .is_err()
                .then(|| ExitCode::from(EXIT_ERROR)),
            false => {
                let _ = out.write_all(error.to_string().as_bytes());
                None
            }
        };
    }
    let text = error.to_string();
    let _ = match terminal::visible(&text) {
        // Prints in colour on a terminal that has it.
        Cow::Borrowed(_) => error.print(),
        Cow::Owned(visible) => {
            eprintln!("{}", visible.trim_end());
            Ok(())
        }
    };
    Some(ExitCode::from(EXIT_ERROR))
}

/// Every command with its own summary, under its heading.
fn listing(command: &Command) -> String {
    let (header, literal) = (command.get_styles().get_header(), command.get_styles().get_literal());
    let rows = rows(command);
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut text = String::new();
    let headings = GROUPS.iter().map(|(heading, _)| *heading).chain([OTHER]);
    for heading in headings {
        let of_heading = |name: &str| heading_of(name) == heading;
        let mut here: Vec<_> = rows.iter().filter(|(name, _)| of_heading(name)).collect();
        here.sort_by_key(|(name, _)| place_of(name));
        if here.is_empty() {
            continue;
        }
        text += &format!("{header}{heading}:{header:#}\n");
        for (name, about) in here {
            text += &format!("  {literal}{name:width$}{literal:#}  {about}\n");
        }
        text.push('\n');
    }
    text
}

/// The visible commands with their summaries, `help` among them.
fn rows(command: &Command) -> Vec<(String, String)> {
    // Only a command that is built has its `help`.
    let mut built = command.clone();
    built.build();
    let visible = built.get_subcommands().filter(|one| !one.is_hide_set());
    let about = |one: &Command| one.get_about().map(ToString::to_string).unwrap_or_default();
    visible.map(|one| (one.get_name().to_owned(), about(one))).collect()
}

fn heading_of(name: &str) -> &'static str {
    GROUPS.iter().find(|(_, names)| names.contains(&name)).map_or(OTHER, |(heading, _)| heading)
}

/// Where in its heading a command is listed.
fn place_of(name: &str) -> Option<usize> {
    GROUPS.iter().find_map(|(_, names)| names.iter().position(|one| *one == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_one_heading() {
        let rows = rows(&Arguments::command());
        for (name, _) in &rows {
            let headings = GROUPS.iter().filter(|(_, names)| names.contains(&name.as_str()));
            assert_eq!(headings.count(), 1, "give `{name}` a heading in GROUPS");
        }
        for name in GROUPS.iter().flat_map(|(_, names)| *names) {
            assert!(rows.iter().any(|(known, _)| known == name), "there is no command `{name}`");
        }
    }

    #[test]
    fn help_lists_every_command_with_its_summary_in_80_columns() {
        let help = command().render_help().to_string();
        for (name, about) in rows(&Arguments::command()) {
            let listed = |line: &&str| line.trim_start().starts_with(&format!("{name} "));
            let lines: Vec<&str> = help.lines().filter(listed).collect();
            assert!(matches!(lines[..], [line] if line.ends_with(&about)), "{name}: {lines:?}");
            assert!(lines[0].chars().count() <= 80, "{}: shorten its summary", lines[0]);
            assert!(!about.is_empty() && !about.contains(['{', '}']), "{name}: {about}");
        }
        assert!(!help.contains("Commands:") && help.contains("\nOptions:\n"), "{help}");
    }

    #[test]
    fn every_command_has_examples() {
        for command in command().get_subcommands() {
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let name = command.get_name();
            assert!(after.contains("Example") && after.contains(&format!("evenmatch {name}")));
        }
    }

    #[test]
    fn the_definition_is_sound() {
        command().debug_assert();
    }
}
