//! Errors as `application/problem+json` (RFC 9457), and the only status codes.

use std::collections::BTreeMap;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use postrider_app::publishing::channels::oauth::Failed;
use postrider_app::{AppError, messages};
use postrider_domain::{Code, Fix, Issue, Severity};
use serde::Serialize;
use utoipa::ToSchema;

/// A refused request: what the client learns. The inside of the server is in the log only.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    pub(crate) args: BTreeMap<String, String>,
    pub(crate) issues: Vec<Issue>,
    /// While connecting: the step that failed.
    pub(crate) step: Option<String>,
    /// The platform's own words.
    pub(crate) words: Option<String>,
}

impl Problem {
    pub(crate) fn of(code: Code) -> Self {
        Self { code, args: BTreeMap::new(), issues: Vec::new(), step: None, words: None }
    }

    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.args.insert(name.to_owned(), value.to_string());
        self
    }

    /// One field of the request is wrong.
    pub(crate) fn field(issue: Issue) -> Self {
        Self { issues: vec![issue], ..Self::of(Code::InvalidFields) }
    }

    /// The body, with the correlation id that the log has too.
    pub(crate) fn body(&self, instance: &str) -> ProblemBody {
        let title = self.code.as_str().replace('_', " ");
        ProblemBody {
            kind: format!("urn:postrider:{}", self.code),
            title: title[..1].to_uppercase() + &title[1..],
            status: status(self.code).as_u16(),
            detail: messages::render(self.code, &self.args),
            instance: instance.to_owned(),
            code: self.code.as_str().to_owned(),
            args: self.args.clone(),
            issues: self.issues.iter().map(IssueBody::from).collect(),
            step: self.step.clone(),
            words: self.words.clone(),
        }
    }
}

