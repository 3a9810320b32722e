//! How many posts an account has left today.

use serde_json::{Map, json};

use super::model::{DAY, Product, within_a_day};
use super::{Answer, Scene};
use crate::graph::error::{GraphError, Kind};
use crate::graph::fields::Fields;
use crate::graph::later;
use crate::graph::paging::Page;

use super::view;

/// `GET /{account}/content_publishing_limit`. What is shown without `fields` is not documented.
pub(super) fn show(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let (account, page) = (scene.account()?, Page::read(&scene.params)?);
    let fields = Fields::read(Some(scene.params.text("fields").unwrap_or("quota_usage")))?;
    let since = scene.now.checked_sub(DAY).unwrap_or(scene.now);
    // `since` may lie at most a day back (facts of 2026-11-23).
    if scene.params.text("since").is_some() && page.covers(later(since, jiff::SignedDuration::from_nanos(-1))) {
        return Err(GraphError::param("since", "must not be more than 24 hours ago"));
    }
    let recent = account.published.iter().filter(|at| **at > since && page.covers(**at)).count();
    let config = json!({"quota_total": scene.at().settings.posts_per_day, "quota_duration": DAY.as_secs()});
    let all = Map::from_iter([("quota_usage".to_owned(), recent.into()), ("config".to_owned(), config)]);
    let row = view::picked(&fields, &all, "ContentPublishingLimitResponse")?;
    Ok(Answer::Json(json!({"data": [row]})))
}

/// Whether a container can be published today: 9/2207042 where it cannot (error codes, 2026-06-02).
pub(super) fn check(scene: &Scene<'_>, container: u64) -> Result<(), GraphError> {
    let (account, settings) = (scene.account()?, &scene.at().settings);
    let story = scene.at().containers.get(&container).is_some_and(|found| found.content.product == Product::Story);
    let free = story && !settings.stories_count;
    match free || within_a_day(&account.published, scene.now) < settings.posts_per_day {
        true => Ok(()),
        false => {
            let error = GraphError::new(Kind::OAuth, 9, "Application request limit reached").with_subcode(2_207_042);
            Err(error.telling("Limit reached", "You reached the maximum number of posts within 24 hours."))
        }
    }
}
