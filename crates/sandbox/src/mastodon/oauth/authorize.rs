//! `/oauth/authorize`: the consent screen.
//!
//! `GET` shows a page on which a person chooses an account and allows or denies.
//! The page sends its form to the same address; a script does the same with
//! `POST <the address it was sent to>` and `account=<user name>&decision=allow`
//! (or `deny`), and is answered with the redirect.

use std::fmt::Write as _;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use url::Url;

use super::{OUT_OF_BAND, invalid_client, invalid_request, invalid_scope};
use crate::mastodon::model::Code;
use crate::mastodon::params::Params;
use crate::mastodon::{Answer, Refusal, Scene, Stop, scopes};
use crate::pages::{self, escape};

/// The documented parameters; others are ignored, as RFC 6749 demands.
const KNOWN: [&str; 9] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "force_login",
    "lang",
];

/// A request for consent that may be shown.
struct Request {
    client_id: String,
    client_name: String,
    redirect_uri: String,
    scopes: Vec<String>,
    state: Option<String>,
    challenge: Option<(String, String)>,
}

/// What is wrong with a request.
enum Fault {
    /// The client or its address is not known: nothing is sent anywhere.
    Here(Refusal),
    /// The client is told at its address.
    There { redirect_uri: String, state: Option<String>, refusal: Refusal },
}

/// `GET /oauth/authorize`.
pub(crate) fn show(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    let params = Params::from_oauth_form(scene.call.query.as_bytes(), &KNOWN)?;
    Ok(match read(scene, &params) {
        Ok(request) => Answer::whole(consent(scene, &request)),
        Err(fault) => Answer::whole(explain(fault)),
    })
}

/// `POST /oauth/authorize`: what the person decided.
pub(crate) fn decide(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    let asked = Params::from_oauth_form(scene.call.query.as_bytes(), &KNOWN)?;
    let request = match read(scene, &asked) {
        Ok(request) => request,
        Err(fault) => return Ok(Answer::whole(explain(fault))),
    };
    let form = Params::from_form(&scene.call.body)?;
    form.only(&["account", "decision"])?;
    let (account, decision) = (form.required("account")?.to_owned(), form.required("decision")?.to_owned());
    if decision != "allow" {
        let refusal = Refusal::oauth(
            StatusCode::FORBIDDEN,
            "access_denied",
            "The resource owner or authorization server denied the request.",
        );
        let (redirect_uri, state) = (request.redirect_uri, request.state);
        return Ok(Answer::whole(explain(Fault::There { redirect_uri, state, refusal })));
    }
    if !scene.at().residents.contains_key(&account) {
        return Err(invalid_request("There is no such account.").into());
    }
    Ok(Answer::whole(grant(scene, request, account)))
}

/// Makes a code and sends it to the client.
fn grant(scene: &mut Scene<'_>, request: Request, username: String) -> Response {
    let (text, made_at) = (scene.secret(), scene.now);
    let Request { client_id, redirect_uri, scopes, state, challenge, .. } = request;
    let code =
        Code { client_id, username, redirect_uri: redirect_uri.clone(), scopes, challenge, made_at, used: false };
    scene.at_mut().codes.insert(text.clone(), code);
    if redirect_uri == OUT_OF_BAND {
        let body = format!("<p>Give this code to the application:</p><p><code>{}</code></p>", escape(&text));
        return pages::page("Authorization code", &body);
    }
    let mut answer = vec![("code", text)];
    answer.extend(state.map(|state| ("state", state)));
    redirect(&redirect_uri, &answer)
}

