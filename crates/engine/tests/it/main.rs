//! The engine on both databases, against a network that misbehaves on demand.
#![cfg(test)]

mod classes;
mod crash;
mod fake;
mod fixture;
mod gallery;
mod lanes;
mod media;
mod people;
mod release;
mod tokens;