/// The status of each code. Without a catch-all, so that a new code is thought about.
#[rustfmt::skip]
pub(crate) const fn status(code: Code) -> StatusCode {
    match code {
        Code::BadBody | Code::BadCursor | Code::IdempotencyKeyInvalid => StatusCode::BAD_REQUEST,

        Code::NotLoggedIn | Code::WrongCredentials | Code::SessionExpired | Code::KeyExpired | Code::KeyUnknown => StatusCode::UNAUTHORIZED,

        Code::CrossSite | Code::Forbidden | Code::PersonNeeded | Code::OperatorNeeded | Code::SetupToken
        | Code::EntitlementExceeded | Code::OauthOtherBrowser | Code::NoticeRefused => StatusCode::FORBIDDEN,

        Code::NotFound | Code::BadId | Code::PlatformUnknown | Code::OauthStateUnknown => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,

        Code::Conflict | Code::IdempotencyInFlight | Code::EmailTaken | Code::LastOwner | Code::AlreadyMember
        | Code::AlreadyPublishing | Code::AlreadyPublished | Code::NotPossibleNow | Code::AppInUse
        | Code::OauthRunning | Code::OauthNotPicking | Code::OauthPageStale | Code::SeriesEnded
        | Code::ChangeUnderWay | Code::ContentPurged | Code::MailOff => StatusCode::CONFLICT,

        Code::SetupClosed | Code::LinkUsed | Code::OauthStateExpired | Code::OauthStateUsed => StatusCode::GONE,
        Code::StaleVersion => StatusCode::PRECONDITION_FAILED,
        Code::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::VersionRequired => StatusCode::PRECONDITION_REQUIRED,
        Code::TooManyRequests | Code::LoginThrottled | Code::ResetThrottled | Code::TooManyStreams => StatusCode::TOO_MANY_REQUESTS,
        Code::Internal | Code::InternalFault => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Unavailable | Code::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Code::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        Code::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        Code::StorageUnavailable | Code::StorageRefused | Code::UploadInterrupted => StatusCode::SERVICE_UNAVAILABLE,

        Code::UploadHeader => StatusCode::BAD_REQUEST,
        Code::UploadVersion => StatusCode::PRECONDITION_FAILED,
        Code::UploadOffset | Code::MediaInUse => StatusCode::CONFLICT,
        Code::UploadBusy => StatusCode::LOCKED,
        Code::UploadExpired | Code::UploadLost | Code::MediaGone => StatusCode::GONE,
        Code::UploadTooLarge | Code::UploadChunkTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::RangeInvalid => StatusCode::RANGE_NOT_SATISFIABLE,
        Code::MediaLinkInvalid => StatusCode::FORBIDDEN,
        // `460 Checksum Mismatch` of tus 1.0.0, which has no name in HTTP.
        Code::UploadChecksum => match StatusCode::from_u16(460) { Ok(status) => status, Err(_) => StatusCode::BAD_REQUEST },

        Code::IdempotencyMismatch | Code::InvalidFields | Code::BadField | Code::Required | Code::TooShort
        | Code::TooLong | Code::UnknownField | Code::EmailInvalid | Code::PasswordTooShort
        | Code::PasswordWrong | Code::TimeMissingOffset | Code::TimeInvalid | Code::TimeInGap | Code::TimeOffsetDisagrees
        | Code::TimeOutOfRange | Code::TimePast | Code::ZoneUnknown | Code::RuleInvalid | Code::RuleTooOften
        | Code::RuleNever | Code::OccurrenceUnknown | Code::TextTooLong | Code::TextTooManyBytes
        | Code::TextEmpty | Code::PartsTooMany | Code::PartsUnsupported | Code::PartDelayTooLong
        | Code::MediaUnsupported | Code::MediaTooMany | Code::MediaUnknown | Code::MediaNotReady
        | Code::MediaWillBeFitted | Code::MediaRatio | Code::MediaCropInvalid | Code::MediaFocusInvalid
        | Code::MediaMixed | Code::AnimationStands | Code::VideosTooMany | Code::VideoTooLong
        | Code::VideoTooShort | Code::VideoNeedsEncoding | Code::VideoNoEncoder | Code::AltTooLong
        | Code::AltMissing | Code::MediaRequired | Code::PollLimit | Code::PollWithMedia | Code::QuotesUnsupported | Code::PollsUnsupported | Code::VisibilityUnsupported
        | Code::ScopeReadAccount | Code::ScopeReadPosts | Code::ScopeWritePosts | Code::ScopeDeletePosts
        | Code::ScopeWriteMedia | Code::MediaServerMissing | Code::KeyIsPublic | Code::CardWithMedia
        | Code::MediaTooNarrow | Code::CardAlone | Code::LinksTooMany | Code::PublicUrlNeeded
        | Code::HashtagsTooMany | Code::HashtagsMany | Code::MentionsTooMany | Code::TextUnsupported
        | Code::VideoRequired | Code::VideoFramesFew | Code::SettingUnused | Code::AccountPersonal | Code::ScopeComments
        | Code::PageRoleMissing | Code::AccountNotLinked | Code::ScopePortfolios
        | Code::SettingInvalid | Code::SettingUnknown
        | Code::LanguageInvalid | Code::LanguagesTooMany | Code::LinkInvalid | Code::QuoteNotOwn | Code::QuoteNotLatest | Code::QuoteNotFound
        | Code::MentionUnresolved | Code::NoChannels | Code::ChannelTwice | Code::ChannelUnknown
        | Code::LabelUnknown | Code::ChannelDisconnected | Code::ChannelNeedsReconnect | Code::PreflightFailed
        | Code::EvidenceMissing | Code::LinkTaken | Code::HostUnknown | Code::HostPrivate
        | Code::HostUnreachable | Code::HostNotSupported | Code::CredentialsRefused | Code::SecondFactorNeeded
        | Code::AccountUnavailable | Code::UrlInvalid | Code::ConsentNeeded | Code::ConsentNotUsed
        | Code::AppMissing | Code::ClientIdFormat | Code::ClientSecretFormat | Code::RegistrationRefused
        | Code::OauthDenied | Code::OauthRedirect | Code::OauthClientRefused | Code::OauthClientForgotten
        | Code::OauthCodeRefused | Code::OauthScopeRefused | Code::OauthScopeMissing | Code::OauthServerDown
        | Code::OauthRefused | Code::OauthAnswerUnreadable | Code::OauthNoAccounts | Code::OauthTooManyAccounts
        | Code::AccountNotOffered | Code::AccountLeftOut | Code::PermissionMissing
        | Code::RateLimited | Code::BudgetSpent
        | Code::PlatformDown | Code::NeedsReconnect | Code::PlatformRefused | Code::OperatorMustAct
        | Code::OutcomeUnknown | Code::LeaseLost | Code::ParentMissing | Code::RetriesExhausted
        | Code::AuthorLeft | Code::ReceiverRefused | Code::HeldApproval | Code::HeldReconnect
        | Code::HeldOperator | Code::HeldBudget | Code::HeldLate | Code::HeldPaused | Code::HeldRestored
        | Code::OverdueBusy | Code::OverdueResting | Code::OverdueStuck
        | Code::NotePublished | Code::NoteIncomplete | Code::NoteFailed | Code::NoteReconnect
        | Code::NoteEnding | Code::NoteDataDeleted
        | Code::MediaEmpty | Code::MediaTruncated | Code::MediaDamaged | Code::MediaActive
        | Code::MediaTypeUnknown | Code::MediaFlavour | Code::MediaNeedsConverter | Code::MediaCannotFit
        | Code::ImageSideTooLong | Code::ImageTooManyPixels | Code::AnimationTooLong | Code::VideoNoTrack
        | Code::ConverterMissing | Code::ConverterFailed | Code::ConverterTimedOut | Code::MediaMislabelled
        | Code::MediaAnimationDropped | Code::MediaTransparencyFilled | Code::MediaCropped
        | Code::MediaQualityReduced | Code::MediaShortened | Code::ImportFailed | Code::ImportBrokeOff
        | Code::ChangeUnsupported | Code::ChangeEmpty | Code::ChangePartsDiffer | Code::ChangeAuthorLeft
        | Code::ChangeExhausted | Code::ChangeRestored | Code::NoteChangeFailed
        | Code::MediaRendering | Code::NoteUnconfirmed | Code::NoteHeld | Code::NoteOperator
        | Code::ImportTooSlow | Code::MediaCrashed
        | Code::NoteSeriesBlocked | Code::NoteSeriesMissed | Code::NoteTimesMoved => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Issues(issues) => Self { issues: issues.0, ..Self::of(Code::InvalidFields) },
            AppError::Preflight(issues) => Self { issues: issues.0, ..Self::of(Code::PreflightFailed) },
            AppError::Refused { code, args } => Self { args, ..Self::of(code) },
            AppError::At(issue) => {
                Self { args: issue.args.clone(), issues: vec![issue.clone()], ..Self::of(issue.code) }
            }
            AppError::Connect(error) => {
                let field = format!("/fields/{}", error.field);
                let mut issue = Issue::error(error.code, field);
                issue.args = error.args.clone();
                let issues = if error.field.is_empty() { Vec::new() } else { vec![issue] };
                Self {
                    code: error.code,
                    args: error.args,
                    issues,
                    step: Some(error.step.to_owned()),
                    words: error.words,
                }
            }
            AppError::Internal(_) | AppError::Store(_) => inside(&error),
        }
    }
}