/// Reads and checks a request, in the order of the reference server.
fn read(scene: &Scene<'_>, params: &Params) -> Result<Request, Fault> {
    let here = |refusal| Fault::Here(refusal);
    let text = |field| params.text(field).ok().flatten().map(str::to_owned).filter(|text| !text.is_empty());
    let need = |name: &str| here(invalid_request(&format!("Missing required parameter: {name}.")));
    let client_id = text("client_id").ok_or_else(|| need("client_id"))?;
    let app = scene.at().apps.get(&client_id).ok_or_else(|| here(invalid_client()))?;
    let redirect_uri = text("redirect_uri").ok_or_else(|| need("redirect_uri"))?;
    if !app.redirect_uris.contains(&redirect_uri) {
        let why = "The requested redirect uri is malformed or doesn't match client redirect URI.";
        return Err(here(Refusal::oauth(StatusCode::BAD_REQUEST, "invalid_redirect_uri", why)));
    }
    let state = text("state");
    let there = |refusal| Fault::There { redirect_uri: redirect_uri.clone(), state: state.clone(), refusal };
    match text("response_type").as_deref() {
        Some("code") => {}
        None => return Err(there(invalid_request("Missing required parameter: response_type."))),
        Some(_) => {
            let why = "The authorization server does not support this response type.";
            return Err(there(Refusal::oauth(StatusCode::BAD_REQUEST, "unsupported_response_type", why)));
        }
    }
    let scopes = scopes::split(&text("scope").unwrap_or_else(|| "read".to_owned()));
    if scopes.is_empty() || !scopes.iter().all(|scope| scopes::cover(&app.scopes, scope)) {
        return Err(there(invalid_scope()));
    }
    let facts = scene.at().dialect.facts();
    let challenge = challenge(facts.pkce, text("code_challenge"), text("code_challenge_method")).map_err(there)?;
    let client_name = app.name.clone();
    Ok(Request { client_id, client_name, redirect_uri, scopes, state, challenge })
}

/// The PKCE challenge, where the program looks at it.
fn challenge(
    methods: &[&str],
    challenge: Option<String>,
    method: Option<String>,
) -> Result<Option<(String, String)>, Refusal> {
    let Some(challenge) = challenge.filter(|_| !methods.is_empty()) else {
        return Ok(None);
    };
    let method = method.unwrap_or_else(|| "plain".to_owned());
    if !methods.contains(&method.as_str()) {
        return Err(Refusal::oauth(
            StatusCode::BAD_REQUEST,
            "invalid_code_challenge_method",
            &format!("The code_challenge_method must be {}.", methods.join(" or ")),
        ));
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    match (43..=128).contains(&challenge.len()) && challenge.bytes().all(fits) {
        true => Ok(Some((method, challenge))),
        false => Err(invalid_request("The code challenge is malformed.")),
    }
}

fn consent(scene: &Scene<'_>, request: &Request) -> Response {
    let mut options = String::new();
    for resident in scene.at().residents.values() {
        let (username, name) = (escape(&resident.username), escape(resident.name()));
        let _ = write!(options, "<option value=\"{username}\">{name} (@{username})</option>");
    }
    let scopes: String =
        request.scopes.iter().map(|scope| format!("<li><code>{}</code></li>", escape(scope))).collect();
    let body = format!(
        "<p><strong>{}</strong> asks for permission to act for you here. It will be able to:</p><ul>{scopes}</ul>\
         <form method=\"post\" action=\"/oauth/authorize?{}\"><label>Account <select name=\"account\">{options}\
         </select></label><p><button name=\"decision\" value=\"allow\">Allow</button> \
         <button name=\"decision\" value=\"deny\">Deny</button></p></form><p class=\"meta\">Afterwards you are sent \
         to {}</p>",
        escape(&request.client_name),
        escape(&scene.call.query),
        escape(&request.redirect_uri)
    );
    let mut response = pages::page("Authorization required", &body);
    // Browsers apply `form-action` to the redirect that follows, which leads to the client.
    let policy = HeaderValue::from_static(
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    );
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// Tells the person here, or the client at its address, what is wrong.
fn explain(fault: Fault) -> Response {
    let (redirect_uri, state, refusal) = match fault {
        Fault::There { redirect_uri, state, refusal } if redirect_uri != OUT_OF_BAND => (redirect_uri, state, refusal),
        Fault::There { refusal, .. } | Fault::Here(refusal) => {
            let why = refusal.body["error_description"].as_str().unwrap_or_default();
            let code = refusal.body["error"].as_str().unwrap_or_default();
            let body = format!("<p>{}</p><p class=\"meta\"><code>{}</code></p>", escape(why), escape(code));
            let mut response = pages::page("An error has occurred", &body);
            *response.status_mut() = refusal.status;
            return response;
        }
    };
    let text = |member: &str| refusal.body[member].as_str().unwrap_or_default().to_owned();
    let mut answer = vec![("error", text("error")), ("error_description", text("error_description"))];
    answer.extend(state.map(|state| ("state", state)));
    redirect(&redirect_uri, &answer)
}

/// Sends the browser to the client with `answer` in the query.
fn redirect(redirect_uri: &str, answer: &[(&str, String)]) -> Response {
    let Ok(mut url) = Url::parse(redirect_uri) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    url.query_pairs_mut().extend_pairs(answer);
    match HeaderValue::from_str(url.as_str()) {
        Ok(place) => (StatusCode::FOUND, [(header::LOCATION, place)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}
