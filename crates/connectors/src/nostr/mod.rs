//! Nostr: signed events, handed to several relays.
//!
//! What is odd about it:
//!
//! - **There is no server and no account.** A key pair is the identity; the grant holds the secret key, and the
//!   account's facts name the relays. Nothing expires and nothing can be withdrawn.
//! - **An event is its own key.** Its id is the hash of its content, author and time, so the same event may be sent to
//!   a relay any number of times and to any number of relays. The time is fixed before anything is sent; signing needs
//!   the secret key and is a step without effect, whose result is committed with the first intent. The signature uses no
//!   randomness (BIP-340 with an all-zero auxiliary value), so that a repeat signs the same bytes.
//! - **Each relay decides for itself.** A part is published when as many relays as the owner's quorum asks for have
//!   taken it. What some have taken is live: then nothing makes the part fail, and the receipt says what each relay said.
//! - **Files are links.** They go to a Blossom server (BUD-01, BUD-02) that the owner names; the text carries the
//!   address and an `imeta` tag says what is there (NIP-92).
//! - **Deleting is a request** (NIP-09) that relays may ignore.
//!
//! Rules: <https://github.com/nostr-protocol/nips> at db5fe3d (2026-07-22): NIP-01, 05, 09, 10, 11, 18, 19, 21, 27, 32,
//! 36, 92; <https://github.com/hzrd149/blossom> (BUD-01, BUD-02).

mod auth;
mod descriptor;
mod event;
mod length;
mod media;
mod publish;
mod relay;
mod settings;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use postrider_connector::auth::Auth;
use postrider_connector::check::by_rules;
use postrider_connector::{
    Account, Change, Connector, ConnectorError, Cx, Descriptor, Effect, Limits, Lookup, MachineState, Outcome,
    PartInput, PlanCx, Receipt, Subject,
};
use postrider_domain::content::Variant;
use postrider_domain::text::Unit;
use postrider_domain::{Code, Issue};
use serde_json::Value;

pub use descriptor::DESCRIPTOR;

/// The connector.
#[derive(Debug, Clone, Copy)]
pub struct Nostr;

#[async_trait]
impl Connector for Nostr {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn auth(&self) -> Auth<'_> {
        Auth::Fixed(self)
    }

    /// The smallest message that one of the account's relays takes.
    fn limits(&self, account: &Account) -> Limits {
        let mut limits = Limits::of(&DESCRIPTOR);
        if let Some(most) = account.facts["max_content"].as_u64().and_then(|most| usize::try_from(most).ok()) {
            for limit in &mut limits.text {
                limit.max = limit.max.min(most);
            }
        }
        limits
    }

    /// The longest message is each relay's own.
    async fn facts(&self, cx: &Cx<'_>, account: &Account) -> Result<Option<Value>, ConnectorError> {
        auth::facts(cx, account).await.map(Some)
    }

    fn check(&self, subject: &Subject<'_>) -> Vec<Issue> {
        let mut issues = by_rules(&DESCRIPTOR, &self.limits(subject.account), subject);
        issues.extend(settings::Settings::read(&subject.variant.settings).1);
        issues.extend(length::with_addresses(&self.limits(subject.account), subject));
        if media::server(subject.account).is_none() {
            let parts = subject.variant.parts.iter().enumerate().filter(|(_, part)| !part.media.is_empty());
            let missing = |index| Issue::error(Code::MediaServerMissing, format!("/parts/{index}/media"));
            issues.extend(parts.map(|(index, _)| missing(index).with("platform", DESCRIPTOR.name)));
        }
        issues
    }

    fn beside(&self, account: &Account, variant: &Variant, part: usize, _unit: Unit) -> usize {
        length::below(account, variant, part)
    }

    fn begin(
        &self,
        plan: &mut PlanCx<'_>,
        _account: &Account,
        part: &PartInput,
    ) -> Result<MachineState, ConnectorError> {
        publish::begin(plan, part)
    }

    /// Relays that did not answer or said *later* are asked again; a permission for the media server starts from now.
    fn renew(
        &self,
        plan: &mut PlanCx<'_>,
        _part: &PartInput,
        state: MachineState,
    ) -> Result<MachineState, ConnectorError> {
        publish::renew(plan, &state)
    }

    fn begin_change(
        &self,
        plan: &mut PlanCx<'_>,
        _account: &Account,
        receipt: &Receipt,
        change: &Change,
    ) -> Option<Result<MachineState, ConnectorError>> {
        // An event cannot be changed: its id is its hash.
        (*change == Change::Delete).then(|| publish::begin_delete(plan, receipt))
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
        _part: &PartInput,
        state: &MachineState,
    ) -> Result<Lookup, ConnectorError> {
        publish::reconcile(cx, account, state).await
    }

    fn published(&self, state: &MachineState) -> Option<Receipt> {
        publish::published(state)
    }

    fn brings_file(&self, state: &MachineState) -> bool {
        publish::brings_file(state)
    }

    fn receipt_from_link(&self, _account: &Account, link: &str) -> Option<Receipt> {
        event::receipt_from_link(link)
    }
}
