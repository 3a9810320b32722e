//! A Rust file as a flat list of tokens with lines, and which of its lines are test code.
//!
//! Tokens instead of a syntax tree, because half of what the checks look for (string literals, `$1`,
//! `todo!`) stands inside macro calls, which `syn` leaves unparsed.

use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One token with the line it starts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// The line, counted from 1.
    pub line: usize,
}

/// What a token is, as finely as the checks need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An identifier or keyword.
    Ident(String),
    /// A string literal (raw and byte strings too), unescaped.
    Str(String),
    /// One character of punctuation: `::` is two of them.
    Punct(char),
    /// `(`, `[` or `{`.
    Open(char),
    /// `)`, `]` or `}`.
    Close(char),
    /// Any other literal.
    Other,
}

/// A lexed Rust file.
#[derive(Debug)]
pub struct Source {
    /// Path inside the tree, with forward slashes.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// All tokens in order, `#[doc]` attributes (and so `///` comments) left out.
    pub tokens: Vec<Token>,
    /// Why the file could not be lexed; then `tokens` is empty.
    pub error: Option<String>,
    /// True when every line is test code.
    pub test_file: bool,
    test_ranges: Vec<RangeInclusive<usize>>,
    test_modules: Vec<String>,
}

impl Source {
    /// Lexes `text`. Text that is not Rust gives a source without tokens and with `error` set.
    pub fn lex(path: &str, text: &str) -> Self {
        let mut source = Self {
            path: path.to_owned(),
            text: text.to_owned(),
            tokens: Vec::new(),
            error: None,
            test_file: is_test_path(path),
            test_ranges: Vec::new(),
            test_modules: Vec::new(),
        };
        match text.parse::<TokenStream>() {
            Ok(stream) => source.flatten(stream),
            Err(error) => source.error = Some(error.to_string()),
        }
        source
    }

    /// The `<name>` of `crates/<name>/…`, or the first folder (`xtask`).
    pub fn crate_name(&self) -> &str {
        crate_of(&self.path)
    }

    /// Whether line `line` belongs to a test.
    pub fn is_test(&self, line: usize) -> bool {
        self.test_file || self.test_ranges.iter().any(|range| range.contains(&line))
    }

    /// The string literals with their lines.
    pub fn strings(&self) -> impl Iterator<Item = (&str, usize)> {
        self.tokens.iter().filter_map(|token| match &token.kind {
            Kind::Str(value) => Some((value.as_str(), token.line)),
            _ => None,
        })
    }

    /// The lines on which `pattern` starts, for example `["std", ":", ":", "env"]`.
    pub fn matches<'a>(&'a self, pattern: &'a [&'a str]) -> impl Iterator<Item = usize> + 'a {
        let windows = self.tokens.windows(pattern.len());
        windows
            .filter(move |window| window.iter().zip(pattern).all(|(token, want)| token.is(want)))
            .map(|window| window[0].line)
    }

    fn flatten(&mut self, stream: TokenStream) {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        let mut at = 0;
        while at < trees.len() {
            if let Some((attribute, length)) = attribute_at(&trees, at) {
                if is_test_attribute(&attribute) {
                    // `#![cfg(test)]` speaks of the file it stands in, `#[cfg(test)]` of the next item.
                    match length {
                        3 => self.test_file = true,
                        _ => self.mark_test_item(&trees, at),
                    }
                }
                if first_ident(&attribute).as_deref() == Some("doc") {
                    at += length;
                    continue;
                }
            }
            self.push(&trees[at]);
            at += 1;
        }
    }

    fn push(&mut self, tree: &TokenTree) {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ('(', ')'),
                    Delimiter::Bracket => ('[', ']'),
                    Delimiter::Brace => ('{', '}'),
                    Delimiter::None => return self.flatten(group.stream()),
                };
                self.tokens.push(Token { kind: Kind::Open(open), line });
                self.flatten(group.stream());
                let line = group.span_close().start().line;
                self.tokens.push(Token { kind: Kind::Close(close), line });
            }
            TokenTree::Ident(ident) => {
                self.tokens.push(Token { kind: Kind::Ident(ident.to_string()), line });
            }
            TokenTree::Punct(punct) => {
                self.tokens.push(Token { kind: Kind::Punct(punct.as_char()), line });
            }
            TokenTree::Literal(literal) => {
                self.tokens.push(Token { kind: literal_kind(literal), line });
            }
        }
    }

    /// Marks the item whose test attribute stands at `start` as test code.
    ///
    /// An item ends at its first brace group or at the first `;` on its own level, whichever comes first.
    fn mark_test_item(&mut self, trees: &[TokenTree], start: usize) {
        let from = trees[start].span().start().line;
        let mut module = None;
        for (index, tree) in trees.iter().enumerate().skip(start) {
            match tree {
                TokenTree::Ident(ident) if ident == "mod" => {
                    module = trees.get(index + 1).map(ToString::to_string);
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    self.test_ranges.push(from..=group.span_close().end().line);
                    return;
                }
                TokenTree::Punct(punct) if punct.as_char() == ';' => {
                    self.test_ranges.push(from..=punct.span().end().line);
                    self.test_modules.extend(module);
                    return;
                }
                _ => {}
            }
        }
    }
}

