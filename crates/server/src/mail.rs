//! SMTP: the one place that speaks it.

use std::time::Duration;

use async_trait::async_trait;
use lettre::address::AddressError;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{AsyncSmtpTransport, Error};
use lettre::{Address, AsyncTransport as _, Message, Tokio1Executor};
use postrider_app::mail::{Letter, Postman, Undelivered};
use url::{Host, Url};

use crate::config::{Mail, MailSecurity};

/// How long a server may take for one mail. Those that look at what they take may need minutes for
/// the last answer (RFC 5321, 4.5.3.2); a mail that is given up too early arrives twice.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long a server may take to be connected to.
const CONNECT: Duration = Duration::from_secs(15);

/// How long `doctor` waits for it.
const GLANCE: Duration = Duration::from_secs(10);

/// Answers about who logs in (RFC 4954): the operator's to put right, so no mail is given up for them.
const ABOUT_LOGIN: [&str; 5] = ["530", "534", "535", "538", "524"];

/// A mail server.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// The server that the operator named; nobody is asked yet. `public_url` says who we are.
    ///
    /// # Errors
    /// When there is no way to check certificates here.
    pub fn new(mail: &Mail, public_url: &str) -> Result<Self, Error> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(mail.host.as_str())
            .port(mail.port)
            .timeout(Some(CONNECT))
            .hello_name(hello(public_url))
            .tls(tls(mail)?);
        let builder = match &mail.login {
            Some((user, password)) => builder.credentials(Credentials::new(user.clone(), password.expose().to_owned())),
            None => builder,
        };
        Ok(Self { transport: builder.build(), from: mail.from.clone() })
    }

    /// Connects, says hello and logs in; no mail is sent. What is wrong, in one line.
    ///
    /// # Errors
    /// When the server cannot be used.
    pub async fn probe(&self) -> Result<(), String> {
        match tokio::time::timeout(GLANCE, self.transport.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err("it does not answer as a mail server does".to_owned()),
            Ok(Err(error)) => Err(error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")),
            Err(_) => Err("it does not answer in time".to_owned()),
        }
    }

    fn message(&self, letter: &Letter) -> Result<Message, NotWritten> {
        let to = letter.to.parse::<Address>()?;
        let domain = self.from.email.domain();
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&letter.subject)
            .message_id(Some(format!("<{}@{domain}>", letter.id)))
            // Answering machines leave such mails alone (RFC 3834).
            .raw_header(header("Auto-Submitted", "auto-generated"));
        if let Some(page) = &letter.choices {
            builder = builder.raw_header(header("List-Unsubscribe", &format!("<{page}>")));
        }
        Ok(builder.multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))?)
    }
}

/// Why a letter is no mail.
#[derive(Debug, thiserror::Error)]
enum NotWritten {
    #[error("the address is none")]
    Address(#[from] AddressError),
    #[error("the mail cannot be written")]
    Message(#[from] lettre::error::Error),
}

#[async_trait]
impl Postman for Smtp {
    async fn deliver(&self, letter: &Letter) -> Result<(), Undelivered> {
        let message = self.message(letter).map_err(|error| Undelivered::Never(error.to_string()))?;
        match tokio::time::timeout(PATIENCE, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(undelivered(&error, letter.to.is_ascii())),
            Err(_) => Err(Undelivered::Later("the mail server took too long".to_owned())),
        }
    }
}

/// Whether it may work later. Only the server's code is kept: its words repeat addresses.
fn undelivered(error: &Error, ascii: bool) -> Undelivered {
    let code = error.status().map(|code| code.to_string());
    match &code {
        Some(code) if ABOUT_LOGIN.contains(&code.as_str()) => {
            Undelivered::Later(format!("the mail server refuses the log-in with {code}"))
        }
        Some(code) if error.is_permanent() => Undelivered::Never(format!("the mail server refuses it with {code}")),
        Some(code) => Undelivered::Later(format!("the mail server answers {code}")),
        None if error.is_client() && !ascii => {
            Undelivered::Never("the mail server takes no address with letters beyond ASCII".to_owned())
        }
        None if error.is_tls() => Undelivered::Later("no TLS with the mail server".to_owned()),
        None if error.is_client() => Undelivered::Later("the mail server lacks what the settings ask for".to_owned()),
        None => Undelivered::Later("the mail server cannot be reached".to_owned()),
    }
}

fn tls(mail: &Mail) -> Result<Tls, Error> {
    let parameters = || TlsParameters::new(mail.host.clone());
    Ok(match mail.security {
        MailSecurity::Tls => Tls::Wrapper(parameters()?),
        MailSecurity::Starttls => Tls::Required(parameters()?),
        MailSecurity::Opportunistic => Tls::Opportunistic(parameters()?),
        MailSecurity::Plain => Tls::None,
    })
}

/// Who we say we are: the name that people reach us by.
fn hello(public_url: &str) -> ClientId {
    let url = Url::parse(public_url).ok();
    match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => ClientId::Domain(name.to_owned()),
        Some(Host::Ipv4(ip)) => ClientId::Ipv4(ip),
        Some(Host::Ipv6(ip)) => ClientId::Ipv6(ip),
        None => ClientId::default(),
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}
