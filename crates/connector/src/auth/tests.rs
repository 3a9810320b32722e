//! Credentials, redaction, and what a failed connection says.

use super::*;

#[test]
fn an_empty_value_never_overwrites_a_stored_one() {
    let mut stored = Credentials::default().with("access", "old-access").with("refresh", "old-refresh");
    stored.merge(Credentials::default().with("access", "new-access").with("refresh", ""));
    assert_eq!(stored.get("access").map(Secret::expose), Some("new-access"));
    assert_eq!(stored.get("refresh").map(Secret::expose), Some("old-refresh"));
}

#[test]
fn every_secret_goes_also_when_one_is_part_of_another_or_escaped() {
    let secrets = Credentials::default().with("a", "secret").with("b", "secret-longer").with("c", "quote\"d-secret");
    let text = r#"secret secret-longer {"x":"quote\"d-secret"}"#;
    assert_eq!(secrets.redact(text), r#"[redacted] [redacted] {"x":"[redacted]"}"#);
}

#[test]
fn very_short_secrets_do_not_blank_whole_texts() {
    let secrets = Credentials::default().with("a", "e");
    assert_eq!(secrets.redact("hello"), "hello");
}

#[test]
fn known_fields_are_blanked_at_any_depth_and_in_broken_json() {
    let text = redact_known_fields(r#"{"a":[{"accessJwt":"x.y.z"}],"password":"p","name":"n","token":7}"#);
    assert!(!text.contains("x.y.z") && !text.contains("\"p\""), "{text}");
    assert!(text.contains("\"name\":\"n\"") && text.contains("\"token\":7"), "{text}");
    assert_eq!(redact_known_fields(r#"{"did":"d","refreshJwt":"x.y"#), r#"{"did":"d",[redacted]"#);
    assert_eq!(redact_known_fields("plain text"), "plain text");
}

#[test]
fn debug_of_everything_that_holds_a_secret_hides_it() {
    let credentials = Credentials::default().with("access", "s3cret-token");
    let fields = ConnectFields(BTreeMap::from([("password".to_owned(), Secret::new("s3cret-token"))]));
    let refreshed = Refreshed { credentials: credentials.clone(), lives_s: None };
    assert!(!format!("{credentials:?} {fields:?} {refreshed:?}").contains("s3cret-token"));
}

#[test]
fn blank_fields_count_as_missing_and_the_error_names_the_field() {
    let fields = ConnectFields(BTreeMap::from([
        ("url".to_owned(), Secret::new("  https://x ")),
        ("name".to_owned(), Secret::new("   ")),
    ]));
    assert_eq!(fields.require("url"), Ok("https://x"));
    assert_eq!(fields.get("name"), None);
    let error = fields.require("name").expect_err("blank");
    assert_eq!((error.code, error.field, error.step), (Code::Required, "name", "fields"));
}

#[test]
fn a_call_without_an_answer_names_the_host_and_the_reason() {
    let host = || "pds.example".to_owned();
    for (error, code) in [
        (TransportError::UnknownHost { host: host() }, Code::HostUnknown),
        (TransportError::PrivateAddress { host: host() }, Code::HostPrivate),
        (TransportError::Invalid(host()), Code::UrlInvalid),
        (TransportError::NotConnected("refused".into()), Code::HostUnreachable),
        (TransportError::NoAnswer("timed out".into()), Code::HostUnreachable),
        (TransportError::TooLarge { limit: 1 }, Code::HostUnreachable),
    ] {
        let named = ConnectError::from_call(&CallError::Transport(error.clone()), "find_server", "host");
        assert_eq!((named.code, named.field, named.step), (code, "host", "find_server"), "{error}");
        assert_eq!(named.words, Some(error.to_string()));
    }
}

#[test]
fn a_credential_is_renewed_early_and_no_claim_of_its_life_breaks_the_sum() {
    let issued: Timestamp = "2026-11-23T12:00:00Z".parse().expect("a time");
    let due = |lives_s| refresh_due(issued, lives_s).to_string();
    assert_eq!(due(7_200), "2026-11-23T13:24:00Z", "two hours: after 84 minutes");
    assert_eq!(due(60 * 86_400), "2027-01-04T12:00:00Z", "sixty days: eighteen before the end");
    assert_eq!(due(0), "2026-11-23T12:00:00Z");
    assert!(refresh_due(issued, u64::MAX) > issued);
    assert!(refresh_due(Timestamp::MAX, i64::MAX as u64) == Timestamp::MAX);
}
