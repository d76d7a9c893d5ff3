//! A party's own work: the standard tools in its trial folder, and `sftp` to the service.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use padan::delivery::DeliveryId;

use crate::answers::{Receipt, Response};
use crate::padan::Padan;
use crate::sheets::Sheet;
use crate::tools::{run, succeed, wait_for};

/// One party at work in `DIR/trial/<party>`.
pub struct Party<'a> {
    padan: &'a Padan,
    pub id: &'static str,
}

/// What comes between the CSV text and `age`.
#[derive(Debug, Clone, Copy)]
pub enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// The day whose data is sent: yesterday, wherever this runs.
pub fn as_of() -> String {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    (today - 1.day()).to_string()
}

impl<'a> Party<'a> {
    pub fn new(padan: &'a Padan, id: &'static str) -> Self {
        let party = Self { padan, id };
        fs::create_dir_all(party.path("out")).unwrap();
        party
    }

    /// A full delivery of one dataset, all the way into the inbox. Returns its stem.
    pub fn send(&self, dataset: &str, sequence: u32, sheet: &Sheet) -> String {
        let stem = self.prepare(dataset, "full", sequence, sheet);
        self.put(&format!("{stem}.*"));
        stem
    }

    /// The same as a delta.
    pub fn send_delta(&self, dataset: &str, sequence: u32, sheet: &Sheet) -> String {
        let stem = self.prepare(dataset, "delta", sequence, sheet);
        self.put(&format!("{stem}.*"));
        stem
    }

    /// Sends it and waits for the receipt, which must say yes.
    pub fn deliver(&self, dataset: &str, sequence: u32, sheet: &Sheet) -> Receipt {
        let stem = self.send(dataset, sequence, sheet);
        self.receipt(&stem).accepted()
    }

    /// Encrypts, sums and signs; nothing is sent yet.
    pub fn prepare(&self, dataset: &str, mode: &str, sequence: u32, sheet: &Sheet) -> String {
        self.prepare_of(&as_of(), dataset, mode, sequence, sheet)
    }

    /// The same with data of another day.
    pub fn prepare_of(
        &self,
        day: &str,
        dataset: &str,
        mode: &str,
        sequence: u32,
        sheet: &Sheet,
    ) -> String {
        let stem = format!("{}_{dataset}_{mode}_{day}_{sequence:04}", self.id);
        self.encrypt(&format!("{stem}.csv"), &sheet.csv(), Packing::Plain);
        self.sum_and_sign(&stem, &[&format!("{stem}.csv.age")]);
        stem
    }

    /// `<party>_<dataset>_<mode>_<yesterday>_<sequence>`.
    pub fn stem(&self, dataset: &str, mode: &str, sequence: u32) -> String {
        format!("{}_{dataset}_{mode}_{}_{sequence:04}", self.id, as_of())
    }

    /// `gzip`, `zstd` or nothing, then `age -R padan_recipients.txt`. Returns the name of the encrypted file.
    pub fn encrypt(&self, csv_name: &str, plaintext: &[u8], packing: Packing) -> String {
        let (ending, packed) = match packing {
            Packing::Plain => ("", plaintext.to_vec()),
            Packing::Gzip => (".gz", succeed(self.out(), "gzip", ["-c"], plaintext)),
            Packing::Zstd => (".zst", succeed(self.out(), "zstd", ["-q", "-c"], plaintext)),
        };
        let name = format!("{csv_name}{ending}.age");
        let args = ["-R", "../padan_recipients.txt", "-o", &name];
        succeed(self.out(), "age", args, &packed);
        name
    }

    /// `sha256sum` over files, then the party's own signature.
    pub fn sum_and_sign(&self, stem: &str, files: &[&str]) {
        let sums = succeed(self.out(), "sha256sum", files, b"");
        self.manifest(stem, &sums);
    }

    /// A manifest of any content, with the party's own signature.
    pub fn manifest(&self, stem: &str, content: &[u8]) {
        self.write(&format!("{stem}.sha256"), content);
        self.sign(stem, &self.path("id_ed25519"), "padan");
    }

    /// `ssh-keygen -Y sign` with any key and namespace.
    pub fn sign(&self, stem: &str, key: &Path, namespace: &str) {
        let manifest = format!("{stem}.sha256");
        let _ = fs::remove_file(self.out().join(format!("{manifest}.sig")));
        let key = key.to_str().unwrap();
        let args = ["-Y", "sign", "-q", "-n", namespace, "-f", key, &manifest];
        succeed(self.out(), "ssh-keygen", args, b"");
    }

