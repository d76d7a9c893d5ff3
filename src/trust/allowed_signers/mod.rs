//! ssh-keygen's `allowed_signers`: which key may sign as whom, for what, and from when to when.
//!
//! The format is that of `ssh-keygen(1)`, ALLOWED SIGNERS. Where this reader differs it is stricter, and every
//! difference stands in `tests/trust/signers.rs`: ssh-keygen skips a line that it cannot read, this reader refuses
//! the file and names the line; `namespaces=` must be there, so that a key is never good for everything.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use russh::keys::Certificate;
use russh::keys::ssh_key::PublicKey;
use russh::keys::ssh_key::public::KeyData;

use crate::fault::Fault;

use super::LineProblem;
use super::certificate;
use super::key_file::{problem, read_public};
use super::revoked::Revoked;
use super::strength;

use self::options::Options;
use self::pattern::PatternList;

mod options;
pub(super) mod pattern;

/// Longest line, in characters; an RSA key of 16,384 bits has 2,800.
const LONGEST_LINE: usize = 16 << 10;

/// The signers of one party.
#[derive(Debug, Clone)]
pub struct AllowedSigners {
    entries: Vec<Entry>,
}

/// What a file says about a key; a later one is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// The file does not have the key.
    Unknown,
    /// The key may sign, but as somebody else.
    OtherPrincipal,
    /// The key may sign as this principal, but not in this namespace.
    OtherNamespace,
    /// The key was not yet valid or is no longer.
    OutOfTime,
    /// The key may sign.
    Allowed,
}

/// One line.
#[derive(Debug, Clone)]
struct Entry {
    line: usize,
    principals: PatternList,
    options: Options,
    key: KeyData,
}

/// A line, as [`AllowedSigners::listed`] tells it.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'a> {
    /// The line, from 1.
    pub line: usize,
    /// Who signs.
    pub key: &'a KeyData,
    /// Whether it signs certificates instead of deliveries.
    pub is_authority: bool,
    /// Its `valid-after=`.
    pub from: Option<Timestamp>,
    /// Its `valid-before=`.
    pub until: Option<Timestamp>,
}

impl AllowedSigners {
    /// Reads the text of a file; times without `Z` are in this machine's time zone, as in ssh-keygen.
    pub fn parse(text: &str) -> Result<Self, LineProblem> {
        Self::parse_in(text, &TimeZone::system())
    }

    /// Reads the file at `path`.
    pub fn load(path: &Path) -> Result<Self, Fault> {
        let text = read_public(path)?;
        let signers = Self::parse(&text).map_err(|line| line.in_file(path))?;
        // A file emptied by accident would refuse every delivery for good.
        if signers.entries.is_empty() {
            let what = "it names no signer; write a line as `PARTY namespaces=\"padan\" ssh-ed25519 AAAA…`";
            return Err(problem(path, what.to_owned()));
        }
        Ok(signers)
    }

    /// What this file says about `key`, or the key in a certificate, signing as `principal` in `namespace` at `at`;
    /// the best of its lines.
    pub(super) fn standing(
        &self,
        key: &KeyData,
        principal: &str,
        namespace: &str,
        at: Timestamp,
    ) -> Standing {
        self.entries
            .iter()
            .filter(|entry| entry.is_for(key))
            .map(|entry| {
                let certificate = key.certificate();
                if !entry.principals.matches(principal) || !is_certified(certificate, principal) {
                    Standing::OtherPrincipal
                } else if !entry.options.namespaces.matches(namespace) {
                    Standing::OtherNamespace
                } else if !entry.options.covers(at)
                    || !certificate.is_none_or(|one| certificate::covers(one, at.as_second()))
                {
                    Standing::OutOfTime
                } else {
                    Standing::Allowed
                }
            })
            .max()
            .unwrap_or(Standing::Unknown)
    }

    /// Whether any line has the key, or the authority of its certificate.
    pub(super) fn knows(&self, key: &KeyData) -> bool {
        self.entries.iter().any(|entry| entry.is_for(key))
    }

