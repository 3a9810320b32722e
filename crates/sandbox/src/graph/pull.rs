//! Fetching a picture or a video from the address that a client named.
//!
//! Meta asks for a public address in ASCII without a log-in, and people are advised
//! against redirects (facts of Instagram, 2026-11-23), so none is followed here. Nothing
//! leaves this machine: every address but this machine's own counts as unreachable.

use std::time::Duration;

use futures::StreamExt as _;
use url::{Host, Url};

use super::film::{Film, Scanner};
use crate::intake::{Received, Receiver, sniff};

/// How long a connection, and a pause in an answer, may last. Not documented.
const PATIENCE: Duration = Duration::from_secs(20);

/// A file that was fetched.
#[derive(Clone, Debug)]
pub(crate) struct Pulled {
    pub(crate) received: Received,
    /// What the index of a video says; `None` without a readable one.
    pub(crate) film: Option<Film>,
}

impl Pulled {
    /// What kind of file it is, by its bytes.
    pub(crate) fn mime(&self) -> Option<&'static str> {
        sniff::mime(&self.received.head)
    }
}

/// Why nothing was fetched; for the log, clients are told less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotPulled {
    /// No address that is reached from here.
    Address,
    /// The server could not be reached, or the answer broke off.
    Connection(String),
    /// The server answered something else than 200.
    Status(u16),
}

/// Fetches at most `limit` bytes and one more, which is how a caller sees that it was too much; keeps the
/// bytes of a file of at most `keep`.
pub(crate) async fn fetch(client: &reqwest::Client, address: &str, limit: u64, keep: u64) -> Result<Pulled, NotPulled> {
    let url = reachable(address).ok_or(NotPulled::Address)?;
    let broken = |error: reqwest::Error| NotPulled::Connection(error.to_string());
    let response = client.get(url).send().await.map_err(broken)?;
    if response.status().as_u16() != 200 {
        return Err(NotPulled::Status(response.status().as_u16()));
    }
    let (mut receiver, mut scanner) = (Receiver::new(keep), Scanner::default());
    let (mut stream, mut left) = (response.bytes_stream(), limit.saturating_add(1));
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(broken)?;
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(chunk.len());
        receiver.take(&chunk[..wanted]);
        scanner.take(&chunk[..wanted]);
        left -= wanted as u64;
        if left == 0 {
            break;
        }
    }
    Ok(Pulled { received: receiver.finish(), film: scanner.film() })
}

/// The client that fetches: no redirects, no proxy, patient but not for ever.
#[expect(
    clippy::disallowed_methods,
    reason = "the sandbox plays the platform that fetches, and reaches this machine only"
)]
pub(crate) fn client() -> reqwest::Client {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(PATIENCE)
        .read_timeout(PATIENCE);
    client.build().expect("a client with fixed settings can be built")
}

/// An address in ASCII, of the web, without a log-in, on this machine.
fn reachable(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok().filter(|_| address.is_ascii())?;
    let open = url.username().is_empty() && url.password().is_none();
    let here = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    };
    (["http", "https"].contains(&url.scheme()) && open && here).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_reached() {
        for address in ["http://127.0.0.1:9/a.jpg", "https://localhost/a", "http://[::1]:9/a", "http://127.9.9.9/a"] {
            assert!(reachable(address).is_some(), "{address}");
        }
        for address in [
            "http://example.com/a.jpg",
            "http://192.0.2.1/a",
            "http://localhost.example/a",
            "ftp://127.0.0.1/a",
            "http://ada:secret@127.0.0.1/a",
            "http://127.0.0.1/ä",
            "a.jpg",
            "",
        ] {
            assert!(reachable(address).is_none(), "{address}");
        }
    }
}
