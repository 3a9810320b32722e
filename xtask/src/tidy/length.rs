//! How long a file and a function may be.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::source::Source;
use crate::tree::{Finding, Tree};

/// The most lines of a file that are not test code.
pub const FILE_CAP: usize = 800;
/// Above this a file is mentioned, without failing.
pub const FILE_NOTICE: usize = 400;
/// The most lines of a function, from its signature to its closing brace.
pub const FUNCTION_CAP: usize = 100;

/// Finds files over [`FILE_CAP`], and files that are not Rust although they are named so.
pub fn files(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.sources() {
        if let Some(error) = &source.error {
            findings.push(Finding::new(&source.path, 0, format!("does not parse: {error}")));
        }
        let lines = product_lines(source);
        if lines > FILE_CAP {
            let message = format!("{lines} lines that are not tests, at most {FILE_CAP}: split the file");
            findings.push(Finding::new(&source.path, 0, message));
        }
    }
    findings
}

/// Files over [`FILE_NOTICE`] but within the cap, longest first: worth a look, no failure.
pub fn long_files(tree: &Tree) -> Vec<(String, usize)> {
    let lengths = tree.sources().iter().map(|source| (source.path.clone(), product_lines(source)));
    let mut long: Vec<_> = lengths.filter(|(_, lines)| (FILE_NOTICE + 1..=FILE_CAP).contains(lines)).collect();
    long.sort_by_key(|(_, lines)| std::cmp::Reverse(*lines));
    long
}

/// The number of lines that are not test code, blank lines and comments included.
fn product_lines(source: &Source) -> usize {
    (1..=source.text.lines().count()).filter(|line| !source.is_test(*line)).count()
}

/// Finds functions over [`FUNCTION_CAP`], those of tests included.
pub fn functions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.sources() {
        for function in functions_of(source).iter().filter(|function| function.lines > FUNCTION_CAP) {
            let Function { name, line, lines } = function;
            let message = format!("`{name}` has {lines} lines, at most {FUNCTION_CAP}: take a step out of it");
            findings.push(Finding::new(&source.path, *line, message));
        }
    }
    findings
}

/// A function with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name, without path.
    pub name: String,
    /// The line of its `fn` keyword or what stands before it (`pub`, `async`).
    pub line: usize,
    /// Lines from there to its closing brace.
    pub lines: usize,
}

/// The functions of a file; empty when it does not parse. Functions inside macro calls are not seen.
pub fn functions_of(source: &Source) -> Vec<Function> {
    let mut collect = Collect(Vec::new());
    if let Ok(file) = syn::parse_file(&source.text) {
        collect.visit_file(&file);
    }
    collect.0
}

struct Collect(Vec<Function>);

impl Collect {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let line = signature.span().start().line;
        let lines = block.span().end().line + 1 - line;
        self.0.push(Function { name: signature.ident.to_string(), line, lines });
    }
}

impl<'ast> Visit<'ast> for Collect {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.add(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }
}
