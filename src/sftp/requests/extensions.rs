//! OpenSSH's extensions of the protocol. What is not listed here is not offered and answered as unsupported.

use bytes::Bytes;
use russh_sftp::de::from_bytes;
use russh_sftp::extensions::{FsyncExtension, HardlinkExtension, StatvfsExtension};
use russh_sftp::protocol::FileAttributes;
use rustix::fs::StatVfs;
use serde::Deserialize;

use crate::sftp::requests::codec::{MAX_DATA, MAX_PACKET};
use crate::sftp::requests::engine::{Engine, allowed};
use crate::sftp::requests::refusal::Refusal;
use crate::sftp::requests::reply;
use crate::sftp::root::path::CanonicalPath;
use crate::sftp::root::policy::Action;

const LIMITS: &str = "limits@openssh.com";
/// Renames and replaces.
pub(crate) const POSIX_RENAME: &str = "posix-rename@openssh.com";
const FSYNC: &str = "fsync@openssh.com";
const STATVFS: &str = "statvfs@openssh.com";
const FSTATVFS: &str = "fstatvfs@openssh.com";
/// Sets attributes.
pub(crate) const LSETSTAT: &str = "lsetstat@openssh.com";
const HARDLINK: &str = "hardlink@openssh.com";

/// What the version answer lists, with the version of each.
pub(crate) const OFFERED: &[(&str, &str)] = &[
    (LIMITS, "1"),
    (POSIX_RENAME, "1"),
    (FSYNC, "1"),
    (STATVFS, "2"),
    (FSTATVFS, "2"),
    (LSETSTAT, "1"),
];

/// A path with attributes, as SETSTAT has them.
#[derive(Deserialize)]
struct SetPath {
    path: String,
    attributes: FileAttributes,
}

/// Carries out one extended request.
pub(crate) fn carry_out(
    engine: &mut Engine,
    id: u32,
    name: &str,
    data: Vec<u8>,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    match name {
        LIMITS => {
            let most = u64::from(MAX_DATA);
            let handles = engine.handles.limit() as u64;
            reply::numbers(out, id, &[MAX_PACKET as u64, most, most, handles]);
            return Ok(());
        }
        STATVFS => {
            let request: StatvfsExtension = parse(data)?;
            let path = CanonicalPath::parse(&request.path)?;
            let space = engine.jail.space(allowed(&path, Action::Look)?)?;
            reply::numbers(out, id, &numbers_of(&space));
            return Ok(());
        }
        FSTATVFS => {
            let request: FsyncExtension = parse(data)?;
            let file = engine.handles.file(request.handle.as_bytes())?;
            let space = rustix::fs::fstatvfs(file.file()).map_err(std::io::Error::from)?;
            reply::numbers(out, id, &numbers_of(&space));
            return Ok(());
        }
        // The same shape: two paths.
        POSIX_RENAME => {
            let request: HardlinkExtension = parse(data)?;
            engine.rename(&request.oldpath, &request.newpath, true)?;
        }
        FSYNC => {
            let request: FsyncExtension = parse(data)?;
            engine.handles.file(request.handle.as_bytes())?.sync()?;
        }
        LSETSTAT => {
            let request: SetPath = parse(data)?;
            engine.set_attributes(&request.path, &request.attributes)?;
        }
        HARDLINK => return Err(Refusal::unsupported("links are not kept here")),
        _ => return Err(Refusal::unsupported("this extension is not offered")),
    }
    reply::ok(out, id);
    Ok(())
}

fn parse<T: for<'a> Deserialize<'a>>(data: Vec<u8>) -> Result<T, Refusal> {
    from_bytes(&mut Bytes::from(data)).map_err(|_| Refusal::malformed("the request cannot be read"))
}

fn numbers_of(space: &StatVfs) -> [u64; 11] {
    const NO_SET_UID: u64 = 2;
    [
        space.f_bsize,
        space.f_frsize,
        space.f_blocks,
        space.f_bfree,
        space.f_bavail,
        space.f_files,
        space.f_ffree,
        space.f_favail,
        // Which file system it is is nobody's business.
        0,
        NO_SET_UID,
        space.f_namemax,
    ]
}
