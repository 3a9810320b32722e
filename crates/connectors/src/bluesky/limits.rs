//! What an account's server takes.

use postrider_connector::descriptor::{Limits, MediaRules};
use postrider_connector::{Account, Subject};
use postrider_domain::content::Variant;
use postrider_domain::{Code, Issue};

use super::descriptor::DESCRIPTOR;
use super::links::web;
use super::media::service;
use super::settings::Settings;

/// The largest picture of a card (lexicon `app.bsky.embed.external`, 2026-08-20).
const CARD_BYTES: u64 = 1_000_000;

/// The descriptor's limits, or what the server says where that is less. A video that goes through
/// the service is written to the server by the service, so the server's limit is not ours to keep.
pub(super) fn of(account: &Account) -> Limits {
    let mut limits = Limits::of(&DESCRIPTOR);
    if let (Some(rules), Some(most)) = (&mut limits.media, account.facts["blob_upload_limit"].as_u64()) {
        lower(rules, most, service(account).is_none());
    }
    limits
}

fn lower(rules: &mut MediaRules, most: u64, video_too: bool) {
    if let Some(image) = &mut rules.image {
        image.max_bytes = image.max_bytes.min(most);
    }
    if let Some(video) = rules.video.as_mut().filter(|_| video_too) {
        video.max_bytes = video.max_bytes.min(most);
    }
}

/// The rules for the files of a part. Pictures are made small enough for them, so one in a card is never too large.
pub(super) fn of_files(account: &Account, variant: &Variant, part: usize) -> Option<MediaRules> {
    let mut rules = of(account).media?;
    if let Some(image) =
        rules.image.as_mut().filter(|_| part == 0 && Settings::read(&variant.settings, web(account)).0.card.is_some())
    {
        image.max_bytes = image.max_bytes.min(CARD_BYTES);
    }
    Some(rules)
}

/// A card stands in the place of files: its picture is the only one.
pub(super) fn of_card(subject: &Subject<'_>) -> Vec<Issue> {
    let (settings, _) = Settings::read(&subject.variant.settings, web(subject.account));
    let Some(root) = subject.variant.parts.first().filter(|_| settings.card.is_some()) else { return Vec::new() };
    let mut facts = root.media.iter().filter_map(|used| subject.shelf.files.get(&used.id)?.facts.as_ref());
    let mut issues = Vec::new();
    if root.media.len() > 1 || facts.any(|facts| facts.mime.is_video()) {
        issues.push(Issue::error(Code::CardWithMedia, "/parts/0/media").with("platform", DESCRIPTOR.name));
    }
    issues
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Most bytes of a picture and of a video.
    fn most(facts: Value) -> (u64, u64) {
        let account = Account {
            host: "https://pds.example".into(),
            remote_id: "did:plc:abc".into(),
            handle: "ada.example".into(),
            facts,
        };
        let media = of(&account).media.expect("takes files");
        (media.image.expect("pictures").max_bytes, media.video.expect("videos").max_bytes)
    }

    #[test]
    fn files_keep_to_what_the_server_takes_and_videos_of_the_service_to_what_it_takes() {
        let service = "https://video.example";
        assert_eq!(most(json!({})), (2_000_000, 300_000_000), "a server that does not say");
        assert_eq!(most(json!({"blob_upload_limit": 5_000_000})), (2_000_000, 5_000_000));
        assert_eq!(most(json!({"blob_upload_limit": 900_000})), (900_000, 900_000));
        assert_eq!(most(json!({"blob_upload_limit": 900_000, "video_service": service})), (900_000, 300_000_000));
    }
}
