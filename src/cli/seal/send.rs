//! `--send`: the upload on the screen, and what the receipt says.

use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::ProgressBar;
use tokio::runtime::Runtime;

use crate::party::Trouble;
use crate::party::profile::Profile;
use crate::party::receipt::{Proven, wait_for};
use crate::party::sending::{Step, Unsent, upload};
use crate::party::sent::{Record, Sent, State};
use crate::party::server::Way;

use super::super::Failure;
use super::super::keys_of_party::KeyArgs;
use super::super::look::say;
use super::super::progress::bar as progress_bar;
use super::{Args, told};

/// Uploads a delivery, waits for its receipt and tells what it says. Fails with 1 if the service refused it.
pub fn deliver(
    args: &Args,
    profile: &Profile,
    way: &Way<'_>,
    sent: &Sent,
    mut record: Record,
    runtime: &Runtime,
) -> Result<(), Failure> {
    let believed = KeyArgs::default().believed(Some(profile))?;
    let trust = || believed.trust();
    let look = |record: &Record, patience| {
        let looked = wait_for(way, &record.stem, Some(&record.delivery), &trust, patience);
        Ok::<_, Failure>(runtime.block_on(looked)?)
    };
    // It may have been sent before, also with another program.
    if let Some(proven) = look(&record, Duration::ZERO)? {
        return answered(sent, record, &proven);
    }
    if record.state == State::Accepted {
        return say(&told::accepted_before(&record));
    }
    send(way, &files_of(sent, &record), runtime)?;
    record.state = State::Sent;
    sent.save(&record)?;
    let Some(patience) = args.patience() else {
        return say(&told::on_its_way(&record));
    };
    eprintln!("{}", told::WAITING);
    match look(&record, patience)? {
        Some(proven) => answered(sent, record, &proven),
        None => Err(Failure::Fault(told::no_receipt_yet(&record, patience))),
    }
}

/// In the order in which they are sent: the signature last, since it closes a delivery.
fn files_of(sent: &Sent, record: &Record) -> Vec<PathBuf> {
    let folder = sent.delivery(&record.stem);
    let data = record.files.iter().map(|file| folder.join(&file.name));
    let ends =
        [".sha256", ".sha256.sig"].map(|ending| folder.join(format!("{}{ending}", record.stem)));
    data.chain(ends).collect()
}

fn send(way: &Way<'_>, files: &[PathBuf], runtime: &Runtime) -> Result<(), Failure> {
    let mut bar: Option<ProgressBar> = None;
    let mut watch = |step: Step<'_>| match step {
        Step::File { name, size, from } => {
            if let Some(done) = bar.take() {
                done.finish_and_clear();
            }
            let new = progress_bar(&format!("sending {name}"), size);
            if from > 0 {
                new.suspend(|| eprintln!("{name}: {} {from} bytes", told::GOING_ON));
                new.set_position(from);
                new.reset_eta();
            }
            bar = Some(new);
        }
        Step::Bytes(bytes) => {
            if let Some(bar) = &bar {
                bar.inc(bytes);
            }
        }
        Step::Again { problem } => eprintln!("{problem}; {}", told::TRYING_AGAIN),
    };
    let uploaded = runtime.block_on(upload(way, files, &mut watch));
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    uploaded.map_err(|unsent| match unsent {
        Unsent::Unreached(closed) => Trouble::from(closed).into(),
        in_the_way @ Unsent::InTheWay(_) => Failure::Refused(in_the_way.to_string()),
    })
}

/// Keeps the receipt beside what was sent, and tells it.
fn answered(sent: &Sent, mut record: Record, proven: &Proven) -> Result<(), Failure> {
    let folder = sent.receipts();
    proven.keep(&folder)?;
    say(&told::receipt(&folder, proven))?;
    if proven.accepted {
        record.state = State::Accepted;
        sent.save(&record)?;
        return Ok(());
    }
    sent.set_aside(&record)?;
    Err(Failure::Refused(told::REFUSED.to_owned()))
}

/// As a line of a message.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}
