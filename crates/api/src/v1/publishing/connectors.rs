//! `/connectors`: which platforms are there, and what does each need?

use axum::Json;
use axum::extract::State;
use postrider_app::publishing::platforms::{self, Platform};
use postrider_app::{App, messages};
use postrider_domain::Code;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::Authed;
use crate::paging::Page;
use crate::problem::Problem;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_connectors))
}

/// A platform that can be connected.
#[derive(Serialize, ToSchema)]
pub(crate) struct Connector {
    /// Its id, which connecting takes.
    id: &'static str,
    /// Its name as it writes it itself.
    name: &'static str,
    /// Its own documentation.
    docs: &'static str,
    /// The fields of the connect form.
    fields: Vec<ConnectField>,
    /// The permissions it is asked for, each with its reason.
    scopes: Vec<Scope>,
    /// What can be published, and when that was last shown to work.
    kinds: Vec<Kind>,
    /// Limits on the text of a part; all of them hold.
    text: Vec<TextLimit>,
    /// The settings of a variant as JSON Schema.
    #[schema(value_type = Object)]
    settings: Value,
    /// Everything else that is known about it.
    #[schema(value_type = Object)]
    descriptor: Value,
}

/// A field of the connect form.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectField {
    /// Its name in the request.
    name: &'static str,
    /// Whether it is never shown again.
    secret: bool,
    /// Whether it may be left out.
    optional: bool,
    /// What is used when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'static str>,
}

/// A permission.
#[derive(Serialize, ToSchema)]
pub(crate) struct Scope {
    /// The platform's name for it.
    scope: &'static str,
    /// Why it is asked.
    why: String,
    /// What is off without it.
    feature: &'static str,
    /// Whether nothing works without it.
    required: bool,
}

/// Something that can be published.
#[derive(Serialize, ToSchema)]
#[schema(as = ContentKind)]
pub(crate) struct Kind {
    /// `text`, `thread`, `quote`, ….
    kind: &'static str,
    /// The day it last worked against the simulated platform.
    sandbox: Option<&'static str>,
    /// The day it last worked against a real server that we ran.
    real_server: Option<&'static str>,
    /// The day it last worked against the live platform.
    live: Option<&'static str>,
}

/// A limit on text.
#[derive(Serialize, ToSchema)]
pub(crate) struct TextLimit {
    /// How it is counted.
    unit: String,
    /// The most that is allowed.
    max: usize,
}

impl From<Platform> for Connector {
    fn from(platform: Platform) -> Self {
        let fields = platform.fields.into_iter().map(|field| ConnectField {
            name: field.name,
            secret: field.secret,
            optional: field.optional,
            default: field.default,
        });
        let kinds = platform.kinds.into_iter().map(|kind| Kind {
            kind: kind.kind,
            sandbox: kind.sandbox,
            real_server: kind.real_server,
            live: kind.live,
        });
        Self {
            id: platform.id,
            name: platform.name,
            docs: platform.docs,
            fields: fields.collect(),
            scopes: platform.scopes.into_iter().map(Scope::from).collect(),
            kinds: kinds.collect(),
            text: platform.text.into_iter().map(|limit| TextLimit { unit: limit.unit, max: limit.max }).collect(),
            settings: platform.settings,
            descriptor: platform.descriptor,
        }
    }
}

impl From<platforms::ScopeReason> for Scope {
    /// The reason is a message; a platform may also bring a sentence of its own.
    fn from(reason: platforms::ScopeReason) -> Self {
        let message = Code::parse(&reason.why.replace('-', "_"));
        let why = message.map_or_else(|| reason.why.to_owned(), |code| messages::render(code, &Default::default()));
        Self { scope: reason.scope, why, feature: reason.feature, required: reason.required }
    }
}

/// Lists the platforms that can be connected, with their forms, rules and permissions.
#[utoipa::path(get, path = "/connectors", tag = "channels", responses((status = 200, body = Page<Connector>)))]
pub(crate) async fn list_connectors(
    State(app): State<App>,
    Authed(_caller): Authed,
) -> Result<Json<Page<Connector>>, Problem> {
    Ok(Json(Page::all(platforms::platforms(&app).into_iter().map(Connector::from).collect())))
}
