//! The Pages of a person: `/me/accounts`, portfolios with theirs, and one Page by itself.

use serde_json::{Value, json};

use super::errors::{forbidden, nonexisting};
use super::model::{Business, Page};
use super::{Answer, Scene, linked, tokens, view};
use crate::graph::error::GraphError;
use crate::graph::fields::Fields;
use crate::graph::ids;
use crate::graph::paging::{self, Order, Page as Part};

/// What a list of Pages shows without `fields`.
const USUAL: [&str; 6] = ["access_token", "category", "category_list", "name", "id", "tasks"];

/// The fields of `subscribed_fields` that the facts name (2026-11-23).
const WEBHOOKS: [&str; 3] = ["feed", "videos", "mention"];

/// `GET /me/accounts`: the Pages that the person runs and chose to share, except those that only a portfolio shows.
pub(super) fn accounts(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    tokens::me(scene, &scene.id)?;
    scene.may_read("pages_show_list")?;
    let username = scene.who()?.person.clone();
    let listed = |page: &Page| page.roles.get(&username).is_some_and(|role| role.listed);
    pages(scene, listed)
}

/// `GET /{business}/owned_pages`.
pub(super) fn owned(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let id = portfolio_of(scene)?;
    pages(scene, move |page| page.owner == Some(id))
}

/// `GET /{business}/client_pages`.
pub(super) fn clients(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let id = portfolio_of(scene)?;
    pages(scene, move |page| page.clients.contains(&id))
}

fn portfolio_of(scene: &Scene<'_>) -> Result<u64, GraphError> {
    let found = business(scene, &scene.id).map(|business| business.id);
    let found = found.ok_or_else(|| GraphError::gone(&scene.id))?;
    scene.may_read("business_management")?;
    Ok(found)
}

/// A list of Pages that the caller shares with the app.
fn pages(scene: &mut Scene<'_>, fits: impl Fn(&Page) -> bool) -> Result<Answer, GraphError> {
    let (part, fields) = (Part::read(&scene.params)?, Fields::read(scene.params.text("fields"))?);
    let who = scene.who()?.clone();
    let all = scene.at().pages.values().filter(|page| fits(page) && scene.at().tasks(&who, page).is_some());
    let ids = part.cut(all.map(|page| page.id).collect(), Order::OldestFirst, |id| *id);
    let ends = ids.first().copied().zip(ids.last().copied());
    let rows = ids.into_iter().map(|id| one(scene, id, &fields, &USUAL)).collect::<Result<Vec<_>, _>>()?;
    Ok(Answer::Json(paging::listed(rows, ends)))
}

/// One Page; its token is made when it is asked for.
pub(super) fn one(scene: &mut Scene<'_>, id: u64, fields: &Fields, usual: &[&str]) -> Result<Value, GraphError> {
    let named = fields.0.iter().any(|field| field.name == "access_token");
    let asked = named || fields.is_empty() && usual.contains(&"access_token");
    let token = if asked { Some(scene.page_token(id)?) } else { None };
    let page = scene.at().pages.get(&id).ok_or_else(|| GraphError::gone(&id.to_string()))?;
    let tasks = scene.at().tasks(scene.who()?, page);
    let instagram = linked_account(scene, page, fields)?;
    view::page(&scene.call.base, page, tasks, token, instagram, fields, usual)
}

/// The linked account of Instagram, with what is asked for in braces.
fn linked_account(scene: &Scene<'_>, page: &Page, fields: &Fields) -> Result<Option<Value>, GraphError> {
    let asked = fields.0.iter().find(|field| field.name == "instagram_business_account");
    let id = page.instagram.as_deref();
    id.zip(asked).map(|(id, asked)| linked::described(scene, id, &asked.inner)).transpose()
}

/// A portfolio that the caller is in.
pub(super) fn business<'a>(scene: &'a Scene<'_>, id: &str) -> Option<&'a Business> {
    let who = scene.who().ok().filter(|who| who.page.is_none())?;
    ids::read(id).and_then(|id| scene.at().businesses.get(&id)).filter(|found| found.people.contains(&who.person))
}

/// A portfolio as the API shows it.
pub(super) fn portfolio(business: &Business, fields: &Fields) -> Result<Value, GraphError> {
    if let Some(field) = fields.0.iter().find(|field| !["id", "name"].contains(&field.name.as_str())) {
        return Err(nonexisting(&field.name, "Business"));
    }
    Ok(json!({"id": business.id.to_string(), "name": business.name}))
}

