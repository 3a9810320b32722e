//! Black-box tests of the product: the real binary, real databases, processes that are killed and stopped.
//! The tests are in `tests/it`; what starts, feeds and kills processes is here, for them and for fault injection.
#![expect(clippy::disallowed_methods, reason = "this is the world around the product")]
#![expect(clippy::print_stdout, reason = "a skip must be seen")]

pub mod clock;
pub mod harness;
