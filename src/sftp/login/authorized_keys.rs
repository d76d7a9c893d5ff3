//! `authorized_keys` of OpenSSH: one key a line, with the options that make sense here (sshd(8), AUTHORIZED_KEYS FILE
//! FORMAT). What cannot be honoured is an error that names the line, never passed over.

use std::net::IpAddr;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use russh::keys::{Algorithm, PublicKey};

use crate::fault::Fault;
use crate::sftp::login::addresses::AddressList;

/// Shortest RSA modulus, in bits, as for signatures.
const RSA_BITS: u32 = 3072;
/// Options that take rights away which nobody has here anyway.
const HARMLESS: [&str; 6] = [
    "restrict",
    "no-agent-forwarding",
    "no-port-forwarding",
    "no-pty",
    "no-user-rc",
    "no-x11-forwarding",
];

/// A key that may log in, and when from where.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizedKey {
    /// The key.
    pub(crate) key: PublicKey,
    from: Option<AddressList>,
    expires: Option<Timestamp>,
}

/// Why a key that is listed does not count now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotNow {
    /// `from=` does not list the address.
    WrongAddress,
    /// `expiry-time=` has passed.
    Expired,
}

impl AuthorizedKey {
    /// Whether the key counts for a login from `peer` at `now`.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn counts(&self, peer: IpAddr, now: Timestamp) -> Result<(), NotNow> {
        if self.expires.is_some_and(|expires| now >= expires) {
            return Err(NotNow::Expired);
        }
        if self.from.as_ref().is_some_and(|list| !list.admits(peer)) {
            return Err(NotNow::WrongAddress);
        }
        Ok(())
    }
}

/// An option's name and, after `=`, its value.
type KeyOption = (String, Option<String>);

/// Reads the whole file. `zone` is what times without a `Z` are in.
///
/// # Errors
/// [`Fault::Key`] with the line and what to do about it, at the first line that cannot be honoured.
pub(crate) fn parse(path: &Path, text: &str, zone: &TimeZone) -> Result<Vec<AuthorizedKey>, Fault> {
    let mut keys = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let key = parse_line(line, zone).map_err(|problem| Fault::Key {
            path: path.to_path_buf(),
            problem: format!("line {number}: {problem}"),
        })?;
        keys.push(key);
    }
    Ok(keys)
}

fn parse_line(line: &str, zone: &TimeZone) -> Result<AuthorizedKey, String> {
    // A line without options begins with the key itself.
    let (options, key) = match PublicKey::from_openssh(line) {
        Ok(key) => (Vec::new(), key),
        Err(_) => {
            let (options, rest) = split_options(line)?;
            let key = PublicKey::from_openssh(rest.trim())
                .map_err(|_| "there is no public key that can be read".to_owned())?;
            (options, key)
        }
    };
    check_strength(&key)?;
    let mut authorized = AuthorizedKey {
        key,
        from: None,
        expires: None,
    };
    for (name, value) in options {
        match (name.to_ascii_lowercase().as_str(), value) {
            ("from", Some(value)) if authorized.from.is_none() => {
                authorized.from = Some(AddressList::parse(&value)?);
            }
            ("expiry-time", Some(value)) if authorized.expires.is_none() => {
                authorized.expires = Some(parse_time(&value, zone)?);
            }
            ("from" | "expiry-time", _) => {
                return Err(format!("the option {name} needs one value in quotes"));
            }
            (harmless, None) if HARMLESS.contains(&harmless) => {}
            ("cert-authority", _) => {
                return Err("certificates are not supported; list each key itself".to_owned());
            }
            _ => {
                return Err(format!(
                    "the option {name} is not supported; use from=, expiry-time= and restrict"
                ));
            }
        }
    }
    Ok(authorized)
}

