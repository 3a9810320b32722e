//! People and keys from the command line, and the client that uses them.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Home, read};

#[tokio::test]
async fn a_script_sets_up_an_instance_without_a_browser_and_before_it_is_served() {
    let home = Home::new();
    let data = home.data();
    let email = "ann@example.org";
    let words =
        ["user", "create", "--operator", "--email", email, "--name", "Ann", "--password-stdin", "--data", &data];
    let made = home.run_with(&words, &[], "a long enough password\n");
    assert_eq!(made.code, 0, "{made:?}");
    assert!(made.out.contains("runs this instance") && !made.out.contains("long enough"), "{made:?}");
    let key = home.run(&["key", "create", "--user", email, "--data", &data]);
    assert_eq!(key.code, 0, "{key:?}");
    let token = key.out.trim();
    assert!(token.starts_with("pr_") && token.lines().count() == 1, "only the key on standard output: {key:?}");
    assert!(key.err.contains("Ann's workspace"), "{key:?}");

    let server = home.serve();
    assert!(!server.before.iter().any(|line| line.contains("setup")), "{:?}", server.before);
    let login = home.run_with(&["login", &server.url], &[], &format!("{token}\n"));
    assert_eq!(login.code, 0, "{login:?}");
    let saved = home.path(".config/postrider/credentials.json");
    assert_eq!(std::fs::metadata(&saved).expect("there").permissions().mode() & 0o777, 0o600);
    assert!(read(&saved).contains(token) && !login.out.contains(token));
    let list = home.run(&["channels", "list"]);
    assert_eq!((list.code, list.err.as_str()), (0, ""), "{list:?}");
    assert!(list.out.contains("no channels yet"));
    let platforms = home.json(&["channels", "platforms", "--json"]);
    assert!(platforms["items"].as_array().is_some_and(|all| !all.is_empty()), "{platforms}");
}

#[test]
fn wrong_input_is_refused_by_name() {
    let home = Home::new();
    let data = home.data();
    let create = |email: &str, name: &str, password: &str| {
        let words = ["user", "create", "--email", email, "--name", name, "--password-stdin", "--data", &data];
        home.run_with(&words, &[], password)
    };
    create("ann@example.org", "Ann", "short\n").refused(1, &["10"]);
    create("nobody", " ", "a long enough password\n").refused(1, &["e-mail"]);
    create("ann@example.org", "Ann", "").refused(2, &["standard input"]);
    assert_eq!(create("ann@example.org", "Ann", "a long enough password\n").code, 0);
    assert_eq!(create("Ann@Example.org", "Ann", "a long enough password\n").code, 1, "the same address");
    let key = |more: &[&str]| {
        let mut words = vec!["key", "create", "--data", &data, "--user"];
        words.extend(more);
        home.run(&words)
    };
    key(&["ben@example.org"]).refused(1, &["ben@example.org"]);
    key(&["ann@example.org", "--role", "king"]).refused(2, &["`king`", "publisher"]);
    key(&["ann@example.org", "--expires", "soon"]).refused(2, &["`soon`"]);
    key(&["ann@example.org", "--workspace", "nowhere"]).refused(1, &["`nowhere`"]);
}

#[tokio::test]
async fn an_expired_key_opens_nothing() {
    let home = Home::new();
    let server = home.serve();
    let data = home.data();
    home.set_up(&server);
    let soon = jiff_in(2);
    let words = ["key", "create", "--user", "ann@example.org", "--expires", &soon, "--data", &data];
    let made = home.run(&words);
    assert_eq!(made.code, 0, "{made:?}");
    let key = made.out.trim().to_owned();
    let environment = [("POSTRIDER_URL", server.url.as_str()), ("POSTRIDER_KEY", key.as_str())];
    let refused = crate::support::until("the key to end", async || {
        let ended = home.run_with(&["channels", "list"], &environment, "");
        (ended.code != 0).then_some(ended)
    })
    .await;
    refused.refused(1, &["key"]);
}

/// An instant some seconds from now, by the machine's clock as the server has it.
#[expect(clippy::disallowed_methods, reason = "the server under test uses the machine's clock")]
fn jiff_in(seconds: i64) -> String {
    let now = jiff::Timestamp::now();
    now.saturating_add(jiff::SignedDuration::from_secs(seconds)).expect("in range").to_string()
}

#[test]
fn a_reset_prints_a_link_to_this_instance() {
    let home = Home::new();
    let server = home.serve();
    home.set_up(&server);
    let data = home.data();
    let link = home.json(&["user", "reset", "--email", "ann@example.org", "--data", &data, "--json"]);
    assert!(link["url"].as_str().is_some_and(|url| url.contains("/reset#")), "{link}");
    home.run(&["user", "reset", "--email", "ben@example.org", "--data", &data]).refused(1, &["ben@example.org"]);
}

#[test]
fn the_operator_sees_people_and_keys_ends_one_and_sets_a_limit() {
    let home = Home::new();
    let server = home.serve();
    home.set_up(&server);
    let data = home.data();
    let people = home.run(&["user", "list", "--data", &data]);
    assert!(
        people.code == 0 && people.out.contains("ann@example.org") && people.out.contains("operator"),
        "{people:?}"
    );
    let keys = home.json(&["key", "list", "--data", &data, "--json"]);
    let (id, workspace) = (keys[0]["id"].as_str().expect("an id"), keys[0]["workspace"].as_str().expect("an id"));
    assert!(home.run(&["key", "list", "--data", &data]).out.contains(id));
    let set = |words: &[&str]| home.run(&[&["entitlement", "set", "--data", &data], words].concat());
    let limited = set(&[workspace, "channels", "0"]);
    assert!(limited.code == 0 && limited.out.contains("at most 0"), "{limited:?}");
    assert!(set(&[workspace, "channels", "unlimited"]).out.contains("without limit"));
    set(&[workspace, "chanels", "1"]).refused(2, &["`chanels`"]);
    set(&[workspace, "channels", "some"]).refused(2, &["`some`"]);
    set(&["Nowhere", "channels", "1"]).refused(1, &["`Nowhere`"]);
    assert_eq!(home.run(&["channels", "list"]).code, 0);
    assert_eq!(home.run(&["key", "revoke", id, "--data", &data]).code, 0);
    home.run(&["channels", "list"]).refused(1, &["key"]);
    home.run(&["key", "revoke", id, "--data", &data]).refused(1, &[id]);
    home.run(&["key", "revoke", "nonsense", "--data", &data]).refused(2, &["key list"]);
}

#[test]
fn without_a_server_a_client_says_how_to_name_one() {
    let home = Home::new();
    home.run(&["channels", "list"]).refused(2, &["postrider login"]);
    let environment = [("POSTRIDER_URL", "http://127.0.0.1:1"), ("POSTRIDER_KEY", "pr_x")];
    home.run_with(&["channels", "list"], &environment, "").refused(1, &["http://127.0.0.1:1", "does not answer"]);
}

#[test]
fn a_saved_key_is_not_sent_to_another_server() {
    let home = Home::new();
    let server = home.serve();
    home.set_up(&server);
    let other = home.run(&["channels", "list", "--url", "http://127.0.0.1:1"]);
    other.refused(2, &["POSTRIDER_KEY"]);
}

#[test]
fn a_key_that_nobody_gave_is_refused_in_the_servers_words() {
    let home = Home::new();
    let server = home.serve();
    let environment = [("POSTRIDER_URL", server.url.as_str()), ("POSTRIDER_KEY", "pr_unknown")];
    home.run_with(&["post", "list"], &environment, "").refused(1, &["key"]);
}
