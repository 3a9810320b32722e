//! Making a series.

use postrider_domain::id::{SeriesId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::schedule::occurrence_key;
use postrider_store::Tx;
use postrider_store::repo::series::{self, Terms};

use super::{NewSeries, input, told};
use crate::publishing::posts::{check, check_labels, check_window, window};
use crate::publishing::workspace_zone;
use crate::{App, AppError, Caller, Result};

/// Makes a series, after checking its content as if it went out now. The engine
/// makes its posts at once.
pub async fn create(
    app: &App,
    tx: &mut Tx,
    caller: &Caller,
    workspace: WorkspaceId,
    new: &NewSeries,
) -> Result<SeriesId> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let (_, mut issues) = check(app, tx, workspace, &new.content, true).await?;
    issues.extend(check_labels(tx, workspace, &new.labels).await?.0);
    issues.extend(check_window(new.missed_window_s));
    let zone = workspace_zone(tx, workspace).await?;
    let rule = match input::rule(&new.rule, &new.start, zone, tx.now()) {
        Ok(rule) => issues.into_result().map(|()| rule),
        Err(wrong) => {
            issues.extend(wrong.0);
            Err(issues)
        }
    };
    let rule = rule.map_err(AppError::Preflight)?;
    let start = rule.start();
    let terms = Terms {
        content: &new.content,
        rule: rule.text(),
        start_local: &occurrence_key(start.date_time),
        zone: start.zone.as_str(),
        missed_window: window(new.missed_window_s),
        labels: &new.labels,
    };
    let id = series::create(tx, workspace, member.user, &terms).await?.id;
    postrider_engine::series::ask(tx, workspace, id).await?;
    told(tx, &member, id).await?;
    Ok(id)
}
