//! Arming the engine's commit points from the environment, for crash tests.
//!
//! `POSTRIDER_FAILPOINTS="after_intent=kill@2,before_send=stop"`: at its second hit the
//! first kills this process, at its first hit the second stops it. None of this is in a
//! build without debug assertions.

use rustix::process::Signal;

use crate::failure::Usage;

/// What happens at a commit point.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Armed {
    name: String,
    nth: u64,
    signal: Signal,
}

/// Arms every point that the text names.
pub(super) fn arm(text: &str) -> anyhow::Result<()> {
    for point in parse(text)? {
        let signal = point.signal;
        tracing::warn!(name = point.name, nth = point.nth, ?signal, "a failpoint is armed");
        let action = Box::new(move || {
            if let Err(error) = rustix::process::kill_process(rustix::process::getpid(), signal) {
                tracing::error!(%error, "the failpoint could not act");
            }
        });
        postrider_engine::failpoint::arm(&point.name, point.nth, action);
    }
    Ok(())
}

fn parse(text: &str) -> Result<Vec<Armed>, Usage> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(parse_one).collect()
}

fn parse_one(item: &str) -> Result<Armed, Usage> {
    let wrong = |why: &str| Usage(format!("POSTRIDER_FAILPOINTS: `{item}` {why}"));
    let (name, action) = item.split_once('=').ok_or_else(|| wrong("is not name=kill or name=stop"))?;
    if !postrider_engine::failpoint::ALL.contains(&name) {
        return Err(wrong("names no commit point of the engine"));
    }
    let (action, nth) = action.split_once('@').unwrap_or((action, "1"));
    let nth = nth.parse().ok().filter(|nth| *nth > 0).ok_or_else(|| wrong("does not count from 1"))?;
    let signal = match action {
        "kill" => Signal::KILL,
        "stop" => Signal::STOP,
        _ => return Err(wrong("is neither kill nor stop")),
    };
    Ok(Armed { name: name.to_owned(), nth, signal })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_read_with_their_counts() {
        let name = postrider_engine::failpoint::ALL[0];
        let read = parse(&format!("{name}=kill@2, {name}=stop,")).expect("reads");
        let expected = |nth, signal| Armed { name: name.to_owned(), nth, signal };
        assert_eq!(read, [expected(2, Signal::KILL), expected(1, Signal::STOP)]);
        assert_eq!(parse("").expect("reads"), []);
    }

    #[test]
    fn a_misspelt_point_or_action_is_named() {
        let name = postrider_engine::failpoint::ALL[0];
        for text in ["nowhere=kill".to_owned(), name.to_owned(), format!("{name}=burn"), format!("{name}=kill@0")] {
            let said = parse(&text).expect_err("is refused").to_string();
            assert!(said.contains(&text) && said.contains("POSTRIDER_FAILPOINTS"), "{said}");
        }
    }
}