    /// What an operator should know at `at` of a list that can be used: whether `principal` can sign in `namespace` at
    /// all, and which lines do not help.
    pub fn warnings(
        &self,
        principal: &str,
        namespace: &str,
        revoked: Option<&Revoked>,
        at: Timestamp,
    ) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut good = false;
        for entry in &self.entries {
            match entry.problem(principal, namespace, revoked, at) {
                Some(problem) => warnings.push(format!("line {}: {problem}", entry.line)),
                None => good = true,
            }
        }
        if !good {
            warnings.push(format!(
                "nobody can sign for {principal} now; add a line as `{principal} namespaces=\"{namespace}\" ssh-ed25519 AAAA…`"
            ));
        }
        warnings
    }

    /// Every line's key and when it is valid, for a person who looks after keys.
    pub fn listed(&self) -> impl Iterator<Item = Listed<'_>> {
        self.entries.iter().map(|entry| Listed {
            line: entry.line,
            key: &entry.key,
            is_authority: entry.options.is_authority,
            from: entry.options.valid_after,
            until: entry.options.valid_before,
        })
    }

    fn parse_in(text: &str, local: &TimeZone) -> Result<Self, LineProblem> {
        let mut entries = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let at_line = |problem| LineProblem {
                line: index + 1,
                problem,
            };
            let line = line.trim_matches([' ', '\t']);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            entries.push(read_line(index + 1, line, local).map_err(at_line)?);
        }
        Ok(Self { entries })
    }
}

impl Entry {
    /// Whether the line speaks of this key; of a certificate's key only its authority's line does.
    fn is_for(&self, key: &KeyData) -> bool {
        match key.certificate() {
            Some(certificate) => {
                self.options.is_authority && self.key == *certificate.signature_key()
            }
            None => !self.options.is_authority && self.key == *key,
        }
    }

    /// Why nobody can sign by this line at `at`.
    fn problem(
        &self,
        principal: &str,
        namespace: &str,
        revoked: Option<&Revoked>,
        at: Timestamp,
    ) -> Option<String> {
        if !self.principals.matches(principal) {
            return Some(format!("not for {principal}, so it never counts here"));
        }
        if !self.options.namespaces.matches(namespace) {
            return Some(format!(
                "not for the namespace {namespace}, so it never counts here"
            ));
        }
        if self.options.has_expired(at) {
            return Some(
                "it has expired; give the key another time, or remove the line".to_owned(),
            );
        }
        if !self.options.covers(at) {
            return Some("it is not valid yet".to_owned());
        }
        if revoked.is_some_and(|list| list.has_key(&self.key)) {
            return Some("its key is revoked; list another one".to_owned());
        }
        strength::check(&self.key).err()
    }
}

/// Whether a certificate, if there is one, names the principal. One that names nobody is good for nobody, as in
/// ssh-keygen.
fn is_certified(certificate: Option<&Certificate>, principal: &str) -> bool {
    certificate.is_none_or(|one| one.valid_principals().iter().any(|name| name == principal))
}

/// `principals options key-type base64-key [comment]`.
fn read_line(number: usize, line: &str, local: &TimeZone) -> Result<Entry, String> {
    if line.len() > LONGEST_LINE {
        return Err("the line is too long for a key".to_owned());
    }
    if line.starts_with('\u{feff}') || line.contains(|c: char| c.is_control() && c != '\t') {
        return Err(
            "a byte order mark or control character; save the file as plain UTF-8".to_owned(),
        );
    }
    let (principals, rest) = split_token(line)?;
    let (options, key) = split_token(rest)?;
    if is_key_type(options) {
        return Err(
            "no namespaces=: such a key could sign anything; write namespaces=\"padan\" before the key type"
                .to_owned(),
        );
    }
    Ok(Entry {
        line: number,
        principals: PatternList::parse(unquote(principals)?, "principal")?,
        options: Options::parse(options, local)?,
        key: read_key(key)?,
    })
}

