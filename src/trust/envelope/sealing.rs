//! Writing age files.

use std::fmt;
use std::io::{self, Write};

use age::Encryptor;
use age::stream::StreamWriter;

use crate::fault::Fault;

use super::Recipients;

/// Takes plaintext and writes an age file. Only [`Sealed::finish`] writes its end: a file whose writer was dropped
/// before is refused by every reader as truncated.
pub struct Sealed<W: Write>(StreamWriter<W>);

/// Begins an age file (binary) that each of the recipients can open.
pub fn seal<W: Write>(output: W, recipients: &Recipients) -> Result<Sealed<W>, Fault> {
    let encryptor = Encryptor::with_recipients(recipients.iter()).map_err(|e| Fault::Crypto {
        doing: "encrypt",
        problem: e.to_string(),
    })?;
    encryptor
        .wrap_output(output)
        .map(Sealed)
        .map_err(unwritable)
}

impl<W: Write> Sealed<W> {
    /// Writes the last chunk, flushes, and gives the output back; syncing a file is the caller's.
    pub fn finish(self) -> Result<W, Fault> {
        let mut output = self.0.finish().map_err(unwritable)?;
        output.flush().map_err(unwritable)?;
        Ok(output)
    }
}

impl<W: Write> Write for Sealed<W> {
    fn write(&mut self, plaintext: &[u8]) -> io::Result<usize> {
        self.0.write(plaintext)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> fmt::Debug for Sealed<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(..)")
    }
}

fn unwritable(error: io::Error) -> Fault {
    Fault::Crypto {
        doing: "write the encrypted file",
        problem: error.to_string(),
    }
}
