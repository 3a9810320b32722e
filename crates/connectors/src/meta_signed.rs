//! `signed_request`: how Meta tells an app of people who removed it, or want their data deleted
//! (developers.facebook.com, "Data deletion request callback", read 2026-11-23).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use postrider_connector::auth::oauth::{Notice, Notices, Unproven};
use postrider_domain::secret::Secret;
use serde::Deserialize;
use sha2::Sha256;

/// The form's field.
const FIELD: &str = "signed_request";

/// The only algorithm that is documented.
const ALGORITHM: &str = "HMAC-SHA256";

/// Callbacks of every Graph API: a form with one field, signed with the secret of the app that they are registered at.
pub(crate) struct SignedRequests {
    /// The log-in, where networks share one: the person's id is the app's own for all of them.
    pub(crate) login: Option<&'static str>,
}

impl SignedRequests {
    /// Of a network with a log-in of its own.
    pub(crate) const OWN: Self = Self { login: None };
}

#[derive(Deserialize)]
struct Payload {
    algorithm: String,
    issued_at: i64,
    user_id: UserId,
}

/// A text in the manual; a number would say the same.
#[derive(Deserialize)]
#[serde(untagged)]
enum UserId {
    Text(String),
    Number(u64),
}

impl Notices for SignedRequests {
    fn read(&self, body: &[u8], secret: &Secret) -> Result<Notice, Unproven> {
        let mut fields = url::form_urlencoded::parse(body).filter(|(name, _)| name == FIELD);
        let (_, text) = fields.next().ok_or(Unproven::Shape("there is no signed_request"))?;
        let (signature, payload) = text.split_once('.').ok_or(Unproven::Shape("there is no dot"))?;
        prove(signature, payload, secret)?;
        understood(payload)
    }

    fn login(&self) -> Option<&'static str> {
        self.login
    }
}

/// What is signed is the second part as it came, still encoded. The comparison takes the same time for every signature.
fn prove(signature: &str, payload: &str, secret: &Secret) -> Result<(), Unproven> {
    // Whoever knows an empty secret is anybody.
    if secret.is_empty() {
        return Err(Unproven::Signature);
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Unproven::Shape("the signature is not base64url"))?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("a key may have any length");
    mac.update(payload.as_bytes());
    mac.verify_slice(&signature).map_err(|_| Unproven::Signature)
}

