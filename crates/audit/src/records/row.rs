//! One row of text to one row of a batch, with every check that needs only this row.

use xxhash_rust::xxh3::xxh3_64;

use super::batch::{Mating, PadOutcome, Split};
use super::layout::Layout;
use super::pair_check::PairMark;
use super::parsed::{Parsed, Tables};
use super::row_codes::{code_from_one, group, group_code, no_subject, subjects};
use super::words;
use crate::{Error, Result};
use evenmatch_core::spreadsheet::original;

/// Turns rows of text into a batch.
pub(super) struct RowParser<'a> {
    pub(super) layout: &'a Layout,
    pub(super) tables: &'a mut Tables,
    pub(super) parsed: &'a mut Parsed,
}

impl RowParser<'_> {
    /// Adds one row. `line` is its 1-based line (or row), for messages.
    pub(super) fn push(&mut self, fields: &[&str], line: u64) -> Result<()> {
        let layout = self.layout;
        if fields.len() != layout.names.len() {
            return Err(layout
                .fault(
                    line,
                    fields.len().min(layout.names.len()),
                    format!(
                        "{} fields, but there are {} columns",
                        fields.len(),
                        layout.names.len()
                    ),
                )
                .next(
                    "put double quotes around a value that contains a comma; keep the comma of a \
                     field without a value",
                ));
        }
        let field = |column: Option<usize>| column.map_or("", |column| fields[column].trim_ascii());
        let name = |column: Option<usize>| original(field(column));

        let probe_id = name(layout.probe_id);
        let reference_id = name(layout.reference_id);
        let mut probe_subject = name(layout.probe_subject);
        let mut reference_subject = name(layout.reference_subject);
        let mut species = words::species(name(layout.species));
        if layout.manners.subject_is_folder {
            probe_subject = words::folder(probe_id).unwrap_or(probe_subject);
            reference_subject = words::folder(reference_id).unwrap_or(reference_subject);
        }
        if let Some(labels) = layout.labels.as_ref().filter(|labels| labels.names_subjects()) {
            probe_subject = labels.subject(probe_id);
            reference_subject = labels.subject(reference_id);
        }
        if layout.manners.attack_in_subject
            && let Some(kind) = words::attack_of_subject(probe_subject)
        {
            species = Some(kind);
        }

        let pad_outcome = self.pad_outcome(field(layout.pad_outcome), line)?;
        let (score, failure) = self.score_or_failure(fields, line)?;
        let mating = self.mating(
            fields,
            (probe_subject, reference_subject),
            species.is_some(),
            (score.is_nan() && pad_outcome != PadOutcome::NotChecked, failure.is_some()),
            line,
        )?;
        let asked = mating != Mating::Unstated || pad_outcome == PadOutcome::NotChecked;
        if score.is_nan() && failure.is_none() && asked {
            let column = layout.score.or(layout.pad_outcome).unwrap_or(0);
            return Err(layout
                .fault(line, column, "neither a score nor a failure".into())
                .next("if nothing was compared, say why in the column `failure`"));
        }

        // Everything fits: from here on only the batch changes.
        let subjects = subjects(
            layout,
            &mut self.tables.subjects,
            (probe_id, reference_id),
            (probe_subject, reference_subject),
            mating,
            line,
        )?;
        for (attribute, columns) in layout.attributes.iter().enumerate() {
            let (table, odd) =
                (&mut self.tables.groups[attribute], &mut self.parsed.odd[attribute]);
            let name = group(layout, columns, columns.probe, fields, probe_subject, probe_id);
            let probe = group_code(table, odd, name, line);
            let name =
                group(layout, columns, columns.reference, fields, reference_subject, reference_id);
            let reference = group_code(table, odd, name, line);
            self.parsed.batch.probe_group[attribute].push(probe);
            self.parsed.batch.reference_group[attribute].push(reference);
        }
        if layout.probe_id.is_some() && mating != Mating::Unstated {
            if probe_id == reference_id && mating == Mating::Mated {
                self.parsed.self_comparisons.note(line);
            }
            let outcome = match failure {
                None => score.to_bits(),
                Some(name) => !xxh3_64(name.as_bytes()),
            };
            self.parsed.marks.push(PairMark::new(
                line,
                (probe_id, reference_id),
                (probe_subject, reference_subject),
                mating == Mating::Mated,
                outcome,
            ));
        }
        let failure = match failure {
            Some(name) => code_from_one(layout, self.tables, true, name, line)?,
            None => 0,
        };
        let has_species = layout.species.is_some() || layout.manners.attack_in_subject;
        if has_species {
            let species = match species {
                Some(name) => code_from_one(layout, self.tables, false, name, line)?,
                None => 0,
            };
            self.parsed.batch.species.push(species);
        }
        let split = match field(layout.split) {
            text if words::missing(text) => Split::None,
            "tune" => Split::Tune,
            "report" => Split::Report,
            other => {
                return Err(self
                    .unknown(line, layout.split, other)
                    .next("write `tune`, `report` or nothing"));
            }
        };
        if layout.attempt.is_some() {
            let attempt = match field(layout.attempt) {
                text if words::missing(text) => 0,
                text => {
                    let whole = words::whole(text);
                    whole.parse::<u8>().ok().filter(|&attempt| attempt > 0).ok_or_else(|| {
                        self.unknown(line, layout.attempt, text)
                            .next("number attempts from 1 to 255")
                    })?
                }
            };
            self.parsed.batch.attempt.push(attempt);
        }
        if layout.pad_score.is_some() {
            let pad_score = match field(layout.pad_score) {
                text if words::missing(text) => f64::NAN,
                text => self.number(line, layout.pad_score, 1, text)?,
            };
            self.parsed.batch.pad_score.push(pad_score);
        }
        let batch = &mut self.parsed.batch;
        if layout.pad_outcome.is_some() {
            batch.pad_outcome.push(pad_outcome);
        }
        batch.probe_subject.push(subjects.0);
        batch.reference_subject.push(subjects.1);
        batch.mating.push(mating);
        batch.score.push(score);
        batch.failure.push(failure);
        batch.split.push(split);
        batch.line.push(line);
        Ok(())
    }

    fn pad_outcome(&self, text: &str, line: u64) -> Result<PadOutcome> {
        Ok(match text {
            "not_checked" => PadOutcome::NotChecked,
            text if words::missing(text) => PadOutcome::NotChecked,
            "pass" | "bona_fide" => PadOutcome::Pass,
            "fail" | "attack" => PadOutcome::Fail,
            "inconclusive" | "non_response" => PadOutcome::NonResponse,
            other => {
                return Err(self
                    .unknown(line, self.layout.pad_outcome, other)
                    .next("write `pass`, `fail`, `inconclusive`, `not_checked` or nothing"));
            }
        })
    }

    /// The score, NaN if there is none, and the name of the failure.
    fn score_or_failure<'t>(
        &mut self,
        fields: &[&'t str],
        line: u64,
    ) -> Result<(f64, Option<&'t str>)> {
        let layout = self.layout;
        let field = |column: Option<usize>| column.map_or("", |column| fields[column].trim_ascii());
        let text = field(layout.score);
        let mut failure =
            Some(original(field(layout.failure))).filter(|name| !words::missing(name));
        if let Some(code) = Some(field(layout.return_code)).filter(|code| !words::missing(code)) {
            match words::whole(code).parse::<i64>() {
                Ok(0) => {}
                // The driver writes a score of −1 beside a code other than 0.
                Ok(_) => return Ok((f64::NAN, failure.or(Some("return_code")))),
                Err(_) => {
                    return Err(self
                        .unknown(line, layout.return_code, code)
                        .next("write a return code as a whole number, 0 for success"));
                }
            }
        }
        // A score of NaN alone is an error: nothing says why there is no score.
        let absent = text.is_empty()
            || (words::missing(text)
                && (failure.is_some()
                    || layout.manners.nan_is_failure
                    || !text.eq_ignore_ascii_case("nan")));
        if absent {
            let nan = text.eq_ignore_ascii_case("nan");
            if layout.manners.nan_is_failure && failure.is_none() && nan {
                failure = Some("failure_to_acquire");
            }
            return Ok((f64::NAN, failure));
        }
        let score = self.number(line, layout.score, 0, text)?;
        if let Some(name) = failure {
            let column = layout.failure.or(layout.return_code).unwrap_or(0);
            return Err(layout
                .fault(line, column, format!("both a score ({text}) and a failure (`{name}`)"))
                .next(
                    "leave the score empty if nothing was compared, otherwise leave the failure \
                     empty",
                ));
        }
        Ok((if layout.negate_score { 0.0 - score } else { score }, None))
    }

    /// A finite number. `kind` is its index in [`Parsed::decimals`].
    fn number(&mut self, line: u64, column: Option<usize>, kind: usize, text: &str) -> Result<f64> {
        let index = column.unwrap_or(0);
        let mut number = text.parse::<f64>();
        if self.layout.decimal_comma {
            let [comma, point] = &mut self.parsed.decimals[kind];
            if number.is_ok() {
                if text.contains('.') {
                    point.get_or_insert(line);
                }
            } else if let Some(with_comma) = words::decimal_comma(text) {
                comma.get_or_insert(line);
                number = Ok(with_comma);
            }
        }
        let name = self.layout.name(index);
        match number {
            // +0 and −0 are one score.
            Ok(number) if number.is_finite() => Ok(number + 0.0),
            Ok(number) if number.is_nan() => Err(self
                .layout
                .fault(line, index, format!("`{name}` is NaN, which is not a number"))
                .next("if nothing was compared, leave the score empty and say why in `failure`")),
            Ok(_) => Err(self
                .layout
                .fault(
                    line,
                    index,
                    format!("`{name}` is infinite or too large: {}", words::quoted(text)),
                )
                .next("write finite scores only")),
            Err(_) => Err(self
                .layout
                .fault(line, index, format!("`{name}` is not a number: {}", words::quoted(text)))
                .next(
                    "write numbers like 0.4375, with a point and without separators; decimal \
                     commas are read if `;` separates the fields",
                )),
        }
    }

    fn unknown(&self, line: u64, column: Option<usize>, text: &str) -> Error {
        let index = column.unwrap_or(0);
        let name = self.layout.name(index);
        self.layout.fault(
            line,
            index,
            format!("unknown value of `{name}`: {}", words::quoted(text)),
        )
    }

    fn mating(
        &self,
        fields: &[&str],
        subjects: (&str, &str),
        attack: bool,
        (judged_alone, failed): (bool, bool),
        line: u64,
    ) -> Result<Mating> {
        let layout = self.layout;
        let known = !subjects.0.is_empty() && !subjects.1.is_empty();
        let stated = match layout.mated {
            Some(column) => {
                match words::mated(fields[column].trim_ascii()) {
                    Ok(stated) => stated,
                    Err(()) => {
                        return Err(self
                        .unknown(line, layout.mated, fields[column].trim_ascii())
                        .next("write 1 for two samples of one person and 0 for samples of two people"));
                    }
                }
            }
            None => None,
        };
        let Some(mated) = stated else {
            // A bona fide presentation that claims no identity, acquired or not. If people are
            // inferred for the missing column, a failure between two of them is theirs.
            let by_people = failed && layout.mated.is_none() && known;
            if attack || judged_alone && !by_people {
                return Ok(Mating::Unstated);
            }
            if layout.mated.is_none() && !known && layout.names_subjects() {
                return Err(no_subject(layout, subjects, line));
            }
            if layout.mated.is_none() && known {
                let same = subjects.0 == subjects.1;
                return Ok(if same { Mating::Mated } else { Mating::NonMated });
            }
            let column = layout.mated.or(layout.probe_subject).unwrap_or(0);
            return Err(layout
                .fault(line, column, "the row does not say whether the pair is mated".into())
                .next(
                    "write 1 (same person) or 0 (two people); only attack rows may leave it empty",
                ));
        };
        if known && mated != (subjects.0 == subjects.1) {
            let message = if mated {
                format!(
                    "marked mated, but the subjects differ: `{}` and `{}`",
                    words::shortened(subjects.0),
                    words::shortened(subjects.1)
                )
            } else {
                format!(
                    "marked non-mated, but both samples show `{}`",
                    words::shortened(subjects.0)
                )
            };
            return Err(layout.fault(line, layout.mated.unwrap_or(0), message).next(
                "correct the label or the subject; a wrong label counts as an error of the system",
            ));
        }
        Ok(if mated { Mating::Mated } else { Mating::NonMated })
    }
}
