//! `/api/v1/accounts`: who the token belongs to, and who somebody is.

use serde_json::json;

use super::{Answer, Scene, Stop, Wrong};

/// `GET /api/v1/accounts/verify_credentials`.
pub(super) fn verify(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    Ok(Answer::json(scene.view().own_account(scene.resident()?)))
}

/// `GET /oauth/userinfo`: the same person in the words of OpenID Connect, where the program has that.
pub(super) fn userinfo(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    if !scene.at().dialect.facts().metadata {
        return Err(Wrong::NoRoute.into());
    }
    let resident = scene.resident()?;
    let base = &scene.call.base;
    Ok(Answer::json(json!({
        "iss": format!("{base}/"),
        "sub": format!("{base}/users/{}", resident.username),
        "name": resident.name(),
        "preferred_username": resident.username,
        "profile": scene.view().profile(&resident.username),
        "picture": format!("{base}/avatars/original/missing.png"),
    })))
}

/// `GET /api/v1/accounts/lookup`.
pub(super) fn lookup(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&["acct"])?;
    let name = scene.params.required("acct").map_err(|_| Wrong::NotFound)?;
    let name = name.trim_start_matches('@').split('@').next().unwrap_or_default().to_lowercase();
    let resident = scene.at().residents.get(&name).ok_or(Wrong::NotFound)?;
    Ok(Answer::json(scene.view().account(resident)))
}

/// `GET /api/v1/accounts/:id`.
pub(super) fn show(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    let resident = scene.at().resident(&scene.id).ok_or(Wrong::NotFound)?;
    Ok(Answer::json(scene.view().account(resident)))
}
