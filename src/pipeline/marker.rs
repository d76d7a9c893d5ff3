//! `receipts/<stem>.sedang-diperiksa`: what has left the inbox is being examined. It goes when the receipt comes.
//!
//! Derived from the ledger and so neither durable nor awaited: an interrupted delivery is run again, which makes and
//! removes it anew.

use std::path::PathBuf;

use crate::fault::Fault;
use crate::files;

use super::Context;
use super::job::Job;
use super::respond::receipt_name;

/// What the marker of a delivery has behind its stem.
pub const ENDING: &str = ".sedang-diperiksa";
const TEXT: &str = "Kiriman ini sedang diperiksa; tanda terimanya segera muncul di sini.\n\
    This delivery is being examined; its receipt will appear here.\n";

/// Puts it there. A sender who does not see it loses nothing.
pub fn place(cx: &Context, job: &Job) {
    if let Err(fault) = files::replace_loosely(&path(cx, job), TEXT.as_bytes()) {
        tracing::warn!(%fault, "a delivery is not marked as being examined");
    }
}

/// Takes it away.
pub fn remove(cx: &Context, job: &Job) -> Result<(), Fault> {
    files::remove_file(&path(cx, job))
}

fn path(cx: &Context, job: &Job) -> PathBuf {
    let name = format!("{}{ENDING}", receipt_name(job));
    cx.layout.receipts(job.party()).join(name)
}
