//! A small mail server that keeps what it is sent, or refuses it as a test says.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// What it answers; everything else is as usual.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answers {
    /// Lines after the first of its hello.
    pub(crate) offers: &'static [&'static str],
    /// To `AUTH`.
    pub(crate) log_in: &'static str,
    /// To `RCPT TO`.
    pub(crate) recipient: &'static str,
    /// After the last line of a mail.
    pub(crate) mail: &'static str,
}

impl Default for Answers {
    fn default() -> Self {
        Self { offers: &["8BITMIME"], log_in: "235 welcome", recipient: "250 ok", mail: "250 queued" }
    }
}

/// The server. It ends with the test.
pub(crate) struct Postbox {
    pub(crate) addr: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    commands: Vec<String>,
    mails: Vec<String>,
}

impl Postbox {
    pub(crate) fn open(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let (addr, seen) = (listener.local_addr().expect("an address"), Arc::<Mutex<Seen>>::default());
        let keep = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever hangs up early has said enough.
                let _ = converse(&stream, answers, &keep);
            }
        });
        Self { addr, seen }
    }

    fn seen<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The mails that arrived, as they came over the wire.
    pub(crate) fn mails(&self) -> Vec<String> {
        self.seen(|seen| seen.mails.clone())
    }

    /// What it was told beside mails.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.seen(|seen| seen.commands.clone())
    }
}

fn converse(stream: &TcpStream, answers: Answers, seen: &Mutex<Seen>) -> std::io::Result<()> {
    let say = |line: &str| (&*stream).write_all(format!("{line}\r\n").as_bytes());
    let seen = || seen.lock().unwrap_or_else(PoisonError::into_inner);
    let mut lines = BufReader::new(stream);
    say("220 postbox.test ESMTP")?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        seen().commands.push(command.clone());
        match command.split(' ').next().unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => {
                let all: Vec<&str> = [&["postbox.test"], answers.offers].concat();
                let (last, first) = all.split_last().expect("has a name");
                for offer in first {
                    say(&format!("250-{offer}"))?;
                }
                say(&format!("250 {last}"))?;
            }
            "AUTH" => say(answers.log_in)?,
            "RCPT" => say(answers.recipient)?,
            "DATA" => {
                say("354 go on")?;
                let mail = mail(&mut lines)?;
                seen().mails.push(mail);
                say(answers.mail)?;
            }
            "QUIT" => return say("221 bye"),
            _ => say("250 ok")?,
        }
    }
}

fn mail(lines: &mut BufReader<&TcpStream>) -> std::io::Result<String> {
    let mut mail = String::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 || line == ".\r\n" {
            return Ok(mail);
        }
        mail.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

/// A header of a mail, its folded lines put together.
pub(crate) fn header(mail: &str, name: &str) -> Option<String> {
    let (head, _) = mail.split_once("\r\n\r\n").expect("a mail has a head");
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    head.split("\r\n").find_map(|line| Some(line.strip_prefix(&format!("{name}: "))?.to_owned()))
}

/// The text of a mail with quoted-printable undone, as far as ASCII goes.
pub(crate) fn readable(mail: &str) -> String {
    mail.replace("=\r\n", "").replace("=3D", "=")
}
