//! Opening an age file whose maker is not trusted.

use std::error::Error;
use std::fmt;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use age::armor::ArmoredReader;
use age::stream::StreamReader;
use age::{DecryptError, Decryptor};

use crate::fault::Fault;
use crate::rejection::Code;

use super::Identities;

/// Largest header, in bytes, as that of 400 recipients.
const LARGEST_HEADER: usize = 64 << 10;
/// Most lines of a header: age parses all of them again with each further line.
const MOST_HEADER_LINES: usize = 1024;
/// Longest line of an armored file, in bytes; base64 comes in lines of 64.
const LONGEST_ARMOR_LINE: usize = 80;
/// How an age file begins.
const MAGIC: &[u8] = b"age-encryption.org/";
/// How an armored one begins.
const ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";

/// Why an age file does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The sender's: `DECRYPT_NO_KEY`, `DECRYPT_DAMAGED` or `TOO_LARGE` (the header).
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

/// The plaintext of an age file. What it has handed out may be the beginning of a truncated file until it has
/// returned `Ok(0)`.
pub struct Plaintext {
    stream: StreamReader<Input>,
    damaged: bool,
}

type Input = Chain<Cursor<Vec<u8>>, Box<dyn BufRead + Send>>;

/// Opens an age file, binary or armored, up to its first byte of plaintext.
///
/// A header line altered so that it fits none of our keys cannot be told from one for somebody else: both are
/// `DECRYPT_NO_KEY`, as is a file locked with a passphrase.
pub fn open<R: Read + Send + 'static>(
    input: R,
    identities: &Identities,
) -> Result<Plaintext, OpenError> {
    let mut input = dearmored(Source(input))?;
    let header = read_header(&mut input)?;
    let input = Cursor::new(header).chain(input);
    let decryptor = Decryptor::new_buffered(input).map_err(refused)?;
    let stream = decryptor.decrypt(identities.iter()).map_err(refused)?;
    Ok(Plaintext {
        stream,
        damaged: false,
    })
}

impl Damaged {
    /// Whether `error` came from [`Plaintext`] because of the file's contents.
    pub fn caused(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Self>())
    }

    fn error() -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, Self)
    }
}

impl Read for Plaintext {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.damaged {
            return Err(Damaged::error());
        }
        self.stream.read(buffer).map_err(|e| {
            own_error(e).unwrap_or_else(|| {
                self.damaged = true;
                Damaged::error()
            })
        })
    }
}

impl fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plaintext(..)")
    }
}

/// Looks at the first bytes. age's own reader of either form would read a binary file 48 bytes at a time.
fn dearmored(source: impl Read + Send + 'static) -> Result<Box<dyn BufRead + Send>, OpenError> {
    let mut input = BufReader::with_capacity(128 << 10, source);
    let mut beginning = Vec::with_capacity(ARMOR.len());
    input
        .by_ref()
        .take(ARMOR.len() as u64)
        .read_to_end(&mut beginning)
        .map_err(unreadable)?;
    let armored = beginning == ARMOR;
    let whole = Cursor::new(beginning).chain(input);
    Ok(if armored {
        Box::new(BufReader::with_capacity(
            128 << 10,
            ArmoredReader::new(ShortLines::new(whole)),
        ))
    } else {
        Box::new(whole)
    })
}

/// The header up to and with its last line, which begins with `---`.
fn read_header(input: &mut impl BufRead) -> Result<Vec<u8>, OpenError> {
    let mut header = Vec::new();
    for _ in 0..MOST_HEADER_LINES {
        let begin = header.len();
        let room = LARGEST_HEADER.saturating_sub(begin);
        input
            .by_ref()
            .take(room as u64)
            .read_until(b'\n', &mut header)
            .map_err(unreadable)?;
        let line = header.get(begin..).unwrap_or_default();
        // Beyond an altered last line the payload begins: that is no large header, but no header either.
        let text = line.iter().all(|b| matches!(b, b' '..=b'~' | b'\n'));
        if !text || (begin == 0 && !line.starts_with(MAGIC)) {
            return Err(OpenError::Rejected(Code::DecryptDamaged));
        }
        if !line.ends_with(b"\n") {
            return Err(OpenError::Rejected(if line.len() == room {
                Code::TooLarge
            } else {
                Code::DecryptDamaged
            }));
        }
        if line.starts_with(b"---") {
            return Ok(header);
        }
    }
    Err(OpenError::Rejected(Code::TooLarge))
}

fn refused(error: DecryptError) -> OpenError {
    match error {
        DecryptError::NoMatchingKeys => OpenError::Rejected(Code::DecryptNoKey),
        DecryptError::Io(e) => unreadable(e),
        DecryptError::DecryptionFailed
        | DecryptError::ExcessiveWork { .. }
        | DecryptError::InvalidHeader
        | DecryptError::InvalidMac
        | DecryptError::KeyDecryptionFailed
        | DecryptError::UnknownFormat => OpenError::Rejected(Code::DecryptDamaged),
    }
}

fn unreadable(error: io::Error) -> OpenError {
    match own_error(error) {
        Some(e) => OpenError::Fault(Fault::Crypto {
            doing: "read the encrypted file",
            problem: e.to_string(),
        }),
        None => OpenError::Rejected(Code::DecryptDamaged),
    }
}

/// The error of the file itself, if this is one and not age's opinion of its contents.
fn own_error(error: io::Error) -> Option<io::Error> {
    if error.kind() == io::ErrorKind::Interrupted {
        return Some(error);
    }
    let inner: Box<dyn Error + Send + Sync> = error.into_inner()?;
    inner.downcast::<SourceError>().ok().map(|source| source.0)
}

/// Marks the errors of the underlying file: age reports damage as an [`io::Error`], too.
struct Source<R>(R);

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct SourceError(io::Error);

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|e| match e.kind() {
            io::ErrorKind::Interrupted => e,
            kind => io::Error::new(kind, SourceError(e)),
        })
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
            if self.length > LONGEST_ARMOR_LINE {
                return Err(Damaged::error());
            }
        }
        Ok(n)
    }
}
