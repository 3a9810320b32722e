//! `media …`

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::posts::{query, segment};
use super::{Environment, Session, items, text, uploads};
use crate::cli::{MediaCommand, ServerArgs};
use crate::failure::Said;
use crate::terminal::table;

/// How often it is asked what came of a file.
const ASK_EVERY: Duration = Duration::from_millis(300);

/// How often at most: a large video is measured within minutes.
const ASK_AT_MOST: u32 = 2_000;

/// `media …`
pub async fn command(server: ServerArgs, command: MediaCommand, environment: &Environment) -> anyhow::Result<()> {
    let session = Session::open(server, environment).await?;
    match command {
        MediaCommand::Upload { file, alt } => {
            let answer = upload(&session, &file, &alt).await?;
            session.show(&answer, one)
        }
        MediaCommand::List { page } => {
            let answer = session.get(&format!("/media?{}", query(&page, &[]))).await?;
            session.show(&answer, list)
        }
    }
}

/// Uploads a file and waits until it can be used.
async fn upload(session: &Session, file: &Path, alt: &str) -> anyhow::Result<Value> {
    let id = uploads::send(session, file, alt).await?;
    for _ in 0..ASK_AT_MOST {
        let answer = session.get(&format!("/media/{}", segment(&id))).await?;
        match text(&answer, "/state").as_str() {
            "ready" => return Ok(answer),
            "failed" => return Err(Said(format!("{}: {}", file.display(), text(&answer, "/problem/detail"))).into()),
            _ => tokio::time::sleep(ASK_EVERY).await,
        }
    }
    Err(Said(format!("{} is uploaded as {id}, but the server is still looking at it", file.display())).into())
}

/// What `--media` names, as a post refers to it: an id, or a file that is uploaded first.
pub(super) async fn attached(session: &Session, named: &str) -> anyhow::Result<Value> {
    let (what, alt) = parts(named, |path| path.is_file());
    if what.starts_with("media_") {
        return Ok(match alt {
            Some(alt) => json!({ "id": what, "alt": alt }),
            None => json!({ "id": what }),
        });
    }
    let answer = upload(session, &PathBuf::from(what), alt.unwrap_or_default()).await?;
    Ok(json!({ "id": answer["id"] }))
}

/// The file and its alternative text: the longest beginning that is a file counts, since names may have colons.
fn parts(named: &str, is_file: impl Fn(&Path) -> bool) -> (&str, Option<&str>) {
    let colons = named.char_indices().filter(|(_, c)| *c == ':').map(|(at, _)| at);
    let ends = colons.chain([named.len()]);
    let file = ends.clone().filter(|end| is_file(Path::new(&named[..*end]))).last();
    let end = file.or_else(|| ends.into_iter().next()).unwrap_or(named.len());
    (&named[..end], named.get(end + 1..))
}

fn one(file: &Value) -> String {
    let mut lines = vec![line(file).join("  ")];
    lines.extend(items(&file["notes"]).iter().map(|note| format!("  {}", text(note, "/detail"))));
    lines.join("\n")
}

fn line(file: &Value) -> Vec<String> {
    let size = match (text(file, "/width"), text(file, "/height")) {
        (width, height) if !width.is_empty() => format!("{width}×{height}"),
        _ => String::new(),
    };
    let [id, state, mime, bytes, name] = ["/id", "/state", "/mime", "/bytes", "/name"].map(|field| text(file, field));
    vec![id, state, mime, size, bytes, name]
}

fn list(answer: &Value) -> String {
    if items(answer).is_empty() {
        return "no files".to_owned();
    }
    let rows: Vec<_> = items(answer).iter().map(line).collect();
    let mut said = table(&["ID", "STATE", "TYPE", "SIZE", "BYTES", "NAME"], &rows);
    if let Some(next) = answer["next"].as_str() {
        said.push_str(&format!("\nmore: --cursor {next}"));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternative_text_stands_behind_the_file() {
        let there = |path: &Path| ["cat.png", "a:b.png"].iter().any(|name| path == Path::new(name));
        for (named, expected) in [
            ("cat.png", ("cat.png", None)),
            ("cat.png:A cat: asleep", ("cat.png", Some("A cat: asleep"))),
            ("a:b.png:Two", ("a:b.png", Some("Two"))),
            ("media_1:A cat", ("media_1", Some("A cat"))),
            ("missing.png:A cat", ("missing.png", Some("A cat"))),
            ("cat.png:", ("cat.png", Some(""))),
        ] {
            assert_eq!(parts(named, there), expected, "{named}");
        }
    }

    #[test]
    fn a_file_is_one_line_with_what_is_worth_knowing_below() {
        let file = json!({"id": "media_1", "state": "ready", "mime": "image/png", "bytes": 9, "name": "cat.jpg",
            "width": 4, "height": 3, "notes": [{"detail": "Really PNG."}]});
        assert_eq!(one(&file), "media_1  ready  image/png  4×3  9  cat.jpg\n  Really PNG.");
        assert_eq!(list(&json!({"items": []})), "no files");
    }
}
