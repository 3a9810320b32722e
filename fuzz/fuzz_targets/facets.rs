//! Texts: links, mentions and tags as byte ranges.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| postrider_connectors::bluesky::fuzz::facets(data));
