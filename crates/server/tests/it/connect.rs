//! Connecting by consent with the real binary: through the consent page of a simulated Mastodon.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use postrider_sandbox::Running;
use serde_json::{Value, json};

use crate::publish::networks;
use crate::support::{Home, Serving, get, until};

/// The program of the simulated server.
pub(crate) const PROGRAM: &str = "mastodon";

/// A server that may reach every simulated network, with an operator.
pub(crate) fn serving(home: &Home, networks: &Running) -> Serving {
    let hosts: Vec<String> = networks.addresses().map(|addr| addr.to_string()).collect();
    let flags: Vec<&str> = hosts.iter().flat_map(|host| ["--open-host", host.as_str()]).collect();
    let server = home.serve_with(&flags, &[]);
    home.set_up(&server);
    server
}

fn field(networks: &Running) -> String {
    format!("server={}", networks.instance(PROGRAM).expect("is simulated"))
}

/// A browser that follows nothing by itself.
#[expect(clippy::disallowed_methods, reason = "a test does what a browser would do")]
fn browser() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client")
}

/// Decides on the consent page, and returns where the person is sent.
async fn decide(authorize_url: &str, account: &str, decision: &str) -> String {
    let page = browser().get(authorize_url).send().await.expect("the consent page");
    assert!(page.status().is_success(), "{}", page.text().await.expect("text"));
    let form = format!("account={account}&decision={decision}");
    let sent = browser().post(authorize_url).header("content-type", "application/x-www-form-urlencoded");
    let answer = sent.body(form).send().await.expect("an answer");
    answer.headers()["location"].to_str().expect("an address").to_owned()
}

/// As a browser that nobody is logged in with: a page.
async fn come_back(url: &str) -> String {
    let answer = browser().get(url).header("accept", "text/html").send().await.expect("a page");
    answer.text().await.expect("text")
}

/// Clicks on the page that asks.
async fn click(server: &Serving, page: &str, decision: &str) -> String {
    let value = |name: &str| {
        let after =
            page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("no {name}: {page}"));
        after.split('"').next().expect("a value").to_owned()
    };
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.append_pair("token", &value("token")).append_pair("account", &value("account"));
    let request = browser().post(format!("{}/connect/finish", server.url));
    let request = request.header("content-type", "application/x-www-form-urlencoded").header("accept", "text/html");
    let request = request.header("sec-fetch-site", "same-origin");
    let body = body.append_pair("decision", decision).finish();
    request.body(body).send().await.expect("an answer").text().await.expect("text")
}

/// Connects ada's account there; the channel's id.
pub(crate) async fn connected(home: &Home, networks: &Running, server: &Serving) -> String {
    let (mut child, address, _out) = waiting(home, networks);
    let page = come_back(&decide(&address, "ada", "allow").await).await;
    click(server, &page, "connect").await;
    assert!(child.wait().expect("it ends").success());
    let channels = home.json(&["channels", "list", "--json"]);
    channels["items"][0]["id"].as_str().expect("a channel").to_owned()
}

