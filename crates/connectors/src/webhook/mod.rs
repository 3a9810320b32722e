//! A webhook: each part is sent as one signed JSON event to an address of the owner's.
//!
//! The signature is that of Standard Webhooks 1.0.0
//! (<https://github.com/standard-webhooks/standard-webhooks>, `spec/standard-webhooks.md`,
//! read 2026-11-23): headers `webhook-id`, `webhook-timestamp` (seconds) and
//! `webhook-signature` (`v1,` and base64 of HMAC-SHA-256 over `id.timestamp.body`).
//!
//! What is odd about it:
//!
//! - **We know nothing of the receiver.** Only its owner can say that it drops a second
//!   event with the same `webhook-id` (`deduplicates`). If so, sending again is harmless;
//!   if not, an event is sent once, and an unknown outcome is the owner's to decide:
//!   there is nothing to ask.
//! - **The contract with a receiver**, which the docs print: 2xx means *accepted*; 3xx and
//!   the 4xx listed in `publish::REFUSED` mean *not accepted, and nothing was done*; 429
//!   means *not now, and nothing was done*; 410 means *never again*. Everything else, above
//!   all 5xx and silence, means that nobody knows. Standard Webhooks calls all of these a
//!   failure to be sent again; we do so only where it is harmless.
//! - **The address itself may be a secret** (`https://hooks.example/T0/B0/…`), so its path
//!   and query are sealed with the grant, and appended as late as the signature is made.

mod auth;
mod descriptor;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
mod publish;
mod sign;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use postrider_connector::auth::Auth;
use postrider_connector::{
    Account, Connector, ConnectorError, Cx, Descriptor, Effect, Lookup, MachineState, Outcome, PartInput, PlanCx,
    Receipt,
};
use postrider_connector::{Subject, check::by_rules};
use postrider_domain::Issue;

pub use descriptor::DESCRIPTOR;

/// The connector.
#[derive(Debug, Clone, Copy)]
pub struct Webhook;

#[async_trait]
impl Connector for Webhook {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn auth(&self) -> Auth<'_> {
        Auth::Fixed(self)
    }

    fn check(&self, subject: &Subject<'_>) -> Vec<Issue> {
        let mut issues = by_rules(&DESCRIPTOR, &self.limits(subject.account), subject);
        issues.extend(publish::check_settings(&subject.variant.settings));
        issues
    }

    fn begin(
        &self,
        plan: &mut PlanCx<'_>,
        _account: &Account,
        _part: &PartInput,
    ) -> Result<MachineState, ConnectorError> {
        publish::begin(plan)
    }

    /// The id stays; the time is that of the try, or receivers would refuse it as a replay.
    fn renew(
        &self,
        plan: &mut PlanCx<'_>,
        _part: &PartInput,
        state: MachineState,
    ) -> Result<MachineState, ConnectorError> {
        publish::renew(plan, &state)
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

    /// There is nobody to ask.
    async fn reconcile(
        &self,
        _cx: &Cx<'_>,
        account: &Account,
        _part: &PartInput,
        state: &MachineState,
    ) -> Result<Lookup, ConnectorError> {
        publish::unknown(account, state)
    }

    fn receipt_from_link(&self, _account: &Account, link: &str) -> Option<Receipt> {
        publish::receipt_from_id(link.trim())
    }
}
