//! The page of a receipt: on one screen, in both languages, and with no more than the document holds.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use insta::assert_snapshot;
use padan::delivery::receipt::Receipt;
use serde_json::{Value, json};

const DIGEST: &str = "47aa9cbabf4a91c9fa2b5d42d687c5478e245dab3dc3829bed4ac45b88ba14d5";
const STEM: &str = "bkn_pns_full_2026-11-22_0001";

/// What every receipt of a delivery has.
fn receipt(verdict: &str, more: Value) -> Receipt {
    let mut document = json!({
        "format": "padan-receipt-2", "verdict": verdict, "stage": "respond", "delivery": DIGEST,
        "name": STEM, "party": "bkn", "received": "2026-11-22 21:04:50 +07:00",
        "signer": "SHA256:1wU07Oo7CL5PPMbinoR6dg7G8I2xhVKkqj6WMRKz0Y4", "agreement": DIGEST,
        "agreement_numbers": ["420/KTR/1016"], "software": "padan 0.1.0",
    });
    let fields = document.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    serde_json::from_value(document).unwrap()
}

fn finding(code: &str, level: &str, count: u64) -> Value {
    json!({"code": code, "level": level, "count": count, "pesan": "", "message": ""})
}

fn fault(line: u64, column: &str, code: &str, level: &str) -> Value {
    json!({"line": line, "column": column, "code": code, "level": level})
}

fn file(more: Value) -> Value {
    let mut file = json!({
        "file": format!("{STEM}.csv.age"), "sha256": DIGEST, "plaintext_sha256": DIGEST, "dataset": "pns",
        "mode": "full", "as_of": "2026-11-22", "sequence": 1, "rows": 200, "accepted": 200, "refused": 0,
        "carried_over": 0, "findings": [],
    });
    file.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    file
}

/// A usual delivery: many kinds of faults, more than are listed, and an answer that waits.
fn usual() -> Receipt {
    let faults: Vec<_> = (2..12)
        .map(|line| {
            fault(
                line * 7,
                "masa_kerja_golongan_bulan",
                "ANGKA_DI_LUAR_BATAS",
                "ERROR",
            )
        })
        .collect();
    let file = file(json!({
        "accepted": 181, "refused": 19,
        "findings": [
            finding("RUSAK_SPREADSHEET", "ERROR", 2),
            finding("NIP_BENTUK", "ERROR", 3),
            finding("NI_PPPK", "ERROR", 1),
            finding("NIK_TANGGAL_LAHIR", "WARN", 20),
            finding("ANGKA_DI_LUAR_BATAS", "ERROR", 13),
            finding("GOLONGAN_DINORMALKAN", "INFO", 40),
        ],
        "first_faults": faults,
        "waiting_for": ["kepesertaan"],
        "response": "2026-11-22_pns_bkn_0001",
    }));
    receipt(
        "DITERIMA",
        json!({"files": [file], "rows_file": format!("{STEM}.rows.csv.age")}),
    )
}

fn refused(code: &str, place: Value) -> Receipt {
    let problem = json!({"code": code, "place": place, "pesan": "", "message": ""});
    receipt(
        "DITOLAK",
        json!({"problem": problem, "stage": "ingest", "files": [file(json!({"accepted": null}))]}),
    )
}

