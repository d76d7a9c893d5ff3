//! Opening an age file whose maker is not trusted.

use std::fmt;
use std::io::{self, BufRead, Read};

use age::DecryptError;
use age_core::format::FileKey;

use crate::fault::Fault;
use crate::rejection::Code;

use super::Identities;
use super::armor::{Input, as_own, dearmored, own_error};
use super::header::Header;
use super::lanes::{Lanes, Stopped};
use super::stream::{ALONE, AT_ONCE, Batch, Cipher, SALT};

/// Why an age file does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The sender's: `DECRYPT_NO_KEY`, `DECRYPT_PASSPHRASE`, `DECRYPT_DAMAGED` or `TOO_LARGE` (the header).
    #[error("{}", .0.as_str())]
    Rejected(Code),
    /// Ours: the file could not be read.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The inner error of an [`io::Error`] of [`Plaintext`]: the file is truncated or altered. Any other error is the
/// underlying file's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the encrypted file is truncated or altered")]
pub struct Damaged;

/// An age file, binary or armored, of which the header has been read and nothing opened.
pub struct Locked {
    header: Header,
    input: Input,
}

/// The plaintext of an age file. What it has handed out may be the beginning of a truncated file until it has
/// returned `Ok(0)`.
///
/// After the first MiB several threads decrypt; at most 8 MiB of the file are then in memory.
pub struct Plaintext {
    input: Input,
    cipher: Cipher,
    /// What is handed out, and how much of it was.
    batch: Batch,
    given: usize,
    /// Chunks read from the file.
    chunks: usize,
    /// Whether the file was read to its end.
    read: bool,
    lanes: Option<Lanes<Batch>>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// There is, or may be, more.
    Going,
    /// The end that the writer wrote.
    Ended,
    Damaged,
    /// The file could not be read, or a thread ended.
    Failed,
}

/// Opens an age file up to its first byte of plaintext.
///
/// A header line altered so that it fits none of our keys cannot be told from one for somebody else: both are
/// `DECRYPT_NO_KEY`. A file locked with a passphrase is `DECRYPT_PASSPHRASE`, whatever else is wrong with it.
pub fn open<R: Read + Send + 'static>(
    input: R,
    identities: &Identities,
) -> Result<Plaintext, OpenError> {
    Locked::read(input)?.open(identities)
}

impl Locked {
    /// Reads the header: at most 64 KiB in 1024 lines, before any of it is parsed.
    pub fn read<R: Read + Send + 'static>(input: R) -> Result<Self, OpenError> {
        let mut input = dearmored(input).map_err(unreadable)?;
        let header = Header::read(&mut input)?;
        Ok(Self { header, input })
    }

    /// Whether it is encrypted to post-quantum recipients alone.
    pub fn is_postquantum(&self) -> bool {
        self.header.is_postquantum()
    }

    /// Whether it is locked with a passphrase.
    pub fn has_passphrase(&self) -> bool {
        self.header.has_passphrase()
    }

    pub(super) fn work_factor(&self) -> Option<u8> {
        self.header.work_factor()
    }

    /// Opens it with the first identity that fits. The header's authentication code is checked before any plaintext.
    pub fn open(self, identities: &Identities) -> Result<Plaintext, OpenError> {
        if self.has_passphrase() {
            return Err(OpenError::Rejected(Code::DecryptPassphrase));
        }
        self.open_with(identities.iter())
    }

    pub(super) fn open_with<'a>(
        mut self,
        mut identities: impl Iterator<Item = &'a dyn age::Identity>,
    ) -> Result<Plaintext, OpenError> {
        let stanzas = self.header.stanzas();
        let file_key: FileKey = identities
            .find_map(|identity| identity.unwrap_stanzas(stanzas))
            .unwrap_or(Err(DecryptError::NoMatchingKeys))
            .map_err(refused)?;
        if !self.header.is_authentic(&file_key) {
            return Err(OpenError::Rejected(Code::DecryptDamaged));
        }
        let mut salt = [0; SALT];
        self.input.read_exact(&mut salt).map_err(unreadable)?;
        let cipher = Cipher::new(&file_key, &salt).ok_or_else(|| Fault::Crypto {
            doing: "decrypt",
            problem: "HKDF refused the length".to_owned(),
        })?;
        Ok(Plaintext {
            input: self.input,
            cipher,
            batch: Batch::new(1),
            given: 0,
            chunks: 0,
            read: false,
            lanes: None,
            state: State::Going,
        })
    }
}

