//! Running the program.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use super::FfmpegConfig;
use crate::error::MediaError;
use crate::kind::Mime;

/// So much of what it complains about is kept.
const WORDS: usize = 2000;

/// A call under construction.
pub(super) struct Call {
    arguments: Vec<OsString>,
}

impl Call {
    /// A call that says nothing but errors and asks nothing.
    pub(super) fn ffmpeg() -> Self {
        Self::new(["-nostdin", "-hide_banner", "-loglevel", "error", "-y"])
    }

    pub(super) fn new<const N: usize>(arguments: [&str; N]) -> Self {
        Self { arguments: arguments.map(OsString::from).into() }
    }

    pub(super) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    pub(super) fn args<const N: usize>(mut self, arguments: [&str; N]) -> Self {
        self.arguments.extend(arguments.map(OsString::from));
        self
    }

    /// A file to read: of this type and no other, and nothing but files.
    pub(super) fn input(self, path: &Path, mime: Mime) -> Self {
        let demuxer = match mime {
            Mime::Webm | Mime::Mkv => "matroska",
            // AVIF and HEIC are files of the same boxes.
            _ => "mov",
        };
        self.args(["-protocol_whitelist", "file", "-f", demuxer, "-i"]).file(path)
    }

    /// A file by its path and never by a word with a meaning, such as `-` or `concat:…`.
    pub(super) fn file(self, path: &Path) -> Self {
        let mut name = OsString::from("file:");
        name.push(path);
        self.arg(name)
    }

    /// Runs it to its end; `line` sees every line it prints.
    pub(super) async fn run(
        self,
        program: &Path,
        config: &FfmpegConfig,
        line: impl FnMut(&str),
    ) -> Result<(), MediaError> {
        let mut child = self.start(program, config)?;
        let seconds = config.time_limit.as_secs();
        let ended = tokio::time::timeout(config.time_limit, watch(&mut child, line)).await;
        let Ok(ended) = ended else {
            child.kill().await?;
            return Err(MediaError::TimedOut { seconds });
        };
        let (success, words) = ended?;
        if success { Ok(()) } else { Err(MediaError::Ffmpeg { words }) }
    }

    fn start(self, program: &Path, config: &FfmpegConfig) -> Result<Child, MediaError> {
        let mut command = Command::new(program);
        // Nothing of ours is its business: the environment may hold secrets.
        command.args(self.arguments).env_clear().kill_on_drop(true);
        if let Some(path) = &config.search_path {
            command.env("PATH", path);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => MediaError::NoFfmpeg,
            _ => error.into(),
        })?;
        let pid = child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
        if let Some(pid) = pid {
            // It runs all the same where that is not allowed.
            let _ = rustix::process::setpriority_process(Some(pid), config.nice.min(19).into());
        }
        Ok(child)
    }
}

/// Reads what it prints until it ends.
async fn watch(child: &mut Child, line: impl FnMut(&str)) -> io::Result<(bool, String)> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (read, words) = tokio::join!(lines(stdout, line), last_words(stderr));
    read?;
    let status = child.wait().await?;
    Ok((status.success(), words?))
}

async fn lines(stream: Option<impl AsyncRead + Unpin>, mut line: impl FnMut(&str)) -> io::Result<()> {
    let Some(stream) = stream else { return Ok(()) };
    let mut lines = BufReader::new(stream).lines();
    while let Some(text) = lines.next_line().await? {
        line(&text);
    }
    Ok(())
}

/// The end of what it complains about; all of it is read, so that it never waits for us.
async fn last_words(stream: Option<impl AsyncRead + Unpin>) -> io::Result<String> {
    let Some(mut stream) = stream else { return Ok(String::new()) };
    let mut words = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match stream.read(&mut chunk).await? {
            0 => return Ok(String::from_utf8_lossy(&words).trim().to_owned()),
            read => words.extend_from_slice(&chunk[..read]),
        }
        let surplus = words.len().saturating_sub(WORDS);
        words.drain(..surplus);
    }
}
