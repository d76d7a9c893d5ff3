//! The plaintext of one data file on its way to the checks: decompressed as its name says, and bounded.

use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use crate::config::Limits;
use crate::delivery::Compression;
use crate::rejection::Code;
use crate::trust::envelope::Damaged;

/// Below this much plaintext a high compression ratio is no sign of a bomb.
const EXPANSION_GRACE: u64 = 16 << 20;

/// The sender's mistake as it surfaces inside a stream.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("{0}")]
pub struct StreamError(pub Code);

impl StreamError {
    /// The sender's mistake in an error of a stream; `None` where it is the system's own.
    pub(super) fn caused(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref::<Self>().copied()
    }
}

/// Decompresses as the name says, and stops a bomb. Errors are [`StreamError`]s, or the system's own for a file that
/// cannot be read.
pub fn expand(
    compressed: impl Read + Send + 'static,
    compression: Compression,
    limits: Limits,
) -> io::Result<Box<dyn Read + Send>> {
    let taken = Arc::new(AtomicU64::new(0));
    let counted = Counted {
        inner: compressed,
        taken: Arc::clone(&taken),
    };
    // Only what is still compressed passes through a buffer that nobody wipes.
    let buffered = |counted| BufReader::with_capacity(64 << 10, counted);
    let expanded: Box<dyn Read + Send> = match compression {
        Compression::None => Box::new(counted),
        Compression::Gzip => Box::new(MultiGzDecoder::new(buffered(counted))),
        Compression::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(buffered(counted))?;
            // 8 MiB, the most that the zstd format asks every decoder to support.
            decoder.window_log_max(23)?;
            Box::new(decoder)
        }
    };
    Ok(Box::new(Bounded {
        inner: expanded,
        compressed: compression != Compression::None,
        taken,
        given: 0,
        limits,
    }))
}

/// Counts the bytes that went into a decompressor.
struct Counted<R> {
    inner: R,
    taken: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.taken.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Gives no more plaintext than agreed, and names what a decompressor calls by many names.
struct Bounded {
    inner: Box<dyn Read + Send>,
    compressed: bool,
    taken: Arc<AtomicU64>,
    given: u64,
    limits: Limits,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = match self.inner.read(buffer) {
            Ok(n) => n,
            Err(e) => return Err(self.name(e)),
        };
        self.given += n as u64;
        let expansion = self.taken.load(Ordering::Relaxed) * self.limits.expansion;
        let bomb = self.compressed && self.given > expansion.max(EXPANSION_GRACE);
        if self.given > self.limits.plaintext || bomb {
            return Err(io::Error::other(StreamError(Code::TooLarge)));
        }
        Ok(n)
    }
}

impl Bounded {
    fn name(&self, error: io::Error) -> io::Error {
        if error.kind() == io::ErrorKind::Interrupted || error.raw_os_error().is_some() {
            return error;
        }
        let damaged = Damaged::caused(&error);
        let code = match (damaged, self.compressed) {
            (false, true) => Code::CompressionDamaged,
            _ => Code::DecryptDamaged,
        };
        io::Error::other(StreamError(code))
    }
}
