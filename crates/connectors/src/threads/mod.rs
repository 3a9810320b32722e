//! Threads.
//!
//! What is odd about it:
//!
//! - **Everything goes through a container**, texts too: it is made, processed, and then published by its id. Until then
//!   nobody sees anything, so containers may be made again freely; publishing is the only step that shows something.
//! - **A finished container may not be found for some seconds** (24/4279009). The same one is published again, and only
//!   when that does not help another is made, at most three times, and after asking whether the first was published.
//! - **The container is what an unknown outcome is settled by.** It does not tell the id of its post, which is then
//!   looked for in the account's own list.
//! - **Files are fetched by Threads** from an address that this instance gives out.
//! - **An emoji counts as its bytes**, and there may be five different links.
//! - Tokens live for an hour, are exchanged for one of 60 days, and renew themselves.
//!
//! Manual: <https://developers.facebook.com/docs/threads>.

mod auth;
mod containers;
mod descriptor;
mod errors;
mod limits;
mod listing;
mod publish;
mod settings;
mod state;
mod wire;

use async_trait::async_trait;
use postrider_connector::auth::Auth;
use postrider_connector::check::by_rules;
use postrider_connector::{
    Account, Change, Connector, ConnectorError, Cx, Descriptor, Effect, Limits, Lookup, MachineState, Outcome,
    PartInput, PlanCx, Receipt, Subject,
};
use postrider_domain::Issue;

pub use descriptor::DESCRIPTOR;

use crate::meta::Api;

/// The connector.
#[derive(Debug, Clone)]
pub struct Threads {
    api: Api,
}

impl Default for Threads {
    fn default() -> Self {
        Self { api: Api::shipped(descriptor::ORIGIN, descriptor::VERSION) }
    }
}

impl Threads {
    /// The connector for an API elsewhere, such as `https://graph.threads.net/v1.1`.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn at(address: &str) -> Result<Self, String> {
        Ok(Self { api: Self::default().api.moved(address)? })
    }
}

#[async_trait]
impl Connector for Threads {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn auth(&self) -> Auth<'_> {
        Auth::OAuth(self)
    }

    fn check(&self, subject: &Subject<'_>) -> Vec<Issue> {
        let mut issues = by_rules(&DESCRIPTOR, &Limits::of(&DESCRIPTOR), subject);
        issues.extend(settings::check(subject));
        issues
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

    fn renew(
        &self,
        plan: &mut PlanCx<'_>,
        part: &PartInput,
        state: MachineState,
    ) -> Result<MachineState, ConnectorError> {
        publish::renew(plan, part, &state)
    }

    fn published(&self, state: &MachineState) -> Option<Receipt> {
        publish::published(state)
    }

    fn effect(&self, _: &Account, part: &PartInput, state: &MachineState) -> Result<Effect, ConnectorError> {
        publish::effect(&self.api, part, state)
    }

    async fn step(
        &self,
        cx: &Cx<'_>,
        _account: &Account,
        part: &PartInput,
        state: &MachineState,
    ) -> Result<Outcome, ConnectorError> {
        publish::step(cx, &self.api, part, state).await
    }

    async fn reconcile(
        &self,
        cx: &Cx<'_>,
        _account: &Account,
        part: &PartInput,
        state: &MachineState,
    ) -> Result<Lookup, ConnectorError> {
        publish::reconcile(cx, &self.api, part, state).await
    }

    fn receipt_from_link(&self, account: &Account, link: &str) -> Option<Receipt> {
        wire::receipt_from_link(account, link)
    }
}
