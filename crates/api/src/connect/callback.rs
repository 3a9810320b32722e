//! The platform sends somebody back.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use postrider_app::App;
use postrider_app::publishing::channels::oauth::{self, Answer, Came, Ended};
use postrider_domain::Code;
use postrider_domain::id::ChannelId;
use postrider_domain::secret::Secret;
use serde::{Deserialize, Serialize};

use super::{browser, shown};
use crate::auth::{Client, Maybe};
use crate::correlate::Correlation;
use crate::problem::Problem;

/// What the platform adds to the address; what else it adds does not matter.
#[derive(Default, Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    state: Secret,
    #[serde(default)]
    code: Secret,
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

pub(super) async fn callback(
    State(app): State<App>,
    Path(place): Path<String>,
    said: Result<Query<Said>, axum::extract::rejection::QueryRejection>,
    Maybe(caller): Maybe,
    Client(origin): Client,
    correlation: Correlation,
    headers: HeaderMap,
) -> Response {
    // An address that cannot be read names no connection.
    let said = said.map(|Query(said)| said).unwrap_or_default();
    let came = Came {
        state: said.state,
        code: said.code,
        error: said.error,
        description: said.error_description,
        browser: browser(&headers),
        address: origin.address,
        correlation: correlation.0.clone(),
    };
    let answer = oauth::callback(&app, caller.as_ref(), &place, &came).await.map_err(Problem::from);
    shown(&headers, &correlation, answer)
}

/// What a program learns that came back for a person.
#[derive(Serialize)]
struct Outcome {
    /// `connected` or `pick`.
    status: &'static str,
    channels: Vec<ChannelId>,
    resumed: u64,
    missing_scopes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_to: Option<String>,
}

/// The answer for a program. A click that is somebody else's cannot be made by one.
pub(super) fn json(answer: Answer) -> Response {
    let pick =
        Outcome { status: "pick", channels: Vec::new(), resumed: 0, missing_scopes: Vec::new(), return_to: None };
    match answer {
        Answer::Ended { ended: Ended::Connected { channels, resumed, missing_scopes }, return_to, .. } => {
            let done = Outcome { status: "connected", channels, resumed, missing_scopes, return_to };
            Json(done).into_response()
        }
        Answer::Ended { ended: Ended::Failed(failed), .. } => Problem::from(failed).into_response(),
        Answer::Ended { ended: Ended::Pick | Ended::Confirm, .. } => Json(pick).into_response(),
        Answer::Ask(ask) if ask.stranger => {
            let accounts: Vec<&str> = ask.accounts.iter().map(|choice| choice.handle.as_str()).collect();
            let problem = Problem { step: Some("confirm".to_owned()), ..Problem::of(Code::OauthOtherBrowser) };
            let problem = problem.with("workspace", &ask.workspace).with("owner", &ask.owner);
            problem.with("starter", &ask.starter).with("accounts", accounts.join(", ")).into_response()
        }
        Answer::Ask(_) => Json(pick).into_response(),
    }
}
