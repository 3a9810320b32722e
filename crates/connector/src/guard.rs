//! Which addresses we connect to: never into a private network, unless the
//! operator has opened that host by name.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::http::TransportError;

/// Hosts that may be private: `name` or `name:port` as the operator wrote them.
#[derive(Debug, Clone, Default)]
pub struct OpenHosts(Arc<BTreeSet<String>>);

impl OpenHosts {
    /// Opens these hosts.
    pub fn new(hosts: impl IntoIterator<Item = String>) -> Self {
        Self(Arc::new(hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect()))
    }

    /// Whether the operator opened the host (with this port, or all its ports).
    pub fn allows(&self, host: &str, port: u16) -> bool {
        let host = host.to_ascii_lowercase();
        self.0.contains(&host) || self.0.contains(&format!("{host}:{port}"))
    }

    fn allows_name(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.0.iter().any(|open| *open == host || open.rsplit_once(':').is_some_and(|(name, _)| name == host))
    }
}

/// Whether an address is reachable from the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// The IANA special-purpose registries for IPv4 (RFC 6890 and updates, read 2026-11-23).
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b));
    !special
}

/// IPv6: only global unicast, and nothing that carries an IPv4 address we refuse.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(v4) = ip.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let segments = ip.segments();
    let global_unicast = (segments[0] & 0xe000) == 0x2000;
    let documentation = segments[0] == 0x2001 && segments[1] == 0x0db8 || (segments[0] & 0xfff0) == 0x3ff0;
    let special = segments[0] == 0x2001 && segments[1] < 0x0200;
    let six_to_four = segments[0] == 0x2002;
    global_unicast && !documentation && !special && !six_to_four
}

/// Refuses literal private addresses; names are checked after resolution by the resolver. No error repeats the address:
/// its query may hold a secret.
pub fn check_url(url: &reqwest::Url, open: &OpenHosts) -> Result<(), TransportError> {
    let host = url.host().ok_or_else(|| TransportError::Invalid("the address has no host".to_owned()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(TransportError::Invalid(format!("{} is not http or https", url.scheme())));
    }
    let port = url.port_or_known_default().unwrap_or(0);
    let (literal, name) = match host {
        url::Host::Ipv4(ip) => (Some(IpAddr::V4(ip)), ip.to_string()),
        url::Host::Ipv6(ip) => (Some(IpAddr::V6(ip)), format!("[{ip}]")),
        url::Host::Domain(name) => (None, name.to_owned()),
    };
    if open.allows(&name, port) {
        return Ok(());
    }
    // The resolver sees no port: a name opened for one port must not open its others.
    if literal.is_none() && open.allows_name(&name) {
        return Err(TransportError::PrivateAddress { host: format!("{name}:{port}") });
    }
    match literal {
        Some(ip) if !is_public(ip) => Err(TransportError::PrivateAddress { host: name }),
        _ if url.scheme() == "http" => Err(TransportError::Invalid(format!("{name} must be reached over https"))),
        _ => Ok(()),
    }
}

/// Marks a refusal inside reqwest's error chain, so that the client can name it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    /// No address at all.
    #[error("{0} does not resolve")]
    Unknown(String),
    /// Only private addresses.
    #[error("{0} resolves to a private address")]
    Private(String),
}

/// A resolver that hands out public addresses only; the connection is made to
/// the very address that was checked, so a second answer cannot slip in.
#[derive(Debug, Clone)]
pub(crate) struct GuardedResolver {
    open: OpenHosts,
}

impl GuardedResolver {
    pub(crate) fn new(open: OpenHosts) -> Self {
        Self { open }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let opened = self.open.allows_name(&host);
        Box::pin(async move {
            let usable = usable(host, opened).await?;
            Ok(Box::new(usable.into_iter()) as Addrs)
        })
    }
}

/// The addresses of a name that may be connected to; never none.
async fn usable(host: String, opened: bool) -> Result<Vec<SocketAddr>, ResolveError> {
    let found = tokio::net::lookup_host((host.as_str(), 0)).await;
    let all: Vec<SocketAddr> = found.map(Iterator::collect).unwrap_or_default();
    if all.is_empty() {
        return Err(ResolveError::Unknown(host));
    }
    let usable: Vec<SocketAddr> = all.into_iter().filter(|a| opened || is_public(a.ip())).collect();
    if usable.is_empty() {
        return Err(ResolveError::Private(host));
    }
    Ok(usable)
}

/// [`check_url`], and the name resolves to an address that may be reached.
pub(crate) async fn check_reachable(url: &reqwest::Url, open: &OpenHosts) -> Result<(), TransportError> {
    check_url(url, open)?;
    let Some(url::Host::Domain(name)) = url.host() else { return Ok(()) };
    match usable(name.to_owned(), open.allows_name(name)).await {
        Ok(_) => Ok(()),
        Err(ResolveError::Unknown(host)) => Err(TransportError::UnknownHost { host }),
        Err(ResolveError::Private(host)) => Err(TransportError::PrivateAddress { host }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().expect("an address"))
    }

    #[test]
    fn private_and_special_addresses_are_not_public() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.8",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:0a00:0001::1",
            "2001:db8::1",
            "2001::1",
            "ff02::1",
        ] {
            assert!(!public(address), "{address}");
        }
        for address in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert!(public(address), "{address}");
        }
    }

    #[test]
    fn an_opened_host_may_be_private_and_plain() {
        let url = |text: &str| reqwest::Url::parse(text).expect("a url");
        let open = OpenHosts::new(["127.0.0.1:8080".to_owned(), "Pds.Lan".to_owned()]);
        assert_eq!(check_url(&url("http://127.0.0.1:8080/x"), &open), Ok(()));
        assert_eq!(check_url(&url("http://pds.lan/x"), &open), Ok(()));
        let refused = TransportError::PrivateAddress { host: "127.0.0.1".into() };
        assert_eq!(check_url(&url("http://127.0.0.1:8081/x"), &open), Err(refused));
        assert!(matches!(check_url(&url("http://example.com"), &open), Err(TransportError::Invalid(_))));
        assert!(matches!(check_url(&url("ftp://example.com"), &open), Err(TransportError::Invalid(_))));
        assert_eq!(check_url(&url("https://example.com"), &open), Ok(()));
    }

    #[test]
    fn a_name_opened_for_one_port_stays_closed_on_the_others() {
        let url = |text: &str| reqwest::Url::parse(text).expect("a url");
        let open = OpenHosts::new(["pds.lan:8080".to_owned()]);
        assert_eq!(check_url(&url("http://pds.lan:8080/"), &open), Ok(()));
        for other in ["https://pds.lan/", "https://pds.lan:8081/"] {
            let checked = check_url(&url(other), &open);
            assert!(matches!(checked, Err(TransportError::PrivateAddress { .. })), "{other}: {checked:?}");
        }
    }

    #[test]
    fn numbers_in_disguise_are_still_private() {
        let url = |text: &str| reqwest::Url::parse(text).expect("a url");
        for text in ["https://2130706433/", "https://0x7f.1/", "https://[::ffff:127.0.0.1]/", "https://017700000001/"] {
            let checked = check_url(&url(text), &OpenHosts::default());
            assert!(matches!(checked, Err(TransportError::PrivateAddress { .. })), "{text}: {checked:?}");
        }
    }
}