/// The text up to the first white space outside double quotes, and what follows it.
fn split_token(text: &str) -> Result<(&str, &str), String> {
    let mut quoted = false;
    let end = text.find(|c| {
        quoted ^= c == '"';
        !quoted && matches!(c, ' ' | '\t')
    });
    match end.and_then(|end| text.split_at_checked(end)) {
        Some((token, rest)) => Ok((token, rest.trim_start_matches([' ', '\t']))),
        None if quoted => Err("a double quote is not closed".to_owned()),
        None => Err("write: principal namespaces=\"padan\" key-type base64-key".to_owned()),
    }
}

/// Principals may stand in double quotes as a whole.
fn unquote(principals: &str) -> Result<&str, String> {
    let inner = principals
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(principals);
    if inner.contains('"') {
        return Err("quote the principals as a whole or not at all".to_owned());
    }
    Ok(inner)
}

/// `key-type base64-key [comment]`.
fn read_key(text: &str) -> Result<KeyData, String> {
    let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
    let (Some(kind), Some(blob)) = (words.next(), words.next()) else {
        return Err("the key is missing; copy the first two words of the .pub file".to_owned());
    };
    let key = PublicKey::from_openssh(&format!("{kind} {blob}")).map_err(|_| {
        "not an OpenSSH public key; copy the first two words of the .pub file".to_owned()
    })?;
    if key.key_data().is_certificate() {
        return Err(
            "a certificate is no key; list the key of the authority that signed it, with cert-authority".to_owned(),
        );
    }
    Ok(key.key_data().clone())
}

/// Whether a word is in the place of the options what `ssh-keygen` writes as a key type.
fn is_key_type(word: &str) -> bool {
    ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"]
        .iter()
        .any(|prefix| word.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::AllowedSigners;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN";

    #[test]
    fn comments_and_empty_lines_count_but_hold_no_key() {
        let text = format!("# who\n\n  \t\n bkn namespaces=\"padan\" {KEY} Budi\r\nbkn x");
        let problem = AllowedSigners::parse(&text).unwrap_err();
        assert_eq!(problem.line, 5);
    }

    #[test]
    fn each_mistake_says_what_to_write() {
        let cases = [
            (format!("bkn {KEY}"), "namespaces="),
            (
                format!("bkn valid-after=\"20260101Z\" {KEY}"),
                "namespaces=",
            ),
            (
                format!("bkn cert-authority=\"yes\",namespaces=\"padan\" {KEY}"),
                "takes no value",
            ),
            (
                format!("bkn cert-authority,namespaces=\"padan\",cert-authority {KEY}"),
                "twice",
            ),
            (format!("bkn cert-authority {KEY}"), "namespaces="),
            (format!("bkn namespaces=padan {KEY}"), "double quotes"),
            (format!("bkn namespaces=\"padan {KEY}"), "not closed"),
            (format!("bkn namespaces=\"padan\", {KEY}"), "comma"),
            (format!("bkn namespaces=\"padan\"x {KEY}"), "comma"),
            (
                format!("bkn namespaces=\"a\",namespaces=\"b\" {KEY}"),
                "twice",
            ),
            (
                format!("bkn namespaces=\"padan\",valid-before=\"2026\" {KEY}"),
                "YYYYMMDDZ",
            ),
            (
                format!(
                    "bkn namespaces=\"p\",valid-after=\"20260102Z\",valid-before=\"20260101Z\" {KEY}"
                ),
                "not later",
            ),
            (format!("bkn namespaces=\"padan\",no-touch {KEY}"), "option"),
            (format!("bkn, namespaces=\"padan\" {KEY}"), "empty"),
            (format!("b\"k\"n namespaces=\"padan\" {KEY}"), "as a whole"),
            (
                format!("\u{feff}bkn namespaces=\"padan\" {KEY}"),
                "byte order mark",
            ),
            ("bkn namespaces=\"padan\" ssh-ed25519".to_owned(), "missing"),
            (
                "bkn namespaces=\"padan\" ssh-ed25519 AAAA".to_owned(),
                ".pub",
            ),
            (
                format!(
                    "bkn namespaces=\"padan\" {}",
                    KEY.replacen("25519", "448", 1)
                ),
                ".pub",
            ),
        ];
        for (text, expected) in cases {
            let problem = AllowedSigners::parse(&text).unwrap_err().problem;
            assert!(problem.contains(expected), "{text}: {problem}");
        }
    }
}