/// `GET /me/businesses`, perhaps with the Pages of each: `fields=id,name,owned_pages{id,name,access_token}`.
pub(super) fn businesses(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    tokens::me(scene, &scene.id)?;
    scene.may_read("business_management")?;
    let (part, fields) = (Part::read(&scene.params)?, Fields::read(scene.params.text("fields"))?);
    let person = scene.who()?.person.clone();
    let hers = scene.at().businesses.values().filter(|business| business.people.contains(&person));
    let all = part.cut(hers.cloned().collect(), Order::OldestFirst, |business: &Business| business.id);
    let ends = all.first().map(|business| business.id).zip(all.last().map(|business| business.id));
    let rows = all.iter().map(|business| with_pages(scene, business, &fields)).collect::<Result<Vec<_>, _>>()?;
    Ok(Answer::Json(paging::listed(rows, ends)))
}

fn with_pages(scene: &mut Scene<'_>, business: &Business, fields: &Fields) -> Result<Value, GraphError> {
    let mut shown = json!({"id": business.id.to_string(), "name": business.name});
    for field in &fields.0 {
        match field.name.as_str() {
            "id" | "name" => {}
            "owned_pages" => {
                shown["owned_pages"] = expanded(scene, &field.inner, |page| page.owner == Some(business.id))?;
            }
            "client_pages" => {
                shown["client_pages"] = expanded(scene, &field.inner, |page| page.clients.contains(&business.id))?;
            }
            other => return Err(nonexisting(other, "Business")),
        }
    }
    Ok(shown)
}

/// The Pages of a portfolio inside its own row: id and name, or what is asked for in braces.
fn expanded(scene: &mut Scene<'_>, inner: &Fields, fits: impl Fn(&Page) -> bool) -> Result<Value, GraphError> {
    let who = scene.who()?.clone();
    let all = scene.at().pages.values().filter(|page| fits(page) && scene.at().tasks(&who, page).is_some());
    let ids: Vec<_> = all.map(|page| page.id).collect();
    let rows = ids.into_iter().map(|id| one(scene, id, inner, &["name", "id"]));
    Ok(json!({"data": rows.collect::<Result<Vec<_>, _>>()?}))
}

/// The Page that a call about webhooks is for.
fn hooked(scene: &Scene<'_>) -> Result<u64, GraphError> {
    let page = scene.reads(&scene.id)?.id;
    let who = scene.who()?;
    match who.page == Some(page) && scene.at().granted(who, "pages_manage_metadata") {
        true => Ok(page),
        false => Err(forbidden("It needs a token of this Page with pages_manage_metadata")),
    }
}

/// `POST /{page}/subscribed_apps`.
pub(super) fn subscribe(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let (page, app_id) = (hooked(scene)?, scene.who()?.app_id.clone());
    let given = scene.params.required("subscribed_fields")?;
    let names: Vec<_> = given.split(',').map(|name| name.trim().to_owned()).collect();
    if let Some(unknown) = names.iter().find(|name| !WEBHOOKS.contains(&name.as_str())) {
        return Err(GraphError::param("subscribed_fields", &format!("has {unknown}, which is not simulated")));
    }
    if let Some(page) = scene.at_mut().pages.get_mut(&page) {
        page.subscribed.insert(app_id, names);
    }
    Ok(Answer::Json(json!({"success": true})))
}

/// `GET /{page}/subscribed_apps`.
pub(super) fn subscribed(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let page = hooked(scene)?;
    let apps = scene.at().pages.get(&page).map(|page| &page.subscribed);
    let rows = apps.into_iter().flatten().map(|(id, fields)| json!({"id": id, "subscribed_fields": fields}));
    Ok(Answer::Json(paging::listed(rows.collect(), None)))
}

/// `DELETE /{page}/subscribed_apps`.
pub(super) fn unsubscribe(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let (page, app_id) = (hooked(scene)?, scene.who()?.app_id.clone());
    if let Some(page) = scene.at_mut().pages.get_mut(&page) {
        page.subscribed.remove(&app_id);
    }
    Ok(Answer::Json(json!({"success": true})))
}
