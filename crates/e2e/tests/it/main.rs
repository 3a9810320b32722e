//! Black-box tests: the binary, both databases, and processes that die.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "these tests are the world around the product")]
#![allow(clippy::print_stdout, reason = "a skip must be seen")]

mod album;
mod backup;
mod blossom;
mod kill;
mod kinds;
mod leaving;
mod load;
mod matrix;
mod meta;
mod networks;
mod outage;
mod real;
mod stall;
mod threads;
mod trouble;
mod uploads;

use postrider_e2e::{clock, harness};
