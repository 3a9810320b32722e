//! Texts: measured in every unit, searched, cut and compared.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| postrider_domain::fuzz::text(data));
