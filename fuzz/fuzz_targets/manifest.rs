//! Any text is a manifest or an error with its place; never a panic. The same for ONNX files.
#![no_main]

use evenmatch::model::{Manifest, check_model};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = check_model(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Manifest::parse(text, "fuzz.toml");
    }
});
