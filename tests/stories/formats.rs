//! The ways in which a CSV file may be written.

use crate::padan::Padan;
use crate::party::Packing;
use crate::sheets;

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp, gzip, zstd"]
fn whatever_wrote_it_the_same_rows_are_read() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let sheet = sheets::pns(15);
    bkn.deliver("pns", 1, &sheet);
    let plain = sheet.text(",", "\n");
    let cases = [
        ("gzip", Packing::Gzip, plain.clone()),
        ("zstd", Packing::Zstd, plain.clone()),
        ("semicolons", Packing::Plain, sheet.text(";", "\n")),
        ("bars, compressed", Packing::Gzip, sheet.text("|", "\n")),
        ("tabs", Packing::Plain, sheet.text("\t", "\n")),
        (
            "byte order mark",
            Packing::Plain,
            format!("\u{feff}{plain}"),
        ),
        ("carriage returns", Packing::Plain, sheet.text(",", "\r\n")),
        (
            "all of it",
            Packing::Zstd,
            format!("\u{feff}{}", sheet.clone().reversed().text(";", "\r\n")),
        ),
        (
            "no line end at the end",
            Packing::Plain,
            plain.trim_end().to_owned(),
        ),
        (
            "other order",
            Packing::Plain,
            sheet.clone().reversed().text(",", "\n"),
        ),
        (
            "upper-case header",
            Packing::Plain,
            plain.replacen("nip,nik", "NIP,Nik", 1),
        ),
    ];
    for (number, (name, packing, text)) in cases.into_iter().enumerate() {
        let sequence = number as u32 + 2;
        let stem = bkn.stem("pns", "full", sequence);
        let file = bkn.encrypt(&format!("{stem}.csv"), text.as_bytes(), packing);
        bkn.sum_and_sign(&stem, &[&file]);
        bkn.put(&format!("{stem}.*"));
        let receipt = bkn.receipt(&stem).accepted();
        assert_eq!(receipt.file(0)["accepted"], 15, "{name}");
        let changes = bpjs.response("pns", "bkn", sequence).changes();
        assert!(
            changes.rows.is_empty(),
            "{name}: nothing changed: {changes:?}"
        );
    }
    padan.assert_nowhere(&sheet.secrets());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn spellings_are_normalised_and_doubts_are_reported() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let sheet = sheets::pns(60)
        .set(0, "golongan", "IIIa")
        .set(1, "jenis_kelamin", "Laki-laki")
        .set(2, "tmt_golongan", "01/04/2020")
        .set(3, "tmt_golongan", "2020-04-17")
        .set(4, "nip", "1.98E+17");
    let receipt = bkn.deliver("pns", 1, &sheet);
    assert_eq!(receipt.file(0)["refused"], 1);
    assert_eq!(receipt.finding(0, "GOLONGAN_DINORMALKAN"), 1);
    let told = receipt.rows().pick("baris tingkat kode kolom nilai");
    assert_eq!(
        told,
        [
            "5 WARN TMT_BUKAN_AWAL_BULAN tmt_golongan 2020-04-17",
            "6 ERROR RUSAK_SPREADSHEET nip 1.98E+17",
        ]
    );
    let changes = bpjs.response("pns", "bkn", 1).changes();
    assert_eq!(changes.rows.len(), 59);
    assert!(changes.pick("golongan").iter().all(|g| g == "III/a"));
    assert!(
        changes
            .pick("jenis_kelamin")
            .iter()
            .all(|s| s == "L" || s == "P")
    );
    let dates = changes.pick("tmt_golongan");
    assert_eq!(dates.iter().filter(|d| *d == "2020-04-01").count(), 58);
}
