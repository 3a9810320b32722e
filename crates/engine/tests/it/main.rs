//! The engine on both databases, against a network that misbehaves on demand.
#![cfg(test)]

mod classes;
mod crash;
mod fake;
mod fixture;
mod lanes;
mod people;
mod release;
mod retention;
mod tokens;
