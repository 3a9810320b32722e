//! Secrets, addresses and signatures of webhooks.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| postrider_connectors::webhook::fuzz::signatures(data));
