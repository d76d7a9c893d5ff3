//! Carries out requests: canonical path, then policy, then jail, then answer.

use crate::sftp::Limits;
use crate::sftp::attendant::Attention;
use crate::sftp::event::{Actor, What};
use crate::sftp::requests::arrivals::{Closing, below_inbox};
use crate::sftp::requests::codec::{Item, MAX_DATA, Violation};
use crate::sftp::requests::denial;
use crate::sftp::requests::extensions;
use crate::sftp::requests::handles::{Handles, OpenFile, Opened};
use crate::sftp::requests::refusal::Refusal;
use crate::sftp::requests::reply;
use crate::sftp::requests::request::{Attributes, Request};
use crate::sftp::requests::work::{Progress, Work};
use crate::sftp::root::jail::{Jail, WriteMode, look_at};
use crate::sftp::root::listing::Look;
use crate::sftp::root::path::{CanonicalPath, Target};
use crate::sftp::root::policy::Action;

const TYPE_INIT: u8 = 1;

/// One party's SFTP conversation on one channel.
pub(crate) struct Engine {
    pub(crate) jail: Jail,
    pub(crate) handles: Handles,
    pub(crate) actor: Actor,
    pub(crate) attention: Attention,
    greeted: bool,
    write: Option<OpenWrite>,
    underway: Underway,
}

/// What the last request has left to be done before the next one is carried out.
enum Underway {
    Nothing,
    /// It waits for [`Engine::take_work`].
    Waiting(Work),
    /// A slice of it is being done.
    Taken,
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
    pub(crate) fn new(jail: Jail, actor: Actor, limits: &Limits) -> Self {
        Self {
            handles: Handles::new(limits, jail.openings()),
            jail,
            actor,
            attention: Attention::default(),
            greeted: false,
            write: None,
            underway: Underway::Nothing,
        }
    }

    /// The same, with somebody who may have a word about what arrives.
    #[must_use]
    pub(crate) fn attended(mut self, attention: Attention) -> Self {
        self.attention = attention;
        self
    }

