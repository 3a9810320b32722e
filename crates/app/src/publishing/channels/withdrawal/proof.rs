//! Which platform app signed a message.

use hmac::{Hmac, KeyInit as _, Mac as _};
use postrider_connector::auth::oauth::{Notice, Notices, Unproven};
use postrider_domain::id::PlatformAppId;
use postrider_domain::secret::Secret;
use postrider_store::repo::apps::{self, PlatformApp};
use postrider_store::{StoreError, Tx};
use sha2::Sha256;

use super::Told;
use crate::publishing::apps::{Platform, others};
use crate::{App, Result};

/// A message that is proven.
pub(super) struct Proven {
    /// Whom it is about.
    pub(super) notice: Notice,
    /// The apps that it was signed for, each with its platform: the same one may be entered by several workspaces, and for
    /// every platform that shares the log-in.
    pub(super) apps: Vec<(String, PlatformAppId)>,
    secret: Secret,
}

/// Tries the secret of every app that the message may be signed with, the instance's and those of workspaces. Inside, why
/// it proves nothing.
pub(super) async fn find(app: &App, notices: &dyn Notices, told: &Told<'_>) -> Result<Result<Proven, String>> {
    let mut tx = app.store.read().await?;
    let (mut proven, mut why) = (None::<Proven>, "the platform has no app here".to_owned());
    for row in entered(app, &mut tx, told).await? {
        let Some(secret) = secret(&mut tx, &row).await? else { continue };
        match (notices.read(told.body, &secret), &mut proven) {
            (Ok(_), Some(proven)) => proven.apps.push((row.platform, row.id)),
            (Ok(notice), None) => proven = Some(Proven { notice, apps: vec![(row.platform, row.id)], secret }),
            (Err(unproven @ Unproven::Shape(_)), None) => return Ok(Err(unproven.to_string())),
            (Err(unproven), _) => why = unproven.to_string(),
        }
    }
    Ok(proven.ok_or(why))
}

/// The apps of the platform at whose address it came, and of those that share its log-in.
async fn entered(app: &App, tx: &mut Tx, told: &Told<'_>) -> Result<Vec<PlatformApp>> {
    let mut all = apps::of_platform(tx, told.platform).await?;
    for other in others(app, &Platform::find(app, told.platform)?) {
        all.extend(apps::of_platform(tx, other.descriptor.id).await?);
    }
    Ok(all)
}

/// An app whose secret nobody can open any more proves nothing.
async fn secret(tx: &mut Tx, row: &PlatformApp) -> Result<Option<Secret>> {
    match apps::open_secret(tx, row).await {
        Ok(plain) => Ok(String::from_utf8(plain).ok().map(Secret::new)),
        Err(StoreError::Sealed(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Proven {
    /// What makes it the same message when it comes again, also for an app that was entered anew.
    pub(super) fn request_hash(&self, told: &Told<'_>) -> [u8; 32] {
        self.keyed("message", told)
    }

    /// The code of its page: 128 bits that nobody can make without the app's secret, and the same for the same message.
    pub(super) fn code(&self, told: &Told<'_>) -> Secret {
        let code = self.keyed("confirmation code", told);
        Secret::new(code.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>())
    }

    /// Made of what the message says (who, what, when), apart from how it is written.
    fn keyed(&self, purpose: &str, told: &Told<'_>) -> [u8; 32] {
        let Notice { person_id, issued_at } = &self.notice;
        let (platform, wish, at) = (told.platform, told.wish.as_str(), issued_at.as_microsecond());
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.secret.expose().as_bytes()).expect("a key may have any length");
        mac.update(format!("{purpose}\n{platform}\n{wish}\n{at}\n{person_id}").as_bytes());
        mac.finalize().into_bytes().into()
    }
}