fn check_strength(key: &PublicKey) -> Result<(), String> {
    match key.algorithm() {
        Algorithm::Ed25519 | Algorithm::Ecdsa { .. } => Ok(()),
        Algorithm::Rsa { .. } => {
            let bits = key.key_data().rsa().map_or(0, |rsa| rsa.key_size());
            if bits < RSA_BITS {
                return Err(format!(
                    "the RSA key has {bits} bits, {RSA_BITS} are needed; better make an ed25519 key"
                ));
            }
            Ok(())
        }
        // The library does not tell whether the person touched the key, which must not be taken for granted.
        Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256 => Err(
            "security keys (sk-…) are not supported for logging in; use an ed25519 key".to_owned(),
        ),
        other => Err(format!(
            "keys of type {other} are not accepted; use ed25519"
        )),
    }
}

/// Splits `a,b="c d",e key…` into its options and the rest.
fn split_options(line: &str) -> Result<(Vec<KeyOption>, &str), String> {
    let mut options = Vec::new();
    let (mut name, mut value): (String, Option<String>) = (String::new(), None);
    let mut quoted = false;
    let mut characters = line.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                quoted = !quoted;
                value.get_or_insert_default();
            }
            '\\' if quoted && characters.next_if(|(_, next)| *next == '"').is_some() => {
                value.get_or_insert_default().push('"');
            }
            _ if quoted => value.get_or_insert_default().push(character),
            ',' => options.push((std::mem::take(&mut name), value.take())),
            ' ' | '\t' => {
                options.push((name, value));
                return Ok((options, line.get(at..).unwrap_or_default()));
            }
            '=' if value.is_none() => {}
            _ => name.push(character),
        }
    }
    Err(if quoted {
        "a quote is not closed".to_owned()
    } else {
        "there is no public key that can be read".to_owned()
    })
}

