//! The web app inside the binary. `build.rs` says which files; how they are answered with is the API's.

use postrider_api::web::{File, Site};

#[cfg(test)]
#[path = "../../build/table.rs"]
mod table;

const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/web_files.rs"));

/// The app, or the notice that it was left out.
///
/// # Panics
/// Never: a build without a page fails.
pub fn site() -> Site {
    Site::new(FILES).expect("the build has checked that there is a page")
}

#[cfg(test)]
mod tests;
