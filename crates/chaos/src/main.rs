//! Fault injection from the command line.
fn main() {}
