//! What a person sees: results on standard output, complaints on standard error, and
//! questions for what must not be seen.

use std::fs::File;
use std::io::{self, BufReader, IsTerminal as _, Write};
use std::os::fd::AsFd;

use anyhow::Context as _;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::failure::Usage;

/// Prints a result line. A reader that has gone away (`| head`) is no error of ours.
pub fn say(line: impl std::fmt::Display) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Prints a line on standard error.
pub fn complain(line: impl std::fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// A secret from the first line of standard input. At a terminal it is asked for and not
/// shown; on a command line everybody on the machine could see it.
pub fn secret(what: &str) -> anyhow::Result<String> {
    let input = io::stdin();
    let line = if input.is_terminal() {
        let terminal = File::from(input.as_fd().try_clone_to_owned().context("the terminal cannot be read")?);
        asked(&terminal, &mut io::stderr().lock(), what)
    } else {
        first_line(&mut input.lock())
    };
    let line = line.context("standard input cannot be read")?;
    anyhow::ensure!(!line.is_empty(), Usage(format!("the first line of standard input is empty; it is the {what}")));
    Ok(line)
}

/// The first line, without its end.
fn first_line(input: &mut impl io::BufRead) -> io::Result<String> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Asks at a terminal, which does not show what is typed.
fn asked(terminal: &File, out: &mut impl Write, what: &str) -> io::Result<String> {
    let _quiet = Quiet::new(terminal)?;
    write!(out, "{what}: ").and_then(|()| out.flush())?;
    let line = first_line(&mut BufReader::new(terminal));
    // The line's own end was not shown either.
    writeln!(out)?;
    line
}

/// A terminal that shows nothing, until this is dropped.
struct Quiet<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Quiet<'a> {
    fn new(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(terminal, OptionalActions::Flush, &quiet)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// Makes text from elsewhere harmless for a terminal: control characters could move the
/// cursor or hide what was printed.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// Lines of columns, each as wide as its widest cell.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([head[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(head.to_vec())];
    lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ends of a terminal: what a person types and sees, and what a program reads.
    fn terminal() -> (File, File) {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&person).and_then(|()| unlockpt(&person)).expect("is usable");
        let name = ptsname(&person, Vec::new()).expect("a name");
        let program = File::options().read(true).write(true).open(name.to_str().expect("text")).expect("opens");
        (File::from(person), program)
    }

    #[test]
    fn a_secret_is_not_shown_at_a_terminal_and_afterwards_it_shows_again() {
        let (mut person, program) = terminal();
        let shows = || tcgetattr(&program).expect("modes").local_modes.contains(LocalModes::ECHO);
        assert!(shows(), "a terminal shows what is typed");
        let mut asked_for = Vec::new();
        let typed = std::thread::scope(|scope| {
            let question = scope.spawn(|| asked(&program, &mut asked_for, "password"));
            while shows() {
                std::thread::yield_now();
            }
            person.write_all(b"correct horse\n").expect("types");
            question.join().expect("asks").expect("is read")
        });
        assert_eq!((typed.as_str(), asked_for.as_slice()), ("correct horse", b"password: \n".as_slice()));
        assert!(shows());
        person.write_all(b"seen\n").expect("types");
        let mut screen = BufReader::new(&person);
        assert_eq!(first_line(&mut screen).expect("a line"), "seen", "nothing was shown before");
    }

    #[test]
    fn columns_line_up_and_lines_have_no_trailing_spaces() {
        let rows = vec![vec!["a".to_owned(), "é long".to_owned()], vec!["bbb".to_owned(), "x".to_owned()]];
        assert_eq!(table(&["ID", "NAME"], &rows), "ID   NAME\na    é long\nbbb  x");
    }

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\tc\n"), "a\u{fffd}[2Jb\tc\n");
    }
}
