//! Lists of addresses: those of `from=` are single ones, networks and wildcards, each of which may refuse with `!`;
//! those of a certificate's `source-address` are single ones and networks.

use std::net::IpAddr;

/// A list of patterns as in `10.0.0.0/8,!10.1.2.3,192.0.2.*`.
#[derive(Debug, Clone)]
pub(crate) struct AddressList(Vec<Pattern>);

#[derive(Debug, Clone)]
struct Pattern {
    refuses: bool,
    matches: Matches,
}

#[derive(Debug, Clone)]
enum Matches {
    /// A network: address and prefix length. A single address is one with all its bits.
    Network(IpAddr, u8),
    /// An address as text with `*` and `?`.
    Text(String),
}

impl AddressList {
    /// Reads the value of `from=`.
    ///
    /// # Errors
    /// What is wrong with which pattern. Host names are: they would need a reverse look-up that the other side controls.
    pub(crate) fn parse(value: &str) -> Result<Self, String> {
        value
            .split(',')
            .map(Pattern::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// A list of networks: an address and how many of its first bits count.
    pub(crate) fn of(networks: &[(IpAddr, u8)]) -> Self {
        let pattern = |(address, bits): &(IpAddr, u8)| Pattern {
            refuses: false,
            matches: Matches::Network(*address, *bits),
        };
        Self(networks.iter().map(pattern).collect())
    }

    /// Reads the value of a certificate's `source-address`.
    ///
    /// # Errors
    /// What is wrong with which network; wildcards and `!` are, as in sshd.
    pub(crate) fn parse_networks(value: &str) -> Result<Self, String> {
        let list = Self::parse(value)?;
        let network =
            |pattern: &Pattern| !pattern.refuses && matches!(pattern.matches, Matches::Network(..));
        if list.0.iter().all(network) {
            Ok(list)
        } else {
            Err("source-address takes addresses and networks as 10.0.0.0/8".to_owned())
        }
    }

    /// Whether a pattern matches and none that refuses does, as in sshd(8).
    pub(crate) fn admits(&self, peer: IpAddr) -> bool {
        let matching = |refuses| {
            self.0
                .iter()
                .any(|pattern| pattern.refuses == refuses && pattern.matches(peer))
        };
        matching(false) && !matching(true)
    }
}

impl Pattern {
    fn parse(pattern: &str) -> Result<Self, String> {
        let (refuses, pattern) = match pattern.trim().strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, pattern.trim()),
        };
        let problem = || {
            format!(
                "from= takes addresses, networks as 10.0.0.0/8 and wildcards as 10.1.*, not {pattern:?}"
            )
        };
        let matches = if let Ok(address) = pattern.parse::<IpAddr>() {
            Matches::Network(address, bits_of(address))
        } else if let Some((address, bits)) = pattern.split_once('/') {
            let address: IpAddr = address.parse().map_err(|_| problem())?;
            let bits: u8 = bits.parse().map_err(|_| problem())?;
            if bits > bits_of(address) {
                return Err(problem());
            }
            if !ends_with_network(address, bits) {
                return Err(format!(
                    "{pattern:?} has bits set behind its /{bits}; write the address of the network"
                ));
            }
            Matches::Network(address, bits)
        } else if pattern.contains(['*', '?']) && address_like(pattern) {
            Matches::Text(pattern.to_ascii_lowercase())
        } else {
            return Err(problem());
        };
        Ok(Self { refuses, matches })
    }

    fn matches(&self, peer: IpAddr) -> bool {
        match &self.matches {
            Matches::Network(network, bits) => in_network(peer, *network, *bits),
            Matches::Text(pattern) => wildcard(pattern.as_bytes(), peer.to_string().as_bytes()),
        }
    }
}

fn address_like(pattern: &str) -> bool {
    let hexadecimal = pattern.contains(':');
    pattern.chars().all(|c| {
        matches!(c, '*' | '?' | '.' | ':')
            || c.is_ascii_digit()
            || (hexadecimal && c.is_ascii_hexdigit())
    })
}

