//! `padan open`: `ssh-keygen -Y verify`, `sha256sum -c` and `age -d` in one command, in this order.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use jiff::Timestamp;

use crate::agreement::PartyId;
use crate::delivery::{Manifest, Sha256Digest, checksums};
use crate::fault::Fault;
use crate::rejection::Code;
use crate::trust::allowed_signers::AllowedSigners;
use crate::trust::envelope::{Damaged, Identities, OpenError, open};
use crate::trust::revoked::Revoked;
use crate::trust::sshsig;

use super::Failure;
use super::look::say;
use super::passphrase;
use super::whole_file::{CopyError, WholeFile, copy, progress, require_absent};

/// The list of a response folder.
const SUMS: &str = "SHA256SUMS";
/// Who signs responses and receipts.
pub(super) const SERVICE: &str = "padan";

/// Verify a response (or a delivery), then decrypt it
///
/// FOLDER is a response with its SHA256SUMS, signed by the service; MANIFEST is the .sha256 of a delivery, signed by
/// its party. The signature, every digest and the list of files are checked before anything is written; then each
/// NAME.age becomes NAME, beside it or in --out.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  padan open --identity age_identity.txt --signers padan_signers --out opened 2026-11-22_pns_bkn_0007"
)]
pub struct Args {
    /// Your age identity file, or an SSH private key; one with a passphrase is asked for it
    #[arg(long, value_name = "FILE")]
    pub(super) identity: PathBuf,
    /// File with the passphrase of the identity (0600), where nobody is there to type it
    #[arg(long, value_name = "FILE")]
    pub(super) passphrase_file: Option<PathBuf>,
    /// Who may have signed, in ssh-keygen's allowed_signers format
    #[arg(long, value_name = "FILE")]
    pub(super) signers: PathBuf,
    /// Keys that may not have signed any more: an OpenSSH revocation list, or public keys, one a line
    #[arg(long, value_name = "FILE")]
    pub(super) revoked: Option<PathBuf>,
    /// What the signature must have been made for
    #[arg(long, default_value = "padan")]
    pub(super) namespace: String,
    /// Where to write the plaintext; else beside the encrypted files
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// A response folder, or a delivery's .sha256
    #[arg(value_name = "FOLDER|MANIFEST")]
    pub(super) what: PathBuf,
}

/// What was asked to be opened: a folder and the signed list of its files.
struct Bundle {
    kind: Kind,
    folder: PathBuf,
    list: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Response,
    Delivery,
}

/// A list as it was read: who ought to have signed it, and its files.
struct Listing {
    signer: PartyId,
    files: Vec<(Sha256Digest, String)>,
}

/// A file whose digest was right, at its beginning.
struct Checked {
    name: String,
    file: File,
}

/// What was verified and opened.
pub struct Opened {
    /// Who signed the list of files.
    pub signer: PartyId,
    /// The plaintext files.
    pub files: Vec<PathBuf>,
}

/// Verifies, then decrypts; tells on stdout what was written.
pub fn run(args: Args) -> Result<(), Failure> {
    let opened = open_all(&args)?;
    let mut told = format!("Verified: signed by {}.\n", opened.signer);
    for file in opened.files {
        told.push_str(&format!("opened {}\n", file.display()));
    }
    say(&told)
}

/// Verifies, then decrypts. Nothing is written unless all of it is in order.
pub fn open_all(args: &Args) -> Result<Opened, Failure> {
    let bundle = Bundle::at(&args.what)?;
    let signers = AllowedSigners::load(&args.signers).map_err(usage)?;
    let ask = passphrase::from(args.passphrase_file.as_deref());
    let identities = Identities::load_asking(&args.identity, ask).map_err(usage)?;

    let revoked = args.revoked.as_deref().map(Revoked::load);
    let revoked = revoked.transpose().map_err(usage)?;

    let listing = bundle.verify(&signers, revoked.as_ref(), &args.namespace)?;
    if bundle.kind == Kind::Response {
        require_all_listed(&bundle.folder, &listing.files)?;
    }
    let checked = listing
        .files
        .iter()
        .map(|(digest, name)| require_digest(&bundle.folder, name, digest))
        .collect::<Result<Vec<_>, _>>()?;

    let out = args.out.as_deref().unwrap_or(&bundle.folder);
    let sealed: Vec<_> = checked
        .into_iter()
        .filter_map(|file| {
            let target = out.join(file.name.strip_suffix(".age")?);
            Some((file, target))
        })
        .collect();
    require_absent(sealed.iter().map(|(_, target)| target))?;
    fs::create_dir_all(out).map_err(Fault::io("make", out))?;
    let opened = sealed
        .into_iter()
        .map(|(file, target)| decrypt(file, target, &identities))
        .collect::<Result<Vec<_>, _>>()?;

    let files = opened
        .into_iter()
        .map(|file| Ok(file.publish()?))
        .collect::<Result<_, Failure>>()?;
    Ok(Opened {
        signer: listing.signer,
        files,
    })
}

