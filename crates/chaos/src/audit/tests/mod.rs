//! Each promise is broken on purpose, in a log that is clean but for that.

mod clean;
mod containers;
mod honest;
mod live;
mod planted;
mod promises;
mod tables;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Rule, Verdict, judge};
use crate::record::{Answer, Ask, Change, Create, Event, Fault, FaultKind, Final, Line, Run, Target};

/// An account: platform, instance, name.
type To = (&'static str, Option<&'static str>, &'static str);

const ADA: To = ("bluesky", None, "ada.test");
const BO: To = ("mastodon", Some("mastodon"), "bo");
const HOOK: To = ("webhook", None, "inbox");
/// A Page, below whose posts the rest of a post stands as comments.
const PAGE: To = ("facebook", None, "bakery");

const YES: Answer = Answer::Status { status: 200, code: None };

/// So many milliseconds after the beginning of the run.
fn t(ms: i64) -> Timestamp {
    let start: Timestamp = "2026-03-01T08:00:00Z".parse().expect("a time");
    start + SignedDuration::from_millis(ms)
}

fn no() -> Answer {
    Answer::Status { status: 409, code: Some("already_publishing".into()) }
}

/// What the log of requests calls the place of an account where the ledger calls it nothing.
fn host(to: To) -> Option<&'static str> {
    (to == PAGE).then_some("facebook")
}

fn id(post: u32, to: To) -> String {
    format!("dlv_{post}_{}", to.2)
}

/// What the run made of a post.
#[derive(Clone)]
struct Post {
    number: u32,
    due: i64,
    to: Vec<To>,
    parts: u32,
    delay_s: u32,
    media: u32,
}

impl Post {
    fn new(number: u32, due: i64, to: &[To]) -> Self {
        Self { number, due, to: to.to_vec(), parts: 1, delay_s: 0, media: 0 }
    }

    fn thread(self, parts: u32, delay_s: u32) -> Self {
        Self { parts, delay_s, ..self }
    }

    fn files(self, media: u32) -> Self {
        Self { media, ..self }
    }
}

/// A log in the making.
#[derive(Clone)]
struct Log {
    lines: Vec<Line>,
    seen: u64,
    asked: u64,
}

impl Log {
    fn new() -> Self {
        let mut log = Self { lines: Vec::new(), seen: 0, asked: 0 };
        let run = Run { seed: 1, mode: "quick".into(), database: "sqlite".into(), nodes: 1, broken: None };
        log.push(0, Event::Run(run));
        log
    }

    fn push(&mut self, at: i64, event: Event) {
        self.lines.push(Line { at: t(at), event });
    }

    fn end(mut self) -> Self {
        self.push(600_000, Event::End { strangers: Vec::new() });
        self
    }

    fn create(&mut self, post: &Post) {
        self.create_with(post, 100, YES);
    }

    fn create_with(&mut self, post: &Post, at: i64, answer: Answer) {
        let made = answer.is_yes();
        let target = |to: &To| Target {
            platform: to.0.into(),
            instance: to.1.map(str::to_owned),
            host: host(*to).map(str::to_owned),
            comments: *to == PAGE,
            account: to.2.into(),
            channel: format!("chn_{}", to.2),
            delivery: made.then(|| id(post.number, *to)),
        };
        let create = Create {
            post: format!("p{:06}", post.number),
            act: "test".into(),
            due: t(post.due),
            window_s: 120,
            targets: post.to.iter().map(target).collect(),
            parts: post.parts,
            delay_s: post.delay_s,
            media: (0..post.parts).map(|part| if part == 0 { post.media } else { 0 }).collect(),
            answer,
        };
        self.push(at, Event::Create(create));
    }

    fn change(&mut self, at: i64, post: u32, ask: Ask, answer: Answer) {
        let post = format!("p{post:06}");
        self.push(at, Event::Change(Change { post, delivery: None, ask, sent: t(at - 20), answer }));
    }

    fn fault(&mut self, kind: FaultKind, detail: &str, from: i64, until: i64) {
        self.push(until, Event::Fault(Fault { kind, detail: detail.into(), from: t(from), until: t(until) }));
    }

    fn rule(&mut self, rule: u64, kind: FaultKind) {
        self.push(50, Event::Rule { rule, kind, aim: None });
    }

    /// A request that says so, answered with `status`, or cut; its number.
    fn ask(&mut self, at: i64, to: To, text: &str, status: Option<u16>, fault: Option<u64>) {
        self.asked += 1;
        let place = to.1.or(host(to));
        let account = place.map_or(to.2.to_owned(), |place| format!("{}@{place}", to.2));
        let accepted = status.map(|status| status < 300);
        let body = if text.is_empty() { Value::Null } else { json!({"record": {"text": text}}) };
        let ended = status.map(|_| t(at + 3).to_string());
        let request = json!({"seq": self.asked, "at": t(at).to_string(), "method": "POST", "path": "/", "query": "",
            "account": account, "instance": place, "status": status, "accepted": accepted, "fault": fault,
            "body": body, "ended": ended});
        self.push(at + 500, Event::Request(request));
    }

