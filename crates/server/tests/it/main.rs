//! The real binary.
#![cfg(test)]
