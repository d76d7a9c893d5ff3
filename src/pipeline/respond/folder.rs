//! One response folder: what one reader receives about one data file, encrypted to it and signed by us.

use std::io::Write;
use std::path::Path;

use crate::agreement::{Dataset, PartyId};
use crate::delivery::{Sha256Digest, checksums};
use crate::fault::Fault;
use crate::files;
use crate::ledger::Published;

use super::super::Context;
use super::super::job::Job;
use super::super::reconcile::ReconciledPart;
use super::reports::reports;
use super::sealed_file::SealedFile;
use super::summary::Summary;
use super::{Prepared, summary};

/// Name of the checksum file in every response folder; its signature has `.sig` behind.
const SUMS: &str = "SHA256SUMS";

/// `<run date>_<dataset>_<party>_<sequence>`, after the delivery it answers.
pub fn folder_name(part: &ReconciledPart) -> String {
    let name = &part.entry.name;
    format!(
        "{}_{}_{}_{:04}",
        part.inputs.run_date, name.dataset, name.party, name.sequence
    )
}

/// Whether `reader` receives anything about this part.
pub fn concerns(dataset: &Dataset, part: &ReconciledPart, reader: &PartyId) -> bool {
    receives_changes(dataset, reader) || part.differences.values().any(Option::is_some)
}

/// Builds the folder for `reader`, if anything in it concerns them.
pub fn build_folder(
    cx: &Context,
    job: &Job,
    part: &ReconciledPart,
    reader: &PartyId,
    prepared: &mut Prepared,
) -> Result<(), Fault> {
    let dataset = cx
        .config
        .agreement
        .dataset(&part.entry.name.dataset)
        .ok_or_else(|| Fault::Inconsistent("a part without a dataset".into()))?;
    if !concerns(dataset, part, reader) {
        return Ok(());
    }
    let name = folder_name(part);
    let path = prepared
        .out
        .join(reader.as_str())
        .join("outbox")
        .join(&name);
    files::create_dir(&path)?;
    let mut folder = Folder {
        cx,
        path: &path,
        name: &name,
        reader,
        sums: vec![],
        published: &mut prepared.published,
    };
    let mut summary = Summary::of(cx, job, part, reader);
    if receives_changes(dataset, reader) {
        let counts = folder.sealed("perubahan.csv", |out| {
            part.changes.write_csv(dataset, reader, out)
        })?;
        summary.set_changes(&counts);
    }
    for (id, found) in &part.differences {
        match found {
            Some(found) => {
                let seen = folder.sealed(&format!("perbedaan_{id}.csv"), |out| {
                    found.write_csv(reader, out)
                })?;
                summary.set_compared(cx, id, found, &seen.own);
                if let Some(candidates) = found.candidates(reader) {
                    let name = format!("calon_padanan_{id}.csv");
                    folder.sealed(&name, |out| candidates.write_csv(out))?;
                    summary.set_candidates(id, candidates);
                }
                for (name, bytes) in reports(cx, job, part, reader, (id, found), seen)? {
                    folder.plain(&name, &bytes)?;
                }
            }
            None => summary.set_waiting(id),
        }
    }
    folder.plain("ringkasan.json", summary.json()?.as_bytes())?;
    folder.plain("ringkasan.txt", summary::text(&summary).as_bytes())?;
    folder.sign()?;
    files::sync_dir(&path)
}

/// The counterpart receives the sender's changes, where it is entitled to any column of them.
fn receives_changes(dataset: &Dataset, reader: &PartyId) -> bool {
    *reader != dataset.party && (0..dataset.fields.len()).any(|p| dataset.entitled(reader, p))
}

struct Folder<'a> {
    cx: &'a Context<'a>,
    path: &'a Path,
    name: &'a str,
    reader: &'a PartyId,
    sums: Vec<(Sha256Digest, String)>,
    published: &'a mut Vec<Published>,
}

impl Folder<'_> {
    /// A file encrypted to the reader as it is written.
    fn sealed<T>(
        &mut self,
        plain_name: &str,
        write: impl FnOnce(&mut dyn Write) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let name = format!("{plain_name}.age");
        let path = self.path.join(&name);
        let keys = self
            .cx
            .keyring
            .party(self.reader)
            .ok_or_else(|| Fault::Inconsistent(format!("no keys for party {}", self.reader)))?;
        let mut file = SealedFile::create(&path, &keys.recipients)?;
        let told = write(&mut file)?;
        let digests = file.finish(&path)?;
        self.sums.push((digests.ciphertext, name));
        self.note(plain_name, digests.plaintext);
        Ok(told)
    }

    /// A file without personal data.
    fn plain(&mut self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        files::write_ahead(&self.path.join(name), bytes)?;
        let digest = Sha256Digest::of(bytes);
        self.sums.push((digest, name.to_owned()));
        self.note(name, digest);
        Ok(())
    }

    fn note(&mut self, file: &str, plaintext: Sha256Digest) {
        self.published.push(Published {
            reader: self.reader.clone(),
            folder: self.name.to_owned(),
            file: file.to_owned(),
            plaintext,
        });
    }

    /// `SHA256SUMS` as `sha256sum` writes it, and its signature.
    fn sign(&mut self) -> Result<(), Fault> {
        self.sums.sort_by(|a, b| a.1.cmp(&b.1));
        let sums = checksums::write(
            self.sums
                .iter()
                .map(|(digest, name)| (*digest, name.as_str())),
        );
        let signature = self
            .cx
            .keyring
            .service
            .signing
            .sign(&self.cx.config.namespace, sums.as_bytes())?;
        files::write_ahead(&self.path.join(SUMS), sums.as_bytes())?;
        files::write_ahead(&self.path.join(format!("{SUMS}.sig")), signature.as_bytes())
    }
}
