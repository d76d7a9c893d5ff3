//! `authorized_keys` of OpenSSH: one key a line, with the options that make sense here (sshd(8), AUTHORIZED_KEYS FILE
//! FORMAT). What cannot be honoured is an error that names the line, never passed over.

use std::net::IpAddr;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use russh::keys::PublicKey;
use russh::keys::ssh_key::public::KeyData;

use crate::fault::Fault;
use crate::sftp::login::addresses::AddressList;
use crate::sftp::login::reason::Reason;
use crate::sftp::login::strength;

/// Options that take rights away which nobody has here anyway.
const HARMLESS: [&str; 6] = [
    "restrict",
    "no-agent-forwarding",
    "no-port-forwarding",
    "no-pty",
    "no-user-rc",
    "no-x11-forwarding",
];

/// A key that may log in or certify who may, and when from where.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizedKey {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The key.
    pub(crate) key: KeyData,
    /// What it is good for.
    pub(crate) role: Role,
    /// Its `expiry-time=`.
    pub(crate) expires: Option<Timestamp>,
    from: Option<AddressList>,
}

/// What a key is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Role {
    /// Whoever has it may log in.
    Login,
    /// It signs certificates (`cert-authority`), which must name one of these principals; `None` is the account.
    Authority(Option<Vec<String>>),
}

impl AuthorizedKey {
    /// Whether the key counts for a login from `peer` at `now`.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn counts(&self, peer: IpAddr, now: Timestamp) -> Result<(), Reason> {
        if self.has_expired(now) {
            return Err(Reason::Expired);
        }
        if self.from.as_ref().is_some_and(|list| !list.admits(peer)) {
            return Err(Reason::WrongAddress);
        }
        Ok(())
    }

    /// Whether its `expiry-time=` has come.
    pub(crate) fn has_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| now >= expires)
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
        let key = parse_line(line, number, zone).map_err(|problem| Fault::Key {
            path: path.to_path_buf(),
            problem: format!("line {number}: {problem}"),
        })?;
        keys.push(key);
    }
    Ok(keys)
}

fn parse_line(line: &str, number: usize, zone: &TimeZone) -> Result<AuthorizedKey, String> {
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
    strength::check(key.key_data())?;
    let (mut from, mut expires, mut authority, mut principals) = (None, None, false, None);
    for (name, value) in options {
        match (name.to_ascii_lowercase().as_str(), value) {
            ("from", Some(value)) if from.is_none() => from = Some(AddressList::parse(&value)?),
            ("expiry-time", Some(value)) if expires.is_none() => {
                expires = Some(parse_time(&value, zone)?);
            }
            ("principals", Some(value)) if principals.is_none() => {
                principals = Some(parse_principals(&value)?);
            }
            ("from" | "expiry-time" | "principals", _) => {
                return Err(format!("the option {name} needs one value in quotes"));
            }
            ("cert-authority", None) => authority = true,
            (harmless, None) if HARMLESS.contains(&harmless) => {}
            _ => {
                return Err(format!(
                    "the option {name} is not supported; use from=, expiry-time=, restrict, cert-authority and principals="
                ));
            }
        }
    }
    let role = match (authority, principals) {
        (true, principals) => Role::Authority(principals),
        (false, None) => Role::Login,
        (false, Some(_)) => {
            return Err("principals= goes with cert-authority only".to_owned());
        }
    };
    Ok(AuthorizedKey {
        line: number,
        key: key.key_data().clone(),
        role,
        from,
        expires,
    })
}

/// Names between commas. sshd takes them as they are, without wildcards.
fn parse_principals(value: &str) -> Result<Vec<String>, String> {
    let names: Vec<String> = value.split(',').map(str::to_owned).collect();
    let odd = |name: &String| {
        name.is_empty() || name.contains(|c: char| c.is_whitespace() || "*?!".contains(c))
    };
    if names.iter().any(odd) {
        return Err(format!(
            "principals= takes names as \"budi,siti\", not {value:?}"
        ));
    }
    Ok(names)
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

    use super::{Role, parse};
    use crate::sftp::login::reason::Reason;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ a comment";

    fn zone() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(7))
    }

    #[test]
    fn options_decide_when_a_key_counts() {
        let cases: &[(&str, &str, &str, Result<(), Reason>)] = &[
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
                Err(Reason::WrongAddress),
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
                Err(Reason::WrongAddress),
            ),
            (
                r#"from="!10.1.2.3,10.1.*" "#,
                "10.1.2.3",
                "2026-01-01T00:00:00Z",
                Err(Reason::WrongAddress),
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
                Err(Reason::WrongAddress),
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
                Err(Reason::WrongAddress),
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
                Err(Reason::Expired),
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
                Err(Reason::Expired),
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
                Err(Reason::Expired),
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
            (r#"cert-authority="yes" "#, "not supported"),
            (r#"principals="budi" "#, "goes with cert-authority"),
            ("cert-authority,principals ", "needs one value"),
            (r#"cert-authority,principals="" "#, "takes names"),
            (r#"cert-authority,principals="budi,,siti" "#, "takes names"),
            (r#"cert-authority,principals="*" "#, "takes names"),
            (r#"from="10.1.2.3/8" "#, "bits set"),
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
    fn an_authority_is_no_login() {
        for (options, role) in [
            ("", Role::Login),
            ("cert-authority ", Role::Authority(None)),
            (
                r#"cert-authority,principals="budi,siti",from="10.*" "#,
                Role::Authority(Some(vec!["budi".to_owned(), "siti".to_owned()])),
            ),
        ] {
            let keys = parse(Path::new("keys"), &format!("{options}{KEY}\n"), &zone()).unwrap();
            assert_eq!(keys[0].role, role);
        }
    }

    #[test]
    fn comments_and_empty_lines_are_passed_over() {
        let text = format!("# a comment\n\n  {KEY}\r\n{KEY}");
        assert_eq!(parse(Path::new("keys"), &text, &zone()).unwrap().len(), 2);
    }
}
