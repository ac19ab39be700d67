//! Any bytes as a delimited record file, in each format: an answer or a clear error, no panic.
#![no_main]

#[path = "common/mod.rs"]
mod common;

use evenmatch_audit::records::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, bytes) = input;
    // One time in four the header is a good one, so that rows are reached quickly.
    let header: &[u8] = match choice & 3 {
        0 => {
            b"probe_id,reference_id,probe_subject,reference_subject,mated,score,failure,\
              probe_race,reference_race,split,attack_species,pad_outcome,probe_attempt\n"
        }
        _ => b"",
    };
    let format = match (choice >> 2) % 8 {
        0 | 7 => None,
        n => Format::ALL.get(usize::from(n) - 1).copied(),
    };
    common::scan(&[header, bytes].concat(), format);
});
