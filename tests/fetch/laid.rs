//! Answers and receipts laid ready as the service lays them, with its own keys.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use padan::delivery::{Sha256Digest, checksums};
use padan::trust::envelope::{Recipients, seal};
use padan::trust::sshsig::SigningKey;
use serde_json::json;

use crate::site::Site;

/// An answer for one reader.
pub struct Answer<'a> {
    site: &'a Site,
    reader: &'a str,
    name: String,
    files: Vec<(String, Vec<u8>)>,
}

impl<'a> Answer<'a> {
    /// `2026-11-22_pns_bkn_<sequence>` for `reader`, with its summary.
    pub fn new(site: &'a Site, reader: &'a str, sequence: u32) -> Self {
        let summary = json!({
            "format": "padan-response-1", "delivery": "0".repeat(64), "dataset": "pns", "from": "bkn",
            "reader": reader, "mode": "full", "as_of": "2026-11-22", "sequence": sequence,
            "run_date": "2026-11-22", "rows": {"accepted": 2, "refused": 0},
        });
        Self {
            site,
            reader,
            name: format!("2026-11-22_pns_bkn_{sequence:04}"),
            files: vec![
                (
                    "ringkasan.json".to_owned(),
                    summary.to_string().into_bytes(),
                ),
                ("ringkasan.txt".to_owned(), b"RINGKASAN\n".to_vec()),
            ],
        }
    }

    /// With one more file, encrypted to the reader.
    pub fn sealed(mut self, name: &str, plaintext: &[u8]) -> Self {
        let to = format!("keys/parties/{}/recipients.txt", self.reader);
        let recipients = Recipients::load(&self.site.exchange(&to)).unwrap();
        let mut sealed = seal(Vec::new(), &recipients).unwrap();
        sealed.write_all(plaintext).unwrap();
        self.files
            .push((format!("{name}.age"), sealed.finish().unwrap()));
        self
    }

    /// Signs it and puts it into the reader's outbox by one rename. Returns its name.
    pub fn lay(self) -> String {
        let into = self.site.root(self.reader).join("outbox");
        let name = self.name.clone();
        self.lay_as(&into.join(&name));
        name
    }

    /// The same with another place.
    pub fn lay_as(mut self, target: &Path) {
        self.files.sort();
        let ready = self.site.aside("ready").join(&self.name);
        fs::create_dir(&ready).unwrap();
        for (name, bytes) in &self.files {
            fs::write(ready.join(name), bytes).unwrap();
        }
        let sums = self
            .files
            .iter()
            .map(|(n, b)| (Sha256Digest::of(b), n.as_str()));
        let sums = checksums::write(sums);
        fs::write(ready.join("SHA256SUMS"), &sums).unwrap();
        sign(self.site, &ready.join("SHA256SUMS"));
        fs::rename(ready, target).unwrap();
    }
}

/// Puts a receipt of `party` with its rows into its receipts. Returns its name.
pub fn receipt(site: &Site, party: &str, sequence: u32, verdict: &str) -> String {
    let name = format!("{party}_pns_full_2026-11-22_{sequence:04}");
    let to = format!("keys/parties/{party}/recipients.txt");
    let mut rows = seal(Vec::new(), &Recipients::load(&site.exchange(&to)).unwrap()).unwrap();
    rows.write_all(b"dataset,baris,tingkat\npns,2,ERROR\n")
        .unwrap();
    let rows = rows.finish().unwrap();
    let text = format!("{verdict}: {name}\n");
    let json = json!({
        "format": "padan-receipt-2", "verdict": verdict, "name": name, "party": party,
        "problem": (verdict == "DITOLAK").then(|| json!({"code": "ROWS_REFUSED"})),
        "rows_file": format!("{name}.rows.csv.age"),
        "rows_file_sha256": Sha256Digest::of(&rows).to_string(),
        "text_sha256": Sha256Digest::of(text.as_bytes()).to_string(),
    });
    let folder = site.root(party).join("receipts");
    fs::write(folder.join(format!("{name}.rows.csv.age")), rows).unwrap();
    let path = folder.join(format!("{name}.json"));
    fs::write(&path, json.to_string()).unwrap();
    sign(site, &path);
    fs::write(folder.join(format!("{name}.txt")), text).unwrap();
    name
}

/// Signs a file as the service does, whatever is in it.
pub fn sign(site: &Site, path: &Path) {
    sign_with(&site.exchange("keys/service/signing_key"), path);
}

/// The same with another key.
pub fn sign_with(key: &Path, path: &Path) {
    let armored = SigningKey::load(key)
        .unwrap()
        .sign("padan", &fs::read(path).unwrap())
        .unwrap();
    fs::write(format!("{}.sig", path.display()), armored).unwrap();
}

/// Bytes that no compression and no luck repeats.
pub fn noise(length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    std::iter::repeat_with(|| random.u8(..))
        .take(length)
        .collect()
}

/// A tree of files as text, to see that nothing changed.
pub fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}
