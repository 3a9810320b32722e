//! The server: configuration, wiring, and the command line.
//!
//! The only crate that reads the environment, and the home of the machine's clock and
//! randomness. Everything below it is handed what it needs.

mod admin;
mod assemble;
mod backup;
mod cli;
mod client;
mod config;
mod demo;
mod doctor;
mod failure;
mod instance;
mod ledger;
mod logs;
mod serve;
mod system;
mod terminal;

pub use cli::run;
