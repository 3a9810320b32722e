//! People who can log in.

use jiff::Timestamp;
use postrider_domain::id::UserId;

use super::{throttles, tombstones};
use crate::error::StoreError;
use crate::sql::{Row, sql};
use crate::{Result, Tx};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// The address as typed.
    pub email: String,
    /// The name others see.
    pub name: String,
    /// Runs the instance.
    pub operator: bool,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A person to be.
#[derive(Debug, Clone, Copy)]
pub struct NewUser<'a> {
    /// The address as typed.
    pub email: &'a str,
    /// The name others see.
    pub name: &'a str,
    /// The password's argon2 hash.
    pub password_hash: &'a str,
    /// Runs the instance.
    pub operator: bool,
}

const COLUMNS: &str = "id, email, name, operator, created_at, updated_at";

fn user(row: &Row) -> Result<User> {
    Ok(User {
        id: row.id("id")?,
        email: row.get("email")?,
        name: row.get("name")?,
        operator: row.get("operator")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// What makes two addresses the same account: case and outer spaces do not count.
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Makes an account. A taken address is `Duplicate("email")`.
pub async fn create(tx: &mut Tx, new: NewUser<'_>) -> Result<User> {
    let (id, now) = (tx.new_id::<UserId>(), tx.now());
    let made = tx
        .execute(
            sql("INSERT INTO users (id, email, email_key, name, password_hash, operator, created_at, updated_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (email_key) DO NOTHING")
            .id(id)
            .bind(new.email.trim())
            .bind(email_key(new.email))
            .bind(new.name)
            .bind(new.password_hash)
            .bind(new.operator)
            .bind(now)
            .bind(now),
        )
        .await?;
    if made == 0 {
        return Err(StoreError::Duplicate("email".to_owned()));
    }
    get(tx, id).await
}

/// One person.
pub async fn get(tx: &mut Tx, id: UserId) -> Result<User> {
    let text = format!("SELECT {COLUMNS} FROM users WHERE id = $1");
    user(&tx.one(sql(text).id(id)).await?)
}

/// One person, locked against everybody else until the transaction ends.
pub async fn lock(tx: &mut Tx, id: UserId) -> Result<User> {
    let text = format!("SELECT {COLUMNS} FROM users WHERE id = $1{}", tx.lock_clause(" FOR UPDATE"));
    user(&tx.one(sql(text).id(id)).await?)
}

/// The account with an address, and its password's hash.
pub async fn by_email(tx: &mut Tx, email: &str) -> Result<Option<(User, String)>> {
    let text = format!("SELECT {COLUMNS}, password_hash FROM users WHERE email_key = $1");
    let row = tx.opt(sql(text).bind(email_key(email))).await?;
    row.map(|row| Ok((user(&row)?, row.get("password_hash")?))).transpose()
}

/// The hash of a person's password.
pub async fn password_hash(tx: &mut Tx, id: UserId) -> Result<String> {
    tx.one(sql("SELECT password_hash FROM users WHERE id = $1").id(id)).await?.get("password_hash")
}

/// Gives a person another password.
pub async fn set_password(tx: &mut Tx, id: UserId, password_hash: &str) -> Result<()> {
    let now = tx.now();
    let changed = tx
        .execute(
            sql("UPDATE users SET password_hash = $1, updated_at = $2 WHERE id = $3")
                .bind(password_hash)
                .bind(now)
                .id(id),
        )
        .await?;
    if changed == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// Changes name and address. A taken address is `Duplicate("email")`.
pub async fn update(tx: &mut Tx, id: UserId, name: &str, email: &str) -> Result<User> {
    let taken = sql("SELECT id FROM users WHERE email_key = $1 AND id <> $2").bind(email_key(email)).id(id);
    if tx.opt(taken).await?.is_some() {
        return Err(StoreError::Duplicate("email".to_owned()));
    }
    let now = tx.now();
    tx.execute(
        sql("UPDATE users SET name = $1, email = $2, email_key = $3, updated_at = $4 WHERE id = $5")
            .bind(name)
            .bind(email.trim())
            .bind(email_key(email))
            .bind(now)
            .id(id),
    )
    .await?;
    get(tx, id).await
}

/// Makes a person an operator, or no longer one.
pub async fn set_operator(tx: &mut Tx, id: UserId, operator: bool) -> Result<User> {
    let now = tx.now();
    tx.execute(sql("UPDATE users SET operator = $1, updated_at = $2 WHERE id = $3").bind(operator).bind(now).id(id))
        .await?;
    get(tx, id).await
}

/// How many accounts there are.
pub async fn count(tx: &mut Tx) -> Result<u64> {
    tx.one(sql("SELECT count(*) AS n FROM users")).await?.count("n")
}

/// Every account, oldest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<User>> {
    tx.map(sql(format!("SELECT {COLUMNS} FROM users ORDER BY created_at, id")), user).await
}

/// Those who run the instance.
pub async fn operators(tx: &mut Tx) -> Result<Vec<UserId>> {
    tx.map(sql("SELECT id FROM users WHERE operator = TRUE ORDER BY created_at, id"), |row| row.id("id")).await
}

/// Deletes a person: memberships, sessions, keys and notifications end, and
/// what they wrote in shared workspaces has no author any more.
///
/// Who authorised a delivery stays noted by its id alone, which now belongs to
/// nobody: such a delivery is held for an admin. Grants are the caller's to
/// hand over or destroy first.
pub async fn delete(tx: &mut Tx, id: UserId) -> Result<()> {
    let email = get(tx, id).await?.email;
    for text in [
        "UPDATE posts SET author_id = NULL WHERE author_id = $1",
        "UPDATE series SET author_id = NULL WHERE author_id = $1",
        "UPDATE revisions SET created_by = NULL WHERE created_by = $1",
        "UPDATE approvals SET decided_by = NULL WHERE decided_by = $1",
        "UPDATE audit_log SET user_id = NULL WHERE user_id = $1",
        "DELETE FROM settings WHERE scope_id = $1",
        "DELETE FROM users WHERE id = $1",
    ] {
        tx.execute(sql(text).id(id)).await?;
    }
    throttles::succeeded(tx, &throttles::account(&email)).await?;
    throttles::succeeded(tx, &throttles::reset_account(&email)).await?;
    tombstones::add(tx, id.uuid(), tombstones::Kind::User).await
}
