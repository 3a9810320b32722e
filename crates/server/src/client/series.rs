//! `series …`

use serde_json::{Value, json};

use super::posts::{content, excerpt, query, segment};
use super::{Environment, Session, items, text, time};
use crate::cli::{SeriesCommand, SeriesCreateArgs, ServerArgs};
use crate::terminal::table;

/// `series …`
pub async fn command(server: ServerArgs, command: SeriesCommand, environment: &Environment) -> anyhow::Result<()> {
    let session = Session::open(server, environment).await?;
    let answer = match &command {
        SeriesCommand::List { page } => {
            let answer = session.get(&format!("/series?{}", query(page, &[]))).await?;
            return session.show(&answer, list);
        }
        SeriesCommand::Create(args) => session.post("/series", &body(&session, args).await?).await?,
        SeriesCommand::Show { series } => session.get(&format!("/series/{}", segment(series))).await?,
        SeriesCommand::Skip { series, occurrence } => of_one(&session, series, "skip", occurrence).await?,
        SeriesCommand::Unskip { series, occurrence } => of_one(&session, series, "unskip", occurrence).await?,
        SeriesCommand::Resume { series } => session.act(&format!("/series/{}/resume", segment(series))).await?,
        SeriesCommand::End { series } => session.act(&format!("/series/{}/end", segment(series))).await?,
    };
    session.show(&answer, one)
}

async fn of_one(session: &Session, series: &str, action: &str, occurrence: &str) -> anyhow::Result<Value> {
    session.post(&format!("/series/{}/{action}", segment(series)), &json!({"occurrence": occurrence})).await
}

async fn body(session: &Session, args: &SeriesCreateArgs) -> anyhow::Result<Value> {
    let mut body = content(session, &args.text, args.delay, &args.channel, &args.settings).await?;
    body["when"] = json!({"local": args.local});
    if let Some(zone) = &args.zone {
        body["when"]["zone"] = json!(zone);
    }
    body["repeat"] = json!({"rule": args.rule});
    if let Some(seconds) = args.missed_window {
        body["missed_window_s"] = json!(seconds);
    }
    Ok(body)
}

fn list(answer: &Value) -> String {
    if items(answer).is_empty() {
        return "no series".to_owned();
    }
    let row = |series: &Value| {
        let next = items(&series["next"]).iter().find(|next| next["skipped"] != true);
        let next = next.map(|next| time(next, "/at")).unwrap_or_default();
        let first = excerpt(&text(series, "/parts/0/text"));
        vec![text(series, "/id"), text(series, "/state"), next, text(series, "/repeat/rule"), first]
    };
    let head = ["ID", "STATE", "NEXT", "RULE", "TEXT"];
    let mut said = table(&head, &items(answer).iter().map(row).collect::<Vec<_>>());
    if let Some(next) = answer["next"].as_str() {
        said.push_str(&format!("\nmore: --cursor {next}"));
    }
    said
}

/// A series with a line for each of its next times.
fn one(series: &Value) -> String {
    let fields = ["/id", "/state", "/repeat/rule"].map(|field| text(series, field));
    let mut lines = vec![fields.join("  ")];
    lines.push(format!("  from {} in {}", text(series, "/when/local"), text(series, "/when/zone")));
    let why = text(series, "/blocked/detail");
    if !why.is_empty() {
        lines.push(format!("  waits: {why}"));
    }
    for next in items(&series["next"]) {
        let mut line = format!("  {}  {}", text(next, "/occurrence"), time(next, "/at"));
        let post = text(next, "/post");
        if next["skipped"] == true {
            line.push_str("  left out");
        } else if !post.is_empty() {
            line.push_str(&format!("  {post}"));
        }
        if next["detached"] == true {
            line.push_str(", changed by itself");
        }
        lines.push(line);
    }
    for issue in items(&series["issues"]) {
        lines.push(format!("  {}: {}", text(issue, "/severity"), text(issue, "/detail")));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series() -> Value {
        json!({"id": "series_1", "state": "blocked", "repeat": {"rule": "FREQ=DAILY"}, "parts": [{"text": "a\n b"}],
            "when": {"local": "L", "zone": "Z"}, "blocked": {"detail": "No room."}, "next": [
                {"occurrence": "O1", "at": "A1", "skipped": true, "detached": false},
                {"occurrence": "O2", "at": "A2", "skipped": false, "detached": true, "post": "post_1"},
                {"occurrence": "O3", "at": "A3", "skipped": false, "detached": false}]})
    }

    #[test]
    fn a_series_shows_its_next_times_and_why_it_waits() {
        assert_eq!(
            one(&series()),
            "series_1  blocked  FREQ=DAILY\n  from L in Z\n  waits: No room.\n  O1  A1  left out\n  \
             O2  A2  post_1, changed by itself\n  O3  A3"
        );
    }

    #[test]
    fn a_list_shows_the_next_time_that_is_not_left_out() {
        assert_eq!(list(&json!({"items": []})), "no series");
        let said = list(&json!({"items": [series()], "next": "c"}));
        assert_eq!(
            said,
            "ID        STATE    NEXT  RULE        TEXT\nseries_1  blocked  A2    FREQ=DAILY  a b\nmore: --cursor c"
        );
    }
}
