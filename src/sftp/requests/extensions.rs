//! Extensions of the protocol: OpenSSH's (its PROTOCOL file, §4) and those of the drafts that clients use. What is not
//! listed here is not offered and answered as unsupported.

use std::fs::File;

use rustix::fs::{StatVfs, fstat};

use crate::sftp::attendant::OWNER;
use crate::sftp::requests::codec::{MAX_DATA, MAX_PACKET};
use crate::sftp::requests::engine::Engine;
use crate::sftp::requests::handles;
use crate::sftp::requests::refusal::Refusal;
use crate::sftp::requests::reply;
use crate::sftp::requests::request::Reader;
use crate::sftp::requests::work::{Check, Copy, Span, Wanted, Work};
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
const EXPAND_PATH: &str = "expand-path@openssh.com";
const USERS_GROUPS: &str = "users-groups-by-id@openssh.com";
const HOME: &str = "home-directory";
const COPY: &str = "copy-data";
const CHECK_HANDLE: &str = "check-file-handle";
pub(crate) const CHECK_NAME: &str = "check-file-name";
/// What servers list for both of these, and WinSCP looks for. As a request it is the form of an older draft, which
/// paramiko sends: with a handle, and with this name again in the answer.
const CHECK: &str = "check-file";

/// What the version answer lists, with the version of each; for checksums, the algorithms.
pub(crate) const OFFERED: &[(&str, &str)] = &[
    (LIMITS, "1"),
    (POSIX_RENAME, "1"),
    (FSYNC, "1"),
    (STATVFS, "2"),
    (FSTATVFS, "2"),
    (LSETSTAT, "1"),
    (EXPAND_PATH, "1"),
    (USERS_GROUPS, "1"),
    (HOME, "1"),
    (COPY, "1"),
    (CHECK, "sha256,sha512,sha384,sha224"),
    (CHECK_HANDLE, "1"),
    (CHECK_NAME, "1"),
];

/// Most ids in one question for names; we show a few.
const IDS_AT_A_TIME: usize = 4096;

/// Carries out one extended request and appends its answer, unless it is refused or takes long.
pub(crate) fn carry_out(
    engine: &mut Engine,
    id: u32,
    name: &[u8],
    mut fields: Reader<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    match std::str::from_utf8(name).unwrap_or_default() {
        LIMITS => {
            let most = u64::from(MAX_DATA);
            let handles = engine.handles.limit() as u64;
            reply::numbers(out, id, &[MAX_PACKET as u64, most, most, handles]);
        }
        STATVFS => {
            let path = CanonicalPath::parse(fields.text()?)?;
            let target = engine.jail.allowed(&path, Action::Look)?;
            reply::numbers(out, id, &numbers_of(&engine.jail.space(target)?));
        }
        FSTATVFS => {
            let file = engine.handles.file(fields.bytes()?)?;
            let space = engine.jail.space_around(file.file())?;
            reply::numbers(out, id, &numbers_of(&space));
        }
        POSIX_RENAME => {
            engine.rename(id, fields.text()?, fields.text()?, true, out)?;
        }
        FSYNC => {
            engine.handles.file(fields.bytes()?)?.sync()?;
            reply::ok(out, id);
        }
        LSETSTAT => {
            engine.set_attributes(fields.text()?, fields.attributes()?)?;
            reply::ok(out, id);
        }
        EXPAND_PATH => {
            let path = expanded(fields.text()?, &engine.actor.account)?;
            reply::path(out, id, &CanonicalPath::parse(path)?.absolute());
        }
        HOME => match fields.text()? {
            name if name.is_empty() || name == engine.actor.account => reply::path(out, id, "/"),
            _ => return Err(nobody_else()),
        },
        USERS_GROUPS => {
            let users = names_of(fields.bytes()?, &engine.actor.account, |_| None)?;
            let group = |number| engine.attention.state_word(number);
            let groups = names_of(fields.bytes()?, &engine.actor.account, group)?;
            reply::extended(out, id, |out| {
                reply::string(out, &users);
                reply::string(out, &groups);
            });
        }
        COPY => {
            let copy = copy(engine, id, fields)?;
            engine.begin(Work::Copy(copy));
        }
        CHECK_NAME => {
            let path = CanonicalPath::parse(fields.text()?)?;
            let file = (engine.jail).open_read(engine.jail.allowed(&path, Action::Read)?)?;
            engine.begin(Work::Check(Check::new(id, file, wanted(fields)?, None)?));
        }
        CHECK_HANDLE => {
            let file = engine.handles.file(fields.bytes()?)?.share_to_read()?;
            engine.begin(Work::Check(Check::new(id, file, wanted(fields)?, None)?));
        }
        CHECK => {
            let file = engine.handles.file(fields.bytes()?)?.share_to_read()?;
            let check = Check::new(id, file, wanted(fields)?, Some(CHECK))?;
            engine.begin(Work::Check(check));
        }
        HARDLINK => return Err(Refusal::no_links()),
        _ => return Err(Refusal::unsupported("this extension is not offered")),
    }
    Ok(())
}

