//! Files as people upload them, good and bad.
#![cfg(test)]

mod animations;
mod converting;
mod hostile;
mod measuring;
mod metadata;
mod rendering;
mod sniffing;
mod support;
mod videos;
