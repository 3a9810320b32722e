//! What a container is made from, checked in the order of the parameters' weight.

use serde_json::Value;

use super::super::Scene;
use super::super::model::{Content, MediaType, Product};
use super::matrix::{self, EXTRAS, Role};
use super::{Draft, Source, references, tags};
use crate::graph::error::{GraphError, Kind};
use crate::graph::params::Params;

/// How long a caption may be, in characters (facts of 2026-11-23). What a character is, is not documented; here it is
/// a code point.
const CAPTION: usize = 2_200;

/// How long an alternative text may be (prior knowledge).
const ALT_TEXT: usize = 1_000;

/// How many collaborators may be invited when something is made.
const COLLABORATORS: usize = 3;

/// Reads and checks a request. Which code the real server has for each refusal is not confirmed, except where a
/// subcode says so.
pub(super) fn draft(scene: &Scene<'_>) -> Result<Draft, GraphError> {
    scene.account()?;
    let (params, door, settings) = (&scene.params, scene.door()?, &scene.at().settings);
    if params.text("scheduled_publish_time").is_some() {
        return Err(GraphError::new(Kind::OAuth, 3, "(#3) User must be on whitelist"));
    }
    matrix::offered(params, door.login, door.version)?;
    let role = matrix::role(params)?;
    let source = source(params, role)?;
    matrix::applicable(params, role, settings.carousel_collaborators)?;
    let mut content = Content::of(kind(role), product(role));
    content.caption = caption(params, settings.hashtags)?;
    content.children = references::children(scene, role)?;
    tag(params, role, &mut content)?;
    settle(scene, &mut content)?;
    let (alt_text, cover) = (alt_text(params)?, params.text("cover_url").map(str::to_owned));
    Ok(Draft { content, item: role.item(), source, cover, alt_text })
}

fn kind(role: Role) -> MediaType {
    match role {
        Role::Carousel => MediaType::CarouselAlbum,
        _ if role.moves() => MediaType::Video,
        _ => MediaType::Image,
    }
}

fn product(role: Role) -> Product {
    match role {
        Role::Reel => Product::Reels,
        Role::ImageStory | Role::VideoStory => Product::Story,
        Role::Image | Role::Carousel | Role::ImageItem | Role::VideoItem => Product::Feed,
    }
}

/// Where the file comes from: an address, or bytes that are sent later.
fn source(params: &Params, role: Role) -> Result<Source, GraphError> {
    let sent = match params.text("upload_type") {
        None => false,
        Some("resumable") => true,
        Some(_) => return Err(GraphError::param("upload_type", "must be resumable")),
    };
    match role {
        Role::Carousel => Ok(Source::None),
        _ if sent && params.text("video_url").is_some() => {
            Err(GraphError::param("video_url", "does not go with upload_type"))
        }
        _ if sent => Ok(Source::Sent),
        Role::Image if params.text("video_url").is_some() => {
            Err(GraphError::param("media_type", "is required for a video"))
        }
        _ if role.moves() => params.required("video_url").map(|url| Source::Address(url.to_owned())),
        _ => params.required("image_url").map(|url| Source::Address(url.to_owned())),
    }
}

/// The caption: 36004/2207010 when it is too long, 100/2207040 with too many people in it (error codes, 2026-06-02);
/// the code of too many hashtags is not documented.
fn caption(params: &Params, hashtags: u64) -> Result<Option<String>, GraphError> {
    let Some(caption) = params.text("caption") else {
        return Ok(None);
    };
    if caption.chars().count() > CAPTION {
        let error = GraphError::new(Kind::OAuth, 36_004, "The caption was too long.").with_subcode(2_207_010);
        return Err(error.telling("Caption too long", "A caption can have at most 2,200 characters."));
    }
    if tags::words(caption, '@') > tags::MOST {
        return Err(tags::too_many());
    }
    match tags::words(caption, '#') as u64 > hashtags {
        true => Err(GraphError::param("caption", &format!("must have at most {hashtags} hashtags"))),
        false => Ok(Some(caption.to_owned())),
    }
}

