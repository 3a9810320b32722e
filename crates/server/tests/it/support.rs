//! Starting the binary and reading what it says.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Long enough for a busy machine, short enough to end a hanging test.
const PATIENCE: Duration = Duration::from_secs(30);

/// A home folder with a data folder in it.
pub(crate) struct Home(pub(crate) TempDir);

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn data(&self) -> String {
        self.path("data").display().to_string()
    }

    /// The binary with nothing of this machine's environment but the path.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postrider"));
        command
            .args(words)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.0.path())
            .current_dir(self.0.path());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, words: &[&str]) -> Ended {
        self.run_with(words, &[], "")
    }

    pub(crate) fn run_with(&self, words: &[&str], environment: &[(&str, &str)], stdin: &str) -> Ended {
        let mut command = self.command(words);
        command.envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        // A command that does not read its input may be gone already.
        let _ = child.stdin.take().expect("a pipe").write_all(stdin.as_bytes());
        let output = child.wait_with_output().expect("it ends");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Ended { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs a command that must succeed and answers in JSON.
    pub(crate) fn json(&self, words: &[&str]) -> Value {
        let ended = self.run(words);
        assert_eq!(ended.code, 0, "{words:?}: {ended:?}");
        serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{words:?}: {error}: {ended:?}"))
    }

    pub(crate) fn serve(&self) -> Serving {
        self.serve_with(&[], &[])
    }

    pub(crate) fn serve_with(&self, flags: &[&str], environment: &[(&str, &str)]) -> Serving {
        let data = self.data();
        let mut words = vec!["serve", "--listen", "127.0.0.1:0", "--data", &data];
        words.extend(flags);
        let mut command = self.command(&words);
        command.envs(environment.iter().copied());
        Serving::start(command)
    }

    /// An operator with a key, and the credentials of a client that logged in with it.
    pub(crate) fn set_up(&self, server: &Serving) -> String {
        let data = self.data();
        let email = "ann@example.org";
        self.json(&["user", "create", "--operator", "--email", email, "--name", "Ann", "--data", &data, "--json"]);
        let made = self.json(&["key", "create", "--user", email, "--role", "admin", "--data", &data, "--json"]);
        let key = made["key"].as_str().expect("a key").to_owned();
        let login = self.run_with(&["login", &server.url], &[], &format!("{key}\n"));
        assert_eq!(login.code, 0, "{login:?}");
        key
    }
}

impl Ended {
    /// Asserts a refusal in one line on standard error that mentions `words`.
    #[track_caller]
    pub(crate) fn refused(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        assert_eq!(self.err.trim_end().lines().count(), 1, "one line: {self:?}");
        for word in words {
            assert!(self.err.contains(word), "`{word}` in {self:?}");
        }
    }
}

/// A serving process. Dropping it kills it.
pub(crate) struct Serving {
    pub(crate) url: String,
    /// What it printed before it was ready.
    pub(crate) before: Vec<String>,
    child: Child,
    lines: Receiver<String>,
    errors: Receiver<String>,
}

impl Serving {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let (lines, errors) = (lines(child.stdout.take()), all(child.stderr.take()));
        let mut before = Vec::new();
        loop {
            match lines.recv_timeout(PATIENCE) {
                Ok(line) => match line.strip_prefix("Postrider is ready at ") {
                    Some(url) => return Self { url: url.to_owned(), before, child, lines, errors },
                    None => before.push(line),
                },
                Err(_) => {
                    let _ = child.kill();
                    panic!("not ready: {before:?} {:?}", errors.recv_timeout(PATIENCE));
                }
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Lines that it prints from now on, until it is quiet for a moment.
    pub(crate) fn rest(&self) -> Vec<String> {
        std::iter::from_fn(|| self.lines.recv_timeout(Duration::from_secs(1)).ok()).collect()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("the signal is delivered");
    }

    /// Waits for its end; what it logged comes back too.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("it ends");
        (status, self.errors.recv_timeout(PATIENCE).expect("its log"))
    }

    /// Asks it to stop, and returns how it ended and what it logged.
    pub(crate) fn stop(self) -> (ExitStatus, String) {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// GET of a path, following nothing.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        get(&format!("{}{path}", self.url)).await
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(pipe: Option<impl std::io::Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = channel();
    let pipe = BufReader::new(pipe.expect("a pipe"));
    std::thread::spawn(move || {
        for line in pipe.lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

fn all(pipe: Option<impl std::io::Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = channel();
    let mut pipe = pipe.expect("a pipe");
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = pipe.read_to_end(&mut text);
        let _ = sender.send(String::from_utf8_lossy(&text).into_owned());
    });
    receiver
}

#[expect(clippy::disallowed_methods, reason = "a test looks at what a browser would see")]
pub(crate) async fn get(url: &str) -> (u16, String) {
    let asked = reqwest::Client::new().get(url).header("accept", "text/html, */*");
    let answer = asked.send().await.unwrap_or_else(|error| panic!("{url}: {error}"));
    (answer.status().as_u16(), answer.text().await.expect("a body"))
}

/// Asks again and again until the answer is what the test waits for.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
