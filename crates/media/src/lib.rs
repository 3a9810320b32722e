//! What an uploaded file is, and what becomes of it: recognising, measuring, renditions, thumbnails, video.
//!
//! Pure of database, HTTP and platforms: limits come in as a [`ImageRecipe`] or [`VideoRecipe`], files as paths.
//!
//! # Blocking
//!
//! Everything about images, [`probe_mp4`] and [`sniff`] runs on the calling thread and keeps it busy: call it through
//! `spawn_blocking`, behind a semaphore with as many permits as there are cores, fewer where memory is short. One
//! rendition holds the file and its decoded picture, 3 bytes for each pixel (4 with transparency, twice that where
//! colours are converted or nothing is made smaller); [`Limits`] bounds both.
//! [`Ffmpeg`] is asynchronous, since it waits for another process; put it behind a semaphore of its own.
//!
//! # What is decided here
//!
//! * The type of a file is what its bytes say. A wrong name or declared type is a note
//!   ([`Note::Mislabelled`]) and never a refusal: cameras and chat programs do it all day. What no known type's bytes
//!   say is refused, so SVG, HTML and scripts never pass, whatever they are called.
//! * A rendition never contains EXIF, XMP, IPTC, comments, or anything behind the picture's end. Colours survive: a
//!   colour profile is kept where pixels stay as they are, else pixels are converted to sRGB.
//! * Same input and recipe, same bytes, on every machine with the same version.
#![deny(missing_docs)]

mod error;
mod ffmpeg;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
mod image;
mod kind;
mod recipe;
mod sniff;
mod video;

pub use error::MediaError;
pub use ffmpeg::{Capabilities, Ffmpeg, FfmpegConfig, Progress};
pub use image::{Colour, ImageFacts, Limits, RenditionFacts, probe_image, render_image, thumbnail};
pub use kind::{Kind, Mime};
pub use recipe::{Crop, ImageRecipe, VideoRecipe};
pub use sniff::{Accepts, HEAD_BYTES, Note, Refusal, Sniffed, sniff};
pub use video::{AudioFacts, VideoFacts, probe_mp4, probe_video};