    /// Something becomes visible; its id.
    fn show(&mut self, at: i64, to: To, text: &str, parent: Option<&str>, media: u32) -> String {
        self.seen += 1;
        let id = format!("{}/{}", to.2, self.seen);
        let webhook = to.0 == "webhook";
        let body = json!({"type": "post.published", "data": {"text": text, "parent": parent}}).to_string();
        let files: Vec<Value> = (0..media).map(|n| json!({"sha256": n.to_string()})).collect();
        let seen = json!({"seq": self.seen, "at": t(at).to_string(), "listed_at": t(at).to_string(),
            "platform": to.0, "instance": to.1, "account": to.2, "action": "create", "id": id,
            "reply_to": parent.filter(|_| !webhook), "visibility": null,
            "text": if webhook { body } else { text.to_owned() }, "media": files, "key": null});
        self.push(at + 700, Event::Visible(seen));
        id
    }

    /// The product's last word.
    fn last(&mut self, post: &Post, to: To, state: &str, parts: &[(&str, Option<String>)]) {
        let parts: Vec<Value> = parts
            .iter()
            .enumerate()
            .map(|(n, (state, remote))| json!({"id": format!("prt_{n}"), "position": n, "state": state, "remote_id": remote}))
            .collect();
        let (due, done) = (t(post.due).to_string(), t(post.due + 300).to_string());
        let delivery = json!({"id": id(post.number, to), "state": state, "hold_reason": null, "code": null,
            "scheduled_at": due, "due_at": due, "failures": 0, "incomplete": false, "parts": parts, "doubt": null,
            "channel": {"id": format!("chn_{}", to.2)}});
        let attempts = match state {
            "scheduled" | "canceled" => Vec::new(),
            _ => vec![json!({"action": "send", "started_at": due, "ended_at": done, "outcome": "ok"})],
        };
        self.push(599_000, Event::Delivery(Final { delivery, attempts, id: id(post.number, to) }));
    }

    fn gone(&mut self, post: u32, to: To) {
        let event = Event::Delivery(Final { delivery: Value::Null, attempts: Vec::new(), id: id(post, to) });
        self.push(599_000, event);
    }

    /// All parts of a revision go out in time, and the product says so.
    fn publish(&mut self, post: &Post, revision: u32) {
        for to in post.to.clone() {
            let (mut parent, mut parts) = (None::<String>, Vec::new());
            for part in 0..post.parts {
                let at = post.due + 50 + i64::from(part) * (i64::from(post.delay_s) * 1000 + 40);
                let text = format!("p{:06}.{part}r{revision} rides", post.number);
                self.ask(at, to, &text, Some(200), None);
                let media = if part == 0 { post.media } else { 0 };
                let shown = self.show(at, to, &text, parent.as_deref(), media);
                parts.push(("published", Some(shown.clone())));
                parent = parent.filter(|_| to == PAGE).or(Some(shown));
            }
            self.last(post, to, "published", &parts);
        }
    }

    /// Makes and publishes.
    fn whole(&mut self, post: &Post) {
        self.create(post);
        self.publish(post, 1);
    }

    fn judge(&self) -> Verdict {
        judge(&self.lines)
    }

    // ---- tampering ----

    /// The latest request.
    fn asked(&mut self) -> &mut Value {
        let asked = self.lines.iter_mut().rev().find_map(|line| match &mut line.event {
            Event::Request(asked) => Some(asked),
            _ => None,
        });
        asked.expect("something was asked")
    }

    /// What the product says of a delivery.
    fn word(&mut self, post: u32, to: To) -> &mut Value {
        let id = id(post, to);
        let words = self.lines.iter_mut().filter_map(|line| match &mut line.event {
            Event::Delivery(last) if last.id == id => Some(&mut last.delivery),
            _ => None,
        });
        words.last().expect("the product said something of it")
    }

    /// The creation whose text holds `word`.
    fn shown(&mut self, word: &str) -> &mut Value {
        let lines = self.lines.iter_mut().filter_map(|line| match &mut line.event {
            Event::Visible(seen) if seen["text"].as_str().is_some_and(|text| text.contains(word)) => Some(seen),
            _ => None,
        });
        lines.last().expect("it is visible")
    }

    /// Nothing that holds `word` ever became visible; the ledger is numbered anew.
    fn hide(&mut self, word: &str) {
        let holds = |value: &Value| value["text"].as_str().is_some_and(|text| text.contains(word));
        let before = self.lines.len();
        self.lines.retain(|line| !matches!(&line.event, Event::Visible(seen) if holds(seen)));
        assert!(self.lines.len() < before, "{word} was visible");
        let seen = self.lines.iter_mut().filter_map(|line| match &mut line.event {
            Event::Visible(seen) => Some(seen),
            _ => None,
        });
        for (seen, seq) in seen.zip(1..) {
            seen["seq"] = json!(seq);
        }
    }

