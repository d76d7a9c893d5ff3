//! The header of an age file: stanzas that wrap the file key, under an authentication code made with it.

use std::io::{BufRead, Read};

use age_core::format::read::age_stanza;
use age_core::format::{FileKey, Stanza};
use age_core::secrecy::ExposeSecret;
use aws_lc_rs::{hkdf, hmac};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;

use crate::rejection::Code;

use super::hybrid;
use super::opening::{OpenError, unreadable};

/// Largest header, in bytes: that of 400 classical recipients or 40 hybrid ones.
const LARGEST: usize = 64 << 10;
/// Most lines of a header: each stanza costs every identity a try.
const MOST_LINES: usize = 1024;
/// How every age file begins.
const MAGIC: &[u8] = b"age-encryption.org/";
/// The first line of those that are understood.
const FIRST_LINE: &[u8] = b"age-encryption.org/v1\n";
/// How the last line begins; the authentication code covers the header up to here.
const LAST_LINE: &[u8] = b"---";
/// The stanza of a passphrase.
const SCRYPT: &str = "scrypt";
/// Further stanzas that no quantum computer opens, of keys that only others have.
const ALSO_POSTQUANTUM: [&str; 1] = ["mlkem768p256tag"];
/// What meaningless stanzas are called, or how they end, which some programs add so that readers pass over what they do
/// not know. None is larger than the `age` crate's `grease_the_joint` makes them: the stanza of any recipient known for age
/// has a longer argument, or a longer body, under whatever name.
const GREASE: &str = "grease";
const LONGEST_GREASE_WORD: usize = 8;
const MOST_GREASE_WORDS: usize = 4;
const LONGEST_GREASE_BODY: usize = 99;

/// A header as it was read.
pub(super) struct Header {
    stanzas: Vec<Stanza>,
    /// What the authentication code covers.
    covered: Vec<u8>,
    code: Vec<u8>,
}

impl Header {
    /// Reads up to and with the last line. No byte of a header is parsed before all of it was there and short enough.
    pub(super) fn read(input: &mut impl BufRead) -> Result<Self, OpenError> {
        let bytes = read_lines(input)?;
        Self::parse(bytes).ok_or(OpenError::Rejected(Code::DecryptDamaged))
    }

    fn parse(mut bytes: Vec<u8>) -> Option<Self> {
        let mut rest = bytes.strip_prefix(FIRST_LINE)?;
        let mut stanzas = Vec::new();
        while !rest.starts_with(LAST_LINE) {
            let (after, stanza) = age_stanza(rest).ok()?;
            stanzas.push(Stanza::from(stanza));
            rest = after;
        }
        let code = rest.strip_prefix(b"--- ")?.strip_suffix(b"\n")?;
        let code = BASE64_STANDARD_NO_PAD.decode(code).ok()?;
        let locked = stanzas.iter().any(|stanza| stanza.tag == SCRYPT);
        // A passphrase stands alone, so that whoever knows it knows that nobody else wrote the file.
        if code.len() != 32 || stanzas.is_empty() || (locked && stanzas.len() > 1) {
            return None;
        }
        let covered = bytes.len() - rest.len() + LAST_LINE.len();
        bytes.truncate(covered);
        Some(Self {
            stanzas,
            covered: bytes,
            code,
        })
    }

    pub(super) fn stanzas(&self) -> &[Stanza] {
        &self.stanzas
    }

    /// Whether it is locked with a passphrase, and no key opens it.
    pub(super) fn has_passphrase(&self) -> bool {
        self.stanzas.iter().any(|stanza| stanza.tag == SCRYPT)
    }

    /// How much work its passphrase takes, as the power of two; `None` where it says none.
    pub(super) fn work_factor(&self) -> Option<u8> {
        let scrypt = self.stanzas.iter().find(|stanza| stanza.tag == SCRYPT)?;
        scrypt.args.get(1)?.parse().ok()
    }

    /// Whether every stanza withstands quantum computers: one that does not is a way around all others.
    pub(super) fn is_postquantum(&self) -> bool {
        let mut real = self
            .stanzas
            .iter()
            .filter(|stanza| !is_grease(stanza))
            .peekable();
        real.peek().is_some()
            && real.all(|stanza| {
                stanza.tag == hybrid::TAG || ALSO_POSTQUANTUM.contains(&stanza.tag.as_str())
            })
    }

    /// Whether the header is as the holder of the file key wrote it.
    pub(super) fn is_authentic(&self, file_key: &FileKey) -> bool {
        code_key(file_key).is_some_and(|key| hmac::verify(&key, &self.covered, &self.code).is_ok())
    }
}

fn is_grease(stanza: &Stanza) -> bool {
    let short = |word: &str| (1..=LONGEST_GREASE_WORD).contains(&word.len());
    let before = stanza.tag.strip_suffix(GREASE);
    let named = before
        .is_some_and(|before| before.is_empty() || before.strip_suffix('-').is_some_and(short));
    named
        && stanza.args.len() <= MOST_GREASE_WORDS
        && stanza.args.iter().all(|word| short(word))
        && stanza.body.len() <= LONGEST_GREASE_BODY
}

