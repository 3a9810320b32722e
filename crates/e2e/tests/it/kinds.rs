//! Every kind of content of every network with files: written through the API, found outside as it was written.

use serde_json::{Value, json};

use crate::album::{Album, png};
use crate::blossom::sha256;
use crate::harness::{Database, text};
use crate::networks::{Desk, Uploaded, World, bytes_of, ids};

/// A text with everything that a network might bend.
const RICH: &str = "Grüße <b>&amp; 'x' \"y\" https://example.com/a_(b)?c=1&d=2 #größe 👩‍🚀\n\nzweite  Zeile";

/// Asserts that the test above showed every kind that the platform offers.
async fn all_of(desk: &Desk<'_>, platform: &str, mut shown: Vec<&str>) {
    shown.sort_unstable();
    assert_eq!(desk.kinds(platform).await, shown, "a kind of {platform} is not shown here");
}

/// Asserts that `seen` is what the product says it sent, and, where nothing had to change, the file itself.
async fn is_what_was_sent(desk: &Desk<'_>, file: &Uploaded, seen: &[u8], original: Option<&[u8]>) {
    let sent = desk.sent(file).await;
    assert!(!sent.is_empty() && sent == seen, "{} bytes were sent, {} are there", sent.len(), seen.len());
    if let Some(original) = original {
        assert!(original == seen, "the file was changed without a need");
    }
}

// Mastodon

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_mastodon_is_on_the_instance_as_it_was_written() {
    let Some(world) = World::new(Database::Sqlite).await else { return };
    let Some(album) = Album::make(world.instance.folder.path()) else { return };
    world.control("/_instances/mastodon", &json!({ "processing_ms": 400 })).await;
    let node = world.instance.serve("").await;
    let desk = Desk::at(&node).await;
    let channel = desk.mastodon(&world, "mastodon", "grace").await;
    let mastodon = Mastodon { world: &world, desk: &desk, channel };
    mastodon.texts().await;
    let thread = mastodon.thread().await;
    mastodon.pictures(&album).await;
    mastodon.processed(&album).await;
    mastodon.poll_and_quote(&thread).await;
    all_of(&desk, "mastodon", vec!["text", "thread", "image", "video", "poll", "quote"]).await;
    node.stop().await;
    world.instance.finish().await;
}

struct Mastodon<'a> {
    world: &'a World,
    desk: &'a Desk<'a>,
    channel: String,
}

