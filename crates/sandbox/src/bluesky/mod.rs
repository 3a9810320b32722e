//! A simulated Bluesky personal data server: the XRPC methods that logging in
//! and publishing need, over `/xrpc/*`.
//!
//! A call passes the same gates in the same order as on the reference server:
//! method, HTTP verb, parameters, token, body, rate limit, and then its handler.

pub(crate) mod blobs;
mod charge;
pub(crate) mod cid;
pub(crate) mod errors;
pub(crate) mod points;
pub(crate) mod read;
mod repo;
mod service_auth;
mod session;
#[cfg(test)]
pub(crate) mod specs;
pub(crate) mod syntax;
pub(crate) mod tid;
pub(crate) mod token;
mod validate;
pub(crate) mod video;

use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value};

use self::errors::Refusal;
use self::points::Standing;
use self::token::{Claims, Scope};
use self::validate::schema::{self, Obj, Ty};
use self::validate::table;
use crate::Core;
use crate::gate::{Call, Upload, json_response};
use crate::state::State;

/// The largest JSON body the server takes, in bytes.
pub(crate) const BODY_LIMIT: usize = 1_000_000;

/// The DID of the simulated server itself.
pub(crate) const SERVER_DID: &str = "did:web:pds.sandbox.test";

/// Whether the body of a call to `path` is a file, taken in as a stream.
pub(crate) fn takes_file(path: &str) -> bool {
    let nsid = path.strip_prefix("/xrpc/").unwrap_or_default();
    ["com.atproto.repo.uploadBlob", "app.bsky.video.uploadVideo"].contains(&nsid)
}

/// Which token a method wants.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Auth {
    None,
    /// An access token is checked if one is sent.
    Optional,
    Access,
    Refresh,
}

