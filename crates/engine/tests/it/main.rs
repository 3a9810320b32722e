//! The engine on both databases, against a network that misbehaves on demand.
#![cfg(test)]

mod classes;
mod crash;
mod fake;
mod fixture;
mod housekeeping;
mod lanes;
mod live;
mod notes;
mod people;
mod release;
mod repeats;
mod tokens;
mod trouble;
mod windows;
