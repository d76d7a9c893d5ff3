//! The receipt as proof: what it tells is what the standard tools find, and `padan verify` says what it is worth.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::answers::Receipt;
use crate::padan::{BINARY, Padan};
use crate::party::Party;
use crate::sheets::{self, Sheet};
use crate::tools::{run, succeed};

/// `sha256sum` of a file.
fn sum(file: &Path) -> String {
    let told = succeed("/", "sha256sum", [file], b"");
    String::from_utf8(told).unwrap()[..64].to_owned()
}

/// `ssh-keygen -l` of a public key.
fn fingerprint(key: &Path) -> String {
    let args = ["-l".as_ref(), "-f".as_ref(), key.as_os_str()];
    let told = String::from_utf8(succeed("/", "ssh-keygen", args, b"")).unwrap();
    told.split(' ').nth(1).unwrap().to_owned()
}

fn texts(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap().iter();
    list.map(|text| text.as_str().unwrap()).collect()
}

fn stages(receipt: &Receipt) -> Vec<&str> {
    let timing = receipt.json["timing"].as_array().unwrap().iter();
    timing
        .map(|time| {
            assert!(time["ms"].as_u64().unwrap() < 600_000, "{time}");
            time["stage"].as_str().unwrap()
        })
        .collect()
}

/// `padan verify` as a party calls it.
fn verify(party: &Party, args: &[&str]) -> Output {
    Command::new(BINARY)
        .arg("verify")
        .args(args)
        .current_dir(party.path("."))
        .output()
        .unwrap()
}

/// `ssh-keygen -Y verify` of the same pair, as of a day.
fn ssh_keygen_agrees(party: &Party, json: &Path, day: &str) -> bool {
    let args = format!("-Y verify -f padan_signers -I padan -n padan -O verify-time={day} -s");
    let mut args: Vec<_> = args.split(' ').map(str::to_owned).collect();
    args.push(format!("{}.sig", json.display()));
    let output = run(
        party.path("."),
        "ssh-keygen",
        &args,
        &fs::read(json).unwrap(),
    );
    output.status.success()
}

