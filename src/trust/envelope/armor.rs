//! An age file in either form, binary or armored, as a stream of its bytes; and which errors are the file's own.

use std::error::Error;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use age::armor::ArmoredReader;

use super::opening::Damaged;

/// Longest line of an armored file, in bytes; base64 comes in lines of 64.
const LONGEST_LINE: usize = 80;
/// How an armored file begins.
const BEGIN: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
/// Most white space before that, in bytes: what a mail program may have put there.
const MOST_SPACE: usize = 1 << 10;
/// Held in memory to look ahead.
const LOOK_AHEAD: usize = 16 << 10;

/// The bytes of an age file.
pub(super) type Input = Box<dyn BufRead + Send>;

/// Looks at the first bytes. age's own reader of either form would read a binary file 48 bytes at a time.
pub(super) fn dearmored(source: impl Read + Send + 'static) -> io::Result<Input> {
    let mut input = BufReader::with_capacity(LOOK_AHEAD, Source(source));
    let beginning = take_beginning(&mut input)?;
    let armored = beginning == BEGIN;
    let whole = Cursor::new(beginning).chain(input);
    Ok(if armored {
        let lines = ArmoredReader::new(ShortLines::new(whole));
        Box::new(BufReader::with_capacity(128 << 10, lines))
    } else {
        Box::new(whole)
    })
}

/// The error of the file itself, if this is one and not age's opinion of its contents.
pub(super) fn own_error(error: io::Error) -> Option<io::Error> {
    let inner: Box<dyn Error + Send + Sync> = error.into_inner()?;
    inner.downcast::<SourceError>().ok().map(|source| source.0)
}

/// Marks an error as our own trouble, for [`own_error`].
pub(super) fn as_own(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), SourceError(error))
}

/// As many bytes as armor begins with, after white space.
fn take_beginning(input: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::with_capacity(BEGIN.len());
    for _ in 0..=MOST_SPACE {
        beginning.clear();
        input.by_ref().take(1).read_to_end(&mut beginning)?;
        if !beginning.first().is_some_and(u8::is_ascii_whitespace) {
            break;
        }
    }
    let rest = BEGIN.len().saturating_sub(beginning.len());
    input
        .by_ref()
        .take(rest as u64)
        .read_to_end(&mut beginning)?;
    Ok(beginning)
}

/// Marks the errors of the underlying file: age reports damage as an [`io::Error`], too.
struct Source<R>(R);

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct SourceError(io::Error);

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(as_own(e)),
                done => return done,
            }
        }
    }
}

/// Ends a stream with an error at a line that no armored file has: age's reader would keep all of it in memory.
struct ShortLines<R> {
    inner: R,
    length: usize,
}

impl<R> ShortLines<R> {
    fn new(inner: R) -> Self {
        Self { inner, length: 0 }
    }
}

impl<R: Read> Read for ShortLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        for byte in buffer.get(..n).unwrap_or_default() {
            self.length = if *byte == b'\n' { 0 } else { self.length + 1 };
            if self.length > LONGEST_LINE {
                return Err(Damaged::error());
            }
        }
        Ok(n)
    }
}
