//! Too many refused rows: the file as a whole is refused, and its sender gets every row back.

use super::assert_helps;
use crate::padan::Padan;
use crate::sheets;

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn every_row_refused_is_listed_for_its_sender_alone() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let sheet = sheets::pns(8)
        .set(0, "nip", "131234567")
        .set(1, "nip", "198003152021211001")
        .set(2, "nik", "3171011234567890")
        .set(3, "golongan", "V/a")
        .set(4, "tanggal_lahir", "00-00-0000")
        .set(5, "jenis_kelamin", "X")
        .set(6, "nama", "")
        .set(7, "masa_kerja_golongan_bulan", "12");
    let stem = bkn.send("pns", 1, &sheet);
    let receipt = bkn.receipt(&stem);
    assert_eq!(receipt.code(), "ROWS_REFUSED");
    assert_helps(&receipt);
    assert_eq!(receipt.json["problem"]["rows"]["refused"], 8);
    assert_eq!(
        receipt
            .rows()
            .pick("dataset baris tingkat kode kolom nilai"),
        [
            "pns 2 ERROR NIP_LAMA nip 131234567",
            "pns 3 ERROR NI_PPPK nip 198003152021211001",
            "pns 4 ERROR NIK_BENTUK nik 3171011234567890",
            "pns 5 ERROR GOLONGAN_BENTUK golongan V/a",
            "pns 6 ERROR TANGGAL_PENGGANTI tanggal_lahir 00-00-0000",
            "pns 7 ERROR JENIS_KELAMIN_BENTUK jenis_kelamin X",
            "pns 8 ERROR KOSONG_WAJIB nama ",
            "pns 9 ERROR ANGKA_DI_LUAR_BATAS masa_kerja_golongan_bulan 12",
        ]
    );
    assert!(
        receipt
            .rows()
            .pick("pesan message")
            .iter()
            .all(|text| text.len() > 20)
    );
    assert!(bkn.outbox().is_empty() && bpjs.outbox().is_empty());
    let rows = bkn.receipts().join(format!("{stem}.rows.csv.age"));
    let identity = bpjs.path("age_identity.txt");
    let args = [
        "-d",
        "-i",
        identity.to_str().unwrap(),
        rows.to_str().unwrap(),
    ];
    assert!(!crate::tools::run("/", "age", args, b"").status.success());
    padan.assert_nowhere(&sheet.secrets());
    // What stood in the faulty cells is in the list alone, not in what anybody may read.
    let open = receipt.text.clone() + &receipt.json.to_string();
    for value in [
        "131234567",
        "198003152021211001",
        "3171011234567890",
        "V/a",
        "00-00-0000",
    ] {
        assert!(!open.contains(value), "{value}: {open}");
    }
    let places = receipt.file(0)["first_faults"].as_array().unwrap().iter();
    let places: Vec<_> = places
        .map(|fault| format!("{} {}", fault["line"], fault["column"]))
        .collect();
    assert_eq!(places[..2], ["2 \"nip\"", "3 \"nip\""]);
    assert_eq!(places.len(), 8);

    // Mended under the same sequence: nothing was used up.
    bkn.sftp("rm receipts/*");
    bkn.deliver("pns", 1, &sheets::pns(8));
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_key_twice_refuses_every_copy() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let mut sheet = sheets::pns(60);
    sheet.rows.push(sheet.rows[10].clone());
    sheet.rows[60][8] = "BU-2".to_owned();
    let receipt = bkn.deliver("pns", 1, &sheet);
    assert_eq!(receipt.file(0)["refused"], 2);
    assert_eq!(receipt.finding(0, "KUNCI_GANDA"), 2);
    let nip = sheet.get(10, "nip").to_owned();
    assert_eq!(
        receipt.rows().pick("baris kode kunci"),
        [
            format!("12 KUNCI_GANDA {nip}"),
            format!("62 KUNCI_GANDA {nip}")
        ]
    );
    assert!(!bpjs.response("pns", "bkn", 1).mentions(&nip));

    let mut copies = sheets::pns(1);
    copies.rows = vec![copies.rows[0].clone(); 300];
    let stem = bkn.send("pns", 2, &copies);
    let receipt = bkn.receipt(&stem);
    assert_eq!(receipt.code(), "ROWS_REFUSED");
    assert_eq!(receipt.json["problem"]["rows"]["refused"], 300);
}