#[test]
fn a_usual_receipt_fits_a_screen() {
    let page = usual().text();
    assert!(page.lines().count() <= 43, "{page}");
    assert_narrow(&page);
    assert_snapshot!(page, @r#"
    DITERIMA: bkn_pns_full_2026-11-22_0001
      Baris: 200   diterima: 181   ditolak: 19
           13 ERROR ANGKA_DI_LUAR_BATAS: Bilangan di luar batas kolom ini (bulan
                    masa kerja 0-11).
            3 ERROR NIP_BENTUK: NIP bukan 18 angka: tanggal lahir, tahun dan bulan
                    CPNS, jenis kelamin 1/2, nomor urut 001-999, tanpa spasi.
            2 ERROR RUSAK_SPREADSHEET: Nomor rusak oleh lembar kerja: terpotong,
                    dibulatkan atau ditulis dengan E+.
           +3 kode lain; semuanya ada di daftar baris dan berkas .json
      Menunggu data pihak lain untuk rekonsiliasi kepesertaan
      Jawaban: outbox/2026-11-22_pns_bkn_0001/
    Yang harus dilakukan: Perbaiki pada kiriman berikutnya; daftarnya .rows.csv.age.

    ACCEPTED: bkn_pns_full_2026-11-22_0001
      Rows: 200   accepted: 181   refused: 19
           13 ERROR ANGKA_DI_LUAR_BATAS: The number is outside this column's bounds
                    (months of service 0-11).
            3 ERROR NIP_BENTUK: The NIP is not 18 digits: birth date, year and month
                    of CPNS, sex 1/2, serial 001-999, no spaces.
            2 ERROR RUSAK_SPREADSHEET: A spreadsheet damaged this number: shortened,
                    rounded or written with E+.
           +3 more codes; all are in the list of rows and the .json file
      Waiting for the other party's data for the reconciliation kepesertaan
      Response: outbox/2026-11-22_pns_bkn_0001/
    What to do: Correct them for the next delivery; the list is .rows.csv.age.

    --------------------------------------------------------------------------------
    Kesalahan pertama / first faults: baris / line, kolom / column, kode / code
           14 ERROR masa_kerja_golongan_bulan  ANGKA_DI_LUAR_BATAS
           21 ERROR masa_kerja_golongan_bulan  ANGKA_DI_LUAR_BATAS
           28 ERROR masa_kerja_golongan_bulan  ANGKA_DI_LUAR_BATAS
           35 ERROR masa_kerja_golongan_bulan  ANGKA_DI_LUAR_BATAS
           42 ERROR masa_kerja_golongan_bulan  ANGKA_DI_LUAR_BATAS
           49 ERROR masa_kerja_golongan_bulan  ANGKA_DI_LUAR_BATAS
           56 ERROR masa_kerja_golongan_bulan  ANGKA_DI_LUAR_BATAS
           63 ERROR masa_kerja_golongan_bulan  ANGKA_DI_LUAR_BATAS
           70 ERROR masa_kerja_golongan_bulan  ANGKA_DI_LUAR_BATAS
           77 ERROR masa_kerja_golongan_bulan  ANGKA_DI_LUAR_BATAS
    Daftar / list (age): bkn_pns_full_2026-11-22_0001.rows.csv.age
    Masuk / received: 2026-11-22 21:04:50 +07:00, bkn
    Kiriman / delivery: 47aa9cbabf4a   Perjanjian / agreement: 47aa9cbabf4a
    Ditandatangani / signed: SHA256:1wU07Oo7CL5PPMbinoR6dg7G8I2xhVKkqj6WMRKz0Y4
    Bukti / proof: bkn_pns_full_2026-11-22_0001.json (.sig)
    "#);
}

#[test]
fn a_clean_receipt_is_short_and_asks_for_nothing() {
    let page = receipt("DITERIMA", json!({"files": [file(json!({}))]})).text();
    assert_snapshot!(page, @r#"
    DITERIMA: bkn_pns_full_2026-11-22_0001
      Baris: 200   diterima: 200   ditolak: 0
    Yang harus dilakukan: Tidak ada. Simpan tanda terima ini.

    ACCEPTED: bkn_pns_full_2026-11-22_0001
      Rows: 200   accepted: 200   refused: 0
    What to do: Nothing. Keep this receipt.

    --------------------------------------------------------------------------------
    Masuk / received: 2026-11-22 21:04:50 +07:00, bkn
    Kiriman / delivery: 47aa9cbabf4a   Perjanjian / agreement: 47aa9cbabf4a
    Ditandatangani / signed: SHA256:1wU07Oo7CL5PPMbinoR6dg7G8I2xhVKkqj6WMRKz0Y4
    Bukti / proof: bkn_pns_full_2026-11-22_0001.json (.sig)
    "#);
}

#[test]
fn a_refusal_tells_where_and_what_to_do() {
    let page = refused(
        "COLUMN_MISSING",
        json!({"file": format!("{STEM}.csv.age"), "line": 1, "columns": ["golongan", "tmt_golongan"]}),
    );
    assert_snapshot!(page.text(), @r#"
    DITOLAK: bkn_pns_full_2026-11-22_0001
    COLUMN_MISSING Ada kolom yang kurang pada baris judul.
      Berkas: bkn_pns_full_2026-11-22_0001.csv.age
      Baris: 1
      Kolom: golongan, tmt_golongan
    Yang harus dilakukan: Tambahkan kolom itu (boleh kosong bila tidak wajib),
      dengan nama persis seperti dalam perjanjian.

    REFUSED: bkn_pns_full_2026-11-22_0001
    COLUMN_MISSING The header row lacks a column.
      File: bkn_pns_full_2026-11-22_0001.csv.age
      Line: 1
      Columns: golongan, tmt_golongan
    What to do: Add it (it may be empty where not required), named exactly as in the
      agreement.

    --------------------------------------------------------------------------------
    Masuk / received: 2026-11-22 21:04:50 +07:00, bkn
    Kiriman / delivery: 47aa9cbabf4a   Perjanjian / agreement: 47aa9cbabf4a
    Ditandatangani / signed: SHA256:1wU07Oo7CL5PPMbinoR6dg7G8I2xhVKkqj6WMRKz0Y4
    Bukti / proof: bkn_pns_full_2026-11-22_0001.json (.sig)
    "#);
}

#[test]
fn no_code_makes_a_page_too_wide_or_too_long() {
    for code in padan::rejection::Code::all() {
        let place =
            json!({"file": format!("{STEM}.csv.age"), "line": 1_000_000, "columns": ["#3"]});
        let page = refused(code.as_str(), place).text();
        assert_narrow(&page);
        assert!(page.lines().count() <= 24, "{page}");
    }
    for code in padan::agreement::checks::CheckCode::all() {
        let findings = [finding(code.as_str(), code.level().as_str(), 5_000_000)];
        let page = receipt(
            "DITERIMA",
            json!({"files": [file(json!({"findings": findings}))]}),
        )
        .text();
        assert_narrow(&page);
    }
}

#[test]
fn of_two_files_each_fault_tells_which() {
    let mut second = file(json!({"first_faults": [fault(3, "nik", "NIK_BENTUK", "ERROR")]}));
    second["dataset"] = json!("keluarga");
    let first = file(json!({"first_faults": [fault(9, "nip", "NIP_LAMA", "ERROR")]}));
    let page = receipt("DITERIMA", json!({"files": [first, second]})).text();
    for words in ["9 ERROR pns nip", "3 ERROR keluarga nik"] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[test]
fn a_document_comes_out_as_it_went_in() {
    for receipt in [usual(), refused("NO_ROWS", json!({}))] {
        let written = receipt.json().unwrap();
        let again: Receipt = serde_json::from_str(&written).unwrap();
        assert_eq!(again.json().unwrap(), written);
    }
}

fn assert_narrow(page: &str) {
    for line in page.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}
