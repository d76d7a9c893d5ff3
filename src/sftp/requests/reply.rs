//! Answers as bytes. A status, which answers every WRITE, is written directly; the rest by the protocol types.

use bytes::Bytes;
use jiff::Timestamp;
use russh_sftp::protocol::{
    Attrs, ExtendedReply, File, FileAttributes, FileMode, Handle, Name, Packet, StatusCode, Version,
};

use crate::sftp::requests::refusal::Refusal;
use crate::sftp::root::listing::Look;

const TYPE_STATUS: u8 = 101;
const TYPE_DATA: u8 = 103;
/// Bytes of a DATA answer before its data: length, type, id, data length.
const DATA_HEAD: usize = 13;

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

/// The protocol version and the extensions that work.
pub(crate) fn version(out: &mut Vec<u8>, extensions: &[(&str, &str)]) {
    let mut version = Version::new();
    for (name, value) in extensions {
        version
            .extensions
            .insert((*name).to_owned(), (*value).to_owned());
    }
    packet(out, version.into());
}

/// A handle's name.
pub(crate) fn handle(out: &mut Vec<u8>, id: u32, handle: u32) {
    packet(
        out,
        Handle {
            id,
            handle: handle.to_string(),
        }
        .into(),
    );
}

/// Attributes.
pub(crate) fn attributes(out: &mut Vec<u8>, id: u32, look: &Look) {
    packet(
        out,
        Attrs {
            id,
            attrs: attributes_of(look),
        }
        .into(),
    );
}

/// Entries of a listing, with the line that `ls -l` shows.
pub(crate) fn names(out: &mut Vec<u8>, id: u32, owner: &str, entries: Vec<(String, Look)>) {
    let now = Timestamp::now();
    let files = entries
        .into_iter()
        .map(|(filename, look)| File {
            longname: long_name(&filename, &look, owner, now),
            attrs: attributes_of(&look),
            filename,
        })
        .collect();
    packet(out, Name { id, files }.into());
}

/// One canonical path.
pub(crate) fn path(out: &mut Vec<u8>, id: u32, path: String) {
    let file = File {
        longname: path.clone(),
        filename: path,
        attrs: FileAttributes::empty(),
    };
    packet(
        out,
        Name {
            id,
            files: vec![file],
        }
        .into(),
    );
}

/// An extension's own answer: a row of numbers.
pub(crate) fn numbers(out: &mut Vec<u8>, id: u32, numbers: &[u64]) {
    let data = numbers.iter().flat_map(|n| n.to_be_bytes()).collect();
    packet(out, ExtendedReply { id, data }.into());
}

fn status(out: &mut Vec<u8>, id: u32, code: StatusCode, message: &str) {
    const LANGUAGE: &[u8] = b"en";
    // Our own sentences: far below 4 GiB.
    let message_len = message.len() as u32;
    let length = 1 + 4 + 4 + 4 + message_len + 4 + LANGUAGE.len() as u32;
    out.extend_from_slice(&length.to_be_bytes());
    out.push(TYPE_STATUS);
    out.extend_from_slice(&id.to_be_bytes());
    out.extend_from_slice(&(code as u32).to_be_bytes());
    out.extend_from_slice(&message_len.to_be_bytes());
    out.extend_from_slice(message.as_bytes());
    out.extend_from_slice(&(LANGUAGE.len() as u32).to_be_bytes());
    out.extend_from_slice(LANGUAGE);
}

fn packet(out: &mut Vec<u8>, packet: Packet) {
    let id = packet.get_request_id();
    match Bytes::try_from(packet) {
        Ok(bytes) => out.extend_from_slice(&bytes),
        // Cannot happen with what is built here; the client is answered all the same.
        Err(_) => status(out, id, StatusCode::Failure, "the answer cannot be written"),
    }
}

/// Modes tell what the party may do, not what the disk says; owners are not shown.
fn attributes_of(look: &Look) -> FileAttributes {
    let mut attributes = FileAttributes::empty();
    attributes.size = Some(look.size);
    attributes.uid = Some(0);
    attributes.gid = Some(0);
    attributes.permissions = Some(mode(look));
    attributes.atime = Some(look.accessed);
    attributes.mtime = Some(look.modified);
    attributes
}

/// Clients that copy a whole folder give their copy its mode, and must still be able to write into it: so folders are
/// all shown as writable, whatever the policy then says.
fn mode(look: &Look) -> u32 {
    match (look.folder, look.writable) {
        (true, _) => FileMode::DIR.bits() | 0o700,
        (false, true) => FileMode::REG.bits() | 0o600,
        (false, false) => FileMode::REG.bits() | 0o400,
    }
}

/// The line of `ls -l` in UTC: clients show it, and some read it.
fn long_name(name: &str, look: &Look, owner: &str, now: Timestamp) -> String {
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
        "{mode} {links:>4} {owner:<8} {owner:<8} {:>8} {date} {name}",
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
        };
        assert_eq!(
            long_name(
                "a b",
                &look("2026-11-02T09:05:00Z", false, true),
                "bkn",
                now
            ),
            "-rw-------    1 bkn      bkn          1234 Nov  2 09:05 a b"
        );
        assert_eq!(
            long_name("x", &look("2024-01-12T09:05:00Z", true, false), "bkn", now),
            "drwx------    2 bkn      bkn             0 Jan 12  2024 x"
        );
    }
}
