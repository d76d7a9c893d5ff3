//! The disk is full: nothing is lost, nobody is told a mistake of theirs, and all goes on when there is room again.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

use crate::padan::Padan;
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