/// The answer to a check of a file (draft-ietf-secsh-filexfer-09 §9.1.2).
pub(crate) fn digests(
    out: &mut Vec<u8>,
    id: u32,
    repeats: Option<&str>,
    algorithm: &str,
    digests: &[u8],
) {
    reply::extended(out, id, |out| {
        if let Some(name) = repeats {
            reply::string(out, name.as_bytes());
        }
        reply::string(out, algorithm.as_bytes());
        out.extend_from_slice(digests);
    });
}

/// Two handles with what is to be copied between them (draft-ietf-secsh-filexfer-extensions-00 §7).
fn copy(engine: &mut Engine, id: u32, mut fields: Reader<'_>) -> Result<Copy, Refusal> {
    let source = fields.bytes()?;
    let (from, len) = (fields.u64()?, fields.u64()?);
    let target = fields.bytes()?;
    let span = Span {
        from,
        len,
        to: fields.u64()?,
    };
    let file = engine.handles.file(source)?.share_to_read()?;
    let opened = engine.handles.file(target)?;
    // As OpenSSH, whether or not the parts overlap: it would never end.
    if is_same(&file, opened.file())? {
        return Err(Refusal::failure(
            "a file cannot be copied onto itself: copy it under another name",
        ));
    }
    let (to, growth) = opened.share_to_write()?;
    Copy::new(id, file, (handles::name(target)?, to, growth), span)
}

fn is_same(a: &File, b: &File) -> Result<bool, Refusal> {
    let (a, b) = (fstat(a)?, fstat(b)?);
    Ok((a.st_dev, a.st_ino) == (b.st_dev, b.st_ino))
}

/// What follows the file in a check of it.
fn wanted<'a>(mut fields: Reader<'a>) -> Result<Wanted<'a>, Refusal> {
    Ok(Wanted {
        algorithms: fields.text()?,
        offset: fields.u64()?,
        len: fields.u64()?,
        block: fields.u32()?,
    })
}

/// A path that may begin with `~` or `~NAME`: the party's home is its root, and it sees nobody else's.
fn expanded<'a>(path: &'a str, account: &str) -> Result<&'a str, Refusal> {
    let Some(rest) = path.strip_prefix('~') else {
        return Ok(path);
    };
    let (name, below) = rest.split_once('/').unwrap_or((rest, ""));
    if name.is_empty() || name == account {
        Ok(below)
    } else {
        Err(nobody_else())
    }
}

fn nobody_else() -> Refusal {
    Refusal::denied("only your own home folder can be seen here: write ~ for it")
}

/// The names of ids, each with its length: the party's own for the one that files are shown with, `other` for others.
fn names_of(
    ids: &[u8],
    account: &str,
    other: impl Fn(u32) -> Option<&'static str>,
) -> Result<Vec<u8>, Refusal> {
    let (ids, rest) = ids.as_chunks::<4>();
    if !rest.is_empty() || ids.len() > IDS_AT_A_TIME {
        return Err(Refusal::malformed(
            "the request cannot be read: a list of ids is torn or too long",
        ));
    }
    let mut names = Vec::new();
    for id in ids {
        let name = match u32::from_be_bytes(*id) {
            OWNER => account,
            number => other(number).unwrap_or_default(),
        };
        reply::string(&mut names, name.as_bytes());
    }
    Ok(names)
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

#[cfg(test)]
mod tests {
    use super::{expanded, names_of};

    #[test]
    fn a_tilde_is_the_partys_own_root() {
        for (path, expected) in [
            ("~", ""),
            ("~/", ""),
            ("~/inbox/a", "inbox/a"),
            ("~bkn", ""),
            ("~bkn/inbox", "inbox"),
            ("inbox/~", "inbox/~"),
            ("/~", "/~"),
            ("", ""),
        ] {
            assert_eq!(expanded(path, "bkn").unwrap(), expected, "{path}");
        }
        for path in ["~bpjs", "~root/x", "~bknx", "~~"] {
            assert!(expanded(path, "bkn").is_err(), "{path}");
        }
    }

    #[test]
    fn only_what_is_shown_has_a_name() {
        let names = |ids: &[u8]| names_of(ids, "bkn", |number| (number == 2).then_some("antre"));
        let ids = [[0; 4], [0, 0, 0, 2], [0, 0, 3, 232]].concat();
        assert_eq!(
            names(&ids).unwrap(),
            b"\0\0\0\x03bkn\0\0\0\x05antre\0\0\0\0"
        );
        assert!(names(&[0; 3]).is_err());
        assert!(names(&[0; 4 * 4097]).is_err());
        assert_eq!(names(&[]).unwrap(), b"");
    }
}
