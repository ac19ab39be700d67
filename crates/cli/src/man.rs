//! `evenmatch man`: manual pages, made from the definition of the commands.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::builder::Resettable;
use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::exit::Exit;
use evenmatch_core::{Shown, Stage, files};

const EXAMPLES: &str = "\
Examples:
  evenmatch man | man -l -
  evenmatch man --out ~/.local/share/man/man1";

/// Print the main manual page, or write all pages to a folder
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ManArguments {
    /// Write one page per command and subcommand into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints the main page of this command, or writes every page.
pub(crate) fn run(arguments: &ManArguments, command: Command) -> anyhow::Result<Exit> {
    // `help` explains the other commands, and has no page of its own.
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let Some(folder) = &arguments.out else {
        super::terminal::data().write_all(&page(&command)?)?;
        return Ok(Exit::Done);
    };
    files::create_folder(folder, Stage::Export)?;
    let written = write(&command, folder)?;
    eprintln!("{written} pages: {}", folder.shown());
    Ok(Exit::Done)
}

/// Writes the page of a command and those of its subcommands, and returns how many.
fn write(command: &Command, folder: &Path) -> anyhow::Result<usize> {
    let name = Man::new(command.clone()).get_filename();
    super::output_files::write_atomically(&folder.join(name), &page(command)?)?;
    let mut written = 1;
    for subcommand in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        written += write(subcommand, folder)?;
    }
    Ok(written)
}

/// One page. The examples are set line by line; `clap_mangen` would fill them into paragraphs.
fn page(command: &Command) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let source = concat!("evenmatch ", env!("CARGO_PKG_VERSION"));
    let plain = command.clone().after_help(Resettable::Reset);
    Man::new(plain).source(source).render(&mut page)?;
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let mut roff = Roff::default();
    let mut section = "";
    for paragraph in after.split("\n\n") {
        let mut lines: Vec<&str> = paragraph.lines().collect();
        let is_examples = lines.first().is_some_and(|line| line.starts_with("Example"));
        if is_examples {
            lines.remove(0);
        }
        if lines.is_empty() {
            continue;
        }
        let due = if is_examples { "EXAMPLES" } else { "NOTES" };
        match section == due {
            true => roff.control("PP", []),
            false => roff.control("SH", [due]),
        };
        section = due;
        let as_it_is = lines.iter().any(|line| line.starts_with(' '));
        if as_it_is {
            roff.control("nf", []);
        }
        for line in lines {
            roff.text([roman(line)]);
        }
        if as_it_is {
            roff.control("fi", []);
        }
    }
    page.extend_from_slice(roff.to_roff().as_bytes());
    Ok(page)
}
