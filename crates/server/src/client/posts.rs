//! `post …`

use serde_json::{Map, Value, json};

use super::{Environment, Session, items, pair, text, time};
use crate::cli::{CreateArgs, EditArgs, PageArgs, PostCommand, ServerArgs, TimeArgs};
use crate::failure::{Said, Usage};
use crate::terminal::{complain, table};

/// `post …`
pub async fn command(server: ServerArgs, command: PostCommand, environment: &Environment) -> anyhow::Result<()> {
    let session = Session::open(server, environment).await?;
    match command {
        PostCommand::Create(args) => {
            let body = body(&session, &args).await?;
            let answer = session.post("/posts", &body).await?;
            session.show(&answer, one)
        }
        PostCommand::List { page, show } => {
            let answer = session.get(&format!("/posts?{}", query(&page, &[("show", show.as_deref())]))).await?;
            session.show(&answer, list)
        }
        PostCommand::Show { post } => {
            let answer = session.get(&format!("/posts/{}", segment(&post))).await?;
            session.show(&answer, one)
        }
        PostCommand::Schedule { post, time } => {
            let answer = schedule(&session, &segment(&post), &time).await?;
            session.show(&answer, one)
        }
        PostCommand::Edit(args) => {
            let path = format!("/posts/{}", segment(&args.post));
            let (version, _) = session.version(&path).await?;
            let body = change(&session, &args).await?;
            let answer = session.change(&path, &version, &body).await?;
            session.show(&answer, one)
        }
        PostCommand::Delete { post } => {
            session.server.delete(&session.path(&format!("/posts/{}", segment(&post)))).await?;
            session.show(&json!({"deleted": post}), |_| format!("{post} is deleted"))
        }
        PostCommand::Cancel { post } => {
            let answer = session.act(&format!("/posts/{}/cancel", segment(&post))).await?;
            session.show(&answer, one)
        }
        PostCommand::Retry { post } => retry(&session, &segment(&post)).await,
    }
}

/// A text of the command line as one segment of a path.
pub(super) fn segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The query of a list.
pub(super) fn query(page: &PageArgs, filters: &[(&str, Option<&str>)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("limit", &page.limit.to_string());
    for (name, value) in [("cursor", page.cursor.as_deref())].iter().chain(filters) {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    query.finish()
}

async fn channels(session: &Session, named: &[String], pairs: &[String]) -> anyhow::Result<Vec<Value>> {
    let settings = settings(pairs)?;
    let mut channels = Vec::new();
    for named in named {
        channels.push(json!({"channel": session.channel(named).await?, "settings": settings}));
    }
    Ok(channels)
}

/// A draft is put on the schedule; what is there gets another time, or comes off it.
async fn schedule(session: &Session, post: &str, time: &TimeArgs) -> anyhow::Result<Value> {
    let Some(when) = when(time) else { return session.act(&format!("/posts/{post}/unschedule")).await };
    let draft = session.get(&format!("/posts/{post}")).await?["status"] == "draft";
    let action = if draft { "schedule" } else { "reschedule" };
    session.post(&format!("/posts/{post}/{action}"), &json!({"when": when})).await
}

/// What an edit changes.
async fn change(session: &Session, args: &EditArgs) -> anyhow::Result<Value> {
    let mut body = Map::new();
    if !args.text.is_empty() {
        body.insert("parts".to_owned(), parts(&args.text, args.delay).into());
    }
    if !args.channel.is_empty() {
        body.insert("channels".to_owned(), channels(session, &args.channel, &args.settings).await?.into());
    }
    if body.is_empty() {
        return Err(Usage("nothing to change: name --text, --channel or both".to_owned()).into());
    }
    Ok(body.into())
}

async fn body(session: &Session, args: &CreateArgs) -> anyhow::Result<Value> {
    let mut body = content(session, &args.text, args.delay, &args.channel, &args.settings).await?;
    let mut files = Vec::new();
    for named in &args.media {
        files.push(super::media::attached(session, named).await?);
    }
    if !files.is_empty() {
        // A post may be nothing but its files.
        if body["parts"].as_array().is_some_and(Vec::is_empty) {
            body["parts"] = json!([{}]);
        }
        body["parts"][0]["media"] = Value::from(files);
    }
    if args.fix {
        body = fixed(session, body).await?;
    }
    if let Some(when) = when(&args.time) {
        body["when"] = when;
    }
    Ok(body)
}

/// Parts and channels as the API takes them.
pub(super) async fn content(
    session: &Session,
    texts: &[String],
    delay: Option<u32>,
    named: &[String],
    pairs: &[String],
) -> anyhow::Result<Value> {
    let channels = channels(session, named, pairs).await?;
    Ok(json!({"parts": parts(texts, delay), "channels": channels}))
}

/// The content after every fix that the server knows. What was put right is said on standard error.
async fn fixed(session: &Session, body: Value) -> anyhow::Result<Value> {
    let answer = session.post("/preflight/fix", &body).await?;
    for issue in items(&answer["applied"]) {
        complain(format!("put right: {}", text(issue, "/detail")));
    }
    Ok(json!({"parts": answer["parts"], "channels": answer["channels"]}))
}

fn parts(texts: &[String], delay: Option<u32>) -> Vec<Value> {
    let part = |(index, text): (usize, &String)| match delay.filter(|_| index > 0) {
        Some(delay) => json!({"text": text, "delay_s": delay}),
        None => json!({"text": text}),
    };
    texts.iter().enumerate().map(part).collect()
}

/// Values may be JSON: numbers, lists and objects keep their kind, everything else is text.
pub(super) fn settings(pairs: &[String]) -> anyhow::Result<Map<String, Value>> {
    let one = |text: &String| {
        let (name, value) = pair(text, "--setting")?;
        Ok((name.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()))))
    };
    pairs.iter().map(one).collect()
}