impl Mastodon<'_> {
    /// Publishes and returns the statuses of it.
    async fn publish(&self, parts: Value, settings: Value) -> Vec<Value> {
        let delivery = self.desk.publish(&self.channel, parts, settings).await;
        let all = self.world.statuses("mastodon", "grace").await;
        let one = |id: &String| all.iter().find(|status| status["id"] == id.as_str()).expect("is there").clone();
        ids(&delivery).iter().map(one).collect()
    }

    async fn texts(&self) {
        for visibility in ["public", "unlisted", "private", "direct"] {
            let words = format!("{visibility} {RICH}");
            let settings = json!({ "visibility": visibility, "language": "de", "content_warning": "Vögel & <Käfer>" });
            let found = self.publish(json!([{ "text": words }]), settings).await.remove(0);
            assert_eq!((&found["text"], &found["visibility"]), (&json!(words), &json!(visibility)));
            assert_eq!((&found["language"], &found["spoiler_text"]), (&json!("de"), &json!("Vögel & <Käfer>")));
        }
        let plain = self.publish(json!([{ "text": "plain" }]), json!({})).await.remove(0);
        assert_eq!((&plain["visibility"], &plain["spoiler_text"]), (&json!("public"), &json!("")));
    }

    /// Three parts, a picture in the middle; returns the root.
    async fn thread(&self) -> Value {
        let file = self.desk.upload("middle.png", "In the middle", &png(1)).await;
        let parts = json!([
            { "text": "one" },
            { "text": "two", "delay_s": 1, "media": [{ "id": file.id }] },
            { "text": "three", "delay_s": 1 },
        ]);
        let found = self.publish(parts, json!({ "content_warning": "long" })).await;
        let texts: Vec<&Value> = found.iter().map(|status| &status["text"]).collect();
        assert_eq!(texts, ["one", "two", "three"]);
        for pair in found.windows(2) {
            assert_eq!(pair[1]["in_reply_to_id"], pair[0]["id"]);
            assert_eq!(pair[1]["spoiler_text"], "long");
        }
        self.attached(&found[1], &[(&file, "In the middle", Some(&png(1)))]).await;
        found[0].clone()
    }

    async fn pictures(&self, album: &Album) {
        let one = self.desk.upload("one.png", "the file's own", &png(10)).await;
        let used = json!({ "id": one.id, "alt": "Ein „Bild“ & <mehr>\n2. Zeile", "focus": { "x": 7_500, "y": 2_500 } });
        let settings = json!({ "sensitive": true });
        let found = self.publish(json!([{ "text": "a point", "media": [used] }]), settings).await.remove(0);
        assert_eq!(found["sensitive"], true);
        assert_eq!(found["media_attachments"][0]["meta"]["focus"], json!({ "x": 0.5, "y": 0.5 }));
        self.attached(&found, &[(&one, "Ein „Bild“ & <mehr>\n2. Zeile", Some(&png(10)))]).await;

        let jpeg = self.desk.upload("first.jpg", "first", &album.jpeg).await;
        let others = [png(11), png(12), png(13)];
        let mut files = vec![jpeg];
        for (number, bytes) in others.iter().enumerate() {
            files.push(self.desk.upload("next.png", &format!("next {number}"), bytes).await);
        }
        let uses: Vec<Value> = files.iter().map(|file| json!({ "id": file.id })).collect();
        let found = self.publish(json!([{ "text": "four", "media": uses }]), json!({})).await.remove(0);
        assert_eq!(found["sensitive"], false);
        let own = |number: usize| Some(others[number].as_slice());
        let expected = [
            (&files[0], "first", None),
            (&files[1], "next 0", own(0)),
            (&files[2], "next 1", own(1)),
            (&files[3], "next 2", own(2)),
        ];
        self.attached(&found, &expected).await;
    }

    /// What the instance processes for a while before it can be posted.
    async fn processed(&self, album: &Album) {
        for (name, bytes, kind, same) in
            [("film.mp4", &album.film, "video", None), ("moving.gif", &album.gif, "gifv", None::<&[u8]>)]
        {
            let file = self.desk.upload(name, "It moves", bytes).await;
            let media = json!([file.with_alt("Es bewegt sich")]);
            let found = self.publish(json!([{ "text": name, "media": media }]), json!({})).await.remove(0);
            assert_eq!(found["media_attachments"][0]["type"], kind);
            self.attached(&found, &[(&file, "Es bewegt sich", same)]).await;
        }
    }

    async fn poll_and_quote(&self, quoted: &Value) {
        let poll = json!({ "options": ["Tee & <Kuchen>", "Kaffee"], "expires_in": 3_600, "multiple": true, "hide_totals": true });
        let found = self.publish(json!([{ "text": "which?" }]), json!({ "poll": poll })).await.remove(0);
        let titles: Vec<&Value> =
            found["poll"]["options"].as_array().expect("a poll").iter().map(|o| &o["title"]).collect();
        assert_eq!(titles, ["Tee & <Kuchen>", "Kaffee"]);
        assert_eq!(
            (&found["poll"]["multiple"], &found["poll"]["options"][0]["votes_count"]),
            (&json!(true), &Value::Null)
        );
        let settings = json!({ "quote": quoted["url"] });
        let found = self.publish(json!([{ "text": "look" }]), settings).await.remove(0);
        assert_eq!(found["quote"]["quoted_status"]["id"], quoted["id"]);
    }

    /// Asserts that these files are attached, in this order, with their descriptions, byte for byte.
    async fn attached(&self, status: &Value, files: &[(&Uploaded, &str, Option<&[u8]>)]) {
        let attached = status["media_attachments"].as_array().expect("files");
        assert_eq!(attached.len(), files.len(), "{status:#}");
        for (there, (file, alt, original)) in attached.iter().zip(files) {
            assert_eq!(there["description"], *alt);
            let bytes = bytes_of(&text(there, "url")).await;
            is_what_was_sent(self.desk, file, &bytes, *original).await;
        }
    }
}