impl From<Failed> for Problem {
    /// A connection that failed some requests ago; its own number is among the arguments.
    fn from(failed: Failed) -> Self {
        let Failed { code, step, words, mut args, correlation } = failed;
        args.insert("correlation".to_owned(), correlation);
        Self { args, step: Some(step), words, ..Self::of(code) }
    }
}

/// Something the client cannot help: the log gets the cause, the client a code.
fn inside(error: &AppError) -> Problem {
    let code = error.code();
    if code == Code::Internal {
        tracing::error!(?error, "a request failed");
    } else {
        tracing::warn!(?error, "the ledger is not available");
    }
    Problem::of(code)
}

impl IntoResponse for Problem {
    /// The body is written by `correlate`, which knows the correlation id.
    fn into_response(self) -> Response {
        let mut response = status(self.code).into_response();
        let seconds = self.args.get("seconds").and_then(|seconds| HeaderValue::from_str(seconds).ok());
        let later = matches!(status(self.code), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        if let Some(seconds) = seconds.filter(|_| later) {
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        if status(self.code) == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// No such address.
pub(crate) async fn not_found() -> Problem {
    Problem::of(Code::NotFound)
}

/// The address exists, the method does not.
pub(crate) async fn method_not_allowed() -> Problem {
    Problem::of(Code::MethodNotAllowed)
}

/// Why a request was refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// `urn:postrider:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The code as words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What happened, why, and what to do next.
    detail: String,
    /// The correlation id, which the server's log has too.
    instance: String,
    /// What happened, for programs. Codes are only ever added.
    code: String,
    /// Figures and names in `detail`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    args: BTreeMap<String, String>,
    /// Everything that is wrong with the request, never only the first thing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    issues: Vec<IssueBody>,
    /// While connecting an account: the step that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    /// The platform's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Issue)]
pub(crate) struct IssueBody {
    /// What, for programs.
    code: String,
    /// JSON pointer of the field in the body, or the name of a parameter in the query; empty for the whole.
    field: String,
    /// `error` stops the request, `warning` does not.
    severity: String,
    /// The channel it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    /// Figures and names in `detail`.
    args: BTreeMap<String, String>,
    /// What is wrong and what to do next.
    detail: String,
    /// What would put it right, for `POST …/preflight/fix`.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<FixBody>,
}

/// What would put an issue right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Fix)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum FixBody {
    /// Cut the picture to this ratio around its focal point.
    Crop {
        /// Width of the ratio.
        width: u32,
        /// Height of the ratio.
        height: u32,
    },
    /// Make the picture or video smaller in pixels or bytes.
    Resize,
    /// Encode it in a format that is taken.
    Reencode,
    /// Split the text into parts of a thread.
    SplitThread {
        /// The most that fits into a part, as the network counts.
        max: usize,
    },
    /// Take tracking parameters out of links.
    ShortenLinks,
}

impl From<Fix> for FixBody {
    fn from(fix: Fix) -> Self {
        match fix {
            Fix::Crop { width, height } => Self::Crop { width, height },
            Fix::Resize => Self::Resize,
            Fix::Reencode => Self::Reencode,
            Fix::SplitThread { max, .. } => Self::SplitThread { max },
            Fix::ShortenLinks => Self::ShortenLinks,
        }
    }
}

impl From<&Issue> for IssueBody {
    fn from(issue: &Issue) -> Self {
        let severity = match issue.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        Self {
            code: issue.code.as_str().to_owned(),
            field: issue.field.clone(),
            severity: severity.to_owned(),
            channel: issue.channel.map(|channel| channel.to_string()),
            args: issue.args.clone(),
            detail: messages::render_issue(issue),
            fix: issue.fix.map(FixBody::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_client_or_server_error_status() {
        for code in Code::ALL {
            let status = status(*code);
            assert!(status.is_client_error() || status.is_server_error(), "{code}: {status}");
        }
    }

    #[test]
    fn the_inside_of_the_server_does_not_leave_it() {
        let problem = Problem::from(AppError::Internal("secret path /etc/x".to_owned()));
        let body = serde_json::to_string(&problem.body("c0ffee")).expect("serialises");
        assert!(!body.contains("secret"), "{body}");
        assert!(body.contains(r#""instance":"c0ffee""#), "{body}");
    }

    #[test]
    fn a_problem_lists_every_issue_with_its_sentence() {
        let issues =
            vec![Issue::error(Code::Required, "/email"), Issue::error(Code::ZoneUnknown, "/zone").with("zone", "X")];
        let body = Problem { issues, ..Problem::of(Code::InvalidFields) }.body("1");
        assert_eq!((body.status, body.kind.as_str()), (422, "urn:postrider:invalid_fields"));
        assert_eq!(body.title, "Invalid fields");
        assert_eq!(body.issues[0].detail, "The field /email is needed. Fill it in.");
        assert!(body.issues[1].detail.contains("time zone X"), "{}", body.issues[1].detail);
    }
}
