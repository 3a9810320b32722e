//! The server: configuration, wiring, and the command line.
//!
//! The only crate that reads the environment, and the home of the machine's clock and
//! randomness. Everything below it is handed what it needs.

pub mod admin;
pub mod assemble;
pub mod backup;
pub mod cli;
pub mod client;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod failure;
pub mod instance;
pub mod ledger;
pub mod logs;
pub mod mail;
pub mod serve;
pub mod system;
pub mod terminal;
pub mod web;

pub use cli::run;
