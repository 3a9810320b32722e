//! `deliveries …`

use serde_json::{Map, Value, json};

use super::posts::{delivery_line, query, segment, settings, words};
use super::{Environment, Session, items, text, time};
use crate::cli::{DeliveriesCommand, ServerArgs};
use crate::failure::Usage;
use crate::terminal::table;

/// `deliveries …`
pub async fn command(server: ServerArgs, command: DeliveriesCommand, environment: &Environment) -> anyhow::Result<()> {
    let session = Session::open(server, environment).await?;
    let answer = match &command {
        DeliveriesCommand::List { page, state, reason } => {
            let filters = [("state", state.as_deref()), ("hold_reason", reason.as_deref())];
            let answer = session.get(&format!("/deliveries?{}", query(page, &filters))).await?;
            return session.show(&answer, list);
        }
        DeliveriesCommand::Attempts { delivery } => {
            let answer = session.get(&format!("/deliveries/{}/attempts", segment(delivery))).await?;
            return session.show(&answer, attempts);
        }
        DeliveriesCommand::ReleaseAll { reason } => {
            let answer = release_all(&session, reason).await?;
            return session.show(&answer, released);
        }
        DeliveriesCommand::Show { delivery } => session.get(&format!("/deliveries/{}", segment(delivery))).await?,
        DeliveriesCommand::Retry { delivery } => act(&session, delivery, "retry").await?,
        DeliveriesCommand::Cancel { delivery } => act(&session, delivery, "cancel").await?,
        DeliveriesCommand::Stop { delivery } => act(&session, delivery, "stop").await?,
        DeliveriesCommand::Release { delivery } => act(&session, delivery, "release").await?,
        DeliveriesCommand::Confirm { delivery, link } => {
            session.post(&format!("/deliveries/{}/confirm", segment(delivery)), &json!({"link": link})).await?
        }
        DeliveriesCommand::PublishAgain { delivery } => act(&session, delivery, "publish-again").await?,
        DeliveriesCommand::DeleteLive { delivery } => act(&session, delivery, "delete-live").await?,
        DeliveriesCommand::EditLive { delivery, text, settings } => {
            let body = edit(text, settings)?;
            session.post(&format!("/deliveries/{}/edit-live", segment(delivery)), &body).await?
        }
    };
    session.show(&answer, one)
}

async fn act(session: &Session, delivery: &str, action: &str) -> anyhow::Result<Value> {
    session.act(&format!("/deliveries/{}/{action}", segment(delivery))).await
}

/// What an edit of what is live says.
fn edit(texts: &[String], pairs: &[String]) -> anyhow::Result<Value> {
    let mut body = Map::new();
    if !texts.is_empty() {
        body.insert("parts".to_owned(), texts.iter().map(|text| json!({"text": text})).collect());
    }
    if !pairs.is_empty() {
        body.insert("settings".to_owned(), settings(pairs)?.into());
    }
    if body.is_empty() {
        return Err(Usage("nothing to change: name --text, --setting or both".to_owned()).into());
    }
    Ok(body.into())
}

/// Asks as often as the server says that there are more; what it lets go does not come back.
async fn release_all(session: &Session, reason: &str) -> anyhow::Result<Value> {
    let mut released = Vec::new();
    loop {
        let answer = session.post("/deliveries/release", &json!({"hold_reason": reason})).await?;
        let some = !items(&answer["released"]).is_empty();
        released.extend_from_slice(items(&answer["released"]));
        if answer["more"] != true || !some {
            return Ok(json!({"released": released, "skipped": answer["skipped"]}));
        }
    }
}

fn released(answer: &Value) -> String {
    let mut lines = vec![format!("{} deliveries go on", items(&answer["released"]).len())];
    let skipped = items(&answer["skipped"]).iter();
    lines.extend(skipped.map(|one| format!("  {} stays: {}", text(one, "/id"), text(one, "/detail"))));
    lines.join("\n")
}

fn list(answer: &Value) -> String {
    if items(answer).is_empty() {
        return "no deliveries".to_owned();
    }
    let row = |delivery: &Value| {
        let fields = ["/id", "/post", "/channel/handle", "/state", "/hold_reason"];
        fields.iter().map(|field| text(delivery, field)).chain([time(delivery, "/scheduled_at")]).collect()
    };
    let head = ["ID", "POST", "CHANNEL", "STATE", "REASON", "TIME"];
    let mut said = table(&head, &items(answer).iter().map(row).collect::<Vec<_>>());
    if let Some(next) = answer["next"].as_str() {
        said.push_str(&format!("\nmore: --cursor {next}"));
    }
    said
}

