//! What the service answers, read as a party reads it: with `ssh-keygen`, `sha256sum` and `age`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::party::{Party, names};
use crate::tools::succeed;

/// A receipt or a note, its signature verified.
pub struct Receipt {
    /// The page for people.
    pub text: String,
    /// The document for machines.
    pub json: Value,
    rows: Option<Table>,
}

impl Receipt {
    /// Reads it where it lies.
    pub fn read(party: &Party, stem: &str) -> Self {
        let here = party.receipts();
        let read = |ending| fs::read(here.join(format!("{stem}{ending}"))).unwrap();
        let json = read(".json");
        verify(party, &here, &format!("{stem}.json.sig"), &json);
        let json: Value = serde_json::from_slice(&json).unwrap();
        let rows = json["rows_file"].as_str().map(|name| {
            assert_eq!(name, format!("{stem}.rows.csv.age"));
            Table::parse(&open(party, &here.join(name)))
        });
        Self {
            text: String::from_utf8(read(".txt")).unwrap(),
            json,
            rows,
        }
    }

    /// Asserts that the delivery was accepted.
    #[track_caller]
    pub fn accepted(self) -> Self {
        assert_eq!(self.json["verdict"], "DITERIMA", "{}", self.text);
        assert!(self.text.contains("ACCEPTED"), "{}", self.text);
        self
    }

    /// The code of the rejection, or of what is missing.
    #[track_caller]
    pub fn code(&self) -> &str {
        let code = self.json["problem"]["code"].as_str();
        code.unwrap_or_else(|| panic!("no problem: {}", self.text))
    }

    /// One of its data files.
    pub fn file(&self, index: usize) -> &Value {
        &self.json["files"][index]
    }

    /// The refused and warned rows, decrypted.
    #[track_caller]
    pub fn rows(&self) -> &Table {
        self.rows.as_ref().unwrap()
    }

    /// How often a check spoke in a data file.
    pub fn finding(&self, index: usize, code: &str) -> u64 {
        let findings = self.file(index)["findings"].as_array().unwrap();
        let found = findings.iter().find(|f| f["code"] == code);
        found.map_or(0, |f| f["count"].as_u64().unwrap())
    }
}

/// A response folder: downloaded, verified, decrypted.
pub struct Response {
    /// Plaintexts by name without `.age`.
    files: BTreeMap<String, Vec<u8>>,
}

impl Response {
    /// `sftp get -r`, then [`Response::read`].
    pub fn download(party: &Party, folder: &str) -> Self {
        let here = party.path("in").join(folder);
        let _ = fs::remove_dir_all(&here);
        fs::create_dir_all(party.path("in")).unwrap();
        party.sftp(&format!("get -r outbox/{folder} ../in/"));
        Self::read(party, &here)
    }

    /// `ssh-keygen -Y verify`, `sha256sum -c`, `age -d`.
    pub fn read(party: &Party, here: &Path) -> Self {
        let sums = fs::read(here.join("SHA256SUMS")).unwrap();
        verify(party, here, "SHA256SUMS.sig", &sums);
        succeed(
            here,
            "sha256sum",
            ["-c", "--strict", "--quiet", "SHA256SUMS"],
            b"",
        );
        let listed: Vec<_> = String::from_utf8(sums)
            .unwrap()
            .lines()
            .map(|line| line[66..].to_owned())
            .chain(["SHA256SUMS", "SHA256SUMS.sig"].map(str::to_owned))
            .collect();
        let mut files = BTreeMap::new();
        for name in names(here) {
            assert!(listed.contains(&name), "{name} is not vouched for");
            match name.strip_suffix(".age") {
                Some(plain) => files.insert(plain.to_owned(), open(party, &here.join(&name))),
                None => files.insert(name.clone(), fs::read(here.join(&name)).unwrap()),
            };
        }
        Self { files }
    }

    /// The counterpart's changes.
    pub fn changes(&self) -> Table {
        self.table("perubahan.csv")
    }

    /// The differences of a reconciliation.
    pub fn differences(&self, reconciliation: &str) -> Table {
        self.table(&format!("perbedaan_{reconciliation}.csv"))
    }

    /// The likely pairs of a reconciliation.
    pub fn candidates(&self, reconciliation: &str) -> Table {
        self.table(&format!("calon_padanan_{reconciliation}.csv"))
    }

    /// `ringkasan.json`.
    pub fn summary(&self) -> Value {
        serde_json::from_slice(&self.files["ringkasan.json"]).unwrap()
    }

    /// Names without `.age` and without the checksums.
    pub fn names(&self) -> Vec<&str> {
        let ours = |name: &&str| !name.starts_with("SHA256SUMS");
        self.files.keys().map(String::as_str).filter(ours).collect()
    }

    /// Everything whose bytes are promised to be the same in a re-run.
    pub fn plaintexts(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = self.files.clone();
        files.retain(|name, _| !name.starts_with("SHA256SUMS"));
        files
    }

    /// Whether any plaintext of this response holds the text.
    pub fn mentions(&self, text: &str) -> bool {
        let holds = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).contains(text);
        self.files.values().any(holds)
    }

    fn table(&self, name: &str) -> Table {
        Table::parse(&self.files[name])
    }
}

/// A CSV text, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    fn parse(text: &[u8]) -> Self {
        let mut reader = simd_csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text);
        let mut record = simd_csv::ByteRecord::new();
        let mut rows = Vec::new();
        while reader.read_byte_record(&mut record).unwrap() {
            let fields = record.iter();
            rows.push(
                fields
                    .map(|f| String::from_utf8(f.to_vec()).unwrap())
                    .collect(),
            );
        }
        let columns = rows.remove(0);
        Self { columns, rows }
    }

    /// Chosen columns of every row, joined by spaces.
    pub fn pick(&self, columns: &str) -> Vec<String> {
        let places: Vec<_> = columns
            .split_whitespace()
            .map(|name| {
                let same = |c: &String| c == name;
                self.columns
                    .iter()
                    .position(same)
                    .unwrap_or_else(|| panic!("{name}"))
            })
            .collect();
        let picked = |row: &Vec<String>| {
            let values: Vec<_> = places.iter().map(|p| row[*p].as_str()).collect();
            values.join(" ")
        };
        self.rows.iter().map(picked).collect()
    }
}

/// `ssh-keygen -Y verify` as the README tells a party to do.
pub fn verify(party: &Party, here: &Path, signature: &str, message: &[u8]) {
    let signers = party.path("padan_signers");
    let args = [
        "-Y",
        "verify",
        "-f",
        signers.to_str().unwrap(),
        "-I",
        "padan",
        "-n",
        "padan",
        "-s",
        signature,
    ];
    succeed(here, "ssh-keygen", args, message);
}

fn open(party: &Party, file: &Path) -> Vec<u8> {
    let identity = party.path("age_identity.txt");
    let args = [
        "-d".as_ref(),
        "-i".as_ref(),
        identity.as_os_str(),
        file.as_os_str(),
    ];
    succeed(Path::new("/"), "age", args, b"")
}
