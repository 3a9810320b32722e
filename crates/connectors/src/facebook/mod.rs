//! Facebook Pages.
//!
//! What is odd about it:
//!
//! - **Pictures are uploaded first, unpublished**, also a single one: their ids are what an unknown outcome of the post is
//!   settled by. Files are sent as bytes, so the instance needs no public address.
//! - **A video has its id before it is published**, and *finish* is the step that shows it. Accepted is not published: the
//!   video is asked about until its publishing phase is complete. Where nobody answers, it is looked up and never failed.
//! - **An upright video of up to 90 seconds is a reel**, whatever it was meant to be: through the edge for videos it was
//!   seen to stay a draft. Reels are in no list of posts.
//! - **What follows the first part is a comment.**
//! - **Each Page has a token of its own**, which does not expire; the person's is not kept. A Page token at times may not
//!   read what it wrote (100/33), so *unreadable* is never *absent*.
//! - **The same text twice in a row is refused** (506), which may be our own.
//!
//! Manual: <https://developers.facebook.com/docs/pages-api>.

mod auth;
mod descriptor;
mod errors;
mod limits;
mod listing;
mod photo;
mod publish;
mod settings;
mod state;
#[cfg(test)]
mod tests;
mod video;
mod wire;

use async_trait::async_trait;
use postrider_connector::auth::Auth;
use postrider_connector::{
    Account, Change, Connector, ConnectorError, Cx, Descriptor, Effect, Lookup, MachineState, Outcome, PartInput,
    PlanCx, Receipt, Subject,
};
use postrider_domain::Issue;
use postrider_domain::content::Variant;

pub use descriptor::DESCRIPTOR;
use postrider_connector::descriptor::MediaRules;

use crate::meta::Api;
use crate::meta_pages as pages;

/// The connector.
#[derive(Debug, Clone)]
pub struct Facebook {
    api: Api,
}

impl Default for Facebook {
    fn default() -> Self {
        Self { api: Api::shipped(pages::ORIGIN, pages::VERSION) }
    }
}

impl Facebook {
    /// The connector for an API elsewhere, such as `https://graph.facebook.com/v27.0`.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn at(address: &str) -> Result<Self, String> {
        Ok(Self { api: Self::default().api.moved(address)? })
    }
}

#[async_trait]
impl Connector for Facebook {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn auth(&self) -> Auth<'_> {
        Auth::OAuth(self)
    }

    fn file_rules(&self, _: &Account, variant: &Variant, part: usize) -> Option<MediaRules> {
        settings::rules(variant, part)
    }

    fn check(&self, subject: &Subject<'_>) -> Vec<Issue> {
        settings::check(subject)
    }

    fn begin(&self, plan: &mut PlanCx<'_>, _: &Account, part: &PartInput) -> Result<MachineState, ConnectorError> {
        publish::begin(plan, part)
    }

    fn sent_again(&self, state: MachineState) -> Option<MachineState> {
        // What is only asked about any more would never be sent.
        (!publish::is_only_asked(&state)).then_some(state)
    }

    fn begin_change(
        &self,
        _plan: &mut PlanCx<'_>,
        _account: &Account,
        receipt: &Receipt,
        change: &Change,
    ) -> Option<Result<MachineState, ConnectorError>> {
        publish::begin_change(receipt, change)
    }

    fn brings_file(&self, state: &MachineState) -> bool {
        publish::is_unseen(state)
    }

    fn published(&self, state: &MachineState) -> Option<Receipt> {
        publish::published(state)
    }

    fn effect(&self, account: &Account, part: &PartInput, state: &MachineState) -> Result<Effect, ConnectorError> {
        publish::effect(&publish::On { api: &self.api, page: &account.remote_id, part }, state)
    }

    async fn step(
        &self,
        cx: &Cx<'_>,
        account: &Account,
        part: &PartInput,
        state: &MachineState,
    ) -> Result<Outcome, ConnectorError> {
        publish::step(cx, &publish::On { api: &self.api, page: &account.remote_id, part }, state).await
    }

    async fn reconcile(
        &self,
        cx: &Cx<'_>,
        account: &Account,
        part: &PartInput,
        state: &MachineState,
    ) -> Result<Lookup, ConnectorError> {
        publish::reconcile(cx, &publish::On { api: &self.api, page: &account.remote_id, part }, state).await
    }

    fn receipt_from_link(&self, account: &Account, link: &str) -> Option<Receipt> {
        wire::receipt_from_link(&account.remote_id, link)
    }
}
