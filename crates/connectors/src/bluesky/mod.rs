//! Bluesky, on any personal data server (PDS) of the AT Protocol.
//!
//! What is odd about it:
//!
//! - **We choose the record's key.** A post is written with `putRecord` under a key (TID)
//!   and a `createdAt` that are fixed before anything is sent, and with `swapRecord: null`,
//!   which means *create only*. The same bytes again are a no-op, so the step may be
//!   repeated for ever, and asking for the key settles every unknown outcome exactly.
//! - **Text is plain; links, mentions and tags are facets** with UTF-8 byte offsets. A
//!   mention needs the account's DID; one that does not resolve stays plain text.
//! - **A reply names root and parent by address and content hash**, so a receipt without
//!   hash (a link that a person pasted) is looked up first.
//! - **The thread gate is written after the post**, as a step of its own. The other order
//!   would leave no moment in which a stranger can reply, but the AppView marks a post as
//!   gated when the *gate* arrives and finds the post there
//!   (`packages/bsky/src/data-plane/server/indexing/plugins/thread-gate.ts`); a gate that
//!   comes first stays without effect. A gate that cannot be written never turns a live
//!   post into a failed one: after `publish::GATE_TRIES` tries the receipt says
//!   `"gate": "missing"`.
//! - **A quoted post is looked up with `getRecord` at the account's own server.** It
//!   answers for its own repositories, and the reference server passes the question on to
//!   the AppView for all others; no login is needed. `getPosts` would need the AppView for
//!   both.
//!
//! Manual: <https://atproto.com/specs/atp>, <https://docs.bsky.app/docs/advanced-guides/posts>.
//! Facts here are from the lexicons and the reference server at bluesky-social/atproto
//! d6296a1 (2026-08-20).

mod auth;
mod descriptor;
mod embed;
mod errors;
mod facets;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
mod lang;
mod limits;
mod links;
mod media;
mod publish;
mod resolve;
mod settings;
mod tid;
mod wire;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use postrider_connector::auth::Auth;
use postrider_connector::descriptor::MediaRules;
use postrider_connector::error::{Failure, Scope, Until};
use postrider_connector::machine::RateHint;
use postrider_connector::{
    Account, Connector, ConnectorError, Cx, Descriptor, Effect, Lookup, MachineState, Outcome, PartInput, PlanCx,
    Receipt, Response,
};
use postrider_connector::{Change, Limits, Subject, check::by_part};
use postrider_domain::Issue;
use postrider_domain::content::Variant;
use serde_json::Value;

pub use descriptor::DESCRIPTOR;
pub use errors::{ERRORS, Means};

/// The connector.
#[derive(Debug, Clone, Copy)]
pub struct Bluesky;

#[async_trait]
impl Connector for Bluesky {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn auth(&self) -> Auth<'_> {
        Auth::Session(self)
    }

    /// The most bytes of a file is the server's own.
    async fn facts(&self, cx: &Cx<'_>, account: &Account) -> Result<Option<Value>, ConnectorError> {
        let read = auth::describe(cx, &account.host).await;
        let server = read.map_err(|error| ConnectorError::new(Failure::Transient, error.to_string()))?;
        Ok(Some(auth::facts(account.facts.clone(), &server, cx.pages(&account.host))))
    }

    fn check(&self, subject: &Subject<'_>) -> Vec<Issue> {
        let files = |part| self.file_rules(subject.account, subject.variant, part);
        let mut issues = by_part(&DESCRIPTOR, &self.limits(subject.account), subject, files);
        issues.extend(settings::Settings::read(&subject.variant.settings, links::web(subject.account)).1);
        issues.extend(facets::long_tags(subject.variant));
        issues.extend(limits::of_card(subject));
        issues
    }

    /// What the account's own server takes, where that is less.
    fn limits(&self, account: &Account) -> Limits {
        limits::of(account)
    }

    /// The picture of a card has a limit of its own.
    fn file_rules(&self, account: &Account, variant: &Variant, part: usize) -> Option<MediaRules> {
        limits::of_files(account, variant, part)
    }

    fn begin(
        &self,
        plan: &mut PlanCx<'_>,
        account: &Account,
        part: &PartInput,
    ) -> Result<MachineState, ConnectorError> {
        publish::begin(plan, account, part)
    }

    /// The time of the try goes into permissions; keys stay.
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
        _plan: &mut PlanCx<'_>,
        account: &Account,
        receipt: &Receipt,
        change: &Change,
    ) -> Option<Result<MachineState, ConnectorError>> {
        // A post has no edit: another record under the key would lose its likes and replies.
        (*change == Change::Delete).then(|| publish::begin_delete(account, receipt))
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

    fn published(&self, state: &MachineState) -> Option<Receipt> {
        publish::published(state)
    }

    fn brings_file(&self, state: &MachineState) -> bool {
        publish::brings_file(state)
    }

    /// Only the points of writes are a budget of the account (`w=3600` and `w=86400`);
    /// other windows count requests of our address.
    fn rate(&self, response: &Response) -> Option<RateHint> {
        let number = |name: &str| response.header(name)?.trim().parse::<u64>().ok();
        let policy = response.header("ratelimit-policy").unwrap_or_default();
        if !policy.is_empty() && !["w=3600", "w=86400"].iter().any(|window| policy.ends_with(window)) {
            return None;
        }
        let until = errors::reset(response).map_or(Until::Unsaid, Until::At);
        let remaining = number("ratelimit-remaining")?;
        Some(RateHint { remaining, limit: number("ratelimit-limit"), until, scope: Scope::Account })
    }

    fn receipt_from_link(&self, account: &Account, link: &str) -> Option<Receipt> {
        links::PostRef::parse(link, links::web(account)).and_then(|post| post.receipt(account))
    }
}
