//! Single pictures.

use std::path::Path;

use super::Ffmpeg;
use super::run::Call;
use crate::error::MediaError;
use crate::image::{Limits, RenditionFacts, render_image};
use crate::kind::Mime;
use crate::recipe::ImageRecipe;
use crate::video::VideoFacts;

impl Ffmpeg {
    /// Takes the frame at a time as a JPEG of at most `max_side` pixels a side.
    ///
    /// A time behind the end takes the last frame that can be found.
    pub async fn cover(
        &self,
        input: &Path,
        facts: &VideoFacts,
        at_ms: u64,
        max_side: u32,
        output: &Path,
    ) -> Result<RenditionFacts, MediaError> {
        let png = Scratch::beside(output, "png");
        // The last frame begins before the film ends, and indexes are off by a frame or two.
        let at = at_ms.min(facts.duration_ms.saturating_sub(100));
        for at in [at, at.saturating_sub(1000), 0] {
            let seconds = format!("{}.{:03}", at / 1000, at % 1000);
            let call = Call::ffmpeg().args(["-ss", &seconds]).input(input, facts.container);
            self.one_picture(call, &png.0).await?;
            if png.0.exists() {
                break;
            }
        }
        if !png.0.exists() {
            return Err(MediaError::Truncated("no frame can be read"));
        }
        let recipe = ImageRecipe {
            max_width: Some(max_side),
            max_height: Some(max_side),
            ..ImageRecipe::new(10_000_000, &[Mime::Jpeg])
        };
        let (png, output) = (png, output.to_owned());
        let rendered = tokio::task::spawn_blocking(move || render_image(&png.0, &recipe, &Limits::default(), &output));
        rendered.await.map_err(std::io::Error::other)?
    }

    /// Converts an AVIF or HEIC picture to PNG, upright and without metadata.
    pub async fn to_png(&self, input: &Path, mime: Mime, output: &Path) -> Result<(), MediaError> {
        let part = Scratch::beside(output, "part");
        self.one_picture(Call::ffmpeg().input(input, mime), &part.0).await?;
        if !part.0.exists() {
            return Err(MediaError::Truncated("no picture can be read"));
        }
        Ok(tokio::fs::rename(&part.0, output).await?)
    }

    async fn one_picture(&self, call: Call, output: &Path) -> Result<(), MediaError> {
        let limits = Limits::default();
        let threads = self.config.threads.max(1).to_string();
        let call = call
            .args(["-map", "0:v:0", "-frames:v", "1", "-map_metadata", "-1", "-threads", &threads])
            .args(["-max_pixels", &limits.max_pixels.to_string(), "-fflags", "+bitexact", "-flags", "+bitexact"])
            .args(["-pix_fmt", "rgba", "-c:v", "png", "-update", "1", "-f", "image2"])
            .file(output);
        call.run(&self.config.ffmpeg, &self.config, |_| {}).await
    }
}

/// A file that is gone when its handle is.
pub(super) struct Scratch(pub(super) std::path::PathBuf);

impl Scratch {
    /// Beside a target, so that it can be renamed into place.
    pub(super) fn beside(target: &Path, ending: &str) -> Self {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(".");
        name.push(ending);
        Self(target.with_file_name(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Usually renamed by now.
        let _ = std::fs::remove_file(&self.0);
    }
}
