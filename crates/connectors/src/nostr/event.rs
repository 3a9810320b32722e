//! Building and signing events, and reading how people name them.

use nostr::nips::nip19::{FromBech32 as _, Nip19, Nip19Event, Nip19Profile, ToBech32 as _};
use nostr::prelude::{Event, EventId, Keys, Kind, PublicKey, Tag, Timestamp, UnsignedEvent};
use postrider_connector::error::{ConnectorError, Failure};
use postrider_connector::{Cx, PartInput, Receipt};
use postrider_domain::text::extract::{Rules, hashtags};
use secp256k1::Secp256k1;
use serde_json::{Value, json};

use super::media::Link;
use super::settings::Settings;

/// Where people without a client can look at an event.
const VIEWER: &str = "https://njump.me";

/// The keys of the grant. Without them the owner must connect again.
pub(super) fn keys(cx: &Cx<'_>) -> Result<Keys, ConnectorError> {
    let missing = || ConnectorError::new(Failure::Reauth, "the grant has no usable key");
    let secret = cx.credentials().get("nsec").ok_or_else(missing)?;
    Keys::parse(secret.expose()).map_err(|_| missing())
}

/// Signs without randomness: the same event has the same signature every time.
pub(super) fn sign(
    keys: &Keys,
    at_s: i64,
    kind: Kind,
    tags: Vec<Tag>,
    content: String,
) -> Result<Event, ConnectorError> {
    let at = Timestamp::from_secs(u64::try_from(at_s).unwrap_or(0));
    let unsigned = UnsignedEvent::new(keys.public_key(), at, kind, tags, content);
    let id = unsigned.compute_id();
    let signature = keys.sign_schnorr_with_aux_rand(&Secp256k1::signing_only(), id.as_bytes(), &[0; 32]);
    unsigned.add_signature(signature).map_err(|error| ConnectorError::bug(format!("signing: {error}")))
}

/// The note of a part: its text with the addresses of its files below.
pub(super) fn note(cx: &Cx<'_>, part: &PartInput, links: &[Link], at_s: i64) -> Result<Event, ConnectorError> {
    let settings = Settings::read(&part.settings).0;
    let quote = settings.quote.as_ref().filter(|_| part.index == 0);
    let mut content = part.text.trim_end().to_owned();
    for link in links {
        content = format!("{content}\n{}", link.url);
    }
    let mut tags = thread_tags(part)?;
    tags.extend(mention_tags(&part.text)?);
    if let Some(quoted) = quote {
        let code = quoted.to_bech32().map_err(|error| ConnectorError::bug(error.to_string()))?;
        content = format!("{content}\nnostr:{code}");
        tags.push(quote_tag(quoted)?);
    }
    for (link, media) in links.iter().zip(&part.media) {
        tags.push(tag(link.imeta(media))?);
    }
    tags.extend(label_tags(&settings)?);
    sign(&keys(cx)?, at_s, Kind::TextNote, tags, content.trim_start().to_owned())
}

fn tag<S: Into<String>>(values: impl IntoIterator<Item = S>) -> Result<Tag, ConnectorError> {
    let values: Vec<String> = values.into_iter().map(Into::into).collect();
    Tag::parse(values).map_err(|error| ConnectorError::bug(format!("a tag: {error}")))
}

/// Root and parent by marked `e` tags, and their author (NIP-10).
fn thread_tags(part: &PartInput) -> Result<Vec<Tag>, ConnectorError> {
    let (Some(root), Some(parent)) = (&part.root, &part.parent) else { return Ok(Vec::new()) };
    let relay = |receipt: &Receipt| receipt.extra["relay"].as_str().unwrap_or_default().to_owned();
    let mut tags = vec![tag(["e".to_owned(), root.remote_id.clone(), relay(root), "root".to_owned()])?];
    if parent.remote_id != root.remote_id {
        tags.push(tag(["e".to_owned(), parent.remote_id.clone(), relay(parent), "reply".to_owned()])?);
    }
    if let Some(author) = parent.extra["author"].as_str() {
        tags.push(tag(["p", author])?);
    }
    Ok(tags)
}

