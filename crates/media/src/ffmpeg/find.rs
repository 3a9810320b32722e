//! Looking for the program, and asking what it can do.

use super::run::Call;
use super::{Capabilities, Ffmpeg, FfmpegConfig};

impl Ffmpeg {
    /// Looks for the program and asks what it can do; `None` when there is none that runs.
    pub async fn find(config: FfmpegConfig) -> Option<Self> {
        let said = ask(&config, "-version").await?;
        let version = said.lines().next()?.strip_prefix("ffmpeg version ")?.split(' ').next()?.to_owned();
        let encoders = ask(&config, "-encoders").await?;
        let decoders = ask(&config, "-decoders").await?;
        let number = number(&version);
        let capabilities = Capabilities {
            version,
            transcode: lists(&encoders, "libx264") && lists(&encoders, "aac"),
            // Telephones cut HEIC into tiles, which ffmpeg joins since 7.1 (its Changelog, read 2026-11-23).
            heic: number >= (7, 1) && lists(&decoders, "hevc"),
            // AVIF is read since 5.1, where there is a decoder that is more than hardware.
            avif: number >= (5, 1) && (lists(&decoders, "libdav1d") || lists(&decoders, "libaom-av1")),
        };
        // Both programs are needed; one alone is an installation that somebody broke.
        let probe = Call::new(["-version"]).run(&config.ffprobe, &config, |_| {}).await;
        probe.is_ok().then_some(Self { config, capabilities })
    }
}

async fn ask(config: &FfmpegConfig, question: &str) -> Option<String> {
    let mut said = String::new();
    let answer = Call::new(["-hide_banner", question]).run(&config.ffmpeg, config, |line| {
        said.push_str(line);
        said.push('\n');
    });
    answer.await.ok()?;
    Some(said)
}

/// Whether a list names a codec: ` V....D name   description`.
fn lists(list: &str, name: &str) -> bool {
    list.lines().any(|line| line.split_whitespace().nth(1) == Some(name))
}

/// Major and minor version; what has no number was built from the newest source.
fn number(version: &str) -> (u32, u32) {
    let version = version.trim_start_matches('n');
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor),
        (Some(Ok(major)), _) => (major, 0),
        _ => (u32::MAX, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_however_they_are_written() {
        for (text, expected) in [
            ("5.1.9-0+deb12u1", (5, 1)),
            ("7.1", (7, 1)),
            ("n8.0.1", (8, 0)),
            ("9", (9, 0)),
            ("N-118000-g1234567", (u32::MAX, 0)),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }

    #[test]
    fn a_codec_is_listed_by_its_whole_name() {
        let list = "Encoders:\n V..... = Video\n ------\n V....D libx264rgb  x\n A....D aac   AAC\n";
        assert!(lists(list, "aac"));
        assert!(!lists(list, "libx264"));
    }
}
