//! What a channel has open.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Instant;

use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::sftp::Limits;
use crate::sftp::attendant::Arrived;
use crate::sftp::event::{Actor, What};
use crate::sftp::off_the_loop::off_the_loop;
use crate::sftp::requests::fingerprint::Fingerprint;
use crate::sftp::requests::refusal::Refusal;
use crate::sftp::root::in_use::Held;
use crate::sftp::root::jail::Times;
use crate::sftp::root::listing::Listing;
use crate::sftp::root::usage::Growth;

/// The open files and folders of one channel.
pub(crate) struct Handles {
    open: HashMap<u32, (Opened, Place)>,
    next: u32,
    limit: usize,
    /// Shared with the party's other sessions.
    openings: Option<Arc<Semaphore>>,
    fsync: bool,
    hash_uploads: bool,
}

/// The SHA-256 of an upload, in lower-case hex.
pub(crate) enum Digest {
    /// Nothing was uploaded, or nobody wants to know.
    Unwanted,
    /// Taken as the bytes came.
    Known(String),
    /// They did not come in order: the file must be read.
    ToRead,
}

/// An upload that its client has closed, before the answer.
pub(crate) struct Unfinished {
    /// The upload; its lock is held.
    pub(crate) file: OpenFile,
    /// Its place.
    pub(crate) place: Place,
    /// What is known of its digest.
    pub(crate) digest: Digest,
    /// What somebody may have a word about.
    pub(crate) arrived: Option<Arrived>,
}

/// Room for something open, given back when it is closed.
pub(crate) struct Place(
    #[expect(dead_code, reason = "held, not looked at")] Option<OwnedSemaphorePermit>,
);

/// One of them.
pub(crate) enum Opened {
    /// A file.
    File(OpenFile),
    /// A folder being listed.
    Folder(Listing),
}

/// A file; while it is open for writing it carries the shared lock of the jail.
pub(crate) struct OpenFile {
    file: Held,
    /// `None` for a file that is not written.
    growth: Option<Growth>,
    /// Its path, as far as it may be shown.
    shown: String,
    /// Its path below the inbox, if somebody may have a word about it.
    attended: Option<String>,
    opened: Instant,
    readable: bool,
    /// `None` when nobody wants to know, or it is not written.
    fingerprint: Option<Fingerprint>,
    /// Opening, writing or setting its size changed its content.
    touched: bool,
    /// Something of that is not on the disk yet.
    unsynced: bool,
    /// A WRITE was refused by a rule before.
    denied: bool,
    bytes_read: u64,
    bytes_written: u64,
}

impl Handles {
    /// No handles yet, and never more than the limits and the places of the party allow.
    pub(crate) fn new(limits: &Limits, openings: Option<Arc<Semaphore>>) -> Self {
        Self {
            open: HashMap::new(),
            next: 0,
            limit: limits.open_handles,
            openings,
            fsync: limits.fsync,
            hash_uploads: limits.hash_uploads,
        }
    }

    /// How many may be open.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// A place for something that is about to be opened; asked for before anything is opened or made.
    pub(crate) fn place(&self) -> Result<Place, Refusal> {
        let full = || {
            Refusal::failure(
                "too many files are open at a time: let some transfers end and try again",
            )
        };
        if self.open.len() >= self.limit {
            return Err(full());
        }
        let place = self
            .openings
            .as_ref()
            .map(|openings| Arc::clone(openings).try_acquire_owned())
            .transpose();
        place.map(Place).map_err(|_| full())
    }

    /// Keeps something open under a new name.
    pub(crate) fn keep(&mut self, mut opened: Opened, place: Place) -> u32 {
        if let (Opened::File(file), false) = (&mut opened, self.hash_uploads) {
            file.fingerprint = None;
        }
        // A name is free again only after 2^32 others.
        while self.open.contains_key(&self.next) {
            self.next = self.next.wrapping_add(1);
        }
        let name = self.next;
        self.next = self.next.wrapping_add(1);
        self.open.insert(name, (opened, place));
        name
    }

    /// The file of that handle.
    pub(crate) fn file(&mut self, handle: &[u8]) -> Result<&mut OpenFile, Refusal> {
        match self.open.get_mut(&name(handle)?) {
            Some((Opened::File(file), _)) => Ok(file),
            Some((Opened::Folder(_), _)) => Err(Refusal::is_folder()),
            None => Err(Refusal::unknown_handle()),
        }
    }

    /// The file of that number, if it is still open.
    pub(crate) fn file_named(&mut self, name: u32) -> Option<&mut OpenFile> {
        match self.open.get_mut(&name) {
            Some((Opened::File(file), _)) => Some(file),
            Some((Opened::Folder(_), _)) | None => None,
        }
    }

