//! Values from flags, environment and file, laid over each other key by key.
//!
//! Every value keeps where it came from, so that a bad one is named in one line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use confique::meta::{FieldKind, Meta};
use confique::{Config as _, Layer as _};
use serde::Deserialize as _;
use toml::{Table, Value};

use super::{ConfigError, File};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag of the command line, with its dashes.
    Flag(String),
    /// An environment variable.
    Environment(String),
    /// A line of a file.
    File(PathBuf, usize),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "flag {name}"),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::File(path, 0) => write!(f, "{}", path.display()),
            Self::File(path, line) => write!(f, "{} line {line}", path.display()),
        }
    }
}

/// A key of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// With dots, such as `engine.slots`.
    pub path: String,
    /// Its environment variable.
    pub variable: &'static str,
}

/// Every key there is.
pub fn keys() -> Vec<Key> {
    let mut found = Vec::new();
    collect(&File::META, "", &mut found);
    found
}

fn collect(meta: &'static Meta, prefix: &str, found: &mut Vec<Key>) {
    for field in meta.fields {
        let path = format!("{prefix}{}", field.name);
        match field.kind {
            FieldKind::Leaf { env, .. } => found.push(Key { path, variable: env.unwrap_or_default() }),
            FieldKind::Nested { meta } => collect(meta, &format!("{path}."), found),
        }
    }
}

/// One source of values.
#[derive(Debug, Default)]
pub struct Values(BTreeMap<String, (Value, Origin)>);

impl Values {
    /// Sets a key; the caller names one that exists.
    pub fn set(&mut self, key: &str, value: impl Into<Value>, origin: Origin) {
        self.0.insert(key.to_owned(), (value.into(), origin));
    }

    /// The value of a key and where it came from.
    pub fn get(&self, key: &str) -> Option<&(Value, Origin)> {
        self.0.get(key)
    }
}

/// Variables that are ours but no configuration: secrets, clients, tests and tools.
const OTHER_VARIABLES: &[&str] =
    &["CONFIG", "INSTANCE_KEY", "URL", "KEY", "FAILPOINTS", "SPECS", "STAGES", "PG_BIN", "BIN", "WEB"];

/// Beginnings of such variables. `SERVICE_` and `PORT` are what Kubernetes sets for a
/// service that is called postrider.
const OTHER_BEGINNINGS: &[&str] = &["TEST_", "E2E_", "BENCH_", "REAL_", "WEB_", "SERVICE_", "PORT"];

/// Reads the environment. An unknown `POSTRIDER_…` is refused: it is most likely misspelt.
pub(super) fn from_environment(environment: &BTreeMap<String, String>) -> Result<Values, ConfigError> {
    let keys = keys();
    let mut values = Values::default();
    for (name, text) in environment {
        let Some(rest) = name.strip_prefix("POSTRIDER_") else { continue };
        let origin = Origin::Environment(name.clone());
        match keys.iter().find(|key| key.variable == name) {
            Some(key) => values.set(&key.path, typed(&key.path, text, &origin)?, origin),
            None if OTHER_VARIABLES.contains(&rest) || OTHER_BEGINNINGS.iter().any(|b| rest.starts_with(b)) => {}
            None => return Err(ConfigError::unknown(name, &origin, keys.iter().map(|key| key.variable))),
        }
    }
    Ok(values)
}

/// The first reading of a text that the key accepts: a text, a number or truth value, a list.
fn typed(key: &str, text: &str, origin: &Origin) -> Result<Value, ConfigError> {
    let as_text = Value::String(text.to_owned());
    let scalar = format!("v = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("v"));
    let list = text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Value::from).collect();
    let readings = [Some(as_text.clone()), scalar, Some(Value::Array(list))];
    match readings.into_iter().flatten().find(|value| check(key, value, origin).is_ok()) {
        Some(value) => Ok(value),
        None => check(key, &as_text, origin).map(|()| as_text),
    }
}

/// Reads a file's text.
pub(super) fn from_file(path: &Path, text: &str) -> Result<Values, ConfigError> {
    let table = text.parse::<Table>().map_err(|error| {
        let line = error.span().map_or(0, |span| line_at(text, span.start));
        ConfigError::Unreadable { origin: Origin::File(path.to_owned(), line), why: error.message().to_owned() }
    })?;
    let mut values = Values::default();
    let keys = keys();
    flatten(&table, "", &mut |key, value| {
        let origin = Origin::File(path.to_owned(), line_of(text, key));
        if !keys.iter().any(|known| known.path == key) {
            return Err(ConfigError::unknown(key, &origin, keys.iter().map(|key| key.path.as_str())));
        }
        check(key, value, &origin)?;
        values.set(key, value.clone(), origin);
        Ok(())
    })?;
    Ok(values)
}

type Visit<'a> = &'a mut dyn FnMut(&str, &Value) -> Result<(), ConfigError>;

fn flatten(table: &Table, prefix: &str, visit: Visit<'_>) -> Result<(), ConfigError> {
    let is_section = |path: &str| keys().iter().any(|key| key.path.starts_with(&format!("{path}.")));
    for (name, value) in table {
        let path = format!("{prefix}{name}");
        match value {
            Value::Table(inner) if is_section(&path) => flatten(inner, &format!("{path}."), visit)?,
            other => visit(&path, other)?,
        }
    }
    Ok(())
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}

/// The line that sets a key, for people; 0 when it is written in an unusual way.
fn line_of(text: &str, key: &str) -> usize {
    let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
    let mut current = String::new();
    for (index, line) in text.lines().map(str::trim).enumerate() {
        if let Some(head) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            current = head.trim().to_owned();
        }
        let left = line.split('=').next().unwrap_or_default().trim();
        if (current == section && left == name) || (current.is_empty() && left == key) || line == format!("[{key}]") {
            return index + 1;
        }
    }
    0
}

/// A layer with one value, in the shape of the file.
fn nested(key: &str, value: Value) -> Value {
    key.rsplit('.').fold(value, |value, name| Value::Table(Table::from_iter([(name.to_owned(), value)])))
}

type FileLayer = <File as confique::Config>::Layer;

fn layer(key: &str, value: &Value) -> Result<FileLayer, toml::de::Error> {
    FileLayer::deserialize(nested(key, value.clone()))
}

fn check(key: &str, value: &Value, origin: &Origin) -> Result<(), ConfigError> {
    match layer(key, value) {
        Ok(_) => Ok(()),
        Err(error) => Err(ConfigError::bad(key, origin, error.message())),
    }
}

/// Lays sources over each other, the first one on top, and the defaults below.
pub(super) fn merge(sources: &[Values]) -> Result<File, ConfigError> {
    let mut merged = FileLayer::empty();
    for source in sources {
        for (key, (value, origin)) in &source.0 {
            let one = layer(key, value).map_err(|error| ConfigError::bad(key, origin, error.message()))?;
            merged = merged.with_fallback(one);
        }
    }
    let complete = merged.with_fallback(FileLayer::default_values());
    File::from_layer(complete).map_err(|error| ConfigError::Other(error.to_string()))
}
