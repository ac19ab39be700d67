//! Any bytes are a sample, an error, or an image within the limits; never a panic.
#![no_main]

use evenmatch::{DecodeLimits, EncodedSample};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = DecodeLimits { max_pixels: 1 << 20, ..DecodeLimits::default() };
    if let Ok(encoded) = EncodedSample::from_bytes(bytes, &limits) {
        for reduction in encoded.reductions() {
            let _ = encoded.decode_reduced(*reduction);
        }
    }
});
