//! `deliveries …`

use serde_json::{Value, json};

use super::posts::{delivery_line, query, segment};
use super::{Environment, Session, items, text};
use crate::cli::{DeliveriesCommand, ServerArgs};
use crate::terminal::table;

/// `deliveries …`
pub async fn command(server: ServerArgs, command: DeliveriesCommand, environment: &Environment) -> anyhow::Result<()> {
    let session = Session::open(server, environment).await?;
    let answer = match &command {
        DeliveriesCommand::List(args) => {
            let answer = session.get(&format!("/deliveries?{}", query(args, "state"))).await?;
            return session.show(&answer, list);
        }
        DeliveriesCommand::Attempts { delivery } => {
            let answer = session.get(&format!("/deliveries/{}/attempts", segment(delivery))).await?;
            return session.show(&answer, attempts);
        }
        DeliveriesCommand::Show { delivery } => session.get(&format!("/deliveries/{}", segment(delivery))).await?,
        DeliveriesCommand::Retry { delivery } => act(&session, delivery, "retry", json!({})).await?,
        DeliveriesCommand::Cancel { delivery } => act(&session, delivery, "cancel", json!({})).await?,
        DeliveriesCommand::Stop { delivery } => act(&session, delivery, "stop", json!({})).await?,
        DeliveriesCommand::Release { delivery } => act(&session, delivery, "release", json!({})).await?,
        DeliveriesCommand::Confirm { delivery, link } => {
            act(&session, delivery, "confirm", json!({"link": link})).await?
        }
        DeliveriesCommand::PublishAgain { delivery } => act(&session, delivery, "publish-again", json!({})).await?,
    };
    session.show(&answer, one)
}

async fn act(session: &Session, delivery: &str, action: &str, body: Value) -> anyhow::Result<Value> {
    session.post(&format!("/deliveries/{}/{action}", segment(delivery)), &body).await
}

fn list(answer: &Value) -> String {
    if items(answer).is_empty() {
        return "no deliveries".to_owned();
    }
    let row = |delivery: &Value| {
        let fields = ["/id", "/post", "/channel/handle", "/state", "/hold_reason", "/scheduled_at"];
        fields.map(|field| text(delivery, field)).to_vec()
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
        let fields = ["/started_at", "/action", "/outcome", "/code", "/status", "/words"];
        fields.map(|field| text(attempt, field)).to_vec()
    };
    let head = ["STARTED", "STEP", "OUTCOME", "CODE", "STATUS", "THE PLATFORM'S WORDS"];
    table(&head, &items(answer).iter().map(row).collect::<Vec<_>>())
}

fn one(delivery: &Value) -> String {
    let mut lines = vec![delivery_line(delivery)];
    for part in items(&delivery["parts"]) {
        let fields = ["/position", "/state", "/url"].map(|field| text(part, field));
        lines.push(format!("  part {}", fields.join("  ")).trim_end().to_owned());
    }
    let actions: Vec<_> = items(&delivery["actions"]).iter().filter_map(Value::as_str).collect();
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
    fn empty_lists_say_so() {
        assert_eq!(list(&json!({"items": []})), "no deliveries");
        assert_eq!(attempts(&json!([])), "nothing was tried yet");
        let page = json!({"items": [{"id": "dlv_1", "state": "held"}], "next": "c"});
        assert!(list(&page).ends_with("more: --cursor c"));
    }
}