/// What a method takes.
enum Takes {
    /// A query: GET with these parameters.
    Parameters(&'static Obj),
    /// A procedure: POST with this JSON body.
    Body(&'static Obj),
    /// A procedure without a body.
    Nothing,
    /// A procedure whose body is a file, with these parameters.
    File { params: &'static Obj, accept: &'static str, max: u64 },
}

/// How a method is charged.
#[derive(Clone, Copy)]
enum Cost {
    Free,
    /// Points of the account's write budget.
    Write(u64),
    /// One log-in of the identifier in the body.
    Login,
    /// One upload of the account.
    Upload,
}

/// A method that handles its call; `Value::Null` is an empty answer.
type Handler = fn(&mut Scene<'_>) -> Result<Value, Refusal>;

/// One row of the method table.
struct Route {
    nsid: &'static str,
    takes: Takes,
    auth: Auth,
    cost: Cost,
    run: Handler,
}

const fn query(nsid: &'static str, params: &'static Obj, auth: Auth, run: Handler) -> Route {
    Route { nsid, takes: Takes::Parameters(params), auth, cost: Cost::Free, run }
}

const fn write(body: &'static Obj, points: u64, run: Handler) -> Route {
    Route { nsid: body.id, takes: Takes::Body(body), auth: Auth::Access, cost: Cost::Write(points), run }
}

const fn refresh(nsid: &'static str, run: Handler) -> Route {
    Route { nsid, takes: Takes::Nothing, auth: Auth::Refresh, cost: Cost::Free, run }
}

static ROUTES: [Route; 19] = [
    Route {
        nsid: table::CREATE_SESSION.id,
        takes: Takes::Body(&table::CREATE_SESSION),
        auth: Auth::None,
        cost: Cost::Login,
        run: session::create,
    },
    refresh("com.atproto.server.refreshSession", session::refresh),
    refresh("com.atproto.server.deleteSession", session::delete),
    query("com.atproto.server.getSession", &table::NO_PARAMETERS, Auth::Access, session::get),
    query("com.atproto.server.describeServer", &table::NO_PARAMETERS, Auth::None, read::server),
    query(table::RESOLVE_HANDLE.id, &table::RESOLVE_HANDLE, Auth::None, read::resolve_handle),
    query(table::GET_PROFILE.id, &table::GET_PROFILE, Auth::Optional, read::profile),
    query(table::DESCRIBE_REPO.id, &table::DESCRIBE_REPO, Auth::None, read::describe_repo),
    query(table::GET_RECORD.id, &table::GET_RECORD, Auth::None, read::record),
    query(table::LIST_RECORDS.id, &table::LIST_RECORDS, Auth::None, read::records),
    write(&table::CREATE_RECORD, 3, repo::create),
    write(&table::PUT_RECORD, 2, repo::put),
    write(&table::DELETE_RECORD, 1, repo::delete),
    Route {
        nsid: "com.atproto.repo.uploadBlob",
        takes: Takes::File { params: &table::NO_PARAMETERS, accept: "*/*", max: blobs::UPLOAD_LIMIT },
        auth: Auth::Access,
        cost: Cost::Upload,
        run: blobs::upload,
    },
    query(table::GET_BLOB.id, &table::GET_BLOB, Auth::None, blobs::get),
    query(table::GET_SERVICE_AUTH.id, &table::GET_SERVICE_AUTH, Auth::Access, service_auth::issue),
    // Methods of the service of videos look at their own kind of token.
    query("app.bsky.video.getUploadLimits", &table::NO_PARAMETERS, Auth::None, video::limits),
    query(table::GET_JOB_STATUS.id, &table::GET_JOB_STATUS, Auth::None, video::status),
    Route {
        nsid: "app.bsky.video.uploadVideo",
        takes: Takes::File { params: &table::UPLOAD_VIDEO, accept: "video/mp4", max: video::VIDEO_LIMIT },
        auth: Auth::None,
        cost: Cost::Free,
        run: video::upload,
    },
];

/// Everything a handler may use.
struct Scene<'a> {
    core: &'a Core,
    state: &'a mut State,
    call: &'a Call,
    /// The checked parameters or body.
    input: Value,
    /// Whose valid token came with the call.
    claims: Option<Claims>,
    /// The whole answer, where it is not JSON with status 200.
    whole: Option<Response>,
}

impl Scene<'_> {
    /// A text member of the input; empty when it is absent.
    fn text(&self, key: &str) -> &str {
        self.input[key].as_str().unwrap_or_default()
    }

    /// The DID of the token's account.
    fn did(&self) -> Result<&str, Refusal> {
        self.claims.as_ref().map(|claims| claims.sub.as_str()).ok_or_else(Refusal::auth_missing)
    }
}

/// Answers a call under `/xrpc/`.
pub(crate) fn answer(core: &Core, state: &mut State, call: &Call) -> Response {
    let mut standing = None;
    let result = run(core, state, call, &mut standing);
    let mut response = match result {
        Ok(Reply::Whole(response)) => response,
        Ok(Reply::Json(Value::Null)) => json_response(StatusCode::OK, None),
        Ok(Reply::Json(body)) => json_response(StatusCode::OK, Some(&body)),
        Err(refusal) => json_response(refusal.status, Some(&refusal.body())),
    };
    if let Some(standing) = standing {
        set_headers(&mut response, &standing);
    }
    response
}

/// Adds the rate limit headers to an answer.
pub(crate) fn set_headers(response: &mut Response, standing: &Standing) {
    for (name, value) in standing.headers() {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
}

/// What a handler answered.
enum Reply {
    Json(Value),
    Whole(Response),
}

fn run(core: &Core, state: &mut State, call: &Call, standing: &mut Option<Standing>) -> Result<Reply, Refusal> {
    if call.nsid() == "_health" {
        return Ok(Reply::Json(serde_json::json!({"version": concat!("sandbox ", env!("CARGO_PKG_VERSION"))})));
    }
    let route = route(call)?;
    charge::charge_address(core, state, call, standing)?;
    let params = parameters(route, call)?;
    let claims = authorise(core, state, call, route.auth)?;
    if let Takes::File { accept, max, .. } = route.takes {
        file(call, accept, max)?;
    }
    let input = match params {
        Some(params) => params,
        None => body(route, call)?,
    };
    charge::charge(core, state, route, &input, claims.as_ref(), call, standing)?;
    let mut scene = Scene { core, state, call, input, claims, whole: None };
    let body = (route.run)(&mut scene)?;
    Ok(scene.whole.map_or(Reply::Json(body), Reply::Whole))
}

/// The method a call names, with the right HTTP verb.
fn route(call: &Call) -> Result<&'static Route, Refusal> {
    let nsid = call.nsid();
    if !syntax::nsid(nsid) {
        return Err(Refusal::invalid("invalid xrpc path"));
    }
    let route = ROUTES.iter().find(|route| route.nsid == nsid);
    let route = route.ok_or_else(|| Refusal::of_status(StatusCode::NOT_IMPLEMENTED))?;
    let expected = match route.takes {
        Takes::Parameters(_) => Method::GET,
        Takes::Body(_) | Takes::Nothing | Takes::File { .. } => Method::POST,
    };
    if call.method != expected {
        let got = &call.method;
        let message = format!("Incorrect HTTP method ({got}) expected {expected}");
        return Err(Refusal::invalid(message));
    }
    Ok(route)
}

/// The checked parameters of a query; `None` for a procedure, which takes none.
fn parameters(route: &Route, call: &Call) -> Result<Option<Value>, Refusal> {
    let object = match route.takes {
        Takes::Parameters(object) | Takes::File { params: object, .. } => object,
        Takes::Body(_) | Takes::Nothing => &table::NO_PARAMETERS,
    };
    let mut map = Map::new();
    for (key, text) in call.params() {
        let ty = object.props.iter().find(|(name, _)| *name == key).map(|(_, ty)| ty);
        if map.insert(key.clone(), typed(ty, &text)).is_some() {
            return Err(Refusal::invalid(format!("Repeated parameter {key:?}")));
        }
    }
    let value = Value::Object(map);
    let issues = schema::check(object, &value, "$");
    if !issues.is_empty() {
        return Err(Refusal::invalid(issues.join(", ")));
    }
    Ok(matches!(route.takes, Takes::Parameters(_) | Takes::File { .. }).then_some(value))
}

/// Checks the outside of an uploaded file.
fn file(call: &Call, accept: &str, max: u64) -> Result<(), Refusal> {
    let Upload::Raw(file) = &call.upload else {
        return Err(Refusal::invalid("Request stream ended early"));
    };
    let kind = call.header(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
    if kind.is_empty() {
        return Err(Refusal::invalid("Request encoding (Content-Type) required but not provided"));
    }
    if accept != "*/*" && kind != accept {
        return Err(Refusal::invalid(format!("Wrong request encoding (Content-Type): {kind}")));
    }
    if accept != "*/*" && call.header(header::CONTENT_LENGTH).is_empty() {
        return Err(Refusal::of_status(StatusCode::LENGTH_REQUIRED));
    }
    match file.bytes {
        0 => Err(Refusal::invalid("A request body is expected but none was provided")),
        bytes if bytes > max => Err(Refusal::too_large()),
        _ => Ok(()),
    }
}

/// A parameter as the type its schema gives it; as text where it does not parse,
/// so that the schema check names the problem.
fn typed(ty: Option<&Ty>, text: &str) -> Value {
    match (ty, text) {
        (Some(Ty::Int { .. }), _) => text.parse::<i64>().map_or(text.into(), Value::from),
        (Some(Ty::Bool), "true") => true.into(),
        (Some(Ty::Bool), "false") => false.into(),
        _ => text.into(),
    }
}

/// Checks the token that a method wants and that its session still stands.
fn authorise(core: &Core, state: &State, call: &Call, auth: Auth) -> Result<Option<Claims>, Refusal> {
    let scope = match (auth, call.header(header::AUTHORIZATION)) {
        (Auth::None, _) | (Auth::Optional, "") => return Ok(None),
        (_, "") => return Err(Refusal::auth_missing()),
        (Auth::Refresh, _) => Scope::Refresh,
        (Auth::Access | Auth::Optional, _) => Scope::Access,
    };
    let token = call.bearer().ok_or_else(|| Refusal::named("InvalidToken", "Unexpected authorization type"))?;
    let claims = token::verify(core.seed, token, scope, core.now())?;
    let account = state.accounts.get(&claims.sub);
    let session = account.and_then(|account| account.sessions.get(claims.session()));
    let session = session.ok_or_else(Refusal::revoked)?;
    if scope == Scope::Refresh && !session.accepts(&claims.jti, core.now()) {
        return Err(Refusal::revoked());
    }
    Ok(Some(claims))
}

/// The checked JSON body of a procedure.
fn body(route: &Route, call: &Call) -> Result<Value, Refusal> {
    let Takes::Body(object) = route.takes else {
        return match call.body.is_empty() {
            true => Ok(Value::Null),
            false => Err(Refusal::invalid("A request body was provided when none was expected")),
        };
    };
    if call.body.is_empty() {
        return Err(Refusal::invalid("A request body is expected but none was provided"));
    }
    json_content(call.header(header::CONTENT_TYPE))?;
    let value: Value =
        serde_json::from_slice(&call.body).map_err(|error| Refusal::invalid(format!("Invalid JSON body: {error}")))?;
    let issues = schema::check(object, &value, "$");
    match issues.is_empty() {
        true => Ok(value),
        false => Err(Refusal::invalid(issues.join(", "))),
    }
}

fn json_content(content_type: &str) -> Result<(), Refusal> {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.is_empty() {
        let message = "Request encoding (Content-Type) required but not provided";
        return Err(Refusal::invalid(message));
    }
    if !essence.eq_ignore_ascii_case("application/json") {
        let message = format!("Wrong request encoding (Content-Type): {essence}");
        return Err(Refusal::invalid(message));
    }
    Ok(())
}