fn attempts(answer: &Value) -> String {
    if items(answer).is_empty() {
        return "nothing was tried yet".to_owned();
    }
    let row = |attempt: &Value| {
        let fields = ["/action", "/outcome", "/code", "/status", "/words"];
        std::iter::once(time(attempt, "/started_at")).chain(fields.iter().map(|field| text(attempt, field))).collect()
    };
    let head = ["STARTED", "STEP", "OUTCOME", "CODE", "STATUS", "THE PLATFORM'S WORDS"];
    table(&head, &items(answer).iter().map(row).collect::<Vec<_>>())
}

fn one(delivery: &Value) -> String {
    let mut lines = vec![delivery_line(delivery)];
    lines.extend(words(delivery).map(|words| format!("  {words}")));
    for part in items(&delivery["parts"]) {
        let fields = ["/position", "/state", "/url"].map(|field| text(part, field));
        let gone = if part["deleted_at"].is_null() { "" } else { "  deleted there" };
        lines.push(format!("  part {}{gone}", fields.join("  ").trim_end()));
    }
    if !delivery["change"].is_null() {
        let fields = ["/kind", "/state", "/detail"].map(|field| text(&delivery["change"], field));
        lines.push(format!("  change {}", fields.join("  ")).trim_end().to_owned());
    }
    let of = |field: &str| items(&delivery[field]).iter().filter_map(Value::as_str);
    let live = of("live_actions").map(|kind| format!("{kind}-live"));
    let actions: Vec<_> = of("actions").map(str::to_owned).chain(live).collect();
    if !actions.is_empty() {
        lines.push(format!("  possible: {}", actions.join(", ")));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_shows_its_parts_and_what_can_be_done() {
        let delivery = json!({"id": "dlv_1", "state": "unconfirmed", "channel": {"platform": "p", "handle": "h"},
            "parts": [{"position": 0, "state": "published", "url": "u"}, {"position": 1, "state": "pending"}],
            "actions": ["confirm", "publish_again"]});
        assert_eq!(
            one(&delivery),
            "dlv_1  p  h  unconfirmed\n  part 0  published  u\n  part 1  pending\n  possible: confirm, publish_again"
        );
    }

    #[test]
    fn a_delivery_shows_how_a_change_of_it_fares() {
        let delivery = json!({"id": "dlv_1", "state": "published", "channel": {"platform": "p", "handle": "h"},
            "parts": [{"position": 0, "state": "published", "url": "u"},
                {"position": 1, "state": "published", "url": "v", "deleted_at": "T"}],
            "change": {"kind": "delete", "state": "failed", "detail": "No."}, "live_actions": ["delete"]});
        let lines = "dlv_1  p  h  published\n  part 0  published  u\n  part 1  published  v  deleted there\n  \
                     change delete  failed  No.\n  possible: delete-live";
        assert_eq!(one(&delivery), lines);
    }

    #[test]
    fn an_edit_names_what_it_changes_and_nothing_else() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let both = edit(&words(&["a", "b"]), &words(&["warning=w"])).expect("a body");
        assert_eq!(both, json!({"parts": [{"text": "a"}, {"text": "b"}], "settings": {"warning": "w"}}));
        assert_eq!(edit(&words(&["a"]), &[]).expect("a body"), json!({"parts": [{"text": "a"}]}));
        assert!(edit(&[], &[]).is_err());
    }

    #[test]
    fn what_stays_held_says_why() {
        let answer = json!({"released": ["dlv_1"], "skipped": [{"id": "dlv_2", "detail": "No channel."}]});
        assert_eq!(released(&answer), "1 deliveries go on\n  dlv_2 stays: No channel.");
    }

    #[test]
    fn empty_lists_say_so() {
        assert_eq!(list(&json!({"items": []})), "no deliveries");
        assert_eq!(attempts(&json!([])), "nothing was tried yet");
        let page = json!({"items": [{"id": "dlv_1", "state": "held"}], "next": "c"});
        assert!(list(&page).ends_with("more: --cursor c"));
    }
}
