//! Which parameters go with what (matrix of the facts of 2026-11-23).

use super::super::door::{BOTH, FACEBOOK, Login};
use crate::graph::error::{GraphError, Kind};
use crate::graph::params::Params;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Image,
    Carousel,
    ImageItem,
    VideoItem,
    Reel,
    ImageStory,
    VideoStory,
}

impl Role {
    const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Whether it has a video.
    pub(super) fn moves(self) -> bool {
        matches!(self, Self::VideoItem | Self::Reel | Self::VideoStory)
    }

    pub(super) fn item(self) -> bool {
        matches!(self, Self::ImageItem | Self::VideoItem)
    }
}

const IMAGE: u8 = Role::Image.bit();
const CAROUSEL: u8 = Role::Carousel.bit();
const ITEMS: u8 = Role::ImageItem.bit() | Role::VideoItem.bit();
const REEL: u8 = Role::Reel.bit();
const STORIES: u8 = Role::ImageStory.bit() | Role::VideoStory.bit();
const MOVING: u8 = REEL | Role::VideoItem.bit() | Role::VideoStory.bit();
const FEED: u8 = IMAGE | CAROUSEL | REEL;
const ALL: u8 = FEED | ITEMS | STORIES;

/// A parameter.
struct Parameter {
    name: &'static str,
    roles: u8,
    logins: u8,
    /// The major number of the version that brought it.
    since: u32,
}

const fn both(name: &'static str, roles: u8) -> Parameter {
    Parameter { name, roles, logins: BOTH, since: 0 }
}

const fn facebook(name: &'static str, roles: u8, since: u32) -> Parameter {
    Parameter { name, roles, logins: FACEBOOK, since }
}

/// Every documented parameter, what it goes with, where, and since when. What the manual says of some names of v26.0
/// is not in the facts; those go with everything that becomes a post of its own.
const MATRIX: [Parameter; 28] = [
    both("media_type", ALL),
    both("is_carousel_item", ALL),
    both("image_url", IMAGE | Role::ImageItem.bit() | Role::ImageStory.bit()),
    both("video_url", MOVING),
    both("caption", FEED),
    both("children", CAROUSEL),
    both("alt_text", IMAGE | Role::ImageItem.bit()),
    both("user_tags", IMAGE | ITEMS | REEL | STORIES),
    both("collaborators", FEED),
    both("cover_url", REEL),
    both("thumb_offset", REEL),
    both("share_to_feed", REEL),
    both("audio_name", REEL),
    both("trial_params", REEL),
    Parameter { since: 26, ..both("is_ai_generated", FEED | STORIES) },
    Parameter { since: 26, ..both("audio_configuration", REEL) },
    // Refused everywhere, with a code of its own.
    both("scheduled_publish_time", ALL),
    facebook("upload_type", MOVING, 0),
    facebook("location_id", FEED, 0),
    facebook("product_tags", IMAGE | ITEMS | REEL, 0),
    facebook("title", FEED | STORIES, 26),
    facebook("poll_attachment", FEED | STORIES, 26),
    facebook("is_poll_duration_extended", FEED | STORIES, 26),
    facebook("show_ig_link", FEED | STORIES, 26),
    facebook("cross_post_to_threads", FEED | STORIES, 26),
    facebook("is_paid_partnership", FEED | STORIES, 26),
    facebook("branded_content_sponsor_ids", FEED | STORIES, 26),
    facebook("is_comment_prompt_used", FEED | STORIES, 26),
];

/// The parameters that are kept and mean nothing here.
pub(super) const EXTRAS: [&str; 8] = [
    "title",
    "poll_attachment",
    "is_poll_duration_extended",
    "show_ig_link",
    "cross_post_to_threads",
    "is_paid_partnership",
    "branded_content_sponsor_ids",
    "is_comment_prompt_used",
];

/// The names of [`MATRIX`].
pub(in super::super) const FIELDS: [&str; MATRIX.len()] = {
    let mut names = [""; MATRIX.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = MATRIX[at].name;
        at += 1;
    }
    names
};

/// Refuses what the log-in or the version does not have: as a name that no document has.
pub(super) fn offered(params: &Params, login: Login, version: u32) -> Result<(), GraphError> {
    let given = MATRIX.iter().filter(|parameter| params.text(parameter.name).is_some());
    for parameter in given {
        if parameter.logins & login.bit() == 0 {
            return Err(GraphError::param(parameter.name, "is not supported with Instagram Login"));
        }
        if version < parameter.since {
            return Err(GraphError::param(parameter.name, "is not a documented parameter of this version"));
        }
    }
    Ok(())
}

