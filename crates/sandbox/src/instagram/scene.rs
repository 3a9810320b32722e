//! What a handler sees of a call and of the network.

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

use super::door::{Door, Login};
use super::model::{Account, Network, Post};
use crate::Core;
use crate::gate::Call;
use crate::graph::error::GraphError;
use crate::graph::ids;
use crate::graph::params::Params;
use crate::graph::pull::{NotPulled, Pulled};
use crate::state::State;

/// What a handler answers.
pub(crate) enum Answer {
    Json(Value),
    /// A whole answer of another kind: a page, a redirect, a file.
    Whole(Response),
}

/// A method that handles its call.
pub(super) type Handler = fn(&mut Scene<'_>) -> Result<Answer, GraphError>;

/// What a call wants to have fetched.
pub(crate) struct Order {
    pub(crate) address: String,
    pub(crate) limit: u64,
}

/// What came of the fetching, in the order of the orders.
pub(crate) type Fetched = Vec<Result<Pulled, NotPulled>>;

/// Everything a handler may use.
pub(super) struct Scene<'a> {
    pub(super) core: &'a Core,
    pub(super) state: &'a mut State,
    pub(super) call: &'a Call,
    pub(super) now: Timestamp,
    pub(super) params: Params,
    /// Who asks, where the call wants somebody.
    pub(super) door: Option<Door>,
    /// The variable part of the path.
    pub(super) id: String,
    pub(super) pulled: Fetched,
}

impl Scene<'_> {
    pub(super) fn at(&self) -> &Network {
        &self.state.instagram
    }

    pub(super) fn at_mut(&mut self) -> &mut Network {
        self.state.dirty = true;
        &mut self.state.instagram
    }

    /// Who asks.
    pub(super) fn door(&self) -> Result<&Door, GraphError> {
        self.door.as_ref().ok_or_else(|| GraphError::token("An access token is required to request this resource."))
    }

    pub(super) fn login(&self) -> Result<Login, GraphError> {
        self.door().map(|door| door.login)
    }

    /// The account that the path names, if the token reaches it: by its id, and with Instagram Login as `me` or by
    /// the id for the app. Any other is refused as if it were not there; the code for that is not confirmed.
    pub(super) fn account(&self) -> Result<&Account, GraphError> {
        let door = self.door()?;
        let reached = door.accounts.iter().filter_map(|name| self.at().accounts.get(name));
        let mut named = reached.filter(|account| self.names(door, account));
        named.next().ok_or_else(|| GraphError::gone(&self.id))
    }

    fn names(&self, door: &Door, account: &Account) -> bool {
        let number = ids::read(&self.id);
        let scoped = || self.at().settings.scoped_ids && number == Some(account.scoped_id(&door.app_id));
        number == Some(account.id) || door.login == Login::Instagram && (self.id == "me" || scoped())
    }

    /// The post that the path names, if its account is reached.
    pub(super) fn post(&self) -> Result<&Post, GraphError> {
        let door = self.door()?;
        let post = ids::read(&self.id).and_then(|id| self.at().post(id, self.now));
        post.filter(|post| door.reaches(&post.owner)).ok_or_else(|| GraphError::gone(&self.id))
    }

    /// An unguessable text of 43 characters.
    pub(super) fn secret(&mut self) -> String {
        URL_SAFE_NO_PAD.encode(self.state.draw(self.core.seed))
    }

    /// One side of a coin.
    pub(super) fn coin(&mut self) -> bool {
        self.state.draw(self.core.seed)[0] & 1 == 1
    }

    /// The moment that lists show: now, or earlier under a fault that makes them lag.
    pub(super) fn as_of(&self) -> Timestamp {
        self.now.checked_sub(self.call.lag).unwrap_or(self.now)
    }

    /// The access token of the call, from where Meta takes it: a parameter or a header.
    pub(super) fn token(&self) -> Result<&str, GraphError> {
        let (given, header) = (self.params.text("access_token"), self.call.bearer());
        if given.zip(header).is_some_and(|(given, header)| given != header) {
            return Err(GraphError::param("access_token", "differs from the one in the header"));
        }
        let missing = || GraphError::token("An access token is required to request this resource.");
        given.or(header).ok_or_else(missing)
    }
}
