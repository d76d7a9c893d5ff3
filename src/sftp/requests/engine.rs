//! Carries out requests: canonical path, then policy, then jail, then answer.

use bytes::Bytes;
use russh_sftp::protocol::{FileAttributes, Open, OpenFlags, Packet};

use crate::sftp::event::{Actor, What, shown};
use crate::sftp::requests::codec::{Item, MAX_DATA, Violation};
use crate::sftp::requests::denial;
use crate::sftp::requests::extensions;
use crate::sftp::requests::handles::{Handles, OpenFile, Opened};
use crate::sftp::requests::refusal::Refusal;
use crate::sftp::requests::reply;
use crate::sftp::root::jail::{Jail, Times, WriteMode, look_at};
use crate::sftp::root::path::{CanonicalPath, Target};
use crate::sftp::root::policy::{Action, check};

/// Entries in one answer to READDIR: with the longest names still far below a packet.
const ENTRIES_AT_A_TIME: usize = 64;
/// The request types of the protocol that come as whole packets.
const KNOWN_TYPES: [u8; 17] = [
    3, 4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 200,
];
const TYPE_INIT: u8 = 1;

/// One party's SFTP conversation on one channel.
pub(crate) struct Engine {
    pub(crate) jail: Jail,
    pub(crate) handles: Handles,
    pub(crate) actor: Actor,
    greeted: bool,
    write: Option<OpenWrite>,
}

/// A WRITE whose data is arriving.
struct OpenWrite {
    id: u32,
    handle: Vec<u8>,
    offset: u64,
    result: Result<(), Refusal>,
}

impl Engine {
    /// A new conversation in a party's root.
    pub(crate) fn new(jail: Jail, actor: Actor, open_handles: usize) -> Self {
        Self {
            jail,
            handles: Handles::new(open_handles),
            actor,
            greeted: false,
            write: None,
        }
    }

    /// Carries out one item and appends its answer, if it has one.
    ///
    /// # Errors
    /// The client does not speak the protocol.
    pub(crate) fn handle(&mut self, item: Item<'_>, out: &mut Vec<u8>) -> Result<(), Violation> {
        match item {
            Item::Packet(packet) if packet.first() == Some(&TYPE_INIT) => {
                self.greeted = true;
                reply::version(out, extensions::OFFERED);
                return Ok(());
            }
            _ if !self.greeted => return Err(Violation("a request before INIT")),
            Item::Packet(packet) => self.answer(packet, out)?,
            Item::Read {
                id,
                handle,
                offset,
                len,
            } => {
                let len = len.min(MAX_DATA) as usize;
                let handles = &mut self.handles;
                let read = reply::data(out, id, len, |out| {
                    handles.file(handle)?.read(offset, len, out)
                });
                if let Err(refusal) = read {
                    reply::refused(out, id, &refusal);
                }
            }
            Item::WriteBegin { id, handle, offset } => {
                self.write = Some(OpenWrite {
                    id,
                    offset,
                    result: self
                        .handles
                        .file(handle)
                        .and_then(|file| file.check_writable()),
                    handle: handle.to_vec(),
                });
            }
            Item::WriteData(data) => {
                if let Some(write) = &mut self.write
                    && write.result.is_ok()
                {
                    write.result = self
                        .handles
                        .file(&write.handle)
                        .and_then(|file| file.write(write.offset, data));
                    write.offset = write.offset.saturating_add(data.len() as u64);
                }
            }
            Item::WriteEnd => {
                if let Some(write) = self.write.take() {
                    match write.result {
                        Ok(()) => reply::ok(out, write.id),
                        Err(refusal) => reply::refused(out, write.id, &refusal),
                    }
                }
            }
        }
        Ok(())
    }

    /// Closes everything that is open; the conversation is over.
    pub(crate) fn close_all(&mut self) {
        self.handles.abandon(&self.actor);
    }

    /// Answers a whole packet.
    fn answer(&mut self, packet: &[u8], out: &mut Vec<u8>) -> Result<(), Violation> {
        let (kind, id) = match packet.split_first_chunk::<5>() {
            Some(([kind, a, b, c, d], _)) => (*kind, u32::from_be_bytes([*a, *b, *c, *d])),
            None => return Err(Violation("a request without a number")),
        };
        let result = if !KNOWN_TYPES.contains(&kind) {
            Err(Refusal::unsupported(
                "this operation is not part of SFTP version 3",
            ))
        } else {
            match Packet::try_from(&mut Bytes::copy_from_slice(packet)) {
                Ok(request) => self.carry_out(request, out),
                Err(_) => Err(Refusal::malformed("the request cannot be read")),
            }
        };
        if let Err(refusal) = result {
            denial::tell(&self.actor, packet, &refusal);
            reply::refused(out, id, &refusal);
        }
        Ok(())
    }

