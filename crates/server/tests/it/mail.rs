//! Mail over SMTP, as a server sees it.

use lettre::message::Mailbox;
use postrider_app::mail::{Letter, Postman as _, Undelivered};
use postrider_domain::id::JobId;
use postrider_domain::secret::Secret;
use postrider_server::config::{Mail, MailSecurity};
use postrider_server::mail::Smtp;
use serde_json::{Value, json};

use crate::postbox::{Answers, Postbox, header, readable};
use crate::support::{Home, until};

fn settings(postbox: &Postbox) -> Mail {
    Mail {
        host: postbox.addr.ip().to_string(),
        port: postbox.addr.port(),
        security: MailSecurity::Plain,
        login: None,
        from: "Postrider <post@example.org>".parse::<Mailbox>().expect("an address"),
    }
}

fn smtp(mail: &Mail) -> Smtp {
    Smtp::new(mail, "https://post.example").expect("can be made")
}

fn letter() -> Letter {
    Letter {
        id: JobId::from_uuid(uuid::Uuid::from_u128(7)),
        to: "ann@example.org".to_owned(),
        subject: "Not published: @bakery, 1 July 2026, 09:05".to_owned(),
        text: "Open the post:\nhttps://post.example/w/1/posts/2?delivery=3\n.\nend\n".to_owned(),
        html: "<p>Open the <b>post</b></p>\n".to_owned(),
        choices: Some("https://post.example/settings/notifications".to_owned()),
    }
}

async fn outcome(answers: Answers, change: impl FnOnce(&mut Mail, &mut Letter)) -> (Result<(), Undelivered>, Postbox) {
    let postbox = Postbox::open(answers);
    let (mut mail, mut letter) = (settings(&postbox), letter());
    change(&mut mail, &mut letter);
    (smtp(&mail).deliver(&letter).await, postbox)
}

#[tokio::test]
async fn a_letter_arrives_as_text_and_html_with_its_own_id() {
    let (outcome, postbox) = outcome(Answers::default(), |_, _| {}).await;
    outcome.expect("is taken");
    let mail = postbox.mails().remove(0);
    let of = |name: &str| header(&mail, name).unwrap_or_else(|| panic!("no {name}: {mail}"));
    assert_eq!(of("Message-ID"), format!("<{}@example.org>", letter().id));
    assert_eq!(of("Subject"), letter().subject);
    assert_eq!((of("To"), of("From")), ("ann@example.org".into(), "Postrider <post@example.org>".into()));
    assert_eq!(of("List-Unsubscribe"), "<https://post.example/settings/notifications>");
    assert_eq!(of("Auto-Submitted"), "auto-generated");
    assert!(of("Content-Type").starts_with("multipart/alternative"), "{mail}");
    let read = readable(&mail);
    let (text, html) = (read.find("?delivery=3\r\n.\r\nend"), read.find("<p>Open the <b>post</b></p>"));
    assert!(text.is_some() && text < html, "text first: {mail}");
    assert!(postbox.commands().contains(&"EHLO post.example".to_owned()), "{:?}", postbox.commands());
}

#[tokio::test]
async fn the_same_letter_has_the_same_id_again() {
    let postbox = Postbox::open(Answers::default());
    let smtp = smtp(&settings(&postbox));
    for _ in 0..2 {
        smtp.deliver(&letter()).await.expect("is taken");
    }
    let ids: Vec<_> = postbox.mails().iter().map(|mail| header(mail, "Message-ID")).collect();
    assert!(ids.len() == 2 && ids[0] == ids[1] && ids[0].is_some(), "{ids:?}");
}

#[tokio::test]
async fn what_may_work_later_is_told_from_what_never_will() {
    let refusing = |recipient| Answers { recipient, ..Answers::default() };
    for (answers, again) in [
        (refusing("450 try again"), true),
        (refusing("550 <ann@example.org> is unknown"), false),
        (Answers { mail: "452 full", ..Answers::default() }, true),
        (Answers { mail: "554 spam", ..Answers::default() }, false),
    ] {
        let (outcome, _) = outcome(answers, |_, _| {}).await;
        let error = outcome.expect_err("is refused");
        assert_eq!(matches!(error, Undelivered::Later(_)), again, "{answers:?}: {error}");
        assert!(!error.to_string().contains("ann@"), "the server's words stay outside: {error}");
    }
}

#[tokio::test]
async fn a_refused_log_in_costs_no_mail() {
    let answers = Answers { offers: &["AUTH PLAIN LOGIN"], log_in: "535 no", ..Answers::default() };
    let (outcome, _) = outcome(answers, |mail, _| mail.login = Some(("me".into(), Secret::new("hunter2")))).await;
    let error = outcome.expect_err("is refused");
    assert!(matches!(&error, Undelivered::Later(why) if why.contains("535")), "{error}");
}

