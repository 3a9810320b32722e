//! Files: recognised and measured, as pictures and as films.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| postrider_media::fuzz::probing(data));
