//! Prints what is checked, and how each broken engine fails: all of it, or what has the words of
//! the command line in its name.

use std::io;
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let good = postrider_model::write_all(&mut io::stdout().lock(), &words.join(" "))?;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
