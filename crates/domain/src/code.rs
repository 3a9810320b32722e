//! Stable codes: what happened, for programs and for translation.
//!
//! Each code has one message in `locales/en.ftl` (same name, `-` for `_`), and
//! each message one code; a tidy check keeps it so. Codes are only ever added.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($name:ident => $text:literal),* $(,)?) => {
        /// A stable, machine-readable reason.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the message of each code is its description")]
        pub enum Code { $($name),* }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// The code as programs see it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text),* }
            }

            /// The code with this text.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Code::$name),)* _ => None }
            }
        }
    };
}

codes! {
    // Requests
    BadBody => "bad_body",
    BadField => "bad_field",
    InvalidFields => "invalid_fields",
    BadId => "bad_id",
    BadCursor => "bad_cursor",
    BodyTooLarge => "body_too_large",
    UnsupportedMediaType => "unsupported_media_type",
    NotFound => "not_found",
    MethodNotAllowed => "method_not_allowed",
    Conflict => "conflict",
    StaleVersion => "stale_version",
    VersionRequired => "version_required",
    IdempotencyMismatch => "idempotency_mismatch",
    IdempotencyInFlight => "idempotency_in_flight",
    IdempotencyKeyInvalid => "idempotency_key_invalid",
    TooManyRequests => "too_many_requests",
    Unavailable => "unavailable",
    Busy => "busy",
    RequestTimeout => "request_timeout",
    TooManyStreams => "too_many_streams",
    StorageFull => "storage_full",
    Internal => "internal",
    Required => "required",
    TooShort => "too_short",
    TooLong => "too_long",
    UnknownField => "unknown_field",

    // Access
    NotLoggedIn => "not_logged_in",
    WrongCredentials => "wrong_credentials",
    LoginThrottled => "login_throttled",
    SessionExpired => "session_expired",
    KeyExpired => "key_expired",
    KeyUnknown => "key_unknown",
    CrossSite => "cross_site",
    Forbidden => "forbidden",
    PersonNeeded => "person_needed",
    OperatorNeeded => "operator_needed",
    SetupClosed => "setup_closed",
    SetupToken => "setup_token",
    LinkUsed => "link_used",
    MailOff => "mail_off",
    ResetThrottled => "reset_throttled",
    EmailTaken => "email_taken",
    EmailInvalid => "email_invalid",
    PasswordTooShort => "password_too_short",
    PasswordWrong => "password_wrong",
    LastOwner => "last_owner",
    AlreadyMember => "already_member",
    EntitlementExceeded => "entitlement_exceeded",

    // Time
    TimeMissingOffset => "time_missing_offset",
    TimeInvalid => "time_invalid",
    TimeInGap => "time_in_gap",
    TimeOffsetDisagrees => "time_offset_disagrees",
    TimeOutOfRange => "time_out_of_range",
    TimePast => "time_past",
    ZoneUnknown => "zone_unknown",
    RuleInvalid => "rule_invalid",
    RuleTooOften => "rule_too_often",
    RuleNever => "rule_never",
    OccurrenceUnknown => "occurrence_unknown",

    // Content
    TextTooLong => "text_too_long",
    TextTooManyBytes => "text_too_many_bytes",
    TextEmpty => "text_empty",
    PartsTooMany => "parts_too_many",
    PartsUnsupported => "parts_unsupported",
    PartDelayTooLong => "part_delay_too_long",
    MediaUnsupported => "media_unsupported",
    MediaTooMany => "media_too_many",
    MediaUnknown => "media_unknown",
    MediaNotReady => "media_not_ready",
    MediaWillBeFitted => "media_will_be_fitted",
    MediaRatio => "media_ratio",
    MediaTooNarrow => "media_too_narrow",
    MediaCropInvalid => "media_crop_invalid",
    MediaFocusInvalid => "media_focus_invalid",
    MediaMixed => "media_mixed",
    AnimationStands => "animation_stands",
    VideosTooMany => "videos_too_many",
    VideoTooLong => "video_too_long",
    VideoTooShort => "video_too_short",
    VideoNeedsEncoding => "video_needs_encoding",
    VideoNoEncoder => "video_no_encoder",
    AltTooLong => "alt_too_long",
    AltMissing => "alt_missing",
    MediaRequired => "media_required",
    PollLimit => "poll_limit",
    PollWithMedia => "poll_with_media",
    QuotesUnsupported => "quotes_unsupported",
    PollsUnsupported => "polls_unsupported",
    VisibilityUnsupported => "visibility_unsupported",
    MediaServerMissing => "media_server_missing",
    CardWithMedia => "card_with_media",
    CardAlone => "card_alone",
    LinksTooMany => "links_too_many",
    HashtagsTooMany => "hashtags_too_many",
    HashtagsMany => "hashtags_many",
    MentionsTooMany => "mentions_too_many",
    TextUnsupported => "text_unsupported",
    VideoRequired => "video_required",
    VideoFramesFew => "video_frames_few",
    PublicUrlNeeded => "public_url_needed",
    SettingInvalid => "setting_invalid",
    SettingUnknown => "setting_unknown",
    SettingUnused => "setting_unused",
    LanguageInvalid => "language_invalid",
    LanguagesTooMany => "languages_too_many",
    LinkInvalid => "link_invalid",
    QuoteNotOwn => "quote_not_own",
    QuoteNotLatest => "quote_not_latest",
    QuoteNotFound => "quote_not_found",
    MentionUnresolved => "mention_unresolved",
    NoChannels => "no_channels",
    ChannelTwice => "channel_twice",
    ChannelUnknown => "channel_unknown",
    LabelUnknown => "label_unknown",
    ChannelDisconnected => "channel_disconnected",
    ChannelNeedsReconnect => "channel_needs_reconnect",

    // Posts and deliveries
    AlreadyPublishing => "already_publishing",
    AlreadyPublished => "already_published",
    NotPossibleNow => "not_possible_now",
    PreflightFailed => "preflight_failed",
    EvidenceMissing => "evidence_missing",
    LinkTaken => "link_taken",
    SeriesEnded => "series_ended",
    ChangeUnsupported => "change_unsupported",
    ChangeUnderWay => "change_under_way",
    ChangeEmpty => "change_empty",
    ChangePartsDiffer => "change_parts_differ",
    ContentPurged => "content_purged",

    // Connecting
    PlatformUnknown => "platform_unknown",
    HostUnknown => "host_unknown",
    HostPrivate => "host_private",
    HostUnreachable => "host_unreachable",
    HostNotSupported => "host_not_supported",
    CredentialsRefused => "credentials_refused",
    SecondFactorNeeded => "second_factor_needed",
    AccountUnavailable => "account_unavailable",
    AccountPersonal => "account_personal",
    PageRoleMissing => "page_role_missing",
    AccountNotLinked => "account_not_linked",
    UrlInvalid => "url_invalid",
    KeyIsPublic => "key_is_public",

    // Permissions
    ScopeReadAccount => "scope_read_account",
    ScopeReadPosts => "scope_read_posts",
    ScopeWritePosts => "scope_write_posts",
    ScopeDeletePosts => "scope_delete_posts",
    ScopeComments => "scope_comments",
    ScopePortfolios => "scope_portfolios",
    ScopeWriteMedia => "scope_write_media",
    ConsentNeeded => "consent_needed",
    ConsentNotUsed => "consent_not_used",
    AppMissing => "app_missing",
    AppInUse => "app_in_use",
    ClientIdFormat => "client_id_format",
    ClientSecretFormat => "client_secret_format",
    RegistrationRefused => "registration_refused",
    OauthStateUnknown => "oauth_state_unknown",
    NoticeRefused => "notice_refused",
    OauthStateExpired => "oauth_state_expired",
    OauthStateUsed => "oauth_state_used",
    OauthRunning => "oauth_running",
    OauthOtherBrowser => "oauth_other_browser",
    OauthPageStale => "oauth_page_stale",
    OauthDenied => "oauth_denied",
    OauthRedirect => "oauth_redirect",
    OauthClientRefused => "oauth_client_refused",
    OauthClientForgotten => "oauth_client_forgotten",
    OauthCodeRefused => "oauth_code_refused",
    OauthScopeRefused => "oauth_scope_refused",
    OauthScopeMissing => "oauth_scope_missing",
    OauthServerDown => "oauth_server_down",
    OauthRefused => "oauth_refused",
    OauthAnswerUnreadable => "oauth_answer_unreadable",
    OauthNoAccounts => "oauth_no_accounts",
    OauthTooManyAccounts => "oauth_too_many_accounts",
    OauthNotPicking => "oauth_not_picking",
    AccountNotOffered => "account_not_offered",
    AccountLeftOut => "account_left_out",
    PermissionMissing => "permission_missing",

    // Publishing
    RateLimited => "rate_limited",
    BudgetSpent => "budget_spent",
    PlatformDown => "platform_down",
    NeedsReconnect => "needs_reconnect",
    PlatformRefused => "platform_refused",
    OperatorMustAct => "operator_must_act",
    OutcomeUnknown => "outcome_unknown",
    InternalFault => "internal_fault",
    LeaseLost => "lease_lost",
    ParentMissing => "parent_missing",
    RetriesExhausted => "retries_exhausted",
    AuthorLeft => "author_left",
    ReceiverRefused => "receiver_refused",
    ChangeAuthorLeft => "change_author_left",
    ChangeExhausted => "change_exhausted",
    ChangeRestored => "change_restored",

    // Holds
    HeldApproval => "held_approval",
    HeldReconnect => "held_reconnect",
    HeldOperator => "held_operator",
    HeldBudget => "held_budget",
    HeldLate => "held_late",
    HeldPaused => "held_paused",
    HeldRestored => "held_restored",

    // What is late
    OverdueBusy => "overdue_busy",
    OverdueResting => "overdue_resting",
    OverdueStuck => "overdue_stuck",

    // Notifications
    NotePublished => "note_published",
    NoteIncomplete => "note_incomplete",
    NoteFailed => "note_failed",
    NoteReconnect => "note_reconnect",
    NoteEnding => "note_ending",
    NoteDataDeleted => "note_data_deleted",
    NoteUnconfirmed => "note_unconfirmed",
    NoteHeld => "note_held",
    NoteOperator => "note_operator",
    NoteChangeFailed => "note_change_failed",

    // Uploads and media
    UploadOffset => "upload_offset",
    UploadLost => "upload_lost",
    UploadInterrupted => "upload_interrupted",
    UploadTooLarge => "upload_too_large",
    RangeInvalid => "range_invalid",
    StorageUnavailable => "storage_unavailable",
    StorageRefused => "storage_refused",
    MediaEmpty => "media_empty",
    MediaTruncated => "media_truncated",
    MediaDamaged => "media_damaged",
    MediaActive => "media_active",
    MediaTypeUnknown => "media_type_unknown",
    MediaFlavour => "media_flavour",
    MediaNeedsConverter => "media_needs_converter",
    MediaCannotFit => "media_cannot_fit",
    ImageSideTooLong => "image_side_too_long",
    ImageTooManyPixels => "image_too_many_pixels",
    AnimationTooLong => "animation_too_long",
    VideoNoTrack => "video_no_track",
    ConverterMissing => "converter_missing",
    ConverterFailed => "converter_failed",
    ConverterTimedOut => "converter_timed_out",
    UploadHeader => "upload_header",
    UploadVersion => "upload_version",
    UploadBusy => "upload_busy",
    UploadExpired => "upload_expired",
    UploadChecksum => "upload_checksum",
    UploadChunkTooLarge => "upload_chunk_too_large",
    ImportFailed => "import_failed",
    ImportBrokeOff => "import_broke_off",
    ImportTooSlow => "import_too_slow",
    MediaCrashed => "media_crashed",
    MediaRendering => "media_rendering",
    MediaInUse => "media_in_use",
    MediaGone => "media_gone",
    MediaLinkInvalid => "media_link_invalid",
    MediaMislabelled => "media_mislabelled",
    MediaAnimationDropped => "media_animation_dropped",
    MediaTransparencyFilled => "media_transparency_filled",
    MediaCropped => "media_cropped",
    MediaQualityReduced => "media_quality_reduced",
    MediaShortened => "media_shortened",
    NoteSeriesBlocked => "note_series_blocked",
    NoteSeriesMissed => "note_series_missed",
    NoteTimesMoved => "note_times_moved",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Code::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("unknown code `{text}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_parses_back_and_none_is_used_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(*code));
            assert!(seen.insert(code.as_str()), "{code} is declared twice");
        }
        assert_eq!(Code::parse("no_such_code"), None);
    }
}
