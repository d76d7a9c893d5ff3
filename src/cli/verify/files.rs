//! Whether the files in a folder are the ones that a receipt is about.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use serde::Serialize;

use crate::delivery::Sha256Digest;
use crate::delivery::receipt::Receipt;
use crate::fault::Fault;

/// One file held against the receipt.
#[derive(Debug, Serialize)]
pub struct Compared {
    /// Its name.
    pub name: String,
    /// What it is to the receipt.
    pub what: What,
    /// How it compares.
    pub state: State,
}

/// What a file is to a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// The signed list of files.
    Manifest,
    /// A data file as it was sent.
    Ciphertext,
    /// A data file as it was before encryption; compared only where it lies there.
    Plaintext,
    /// The receipt for people.
    Page,
    /// The encrypted list of refused and warned rows; compared only where it lies there.
    Rows,
}

/// How a file compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Byte by byte the one meant.
    Same,
    /// Of the same name, but another.
    Other,
    /// Not there.
    Missing,
}

impl Compared {
    /// Whether it is the one meant.
    pub fn is_the_one(&self) -> bool {
        self.state == State::Same
    }
}

/// Holds the page that lies beside a document at `path` against the digest in it; `None` where there is no page.
pub fn page(path: &Path, digest: &Sha256Digest) -> Result<Option<Compared>, Fault> {
    let page = path.with_extension("txt");
    let (Some(folder), Some(name)) = (page.parent(), page.file_name()) else {
        return Ok(None);
    };
    let name = name.to_string_lossy().into_owned();
    let state = held_against(folder, &name, digest)?;
    Ok((state != State::Missing).then_some(Compared {
        name,
        what: What::Page,
        state,
    }))
}

/// Holds the files in `folder` against the receipt. The manifest is found by its digest, whatever it is called.
pub fn compare(folder: &Path, receipt: &Receipt) -> Result<Vec<Compared>, Fault> {
    let mut all = Vec::new();
    if let Some(id) = &receipt.delivery {
        all.push(manifest(folder, &receipt.name, &id.to_string())?);
    }
    for file in &receipt.files {
        let state = held_against(folder, &file.file, &file.sha256)?;
        let mut note = |name: &str, what, state| {
            all.push(Compared {
                name: name.to_owned(),
                what,
                state,
            });
        };
        note(&file.file, What::Ciphertext, state);
        let plain = file
            .file
            .split_once(".csv")
            .map(|(stem, _)| format!("{stem}.csv"));
        if let (Some(plain), Some(digest)) = (plain, &file.plaintext_sha256) {
            let state = held_against(folder, &plain, digest)?;
            if state != State::Missing {
                note(&plain, What::Plaintext, state);
            }
        }
    }
    if let (Some(rows), Some(digest)) = (&receipt.rows_file, &receipt.rows_file_sha256) {
        let state = held_against(folder, rows, digest)?;
        if state != State::Missing {
            all.push(Compared {
                name: rows.clone(),
                what: What::Rows,
                state,
            });
        }
    }
    Ok(all)
}

fn manifest(folder: &Path, receipt: &str, id: &str) -> Result<Compared, Fault> {
    let doing = "list";
    let named = format!("{receipt}.sha256");
    let mut state = State::Missing;
    let mut name = named.clone();
    for entry in fs::read_dir(folder).map_err(Fault::io(doing, folder))? {
        let entry = entry.map_err(Fault::io(doing, folder))?.file_name();
        let Some(found) = entry.to_str().filter(|found| found.ends_with(".sha256")) else {
            continue;
        };
        let same = digest(&folder.join(found))?.is_some_and(|digest| digest.to_string() == id);
        if same {
            (state, name) = (State::Same, found.to_owned());
            break;
        }
        if found == named {
            state = State::Other;
        }
    }
    Ok(Compared {
        name,
        what: What::Manifest,
        state,
    })
}

fn held_against(folder: &Path, name: &str, meant: &Sha256Digest) -> Result<State, Fault> {
    Ok(match digest(&folder.join(name))? {
        None => State::Missing,
        Some(found) if found == *meant => State::Same,
        Some(_) => State::Other,
    })
}

/// `None` if there is no such file, or no plain one.
fn digest(path: &Path) -> Result<Option<Sha256Digest>, Fault> {
    let doing = "read";
    if fs::metadata(path).is_ok_and(|meta| !meta.is_file()) {
        return Ok(None);
    }
    match File::open(path) {
        Ok(file) => Sha256Digest::of_stream(file)
            .map(Some)
            .map_err(Fault::io(doing, path)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Fault::io(doing, path)(e)),
    }
}