impl Bundle {
    fn at(what: &Path) -> Result<Self, Failure> {
        let found = fs::metadata(what)
            .map_err(Fault::io("open", what))
            .map_err(usage)?;
        let (kind, folder, list) = if found.is_dir() {
            (Kind::Response, what, what.join(SUMS))
        } else {
            let kind = match what.file_name().and_then(|name| name.to_str()) {
                Some(SUMS) => Kind::Response,
                Some(name) if name.ends_with(".sha256") => Kind::Delivery,
                _ => {
                    return Err(Failure::Usage(format!(
                        "{}: name a response folder, or the .sha256 of a delivery",
                        what.display()
                    )));
                }
            };
            let folder = what
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty());
            (kind, folder.unwrap_or(Path::new(".")), what.to_path_buf())
        };
        Ok(Self {
            kind,
            folder: folder.to_path_buf(),
            list,
        })
    }

    /// The list, once its signature is proven.
    fn verify(
        &self,
        signers: &AllowedSigners,
        revoked: Option<&Revoked>,
        namespace: &str,
    ) -> Result<Listing, Failure> {
        let refuse = |code| refused(code, &self.list);
        let mut signature = self.list.clone().into_os_string();
        signature.push(".sig");
        let raw = read_small(&self.list, checksums::LARGEST)?;
        let armored = read_small(Path::new(&signature), sshsig::LARGEST)?;
        let listing = match self.kind {
            Kind::Response => read_response(&raw),
            Kind::Delivery => read_delivery(&raw),
        }
        .map_err(refuse)?;
        sshsig::verify(
            &[(&listing.signer, signers)],
            revoked,
            &listing.signer,
            namespace,
            Timestamp::now(),
            &raw,
            &armored,
        )
        .map_err(refuse)?;
        Ok(listing)
    }
}

/// `SHA256SUMS` of a response.
fn read_response(raw: &[u8]) -> Result<Listing, Code> {
    let files = checksums::read(raw)
        .map_err(|_| Code::ManifestFormat)?
        .into_iter()
        .map(|line| {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
            let plain = line.name.bytes().all(allowed) && !line.name.starts_with('.');
            plain.then(|| (line.digest, line.name.to_owned()))
        })
        .collect::<Option<_>>()
        .ok_or(Code::NameFormat)?;
    Ok(Listing {
        signer: SERVICE.parse().map_err(|_| Code::SignerUnknown)?,
        files,
    })
}

/// The manifest of a delivery, all of one party.
fn read_delivery(raw: &[u8]) -> Result<Listing, Code> {
    let manifest = Manifest::parse(raw).map_err(|rejection| rejection.code)?;
    let entries = manifest.entries();
    let signer = entries
        .first()
        .map(|entry| entry.name.party.clone())
        .filter(|party| entries.iter().all(|entry| entry.name.party == *party))
        .ok_or(Code::NameNotSender)?;
    let files = entries
        .iter()
        .map(|entry| (entry.digest, entry.name.to_string()))
        .collect();
    Ok(Listing { signer, files })
}

/// A response is what its list says: nothing more. What an earlier `open` wrote beside it is no part of it.
fn require_all_listed(folder: &Path, files: &[(Sha256Digest, String)]) -> Result<(), Failure> {
    let doing = "list the response";
    let listed: BTreeSet<&str> = files.iter().map(|(_, name)| name.as_str()).collect();
    for entry in fs::read_dir(folder).map_err(Fault::io(doing, folder))? {
        let name = entry.map_err(Fault::io(doing, folder))?.file_name();
        let known = name.to_str().is_some_and(|name| {
            listed.contains(name)
                || listed.contains(format!("{name}.age").as_str())
                || name == SUMS
                || name.strip_suffix(".sig") == Some(SUMS)
        });
        if !known {
            return Err(Failure::Refused(format!(
                "{} is not in {SUMS}; download the folder again into an empty one",
                folder.join(name).display()
            )));
        }
    }
    Ok(())
}

