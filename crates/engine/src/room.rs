//! The room that platforms give to whatever is done on an account: what they document is spent
//! before something is sent, and what they say is believed.

use jiff::Timestamp;
use postrider_connector::descriptor::RateBudget;
use postrider_connector::error::{Scope, Until};
use postrider_connector::{Connector, Response};
use postrider_domain::id::{LaneId, PlatformAppId};
use postrider_domain::source::Entropy;
use postrider_store::repo::budgets::{self, Rate, Reserved};
use postrider_store::repo::lanes;
use postrider_store::{Result, Tx};

use crate::backoff;

/// A rate that has no room for more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spent {
    pub(crate) scope: Scope,
    pub(crate) until: Timestamp,
}

/// Who pays with room for what is done on an account.
#[derive(Clone, Copy)]
pub(crate) struct Room<'a> {
    pub(crate) connector: &'a dyn Connector,
    pub(crate) lane: LaneId,
    pub(crate) app: Option<PlatformAppId>,
}

impl Room<'_> {
    /// Spends what one part with so many files costs.
    pub(crate) async fn charge(&self, tx: &mut Tx, files: usize) -> Result<Option<Spent>> {
        for budget in self.connector.descriptor().budgets.iter().filter(|budget| budget.cost(files) > 0) {
            let Some(scope) = self.owner(budget) else { continue };
            let window = std::time::Duration::from_secs(budget.window_s);
            let rate = Rate { name: budget.name, limit: budget.limit, window };
            if let Reserved::Spent { until } = budgets::charge(tx, scope, &rate, budget.cost(files)).await? {
                let scope = if budget.per_account { Scope::Account } else { Scope::App };
                return Ok(Some(Spent { scope, until: until.unwrap_or(tx.now()) }));
            }
        }
        Ok(None)
    }

    /// Whose a budget is. Without an app of ours there is nobody to count for.
    fn owner(&self, budget: &RateBudget) -> Option<budgets::Scope> {
        if budget.per_account {
            return Some(budgets::Scope::Lane(self.lane.uuid()));
        }
        self.app.map(|app| budgets::Scope::App(app.uuid()))
    }

    /// Holds everything on the same budget until an instant.
    pub(crate) async fn close_until(&self, tx: &mut Tx, until: Timestamp, scope: Scope) -> Result<()> {
        match (scope, self.app) {
            (Scope::App, Some(app)) => budgets::block(tx, budgets::Scope::App(app.uuid()), "calls", until).await,
            _ => lanes::block(tx, self.lane, until).await,
        }
    }

    /// Holds everything on the same budget until the platform's own time; says when that is.
    pub(crate) async fn block(
        &self,
        tx: &mut Tx,
        until: Until,
        scope: Scope,
        entropy: &dyn Entropy,
    ) -> Result<Timestamp> {
        let until = backoff::after_limit(tx.now(), until, entropy);
        self.close_until(tx, until, scope).await?;
        Ok(until)
    }

    /// When an answer says that the room left is too little for another part, everything on the
    /// same budget waits until the platform's own time.
    pub(crate) async fn heed(&self, tx: &mut Tx, answer: Option<&Response>, entropy: &dyn Entropy) -> Result<()> {
        let Some(hint) = answer.and_then(|answer| self.connector.rate(answer)) else { return Ok(()) };
        let per_account = hint.scope == Scope::Account;
        let budgets = self.connector.descriptor().budgets.iter();
        let cost = budgets.filter(|budget| budget.per_account == per_account).map(|budget| budget.cost_per_part);
        if hint.remaining < cost.max().unwrap_or(1) {
            self.block(tx, hint.until, hint.scope, entropy).await?;
        }
        Ok(())
    }
}