/// `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, with `Z` in UTC.
fn parse_time(value: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    let (digits, zone) = match value.strip_suffix(['Z', 'z']) {
        Some(digits) => (digits, TimeZone::UTC),
        None => (value, zone.clone()),
    };
    let format = match digits.len() {
        8 => "%Y%m%d",
        12 => "%Y%m%d%H%M",
        14 => "%Y%m%d%H%M%S",
        _ => "",
    };
    let all_digits = digits.bytes().all(|b| b.is_ascii_digit());
    let time = if !all_digits || format.is_empty() {
        None
    } else if digits.len() == 8 {
        jiff::civil::Date::strptime(format, digits)
            .ok()
            .map(|date| date.at(0, 0, 0, 0))
    } else {
        DateTime::strptime(format, digits).ok()
    };
    time.and_then(|time| time.to_zoned(zone).ok())
        .map(|time| time.timestamp())
        .ok_or_else(|| {
            format!(
                "expiry-time= takes YYYYMMDD or YYYYMMDDHHMM[SS], with Z for UTC, not {value:?}"
            )
        })
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::path::Path;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::{NotNow, parse};

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ a comment";

    fn zone() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(7))
    }

    #[test]
    fn options_decide_when_a_key_counts() {
        let cases: &[(&str, &str, &str, Result<(), NotNow>)] = &[
            ("", "10.1.2.3", "2026-01-01T00:00:00Z", Ok(())),
            (
                "restrict,no-pty ",
                "10.1.2.3",
                "2026-01-01T00:00:00Z",
                Ok(()),
            ),
            (
                r#"from="10.0.0.0/8" "#,
                "10.1.2.3",
                "2026-01-01T00:00:00Z",
                Ok(()),
            ),
            (
                r#"from="10.0.0.0/8" "#,
                "11.1.2.3",
                "2026-01-01T00:00:00Z",
                Err(NotNow::WrongAddress),
            ),
            (
                r#"from="0.0.0.0/0" "#,
                "11.1.2.3",
                "2026-01-01T00:00:00Z",
                Ok(()),
            ),
            (
                r#"from="::/0" "#,
                "11.1.2.3",
                "2026-01-01T00:00:00Z",
                Err(NotNow::WrongAddress),
            ),
            (
                r#"from="!10.1.2.3,10.1.*" "#,
                "10.1.2.3",
                "2026-01-01T00:00:00Z",
                Err(NotNow::WrongAddress),
            ),
            (
                r#"from="!10.1.2.3,10.1.*" "#,
                "10.1.2.4",
                "2026-01-01T00:00:00Z",
                Ok(()),
            ),
            (
                r#"from="!10.1.2.3" "#,
                "10.1.2.4",
                "2026-01-01T00:00:00Z",
                Err(NotNow::WrongAddress),
            ),
            (
                r#"from="2001:db8::/32,192.0.2.7" "#,
                "2001:db8::1",
                "2026-01-01T00:00:00Z",
                Ok(()),
            ),
            (
                r#"from="2001:db8::/32,192.0.2.7" "#,
                "192.0.2.7",
                "2026-01-01T00:00:00Z",
                Ok(()),
            ),
            (
                r#"from="2001:db8::/32,192.0.2.7" "#,
                "192.0.2.8",
                "2026-01-01T00:00:00Z",
                Err(NotNow::WrongAddress),
            ),
            (
                r#"expiry-time="20260101Z" "#,
                "10.1.2.3",
                "2025-12-31T23:59:59Z",
                Ok(()),
            ),
            (
                r#"expiry-time="20260101Z" "#,
                "10.1.2.3",
                "2026-01-01T00:00:00Z",
                Err(NotNow::Expired),
            ),
            // Without Z in the zone of the service, seven hours ahead here.
            (
                r#"expiry-time="20260101" "#,
                "10.1.2.3",
                "2025-12-31T16:59:59Z",
                Ok(()),
            ),
            (
                r#"expiry-time="20260101" "#,
                "10.1.2.3",
                "2025-12-31T17:00:00Z",
                Err(NotNow::Expired),
            ),
            (
                r#"expiry-time="202601011230Z",from="10.*" "#,
                "10.1.2.3",
                "2026-01-01T12:29:59Z",
                Ok(()),
            ),
            (
                r#"Expiry-Time="20260101123001Z" "#,
                "10.1.2.3",
                "2026-01-01T12:30:01Z",
                Err(NotNow::Expired),
            ),
        ];
        for (options, peer, now, expected) in cases {
            let keys = parse(Path::new("keys"), &format!("{options}{KEY}\n"), &zone()).unwrap();
            let peer: IpAddr = peer.parse().unwrap();
            let now: Timestamp = now.parse().unwrap();
            assert_eq!(
                &keys[0].counts(peer, now),
                expected,
                "{options} {peer} {now}"
            );
        }
    }

    #[test]
    fn what_cannot_be_honoured_names_its_line() {
        for (line, part) in [
            ("not a key", "no public key"),
            (r#"command="/bin/sh" "#, "option command is not supported"),
            ("cert-authority ", "certificates"),
            ("port-forwarding ", "not supported"),
            (r#"from="bkn.example.id" "#, "addresses"),
            (r#"from="10.0.0.0/33" "#, "addresses"),
            (r#"from="" "#, "addresses"),
            ("from ", "needs one value"),
            (r#"from="10.*",from="11.*" "#, "needs one value"),
            (r#"expiry-time="tomorrow" "#, "expiry-time="),
            (r#"expiry-time="20261301" "#, "expiry-time="),
            (r#"from="10.* "#, "quote is not closed"),
        ] {
            let line = if line.starts_with("not") {
                line.to_owned()
            } else {
                format!("{line}{KEY}")
            };
            let text = format!("# first\n\n{line}\n");
            let fault = parse(Path::new("bkn/authorized_keys"), &text, &zone())
                .unwrap_err()
                .to_string();
            assert!(fault.contains("bkn/authorized_keys: line 3: "), "{fault}");
            assert!(fault.contains(part), "{line}: {fault}");
        }
    }

    #[test]
    fn comments_and_empty_lines_are_passed_over() {
        let text = format!("# a comment\n\n  {KEY}\r\n{KEY}");
        assert_eq!(parse(Path::new("keys"), &text, &zone()).unwrap().len(), 2);
    }
}
