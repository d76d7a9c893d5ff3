//! Tells of requests that the rules refused: what was wanted, where, and what the client was told.

use std::borrow::Cow;

use bytes::Bytes;
use russh_sftp::protocol::{Packet, StatusCode};

use crate::sftp::event::{Actor, What, shown};
use crate::sftp::requests::extensions;
use crate::sftp::requests::refusal::Refusal;
use crate::sftp::root::path::CanonicalPath;

/// Tells of a refusal, if it was for the rules' sake. What fails otherwise, as a file that is not there, is no denial.
pub(crate) fn tell(actor: &Actor, packet: &[u8], refusal: &Refusal) {
    if refusal.code != StatusCode::PermissionDenied {
        return;
    }
    let Ok(request) = Packet::try_from(&mut Bytes::copy_from_slice(packet)) else {
        return;
    };
    let (action, path) = wanted(&request);
    let path = path.and_then(|path| CanonicalPath::parse(path).ok());
    actor.tell(What::Denied {
        action,
        file: path.as_ref().map(shown),
        // A sentence that was put together could hold a name.
        reason: match &refusal.message {
            Cow::Borrowed(sentence) => sentence,
            Cow::Owned(_) => "refused by a rule",
        },
    });
}

/// What a request wants, in a word or two, and of what.
fn wanted(request: &Packet) -> (&'static str, Option<&str>) {
    match request {
        Packet::Open(open) => ("open", Some(&open.filename)),
        Packet::OpenDir(open) => ("list", Some(&open.path)),
        Packet::Stat(stat) => ("look", Some(&stat.path)),
        Packet::Lstat(stat) => ("look", Some(&stat.path)),
        Packet::SetStat(set) => ("set attributes", Some(&set.path)),
        Packet::Remove(remove) => ("remove", Some(&remove.filename)),
        Packet::RmDir(remove) => ("remove folder", Some(&remove.path)),
        Packet::MkDir(make) => ("make folder", Some(&make.path)),
        Packet::Rename(rename) => ("rename", Some(&rename.oldpath)),
        Packet::Extended(extended) => {
            let action = match extended.request.as_str() {
                extensions::POSIX_RENAME => "rename",
                extensions::LSETSTAT => "set attributes",
                _ => "extension",
            };
            (action, first_text(&extended.data))
        }
        _ => ("use an open file", None),
    }
}

/// The path that an extension begins with; something else is no path that may be shown.
fn first_text(data: &[u8]) -> Option<&str> {
    let (length, rest) = data.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    std::str::from_utf8(rest.get(..length)?).ok()
}
