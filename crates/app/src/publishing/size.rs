//! How much a post may hold at all. The platforms' own limits are far below; these keep a
//! draft from being a place to store things.

use postrider_domain::content::{Content, PartContent};
use postrider_domain::{Code, Issue, Issues};

/// Bytes of all texts and settings of a post.
pub(crate) const MOST_BYTES: usize = 64 * 1024;

/// Parts in one list.
pub(crate) const MOST_PARTS: usize = 100;

/// What is too much, each at its field: lists of parts, and the text or settings with which
/// the whole became too large.
pub(crate) fn issues(content: &Content) -> Issues {
    let mut found = Issues::default();
    let mut total = Total::default();
    total.parts("/parts", &content.parts, &mut found);
    for (index, channel) in content.channels.iter().enumerate() {
        if let Some(parts) = &channel.parts {
            total.parts(&format!("/channels/{index}/parts"), parts, &mut found);
        }
        if !channel.settings.is_empty() {
            let text = serde_json::to_string(&channel.settings).unwrap_or_default();
            total.add(&format!("/channels/{index}/settings"), text.len(), &mut found);
        }
    }
    found
}

#[derive(Default)]
struct Total(usize);

impl Total {
    fn parts(&mut self, field: &str, parts: &[PartContent], found: &mut Issues) {
        if parts.len() > MOST_PARTS {
            found.push(Issue::error(Code::TooLong, field).with("limit", MOST_PARTS));
        }
        for (index, part) in parts.iter().enumerate() {
            self.add(&format!("{field}/{index}/text"), part.text.len(), found);
            for (file, media) in part.media.iter().enumerate() {
                let alt = media.alt.as_ref().map_or(0, String::len);
                self.add(&format!("{field}/{index}/media/{file}/alt"), alt, found);
            }
        }
    }

    /// Counts a field; the one that crosses the limit is named, and those after it are not.
    fn add(&mut self, field: &str, bytes: usize, found: &mut Issues) {
        let fitted = self.0 <= MOST_BYTES;
        self.0 = self.0.saturating_add(bytes);
        if fitted && self.0 > MOST_BYTES {
            found.push(Issue::error(Code::TooLong, field).with("limit", MOST_BYTES));
        }
    }
}

#[cfg(test)]
mod tests {
    use postrider_domain::content::ChannelContent;
    use postrider_domain::id::ChannelId;
    use serde_json::json;

    use super::*;

    fn part(bytes: usize) -> PartContent {
        PartContent { text: "x".repeat(bytes), ..PartContent::default() }
    }

    fn fields(content: &Content) -> Vec<String> {
        issues(content).0.into_iter().map(|issue| issue.field).collect()
    }

    #[test]
    fn a_hundred_parts_and_64_kib_fit_and_more_is_named() {
        let fits = Content { parts: vec![part(MOST_BYTES / 64); 64], channels: Vec::new() };
        assert_eq!(fields(&fits), [] as [String; 0]);
        let mut over = fits.clone();
        over.parts[63].text.push('x');
        assert_eq!(fields(&over), ["/parts/63/text"]);
        let many = Content { parts: vec![part(0); MOST_PARTS], channels: Vec::new() };
        assert_eq!(fields(&many), [] as [String; 0]);
        let more = Content { parts: vec![part(0); MOST_PARTS + 1], channels: Vec::new() };
        assert_eq!(fields(&more), ["/parts"]);
    }

    #[test]
    fn what_channels_have_of_their_own_counts_too() {
        let channel = ChannelId::from_uuid(uuid::Uuid::from_u128(1));
        let own = |parts: Option<Vec<PartContent>>, settings| ChannelContent { channel, parts, settings };
        let large = json!({"note": "x".repeat(40_000)}).as_object().cloned().expect("an object");
        let channels = vec![
            own(Some(vec![part(30_000)]), Default::default()),
            own(None, large),
            own(Some(vec![part(1); MOST_PARTS + 1]), Default::default()),
        ];
        let content = Content { parts: vec![part(10)], channels };
        assert_eq!(fields(&content), ["/channels/1/settings", "/channels/2/parts"]);
    }
}
