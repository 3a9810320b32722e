//! A small schema language, just large enough for the lexicons in the table.
//!
//! Messages follow the reference server's validator of August 2026, for example
//! `grapheme too big (maximum 300, got 301) at $.record.text`.

use serde_json::{Map, Value};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::bluesky::syntax;

/// How much of a text a message repeats.
const PREVIEW: usize = 80;

/// An object definition.
pub(crate) struct Obj {
    /// Where the lexicon defines it: an NSID, `#` and a name for a part of it.
    /// The input of a procedure or the parameters of a query bear its NSID.
    pub(crate) id: &'static str,
    /// Members that must be there.
    pub(crate) required: &'static [&'static str],
    /// Members that may be `null`.
    pub(crate) nullable: &'static [&'static str],
    /// All members it may have.
    pub(crate) props: &'static [(&'static str, Ty)],
}

/// The type of a member.
pub(crate) enum Ty {
    /// A string.
    Text(Text),
    /// An integer and its bounds.
    Int {
        /// The least allowed value.
        min: Option<i64>,
        /// The greatest allowed value.
        max: Option<i64>,
    },
    /// `true` or `false`.
    Bool,
    /// An array with at most `max` items of one type.
    List {
        /// The greatest allowed length.
        max: Option<usize>,
        /// The type of each item.
        of: &'static Ty,
    },
    /// A reference to an uploaded file: of one of these types, of at most so many bytes.
    Blob {
        /// MIME types, perhaps with a star after the slash.
        accept: &'static [&'static str],
        /// The most bytes.
        max: u64,
    },
    /// A defined object.
    Ref(&'static Obj),
    /// One of several objects, told apart by `$type`.
    Union(&'static [&'static Obj]),
    /// Any object.
    Unknown,
    /// Part of the lexicon, but not of this simulation.
    NotSimulated,
}

/// What a string must fulfil.
#[derive(Clone, Copy, Default)]
pub(crate) struct Text {
    /// The most UTF-8 bytes (`maxLength`).
    pub(crate) bytes: Option<usize>,
    /// The most grapheme clusters (`maxGraphemes`).
    pub(crate) graphemes: Option<usize>,
    /// Its syntax.
    pub(crate) format: Option<Format>,
}

/// A string syntax of the AT Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    AtIdentifier,
    AtUri,
    Cid,
    Datetime,
    Did,
    Handle,
    Language,
    Nsid,
    RecordKey,
    Uri,
}

impl Format {
    /// The name that lexicons use.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AtIdentifier => "at-identifier",
            Self::AtUri => "at-uri",
            Self::Cid => "cid",
            Self::Datetime => "datetime",
            Self::Did => "did",
            Self::Handle => "handle",
            Self::Language => "language",
            Self::Nsid => "nsid",
            Self::RecordKey => "record-key",
            Self::Uri => "uri",
        }
    }

    fn holds(self, text: &str) -> bool {
        match self {
            Self::AtIdentifier => syntax::at_identifier(text),
            Self::AtUri => syntax::at_uri(text).is_some(),
            Self::Cid => syntax::cid(text),
            Self::Datetime => syntax::datetime(text),
            Self::Did => syntax::did(text),
            Self::Handle => syntax::handle(text),
            Self::Language => syntax::language(text),
            Self::Nsid => syntax::nsid(text),
            Self::RecordKey => syntax::record_key(text),
            Self::Uri => syntax::uri(text),
        }
    }
}

/// Checks `value` against `object`; every problem becomes one message. The `path`
/// is where the value stands, `$` for the whole.
pub(crate) fn check(object: &Obj, value: &Value, path: &str) -> Vec<String> {
    let mut issues = Vec::new();
    check_object(object, value, path, &mut issues);
    issues
}

fn check_object(object: &Obj, value: &Value, path: &str, issues: &mut Vec<String>) {
    let Some(map) = value.as_object() else {
        issues.push(wrong_type("object", value, path));
        return;
    };
    for key in object.required {
        if !map.contains_key(*key) {
            issues.push(format!("Missing required key \"{key}\" at {path}"));
        }
    }
    check_own_type(object, map, path, issues);
    for (key, member) in map {
        let place = format!("{path}.{key}");
        match object.props.iter().find(|(name, _)| name == key) {
            Some(_) if member.is_null() && object.nullable.contains(&key.as_str()) => {}
            Some((_, ty)) => check_member(ty, member, &place, issues),
            None if key == "$type" => {}
            None => issues.push(format!("Unexpected key {key:?} at {path}")),
        }
    }
}

/// A `$type` that is present must name the definition.
fn check_own_type(object: &Obj, map: &Map<String, Value>, path: &str, issues: &mut Vec<String>) {
    if let Some(ty) = map.get("$type")
        && !ty.as_str().is_some_and(|ty| same_type(ty, object.id))
    {
        let got = preview(ty);
        issues.push(format!("Expected {:?} (got {got}) at {path}.$type", object.id));
    }
}

