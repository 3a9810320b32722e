//! Renditions.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::encode::{self, Encoded};
use super::pixels::{self, Pixels};
use super::plan::{self, Plan};
use super::structure::Structure;
use super::{Limits, RenditionFacts, animation, examine, read};
use crate::error::MediaError;
use crate::kind::Mime;
use crate::recipe::ImageRecipe;
use crate::sniff::Note;

/// Makes a rendition of `input` at `output`, which is written whole or not at all. Blocks.
///
/// A file that is within every limit of the recipe and stands upright keeps its pixels: only metadata goes.
/// Pictures in printing inks or with more than 8 bits a channel are always converted, since networks stumble over them.
pub fn render_image(
    input: &Path,
    recipe: &ImageRecipe,
    limits: &Limits,
    output: &Path,
) -> Result<RenditionFacts, MediaError> {
    let file = read(input, limits)?;
    let structure = examine(&file, limits)?;
    let (made, facts) = Job { file: &file, structure: &structure, recipe, limits }.run()?;
    write(&made, output)?;
    Ok(facts)
}

/// Makes a still WebP of at most 512 pixels a side. Blocks.
pub fn thumbnail(input: &Path, limits: &Limits, output: &Path) -> Result<RenditionFacts, MediaError> {
    let recipe = ImageRecipe {
        max_width: Some(512),
        max_height: Some(512),
        animation: false,
        ..ImageRecipe::new(150_000, &[Mime::Webp])
    };
    render_image(input, &recipe, limits, output)
}

struct Job<'a> {
    file: &'a [u8],
    structure: &'a Structure,
    recipe: &'a ImageRecipe,
    limits: &'a Limits,
}

impl Job<'_> {
    fn run(&self) -> Result<(Vec<u8>, RenditionFacts), MediaError> {
        let stored = (self.structure.width, self.structure.height);
        let seen = plan::seen(stored, self.structure.orientation);
        let plan = Plan::new(seen, self.recipe);
        let animated = self.structure.frames > 1;
        let mut notes = Vec::new();
        if self.may_keep_pixels(&plan, seen)
            && let Some(done) = self.kept()?
        {
            return Ok(done);
        }
        if plan.cuts(seen) {
            notes.push(Note::Cropped);
        }
        if animated {
            if let Some((encoded, mime)) = self.animation(plan)? {
                // Encoders join frames that are alike.
                let frames = Structure::read(&encoded.bytes, mime)?.frames;
                return Ok(self.done(encoded, mime, frames, notes));
            }
            notes.push(Note::AnimationDropped);
        }
        let decoded = pixels::decode(self.file, self.structure, self.limits)?;
        let pixels = pixels::prepare(decoded, &plan, self.structure)?;
        let (encoded, mime) = self.still(pixels, &mut notes)?;
        Ok(self.done(encoded, mime, 1, notes))
    }

    /// Whether the recipe takes the picture as it is, but for its metadata.
    fn may_keep_pixels(&self, plan: &Plan, seen: (u32, u32)) -> bool {
        let found = self.structure;
        self.recipe.mimes.contains(&found.mime)
            && found.orientation == 1
            && found.bits <= 8
            && found.colour != super::Colour::Cmyk
            && plan.changes_nothing(seen)
            && (found.frames == 1 || self.recipe.animation)
    }

    /// The file without metadata, if it is small enough. It is decoded once all the same: what passes here was seen.
    fn kept(&self) -> Result<Option<(Vec<u8>, RenditionFacts)>, MediaError> {
        let stripped = self.structure.strip(self.file);
        if stripped.len() as u64 > self.recipe.max_bytes {
            return Ok(None);
        }
        pixels::decode(&stripped, self.structure, self.limits)?;
        let found = self.structure;
        let facts = RenditionFacts {
            lossless: true,
            ..facts(&stripped, found.mime, (found.width, found.height), found.frames, None, Vec::new())
        };
        Ok(Some((stripped, facts)))
    }

    /// The animation in its own format if that is taken, else in the other one that can move.
    fn animation(&self, plan: Plan) -> Result<Option<(Encoded, Mime)>, MediaError> {
        let own = [Mime::Webp, Mime::Gif].into_iter().filter(|mime| *mime == self.structure.mime);
        let any = self.recipe.mimes.iter().copied().filter(|mime| matches!(mime, Mime::Webp | Mime::Gif));
        let target = own.chain(any).find(|mime| self.recipe.mimes.contains(mime));
        let readable = matches!(self.structure.mime, Mime::Webp | Mime::Gif);
        let Some(mime) = target.filter(|_| self.recipe.animation && readable) else { return Ok(None) };
        let encoded = animation::fitting(self.file, self.structure, plan, mime, self.recipe, self.limits)?;
        Ok(encoded.map(|encoded| (encoded, mime)))
    }

    fn still(&self, pixels: Pixels, notes: &mut Vec<Note>) -> Result<(Encoded, Mime), MediaError> {
        let takes = |mime: Mime| self.recipe.mimes.contains(&mime);
        // Drawings stay drawings where they fit: PNG is sharp, and often smaller.
        let drawn = matches!(self.structure.mime, Mime::Png | Mime::Gif);
        if drawn && takes(Mime::Png) {
            let bytes = encode::encode(&pixels, Mime::Png, 0, self.recipe.background)?;
            if bytes.len() as u64 <= self.recipe.max_bytes {
                return Ok((Encoded { bytes, size: pixels.size(), quality: None }, Mime::Png));
            }
        }
        let clear = matches!(pixels, Pixels::Clear(_));
        let mime = self.target(clear).ok_or(MediaError::CannotFit { limit: self.recipe.max_bytes })?;
        let encoded = encode::fitting(pixels, mime, self.recipe)?;
        if clear && mime == Mime::Jpeg {
            notes.push(Note::TransparencyFilled);
        }
        if encoded.quality == Some(self.recipe.min_quality.clamp(1, 100)) {
            notes.push(Note::QualityReduced);
        }
        Ok((encoded, mime))
    }

    /// The first type of the recipe that can be made, has transparency where there is some, and can be made smaller
    /// by quality; failing that, with fewer of these.
    fn target(&self, clear: bool) -> Option<Mime> {
        let can = |wanted: &'static [Mime]| self.recipe.mimes.iter().copied().find(|mime| wanted.contains(mime));
        let for_clear = if clear { can(&[Mime::Webp]).or_else(|| can(&[Mime::Png])) } else { None };
        for_clear.or_else(|| can(&[Mime::Jpeg, Mime::Webp])).or_else(|| can(&[Mime::Png, Mime::Gif]))
    }

    fn done(&self, encoded: Encoded, mime: Mime, frames: u32, notes: Vec<Note>) -> (Vec<u8>, RenditionFacts) {
        let facts = facts(&encoded.bytes, mime, encoded.size, frames, encoded.quality, notes);
        (encoded.bytes, facts)
    }
}

fn facts(
    bytes: &[u8],
    mime: Mime,
    (width, height): (u32, u32),
    frames: u32,
    quality: Option<u8>,
    notes: Vec<Note>,
) -> RenditionFacts {
    let sha256 = Sha256::digest(bytes).into();
    RenditionFacts { mime, width, height, bytes: bytes.len() as u64, sha256, frames, lossless: false, quality, notes }
}

/// Writes beside the target and renames, so that a full disk leaves no half of a picture.
fn write(bytes: &[u8], output: &Path) -> Result<(), MediaError> {
    let mut name = output.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = output.with_file_name(name);
    let written = fs::write(&part, bytes).and_then(|()| fs::rename(&part, output));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&part);
    }
    Ok(written?)
}
