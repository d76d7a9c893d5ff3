//! The binary format of `ssh-keygen -k`, version 1 (PROTOCOL.krl of OpenSSH).

use std::collections::HashSet;

use super::{Revoked, RevokedCertificates};

/// The first bytes of such a file.
pub(super) const MAGIC: &[u8] = b"SSHKRL\n\0";

const VERSION: u32 = 1;

const CERTIFICATES: u8 = 1;
const KEYS: u8 = 2;
const SHA1: u8 = 3;
const SHA256: u8 = 5;
const EXTENSION: u8 = 255;

const SERIAL_LIST: u8 = 0x20;
const SERIAL_RANGE: u8 = 0x21;
const SERIAL_BITMAP: u8 = 0x22;
const KEY_IDS: u8 = 0x23;
const CERTIFICATES_EXTENSION: u8 = 0x39;

/// Reads what follows [`MAGIC`].
///
/// # Errors
/// A list that is cut off, of another version, or with a part that is unknown and must not be passed over.
pub(super) fn parse(bytes: &[u8]) -> Result<Revoked, String> {
    let mut reader = Reader(bytes);
    if reader.u32()? != VERSION {
        return Err("a revocation list of an unknown version".to_owned());
    }
    // Number of the list, when it was made, flags; then two texts. None of them decides anything.
    for _ in 0..3 {
        reader.u64()?;
    }
    for _ in 0..2 {
        reader.string()?;
    }
    let mut revoked = Revoked::default();
    while !reader.0.is_empty() {
        let kind = reader.u8()?;
        let mut section = Reader(reader.string()?);
        match kind {
            CERTIFICATES => revoked.certificates.push(certificates(&mut section)?),
            KEYS => section.all_strings(&mut revoked.keys)?,
            SHA1 => section.all_strings(&mut revoked.sha1)?,
            SHA256 => section.all_strings(&mut revoked.sha256)?,
            EXTENSION => extension(&mut section)?,
            other => return Err(unknown("section", other)),
        }
        section.end()?;
    }
    Ok(revoked)
}

fn certificates(reader: &mut Reader<'_>) -> Result<RevokedCertificates, String> {
    let authority = reader.string()?;
    reader.string()?;
    let mut revoked = RevokedCertificates {
        authority: (!authority.is_empty()).then(|| authority.to_vec()),
        ..RevokedCertificates::default()
    };
    while !reader.0.is_empty() {
        let kind = reader.u8()?;
        let mut section = Reader(reader.string()?);
        match kind {
            SERIAL_LIST => {
                while !section.0.is_empty() {
                    let serial = section.u64()?;
                    revoked.serials.push((serial, serial));
                }
            }
            SERIAL_RANGE => revoked.serials.push((section.u64()?, section.u64()?)),
            SERIAL_BITMAP => {
                let first = section.u64()?;
                bitmap(first, section.string()?, &mut revoked.serials)?;
            }
            KEY_IDS => {
                let mut ids = HashSet::new();
                section.all_strings(&mut ids)?;
                for id in ids {
                    // A certificate whose key id is no UTF-8 is never accepted.
                    revoked.key_ids.extend(String::from_utf8(id));
                }
            }
            CERTIFICATES_EXTENSION => extension(&mut section)?,
            other => return Err(unknown("part about certificates", other)),
        }
        section.end()?;
    }
    // ssh-keygen takes neither for a list: zero is the number of certificates without one.
    if revoked
        .serials
        .iter()
        .any(|(from, to)| *from == 0 || from > to)
    {
        return Err(damaged());
    }
    Ok(revoked)
}

/// Serial numbers as the bits of one number, the lowest of which stands for `first`.
fn bitmap(first: u64, number: &[u8], serials: &mut Vec<(u64, u64)>) -> Result<(), String> {
    let bits = number
        .iter()
        .rev()
        .flat_map(|byte| (0..8).map(move |bit| byte & (1 << bit) != 0));
    for (offset, set) in (0..).zip(bits) {
        if set {
            let serial = first.checked_add(offset).ok_or_else(damaged)?;
            match serials.last_mut() {
                Some((_, to)) if to.checked_add(1) == Some(serial) => *to = serial,
                _ => serials.push((serial, serial)),
            }
        }
    }
    Ok(())
}

/// An extension may be passed over unless it says that it must not.
fn extension(reader: &mut Reader<'_>) -> Result<(), String> {
    reader.string()?;
    let critical = reader.u8()? != 0;
    reader.string()?;
    if critical {
        return Err(
            "the revocation list has an extension that this version does not understand and that must not be passed over"
                .to_owned(),
        );
    }
    Ok(())
}

fn unknown(what: &str, kind: u8) -> String {
    format!("the revocation list has a {what} of the unknown kind {kind}")
}

fn damaged() -> String {
    "the revocation list is damaged; make it again with `ssh-keygen -k`".to_owned()
}

