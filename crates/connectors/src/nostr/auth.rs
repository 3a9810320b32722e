//! Taking in a key and its relays, and finding out who it belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::{join, join_all};
use nostr::nips::nip19::ToBech32 as _;
use nostr::prelude::Keys;
use postrider_connector::auth::{
    AuthCx, ConnectError, ConnectFields, Connected, Credentials, FixedAuth, RemoteAccount,
};
use postrider_connector::cx::CallError;
use postrider_connector::{Account, ConnectorError, Cx, Failure, Request, Response, TransportError};
use postrider_domain::Code;
use serde_json::{Value, json};
use url::Url;

use super::Nostr;
use super::event::profile_url;
use super::relay::{ask, events};

/// The place of an account: a key has no server of its own.
const HOST: &str = "nostr:";

/// Most relays of an account; our own figure.
const MOST_RELAYS: usize = 20;

/// How long all relays together may take to answer.
const RELAYS: Duration = Duration::from_secs(15);

/// How long the domain of a name may take.
const NAME: Duration = Duration::from_secs(5);

#[async_trait]
impl FixedAuth for Nostr {
    async fn verify(&self, cx: &AuthCx<'_>, fields: &ConnectFields) -> Result<Connected, ConnectError> {
        connect(cx, fields, RELAYS).await
    }
}

/// Connects with relays that may take `time` to answer.
pub(super) async fn connect(
    cx: &AuthCx<'_>,
    fields: &ConnectFields,
    time: Duration,
) -> Result<Connected, ConnectError> {
    let keys = keys(fields.require("nsec")?)?;
    let relays = relays(fields.require("relays")?)?;
    let quorum = quorum(fields.get("quorum"), relays.len())?;
    let media_server = fields.get("media_server").map(|text| origin(text, "media_server")).transpose()?;
    let (profile, said) = join(reach(cx, (&relays, time), quorum, &keys), pages(&cx.0, &relays, time)).await;
    let profile = profile?;
    let longest = said.into_iter().filter_map(|(relay, page)| Some((relay.to_owned(), longest_on(&page?)?))).collect();
    let name = name(cx, &keys, &profile).await;
    let text = |field: &str| profile[field].as_str().map(str::trim).filter(|text| !text.is_empty());
    let account = RemoteAccount {
        remote_id: keys.public_key().to_hex(),
        name: text("display_name").or(text("name")).unwrap_or(&name).to_owned(),
        handle: name,
        picture: text("picture").filter(|url| Url::parse(url).is_ok()).map(str::to_owned),
        url: profile_url(&keys.public_key()),
        facts: with_longest(json!({"relays": relays, "quorum": quorum, "media_server": media_server}), &longest),
    };
    Ok(Connected {
        person_id: account.remote_id.clone(),
        host: HOST.to_owned(),
        scopes: Vec::new(),
        credentials: Credentials::default().with("nsec", keys.secret_key().to_secret_hex()),
        lives_s: None,
        accounts: vec![account],
    })
}

fn keys(text: &str) -> Result<Keys, ConnectError> {
    if text.starts_with("npub") {
        // The public half is what people copy first.
        return Err(ConnectError::field(Code::KeyIsPublic, "nsec"));
    }
    Keys::parse(text).map_err(|_| ConnectError::field(Code::CredentialsRefused, "nsec"))
}

/// Addresses between white space or commas, each once.
fn relays(text: &str) -> Result<Vec<String>, ConnectError> {
    let mut seen = BTreeSet::new();
    let mut relays = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
        let relay = relay(word)?;
        if seen.insert(relay.clone()) {
            relays.push(relay);
        }
    }
    match relays.len() {
        0 => Err(ConnectError::field(Code::Required, "relays")),
        count if count > MOST_RELAYS => Err(ConnectError::field(Code::TooLong, "relays").with("limit", MOST_RELAYS)),
        _ => Ok(relays),
    }
}

fn relay(word: &str) -> Result<String, ConnectError> {
    let full = if word.contains("://") { word.to_owned() } else { format!("wss://{word}") };
    let invalid = || ConnectError::field(Code::UrlInvalid, "relays").with("host", word);
    let url = Url::parse(&full).map_err(|_| invalid())?;
    let plain = matches!(url.scheme(), "ws" | "wss") && url.username().is_empty() && url.password().is_none();
    if plain && url.has_host() { Ok(url.to_string().trim_end_matches('/').to_owned()) } else { Err(invalid()) }
}

