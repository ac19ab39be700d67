//! `suspects.html`: the suspected pairs side by side, for a person to judge.
//!
//! One file without a request. It can be read without scripts; with them it saves the verdicts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write as _;
use std::io::Write;

use image::RgbImage;

use super::data_uri;
use super::suspects::{Suspect, SuspectKind};
use super::verdicts::{COLUMNS, DataRow, Verdict, Verdicts, fields, photo};
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch_core::spreadsheet::write_row;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Writes the page. `crop` gives the aligned crop of a row, or `None` where there is none to show;
/// it is asked for both rows of each suspect in turn, so that crops need not be kept.
///
/// The page holds photos of people, and says so.
///
/// # Errors
/// `InvalidArgument` where a suspect's row is not in the data; `Io` where a crop can't be encoded
/// or `out` takes no more.
pub fn write_page(
    mut out: impl Write,
    suspects: &[Suspect],
    data: &[DataRow<'_>],
    known: &Verdicts,
    mut crop: impl FnMut(u32) -> Option<RgbImage>,
) -> Result<()> {
    let mut write = |text: &str| out.write_all(text.as_bytes()).map_err(unwritten);
    write(&head(suspects.len()))?;
    for (at, suspect) in suspects.iter().enumerate() {
        let verdict = known.get(suspect.a, suspect.b);
        let photos = [suspect.a, suspect.b].map(|row| (row, crop(row)));
        write(&card(at + 1, suspect, data, verdict, &photos)?)?;
    }
    write(&foot())
}

fn unwritten(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Io, Stage::Export, "the page of suspects could not be written")
        .caused_by(cause)
}

/// All before the first suspect.
fn head(count: usize) -> String {
    // The page names its one script by digest, so that nothing else in it could ever run.
    let script = STANDARD.encode(Digest::of(SCRIPT.as_bytes()).as_bytes());
    let pairs = if count == 1 { "1 pair".to_owned() } else { format!("{count} pairs") };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{script}'\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>Suspected label errors</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>Suspected label errors</h1>\n\
         <p class=\"note\"><strong>This page holds photos of people: keep it on this machine, \
         delete it when done.</strong></p>\n\
         <p>{pairs} whose score does not fit the names in the data, the least fitting first. \
         Look at the faces and say what you see; a score is no proof. Where you cannot tell, say \
         so.</p>\n\
         <ul>\n<li><strong>Same person</strong> under two names: no pair between the two names is \
         counted in the corrected rates.</li>\n\
         <li><strong>Different people</strong> under one name: that one pair is not counted.</li>\n\
         </ul>\n<p class=\"quiet\">The rates are reported both with and without these pairs.</p>\n\
         <noscript><p class=\"note\">Scripts are off, so that this page cannot save: fill in the \
         column <code>verdict</code> of <code>suspects.csv</code> instead, with \
         <code>same_person</code>, <code>different_people</code> or <code>unsure</code>.</p>\
         </noscript>\n</header>\n<main>\n<form data-csv=\"{}\">\n<ol class=\"suspects\">\n",
        COLUMNS.join(",")
    )
}

/// One suspect. `photos` are its two rows with their crops.
fn card(
    number: usize,
    suspect: &Suspect,
    data: &[DataRow<'_>],
    verdict: Option<Verdict>,
    photos: &[(u32, Option<RgbImage>); 2],
) -> Result<String> {
    let (names, beyond) = match suspect.kind {
        SuspectKind::NonmatedAbove => ("Two names, one person?", "above"),
        SuspectKind::MatedBelow => ("One name, two people?", "below"),
    };
    let mut html = format!(
        "<li class=\"suspect\" data-csv=\"{}\">\n<h2 id=\"s{number}\">{number}. {}</h2>\n\
         <p class=\"quiet\">Score {}, {beyond} the limit of {}</p>\n\
         <div class=\"look\"><div class=\"photos\">\n",
        escape(&csv_line(&fields(suspect, data)?)?),
        names,
        score(suspect.score),
        score(suspect.limit)
    );
    for (row, crop) in photos {
        let DataRow { path, subject } = photo(*row, data)?;
        let picture = match crop {
            Some(crop) => {
                let uri = data_uri::jpeg(crop).map_err(unwritten)?;
                let (width, height) = crop.dimensions();
                format!(
                    "<img src=\"{uri}\" alt=\"Aligned face from {}\" width=\"{width}\" \
                     height=\"{height}\" loading=\"lazy\">",
                    escape(path)
                )
            }
            None => "<div class=\"none\">no crop to show</div>".to_owned(),
        };
        // Writing to a String can't fail.
        let _ = writeln!(
            html,
            "<figure>{picture}<figcaption><strong>{}</strong><span>{}</span></figcaption></figure>",
            escape(subject),
            escape(path)
        );
    }
    let _ = writeln!(
        html,
        "</div>\n<fieldset aria-describedby=\"s{number}\"><legend>What do they show?</legend>"
    );
    let choices = Verdict::ALL.map(|verdict| (Some(verdict), label(verdict)));
    for (choice, text) in choices.into_iter().chain([(None, "Not judged")]) {
        let checked = if choice == verdict { " checked" } else { "" };
        let _ = writeln!(
            html,
            "<label><input type=\"radio\" name=\"v{number}\" value=\"{}\"{checked}>{text}</label>",
            choice.map_or("", Verdict::word)
        );
    }
    html.push_str("</fieldset></div>\n</li>\n");
    Ok(html)
}

/// All after the last suspect.
fn foot() -> String {
    format!(
        "</ol>\n<div class=\"save\" hidden><button type=\"submit\">Save suspects.csv</button>\
         <p class=\"quiet\" id=\"progress\" role=\"status\"></p></div>\n</form>\n</main>\n\
         <footer><p class=\"quiet\">Put the saved <code>suspects.csv</code> in the place of the \
         one beside this page.</p></footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

fn label(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::SamePerson => "Same person",
        Verdict::DifferentPeople => "Different people",
        Verdict::Unsure => "Cannot tell",
    }
}

/// A score as it is read, with a true minus sign.
fn score(score: f32) -> String {
    format!("{score:.3}").replace('-', "\u{2212}")
}

/// Fields as one line of CSV, quoted where need be, without the line's end.
fn csv_line(fields: &[String]) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    write_row(&mut writer, fields).map_err(unwritten)?;
    let bytes = writer.into_inner().map_err(|error| unwritten(error.into_error()))?;
    let line = String::from_utf8(bytes).map_err(unwritten)?;
    Ok(line.trim_end_matches('\n').to_owned())
}

/// Text that can stand in HTML and in attributes.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // A line end in a name must come through unchanged: it is part of the row to be saved.
            '\n' => safe.push_str("&#10;"),
            '\r' => safe.push_str("&#13;"),
            c if c.is_control() && c != '\t' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}
