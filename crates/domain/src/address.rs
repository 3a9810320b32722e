//! Network addresses: which belong together, and who sends through whom.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// What an end site of IPv6 has at the least, all of which is one sender (RFC 6177).
const V6_PREFIX: u8 = 64;

/// The addresses that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether an address is in it. An IPv4 address that is written as IPv6 is IPv4.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.address, ip.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(ip)) => {
                u32::from(own).checked_shr(32 - u32::from(self.prefix)).unwrap_or(0)
                    == u32::from(ip).checked_shr(32 - u32::from(self.prefix)).unwrap_or(0)
            }
            (IpAddr::V6(own), IpAddr::V6(ip)) => head(own, self.prefix) == head(ip, self.prefix),
            _ => false,
        }
    }

    /// Whether it is this machine itself.
    pub fn is_loopback(&self) -> bool {
        self.address.is_loopback()
    }
}

/// The first bits of an address, the others 0.
fn head(ip: Ipv6Addr, prefix: u8) -> u128 {
    let rest = 128 - u32::from(prefix);
    u128::from(ip).checked_shr(rest).unwrap_or(0).checked_shl(rest).unwrap_or(0)
}

impl FromStr for Network {
    type Err = ();

    /// `192.0.2.1`, `10.0.0.0/8`, `::1`, `fd00::/8`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (ip, prefix) = text.split_once('/').map_or((text, None), |(ip, prefix)| (ip, Some(prefix)));
        let address = ip.trim().parse::<IpAddr>().map_err(|_| ())?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(text) => text.trim().parse().ok().filter(|prefix| *prefix <= whole).ok_or(())?,
            None => whole,
        };
        Ok(Self { address, prefix })
    }
}

/// Who is behind an address, for counting: the address itself, or the network of an IPv6
/// customer, who has more addresses than anybody can count. What is no address stays as it is.
pub fn sender(address: &str) -> String {
    match address.trim().parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => format!("{}/{V6_PREFIX}", Ipv6Addr::from(head(ip, V6_PREFIX))),
        Ok(ip) => ip.to_string(),
        Err(_) => address.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_what_begins_like_it() {
        let holds = |network: &str, ip: &str| {
            network.parse::<Network>().expect("a network").contains(ip.parse().expect("an address"))
        };
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("192.0.2.7", "192.0.2.7") && !holds("192.0.2.7", "192.0.2.6"));
        assert!(holds("0.0.0.0/0", "203.0.113.9") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("127.0.0.0/8", "::ffff:127.0.0.1"), "IPv4 in the clothes of IPv6");
        assert!(holds("fd00::/8", "fd12::1") && !holds("fd00::/8", "fe80::1"));
        assert!(holds("::1", "::1") && holds("::/0", "2001:db8::1"));
        for wrong in ["", "host", "10.0.0.0/33", "::1/129", "10.0.0.0/x", "10.0.0.0/-1"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_ipv6_customer_is_one_sender() {
        assert_eq!(sender("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(sender("2001:db8:1:2::9"), "2001:db8:1:2::/64");
        assert_ne!(sender("2001:db8:1:3::9"), "2001:db8:1:2::/64");
        assert_eq!(sender("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(sender(" 192.0.2.1"), "192.0.2.1");
        assert_eq!(sender("unknown"), "unknown");
    }
}
