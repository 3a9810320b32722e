//! What this simulation knows of the lexicons: the records and the methods it
//! serves, by hand from the published lexicons of 2026-08-20. A test compares
//! every entry with the published files where those are present.

use super::schema::{Format, Obj, Text, Ty};

const fn text(bytes: Option<usize>, graphemes: Option<usize>) -> Ty {
    Ty::Text(Text { bytes, graphemes, format: None })
}

const fn format(format: Format) -> Ty {
    Ty::Text(Text { bytes: None, graphemes: None, format: Some(format) })
}

const ANY_TEXT: Ty = text(None, None);
const RKEY_INPUT: Ty = Ty::Text(Text { bytes: Some(512), graphemes: None, format: Some(Format::RecordKey) });
const POSITIVE: Ty = Ty::Int { min: Some(1), max: None };
const NATURAL: Ty = Ty::Int { min: Some(0), max: None };

/// `app.bsky.feed.post`, the record.
pub(crate) static POST: Obj = Obj {
    id: "app.bsky.feed.post",
    required: &["text", "createdAt"],
    nullable: &[],
    props: &[
        ("text", text(Some(3_000), Some(300))),
        ("entities", Ty::NotSimulated),
        ("facets", Ty::List { max: None, of: &Ty::Ref(&FACET) }),
        ("reply", Ty::Ref(&REPLY)),
        ("embed", Ty::Union(&[&IMAGES, &VIDEO, &GALLERY, &EXTERNAL, &EMBED_RECORD, &RECORD_WITH_MEDIA])),
        ("langs", Ty::List { max: Some(3), of: &format(Format::Language) }),
        ("labels", Ty::Union(&[&SELF_LABELS])),
        ("tags", Ty::List { max: Some(8), of: &text(Some(640), Some(64)) }),
        ("createdAt", format(Format::Datetime)),
    ],
};

static REPLY: Obj = Obj {
    id: "app.bsky.feed.post#replyRef",
    required: &["root", "parent"],
    nullable: &[],
    props: &[("root", Ty::Ref(&STRONG_REF)), ("parent", Ty::Ref(&STRONG_REF))],
};

static STRONG_REF: Obj = Obj {
    id: "com.atproto.repo.strongRef",
    required: &["uri", "cid"],
    nullable: &[],
    props: &[("uri", format(Format::AtUri)), ("cid", format(Format::Cid))],
};

static EMBED_RECORD: Obj = Obj {
    id: "app.bsky.embed.record",
    required: &["record"],
    nullable: &[],
    props: &[("record", Ty::Ref(&STRONG_REF))],
};

static RECORD_WITH_MEDIA: Obj = Obj {
    id: "app.bsky.embed.recordWithMedia",
    required: &["record", "media"],
    nullable: &[],
    props: &[("record", Ty::Ref(&EMBED_RECORD)), ("media", Ty::Union(&[&IMAGES, &VIDEO, &GALLERY, &EXTERNAL]))],
};

const PICTURE: Ty = Ty::Blob { accept: &["image/*"], max: 2_000_000 };

static IMAGES: Obj = Obj {
    id: "app.bsky.embed.images",
    required: &["images"],
    nullable: &[],
    props: &[("images", Ty::List { max: Some(4), of: &Ty::Ref(&IMAGE) })],
};

static IMAGE: Obj = Obj {
    id: "app.bsky.embed.images#image",
    required: &["image", "alt"],
    nullable: &[],
    props: &[("image", PICTURE), ("alt", ANY_TEXT), ("aspectRatio", Ty::Ref(&ASPECT_RATIO))],
};

static ASPECT_RATIO: Obj = Obj {
    id: "app.bsky.embed.defs#aspectRatio",
    required: &["width", "height"],
    nullable: &[],
    props: &[("width", POSITIVE), ("height", POSITIVE)],
};

static VIDEO: Obj = Obj {
    id: "app.bsky.embed.video",
    required: &["video"],
    nullable: &[],
    props: &[
        ("video", Ty::Blob { accept: &["video/mp4"], max: 300_000_000 }),
        ("captions", Ty::List { max: Some(20), of: &Ty::Ref(&CAPTION) }),
        ("alt", ANY_TEXT),
        ("aspectRatio", Ty::Ref(&ASPECT_RATIO)),
        ("presentation", ANY_TEXT),
    ],
};

static CAPTION: Obj = Obj {
    id: "app.bsky.embed.video#caption",
    required: &["lang", "file"],
    nullable: &[],
    props: &[("lang", format(Format::Language)), ("file", Ty::Blob { accept: &["text/vtt"], max: 20_000 })],
};

static GALLERY: Obj = Obj {
    id: "app.bsky.embed.gallery",
    required: &["items"],
    nullable: &[],
    props: &[("items", Ty::List { max: Some(20), of: &Ty::Union(&[&GALLERY_IMAGE]) })],
};

