//! Whether a platform can fetch files from this instance, as far as addresses tell.

use std::net::IpAddr;

use url::{Host, Url};

use crate::guard::is_public;

/// Endings of names that are of a private network or of nobody (RFC 2606, 6761, 6762, 8375; `internal` by ICANN, 2024).
const PRIVATE: &[&str] = &["localhost", "local", "internal", "lan", "home.arpa", "test", "invalid"];

/// Whether a platform whose API is at `platform` can fetch from `instance`. One that is itself on a private network, such
/// as a simulated one, can.
pub(super) fn can_fetch(platform: &str, instance: Option<&str>) -> bool {
    let Some(instance) = instance else { return false };
    is_on_the_internet(instance) || !is_on_the_internet(platform)
}

/// Whether an origin is one that everybody reaches, as far as its name or address tells.
pub fn is_on_the_internet(origin: &str) -> bool {
    let Ok(url) = Url::parse(origin) else { return false };
    match url.host() {
        Some(Host::Ipv4(ip)) => is_public(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => is_public(IpAddr::V6(ip)),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            let below = |ending: &&str| name == *ending || name.ends_with(&format!(".{ending}"));
            name.contains('.') && !PRIVATE.iter().any(below)
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_on_the_internet_fetches_only_from_there() {
        let platform = "https://graph.example.net";
        for instance in ["https://post.example.org", "http://93.184.216.34", "https://post.example.org:8443"] {
            assert!(can_fetch(platform, Some(instance)), "{instance}");
        }
        for instance in [
            "http://127.0.0.1:8470",
            "http://192.168.1.7",
            "http://[::1]:8470",
            "http://[fd00::7]",
            "http://localhost:8470",
            "https://nas.local",
            "https://post.home.arpa",
            "https://postrider",
            "https://post.internal.",
            "not an address",
        ] {
            assert!(!can_fetch(platform, Some(instance)), "{instance}");
        }
        assert!(!can_fetch(platform, None), "nobody serves files");
    }

    #[test]
    fn a_platform_beside_the_instance_fetches_from_it() {
        assert!(can_fetch("http://127.0.0.1:9000", Some("http://127.0.0.1:8470")));
        assert!(!can_fetch("http://127.0.0.1:9000", None));
    }
}
