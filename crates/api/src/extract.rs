//! What handlers take from a request; everything that does not fit is a problem
//! that names the field.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header;
use axum::http::request::Parts;
use postrider_app::{Caller, Idempotency};
use postrider_domain::{Code, Issue};
use serde::de::DeserializeOwned;

use crate::idempotent;
use crate::problem::Problem;

/// The most bytes of a JSON body.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// A JSON body of a request that is not a POST.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        json_type(&request)?;
        parse(&read(request.into_body()).await?).map(Self)
    }
}

/// A POST: its JSON body and its idempotency key, if it has one.
pub(crate) struct Posted<T> {
    pub(crate) body: T,
    keyed: Option<Keyed>,
}

struct Keyed {
    key: String,
    target: String,
    body: Bytes,
}

impl<T> Posted<T> {
    /// The key for the use case, in the name of its caller.
    pub(crate) fn once(&self, caller: &Caller) -> Option<Idempotency> {
        let keyed = self.keyed.as_ref()?;
        Some(Idempotency::new(caller, &keyed.key, &keyed.target, &keyed.body))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Posted<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        json_type(&request)?;
        let (keyed, bytes) = keyed(request).await?;
        Ok(Self { body: parse(&bytes)?, keyed })
    }
}

/// A POST that needs no body; one that is sent does not matter but belongs to the key.
pub(crate) struct PostedNothing(Posted<()>);

impl PostedNothing {
    /// The key for the use case, in the name of its caller.
    pub(crate) fn once(&self, caller: &Caller) -> Option<Idempotency> {
        self.0.once(caller)
    }
}

impl<S: Send + Sync> FromRequest<S> for PostedNothing {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let (keyed, _) = keyed(request).await?;
        Ok(Self(Posted { body: (), keyed }))
    }
}

async fn keyed(request: Request) -> Result<(Option<Keyed>, Bytes), Problem> {
    let key = idempotent::key(request.headers())?;
    // Routers below a prefix see a shorter address; the whole one is what was asked for.
    let uri = request.extensions().get::<axum::extract::OriginalUri>().map_or(request.uri(), |original| &original.0);
    let target = format!("{} {uri}", request.method());
    let body = read(request.into_body()).await?;
    Ok((key.map(|key| Keyed { key, target, body: body.clone() }), body))
}

/// How long a body may take to arrive; a megabyte in this time is a slow telephone.
const BODY_TIME: Duration = Duration::from_secs(30);

async fn read(body: Body) -> Result<Bytes, Problem> {
    read_within(body, BODY_TIME).await
}

async fn read_within(body: Body, time: Duration) -> Result<Bytes, Problem> {
    let read = tokio::time::timeout(time, to_bytes(body, MAX_BODY)).await;
    let read = read.map_err(|_| Problem::of(Code::RequestTimeout))?;
    read.map_err(|error| {
        if std::error::Error::source(&error).is_some_and(|source| source.to_string().contains("length limit")) {
            return Problem::of(Code::BodyTooLarge).with("limit", MAX_BODY);
        }
        Problem::of(Code::BadBody).with("reason", "it ended early")
    })
}

fn json_type(request: &Request) -> Result<(), Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json")) {
        Ok(())
    } else {
        Err(Problem::of(Code::UnsupportedMediaType))
    }
}

/// U+0000 is text in JSON, but no database column of PostgreSQL holds it: one answer on both.
fn without_nul(bytes: &[u8]) -> Result<(), Problem> {
    fn holds(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::String(text) => text.contains('\0'),
            serde_json::Value::Array(list) => list.iter().any(holds),
            serde_json::Value::Object(map) => map.iter().any(|(name, value)| name.contains('\0') || holds(value)),
            _ => false,
        }
    }
    let suspicious = bytes.windows(6).any(|window| window == b"\\u0000");
    if suspicious && serde_json::from_slice(bytes).is_ok_and(|value| holds(&value)) {
        return Err(Problem::of(Code::BadBody).with("reason", "a text holds the character U+0000"));
    }
    Ok(())
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    without_nul(bytes)?;
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| refused(&error))?;
    json.end().map_err(|error| Problem::of(Code::BadBody).with("reason", error))?;
    Ok(value)
}