/// Opens a listed file once and for all, so that what is decrypted is what was summed.
fn require_digest(folder: &Path, name: &str, digest: &Sha256Digest) -> Result<Checked, Failure> {
    let path = folder.join(name);
    if !fs::symlink_metadata(&path).is_ok_and(|found| found.is_file()) {
        return Err(Failure::Refused(format!(
            "{} is listed but missing; download it again",
            path.display()
        )));
    }
    let doing = "read the downloaded file";
    let mut file = File::open(&path).map_err(Fault::io(doing, &path))?;
    let found = Sha256Digest::of_stream(&file).map_err(Fault::io(doing, &path))?;
    if found != *digest {
        return Err(refused(Code::ChecksumMismatch, &path));
    }
    file.seek(SeekFrom::Start(0))
        .map_err(Fault::io(doing, &path))?;
    Ok(Checked {
        name: name.to_owned(),
        file,
    })
}

/// Decrypts under a temporary name; only its owner can read the plaintext.
fn decrypt(
    sealed: Checked,
    target: PathBuf,
    identities: &Identities,
) -> Result<WholeFile, Failure> {
    let path = Path::new(&sealed.name);
    let doing = "read the downloaded file";
    let length = sealed
        .file
        .metadata()
        .map_err(Fault::io(doing, path))?
        .len();
    let progress = progress(format!("opening {}", sealed.name), length);
    let mut plaintext = open(progress.wrap_read(sealed.file), identities).map_err(|e| match e {
        OpenError::Rejected(code) => refused(code, path),
        OpenError::Fault(fault) => fault.into(),
    })?;
    let file = WholeFile::create(target, 0o600)?;
    let mut writer = file.writer();
    copy(&mut plaintext, &mut writer).map_err(|e| match e {
        CopyError::Read(e) if Damaged::caused(&e) => refused(Code::DecryptDamaged, path),
        CopyError::Read(e) => Fault::io(doing, path)(e).into(),
        CopyError::Write(e) => Fault::io("write", file.target())(e).into(),
    })?;
    writer.flush().map_err(Fault::io("write", file.target()))?;
    drop(writer);
    progress.finish_and_clear();
    Ok(file)
}

/// A file of at most `most` bytes; a larger one comes back one byte too large, and is refused for it.
pub(super) fn read_small(path: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    let doing = "read";
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(most as u64 + 1).read_to_end(&mut bytes))
        .map_err(Fault::io(doing, path))
        .map_err(usage)?;
    Ok(bytes)
}

/// What a code means to the one who opens.
pub(super) fn meaning(code: Code) -> &'static str {
    match code {
        Code::ManifestFormat | Code::NameFormat => "it is no list that the exchange writes",
        Code::NameNotSender => "it lists files of several parties",
        Code::SignatureBad => "the signature does not belong to it; download both again",
        Code::NamespaceWrong => "it was signed for another purpose; compare --namespace",
        Code::SignerWeak => "the signing key is of a kind or length that is not accepted",
        Code::SignerUnknown => {
            "the signing key is not in --signers; ask its owner for the key in another way"
        }
        Code::SignerNotSender => "the signing key is somebody else's",
        Code::SignerRevoked => "the signing key is revoked; ask its owner for the list signed anew",
        Code::SignerExpired => "--signers does not accept the signing key any more, or not yet",
        Code::ChecksumMismatch => "it is not the file that was signed; download it again",
        Code::DecryptNoKey => {
            "it is not encrypted to this identity; try your other key with --identity"
        }
        Code::DecryptDamaged | Code::TooLarge => {
            "it is no whole age file; ask its sender for another"
        }
        _ => code.text().en.what,
    }
}

fn refused(code: Code, path: &Path) -> Failure {
    Failure::Refused(format!("{}: {} ({code})", path.display(), meaning(code)))
}

/// A file that a person named is theirs to mend.
pub(super) fn usage(fault: Fault) -> Failure {
    Failure::Usage(fault.to_string())
}
