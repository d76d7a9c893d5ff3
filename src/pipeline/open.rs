//! Open: the age header is checked and the plaintext becomes a bounded stream. Nothing of it touches a disk.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::delivery::manifest::Entry;
use crate::fault::Fault;
use crate::ledger::{Event, Outcome, Stage};
use crate::rejection::{Code, Rejection};
use crate::rows::stream::expand;
use crate::trust::envelope::{Locked, OpenError, Plaintext};

use super::job::{Job, Run};
use super::verify::Verified;
use super::{Context, Stop};

/// Proof: verified, encrypted to us, and readable from the first chunk on. Damage further in shows while reading.
pub struct Opened {
    job: Job,
    streams: Vec<Stream>,
}

/// The plaintext of one data file.
pub struct Stream {
    /// Its line in the manifest.
    pub entry: Entry,
    /// The CSV text. Errors are [`StreamError`](crate::rows::stream::StreamError)s, or the system's own for a file we cannot read.
    pub plaintext: Box<dyn Read + Send>,
}

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
        if demanded && !locked.is_postquantum() && !locked.has_passphrase() {
            return Err(OpenError::Rejected(Code::PostquantumRequired));
        }
        decrypted = locked.open(identities);
        if !matches!(decrypted, Err(OpenError::Rejected(Code::DecryptNoKey))) {
            break;
        }
    }
    decrypted
}
