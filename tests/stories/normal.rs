//! The normal case: two parties, six datasets, standard tools alone.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::padan::Padan;
use crate::party::{Packing, as_of};
use crate::sheets;

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_delivery_is_answered_with_standard_tools_alone() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));

    // The counterpart has sent nothing yet: changes go out, differences wait.
    let sheet = sheets::pns(20).set(7, "nama", "KENARI TUJUH, \"S.Kom\"");
    let quoted = sheet
        .clone()
        .set(7, "nama", "\"KENARI TUJUH, \"\"S.Kom\"\"\"");
    let receipt = bkn.deliver("pns", 1, &quoted);
    assert_eq!(receipt.file(0)["rows"], 20);
    assert_eq!(receipt.file(0)["accepted"], 20);
    assert_eq!(receipt.file(0)["waiting_for"][0], "kepesertaan");
    for words in [
        "DITERIMA",
        "Menunggu data pihak lain",
        "ACCEPTED",
        "Waiting for the other party's data",
    ] {
        assert!(receipt.text.contains(words), "{words}: {}", receipt.text);
    }
    assert!(bkn.outbox().is_empty(), "nothing for the sender yet");
    let response = bpjs.response("pns", "bkn", 1);
    assert_eq!(
        response.names(),
        ["perubahan.csv", "ringkasan.json", "ringkasan.txt"]
    );
    assert_eq!(
        response.summary()["reconciliations"]["kepesertaan"]["waiting"],
        true
    );
    let changes = response.changes();
    assert_eq!(changes.columns[..3], ["aksi", "kelas", "kolom_berubah"]);
    assert_eq!(
        changes.columns[3..],
        sheet.columns,
        "BPJS is entitled to all"
    );
    let mut expected = sheet.rows.clone();
    expected.sort();
    let received: Vec<_> = changes.rows.iter().map(|row| row[3..].to_vec()).collect();
    assert_eq!(received, expected, "whole, and sorted by key");
    assert!(
        changes
            .pick("aksi kelas")
            .iter()
            .all(|c| c == "TAMBAH FINANSIAL")
    );

    // It comes: differences for both.
    let mut theirs = sheets::peserta_pns(21).set(5, "nama", "SESEORANG YANG LAIN");
    let card = theirs.get(20, "nomor_kartu").to_owned();
    theirs.rows.remove(3);
    bpjs.deliver("peserta_pns", 1, &theirs);
    for party in [&bkn, &bpjs] {
        let response = party.response("peserta_pns", "bpjs", 1);
        let mut found = response
            .differences("kepesertaan")
            .pick("jenis nip kolom status");
        found.sort();
        let of = |row: usize| sheets::pns(21).get(row, "nip").to_owned();
        let expected = [
            format!("HANYA_BKN {}  BARU", of(3)),
            format!("HANYA_BPJS {}  BARU", of(20)),
            format!("NILAI {} nama BARU", of(5)),
            format!("NILAI {} nama BARU", of(7)),
        ];
        assert_eq!(found, expected);
        assert_eq!(
            response.summary()["reconciliations"]["kepesertaan"]["matched"],
            19
        );
    }
    let response = bkn.response("peserta_pns", "bpjs", 1);
    let changes = response.changes();
    assert_eq!(
        changes.columns[3..],
        ["nip", "nama", "nomor_kartu"],
        "three columns"
    );
    assert!(
        changes.pick("nomor_kartu").contains(&card),
        "leading zeros are kept"
    );
    assert_eq!(
        bpjs.response("peserta_pns", "bpjs", 1).names()[2..4],
        ["calon_padanan_kepesertaan.csv", "perbedaan_kepesertaan.csv"]
    );

    // What became of it stands on the page.
    bkn.sftp("get STATUS.txt ../STATUS.txt");
    let page = fs::read_to_string(bkn.path("STATUS.txt")).unwrap();
    assert!(page.contains(&bkn.stem("pns", "full", 1)), "{page}");
    assert!(page.contains("DITERIMA"), "{page}");
    padan.assert_nowhere(&[sheet.secrets(), theirs.secrets()].concat());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn bkn_never_receives_what_it_is_not_entitled_to() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    bkn.deliver("pns", 1, &sheets::pns(20));
    let theirs = sheets::peserta_banding(20)
        .set(2, "golongan", "IV/e")
        .set(4, "alamat_domisili", "Jalan Yang Dirahasiakan 99")
        .set(6, "tempat_lahir", "Kota Yang Dirahasiakan");
    let mut more = sheets::peserta_banding(21);
    let only_theirs = more.rows.remove(20);
    let mut theirs = theirs;
    theirs.rows.push(only_theirs.clone());
    bpjs.deliver("peserta_banding", 1, &theirs);

    let response = bkn.response("peserta_banding", "bpjs", 1);
    assert_eq!(
        response.names(),
        [
            "berita_acara_pembanding.html",
            "berita_acara_pembanding.pdf",
            "perbedaan_pembanding.csv",
            "ringkasan.json",
            "ringkasan.txt",
            "ringkasan_pembanding.html",
        ],
        "no changes"
    );
    let found = response.differences("pembanding");
    let mut columns = found.pick("jenis kolom nilai_bpjs");
    columns.sort();
    assert_eq!(
        columns,
        [
            "NILAI alamat_domisili ",
            "NILAI golongan ",
            "NILAI tempat_lahir "
        ]
    );
    for secret in [
        "IV/e",
        "Dirahasiakan",
        &only_theirs[0],
        &only_theirs[1],
        &only_theirs[2],
    ] {
        assert!(!response.mentions(secret), "{secret}");
    }

    let own = bpjs.response("peserta_banding", "bpjs", 1);
    assert_eq!(
        own.names(),
        [
            "berita_acara_pembanding.html",
            "berita_acara_pembanding.pdf",
            "calon_padanan_pembanding.csv",
            "perbedaan_pembanding.csv",
            "ringkasan.json",
            "ringkasan.txt",
            "ringkasan_pembanding.html"
        ]
    );
    let mut found = own
        .differences("pembanding")
        .pick("jenis kolom nilai_bkn nilai_bpjs acuan tindakan");
    found.sort();
    assert_eq!(
        found,
        [
            "HANYA_BPJS     PERIKSA_BERSAMA",
            "NILAI alamat_domisili Jalan Kenanga 7 Jalan Yang Dirahasiakan 99  INFORMASI",
            "NILAI golongan III/a IV/e BKN ADOPSI_BPJS",
            "NILAI tempat_lahir Kota Bandung Kota Yang Dirahasiakan DUKCAPIL RUJUK_DUKCAPIL",
        ]
    );

    // Nor when BKN's own delivery brings them about.
    bkn.deliver("pns", 2, &sheets::pns(20).set(9, "golongan", "II/b"));
    let response = bkn.response("pns", "bkn", 2);
    for secret in ["IV/e", "Dirahasiakan", &only_theirs[0]] {
        assert!(!response.mentions(secret), "{secret}");
    }
    assert_eq!(response.differences("pembanding").rows.len(), 4);
    padan.assert_nowhere(&theirs.secrets());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn several_files_in_one_manifest_are_one_delivery() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let stem = format!("kiriman_{}", as_of());
    let names =
        [("pns", sheets::pns(12)), ("keluarga", sheets::keluarga(12))].map(|(dataset, sheet)| {
            let name = format!("{}.csv", bkn.stem(dataset, "full", 1));
            bkn.encrypt(&name, &sheet.csv(), Packing::Plain)
        });
    bkn.sum_and_sign(&stem, &names.each_ref().map(String::as_str));
    // The manifest arrives first, in a folder of its own.
    bkn.sftp(&format!(
        "mkdir inbox/november\nput {stem}.sha256 inbox/november/\nput {stem}.sha256.sig inbox/november/\n\
         put {} inbox/november/\nput {} inbox/november/",
        names[1], names[0]
    ));
    let receipt = bkn.receipt(&stem).accepted();
    let datasets = [0, 1].map(|file| receipt.file(file)["dataset"].as_str().unwrap().to_owned());
    assert_eq!(datasets, ["pns", "keluarga"]);
    assert_eq!(bpjs.response("pns", "bkn", 1).changes().rows.len(), 12);
    let family = bpjs.response("keluarga", "bkn", 1);
    assert_eq!(family.changes().rows.len(), 12);
    assert_eq!(
        family.names()[0],
        "perubahan.csv",
        "no counterpart: changes alone"
    );
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn every_dataset_of_the_example_is_answered() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    bkn.deliver("keluarga", 1, &sheets::keluarga(10));
    bpjs.deliver("pejabat_negara", 1, &sheets::pejabat_negara(10));
    bpjs.deliver("keluarga_pejabat", 1, &sheets::keluarga_pejabat(10));
    for (dataset, columns) in [
        ("pejabat_negara", sheets::pejabat_negara(0).columns),
        ("keluarga_pejabat", sheets::keluarga_pejabat(0).columns),
    ] {
        let changes = bkn.response(dataset, "bpjs", 1).changes();
        assert_eq!(changes.columns[3..], columns);
        assert_eq!(changes.rows.len(), 10);
    }
    assert_eq!(bkn.outbox().len(), 2);
    assert_eq!(bpjs.outbox().len(), 1);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_downloaded_folder_belongs_to_whoever_downloaded_it() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    bkn.deliver("pns", 1, &sheets::pns(3));
    let folder = bpjs.outbox().remove(0);
    bpjs.response("pns", "bkn", 1);
    let local = bpjs.path("in").join(folder);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    // Its owner opens the files beside themselves, and removes all of it one day.
    assert_eq!(mode(&local) & 0o700, 0o700, "{:o}", mode(&local));
    assert_eq!(mode(&local.join("SHA256SUMS")) & 0o400, 0o400);
    // Nobody else reads them.
    for path in [&local, &local.join("perubahan.csv.age")] {
        assert_eq!(
            mode(path) & 0o077,
            0,
            "{}: {:o}",
            path.display(),
            mode(path)
        );
    }
}