/// What a request is for: 100/2207023 for a type that is not known, and for VIDEO alone, which is gone since
/// 2023-11-09 and which code it has since is not confirmed.
pub(super) fn role(params: &Params) -> Result<Role, GraphError> {
    let item = params.flag("is_carousel_item")?.unwrap_or(false);
    let moves = params.text("video_url").is_some() || params.text("upload_type").is_some();
    match (params.text("media_type"), item) {
        (None | Some("IMAGE"), false) => Ok(Role::Image),
        (None | Some("IMAGE"), true) => Ok(Role::ImageItem),
        (Some("VIDEO"), true) => Ok(Role::VideoItem),
        (Some("CAROUSEL"), false) => Ok(Role::Carousel),
        (Some("REELS"), false) => Ok(Role::Reel),
        (Some("STORIES"), false) => Ok(if moves { Role::VideoStory } else { Role::ImageStory }),
        (Some(kind @ ("CAROUSEL" | "REELS" | "STORIES")), true) => {
            Err(GraphError::param("is_carousel_item", &format!("does not go with {kind}")))
        }
        (Some(kind), _) => Err(unknown_type(kind)),
    }
}

fn unknown_type(kind: &str) -> GraphError {
    let error = GraphError::new(Kind::OAuth, 100, format!("(#100) The media type {kind} is unknown"));
    error.with_subcode(2_207_023).telling("Media type is unknown", "Choose one of IMAGE, REELS, STORIES, CAROUSEL.")
}

/// Refuses parameters that go with something else.
pub(super) fn applicable(params: &Params, role: Role, carousel_collaborators: bool) -> Result<(), GraphError> {
    if role == Role::Carousel && !carousel_collaborators && params.text("collaborators").is_some() {
        return Err(GraphError::new(Kind::OAuth, 100, "(#100) param collaborators is not allowed"));
    }
    let given = |parameter: &&Parameter| params.text(parameter.name).is_some();
    let stranger = MATRIX.iter().filter(given).find(|parameter| parameter.roles & role.bit() == 0);
    match stranger {
        Some(parameter) => Err(GraphError::param(parameter.name, "does not go with this media_type")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Params {
        Params::from_pairs(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))).expect("params")
    }

    #[test]
    fn every_parameter_is_named_once() {
        for (number, name) in FIELDS.iter().enumerate() {
            assert!(!FIELDS[number + 1..].contains(name), "{name}");
        }
        assert!(EXTRAS.iter().all(|name| FIELDS.contains(name)));
    }

    #[test]
    fn each_role_takes_what_the_matrix_says() {
        let takes = |role, name| applicable(&params(&[(name, "x")]), role, true).is_ok();
        use Role::{Carousel, Image, ImageItem, ImageStory, Reel, VideoItem, VideoStory};
        let all = [Image, Carousel, ImageItem, VideoItem, Reel, ImageStory, VideoStory];
        for (name, want) in [
            ("caption", vec![Image, Carousel, Reel]),
            ("children", vec![Carousel]),
            ("alt_text", vec![Image, ImageItem]),
            ("user_tags", vec![Image, ImageItem, VideoItem, Reel, ImageStory, VideoStory]),
            ("collaborators", vec![Image, Carousel, Reel]),
            ("thumb_offset", vec![Reel]),
            ("is_ai_generated", vec![Image, Carousel, Reel, ImageStory, VideoStory]),
            ("upload_type", vec![VideoItem, Reel, VideoStory]),
        ] {
            let got: Vec<_> = all.into_iter().filter(|role| takes(*role, name)).collect();
            assert_eq!(got, want, "{name}");
        }
        assert!(applicable(&params(&[("collaborators", "x")]), Carousel, false).is_err());
    }

    #[test]
    fn log_ins_and_versions_have_their_own_names() {
        let offers = |name, login, version| offered(&params(&[(name, "x")]), login, version).is_ok();
        for name in ["location_id", "product_tags", "upload_type"] {
            assert!(offers(name, Login::Facebook, 22) && !offers(name, Login::Instagram, 26), "{name}");
        }
        assert!(offers("is_ai_generated", Login::Instagram, 26) && !offers("is_ai_generated", Login::Instagram, 25));
        assert!(offers("title", Login::Facebook, 26) && !offers("title", Login::Facebook, 25));
    }
}
