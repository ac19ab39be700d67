//! Scans bytes as a record file and checks what every scan promises.

use std::io::Write as _;

use evenmatch_audit::records::{
    Dictionary, Format, MISSING, Mating, ReadOptions, RecordFile, RecordSource,
};

pub fn scan(bytes: &[u8], format: Option<Format>) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room for a temporary file");
    let options = ReadOptions { format, threads: 1, ..ReadOptions::default() };
    let mut dictionary = Dictionary::default();
    let scanned = RecordFile::open(file.path(), &options).and_then(|mut records| {
        records.scan(&mut dictionary, &mut |names, batch| {
            for at in 0..batch.len() {
                let failure = batch.failure[at];
                assert!(usize::from(failure) <= names.failures.len());
                assert!(batch.score[at].is_finite() || batch.score[at].is_nan());
                let people = [batch.probe_subject[at], batch.reference_subject[at]];
                assert!(people.iter().all(|&code| (code as usize) < names.subjects.len()));
                if batch.mating[at] != Mating::Unstated {
                    assert_eq!(people[0] == people[1], batch.mating[at] == Mating::Mated);
                    assert_eq!(batch.score[at].is_nan(), failure > 0);
                }
                for sides in [&batch.probe_group, &batch.reference_group] {
                    for (column, symbols) in sides.iter().zip(&names.groups) {
                        let code = column[at];
                        assert!(code == MISSING || usize::from(code) < symbols.len());
                    }
                }
            }
            Ok(())
        })
    });
    if let Err(error) = scanned {
        assert!(error.next_step().is_some(), "no next step: {error}");
        assert!(error.place().file.is_some(), "no file: {error}");
    }
}