/// `a.b.c` and `a.b.c#main` are one type.
fn same_type(a: &str, b: &str) -> bool {
    let plain = |t: &str| t.strip_suffix("#main").unwrap_or(t).to_owned();
    plain(a) == plain(b)
}

fn check_member(ty: &Ty, value: &Value, path: &str, issues: &mut Vec<String>) {
    match ty {
        Ty::Text(text) => check_text(text, value, path, issues),
        Ty::Int { min, max } => check_int(*min, *max, value, path, issues),
        Ty::Bool if value.is_boolean() => {}
        Ty::Bool => issues.push(wrong_type("boolean", value, path)),
        Ty::List { max, of } => check_list(*max, of, value, path, issues),
        Ty::Blob { accept, max } => check_blob(accept, *max, value, path, issues),
        Ty::Ref(object) => check_object(object, value, path, issues),
        Ty::Union(variants) => check_union(variants, value, path, issues),
        Ty::Unknown if value.is_object() => {}
        Ty::Unknown => issues.push(wrong_type("object", value, path)),
        Ty::NotSimulated => issues.push(format!("not simulated yet at {path}")),
    }
}

fn check_text(text: &Text, value: &Value, path: &str, issues: &mut Vec<String>) {
    let Some(string) = value.as_str() else {
        issues.push(wrong_type("string", value, path));
        return;
    };
    if let Some(max) = text.bytes {
        too_big("string", max, string.len(), path, issues);
    }
    if let Some(max) = text.graphemes {
        too_big("grapheme", max, string.graphemes(true).count(), path, issues);
    }
    if let Some(format) = text.format
        && !format.holds(string)
    {
        let (name, got) = (format.name(), preview(value));
        issues.push(format!("Invalid {name} (got {got}) at {path}"));
    }
}

fn check_int(min: Option<i64>, max: Option<i64>, value: &Value, path: &str, issues: &mut Vec<String>) {
    let Some(number) = value.as_i64() else {
        issues.push(wrong_type("integer", value, path));
        return;
    };
    if let Some(min) = min.filter(|min| number < *min) {
        issues.push(format!("integer too small (minimum {min}, got {number}) at {path}"));
    }
    if let Some(max) = max.filter(|max| number > *max) {
        issues.push(format!("integer too big (maximum {max}, got {number}) at {path}"));
    }
}

/// A blob reference in its current form; the older one without `ref` is not taken.
fn check_blob(accept: &[&str], max: u64, value: &Value, path: &str, issues: &mut Vec<String>) {
    let link = value["ref"]["$link"].as_str().filter(|_| value["ref"].as_object().is_some_and(|map| map.len() == 1));
    let (mime, size) = (value["mimeType"].as_str(), value["size"].as_u64());
    let whole = value["$type"] == "blob" && value.as_object().is_some_and(|map| map.len() == 4);
    let (Some(_), Some(mime), Some(size), true) = (link.filter(|cid| syntax::cid(cid)), mime, size, whole) else {
        issues.push(wrong_type("blob", value, path));
        return;
    };
    let fits = |pattern: &&str| match pattern.strip_suffix('*') {
        Some(beginning) => mime.starts_with(beginning),
        None => mime == *pattern,
    };
    if !accept.iter().any(fits) {
        issues.push(format!("Expected {} blob (got {mime:?}) at {path}.mimeType", accept.join(" or ")));
    }
    if size > max {
        issues.push(format!("blob too big (maximum {max}, got {size}) at {path}"));
    }
}

fn check_list(max: Option<usize>, of: &Ty, value: &Value, path: &str, issues: &mut Vec<String>) {
    let Some(items) = value.as_array() else {
        issues.push(wrong_type("array", value, path));
        return;
    };
    if let Some(max) = max {
        too_big("array", max, items.len(), path, issues);
    }
    for (index, item) in items.iter().enumerate() {
        check_member(of, item, &format!("{path}[{index}]"), issues);
    }
}

fn check_union(variants: &[&Obj], value: &Value, path: &str, issues: &mut Vec<String>) {
    let Some(ty) = value.get("$type").and_then(Value::as_str) else {
        let want = "an object which includes the \"$type\" property";
        issues.push(wrong_type(want, value, path));
        return;
    };
    match variants.iter().find(|object| same_type(object.id, ty)) {
        Some(object) => check_object(object, value, path, issues),
        None => issues.push(format!("Unexpected $type {ty:?} at {path}")),
    }
}

fn too_big(what: &str, max: usize, got: usize, path: &str, issues: &mut Vec<String>) {
    if got > max {
        issues.push(format!("{what} too big (maximum {max}, got {got}) at {path}"));
    }
}

fn wrong_type(want: &str, value: &Value, path: &str) -> String {
    format!("Expected {want} value type (got {}) at {path}", preview(value))
}

/// The value as JSON, cut to a readable length.
fn preview(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(PREVIEW) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