static GALLERY_IMAGE: Obj = Obj {
    id: "app.bsky.embed.gallery#image",
    required: &["image", "alt", "aspectRatio"],
    nullable: &[],
    props: &[("image", PICTURE), ("alt", ANY_TEXT), ("aspectRatio", Ty::Ref(&ASPECT_RATIO))],
};

static EXTERNAL: Obj = Obj {
    id: "app.bsky.embed.external",
    required: &["external"],
    nullable: &[],
    props: &[("external", Ty::Ref(&CARD))],
};

static CARD: Obj = Obj {
    id: "app.bsky.embed.external#external",
    required: &["uri", "title", "description"],
    nullable: &[],
    props: &[
        ("uri", format(Format::Uri)),
        ("title", ANY_TEXT),
        ("description", ANY_TEXT),
        ("thumb", Ty::Blob { accept: &["image/*"], max: 1_000_000 }),
        ("associatedRefs", Ty::List { max: None, of: &Ty::Ref(&STRONG_REF) }),
    ],
};

static FACET: Obj = Obj {
    id: "app.bsky.richtext.facet",
    required: &["index", "features"],
    nullable: &[],
    props: &[
        ("index", Ty::Ref(&BYTE_SLICE)),
        ("features", Ty::List { max: None, of: &Ty::Union(&[&MENTION, &LINK, &TAG]) }),
    ],
};

static BYTE_SLICE: Obj = Obj {
    id: "app.bsky.richtext.facet#byteSlice",
    required: &["byteStart", "byteEnd"],
    nullable: &[],
    props: &[("byteStart", NATURAL), ("byteEnd", NATURAL)],
};

static MENTION: Obj = Obj {
    id: "app.bsky.richtext.facet#mention",
    required: &["did"],
    nullable: &[],
    props: &[("did", format(Format::Did))],
};

static LINK: Obj = Obj {
    id: "app.bsky.richtext.facet#link",
    required: &["uri"],
    nullable: &[],
    props: &[("uri", format(Format::Uri))],
};

static TAG: Obj = Obj {
    id: "app.bsky.richtext.facet#tag",
    required: &["tag"],
    nullable: &[],
    props: &[("tag", text(Some(640), Some(64)))],
};

static SELF_LABELS: Obj = Obj {
    id: "com.atproto.label.defs#selfLabels",
    required: &["values"],
    nullable: &[],
    props: &[("values", Ty::List { max: Some(10), of: &Ty::Ref(&SELF_LABEL) })],
};

static SELF_LABEL: Obj = Obj {
    id: "com.atproto.label.defs#selfLabel",
    required: &["val"],
    nullable: &[],
    props: &[("val", text(Some(128), None))],
};

/// `app.bsky.feed.threadgate`, the record.
pub(crate) static THREADGATE: Obj = Obj {
    id: "app.bsky.feed.threadgate",
    required: &["post", "createdAt"],
    nullable: &[],
    props: &[
        ("post", format(Format::AtUri)),
        (
            "allow",
            Ty::List { max: Some(5), of: &Ty::Union(&[&MENTION_RULE, &FOLLOWER_RULE, &FOLLOWING_RULE, &LIST_RULE]) },
        ),
        ("createdAt", format(Format::Datetime)),
        ("hiddenReplies", Ty::List { max: Some(300), of: &format(Format::AtUri) }),
    ],
};

static MENTION_RULE: Obj = Obj { id: "app.bsky.feed.threadgate#mentionRule", required: &[], nullable: &[], props: &[] };

static FOLLOWER_RULE: Obj =
    Obj { id: "app.bsky.feed.threadgate#followerRule", required: &[], nullable: &[], props: &[] };

static FOLLOWING_RULE: Obj =
    Obj { id: "app.bsky.feed.threadgate#followingRule", required: &[], nullable: &[], props: &[] };

static LIST_RULE: Obj = Obj {
    id: "app.bsky.feed.threadgate#listRule",
    required: &["list"],
    nullable: &[],
    props: &[("list", format(Format::AtUri))],
};

/// The records that are simulated.
pub(crate) static RECORDS: [&Obj; 2] = [&POST, &THREADGATE];

/// The input of `com.atproto.server.createSession`.
pub(crate) static CREATE_SESSION: Obj = Obj {
    id: "com.atproto.server.createSession",
    required: &["identifier", "password"],
    nullable: &[],
    props: &[
        ("identifier", ANY_TEXT),
        ("password", ANY_TEXT),
        ("authFactorToken", ANY_TEXT),
        ("allowTakendown", Ty::Bool),
    ],
};

