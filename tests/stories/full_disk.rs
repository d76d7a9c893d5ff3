//! The disk is full: nothing is lost, nobody is told a mistake of theirs, and all goes on when there is room again.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use padan::delivery::Sha256Digest;

use crate::answers::{Receipt, verify};
use crate::padan::{BINARY, Padan};
use crate::party::Party;
use crate::sheets;
use crate::tools::{run, succeed, wait_for};

/// A small file system in the place of the data folder; unmounted before the folder goes.
struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    fn under(padan: &Padan) -> Self {
        let folder = padan.data();
        fs::create_dir(&folder).unwrap();
        let args = ["-t", "tmpfs", "-o", "size=24m", "padan-test"];
        let args = args.map(AsRef::as_ref).into_iter();
        succeed("/", "mount", args.chain([folder.as_os_str()]), b"");
        Self { folder }
    }

    /// Leaves room for so many bytes and no more.
    fn fill(&self, leave: usize) {
        let path = self.folder.join("filler");
        let mut filler = File::create(&path).unwrap();
        while filler.write_all(&[0; 4096]).is_ok() {}
        let size = filler.metadata().unwrap().len();
        filler.set_len(size.saturating_sub(leave as u64)).unwrap();
    }

    fn free(&self) {
        fs::remove_file(self.folder.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // The service may hold it a moment longer.
        let _ = run("/", "umount", ["-l".as_ref(), self.folder.as_os_str()], b"");
    }
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp, and root to mount a small file system"]
fn a_delivery_outlives_a_full_disk() {
    let padan = Padan::new();
    let disk = SmallDisk::under(&padan);
    padan.configure(&[("rescan", "1s")]);
    padan.serve();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    bpjs.deliver("peserta_pns", 1, &sheets::peserta_pns(1_000));

    // Not even the ledger can be written; it can; the snapshot can; the differences can; some of the answers can.
    let rooms = [0, 16 << 10, 48 << 10, 150 << 10, 250 << 10, 320 << 10];
    let mut faulted = 0;
    for (number, leave) in rooms.into_iter().enumerate() {
        let sequence = number as u32 + 1;
        let stem = bkn.prepare("pns", "full", sequence, &sheets::pns(2_000 + number));
        bkn.sftp(&format!(
            "put {stem}.csv.age inbox/\nput {stem}.sha256 inbox/\n\
             put {stem}.sha256.sig inbox/{stem}.sha256.sig.part"
        ));
        disk.fill(leave);
        let faults = || padan.log().matches("\"level\":\"ERROR\"").count();
        let before = faults();
        bkn.sftp(&format!(
            "rename inbox/{stem}.sha256.sig.part inbox/{stem}.sha256.sig"
        ));
        let page = bkn.receipts().join(format!("{stem}.txt"));
        wait_for(
            || (faults() > before || page.exists()).then_some(()),
            || padan.log(),
        );
        assert!(padan.alive());
        faulted += usize::from(faults() > before);
        let told = fs::read_to_string(&page).unwrap_or_default();
        assert!(
            !told.contains("REFUSED"),
            "{leave}: our trouble, not theirs: {told}"
        );
        let kept: Vec<_> = padan
            .tree()
            .into_iter()
            .filter(|path| path.contains(&stem))
            .collect();
        for ending in [".csv.age", ".sha256", ".sha256.sig"] {
            let name = format!("{stem}{ending}");
            assert!(
                kept.iter().any(|path| path.ends_with(&name)),
                "{leave}: {name} in {kept:?}"
            );
        }

        disk.free();
        let receipt = bkn.receipt(&stem).accepted();
        assert_eq!(receipt.file(0)["accepted"], 2_000 + number);
        assert!(
            bpjs.response("pns", "bkn", sequence)
                .differences("kepesertaan")
                .rows
                .len()
                >= 1_000
        );
    }
    let closes = padan.ledger(
        "SELECT count(*) FROM events WHERE stage = 'respond' AND outcome = 'done' GROUP BY delivery",
    );
    assert_eq!(closes, ["1"; 7]);
    assert!(faulted >= 4, "{faulted} of {rooms:?} were too small");
    assert_eq!(
        padan.ledger("SELECT count(*) FROM events WHERE outcome = 'rejected'"),
        ["0"]
    );
    padan.stop();
}

/// What a full disk refuses, and every how manieth call of it is the first to fail; from then on all of them do. Of
/// `write` only to the receipt's own files: the runtime wakes its threads by it, too.
const WRITES: [(&str, usize); 4] = [
    ("write", 1),
    ("copy_file_range", 1),
    ("fsync", 3),
    ("pwrite64", 15),
];

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, strace"]
fn a_receipt_is_there_whole_or_not_at_all_wherever_the_disk_fills() {
    let template = Padan::new();
    let (bkn, bpjs) = (template.party("bkn"), template.party("bpjs"));
    let theirs = bpjs.prepare("peserta_pns", "full", 1, &sheets::peserta_pns(19));
    bpjs.drop_locally(&theirs);
    template.poll();
    // A refusal's receipt is there already, and the new one takes its place. One row is refused again, so that it has all
    // four files.
    let send = |rows: usize| {
        let sheet = sheets::pns(rows).set(1, "nik", "salah");
        let stem = bkn.prepare("pns", "full", 1, &sheet);
        bkn.drop_locally(&stem);
        stem
    };
    let stem = send(4);
    template.poll();
    assert_eq!(Receipt::read(&bkn, &stem).code(), "ROWS_REFUSED");
    send(40);

    let mut half_way = 0;
    for (call, step) in WRITES {
        let mut tried = 0;
        for n in (1..).step_by(step) {
            let padan = template.copy();
            let bkn = padan.party("bkn");
            let files = match call {
                "write" => receipt_files(&padan, &stem),
                _ => vec![],
            };
            let done = poll_while_the_disk_fills(&padan, call, n, &files);
            half_way += usize::from(assert_whole_or_absent(&bkn, &stem));
            if done {
                break;
            }
            tried += 1;
            // There is room again, and nobody waits for the next try.
            padan.write_ledger("UPDATE deliveries SET retry_at = NULL");
            padan.poll();
            let receipt = Receipt::read(&bkn, &stem).accepted();
            assert_eq!(receipt.rows().pick("kode"), ["NIK_BENTUK"], "{call} {n}");
            assert_eq!(padan.party("bpjs").outbox().len(), 1, "{call} {n}");
            let left: Vec<_> = padan
                .tree()
                .into_iter()
                .filter(|path| path.ends_with(".part"))
                .collect();
            assert_eq!(left, Vec::<String>::new(), "{call} {n}");
            assert_eq!(
                padan.ledger("SELECT count(*) FROM events WHERE outcome = 'rejected'"),
                ["1"]
            );
        }
        assert!(tried > 2, "{call}: {tried}");
    }
    assert!(half_way > 1, "never while the receipt appeared");
}

/// Every file that a receipt is written to on its way to the party, as it is made ready and as it is handed out.
fn receipt_files(padan: &Padan, stem: &str) -> Vec<PathBuf> {
    let bkn = padan.party("bkn");
    let manifest = fs::read(bkn.out().join(format!("{stem}.sha256"))).unwrap();
    let id = Sha256Digest::of(&manifest).to_string();
    let ready = padan.data().join("staging").join(id).join("work/out.new");
    let mut files = vec![ready.join(".closing.json.part")];
    for ending in [".json", ".json.sig", ".txt", ".rows.csv.age"] {
        files.push(ready.join(format!("receipts/{stem}{ending}")));
        files.push(ready.join(format!("receipts/.{stem}{ending}.part")));
        files.push(bkn.receipts().join(format!(".{stem}{ending}.part")));
    }
    files
}

/// `padan poll` on a disk that is full from the `n`-th call on, for these files or for all; whether it ended well all the
/// same.
fn poll_while_the_disk_fills(padan: &Padan, call: &str, n: usize, files: &[PathBuf]) -> bool {
    let output = Command::new("strace")
        .args(
            files
                .iter()
                .flat_map(|path| ["-P".as_ref(), path.as_os_str()]),
        )
        .args(["-f", "-qq", "-o", "/dev/null", "-e"])
        .arg(format!("trace={call}"))
        .arg("-e")
        .arg(format!("inject={call}:error=ENOSPC:when={n}+"))
        .arg(BINARY)
        .args(["poll", "--config"])
        .arg(padan.path("padan.yaml"))
        .env("TMPDIR", padan.path("tmp"))
        .output()
        .unwrap();
    assert!(matches!(output.status.code(), Some(0 | 3)), "{output:?}");
    output.status.success()
}

/// What a party sees: a signature only of the document beside it, and a page only of the same verdict; all of it old or
/// all of it new. Returns whether the page is yet to come.
fn assert_whole_or_absent(bkn: &Party, stem: &str) -> bool {
    let here = bkn.receipts();
    let seen = |ending: &str| here.join(format!("{stem}{ending}")).exists();
    if seen(".json.sig") {
        let json = fs::read(here.join(format!("{stem}.json"))).unwrap();
        verify(bkn, &here, &format!("{stem}.json.sig"), &json);
    }
    if !seen(".txt") {
        return true;
    }
    let receipt = Receipt::read(bkn, stem);
    let verdict = receipt.json["verdict"].as_str().unwrap();
    assert!(receipt.text.starts_with(verdict), "{}", receipt.text);
    false
}