    fn carry_out(&mut self, request: Packet, out: &mut Vec<u8>) -> Result<(), Refusal> {
        let id = request.get_request_id();
        match request {
            Packet::Open(open) => {
                let handle = self.open(&open)?;
                reply::handle(out, id, handle);
                return Ok(());
            }
            Packet::OpenDir(open) => {
                self.handles.room()?;
                let path = CanonicalPath::parse(&open.path)?;
                let listing = self.jail.list(allowed(&path, Action::List)?)?;
                let handle = self.handles.keep(Opened::Folder(listing));
                reply::handle(out, id, handle);
                return Ok(());
            }
            Packet::ReadDir(read) => {
                let listing = self.handles.listing(read.handle.as_bytes())?;
                let entries: Vec<_> = listing.take(ENTRIES_AT_A_TIME).collect();
                if entries.is_empty() {
                    return Err(Refusal::end());
                }
                reply::names(out, id, &self.actor.account, entries);
                return Ok(());
            }
            // Nothing here is a link, so both look at the same thing.
            Packet::Stat(stat) => return self.look(id, &stat.path, out),
            Packet::Lstat(stat) => return self.look(id, &stat.path, out),
            Packet::Fstat(stat) => {
                let file = self.handles.file(stat.handle.as_bytes())?;
                reply::attributes(out, id, &look_at(file.file(), file.writable())?);
                return Ok(());
            }
            Packet::RealPath(real) => {
                reply::path(out, id, CanonicalPath::parse(&real.path)?.absolute());
                return Ok(());
            }
            Packet::Extended(request) => {
                return extensions::carry_out(self, id, &request.request, request.data, out);
            }
            Packet::Close(close) => self.handles.close(close.handle.as_bytes(), &self.actor)?,
            Packet::SetStat(set) => self.set_attributes(&set.path, &set.attrs)?,
            Packet::FSetStat(set) => {
                let file = self.handles.file(set.handle.as_bytes())?;
                file.check_writable()?;
                if let Some(size) = set.attrs.size {
                    file.set_len(size)?;
                }
                if let Some(times) = times_of(&set.attrs) {
                    file.file_to_change()?.set_times(times.into())?;
                }
            }
            Packet::Remove(remove) => {
                let path = CanonicalPath::parse(&remove.filename)?;
                self.jail.remove(allowed(&path, Action::Remove)?)?;
                self.actor.tell(What::Removed { file: shown(&path) });
            }
            Packet::RmDir(remove) => {
                let path = CanonicalPath::parse(&remove.path)?;
                self.jail
                    .remove_folder(allowed(&path, Action::RemoveFolder)?)?;
                self.actor.tell(What::FolderRemoved {
                    folder: shown(&path),
                });
            }
            Packet::MkDir(make) => {
                let path = CanonicalPath::parse(&make.path)?;
                self.jail.make_folder(allowed(&path, Action::MakeFolder)?)?;
                self.actor.tell(What::FolderMade {
                    folder: shown(&path),
                });
            }
            Packet::Rename(rename) => self.rename(&rename.oldpath, &rename.newpath, false)?,
            Packet::ReadLink(_) => return Err(Refusal::failure("this is not a link")),
            Packet::Symlink(_) => return Err(Refusal::unsupported("links are not kept here")),
            _ => return Err(Refusal::malformed("this is an answer, not a request")),
        }
        reply::ok(out, id);
        Ok(())
    }

    fn open(&mut self, open: &Open) -> Result<u32, Refusal> {
        self.handles.room()?;
        let path = CanonicalPath::parse(&open.filename)?;
        let flags = open.pflags;
        let changes =
            OpenFlags::WRITE | OpenFlags::APPEND | OpenFlags::CREATE | OpenFlags::TRUNCATE;
        let file = if flags.intersects(changes) {
            let mode = WriteMode {
                create: flags.contains(OpenFlags::CREATE),
                exclusive: flags.contains(OpenFlags::EXCLUDE),
                truncate: flags.contains(OpenFlags::TRUNCATE),
                append: flags.contains(OpenFlags::APPEND),
            };
            let file = self.jail.open_write(allowed(&path, Action::Write)?, mode)?;
            let readable = flags.contains(OpenFlags::READ);
            OpenFile::for_writing(file, shown(&path), readable, mode.create || mode.truncate)
        } else {
            OpenFile::for_reading(
                self.jail.open_read(allowed(&path, Action::Read)?)?,
                shown(&path),
            )
        };
        Ok(self.handles.keep(Opened::File(file)))
    }

    fn look(&self, id: u32, raw: &str, out: &mut Vec<u8>) -> Result<(), Refusal> {
        let path = CanonicalPath::parse(raw)?;
        reply::attributes(out, id, &self.jail.look(allowed(&path, Action::Look)?)?);
        Ok(())
    }

    /// Renames; also for the extension that replaces.
    pub(crate) fn rename(&self, from: &str, to: &str, replace: bool) -> Result<(), Refusal> {
        let (from, to) = (CanonicalPath::parse(from)?, CanonicalPath::parse(to)?);
        let source = allowed(&from, Action::RenameFrom)?;
        self.jail
            .rename(source, allowed(&to, Action::RenameTo)?, replace)?;
        self.actor.tell(What::Renamed {
            from: shown(&from),
            to: shown(&to),
        });
        Ok(())
    }

    /// Sets what a path's attributes can be set to: size and times. Modes and owners stay, without a complaint, since
    /// clients set them after every upload.
    pub(crate) fn set_attributes(
        &self,
        raw: &str,
        attributes: &FileAttributes,
    ) -> Result<(), Refusal> {
        let path = CanonicalPath::parse(raw)?;
        let target = allowed(&path, Action::SetAttributes)?;
        self.jail.look(target)?;
        if let Some(size) = attributes.size {
            // The same way as any writer, so that a file being claimed is left alone.
            let target = allowed(&path, Action::Write)?;
            let mut file = OpenFile::for_writing(
                self.jail.open_write(target, WriteMode::default())?,
                shown(&path),
                false,
                true,
            );
            file.set_len(size)?;
            file.sync()?;
        }
        if let (Some(times), Target::Entry { .. }) = (times_of(attributes), target) {
            self.jail.set_times(target, times)?;
        }
        Ok(())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.close_all();
    }
}

/// The path's target, if the policy allows the action on it.
pub(crate) fn allowed(path: &CanonicalPath, action: Action) -> Result<Target<'_>, Refusal> {
    let target = path.target();
    check(action, target)?;
    Ok(target)
}

fn times_of(attributes: &FileAttributes) -> Option<Times> {
    let (accessed, modified) = attributes.atime.zip(attributes.mtime)?;
    Some(Times { accessed, modified })
}
