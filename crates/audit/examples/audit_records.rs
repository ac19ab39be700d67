//! Audits a file of scores with the library and writes the report.
//!
//! ```text
//! cargo run --release --example audit_records -- scores.csv report/
//! ```

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;

use evenmatch_audit::{
    AuditSettings, Thresholds, audit,
    export::write_report,
    records::{ReadOptions, RecordFile},
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [records, folder, by @ ..] = arguments.as_slice() else {
        return Err("usage: audit_records RECORDS FOLDER [ATTRIBUTE…]".into());
    };
    let mut source = RecordFile::open(Path::new(records), &ReadOptions::default())?;
    let settings = AuditSettings {
        by: by.to_vec(),
        thresholds: Thresholds::Targets(vec![1e-3, 1e-4]),
        ..AuditSettings::default()
    };
    let report = audit(&mut source, &settings, &mut |_| {})?;
    write_report(&report, Path::new(folder))?;
    for answer in &report.answers {
        println!("{}: {}", answer.attribute, answer.sentence);
    }
    Ok(())
}
