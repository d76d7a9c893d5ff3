//! From the spreadsheet to the receipt, over real SFTP, also where the line breaks.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use crate::line::{End, Line};
use crate::trial::Trial;
use crate::workbooks::sound;

const STEM: &str = "bpjs_peserta_pns_full_2026-11-20_0001";

#[test]
fn a_workbook_becomes_an_accepted_delivery_with_one_command() {
    let trial = Trial::start();
    let path = sound(&trial, "peserta_pns 2026-11-20.xlsx", 300);
    let file = path.to_str().unwrap();
    trial.seal("bpjs", &["--send", file]).ended(
        0,
        &[
            "300 baris diperiksa: 300 baik",
            &format!("DITERIMA: {STEM}"),
            &format!("ACCEPTED: {STEM}"),
            "Baris: 300   diterima: 300   ditolak: 0",
            "Tanda tangan tanda terima BENAR",
        ],
    );
    let receipts = trial.party("bpjs").join("sent/receipts");
    for ending in ["txt", "json", "json.sig"] {
        assert!(receipts.join(format!("{STEM}.{ending}")).is_file());
    }
    // The same again changes nothing and says so; other data has the next number.
    trial
        .seal("bpjs", &["--send", file])
        .ended(0, &["sudah disegel sebagai", "DITERIMA", "_0001"]);
    sound(&trial, "peserta_pns 2026-11-20.xlsx", 301);
    trial
        .seal("bpjs", &["--send", file])
        .ended(0, &["DITERIMA: bpjs_peserta_pns_full_2026-11-20_0002"]);
    assert!(trial.on_server("bpjs", "inbox").is_empty());
}

#[test]
fn the_next_number_is_known_by_the_service_where_the_folder_is_lost() {
    let trial = Trial::start();
    let send = |count| {
        let path = sound(&trial, "peserta_pns 2026-11-20.xlsx", count);
        trial.seal("bpjs", &["--send", path.to_str().unwrap()])
    };
    send(10).ended(0, &["_0001"]);
    send(11).ended(0, &["_0002"]);
    fs::remove_dir_all(trial.party("bpjs").join("sent")).unwrap();
    send(12).ended(0, &["DITERIMA: bpjs_peserta_pns_full_2026-11-20_0003"]);
    let path = sound(&trial, "peserta_pns 2026-11-20.xlsx", 13);
    trial
        .seal(
            "bpjs",
            &["--send", "--sequence", "2", path.to_str().unwrap()],
        )
        .ended(1, &["SEQUENCE_OLD", "last number on the server: 3"]);
}

#[test]
fn a_refusal_by_the_service_is_told_and_its_number_is_free_again() {
    let trial = Trial::start();
    let path = trial.file("peserta_pns 2026-11-20.csv");
    let file = path.to_str().unwrap();
    fs::write(
        &path,
        "aksi,nip,nama,nomor_kartu\nTAMBAH,197001151994011001,RATNA,0001234567890\n",
    )
    .unwrap();
    trial.seal("bpjs", &["--send", file]).ended(
        1,
        &[
            "DITOLAK: bpjs_peserta_pns_delta_2026-11-20_0001",
            "DELTA_WITHOUT_BASE",
            "its number is free again",
        ],
    );
    assert!(
        trial
            .sent("bpjs")
            .iter()
            .any(|name| name.contains("_0001.refused-")),
        "{:?}",
        trial.sent("bpjs")
    );
    fs::write(
        &path,
        "nip,nama,nomor_kartu\n197001151994011001,RATNA,0001234567890\n",
    )
    .unwrap();
    let run = trial.seal("bpjs", &["--send", file]);
    run.ended(0, &["DITERIMA: bpjs_peserta_pns_full_2026-11-20_0001"]);
    assert!(
        !run.out.contains("terlewat"),
        "no number is missed: {}",
        run.out
    );
}

#[test]
fn whoever_does_not_wait_gets_the_receipt_with_the_same_command() {
    let trial = Trial::start();
    let path = sound(&trial, "peserta_pns 2026-11-20.xlsx", 50);
    let file = path.to_str().unwrap();
    let run = trial.seal("bpjs", &["--send", "--no-wait", file]);
    run.ended(0, &["Terkirim: bpjs_peserta_pns_full_2026-11-20_0001"]);
    assert!(!run.out.contains("DITERIMA"));
    trial
        .seal("bpjs", &["--send", file])
        .ended(0, &["DITERIMA: bpjs_peserta_pns_full_2026-11-20_0001"]);
}