impl Token {
    /// Whether the token reads as `want`: an identifier or one character of punctuation.
    pub fn is(&self, want: &str) -> bool {
        match &self.kind {
            Kind::Ident(name) => name == want,
            Kind::Punct(c) | Kind::Open(c) | Kind::Close(c) => want.len() == c.len_utf8() && want.starts_with(*c),
            Kind::Str(_) | Kind::Other => false,
        }
    }
}

/// The `<name>` of `crates/<name>/…`, or the first folder of any other path.
pub fn crate_of(path: &str) -> &str {
    let rest = path.strip_prefix("crates/").unwrap_or(path);
    rest.split('/').next().unwrap_or(rest)
}

/// Files behind `#[cfg(test)] mod name;` are test code although nothing in them says so.
pub fn mark_test_modules(sources: &mut [Source]) {
    let mut folders = Vec::new();
    for source in sources.iter() {
        let stem = source.path.strip_suffix(".rs").unwrap_or(&source.path);
        let (parent, name) = stem.rsplit_once('/').unwrap_or(("", stem));
        let owner = if matches!(name, "mod" | "lib" | "main") { parent } else { stem };
        folders.extend(source.test_modules.iter().map(|module| format!("{owner}/{module}")));
    }
    for source in sources.iter_mut() {
        source.test_file |= folders.iter().any(|folder| {
            source.path.strip_prefix(folder.as_str()).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        });
    }
}

/// Folders and names that hold nothing but tests.
fn is_test_path(path: &str) -> bool {
    let mut folders = path.split('/');
    let name = folders.next_back().unwrap_or(path);
    folders.any(|folder| folder == "tests")
        || name == "tests.rs"
        || name.ends_with("_test.rs")
        || name.ends_with("_tests.rs")
}

/// The inside of `#[…]` or `#![…]` when one starts at `at`, and how many token trees it takes (2 or 3).
fn attribute_at(trees: &[TokenTree], at: usize) -> Option<(TokenStream, usize)> {
    let punct = |index: usize, want: char| match trees.get(index) {
        Some(TokenTree::Punct(punct)) => punct.as_char() == want,
        _ => false,
    };
    if !punct(at, '#') {
        return None;
    }
    let inside = if punct(at + 1, '!') { at + 2 } else { at + 1 };
    match trees.get(inside) {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => {
            Some((group.stream(), inside + 1 - at))
        }
        _ => None,
    }
}

fn first_ident(attribute: &TokenStream) -> Option<String> {
    match attribute.clone().into_iter().next() {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    }
}

/// `#[test]`, `#[tokio::test]`, `#[cfg(test)]`, `#[cfg(all(test, …))]`; not `#[cfg(not(test))]`.
fn is_test_attribute(attribute: &TokenStream) -> bool {
    let text: String = attribute.to_string().split_whitespace().collect();
    let path = text.split(['(', '=']).next().unwrap_or_default();
    if path == "cfg" {
        let inside = text.trim_start_matches("cfg");
        // Split at brackets and commas only: `feature = "test"` stays one word.
        let words = || inside.split(['(', ')', ',']);
        return words().any(|word| word == "test") && !words().any(|word| matches!(word, "not" | "any"));
    }
    is_test_path_name(path.rsplit("::").next().unwrap_or_default())
}

/// The attribute names that make a function a test.
pub fn is_test_path_name(name: &str) -> bool {
    matches!(name, "test" | "rstest" | "store_test")
}

fn literal_kind(literal: &proc_macro2::Literal) -> Kind {
    match syn::Lit::new(literal.clone()) {
        syn::Lit::Str(text) => Kind::Str(text.value()),
        syn::Lit::ByteStr(bytes) => Kind::Str(String::from_utf8_lossy(&bytes.value()).into_owned()),
        _ => Kind::Other,
    }
}
