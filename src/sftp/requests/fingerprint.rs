//! The SHA-256 of an upload: taken as the bytes arrive, or from the whole file at its end when they did not arrive
//! once each and in order (a resume, an append, writes out of order, a change of the size), or somebody else of this
//! process changed the file meanwhile. What another process writes over it at the same time shows only in its own digest.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use aws_lc_rs::digest::{Context, SHA256};

/// How much of a file is read at a time.
const PIECE: usize = 256 << 10;

/// What is known of a file's content while it is written. Small: it stands in every open file.
pub(crate) struct Fingerprint {
    context: Context,
    /// Where the next byte must go, as long as all came in order.
    next: Option<u64>,
}

impl Fingerprint {
    /// Nothing was written yet.
    pub(crate) fn new() -> Self {
        Self {
            context: Context::new(&SHA256),
            next: Some(0),
        }
    }

    /// Takes bytes that were written at `offset`.
    pub(crate) fn take(&mut self, offset: u64, data: &[u8]) {
        if self.next == Some(offset) {
            self.context.update(data);
            self.next = offset.checked_add(data.len() as u64);
        } else {
            self.next = None;
        }
    }

    /// The file changed in another way than by bytes in order.
    pub(crate) fn lose(&mut self) {
        self.next = None;
    }

    /// The SHA-256 of a whole file of this length in lower-case hex, if all its bytes came in order. It is longer than
    /// they are when it was there before and was not emptied.
    pub(crate) fn of_length(&self, length: u64) -> Option<String> {
        (self.next == Some(length)).then(|| hex::encode(self.context.clone().finish()))
    }
}

/// The SHA-256 of a whole file, read a slice at a time.
pub(crate) struct FileDigest {
    context: Context,
    offset: u64,
}

impl FileDigest {
    /// Nothing was read yet.
    pub(crate) fn new() -> Self {
        Self {
            context: Context::new(&SHA256),
            offset: 0,
        }
    }

    /// Reads about `bytes` more. In lower-case hex when the end is reached. Waits for the disk.
    ///
    /// # Errors
    /// Those of reading the file.
    pub(crate) fn read(&mut self, file: &File, bytes: u64) -> io::Result<Option<String>> {
        let mut piece = vec![0; PIECE];
        let end = self.offset.saturating_add(bytes);
        while self.offset < end {
            match file.read_at(&mut piece, self.offset) {
                Ok(0) => return Ok(Some(hex::encode(self.context.clone().finish()))),
                Ok(count) => {
                    self.context.update(piece.get(..count).unwrap_or_default());
                    self.offset += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::FileExt;

    use super::{FileDigest, Fingerprint};

    /// As an upload that is closed.
    fn finish(fingerprint: &Fingerprint, file: &File) -> String {
        let known = fingerprint.of_length(file.metadata().unwrap().len());
        let mut digest = FileDigest::new();
        let read = || {
            std::iter::repeat_with(move || digest.read(file, 3).unwrap())
                .flatten()
                .next()
        };
        known.or_else(read).unwrap()
    }

    /// `printf 'half and half' | sha256sum`
    const WHOLE: &str = "c26d7757b5540ad43f288bc4d70a80e2f57e737b368103aebe1487738599b8bd";

    #[test]
    fn the_digest_is_that_of_the_file_in_whatever_order_it_was_written() {
        let orders: [&[(u64, &str)]; 4] = [
            &[(0, "half and half")],
            &[(0, "half"), (4, " and "), (9, "half")],
            &[(4, " and half"), (0, "half")],
            &[(0, "HALF"), (4, " and half"), (0, "half")],
        ];
        for order in orders {
            let file = tempfile::tempfile().unwrap();
            let mut fingerprint = Fingerprint::new();
            for (offset, text) in order {
                file.write_all_at(text.as_bytes(), *offset).unwrap();
                fingerprint.take(*offset, text.as_bytes());
            }
            assert_eq!(finish(&fingerprint, &file), WHOLE, "{order:?}");
        }
    }

    #[test]
    fn what_was_there_before_counts() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(b"HALF and half", 0).unwrap();
        let mut fingerprint = Fingerprint::new();
        file.write_all_at(b"half", 0).unwrap();
        fingerprint.take(0, b"half");
        assert_eq!(finish(&fingerprint, &file), WHOLE);
    }
}
