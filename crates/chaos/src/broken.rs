//! Rules of the product that can be taken out, to see that a run without them fails.
//!
//! The product itself has no switch for that. A rule is taken out of a copy of its sources; a test holds the places
//! against the sources, so that none is forgotten when they change.

use std::path::Path;

use anyhow::{Context as _, ensure};

/// A rule that duplicates depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Rule {
    /// Only the boot with the newest lease sends and writes.
    Fence,
    /// *Absent* is followed by another send only where no earlier sender can still send.
    Sender,
}

/// One place of a rule: in which file, what stands there, and what is put there.
struct Place {
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

/// Where a run of a delivery proves its lease. The number stays bound, and compares with nothing.
const FENCE: [Place; 2] = [
    Place {
        file: "crates/store/src/repo/deliveries/run.rs",
        from: "lease_epoch = $3 AND state = 'running'",
        to: "lease_epoch >= 0 * $3",
    },
    Place {
        file: "crates/store/src/repo/deliveries/run.rs",
        from: "lease_epoch = $2 AND state = 'running'",
        to: "lease_epoch >= 0 * $2",
    },
];

const SENDER: [Place; 1] =
    [Place { file: "crates/engine/src/run/settle.rs", from: "if work.over_since.is_none() {", to: "if false {" }];

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 2] = [Self::Fence, Self::Sender];

    const fn places(self) -> &'static [Place] {
        match self {
            Self::Fence => &FENCE,
            Self::Sender => &SENDER,
        }
    }

    /// Takes the rule out of the sources in a folder.
    ///
    /// # Errors
    /// When a file cannot be read or written, or the rule does not stand where it did.
    pub fn take_out(self, sources: &Path) -> anyhow::Result<()> {
        for place in self.places() {
            let path = sources.join(place.file);
            let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            ensure!(text.contains(place.from), "{}: `{}` does not stand there any more", place.file, place.from);
            std::fs::write(&path, text.replace(place.from, place.to))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_stands_where_it_is_taken_out() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let copy = tempfile::tempdir().expect("a folder");
        for rule in Rule::ALL {
            for place in rule.places() {
                let file = copy.path().join(place.file);
                std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
                std::fs::copy(sources.join(place.file), &file).expect("copied");
            }
            rule.take_out(copy.path()).expect("it stands there");
            assert!(rule.take_out(copy.path()).is_err(), "it is out");
        }
    }
}