// Bluesky

const HANDLE: &str = "ada.sandbox.test";
const POST: &str = "app.bsky.feed.post";
const GATE: &str = "app.bsky.feed.threadgate";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_bluesky_is_in_the_repository_as_it_was_written() {
    let Some(world) = World::new(Database::Sqlite).await else { return };
    let Some(album) = Album::make(world.instance.folder.path()) else { return };
    world.control("/_video", &json!({ "processing_ms": 400 })).await;
    let node = world.instance.serve("").await;
    let desk = Desk::at(&node).await;
    let channel = desk.bluesky(&world, HANDLE, true).await;
    let bluesky = Bluesky { world: &world, desk: &desk, channel, handle: HANDLE };
    bluesky.text().await;
    let quoted = bluesky.thread().await;
    bluesky.pictures(&album).await;
    bluesky.card_and_quote(&quoted).await;
    bluesky.video(&album).await;
    let channel = desk.bluesky(&world, "bob.sandbox.test", false).await;
    Bluesky { channel, handle: "bob.sandbox.test", ..bluesky }.video(&album).await;
    all_of(&desk, "bluesky", vec!["text", "thread", "quote", "image", "video", "card"]).await;
    node.stop().await;
    world.instance.finish().await;
}

struct Bluesky<'a> {
    world: &'a World,
    desk: &'a Desk<'a>,
    channel: String,
    handle: &'static str,
}

