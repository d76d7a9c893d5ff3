//! What a party has sealed and what became of it: the memory from which the next sequence follows.
//!
//! `<sent>/<stem>/` holds the files of one delivery and nothing else, so that they can be sent with any program;
//! `<sent>/<stem>.json` says what is in them. A refused one is set aside under another name: its number is free again.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::agreement::{DatasetId, PartyId};
use crate::delivery::{DataFileName, DeliveryId, Sha256Digest};
use crate::fault::Fault;
use crate::files;

/// The folder of what was sealed.
pub struct Sent {
    folder: PathBuf,
}

/// One delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The manifest's name without `.sha256`.
    pub stem: String,
    /// SHA-256 of the manifest.
    pub delivery: DeliveryId,
    /// How far it is.
    pub state: State,
    /// Its data files.
    pub files: Vec<SealedFile>,
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It lies here; whether another program sent it is not known.
    Sealed,
    /// It was uploaded and no receipt was seen.
    Sent,
    /// The service's receipt says so.
    Accepted,
    /// The service's receipt says so.
    Refused,
}

/// One data file of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedFile {
    /// As it was sent.
    pub name: String,
    /// SHA-256 of what was encrypted.
    pub plaintext: Sha256Digest,
}

impl Sent {
    /// The folder; it need not be there yet.
    pub fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
        }
    }

    /// Where the files of a delivery lie, or will.
    pub fn delivery(&self, stem: &str) -> PathBuf {
        self.folder.join(stem)
    }

    /// Where receipts are kept.
    pub fn receipts(&self) -> PathBuf {
        self.folder.join("receipts")
    }

    /// The highest sequence that was used for a dataset; 0 if none was.
    pub fn last_sequence(&self, party: &PartyId, dataset: &DatasetId) -> Result<u32, Fault> {
        let mut names = Vec::new();
        for (name, _) in files::list(&self.folder)? {
            names.push(format!(
                "{}.csv.age",
                name.strip_suffix(".json").unwrap_or(&name)
            ));
        }
        for record in self.records()? {
            names.extend(record.files.into_iter().map(|file| file.name));
        }
        Ok(highest(names.iter().map(String::as_str), party, dataset))
    }

    /// Every delivery that is known and was not refused, in the order of their names.
    pub fn records(&self) -> Result<Vec<Record>, Fault> {
        let mut records = Vec::new();
        for (name, path) in files::list(&self.folder)? {
            let Some(stem) = name.strip_suffix(".json") else {
                continue;
            };
            let text = fs::read(&path).map_err(Fault::io("read", &path))?;
            let record: Record = serde_json::from_slice(&text).map_err(|e| {
                Fault::Inconsistent(format!(
                    "{}: {e}; move it away if it is not padan's, and give --sequence",
                    path.display()
                ))
            })?;
            if record.stem == stem && record.state != State::Refused {
                records.push(record);
            }
        }
        Ok(records)
    }

    /// A delivery of exactly these contents under other numbers: the same data was sealed before.
    pub fn same_content(
        &self,
        wanted: &[(DataFileName, Sha256Digest)],
    ) -> Result<Option<Record>, Fault> {
        let same = |file: &SealedFile, (name, plaintext): &(DataFileName, Sha256Digest)| {
            let earlier: Option<DataFileName> = file.name.parse().ok();
            file.plaintext == *plaintext
                && earlier.is_some_and(|earlier| {
                    (
                        &earlier.party,
                        &earlier.dataset,
                        earlier.mode,
                        earlier.as_of,
                    ) == (&name.party, &name.dataset, name.mode, name.as_of)
                })
        };
        let found = self.records()?.into_iter().rev().find(|record| {
            record.files.len() == wanted.len()
                && record
                    .files
                    .iter()
                    .zip(wanted)
                    .all(|(file, wanted)| same(file, wanted))
        });
        Ok(found)
    }

    /// Writes down how far a delivery is.
    pub fn save(&self, record: &Record) -> Result<(), Fault> {
        let text = serde_json::to_vec_pretty(record)
            .map_err(|e| Fault::Inconsistent(format!("a record does not become JSON: {e}")))?;
        files::write_whole(&self.folder.join(format!("{}.json", record.stem)), &text)
    }

    /// A refused delivery makes room for another one of its number.
    pub fn set_aside(&self, record: &Record) -> Result<(), Fault> {
        let aside = format!("{}.refused-{}", record.stem, record.delivery.short());
        files::rename(&self.delivery(&record.stem), &self.folder.join(&aside))?;
        self.save(&Record {
            state: State::Refused,
            ..record.clone()
        })?;
        files::rename(
            &self.folder.join(format!("{}.json", record.stem)),
            &self.folder.join(format!("{aside}.json")),
        )
    }
}

/// The highest sequence among data file names of one dataset; other names count for nothing.
pub fn highest<'a>(
    names: impl Iterator<Item = &'a str>,
    party: &PartyId,
    dataset: &DatasetId,
) -> u32 {
    names
        .filter_map(|name| name.parse().ok())
        .filter(|name: &DataFileName| name.party == *party && name.dataset == *dataset)
        .map(|name| name.sequence)
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::{Record, SealedFile, Sent, State};
    use crate::delivery::{DeliveryId, Sha256Digest};

    fn record(sequence: u32, content: &[u8]) -> Record {
        let stem = format!("bkn_pns_full_2026-11-22_{sequence:04}");
        Record {
            delivery: DeliveryId::of_manifest(stem.as_bytes()),
            state: State::Sealed,
            files: vec![SealedFile {
                name: format!("{stem}.csv.zst.age"),
                plaintext: Sha256Digest::of(content),
            }],
            stem,
        }
    }

    #[test]
    fn numbers_rise_and_a_refused_one_is_free_again() {
        let place = TempDir::new().unwrap();
        let sent = Sent::at(place.path());
        let (party, dataset) = ("bkn".parse().unwrap(), "pns".parse().unwrap());
        let last = || sent.last_sequence(&party, &dataset).unwrap();
        assert_eq!(last(), 0);
        for sequence in [3, 4] {
            let record = record(sequence, b"x");
            std::fs::create_dir(sent.delivery(&record.stem)).unwrap();
            sent.save(&record).unwrap();
        }
        assert_eq!(last(), 4);
        assert_eq!(
            sent.last_sequence(&party, &"keluarga".parse().unwrap())
                .unwrap(),
            0
        );
        sent.set_aside(&record(4, b"x")).unwrap();
        assert_eq!(last(), 3);
        // Made by a run that was cut off before it could write it down.
        std::fs::create_dir(sent.delivery("bkn_pns_full_2026-11-22_0009")).unwrap();
        assert_eq!(last(), 9);
    }

    #[test]
    fn the_same_content_is_known_again() {
        let place = TempDir::new().unwrap();
        let sent = Sent::at(place.path());
        sent.save(&record(3, b"x")).unwrap();
        let wanted = |day: &str, content: &[u8]| {
            let name = format!("bkn_pns_full_{day}_0008.csv.zst.age")
                .parse()
                .unwrap();
            sent.same_content(&[(name, Sha256Digest::of(content))])
                .unwrap()
        };
        assert_eq!(wanted("2026-11-22", b"x"), Some(record(3, b"x")));
        assert_eq!(wanted("2026-11-23", b"x"), None);
        assert_eq!(wanted("2026-11-22", b"y"), None);
    }
}