/// `channels connect`, waiting in the background, and the address that it printed.
fn waiting(home: &Home, networks: &Running) -> (Child, String, BufReader<std::process::ChildStdout>) {
    let mut command = home.command(&["channels", "connect", PROGRAM, "--field", &field(networks)]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    while !line.starts_with("http") {
        line.clear();
        assert!(out.read_line(&mut line).expect("reads") > 0, "it printed no address");
    }
    (child, line.trim().to_owned(), out)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_prints_the_address_waits_and_the_account_can_be_posted_to() {
    let (home, networks) = (Home::new(), networks().await);
    let server = serving(&home, &networks);
    let (mut child, address, mut out) = waiting(&home, &networks);
    let back = decide(&address, "ada", "allow").await;
    assert!(back.starts_with(&format!("{}/connect/callback/{PROGRAM}/", server.url)), "{back}");
    let asked = come_back(&back).await;
    for named in ["@ada@", "Ann's workspace", "<strong>Ann</strong>"] {
        let named = named.replace('\'', "&#39;");
        assert!(asked.contains(&named), "{named} in {asked}");
    }
    let done = click(&server, &asked, "connect").await;
    assert!(done.contains("<h1>Connected</h1>"), "{done}");
    assert!(come_back(&back).await.contains("<h1>Connected</h1>"), "a double callback gets the same");
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut out, &mut rest).expect("reads");
    assert!(child.wait().expect("it ends").success() && rest.contains("@ada@"), "{rest}");

    let channels = home.json(&["channels", "list", "--json"]);
    let channel = channels["items"][0]["id"].as_str().expect("a channel").to_owned();
    assert_eq!(channels["items"][0]["health"]["missing_scopes"], json!([]));
    let posted = home.json(&["post", "create", "--text", "hello", "--channel", &channel, "--now", "--json"]);
    let post = posted["id"].as_str().expect("a post").to_owned();
    until("published", async || (home.json(&["post", "show", &post, "--json"])["status"] == "published").then_some(()))
        .await;
    let (_, text) = get(&format!("{}/mastodon/{PROGRAM}/ada.json", networks.url())).await;
    assert!(text.contains("hello"), "{text}");

    // The same person again: the same channel.
    let (mut child, address, _out) = waiting(&home, &networks);
    let page = come_back(&decide(&address, "ada", "allow").await).await;
    click(&server, &page, "connect").await;
    assert!(child.wait().expect("it ends").success());
    let again = home.json(&["channels", "list", "--json"]);
    assert_eq!(
        (again["items"].as_array().map(Vec::len), &again["items"][0]["id"]),
        (Some(1), &Value::from(channel.as_str()))
    );
    let gone = home.json(&["channels", "disconnect", &channel, "--json"]);
    assert_eq!((&gone["revocation"], &gone["tokens_destroyed"]), (&json!("revoked"), &json!(true)));
    networks.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_consent_ends_the_wait_with_the_networks_words() {
    let (home, networks) = (Home::new(), networks().await);
    let _server = serving(&home, &networks);
    let (child, address, _out) = waiting(&home, &networks);
    let page = come_back(&decide(&address, "ada", "deny").await).await;
    assert!(page.contains("oauth_denied") && page.contains("access_denied: "), "{page}");
    let ended = child.wait_with_output().expect("it ends");
    let said = String::from_utf8(ended.stderr).expect("text");
    assert_eq!(ended.status.code(), Some(1));
    for part in ["access_denied", "step consent", "/connect/callback/", "number in the log"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    networks.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_connects_the_account_of_somebody_without_an_account_here() {
    let (home, networks) = (Home::new(), networks().await);
    let _server = serving(&home, &networks);
    let words = ["channels", "link", PROGRAM, "--field", &field(&networks), "--note", "for the campaign", "--json"];
    let made = home.json(&words);
    let address = made["url"].as_str().expect("an address").to_owned();
    let page = come_back(&address).await;
    assert!(page.contains("for the campaign") && page.contains("write:statuses"), "{page}");
    let token = address.rsplit('=').next().expect("a token").to_owned();
    let request = browser().post(address.split('?').next().expect("an address"));
    let request =
        request.header("content-type", "application/x-www-form-urlencoded").header("sec-fetch-site", "same-origin");
    let sent = request.body(format!("token={token}")).send().await.expect("an answer");
    let header = |name: &str| sent.headers()[name].to_str().expect("text").to_owned();
    let (authorize, cookie) = (header("location"), header("set-cookie"));
    let back = decide(&authorize, "ada", "allow").await;
    let cookie = cookie.split(';').next().expect("a pair").to_owned();
    let done =
        browser().get(&back).header("accept", "text/html").header("cookie", cookie).send().await.expect("a page");
    let done = done.text().await.expect("text");
    assert!(done.contains("<h1>Connected</h1>"), "{done}");
    let links = home.run(&["channels", "links"]);
    assert!(links.out.contains("used"), "{links:?}");
    assert!(come_back(&address).await.contains("link_used"));
    networks.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_another_kind_is_refused_before_anything_is_printed() {
    let (home, networks) = (Home::new(), networks().await);
    let _server = serving(&home, &networks);
    let wrong = format!("server={}", networks.url());
    let ended = home.run(&["channels", "connect", PROGRAM, "--field", &wrong]);
    ended.refused(1, &["not a server of this network", "step find_server"]);
    let nowhere = home.run(&["channels", "connect", PROGRAM, "--field", "server=http://127.0.0.1:1", "--no-wait"]);
    assert_eq!(nowhere.code, 1, "{nowhere:?}");
    networks.shutdown().await;
}

/// Registers an app by hand, as a person does in the server's settings.
async fn registered(networks: &Running, redirect_uri: &str) -> (String, String) {
    let origin = networks.instance(PROGRAM).expect("is simulated");
    let scopes = "read:accounts read:statuses write:statuses write:media";
    let body = json!({"client_name": "By hand", "redirect_uris": redirect_uri, "scopes": scopes}).to_string();
    let request = browser().post(format!("{origin}/api/v1/apps")).header("content-type", "application/json");
    let answer = request.body(body).send().await.expect("an answer").text().await.expect("text");
    let made: Value = serde_json::from_str(&answer).expect("JSON");
    let text = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("no {name}: {made}")).to_owned();
    (text("client_id"), text("client_secret"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_entered_checked_and_taken_away_for_a_workspace_and_for_the_instance() {
    let (home, networks) = (Home::new(), networks().await);
    let server = serving(&home, &networks);
    let listed = home.run(&["platform-app", "list"]);
    let redirect = format!("{}/connect/callback/{PROGRAM}", server.url);
    assert!(listed.out.contains(&redirect), "{listed:?}");
    let (id, secret) = registered(&networks, &redirect).await;
    let field = field(&networks);
    let put = ["platform-app", "put", PROGRAM, "--client-id", &id, "--field", &field, "--json"];
    let wrong = home.run_with(&put, &[], "not-the-secret\n");
    assert_eq!(wrong.code, 0, "{wrong:?}");
    let kept: Value = serde_json::from_str(&wrong.out).expect("JSON");
    let app = kept["id"].as_str().expect("an id").to_owned();
    let check = home.json(&["platform-app", "check", &app, "--json"]);
    assert_eq!(check["verdict"], "refused", "{check}");
    let right = home.run_with(&put, &[], &format!("{secret}\n"));
    assert!(right.code == 0 && !right.out.contains(&secret), "{right:?}");
    let check = home.json(&["platform-app", "check", &app, "--json"]);
    assert_eq!((&check["verdict"], &check["app"]["id"]), (&json!("accepted"), &json!(app)));
    // What was entered goes before what the instance would register by itself.
    let started = home.json(&["channels", "connect", PROGRAM, "--field", &field, "--no-wait", "--json"]);
    let address = started["authorize_url"].as_str().expect("an address");
    assert!(address.contains(&format!("client_id={id}")), "{address}");
    home.run(&["platform-app", "review-kit", PROGRAM]).refused(1, &["nothing at this address"]);
    home.run(&["platform-app", "put", PROGRAM, "--client-id", "\"quoted\""]).refused(2, &["standard input"]);
    let bad = home.run_with(&["platform-app", "put", PROGRAM, "--client-id", "undefined"], &[], "x\n");
    bad.refused(1, &["client id"]);
    assert_eq!(home.run(&["platform-app", "delete", &app]).code, 0);

    // On the server itself; the address of the simulated network is private there too.
    let data = home.data();
    let listed = home.json(&["instance-app", "--data", &data, "list", "--json"]);
    let named = listed.as_array().is_some_and(|all| all.iter().any(|one| one["platform"] == PROGRAM));
    assert!(named, "{listed}");
    let gone = home.run(&["instance-app", "--data", &data, "delete", &app]);
    gone.refused(1, &["nothing at this address"]);
    home.run(&["instance-app", "--data", &data, "check", "app_nonsense"]).refused(2, &["app_nonsense"]);
    networks.shutdown().await;
}

#[tokio::test]
async fn the_kit_for_a_review_is_printed_by_the_client_and_on_the_server() {
    let (home, networks) = (Home::new(), networks().await);
    let server = serving(&home, &networks);
    let printed = home.run(&["platform-app", "review-kit", "threads"]);
    let redirect = format!("{}/connect/callback/threads", server.url);
    assert!(printed.code == 0 && printed.out.starts_with("# App review of Postrider at Threads\n"), "{printed:?}");
    assert!(printed.out.contains(&redirect) && printed.out.contains("### `threads_basic` (required)"), "{printed:?}");
    let kit = home.json(&["platform-app", "review-kit", "threads", "--json"]);
    assert_eq!((&kit["platform"], &kit["addresses"][1]["value"]), (&json!("threads"), &json!(redirect)));
    let data = home.data();
    let local = ["instance-app", "--data", &data, "review-kit", "threads"];
    assert!(home.run(&local).out.contains("## What reviews refuse for"));
    let local = home.json(&[&local[..], &["--json"]].concat());
    assert_eq!(local["permissions"][0]["usage"], kit["permissions"][0]["usage"]);
    networks.shutdown().await;
}
