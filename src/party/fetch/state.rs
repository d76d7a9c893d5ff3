//! What was fetched, written down: a person may move it away, and it is not fetched again.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::digest::Sha256Digest;
use crate::fault::Fault;
use crate::files;

use super::super::Trouble;

/// Version of the document.
const FORMAT: &str = "padan-fetch-1";

/// The file and what is in it.
pub(super) struct State {
    path: PathBuf,
    known: Known,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    format: String,
    responses: BTreeMap<String, Response>,
    papers: BTreeMap<String, Paper>,
}

/// A response that was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Response {
    /// SHA-256 of its signed list.
    pub sums: Sha256Digest,
    /// SHA-256 of its summary: the same answer encrypted anew has the same.
    pub summary: Sha256Digest,
    /// What its folder here is called.
    pub folder: String,
    /// Whether it is decrypted here, or nobody asked for that.
    pub opened: bool,
    /// The server's time of its folder: while it stays the same, nothing needs to be compared.
    pub modified: Option<u32>,
}

/// A receipt or a notice that was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Paper {
    /// SHA-256 of its signed document.
    pub json: Sha256Digest,
    /// The server's size and time of it, for the same use.
    pub size: u64,
    /// As above.
    pub modified: Option<u32>,
}

impl State {
    pub fn load(path: &Path) -> Result<Self, Trouble> {
        let known = match fs::read(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Known {
                format: FORMAT.to_owned(),
                responses: BTreeMap::new(),
                papers: BTreeMap::new(),
            },
            Err(e) => return Err(Fault::io("read", path)(e).into()),
            Ok(text) => serde_json::from_slice(&text)
                .ok()
                .filter(|known: &Known| known.format == FORMAT)
                .ok_or_else(|| damaged(path))?,
        };
        Ok(Self {
            path: path.to_path_buf(),
            known,
        })
    }

    pub fn response(&self, name: &str) -> Option<&Response> {
        self.known.responses.get(name)
    }

    pub fn paper(&self, name: &str) -> Option<&Paper> {
        self.known.papers.get(name)
    }

    /// Names of responses that were to be decrypted and are not.
    pub fn unopened(&self) -> Vec<(String, Response)> {
        let responses = self.known.responses.iter();
        let unopened = responses.filter(|(_, response)| !response.opened);
        unopened.map(|(n, r)| (n.clone(), r.clone())).collect()
    }

    pub fn set_response(&mut self, name: &str, response: Response) -> Result<(), Fault> {
        let before = self
            .known
            .responses
            .insert(name.to_owned(), response.clone());
        if before == Some(response) {
            return Ok(());
        }
        self.save()
    }

    pub fn set_paper(&mut self, name: &str, paper: Paper) -> Result<(), Fault> {
        let before = self.known.papers.insert(name.to_owned(), paper.clone());
        if before == Some(paper) {
            return Ok(());
        }
        self.save()
    }

    fn save(&self) -> Result<(), Fault> {
        let text = serde_json::to_vec_pretty(&self.known)
            .map_err(|e| Fault::Inconsistent(format!("a state does not become JSON: {e}")))?;
        files::write_whole(&self.path, &text)
    }
}

fn damaged(path: &Path) -> Trouble {
    Trouble::Usage(format!(
        "{}: it is not what padan fetch wrote; move it away, then what lies here is recognised and what was moved \
         away is fetched again",
        path.display()
    ))
}