    /// The listing of that handle.
    pub(crate) fn listing(&mut self, handle: &[u8]) -> Result<&mut Listing, Refusal> {
        match self.open.get_mut(&name(handle)?) {
            Some((Opened::Folder(listing), _)) => Ok(listing),
            Some((Opened::File(_), _)) => Err(Refusal::is_file()),
            None => Err(Refusal::unknown_handle()),
        }
    }

    /// Closes one: what was written is on the disk before the client hears so, if it shall be, and the lock ends.
    ///
    /// Returns the upload whose digest must still be read from the file, or about which somebody may have a word; only
    /// after that its CLOSE is answered.
    pub(crate) fn close(
        &mut self,
        handle: &[u8],
        actor: &Actor,
    ) -> Result<Option<Unfinished>, Refusal> {
        let (opened, place) = self
            .open
            .remove(&name(handle)?)
            .ok_or_else(Refusal::unknown_handle)?;
        let Opened::File(mut file) = opened else {
            return Ok(None);
        };
        let synced = if self.fsync { file.sync() } else { Ok(()) };
        if let Err(refusal) = synced {
            file.tell(actor, None);
            return Err(refusal);
        }
        let arrived = file.arrived();
        match (file.digest(), arrived) {
            (Digest::Known(sha256), None) => file.tell(actor, Some(sha256)),
            (Digest::Unwanted, None) => file.tell(actor, None),
            (digest, arrived) => {
                return Ok(Some(Unfinished {
                    file,
                    place,
                    digest,
                    arrived,
                }));
            }
        }
        Ok(None)
    }

    /// Closes everything when the client is gone; an upload cut short is kept for a resume.
    pub(crate) fn abandon(&mut self, actor: &Actor) {
        for (_, (opened, _)) in self.open.drain() {
            if let Opened::File(file) = opened {
                file.tell(actor, None);
            }
        }
    }
}

impl OpenFile {
    /// A file opened for reading only; `shown` is what may be shown of its path.
    pub(crate) fn for_reading(file: Held, shown: String) -> Self {
        Self {
            file,
            growth: None,
            shown,
            attended: None,
            opened: Instant::now(),
            readable: true,
            fingerprint: None,
            touched: false,
            unsynced: false,
            denied: false,
            bytes_read: 0,
            bytes_written: 0,
        }
    }

    /// A file opened for writing, with what it may grow; `changed` when opening it made or emptied it.
    pub(crate) fn for_writing(
        (file, growth): (Held, Growth),
        shown: String,
        readable: bool,
        changed: bool,
    ) -> Self {
        Self {
            growth: Some(growth),
            readable,
            fingerprint: Some(Fingerprint::new()),
            touched: changed,
            unsynced: changed,
            ..Self::for_reading(file, shown)
        }
    }

    /// The same, at a path below the inbox of which somebody wants to hear when it is closed.
    #[must_use]
    pub(crate) fn attended(self, path: Option<String>) -> Self {
        Self {
            attended: path,
            ..self
        }
    }

    /// What has arrived, if it was changed and somebody wants to hear of it.
    fn arrived(&self) -> Option<Arrived> {
        let path = self.attended.clone().filter(|_| self.touched)?;
        Some(Arrived {
            lies_at: path.clone(),
            path,
        })
    }

    /// What may be shown of its path.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// Whether it may be written to.
    pub(crate) fn writable(&self) -> bool {
        self.growth.is_some()
    }

    /// What may be shown of its path, the first time that a rule refuses a WRITE.
    pub(crate) fn first_denial(&mut self) -> Option<&str> {
        let first = !std::mem::replace(&mut self.denied, true);
        first.then_some(&self.shown)
    }

    /// The file, for looking at it.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// The file, for changing its times.
    pub(crate) fn file_to_change(&mut self) -> Result<&File, Refusal> {
        self.check_writable()?;
        self.unsynced = true;
        Ok(&self.file)
    }

    /// Sets its size, by cutting it or by zeros at its end.
    pub(crate) fn resize(&mut self, size: u64) -> Result<(), Refusal> {
        let growth = self.growth.as_mut().ok_or_else(read_only)?;
        growth.resize(&self.file, size)?;
        self.file_to_change()?.set_len(size)?;
        self.content_changed();
        Ok(())
    }

    /// Sets its times.
    pub(crate) fn set_times(&self, times: Times) -> Result<(), Refusal> {
        self.check_writable()?;
        Ok(self.file.set_times(times.into())?)
    }

    /// The file once more, for reading while others use the handle; the lock goes with it.
    pub(crate) fn share_to_read(&self) -> Result<File, Refusal> {
        self.check_readable()?;
        Ok(self.file.try_clone()?)
    }

