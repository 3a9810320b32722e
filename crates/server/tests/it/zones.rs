//! The zone of the machine has no effect: one ledger is served under several and shows the same,
//! and what is planned and made under each is the same.

use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use crate::publish::{connect, networks};
use crate::series::with_posts;
use crate::support::{Home, Serving};

/// As far apart as zones are, with half and quarter hours; and a machine that names none.
const MACHINES: [Option<&str>; 5] =
    [Some("Pacific/Kiritimati"), Some("America/St_Johns"), Some("Asia/Kathmandu"), Some("UTC"), None];

/// Around changes of clocks, each in the zone whose clock is meant; the last one in the workspace's.
const TIMES: [(&str, Option<&str>); 5] = [
    ("2030-03-31T03:00", Some("Europe/Berlin")),
    ("2030-10-27T02:30", Some("Europe/Berlin")),
    ("2030-11-03T01:30", Some("America/St_Johns")),
    ("2030-12-31T23:59", Some("Pacific/Kiritimati")),
    ("2030-12-31T23:59", None),
];

/// A client of a server, both on a machine of some zone.
struct Machine<'a> {
    home: &'a Home,
    server: Serving,
    key: &'a str,
    zone: Vec<(&'a str, &'a str)>,
    /// The first day on which the series goes out.
    begin: &'a str,
}

impl Machine<'_> {
    fn says(&self, words: &[&str]) -> String {
        let ended = self.home.run_with(words, &self.zone, "");
        assert_eq!(ended.code, 0, "{words:?}: {ended:?}");
        ended.out
    }

    fn json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.says(&[words, &["--json"]].concat())).expect("JSON")
    }

    #[expect(clippy::disallowed_methods, reason = "a test asks as a program of somebody's would")]
    async fn asked(&self, path: &str) -> Value {
        let asked = reqwest::Client::new().get(format!("{}/api/v1{path}", self.server.url)).bearer_auth(self.key);
        asked.send().await.expect("an answer").error_for_status().expect("a success").json().await.expect("JSON")
    }

    /// What the calendar holds of some days.
    async fn calendar(&self, from: &str, days: i32) -> Value {
        let until = from.parse::<jiff::civil::Date>().expect("a day").saturating_add(days.days());
        let me = self.asked("/me").await;
        let ws = me["workspaces"][0]["id"].as_str().expect("a workspace").to_owned();
        self.asked(&format!("/workspaces/{ws}/calendar?from={from}T00:00:00Z&until={until}T00:00:00Z")).await
    }

    /// All that was planned here.
    async fn months(&self) -> Vec<Value> {
        let mut months = Vec::new();
        for from in [self.begin, "2030-03-15", "2030-10-15", "2030-12-15"] {
            months.push(self.calendar(from, 60).await);
        }
        months
    }

    /// Everything that people and programs are shown.
    async fn shown(&self) -> Value {
        let months = self.months().await;
        let (posts, mut series) = (self.json(&["post", "list"]), self.json(&["series", "list"]));
        // So long from the moment at which it was last looked after, which is at any start of a server.
        for one in series["items"].as_array_mut().expect("a list") {
            one["made_until"].take();
        }
        let said: Vec<String> =
            [&["post", "list"], &["series", "list"]].iter().map(|words| self.says(*words)).collect();
        json!({ "months": months, "posts": posts, "series": series, "said": said })
    }

    /// Plans a post for each of the times; what it says of when they go out.
    fn posts(&self, text: &str) -> Value {
        let planned = TIMES.map(|(local, zone)| {
            let words = ["post", "create", "--text", text, "--channel", "ada.sandbox.test", "--local", local];
            let post = self.json(&[&words[..], &zone.map_or(vec![], |zone| vec!["--zone", zone])].concat());
            assert!(post["when"]["local"].as_str().is_some_and(|shown| shown.starts_with(local)), "{post}");
            json!([post["when"], post["deliveries"][0]["local"], post["deliveries"][0]["scheduled_at"]])
        });
        json!(planned)
    }

    /// Plans a series that goes out late in the evening, and waits until its posts are made.
    async fn series(&self, text: &str) -> Value {
        let start = format!("{}T23:30", self.begin);
        let words = ["series", "create", "--text", text, "--channel", "ada.sandbox.test", "--local", &start];
        let rule = ["--rule", "FREQ=DAILY;INTERVAL=5;COUNT=10", "--zone", "America/St_Johns"];
        let made = self.json(&[&words[..], &rule].concat());
        let shown = with_posts(self.home, made["id"].as_str().expect("an id")).await;
        let next = shown["next"].as_array().expect("a list").iter();
        json!(next.map(|next| json!([next["occurrence"], next["at"]])).collect::<Vec<_>>())
    }

    /// What the calendar holds of a text, and when.
    async fn of(&self, text: &str) -> Value {
        let mut months = self.months().await;
        let items = months.iter_mut().map(|month| month["items"].take());
        let items = items.flat_map(|items| items.as_array().expect("a list").clone());
        let items = items.filter(|item| item["excerpt"] == text);
        json!(items.map(|item| json!([item["at"], item["local"]])).collect::<Vec<_>>())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_zone_of_the_machine_changes_nothing() {
    let (home, networks) = (Home::new(), networks().await);
    let host = networks.addr.to_string();
    #[expect(clippy::disallowed_methods, reason = "the server under test uses the machine's clock")]
    let begin = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().saturating_add(2.days()).to_string();
    let (mut key, mut before, mut made) = (String::new(), None, Vec::new());
    for machine in MACHINES {
        let zone: Vec<_> = machine.map(|zone| ("TZ", zone)).into_iter().collect();
        let server = home.serve_with(&["--open-host", &host], &zone);
        if key.is_empty() {
            key = home.set_up(&server);
            connect(&home, &networks);
        }
        assert_eq!(home.run_with(&["login", &server.url], &[], &format!("{key}\n")).code, 0);
        let here = Machine { home: &home, server, key: &key, zone, begin: &begin };
        if let Some(before) = before {
            assert_eq!(here.shown().await, before, "under {machine:?} as under the zone before");
        }
        let text = format!("planned under {machine:?}");
        made.push((here.posts(&text), here.series(&text).await, here.of(&text).await));
        before = Some(here.shown().await);
        assert!(here.server.stop().0.success());
    }
    assert_eq!(made[0].2.as_array().map(Vec::len), Some(TIMES.len() + 10), "{made:?}");
    for pair in made.windows(2) {
        assert_eq!(pair[0], pair[1]);
    }
    networks.shutdown().await;
}
