//! Finding what was sent in a listing of the account's own posts.
//!
//! The rules are the same for every platform that can only be asked by listing. Each of them
//! errs on the side of *unknown*: a person who decides is better than a second copy.

use jiff::{SignedDuration, Timestamp};
use postrider_domain::media::MediaKind;
use postrider_domain::text::{LinkMatching, normalise_for_match};
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::error::ConnectorError;
use crate::machine::{Lookup, Outcome, PartInput, Receipt};

/// How much earlier than the intent an object may be dated: the platform's clock and ours differ.
pub const CLOCKS: SignedDuration = SignedDuration::from_mins(2);

/// How far clocks may be apart before what was sent is taken for absent. The ledger's clock at the intent is not known
/// any more when the platform is asked, so what says the same and is dated this much before it is no proof of anything.
pub const DOUBTED: SignedDuration = SignedDuration::from_hours(1);

/// One post of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// What it would be as a part.
    pub receipt: Receipt,
    /// When the platform says it was made.
    pub created_at: Timestamp,
    /// Its text as plain text: no markup, short links written out where the platform says how.
    pub text: String,
    /// What media it has, in any order.
    pub media: Vec<MediaKind>,
    /// The post that it answers, for telling a reply from a root; `None` where it answers nothing.
    pub parent: Option<String>,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted<'a> {
    /// The text as it was sent.
    pub text: &'a str,
    /// The media that were sent, in any order.
    pub media: Vec<MediaKind>,
    /// The post that it answers.
    pub parent: Option<&'a str>,
    /// When it was first about to be sent.
    pub intent_at: Timestamp,
    /// How links are compared.
    pub links: LinkMatching,
}

impl<'a> Wanted<'a> {
    /// The part that a lookup asks about. A context that asks about nothing is a `Bug`.
    pub fn of(cx: &Cx<'_>, part: &'a PartInput, links: LinkMatching) -> Result<Self, ConnectorError> {
        let intent_at = cx.intent_at().ok_or_else(|| ConnectorError::bug("a lookup without the intent's time"))?;
        Ok(Self {
            text: &part.text,
            media: part.media.iter().map(|media| media.kind).collect(),
            parent: part.parent.as_ref().map(|parent| parent.remote_id.as_str()),
            intent_at,
            links,
        })
    }

    /// From when on an object may be what was sent.
    pub fn since(&self) -> Timestamp {
        self.intent_at.saturating_sub(CLOCKS).unwrap_or(Timestamp::MIN)
    }

    /// From when on a listing must be complete for *absent* to be believed.
    pub fn doubted_since(&self) -> Timestamp {
        self.intent_at.saturating_sub(DOUBTED).unwrap_or(Timestamp::MIN)
    }
}

/// How far back a listing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To [`Wanted::doubted_since`] or to the account's first post.
    Complete,
    /// It may have been cut before that.
    Cut,
}

/// Finds the part among `candidates`, of which `bound` names those of other parts.
///
/// *Found* needs exactly one that was made at or after the intent less two minutes, says the
/// same, has the same media and answers the same, and belongs to no other part. *Absent* needs
/// a complete listing without any that could be it with its text rewritten, or by a clock that
/// is far from ours.
pub fn pick(candidates: &[Candidate], wanted: &Wanted<'_>, reach: Reach, bound: impl Fn(&str) -> bool) -> Lookup {
    let free = candidates.iter().filter(|one| one.created_at >= wanted.doubted_since());
    let in_time = |one: &Candidate| one.created_at >= wanted.since();
    let near: Vec<(&Candidate, Likeness)> = free
        .filter(|one| !bound(&one.receipt.remote_id))
        .map(|one| (one, wanted.likeness(one)))
        .filter(|(one, likeness)| match likeness {
            Likeness::Same => true,
            Likeness::Near => in_time(one),
            Likeness::Other => false,
        })
        .collect();
    let mut exact = near.iter().filter(|(one, likeness)| *likeness == Likeness::Same && in_time(one));
    match (exact.next(), exact.next()) {
        (Some((one, _)), None) => Lookup::Found(Outcome::Done(one.receipt.clone())),
        (None, _) if near.is_empty() && reach == Reach::Complete => Lookup::Absent,
        _ => Lookup::Unknown { evidence: evidence(&near, wanted, reach) },
    }
}

/// How much a candidate is like what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Likeness {
    Same,
    /// It could be it, with its text rewritten.
    Near,
    Other,
}

impl Wanted<'_> {
    fn likeness(&self, one: &Candidate) -> Likeness {
        let sorted = |media: &[MediaKind]| {
            let mut names: Vec<&str> = media.iter().map(|kind| kind.as_str()).collect();
            names.sort_unstable();
            names
        };
        let same_text = normalise_for_match(self.text, self.links) == normalise_for_match(&one.text, self.links);
        let same_place = self.parent == one.parent.as_deref();
        match same_text && same_place && sorted(&self.media) == sorted(&one.media) {
            true => Likeness::Same,
            false if same_text || resembles(self.text, &one.text) => Likeness::Near,
            false => Likeness::Other,
        }
    }
}

/// Whether at least half of the words that were sent are there. A text without words is like any other.
fn resembles(sent: &str, listed: &str) -> bool {
    let (sent, listed) = (words(sent), words(listed));
    let there = sent.iter().filter(|word| listed.contains(word)).count();
    2 * there >= sent.len()
}

fn words(text: &str) -> Vec<String> {
    let text = normalise_for_match(text, LinkMatching::Any).to_lowercase();
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn evidence(near: &[(&Candidate, Likeness)], wanted: &Wanted<'_>, reach: Reach) -> Value {
    let shown = near.iter().map(|(one, likeness)| {
        json!({
            "remote_id": one.receipt.remote_id,
            "url": one.receipt.url,
            "created_at": one.created_at,
            "same": *likeness == Likeness::Same,
        })
    });
    json!({
        "asked": "listing",
        "since": wanted.since(),
        "complete": reach == Reach::Complete,
        "candidates": shown.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests;