const fn bits_of(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// Whether the bits behind the network's are zero. sshd takes any other network for a mistake.
fn ends_with_network(address: IpAddr, bits: u8) -> bool {
    match address {
        IpAddr::V4(address) => address.to_bits().checked_shl(bits.into()).unwrap_or(0) == 0,
        IpAddr::V6(address) => address.to_bits().checked_shl(bits.into()).unwrap_or(0) == 0,
    }
}

fn in_network(peer: IpAddr, network: IpAddr, bits: u8) -> bool {
    let shift = u32::from(bits_of(network).saturating_sub(bits));
    match (peer, network) {
        (IpAddr::V4(peer), IpAddr::V4(network)) => {
            let differs = peer.to_bits() ^ network.to_bits();
            differs.checked_shr(shift).unwrap_or(0) == 0
        }
        (IpAddr::V6(peer), IpAddr::V6(network)) => {
            let differs = peer.to_bits() ^ network.to_bits();
            differs.checked_shr(shift).unwrap_or(0) == 0
        }
        _ => false,
    }
}

/// `*` and `?`, as in OpenSSH's patterns. Goes back only to the last star, so it is quadratic at most.
fn wildcard(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == b'?' || text.get(t) == Some(c) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((star_p, star_t)) => {
                    star = Some((star_p, star_t + 1));
                    p = star_p + 1;
                    t = star_t + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::{AddressList, wildcard};

    #[test]
    fn lists_admit_as_in_openssh() {
        for (list, peer, admits) in [
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.1.2.3", false),
            ("0.0.0.0/0", "11.1.2.3", true),
            ("::/0", "11.1.2.3", false),
            ("::/0", "2001:db8::1", true),
            ("!10.1.2.3,10.1.*", "10.1.2.3", false),
            ("10.1.*,!10.1.2.3", "10.1.2.3", false),
            ("!10.1.2.3, 10.1.*", "10.1.2.4", true),
            ("!10.1.2.3", "10.1.2.4", false),
            ("2001:db8::/32,192.0.2.7", "2001:db8::1", true),
            ("2001:db8::/32,192.0.2.7", "192.0.2.7", true),
            ("2001:db8::/32,192.0.2.7", "192.0.2.8", false),
            ("2001:DB8::*", "2001:db8::1", true),
        ] {
            let list = AddressList::parse(list).unwrap();
            assert_eq!(
                list.admits(peer.parse().unwrap()),
                admits,
                "{list:?} {peer}"
            );
        }
    }

    #[test]
    fn host_names_and_nonsense_are_refused() {
        for list in [
            "",
            "bkn.example.id",
            "*.example.id",
            "10.0.0.0/33",
            "10.0.0/8",
            "10.1.2.3/8",
            "2001:db8::1/32",
            "10.0.0.1,",
            "!",
        ] {
            assert!(AddressList::parse(list).is_err(), "{list}");
        }
    }

    #[test]
    fn a_certificate_names_networks_only() {
        for (list, good) in [
            ("10.0.0.0/8,192.0.2.7", true),
            ("2001:db8::/32", true),
            ("10.*", false),
            ("!10.1.2.3,10.0.0.0/8", false),
            ("", false),
        ] {
            assert_eq!(AddressList::parse_networks(list).is_ok(), good, "{list}");
        }
    }

    #[test]
    fn wildcards_match_as_in_openssh() {
        for (pattern, text, matches) in [
            ("*", "", true),
            ("10.*.3", "10.1.2.3", true),
            ("10.*.4", "10.1.2.3", false),
            ("10.?.2.3", "10.1.2.3", true),
            ("10.?.2.3", "10.11.2.3", false),
            ("*.*.*.*", "10.11.2.3", true),
            ("10", "10.1", false),
        ] {
            assert_eq!(
                wildcard(pattern.as_bytes(), text.as_bytes()),
                matches,
                "{pattern} {text}"
            );
        }
    }
}