fn when(time: &TimeArgs) -> Option<Value> {
    match (&time.at, &time.local, time.now) {
        (Some(at), _, _) => Some(json!({"at": at})),
        (_, Some(local), _) => Some(match &time.zone {
            Some(zone) => json!({"local": local, "zone": zone}),
            None => json!({"local": local}),
        }),
        (_, _, true) => Some(json!({"now": true})),
        _ => None,
    }
}

/// Tries again every delivery of a post for which that is possible.
async fn retry(session: &Session, post: &str) -> anyhow::Result<()> {
    let answer = session.get(&format!("/posts/{post}")).await?;
    let offers = |delivery: &&Value| items(&delivery["actions"]).iter().any(|action| action == "retry");
    let ids: Vec<_> =
        items(&answer["deliveries"]).iter().filter(offers).map(|delivery| text(delivery, "/id")).collect();
    if ids.is_empty() {
        return Err(Said("nothing of this post can be tried again".to_owned()).into());
    }
    for id in ids {
        session.act(&format!("/deliveries/{id}/retry")).await?;
    }
    let answer = session.get(&format!("/posts/{post}")).await?;
    session.show(&answer, one)
}

/// The beginning of a text, on one line.
pub(super) fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(50) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn list(answer: &Value) -> String {
    if items(answer).is_empty() {
        return "no posts".to_owned();
    }
    // Most workspaces have no series, and a terminal has little room.
    let with_series = items(answer).iter().any(|post| !post["series"].is_null());
    let row = |post: &Value| {
        let first = excerpt(&text(post, "/parts/0/text"));
        let mut cells = vec![text(post, "/id"), text(post, "/status"), time(post, "/when/at"), first];
        if with_series {
            cells.insert(3, text(post, "/series/id"));
        }
        cells
    };
    let head: &[&str] =
        if with_series { &["ID", "STATUS", "TIME", "SERIES", "TEXT"] } else { &["ID", "STATUS", "TIME", "TEXT"] };
    let mut said = table(head, &items(answer).iter().map(row).collect::<Vec<_>>());
    if let Some(next) = answer["next"].as_str() {
        said.push_str(&format!("\nmore: --cursor {next}"));
    }
    said
}

/// A post with a line for each delivery and what it became.
fn one(post: &Value) -> String {
    let mut lines = vec![format!("{}  {}  {}", text(post, "/id"), text(post, "/status"), time(post, "/when/at"))];
    if !post["series"].is_null() {
        let apart = if post["series"]["detached"] == true { ", changed by itself" } else { "" };
        lines.push(format!("  {} of {}{apart}", text(post, "/series/occurrence"), text(post, "/series/id")));
    }
    for delivery in items(&post["deliveries"]) {
        lines.push(format!("  {}", delivery_line(delivery)));
        lines.extend(words(delivery).map(|words| format!("    {words}")));
        let links = items(&delivery["parts"]).iter().map(|part| text(part, "/url")).filter(|url| !url.is_empty());
        lines.extend(links.map(|url| format!("    {url}")));
    }
    for issue in items(&post["issues"]) {
        lines.push(format!("  {}: {}", text(issue, "/severity"), text(issue, "/detail")));
    }
    lines.join("\n").trim_end().to_owned()
}

