//! Bad input: each mistake has its code and a receipt that helps; nothing is lost, nothing leaks, the service lives.

mod content;
mod envelope;
mod manifest;
mod names;
mod planted;
mod rows;
mod signature;

use std::fs;
use std::path::Path;

use padan::rejection::Code;

use crate::answers::Receipt;
use crate::padan::Padan;
use crate::party::Party;
use crate::sheets::{self, Sheet};
use crate::tools::{run, succeed, wait_for};

/// Makes a mistake and puts it into the inbox, under the sequence; returns the manifest's stem.
type Send<'a> = Box<dyn Fn(&Party, u32) -> String + 'a>;

/// One mistake of BKN's.
struct Case<'a> {
    name: String,
    send: Send<'a>,
    code: &'static str,
    /// Whether the client is told before it has gone.
    early: bool,
}

impl Case<'_> {
    /// Seen otherwise than others of its code: late.
    fn late(self) -> Self {
        Self {
            early: false,
            ..self
        }
    }

    /// The same: early.
    fn early(self) -> Self {
        Self {
            early: true,
            ..self
        }
    }
}

fn case<'a>(
    name: impl Into<String>,
    code: &'static str,
    send: impl Fn(&Party, u32) -> String + 'a,
) -> Case<'a> {
    Case {
        name: name.into(),
        send: Box::new(send),
        code,
        early: EARLY.contains(&code),
    }
}

/// What shows before anything is decrypted is told while the client is still there.
const EARLY: [&str; 13] = [
    "MANIFEST_FORMAT",
    "NAME_FORMAT",
    "NAME_NOT_SENDER",
    "DATASET_NOT_AGREED",
    "DATASET_DOUBLED",
    "OUT_OF_TERM",
    "AS_OF_FUTURE",
    "SIGNATURE_BAD",
    "SIGNER_UNKNOWN",
    "SIGNER_EXPIRED",
    "SIGNER_WEAK",
    "SIGNER_NOT_SENDER",
    "NAMESPACE_WRONG",
];

/// The people whose data must not show anywhere.
fn sheet() -> Sheet {
    sheets::pns(6)
}

/// Sends every case and holds what comes of it against what the issue promises. BPJS has delivered before.
fn judge(padan: &Padan, cases: Vec<Case>) {
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    bpjs.deliver("peserta_pns", 1, &sheets::peserta_pns(6));
    let answers = || [bkn.outbox(), bpjs.outbox()];
    let before = answers();
    let count = cases.len() as u32;
    for (number, case) in cases.into_iter().enumerate() {
        let name = &case.name;
        let heard = padan.early_words(case.code);
        let stem = (case.send)(&bkn, number as u32 + 1);
        let receipt = bkn.receipt(&stem);
        // The log is written beside the session: long done by now.
        let early = padan.early_words(case.code) > heard;
        assert_eq!(early, case.early, "{name}: told early");
        assert_eq!(receipt.json["verdict"], "DITOLAK", "{name}");
        assert_eq!(receipt.code(), case.code, "{name}: {}", receipt.text);
        assert_helps(&receipt);
        assert_kept(padan, &bkn, &stem, name);
        assert_eq!(answers(), before, "{name}: no answer for anyone");
        assert!(padan.alive(), "{name}: {}", padan.log());
    }
    // Afterwards as before.
    bkn.deliver("pns", count + 1, &sheet());
    assert_eq!(
        bpjs.response("pns", "bkn", count + 1).changes().rows.len(),
        6
    );
    padan.assert_nowhere(&[sheet().secrets(), sheets::peserta_pns(6).secrets()].concat());
    assert!(!padan.log().contains("ERROR"), "{}", padan.log());
}

/// What happened and what to do, in both languages.
fn assert_helps(receipt: &Receipt) {
    let code: Code = serde_json::from_value(receipt.json["problem"]["code"].clone()).unwrap();
    let text = code.text();
    let page = unwrapped(&receipt.text);
    for part in [
        "DITOLAK: ",
        "REFUSED: ",
        code.as_str(),
        text.id.what,
        text.id.remedy,
        text.en.what,
        text.en.remedy,
    ] {
        assert!(page.contains(part), "{part}: {}", receipt.text);
    }
}

/// The words of a page as they follow each other, wherever its lines end.
fn unwrapped(page: &str) -> String {
    let words: Vec<_> = page.split_whitespace().collect();
    words.join(" ") + " "
}

/// Everything that was sent is still there, byte by byte: in the archive, or where it was put.
fn assert_kept(padan: &Padan, party: &Party, stem: &str, name: &str) {
    for entry in fs::read_dir(party.out()).unwrap() {
        let entry = entry.unwrap();
        let file = entry.file_name().into_string().unwrap();
        if !file.starts_with(&format!("{stem}.")) || file.ends_with(".csv") {
            continue;
        }
        // But for a table that was only given another name: it must not lie on the disk.
        if fs::read(entry.path()).unwrap().starts_with(b"nip,") {
            wait_for(
                || (!lies_somewhere(padan, &entry.path(), &file)).then_some(()),
                || format!("{name}: {file} lies in the clear"),
            );
            continue;
        }
        // The receipt comes before the last rename.
        wait_for(
            || lies_somewhere(padan, &entry.path(), &file).then_some(()),
            || format!("{name}: {file} is lost\n{}", padan.tree().join("\n")),
        );
    }
}

fn lies_somewhere(padan: &Padan, sent: &Path, name: &str) -> bool {
    let args = ["archive", "parties", "-name", name];
    let found = succeed(padan.data(), "find", args, b"");
    String::from_utf8(found).unwrap().lines().any(|kept| {
        let args = ["-s", sent.to_str().unwrap(), kept];
        run(padan.data(), "cmp", args, b"").status.success()
    })
}
