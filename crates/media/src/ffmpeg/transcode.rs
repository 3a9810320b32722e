//! Making a video fit.

use std::path::Path;

use super::run::Call;
use super::still::Scratch;
use super::{Ffmpeg, Progress};
use crate::error::MediaError;
use crate::kind::Mime;
use crate::recipe::VideoRecipe;
use crate::sniff::Note;
use crate::video::{VideoFacts, probe_video};

/// Bits a second of sound, and where bits are scarce.
const SOUND: u64 = 128_000;
const THIN_SOUND: u64 = 64_000;
/// With fewer bits a second for pictures nothing can be seen.
const LEAST_VIDEO: u64 = 60_000;
/// Encodings that are tried before giving up on the byte limit.
const TRIES: usize = 4;

impl Ffmpeg {
    /// Makes an MP4 (H.264 in yuv420p, AAC, index in front, no metadata) within the recipe.
    ///
    /// What is within it already is copied without encoding. `progress` is called a few times a second.
    pub async fn transcode(
        &self,
        input: &Path,
        facts: &VideoFacts,
        recipe: &VideoRecipe,
        output: &Path,
        progress: impl Fn(Progress) + Send,
    ) -> Result<(VideoFacts, Vec<Note>), MediaError> {
        let bytes = tokio::fs::metadata(input).await?.len();
        let job = Job { input, facts, recipe, bytes };
        let part = Scratch::beside(output, "part");
        if job.may_copy() && self.attempt(job.copy(), &job, &part, &progress).await?.is_some() {
            return self.done(part, output, Vec::new()).await;
        }
        if !self.capabilities.transcode {
            return Err(MediaError::NoFfmpeg);
        }
        let mut budget = job.budget()?;
        for _ in 0..TRIES {
            let call = job.encode(budget, self.config.threads);
            match self.attempt(call, &job, &part, &progress).await? {
                Some(()) => return self.done(part, output, job.notes()).await,
                None => budget = job.smaller(budget, tokio::fs::metadata(&part.0).await?.len())?,
            }
        }
        Err(MediaError::CannotFit { limit: recipe.max_bytes })
    }

    /// Runs a call; `None` when the result has more bytes than it may.
    async fn attempt(
        &self,
        call: Call,
        job: &Job<'_>,
        part: &Scratch,
        progress: &(impl Fn(Progress) + Send),
    ) -> Result<Option<()>, MediaError> {
        let total_ms = job.millis();
        let call = call
            .args(["-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn", "-movflags", "+faststart"])
            .args(["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"])
            .args(["-progress", "pipe:1", "-stats_period", "0.5", "-f", "mp4"])
            .file(&part.0);
        let report = |line: &str| {
            // Microseconds, whatever the other name of the same line says.
            let micros = line.strip_prefix("out_time_us=").and_then(|text| text.trim().parse::<u64>().ok());
            if let Some(micros) = micros {
                progress(Progress { done_ms: (micros / 1000).min(total_ms), total_ms });
            }
        };
        call.run(&self.config.ffmpeg, &self.config, report).await?;
        let bytes = tokio::fs::metadata(&part.0).await?.len();
        Ok((bytes <= job.recipe.max_bytes).then_some(()))
    }

    async fn done(
        &self,
        part: Scratch,
        output: &Path,
        notes: Vec<Note>,
    ) -> Result<(VideoFacts, Vec<Note>), MediaError> {
        let facts = probe_video(&part.0, Mime::Mp4, None).await?;
        tokio::fs::rename(&part.0, output).await?;
        Ok((facts, notes))
    }
}

/// What an encoding may spend.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Budget {
    /// Bits a second of pictures; `None` where only quality decides.
    video: Option<u64>,
    /// Bits a second of sound.
    sound: u64,
    /// How much smaller the sides are than the recipe wants: the way out for films that no quality makes fit.
    scale: f64,
}

struct Job<'a> {
    input: &'a Path,
    facts: &'a VideoFacts,
    recipe: &'a VideoRecipe,
    bytes: u64,
}