/// `nostr:npub1…` and `nostr:nprofile1…` in the text (NIP-27), and hashtags in lower case.
fn mention_tags(text: &str) -> Result<Vec<Tag>, ConnectorError> {
    let mut tags = Vec::new();
    for code in text.split("nostr:").skip(1) {
        let end = code.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(code.len());
        let person = match Nip19::from_bech32(&code[..end]) {
            Ok(Nip19::Pubkey(key)) => key,
            Ok(Nip19::Profile(Nip19Profile { public_key, .. })) => public_key,
            _ => continue,
        };
        tags.push(tag(["p".to_owned(), person.to_hex()])?);
    }
    for hashtag in hashtags(text, Rules::Spaced) {
        tags.push(tag(["t".to_owned(), hashtag.value.to_lowercase()])?);
    }
    let mut seen = std::collections::BTreeSet::new();
    tags.retain(|tag| seen.insert(tag.clone()));
    Ok(tags)
}

fn quote_tag(quoted: &Nip19Event) -> Result<Tag, ConnectorError> {
    let relay = quoted.relays.first().map(ToString::to_string).unwrap_or_default();
    let mut values = vec!["q".to_owned(), quoted.event_id.to_hex(), relay];
    values.extend(quoted.author.map(|author| author.to_hex()));
    tag(values)
}

fn label_tags(settings: &Settings) -> Result<Vec<Tag>, ConnectorError> {
    let mut tags = Vec::new();
    if let Some(warning) = &settings.warning {
        tags.push(tag(["content-warning", warning.as_str()])?);
    }
    if let Some(language) = &settings.language {
        tags.push(tag(["L", "ISO-639-1"])?);
        tags.push(tag(["l", language.as_str(), "ISO-639-1"])?);
    }
    Ok(tags)
}

/// The request to delete an event (NIP-09).
pub(super) fn deletion(cx: &Cx<'_>, receipt: &Receipt, at_s: i64) -> Result<Event, ConnectorError> {
    let tags = vec![tag(["e", receipt.remote_id.as_str()])?, tag(["k", "1"])?];
    sign(&keys(cx)?, at_s, Kind::EventDeletion, tags, String::new())
}

/// The event as it is stored between two steps.
pub(super) fn stored(event: &Event) -> Value {
    serde_json::to_value(event).unwrap_or(Value::Null)
}

/// The id of a stored event.
pub(super) fn id_of(event: &Value) -> &str {
    event["id"].as_str().unwrap_or_default()
}

/// The receipt of an event, once a relay has taken it.
pub(super) fn receipt(event: &Value, relay: &str, answers: &Value) -> Receipt {
    let id = id_of(event);
    let url = EventId::from_hex(id).ok().and_then(|id| id.to_bech32().ok()).map(|code| format!("{VIEWER}/{code}"));
    Receipt {
        remote_id: id.to_owned(),
        url,
        extra: json!({"relay": relay, "author": event["pubkey"], "relays": answers}),
    }
}

/// `note1…`, `nevent1…`, `nostr:…`, an id in hex, or a link that ends with one of them.
pub(super) fn event_in(text: &str) -> Option<Nip19Event> {
    let text = text.trim().trim_end_matches('/');
    let last = text.rsplit(['/', ':', '#']).next().unwrap_or(text);
    if let Ok(id) = EventId::from_hex(last) {
        return Some(Nip19Event::new(id));
    }
    match Nip19::from_bech32(last) {
        Ok(Nip19::EventId(id)) => Some(Nip19Event::new(id)),
        Ok(Nip19::Event(event)) => Some(event),
        _ => None,
    }
}

/// What a person pasted for an unconfirmed part.
pub(super) fn receipt_from_link(link: &str) -> Option<Receipt> {
    let event = event_in(link)?;
    let relay = event.relays.first().map(ToString::to_string);
    let url = event.event_id.to_bech32().ok().map(|code| format!("{VIEWER}/{code}"));
    let author = event.author.map(|author| author.to_hex());
    Some(Receipt { remote_id: event.event_id.to_hex(), url, extra: json!({"relay": relay, "author": author}) })
}

/// The public page of an account.
pub(super) fn profile_url(key: &PublicKey) -> Option<String> {
    key.to_bech32().ok().map(|code| format!("{VIEWER}/{code}"))
}