/// The input of `com.atproto.repo.createRecord`.
pub(crate) static CREATE_RECORD: Obj = Obj {
    id: "com.atproto.repo.createRecord",
    required: &["repo", "collection", "record"],
    nullable: &[],
    props: &[
        ("repo", format(Format::AtIdentifier)),
        ("collection", format(Format::Nsid)),
        ("rkey", RKEY_INPUT),
        ("validate", Ty::Bool),
        ("record", Ty::Unknown),
        ("swapCommit", format(Format::Cid)),
    ],
};

/// The input of `com.atproto.repo.putRecord`.
pub(crate) static PUT_RECORD: Obj = Obj {
    id: "com.atproto.repo.putRecord",
    required: &["repo", "collection", "rkey", "record"],
    nullable: &["swapRecord"],
    props: &[
        ("repo", format(Format::AtIdentifier)),
        ("collection", format(Format::Nsid)),
        ("rkey", RKEY_INPUT),
        ("validate", Ty::Bool),
        ("record", Ty::Unknown),
        ("swapRecord", format(Format::Cid)),
        ("swapCommit", format(Format::Cid)),
    ],
};

/// The input of `com.atproto.repo.deleteRecord`.
pub(crate) static DELETE_RECORD: Obj = Obj {
    id: "com.atproto.repo.deleteRecord",
    required: &["repo", "collection", "rkey"],
    nullable: &[],
    props: &[
        ("repo", format(Format::AtIdentifier)),
        ("collection", format(Format::Nsid)),
        ("rkey", format(Format::RecordKey)),
        ("swapRecord", format(Format::Cid)),
        ("swapCommit", format(Format::Cid)),
    ],
};

/// The parameters of `com.atproto.repo.getRecord`.
pub(crate) static GET_RECORD: Obj = Obj {
    id: "com.atproto.repo.getRecord",
    required: &["repo", "collection", "rkey"],
    nullable: &[],
    props: &[
        ("repo", format(Format::AtIdentifier)),
        ("collection", format(Format::Nsid)),
        ("rkey", format(Format::RecordKey)),
        ("cid", format(Format::Cid)),
    ],
};

/// The parameters of `com.atproto.repo.listRecords`.
pub(crate) static LIST_RECORDS: Obj = Obj {
    id: "com.atproto.repo.listRecords",
    required: &["repo", "collection"],
    nullable: &[],
    props: &[
        ("repo", format(Format::AtIdentifier)),
        ("collection", format(Format::Nsid)),
        ("limit", Ty::Int { min: Some(1), max: Some(100) }),
        ("cursor", ANY_TEXT),
        ("reverse", Ty::Bool),
    ],
};

/// The parameters of `com.atproto.repo.describeRepo`.
pub(crate) static DESCRIBE_REPO: Obj = Obj {
    id: "com.atproto.repo.describeRepo",
    required: &["repo"],
    nullable: &[],
    props: &[("repo", format(Format::AtIdentifier))],
};

/// The parameters of `com.atproto.identity.resolveHandle`.
pub(crate) static RESOLVE_HANDLE: Obj = Obj {
    id: "com.atproto.identity.resolveHandle",
    required: &["handle"],
    nullable: &[],
    props: &[("handle", format(Format::Handle))],
};

/// The parameters of `app.bsky.actor.getProfile`.
pub(crate) static GET_PROFILE: Obj = Obj {
    id: "app.bsky.actor.getProfile",
    required: &["actor"],
    nullable: &[],
    props: &[("actor", format(Format::AtIdentifier))],
};

/// The parameters of `com.atproto.sync.getBlob`.
pub(crate) static GET_BLOB: Obj = Obj {
    id: "com.atproto.sync.getBlob",
    required: &["did", "cid"],
    nullable: &[],
    props: &[("did", format(Format::Did)), ("cid", format(Format::Cid))],
};

/// The parameters of `com.atproto.server.getServiceAuth`.
pub(crate) static GET_SERVICE_AUTH: Obj = Obj {
    id: "com.atproto.server.getServiceAuth",
    required: &["aud"],
    nullable: &[],
    props: &[
        ("aud", text(Some(2_048), None)),
        ("exp", Ty::Int { min: None, max: None }),
        ("lxm", format(Format::Nsid)),
    ],
};

/// The parameters of `app.bsky.video.getJobStatus`.
pub(crate) static GET_JOB_STATUS: Obj =
    Obj { id: "app.bsky.video.getJobStatus", required: &["jobId"], nullable: &[], props: &[("jobId", ANY_TEXT)] };

/// The parameters of `app.bsky.video.uploadVideo`: not in the lexicon, but in the
/// platform's guide to videos and in what the service wants.
pub(crate) static UPLOAD_VIDEO: Obj = Obj {
    id: "",
    required: &["did", "name"],
    nullable: &[],
    props: &[("did", format(Format::Did)), ("name", ANY_TEXT)],
};

/// The parameters of a query that takes none.
pub(crate) static NO_PARAMETERS: Obj = Obj { id: "", required: &[], nullable: &[], props: &[] };