    /// Lines go.
    fn without(&mut self, goes: impl Fn(&Event) -> bool) {
        let before = self.lines.len();
        self.lines.retain(|line| !goes(&line.event));
        assert!(self.lines.len() < before, "something goes");
    }
}

/// Every count but `rule` is nought, and that one is as it should be.
fn only(log: &Log, rule: Rule, count: usize) {
    let verdict = log.judge();
    for each in Rule::ALL {
        let want = if each == rule { count } else { 0 };
        assert_eq!(verdict.count(each), want, "{}: {:#?}", each.name(), verdict.findings);
    }
    assert!(verdict.flaws.is_empty(), "{:?}", verdict.flaws);
    assert_eq!(verdict.is_clean(), count == 0);
}

fn clean(log: &Log) -> Verdict {
    only(log, Rule::Lost, 0);
    log.judge()
}

/// A run in which much is broken and everything is kept.
fn good() -> Log {
    let mut log = Log::new();
    log.whole(&Post::new(1, 10_000, &[ADA]));
    log.whole(&Post::new(2, 12_000, &[BO]).files(1));
    log.whole(&Post::new(3, 14_000, &[HOOK]).thread(2, 0));
    log.whole(&Post::new(4, 20_000, &[ADA]).thread(3, 5));
    log.whole(&Post::new(5, 40_000, &[ADA, BO]));
    changed(&mut log);
    broken(&mut log);
    log.end()
}

/// Posts 6 to 9: edited, deleted, put off, withdrawn.
fn changed(log: &mut Log) {
    let edited = Post::new(6, 50_000, &[ADA]);
    log.create(&edited);
    log.change(48_000, 6, Ask::Edit { revision: 2 }, YES);
    log.change(51_000, 6, Ask::Edit { revision: 3 }, no());
    log.publish(&edited, 2);

    log.create(&Post::new(7, 52_000, &[BO]));
    log.change(51_000, 7, Ask::Delete, YES);
    log.gone(7, BO);

    let later = Post::new(8, 54_000, &[ADA]);
    log.create(&later);
    log.change(53_000, 8, Ask::Reschedule { due: t(64_000) }, YES);
    log.publish(&Post { due: 64_000, ..later }, 1);

    let withdrawn = Post::new(9, 56_000, &[BO]);
    log.create(&withdrawn);
    log.change(55_000, 9, Ask::Cancel, YES);
    log.last(&withdrawn, BO, "canceled", &[]);
}

/// Posts 10 to 14: an answer is lost, a text is refused, a reply is refused, a process dies, an answer is missing.
fn broken(log: &mut Log) {
    log.rule(1, FaultKind::DropAfter);
    let unknown = Post::new(10, 80_000, &[HOOK]);
    log.create(&unknown);
    log.ask(80_050, HOOK, "p000010.0r1 rides", None, Some(1));
    log.show(80_050, HOOK, "p000010.0r1 rides", None, 0);
    log.last(&unknown, HOOK, "unconfirmed", &[("pending", None)]);
    let doubt = json!({"part": "prt_0", "intent_at": t(80_040).to_string(), "first_intent_at": t(80_040).to_string(),
        "call_ended_at": t(80_060).to_string(), "evidence": {"asked": "nobody: a webhook cannot be asked"}});
    log.word(10, HOOK)["doubt"] = doubt;

    let refused = Post::new(11, 84_000, &[BO]);
    log.create(&refused);
    log.ask(84_050, BO, "p000011.0r1 rides", Some(422), None);
    log.last(&refused, BO, "failed", &[("failed", None)]);

    let half = Post::new(12, 88_000, &[BO]).thread(3, 0);
    log.create(&half);
    log.ask(88_050, BO, "p000012.0r1 rides", Some(200), None);
    let root = log.show(88_050, BO, "p000012.0r1 rides", None, 0);
    log.ask(88_150, BO, "p000012.1r1 rides", Some(422), None);
    log.last(&half, BO, "published", &[("published", Some(root)), ("failed", None), ("skipped", None)]);
    log.word(12, BO)["incomplete"] = json!(true);

    log.whole(&Post::new(13, 100_000, &[ADA]));
    log.fault(FaultKind::KillAtPoint, "sent", 100_051, 100_055);

    let maybe = Post::new(14, 120_000, &[ADA]);
    log.create(&maybe);
    log.change(119_000, 14, Ask::Reschedule { due: t(130_000) }, Answer::None);
    log.publish(&Post { due: 130_000, ..maybe }, 1);
}