impl Damaged {
    /// Whether `error` came from [`Plaintext`] because of the file's contents.
    pub fn caused(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Self>())
    }

    pub(super) fn error() -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, Self)
    }
}

impl Read for Plaintext {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let ready = self.batch.plain().get(self.given..).unwrap_or_default();
            let n = ready.len().min(buffer.len());
            if let (Some(to), Some(from)) = (buffer.get_mut(..n), ready.get(..n))
                && n > 0
            {
                to.copy_from_slice(from);
                self.given += n;
                return Ok(n);
            }
            match self.state {
                State::Ended => return Ok(0),
                State::Damaged => return Err(Damaged::error()),
                State::Failed => return Err(io::Error::other("an earlier read failed")),
                State::Going => self.advance()?,
            }
        }
    }
}

impl Plaintext {
    /// Decrypts the next batch, or takes it from the lanes.
    fn advance(&mut self) -> io::Result<()> {
        self.given = 0;
        match self.next_batch() {
            Ok(batch) => {
                self.state = match (batch.failed, batch.last) {
                    (true, _) => State::Damaged,
                    (false, true) => State::Ended,
                    (false, false) => State::Going,
                };
                self.batch = batch;
                Ok(())
            }
            Err(error) => {
                self.batch.begin(self.chunks);
                let (state, error) = match own_error(error) {
                    Some(own) => (State::Failed, own),
                    None => (State::Damaged, Damaged::error()),
                };
                self.state = state;
                Err(error)
            }
        }
    }

    fn next_batch(&mut self) -> io::Result<Batch> {
        if self.chunks == ALONE {
            let cipher = self.cipher.clone();
            self.lanes = Lanes::start(move |batch| cipher.open(batch));
        }
        let size = if self.chunks < ALONE { 1 } else { AT_ONCE };
        let mut spare = Some(std::mem::replace(&mut self.batch, Batch::new(0)));
        let mut empty = || {
            let spare = spare.take().filter(|spare| spare.chunks() == size);
            spare.unwrap_or_else(|| Batch::new(size))
        };
        let Some(mut lanes) = self.lanes.take() else {
            let mut batch = empty();
            self.fill(&mut batch)?;
            self.cipher.open(&mut batch);
            return Ok(batch);
        };
        while !self.read && lanes.has_room() {
            let mut batch = empty();
            self.fill(&mut batch)?;
            lanes.give(batch).map_err(stopped)?;
        }
        let batch = lanes.take().map_err(stopped)?;
        self.lanes = Some(lanes);
        Ok(batch)
    }

    /// Reads the file's next bytes, and whether it ends with them.
    fn fill(&mut self, batch: &mut Batch) -> io::Result<()> {
        batch.begin(self.chunks);
        let room = batch.room();
        self.input
            .by_ref()
            .take(room)
            .read_to_end(&mut batch.sealed)?;
        batch.last = self.input.fill_buf()?.is_empty();
        self.read = batch.last;
        self.chunks += batch.chunks();
        Ok(())
    }
}

impl fmt::Debug for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Locked(..)")
    }
}

impl fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plaintext(..)")
    }
}

fn refused(error: DecryptError) -> OpenError {
    match error {
        DecryptError::NoMatchingKeys | DecryptError::DecryptionFailed => {
            OpenError::Rejected(Code::DecryptNoKey)
        }
        DecryptError::Io(e) => unreadable(e),
        DecryptError::ExcessiveWork { .. }
        | DecryptError::InvalidHeader
        | DecryptError::InvalidMac
        | DecryptError::KeyDecryptionFailed
        | DecryptError::UnknownFormat => OpenError::Rejected(Code::DecryptDamaged),
    }
}

pub(super) fn unreadable(error: io::Error) -> OpenError {
    match own_error(error) {
        Some(e) => OpenError::Fault(Fault::Crypto {
            doing: "read the encrypted file",
            problem: e.to_string(),
        }),
        None => OpenError::Rejected(Code::DecryptDamaged),
    }
}

fn stopped(error: Stopped) -> io::Error {
    as_own(io::Error::other(error))
}
