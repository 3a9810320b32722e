//! A platform that takes files, and what was sent to it.

use async_trait::async_trait;
use postrider_connector::auth::{Auth, AuthCx, ConnectError, ConnectFields, SessionAuth};
use postrider_connector::descriptor::*;
use postrider_connector::*;
use postrider_domain::content::Variant;
use postrider_domain::media::{Mime, MimeSet};
use serde_json::{Value, json};

use crate::fake::IDEMPOTENT;

const STILLS: MimeSet = MimeSet::of(&[Mime::Jpeg, Mime::Png]);

const PICTURE: PictureRules = PictureRules {
    mimes: STILLS,
    max_bytes: 200_000,
    max_pixels: None,
    max_side: Some(100),
    ratio: None,
    source: "test",
};

const VIDEO: VideoRules = VideoRules {
    mimes: MimeSet::of(&[Mime::Mp4]),
    codecs: &["avc1"],
    max_bytes: 5_000_000,
    duration_ms: None,
    max_pixels: None,
    max_side: Some(64),
    max_fps: None,
    source: "test",
};

const RULES: MediaRules = MediaRules {
    max_items: 4,
    max_videos: 1,
    mixed: true,
    fetched: false,
    image: Some(PICTURE),
    animation: None,
    video: Some(VIDEO),
    alt: None,
};

pub(crate) static GALLERY: Descriptor =
    Descriptor { id: "fake_gallery", text_required: false, media: Some(RULES), ..IDEMPOTENT };

/// Sends what it is handed as the text of a post: one JSON list of files.
pub(crate) struct Gallery;

impl Gallery {
    fn request(&self, part: &PartInput, state: &MachineState) -> Request {
        let file = |file: &MediaInput| {
            json!({
                "id": file.id, "key": file.blob.key, "bytes": file.blob.len, "sha256": file.blob.sha256,
                "mime": file.mime, "width": file.width, "height": file.height, "alt": file.alt, "name": file.name,
                "kind": file.kind, "duration_ms": file.duration_ms, "focus": file.focus,
            })
        };
        let files: Vec<Value> = part.media.iter().map(file).collect();
        let body = json!({ "key": state.0["key"], "text": Value::from(files).to_string() });
        Request::post_json("https://fake.example/idempotent", &body).bearer("access")
    }
}

#[async_trait]
impl Connector for Gallery {
    fn descriptor(&self) -> &'static Descriptor {
        &GALLERY
    }

    fn auth(&self) -> Auth<'_> {
        Auth::Session(self)
    }

    /// A server may say that it takes less.
    fn limits(&self, account: &Account) -> Limits {
        let mut limits = Limits::of(&GALLERY);
        let side = account.facts["max_side"].as_u64().and_then(|side| u32::try_from(side).ok());
        if let (Some(side), Some(rules)) = (side, limits.media.as_mut()) {
            rules.image = Some(PictureRules { max_side: Some(side), ..PICTURE });
        }
        limits
    }

    /// A part that says so takes a small picture.
    fn file_rules(&self, account: &Account, variant: &Variant, part: usize) -> Option<MediaRules> {
        let rules = self.limits(account).media?;
        let small = PictureRules { max_side: Some(30), ..PICTURE };
        Some(if variant.parts[part].text == "small" { MediaRules { image: Some(small), ..rules } } else { rules })
    }

    fn begin(&self, plan: &mut PlanCx<'_>, _: &Account, _: &PartInput) -> Result<MachineState, ConnectorError> {
        let key: [u8; 8] = postrider_domain::source::bytes(plan.entropy);
        Ok(MachineState(json!({ "key": format!("{:016x}", u64::from_be_bytes(key)) })))
    }

    fn effect(&self, _: &Account, part: &PartInput, state: &MachineState) -> Result<Effect, ConnectorError> {
        let sends = self.request(part, state).sends();
        Ok(Effect::Idempotent { key: state.0["key"].to_string(), honoured_for: None, sends })
    }

    async fn step(
        &self,
        cx: &Cx<'_>,
        _: &Account,
        part: &PartInput,
        state: &MachineState,
    ) -> Result<Outcome, ConnectorError> {
        let sent = cx.send(&self.request(part, state)).await;
        let response = sent.map_err(|error| ConnectorError::new(Failure::Transient, format!("{error:?}")))?;
        if !response.is_success() {
            return Err(ConnectorError::new(Failure::Transient, "refused"));
        }
        let key = state.0["key"].as_str().unwrap_or_default().to_owned();
        Ok(Outcome::Done(Receipt { remote_id: key, url: None, extra: json!({}) }))
    }

    async fn reconcile(
        &self,
        _: &Cx<'_>,
        _: &Account,
        _: &PartInput,
        _: &MachineState,
    ) -> Result<Lookup, ConnectorError> {
        Ok(Lookup::Absent)
    }

    fn receipt_from_link(&self, _: &Account, _: &str) -> Option<Receipt> {
        None
    }
}

#[async_trait]
impl SessionAuth for Gallery {
    async fn log_in(&self, _: &AuthCx<'_>, _: &ConnectFields) -> Result<Connected, ConnectError> {
        unreachable!("tests plant their grants")
    }

    async fn refresh(&self, _: &AuthCx<'_>, _: &str) -> Result<Refreshed, ConnectorError> {
        Err(ConnectorError::new(Failure::Transient, "not asked for"))
    }

    async fn log_out(&self, _: &AuthCx<'_>, _: &str) -> Result<Revocation, ConnectorError> {
        Ok(Revocation::NotOffered)
    }
}
