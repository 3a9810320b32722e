//! Headers of uploads.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| postrider_api::fuzz_tus_headers(data));
