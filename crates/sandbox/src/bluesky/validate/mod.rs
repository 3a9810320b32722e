//! Strict validation of records: first their shape, then what they refer to.

mod refs;
pub(crate) mod schema;
pub(crate) mod table;

use jiff::Timestamp;
use serde_json::{Map, Value};

use self::table::{POST, RECORDS};
use crate::bluesky::errors::Refusal;
use crate::bluesky::{blobs, cid, syntax};
use crate::state::State;

/// A record that may be written.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The record with its `$type`.
    pub(crate) value: Value,
    /// Its content hash.
    pub(crate) cid: String,
}

/// Where a record is to be written.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The repository.
    pub(crate) did: &'a str,
    /// The collection's NSID.
    pub(crate) collection: &'a str,
    /// The record key.
    pub(crate) rkey: &'a str,
}

impl Place<'_> {
    /// The record's `at://` URI.
    pub(crate) fn uri(&self) -> String {
        format!("at://{}/{}/{}", self.did, self.collection, self.rkey)
    }
}

/// Checks a record for its place and computes its hash.
///
/// Unlike the real server this never skips validation, and it refuses members
/// the lexicon does not name: a typing mistake must not pass unseen.
pub(crate) fn prepare(state: &State, place: Place<'_>, record: &Value, now: Timestamp) -> Result<Prepared, Refusal> {
    let collection = place.collection;
    let value = with_type(collection, record)?;
    let object = RECORDS.iter().find(|object| object.id == collection);
    let object = object.ok_or_else(|| Refusal::invalid(format!("{collection} records are not simulated yet")))?;
    let mut issues = schema::check(object, &value, "$.record");
    if issues.is_empty() {
        let subject = refs::Subject { state, place, record: &value };
        issues = match collection == POST.id {
            true => refs::post(&subject),
            false => refs::threadgate(&subject),
        };
    }
    if !syntax::tid(place.rkey) {
        let rkey = place.rkey;
        return Err(Refusal::invalid(format!("Invalid record key {rkey:?}: expected a TID")));
    }
    if !issues.is_empty() {
        let issues = issues.join(", ");
        return Err(Refusal::invalid(format!("Invalid {collection} record: {issues}")));
    }
    if let Some(account) = state.accounts.get(place.did) {
        blobs::verify(account, &value, now)?;
    }
    let cid = cid::of(&value).map_err(|why| Refusal::invalid(format!("Invalid {collection} record: {why}")))?;
    Ok(Prepared { value, cid })
}

/// The record with `$type` filled in from the collection, as the server does.
fn with_type(collection: &str, record: &Value) -> Result<Value, Refusal> {
    let mut map: Map<String, Value> = record.as_object().cloned().unwrap_or_default();
    let given = map.entry("$type").or_insert_with(|| collection.into());
    if given != collection {
        let given = given.to_string();
        let message = format!("Invalid $type: expected {collection}, got {given}");
        return Err(Refusal::invalid(message));
    }
    Ok(Value::Object(map))
}

#[cfg(test)]
mod tests;
