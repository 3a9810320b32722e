//! What the controls of Meta's networks share: registering apps, and the callbacks of a removed one.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::Core;
use crate::graph::apps::{App, Apps};
use crate::graph::signed;
use crate::state::digest;

/// An app as a caller describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApp {
    /// A number; a new one is made up without it. That of a known app changes that app.
    pub(crate) id: Option<String>,
    /// 32 hexadecimal digits; made up, or kept, without it.
    secret: Option<String>,
    name: Option<String>,
    /// The exact addresses a consent may lead to; kept without it.
    redirect_uris: Option<Vec<String>>,
    deauthorize_url: Option<String>,
    data_deletion_url: Option<String>,
}

/// Adds an app under this id, or changes the one that has it; the app, and whether it is new.
pub(crate) fn registered(core: &Core, apps: &mut Apps, id: String, new: NewApp) -> Result<(App, bool), &'static str> {
    let old = apps.get(&id).cloned();
    let made_up = || crate::intake::hex(&digest(&[b"app", &core.seed.to_be_bytes(), id.as_bytes()])[..16]);
    let known = |pick: fn(&App) -> String| old.as_ref().map(pick);
    let app = App {
        secret: new.secret.or_else(|| known(|app| app.secret.clone())).unwrap_or_else(made_up),
        name: new.name.or_else(|| known(|app| app.name.clone())).unwrap_or_else(|| format!("App {id}")),
        redirect_uris: new.redirect_uris.or(old.as_ref().map(|app| app.redirect_uris.clone())).unwrap_or_default(),
        deauthorize_url: new.deauthorize_url.or(old.as_ref().and_then(|app| app.deauthorize_url.clone())),
        data_deletion_url: new.data_deletion_url.or(old.as_ref().and_then(|app| app.data_deletion_url.clone())),
        id,
    };
    if app.id.is_empty() || !app.id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("id must be digits");
    }
    if app.secret.len() != 32 || !app.secret.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("secret must be 32 hexadecimal digits");
    }
    Ok((app.clone(), apps.put(app)))
}

/// A person who takes back what an app was given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removal {
    /// Only this app; without it all of them.
    pub(crate) app_id: Option<String>,
    /// Whether the person also asks for what is stored to be deleted.
    #[serde(default)]
    pub(crate) delete_data: bool,
}

/// The callbacks that Meta would send about a removed app, for the caller to send in its place:
/// `signed_request` is a form field.
pub(crate) fn callbacks(core: &Core, app: &App, user_id: &str, delete_data: bool) -> Vec<Value> {
    let urls = [
        ("deauthorize", app.deauthorize_url.as_deref()),
        ("data_deletion", app.data_deletion_url.as_deref().filter(|_| delete_data)),
    ];
    let callback = |(kind, url): (&str, Option<&str>)| {
        let request = signed::about(&app.secret, user_id, core.now());
        url.map(|url| json!({"kind": kind, "app_id": app.id, "url": url, "signed_request": request}))
    };
    urls.into_iter().filter_map(callback).collect()
}

/// Lets a consent to an app lead to an address, beside those it may lead to already; whether the app is known.
pub(crate) fn allow_redirect(apps: &mut Apps, app_id: &str, address: &str) -> bool {
    let Some(app) = apps.get(app_id) else { return false };
    let mut app = app.clone();
    if !app.redirect_uris.iter().any(|known| known == address) {
        app.redirect_uris.push(address.to_owned());
        apps.put(app);
    }
    true
}
