//! A refused row tells nothing: what was known under its key stays, and nobody is told that somebody left.

use crate::answers::Response;
use crate::padan::Padan;
use crate::sheets;

/// Nobody reads of this person as gone, alone or settled.
fn assert_unmoved(response: &Response, nip: &str) {
    let changes = response.changes().pick("aksi nip");
    assert!(
        changes.iter().all(|change| !change.contains(nip)),
        "{changes:?}"
    );
    let found = response
        .differences("kepesertaan")
        .pick("jenis kolom status nip");
    assert!(
        found
            .iter()
            .filter(|difference| difference.contains(nip))
            .eq([&format!("NILAI nama MASIH {nip}")]),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .all(|difference| !difference.contains("SELESAI")),
        "{found:?}"
    );
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_refused_row_leaves_the_record_as_it_was_known() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    bpjs.deliver(
        "peserta_pns",
        1,
        &sheets::peserta_pns(60).set(5, "nama", "SESEORANG YANG LAIN"),
    );
    let sheet = sheets::pns(60);
    let nip = sheet.get(5, "nip").to_owned();
    bkn.deliver("pns", 1, &sheet);

    // Refused by itself; another one is really gone.
    let mut spoilt = sheet.clone().set(5, "golongan", "Penata");
    let gone = spoilt.rows.pop().unwrap();
    let receipt = bkn.deliver("pns", 2, &spoilt);
    assert_eq!(receipt.file(0)["refused"], 1);
    assert_eq!(receipt.file(0)["carried_over"], 1);
    assert!(receipt.text.contains('1'));
    let response = bpjs.response("pns", "bkn", 2);
    assert_unmoved(&response, &nip);
    assert_eq!(
        response.changes().pick("aksi nip"),
        [format!("HAPUS {}", gone[0])]
    );

    // Its key twice, both rows sound.
    let mut twice = sheet.clone();
    twice.rows.push(twice.rows[5].clone());
    let receipt = bkn.deliver("pns", 3, &twice);
    assert_eq!(receipt.file(0)["refused"], 2);
    assert_eq!(receipt.file(0)["carried_over"], 1);
    assert_eq!(receipt.finding(0, "KUNCI_GANDA"), 2);
    let response = bpjs.response("pns", "bkn", 3);
    assert_unmoved_but_back(&response, &nip, &gone[0]);

    // A sound row and a refused copy of its key: which one is meant, nobody can tell.
    let mut doubtful = sheet.clone().set(5, "lokasi_kerja", "Bogor");
    doubtful.rows.push(sheet.rows[5].clone());
    let doubtful = doubtful.set(60, "golongan", "Penata");
    let receipt = bkn.deliver("pns", 4, &doubtful);
    assert_eq!(receipt.file(0)["refused"], 2);
    assert_eq!(receipt.file(0)["carried_over"], 1);
    let mut told = receipt.rows().pick("baris kode");
    told.sort();
    assert_eq!(told, ["62 GOLONGAN_BENTUK", "7 KUNCI_GANDA"]);
    let response = bpjs.response("pns", "bkn", 4);
    assert_unmoved(&response, &nip);
    assert!(response.changes().rows.is_empty());

    // The record is still the first one.
    bkn.deliver("pns", 5, &sheet);
    assert!(bpjs.response("pns", "bkn", 5).changes().rows.is_empty());
}

/// As before, but that the one who was gone came back.
fn assert_unmoved_but_back(response: &Response, nip: &str, back: &str) {
    assert_eq!(
        response.changes().pick("aksi nip"),
        [format!("TAMBAH {back}")]
    );
    let found = response.differences("kepesertaan").pick("jenis nip status");
    let mut expected = [
        format!("HANYA_BPJS {back} SELESAI"),
        format!("NILAI {nip} MASIH"),
    ];
    expected.sort();
    let mut found = found;
    found.sort();
    assert_eq!(found, expected);
}
