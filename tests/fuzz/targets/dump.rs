//! Any bytes: reading them never panics, never hangs, and nothing is counted twice.
#![no_main]

#[path = "../checks.rs"]
#[allow(dead_code, reason = "a target needs one of the checks")]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::dump(bytes));