fn origin(text: &str, field: &'static str) -> Result<String, ConnectError> {
    let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let invalid = || ConnectError::field(Code::UrlInvalid, field).with("host", text);
    let url = Url::parse(&full).map_err(|_| invalid())?;
    let plain = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    if plain && url.has_host() { Ok(url.origin().ascii_serialization()) } else { Err(invalid()) }
}

/// How many relays must take a post: one unless said otherwise, all of them at most.
fn quorum(text: Option<&str>, relays: usize) -> Result<usize, ConnectError> {
    let Some(text) = text else { return Ok(1) };
    let number = text.parse().ok().filter(|number| (1..=relays).contains(number));
    number.ok_or_else(|| ConnectError::field(Code::BadField, "quorum").with("reason", format!("1 to {relays}")))
}

/// Asks every relay for the profile, all at once. As many as the quorum must answer, or nothing could be published.
async fn reach(
    cx: &AuthCx<'_>,
    (relays, time): (&[String], Duration),
    quorum: usize,
    keys: &Keys,
) -> Result<Value, ConnectError> {
    let filter = json!({"kinds": [0], "authors": [keys.public_key().to_hex()], "limit": 1});
    let asked = relays.iter().map(|relay| profiles(cx, (relay, time), &filter));
    let (mut newest, mut reached, mut failed) = (Value::Null, 0, None);
    for answer in join_all(asked).await {
        match answer {
            Ok(found) => {
                reached += 1;
                let all = found.into_iter().chain([newest]);
                newest = all.max_by_key(|event| event["created_at"].as_u64()).unwrap_or_default();
            }
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        Some(error) if reached < quorum => Err(error),
        _ => Ok(newest["content"].as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()),
    }
}

/// The profiles that one relay has.
async fn profiles(
    cx: &AuthCx<'_>,
    (relay, time): (&str, Duration),
    filter: &Value,
) -> Result<Vec<Value>, ConnectError> {
    const STEP: &str = "find_server";
    let response = within(time, cx.call(&ask(relay, filter))).await;
    let response = response.map_err(|error| ConnectError::from_call(&error, STEP, "relays").with("host", relay))?;
    let no_relay = || ConnectError::step(Code::HostNotSupported, STEP, "relays").with("host", relay);
    events(&response).ok_or_else(no_relay)
}

/// A call that is given up when the time is over: somebody waits for the answer, and not only for this one.
async fn within(
    time: Duration,
    call: impl Future<Output = Result<Response, CallError>>,
) -> Result<Response, CallError> {
    let silent = |_| CallError::Transport(TransportError::NoAnswer(format!("nothing within {} s", time.as_secs())));
    tokio::time::timeout(time, call).await.unwrap_or_else(|over| Err(silent(over)))
}

/// The longest text that each relay takes, in bytes, where it says so.
type Longest = BTreeMap<String, u64>;

/// The facts of an account with these figures.
fn with_longest(mut facts: Value, longest: &Longest) -> Value {
    facts["longest"] = json!(longest);
    // The same event goes to all of them.
    facts["max_content"] = json!(longest.values().min());
    facts
}

/// What the relays say now. One that does not answer is believed to be as before.
pub(super) async fn facts(cx: &Cx<'_>, account: &Account) -> Result<Value, ConnectorError> {
    let relays: Vec<String> = serde_json::from_value(account.facts["relays"].clone())?;
    let known = &account.facts["longest"];
    // An account from before they were kept one by one has the smallest only.
    let before =
        |relay: &str| if known.is_object() { known[relay].as_u64() } else { account.facts["max_content"].as_u64() };
    let (mut longest, mut answered) = (Longest::new(), false);
    for (relay, page) in pages(cx, &relays, RELAYS).await {
        answered |= page.is_some();
        let most = page.map_or_else(|| before(relay), |page| longest_on(&page));
        longest.extend(most.map(|most| (relay.to_owned(), most)));
    }
    let silent = || ConnectorError::new(Failure::Transient, "no relay says what it takes");
    if answered { Ok(with_longest(account.facts.clone(), &longest)) } else { Err(silent()) }
}

/// What relays say about themselves (NIP-11). Not every relay does.
async fn pages<'a>(cx: &Cx<'_>, relays: &'a [String], time: Duration) -> Vec<(&'a str, Option<Value>)> {
    join_all(relays.iter().map(|relay| async move { (relay.as_str(), page(cx, relay, time).await) })).await
}

