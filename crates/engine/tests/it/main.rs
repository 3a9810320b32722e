//! The engine on both databases, against a network that misbehaves on demand.
#![cfg(test)]

mod budgets;
mod changes;
mod classes;
mod consents;
mod crash;
mod fake;
mod fixture;
mod gallery;
mod holds;
mod housekeeping;
mod isolation;
mod lanes;
mod live;
mod mail;
mod media;
mod metrics;
mod notes;
mod outage;
mod people;
mod rates;
mod release;
mod repeats;
mod retention;
mod rotation;
mod rude;
mod series;
mod set_clocks;
mod survey;
mod tokens;
mod trouble;
mod windows;
mod zones;
