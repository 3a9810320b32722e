//! Developer's tool: `cargo run -p xtask -- tidy | evidence | stats | help`.

use std::io::{self, Write};
use std::process::ExitCode;

use xtask::tidy::{self, length};
use xtask::tree::{Finding, Tree};
use xtask::{evidence, stats};

const HELP: &str = "\
cargo run -p xtask -- COMMAND

tidy      every check of the tree; also names long files
evidence  only the check of docs/evidence
stats     table of function and file lengths, comments and tests for each crate
help      this text
";

fn main() -> anyhow::Result<ExitCode> {
    let tree = Tree::this_repository();
    let mut out = io::stdout().lock();
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => print_tidy(&tree, &mut out),
        Some("evidence") => {
            let findings = evidence::names_exist(&tree);
            print_findings(findings.into_iter().map(|finding| ("evidence", finding)), &mut out)
        }
        Some("stats") => {
            out.write_all(stats::table(&tree).as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Some("help") => {
            out.write_all(HELP.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            io::stderr().write_all(HELP.as_bytes())?;
            Ok(ExitCode::from(2))
        }
    }
}

fn print_tidy(tree: &Tree, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    for (path, lines) in length::long_files(tree) {
        writeln!(out, "notice: {path} has {lines} lines that are not tests")?;
    }
    print_findings(tidy::run(tree).into_iter(), out)
}

/// Prints `check: path:line: message` for each finding; any finding makes the exit code 1.
fn print_findings(
    findings: impl Iterator<Item = (&'static str, Finding)>,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let mut count = 0;
    for (check, finding) in findings {
        writeln!(out, "{check}: {finding}")?;
        count += 1;
    }
    writeln!(out, "{count} findings")?;
    Ok(if count == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