/// Reads the data types of RFC 4251 §5.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(damaged)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u8(&mut self) -> Result<u8, String> {
        self.take().map(u8::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, String> {
        self.take().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Result<u64, String> {
        self.take().map(u64::from_be_bytes)
    }

    fn string(&mut self) -> Result<&'b [u8], String> {
        let length = usize::try_from(self.u32()?).map_err(|_| damaged())?;
        let (string, rest) = self.0.split_at_checked(length).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(string)
    }

    fn all_strings(&mut self, into: &mut HashSet<Vec<u8>>) -> Result<(), String> {
        while !self.0.is_empty() {
            into.insert(self.string()?.to_vec());
        }
        Ok(())
    }

    fn end(&self) -> Result<(), String> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(damaged())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Revoked;
    use super::{MAGIC, parse};

    fn string(bytes: &[u8]) -> Vec<u8> {
        let mut field = (bytes.len() as u32).to_be_bytes().to_vec();
        field.extend_from_slice(bytes);
        field
    }

    fn section(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
        let mut bytes = vec![kind];
        bytes.extend(string(&parts.concat()));
        bytes
    }

    fn list(version: u32, sections: &[&[u8]]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(version.to_be_bytes());
        bytes.extend([0; 24]);
        bytes.extend(string(b""));
        bytes.extend(string(b"a comment"));
        bytes.extend(sections.concat());
        bytes
    }

    fn serials(sections: &[&[u8]]) -> Vec<(u64, u64)> {
        let empty = string(b"");
        let mut parts: Vec<&[u8]> = vec![&empty, &empty];
        parts.extend(sections);
        let bytes = list(1, &[&section(1, &parts)]);
        let revoked = parse(&bytes[MAGIC.len()..]).unwrap();
        revoked.certificates[0].serials.clone()
    }

    #[test]
    fn serial_numbers_come_as_lists_ranges_and_bits() {
        let number = |n: u64| n.to_be_bytes();
        for (part, expected) in [
            (
                section(0x20, &[&number(7), &number(3)]),
                vec![(7, 7), (3, 3)],
            ),
            (section(0x21, &[&number(5), &number(9)]), vec![(5, 9)]),
            (
                section(0x22, &[&number(100), &string(&[0b10, 0b1000_0111])]),
                vec![(100, 102), (107, 107), (109, 109)],
            ),
            (section(0x22, &[&number(1), &string(&[])]), vec![]),
            (
                section(0x39, &[&string(b"later"), &[0], &string(b"?")]),
                vec![],
            ),
        ] {
            assert_eq!(serials(&[&part]), expected);
        }
    }

    #[test]
    fn what_is_not_understood_spoils_the_whole_list() {
        let empty = string(b"");
        let later = string(b"later");
        let numbers = |part: &[u8]| list(1, &[&section(1, &[&empty, &empty, part])]);
        for (bytes, part) in [
            (numbers(&section(0x20, &[&[0; 8]])), "damaged"),
            (numbers(&section(0x21, &[&[9; 8], &[8; 8]])), "damaged"),
            (list(2, &[]), "version"),
            (list(1, &[&section(4, &[])]), "unknown kind 4"),
            (list(1, &[&section(9, &[])]), "unknown kind 9"),
            (
                list(1, &[&section(255, &[&later, &[1], &empty])]),
                "must not be passed over",
            ),
            (
                list(1, &[&section(1, &[&empty, &empty, &section(0x24, &[])])]),
                "unknown kind 36",
            ),
            (
                list(
                    1,
                    &[&section(
                        1,
                        &[&empty, &empty, &section(0x39, &[&later, &[1], &empty])],
                    )],
                ),
                "must not be passed over",
            ),
            (
                list(
                    1,
                    &[&section(
                        1,
                        &[
                            &empty,
                            &empty,
                            &section(0x22, &[&[0xff; 8], &string(&[0b10])]),
                        ],
                    )],
                ),
                "damaged",
            ),
        ] {
            let problem = Revoked::parse(&bytes).unwrap_err();
            assert!(problem.contains(part), "{problem}");
        }
    }

    #[test]
    fn a_list_that_is_cut_off_is_no_list() {
        let empty = string(b"");
        let serial = section(0x20, &[&[1; 8]]);
        let whole = list(
            1,
            &[
                &section(1, &[&empty, &empty, &serial]),
                &section(5, &[&string(&[7; 32])]),
            ],
        );
        assert!(Revoked::parse(&whole).is_ok());
        // A list may end after its head or after a section, and nowhere else.
        let head = list(1, &[]).len();
        let ends = [head, head + 5 + 4 + 4 + 5 + 8, whole.len()];
        for end in MAGIC.len()..whole.len() {
            assert_eq!(
                Revoked::parse(&whole[..end]).is_ok(),
                ends.contains(&end),
                "cut off after {end} bytes"
            );
        }
    }
}
