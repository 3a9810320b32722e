//! The store from outside, on a folder and on a bucket.
#![cfg(test)]

mod faults;
mod folder;
mod nodes;
mod objects;
mod support;
mod uploads;