#[test]
fn a_delivery_that_another_program_uploaded_is_not_uploaded_twice() {
    let trial = Trial::start();
    let path = sound(&trial, "peserta_pns 2026-11-20.xlsx", 50);
    let file = path.to_str().unwrap();
    trial.seal("bpjs", &[file]).ended(0, &["Tersegel"]);
    // As WinSCP would: the files of the folder, one by one.
    let folder = trial.party("bpjs").join("sent").join(STEM);
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        fs::copy(
            entry.path(),
            trial
                .path("data/parties/bpjs/inbox")
                .join(entry.file_name()),
        )
        .unwrap();
    }
    trial
        .seal("bpjs", &["--send", file])
        .ended(0, &[&format!("DITERIMA: {STEM}")]);
}

#[test]
fn a_receipt_by_a_revoked_key_is_not_believed() {
    let trial = Trial::start();
    let path = sound(&trial, "peserta_pns 2026-11-20.xlsx", 5);
    let file = path.to_str().unwrap();
    trial.edit_profile("bpjs", |line| {
        line.starts_with("signers:")
            .then(|| format!("{line}\nrevoked: revoked"))
    });
    let key = trial.path("keys/service/signing_key.pub");
    fs::copy(key, trial.party("bpjs").join("revoked")).unwrap();
    let run = trial.seal("bpjs", &["--send", file]);
    run.ended(3, &["not signed by the service", "SIGNER_REVOKED"]);
    assert!(!run.out.contains("DITERIMA"));
    fs::write(trial.party("bpjs").join("revoked"), "").unwrap();
    trial
        .seal("bpjs", &["--send", file])
        .ended(0, &["DITERIMA"]);
}

#[test]
fn a_receipt_that_is_not_the_services_is_not_believed() {
    let trial = Trial::start();
    let path = sound(&trial, "peserta_pns 2026-11-20.xlsx", 5);
    let signers = trial.party("bpjs").join("padan_signers");
    let own = fs::read_to_string(trial.party("bkn").join("id_ed25519.pub")).unwrap();
    fs::write(&signers, format!("padan namespaces=\"padan\" {own}")).unwrap();
    let run = trial.seal("bpjs", &["--send", path.to_str().unwrap()]);
    run.ended(3, &["not signed by the service", "SIGNER_UNKNOWN"]);
    assert!(!run.out.contains("DITERIMA"));
}

#[test]
fn an_upload_goes_on_where_the_line_was_cut() {
    let trial = Trial::start();
    let path = large(&trial);
    let line = Line::to(trial.port, 700 << 10, End::Cut);
    trial.point_at(line.port);
    trial
        .seal(
            "bpjs",
            &["--send", "--compress", "none", path.to_str().unwrap()],
        )
        .ended(
            0,
            &[
                "dicoba lagi / trying again",
                "/ going on after ",
                &format!("DITERIMA: {STEM}"),
            ],
        );
    line.reached.try_recv().expect("the line was cut");
}

#[test]
fn an_upload_goes_on_after_its_program_was_killed() {
    let trial = Trial::start();
    let path = large(&trial);
    let line = Line::to(trial.port, 700 << 10, End::Stalled);
    trial.point_at(line.port);
    let args = ["--send", "--compress", "none", path.to_str().unwrap()];
    let mut child = trial
        .command("bpjs", &args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    line.reached.recv().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    trial.point_at(trial.port);
    trial.seal("bpjs", &args).ended(
        0,
        &[
            "sudah disegel sebagai",
            "/ going on after ",
            &format!("DITERIMA: {STEM}"),
        ],
    );
}

#[test]
fn another_file_of_that_name_is_not_written_over() {
    let trial = Trial::start();
    let path = sound(&trial, "peserta_pns 2026-11-20.xlsx", 50);
    let theirs = trial
        .path("data/parties/bpjs/inbox")
        .join(format!("{STEM}.csv.zst.age"));
    fs::write(&theirs, b"age-encryption.org/v1\nsomebody else's").unwrap();
    trial
        .seal("bpjs", &["--send", path.to_str().unwrap()])
        .ended(1, &["another file called", "lies in the inbox"]);
    assert_eq!(
        fs::read(theirs).unwrap(),
        b"age-encryption.org/v1\nsomebody else's"
    );
}

/// More than a megabyte as CSV.
fn large(trial: &Trial) -> PathBuf {
    let mut text = "nip,nama,nomor_kartu\n".to_owned();
    for n in 0..20_000_u32 {
        let (month, year) = (n % 12 + 1, 1970 + n / 12 % 20);
        let serial = n / 240 + 1;
        text.push_str(&format!(
            "{year}{month:02}15{}011{serial:03},RATNA HARAHAP NUMBER {n},{:013}\n",
            year + 24,
            1_000_000 + n
        ));
    }
    let path = trial.file("peserta_pns 2026-11-20.csv");
    fs::write(&path, text).unwrap();
    path
}
