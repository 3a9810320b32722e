//! The table against the published lexicons, and records at their limits.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::schema::{Obj, Ty};
use super::*;
use crate::bluesky::specs;
use jiff::Timestamp;

use crate::state::{Action, Write};

const RKEY: &str = "3jzfcijpj2z2a";
const WHEN: &str = "2026-11-23T08:00:00.000Z";

fn state() -> (State, String) {
    let mut state = State::default();
    let did = state.insert_account(1, Timestamp::UNIX_EPOCH, "ada.test", "p", "");
    (state, did)
}

fn try_in(state: &State, did: &str, collection: &str, rkey: &str, record: Value) -> String {
    let place = Place { did, collection, rkey };
    match prepare(state, place, &record, Timestamp::UNIX_EPOCH) {
        Ok(_) => String::new(),
        Err(refusal) => {
            assert_eq!((refusal.status.as_u16(), refusal.name), (400, "InvalidRequest"));
            refusal.message
        }
    }
}

/// The message that refuses a post with `fields` besides text and date; empty if accepted.
fn post_with(fields: Value) -> String {
    let (state, did) = state();
    let mut record = json!({"text": "Grüße, world", "createdAt": WHEN});
    for (key, value) in fields.as_object().expect("fields") {
        record[key] = value.clone();
    }
    try_in(&state, &did, POST.id, RKEY, record)
}

#[track_caller]
fn refused(fields: Value, words: &str) {
    let message = post_with(fields.clone());
    assert!(message.starts_with("Invalid app.bsky.feed.post record: "), "{fields}: {message:?}");
    assert!(message.contains(words), "{fields}: {message:?} lacks {words:?}");
}

#[track_caller]
fn accepted(fields: Value) {
    assert_eq!(post_with(fields.clone()), "", "{fields}");
}

#[test]
fn text_at_and_over_its_limits() {
    accepted(json!({"text": "a".repeat(300)}));
    refused(json!({"text": "a".repeat(301)}), "grapheme too big (maximum 300, got 301) at $.record.text");
    // One family emoji is 25 bytes and one grapheme: bytes run out first.
    let family = "👨‍👩‍👧‍👦";
    assert_eq!(family.len(), 25);
    accepted(json!({"text": family.repeat(120)}));
    refused(json!({"text": family.repeat(121)}), "string too big (maximum 3000, got 3025)");
    refused(json!({"text": 5}), "Expected string value type (got 5) at $.record.text");
    refused(json!({"text": null}), "Expected string value type (got null)");
    refused(json!({"text": ""}), "text may be empty only with an embed");
}

#[test]
fn required_unknown_and_unsimulated_members() {
    let (state, did) = state();
    let message = try_in(&state, &did, POST.id, RKEY, json!({}));
    assert!(message.contains("Missing required key \"text\" at $.record"));
    assert!(message.contains("Missing required key \"createdAt\" at $.record"));
    refused(json!({"colour": "red"}), "Unexpected key \"colour\" at $.record");
    refused(json!({"entities": []}), "not simulated yet at $.record.entities");
    refused(json!({"embed": {"$type": "app.bsky.embed.poll"}}), "Unexpected $type \"app.bsky.embed.poll\"");
    refused(json!({"embed": {"record": {}}}), "includes the \"$type\" property");
}

#[test]
fn types_and_collections() {
    accepted(json!({"$type": "app.bsky.feed.post"}));
    let message = post_with(json!({"$type": "app.bsky.feed.like"}));
    assert!(message.starts_with("Invalid $type: expected app.bsky.feed.post"), "{message}");
    let (state, did) = state();
    let message = try_in(&state, &did, "app.bsky.feed.like", RKEY, json!({}));
    assert_eq!(message, "app.bsky.feed.like records are not simulated yet");
    for rkey in ["self", "3jzfcijpj2z2", "zzzzzzzzzzzzz"] {
        let message = try_in(&state, &did, POST.id, rkey, json!({"text": "a", "createdAt": WHEN}));
        assert!(message.starts_with("Invalid record key"), "{rkey}: {message}");
    }
}

