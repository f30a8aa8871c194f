//! Names that must lead to the open internet: addresses of this machine and of private networks are refused where the
//! connection is made, so that a name which changes its mind between a check and the connection gains nothing.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::Http;

/// Looks names up, and refuses those which must be public and are not.
struct Public {
    must_be: fn(&str) -> bool,
}

impl Http {
    /// The same way with connections of its own, on which a name that `must_be` public leads to public addresses alone.
    /// A name for which it is false leads anywhere: a proxy, or a server that the operator named. Addresses written as
    /// numbers are not looked up, and pass.
    #[must_use]
    pub fn to_public(&self, must_be: fn(&str) -> bool) -> Self {
        let same = self.clone();
        Self::built(move || (same.0.build)().map(|builder| builder.dns_resolver(Arc::new(Public { must_be }))))
    }
}

impl Resolve for Public {
    fn resolve(&self, name: Name) -> Resolving {
        let must_be_public = (self.must_be)(name.as_str());
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let usable: Vec<_> = found.filter(|address| !must_be_public || is_public(address.ip())).collect();
            if usable.is_empty() {
                let why = format!("{} leads to no address of the open internet", name.as_str());
                return Err(io::Error::other(why).into());
            }
            let usable: Addrs = Box::new(usable.into_iter());
            Ok(usable)
        })
    }
}

/// Whether an address belongs to one machine on the open internet (IANA special-purpose address registries).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_special = match address.octets() {
        // carrier-grade NAT (RFC 6598)
        [100, second, ..] => (64..128).contains(&second),
        // this network; IETF protocols and 6to4 relays; benchmarks (RFC 2544); reserved
        [0 | 240..=255, ..] | [192, 0, 0, _] | [192, 88, 99, _] | [198, 18..=19, ..] => true,
        _ => false,
    };
    let is_local = address.is_private() || address.is_loopback() || address.is_link_local();
    !(is_special || is_local || address.is_multicast() || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, third, fourth, .., seventh, eighth] = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([one, two], [three, four]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(one, two, three, four)
    };
    match (first, second) {
        // NAT64 (RFC 6052): how a machine without IPv4 reaches it
        (0x64, 0xff9b) if (third, fourth) == (0, 0) => is_public_v4(embedded(seventh, eighth)),
        // IETF protocols, among them Teredo; documentation; 6to4
        (0x2001, 0..=0x1ff | 0xdb8) | (0x2002, _) | (0x3fff, 0..=0xfff) => false,
        // global unicast (RFC 4291): neither mapped IPv4 nor unique local, link-local or multicast
        _ => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn all(expected: bool, addresses: &[&str]) {
        for address in addresses {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn addresses_of_this_machine_and_of_private_networks_are_not_public() {
        all(
            false,
            &[
                "0.0.0.0",
                "0.1.2.3",
                "10.0.0.1",
                "100.64.0.1",
                "100.127.255.255",
                "127.0.0.1",
                "127.255.255.254",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.8",
                "192.0.2.1",
                "192.88.99.1",
                "192.168.1.1",
                "198.18.0.1",
                "198.19.255.255",
                "198.51.100.1",
                "203.0.113.1",
                "224.0.0.1",
                "240.0.0.1",
                "255.255.255.255",
            ],
        );
        all(
            false,
            &[
                "::",
                "::1",
                "::ffff:127.0.0.1",
                "::ffff:8.8.8.8",
                "::127.0.0.1",
                "64:ff9b::7f00:1",
                "64:ff9b::a9fe:a9fe",
                "64:ff9b:1::1",
                "100::1",
                "2001::1",
                "2001:db8::1",
                "2002:7f00:1::",
                "3fff::1",
                "fc00::1",
                "fd00:ec2::254",
                "fe80::1",
                "fec0::1",
                "ff02::1",
            ],
        );
    }

    #[test]
    fn addresses_of_the_open_internet_are_public() {
        all(
            true,
            &["8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "192.0.1.1", "198.20.0.1", "223.255.255.1"],
        );
        all(true, &["2a00:1450:4001:829::200a", "2620:149::1", "2001:4860:4860::8888", "64:ff9b::808:808"]);
    }
}
