//! Open: the age header is checked and the plaintext becomes a bounded stream. Nothing of it touches a disk.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use crate::config::Limits;
use crate::delivery::Compression;
use crate::delivery::manifest::Entry;
use crate::fault::Fault;
use crate::ledger::{Event, Outcome, Stage};
use crate::rejection::{Code, Rejection};
use crate::trust::envelope::{Damaged, Locked, OpenError, Plaintext};

use super::job::{Job, Run};
use super::verify::Verified;
use super::{Context, Stop};

/// Below this much plaintext a high compression ratio is no sign of a bomb.
const EXPANSION_GRACE: u64 = 16 << 20;

/// Proof: verified, encrypted to us, and readable from the first chunk on. Damage further in shows while reading.
pub struct Opened {
    job: Job,
    streams: Vec<Stream>,
}

/// The plaintext of one data file.
pub struct Stream {
    /// Its line in the manifest.
    pub entry: Entry,
    /// The CSV text. Errors are [`StreamError`]s, or the system's own for a file we cannot read.
    pub plaintext: Box<dyn Read + Send>,
}

/// The sender's mistake as it surfaces inside a stream.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("{0}")]
pub struct StreamError(pub Code);

impl Opened {
    /// Hands on the delivery and its streams.
    pub fn into_parts(self) -> (Job, Vec<Stream>) {
        (self.job, self.streams)
    }
}

/// Opens every data file of the delivery.
pub fn open(cx: &Context, verified: Verified) -> Result<Opened, Stop> {
    let (job, entries) = verified.into_parts();
    job.enter(cx, Stage::Open);
    let streams = entries
        .into_iter()
        .map(|entry| open_one(cx, &job, entry))
        .collect::<Result<_, _>>()?;
    if job.run == Run::First {
        cx.ledger.append(&Event {
            delivery: job.id,
            at: (cx.clock)(),
            stage: Stage::Open,
            outcome: Outcome::Done,
            code: None,
            detail: None,
        })?;
    }
    Ok(Opened { job, streams })
}

fn open_one(cx: &Context, job: &Job, entry: Entry) -> Result<Stream, Stop> {
    let path = job.source.join(entry.name.as_str());
    let decrypted = match decrypt(cx, job, &path) {
        Ok(decrypted) => decrypted,
        Err(OpenError::Rejected(code)) => {
            return Err(Rejection::new(code).in_file(&entry.name).into());
        }
        Err(OpenError::Fault(fault)) => return Err(fault.into()),
    };
    let plaintext = expand(decrypted, entry.name.compression, cx.config.limits)
        .map_err(Fault::io("start decompressing", &path))?;
    Ok(Stream { entry, plaintext })
}

/// Decrypts with our keys what was encrypted as the agreement demands. What came before one of them was retired opens with
/// that one still.
fn decrypt(cx: &Context, job: &Job, path: &Path) -> Result<Plaintext, OpenError> {
    let demanded = cx.config.agreement.postquantum.contains(&job.party);
    let mut decrypted = Err(OpenError::Rejected(Code::DecryptNoKey));
    for identities in cx.keyring.service.opening(job.received) {
        let file = File::open(path).map_err(Fault::io("open the staged file", path))?;
        let locked = Locked::read(file)?;
        if demanded && !locked.is_postquantum() {
            return Err(OpenError::Rejected(Code::PostquantumRequired));
        }
        decrypted = locked.open(identities);
        if !matches!(decrypted, Err(OpenError::Rejected(Code::DecryptNoKey))) {
            break;
        }
    }
    decrypted
}

/// Decompresses as the name says, and stops a bomb.
fn expand(
    decrypted: impl Read + Send + 'static,
    compression: Compression,
    limits: Limits,
) -> io::Result<Box<dyn Read + Send>> {
    let taken = Arc::new(AtomicU64::new(0));
    let counted = Counted {
        inner: decrypted,
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
