//! The engine on both databases, against a network that misbehaves on demand.
#![cfg(test)]

mod classes;
mod crash;
mod fake;
mod fixture;
mod holds;
mod housekeeping;
mod lanes;
mod live;
mod notes;
mod people;
mod rates;
mod release;
mod repeats;
mod tokens;
mod trouble;
mod windows;
