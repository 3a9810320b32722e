//! Somebody at work in a workspace of the demonstration, through the use cases that the API calls.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use axum::body::Bytes;
use futures::StreamExt as _;
use jiff::Timestamp;
use postrider_app::media::uploads::{self, NewUpload, Piece};
use postrider_app::media::{MediaState, files};
use postrider_app::publishing::channels;
use postrider_app::publishing::channels::oauth::{self, Answer, Came, Ended, Start};
use postrider_app::publishing::deliveries::DeliveryView;
use postrider_app::publishing::posts::{self, NewPost};
use postrider_app::publishing::when::Timing;
use postrider_app::{App, Caller};
use postrider_domain::content::{ChannelContent, Content, MediaRef, PartContent};
use postrider_domain::delivery::State;
use postrider_domain::id::{ChannelId, LabelId, MediaId, PostId, WorkspaceId};
use postrider_domain::schedule::{ZoneName, occurrence_key};
use postrider_domain::secret::Secret;
use postrider_sandbox::seed::Person;
use postrider_store::repo::backdate::{self, Past};
use serde_json::{Map, Value, json};
use url::Url;

use super::script::Entry;
use crate::client::http::plain_client;
use crate::failure::refused;

/// How long anything may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// How often somebody who waits looks.
const LOOK: Duration = Duration::from_millis(40);

/// A channel, and the name under which its network takes a language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) channel: ChannelId,
    /// Whether the setting is a list.
    pub(super) languages: bool,
}

/// A workspace with whoever works in it.
pub(super) struct Desk<'a> {
    pub(super) app: &'a App,
    pub(super) workspace: WorkspaceId,
    /// Where the simulated networks are.
    pub(super) networks: &'a str,
    pub(super) zone: ZoneName,
}

/// Tells the sandbox something through its control pages, as a person at the fault panel does.
pub(super) async fn command(networks: &str, path: &str, body: &Value) -> anyhow::Result<()> {
    let call = plain_client(PATIENCE)?.post(format!("{networks}{path}")).json(body);
    call.send().await?.error_for_status().with_context(|| format!("the sandbox refused {path}"))?;
    Ok(())
}

