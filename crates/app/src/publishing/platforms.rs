//! The platforms that this build can publish to, as data for forms and docs.

use postrider_connector::Descriptor;
use serde_json::{Value, json};

use crate::App;

/// A platform, with everything that a form, a check or a page may know about it.
#[derive(Debug, Clone)]
pub struct Platform {
    /// Stable id.
    pub id: &'static str,
    /// The name as the platform writes it.
    pub name: &'static str,
    /// Its own documentation.
    pub docs: &'static str,
    /// Fields of the connect form.
    pub fields: Vec<Field>,
    /// Permissions asked, each with its reason.
    pub scopes: Vec<ScopeReason>,
    /// What can be published: kind and when it was last shown to work.
    pub kinds: Vec<Kind>,
    /// Limits on text.
    pub text: Vec<TextLimit>,
    /// Settings of a variant as JSON Schema.
    pub settings: Value,
    /// The rest of the descriptor.
    pub descriptor: Value,
}

/// A field of the connect form.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Name in the request.
    pub name: &'static str,
    /// Whether it is never shown again.
    pub secret: bool,
    /// Whether it may be left out.
    pub optional: bool,
    /// What is used when it is left out.
    pub default: Option<&'static str>,
}

/// A permission and why it is asked.
#[derive(Debug, Clone, Copy)]
pub struct ScopeReason {
    /// The platform's name for it.
    pub scope: &'static str,
    /// Id of the message that explains it.
    pub why: &'static str,
    /// What is off without it.
    pub feature: &'static str,
    /// Whether nothing works without it.
    pub required: bool,
}

/// Something that can be published.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// `text`, `thread`, ….
    pub kind: &'static str,
    /// Day it last worked against the sandbox.
    pub sandbox: Option<&'static str>,
    /// Day it last worked against a real server that we ran.
    pub real_server: Option<&'static str>,
    /// Day it last worked against the live platform.
    pub live: Option<&'static str>,
}

/// A limit on text.
#[derive(Debug, Clone)]
pub struct TextLimit {
    /// How it is counted.
    pub unit: String,
    /// The most that is allowed.
    pub max: usize,
}

/// Every platform, in the order in which people see them.
pub fn platforms(app: &App) -> Vec<Platform> {
    app.registry.descriptors().map(of).collect()
}

fn of(descriptor: &'static Descriptor) -> Platform {
    let whole = descriptor.to_json();
    let fields = descriptor.auth.fields().iter();
    Platform {
        id: descriptor.id,
        name: descriptor.name,
        docs: descriptor.docs,
        fields: fields
            .map(|field| Field {
                name: field.name,
                secret: field.secret,
                optional: field.optional,
                default: field.default,
            })
            .collect(),
        scopes: descriptor
            .scopes
            .iter()
            .map(|scope| ScopeReason {
                scope: scope.scope,
                why: scope.why,
                feature: scope.feature,
                required: scope.required,
            })
            .collect(),
        kinds: descriptor.kinds.iter().map(kind).collect(),
        text: descriptor
            .text
            .iter()
            .map(|limit| TextLimit { unit: unit_name(&json!(limit.unit)), max: limit.max })
            .collect(),
        settings: whole["settings"].clone(),
        descriptor: whole,
    }
}

fn kind(kind: &postrider_connector::descriptor::ContentKind) -> Kind {
    let evidence = kind.evidence;
    Kind { kind: kind.kind, sandbox: evidence.sandbox, real_server: evidence.real_server, live: evidence.live }
}

fn unit_name(unit: &Value) -> String {
    unit.as_str().map_or_else(|| unit.to_string(), str::to_owned)
}
