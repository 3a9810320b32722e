use super::plant::messages;
use xtask::tidy::codes::messages as check;

const CODES: &str = "crates/domain/src/code.rs";
const FTL: &str = "locales/en.ftl";

const TWO_CODES: &str = r#"
macro_rules! codes { ($($name:ident => $code:literal),* $(,)?) => {}; }
codes! {
    /// The text is longer than the platform takes.
    TextTooLong => "text_too_long",
    NotFound => "not_found",
}
"#;

#[test]
fn codes_and_messages_that_match_pass() {
    let ftl = "# Comment = no\n-brand = Postrider\nnot-found = Not here.\ntext-too-long =\n    Too long by { $over }.\n    .title = Too long\n";
    assert_eq!(messages(check, &[(CODES, TWO_CODES), (FTL, ftl)]), [""; 0]);
}

#[test]
fn a_code_without_a_message_and_a_message_without_a_code_are_found() {
    let ftl = "text-too-long = Too long.\nstray-one = Nobody says this.\n";
    assert_eq!(
        messages(check, &[(CODES, TWO_CODES), (FTL, ftl)]),
        [
            "crates/domain/src/code.rs:6: code `not_found` has no message `not-found` in locales/en.ftl",
            "locales/en.ftl:2: message `stray-one` belongs to no code in crates/domain/src/code.rs",
        ]
    );
}

#[test]
fn a_name_declared_twice_is_found() {
    let codes = "codes! {\n    A => \"not_found\",\n    B => \"not_found\",\n}\n";
    let ftl = "not-found = One.\nnot-found = Two.\n";
    assert_eq!(
        messages(check, &[(CODES, codes), (FTL, ftl)]),
        [
            "crates/domain/src/code.rs:3: code `not_found` is declared twice, first on line 2",
            "locales/en.ftl:2: message `not-found` is declared twice, first on line 1",
        ]
    );
}

#[test]
fn missing_files_are_no_silent_pass() {
    assert_eq!(
        messages(check, &[]),
        [
            "crates/domain/src/code.rs: no `codes! { Name => \"snake_code\", … }` found",
            "locales/en.ftl: no messages found",
        ]
    );
}
