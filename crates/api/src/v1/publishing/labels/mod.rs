//! `/workspaces/{ws}/labels`: names and colours for posts.

mod create;
mod delete;
mod get;
mod list;
mod update;

use postrider_app::publishing::labels::{Label, LabelInput};
use postrider_domain::id::LabelId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::wire::At;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(create::create_label, list::list_labels)).routes(routes!(
        get::get_label,
        update::update_label,
        delete::delete_label
    ))
}

/// A label.
#[derive(Serialize, ToSchema)]
#[schema(as = Label)]
pub(crate) struct LabelBody {
    /// Its id.
    #[schema(value_type = String)]
    id: LabelId,
    /// Its name.
    name: String,
    /// Its colour, `#rrggbb`.
    colour: String,
    /// When it was made.
    created_at: At,
}

impl From<Label> for LabelBody {
    fn from(label: Label) -> Self {
        Self { id: label.id, name: label.name, colour: label.colour, created_at: label.created_at.into() }
    }
}

/// What a label is called and looks like.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SaveLabel {
    /// Its name, unique in the workspace.
    name: String,
    /// Its colour, `#rrggbb`.
    #[schema(example = "#2f6f4f")]
    colour: String,
}

impl From<SaveLabel> for LabelInput {
    fn from(body: SaveLabel) -> Self {
        Self { name: body.name, colour: body.colour }
    }
}