/// Two rows at fault, one to be looked at, and a column order of its own.
fn doubtful() -> Sheet {
    let mut sheet = sheets::pns(60)
        .set(30, "nik", "salah")
        .set(7, "golongan", "V/z")
        .set(2, "tmt_golongan", "2019-04-02");
    sheet.columns.swap(0, 5);
    for row in &mut sheet.rows {
        row.swap(0, 5);
    }
    sheet
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_receipt_tells_what_the_tools_find() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let sheet = doubtful();
    let receipt = bkn.deliver("pns", 1, &sheet);
    let stem = bkn.stem("pns", "full", 1);
    let out = bkn.out();
    fs::write(out.join("plain.csv"), sheet.csv()).unwrap();
    for (field, found) in [
        ("delivery", sum(&out.join(format!("{stem}.sha256")))),
        ("signer", fingerprint(&bkn.path("id_ed25519.pub"))),
        ("agreement", sum(&padan.path("agreement.yaml"))),
        (
            "rows_file_sha256",
            sum(&bkn.receipts().join(format!("{stem}.rows.csv.age"))),
        ),
    ] {
        assert_eq!(receipt.json[field], found.as_str(), "{field}");
    }
    assert_eq!(receipt.json["format"], "padan-receipt-2");
    assert_eq!(receipt.json["stage"], "respond");
    assert_eq!(
        receipt.json["software"],
        concat!("padan ", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(
        texts(&receipt.json["agreement_numbers"]),
        ["420/KTR/1016", "41/K/KS/X/2016"]
    );
    assert_eq!(
        stages(&receipt),
        ["claim", "verify", "open", "ingest", "reconcile", "respond"]
    );
    let file = receipt.file(0);
    assert_eq!(
        file["sha256"],
        sum(&out.join(format!("{stem}.csv.age"))).as_str()
    );
    assert_eq!(
        file["plaintext_sha256"],
        sum(&out.join("plain.csv")).as_str()
    );
    assert_eq!(
        file["first_faults"],
        json!([
            {"line": 9, "column": "golongan", "code": "GOLONGAN_BENTUK", "level": "ERROR"},
            {"line": 32, "column": "nik", "code": "NIK_BENTUK", "level": "ERROR"},
            {"line": 4, "column": "tmt_golongan", "code": "TMT_BUKAN_AWAL_BULAN", "level": "WARN"},
        ])
    );
    for line in [
        "        9 ERROR golongan                   GOLONGAN_BENTUK",
        "        4 WARN  tmt_golongan               TMT_BUKAN_AWAL_BULAN",
    ] {
        assert!(receipt.text.contains(line), "{}", receipt.text);
    }
    let columns = &file["columns"];
    assert_eq!(texts(&columns["received"]), sheet.columns);
    assert_eq!(texts(&columns["kept"]), sheet.columns);
    assert_eq!(columns["dropped"], json!([]));
    let disclosed = &columns["disclosed"][0];
    assert_eq!(disclosed["to"], "bpjs");
    assert_eq!(disclosed["rule"], "entitlement.bpjs.pns: all");
    assert_eq!(disclosed["withheld"], json!([]));

    // What goes to the other side is what the receipt says, and by the rule it names.
    let theirs = sheets::peserta_pns(20);
    let receipt = bpjs.deliver("peserta_pns", 1, &theirs);
    let disclosed = &receipt.file(0)["columns"]["disclosed"][0];
    assert_eq!(
        disclosed["rule"],
        "entitlement.bkn.peserta_pns: [nip, nama, nomor_kartu]"
    );
    let response = bkn.response("peserta_pns", "bpjs", 1);
    assert_eq!(
        texts(&disclosed["columns"]),
        response.changes().columns[3..]
    );

    // No rule, no column.
    let mut banding = sheets::pns(10);
    banding.rows.truncate(10);
    let receipt = bpjs.deliver("peserta_banding", 1, &banding);
    let disclosed = &receipt.file(0)["columns"]["disclosed"][0];
    assert_eq!(disclosed["rule"], Value::Null);
    assert_eq!(disclosed["columns"], json!([]));
    assert_eq!(texts(&disclosed["withheld"]), banding.columns);
    padan.assert_nowhere(&[sheet.secrets(), theirs.secrets()].concat());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_refusal_tells_as_much_as_was_proven() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    let signer = fingerprint(&bkn.path("id_ed25519.pub"));

    // Read to the end, and refused for its rows: nothing is kept of it and nothing leaves.
    let sheet = sheets::pns(8).set(3, "nik", "salah");
    let stem = bkn.send("pns", 1, &sheet);
    let receipt = bkn.receipt(&stem);
    assert_eq!(receipt.code(), "ROWS_REFUSED");
    assert_eq!(receipt.json["stage"], "ingest");
    assert_eq!(receipt.json["signer"], signer.as_str());
    assert_eq!(stages(&receipt), ["claim", "verify", "open", "ingest"]);
    let file = receipt.file(0);
    fs::write(bkn.out().join("plain.csv"), sheet.csv()).unwrap();
    assert_eq!(
        file["plaintext_sha256"],
        sum(&bkn.out().join("plain.csv")).as_str()
    );
    assert_eq!((&file["rows"], &file["refused"]), (&json!(8), &json!(1)));
    assert_eq!(file["accepted"], Value::Null);
    assert_eq!(receipt.finding(0, "NIK_BENTUK"), 1);
    assert_eq!(file["first_faults"][0]["line"], 5);
    assert_eq!(file["columns"]["kept"], json!([]));
    assert_eq!(file["columns"]["disclosed"], json!([]));
    assert_eq!(texts(&file["columns"]["dropped"]), sheet.columns);

    // Verified, but not to be opened.
    let stem = bkn.stem("pns", "full", 2);
    bkn.write(&format!("{stem}.csv.age"), b"no age file");
    bkn.sum_and_sign(&stem, &[&format!("{stem}.csv.age")]);
    bkn.put(&format!("{stem}.*"));
    let receipt = bkn.receipt(&stem);
    assert_eq!(receipt.code(), "DECRYPT_DAMAGED");
    assert_eq!(receipt.json["stage"], "open");
    assert_eq!(receipt.json["signer"], signer.as_str());
    let file = receipt.file(0);
    assert_eq!(
        file["sha256"],
        sum(&bkn.out().join(format!("{stem}.csv.age"))).as_str()
    );
    for unknown in ["plaintext_sha256", "rows", "columns", "accepted"] {
        assert_eq!(file[unknown], Value::Null, "{unknown}");
    }

    // Not believed at all: nothing in it counts.
    let stem = bkn.prepare("pns", "full", 3, &sheets::pns(5));
    bkn.sign(&stem, &bkn.path("id_ed25519"), "lain");
    bkn.put(&format!("{stem}.*"));
    let receipt = bkn.receipt(&stem);
    assert_eq!(receipt.code(), "NAMESPACE_WRONG");
    assert_eq!(receipt.json["stage"], "verify");
    assert_eq!(receipt.json["signer"], Value::Null);
    assert_eq!(receipt.json["files"], Value::Null);
    padan.assert_nowhere(&sheets::pns(8).secrets());
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_delta_tells_that_its_action_is_not_kept() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    bkn.deliver("pns", 1, &sheets::pns(10));
    let mut delta = sheets::pns(2);
    delta.columns.insert(0, "aksi".to_owned());
    delta
        .rows
        .iter_mut()
        .for_each(|row| row.insert(0, "UBAH".to_owned()));
    let stem = bkn.send_delta("pns", 2, &delta);
    let receipt = bkn.receipt(&stem).accepted();
    let columns = &receipt.file(0)["columns"];
    assert_eq!(texts(&columns["received"])[0], "aksi");
    assert_eq!(columns["dropped"], json!(["aksi"]));
    assert_eq!(texts(&columns["kept"]), delta.columns[1..]);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn verify_proves_the_receipt_and_the_files_beside_it() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    let sheet = doubtful();
    bkn.deliver("pns", 1, &sheet);
    let stem = bkn.stem("pns", "full", 1);
    bkn.write(&format!("{stem}.csv"), &sheet.csv());
    let here = bkn.path("bukti");
    fs::create_dir(&here).unwrap();
    bkn.sftp("get receipts/* ../bukti/");
    let json = here.join(format!("{stem}.json"));

    // One, all in a folder, by its page; the same for machines.
    assert!(ssh_keygen_agrees(&bkn, &json, "20300101Z"));
    let service = fingerprint(&padan.path("keys/service/signing_key.pub"));
    for named in [format!("{stem}.json"), String::new(), format!("{stem}.txt")] {
        let output = verify(&bkn, &["--files", "out", &format!("bukti/{named}")]);
        assert!(output.status.success(), "{output:?}");
        let told = String::from_utf8(output.stdout).unwrap();
        for part in [
            &format!(
                "TERBUKTI: ditandatangani layanan Padan dan tidak berubah sejak itu; kunci {service}"
            ),
            &format!("PROVEN: signed by the Padan service and unchanged since; key {service}"),
            &sum(&bkn.out().join(format!("{stem}.sha256"))),
            &fingerprint(&bkn.path("id_ed25519.pub")),
            &format!("{stem}.csv.age: 60 rows, 58 accepted, 2 refused"),
            &format!("SAMA: {stem}.sha256 (manifes)"),
            &format!("SAME: {stem}.csv.age (file as sent)"),
            &format!("SAME: {stem}.csv (plaintext)"),
        ] {
            assert!(told.contains(part.as_str()), "{part}: {told}");
        }
        for secret in sheet.secrets() {
            assert!(!told.contains(&secret));
        }
    }
    // The page is for reading; one that was altered is told.
    let page = here.join(format!("{stem}.txt"));
    let honest = fs::read_to_string(&page).unwrap();
    fs::write(&page, honest.replace("DITERIMA", "DITOLAK")).unwrap();
    let output = verify(&bkn, &[&format!("bukti/{stem}.txt")]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    fs::write(&page, honest).unwrap();
    let output = verify(&bkn, &["--json", "--files", "bukti", "bukti"]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "the files are not there: {output:?}"
    );
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&told[0]["proven"], &told[0]["key"]),
        (&json!(true), &json!(service))
    );
    assert_eq!(told[0]["document"]["verdict"], "DITERIMA");
    let states: Vec<_> = told[0]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| format!("{} {}", file["what"], file["state"]).replace('"', ""))
        .collect();
    assert_eq!(
        states,
        [
            "page same",
            "manifest missing",
            "ciphertext missing",
            "rows same"
        ]
    );

    // One byte of a data file.
    let sent = bkn.out().join(format!("{stem}.csv.age"));
    let good = fs::read(&sent).unwrap();
    fs::write(&sent, [&good[..], b"x"].concat()).unwrap();
    let output = verify(&bkn, &["--files", "out", "bukti"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains(&format!("BERBEDA: {stem}.csv.age")), "{told}");
    fs::write(&sent, good).unwrap();

    // One byte of the receipt: theirs and ours say no alike, and nothing of it is told.
    let text = fs::read_to_string(&json).unwrap();
    fs::write(&json, text.replace("DITERIMA", "DITOLAK.")).unwrap();
    assert!(!ssh_keygen_agrees(&bkn, &json, "20300101Z"));
    let output = verify(&bkn, &["bukti"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("NOT PROVEN (SIGNATURE_BAD)"), "{told}");
    assert!(
        told.contains("TIDAK TERBUKTI") && !told.contains("baris"),
        "{told}"
    );
    fs::write(&json, text).unwrap();

    for (args, code, words) in [
        (&["bukti", "--namespace", "lain"][..], 1, "NAMESPACE_WRONG"),
        (&["--signers", "tidak_ada", "bukti"], 2, "tidak_ada"),
        (&["tidak_ada.json"], 2, "tidak_ada.json"),
        (&["out"], 2, "there is no receipt in it"),
        (
            &["bukti", "--at", "kemarin"],
            2,
            "write a day as 2026-11-22",
        ),
    ] {
        let output = verify(&bkn, args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {output:?}");
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8(told).unwrap();
        assert!(told.contains(words), "{args:?}: {told}");
    }
    fs::remove_file(here.join(format!("{stem}.json.sig"))).unwrap();
    let output = verify(&bkn, &["bukti"]);
    assert_eq!(output.status.code(), Some(1), "no signature: {output:?}");
}

#[test]
#[ignore = "needs ssh-keygen"]
fn verify_knows_old_receipts_ended_keys_and_what_is_no_receipt() {
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    let key = padan.path("keys/service/signing_key");
    let sign = |name: &str, document: &Value| {
        let path = bkn.path(name);
        fs::write(&path, document.to_string()).unwrap();
        let args = [
            "-Y",
            "sign",
            "-q",
            "-n",
            "padan",
            "-f",
            key.to_str().unwrap(),
            path.to_str().unwrap(),
        ];
        succeed("/", "ssh-keygen", args, b"");
    };
    // As the version before wrote it.
    let digest = "47aa9cbabf4a91c9fa2b5d42d687c5478e245dab3dc3829bed4ac45b88ba14d5";
    let old = json!({
        "format": "padan-receipt-1", "verdict": "DITERIMA", "delivery": digest,
        "name": "bkn_pns_full_2026-11-22_0001", "party": "bkn",
        "received": "2026-11-22 21:04:50 +07:00", "agreement": digest,
        "files": [{
            "file": "bkn_pns_full_2026-11-22_0001.csv.age", "sha256": digest, "dataset": "pns",
            "mode": "full", "as_of": "2026-11-22", "sequence": 1, "rows": 200, "accepted": 195,
            "refused": 5, "carried_over": 0, "waiting_for": ["kepesertaan"],
            "findings": [{"code": "NIP_LAMA", "level": "ERROR", "count": 5, "pesan": "x", "message": "y"}],
        }],
    });
    sign("old.json", &old);
    let told = |args: &[&str], code: i32| {
        let output = verify(&bkn, args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {output:?}");
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let page = told(&["old.json"], 0);
    assert!(
        page.contains("200 rows, 195 accepted, 5 refused") && page.contains(digest),
        "{page}"
    );

    sign("other.json", &json!({"format": "something-else-1"}));
    let page = told(&["other.json"], 0);
    assert!(
        page.contains("PROVEN") && page.contains("This document is no receipt."),
        "{page}"
    );
    // A receipt that this program would only half understand is not told at all.
    sign(
        "newer.json",
        &json!({"format": "padan-receipt-2", "verdict": "LAIN"}),
    );
    let page = told(&["newer.json"], 1);
    assert!(
        page.contains("take the newest one") && !page.contains("ACCEPTED"),
        "{page}"
    );

    // The key's time has ended: as with ssh-keygen, unless the day is named.
    let signers = bkn.path("padan_signers");
    let text = fs::read_to_string(&signers).unwrap();
    let ended = text.replace(
        "namespaces=",
        "valid-before=\"20261201Z\",valid-after=\"20260101Z\",namespaces=",
    );
    fs::write(&signers, ended).unwrap();
    let late = "2026-12-02";
    let json = bkn.path("old.json");
    assert!(
        !ssh_keygen_agrees(&bkn, &json, "20261202Z") && ssh_keygen_agrees(&bkn, &json, "20261122Z")
    );
    let page = told(&["old.json", "--at", late], 1);
    assert!(
        page.contains("SIGNER_EXPIRED") && page.contains("--at DAY"),
        "{page}"
    );
    told(&["old.json", "--at", "2026-11-22"], 0);
    told(&["old.json", "--at", "2026-11-22T21:04:50+07:00"], 0);
    // Somebody else's signature.
    fs::write(&signers, text.replace("padan ", "orang.lain ")).unwrap();
    assert!(told(&["old.json"], 1).contains("NOT PROVEN"));
}
