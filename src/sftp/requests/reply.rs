//! Answers as bytes, written straight into the output.

use jiff::Timestamp;

use crate::sftp::attendant::OWNER;
use crate::sftp::requests::refusal::{Refusal, StatusCode};
use crate::sftp::root::listing::Look;

const TYPE_VERSION: u8 = 2;
const TYPE_STATUS: u8 = 101;
const TYPE_HANDLE: u8 = 102;
const TYPE_DATA: u8 = 103;
const TYPE_NAME: u8 = 104;
const TYPE_ATTRS: u8 = 105;
const TYPE_EXTENDED_REPLY: u8 = 201;
/// Bytes of a DATA answer before its data: length, type, id, data length.
const DATA_HEAD: usize = 13;
/// Which attributes we tell: size, owners, mode, times (draft-ietf-secsh-filexfer-02 §5).
const ATTRIBUTES: u32 = 1 | 2 | 4 | 8;
/// A listing's answer ends with the entry that passes this: below the 34,000 bytes that every client takes
/// (draft-ietf-secsh-filexfer-02 §3), whatever the last name's length.
const NAMES_AT_A_TIME: usize = 32 * 1024;

/// Success.
pub(crate) fn ok(out: &mut Vec<u8>, id: u32) {
    status(out, id, StatusCode::Ok, "");
}

/// A refusal with its sentence.
pub(crate) fn refused(out: &mut Vec<u8>, id: u32, refusal: &Refusal) {
    status(out, id, refusal.code, &refusal.message);
}

/// Room for a DATA answer; `fill` appends the data. When it refuses, nothing is left behind.
pub(crate) fn data(
    out: &mut Vec<u8>,
    id: u32,
    most: usize,
    fill: impl FnOnce(&mut Vec<u8>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let start = out.len();
    out.reserve(DATA_HEAD + most);
    out.extend_from_slice(&[0; DATA_HEAD]);
    let filled = fill(out);
    let length = out.len().saturating_sub(start + DATA_HEAD);
    let head = out
        .get_mut(start..)
        .and_then(<[u8]>::first_chunk_mut::<DATA_HEAD>);
    match (filled, head, u32::try_from(length)) {
        (Ok(()), Some(head), Ok(length)) => {
            let [a, b, c, d] = (length + 9).to_be_bytes();
            let [e, f, g, h] = id.to_be_bytes();
            let [i, j, k, l] = length.to_be_bytes();
            *head = [a, b, c, d, TYPE_DATA, e, f, g, h, i, j, k, l];
            Ok(())
        }
        (Err(refusal), _, _) => {
            out.truncate(start);
            Err(refusal)
        }
        _ => {
            out.truncate(start);
            Err(Refusal::failure("the answer is too long"))
        }
    }
}

/// The protocol version and the extensions that work, each with its value.
pub(crate) fn version(out: &mut Vec<u8>, extensions: &[(&str, &str)]) {
    const VERSION: u32 = 3;
    packet(out, TYPE_VERSION, VERSION, |out| {
        for (name, value) in extensions {
            string(out, name.as_bytes());
            string(out, value.as_bytes());
        }
    });
}

/// A handle's name.
pub(crate) fn handle(out: &mut Vec<u8>, id: u32, handle: u32) {
    packet(out, TYPE_HANDLE, id, |out| {
        string(out, handle.to_string().as_bytes());
    });
}

/// Attributes.
pub(crate) fn attributes(out: &mut Vec<u8>, id: u32, look: &Look) {
    packet(out, TYPE_ATTRS, id, |out| attributes_of(out, look));
}

/// The next entries of a listing, each with the line that `ls -l` shows: as many as fit into one answer. `group` names
/// groups.
///
/// # Errors
/// [`Refusal::end`] when there are none left.
pub(crate) fn names<'g>(
    out: &mut Vec<u8>,
    id: u32,
    owner: &str,
    group: impl Fn(u32) -> &'g str,
    entries: impl Iterator<Item = (String, Look)>,
) -> Result<(), Refusal> {
    let start = out.len();
    let now = Timestamp::now();
    let mut count: u32 = 0;
    packet(out, TYPE_NAME, id, |out| {
        let place = out.len();
        out.extend_from_slice(&count.to_be_bytes());
        for (name, look) in entries {
            string(out, name.as_bytes());
            string(
                out,
                long_name(&name, &look, owner, group(look.group), now).as_bytes(),
            );
            attributes_of(out, &look);
            count += 1;
            if out.len() - place >= NAMES_AT_A_TIME {
                break;
            }
        }
        put(out, place, count);
    });
    if count == 0 {
        out.truncate(start);
        return Err(Refusal::end());
    }
    Ok(())
}

/// One canonical path.
pub(crate) fn path(out: &mut Vec<u8>, id: u32, path: &str) {
    packet(out, TYPE_NAME, id, |out| {
        out.extend_from_slice(&1_u32.to_be_bytes());
        string(out, path.as_bytes());
        string(out, path.as_bytes());
        // No attributes.
        out.extend_from_slice(&0_u32.to_be_bytes());
    });
}

