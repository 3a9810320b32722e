//! Passwords: argon2id with OWASP's first choice of parameters
//! (19 MiB, 2 passes, 1 lane; Password Storage Cheat Sheet, read 2026-11-23).

use std::sync::LazyLock;

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use postrider_domain::secret::Secret;
use postrider_domain::source::{Entropy, bytes};
use postrider_domain::{Code, Issue};
use tokio::sync::Semaphore;

use crate::{AppError, Result};

/// The shortest password that is accepted, in characters.
pub const SHORTEST: usize = 10;

/// The longest, in bytes: hashing time must not be the sender's choice.
pub const LONGEST: usize = 1000;

/// How many passwords are hashed at once; each takes 19 MiB.
const AT_ONCE: usize = 2;

/// How many may be hashed or wait for it. More would wait for seconds and be given up by
/// their senders: they are told at once to come back.
const AT_MOST: usize = 34;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);
static PLACES: Semaphore = Semaphore::const_new(AT_MOST);

fn argon2() -> Argon2<'static> {
    let params = Params::new(19_456, 2, 1, None).expect("these parameters are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Says what is wrong with a new password, if anything is.
pub fn check(password: &Secret, field: &str) -> Option<Issue> {
    let text = password.expose();
    if text.chars().count() < SHORTEST {
        return Some(Issue::error(Code::PasswordTooShort, field).with("limit", SHORTEST));
    }
    (text.len() > LONGEST).then(|| Issue::error(Code::TooLong, field).with("limit", LONGEST))
}

/// Hashes a password that was checked.
pub async fn hash(password: &Secret, entropy: &dyn Entropy) -> Result<String> {
    let salt: [u8; 16] = bytes(entropy);
    let password = password.clone();
    off_the_reactor(move || hash_with(&password, &salt)).await?
}

fn hash_with(password: &Secret, salt: &[u8]) -> Result<String> {
    let hashed = argon2().hash_password_with_salt(password.expose().as_bytes(), salt);
    hashed.map(|hash| hash.to_string()).map_err(|error| AppError::Internal(format!("hashing failed: {error}")))
}

/// Whether the password is the one behind a hash. Without a hash it takes as long
/// and says no, so that the time does not tell which accounts exist.
pub async fn verify(password: &Secret, hash: Option<String>) -> Result<bool> {
    /// A hash that no password has been taken for.
    static NOBODY: LazyLock<String> =
        LazyLock::new(|| hash_with(&Secret::new("nobody"), b"a salt for nobody").unwrap_or_default());
    if password.expose().len() > LONGEST {
        return Ok(false);
    }
    let password = password.clone();
    off_the_reactor(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        known & argon2().verify_password(password.expose().as_bytes(), hash.as_str()).is_ok()
    })
    .await
}

async fn off_the_reactor<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let internal = |error: &dyn std::fmt::Display| AppError::Internal(error.to_string());
    let place = PLACES.try_acquire().map_err(|_| AppError::of(Code::Busy).with("seconds", 1))?;
    let turn = TURNS.acquire().await.map_err(|error| internal(&error))?;
    let work = move || {
        let done = work();
        // Held by the work itself: it goes on when whoever wants it has left.
        drop((place, turn));
        done
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| internal(&error))
}

/// Keeps everybody waiting, for tests of what happens meanwhile.
#[cfg(test)]
pub(crate) async fn hold_every_turn() -> tokio::sync::SemaphorePermit<'static> {
    TURNS.acquire_many(u32::try_from(AT_ONCE).expect("a few")).await.expect("is never closed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_store::testkit::Seeded;

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_only() {
        let entropy = Seeded::new(3);
        let password = Secret::new("correct horse battery");
        let first = hash(&password, &entropy).await.expect("hashes");
        let second = hash(&password, &entropy).await.expect("hashes");
        assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{first}");
        assert_ne!(first, second, "each has its own salt");
        assert!(verify(&password, Some(first.clone())).await.expect("verifies"));
        assert!(!verify(&Secret::new("correct horse"), Some(first)).await.expect("verifies"));
        assert!(!verify(&Secret::new("nobody"), None).await.expect("verifies"), "no account, no log-in");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn whoever_comes_when_the_queue_is_full_is_told_at_once() {
        let password = Secret::new("correct horse battery");
        let verified = (0..AT_MOST + 3).map(|_| verify(&password, None));
        let outcomes = futures::future::join_all(verified).await;
        let busy = outcomes.iter().filter(|outcome| matches!(outcome, Err(error) if error.code() == Code::Busy));
        assert_eq!(busy.count(), 3, "the others waited for their turn");
        assert!(!verify(&password, None).await.expect("there is room again"));
    }

    #[tokio::test]
    async fn leaving_does_not_make_room_for_more_at_once() {
        let slow = || std::thread::sleep(std::time::Duration::from_millis(300));
        for _ in 0..AT_ONCE {
            let left = tokio::time::timeout(std::time::Duration::from_millis(50), off_the_reactor(slow)).await;
            assert!(left.is_err(), "nobody waits for it any more");
        }
        assert_eq!(TURNS.available_permits(), 0, "it is still being worked on");
        while TURNS.available_permits() < AT_ONCE {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(PLACES.available_permits(), AT_MOST);
    }

    #[test]
    fn ten_characters_are_enough_and_nine_are_not() {
        assert_eq!(check(&Secret::new("ünïcödé-10"), "/password"), None);
        let short = check(&Secret::new("123456789"), "/password").expect("too short");
        assert_eq!((short.code, short.field.as_str()), (Code::PasswordTooShort, "/password"));
        let long = check(&Secret::new("x".repeat(LONGEST + 1)), "/password").expect("too long");
        assert_eq!(long.code, Code::TooLong);
    }
}