impl Desk<'_> {
    /// Connects an account that is logged in with a password of its own.
    pub(super) async fn log_in(&self, who: &Caller, platform: &str, person: &Person) -> anyhow::Result<Spot> {
        let fields = [("host", self.networks), ("identifier", &person.handle), ("password", &person.password)];
        let fields: BTreeMap<_, _> =
            fields.iter().map(|(name, text)| ((*name).to_owned(), Secret::new(*text))).collect();
        let asked = channels::ask(self.app, who, self.workspace, platform, fields).await.map_err(refused)?;
        let mut tx = self.app.store.write().await?;
        let kept = channels::keep(self.app, &mut tx, who, self.workspace, &asked).await.map_err(refused)?;
        tx.commit().await?;
        let channel = kept.channels.first().context("a connection has a channel")?.id;
        Ok(Spot { channel, languages: true })
    }

    /// Connects an account by its consent, which is given at once.
    pub(super) async fn consent(&self, who: &Caller, platform: &str, at: &str, account: &str) -> anyhow::Result<Spot> {
        let fields = BTreeMap::from([("server".to_owned(), Secret::new(at))]);
        let start = Start { platform: platform.to_owned(), fields, return_to: None };
        let started = oauth::start(self.app, who, self.workspace, &start, None).await.map_err(refused)?;
        let agree = [("account", account), ("decision", "allow")];
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(agree).finish();
        let call = plain_client(PATIENCE)?.post(&started.authorize_url).body(form);
        let call = call.header("content-type", "application/x-www-form-urlencoded");
        let answer = call.send().await?;
        let back = answer.headers().get("location").and_then(|value| value.to_str().ok()).map(Url::parse);
        let back = back.context("the consent page sends nobody back")??;
        let place = back.path().strip_prefix("/connect/callback/").context("the way back leads elsewhere")?;
        let query: BTreeMap<_, _> = back.query_pairs().into_owned().collect();
        let given = |name: &str| Secret::new(query.get(name).cloned().unwrap_or_default());
        let came = Came { state: given("state"), code: given("code"), ..Came::default() };
        match oauth::callback(self.app, Some(who), place, &came).await.map_err(refused)? {
            Answer::Ended { ended: Ended::Connected { channels, .. }, .. } => {
                let channel = *channels.first().context("a connection has a channel")?;
                Ok(Spot { channel, languages: false })
            }
            other => anyhow::bail!("{account} could not be connected: {other:?}"),
        }
    }

    /// Uploads a file and waits until it can be used.
    pub(super) async fn upload(&self, who: &Caller, name: &str, alt: &str, bytes: Vec<u8>) -> anyhow::Result<MediaId> {
        let length = bytes.len() as u64;
        let new = NewUpload {
            bytes: length,
            name: name.to_owned(),
            mime: "image/png".to_owned(),
            alt: alt.to_owned(),
            ..NewUpload::default()
        };
        let id = uploads::create(self.app, who, self.workspace, &new, None).await.map_err(refused)?;
        let body = futures::stream::once(async move { Ok(Bytes::from(bytes)) }).boxed();
        let piece = Piece { offset: 0, length: Some(length), checksum: None, body };
        uploads::append(self.app, who, self.workspace, id, piece).await.map_err(refused)?;
        Ok(id)
    }

    /// Waits until files can be used.
    pub(super) async fn ready(&self, who: &Caller, ids: &[MediaId]) -> anyhow::Result<()> {
        for &id in ids {
            wait(async || {
                let view = files::get(self.app, who, self.workspace, id).await.map_err(refused)?;
                Ok((view.file.state == MediaState::Ready).then_some(()))
            })
            .await
            .context("a picture was not taken in")?;
        }
        Ok(())
    }

    /// Writes an entry of the script; without a time it stays a draft.
    pub(super) async fn write(
        &self,
        who: &Caller,
        entry: &Entry,
        to: &[Spot],
        picture: Option<MediaId>,
        labels: Vec<LabelId>,
        timing: Option<Timing>,
    ) -> anyhow::Result<PostId> {
        let mut parts: Vec<PartContent> = entry.parts.iter().map(|text| part(text)).collect();
        if let (Some(root), Some(picture)) = (parts.first_mut(), picture) {
            root.media.push(MediaRef { fit: true, ..MediaRef::of(picture) });
        }
        let channels = to.iter().map(|spot| content(*spot, entry.lang)).collect();
        let new = NewPost { content: Content { parts, channels }, labels, timing, ..NewPost::default() };
        let mut tx = self.app.store.write().await?;
        let post = posts::create(self.app, &mut tx, who, self.workspace, &new).await.map_err(refused)?;
        tx.commit().await?;
        Ok(post)
    }

    /// Waits until every delivery of a post is as `done` wants it.
    pub(super) async fn when(
        &self,
        who: &Caller,
        post: PostId,
        done: impl Fn(&DeliveryView) -> bool,
    ) -> anyhow::Result<Vec<DeliveryView>> {
        let seen = wait(async || {
            let view = posts::get(self.app, who, self.workspace, post).await.map_err(refused)?;
            let all = view.deliveries.iter().all(&done);
            Ok(all.then_some(view.deliveries))
        });
        seen.await.context("the engine did not publish in time")
    }

    /// Moves what happened to a post a moment ago to where the script has it, on the networks as well.
    pub(super) async fn backdate(&self, who: &Caller, post: PostId, at: Timestamp) -> anyhow::Result<()> {
        let local = occurrence_key(self.zone.time_zone().to_datetime(at));
        let zone = self.zone.as_str();
        let mut tx = self.app.store.write().await?;
        backdate::backdate(&mut tx, self.workspace, post, &Past { at, local: &local, zone }).await?;
        tx.commit().await?;
        let view = posts::get(self.app, who, self.workspace, post).await.map_err(refused)?;
        for url in view.deliveries.iter().flat_map(|delivery| &delivery.parts).filter_map(|part| part.url.as_ref()) {
            command(self.networks, "/_backdate", &json!({"url": url, "at": at.to_string()})).await?;
        }
        Ok(())
    }

    /// The instant at which the clock of the workspace shows a time on another day.
    pub(super) fn instant(&self, today: jiff::civil::Date, entry: &Entry) -> anyhow::Result<Timestamp> {
        let day = today.checked_add(jiff::Span::new().days(entry.day))?;
        Ok(day.to_datetime(entry.time.parse()?).to_zoned(self.zone.time_zone())?.timestamp())
    }
}

/// Whether nothing of a delivery is under way any more.
pub(super) fn settled(delivery: &DeliveryView) -> bool {
    !matches!(delivery.state, State::Scheduled | State::Running | State::Waiting)
}

fn part(text: &str) -> PartContent {
    PartContent { text: text.to_owned(), ..PartContent::default() }
}

fn content(spot: Spot, lang: &str) -> ChannelContent {
    let (name, value) = if spot.languages { ("langs", json!([lang])) } else { ("language", json!(lang)) };
    let settings = Map::from_iter([(name.to_owned(), value)]);
    ChannelContent { channel: spot.channel, parts: None, settings }
}

async fn wait<T>(look: impl AsyncFn() -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
    let patient = async {
        loop {
            if let Some(seen) = look().await? {
                return anyhow::Ok(seen);
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(PATIENCE, patient).await.context("it took too long")?
}
