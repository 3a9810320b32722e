//! Filling a demonstration: a person, a workspace, accounts, and posts in every state.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use postrider_app::accounts::keys;
use postrider_app::accounts::people::{self, NewPerson};
use postrider_app::accounts::workspaces::{self, NewWorkspace};
use postrider_app::publishing::channels;
use postrider_app::publishing::posts::{self, NewPost, Status};
use postrider_app::publishing::when::Timing;
use postrider_app::{App, Caller, Made};
use postrider_domain::content::{ChannelContent, Content, PartContent};
use postrider_domain::id::{ChannelId, PostId, WorkspaceId};
use postrider_domain::role::Role;
use postrider_domain::secret::Secret;
use postrider_sandbox::seed::{Person, demo_accounts};
use serde_json::json;

use crate::client::http::plain_client;
use crate::failure::refused;

/// The platform whose accounts are connected.
const PLATFORM: &str = "bluesky";

/// How long the posts that go out at once may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Makes everything and returns a key to it.
pub(super) async fn fill(app: &App, email: &str, password: &Secret, networks: &str) -> anyhow::Result<Secret> {
    let people = demo_accounts();
    for person in &people {
        command(networks, "/_accounts", &account(person)).await?;
    }
    let new =
        NewPerson { email: email.to_owned(), name: "Demo".to_owned(), password: password.clone(), operator: true };
    let user = people::create(app, &new).await.map_err(refused)?;
    let caller = Caller::local(user.id);
    let workspace = NewWorkspace { name: "Harbour Bakery".to_owned(), zone: "Europe/Lisbon".to_owned() };
    let workspace = workspaces::create(app, &caller, &workspace, None).await.and_then(Made::there).map_err(refused)?.id;
    let new = keys::NewKey { name: "Demonstration".to_owned(), role: Role::Owner, expires_at: None };
    let (_, key) = keys::create(app, &caller, workspace, &new, None).await.and_then(Made::there).map_err(refused)?;
    let desk = Desk { app, caller, workspace, networks };
    let [ada, tomas, ..] = people.as_slice() else { anyhow::bail!("the sandbox has too few people") };
    let (ada, tomas) = (desk.connect(ada).await?, desk.connect(tomas).await?);
    desk.write(ada, tomas).await?;
    key.context("a new key comes with its token")
}

fn account(person: &Person) -> serde_json::Value {
    json!({"handle": person.handle, "password": person.password, "displayName": person.display_name})
}

/// Tells the sandbox something through its control pages, as a person at the fault panel does.
async fn command(networks: &str, path: &str, body: &serde_json::Value) -> anyhow::Result<()> {
    let call = plain_client(PATIENCE)?.post(format!("{networks}{path}")).json(body);
    call.send().await?.error_for_status().with_context(|| format!("the sandbox refused {path}"))?;
    Ok(())
}

/// Somebody at work in the demonstration's workspace.
struct Desk<'a> {
    app: &'a App,
    caller: Caller,
    workspace: WorkspaceId,
    networks: &'a str,
}

impl Desk<'_> {
    async fn connect(&self, person: &Person) -> anyhow::Result<ChannelId> {
        let fields = [("host", self.networks), ("identifier", &person.handle), ("password", &person.password)];
        let fields: BTreeMap<_, _> =
            fields.iter().map(|(name, text)| ((*name).to_owned(), Secret::new(*text))).collect();
        let asked = channels::ask(self.app, &self.caller, self.workspace, PLATFORM, fields).await.map_err(refused)?;
        let mut tx = self.app.store.write().await?;
        let kept = channels::keep(self.app, &mut tx, &self.caller, self.workspace, &asked).await.map_err(refused)?;
        tx.commit().await?;
        let channel = kept.channels.first().context("a connection has a channel")?;
        Ok(channel.id)
    }

    /// One that fails, some that are out, some that wait, and a draft.
    async fn write(&self, ada: ChannelId, tomas: ChannelId) -> anyhow::Result<()> {
        let refusal = json!({"match": "com.atproto.repo.putRecord", "count": 1, "kind": {"status": {
            "code": 400, "body": {"error": "InvalidRequest", "message": "Simulated: the network refuses this post."}}}});
        command(self.networks, "/_faults", &refusal).await?;
        let text = ["This one fails, so that you can see how that looks."];
        let failed = self.post(&text, &[tomas], Some(Timing::Now)).await?;
        self.settled(failed).await?;

        let now = Some(Timing::Now);
        let text = ["Fresh sourdough from six. The first ten loaves are still warm."];
        let both = self.post(&text, &[ada, tomas], now.clone()).await?;
        self.settled(both).await?;
        let thread = [
            "How our bread is made, in three posts.",
            "The evening before: flour, water, salt, and a starter that is older than the bakery.",
            "At four in the morning the oven reaches 250 °C. At six we open. https://postrider.example/bread",
        ];
        self.settled(self.post(&thread, &[ada], now).await?).await?;

        let today = self.app.store.now().await?;
        self.post(&["Saturday: cinnamon rolls, until they are gone."], &[ada, tomas], Some(morning(today, 1)?)).await?;
        self.post(&["New on Monday: rye with walnuts."], &[ada], Some(morning(today, 3)?)).await?;
        self.post(&["We are closed next Thursday."], &[tomas], Some(morning(today, 8)?)).await?;
        self.post(&["Idea: a post about the old oven"], &[ada], None).await?;
        Ok(())
    }

    async fn post(&self, texts: &[&str], to: &[ChannelId], timing: Option<Timing>) -> anyhow::Result<PostId> {
        let part = |text: &&str| PartContent { text: (*text).to_owned(), ..PartContent::default() };
        let channel =
            |id: &ChannelId| ChannelContent { channel: *id, parts: None, settings: serde_json::Map::default() };
        let content = Content { parts: texts.iter().map(part).collect(), channels: to.iter().map(channel).collect() };
        let new = NewPost { content, timing, ..NewPost::default() };
        let mut tx = self.app.store.write().await?;
        let post = posts::create(self.app, &mut tx, &self.caller, self.workspace, &new).await.map_err(refused)?;
        tx.commit().await?;
        Ok(post)
    }

    /// Waits until nothing of a post is under way.
    async fn settled(&self, post: PostId) -> anyhow::Result<()> {
        let wait = async {
            loop {
                let view = posts::get(self.app, &self.caller, self.workspace, post).await.map_err(refused)?;
                if !matches!(view.status, Status::Scheduled | Status::Publishing) {
                    return anyhow::Ok(());
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.context("the engine did not publish in time")?
    }
}

/// Nine in the morning of a later day, by the workspace's clock.
fn morning(now: Timestamp, days: i64) -> anyhow::Result<Timing> {
    let day = now.saturating_add(SignedDuration::from_hours(24 * days))?;
    let date = day.to_zoned(jiff::tz::TimeZone::UTC).date();
    Ok(Timing::Local { time: format!("{date}T09:00"), zone: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_morning_is_a_local_time_of_that_day() {
        let now = "2026-12-31T23:00:00Z".parse().expect("an instant");
        let expected = Timing::Local { time: "2027-01-01T09:00".to_owned(), zone: None };
        assert_eq!(morning(now, 1).expect("a day"), expected);
    }
}
