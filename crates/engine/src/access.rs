//! A network that refuses an account or the platform app: who must act is noted, and told once.

use postrider_connector::Connector;
use postrider_domain::Code;
use postrider_domain::delivery::HoldReason;
use postrider_domain::id::LaneId;
use postrider_store::repo::channels::{self, Channel, ChannelState};
use postrider_store::repo::grants::Grant;
use postrider_store::repo::notifications::NoteBody;
use postrider_store::repo::{apps, lanes};
use postrider_store::{Result, Tx};

use crate::notice;

/// With what a call was made that was refused.
#[derive(Clone, Copy)]
pub(crate) struct Access<'a> {
    pub(crate) channel: &'a Channel,
    pub(crate) grant: &'a Grant,
    pub(crate) lane: LaneId,
    pub(crate) connector: &'a dyn Connector,
}

impl Access<'_> {
    /// Notes who must act, at the app or the channel, and tells the operator once.
    pub(crate) async fn mark(&self, tx: &mut Tx, reason: HoldReason, code: Code) -> Result<()> {
        lanes::lock(tx, self.lane).await?;
        let (workspace, channel) = (self.channel.workspace_id, self.channel);
        if reason == HoldReason::Operator {
            let news = match self.grant.platform_app_id {
                Some(app) => apps::mark_broken(tx, app, code).await?,
                // Without an app the channel remembers: it is news after a success, or with another reason.
                None => channel.last_code != Some(code) || channel.last_ok_at > channel.last_code_at,
            };
            if news {
                self.tell_operator(tx, code).await?;
            }
        } else {
            channels::set_state(tx, workspace, channel.id, ChannelState::NeedsReconnect).await?;
        }
        channels::record_failure(tx, workspace, channel.id, code).await
    }

    async fn tell_operator(&self, tx: &mut Tx, code: Code) -> Result<()> {
        let workspace = self.channel.workspace_id;
        let own = match self.grant.platform_app_id {
            Some(app) => apps::get(tx, workspace, app).await?.workspace_id.is_some(),
            None => false,
        };
        let mut body = NoteBody::new(Code::NoteOperator);
        body.args.insert("platform".to_owned(), self.connector.descriptor().name.to_owned());
        body.args.insert("reason".to_owned(), code.to_string());
        notice::operator(tx, workspace, own, &body).await
    }
}
