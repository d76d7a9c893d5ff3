//! Writing age files.

use std::fmt;
use std::io::{self, Write};

use age_core::format::FileKey;
use aws_lc_rs::rand::fill;

use crate::fault::Fault;

use super::lanes::{Lanes, Stopped};
use super::stream::{ALONE, AT_ONCE, Batch, Cipher, SALT};
use super::{Recipients, header};

/// Takes plaintext and writes an age file. Only [`Sealed::finish`] writes its end: a file whose writer was dropped
/// before is refused by every reader as truncated.
///
/// After the first MiB several threads encrypt; at most 8 MiB of the file are then in memory.
pub struct Sealed<W: Write> {
    output: W,
    cipher: Cipher,
    batch: Batch,
    /// Chunks before `batch`.
    chunks: usize,
    lanes: Option<Lanes<Batch>>,
    /// Used batches, to be filled again.
    spare: Vec<Batch>,
    /// A write failed: what follows would be no age file.
    broken: bool,
}

/// Begins an age file (binary) that each of the recipients can open.
pub fn seal<W: Write>(mut output: W, recipients: &Recipients) -> Result<Sealed<W>, Fault> {
    let file_key = FileKey::try_init_with_mut(|key| fill(key)).map_err(|_| unsealed())?;
    let mut stanzas = Vec::new();
    for recipient in recipients.iter() {
        let (own, _) = recipient
            .wrap_file_key(&file_key)
            .map_err(|e| Fault::Crypto {
                doing: "encrypt",
                problem: e.to_string(),
            })?;
        stanzas.extend(own);
    }
    let header = header::write(&stanzas, &file_key).ok_or_else(unsealed)?;
    let mut salt = [0; SALT];
    fill(&mut salt).map_err(|_| unsealed())?;
    let cipher = Cipher::new(&file_key, &salt).ok_or_else(unsealed)?;
    output
        .write_all(&header)
        .and_then(|()| output.write_all(&salt))
        .map_err(unwritable)?;
    Ok(Sealed {
        output,
        cipher,
        batch: Batch::new(1),
        chunks: 0,
        lanes: None,
        spare: Vec::new(),
        broken: false,
    })
}

impl<W: Write> Sealed<W> {
    /// Writes the last chunk, flushes, and gives the output back; syncing a file is the caller's.
    pub fn finish(mut self) -> Result<W, Fault> {
        self.batch.last = true;
        self.hand_over()
            .and_then(|()| self.flush())
            .map_err(unwritable)?;
        Ok(self.output)
    }

    /// Encrypts and writes the batch, here or by way of the lanes, and begins the next.
    fn hand_over(&mut self) -> io::Result<()> {
        self.require_sound()?;
        if self.chunks == ALONE {
            let cipher = self.cipher.clone();
            self.lanes = Lanes::start(move |batch| cipher.seal(batch));
        }
        self.chunks += self.batch.chunks();
        let size = if self.chunks < ALONE { 1 } else { AT_ONCE };
        let fresh = self.spare.pop().filter(|spare| spare.chunks() == size);
        let fresh = fresh.unwrap_or_else(|| Batch::new(size));
        let mut batch = std::mem::replace(&mut self.batch, fresh);
        self.batch.begin(self.chunks);
        if let Some(lanes) = &mut self.lanes {
            let done = match lanes.has_room() {
                true => None,
                false => Some(lanes.take().map_err(stopped)?),
            };
            lanes.give(batch).map_err(stopped)?;
            if let Some(done) = done {
                self.write_out(done)?;
            }
        } else {
            self.cipher.seal(&mut batch);
            self.write_out(batch)?;
        }
        Ok(())
    }

    /// After a write that failed the file has a gap: nothing more may follow.
    fn require_sound(&self) -> io::Result<()> {
        match self.broken {
            true => Err(io::Error::other("an earlier write failed")),
            false => Ok(()),
        }
    }

    fn write_out(&mut self, batch: Batch) -> io::Result<()> {
        self.broken = true;
        if batch.failed {
            return Err(io::Error::other("ChaCha20-Poly1305 failed"));
        }
        self.output.write_all(&batch.sealed)?;
        self.broken = false;
        if batch.chunks() == self.batch.chunks() {
            self.spare.push(batch);
        }
        Ok(())
    }
}

impl<W: Write> Write for Sealed<W> {
    fn write(&mut self, plaintext: &[u8]) -> io::Result<usize> {
        // A full batch waits until more follows: the last one is marked.
        if self.batch.is_full() && !plaintext.is_empty() {
            self.hand_over()?;
        }
        Ok(self.batch.take(plaintext))
    }

    /// Writes the whole chunks that were handed over; the rest waits for more plaintext or the end.
    fn flush(&mut self) -> io::Result<()> {
        self.require_sound()?;
        while let Some(lanes) = self.lanes.as_mut().filter(|lanes| !lanes.is_idle()) {
            let done = lanes.take().map_err(stopped)?;
            self.write_out(done)?;
        }
        self.output.flush()
    }
}

impl<W: Write> fmt::Debug for Sealed<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(..)")
    }
}

fn stopped(error: Stopped) -> io::Error {
    io::Error::other(error)
}

fn unsealed() -> Fault {
    Fault::Crypto {
        doing: "encrypt",
        problem: "the cryptographic library or its random numbers failed".to_owned(),
    }
}

fn unwritable(error: io::Error) -> Fault {
    Fault::Crypto {
        doing: "write the encrypted file",
        problem: error.to_string(),
    }
}
