//! Claim: the files of a delivery are moved out of the inbox into a private folder that no party can reach.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::agreement::PartyId;
use crate::delivery::DeliveryId;
use crate::fault::Fault;
use crate::files;
use crate::ledger::{Begun, Delivery, NewDelivery, Stage, State};
use crate::rejection::{Code, Rejection};

use super::scan::{Candidate, open_unwritten};
use super::{Context, Stop, archive};

/// One delivery under way: who sent it, where its ciphertext lies, and whether the outcome counts.
#[derive(Debug, Clone)]
pub struct Job {
    /// SHA-256 of the manifest.
    pub id: DeliveryId,
    /// Who dropped it, by the SFTP account.
    pub party: PartyId,
    /// The manifest's name without `.sha256`.
    pub stem: String,
    /// Our time of receipt.
    pub received: Timestamp,
    /// Faults so far: each one lengthens the wait for the next try.
    pub faults: u32,
    /// Private folder with the manifest, the signature and the data files.
    pub source: PathBuf,
    /// Private folder for everything that is made on the way.
    pub work: PathBuf,
    /// What it is run for.
    pub run: Run,
}

/// What a delivery is run for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// To be answered.
    First,
    /// Answered before: the same answers are computed again, compared and handed out where they are missing.
    Again,
    /// To see what would happen: nothing is kept or handed out.
    Dry,
}

/// Proof: all files lie in a private folder, nobody has them open for writing, none is over the limit.
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

/// What became of a candidate.
#[derive(Debug)]
pub enum Taken {
    /// Its files are in staging.
    Staged,
    /// It was answered before.
    Repeated(Box<Delivery>, Dropped),
    /// Another party's delivery, dropped here: to be turned away.
    OfAnother(Box<Job>, Dropped),
    /// Somebody is writing one of its files, or they changed: not yet.
    NotYet,
}

/// Files that lie in the inbox until their receipt is given: a process killed before begins with them again. Nobody can
/// write to them meanwhile.
#[derive(Debug)]
pub struct Dropped {
    here: PathBuf,
    /// The manifest last: as long as it is there, so is the delivery.
    names: Vec<String>,
    _locks: Vec<File>,
}

impl Dropped {
    /// Removes them.
    pub fn remove(self) -> Result<(), Fault> {
        for name in &self.names {
            let path = self.here.join(name);
            fs::remove_file(&path).map_err(Fault::io("remove a repeated file", &self.here))?;
        }
        Ok(())
    }

    /// Moves them into a private folder.
    pub fn keep(self, target: &Path) -> Result<(), Fault> {
        move_files(&self.here, target, &self.names)
    }
}

/// Checks what was moved: plain files only, none over the limit.
pub fn claim(cx: &Context, job: Job) -> Result<Claimed, Stop> {
    cx.progress.enter(&job, Stage::Claim);
    let entries = fs::read_dir(&job.source).map_err(Fault::io("list the staging", &job.source))?;
    for entry in entries {
        let entry = entry.map_err(Fault::io("list the staging", &job.source))?;
        let meta = entry
            .path()
            .symlink_metadata()
            .map_err(Fault::io("look into the staging", &job.source))?;
        if meta.is_dir() {
            continue;
        }
        if !meta.is_file() {
            return Err(Code::NotAFile.into());
        }
        if meta.len() > cx.config.limits.data_file {
            return Err(Rejection::new(Code::TooLarge).into());
        }
    }
    files::create_dir(&job.work)?;
    Ok(Claimed { job })
}

