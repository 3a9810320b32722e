//! Which deliveries are there?

use axum::Json;
use axum::extract::State;
use postrider_app::publishing::deliveries::{self, Listing};
use postrider_app::{App, Cursor};
use postrider_domain::id::{ChannelId, WorkspaceId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::DeliveryBody;
use crate::auth::Authed;
use crate::extract::{Ids, Search};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::v1::publishing::wire::{DeliveryState, HoldReason, instant};

/// Which deliveries; all conditions hold.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveriesQuery {
    /// Only in this state.
    state: Option<DeliveryState>,
    /// Only held for this reason.
    hold_reason: Option<HoldReason>,
    /// `true`: only what wants a person, which is whatever is held, unconfirmed or failed.
    attention: Option<bool>,
    /// Only on this channel.
    #[param(value_type = Option<String>)]
    channel: Option<ChannelId>,
    /// Only at or after this instant, as RFC 3339 with an offset.
    from: Option<String>,
    /// Only before this instant.
    until: Option<String>,
}

impl DeliveriesQuery {
    fn read(self) -> Result<Listing, Problem> {
        Ok(Listing {
            state: self.state.map(Into::into),
            reason: self.hold_reason.map(Into::into),
            attention: self.attention.unwrap_or(false),
            channel: self.channel,
            from: self.from.map(|text| instant(&text, "from")).transpose()?,
            until: self.until.map(|text| instant(&text, "until")).transpose()?,
        })
    }
}

/// Lists deliveries by the time people asked for, the earliest first.
#[utoipa::path(get, path = "/workspaces/{ws}/deliveries", tag = "deliveries", params(DeliveriesQuery, PageQuery),
    responses((status = 200, body = Page<DeliveryBody>)))]
pub(crate) async fn list_deliveries(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    Search(query): Search<DeliveriesQuery>,
    Search(page): Search<PageQuery>,
) -> Result<Json<Page<DeliveryBody>>, Problem> {
    let (limit, after) = (page.limit()?, page.cursor(Cursor::OLDEST)?);
    let rows = deliveries::list(&app, &caller, ws, &query.read()?, after, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |delivery| Cursor::new(delivery.scheduled_at, delivery.id))))
}