impl Job<'_> {
    /// Milliseconds of the result.
    fn millis(&self) -> u64 {
        self.facts.duration_ms.min(self.recipe.max_ms.unwrap_or(u64::MAX))
    }

    /// Whether everything is within the recipe already, so that only container and metadata change.
    fn may_copy(&self) -> bool {
        let (facts, recipe) = (self.facts, self.recipe);
        facts.codec == "h264"
            && facts.plain_colour
            && facts.audio.as_ref().is_none_or(|audio| audio.codec == "aac")
            && self.size(1.0) == (facts.width, facts.height)
            && self.millis() == facts.duration_ms
            && self.fps().is_none()
            && self.bytes <= recipe.max_bytes
            && recipe.max_bitrate.is_none_or(|most| facts.bitrate <= most)
    }

    fn source(&self) -> Call {
        let call = Call::ffmpeg().input(self.input, self.facts.container);
        call.args(["-map", "0:v:0", "-map", "0:a:0?"])
    }

    fn copy(&self) -> Call {
        self.source().args(["-c", "copy"])
    }

    fn encode(&self, budget: Budget, threads: u8) -> Call {
        let (width, height) = self.size(budget.scale);
        let mut filter = format!("scale={width}:{height}:flags=lanczos,setsar=1");
        if let Some(fps) = self.fps() {
            filter.push_str(&format!(",fps={fps}"));
        }
        filter.push_str(",format=yuv420p");
        let millis = self.millis();
        let mut call = self
            .source()
            .args(["-t", &format!("{}.{:03}", millis / 1000, millis % 1000), "-vf", &filter])
            .args(["-c:v", "libx264", "-preset", "fast", "-profile:v", "high", "-crf", "21"])
            .args(["-threads", &threads.max(1).to_string()])
            .args(["-c:a", "aac", "-ac", "2", "-ar", "48000", "-b:a", &budget.sound.to_string()]);
        if let Some(video) = budget.video {
            // A buffer of a second: a longer one could be spent whole by a short film.
            call = call.args(["-maxrate", &video.to_string(), "-bufsize", &video.to_string()]);
        }
        call
    }

    /// The largest size within the limits, of even sides as the codec wants them.
    fn size(&self, smaller: f64) -> (u32, u32) {
        let (width, height) = (self.facts.width.max(2), self.facts.height.max(2));
        let by = |limit: Option<u32>, side: u32| limit.map_or(1.0, |limit| f64::from(limit) / f64::from(side));
        let scale = by(self.recipe.max_side, width.max(height)).min(by(self.recipe.max_short_side, width.min(height)));
        let scale = scale.min(1.0) * smaller;
        let even = |side: u32| ((f64::from(side) * scale / 2.0).floor() as u32 * 2).max(2);
        (even(width), even(height))
    }

    /// The rate to go down to, if there are too many frames.
    fn fps(&self) -> Option<u32> {
        self.recipe.max_fps.filter(|most| self.facts.fps_milli > most.saturating_mul(1000))
    }

    /// Bits a second that the limits leave.
    fn budget(&self) -> Result<Budget, MediaError> {
        let millis = self.millis();
        if millis == 0 {
            return Err(MediaError::Damaged { what: "a video of no length".to_owned() });
        }
        // The encoder may spend its buffer of a second besides; container and index take a little.
        let shared = |bits: u128| u64::try_from(bits / u128::from(millis + 1000) * 96 / 100).unwrap_or(u64::MAX);
        let by_bytes = shared(u128::from(self.recipe.max_bytes) * 8000);
        let by_rate = self.recipe.max_bitrate.map_or(u64::MAX, |rate| shared(u128::from(rate) * u128::from(millis)));
        self.split(by_bytes.min(by_rate), 1.0)
    }

    fn split(&self, all: u64, scale: f64) -> Result<Budget, MediaError> {
        let sound = match self.facts.audio {
            None => 0,
            Some(_) if all < 8 * SOUND => THIN_SOUND,
            Some(_) => SOUND,
        };
        let video = all.saturating_sub(sound);
        if video < LEAST_VIDEO {
            return Err(MediaError::CannotFit { limit: self.recipe.max_bytes });
        }
        // Beyond what any codec level allows a limit is none.
        Ok(Budget { video: (video < 200_000_000).then_some(video), sound: sound.max(THIN_SOUND), scale })
    }

    /// The budget after one that gave too many bytes. A little less to spend, and above all a smaller picture: the
    /// encoder was told what it may spend and could not, at any quality.
    fn smaller(&self, budget: Budget, bytes: u64) -> Result<Budget, MediaError> {
        let had = bytes.saturating_mul(8000) / self.millis().max(1);
        let ratio = self.recipe.max_bytes as f64 / bytes.max(1) as f64;
        let all = match budget.video {
            Some(video) => (video + budget.sound) as f64 * 0.92,
            None => had as f64 * ratio * 0.92,
        };
        self.split(all as u64, budget.scale * (ratio * 0.9).sqrt().clamp(0.3, 0.9))
    }

    fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        if self.millis() < self.facts.duration_ms {
            notes.push(Note::Shortened);
        }
        let share = self.bytes.saturating_mul(self.millis()) / self.facts.duration_ms.max(1);
        if share > self.recipe.max_bytes {
            notes.push(Note::QualityReduced);
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> VideoFacts {
        VideoFacts {
            container: Mime::Mp4,
            codec: "h264".to_owned(),
            plain_colour: true,
            audio: None,
            width: 1920,
            height: 1080,
            rotation: 0,
            duration_ms: 10_000,
            fps_milli: 30_000,
            bitrate: 800_000,
            fragmented: false,
            fast_start: true,
        }
    }

    fn job<'a>(facts: &'a VideoFacts, recipe: &'a VideoRecipe) -> Job<'a> {
        Job { input: Path::new("in"), facts, recipe, bytes: 1_000_000 }
    }

    #[test]
    fn what_is_within_every_limit_is_copied_and_one_more_is_not() {
        let recipe = VideoRecipe {
            max_bytes: 1_000_000,
            max_ms: Some(10_000),
            max_side: Some(1920),
            max_short_side: Some(1080),
            max_fps: Some(30),
            max_bitrate: Some(800_000),
        };
        assert!(job(&facts(), &recipe).may_copy());
        for tighter in [
            VideoRecipe { max_bytes: 999_999, ..recipe.clone() },
            VideoRecipe { max_ms: Some(9_999), ..recipe.clone() },
            VideoRecipe { max_side: Some(1919), ..recipe.clone() },
            VideoRecipe { max_short_side: Some(1079), ..recipe.clone() },
            VideoRecipe { max_fps: Some(29), ..recipe.clone() },
            VideoRecipe { max_bitrate: Some(799_999), ..recipe.clone() },
        ] {
            assert!(!job(&facts(), &tighter).may_copy(), "{tighter:?}");
        }
        for other in [
            VideoFacts { codec: "hevc".to_owned(), ..facts() },
            VideoFacts { plain_colour: false, ..facts() },
            VideoFacts { width: 1919, ..facts() },
        ] {
            assert!(!job(&other, &recipe).may_copy(), "{other:?}");
        }
    }

    #[test]
    fn sizes_are_even_and_within_both_sides() {
        let recipe = |side, short| VideoRecipe { max_side: side, max_short_side: short, ..VideoRecipe::new(1) };
        for (recipe, expected) in [
            (recipe(None, None), (1920, 1080)),
            (recipe(Some(1280), None), (1280, 720)),
            (recipe(None, Some(540)), (960, 540)),
            (recipe(Some(999), Some(999)), (998, 560)),
            (recipe(Some(1), None), (2, 2)),
        ] {
            assert_eq!(job(&facts(), &recipe).size(1.0), expected, "{recipe:?}");
        }
    }

    #[test]
    fn bits_are_shared_and_too_few_are_refused() {
        let loud = VideoFacts {
            audio: Some(crate::AudioFacts { codec: "mp3".into(), channels: 2, sample_rate: 1 }),
            ..facts()
        };
        // 10 s, a buffer of 1 s and 11 MB: 8 Mbit/s but for what the container takes.
        assert_eq!(
            job(&loud, &VideoRecipe::new(11_000_000)).budget().unwrap(),
            Budget { video: Some(7_680_000 - SOUND), sound: SOUND, scale: 1.0 }
        );
        assert_eq!(
            job(&loud, &VideoRecipe::new(1_100_000)).budget().unwrap(),
            Budget { video: Some(768_000 - THIN_SOUND), sound: THIN_SOUND, scale: 1.0 }
        );
        assert_eq!(job(&facts(), &VideoRecipe::new(u64::MAX)).budget().unwrap().video, None);
        let answer = job(&loud, &VideoRecipe::new(100_000)).budget();
        assert!(matches!(answer, Err(MediaError::CannotFit { limit: 100_000 })), "{answer:?}");
        // Three times too large: a third of the area, and a little.
        let recipe = VideoRecipe::new(10_000_000);
        let tried = Budget { video: Some(8_000_000), sound: THIN_SOUND, scale: 1.0 };
        let next = job(&facts(), &recipe).smaller(tried, 30_000_000).unwrap();
        assert!(next.video < Some(7_500_000) && (next.scale - 0.548).abs() < 0.01, "{next:?}");
    }
}
