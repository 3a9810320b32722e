//! Black-box tests of the product: the real binary, real databases, processes
//! that are killed and stopped. Everything is in `tests/it`.