fn understood(payload: &str) -> Result<Notice, Unproven> {
    let json = URL_SAFE_NO_PAD.decode(payload).map_err(|_| Unproven::Shape("the payload is not base64url"))?;
    let said: Payload =
        serde_json::from_slice(&json).map_err(|_| Unproven::Shape("the payload is not as documented"))?;
    if !said.algorithm.eq_ignore_ascii_case(ALGORITHM) {
        return Err(Unproven::Shape("it is signed with another algorithm"));
    }
    let person_id = match said.user_id {
        UserId::Text(text) => text,
        UserId::Number(number) => number.to_string(),
    };
    if person_id.trim().is_empty() {
        return Err(Unproven::Shape("it names nobody"));
    }
    let issued_at = Timestamp::from_second(said.issued_at).map_err(|_| Unproven::Shape("its time is none"))?;
    Ok(Notice { person_id, issued_at })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn sign(secret: &str, payload: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
        mac.update(payload.as_bytes());
        format!("{}.{payload}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    fn signed(payload: &Value) -> String {
        sign(SECRET, &URL_SAFE_NO_PAD.encode(payload.to_string()))
    }

    fn ada() -> Value {
        json!({"algorithm": "HMAC-SHA256", "issued_at": 1_800_000_000, "user_id": "17841400000000001"})
    }

    fn read(request: &str) -> Result<Notice, Unproven> {
        let body = url::form_urlencoded::Serializer::new(String::new()).append_pair(FIELD, request).finish();
        SignedRequests::OWN.read(body.as_bytes(), &Secret::new(SECRET))
    }

    fn shape(result: Result<Notice, Unproven>) -> &'static str {
        match result {
            Err(Unproven::Shape(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn whom_it_is_about_is_read_from_what_the_app_signed() {
        let issued_at = Timestamp::from_second(1_800_000_000).expect("in range");
        let expected = Notice { person_id: "17841400000000001".to_owned(), issued_at };
        assert_eq!(read(&signed(&ada())), Ok(expected.clone()));
        let mut number = ada();
        number["user_id"] = json!(17_841_400_000_000_001_u64);
        assert_eq!(read(&signed(&number)), Ok(expected));
    }

    #[test]
    fn the_same_message_was_signed_outside_of_this_code() {
        // printf %s PAYLOAD | openssl dgst -sha256 -hmac SECRET -binary | basenc --base64url | tr -d =
        let payload = "eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImlzc3VlZF9hdCI6MTgwMDAwMDAwMCwidXNlcl9pZCI6IjQyIn0";
        let request = format!("nAKBHfMkaH15oZFr6T50z-ldFHI1pNx-LUd2ClnBsp4.{payload}");
        assert_eq!(read(&request).map(|notice| notice.person_id), Ok("42".to_owned()));
    }

    #[test]
    fn those_that_are_connected_by_facebook_mean_each_other_and_nobody_else() {
        let registry = crate::registry();
        let mut logins = std::collections::BTreeMap::new();
        for connector in registry.iter() {
            if let postrider_connector::auth::Auth::OAuth(oauth) = connector.auth()
                && let Some(notices) = oauth.notices()
            {
                logins.insert(connector.descriptor().id, notices.login());
            }
        }
        let shared = Some("facebook_login");
        let expected = [("facebook", shared), ("instagram", None), ("instagram_facebook", shared), ("threads", None)];
        assert_eq!(logins, expected.into());
    }

    #[test]
    fn a_forged_one_proves_nothing() {
        let payload = URL_SAFE_NO_PAD.encode(ada().to_string());
        assert_eq!(read(&sign("another secret", &payload)), Err(Unproven::Signature));
        assert_eq!(read(&sign("", &payload)), Err(Unproven::Signature));
        assert_eq!(read(&format!(".{payload}")), Err(Unproven::Signature));
        let nobody = SignedRequests::OWN.read(format!("{FIELD}={}", sign("", &payload)).as_bytes(), &Secret::default());
        assert_eq!(nobody, Err(Unproven::Signature), "an app without a secret proves nothing");
    }

    #[test]
    fn what_was_changed_on_the_way_proves_nothing() {
        let request = signed(&ada());
        let (signature, payload) = request.split_once('.').expect("a dot");
        let mut other = ada();
        other["user_id"] = json!("17841400000000002");
        let swapped = format!("{signature}.{}", URL_SAFE_NO_PAD.encode(other.to_string()));
        assert_eq!(read(&swapped), Err(Unproven::Signature), "a tampered payload");
        assert_eq!(read(&request[..request.len() - 1]), Err(Unproven::Signature), "a truncated payload");
        assert_eq!(read(&format!("{}.{payload}", &signature[..20])), Err(Unproven::Signature), "half a signature");
        // Another writing of the same JSON is not what was signed.
        let spaced = format!("{signature}.{}", URL_SAFE_NO_PAD.encode(ada().to_string().replace(',', ", ")));
        assert_eq!(read(&spaced), Err(Unproven::Signature));
    }

    #[test]
    fn what_is_no_such_message_is_refused_whoever_signed_it() {
        assert_eq!(shape(read("no-dot")), "there is no dot");
        assert_eq!(shape(read("")), "there is no dot");
        assert_eq!(shape(read("%%.e30")), "the signature is not base64url");
        assert_eq!(shape(read(&sign(SECRET, "%%"))), "the payload is not base64url");
        assert_eq!(shape(read(&sign(SECRET, &URL_SAFE_NO_PAD.encode("{")))), "the payload is not as documented");
        let empty = SignedRequests::OWN.read(b"", &Secret::new(SECRET));
        assert_eq!(shape(empty), "there is no signed_request");
        for missing in ["algorithm", "issued_at", "user_id"] {
            let mut payload = ada();
            payload.as_object_mut().expect("an object").remove(missing);
            assert_eq!(shape(read(&signed(&payload))), "the payload is not as documented", "{missing}");
        }
        for (field, value, why) in [
            ("algorithm", json!("none"), "it is signed with another algorithm"),
            ("algorithm", json!("HMAC-SHA1"), "it is signed with another algorithm"),
            ("user_id", json!(" "), "it names nobody"),
            ("issued_at", json!(i64::MAX), "its time is none"),
        ] {
            let mut payload = ada();
            payload[field] = value;
            assert_eq!(shape(read(&signed(&payload))), why);
        }
    }
}
