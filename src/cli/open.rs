//! `padan open`: `ssh-keygen -Y verify`, `sha256sum -c` and `age -d` in one command, in this order.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;

use crate::party::open::{Form, Opening, Trust, verify};

use super::keys_of_party::KeyArgs;
use super::look::say;
use super::{Failure, progress};

/// Verify a response (or a delivery, or a receipt), then decrypt it
///
/// FOLDER is a response with its SHA256SUMS, signed by the service; MANIFEST is the .sha256 of a delivery, signed by
/// its party; RECEIPT is the .json of a receipt, whose refused rows are opened. The signature, every digest and the list
/// of files are checked before anything is written; then each NAME.age becomes NAME, beside it or in --out.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  padan open received/outbox/2026-11-22_pns_bkn_0007            where a padan-party.yaml lies\n  \
                  padan open --xlsx received/outbox/*\n  \
                  padan open --identity age_identity.txt --signers padan_signers --out opened 2026-11-22_pns_bkn_0007"
)]
pub struct Args {
    #[command(flatten)]
    keys: KeyArgs,
    /// Where to write the plaintext; else beside the encrypted files
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write one workbook for each response, a sheet for each file: every value as text, ready to filter
    #[arg(long)]
    xlsx: bool,
    /// Response folders, deliveries' .sha256, receipts' .json
    #[arg(required = true, value_name = "FOLDER|MANIFEST|RECEIPT")]
    what: Vec<PathBuf>,
}

/// Verifies, then decrypts; tells on stdout what was written. One that fails does not keep the others from being opened.
pub fn run(args: Args) -> Result<(), Failure> {
    let profile = args.keys.profile()?;
    let believed = args.keys.believed(profile.as_ref())?;
    let identities = args.keys.identities(profile.as_ref())?;
    let opening = Opening {
        identities: &identities,
        out: args.out.as_deref(),
        form: Form::of(args.xlsx),
        bar: progress::bar,
    };
    let mut failed = Vec::new();
    for what in &args.what {
        match open_one(what, &believed.trust(), &opening) {
            Ok(told) => say(&told)?,
            Err(failure) => failed.push(failure),
        }
    }
    Failure::of_several(failed)
}

fn open_one(what: &Path, trust: &Trust<'_>, opening: &Opening<'_>) -> Result<String, Failure> {
    let verified = verify(what, trust)?;
    let mut told = format!("Verified: signed by {}.\n", verified.signer());
    for file in verified.open(opening)? {
        told.push_str(&format!("opened {}\n", file.display()));
    }
    Ok(told)
}
