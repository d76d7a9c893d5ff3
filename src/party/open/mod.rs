//! Opens what the service gave: verified first, then decrypted, as files or as one workbook that people can filter.
//!
//! `ssh-keygen -Y verify`, `sha256sum -c` and `age -d`, in this order. Nothing is written unless all of it is in order.

mod bundle;
mod decrypt;
mod receipt;
mod refusal;
mod summary;
mod workbook;

use std::fs;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use jiff::Timestamp;

use crate::agreement::PartyId;
use crate::fault::Fault;
use crate::trust::allowed_signers::AllowedSigners;
use crate::trust::envelope::Identities;
use crate::trust::revoked::Revoked;

pub use bundle::{Listed, SERVICE, SUMS, read_small, read_sums, require_digest};
pub use receipt::{ACCEPTED, LARGEST as LARGEST_PAPER, Paper, REFUSED, WAITING};
pub use refusal::{meaning, told};
pub use summary::{Answer, FILE as SUMMARY};

use super::Trouble;
use super::whole_file::require_absent;

/// Ending of an encrypted file.
const SEALED: &str = ".age";

/// Who may have signed, and when that is judged.
#[derive(Debug, Clone, Copy)]
pub struct Trust<'a> {
    /// The list of signers.
    pub signers: &'a AllowedSigners,
    /// Keys that may not have signed any more.
    pub revoked: Option<&'a Revoked>,
    /// What the signature must have been made for.
    pub namespace: &'a str,
    /// Keys are judged by their validity at this time.
    pub at: Timestamp,
}

/// How verified files are opened.
pub struct Opening<'a> {
    /// The keys that open.
    pub identities: &'a Identities,
    /// Where plaintext is written; else beside the encrypted files.
    pub out: Option<&'a Path>,
    /// As what it is written.
    pub form: Form,
    /// Shows what is being done, over so many bytes.
    pub bar: fn(&str, u64) -> ProgressBar,
}

/// As what plaintext is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Each `NAME.age` as `NAME`.
    Files,
    /// All of them in one workbook, a sheet each.
    Workbook,
}

impl Form {
    /// A workbook, if one is wanted.
    pub fn of(workbook: bool) -> Self {
        if workbook {
            Self::Workbook
        } else {
            Self::Files
        }
    }
}

/// What was asked to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A response folder.
    Response,
    /// A delivery by its manifest.
    Delivery,
    /// The rows that belong to a receipt.
    Receipt,
}

/// A signed list, and files that are what it says.
pub struct Verified {
    kind: Kind,
    folder: PathBuf,
    /// What a workbook of it is called, without its ending.
    name: String,
    answer: Option<Answer>,
    signer: PartyId,
    files: Vec<Checked>,
}

/// A file that may be opened.
struct Checked {
    name: String,
    file: fs::File,
}

/// Verifies a response folder, the manifest of a delivery, or a receipt: the signature, every digest, and that nothing is
/// there that is not listed.
///
/// # Errors
/// [`Trouble::Refused`] with the rejection's code for what does not verify, [`Trouble::Usage`] for a path that is none of
/// the three.
pub fn verify(what: &Path, trust: &Trust<'_>) -> Result<Verified, Trouble> {
    let found = fs::metadata(what)
        .map_err(Fault::io("open", what))
        .map_err(Trouble::usage)?;
    if found.is_dir() {
        return bundle::response(what, &what.join(SUMS), trust);
    }
    let folder = what
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    match what.file_name().and_then(|name| name.to_str()) {
        Some(SUMS) => bundle::response(folder, what, trust),
        Some(name) if name.ends_with(".sha256") => bundle::delivery(folder, what, trust),
        name => match name.and_then(|name| receipt::stem(folder, name)) {
            Some(stem) => receipt::verified(folder, stem, trust),
            None => Err(nothing_of_ours(what)),
        },
    }
}

impl Verified {
    /// Who signed it.
    pub fn signer(&self) -> &PartyId {
        &self.signer
    }

    /// Which answer it is; `None` where it is no response, or does not tell.
    pub fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref()
    }

    /// Decrypts what is encrypted. Returns the files that were written, readable by their owner only.
    ///
    /// # Errors
    /// [`Trouble::Usage`] if a file is there already; [`Trouble::Refused`] if one is not encrypted to us or damaged.
    pub fn open(self, opening: &Opening<'_>) -> Result<Vec<PathBuf>, Trouble> {
        let out = opening.out.unwrap_or(&self.folder).to_owned();
        match opening.form {
            Form::Files => self.open_files(&out, opening),
            Form::Workbook if self.kind == Kind::Delivery => Err(Trouble::Usage(
                "--xlsx is for responses and receipts; open a delivery without it".to_owned(),
            )),
            Form::Workbook => {
                let target = out.join(format!("{}.xlsx", self.name));
                require_absent([&target])?;
                fs::create_dir_all(&out).map_err(Fault::io("make", &out))?;
                let file = workbook::write(self, target, opening)?;
                Ok(vec![file.publish()?])
            }
        }
    }

    fn open_files(self, out: &Path, opening: &Opening<'_>) -> Result<Vec<PathBuf>, Trouble> {
        let sealed: Vec<_> = self
            .files
            .into_iter()
            .filter_map(|file| {
                let target = out.join(file.name.strip_suffix(SEALED)?);
                Some((file, target))
            })
            .collect();
        require_absent(sealed.iter().map(|(_, target)| target))?;
        fs::create_dir_all(out).map_err(Fault::io("make", out))?;
        let opened = sealed
            .into_iter()
            .map(|(file, target)| decrypt::to_file(file, target, opening))
            .collect::<Result<Vec<_>, _>>()?;
        opened.into_iter().map(|file| Ok(file.publish()?)).collect()
    }
}

fn nothing_of_ours(what: &Path) -> Trouble {
    Trouble::Usage(format!(
        "{}: name a response folder, the .sha256 of a delivery, or the .json of a receipt",
        what.display()
    ))
}
