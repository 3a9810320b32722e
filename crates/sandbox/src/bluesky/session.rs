//! Log-in with an app password, and the life of its tokens.

use serde_json::{Value, json};

use super::errors::Refusal;
use super::token::{self, Claims, Scope};
use super::{SERVER_DID, Scene, cid, read};
use crate::state::Session;

/// `com.atproto.server.createSession`.
///
/// App passwords need no second factor, so `authFactorToken` is taken and ignored,
/// as on the real server. Its answer to a wrong name and a wrong password is one.
pub(super) fn create(scene: &mut Scene<'_>) -> Result<Value, Refusal> {
    let wrong = || Refusal::auth_required("Invalid identifier or password");
    let account = scene.state.actor(scene.text("identifier")).ok_or_else(wrong)?;
    // Plain comparison: these passwords open nothing outside the simulation.
    if account.password.as_deref() != Some(scene.text("password")) {
        return Err(wrong());
    }
    let did = account.did.clone();
    let id = random_text(scene);
    drop_finished(scene, &did);
    issue(scene, &did, &id)
}

/// `com.atproto.server.refreshSession`: the access token is new. The first use of
/// a refresh token makes its successor; another use within the grace leads to the
/// same successor, so that an answer that was lost does not end the session.
pub(super) fn refresh(scene: &mut Scene<'_>) -> Result<Value, Refusal> {
    let did = scene.did()?.to_owned();
    let (id, jti) = match &scene.claims {
        Some(claims) => (claims.session().to_owned(), claims.jti.clone()),
        None => return Err(Refusal::auth_missing()),
    };
    let now = scene.core.now();
    let account = scene.state.actor_mut(&did).ok_or_else(Refusal::revoked)?;
    let session = account.sessions.get_mut(&id).ok_or_else(Refusal::revoked)?;
    if session.refresh.as_deref() == Some(&jti) {
        session.used.insert(jti, now);
        return issue(scene, &did, &id);
    }
    let newest = session.refresh.clone();
    let mut answer = describe(scene, &did)?;
    answer["accessJwt"] = mint(scene, &did, &id, Scope::Access).0.into();
    answer["refreshJwt"] = sign(scene, &did, Scope::Refresh, newest.unwrap_or_default()).into();
    Ok(answer)
}

/// `com.atproto.server.deleteSession`.
///
/// Ends the refresh token. Access tokens are not looked up on the real server,
/// so one that is out works until its two hours are over; so it is here.
pub(super) fn delete(scene: &mut Scene<'_>) -> Result<Value, Refusal> {
    let did = scene.did()?.to_owned();
    let id = session_id(scene)?;
    let account = scene.state.actor_mut(&did).ok_or_else(Refusal::revoked)?;
    if let Some(session) = account.sessions.get_mut(&id) {
        session.refresh = None;
    }
    Ok(Value::Null)
}

/// `com.atproto.server.getSession`.
pub(super) fn get(scene: &mut Scene<'_>) -> Result<Value, Refusal> {
    describe(scene, scene.did()?)
}

fn session_id(scene: &Scene<'_>) -> Result<String, Refusal> {
    let claims = scene.claims.as_ref().ok_or_else(Refusal::auth_missing)?;
    Ok(claims.session().to_owned())
}

/// Writes a pair of tokens and makes the refresh token the session's only one.
fn issue(scene: &mut Scene<'_>, did: &str, id: &str) -> Result<Value, Refusal> {
    let mut answer = describe(scene, did)?;
    let (access, _) = mint(scene, did, id, Scope::Access);
    let (refresh, jti) = mint(scene, did, id, Scope::Refresh);
    let touched = scene.core.now();
    let account = scene.state.actor_mut(did).ok_or_else(Refusal::revoked)?;
    let used = account.sessions.remove(id).map(|session| session.used).unwrap_or_default();
    account.sessions.insert(id.to_owned(), Session { touched, refresh: Some(jti), used });
    answer["accessJwt"] = access.into();
    answer["refreshJwt"] = refresh.into();
    Ok(answer)
}

/// A signed token and its `jti`.
fn mint(scene: &mut Scene<'_>, did: &str, id: &str, scope: Scope) -> (String, String) {
    let jti = format!("{id}.{}", random_text(scene));
    (sign(scene, did, scope, jti.clone()), jti)
}

fn sign(scene: &Scene<'_>, did: &str, scope: Scope, jti: String) -> String {
    let now = scene.core.now().as_second();
    let claims =
        Claims { scope, sub: did.to_owned(), aud: SERVER_DID.to_owned(), iat: now, exp: now + scope.lifetime(), jti };
    token::sign(scene.core.seed, &claims)
}

fn random_text(scene: &mut Scene<'_>) -> String {
    cid::base32(&scene.state.draw(scene.core.seed)[..15])
}

/// Forgets sessions of which no token can be valid any more.
fn drop_finished(scene: &mut Scene<'_>, did: &str) {
    let now = scene.core.now().as_second();
    if let Some(account) = scene.state.actor_mut(did) {
        account.sessions.retain(|_, session| {
            let scope = match session.refresh {
                Some(_) => Scope::Refresh,
                None => Scope::Access,
            };
            now < session.touched.as_second() + scope.lifetime()
        });
    }
}

/// The account as session answers describe it.
fn describe(scene: &Scene<'_>, did: &str) -> Result<Value, Refusal> {
    let account = scene.state.actor(did).ok_or_else(Refusal::revoked)?;
    Ok(json!({
        "did": account.did,
        "handle": account.handle,
        "didDoc": read::did_document(account, &scene.call.base),
        "active": true,
    }))
}
