//! Mastodon, and servers that speak its API: Pixelfed, GoToSocial, Friendica, Takahē, Pleroma and others.
//!
//! What is odd about it:
//!
//! - **Every server is its own platform.** It registers us as an app, and its own answer (`/api/v2/instance`) says how
//!   long a text may be and which files it takes. What it said is kept with the account and never hard-coded.
//! - **A dialect is a set of recorded capabilities**, read from the server and its NodeInfo, not a name that code asks for.
//! - **`Idempotency-Key` is honoured for an hour, by servers that know it.** Within it the same request again gives the
//!   status that was made; afterwards, and on servers that are not known to honour keys, a post is made once, and an
//!   unknown outcome is settled by asking: an uploaded file that is not free any more is attached to a status, and the
//!   account's own list names it (`listing`).
//! - **Files are processed in the background** and must be asked after; the server may still refuse to attach one for a
//!   moment after it said that it is ready.
//! - **Links count 23 characters, a mention only its local part**, and a content warning counts with the text.
//!
//! Manual: <https://docs.joinmastodon.org/api/>. Facts here are from mastodon/documentation 2903485 (2026-07-02) and the
//! OpenAPI document 4.7.0 generated from it.

mod auth;
mod descriptor;
mod dialect;
mod errors;
mod html;
mod instance;
mod listing;
mod media;
mod publish;
mod settings;
mod wire;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use postrider_connector::auth::Auth;
use postrider_connector::check::by_rules;
use postrider_connector::error::{Failure, Scope, Until};
use postrider_connector::machine::RateHint;
use postrider_connector::{
    Account, Change, Connector, ConnectorError, Cx, Descriptor, Effect, Limits, Lookup, MachineState, Outcome,
    PartInput, PlanCx, Receipt, Response, Subject,
};
use postrider_domain::Issue;
use postrider_domain::content::Variant;
use postrider_domain::text::{Unit, measure};
use serde_json::Value;

pub use descriptor::DESCRIPTOR;

/// The connector.
#[derive(Debug, Clone, Copy)]
pub struct Mastodon;

#[async_trait]
impl Connector for Mastodon {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn auth(&self) -> Auth<'_> {
        Auth::OAuth(self)
    }

    /// What the account's server said.
    fn limits(&self, account: &Account) -> Limits {
        instance::Facts::of(account).limits()
    }

    async fn facts(&self, cx: &Cx<'_>, account: &Account) -> Result<Option<Value>, ConnectorError> {
        let read = auth::read_facts(cx, &account.host).await;
        let unread = |why: String| ConnectorError::new(Failure::Transient, why);
        let facts = read.map_err(|error| unread(error.to_string()))?;
        // What it runs is known already, and it did not turn into something nameless.
        if facts.software.is_empty() && !instance::Facts::of(account).software.is_empty() {
            return Err(unread("the server does not say what program it runs".to_owned()));
        }
        Ok(serde_json::to_value(&facts).ok())
    }

    fn check(&self, subject: &Subject<'_>) -> Vec<Issue> {
        let facts = instance::Facts::of(subject.account);
        let mut issues = by_rules(&DESCRIPTOR, &facts.limits(), subject);
        issues.extend(settings::check(&facts, subject));
        issues
    }

    /// A content warning counts with each text.
    fn beside(&self, _account: &Account, variant: &Variant, _part: usize, unit: Unit) -> usize {
        let warning = settings::Settings::read(&variant.settings).0.warning;
        warning.map_or(0, |warning| measure(&warning, unit))
    }

    fn begin(
        &self,
        plan: &mut PlanCx<'_>,
        _account: &Account,
        part: &PartInput,
    ) -> Result<MachineState, ConnectorError> {
        publish::begin(plan, part)
    }

    fn begin_change(
        &self,
        _plan: &mut PlanCx<'_>,
        _account: &Account,
        receipt: &Receipt,
        change: &Change,
    ) -> Option<Result<MachineState, ConnectorError>> {
        Some(publish::begin_change(receipt, change))
    }

    fn brings_file(&self, state: &MachineState) -> bool {
        publish::brings_file(state)
    }

    fn effect(&self, account: &Account, part: &PartInput, state: &MachineState) -> Result<Effect, ConnectorError> {
        publish::effect(account, part, state)
    }

    async fn step(
        &self,
        cx: &Cx<'_>,
        account: &Account,
        part: &PartInput,
        state: &MachineState,
    ) -> Result<Outcome, ConnectorError> {
        publish::step(cx, account, part, state).await
    }

    async fn reconcile(
        &self,
        cx: &Cx<'_>,
        account: &Account,
        part: &PartInput,
        state: &MachineState,
    ) -> Result<Lookup, ConnectorError> {
        publish::reconcile(cx, account, part, state).await
    }

    /// The nearest limit of the account; its reset is a time, not a number of seconds.
    fn rate(&self, response: &Response) -> Option<RateHint> {
        let number = |name: &str| response.header(name)?.trim().parse::<u64>().ok();
        let remaining = number("x-ratelimit-remaining")?;
        let until = errors::reset(response).map_or(Until::Unsaid, Until::At);
        Some(RateHint { remaining, limit: number("x-ratelimit-limit"), until, scope: Scope::Account })
    }

    fn receipt_from_link(&self, account: &Account, link: &str) -> Option<Receipt> {
        wire::status_id(account, link).map(|id| wire::receipt_of(id, Some(link)))
    }
}
