//! The payload of an age file: chunks of 64 KiB, each sealed by itself under a counter, the last one marked.
//!
//! The construction is STREAM with ChaCha20-Poly1305 (C2SP age specification). As no chunk needs another, several
//! can be worked on at once; a [`Batch`] is what one thread takes at a time.

use std::sync::Arc;

use age_core::format::FileKey;
use age_core::secrecy::ExposeSecret;
use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

/// Plaintext bytes of every chunk but the last, which may be shorter.
const CHUNK: usize = 64 << 10;
/// Bytes of the tag that follows each chunk.
const TAG: usize = 16;
const SEALED_CHUNK: usize = CHUNK + TAG;
/// Bytes of the random value before the payload.
pub(super) const SALT: usize = 16;
/// Batches of one chunk before threads are worth their start.
pub(super) const ALONE: usize = 16;
/// Chunks that a thread takes at a time: fewer, and handing over costs more than it saves.
pub(super) const AT_ONCE: usize = 8;

/// Seals and opens batches. Shared by threads.
#[derive(Clone)]
pub(super) struct Cipher(Arc<LessSafeKey>);

/// Consecutive chunks in both forms.
pub(super) struct Batch {
    /// Number of its first chunk in the file, from 0.
    first: usize,
    /// Whether the file ends with it.
    pub(super) last: bool,
    /// The plaintext as far as it is good; the rest of the buffer is spare.
    plain: Zeroizing<Vec<u8>>,
    filled: usize,
    /// The file's bytes.
    pub(super) sealed: Vec<u8>,
    /// Whether a chunk could not be opened, or the library failed to seal.
    pub(super) failed: bool,
}

impl Cipher {
    /// The cipher of one file; `None` if HKDF fails.
    pub(super) fn new(file_key: &FileKey, salt: &[u8; SALT]) -> Option<Self> {
        hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
            .extract(file_key.expose_secret())
            .expand(&[b"payload"], &CHACHA20_POLY1305)
            .map(|key| Self(Arc::new(LessSafeKey::new(UnboundKey::from(key)))))
            .ok()
    }

    /// Makes `sealed` of the plaintext.
    pub(super) fn seal(&self, batch: &mut Batch) {
        batch.failed = self.try_seal(batch).is_err();
    }

    fn try_seal(&self, batch: &mut Batch) -> Result<(), Unspecified> {
        let plain = batch.plain.get(..batch.filled).ok_or(Unspecified)?;
        let count = plain.len().div_ceil(CHUNK).max(1);
        batch.sealed.resize(plain.len() + count * TAG, 0);
        // An empty file has one chunk, too.
        let mut plain = plain.chunks(CHUNK);
        for (index, sealed) in batch.sealed.chunks_mut(SEALED_CHUNK).enumerate() {
            let end = batch.last && index + 1 == count;
            let (text, tag) = sealed
                .split_at_mut_checked(sealed.len() - TAG)
                .ok_or(Unspecified)?;
            let nonce = nonce(batch.first + index, end);
            let plain = plain.next().unwrap_or_default();
            self.0
                .seal_out_of_place_scatter(nonce, Aad::empty(), plain, text, &[], tag)?;
        }
        Ok(())
    }

    /// Makes plaintext of `sealed`, up to the first chunk that is not as it was written.
    pub(super) fn open(&self, batch: &mut Batch) {
        batch.filled = 0;
        let count = batch.sealed.len().div_ceil(SEALED_CHUNK);
        batch.failed = batch.last && count == 0;
        let chunks = batch.sealed.chunks(SEALED_CHUNK);
        for (index, (sealed, plain)) in chunks.zip(batch.plain.chunks_mut(CHUNK)).enumerate() {
            let number = batch.first + index;
            let end = batch.last && index + 1 == count;
            // Where nothing follows a whole number of chunks, the last of them is the end.
            let spare = end && number > 0 && sealed.len() == TAG;
            if !spare && self.open_chunk(number, end, sealed, plain).is_some() {
                batch.filled += sealed.len() - TAG;
                continue;
            }
            // A whole chunk that says otherwise than the file whether more follows is genuine, but the file is not.
            let whole = sealed.len() == SEALED_CHUNK;
            if whole && self.open_chunk(number, !end, sealed, plain).is_some() {
                batch.filled += CHUNK;
            }
            batch.failed = true;
            return;
        }
    }

    fn open_chunk(&self, number: usize, end: bool, sealed: &[u8], plain: &mut [u8]) -> Option<()> {
        let (text, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG)?)?;
        let plain = plain.get_mut(..text.len())?;
        self.0
            .open_separate_gather(nonce(number, end), Aad::empty(), text, tag, plain)
            .ok()
    }
}

impl Batch {
    /// An empty one that holds so many chunks.
    pub(super) fn new(chunks: usize) -> Self {
        Self {
            first: 0,
            last: false,
            plain: Zeroizing::new(vec![0; chunks * CHUNK]),
            filled: 0,
            sealed: Vec::with_capacity(chunks * SEALED_CHUNK),
            failed: false,
        }
    }

    /// Empty again, for the chunks from `first` on.
    pub(super) fn begin(&mut self, first: usize) {
        self.first = first;
        self.last = false;
        self.filled = 0;
        self.sealed.clear();
        self.failed = false;
    }

    /// How many chunks it holds.
    pub(super) fn chunks(&self) -> usize {
        self.plain.len() / CHUNK
    }

    /// How many bytes of the file it holds.
    pub(super) fn room(&self) -> u64 {
        (self.chunks() * SEALED_CHUNK) as u64
    }

    /// Its good plaintext.
    pub(super) fn plain(&self) -> &[u8] {
        self.plain.get(..self.filled).unwrap_or_default()
    }

    /// Whether no plaintext fits in any more.
    pub(super) fn is_full(&self) -> bool {
        self.filled == self.plain.len()
    }

    /// Takes as much plaintext as fits in, and tells how much.
    pub(super) fn take(&mut self, plaintext: &[u8]) -> usize {
        let free = self.plain.get_mut(self.filled..).unwrap_or_default();
        let n = free.len().min(plaintext.len());
        if let (Some(to), Some(from)) = (free.get_mut(..n), plaintext.get(..n)) {
            to.copy_from_slice(from);
        }
        self.filled += n;
        n
    }
}

/// Eleven bytes of counter, then whether the chunk ends the file.
fn nonce(number: usize, end: bool) -> Nonce {
    let mut bytes = [0; 12];
    let (_, counter) = bytes.split_at_mut(3);
    for (to, from) in counter.iter_mut().zip((number as u64).to_be_bytes()) {
        *to = from;
    }
    if let Some(flag) = counter.last_mut() {
        *flag = u8::from(end);
    }
    Nonce::assume_unique_for_key(bytes)
}