/// The header of a new file; `None` if HKDF fails.
pub(super) fn write(stanzas: &[Stanza], file_key: &FileKey) -> Option<Vec<u8>> {
    let mut header = FIRST_LINE.to_vec();
    for stanza in stanzas {
        header.extend_from_slice(b"-> ");
        header.extend_from_slice(stanza.tag.as_bytes());
        for argument in &stanza.args {
            header.push(b' ');
            header.extend_from_slice(argument.as_bytes());
        }
        header.push(b'\n');
        // Ends with a line shorter than 64, which may be empty.
        let body = BASE64_STANDARD_NO_PAD.encode(&stanza.body);
        let mut lines = body.as_bytes().chunks_exact(64);
        for line in lines.by_ref() {
            header.extend_from_slice(line);
            header.push(b'\n');
        }
        header.extend_from_slice(lines.remainder());
        header.push(b'\n');
    }
    header.extend_from_slice(LAST_LINE);
    let code = hmac::sign(&code_key(file_key)?, &header);
    let code = BASE64_STANDARD_NO_PAD.encode(code.as_ref());
    header.extend_from_slice(format!(" {code}\n").as_bytes());
    Some(header)
}

fn code_key(file_key: &FileKey) -> Option<hmac::Key> {
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"")
        .extract(file_key.expose_secret())
        .expand(&[b"header"], hmac::HMAC_SHA256)
        .map(hmac::Key::from)
        .ok()
}

/// The lines up to and with the one that begins with `---`.
fn read_lines(input: &mut impl BufRead) -> Result<Vec<u8>, OpenError> {
    let mut header = Vec::new();
    for _ in 0..MOST_LINES {
        let begin = header.len();
        let room = LARGEST.saturating_sub(begin);
        input
            .by_ref()
            .take(room as u64)
            .read_until(b'\n', &mut header)
            .map_err(unreadable)?;
        let line = header.get(begin..).unwrap_or_default();
        // Beyond an altered last line the payload begins: that is no large header, but no header either.
        let text = line.iter().all(|b| matches!(b, b' '..=b'~' | b'\n'));
        if !text || (begin == 0 && !line.starts_with(MAGIC)) {
            return Err(OpenError::Rejected(Code::DecryptDamaged));
        }
        if !line.ends_with(b"\n") {
            return Err(OpenError::Rejected(if line.len() == room {
                Code::TooLarge
            } else {
                Code::DecryptDamaged
            }));
        }
        if line.starts_with(LAST_LINE) {
            return Ok(header);
        }
    }
    Err(OpenError::Rejected(Code::TooLarge))
}

#[cfg(test)]
mod tests {
    use super::{Header, Stanza};

    fn stanza(line: &str, body: usize) -> Stanza {
        let mut words = line.split(' ').map(str::to_owned);
        Stanza {
            tag: words.next().unwrap(),
            args: words.collect(),
            body: vec![7; body],
        }
    }

    /// One stanza that is no meaningless one and withstands no quantum computer opens the way around all others.
    #[test]
    fn meaningless_stanzas_count_for_nothing_and_hide_no_recipient() {
        let share = "TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc";
        let hybrid = || stanza(&format!("mlkem768x25519 {share}"), 32);
        let cases = [
            (vec![hybrid()], true),
            (vec![hybrid(), hybrid()], true),
            (
                vec![stanza("grease", 0), hybrid(), stanza("grease", 0)],
                true,
            ),
            (
                vec![hybrid(), stanza("a@=!9Zz,-grease 1 2 3 12345678", 99)],
                true,
            ),
            (vec![hybrid(), stanza("mlkem768p256tag tag enc", 32)], true),
            // Nothing that anybody could open.
            (vec![stanza("grease", 0)], false),
            (vec![stanza("x-grease 1", 32), stanza("y-grease", 0)], false),
            (
                vec![hybrid(), stanza(&format!("X25519 {share}"), 32)],
                false,
            ),
            // A recipient under a false name.
            (
                vec![hybrid(), stanza(&format!("X25519-grease {share}"), 32)],
                false,
            ),
            (
                vec![hybrid(), stanza(&format!("grease {share}"), 32)],
                false,
            ),
            (vec![hybrid(), stanza("ssh-ed25519-grease a b", 32)], false),
            (vec![hybrid(), stanza("ssh-rsa-grease a", 256)], false),
            (vec![hybrid(), stanza("p-grease 1 2 3 4 5", 32)], false),
            (vec![hybrid(), stanza("-grease", 32)], false),
            (vec![hybrid(), stanza("xgrease", 32)], false),
            (vec![hybrid(), stanza("plugin", 0)], false),
        ];
        for (stanzas, expected) in cases {
            let told = format!("{stanzas:?}");
            let header = Header {
                stanzas,
                covered: vec![],
                code: vec![],
            };
            assert_eq!(header.is_postquantum(), expected, "{told}");
        }
    }
}