fn alt_text(params: &Params) -> Result<Option<String>, GraphError> {
    match params.text("alt_text") {
        Some(text) if text.chars().count() > ALT_TEXT => {
            Err(GraphError::param("alt_text", "must be at most 1000 characters long"))
        }
        text => Ok(text.map(str::to_owned)),
    }
}

/// Who and what is tagged, and who is invited.
fn tag(params: &Params, role: Role, content: &mut Content) -> Result<(), GraphError> {
    content.user_tags = tags::people(params, matches!(role, Role::Image | Role::ImageItem))?;
    content.product_tags = tags::products(params, content.kind == MediaType::Image)?;
    content.collaborators = collaborators(params)?;
    Ok(())
}

fn collaborators(params: &Params) -> Result<Vec<String>, GraphError> {
    let wrong = || GraphError::param("collaborators", "must be a list of 1 to 3 user names");
    let Some(given) = params.json("collaborators").map_err(|_| wrong())? else {
        return Ok(Vec::new());
    };
    let names: Vec<_> = given.as_array().ok_or_else(wrong)?.iter().map(Value::as_str).collect();
    let names: Option<Vec<_>> = names.into_iter().map(|name| name.filter(|name| tags::username(name))).collect();
    let names = names.filter(|names| (1..=COLLABORATORS).contains(&names.len())).ok_or_else(wrong)?;
    Ok(names.into_iter().map(str::to_owned).collect())
}

/// The choices that stand for themselves.
fn settle(scene: &Scene<'_>, content: &mut Content) -> Result<(), GraphError> {
    let params = &scene.params;
    let offset = params.number("thumb_offset")?;
    // With both, the cover is taken.
    content.thumb_offset = offset.filter(|_| params.text("cover_url").is_none());
    content.share_to_feed = params.flag("share_to_feed")?;
    content.audio_name = params.text("audio_name").map(str::to_owned);
    content.ai_generated = params.flag("is_ai_generated")?.unwrap_or(false);
    content.trial = trial(scene)?;
    content.audio = audio(params)?;
    content.location_id = references::location(params)?;
    let extra = |name: &&str| Some(((*name).to_owned(), params.text(name)?.to_owned()));
    content.extras = EXTRAS.iter().filter_map(extra).collect();
    Ok(())
}

/// `trial_params`: 2207081 for an account without them (tracker of 2026-08-30); the code beside it is assumed.
fn trial(scene: &Scene<'_>) -> Result<Option<String>, GraphError> {
    const NAME: &str = "trial_params";
    let Some(given) = scene.params.json(NAME)? else {
        return Ok(None);
    };
    let strategy = given["graduation_strategy"].as_str().filter(|word| ["MANUAL", "SS_PERFORMANCE"].contains(word));
    let alone = given.as_object().is_some_and(|map| map.len() == 1);
    let strategy = strategy.filter(|_| alone).ok_or_else(|| {
        GraphError::param(NAME, "must be an object with graduation_strategy MANUAL or SS_PERFORMANCE")
    })?;
    if !scene.account()?.trial_reels {
        let error = GraphError::new(Kind::OAuth, 100, "Trial reels are not available for this account.");
        return Err(error.with_subcode(2_207_081).telling("Trial reels", "This account cannot create trial reels."));
    }
    Ok(Some(strategy.to_owned()))
}

/// `audio_configuration`: an object. Of its members the documents name `video_volume` alone; the others are kept.
fn audio(params: &Params) -> Result<Option<Value>, GraphError> {
    const NAME: &str = "audio_configuration";
    let Some(given) = params.json(NAME)? else {
        return Ok(None);
    };
    let volume = &given["video_volume"];
    match given.is_object() && (volume.is_null() || volume.as_f64().is_some_and(|volume| volume >= 0.0)) {
        true => Ok(Some(given)),
        false => Err(GraphError::param(NAME, "must be an object whose video_volume is not negative")),
    }
}