/// Moves a complete delivery out of the inbox: the ledger first, then file by file, so that a killed process finds in
/// [`resume`] what it had begun.
pub fn take(cx: &Context, candidate: &Candidate) -> Result<Taken, Fault> {
    let here = cx.layout.inbox(&candidate.party).join(&candidate.folder);
    // The locks live to the end of the move: no writer can begin in between.
    let Some(locks) = lock_all(&here, &candidate.files) else {
        return Ok(Taken::NotYet);
    };
    let received = (cx.clock)();
    let begun = cx.ledger.begin(&NewDelivery {
        id: candidate.id,
        party: candidate.party.clone(),
        stem: candidate.stem.clone(),
        folder: candidate.folder.clone(),
        files: candidate.files.clone(),
        received,
    })?;
    let dropped = |here, locks| Dropped {
        here,
        names: candidate.files.iter().rev().cloned().collect(),
        _locks: locks,
    };
    match (begun, cx.ledger.delivery(&candidate.id)?) {
        (Begun::Answered, Some(delivery)) => {
            Ok(Taken::Repeated(Box::new(delivery), dropped(here, locks)))
        }
        (Begun::OfAnother, _) => {
            let job = of_another(cx, candidate, received)?;
            Ok(Taken::OfAnother(Box::new(job), dropped(here, locks)))
        }
        (_, Some(delivery)) => {
            move_files(&here, &cx.layout.staged(&delivery.id), &delivery.files)?;
            cx.ledger.claimed(&candidate.id, (cx.clock)())?;
            Ok(Taken::Staged)
        }
        (_, None) => Err(Fault::Ledger("a delivery just begun is not there".into())),
    }
}

/// It goes into the archive of the party that dropped it, beside earlier ones that are whole: with their manifests.
fn of_another(cx: &Context, candidate: &Candidate, received: Timestamp) -> Result<Job, Fault> {
    let kept = cx
        .layout
        .archived(&candidate.party, received, &candidate.id);
    let manifest = format!("{}.sha256", candidate.stem);
    let source = archive::free_place(&kept, |place| place.join(&manifest).exists())?;
    Ok(Job {
        id: candidate.id,
        party: candidate.party.clone(),
        stem: candidate.stem.clone(),
        received,
        faults: 0,
        // No delivery has such a name, so what a killed process leaves of it is tidied away.
        work: cx.layout.staging().join(format!("{}.away", candidate.id)),
        source,
        run: Run::First,
    })
}

/// Finishes the move of a delivery whose claim was interrupted.
pub fn resume(cx: &Context, delivery: &Delivery) -> Result<(), Fault> {
    if delivery.state != State::Claiming {
        return Ok(());
    }
    let here = cx.layout.inbox(&delivery.party).join(&delivery.folder);
    let staged = cx.layout.staged(&delivery.id);
    let gone = delivery
        .files
        .iter()
        .any(|name| !here.join(name).is_file() && !staged.join(name).is_file());
    if gone {
        give_back(delivery, &here, &staged)?;
        return cx.ledger.withdraw(&delivery.id, (cx.clock)());
    }
    move_files(&here, &staged, &delivery.files)?;
    cx.ledger.claimed(&delivery.id, (cx.clock)())
}

fn lock_all(here: &Path, names: &[String]) -> Option<Vec<File>> {
    names
        .iter()
        .map(|name| open_unwritten(&here.join(name)))
        .collect()
}

fn move_files(here: &Path, target: &Path, names: &[String]) -> Result<(), Fault> {
    files::create_dir(target)?;
    for name in names {
        let from = here.join(name);
        if from.is_file() {
            fs::rename(&from, target.join(name)).map_err(Fault::io("claim into", target))?;
        }
    }
    files::sync_dir(target)?;
    if here.is_dir() {
        files::sync_dir(here)?;
    }
    match target.parent() {
        Some(above) => files::sync_dir(above),
        None => Ok(()),
    }
}

/// Puts back what was moved: the rest was removed by its owner meanwhile.
fn give_back(delivery: &Delivery, here: &Path, staged: &Path) -> Result<(), Fault> {
    files::create_dir(here)?;
    for name in &delivery.files {
        let from = staged.join(name);
        if from.is_file() {
            fs::rename(&from, here.join(name)).map_err(Fault::io("give back from", staged))?;
        }
    }
    files::remove_dir(staged)
}
