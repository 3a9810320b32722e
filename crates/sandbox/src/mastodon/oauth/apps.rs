//! `/api/v1/apps`: a client registers itself.

use serde_json::{Value, json};
use url::Url;

use super::OUT_OF_BAND;
use crate::mastodon::model::App;
use crate::mastodon::{Answer, Scene, Stop, Wrong, scopes};

/// How long a client's name may be.
const NAME_LIMIT: usize = 60;

/// `POST /api/v1/apps`.
pub(crate) fn register(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    let app = wanted(scene)?;
    let body = described(scene, &app, true);
    scene.at_mut().apps.insert(app.client_id.clone(), app);
    Ok(Answer::json(body))
}

fn wanted(scene: &mut Scene<'_>) -> Result<App, Stop> {
    scene.params.only(&["client_name", "redirect_uris", "scopes", "website"])?;
    let name = scene.params.required("client_name")?.to_owned();
    if name.chars().count() > NAME_LIMIT {
        return Err(invalid("client_name", "is too long (maximum is 60 characters)").into());
    }
    let redirect_uris = redirects(scene)?;
    let wanted = scopes::split(scene.params.text("scopes")?.unwrap_or("read"));
    let facts = scene.at().dialect.facts();
    if wanted.is_empty() || !wanted.iter().all(|scope| scopes::known(facts, scope)) {
        return Err(invalid("scopes", "doesn't match configured on the server.").into());
    }
    let website = scene.params.text("website")?.filter(|text| !text.is_empty()).map(str::to_owned);
    if website.as_deref().is_some_and(|text| !web(text)) {
        return Err(invalid("website", "must be a valid URL").into());
    }
    let now = scene.now;
    let key = scene.at_mut().next_key(now);
    let (client_id, client_secret) = (scene.secret(), scene.secret());
    Ok(App { key, client_id, client_secret, name, website, redirect_uris, scopes: wanted })
}

/// One address, several in lines, or a list.
fn redirects(scene: &Scene<'_>) -> Result<Vec<String>, Wrong> {
    let uris = match scene.params.list("redirect_uris") {
        Ok(Some(list)) => list,
        _ => scopes::split(scene.params.required("redirect_uris")?),
    };
    match uris.iter().all(|uri| absolute(uri)) && !uris.is_empty() {
        true => Ok(uris),
        false => Err(invalid("redirect_uris", "must be an absolute URI.")),
    }
}

/// A redirect address: any scheme but those that run something, and no fragment.
fn absolute(uri: &str) -> bool {
    let fit = |url: Url| !["javascript", "data", "vbscript"].contains(&url.scheme()) && url.fragment().is_none();
    uri == OUT_OF_BAND || Url::parse(uri).is_ok_and(fit)
}

fn web(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| ["http", "https"].contains(&url.scheme()))
}

fn invalid(field: &'static str, why: &str) -> Wrong {
    Wrong::Invalid { field, why: why.to_owned() }
}

/// `GET /api/v1/apps/verify_credentials`.
pub(crate) fn verify(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    let who = scene.who.as_ref().ok_or(Wrong::Token)?;
    let app = scene.at().apps.get(&who.client_id).ok_or(Wrong::Token)?;
    Ok(Answer::json(described(scene, app, false)))
}

/// The application as JSON; its secret only to itself, and only once.
fn described(scene: &Scene<'_>, app: &App, secret: bool) -> Value {
    let mut body = json!({
        "id": scene.at().id(app.key),
        "name": app.name,
        "website": app.website,
        "scopes": app.scopes,
        "redirect_uris": app.redirect_uris,
        "redirect_uri": app.redirect_uris.join("\n"),
        "vapid_key": "",
    });
    if secret {
        body["client_id"] = app.client_id.clone().into();
        body["client_secret"] = app.client_secret.clone().into();
        body["client_secret_expires_at"] = 0.into();
    }
    body
}