impl Bluesky<'_> {
    /// Publishes and returns the records of it.
    async fn publish(&self, parts: Value, settings: Value) -> Vec<Value> {
        let delivery = self.desk.publish(&self.channel, parts, settings).await;
        let all = self.world.records(self.handle, POST).await;
        let one = |uri: &String| all.iter().find(|record| record["uri"] == uri.as_str()).expect("is there").clone();
        ids(&delivery).iter().map(one).collect()
    }

    async fn text(&self) {
        let words = format!("@{HANDLE} {RICH}");
        let settings = json!({
            "langs": ["de", "pt-BR"], "labels": ["graphic-media"], "reply_gate": ["mentioned", "followers"],
        });
        let found = self.publish(json!([{ "text": words }]), settings).await.remove(0);
        let value = &found["value"];
        assert_eq!((&value["text"], &value["langs"]), (&json!(words), &json!(["de", "pt-BR"])));
        assert_eq!(value["labels"]["values"], json!([{ "val": "graphic-media" }]));
        let facets = value["facets"].as_array().expect("facets");
        let at = |facet: &Value, name: &str| usize::try_from(facet["index"][name].as_u64().expect("an offset"));
        let marked: Vec<&str> = facets
            .iter()
            .map(|facet| &words[at(facet, "byteStart").expect("small")..at(facet, "byteEnd").expect("small")])
            .collect();
        assert_eq!(marked, ["@ada.sandbox.test", "https://example.com/a_(b)?c=1&d=2", "#größe"]);
        let gates = self.world.records(self.handle, GATE).await;
        assert_eq!((gates.len(), &gates[0]["value"]["post"]), (1, &found["uri"]));
        let rules: Vec<&Value> =
            gates[0]["value"]["allow"].as_array().expect("rules").iter().map(|r| &r["$type"]).collect();
        assert_eq!(rules, ["app.bsky.feed.threadgate#mentionRule", "app.bsky.feed.threadgate#followerRule"]);
    }

    /// Three parts, a picture in the middle; returns the root.
    async fn thread(&self) -> Value {
        let file = self.desk.upload("middle.png", "In the middle", &png(1)).await;
        let parts = json!([
            { "text": "one" },
            { "text": "two", "delay_s": 1, "media": [{ "id": file.id }] },
            { "text": "three", "delay_s": 1 },
        ]);
        let found = self.publish(parts, json!({ "reply_gate": "nobody" })).await;
        let texts: Vec<&Value> = found.iter().map(|record| &record["value"]["text"]).collect();
        assert_eq!(texts, ["one", "two", "three"]);
        for pair in found.windows(2) {
            let reply = &pair[1]["value"]["reply"];
            assert_eq!((&reply["parent"]["uri"], &reply["parent"]["cid"]), (&pair[0]["uri"], &pair[0]["cid"]));
            assert_eq!((&reply["root"]["uri"], &reply["root"]["cid"]), (&found[0]["uri"], &found[0]["cid"]));
        }
        self.images(&found[1]["value"]["embed"], &[(&file, "In the middle", Some(&png(1)))]).await;
        let gates = self.world.records(self.handle, GATE).await;
        let gate = gates.iter().find(|gate| gate["value"]["post"] == found[0]["uri"]).expect("a gate");
        assert_eq!(gate["value"]["allow"], json!([]));
        found[0].clone()
    }

    async fn pictures(&self, album: &Album) {
        let one = self.desk.upload("one.png", "the file's own", &png(10)).await;
        let used = one.with_alt("Ein „Bild“ & <mehr>\n2. Zeile");
        let found = self.publish(json!([{ "text": "one", "media": [used] }]), json!({})).await.remove(0);
        let embed = &found["value"]["embed"];
        assert_eq!(embed["images"][0]["aspectRatio"], json!({ "width": 16, "height": 12 }));
        self.images(embed, &[(&one, "Ein „Bild“ & <mehr>\n2. Zeile", Some(&png(10)))]).await;

        let files = [
            self.desk.upload("first.jpg", "first", &album.jpeg).await,
            self.desk.upload("second.png", "second", &png(11)).await,
            self.desk.upload("third.png", "", &png(12)).await,
            self.desk.upload("fourth.png", "fourth", &png(13)).await,
        ];
        let uses: Vec<Value> = files.iter().map(|file| json!({ "id": file.id })).collect();
        let found = self.publish(json!([{ "text": "four", "media": uses }]), json!({})).await.remove(0);
        let expected = [
            (&files[0], "first", None),
            (&files[1], "second", Some(png(11))),
            (&files[2], "", Some(png(12))),
            (&files[3], "fourth", Some(png(13))),
        ];
        let expected = expected.each_ref().map(|(file, alt, same)| (*file, *alt, same.as_deref()));
        self.images(&found["value"]["embed"], &expected).await;
    }

    async fn card_and_quote(&self, quoted: &Value) {
        let thumb = self.desk.upload("thumb.png", "", &png(20)).await;
        let card = json!({ "url": "https://example.com/ä?b=1", "title": "Ein <Titel>", "description": "Über & über" });
        let parts = json!([{ "text": "read this", "media": [{ "id": thumb.id }] }]);
        let found = self.publish(parts, json!({ "card": card })).await.remove(0);
        let external = &found["value"]["embed"]["external"];
        assert_eq!((&external["uri"], &external["title"]), (&card["url"], &card["title"]));
        assert_eq!(external["description"], card["description"]);
        let bytes = self.world.blob(self.handle, &external["thumb"]).await;
        is_what_was_sent(self.desk, &thumb, &bytes, Some(&png(20))).await;

        let plain = self.publish(json!([{ "text": "look" }]), json!({ "quote": quoted["uri"] })).await.remove(0);
        assert_eq!(plain["value"]["embed"]["record"], json!({ "uri": quoted["uri"], "cid": quoted["cid"] }));
        let beside = self.desk.upload("beside.png", "beside", &png(21)).await;
        let parts = json!([{ "text": "look at both", "media": [{ "id": beside.id }] }]);
        let both = self.publish(parts, json!({ "quote": quoted["uri"] })).await.remove(0);
        let embed = &both["value"]["embed"];
        assert_eq!(embed["record"]["record"]["uri"], quoted["uri"]);
        self.images(&embed["media"], &[(&beside, "beside", Some(&png(21)))]).await;
    }

    async fn video(&self, album: &Album) {
        let file = self.desk.upload("film.mp4", "the file's own", &album.film).await;
        let parts = json!([{ "text": "it moves", "media": [file.with_alt("Es bewegt sich")] }]);
        let found = self.publish(parts, json!({})).await.remove(0);
        let embed = &found["value"]["embed"];
        assert_eq!((&embed["$type"], &embed["alt"]), (&json!("app.bsky.embed.video"), &json!("Es bewegt sich")));
        assert_eq!(embed["aspectRatio"], json!({ "width": 64, "height": 48 }));
        assert_eq!(embed["video"]["mimeType"], "video/mp4");
        let bytes = self.world.blob(self.handle, &embed["video"]).await;
        is_what_was_sent(self.desk, &file, &bytes, None).await;
    }

    /// Asserts that these pictures are there, in this order, with their descriptions, byte for byte.
    async fn images(&self, embed: &Value, files: &[(&Uploaded, &str, Option<&[u8]>)]) {
        assert_eq!(embed["$type"], "app.bsky.embed.images");
        let images = embed["images"].as_array().expect("images");
        assert_eq!(images.len(), files.len(), "{embed:#}");
        for (there, (file, alt, original)) in images.iter().zip(files) {
            assert_eq!(there["alt"], *alt);
            let bytes = self.world.blob(self.handle, &there["image"]).await;
            is_what_was_sent(self.desk, file, &bytes, *original).await;
        }
    }
}