    /// Carries out one item and appends its answer, if it has one. Not while [busy](Self::is_busy).
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
                self.answer_with(read, id, out);
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
                    if let Err(refusal) = &write.result {
                        self.tell_of_write(&write.handle, refusal);
                    }
                    let done = write.result.map(|()| reply::ok(out, write.id));
                    self.answer_with(done, write.id, out);
                }
            }
        }
        Ok(())
    }

    /// Tells of a refused WRITE, once for each open file: a client sends many before it hears of the first refusal.
    fn tell_of_write(&mut self, handle: &[u8], refusal: &Refusal) {
        if let Ok(file) = self.handles.file(handle)
            && refusal.rule.is_some()
            && let Some(shown) = file.first_denial()
        {
            denial::tell_of(&self.actor, "write", shown, refusal);
        }
    }

    /// Whether something that takes long is under way: no item is carried out until it has ended.
    pub(crate) fn is_busy(&self) -> bool {
        !matches!(self.underway, Underway::Nothing)
    }

    /// What is under way and waits, to do a slice of it. It must be [given back](Self::give_back).
    pub(crate) fn take_work(&mut self) -> Option<Work> {
        if !matches!(self.underway, Underway::Waiting(_)) {
            return None;
        }
        match std::mem::replace(&mut self.underway, Underway::Taken) {
            Underway::Waiting(work) => Some(work),
            Underway::Nothing | Underway::Taken => None,
        }
    }

    /// Goes on after a slice: with the next one, or with the answer.
    pub(crate) fn give_back(&mut self, progress: Progress, out: &mut Vec<u8>) {
        self.underway = Underway::Nothing;
        match progress {
            Progress::Unfinished(work) => self.underway = Underway::Waiting(work),
            Progress::Copied(copy, result) => {
                let id = copy.id;
                if let Some(file) = self.handles.file_named(copy.handle) {
                    file.written(copy.copied, copy.growth);
                }
                self.answer_with(result.map(|()| reply::ok(out, id)), id, out);
            }
            Progress::Closed(closing, word) => self.closed(*closing, word, out),
            Progress::MayBeRenamed(renaming, word) => self.may_be_renamed(*renaming, word, out),
            Progress::Left(leaving) => reply::refused(out, leaving.id, &leaving.refusal),
            Progress::Checked(check, result) => {
                let id = check.id;
                let answered = result.map(|digests| {
                    extensions::digests(out, id, check.repeats, check.algorithm, &digests);
                });
                self.answer_with(answered, id, out);
            }
        }
    }

    /// Gives up what was to be done, because the client has gone.
    pub(crate) fn give_up(&self, progress: Progress) {
        match progress {
            Progress::Unfinished(Work::Closing(closing)) | Progress::Closed(closing, _) => {
                let Closing { file, sha256, .. } = *closing;
                file.tell(&self.actor, sha256);
            }
            Progress::Unfinished(Work::Renaming(renaming))
            | Progress::MayBeRenamed(renaming, _) => {
                // It was asked for, and nobody is left to hear of a refusal.
                let _ = self.rename_now(&renaming.from, &renaming.to, renaming.replace);
            }
            Progress::Unfinished(_)
            | Progress::Left(_)
            | Progress::Copied(..)
            | Progress::Checked(..) => {}
        }
    }

    /// Leaves something to be done before the next item.
    pub(crate) fn begin(&mut self, work: Work) {
        self.underway = Underway::Waiting(work);
    }

    /// Closes everything that is open; the conversation is over.
    pub(crate) fn close_all(&mut self) {
        if let Underway::Waiting(work) = std::mem::replace(&mut self.underway, Underway::Nothing) {
            self.give_up(Progress::Unfinished(work));
        }
        self.handles.abandon(&self.actor);
    }

    /// Answers a whole packet.
    fn answer(&mut self, packet: &[u8], out: &mut Vec<u8>) -> Result<(), Violation> {
        let Some(([kind, a, b, c, d], payload)) = packet.split_first_chunk::<5>() else {
            return Err(Violation("a request without a number"));
        };
        let id = u32::from_be_bytes([*a, *b, *c, *d]);
        let done = Request::read(*kind, payload).and_then(|request| {
            self.carry_out(id, request.clone(), out)
                .inspect_err(|refusal| denial::tell(&self.actor, &request, refusal))
        });
        self.answer_with(done, id, out);
        Ok(())
    }

    /// The one place where a refusal becomes an answer; whatever succeeded has been answered.
    pub(super) fn answer_with(&self, done: Result<(), Refusal>, id: u32, out: &mut Vec<u8>) {
        if let Err(refusal) = done {
            reply::refused(out, id, &refusal);
        }
    }

    /// Carries out one request and appends its answer, unless it is refused or takes long.
    fn carry_out(
        &mut self,
        id: u32,
        request: Request<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        match request {
            Request::OpenToRead(path) => {
                let handle = self.open_to_read(path)?;
                reply::handle(out, id, handle);
                return Ok(());
            }
            Request::OpenToWrite(path, mode) => {
                let handle = self.open_to_write(path, mode)?;
                reply::handle(out, id, handle);
                return Ok(());
            }
            Request::OpenFolder(path) => {
                let place = self.handles.place()?;
                let path = CanonicalPath::parse(path)?;
                let listing = self.jail.list(self.jail.allowed(&path, Action::List)?)?;
                reply::handle(out, id, self.handles.keep(Opened::Folder(listing), place));
                return Ok(());
            }
            Request::List(handle) => {
                let (attention, account) = (&self.attention, &self.actor.account);
                let listing = self.handles.listing(handle)?;
                let below = listing.below_inbox();
                let entries = listing.map(|(name, look)| {
                    let path = below.as_ref().map(|below| format!("{below}{name}"));
                    let group = path.map_or(look.group, |path| attention.state(account, &path));
                    (name, Look { group, ..look })
                });
                let group = |number| attention.state_word(number).unwrap_or(account);
                return reply::names(out, id, account, group, entries);
            }
            Request::Look(path) => {
                let path = CanonicalPath::parse(path)?;
                let target = self.jail.allowed(&path, Action::Look)?;
                let look = self.jail.look(target)?;
                let group = below_inbox(target).map_or(look.group, |path| {
                    self.attention.state(&self.actor.account, &path)
                });
                reply::attributes(out, id, &Look { group, ..look });
                return Ok(());
            }
            Request::LookAtOpen(handle) => {
                let file = self.handles.file(handle)?;
                reply::attributes(out, id, &look_at(file.file(), file.writable())?);
                return Ok(());
            }
            Request::Canonical(path) => {
                reply::path(out, id, &CanonicalPath::parse(path)?.absolute());
                return Ok(());
            }
            Request::Extended(name, fields) => {
                return extensions::carry_out(self, id, name, fields, out);
            }
            Request::Close(handle) => {
                if let Some(upload) = self.handles.close(handle, &self.actor)? {
                    let closing = Closing::new(id, upload, &self.actor.account, &self.attention);
                    self.begin(Work::Closing(Box::new(closing)));
                    return Ok(());
                }
            }
            Request::SetAttributes(path, attributes) => self.set_attributes(path, attributes)?,
            Request::SetAttributesOfOpen(handle, attributes) => {
                let file = self.handles.file(handle)?;
                if let Some(size) = attributes.size {
                    file.resize(size)?;
                }
                if let Some(times) = attributes.times {
                    file.set_times(times)?;
                }
            }
            Request::Remove(path) => {
                let path = CanonicalPath::parse(path)?;
                self.jail
                    .remove(self.jail.allowed(&path, Action::Remove)?)?;
                self.actor.tell(What::Removed {
                    file: self.actor.shown(&path),
                });
            }
            Request::RemoveFolder(path) => {
                let path = CanonicalPath::parse(path)?;
                self.jail
                    .remove_folder(self.jail.allowed(&path, Action::RemoveFolder)?)?;
                self.actor.tell(What::FolderRemoved {
                    folder: self.actor.shown(&path),
                });
            }
            Request::MakeFolder(path) => {
                let path = CanonicalPath::parse(path)?;
                self.jail
                    .make_folder(self.jail.allowed(&path, Action::MakeFolder)?)?;
                self.actor.tell(What::FolderMade {
                    folder: self.actor.shown(&path),
                });
            }
            Request::Rename { from, to } => return self.rename(id, from, to, false, out),
            Request::ReadLink(path) => {
                let path = CanonicalPath::parse(path)?;
                self.jail.look(self.jail.allowed(&path, Action::Look)?)?;
                return Err(Refusal::failure("this is not a link: use it as it is"));
            }
            Request::MakeLink => return Err(Refusal::no_links()),
        }
        reply::ok(out, id);
        Ok(())
    }

    fn open_to_read(&mut self, path: &str) -> Result<u32, Refusal> {
        let place = self.handles.place()?;
        let path = CanonicalPath::parse(path)?;
        let target = self.jail.allowed(&path, Action::Read)?;
        let file = self.jail.hold(target, self.jail.open_read(target)?)?;
        let file = OpenFile::for_reading(file, self.actor.shown(&path));
        Ok(self.handles.keep(Opened::File(file), place))
    }

    fn open_to_write(&mut self, path: &str, mode: WriteMode) -> Result<u32, Refusal> {
        let place = self.handles.place()?;
        let path = CanonicalPath::parse(path)?;
        let target = self.jail.allowed(&path, Action::Write)?;
        let opened = self.jail.open_write(target, mode)?;
        let file = OpenFile::for_writing(
            opened,
            self.actor.shown(&path),
            mode.read,
            mode.create || mode.truncate,
        );
        let file = file.attended(self.attended_path(target));
        Ok(self.handles.keep(Opened::File(file), place))
    }

    /// Sets what a path's attributes can be set to: size and times. Modes and owners stay, without a complaint, since
    /// clients set them after every upload.
    pub(crate) fn set_attributes(&self, raw: &str, attributes: Attributes) -> Result<(), Refusal> {
        let path = CanonicalPath::parse(raw)?;
        let target = self.jail.allowed(&path, Action::SetAttributes)?;
        self.jail.look(target)?;
        if let Some(size) = attributes.size {
            // The same way as any writer, so that a file being claimed is left alone.
            let target = self.jail.allowed(&path, Action::Write)?;
            let opened = self.jail.open_write(target, WriteMode::default())?;
            let mut file = OpenFile::for_writing(opened, self.actor.shown(&path), false, true);
            file.resize(size)?;
            let synced = file.sync();
            self.actor.tell(What::Resized {
                file: self.actor.shown(&path),
                bytes: size,
            });
            synced?;
        }
        if let (Some(times), Target::Entry { .. }) = (attributes.times, target) {
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

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_oneof, proptest};
    use tempfile::TempDir;

    use super::Engine;
    use crate::sftp::event::{Actor, Recorder};
    use crate::sftp::limits::{Limits, Quota};
    use crate::sftp::requests::codec::Decoder;
    use crate::sftp::root::jail::Jail;

    /// A field of a request: a string that could be a path, a handle or the name of an extension, a number, or anything.
    fn field() -> impl Strategy<Value = Vec<u8>> {
        let known = prop::sample::select(vec![
            "0",
            "1",
            "2",
            "/",
            "inbox",
            "inbox/a",
            "inbox/b/c",
            "outbox/a",
            "STATUS.txt",
            "~",
            "sha256",
            "copy-data",
            "check-file",
            "check-file-name",
            "check-file-handle",
            "users-groups-by-id@openssh.com",
            "expand-path@openssh.com",
            "home-directory",
            "statvfs@openssh.com",
            "posix-rename@openssh.com",
            "lsetstat@openssh.com",
        ]);
        let string = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes(), bytes].concat();
        prop_oneof![
            4 => known.prop_map(move |text| string(text.as_bytes())),
            1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(move |bytes| string(&bytes)),
            1 => (0u32..64).prop_map(|number| number.to_be_bytes().to_vec()),
            1 => any::<u64>().prop_map(|number| number.to_be_bytes().to_vec()),
            1 => Just(vec![0; 8]),
            1 => prop::collection::vec(any::<u8>(), 0..9),
        ]
    }

    fn packet() -> impl Strategy<Value = Vec<u8>> {
        let kind = prop_oneof![8 => 3u8..21, 6 => Just(200u8), 1 => any::<u8>()];
        (kind, prop::collection::vec(field(), 0..6)).prop_map(|(kind, fields)| {
            let payload = fields.concat();
            let length = (payload.len() as u32 + 5).to_be_bytes();
            [&length[..], &[kind, 0, 0, 0, 7], &payload].concat()
        })
    }

    proptest! {
        #[test]
        fn whatever_is_asked_is_answered(packets in prop::collection::vec(packet(), 1..30)) {
            let dir = TempDir::new().unwrap();
            for folder in ["inbox", "outbox", "receipts"] {
                fs::create_dir(dir.path().join(folder)).unwrap();
                fs::write(dir.path().join(folder).join("a"), [7; 600]).unwrap();
            }
            let limits = Limits {
                quota: Quota { bytes: 1 << 20, files: 10 },
                ..Limits::default()
            };
            let actor = Actor::new("bkn".to_owned(), None, None, Recorder::default());
            let jail = Jail::open(dir.path(), &limits).unwrap();
            let mut engine = Engine::new(jail, actor, &limits);
            let mut decoder = Decoder::default();
            let stream = [&[0, 0, 0, 5, 1, 0, 0, 0, 3], &*packets.concat()].concat();
            let (mut input, mut answers) = (&stream[..], Vec::new());
            while let Ok(Some(item)) = decoder.next(&mut input) {
                if engine.handle(item, &mut answers).is_err() {
                    break;
                }
                while let Some(work) = engine.take_work() {
                    engine.give_back(work.slice(), &mut answers);
                }
                prop_assert!(!engine.is_busy());
            }
            let mut rest = &answers[..];
            while let Some((length, after)) = rest.split_first_chunk::<4>() {
                let length = u32::from_be_bytes(*length) as usize;
                prop_assert!((5..=34_000).contains(&length) && length <= after.len());
                rest = &after[length..];
            }
            prop_assert!(rest.is_empty());
            let kept: u64 = walk(&dir.path().join("inbox"));
            prop_assert!(kept <= 1 << 20, "{}", kept);
        }
    }

    fn walk(folder: &std::path::Path) -> u64 {
        let entries = fs::read_dir(folder).unwrap();
        let size = |entry: fs::DirEntry| match entry.metadata().unwrap() {
            metadata if metadata.is_dir() => walk(&entry.path()),
            metadata => metadata.len(),
        };
        entries.map(|entry| size(entry.unwrap())).sum()
    }
}
