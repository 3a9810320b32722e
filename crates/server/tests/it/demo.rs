//! The demonstration: every address it prints works, and its commands do what it says.

use std::collections::BTreeMap;

use crate::publish::when_status;
use crate::support::{Home, Serving, get};

#[tokio::test(flavor = "multi_thread")]
async fn every_printed_address_works_and_there_are_posts_in_every_state() {
    let home = Home::new();
    let data = home.path("demo").display().to_string();
    let words = ["demo", "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0", "--data", &data];
    let server = Serving::start(home.command(&words));
    let printed = server.rest();
    let urls = printed.iter().flat_map(|line| line.split_whitespace()).filter(|word| word.starts_with("http"));
    let urls: Vec<&str> = urls.collect();
    assert!(urls.len() >= 6, "{printed:?}");
    for url in urls {
        assert_eq!(get(url).await.0, 200, "{url}");
    }
    let export = printed.iter().find(|line| line.contains("POSTRIDER_KEY=")).expect("a key");
    let key = export.rsplit_once("POSTRIDER_KEY=").expect("a key").1;
    let login = home.run_with(&["login", &server.url], &[], &format!("{key}\n"));
    assert_eq!(login.code, 0, "{login:?}");
    let channels = home.json(&["channels", "list", "--json"]);
    assert_eq!(channels["items"].as_array().map(Vec::len), Some(2), "{channels}");
    let posts = home.json(&["post", "list", "--json"]);
    let mut count = BTreeMap::new();
    for post in posts["items"].as_array().expect("a list") {
        *count.entry(post["status"].as_str().expect("a status").to_owned()).or_insert(0) += 1;
    }
    let expected = [("attention", 1), ("draft", 1), ("published", 2), ("scheduled", 3)];
    assert_eq!(count, BTreeMap::from(expected.map(|(status, n)| (status.to_owned(), n))), "{posts}");
    let words =
        ["post", "create", "--channel", "ada.sandbox.test", "--text", "Hello from Postrider", "--now", "--json"];
    let made = home.json(&words);
    when_status(&home, made["id"].as_str().expect("an id"), "published").await;
    let failed = posts["items"].as_array().expect("a list").iter().find(|post| post["status"] == "attention");
    let failed = failed.expect("one that failed")["id"].as_str().expect("an id").to_owned();
    assert_eq!(home.run(&["post", "retry", &failed]).code, 0);
    when_status(&home, &failed, "published").await;
    assert!(server.stop().0.success());
    let again = Serving::start(home.command(&words_of(&data)));
    assert!(again.rest().iter().any(|line| line.contains(key)), "a kept demonstration keeps its key");
}

fn words_of(data: &str) -> [&str; 7] {
    ["demo", "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0", "--data", data]
}

#[test]
fn a_folder_that_holds_a_real_instance_is_left_alone() {
    let home = Home::new();
    let server = home.serve();
    home.set_up(&server);
    server.stop();
    let ended = home.run(&words_of(&home.data()));
    ended.refused(2, &["no demonstration"]);
}
