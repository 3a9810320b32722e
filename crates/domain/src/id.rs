//! Typed ids: a UUIDv7 inside, a TypeID (`post_01h…`) outside.
//!
//! Text form: a lower-case prefix, `_`, and 26 characters of Crockford base32,
//! as in the TypeID specification 0.3. Ids order by the time they were made;
//! they are names, not secrets: links that must not be guessed use tokens.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::source::Entropy;

/// Why a text is not the id that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text has another prefix, or none.
    #[error("expected an id that starts with `{expected}_`")]
    Prefix {
        /// The prefix that belongs here.
        expected: &'static str,
    },
    /// What follows the prefix is not 26 characters of Crockford base32.
    #[error("the part after `{expected}_` is not a valid id")]
    Suffix {
        /// The prefix of the id in question.
        expected: &'static str,
    },
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn encode(uuid: Uuid) -> String {
    let mut value = uuid.as_u128();
    let mut out = [0u8; 26];
    for slot in out.iter_mut().rev() {
        *slot = ALPHABET[(value & 31) as usize];
        value >>= 5;
    }
    out.iter().map(|&b| char::from(b)).collect()
}

fn decode(text: &str) -> Option<Uuid> {
    // 26 x 5 bits = 130: the first character may only carry three of them.
    if text.len() != 26 || text.as_bytes()[0] > b'7' {
        return None;
    }
    text.bytes()
        .try_fold(0u128, |value, byte| {
            let digit = ALPHABET.iter().position(|&a| a == byte)?;
            Some((value << 5) | digit as u128)
        })
        .map(Uuid::from_u128)
}

/// Makes a UUIDv7 from an instant and ten random bytes.
pub fn uuid_v7(now: Timestamp, entropy: &dyn Entropy) -> Uuid {
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &crate::source::bytes(entropy)).into_uuid()
}

/// What all typed ids have in common, for code that stores them.
pub trait TypedId: Copy {
    /// The id with this UUID.
    fn from_uuid(uuid: Uuid) -> Self;
    /// The UUID inside.
    fn uuid(self) -> Uuid;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What the text form starts with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id that sorts by `now`.
            pub fn new(now: Timestamp, entropy: &dyn Entropy) -> Self {
                Self(uuid_v7(now, entropy))
            }

            /// The id with this UUID.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl TypedId for $name {
            fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", Self::PREFIX, encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let suffix = text
                    .strip_prefix(Self::PREFIX)
                    .and_then(|rest| rest.strip_prefix('_'))
                    .ok_or(IdError::Prefix { expected: Self::PREFIX })?;
                decode(suffix).map(Self).ok_or(IdError::Suffix { expected: Self::PREFIX })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A person who can log in.
    UserId = "user";
    /// A browser session of a person.
    SessionId = "sess";
    /// The tenant everything else belongs to.
    WorkspaceId = "ws";
    /// An invitation to join a workspace.
    InvitationId = "inv";
    /// A key for programs.
    ApiKeyId = "key";
    /// A client id and secret at a platform.
    PlatformAppId = "app";
    /// One consent of one platform person.
    GrantId = "grant";
    /// One place to post to.
    ChannelId = "chan";
    /// The row that serialises publishing to one remote account.
    LaneId = "lane";
    /// A name and a colour.
    LabelId = "label";
    /// An uploaded file.
    MediaId = "media";
    /// What a person writes.
    PostId = "post";
    /// A rule that makes a post for each of its times.
    SeriesId = "series";
    /// An immutable snapshot of a post's content.
    RevisionId = "rev";
    /// A post as it will be on one channel.
    VariantId = "var";
    /// One variant on one channel at one occurrence.
    DeliveryId = "dlv";
    /// One remote object of a delivery.
    PartId = "part";
    /// A change of what is live.
    ChangeId = "chg";
    /// One effect of a connector's publish machine.
    StepId = "step";
    /// One try of a step.
    AttemptId = "try";
    /// A piece of housekeeping on the ledger.
    JobId = "job";
    /// A message to a person.
    NotificationId = "note";
    /// A process that serves this instance.
    NodeId = "node";
    /// One start of a node.
    BootId = "boot";
    /// One installation of the product.
    InstanceId = "inst";
    /// A wrapped data key.
    DataKeyId = "dek";
    /// A line of the audit log.
    AuditId = "audit";
    /// A rate or money budget.
    BudgetId = "budget";
    /// A decision about a revision.
    ApprovalId = "appr";
    /// An authorisation in progress at a platform.
    OauthStateId = "oauth";
    /// What a platform told of a person.
    WithdrawalId = "wdr";
    /// A link that lets somebody connect an account for a workspace.
    ConnectLinkId = "clink";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed(u8);

    impl Entropy for Fixed {
        fn fill(&self, out: &mut [u8]) {
            out.fill(self.0);
        }
    }

    #[test]
    fn the_published_type_id_vector_round_trips() {
        // From the TypeID specification's valid vectors.
        let uuid: Uuid = "01890a5d-ac96-774b-bcce-b302099a8057".parse().expect("a uuid");
        assert_eq!(encode(uuid), "01h455vb4pex5vsknk084sn02q");
        assert_eq!(decode("01h455vb4pex5vsknk084sn02q"), Some(uuid));
    }

    #[test]
    fn another_kind_of_id_is_refused_by_name() {
        let now = Timestamp::from_second(1_700_000_000).expect("in range");
        let post = PostId::new(now, &Fixed(7)).to_string();
        assert_eq!(post.parse::<PostId>().map(|id| id.to_string()), Ok(post.clone()));
        assert_eq!(post.parse::<ChannelId>(), Err(IdError::Prefix { expected: "chan" }));
        assert_eq!("post_zzz".parse::<PostId>(), Err(IdError::Suffix { expected: "post" }));
        assert_eq!("post_8zzzzzzzzzzzzzzzzzzzzzzzzz".parse::<PostId>(), Err(IdError::Suffix { expected: "post" }));
    }

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let at = |ms| PostId::new(Timestamp::from_millisecond(ms).expect("in range"), &Fixed(9));
        assert!(at(1_700_000_000_000) < at(1_700_000_000_001));
        assert!(at(1_700_000_000_000).to_string() < at(1_700_000_000_001).to_string());
    }
}