/// What the network itself said, which is kept as it is.
pub(super) fn words(delivery: &Value) -> Option<String> {
    let words = text(delivery, "/words");
    (!words.is_empty()).then(|| format!("the network said: {words}"))
}

/// What one delivery is and why.
pub(super) fn delivery_line(delivery: &Value) -> String {
    let reason = ["/hold_reason", "/code"].map(|field| text(delivery, field)).into_iter().find(|text| !text.is_empty());
    let fields = ["/id", "/channel/platform", "/channel/handle", "/state"].map(|field| text(delivery, field));
    let mut line = fields.join("  ");
    if let Some(reason) = reason {
        line.push_str(&format!(" ({reason})"));
    }
    let detail = text(delivery, "/detail");
    if !detail.is_empty() {
        line.push_str(&format!("  {detail}"));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(at: Option<&str>, local: Option<&str>, zone: Option<&str>, now: bool) -> TimeArgs {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        TimeArgs { at: owned(at), local: owned(local), zone: owned(zone), now, draft: false }
    }

    #[test]
    fn every_kind_of_time_has_its_shape_and_a_draft_has_none() {
        assert_eq!(when(&given(Some("x"), None, None, false)), Some(json!({"at": "x"})));
        assert_eq!(when(&given(None, Some("x"), Some("z"), false)), Some(json!({"local": "x", "zone": "z"})));
        assert_eq!(when(&given(None, Some("x"), None, false)), Some(json!({"local": "x"})));
        assert_eq!(when(&given(None, None, None, true)), Some(json!({"now": true})));
        assert_eq!(when(&given(None, None, None, false)), None);
    }

    #[test]
    fn replies_wait_and_the_root_does_not() {
        let texts = ["a".to_owned(), "b".to_owned()];
        assert_eq!(parts(&texts, Some(9)), [json!({"text": "a"}), json!({"text": "b", "delay_s": 9})]);
        assert_eq!(parts(&texts, None), [json!({"text": "a"}), json!({"text": "b"})]);
    }

    #[test]
    fn settings_keep_the_kind_of_json_values() {
        let given = ["languages=[\"en\"]", "n=3", "word=plain"].map(str::to_owned);
        let read = settings(&given).expect("reads");
        assert_eq!(Value::Object(read), json!({"languages": ["en"], "n": 3, "word": "plain"}));
        assert!(settings(&["x".to_owned()]).is_err());
    }

    #[test]
    fn a_post_shows_each_delivery_with_its_links_and_reasons() {
        let post = json!({"id": "post_1", "status": "attention", "when": {"at": "T"}, "deliveries": [
            {"id": "dlv_1", "state": "published", "channel": {"platform": "p", "handle": "h"}, "parts": [{"url": "u1"}]},
            {"id": "dlv_2", "state": "held", "hold_reason": "late", "words": "No.", "channel": {"platform": "p", "handle": "i"}}]});
        assert_eq!(
            one(&post),
            "post_1  attention  T\n  dlv_1  p  h  published\n    u1\n  dlv_2  p  i  held (late)\n    the network said: No."
        );
    }

    #[test]
    fn a_post_of_a_series_says_so() {
        let place = json!({"id": "series_1", "occurrence": "O", "detached": true});
        let post = json!({"id": "post_1", "status": "scheduled", "when": {"at": "T"}, "series": place});
        assert_eq!(one(&post), "post_1  scheduled  T\n  O of series_1, changed by itself");
        let row = list(&json!({"items": [post]}));
        assert!(row.contains("SERIES") && row.contains("series_1"), "{row}");
        let plain = list(&json!({"items": [{"id": "post_2", "status": "draft"}]}));
        assert!(!plain.contains("SERIES"), "{plain}");
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(excerpt("a\n b"), "a b");
        assert_eq!(excerpt(&"é".repeat(60)).chars().count(), 51);
    }

    #[test]
    fn ids_from_the_command_line_cannot_change_the_path() {
        assert_eq!(segment("../me?x"), "..%2Fme%3Fx");
        let page = PageArgs { limit: 3, cursor: Some("a&b".into()) };
        assert_eq!(query(&page, &[("state", Some("held")), ("none", None)]), "limit=3&cursor=a%26b&state=held");
    }
}
