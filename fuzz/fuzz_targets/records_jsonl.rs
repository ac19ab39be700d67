//! Any bytes as JSON lines after a good first line, or as a JSON array: an answer or a clear error, no panic.
#![no_main]

#[path = "common/mod.rs"]
mod common;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let first: &[u8] = match bytes.first() {
        Some(byte) if byte % 4 == 0 => b"{",
        Some(byte) if byte % 4 == 1 => b"[{",
        _ => {
            b"{\"probe_id\":\"a\",\"reference_id\":\"b\",\"probe_subject\":\"s\",\
              \"reference_subject\":\"t\",\"mated\":0,\"score\":0.5,\"failure\":null,\
              \"probe_sex\":\"F\",\"reference_sex\":\"M\"}\n"
        }
    };
    common::scan(&[first, bytes].concat(), None);
});