async fn page(cx: &Cx<'_>, relay: &str, time: Duration) -> Option<Value> {
    let request = Request::get(relay.replacen("ws", "http", 1)).header("accept", "application/nostr+json");
    let answer = within(time, cx.read(&request)).await.ok().filter(Response::is_success)?;
    answer.json().ok().filter(Value::is_object)
}

/// The longest text that a relay's page allows.
fn longest_on(page: &Value) -> Option<u64> {
    page["limitation"]["max_content_length"].as_u64().filter(|most| *most > 0)
}

/// The verified name (NIP-05), else the beginning and the end of the public key.
async fn name(cx: &AuthCx<'_>, keys: &Keys, profile: &Value) -> String {
    let key = keys.public_key();
    if let Some(claimed) = profile["nip05"].as_str()
        && verified(cx, claimed, &key.to_hex()).await == Some(true)
    {
        return claimed.strip_prefix("_@").unwrap_or(claimed).to_owned();
    }
    let code = key.to_bech32().unwrap_or_else(|_| key.to_hex());
    format!("{}…{}", &code[..12], &code[code.len() - 6..])
}

/// Whether the domain of a name says that it belongs to the key.
async fn verified(cx: &AuthCx<'_>, claimed: &str, key: &str) -> Option<bool> {
    let (local, domain) = claimed.split_once('@')?;
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("name", local).finish();
    let url = format!("https://{domain}/.well-known/nostr.json?{query}");
    let response = within(NAME, cx.call(&Request::get(url))).await.ok()?;
    let names = response.json::<Value>().ok()?;
    Some(names["names"][local].as_str() == Some(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relays_are_read_in_the_ways_people_write_them() {
        let read =
            relays("wss://Relay.example/ , nos.example\nws://127.0.0.1:7777 wss://relay.example").expect("relays");
        assert_eq!(read, ["wss://relay.example", "wss://nos.example", "ws://127.0.0.1:7777"]);
        for (wrong, code) in [
            ("", Code::Required),
            ("https://relay.example", Code::UrlInvalid),
            ("wss://a:b@relay.example", Code::UrlInvalid),
            ("wss://", Code::UrlInvalid),
        ] {
            let error = relays(wrong).expect_err(wrong);
            assert_eq!((error.code, error.field), (code, "relays"), "{wrong}");
        }
        let many: Vec<String> = (0..=MOST_RELAYS).map(|n| format!("r{n}.example")).collect();
        assert_eq!(relays(&many.join(" ")).expect_err("too many").code, Code::TooLong);
        assert_eq!(relays(&many[1..].join(" ")).map(|relays| relays.len()), Ok(MOST_RELAYS));
    }

    #[test]
    fn a_quorum_lies_between_one_and_all() {
        assert_eq!((quorum(None, 3), quorum(Some("1"), 3), quorum(Some("3"), 3)), (Ok(1), Ok(1), Ok(3)));
        for wrong in ["0", "4", "most", "-1"] {
            let error = quorum(Some(wrong), 3).expect_err(wrong);
            assert_eq!((error.code, error.field, error.args["reason"].as_str()), (Code::BadField, "quorum", "1 to 3"));
        }
    }

    #[test]
    fn a_public_key_is_told_from_nonsense() {
        let public = "npub1sn0wdenkukak0d9dfczzeacvhkrgz92ak56egt7vdgzn8pv2wfqqhrjdv9";
        assert_eq!(keys(public).expect_err("public").code, Code::KeyIsPublic);
        for wrong in ["nsec1xyz", "hello", ""] {
            assert_eq!(keys(wrong).expect_err(wrong).code, Code::CredentialsRefused, "{wrong}");
        }
        assert!(keys(&"1".repeat(64)).is_ok());
    }
}
