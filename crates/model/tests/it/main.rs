//! The engine as it is shipped holds, and every way of breaking it shows.

mod broken;
mod checked;
mod mapping;
