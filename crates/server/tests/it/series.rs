//! Series through the command line: planned, made by the engine, skipped and ended.

use serde_json::Value;

use crate::publish::{connected, networks};
use crate::support::{Home, until};

const PLAN: [&str; 10] = [
    "series",
    "create",
    "--text",
    "again",
    "--channel",
    "ada.sandbox.test",
    "--rule",
    "FREQ=DAILY;COUNT=40000",
    "--local",
    "2024-01-01T09:00",
];

pub(crate) async fn with_posts(home: &Home, id: &str) -> Value {
    until("the posts of the series", async || {
        let shown = home.json(&["series", "show", id, "--json"]);
        shown["next"].as_array().is_some_and(|all| all.iter().all(|next| next["post"].is_string())).then_some(shown)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_is_planned_skipped_and_ended_from_the_command_line() {
    let (home, networks) = (Home::new(), networks().await);
    let _server = connected(&home, &networks).await;
    home.run(&PLAN).refused(1, &["/repeat/rule", "COUNT goes from 1 to 10000"]);
    let plan: Vec<&str> = PLAN.iter().map(|word| word.trim_end_matches(";COUNT=40000")).collect();
    let made = home.json(&[&plan[..], &["--zone", "Asia/Tokyo", "--missed-window", "60", "--json"]].concat());
    let id = made["id"].as_str().expect("an id").to_owned();
    assert_eq!((&made["when"]["zone"], &made["missed_window_s"]), (&"Asia/Tokyo".into(), &60.into()));
    let shown = with_posts(&home, &id).await;
    let occurrence = shown["next"][1]["occurrence"].as_str().expect("a time").to_owned();
    assert!(occurrence.ends_with("T09:00:00"), "{shown}");

    let posts = home.run(&["post", "list"]);
    assert!(posts.out.contains("SERIES") && posts.out.contains(&id), "{posts:?}");
    let skipped = home.json(&["series", "skip", &id, &occurrence, "--json"]);
    assert_eq!(skipped["next"][1]["skipped"], true);
    assert!(home.run(&["series", "show", &id]).out.contains("left out"));
    home.run(&["series", "skip", &id, "2024-01-01T08:00"]).refused(1, &["/occurrence"]);
    home.json(&["series", "unskip", &id, &occurrence, "--json"]);
    with_posts(&home, &id).await;
    home.run(&["series", "resume", &id]).refused(1, &["not possible"]);

    let list = home.run(&["series", "list"]);
    assert!(list.out.contains(&id) && list.out.contains("FREQ=DAILY"), "{list:?}");
    let ended = home.run(&["series", "end", &id]);
    assert!(ended.code == 0 && ended.out.contains("ended"), "{ended:?}");
    let left = home.json(&["post", "list", "--json"]);
    assert_eq!(left["items"].as_array().map(Vec::len), Some(0), "what was to come is withdrawn");
    home.run(&["series", "end", &id]).refused(1, &["has ended"]);
    networks.shutdown().await;
}