#[tokio::test]
async fn nothing_is_said_in_the_open_where_tls_is_required() {
    for security in [MailSecurity::Starttls, MailSecurity::Tls] {
        let (outcome, postbox) = outcome(Answers::default(), |mail, _| mail.security = security).await;
        let error = outcome.expect_err("has no TLS");
        assert!(matches!(error, Undelivered::Later(_)), "{error}");
        let said = postbox.commands();
        assert!(postbox.mails().is_empty() && !said.iter().any(|line| line.starts_with("MAIL")), "{said:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_may_come_back() {
    let (outcome, _) = outcome(Answers::default(), |mail, _| mail.port = 1).await;
    let error = outcome.expect_err("nobody listens");
    assert!(matches!(error, Undelivered::Later(_)), "{error}");
}

#[tokio::test]
async fn neither_an_address_nor_a_subject_begins_a_header() {
    let evil = "ann@example.org\r\nBcc: eve@example.org";
    let (refused, postbox) = outcome(Answers::default(), |_, letter| letter.to = evil.to_owned()).await;
    assert!(matches!(refused, Err(Undelivered::Never(_))) && postbox.mails().is_empty());
    let (taken, postbox) =
        outcome(Answers::default(), |_, letter| letter.subject = "A\r\nBcc: eve@example.org\r\n\r\nB".to_owned()).await;
    taken.expect("is taken");
    let mail = postbox.mails().remove(0);
    assert_eq!(header(&mail, "Bcc"), None, "{mail}");
    assert_eq!(header(&mail, "Message-ID"), Some(format!("<{}@example.org>", letter().id)), "the head goes on: {mail}");
}

#[expect(clippy::disallowed_methods, reason = "a test does what a browser would do")]
async fn post(url: &str, body: Value) -> (u16, Value) {
    let answer = reqwest::Client::new().post(url).json(&body).send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn a_forgotten_password_is_mailed_by_the_binary_and_doctor_knows_the_server() {
    let (home, postbox) = (Home::new(), Postbox::open(Answers::default()));
    let (url, data) = (format!("smtp://{}", postbox.addr), home.data());
    let environment = [
        ("POSTRIDER_MAIL_URL", url.as_str()),
        ("POSTRIDER_MAIL_STARTTLS", "never"),
        ("POSTRIDER_MAIL_FROM", "Postrider <post@example.org>"),
    ];
    let server = home.serve_with(&[], &environment);
    home.json(&["user", "create", "--email", "ann@example.org", "--name", "Ann", "--data", &data, "--json"]);
    let (_, instance) = server.get("/api/v1/instance").await;
    let instance: Value = serde_json::from_str(&instance).expect("JSON");
    assert_eq!(
        (&instance["mail"], &instance["setup_open"], &instance["demo"]),
        (&json!(true), &json!(false), &json!(false))
    );
    let api = |path: &str| format!("{}/api/v1/{path}", server.url);
    for email in ["nobody@example.org", "ann@example.org"] {
        assert_eq!(
            post(&api("password-resets/requests"), json!({ "email": email })).await,
            (202, Value::Null),
            "{email}"
        );
    }
    let mail = until("the mail", async || postbox.mails().pop()).await;
    assert_eq!(header(&mail, "To").as_deref(), Some("ann@example.org"));
    let text = readable(&mail);
    let (_, rest) = text.split_once(&format!("{}/reset#", server.url)).expect("has the link");
    let token = rest.split(['\r', '\n', '"', '<']).next().unwrap_or_default();
    let new = json!({ "token": token, "password": "another password" });
    assert_eq!(post(&api("password-resets/redeem"), new).await.0, 204);
    let login = json!({ "email": "ann@example.org", "password": "another password" });
    assert_eq!(post(&api("sessions"), login).await.0, 201);

    let doctor = |environment: &[(&str, &str)]| {
        let ended = home.run_with(&["doctor", "--json", "--data", &data], environment, "");
        let found: Value = serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
        let all = found.as_array().expect("a list");
        all.iter().find(|one| one["check"] == "mail").expect("mail is checked").clone()
    };
    let sent = postbox.mails().len();
    assert_eq!(doctor(&environment)["level"], "warn", "works, but links lead to this machine");
    let public = ("POSTRIDER_PUBLIC_URL", "https://post.example");
    assert_eq!(doctor(&[&environment[..], &[public]].concat())["level"], "ok");
    assert_eq!(postbox.mails().len(), sent, "it sends none");
    let away = [("POSTRIDER_MAIL_URL", "smtp://127.0.0.1:1"), environment[1], environment[2], public];
    assert_eq!(doctor(&away)["level"], "fail");
    assert_eq!(doctor(&[public])["level"], "ok", "nothing has to be set");
}
