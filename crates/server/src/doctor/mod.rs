//! `doctor`: looks at everything an installation needs, changes nothing, and says what to do.

mod checks;

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde::Serialize;

use crate::cli::DoctorArgs;
use crate::config::{Config, Sources};
use crate::logs;
use crate::terminal::say;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Works, but somebody should look.
    Warn,
    /// Does not work.
    Fail,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// How it is.
    pub level: Level,
    /// What was seen.
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub todo: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, detail: detail.into(), todo: None }
    }

    fn warn(check: &'static str, detail: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, level: Level::Warn, detail: detail.into(), todo: Some(todo.into()) }
    }

    fn fail(check: &'static str, detail: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, level: Level::Fail, detail: detail.into(), todo: Some(todo.into()) }
    }
}

/// `doctor`. The exit code is 1 when something does not work.
pub async fn command(args: DoctorArgs, environment: BTreeMap<String, String>) -> anyhow::Result<ExitCode> {
    let sources = Sources { file: args.place.config.clone(), flags: args.place.values(), environment };
    let findings = match Config::load(sources) {
        Ok(config) => {
            logs::start(config.log_format, "error");
            checks::all(&config).await
        }
        Err(error) => vec![Finding::fail("config", error.to_string(), "correct it and run doctor again")],
    };
    if args.json {
        say(serde_json::to_string_pretty(&findings)?);
    } else {
        findings.iter().for_each(|finding| say(line(finding)));
    }
    let worst = findings.iter().map(|finding| finding.level).max();
    Ok(if worst == Some(Level::Fail) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn line(finding: &Finding) -> String {
    let level = match finding.level {
        Level::Ok => "ok  ",
        Level::Warn => "warn",
        Level::Fail => "FAIL",
    };
    let todo = finding.todo.as_ref().map(|todo| format!("\n{:17}-> {todo}", "")).unwrap_or_default();
    format!("{level}  {:<11}{}{todo}", finding.check, finding.detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_seen_and_what_to_do() {
        assert_eq!(line(&Finding::ok("ffmpeg", "6.1")), "ok    ffmpeg     6.1");
        let said = line(&Finding::fail("key", "wrong", "use the right one"));
        assert_eq!(said, "FAIL  key        wrong\n                 -> use the right one");
    }

    #[test]
    fn the_worst_finding_decides() {
        assert!(Level::Ok < Level::Warn && Level::Warn < Level::Fail);
    }
}
