//! `rates.csv`: one rate or differential per row, for spreadsheets and scripts.

use std::io::{self, Write};

use super::exporter::Exporter;
use super::text;
use crate::{
    AuditReport, Differential, Estimate, Funnel, OperatingPointReport, PadReport, RateCell,
};
use evenmatch_core::spreadsheet::write_row;

/// Writes one row per number. Fractions have all their digits.
#[derive(Debug, Clone, Copy, Default)]
pub struct CsvExporter;

const HEADER: [&str; 18] = [
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
    "weigh",
    "people",
    "pairs_of_people",
];

impl Exporter for CsvExporter {
    fn export(&self, report: &AuditReport, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows(csv::Writer::from_writer(out));
        write_row(&mut rows.0, HEADER)?;
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
        if let Some(pad) = &report.pad {
            rows.pad(pad)?;
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
        self.cell([&target, &threshold], [attribute, group, other, measure], cell)
    }

    /// A rate that does not belong to an operating point.
    fn at(&mut self, threshold: &str, names: [&str; 4], cell: &RateCell) -> io::Result<()> {
        self.cell(["", threshold], names, cell)
    }

    fn cell(
        &mut self,
        [target, threshold]: [&str; 2],
        [attribute, group, other, measure]: [&str; 4],
        cell: &RateCell,
    ) -> io::Result<()> {
        let whole = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
        let (weigh, people, pairs) = match cell {
            RateCell::Measured(rate) => {
                (rate.weigh.name(), whole(rate.people), whole(rate.pairs_of_people))
            }
            RateCell::Insufficient { .. } => Default::default(),
        };
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
        write_row(
            &mut self.0,
            [
                target, threshold, attribute, group, other, measure, errors, trials, rate, low,
                high, n_eff, "", "", method, weigh, &people, &pairs,
            ],
        )?;
        Ok(())
    }

    /// Rates of samples that gave no template; they do not depend on a threshold.
    fn acquisition(&mut self, attribute: &str, group: &str, funnel: &Funnel) -> io::Result<()> {
        for stage in &funnel.stages {
            let name = format!("sample_lost_at_{}", stage.stage);
            self.rate(None, [attribute, group, "", &name], &stage.lost)?;
        }
        self.rate(None, [attribute, group, "", "sample_fta"], &funnel.denied)
    }

    /// Presentation attack detection. At a fixed BPCER, `threshold` is that of the PAD score.
    fn pad(&mut self, pad: &PadReport) -> io::Result<()> {
        const SPECIES: &str = "attack_species";
        for (name, species) in &pad.species {
            self.at("", [SPECIES, name, "", "apcer"], &species.apcer)?;
            self.at("", [SPECIES, name, "", "attack_non_response"], &species.non_response)?;
        }
        let everyone = ["overall", "", ""];
        let named = |[attribute, group, other]: [&'static str; 3], measure| {
            [attribute, group, other, measure]
        };
        self.at("", named(everyone, "bpcer"), &pad.bpcer)?;
        let silent = &pad.bona_fide_non_response;
        self.at("", named(everyone, "bona_fide_non_response"), silent)?;
        if let Some(away) = &pad.bona_fide_turned_away {
            self.at("", named(everyone, "turned_away"), away)?;
        }
        for (attribute, groups) in &pad.bpcer_by_group {
            for (group, cell) in groups {
                self.at("", [attribute, group, "", "bpcer"], cell)?;
            }
        }
        for (attribute, groups) in &pad.groups {
            for (group, of) in groups {
                let cells = [
                    ("bona_fide_non_response", &of.non_response),
                    ("turned_away", &of.turned_away),
                    ("attack_non_response", &of.attack_non_response),
                ];
                for (measure, cell) in cells {
                    self.at("", [attribute, group, "", measure], cell)?;
                }
                let ratios = [
                    ("bpcer_over_overall", of.bpcer_over_overall),
                    ("turned_away_over_overall", of.turned_away_over_overall),
                ];
                for (measure, ratio) in ratios {
                    self.estimate("", [attribute, group, "", measure], ratio)?;
                }
            }
        }
        for point in &pad.at_bpcer {
            let threshold = point.threshold.to_string();
            let at = |measure: &str| format!("{measure}_at_bpcer_{}", point.target_bpcer);
            self.at(&threshold, ["overall", "", "", &at("bpcer")], &point.bpcer)?;
            for (species, cell) in &point.apcer {
                self.at(&threshold, [SPECIES, species, "", &at("apcer")], cell)?;
            }
            for (attribute, groups) in &point.groups {
                for (group, of) in groups {
                    self.at(&threshold, [attribute, group, "", &at("bpcer")], &of.bpcer)?;
                    let measure = at("bpcer_over_overall");
                    let names = [attribute, group, "", &measure];
                    self.estimate(&threshold, names, of.over_overall)?;
                }
            }
        }
        for end in &pad.end_to_end {
            let threshold = end.threshold.to_string();
            for (species, cell) in &end.iapar {
                self.at(&threshold, [SPECIES, species, "", "iapar"], cell)?;
            }
            if let Some(cell) = &end.frr {
                self.at(&threshold, ["overall", "", "", "frr_with_pad"], cell)?;
            }
            for (attribute, groups) in &end.frr_by_group {
                for (group, cell) in groups {
                    self.at(&threshold, [attribute, group, "", "frr_with_pad"], cell)?;
                }
            }
            self.estimate(&threshold, ["overall", "", "", "riapar"], end.riapar_interval)?;
        }
        Ok(())
    }

    fn estimate(
        &mut self,
        threshold: &str,
        [attribute, group, other, measure]: [&str; 4],
        estimate: Option<Estimate>,
    ) -> io::Result<()> {
        let Some(Estimate { value, low, high }) = estimate else { return Ok(()) };
        let number = |number: Option<f64>| number.map(|n| n.to_string()).unwrap_or_default();
        let (value, low, high) = (value.to_string(), number(low), number(high));
        write_row(
            &mut self.0,
            [
                "", threshold, attribute, group, other, measure, "", "", &value, &low, &high, "",
                "", "", "", "", "", "",
            ],
        )?;
        Ok(())
    }

    fn differential(
        &mut self,
        point: &OperatingPointReport,
        attribute: &str,
        name: &str,
        measure: &Differential,
    ) -> io::Result<()> {
        write_row(
            &mut self.0,
            [
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
                String::new(),
                String::new(),
                String::new(),
            ],
        )?;
        Ok(())
    }
}
