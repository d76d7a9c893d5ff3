//! `padan open`: `ssh-keygen -Y verify`, `sha256sum -c` and `age -d` in one command, in this order.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use jiff::Timestamp;

use crate::fault::Fault;
use crate::party::open::{Form, Opening, Trust, verify};
use crate::party::profile::{NAMESPACE, Profile};
use crate::trust::allowed_signers::AllowedSigners;
use crate::trust::envelope::Identities;

use super::look::say;
use super::{Failure, progress};

/// Verify a response (or a delivery, or a receipt), then decrypt it
///
/// FOLDER is a response with its SHA256SUMS, signed by the service; MANIFEST is the .sha256 of a delivery, signed by
/// its party; RECEIPT is the .json of a receipt, whose refused rows are opened. The signature, every digest and the list
/// of files are checked before anything is written; then each NAME.age becomes NAME, beside it or in --out.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  padan open received/outbox/2026-11-22_pns_bkn_0007            with a padan-party.yaml here\n  \
                  padan open --xlsx received/outbox/*\n  \
                  padan open --identity age_identity.txt --signers padan_signers --out opened 2026-11-22_pns_bkn_0007"
)]
pub struct Args {
    /// Your settings; else padan-party.yaml in this folder, if it is there
    #[arg(long, value_name = "FILE")]
    pub(super) profile: Option<PathBuf>,
    /// Your age identity file, or an SSH private key
    #[arg(long, value_name = "FILE")]
    pub(super) identity: Option<PathBuf>,
    /// Who may have signed, in ssh-keygen's allowed_signers format
    #[arg(long, value_name = "FILE")]
    pub(super) signers: Option<PathBuf>,
    /// What the signature must have been made for [default: padan, or as the profile says]
    #[arg(long)]
    pub(super) namespace: Option<String>,
    /// Where to write the plaintext; else beside the encrypted files
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Write one workbook for each response, a sheet for each file: every value as text, ready to filter
    #[arg(long)]
    pub(super) xlsx: bool,
    /// Response folders, deliveries' .sha256, receipts' .json
    #[arg(required = true, value_name = "FOLDER|MANIFEST|RECEIPT")]
    pub(super) what: Vec<PathBuf>,
}

/// What a person keeps on this machine: keys that open and keys that are believed.
pub(super) struct Keys {
    pub identities: Identities,
    pub signers: AllowedSigners,
    pub namespace: String,
}

/// Verifies, then decrypts; tells on stdout what was written. One that fails does not keep the others from being opened.
pub fn run(args: Args) -> Result<(), Failure> {
    let profile = Profile::find(args.profile.as_deref())?;
    let keys = Keys::load(
        profile.as_ref(),
        args.identity.as_deref(),
        args.signers.as_deref(),
        args.namespace.as_deref(),
    )?;
    let mut failed = Vec::new();
    for what in &args.what {
        match open_one(&args, &keys, what) {
            Ok(told) => say(&told)?,
            Err(failure) => failed.push(failure),
        }
    }
    Failure::of_several(failed)
}

fn open_one(args: &Args, keys: &Keys, what: &std::path::Path) -> Result<String, Failure> {
    let verified = verify(what, &keys.trust())?;
    let mut told = format!("Verified: signed by {}.\n", verified.signer());
    let opening = Opening {
        identities: &keys.identities,
        out: args.out.as_deref(),
        form: if args.xlsx {
            Form::Workbook
        } else {
            Form::Files
        },
        bar: progress::bar,
    };
    for file in verified.open(&opening)? {
        told.push_str(&format!("opened {}\n", file.display()));
    }
    Ok(told)
}

impl Keys {
    /// What the arguments name, else what the profile does.
    pub fn load(
        profile: Option<&Profile>,
        identity: Option<&std::path::Path>,
        signers: Option<&std::path::Path>,
        namespace: Option<&str>,
    ) -> Result<Self, Failure> {
        let missing = |flag: &str| {
            Failure::Usage(format!(
                "name a file with {flag}, or write a padan-party.yaml and start where it lies"
            ))
        };
        let identity = identity.or(profile.map(|p| p.identity.as_path()));
        let signers = signers.or(profile.map(|p| p.signers.as_path()));
        let namespace = namespace.or(profile.map(|p| p.namespace.as_str()));
        let usage = |fault: Fault| Failure::Usage(fault.to_string());
        Ok(Self {
            signers: AllowedSigners::load(signers.ok_or_else(|| missing("--signers"))?)
                .map_err(usage)?,
            identities: Identities::load(identity.ok_or_else(|| missing("--identity"))?)
                .map_err(usage)?,
            namespace: namespace.unwrap_or(NAMESPACE).to_owned(),
        })
    }

    /// Whom to believe now.
    pub fn trust(&self) -> Trust<'_> {
        Trust {
            signers: &self.signers,
            namespace: &self.namespace,
            at: Timestamp::now(),
        }
    }
}
