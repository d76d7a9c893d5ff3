//! `padan keys new`: a party's own age key, for machines without `age-keygen`, or with one that knows no post-quantum keys.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::cli::Failure;
use crate::cli::look::{safe, say};
use crate::trust::envelope::NativeIdentity;
use crate::trust::generate::{age_identities, write_new};
use crate::trust::key_file::generations::with_ending;

/// For a party: make the age key that opens its answers
///
/// Writes the identity, which only you may read, and FILE.pub with its public half, which the operator gets. Overwrites nothing.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  padan keys new --out age_identity.txt\n  padan keys new --postquantum --out age_identity_pq.txt"
)]
pub struct Args {
    /// A post-quantum key (age1pq1…), which an agreement may demand
    #[arg(long)]
    postquantum: bool,
    /// Where the identity goes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command; prints the public half on stdout, and what to do with it on stderr.
pub fn run(args: &Args) -> Result<(), Failure> {
    let public = with_ending(&args.out, ".pub");
    // Before anything is written, so that no half is without the other.
    for path in [&args.out, &public] {
        if path.symlink_metadata().is_ok() {
            return Err(Failure::Usage(format!(
                "{} is there already; a key is never overwritten, so name another file",
                safe(&path.display().to_string())
            )));
        }
    }
    let identity = match args.postquantum {
        true => NativeIdentity::hybrid(),
        false => NativeIdentity::classical(),
    };
    let [recipient] = age_identities(&args.out, Timestamp::now(), [identity])?;
    write_new(&public, format!("{recipient}\n").as_bytes(), 0o644)?;
    say(&format!("{recipient}\n"))?;
    let [identity, public] = [&args.out, &public].map(|path| safe(&path.display().to_string()));
    eprintln!(
        "Berikan {public} kepada operator; jangan pernah memberikan {identity}.\n\
         Give {public} to the operator; never give {identity} to anybody."
    );
    Ok(())
}
