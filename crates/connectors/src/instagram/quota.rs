//! How many posts an account may still publish today, which it says itself.

use postrider_connector::error::{ConnectorError, Failure, Scope, Until};
use postrider_connector::http::Method;
use postrider_connector::{Account, Cx};

use super::Core;
use super::errors::refusal;
use super::limits::{POSTS_ASSUMED, QUOTA_WAIT};
use super::wire::Quota;
use crate::meta::Doing;
use crate::meta_list::Rows;

/// Waits when the posts of the day are used up. What is not said stops nothing: publishing says it as well.
pub(super) async fn check(cx: &Cx<'_>, core: &Core, account: &Account) -> Result<(), ConnectorError> {
    const DOING: &str = "asking how many posts are left";
    let path = format!("/{}/content_publishing_limit?fields=quota_usage,config", account.remote_id);
    let response = cx.read(&core.api.call(Method::Get, &path)).await;
    let response = response.map_err(|error| error.while_publishing(DOING, true))?;
    if !response.is_success() {
        let error = refusal(cx, &response, Doing::Asking, DOING);
        let stops = matches!(error.failure, Failure::Reauth | Failure::RateLimited { .. });
        return if stops { Err(error) } else { Ok(()) };
    }
    let said = response.json::<Rows<Quota>>().ok().and_then(|mut page| page.data.pop());
    match said {
        Some(quota) if quota.quota_usage >= quota.config.quota_total.unwrap_or(POSTS_ASSUMED) => {
            let failure = Failure::RateLimited { until: Until::After(QUOTA_WAIT), scope: Scope::Account };
            Err(ConnectorError::new(failure, "the posts of the day are used up"))
        }
        _ => Ok(()),
    }
}