#[test]
fn dates_languages_tags_and_labels() {
    refused(json!({"createdAt": "yesterday"}), "Invalid datetime (got \"yesterday\") at $.record.createdAt");
    accepted(json!({"langs": ["en", "pt-BR", "zh-Hant"]}));
    refused(json!({"langs": ["en", "pt", "zh", "de"]}), "array too big (maximum 3, got 4) at $.record.langs");
    refused(json!({"langs": ["english"]}), "Invalid language (got \"english\") at $.record.langs[0]");
    accepted(json!({"tags": vec!["t".repeat(64); 8]}));
    refused(json!({"tags": vec!["t"; 9]}), "array too big (maximum 8, got 9) at $.record.tags");
    refused(json!({"tags": ["t".repeat(65)]}), "grapheme too big (maximum 64, got 65) at $.record.tags[0]");
    let labels = |n: usize, val: &str| {
        json!({"labels": {"$type": "com.atproto.label.defs#selfLabels",
            "values": vec![json!({"val": val}); n]}})
    };
    accepted(labels(10, "graphic-media"));
    refused(labels(11, "nudity"), "array too big (maximum 10, got 11) at $.record.labels.values");
    refused(labels(1, &"v".repeat(129)), "string too big (maximum 128, got 129)");
    refused(json!({"labels": {"values": []}}), "includes the \"$type\" property");
}