    /// The same for writing, with what it may grow: told when it has, by [`OpenFile::written`].
    pub(crate) fn share_to_write(&mut self) -> Result<(File, Growth), Refusal> {
        let growth = self.growth.clone().ok_or_else(read_only)?;
        let file = self.file_to_change()?.try_clone()?;
        self.content_changed();
        Ok((file, growth))
    }

    /// Bytes were written to [`OpenFile::share_to_write`].
    pub(crate) fn written(&mut self, bytes: u64, growth: Growth) {
        self.growth = Some(growth);
        self.bytes_written += bytes;
    }

    /// Its content is no longer what arrived in order.
    fn content_changed(&mut self) {
        self.touched = true;
        if let Some(fingerprint) = &mut self.fingerprint {
            fingerprint.lose();
        }
    }

    /// Appends up to `len` bytes from `offset` to `out`.
    ///
    /// # Errors
    /// [`Refusal::end`] at the end of the file.
    pub(crate) fn read(
        &mut self,
        offset: u64,
        len: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        self.check_readable()?;
        // No file reaches as far as a signed number does; the system would call such a place invalid.
        if i64::try_from(offset.saturating_add(len as u64)).is_err() {
            return Err(Refusal::end());
        }
        let start = out.len();
        if let Err(error) = read_full(&self.file, offset, len, out) {
            out.truncate(start);
            return Err(error.into());
        }
        let count = out.len() - start;
        if count == 0 && len > 0 {
            return Err(Refusal::end());
        }
        self.bytes_read += count as u64;
        Ok(())
    }

    /// Writes at `offset`, or at the end when opened for appending.
    pub(crate) fn write(&mut self, offset: u64, data: &[u8]) -> Result<(), Refusal> {
        let growth = self.growth.as_mut().ok_or_else(read_only)?;
        growth.write(&self.file, offset, data.len() as u64)?;
        self.touched = true;
        self.unsynced = true;
        self.file.write_all_at(data, offset)?;
        self.bytes_written += data.len() as u64;
        if let Some(fingerprint) = &mut self.fingerprint {
            fingerprint.take(offset, data);
        }
        Ok(())
    }

    /// Brings what was written to the disk.
    pub(crate) fn sync(&mut self) -> Result<(), Refusal> {
        if self.unsynced {
            off_the_loop(|| self.file.sync_all())?;
            self.unsynced = false;
        }
        Ok(())
    }

    /// Fails for a file that was opened for reading only.
    pub(crate) fn check_writable(&self) -> Result<(), Refusal> {
        self.growth.is_some().then_some(()).ok_or_else(read_only)
    }

    fn check_readable(&self) -> Result<(), Refusal> {
        if self.readable {
            Ok(())
        } else {
            Err(Refusal::denied(
                "this file was opened for writing only: close it and open it for reading",
            ))
        }
    }

    /// The SHA-256 of what was uploaded. The lock is still held, so nothing is claimed meanwhile.
    fn digest(&self) -> Digest {
        let Some(fingerprint) = self.fingerprint.as_ref().filter(|_| self.touched) else {
            return Digest::Unwanted;
        };
        let alone = self.growth.as_ref().is_some_and(Growth::is_alone);
        let length = self.file.metadata().map(|metadata| metadata.len()).ok();
        let known = length.and_then(|length| fingerprint.of_length(length));
        known
            .filter(|_| alone)
            .map_or(Digest::ToRead, Digest::Known)
    }

    /// Tells of it when it is closed; `sha256` is that of the whole file, of an upload that was closed by its client.
    pub(crate) fn tell(self, actor: &Actor, sha256: Option<String>) {
        let (file, duration) = (self.shown, self.opened.elapsed());
        actor.tell(if self.growth.is_some() {
            What::Upload {
                file,
                bytes: self.bytes_written,
                sha256,
                duration,
            }
        } else {
            What::Download {
                file,
                bytes: self.bytes_read,
                duration,
            }
        });
    }
}

fn read_only() -> Refusal {
    Refusal::denied("this file was opened for reading only: open it for writing")
}

/// A handle is sent back as the decimal number it was given out as.
pub(crate) fn name(handle: &[u8]) -> Result<u32, Refusal> {
    std::str::from_utf8(handle)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(Refusal::unknown_handle)
}

/// Appends up to `len` bytes to `out`, straight into its spare memory; fewer only at the end of the file.
fn read_full(file: &File, offset: u64, len: usize, out: &mut Vec<u8>) -> io::Result<()> {
    let end = out.len() + len;
    let mut offset = offset;
    while out.len() < end {
        out.reserve(end - out.len());
        match rustix::io::pread(file, spare_capacity(out), offset) {
            Ok(0) => break,
            Ok(count) => offset = offset.saturating_add(count as u64),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    // The spare memory may have been larger than asked for.
    out.truncate(end);
    Ok(())
}
