//! Claim: proof that all of a delivery lies in a private folder that no party can reach.

use std::fs::{self, Metadata};
use std::io::ErrorKind;

use crate::config::Config;
use crate::fault::Fault;
use crate::files;
use crate::ledger::Stage;
use crate::rejection::{Code, Rejection};

use super::job::Job;
use super::{Context, Stop};

/// Proof: every file of the delivery lies in a private folder, nobody has one open for writing (they were moved under
/// exclusive locks), none is over the limit.
#[derive(Debug)]
pub struct Claimed {
    job: Job,
}

impl Claimed {
    /// Hands the delivery on.
    pub fn into_job(self) -> Job {
        self.job
    }
}

/// Checks what was moved, and begins with an empty work folder.
pub fn claim(cx: &Context, job: Job) -> Result<Claimed, Stop> {
    job.enter(cx, Stage::Claim);
    for name in &job.files {
        let path = job.source.join(name);
        let meta = match path.symlink_metadata() {
            Ok(meta) => meta,
            Err(e) if e.kind() == ErrorKind::NotFound => {
                let path = job.source;
                let what = "a claimed file";
                return Err(Fault::Gone { what, path }.into());
            }
            Err(e) => return Err(Fault::io("look into", &job.source)(e).into()),
        };
        check_file(cx.config, &meta)?;
    }
    // What an interrupted run left half-made; a finished answer never comes here again.
    if job.work.exists() {
        fs::remove_dir_all(&job.work).map_err(Fault::io("empty", &job.work))?;
    }
    files::create_dir(&job.work)?;
    Ok(Claimed { job })
}

/// Whether a file may be part of a delivery.
pub fn check_file(config: &Config, meta: &Metadata) -> Result<(), Rejection> {
    if !meta.is_file() {
        return Err(Code::NotAFile.into());
    }
    if meta.len() > config.limits.data_file {
        return Err(Code::TooLarge.into());
    }
    Ok(())
}
