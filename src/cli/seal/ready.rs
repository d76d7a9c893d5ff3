//! Sealing files that have their final names, as they are: age, sha256sum and `ssh-keygen -Y sign` in one command.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::delivery::manifest::MOST_FILES;
use crate::delivery::{Compression, DataFileName, Sha256Digest, checksums};
use crate::fault::Fault;
use crate::party::whole_file::{CopyError, WholeFile, copy, require_absent};
use crate::trust::envelope::Recipients;
use crate::trust::signing::Signer;

use super::super::Failure;
use super::super::ask::Person;
use super::super::progress;
use super::sealer::Sealer;
use super::told::usage;

/// Files that have their final names, and the two keys that sealing takes.
#[derive(Debug)]
pub struct Ready {
    /// Whom to encrypt to: the service's age or SSH public keys, one a line.
    pub to: PathBuf,
    /// The party's SSH key: a private key file, or a .pub whose private half is elsewhere.
    pub key: PathBuf,
    /// Where the key's passphrase stands, if nobody is to be asked.
    pub passphrase_file: Option<PathBuf>,
    /// What the signature is for.
    pub namespace: String,
    /// Where to write; else into the folder of the first file.
    pub out: Option<PathBuf>,
    /// Data files, named `<party>_<dataset>_<full|delta>_<YYYY-MM-DD>_<sequence>.csv[.gz|.zst]`.
    pub files: Vec<PathBuf>,
}

/// One data file on its way.
struct Part {
    source: PathBuf,
    name: DataFileName,
}

/// Seals the files; tells on stdout what to send.
pub fn run(ready: &Ready) -> Result<(), Failure> {
    let mut put = String::new();
    for file in seal_all(ready)? {
        put.push_str(&format!("  put {} inbox/\n", quoted(&file)));
    }
    print!("Sealed and signed. Send it with these lines in sftp:\n{put}");
    Ok(())
}

/// Seals the files. Returns what to send: the data files, the manifest, the signature.
pub fn seal_all(ready: &Ready) -> Result<Vec<PathBuf>, Failure> {
    let parts = name_parts(&ready.files)?;
    let (Some(first), Some(source)) = (parts.first(), ready.files.first()) else {
        return Err(Failure::Usage("name at least one data file".to_owned()));
    };
    let stem = stem(&first.name);
    let out = match &ready.out {
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
    let recipients = Recipients::load(&ready.to).map_err(usage)?;
    let person = Person::new(ready.passphrase_file.as_deref());
    let key = Signer::find(&ready.key, &person).map_err(usage)?;

    let mut files = Vec::new();
    let mut digests = Vec::new();
    for (part, target) in parts.iter().zip(sealed) {
        let (file, digest) = seal_part(part, target, &recipients)?;
        files.push(file);
        digests.push((digest, part.name.as_str()));
    }
    let sums = checksums::write(digests);
    let armored = key.sign(&ready.namespace, sums.as_bytes()).map_err(usage)?;
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
    // The name says what lies inside, and it is not touched.
    let mut sealed = Sealer::begin(&file, Compression::None, recipients)?;
    copy(&mut progress.wrap_read(source), &mut sealed).map_err(|e| match e {
        CopyError::Read(e) => Fault::io(doing, &part.source)(e),
        CopyError::Write(e) => Fault::io("write", file.target())(e),
    })?;
    let digest = sealed.finish(&file)?;
    progress.finish_and_clear();
    Ok((file, digest))
}

/// The name without `.csv…`; no other part of a data file name has a dot.
pub(super) fn stem(name: &DataFileName) -> &str {
    name.as_str()
        .split_once('.')
        .map_or(name.as_str(), |(stem, _)| stem)
}

/// As sftp's command line wants a path.
pub(super) fn quoted(path: &Path) -> String {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+=@%,:".contains(c);
    if text.chars().all(plain) {
        text
    } else {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }
}