/// An extension's own answer: a row of numbers.
pub(crate) fn numbers(out: &mut Vec<u8>, id: u32, numbers: &[u64]) {
    extended(out, id, |out| {
        for number in numbers {
            out.extend_from_slice(&number.to_be_bytes());
        }
    });
}

/// An extension's own answer; `fill` appends its fields.
pub(crate) fn extended(out: &mut Vec<u8>, id: u32, fill: impl FnOnce(&mut Vec<u8>)) {
    packet(out, TYPE_EXTENDED_REPLY, id, fill);
}

/// Appends bytes with their length before them.
pub(crate) fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    // What we send is bounded far below 4 GiB.
    out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    out.extend_from_slice(bytes);
}

fn status(out: &mut Vec<u8>, id: u32, code: StatusCode, message: &str) {
    packet(out, TYPE_STATUS, id, |out| {
        out.extend_from_slice(&(code as u32).to_be_bytes());
        string(out, message.as_bytes());
        string(out, b"en");
    });
}

/// Length, type and number, then what `fill` appends.
fn packet(out: &mut Vec<u8>, kind: u8, id: u32, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0, 0, 0, 0, kind]);
    out.extend_from_slice(&id.to_be_bytes());
    fill(out);
    let length = out.len().saturating_sub(start + 4);
    put(out, start, length as u32);
}

/// Puts a number where room was left for it.
fn put(out: &mut [u8], place: usize, number: u32) {
    let room = out.get_mut(place..).and_then(<[u8]>::first_chunk_mut::<4>);
    if let Some(room) = room {
        *room = number.to_be_bytes();
    }
}

/// Modes tell what the party may do, not what the disk says; owners are not shown.
fn attributes_of(out: &mut Vec<u8>, look: &Look) {
    out.extend_from_slice(&ATTRIBUTES.to_be_bytes());
    out.extend_from_slice(&look.size.to_be_bytes());
    for number in [OWNER, look.group, mode(look), look.accessed, look.modified] {
        out.extend_from_slice(&number.to_be_bytes());
    }
}

/// Clients that copy a whole folder give their copy its mode, and must still be able to write into it: so folders are
/// all shown as writable, whatever the policy then says.
fn mode(look: &Look) -> u32 {
    const FOLDER: u32 = 0o040_000;
    const FILE: u32 = 0o100_000;
    match (look.folder, look.writable) {
        (true, _) => FOLDER | 0o700,
        (false, true) => FILE | 0o600,
        (false, false) => FILE | 0o400,
    }
}

/// The line of `ls -l` in UTC: clients show it, and some read it.
fn long_name(name: &str, look: &Look, owner: &str, group: &str, now: Timestamp) -> String {
    const HALF_A_YEAR: i64 = 182 * 24 * 3600;
    let mode = match (look.folder, look.writable) {
        (true, _) => "drwx------",
        (false, true) => "-rw-------",
        (false, false) => "-r--------",
    };
    let modified = i64::from(look.modified);
    let recent = (now.as_second() - HALF_A_YEAR..now.as_second() + 3600).contains(&modified);
    let format = if recent { "%b %e %H:%M" } else { "%b %e  %Y" };
    let date = Timestamp::from_second(modified)
        .map(|time| time.strftime(format).to_string())
        .unwrap_or_default();
    let links = if look.folder { 2 } else { 1 };
    format!(
        "{mode} {links:>4} {owner:<8} {group:<8} {:>8} {date} {name}",
        look.size
    )
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{data, long_name, ok, refused};
    use crate::sftp::requests::refusal::Refusal;
    use crate::sftp::root::listing::Look;

    #[test]
    fn answers_have_the_bytes_of_the_protocol() {
        let mut out = Vec::new();
        ok(&mut out, 7);
        assert_eq!(
            out,
            [
                0, 0, 0, 19, 101, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, b'e', b'n'
            ]
        );
        out.clear();
        data(&mut out, 9, 2, |out| {
            out.extend(b"ab");
            Ok(())
        })
        .unwrap();
        assert_eq!(out, [0, 0, 0, 11, 103, 0, 0, 0, 9, 0, 0, 0, 2, b'a', b'b']);
        assert!(data(&mut out, 9, 2, |_| Err(Refusal::end())).is_err());
        assert_eq!(out.len(), 15, "a refused answer leaves nothing behind");
        refused(&mut out, 1, &Refusal::denied("no"));
        assert!(out.ends_with(b"\x00\x00\x00\x02no\x00\x00\x00\x02en"));
    }

    #[test]
    fn long_names_read_like_ls() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let look = |modified: &str, folder, writable| Look {
            folder,
            size: if folder { 0 } else { 1234 },
            accessed: 0,
            modified: modified.parse::<Timestamp>().unwrap().as_second() as u32,
            writable,
            group: 0,
        };
        assert_eq!(
            long_name(
                "a b",
                &look("2026-11-02T09:05:00Z", false, true),
                "bkn",
                "antre",
                now
            ),
            "-rw-------    1 bkn      antre        1234 Nov  2 09:05 a b"
        );
        assert_eq!(
            long_name(
                "x",
                &look("2024-01-12T09:05:00Z", true, false),
                "bkn",
                "bkn",
                now
            ),
            "drwx------    2 bkn      bkn             0 Jan 12  2024 x"
        );
    }
}