    /// Writes a file to be sent.
    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.out().join(name), bytes).unwrap();
    }

    /// `put` into the inbox; a pattern may name several files. What is put whole may still be refused with an early word.
    pub fn put(&self, pattern: &str) {
        let batch = format!("put {pattern} inbox/");
        let output = self.try_sftp(&batch);
        let told = String::from_utf8_lossy(&output.stderr);
        let put = output.status.success() || told.trim() == EARLY_WORD;
        assert!(put, "{batch}\n{told}\n{}", self.padan.log());
    }

    /// Runs a batch of commands that must all succeed.
    pub fn sftp(&self, batch: &str) -> String {
        let output = self.try_sftp(batch);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{batch}\n{told}\n{}",
            self.padan.log()
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a batch that may end early.
    pub fn try_sftp(&self, batch: &str) -> Output {
        run(self.out(), "sftp", SFTP, batch.as_bytes())
    }

    /// `sftp` as a command with options, to be broken off.
    pub fn sftp_command(&self, options: &[&str]) -> Command {
        let mut command = Command::new("sftp");
        command
            .args(options)
            .args(SFTP)
            .current_dir(self.out())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// Copies prepared files straight into the inbox folder, where no server runs.
    pub fn drop_locally(&self, stem: &str) {
        fs::create_dir_all(self.inbox()).unwrap();
        for entry in fs::read_dir(self.out()).unwrap() {
            let entry = entry.unwrap();
            if entry
                .file_name()
                .to_str()
                .unwrap()
                .starts_with(&format!("{stem}."))
            {
                fs::copy(entry.path(), self.inbox().join(entry.file_name())).unwrap();
            }
        }
    }

    /// Waits for the verdict on a delivery.
    pub fn receipt(&self, stem: &str) -> Receipt {
        self.wait_for_page(stem, |page| {
            page.starts_with("DITERIMA") || page.starts_with("DITOLAK")
        })
    }

    /// Waits for the verdict on what was prepared last under a name that an accepted delivery has already.
    pub fn receipt_beside(&self, stem: &str) -> Receipt {
        self.receipt(&self.name_beside(stem))
    }

    /// What that receipt is called.
    pub fn name_beside(&self, stem: &str) -> String {
        let manifest = fs::read(self.out().join(format!("{stem}.sha256"))).unwrap();
        let id = DeliveryId::of_manifest(&manifest).to_string();
        format!("{stem}.{}", &id[..12])
    }

    /// Waits for the note about something incomplete.
    pub fn note(&self, name: &str) -> Receipt {
        self.wait_for_page(name, |page| page.starts_with("MENUNGGU"))
    }

    /// Waits for the note about a file that belongs to no manifest.
    pub fn note_about(&self, file: &str) -> Receipt {
        self.note(&format!("{file}.berkas"))
    }

    fn wait_for_page(&self, stem: &str, wanted: impl Fn(&str) -> bool) -> Receipt {
        let page = self.receipts().join(format!("{stem}.txt"));
        wait_for(
            || fs::read_to_string(&page).ok().filter(|page| wanted(page)),
            || {
                let old = fs::read_to_string(&page).unwrap_or_default();
                let tree = self.padan.tree().join("\n");
                format!("{}\n{old}\n{tree}\n{}", page.display(), self.padan.log())
            },
        );
        Receipt::read(self, stem)
    }

    /// Downloads, verifies and opens the response to one delivery, all with the real tools.
    pub fn response(&self, dataset: &str, sender: &str, sequence: u32) -> Response {
        let ending = format!("_{dataset}_{sender}_{sequence:04}");
        let folders = self.outbox();
        let mut found = folders.iter().filter(|name| name.ends_with(&ending));
        let folder = found
            .next()
            .unwrap_or_else(|| panic!("no {ending} in {folders:?}"));
        assert_eq!(found.next(), None, "one answer only");
        Response::download(self, folder)
    }

    /// Names of the response folders.
    pub fn outbox(&self) -> Vec<String> {
        names(&self.root().join("outbox"))
    }

    pub fn receipts(&self) -> PathBuf {
        self.root().join("receipts")
    }

    pub fn inbox(&self) -> PathBuf {
        self.root().join("inbox")
    }

    /// The party's SFTP root, seen from the service's side.
    pub fn root(&self) -> PathBuf {
        self.padan.data().join("parties").join(self.id)
    }

    /// Folder of files to be sent.
    pub fn out(&self) -> PathBuf {
        self.path("out")
    }

    /// A file of the party.
    pub fn path(&self, name: &str) -> PathBuf {
        self.padan.path(&format!("trial/{}/{name}", self.id))
    }
}

/// All that OpenSSH's client says of a CLOSE that fails.
pub const EARLY_WORD: &str = "close remote: Failure";

/// Batch from the standard input.
pub const SFTP: [&str; 6] = ["-q", "-b", "-", "-F", "../ssh_config", "padan"];

/// Names in a folder, sorted; none if it is not there.
pub fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return vec![];
    };
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
