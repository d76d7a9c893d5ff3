//! Notes about what makes no delivery (yet): who dropped it is told what is missing, or why it is gone.

use std::fs;

use jiff::Timestamp;

use crate::agreement::PartyId;
use crate::delivery::Sha256Digest;
use crate::delivery::receipt::{FORMAT, Problem, Receipt, Verdict};
use crate::digest::Hasher;
use crate::fault::Fault;
use crate::files;
use crate::rejection::{Code, Place};

use super::super::Context;
use super::super::recorded::has_note;
use super::super::scan::{Incomplete, file_name};
use super::papers::{beside_accepted, hand_over, in_zone, safe_name};
use super::receipts::SOFTWARE;

/// The ending of notes about lonely files, before those of their documents.
const NOTE: &str = ".berkas";

/// Puts a note about something that makes no delivery (yet) into its sender's receipts. A manifest's receipt follows
/// under the same name; a lonely file's note bears the file's whole name.
pub fn waiting_note(cx: &Context, incomplete: &Incomplete, since: Timestamp) -> Result<(), Fault> {
    let name = match &incomplete.candidate {
        Some(candidate) => beside_accepted(cx, &candidate.party, &candidate.stem, &candidate.id)?,
        None if incomplete.code == Code::LeftOver => farewell_name(&incomplete.place),
        None => note_name(&incomplete.place),
    };
    tell(cx, incomplete, name, since)
}

/// The same about several files of one party at once; it says which. About one it is a [`waiting_note`].
pub fn joint_note(cx: &Context, all: &[&Incomplete], since: Timestamp) -> Result<(), Fault> {
    let first = match all {
        [] => return Ok(()),
        [one] => return waiting_note(cx, one, since),
        [first, ..] => first,
    };
    let mut hasher = Hasher::default();
    let mut names = Vec::new();
    for incomplete in all {
        hasher.update(incomplete.fingerprint.to_string().as_bytes());
        let digest = Sha256Digest::of(incomplete.place.as_bytes());
        names.push(safe_name(file_name(&incomplete.place), &digest.to_string()));
    }
    let together = Incomplete {
        names,
        ..(*first).clone()
    };
    let name = safe_name("", &hasher.finish().to_string()) + ".berkas";
    tell(cx, &together, name, since)
}

fn tell(
    cx: &Context,
    incomplete: &Incomplete,
    name: String,
    since: Timestamp,
) -> Result<(), Fault> {
    let delivery = incomplete.candidate.as_ref().map(|c| c.id);
    let receipt = Receipt {
        format: FORMAT.to_owned(),
        verdict: match incomplete.code {
            Code::NotEncrypted | Code::LeftOver => Verdict::Ditolak,
            _ => Verdict::Menunggu,
        },
        stage: None,
        delivery,
        name,
        party: incomplete.party.clone(),
        received: in_zone(cx, since),
        signer: None,
        agreement: cx.config.agreement.digest,
        agreement_numbers: cx.config.agreement.numbers.clone(),
        problem: Some(Problem {
            names: incomplete.names.clone(),
            ..Problem::new(incomplete.code, Place::default())
        }),
        files: vec![],
        rows_file: None,
        rows_file_sha256: None,
        text_sha256: None,
        timing: vec![],
        software: Some(SOFTWARE.to_owned()),
    };
    hand_over(cx, &receipt)
}

/// Removes the note about a lonely file that is no longer there, or no longer lonely; `recorded` is what the ledger knows
/// of its place.
pub fn remove_note(cx: &Context, party: &PartyId, recorded: &str) -> Result<(), Fault> {
    let folder = cx.layout.receipts(party);
    let unreadable = || Fault::io("list", &folder);
    for entry in fs::read_dir(&folder).map_err(unreadable())? {
        let file = entry.map_err(unreadable())?.file_name();
        // Written first and removed last.
        let Some(name) = file.to_str().and_then(|file| file.strip_suffix(".json")) else {
            continue;
        };
        if name.ends_with(NOTE) && has_note(recorded, name) {
            for ending in [".txt", ".json.sig", ".json"] {
                files::remove_file(&folder.join(format!("{name}{ending}")))?;
            }
        }
    }
    Ok(())
}

/// The note about a lonely file bears the file's whole name, or, where that could hold anything, one made of a digest; and
/// an ending that no receipt has.
pub fn note_name(place: &str) -> String {
    let digest = Sha256Digest::of(place.as_bytes());
    safe_name(file_name(place), &digest.to_string()) + NOTE
}

/// The note about a file that was removed because nobody went on with it stays when the file is gone, so it has an
/// ending of its own; and no dot before it, which would hide it.
fn farewell_name(place: &str) -> String {
    let digest = Sha256Digest::of(place.as_bytes());
    let name = file_name(place).trim_start_matches('.');
    safe_name(name, &digest.to_string()) + ".sisa"
}
