//! `padan verify`: whether a receipt is the service's own, and whether the files beside it are the ones it is about.

mod files;
mod tell;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;

use crate::agreement::PartyId;
use crate::delivery::receipt::{FORMAT, FORMER_FORMAT, Receipt};
use crate::fault::Fault;
use crate::party::Trouble;
use crate::party::open::{SERVICE, read_small};
use crate::rejection::Code;
use crate::trust::allowed_signers::AllowedSigners;
use crate::trust::revoked::Revoked;
use crate::trust::sshsig;

use super::Failure;
use super::keys_of_party::usage;
use super::look::{json, safe, say};

use files::{Compared, compare};

/// Largest document, in bytes. A receipt of 16 data files has some 100 KiB.
const LARGEST: usize = 4 << 20;

/// Verify receipts: that the service signed them, what they prove, and which files they are about
///
/// A RECEIPT is its .json, with the signature .json.sig beside it; a folder stands for all receipts in it. `ssh-keygen
/// -Y verify -f padan_signers -I padan -n padan -s NAME.json.sig < NAME.json` verifies the same signature.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  padan verify --signers padan_signers receipts/bkn_pns_full_2026-11-22_0007.json\n  \
                  padan verify --files send receipts\n\nExit codes: 0 all are proven; 1 one is not, has no signature or \
                  cannot be read, or a file of --files is another or not there; 2 wrong usage; 3 a fault"
)]
pub struct Args {
    /// Receipts, or folders of them
    #[arg(required = true, value_name = "RECEIPT|FOLDER")]
    receipts: Vec<PathBuf>,
    /// Who may have signed, in ssh-keygen's allowed_signers format
    #[arg(long, default_value = "padan_signers", value_name = "FILE")]
    signers: PathBuf,
    /// Keys that are no longer good: an OpenSSH revocation list, or public keys, one a line
    #[arg(long, value_name = "FILE")]
    revoked: Option<PathBuf>,
    /// What the signature must have been made for
    #[arg(long, default_value = "padan")]
    namespace: String,
    /// Where manifest and data files lie, to be compared with the receipt
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,
    /// Judge the key as of this day or instant, not of now: for a receipt that you have had since before its key ended
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Timestamp>,
    /// For machines
    #[arg(long)]
    json: bool,
}

/// What was found about one document.
#[derive(Debug, Serialize)]
struct Judged {
    /// Where it lies.
    file: String,
    /// Whether the service signed it as it is.
    proven: bool,
    /// Fingerprint of the service's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// Why it is not proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Code>,
    /// Why it could not be judged, or not all of it be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
    /// Whether its files are the ones meant; only where they were to be compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<Compared>,
    /// The document, if it is proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Value>,
    /// The same as a receipt, if it is one.
    #[serde(skip)]
    receipt: Option<Receipt>,
}

/// What keeps one document from being judged, and no other one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "why")]
enum Problem {
    /// There is no signature beside it.
    NoSignature,
    /// It, or its signature, cannot be read, in the system's words.
    Unreadable(String),
    /// The service signed it, but this program cannot read all of it.
    TooNew,
}

/// Tells on stdout what each receipt proves.
pub fn run(args: Args) -> Result<(), Failure> {
    let signers = AllowedSigners::load(&args.signers).map_err(usage)?;
    let revoked = args.revoked.as_deref().map(Revoked::load);
    let revoked = revoked.transpose().map_err(usage)?;
    let mut paths = Vec::new();
    for named in &args.receipts {
        paths.extend(documents(named)?);
    }
    let judged = paths
        .iter()
        .map(|path| judge(&args, &signers, revoked.as_ref(), path))
        .collect::<Result<Vec<_>, _>>()?;
    if args.json {
        say(&json(&judged)?)?;
    } else {
        let told: Vec<_> = judged.iter().map(tell::in_words).collect();
        say(&told.join("\n"))?;
    }
    let failed = judged.iter().filter(|judged| !judged.holds()).count();
    match failed {
        0 => Ok(()),
        _ => Err(Failure::Refused(format!(
            "{failed} of {} did not verify",
            judged.len()
        ))),
    }
}

impl Judged {
    /// Whether it is proven and every compared file is the one meant.
    fn holds(&self) -> bool {
        self.proven && self.problem.is_none() && self.files.iter().all(Compared::is_the_one)
    }
}

