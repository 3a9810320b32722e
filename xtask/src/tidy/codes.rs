//! Codes and messages: code emits a code, the sentence stands in the message file.

use std::collections::BTreeMap;

use crate::source::{Kind, Source, Token};
use crate::tree::{Finding, Tree};

const CODES: &str = "crates/domain/src/code.rs";
const MESSAGES: &str = "locales/en.ftl";

/// Finds codes without a message, messages without a code, and either of them declared twice.
///
/// Codes are the string literals after `=>` inside `codes! { Name => "snake_code", … }`. The message of
/// `some_code` has the id `some-code`.
pub fn messages(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let source = tree.sources().iter().find(|source| source.path == CODES);
    let codes = source.map(declared).unwrap_or_default();
    if codes.is_empty() {
        findings.push(Finding::new(CODES, 0, "no `codes! { Name => \"snake_code\", … }` found"));
    }
    let ids = message_ids(&tree.text(MESSAGES).unwrap_or_default());
    if ids.is_empty() {
        // One finding says it; one for each code would bury it.
        findings.push(Finding::new(MESSAGES, 0, "no messages found"));
        return findings;
    }
    let codes = unique(codes, CODES, "code", &mut findings);
    let ids = unique(ids, MESSAGES, "message", &mut findings);
    for (code, line) in &codes {
        let id = code.replace('_', "-");
        if !ids.contains_key(&id) {
            findings.push(Finding::new(CODES, *line, format!("code `{code}` has no message `{id}` in {MESSAGES}")));
        }
    }
    for (id, line) in &ids {
        if !codes.contains_key(&id.replace('-', "_")) {
            findings.push(Finding::new(MESSAGES, *line, format!("message `{id}` belongs to no code in {CODES}")));
        }
    }
    findings
}

/// Keeps the first of each name and reports the others.
fn unique(names: Vec<(String, usize)>, path: &str, what: &str, findings: &mut Vec<Finding>) -> BTreeMap<String, usize> {
    let mut kept = BTreeMap::new();
    for (name, line) in names {
        match kept.get(&name) {
            Some(first) => {
                let message = format!("{what} `{name}` is declared twice, first on line {first}");
                findings.push(Finding::new(path, line, message));
            }
            None => {
                kept.insert(name, line);
            }
        }
    }
    kept
}

/// The codes of every `codes! { … }` call of a file.
fn declared(source: &Source) -> Vec<(String, usize)> {
    let mut codes = Vec::new();
    let tokens = &source.tokens;
    for start in 0..tokens.len() {
        let call = tokens[start].is("codes") && tokens.get(start + 1).is_some_and(|token| token.is("!"));
        if call {
            codes.extend(arrow_strings(group(&tokens[start + 2..])));
        }
    }
    codes
}

/// The tokens inside the group that opens at the first token.
fn group(tokens: &[Token]) -> &[Token] {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Open(_) => depth += 1,
            Kind::Close(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return &tokens[..index];
        }
    }
    tokens
}

fn arrow_strings(tokens: &[Token]) -> Vec<(String, usize)> {
    let after_arrow = tokens.windows(3).filter(|three| three[0].is("=") && three[1].is(">"));
    let codes = after_arrow.filter_map(|three| match &three[2].kind {
        Kind::Str(code) => Some((code.clone(), three[2].line)),
        _ => None,
    });
    codes.collect()
}

/// The ids of a Fluent file with their lines; terms (`-name = …`) and attributes are not messages.
fn message_ids(text: &str) -> Vec<(String, usize)> {
    let id = |line: &str| {
        let (id, _) = line.split_once('=')?;
        let id = id.trim_end();
        let starts = id.starts_with(|c: char| c.is_ascii_alphabetic());
        let plain = id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if starts && plain { Some(id.to_owned()) } else { None }
    };
    text.lines().enumerate().filter_map(|(index, line)| Some((id(line)?, index + 1))).collect()
}