fn facet(start: i64, end: i64) -> Value {
    json!({"index": {"byteStart": start, "byteEnd": end},
        "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "x"}]})
}

#[test]
fn facets_lie_on_characters_inside_the_text() {
    // "Grüße, world" is 14 bytes: ü at 2..4, ß at 4..6.
    accepted(json!({"facets": [facet(2, 6), facet(9, 14)]}));
    refused(json!({"facets": [facet(3, 6)]}), "bytes 3 to 6 cut a character in two at $.record.facets[0].index");
    refused(json!({"facets": [facet(2, 5)]}), "cut a character");
    refused(json!({"facets": [facet(9, 15)]}), "past the end of the text (14 bytes)");
    refused(json!({"facets": [facet(6, 6)]}), "byteStart 6 is not before byteEnd 6");
    refused(json!({"facets": [facet(-1, 2)]}), "integer too small (minimum 0, got -1)");
    refused(json!({"facets": [facet(0, 6), facet(4, 8)]}), "overlap another facet at $.record.facets[1]");
    let mut float = facet(0, 2);
    float["index"]["byteEnd"] = json!(2.5);
    refused(json!({"facets": [float]}), "Expected integer value type (got 2.5)");
}

#[test]
fn facet_features_are_checked() {
    let with = |feature: Value| json!({"facets": [{"index": {"byteStart": 0, "byteEnd": 2}, "features": [feature]}]});
    let link = "app.bsky.richtext.facet#link";
    let mention = "app.bsky.richtext.facet#mention";
    accepted(with(json!({"$type": link, "uri": "https://example.com/a"})));
    refused(with(json!({"$type": link, "uri": "example.com"})), "Invalid uri");
    accepted(with(json!({"$type": mention, "did": "did:plc:abc"})));
    refused(with(json!({"$type": mention, "did": "@ada.test"})), "Invalid did");
    refused(with(json!({"$type": mention, "handle": "ada.test"})), "Unexpected key \"handle\"");
    refused(with(json!({"uri": "https://example.com"})), "includes the \"$type\" property");
}

proptest! {
    /// Whatever a facet says, it is accepted exactly when it selects whole characters.
    #[test]
    fn facets_are_accepted_exactly_where_text_can_be_cut(
        text in "[a-zü€👍]{1,12}",
        start in -1i64..40,
        end in -1i64..40,
    ) {
        let cut = |n: i64| usize::try_from(n).is_ok_and(|n| text.is_char_boundary(n));
        let right = start < end && cut(start) && cut(end);
        let message = post_with(json!({"text": text, "facets": [facet(start, end)]}));
        prop_assert_eq!(message.is_empty(), right, "{}", message);
    }

    /// Any text is judged by its graphemes and its bytes alone, and never panics.
    #[test]
    fn any_text_is_judged_by_its_size(text in "\\PC{0,320}") {
        use unicode_segmentation::UnicodeSegmentation as _;
        let fits = text.graphemes(true).count() <= 300 && text.len() <= 3_000 && !text.is_empty();
        prop_assert_eq!(post_with(json!({"text": text})).is_empty(), fits);
    }
}

/// A state in which `RKEY` is a post, and that post's strong reference.
fn with_post() -> (State, String, Value) {
    let (mut state, did) = state();
    let place = Place { did: &did, collection: POST.id, rkey: RKEY };
    let ready =
        prepare(&state, place, &json!({"text": "root", "createdAt": WHEN}), Timestamp::UNIX_EPOCH).expect("a post");
    let strong = json!({"uri": place.uri(), "cid": ready.cid});
    put(&mut state, &did, RKEY, ready);
    (state, did, strong)
}

fn put(state: &mut State, did: &str, rkey: &str, ready: Prepared) {
    let write = Write {
        at: Timestamp::UNIX_EPOCH,
        action: Action::Create,
        collection: POST.id.into(),
        rkey: rkey.into(),
        cid: ready.cid,
        value: ready.value,
    };
    state.apply(did, write).expect("the account exists");
}

#[test]
fn replies_and_quotes_name_what_exists() {
    let (state, did, strong) = with_post();
    let check = |extra: Value| {
        let mut record = json!({"text": "more", "createdAt": WHEN});
        record.as_object_mut().expect("a map").extend(extra.as_object().expect("a map").clone());
        try_in(&state, &did, POST.id, "3jzfcijpj2z2b", record)
    };
    let quote = |s: &Value| json!({"embed": {"$type": "app.bsky.embed.record", "record": s}});
    let reply = |root: &Value, parent: &Value| json!({"reply": {"root": root, "parent": parent}});
    assert_eq!(check(reply(&strong, &strong)), "");
    assert_eq!(check(quote(&strong)), "");

    let mut missing = strong.clone();
    missing["uri"] = format!("at://{did}/app.bsky.feed.post/3jzfcijpj2z2c").into();
    assert!(check(reply(&strong, &missing)).contains("could not locate record"));
    assert!(check(quote(&missing)).contains("at $.record.embed.record.uri"));
    let mut stale = strong.clone();
    stale["cid"] = cid::of(&json!({})).expect("a map").into();
    assert!(check(reply(&stale, &strong)).contains("the record's cid is"));
    let mut named = strong.clone();
    named["uri"] = format!("at://ada.test/app.bsky.feed.post/{RKEY}").into();
    assert!(check(quote(&named)).contains("names a DID"));
    let elsewhere = json!({"uri": "at://did:plc:zzzz/app.bsky.feed.post/3jzfcijpj2z2c", "cid": stale["cid"]});
    assert_eq!(check(quote(&elsewhere)), "");
    let mut like = elsewhere.clone();
    like["uri"] = "at://did:plc:zzzz/app.bsky.feed.like/3jzfcijpj2z2c".into();
    assert!(check(reply(&like, &like)).contains("a reply refers to posts"));
    assert!(check(json!({"reply": {"parent": strong}})).contains("Missing required key \"root\""));
}

#[test]
fn a_reply_stays_in_its_parents_thread() {
    let (mut state, did, root) = with_post();
    let place = Place { did: &did, collection: POST.id, rkey: "3jzfcijpj2z2b" };
    let record = json!({"text": "one", "createdAt": WHEN, "reply": {"root": root, "parent": root}});
    let ready = prepare(&state, place, &record, Timestamp::UNIX_EPOCH).expect("a reply");
    let first = json!({"uri": place.uri(), "cid": ready.cid});
    put(&mut state, &did, place.rkey, ready);
    let reply = |root: &Value| {
        let reply = json!({"root": root, "parent": first});
        let record = json!({"text": "two", "createdAt": WHEN, "reply": reply});
        try_in(&state, &did, POST.id, "3jzfcijpj2z2c", record)
    };
    assert_eq!(reply(&root), "");
    assert!(reply(&first).contains("the parent belongs to the thread of"));
}

#[test]
fn thread_gates_share_the_key_of_a_root_post() {
    let (state, did, root) = with_post();
    let gate = |rkey: &str, fields: Value| {
        let mut record = json!({"post": root["uri"], "createdAt": WHEN});
        record.as_object_mut().expect("a map").extend(fields.as_object().expect("a map").clone());
        try_in(&state, &did, THREADGATE_ID, rkey, record)
    };
    let rule = |name: &str| json!({"$type": format!("{THREADGATE_ID}#{name}")});
    let all = json!([rule("mentionRule"), rule("followerRule"), rule("followingRule"),
        {"$type": format!("{THREADGATE_ID}#listRule"), "list": "at://did:plc:x/app.bsky.graph.list/a"}]);
    assert_eq!(gate(RKEY, json!({})), "");
    assert_eq!(gate(RKEY, json!({"allow": []})), "");
    assert_eq!(gate(RKEY, json!({"allow": all})), "");
    assert!(gate(RKEY, json!({"allow": [rule("everybody")]})).contains("Unexpected $type"));
    assert!(gate(RKEY, json!({"allow": [rule("listRule")]})).contains("Missing required key \"list\""));
    let six = vec![rule("mentionRule"); 6];
    assert!(gate(RKEY, json!({"allow": six})).contains("array too big (maximum 5, got 6)"));
    assert!(gate("3jzfcijpj2z2b", json!({})).contains("guards at://"));
    let nothing = format!("at://{did}/app.bsky.feed.post/3jzfcijpj2z2b");
    assert!(gate("3jzfcijpj2z2b", json!({"post": nothing})).contains("could not locate record"));
}

const THREADGATE_ID: &str = "app.bsky.feed.threadgate";

#[test]
fn replies_have_no_gate() {
    let (mut state, did, root) = with_post();
    let place = Place { did: &did, collection: POST.id, rkey: "3jzfcijpj2z2b" };
    let record = json!({"text": "one", "createdAt": WHEN, "reply": {"root": root, "parent": root}});
    let ready = prepare(&state, place, &record, Timestamp::UNIX_EPOCH).expect("a reply");
    put(&mut state, &did, place.rkey, ready);
    let gate = json!({"post": place.uri(), "createdAt": WHEN});
    let message = try_in(&state, &did, THREADGATE_ID, place.rkey, gate);
    assert!(message.contains("only the root post of a thread has a gate"), "{message}");
}

// ---- the table against the published files ----

/// The definition an id names, as published.
fn published(root: &std::path::Path, id: &str) -> Value {
    let (nsid, name) = id.split_once('#').unwrap_or((id, "main"));
    let file = root.join("lexicons").join(nsid.replace('.', "/")).with_extension("json");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let lexicon: Value = serde_json::from_str(&text).expect("a lexicon is JSON");
    let def = lexicon["defs"][name].clone();
    match def["type"].as_str() {
        Some("record") => def["record"].clone(),
        Some("procedure") => def["input"]["schema"].clone(),
        Some("query") => def["parameters"].clone(),
        _ => def,
    }
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut out: Vec<_> = items.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect();
    out.sort();
    out
}

fn sorted(items: impl IntoIterator<Item = &'static str>) -> Vec<String> {
    let mut out: Vec<_> = items.into_iter().map(str::to_owned).collect();
    out.sort();
    out
}

/// An id as a file writes it, made absolute.
fn absolute(id: &str, within: &str) -> String {
    let nsid = within.split('#').next().unwrap_or_default();
    id.strip_prefix('#').map_or(id.to_owned(), |name| format!("{nsid}#{name}"))
}

fn compare(root: &std::path::Path, object: &'static Obj, seen: &mut Vec<&'static str>) {
    if seen.contains(&object.id) {
        return;
    }
    seen.push(object.id);
    let def = published(root, object.id);
    let id = object.id;
    assert_eq!(texts(&def["required"]), sorted(object.required.iter().copied()), "{id} required");
    assert_eq!(texts(&def["nullable"]), sorted(object.nullable.iter().copied()), "{id} nullable");
    let empty = serde_json::Map::new();
    let props = def["properties"].as_object().unwrap_or(&empty);
    let mut names: Vec<_> = props.keys().cloned().collect();
    names.sort();
    assert_eq!(names, sorted(object.props.iter().map(|(name, _)| *name)), "{id} properties");
    for (name, ty) in object.props {
        compare_type(root, id, name, ty, &props[*name], seen);
    }
}

fn compare_type(
    root: &std::path::Path,
    id: &str,
    name: &str,
    ty: &'static Ty,
    def: &Value,
    seen: &mut Vec<&'static str>,
) {
    let kind = def["type"].as_str().unwrap_or_default();
    let size = |key: &str| def[key].as_u64().and_then(|n| usize::try_from(n).ok());
    let place = format!("{id}.{name}");
    match ty {
        Ty::Text(text) => {
            assert_eq!(kind, "string", "{place}");
            assert_eq!(text.bytes, size("maxLength"), "{place} maxLength");
            assert_eq!(text.graphemes, size("maxGraphemes"), "{place} maxGraphemes");
            assert_eq!(text.format.map(|f| f.name()), def["format"].as_str(), "{place} format");
        }
        Ty::Int { min, max } => {
            assert_eq!(kind, "integer", "{place}");
            assert_eq!((*min, *max), (def["minimum"].as_i64(), def["maximum"].as_i64()), "{place}");
        }
        Ty::Bool => assert_eq!(kind, "boolean", "{place}"),
        Ty::Blob { accept, max } => {
            assert_eq!(kind, "blob", "{place}");
            assert_eq!(texts(&def["accept"]), sorted(accept.iter().copied()), "{place} accept");
            assert_eq!(Some(*max), def["maxSize"].as_u64(), "{place} maxSize");
        }
        Ty::List { max, of } => {
            assert_eq!(kind, "array", "{place}");
            assert_eq!(*max, size("maxLength"), "{place} maxLength");
            compare_type(root, id, name, of, &def["items"], seen);
        }
        Ty::Ref(object) => {
            assert_eq!(kind, "ref", "{place}");
            assert_eq!(absolute(def["ref"].as_str().unwrap_or_default(), id), object.id, "{place}");
            compare(root, object, seen);
        }
        Ty::Union(variants) => compare_union(root, id, variants, def, seen),
        Ty::Unknown => assert_eq!(kind, "unknown", "{place}"),
        Ty::NotSimulated => assert!(!kind.is_empty(), "{place} is not in the lexicon"),
    }
}

fn compare_union(
    root: &std::path::Path,
    id: &str,
    variants: &'static [&'static Obj],
    def: &Value,
    seen: &mut Vec<&'static str>,
) {
    assert_eq!(def["type"], "union", "{id}");
    let mut want: Vec<_> = texts(&def["refs"]).iter().map(|r| absolute(r, id)).collect();
    want.sort();
    assert_eq!(sorted(variants.iter().map(|object| object.id)), want, "{id}");
    for object in variants {
        compare(root, object, seen);
    }
}

#[test]
fn the_table_agrees_with_the_published_lexicons() {
    let Some(root) = specs::bluesky() else {
        return;
    };
    let mut seen = Vec::new();
    let objects = [
        &table::POST,
        &table::THREADGATE,
        &table::CREATE_SESSION,
        &table::CREATE_RECORD,
        &table::PUT_RECORD,
        &table::DELETE_RECORD,
        &table::GET_RECORD,
        &table::LIST_RECORDS,
        &table::DESCRIBE_REPO,
        &table::RESOLVE_HANDLE,
        &table::GET_PROFILE,
        &table::GET_BLOB,
        &table::GET_SERVICE_AUTH,
        &table::GET_JOB_STATUS,
    ];
    for object in objects {
        compare(&root, object, &mut seen);
    }
    assert_eq!(seen.len(), 38, "{seen:?}");
    for record in RECORDS {
        let file = root.join("lexicons").join(record.id.replace('.', "/")).with_extension("json");
        let text = std::fs::read_to_string(file).expect("published above");
        let lexicon: Value = serde_json::from_str(&text).expect("a lexicon is JSON");
        assert_eq!(lexicon["defs"]["main"]["key"], "tid", "{}", record.id);
    }
}
