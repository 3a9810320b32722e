//! The demonstration: every address it prints works, and its commands do what it says.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

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
    let channels = channels["items"].as_array().expect("a list");
    assert_eq!(channels.len(), 7, "{channels:?}");
    assert_eq!(channels.iter().filter(|channel| channel["state"] == "needs_reconnect").count(), 1);
    let posts = home.json(&["post", "list", "--json"]);
    let posts = posts["items"].as_array().expect("a list");
    for (status, least) in [("attention", 4), ("draft", 3), ("published", 14), ("scheduled", 14)] {
        let found = posts.iter().filter(|post| post["status"] == status).count();
        assert!(found >= least, "{found} {status}: {posts:?}");
    }
    let deliveries: Vec<&Value> =
        posts.iter().flat_map(|post| post["deliveries"].as_array().expect("a list")).collect();
    for (state, most) in [("failed", 2), ("unconfirmed", 1), ("held", 1), ("running", 0), ("waiting", 0)] {
        let found: Vec<_> = deliveries.iter().filter(|delivery| delivery["state"] == state).collect();
        assert_eq!(found.len(), most, "{state}: {found:?}");
    }
    let out: Vec<&&Value> = deliveries.iter().filter(|delivery| delivery["state"] == "published").collect();
    let mut days = BTreeSet::new();
    for delivery in &out {
        assert_eq!(
            &delivery["local"].as_str().expect("a time")[..16],
            &delivery["occurrence"].as_str().expect("one")[..16]
        );
        days.insert(delivery["local"].as_str().expect("a time")[..10].to_owned());
        for part in delivery["parts"].as_array().expect("parts") {
            let url = part["url"].as_str().expect("an address");
            assert_eq!(get(url).await.0, 200, "{url}");
        }
    }
    assert_eq!(days.len(), 7, "the last week is filled: {days:?}");
    assert!(out.iter().any(|delivery| delivery["parts"].as_array().is_some_and(|parts| parts.len() == 3)), "a thread");
    assert!(home.json(&["series", "list", "--json"])["items"].as_array().is_some_and(|series| series.len() == 1));
    let words =
        ["post", "create", "--channel", "ada.sandbox.test", "--text", "Hello from Postrider", "--now", "--json"];
    let made = home.json(&words);
    when_status(&home, made["id"].as_str().expect("an id"), "published").await;
    let failed = posts.iter().find(|post| post["deliveries"][0]["state"] == "failed").expect("one that failed");
    let failed = failed["id"].as_str().expect("an id").to_owned();
    assert_eq!(home.run(&["post", "retry", &failed]).code, 0);
    when_status(&home, &failed, "published").await;
    assert!(server.stop().0.success());
    let again = Serving::start(home.command(&words_of(&data)));
    assert!(again.rest().iter().any(|line| line.contains(key)), "a kept demonstration keeps its key");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_get_one_line_and_may_choose_the_password() {
    let home = Home::new();
    let mut words = words_of("x").to_vec();
    let data = home.path("demo").display().to_string();
    words[6] = &data;
    words.extend(["--json", "--password", "a harbour of bread"]);
    let mut child = home.command(&words).stdout(Stdio::piped()).spawn().expect("the binary starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let told: Value = serde_json::from_str(&line).expect("JSON");
    let text = |pointer: &str| told.pointer(pointer).and_then(Value::as_str).expect("a text").to_owned();
    assert_eq!((text("/email").as_str(), text("/password").as_str()), ("demo@postrider.example", "a harbour of bread"));
    assert!(text("/key").starts_with("pr_") && text("/workspace").starts_with("ws_"), "{told}");
    for address in ["/url", "/networks", "/faults", "/instances/mastodon"] {
        assert_eq!(get(&text(address)).await.0, 200, "{address}");
    }
    everything_offered_can_be_connected(&told).await;
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

/// The form of an offer is complete: by itself it connects an account, or leads to a page of consent.
#[expect(clippy::disallowed_methods, reason = "a test does what a program would do")]
async fn everything_offered_can_be_connected(told: &Value) {
    let text = |name: &str| told[name].as_str().expect("a text");
    let instance: Value =
        serde_json::from_str(&get(&format!("{}/api/v1/instance", text("url"))).await.1).expect("JSON");
    let offers = instance["simulated"].as_array().expect("a list");
    let servers: BTreeSet<&str> = offers.iter().filter_map(|offer| offer["fields"]["server"].as_str()).collect();
    let instances = told["instances"].as_object().expect("a map").values().filter_map(Value::as_str);
    assert_eq!(servers, instances.collect(), "every simulated server is offered");
    let by_app =
        offers.iter().filter(|offer| offer["fields"].as_object().is_some_and(serde_json::Map::is_empty)).count();
    assert_eq!((offers.len(), by_app), (servers.len() + 5, 4), "and one account, and networks with an app: {offers:?}");
    for offer in offers {
        let path = if offer["fields"]["password"].is_string() { "channels" } else { "channels/oauth/start" };
        let url = format!("{}/api/v1/workspaces/{}/{path}", text("url"), text("workspace"));
        let body = json!({"platform": offer["platform"], "fields": offer["fields"]});
        let call = reqwest::Client::new().post(url).bearer_auth(text("key")).json(&body);
        let answer = call.send().await.expect("an answer");
        assert_eq!(answer.status(), 201, "{offer}: {}", answer.text().await.expect("a body"));
    }
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
    let again = home.serve();
    assert!(again.stop().0.success(), "and it serves as before");
}
