//! Instagram, for professional accounts: by its own log-in, and by Facebook's.
//!
//! What is odd about it:
//!
//! - **Nothing goes without a file, and Instagram fetches it** from an address that this instance gives out.
//! - **Everything but a comment goes through a container**: it is made, processed, and then published by its id, a carousel
//!   after the containers of its files. Until then nobody sees anything, so containers may be made again freely.
//! - **The container is what an unknown outcome is settled by.** It does not tell the id of its post, which is then looked
//!   for in the account's own list; stories have a list of their own, and no text to be told apart by.
//! - **An error of publishing may come after the fact**, that of suspected spam (4/2207051) above all: what may be out is
//!   asked about and never sent again on one word.
//! - **A single video is a reel.** In a carousel it is a video.
//! - **The parts after the first are comments**, but of stories, where each part is a story.
//! - **The account says how many posts it has left**, which is asked before each.
//! - The two log-ins differ in host, permissions and a few fields: see `login.rs`. By Instagram's own, tokens live for an
//!   hour, are exchanged for one of 60 days, and renew themselves.
//!
//! Manual: <https://developers.facebook.com/docs/instagram-platform>.

mod auth;
mod check;
mod containers;
mod descriptor;
mod errors;
mod facebook;
mod form;
mod limits;
mod listing;
mod login;
mod publish;
mod quota;
mod settings;
mod state;
#[cfg(test)]
mod tests;
mod visible;
mod wait;
mod wire;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use postrider_connector::auth::Auth;
use postrider_connector::auth::oauth::OAuth;
use postrider_connector::check::by_part;
use postrider_connector::descriptor::MediaRules;
use postrider_connector::{
    Account, Change, Connector, ConnectorError, Cx, Descriptor, Effect, Limits, Lookup, MachineState, Outcome,
    PartInput, PlanCx, Receipt, Subject,
};
use postrider_domain::Issue;
use postrider_domain::content::Variant;

pub use descriptor::DESCRIPTOR;
pub use errors::{Means, SUBCODES};
pub use facebook::FACEBOOK_DESCRIPTOR;

use self::form::Form;
use self::login::Login;
use self::settings::Settings;
use crate::meta::Api;
use crate::meta_pages as pages;

/// What every call needs: where the API is, and what the way in allows.
#[derive(Debug, Clone)]
struct Core {
    api: Api,
    login: Login,
}

/// The connector, by one of its log-ins.
#[derive(Clone)]
pub struct Instagram {
    core: Core,
    oauth: Arc<dyn OAuth>,
}

impl fmt::Debug for Instagram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instagram").field("core", &self.core).finish_non_exhaustive()
    }
}

impl Default for Instagram {
    fn default() -> Self {
        Self::by_instagram(Api::shipped(descriptor::ORIGIN, descriptor::VERSION))
    }
}

impl Instagram {
    /// The connector for an API elsewhere, such as `https://graph.instagram.com/v27.0`.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn at(address: &str) -> Result<Self, String> {
        Ok(Self::by_instagram(Self::default().core.api.moved(address)?))
    }

    fn by_instagram(api: Api) -> Self {
        let oauth = Arc::new(auth::InstagramLogin(api.clone()));
        Self { core: Core { api, login: descriptor::LOGIN }, oauth }
    }

    /// By Facebook's log-in.
    pub fn by_facebook() -> Self {
        Self::with_facebook(Api::shipped(pages::ORIGIN, pages::VERSION))
    }

    /// By Facebook's log-in, for an API elsewhere, such as `https://graph.facebook.com/v27.0`.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn by_facebook_at(address: &str) -> Result<Self, String> {
        Ok(Self::with_facebook(Self::by_facebook().core.api.moved(address)?))
    }

    fn with_facebook(api: Api) -> Self {
        let oauth = Arc::new(facebook::FacebookLogin(api.clone()));
        Self { core: Core { api, login: facebook::LOGIN }, oauth }
    }
}

#[async_trait]
impl Connector for Instagram {
    fn descriptor(&self) -> &'static Descriptor {
        self.core.login.descriptor
    }

    fn auth(&self) -> Auth<'_> {
        Auth::OAuth(self.oauth.as_ref())
    }

    fn file_rules(&self, _: &Account, variant: &Variant, part: usize) -> Option<MediaRules> {
        let settings = Settings::read(&variant.settings).0;
        // Which files a post has changes nothing of their rules.
        match Form::of(settings.kind, part, &[]) {
            Form::Picture | Form::Carousel => Some(descriptor::OF_POST),
            Form::Reel => Some(descriptor::OF_REEL),
            Form::Story => Some(descriptor::OF_STORY),
            Form::Comment => None,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Vec<Issue> {
        let story = Settings::read(&subject.variant.settings).0.kind == settings::Kind::Story;
        let descriptor = self.core.login.descriptor_of(story);
        let files = |part| self.file_rules(subject.account, subject.variant, part);
        let mut issues = by_part(descriptor, &Limits::of(descriptor), subject, files);
        issues.retain(|issue| !check::is_about_alt_of_video(subject, issue));
        issues.extend(check::check(subject, descriptor.name));
        issues
    }

    fn begin(&self, plan: &mut PlanCx<'_>, _: &Account, part: &PartInput) -> Result<MachineState, ConnectorError> {
        publish::begin(plan, part)
    }

    fn renew(
        &self,
        plan: &mut PlanCx<'_>,
        part: &PartInput,
        state: MachineState,
    ) -> Result<MachineState, ConnectorError> {
        publish::renew(plan, part, &state)
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
        publish::begin_change(&self.core, receipt, change)
    }

    fn brings_file(&self, state: &MachineState) -> bool {
        publish::is_unseen(state)
    }

    fn published(&self, state: &MachineState) -> Option<Receipt> {
        publish::published(state)
    }

    fn effect(&self, account: &Account, part: &PartInput, state: &MachineState) -> Result<Effect, ConnectorError> {
        publish::effect(&self.core, account, part, state)
    }

    async fn step(
        &self,
        cx: &Cx<'_>,
        account: &Account,
        part: &PartInput,
        state: &MachineState,
    ) -> Result<Outcome, ConnectorError> {
        publish::step(cx, &self.core, account, part, state).await
    }

    async fn reconcile(
        &self,
        cx: &Cx<'_>,
        account: &Account,
        part: &PartInput,
        state: &MachineState,
    ) -> Result<Lookup, ConnectorError> {
        visible::reconcile(cx, &self.core, account, part, state).await
    }

    fn receipt_from_link(&self, _: &Account, link: &str) -> Option<Receipt> {
        wire::receipt_from_link(link)
    }
}
