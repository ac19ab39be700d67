//! `rates.csv`: every rate and differential, one a row, for spreadsheets and scripts.

use std::io::{self, Write};

use super::{Exporter, text};
use crate::audit::{AuditReport, Differential, Funnel, OperatingPointReport, RateCell};

/// Writes one row a number. Fractions are written with all their digits.
#[derive(Debug, Clone, Copy, Default)]
pub struct CsvExporter;

const HEADER: [&str; 15] = [
    "target_fmr",
    "threshold",
    "attribute",
    "group",
    "other_group",
    "measure",
    "errors",
    "trials",
    "value",
    "low",
    "high",
    "n_eff",
    "p_value",
    "p_holm",
    "method",
];

impl Exporter for CsvExporter {
    fn export(&self, report: &AuditReport, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows(csv::Writer::from_writer(out));
        rows.0.write_record(HEADER)?;
        if let Some(acquisition) = &report.acquisition {
            rows.acquisition("overall", "", &acquisition.overall)?;
            for (attribute, groups) in &acquisition.attributes {
                for (group, funnel) in groups {
                    rows.acquisition(attribute, group, funnel)?;
                }
            }
        }
        for point in &report.operating_points {
            for (name, cell) in text::rates(&point.overall) {
                rows.rate(Some(point), ["overall", "", "", name], cell)?;
            }
            for (attribute, of) in &point.attributes {
                for (group, of_group) in &of.groups {
                    for (name, cell) in text::rates(&of_group.rates) {
                        rows.rate(Some(point), [attribute, group, "", name], cell)?;
                    }
                    let funnel = &of_group.funnel;
                    for stage in &funnel.stages {
                        let name = format!("lost_at_{}", stage.stage);
                        rows.rate(Some(point), [attribute, group, "", &name], &stage.lost)?;
                    }
                    rows.rate(Some(point), [attribute, group, "", "denied"], &funnel.denied)?;
                    rows.rate(
                        Some(point),
                        [attribute, group, "", "denied_always"],
                        &funnel.denied_always,
                    )?;
                }
                let cross = &of.cross_cohort;
                for (i, (group, row)) in cross.groups.iter().zip(&cross.fmr).enumerate() {
                    // The matrix is symmetric.
                    for (other, cell) in cross.groups.iter().zip(row).skip(i + 1) {
                        if let Some(cell) = cell {
                            rows.rate(Some(point), [attribute, group, other, "cross_fmr"], cell)?;
                        }
                    }
                }
                for (error, all) in text::error_types(&of.differentials) {
                    for (key, _, measure) in text::measures(all) {
                        if let Some(measure) = measure {
                            rows.differential(
                                point,
                                attribute,
                                &format!("{error}_{key}"),
                                measure,
                            )?;
                        }
                    }
                }
                for (key, measure) in &of.differentials.combined {
                    rows.differential(point, attribute, key, measure)?;
                }
            }
        }
        rows.0.flush()
    }
}

struct Rows<W: Write>(csv::Writer<W>);

impl<W: Write> Rows<W> {
    fn rate(
        &mut self,
        point: Option<&OperatingPointReport>,
        [attribute, group, other, measure]: [&str; 4],
        cell: &RateCell,
    ) -> io::Result<()> {
        let target = point.and_then(|point| point.target_fmr);
        let target = target.map(|target| target.to_string()).unwrap_or_default();
        let threshold = point.map(|point| point.threshold.to_string()).unwrap_or_default();
        let numbers: [String; 7] = match cell {
            RateCell::Measured(rate) => [
                rate.errors.to_string(),
                rate.trials.to_string(),
                rate.rate.to_string(),
                rate.low.to_string(),
                rate.high.to_string(),
                rate.n_eff.to_string(),
                rate.method.clone(),
            ],
            RateCell::Insufficient { insufficient } => {
                let mut numbers: [String; 7] = Default::default();
                numbers[1] = insufficient.trials.to_string();
                numbers[6] = format!("insufficient: needs {}", insufficient.needed);
                numbers
            }
        };
        let [errors, trials, rate, low, high, n_eff, method] = &numbers;
        self.0.write_record([
            &target, &threshold, attribute, group, other, measure, errors, trials, rate, low, high,
            n_eff, "", "", method,
        ])?;
        Ok(())
    }

    /// Rates of samples that gave no template, which no threshold changes.
    fn acquisition(&mut self, attribute: &str, group: &str, funnel: &Funnel) -> io::Result<()> {
        for stage in &funnel.stages {
            let name = format!("sample_lost_at_{}", stage.stage);
            self.rate(None, [attribute, group, "", &name], &stage.lost)?;
        }
        self.rate(None, [attribute, group, "", "sample_fta"], &funnel.denied)
    }

    fn differential(
        &mut self,
        point: &OperatingPointReport,
        attribute: &str,
        name: &str,
        measure: &Differential,
    ) -> io::Result<()> {
        self.0.write_record([
            point.target_fmr.map(|target| target.to_string()).unwrap_or_default(),
            point.threshold.to_string(),
            attribute.to_owned(),
            String::new(),
            String::new(),
            name.to_owned(),
            String::new(),
            String::new(),
            measure.value.to_string(),
            measure.low.to_string(),
            measure.high.map(|high| high.to_string()).unwrap_or_default(),
            String::new(),
            measure.p_value.to_string(),
            measure.p_holm.to_string(),
            measure.method.clone(),
        ])?;
        Ok(())
    }
}
