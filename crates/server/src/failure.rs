//! Why a command ends without having done its work, and with which exit code.

use std::process::ExitCode;

use crate::config::ConfigError;
use crate::instance::{KeyError, Locked};
use crate::terminal::plain;

/// The command line asks for something that makes no sense; exit code 2, as clap has it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// A failure whose one line is not worth more than itself, such as a refusal by a server.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Said(pub String);

/// A refusal of a use case, in the sentences that every edge shows.
pub fn refused(error: postrider_app::AppError) -> anyhow::Error {
    use postrider_app::{AppError, messages};
    let said = match &error {
        AppError::Issues(issues) | AppError::Preflight(issues) => {
            issues.0.iter().map(messages::render_issue).collect::<Vec<_>>().join("; ")
        }
        AppError::Refused { code, args } => messages::render(*code, args),
        AppError::At(issue) => messages::render_issue(issue),
        AppError::Connect(failed) => {
            let words = failed.words.as_deref().map(|words| format!("; the network said: {words}")).unwrap_or_default();
            format!("{} (step {}{})", messages::render(failed.code, &failed.args), failed.step, plain(&words))
        }
        AppError::Store(_) | AppError::Internal(_) => return error.into(),
    };
    Said(said).into()
}

/// 2 when the person has to change the command, the configuration or the key before a
/// second try can help; 1 for everything else.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    let setup = error.chain().any(|cause| {
        cause.is::<Usage>() || cause.is::<ConfigError>() || cause.is::<Locked>() || cause.is::<KeyError>()
    });
    ExitCode::from(if setup { 2 } else { 1 })
}

/// The whole chain of causes as one line, each cause once.
pub fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if line.contains(&cause) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&cause);
    }
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_chain_becomes_one_line_without_repeating_itself() {
        let error = Err::<(), _>(Said("the disk\nis full".to_owned())).context("cannot write x").expect_err("an error");
        assert_eq!(one_line(&error), "cannot write x: the disk is full");
        let twice = error.context("cannot write x: the disk\nis full");
        assert_eq!(one_line(&twice), "cannot write x: the disk is full");
    }

    #[test]
    fn only_what_the_person_must_change_exits_with_two() {
        let code = |error: anyhow::Error| format!("{:?}", exit_code(&error));
        let two = format!("{:?}", ExitCode::from(2));
        assert_eq!(code(Usage("x".into()).into()), two);
        assert_eq!(code(anyhow::Error::from(Locked::test(7)).context("cannot start")), two);
        assert_eq!(code(Said("x".into()).into()), format!("{:?}", ExitCode::from(1)));
    }
}