/// The receipts that a person means by a path.
fn documents(named: &Path) -> Result<Vec<PathBuf>, Failure> {
    let found = fs::metadata(named)
        .map_err(Fault::io("open", named))
        .map_err(usage)?;
    if !found.is_dir() {
        // Whoever has the page or the signature in view means the document beside it.
        let text = named.to_string_lossy();
        let stem = [".json.sig", ".txt"]
            .iter()
            .find_map(|ending| text.strip_suffix(ending));
        let path = stem.map_or_else(
            || named.to_path_buf(),
            |stem| PathBuf::from(format!("{stem}.json")),
        );
        return Ok(vec![path]);
    }
    let doing = "list";
    let mut found = Vec::new();
    for entry in fs::read_dir(named).map_err(Fault::io(doing, named))? {
        let path = entry.map_err(Fault::io(doing, named))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".json") && !name.starts_with('.') {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(Failure::Usage(format!(
            "{}: there is no receipt in it",
            named.display()
        )));
    }
    Ok(found)
}

fn judge(
    args: &Args,
    signers: &AllowedSigners,
    revoked: Option<&Revoked>,
    path: &Path,
) -> Result<Judged, Failure> {
    let service: PartyId = SERVICE
        .parse()
        .map_err(|_| Failure::Fault("the service has no name".to_owned()))?;
    let mut judged = Judged {
        file: safe(&path.display().to_string()),
        proven: false,
        key: None,
        code: None,
        problem: None,
        files: vec![],
        document: None,
        receipt: None,
    };
    let (raw, armored) = match read(path) {
        Ok(both) => both,
        Err(problem) => {
            judged.problem = Some(problem);
            return Ok(judged);
        }
    };
    let at = args.at.unwrap_or_else(Timestamp::now);
    match sshsig::verify(
        &[(&service, signers)],
        revoked,
        &service,
        &args.namespace,
        at,
        &raw,
        &armored,
    ) {
        Ok(signer) => judged.key = Some(signer.fingerprint),
        Err(code) => {
            judged.code = Some(code);
            return Ok(judged);
        }
    }
    judged.proven = true;
    judged.document = serde_json::from_slice(&raw).ok();
    match receipt(judged.document.as_ref()) {
        Ok(receipt) => judged.receipt = receipt,
        Err(problem) => judged.problem = Some(problem),
    }
    let signed = judged
        .document
        .as_ref()
        .and_then(|document| document.get("text_sha256"));
    if let Some(digest) = signed
        .and_then(Value::as_str)
        .and_then(|hex| hex.parse().ok())
    {
        judged.files.extend(files::page(path, &digest)?);
    }
    if let (Some(folder), Some(receipt)) = (&args.files, &judged.receipt) {
        judged.files.extend(compare(folder, receipt)?);
    }
    Ok(judged)
}

/// The bytes of a document and of its signature.
fn read(path: &Path) -> Result<(Vec<u8>, Vec<u8>), Problem> {
    let unreadable = |trouble: Trouble| Problem::Unreadable(safe(&trouble.to_string()));
    let raw = read_small(path, LARGEST).map_err(unreadable)?;
    let mut signature = path.to_path_buf().into_os_string();
    signature.push(".sig");
    let signature = Path::new(&signature);
    if fs::symlink_metadata(signature).is_err_and(|e| e.kind() == ErrorKind::NotFound) {
        return Err(Problem::NoSignature);
    }
    let armored = read_small(signature, sshsig::LARGEST).map_err(unreadable)?;
    Ok((raw, armored))
}

/// The receipt, if the document is one of a format that this program knows. What the service signs besides is no receipt,
/// and proven all the same.
fn receipt(document: Option<&Value>) -> Result<Option<Receipt>, Problem> {
    let format = document
        .and_then(|d| d.get("format"))
        .and_then(Value::as_str);
    let Some(document) =
        document.filter(|_| format.is_some_and(|f| [FORMAT, FORMER_FORMAT].contains(&f)))
    else {
        return Ok(None);
    };
    let receipt = serde_json::from_value(document.clone());
    receipt.map(Some).map_err(|_| Problem::TooNew)
}

/// A day (as it begins in UTC) or an instant, RFC 3339.
fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(instant) = text.parse() {
        return Ok(instant);
    }
    let day: Option<Date> = text.parse().ok();
    day.and_then(|day| day.to_zoned(TimeZone::UTC).ok())
        .map(|zoned| zoned.timestamp())
        .ok_or_else(|| {
            "write a day as 2026-11-22, or an instant as 2026-11-22T21:04:50+07:00".to_owned()
        })
}
