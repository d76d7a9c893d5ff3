//! `padan seal`: age, sha256sum and `ssh-keygen -Y sign` in one command.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;

use crate::delivery::manifest::MOST_FILES;
use crate::delivery::{DataFileName, Sha256Digest, checksums};
use crate::digest::Digesting;
use crate::fault::Fault;
use crate::party::whole_file::{CopyError, WholeFile, copy, require_absent};
use crate::trust::envelope::{Recipients, seal};
use crate::trust::signing::Signer;

use super::Failure;
use super::ask::Person;
use super::progress;

/// Encrypt, sum and sign data files, so that they can be sent
///
/// Writes FILE.age for each file, one manifest (.sha256) over all of them and its signature (.sha256.sig), exactly as
/// `age`, `sha256sum` and `ssh-keygen -Y sign` would. Nothing is overwritten.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  padan seal --to padan_recipients.txt --key id_ed25519 bkn_pns_full_2026-11-22_0007.csv"
)]
pub struct Args {
    /// Whom to encrypt to: the service's age or SSH public keys, one a line
    #[arg(long, value_name = "RECIPIENTS")]
    pub(super) to: PathBuf,
    /// Your SSH key, which the service knows as yours: a private key file, or a .pub whose private half is in ssh-agent;
    /// a security key (ed25519-sk) too
    #[arg(long, value_name = "SSH_KEY")]
    pub(super) key: PathBuf,
    /// A file whose first line is the key's passphrase, readable by you alone; else it is asked for
    #[arg(long, value_name = "FILE")]
    pub(super) passphrase_file: Option<PathBuf>,
    /// What the signature is for; the service tells if it is another word
    #[arg(long, default_value = "padan")]
    pub(super) namespace: String,
    /// Where to write; else into the folder of the first file
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Data files, named `<party>_<dataset>_<full|delta>_<YYYY-MM-DD>_<sequence>.csv[.gz|.zst]`
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
}

/// One data file on its way.
struct Part {
    source: PathBuf,
    name: DataFileName,
}

/// Seals the files; tells on stdout what to send.
pub fn run(args: Args) -> Result<(), Failure> {
    let mut put = String::new();
    for file in seal_all(&args)? {
        put.push_str(&format!("  put {} inbox/\n", quoted(&file)));
    }
    print!("Sealed and signed. Send it with these lines in sftp:\n{put}");
    Ok(())
}

/// Seals the files. Returns what to send: the data files, the manifest, the signature.
pub fn seal_all(args: &Args) -> Result<Vec<PathBuf>, Failure> {
    let parts = name_parts(&args.files)?;
    let (Some(first), Some(source)) = (parts.first(), args.files.first()) else {
        return Err(Failure::Usage("name at least one data file".to_owned()));
    };
    let stem = stem(&first.name);
    let out = match &args.out {
        Some(out) => {
            fs::create_dir_all(out).map_err(Fault::io("make", out))?;
            out.clone()
        }
        None => source.parent().unwrap_or(Path::new("")).to_path_buf(),
    };
    let manifest = out.join(format!("{stem}.sha256"));
    let signature = out.join(format!("{stem}.sha256.sig"));
    let sealed: Vec<_> = parts.iter().map(|p| out.join(p.name.as_str())).collect();
    require_absent(sealed.iter().chain([&manifest, &signature]))?;
    let recipients = Recipients::load(&args.to).map_err(usage)?;
    let person = Person::new(args.passphrase_file.as_deref());
    let key = Signer::find(&args.key, &person).map_err(usage)?;

    let mut files = Vec::new();
    let mut digests = Vec::new();
    for (part, target) in parts.iter().zip(sealed) {
        let (file, digest) = seal_part(part, target, &recipients)?;
        files.push(file);
        digests.push((digest, part.name.as_str()));
    }
    let sums = checksums::write(digests);
    let armored = key.sign(&args.namespace, sums.as_bytes()).map_err(usage)?;
    for (target, text) in [(manifest, sums), (signature, armored)] {
        let file = WholeFile::create(target, 0o644)?;
        file.write_all(text.as_bytes())?;
        files.push(file);
    }
    files.into_iter().map(|file| Ok(file.publish()?)).collect()
}

/// The names as they will be sent; whatever the service would refuse about them is refused here.
fn name_parts(files: &[PathBuf]) -> Result<Vec<Part>, Failure> {
    if files.len() > MOST_FILES {
        return Err(Failure::Usage(format!(
            "a delivery has at most {MOST_FILES} files; make several"
        )));
    }
    let mut parts: Vec<Part> = Vec::new();
    let mut datasets = BTreeSet::new();
    for source in files {
        let name = source.file_name().and_then(|name| name.to_str());
        let name: DataFileName = name
            .and_then(|name| format!("{name}.age").parse().ok())
            .ok_or_else(|| {
                Failure::Usage(format!(
                    "{}: rename it to <party>_<dataset>_<full|delta>_<YYYY-MM-DD>_<sequence>.csv[.gz|.zst], \
                     as bkn_pns_full_2026-11-22_0007.csv",
                    source.display()
                ))
            })?;
        if parts
            .first()
            .is_some_and(|first| first.name.party != name.party)
        {
            return Err(Failure::Usage(
                "the files are of different parties; seal each party's own".to_owned(),
            ));
        }
        if !datasets.insert(name.dataset.clone()) {
            return Err(Failure::Usage(format!(
                "dataset {} stands twice; make one delivery for each",
                name.dataset
            )));
        }
        parts.push(Part {
            source: source.clone(),
            name,
        });
    }
    Ok(parts)
}

/// Encrypts one file under a temporary name; returns it with the digest of the ciphertext.
fn seal_part(
    part: &Part,
    target: PathBuf,
    recipients: &Recipients,
) -> Result<(WholeFile, Sha256Digest), Failure> {
    let doing = "read the data file";
    let source = File::open(&part.source)
        .map_err(Fault::io(doing, &part.source))
        .map_err(usage)?;
    let found = source.metadata().map_err(Fault::io(doing, &part.source))?;
    if !found.is_file() {
        return Err(Failure::Usage(format!(
            "{} is not a file",
            part.source.display()
        )));
    }
    let file = WholeFile::create(target, 0o644)?;
    let progress = progress::bar(&format!("sealing {}", part.name), found.len());
    let mut sealed = seal(Digesting::new(file.writer()), recipients)?;
    copy(&mut progress.wrap_read(source), &mut sealed).map_err(|e| match e {
        CopyError::Read(e) => Fault::io(doing, &part.source)(e),
        CopyError::Write(e) => Fault::io("write", file.target())(e),
    })?;
    let (_, digest) = sealed.finish()?.finish();
    progress.finish_and_clear();
    Ok((file, digest))
}

/// The name without `.csv…`; no other part of a data file name has a dot.
fn stem(name: &DataFileName) -> &str {
    name.as_str()
        .split_once('.')
        .map_or(name.as_str(), |(stem, _)| stem)
}

/// As sftp's command line wants a path.
fn quoted(path: &Path) -> String {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+=@%,:".contains(c);
    if text.chars().all(plain) {
        text
    } else {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// A file that a person named is theirs to mend.
fn usage(fault: Fault) -> Failure {
    Failure::Usage(fault.to_string())
}
