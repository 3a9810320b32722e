//! The OpenAPI document, made from the handlers.
//!
//! What holds for every operation is added here, so that no handler can forget
//! it: path parameters, the idempotency key, who may call, and problems.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi as _;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, Content, OpenApi, Ref, RefOr, Required, ResponseBuilder, SecurityRequirement,
};
use utoipa_axum::router::OpenApiRouter;

use crate::problem::{FixBody, IssueBody, ProblemBody};
use crate::{Api, v1};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Postrider",
        description = "Schedules and publishes posts to social networks. Every error is `application/problem+json`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        // The version of the API, not of the product: it changes only with the address.
        version = "1"
    ),
    components(schemas(ProblemBody, IssueBody, FixBody))
)]
struct Base;

/// Every route below `/api/v1`, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Base::openapi())
        .nest("/api/v1", v1::router())
        .route("/api/v1/openapi.json", axum::routing::get(serve))
}

/// The OpenAPI 3.1 document of the API.
pub fn document() -> OpenApi {
    let mut document = routes().into_openapi();
    for (path, item) in &mut document.paths.paths {
        let ids: Vec<String> = path.split('/').filter_map(id_in_segment).collect();
        for (is_post, operation) in operations(item) {
            complete(operation, &ids, is_post);
        }
    }
    refer_from_pages(&mut document);
    let what = "The cookie that a log-in sets; on HTTPS its name begins with `__Host-`.";
    let cookie = ApiKeyValue::with_description("postrider_session", what);
    let schemes = ComponentsBuilder::new()
        .security_scheme("key", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)))
        .security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)))
        .build();
    document.components.get_or_insert_default().security_schemes.extend(schemes.security_schemes);
    document
}

/// A page repeats the schema of its items; a reference says it once.
fn refer_from_pages(document: &mut OpenApi) {
    let Some(components) = &mut document.components else { return };
    let names: Vec<String> = components.schemas.keys().cloned().collect();
    for (name, schema) in &mut components.schemas {
        let item = name.strip_prefix("Page_").filter(|item| names.iter().any(|known| known == item));
        if let (Some(item), RefOr::T(Schema::Object(page))) = (item, schema) {
            let list = ArrayBuilder::new().items(Ref::from_schema_name(item)).description(Some("In the list's order."));
            page.properties.insert("items".to_owned(), list.into());
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let PathItem { get, put, post, delete, patch, head, .. } = item;
    let others = [get, put, delete, patch, head].into_iter().flatten().map(|operation| (false, operation));
    others.chain(post.iter_mut().map(|operation| (true, operation)))
}

fn id_in_segment(segment: &str) -> Option<String> {
    segment.strip_prefix('{')?.strip_suffix('}').map(str::to_owned)
}

/// What an idempotency key does.
const KEY: &str = "1 to 255 visible ASCII characters. The same request again within a day gets the first answer; \
                   when what it made is gone since, the same status with nothing but its `id`.";

/// What a description says where a key does nothing: the answer holds a secret, or the
/// request works only once by itself.
const NO_KEY: &str = "Idempotency keys have no effect here";

fn ignores_keys(operation: &Operation) -> bool {
    // A line of a comment may end within the sentence.
    operation.description.as_deref().is_some_and(|text| text.replace('\n', " ").contains(NO_KEY))
}

fn complete(operation: &mut Operation, ids: &[String], is_post: bool) {
    let keyed = is_post && !ignores_keys(operation);
    let parameters = operation.parameters.get_or_insert_default();
    for id in ids {
        let known = parameters.iter().any(|known| is_named(known, id, &ParameterIn::Path));
        if !known {
            parameters.push(text_parameter(id, ParameterIn::Path, "Its id."));
        }
    }
    if keyed {
        parameters.push(text_parameter("Idempotency-Key", ParameterIn::Header, KEY));
    }
    if operation.security.is_none() {
        let none: [&str; 0] = [];
        let either = [SecurityRequirement::new("key", none), SecurityRequirement::new("session", none)];
        operation.security = Some(either.into());
    }
    let content = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
    let refused = ResponseBuilder::new()
        .description("Why the request was refused.")
        .content("application/problem+json", content)
        .build();
    operation.responses.responses.entry("default".to_owned()).or_insert(RefOr::T(refused));
}

fn is_named(parameter: &RefOr<Parameter>, name: &str, place: &ParameterIn) -> bool {
    matches!(parameter, RefOr::T(known) if known.name.eq_ignore_ascii_case(name) && known.parameter_in == *place)
}

fn text_parameter(name: &str, place: ParameterIn, what: &str) -> RefOr<Parameter> {
    let required = if place == ParameterIn::Path { Required::True } else { Required::False };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(Some(what))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
        .build()
        .into()
}

/// The document itself.
async fn serve() -> Response {
    static TEXT: std::sync::LazyLock<String> =
        std::sync::LazyLock::new(|| document().to_json().expect("the document is plain data"));
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "max-age=60")], TEXT.as_str()).into_response()
}

/// The `If-Match` header of an edit.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only documents a header")]
pub(crate) struct IfMatchHeader {
    /// The `ETag` of the version that is edited.
    #[param(rename = "If-Match")]
    if_match: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idempotent;

    #[test]
    fn every_operation_has_its_own_name_a_summary_and_its_parameters() {
        let mut document = document();
        let mut names = std::collections::BTreeSet::new();
        for (path, item) in &mut document.paths.paths {
            let ids = path.matches('{').count();
            for (is_post, operation) in operations(item) {
                let name = operation.operation_id.clone().expect("an operation id");
                assert!(names.insert(name.clone()), "{name} is used twice");
                assert!(operation.summary.as_deref().is_some_and(|text| text.ends_with('.')), "{name} has no summary");
                assert!(operation.tags.as_ref().is_some_and(|tags| tags.len() == 1), "{name} has no tag");
                let parameters = operation.parameters.clone().unwrap_or_default();
                let in_path = |known: &&RefOr<Parameter>| matches!(known, RefOr::T(known) if known.parameter_in == ParameterIn::Path);
                assert_eq!(parameters.iter().filter(in_path).count(), ids, "{name}");
                let keyed = parameters.iter().any(|known| is_named(known, idempotent::HEADER, &ParameterIn::Header));
                assert_eq!(keyed, is_post && !ignores_keys(operation), "{name}");
                assert!(operation.responses.responses.contains_key("default"), "{name}");
            }
        }
        assert!(names.len() > 20, "{names:?}");
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let text = document().to_json().expect("plain data");
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        for reference in text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(value["components"]["schemas"].get(reference).is_some(), "no schema {reference}");
        }
        assert_eq!(value["openapi"], "3.1.0");
    }
}
