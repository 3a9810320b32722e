//! The mail server, checked.

use std::net::IpAddr;

use lettre::message::Mailbox;
use postrider_domain::secret::Secret;
use url::{Host, Url};

use super::ConfigError;
use super::file::{MailFile, Starttls};

/// The port of `smtp://` where none is named: submission (RFC 6409).
const SUBMISSION: u16 = 587;

/// The port of `smtps://` where none is named (RFC 8314).
const SUBMISSIONS: u16 = 465;

/// What the operator decided about e-mail.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How what is said stays between the two.
    pub security: Security,
    /// Who logs in there.
    pub login: Option<(String, Secret)>,
    /// Whom mails are from.
    pub from: Mailbox,
}

/// How a connection is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// Plain until the server agrees to TLS, and nothing is sent if it does not.
    Starttls,
    /// TLS where the server offers it.
    Opportunistic,
    /// Never.
    Plain,
}

/// Says which key is wrong and why.
type Bad<'a> = &'a dyn Fn(&str, String) -> ConfigError;

impl Mail {
    /// The values of the file, checked; `None` when no mail is sent.
    pub(super) fn of(file: &MailFile, bad: Bad<'_>) -> Result<Option<Self>, ConfigError> {
        let Some(url) = &file.url else { return without_server(file, bad).map(|()| None) };
        let url = Url::parse(url.expose()).map_err(|_| bad("mail.url", shape()))?;
        // Not a scheme that has a form of its own, so names are only lower-cased here.
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| bad("mail.url", shape()))?;
        let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(bad("mail.url", shape()));
        }
        let (security, port) = match url.scheme() {
            "smtps" => (Security::Tls, SUBMISSIONS),
            "smtp" => (security(file.starttls), SUBMISSION),
            _ => return Err(bad("mail.url", shape())),
        };
        if url.password().is_some() || !url.username().is_empty() {
            let why = "put the log-in into mail.user and mail.password, where it needs no escaping".to_owned();
            return Err(bad("mail.url", why));
        }
        let login = login(file, bad)?;
        let secret = matches!(security, Security::Tls | Security::Starttls) || is_of_this_machine(&host);
        if login.is_some() && !secret {
            let why = "the password would be sent for everybody to read: use smtps://, or starttls \"required\"";
            return Err(bad("mail.starttls", why.to_owned()));
        }
        let from = file.from.as_deref().ok_or_else(|| bad("mail.from", "is needed with mail.url".to_owned()))?;
        let from = from.parse().map_err(|error| {
            bad("mail.from", format!("`{from}` must read \"Postrider <post@example.org>\": {error}"))
        })?;
        Ok(Some(Self { host, port: url.port().unwrap_or(port), security, login, from }))
    }

    /// The server for people.
    pub fn place_name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

fn shape() -> String {
    "must read smtps://HOST or smtp://HOST:PORT".to_owned()
}

/// What would have no effect is most likely a mistake.
fn without_server(file: &MailFile, bad: Bad<'_>) -> Result<(), ConfigError> {
    let given = [
        ("mail.user", file.user.is_some()),
        ("mail.password", file.password.is_some()),
        ("mail.password_file", file.password_file.is_some()),
        ("mail.from", file.from.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((key, _)) => Err(bad(key, "has no effect without mail.url".to_owned())),
        None => Ok(()),
    }
}

fn security(chosen: Starttls) -> Security {
    match chosen {
        Starttls::Required => Security::Starttls,
        Starttls::Opportunistic => Security::Opportunistic,
        Starttls::Never => Security::Plain,
    }
}

fn is_of_this_machine(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()),
        Ok(Host::Ipv4(ip)) => ip.is_loopback(),
        Ok(Host::Ipv6(ip)) => ip.is_loopback(),
        Err(_) => host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()),
    }
}

fn login(file: &MailFile, bad: Bad<'_>) -> Result<Option<(String, Secret)>, ConfigError> {
    let password = match (&file.password, &file.password_file) {
        (Some(_), Some(_)) => return Err(bad("mail.password_file", "give the password or its file, not both".into())),
        (Some(password), None) => Some(password.clone()),
        (None, Some(path)) => {
            let read = std::fs::read_to_string(path);
            let text = read.map_err(|error| bad("mail.password_file", format!("{}: {error}", path.display())))?;
            Some(Secret::new(text.lines().next().unwrap_or_default().trim()))
        }
        (None, None) => None,
    };
    match (&file.user, password) {
        (Some(user), Some(password)) => Ok(Some((user.clone(), password))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(bad("mail.password", "is needed with mail.user, or mail.password_file".to_owned())),
        (None, Some(_)) => Err(bad("mail.user", "is needed with a password".to_owned())),
    }
}
