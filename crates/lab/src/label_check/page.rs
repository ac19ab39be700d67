//! `suspects.html`: the suspected pairs side by side, for a person to judge.
//!
//! One file that makes no request. It can be read without scripts; with them it saves the verdicts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::Write;

use image::RgbImage;
use maud::{DOCTYPE, Markup, PreEscaped, Render, html};

use super::data_uri;
use super::suspects::{Suspect, SuspectKind};
use super::verdicts::{COLUMNS, DataRow, Verdict, Verdicts, fields, photo};
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch_core::spreadsheet::write_row;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Writes the page. `crop` gives the aligned crop of a row, or `None` where there is none; it is
/// called for both rows of each suspect in turn, so that the caller need not keep the crops.
///
/// The page contains photos of people, and says so.
///
/// # Errors
/// `InvalidArgument` where a suspect's row is not in the data; `Io` where a crop cannot be encoded
/// or `out` cannot be written.
pub fn write_page(
    mut out: impl Write,
    suspects: &[Suspect],
    data: &[DataRow<'_>],
    known: &Verdicts,
    mut crop: impl FnMut(u32) -> Option<RgbImage>,
) -> Result<()> {
    let mut cards = Vec::with_capacity(suspects.len());
    for (at, suspect) in suspects.iter().enumerate() {
        let verdict = known.get(suspect.a, suspect.b);
        let photos = [suspect.a, suspect.b].map(|row| (row, crop(row)));
        cards.push(card(at + 1, suspect, data, verdict, &photos)?);
    }
    out.write_all(page(&cards).0.as_bytes()).and_then(|()| out.write_all(b"\n")).map_err(unwritten)
}

fn unwritten(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Io, Stage::Export, "the page of suspects could not be written")
        .caused_by(cause)
}

