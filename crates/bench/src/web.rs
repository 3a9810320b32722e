//! The weight of the web app, which its own test measures on the finished build.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::report::{Report, Row, Verdict};

/// Runs that test and shows the heaviest routes.
pub(crate) fn run(report: &mut Report) -> anyhow::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web");
    let test = ["vitest", "run", "tests/unit/budget.test.ts", "--reporter=verbose"];
    let mut command = Command::new("npx");
    // Colours are letters too, and would stand before the figures.
    command.args(test).current_dir(&folder).env("NO_COLOR", "1").env_remove("FORCE_COLOR");
    let output = command.output().context("no npx here: `make setup`")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut routes: Vec<(f64, f64, &str)> = said.lines().filter_map(route).collect();
    ensure!(!routes.is_empty(), "it measured nothing; is web/build there? {said}");
    routes.sort_by(|a, b| (b.0 / b.1).total_cmp(&(a.0 / a.1)));
    let calendar = routes.iter().filter(|(_, _, path)| path.ends_with("/calendar")).take(1);
    for (size, budget, path) in calendar.chain(routes.first()) {
        report.add(Row {
            what: format!("web: JavaScript of `{path}`, brotli"),
            target: if *budget < 200.0 { "≤ 130 KB" } else { "≤ 250 KB" },
            baseline: String::new(),
            measured: format!("{size:.1} KB"),
            ratio: None,
            verdict: Verdict::of(size <= budget, "Web"),
        });
    }
    ensure!(output.status.success(), "the test failed: {said}");
    Ok(())
}

/// `  92.3 KB of 130 KB in 14 files: /w/[ws]/calendar`.
fn route(line: &str) -> Option<(f64, f64, &str)> {
    let (size, rest) = line.trim().split_once(" KB of ")?;
    let (budget, rest) = rest.split_once(" KB in ")?;
    let (_, path) = rest.split_once(": ")?;
    Some((size.trim().parse().ok()?, budget.parse().ok()?, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_test_is_read() {
        let line = "  92.3 KB of 130 KB in 14 files: /w/[ws]/calendar";
        assert_eq!(route(line), Some((92.3, 130.0, "/w/[ws]/calendar")));
        assert_eq!(route("✓ /w/[ws]/calendar 3 ms"), None);
    }
}
