//! What a reader is not entitled to does not show in counts and verdicts either.

use serde_json::Value;

use crate::padan::Padan;
use crate::sheets;

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn counts_and_verdicts_tell_no_more_than_the_rows() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    bkn.deliver("pns", 1, &sheets::pns(30));
    // A name that is nearly the same, a value that is not, one record less and one more.
    let name = format!("{}X", sheets::pns(30).get(2, "nama"));
    let mut theirs = sheets::peserta_banding(31)
        .set(2, "nama", &name)
        .set(4, "golongan", "IV/e");
    theirs.rows.remove(7);
    bpjs.deliver("peserta_banding", 1, &theirs);

    let response = bkn.response("peserta_banding", "bpjs", 1);
    let summary = response.summary();
    assert!(summary.get("rows").is_none(), "{summary}");
    let compared = &summary["reconciliations"]["pembanding"];
    for count in ["matched", "agreeing"] {
        assert!(compared.get(count).is_none(), "{count}: {summary}");
    }
    assert_eq!(compared["putusan"], Value::Object(Default::default()));
    assert_eq!(compared["jenis"]["NILAI"], 2, "{summary}");
    let page = String::from_utf8(response.plaintexts()["ringkasan.txt"].clone()).unwrap();
    for word in ["Baris", "berpasangan", "sesuai", "putusan"] {
        assert!(!page.contains(word), "{word}: {page}");
    }
    let mut seen = response
        .differences("pembanding")
        .pick("kolom nilai_bpjs putusan");
    seen.sort();
    // A record of its own that the other one lacks stands there without a column.
    assert_eq!(seen, ["  ", "golongan  ", "nama  "]);

    let own = bpjs.response("peserta_banding", "bpjs", 1);
    let summary = own.summary();
    assert_eq!(summary["rows"]["accepted"], 30);
    assert_eq!(summary["rows"]["refused"], 0);
    let compared = &summary["reconciliations"]["pembanding"];
    assert_eq!(compared["matched"], 29);
    assert_eq!(compared["agreeing"], 27);
    let mut seen = own
        .differences("pembanding")
        .pick("jenis kolom nilai_bpjs putusan");
    seen.sort();
    assert_eq!(
        seen,
        [
            "HANYA_BKN   ".to_owned(),
            "HANYA_BPJS   ".to_owned(),
            "NILAI golongan IV/e BEDA".to_owned(),
            format!("NILAI nama {name} MIRIP"),
        ]
    );
}