/// A body that is no JSON, or a field that is missing, unknown or of the wrong form.
fn refused(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let reason = error.inner().to_string();
    if !error.inner().is_data() {
        return Problem::of(Code::BadBody).with("reason", reason);
    }
    // serde says where in the text; the pointer says it better.
    let what = reason.rsplit_once(" at line ").map_or(reason.as_str(), |(what, _)| what);
    let at = pointer(error.path());
    let named = escaped(what.split('`').nth(1).unwrap_or_default());
    Problem::field(if what.starts_with("missing field") {
        Issue::error(Code::Required, format!("{at}/{named}"))
    } else if what.starts_with("unknown field") {
        // The path ends with the field already.
        Issue::error(Code::UnknownField, if at.ends_with(&format!("/{named}")) { at } else { format!("{at}/{named}") })
    } else {
        Issue::error(Code::BadField, at).with("reason", what)
    })
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let segment = |segment: &Segment| match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", escaped(key))),
        Segment::Enum { .. } | Segment::Unknown => None,
    };
    path.iter().filter_map(segment).collect()
}

/// A name as RFC 6901 writes it in a pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Ids in the address. One of another kind names nothing here.
pub(crate) struct Ids<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Ids<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(ids)) => Ok(Self(ids)),
            Err(_) => Err(Problem::of(Code::NotFound)),
        }
    }
}

/// The query of an address.
pub(crate) struct Search<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Search<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let parsed = Query::<T>::try_from_uri(&parts.uri);
        parsed.map(|Query(value)| Self(value)).map_err(|error| {
            let text = error.body_text();
            let what = text.split_once(": ").map_or(text.as_str(), |(_, what)| what);
            let (field, reason) = what.split_once(": ").unwrap_or(("", what));
            Problem::field(Issue::error(Code::BadField, field).with("reason", reason))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only parsing is looked at")]
    struct Outer {
        name: String,
        list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only parsing is looked at")]
    struct Inner {
        size: u8,
    }

    fn issue(text: &str) -> (Code, String) {
        let problem = parse::<Outer>(text.as_bytes()).expect_err("refused");
        assert_eq!(problem.code, Code::InvalidFields, "{problem:?}");
        (problem.issues[0].code, problem.issues[0].field.clone())
    }

    #[tokio::test]
    async fn a_body_that_does_not_arrive_is_not_waited_for() {
        let never = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
        let refused = read_within(never, Duration::from_millis(20)).await.expect_err("it never ends");
        assert_eq!(refused.code, Code::RequestTimeout);
        assert!(read_within(Body::from("{}"), BODY_TIME).await.is_ok());
    }

    #[test]
    fn each_mistake_is_named_by_its_pointer() {
        assert_eq!(issue(r#"{"list":[]}"#), (Code::Required, "/name".to_owned()));
        assert_eq!(issue(r#"{"name":1,"list":[]}"#), (Code::BadField, "/name".to_owned()));
        assert_eq!(
            issue(r#"{"name":"a","list":[{"size":1},{"size":256}]}"#),
            (Code::BadField, "/list/1/size".to_owned())
        );
        assert_eq!(
            issue(r#"{"name":"a","list":[{"size":1,"a/b":2}]}"#),
            (Code::UnknownField, "/list/0/a~1b".to_owned())
        );
        assert_eq!(issue(r#"{"name":"a","list":[{}]}"#), (Code::Required, "/list/0/size".to_owned()));
    }

    #[test]
    fn a_text_with_u0000_is_refused_and_one_that_only_names_it_is_not() {
        let problem = parse::<Outer>(br#"{"name":"a\u0000b","list":[]}"#).expect_err("refused");
        assert_eq!(problem.code, Code::BadBody);
        assert!(parse::<Outer>(br#"{"name":"a\\u0000b","list":[]}"#).is_ok());
    }

    #[test]
    fn text_that_is_no_json_is_a_bad_body() {
        for text in ["", "{", "nonsense", r#"{"name":"a","list":[]} trailing"#] {
            let problem = parse::<Outer>(text.as_bytes()).expect_err("refused");
            assert_eq!(problem.code, Code::BadBody, "{text}");
        }
    }
}
