//! The API below a version, the same for both log-ins: which paths are answered, with what
//! rights and which parameters.
//!
//! A host reads the token, makes the [`Door`] and asks [`orders`] what has to be fetched, then
//! [`run`]. Names: specifications of v25.0 (2026-04-15), changes of v26.0 in the facts of
//! 2026-11-23.

use super::door::{BOTH, Door, FACEBOOK, Right};
use super::scene::{Answer, Fetched, Handler, Order, Scene};
use super::{comments, containers, listing, nodes, publish, quota, view};
use crate::Core;
use crate::gate::Call;
use crate::gate::template::capture;
use crate::graph::error::GraphError;
use crate::graph::params::Params;
use crate::state::State;

/// One row of the table.
pub(super) struct Row {
    verb: &'static str,
    /// `:id` stands for one step of the path.
    path: &'static str,
    right: Right,
    /// The log-ins that have it.
    logins: u8,
    /// The documented parameters, without those that every call has.
    params: &'static [&'static str],
    /// What has to be fetched for it.
    fetches: Option<fn(&Scene<'_>) -> Vec<Order>>,
    run: Handler,
}

const fn row(
    verb: &'static str,
    path: &'static str,
    right: Right,
    params: &'static [&'static str],
    run: Handler,
) -> Row {
    Row { verb, path, right, logins: BOTH, params, fetches: None, run }
}

const fn facebook(row: Row) -> Row {
    Row { logins: FACEBOOK, ..row }
}

/// The parameters of every call. What `fields` asks of something that is made is looked at after it was made.
const COMMON: &[&str] = &["fields", "access_token", "appsecret_proof"];

use Right::{Comment, Publish, Read};

static ROWS: &[Row] = &[
    row("GET", "/:id", Read, &[], nodes::show),
    row("POST", "/:id", Comment, &["comment_enabled", "hide"], comments::change),
    facebook(row("DELETE", "/:id", Read, &[], nodes::delete)),
    Row {
        fetches: Some(containers::orders),
        ..row("POST", "/:id/media", Publish, &containers::FIELDS, containers::create)
    },
    row("GET", "/:id/media", Read, &listing::FIELDS, listing::media),
    row("GET", "/:id/stories", Read, &listing::PAGE, listing::stories),
    row("POST", "/:id/media_publish", Publish, &["creation_id"], publish::publish),
    row("GET", "/:id/content_publishing_limit", Read, &["since"], quota::show),
    row("GET", "/:id/children", Read, &listing::PAGE, listing::children),
    row("GET", "/:id/comments", Comment, &listing::PAGE, comments::list),
    row("POST", "/:id/comments", Comment, &["message"], comments::create),
    facebook(row("GET", "/:id/replies", Comment, &listing::PAGE, comments::replies)),
    facebook(row("POST", "/:id/replies", Comment, &["message"], comments::reply)),
    facebook(row("GET", "/:id/collaborators", Read, &listing::PAGE, listing::collaborators)),
    facebook(row("GET", "/:id/product_tags", Read, &listing::PAGE, listing::product_tags)),
];

/// The row for a path below a version, and the variable part of it. A call that the other log-in has, or another
/// verb of a known path, is refused as one that the object does not support.
fn find(door: &Door, verb: &str, below: &str) -> Result<(&'static Row, String), GraphError> {
    // A slash at the end changes nothing.
    let below = if below.len() > 1 { below.trim_end_matches('/') } else { below };
    let fits: Vec<_> = ROWS.iter().filter_map(|row| capture(row.path, below).map(|id| (row, id))).collect();
    let here = |(row, _): &&(&Row, String)| row.verb == verb && row.logins & door.login.bit() != 0;
    match fits.iter().find(here) {
        Some((row, id)) => Ok((row, id.clone())),
        None => Err(fits.first().map_or_else(|| GraphError::no_path(below), |(_, id)| GraphError::gone(id))),
    }
}

/// What a call wants to have fetched; a call that is refused anyway wants nothing.
pub(crate) fn orders(core: &Core, state: &mut State, call: &Call, below: &str, door: &Door) -> Vec<Order> {
    let opened = open(core, state, call, below, door, Fetched::new());
    let orders = opened.ok().and_then(|(row, scene)| Some(row.fetches?(&scene)));
    orders.unwrap_or_default()
}

/// Answers a call, with what was fetched for it.
pub(crate) fn run(
    core: &Core,
    state: &mut State,
    call: &Call,
    below: &str,
    door: &Door,
    pulled: Fetched,
) -> Result<Answer, GraphError> {
    let (row, mut scene) = open(core, state, call, below, door, pulled)?;
    match ((row.run)(&mut scene)?, row.verb) {
        (Answer::Json(made), "POST") => view::made(&scene, made).map(Answer::Json),
        (answer, _) => Ok(answer),
    }
}

fn open<'a>(
    core: &'a Core,
    state: &'a mut State,
    call: &'a Call,
    below: &str,
    door: &Door,
    pulled: Fetched,
) -> Result<(&'static Row, Scene<'a>), GraphError> {
    let (row, id) = find(door, call.method.as_str(), below)?;
    let params = Params::read(call)?;
    door.may(row.right)?;
    params.only(&[row.params, COMMON])?;
    let (now, door) = (core.now(), Some(door.clone()));
    let scene = Scene { core, state, call, now, params, door, id, pulled };
    if row.right == Publish || row.verb == "DELETE" {
        writable(&scene)?;
    }
    Ok((row, scene))
}

/// Whether the caller may publish as the account of a path. Which code the lack of a task has is not confirmed.
fn writable(scene: &Scene<'_>) -> Result<(), GraphError> {
    let door = scene.door()?;
    let owner = scene.account().map(|account| &account.username).or_else(|_| scene.post().map(|post| &post.owner));
    match owner.is_ok_and(|owner| !door.writable.contains(owner)) {
        true => Err(GraphError::permission("the person does not have the task CREATE_CONTENT on its Page")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::door::Login;
    use super::*;

    #[test]
    fn no_two_rows_are_the_same() {
        for (number, row) in ROWS.iter().enumerate() {
            let twin = |other: &&Row| other.path == row.path && other.verb == row.verb;
            assert_eq!(ROWS.iter().skip(number + 1).filter(twin).count(), 0, "{}", row.path);
        }
    }

    #[test]
    fn a_log_in_has_its_own_rows() {
        let door = |login| Door {
            login,
            app_id: String::new(),
            accounts: Vec::new(),
            writable: Vec::new(),
            scopes: Vec::new(),
            version: 26,
            page: false,
        };
        let code = |login, verb, path| find(&door(login), verb, path).err().map(|error| error.code);
        assert_eq!(code(Login::Facebook, "DELETE", "/7"), None);
        assert_eq!(code(Login::Instagram, "DELETE", "/7"), Some(100));
        assert_eq!(code(Login::Instagram, "PUT", "/7/media"), Some(100));
        assert_eq!(code(Login::Instagram, "POST", "/7/mediapublish"), Some(2500));
        assert_eq!(code(Login::Instagram, "GET", "/7/media/"), None);
    }
}
