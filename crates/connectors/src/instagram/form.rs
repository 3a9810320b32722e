//! What a part becomes: that decides which fields it has, and where it is looked for.

use postrider_domain::media::MediaKind;

use super::settings::Kind;

/// What a part becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A post with one picture.
    Picture,
    /// A post with several files, which has a container for each.
    Carousel,
    /// A reel: one video, and perhaps the picture that covers it.
    Reel,
    /// A story of one file.
    Story,
    /// A comment below the first part.
    Comment,
}

impl Form {
    /// From the wish of the person, the place of the part, and its files. A single video is a reel: videos outside of
    /// carousels that are no reels are not taken any more ("IG User: media", in force since 2023-11-09).
    pub(super) fn of(kind: Kind, index: usize, files: &[MediaKind]) -> Self {
        match (kind, index, files) {
            (Kind::Story, ..) => Self::Story,
            (_, 1.., _) => Self::Comment,
            (Kind::Reel, ..) | (Kind::Post, _, [MediaKind::Video]) => Self::Reel,
            (Kind::Post, _, [] | [_]) => Self::Picture,
            (Kind::Post, ..) => Self::Carousel,
        }
    }

    /// How the account's own list names it.
    pub(super) const fn product(self) -> &'static str {
        match self {
            Self::Picture | Self::Carousel | Self::Comment => "FEED",
            Self::Reel => "REELS",
            Self::Story => "STORY",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_the_wish_decide_what_a_part_becomes() {
        use MediaKind::{Image, Video};
        for (kind, index, files, expected) in [
            (Kind::Post, 0, &[Image][..], Form::Picture),
            (Kind::Post, 0, &[Video], Form::Reel),
            (Kind::Post, 0, &[Video, Image], Form::Carousel),
            (Kind::Post, 1, &[], Form::Comment),
            (Kind::Reel, 0, &[Video, Image], Form::Reel),
            (Kind::Reel, 1, &[], Form::Comment),
            (Kind::Story, 0, &[Video], Form::Story),
            (Kind::Story, 1, &[Image], Form::Story),
        ] {
            assert_eq!(Form::of(kind, index, files), expected, "{kind:?} {index} {files:?}");
        }
    }
}
