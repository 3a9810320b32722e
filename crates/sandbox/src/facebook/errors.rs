//! Refusals of Facebook that the other networks of Meta do not have.
//!
//! Codes: the table of errors in the facts (2026-11-23). Numbers of seven digits are told
//! as subcodes of 100 here; the facts print them without their codes.

use super::tokens::Who;
use crate::graph::error::{GraphError, Kind};

/// A call without a token.
pub(super) fn no_token() -> GraphError {
    GraphError::token("An access token is required to request this resource.")
}

/// A token that is over, and why: 458 removed, 460 password, 463 expired, 492 no role.
pub(super) fn dead(why: &str, subcode: u32) -> GraphError {
    GraphError::token(why).with_subcode(subcode)
}

/// A write that the token does not allow. That it is refused is certain, the code is not confirmed.
pub(super) fn forbidden(why: &str) -> GraphError {
    GraphError::new(Kind::OAuth, 200, format!("(#200) {why}"))
}

/// A documented refusal with a subcode.
pub(super) fn sub(subcode: u32, words: &str) -> GraphError {
    GraphError::new(Kind::OAuth, 100, format!("(#100) {words}")).with_subcode(subcode)
}

/// An upload that is empty, or a file that cannot be read.
pub(super) fn bad_file(words: &str) -> GraphError {
    let error =
        GraphError::new(Kind::OAuth, 6_000, format!("(#6000) There was a problem uploading your video file: {words}"));
    error.telling("Problem with file", "Please try again with another file.")
}

/// The same post twice in a row.
pub(super) fn duplicate() -> GraphError {
    let error = GraphError::new(Kind::OAuth, 506, "(#506) Duplicate status message");
    error.telling("Duplicate Status Update", "This status update is identical to the last one you posted.")
}

/// A name in `fields` that no document has for this kind of object.
pub(super) fn nonexisting(name: &str, node: &str) -> GraphError {
    let words = format!("(#100) Tried accessing nonexisting field ({name}) on node type ({node})");
    GraphError::new(Kind::OAuth, 100, words)
}

/// Too many calls about a Page, as a fault has it.
pub(super) fn page_throttled() -> GraphError {
    GraphError::new(Kind::OAuth, 32, "(#32) Page request limit reached").soon()
}

/// A budget that is used up: that of the Page, or that of the app.
pub(super) fn throttled(who: &Who) -> GraphError {
    match who.page {
        Some(_) => {
            let words = "(#80001) There have been too many calls to this Page account. Wait a bit and try again.";
            GraphError::new(Kind::OAuth, 80_001, words).soon()
        }
        None => GraphError::throttled(),
    }
}