// Nostr

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_nostr_is_on_both_relays_as_it_was_written() {
    let Some(world) = World::new(Database::Sqlite).await else { return };
    let Some(album) = Album::make(world.instance.folder.path()) else { return };
    let node = world.instance.serve("").await;
    let desk = Desk::at(&node).await;
    let channel = desk.nostr(&world).await;
    let nostr = Nostr { world: &world, desk: &desk, channel };
    nostr.text().await;
    let quoted = nostr.thread().await;
    nostr.quote(&quoted).await;
    nostr.files(&album).await;
    all_of(&desk, "nostr", vec!["text", "thread", "quote", "image", "video"]).await;
    node.stop().await;
    world.instance.finish().await;
}

struct Nostr<'a> {
    world: &'a World,
    desk: &'a Desk<'a>,
    channel: String,
}

impl Nostr<'_> {
    /// Publishes and returns the notes of it, which both relays give alike.
    async fn publish(&self, parts: Value, settings: Value) -> Vec<Value> {
        let delivery = self.desk.publish(&self.channel, parts, settings).await;
        let relays = [self.world.notes(0).await, self.world.notes(1).await];
        let one = |all: &[Value], id: &str| all.iter().find(|note| note["id"] == id).expect("is there").clone();
        let mut found = Vec::new();
        for id in ids(&delivery) {
            let notes = relays.each_ref().map(|all| one(all, &id));
            assert_eq!(notes[0], notes[1], "the same event");
            found.push(notes[0].clone());
        }
        found
    }

    async fn text(&self) {
        let settings = json!({ "language": "de", "content_warning": "Vögel & <Käfer>" });
        let found = self.publish(json!([{ "text": RICH }]), settings).await.remove(0);
        assert_eq!((&found["kind"], &found["content"]), (&json!(1), &json!(RICH)));
        let tags = found["tags"].as_array().expect("tags");
        for expected in [
            json!(["t", "größe"]),
            json!(["content-warning", "Vögel & <Käfer>"]),
            json!(["L", "ISO-639-1"]),
            json!(["l", "de", "ISO-639-1"]),
        ] {
            assert!(tags.contains(&expected), "{expected} in {tags:?}");
        }
    }

    /// Three parts, a picture in the middle; returns the root.
    async fn thread(&self) -> Value {
        let file = self.desk.upload("middle.png", "In the middle", &png(1)).await;
        let parts = json!([
            { "text": "one" },
            { "text": "two", "delay_s": 1, "media": [{ "id": file.id }] },
            { "text": "three", "delay_s": 1 },
        ]);
        let found = self.publish(parts, json!({})).await;
        assert_eq!((&found[0]["content"], &found[2]["content"]), (&json!("one"), &json!("three")));
        self.linked(&found[1], "two", &[(&file, "In the middle", Some(&png(1)))]).await;
        let marks = |note: &Value| -> Vec<(Value, Value)> {
            let tags = note["tags"].as_array().into_iter().flatten();
            tags.filter(|tag| tag[0] == "e").map(|tag| (tag[1].clone(), tag[3].clone())).collect()
        };
        let (root, second) = (found[0]["id"].clone(), found[1]["id"].clone());
        assert_eq!(marks(&found[1]), [(root.clone(), json!("root"))]);
        assert_eq!(marks(&found[2]), [(root, json!("root")), (second, json!("reply"))]);
        found[0].clone()
    }

    async fn quote(&self, quoted: &Value) {
        use nostr::prelude::{EventId, ToBech32 as _};
        let id = EventId::from_hex(&text(quoted, "id")).expect("an id");
        let code = id.to_bech32().expect("a code");
        let found = self.publish(json!([{ "text": "look" }]), json!({ "quote": code })).await.remove(0);
        let tags = found["tags"].as_array().expect("tags");
        assert!(tags.iter().any(|tag| tag[0] == "q" && tag[1] == quoted["id"]), "{found:#}");
        let content = text(&found, "content");
        assert!(content.starts_with("look\nnostr:n"), "{content}");
    }

    async fn files(&self, album: &Album) {
        let files = [
            self.desk.upload("one.png", "the file's own", &png(10)).await,
            self.desk.upload("two.jpg", "second", &album.jpeg).await,
            self.desk.upload("moving.gif", "It moves", &album.gif).await,
            self.desk.upload("film.mp4", "", &album.film).await,
        ];
        let mut uses: Vec<Value> = files.iter().map(|file| json!({ "id": file.id })).collect();
        uses[0] = files[0].with_alt("Ein „Bild“ & <mehr>");
        let found = self.publish(json!([{ "text": "all of it", "media": uses }]), json!({})).await.remove(0);
        let expected = [
            (&files[0], "Ein „Bild“ & <mehr>", Some(png(10))),
            (&files[1], "second", None),
            (&files[2], "It moves", None),
            (&files[3], "", None),
        ];
        let expected = expected.each_ref().map(|(file, alt, same)| (*file, *alt, same.as_deref()));
        self.linked(&found, "all of it", &expected).await;
    }

    /// Asserts that the note is this text and links to these files, each described, each byte for byte.
    async fn linked(&self, note: &Value, words: &str, files: &[(&Uploaded, &str, Option<&[u8]>)]) {
        let tags = note["tags"].as_array().expect("tags").iter().filter(|tag| tag[0] == "imeta");
        let described: Vec<Vec<&str>> =
            tags.map(|tag| tag.as_array().expect("a tag").iter().filter_map(Value::as_str).collect()).collect();
        assert_eq!(described.len(), files.len(), "{note:#}");
        let mut content = words.to_owned();
        for (fields, (file, alt, original)) in described.iter().zip(files) {
            let field = |name: &str| fields.iter().find_map(|field| field.strip_prefix(name)?.strip_prefix(' '));
            assert_eq!(field("alt").unwrap_or_default(), *alt);
            let url = field("url").expect("an address");
            content = format!("{content}\n{url}");
            let bytes = bytes_of(url).await;
            is_what_was_sent(self.desk, file, &bytes, *original).await;
            assert_eq!(field("x"), Some(sha256(&bytes).as_str()));
            assert_eq!(field("size"), Some(bytes.len().to_string().as_str()));
            let size = if original.is_some() { "16x12" } else { "64x48" };
            assert_eq!(field("dim"), Some(size));
        }
        assert_eq!(note["content"], content);
    }
}