/// The whole page.
fn page(cards: &[Markup]) -> Markup {
    // The page names its one script by digest, so that nothing else in it could ever run.
    let script = STANDARD.encode(Digest::of(SCRIPT.as_bytes()).as_bytes());
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content={
                    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
                    "script-src 'sha256-" (script) "'"
                };
                meta name="robots" content="noindex";
                link rel="icon" href="data:,";
                title { "Suspected label errors" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (head(cards.len()))
                main {
                    form data-csv=(COLUMNS.join(",")) {
                        ol class="suspects" { @for card in cards { (card) "\n" } }
                        div class="save" hidden {
                            button type="submit" { "Save suspects.csv" }
                            p class="quiet" id="progress" role="status" {}
                        }
                    }
                }
                footer {
                    p class="quiet" {
                        "Replace the " code { "suspects.csv" }
                        " beside this page with the one that you saved."
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

/// All before the first suspect.
fn head(count: usize) -> Markup {
    let (pairs, do_not_fit) = match count {
        1 => ("1 pair".to_owned(), "has a score that does not fit"),
        _ => (format!("{count} pairs"), "have a score that does not fit"),
    };
    html! {
        header {
            h1 { "Suspected label errors" }
            p class="note" {
                strong {
                    "This page contains photos of people: keep it on this computer, and delete it \
                     when you are done."
                }
            }
            p {
                (pairs) " " (do_not_fit) " the names in the data; the worst fit comes first. Look \
                at the faces and say what you see: a score is not proof. If you cannot tell, say \
                so."
            }
            ul {
                li {
                    strong { "Same person" }
                    " under two names: no pair between the two names is counted in the corrected \
                     rates."
                }
                li {
                    strong { "Different people" }
                    " under one name: only that pair is not counted."
                }
            }
            p class="quiet" { "The report has the rates both with and without these pairs." }
            noscript {
                p class="note" {
                    "Scripts are off, so this page cannot save: fill in the column "
                    code { "verdict" } " of " code { "suspects.csv" } " instead, with "
                    code { "same_person" } ", " code { "different_people" } " or "
                    code { "unsure" } "."
                }
            }
        }
    }
}

/// One suspect. `photos` are its two rows with their crops.
fn card(
    number: usize,
    suspect: &Suspect,
    data: &[DataRow<'_>],
    verdict: Option<Verdict>,
    photos: &[(u32, Option<RgbImage>); 2],
) -> Result<Markup> {
    let (names, beyond) = match suspect.kind {
        SuspectKind::NonmatedAbove => ("Two names, one person?", "above"),
        SuspectKind::MatedBelow => ("One name, two people?", "below"),
    };
    let line = csv_line(&fields(suspect, data)?)?;
    let [(a, a_crop), (b, b_crop)] = photos;
    let figures = [figure(*a, a_crop.as_ref(), data)?, figure(*b, b_crop.as_ref(), data)?];
    let choices = Verdict::ALL.map(|verdict| (Some(verdict), label(verdict)));
    Ok(html! {
        li class="suspect" data-csv=(Verbatim(&line)) {
            h2 id={ "s" (number) } { (number) ". " (names) }
            p class="quiet" {
                "Similarity " (score(suspect.score)) ", " (beyond) " the threshold of "
                (score(suspect.limit))
            }
            div class="look" {
                div class="photos" { @for figure in figures { (figure) } }
                fieldset aria-describedby={ "s" (number) } {
                    legend { "What do the photos show?" }
                    @for (choice, text) in choices.into_iter().chain([(None, "Not judged")]) {
                        label {
                            input type="radio" name={ "v" (number) }
                                value=(choice.map_or("", Verdict::word))
                                checked[choice == verdict];
                            (text)
                        }
                    }
                }
            }
        }
    })
}

/// One photo with its name and its path.
fn figure(row: u32, crop: Option<&RgbImage>, data: &[DataRow<'_>]) -> Result<Markup> {
    let DataRow { path, subject } = photo(row, data)?;
    let shown = match crop {
        Some(crop) => {
            let (width, height) = crop.dimensions();
            html! {
                img src=(data_uri::jpeg(crop).map_err(unwritten)?)
                    alt={ "Aligned face from " (Verbatim(path)) } width=(width) height=(height)
                    loading="lazy";
            }
        }
        None => html! { div class="none" { "No face to show" } },
    };
    Ok(html! {
        figure {
            (shown)
            figcaption { strong { (Verbatim(subject)) } span { (Verbatim(path)) } }
        }
    })
}

fn label(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::SamePerson => "Same person",
        Verdict::DifferentPeople => "Different people",
        Verdict::Unsure => "Cannot tell",
    }
}

/// A score for people, with a true minus sign.
fn score(score: f32) -> String {
    format!("{score:.3}").replace('-', "\u{2212}")
}

/// Fields as one line of CSV, quoted where necessary, without a line end.
fn csv_line(fields: &[String]) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    write_row(&mut writer, fields).map_err(unwritten)?;
    let bytes = writer.into_inner().map_err(|error| unwritten(error.into_error()))?;
    let line = String::from_utf8(bytes).map_err(unwritten)?;
    Ok(line.trim_end_matches('\n').to_owned())
}

/// Text that must come through unchanged, since it is part of the row to be saved.
struct Verbatim<'a>(&'a str);

impl Render for Verbatim<'_> {
    fn render_to(&self, out: &mut String) {
        let harmful = |c: char| c.is_control() && c != '\t' && c != '\n';
        for (at, line) in self.0.split('\r').enumerate() {
            // Whoever reads HTML takes a bare carriage return for a line feed.
            out.push_str(if at > 0 { "&#13;" } else { "" });
            line.replace(harmful, "\u{fffd}").render_to(out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_line_ends_and_cannot_become_markup() {
        let name = Verbatim("a\r\n\"><script>\u{7}").render();
        assert_eq!(name.0, "a&#13;\n&quot;&gt;&lt;script&gt;\u{fffd}");
    }
}
