//! What the caller wants to be told of, and where.

use axum::Json as Answer;
use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::choices::{self, Choice, Choices, Topic};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Authed;
use crate::extract::Json;
use crate::problem::Problem;

/// A group of notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = NotificationTopic)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TopicBody {
    /// Something did not go out, or not all of it, or a change of it did not work.
    Failed,
    /// Nobody knows whether it went out.
    Unconfirmed,
    /// A post is held back.
    Held,
    /// A channel or a platform app has lost its access.
    Reconnect,
    /// Times moved, or a series waits or has missed some.
    Schedule,
    /// A post is out.
    Published,
}

impl From<Topic> for TopicBody {
    fn from(topic: Topic) -> Self {
        match topic {
            Topic::Failed => Self::Failed,
            Topic::Unconfirmed => Self::Unconfirmed,
            Topic::Held => Self::Held,
            Topic::Reconnect => Self::Reconnect,
            Topic::Schedule => Self::Schedule,
            Topic::Published => Self::Published,
        }
    }
}

impl From<TopicBody> for Topic {
    fn from(topic: TopicBody) -> Self {
        match topic {
            TopicBody::Failed => Self::Failed,
            TopicBody::Unconfirmed => Self::Unconfirmed,
            TopicBody::Held => Self::Held,
            TopicBody::Reconnect => Self::Reconnect,
            TopicBody::Schedule => Self::Schedule,
            TopicBody::Published => Self::Published,
        }
    }
}

/// Where the notifications of a topic come.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = NotificationChoice)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChoiceBody {
    /// Which.
    topic: TopicBody,
    /// In the product. What is off is neither listed nor counted from then on.
    in_app: bool,
    /// By e-mail, where the instance sends any.
    mail: bool,
}

/// What holds for the caller.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationChoices)]
pub(crate) struct ChoicesBody {
    /// Whether this instance sends e-mail at all.
    mail: bool,
    /// Every topic.
    choices: Vec<ChoiceBody>,
}

/// What the caller chooses; topics that are left out stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetNotificationChoices {
    /// Where a topic comes twice, the last one holds.
    choices: Vec<ChoiceBody>,
}

fn body(app: &App, all: Choices) -> Answer<ChoicesBody> {
    let choice = |(topic, Choice { in_app, mail }): (Topic, Choice)| ChoiceBody { topic: topic.into(), in_app, mail };
    Answer(ChoicesBody { mail: app.settings.mail, choices: all.into_iter().map(choice).collect() })
}

/// Shows what the caller is told of, in the product and by e-mail.
#[utoipa::path(get, path = "/me/notification-choices", tag = "me", responses((status = 200, body = ChoicesBody)))]
pub(crate) async fn get_notification_choices(
    State(app): State<App>,
    Authed(caller): Authed,
) -> Result<Answer<ChoicesBody>, Problem> {
    let all = choices::get(&app, &caller).await?;
    Ok(body(&app, all))
}

/// Chooses what the caller is told of, in the product and by e-mail.
#[utoipa::path(put, path = "/me/notification-choices", tag = "me", request_body = SetNotificationChoices,
    responses((status = 200, body = ChoicesBody)))]
pub(crate) async fn set_notification_choices(
    State(app): State<App>,
    Authed(caller): Authed,
    Json(chosen): Json<SetNotificationChoices>,
) -> Result<Answer<ChoicesBody>, Problem> {
    let chosen = chosen.choices.into_iter();
    let chosen: Vec<_> =
        chosen.map(|ChoiceBody { topic, in_app, mail }| (topic.into(), Choice { in_app, mail })).collect();
    let all = choices::set(&app, &caller, &chosen).await?;
    Ok(body(&app, all))
}
