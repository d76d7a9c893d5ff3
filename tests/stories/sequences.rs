//! Sequences and replays, with a restart of the real binary between any two of them: what was settled stays settled.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::answers::Receipt;
use crate::padan::Padan;
use crate::party::{Packing, Party, names};
use crate::sheets::{self, Sheet};
use crate::tools::{succeed, wait_for};

/// One delivery and what must become of it.
struct Step {
    name: &'static str,
    mode: &'static str,
    sequence: u32,
    sheet: Sheet,
    /// The code of the refusal, or none.
    refused: Option<&'static str>,
    /// Of an accepted one: the last sequence before a gap.
    gap_after: Option<u32>,
    /// Of an accepted one: the earlier sequence with the same content.
    same_as: Option<u32>,
    /// Of a refused one: the sequence of the newest accepted file, which the receipt names.
    newest: Option<u32>,
}

fn step(name: &'static str, mode: &'static str, sequence: u32, sheet: Sheet) -> Step {
    Step {
        name,
        mode,
        sequence,
        sheet,
        refused: None,
        gap_after: None,
        same_as: None,
        newest: None,
    }
}

impl Step {
    fn refused(self, code: &'static str, newest: Option<u32>) -> Self {
        Self {
            refused: Some(code),
            newest,
            ..self
        }
    }

    fn gap_after(self, last: u32) -> Self {
        Self {
            gap_after: Some(last),
            ..self
        }
    }

    fn same_as(self, sequence: u32) -> Self {
        Self {
            same_as: Some(sequence),
            ..self
        }
    }
}

fn added(row: usize) -> Sheet {
    sheets::pns(row + 1)
        .only([row])
        .with_first("aksi", &["TAMBAH"])
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_sequence_holds_across_restarts() {
    let bad = || sheets::pns(4).set(0, "nik", "salah");
    let steps = [
        step("a delta before any base", "delta", 1, added(4)).refused("DELTA_WITHOUT_BASE", None),
        step("a refused number is free", "full", 1, bad()).refused("ROWS_REFUSED", None),
        step("so another content takes it", "full", 1, sheets::pns(4)),
        step("refused again, in between", "full", 2, bad()).refused("ROWS_REFUSED", None),
        step(
            "a gap, for nothing was accepted as 2",
            "full",
            3,
            sheets::pns(5),
        )
        .gap_after(1),
        step("the gap cannot be filled later", "full", 2, sheets::pns(4))
            .refused("SEQUENCE_OLD", Some(3)),
        step("nor by a delta", "delta", 2, added(5)).refused("SEQUENCE_OLD", Some(3)),
        step("a used number, other content", "full", 3, sheets::pns(6))
            .refused("SEQUENCE_CONFLICT", Some(3)),
        step("a used number, as a delta", "delta", 3, added(5))
            .refused("SEQUENCE_CONFLICT", Some(3)),
        step(
            "encrypted anew with the next number",
            "full",
            4,
            sheets::pns(5),
        )
        .same_as(3),
        step("the very first content again", "full", 5, sheets::pns(4)).same_as(1),
        step("a delta with a gap", "delta", 9, added(4)).gap_after(5),
        step("the next delta", "delta", 10, added(5)),
        step("an old delta number", "delta", 6, added(6)).refused("SEQUENCE_OLD", Some(10)),
        step("the largest number", "full", 999_999_999, sheets::pns(6)).gap_after(10),
        step("and nothing after it", "full", 11, sheets::pns(6))
            .refused("SEQUENCE_OLD", Some(999_999_999)),
    ];
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    let mut accepted = BTreeSet::new();
    for step in steps {
        // Another process each time.
        padan.serve();
        let name = step.name;
        // The names of files that were refused are used again.
        for left in names(&bkn.receipts()) {
            fs::remove_file(bkn.receipts().join(left)).unwrap();
        }
        let stem = bkn.prepare("pns", step.mode, step.sequence, &step.sheet);
        bkn.put(&format!("{stem}.*"));
        let receipt = match accepted.contains(&stem) {
            true => bkn.receipt_beside(&stem),
            false => bkn.receipt(&stem),
        };
        padan.stop();
        if let Some(code) = step.refused {
            assert_eq!(receipt.code(), code, "{name}: {}", receipt.text);
            let told = step.newest.map(|newest| format!("_{newest:04}.csv.age"));
            let named = receipt.json["problem"]["names"][0].as_str();
            match told {
                None => assert_eq!(named, None, "{name}"),
                Some(end) => {
                    let named = named.unwrap();
                    assert!(named.ends_with(&end), "{name}: {named}");
                    assert!(
                        receipt.text.contains(&format!("- {named}\n")),
                        "{}",
                        receipt.text
                    );
                }
            }
        } else {
            accepted.insert(stem);
            let number = |key: &str| receipt.file(0)[key].as_u64().map(|n| n as u32);
            assert_eq!(
                receipt.json["verdict"], "DITERIMA",
                "{name}: {}",
                receipt.text
            );
            assert_eq!(number("gap_after"), step.gap_after, "{name}");
            assert_eq!(number("same_content_as"), step.same_as, "{name}");
            if let Some(last) = step.gap_after {
                let skipped = format!("{last} -> {}\n", step.sequence);
                assert_eq!(
                    receipt.text.matches(&skipped).count(),
                    2,
                    "{}",
                    receipt.text
                );
            }
        }
        let answers = padan.party("bpjs").outbox().len();
        assert_eq!(answers, accepted.len(), "{name}");
    }
}

/// How a known delivery comes again.
type Replay = fn(&Padan, &Party, &str) -> String;

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn the_same_manifest_gets_the_same_receipt_however_it_comes_again() {
    let replays: [(&str, Replay); 6] = [
        ("as it was", |_, bkn, stem| {
            bkn.put(&format!("{stem}.*"));
            stem.to_owned()
        }),
        ("in another folder", |_, bkn, stem| {
            bkn.sftp(&format!("mkdir inbox/lagi\nput {stem}.* inbox/lagi/"));
            stem.to_owned()
        }),
        ("under another name", |_, bkn, stem| {
            for ending in ["sha256", "sha256.sig"] {
                let other = bkn.out().join(format!("ulang.{ending}"));
                fs::copy(bkn.out().join(format!("{stem}.{ending}")), other).unwrap();
            }
            bkn.put("ulang.*");
            bkn.put(&format!("{stem}.csv.age"));
            "ulang".to_owned()
        }),
        ("with a signature of another key", |padan, bkn, stem| {
            let key = padan.path("another");
            if !key.exists() {
                let path = key.to_str().unwrap();
                let args = ["-q", "-t", "ed25519", "-N", "", "-f", path];
                succeed("/", "ssh-keygen", args, b"");
            }
            bkn.sign(stem, &key, "padan");
            bkn.put(&format!("{stem}.*"));
            stem.to_owned()
        }),
        ("after its receipts were removed", |_, bkn, stem| {
            bkn.sftp("rm receipts/*");
            bkn.put(&format!("{stem}.*"));
            stem.to_owned()
        }),
        ("after a newer one was accepted", |_, bkn, stem| {
            bkn.deliver("pns", 8, &sheets::pns(9));
            bkn.put(&format!("{stem}.*"));
            stem.to_owned()
        }),
    ];
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let stem = bkn.send("pns", 7, &sheets::pns(8));
    let first = bkn.receipt(&stem).accepted();
    for (number, (name, replay)) in replays.into_iter().enumerate() {
        padan.stop();
        padan.serve();
        let asked = replay(&padan, &bkn, &stem);
        let repeated = || {
            padan.ledger("SELECT count(*) FROM events WHERE outcome = 'repeated'")
                == [(number + 1).to_string()]
        };
        wait_for(
            || repeated().then_some(()),
            || format!("{name}\n{}", padan.log()),
        );
        wait_for(
            || (!names(&bkn.inbox()).iter().any(|name| name.contains('.'))).then_some(()),
            || format!("{name}: {:?}", names(&bkn.inbox())),
        );
        let again = Receipt::read(&bkn, &asked);
        assert_eq!(
            (&again.json, &again.text),
            (&first.json, &first.text),
            "{name}"
        );
    }
    let answers: Vec<_> = bpjs.outbox();
    assert_eq!(answers.len(), 2, "{answers:?}");
    let attempts = padan.ledger("SELECT attempt, state FROM deliveries");
    assert_eq!(attempts, ["1|answered"; 2]);
    assert!(!padan.log().contains("ERROR"), "{}", padan.log());
}

/// Several data files under one manifest.
fn together(party: &Party, stem: &str, files: &[(&str, u32, Sheet)]) {
    let names: Vec<_> = files
        .iter()
        .map(|(dataset, sequence, sheet)| {
            let name = party.stem(dataset, "full", *sequence);
            party.encrypt(&format!("{name}.csv"), &sheet.csv(), Packing::Plain)
        })
        .collect();
    let all: Vec<_> = names.iter().map(String::as_str).collect();
    party.sum_and_sign(stem, &all);
    for name in names {
        party.put(&name);
    }
    party.put(&format!("{stem}.sha256*"));
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_refused_manifest_uses_up_no_sequence_of_any_of_its_datasets() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    together(
        &bkn,
        "pertama",
        &[
            ("pns", 1, sheets::pns(6)),
            ("keluarga", 5, sheets::keluarga(6)),
        ],
    );
    bkn.receipt("pertama").accepted();
    padan.stop();
    padan.serve();
    // The numbers of `pns` would do, that of `keluarga` is used.
    let family = sheets::keluarga(6).set(0, "tempat_lahir", "Kota Lain");
    together(
        &bkn,
        "kedua",
        &[("pns", 2, sheets::pns(7)), ("keluarga", 5, family)],
    );
    let refused = bkn.receipt("kedua");
    assert_eq!(refused.code(), "SEQUENCE_CONFLICT");
    let file = refused.json["problem"]["place"]["file"].as_str().unwrap();
    assert!(file.starts_with("bkn_keluarga_full_"), "{file}");
    padan.stop();
    padan.serve();
    together(
        &bkn,
        "ketiga",
        &[
            ("pns", 2, sheets::pns(7)),
            ("keluarga", 8, sheets::keluarga(6)),
        ],
    );
    let third = bkn.receipt("ketiga").accepted();
    assert!(third.file(0)["gap_after"].is_null());
    assert_eq!(third.file(1)["gap_after"], 5);
    assert_eq!(third.file(1)["same_content_as"], 5);
}

/// The proof of an accepted delivery stays, whatever comes later under its name.
#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn a_name_that_was_accepted_keeps_its_receipt() {
    let padan = Padan::start();
    let bkn = padan.party("bkn");
    let stem = "november";
    let send = |sequence: u32, sheet: Sheet| together(&bkn, stem, &[("pns", sequence, sheet)]);
    let kept = |name: &str| {
        let read = |ending| fs::read(bkn.receipts().join(format!("{name}{ending}"))).unwrap();
        [".json", ".json.sig", ".txt"].map(read)
    };
    send(1, sheets::pns(6));
    bkn.receipt(stem).accepted();
    let first = kept(stem);

    // Refused by its rows, with a list of them, and by its number.
    send(2, sheets::pns(6).set(0, "nik", "salah"));
    let refused = bkn.receipt_beside(stem);
    assert_eq!(refused.code(), "ROWS_REFUSED");
    assert!(!refused.rows().rows.is_empty());
    assert_eq!(kept(stem), first);
    send(1, sheets::pns(7));
    assert_eq!(bkn.receipt_beside(stem).code(), "SEQUENCE_CONFLICT");
    assert_eq!(kept(stem), first);

    // And another accepted one: whoever calls each month's manifest the same has each month's proof.
    send(2, sheets::pns(8));
    let beside = bkn.name_beside(stem);
    let second = bkn.receipt_beside(stem).accepted();
    assert_eq!(second.json["name"], *beside);
    assert_eq!(kept(stem), first);

    // Each comes again under the name that it had, also where the other's is gone.
    let repeated = |times: &str| {
        let repeated = || padan.ledger("SELECT count(*) FROM events WHERE outcome = 'repeated'");
        wait_for(|| (repeated() == [times]).then_some(()), || padan.log());
        wait_for(
            || names(&bkn.inbox()).is_empty().then_some(()),
            || padan.log(),
        );
    };
    let again = kept(&beside);
    bkn.sftp("rm receipts/*");
    bkn.put(&format!("{stem}.sha256*"));
    bkn.put(&format!("{}.csv.age", bkn.stem("pns", "full", 2)));
    repeated("1");
    assert_eq!(kept(&beside), again);
    assert!(!bkn.receipts().join(format!("{stem}.json")).exists());
    // Under another name it is found there, too.
    for ending in ["sha256", "sha256.sig"] {
        let other = bkn.out().join(format!("ulang.{ending}"));
        fs::copy(bkn.out().join(format!("{stem}.{ending}")), other).unwrap();
    }
    bkn.put("ulang.*");
    bkn.put(&format!("{}.csv.age", bkn.stem("pns", "full", 2)));
    repeated("2");
    assert_eq!(kept("ulang"), again);
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, sftp"]
fn both_parties_at_once_each_count_by_themselves() {
    let padan = Padan::start();
    let (bkn, bpjs) = (padan.party("bkn"), padan.party("bpjs"));
    let ours: Vec<_> = [1, 2, 4]
        .map(|n| bkn.prepare("pns", "full", n, &sheets::pns(10 + n as usize)))
        .to_vec();
    let theirs: Vec<_> = [2, 3]
        .map(|n| {
            bpjs.prepare(
                "peserta_pns",
                "full",
                n,
                &sheets::peserta_pns(10 + n as usize),
            )
        })
        .to_vec();
    for round in 0..2 {
        // The second time all of it comes again, to another process.
        std::thread::scope(|scope| {
            scope.spawn(|| ours.iter().for_each(|stem| bkn.put(&format!("{stem}.*"))));
            scope.spawn(|| {
                theirs
                    .iter()
                    .for_each(|stem| bpjs.put(&format!("{stem}.*")))
            });
            scope.spawn(|| (0..4).for_each(|_| drop(padan.poll())));
        });
        let gaps = |party: &Party, stems: &[String]| -> Vec<Value> {
            let receipts = stems.iter().map(|stem| party.receipt(stem).accepted());
            receipts
                .map(|one| one.file(0)["gap_after"].clone())
                .collect()
        };
        assert_eq!(
            gaps(&bkn, &ours),
            [Value::Null, Value::Null, 2.into()],
            "{round}"
        );
        assert_eq!(
            gaps(&bpjs, &theirs),
            [Value::from(0), Value::Null],
            "{round}"
        );
        wait_for(
            || (names(&bkn.inbox()).is_empty() && names(&bpjs.inbox()).is_empty()).then_some(()),
            || padan.tree().join("\n"),
        );
        assert_eq!((bkn.outbox().len(), bpjs.outbox().len()), answered(&padan));
        padan.stop();
        padan.serve();
    }
    let states = padan.ledger("SELECT state, attempt FROM deliveries");
    assert_eq!(states, ["answered|1"; 5]);
    let repeated = padan.ledger("SELECT count(*) FROM events WHERE outcome = 'repeated'");
    assert_eq!(repeated, ["5"]);
}

/// How many response folders were noted as handed out to BKN and to BPJS.
fn answered(padan: &Padan) -> (usize, usize) {
    let folders = |reader: &str| {
        let rows = padan.ledger("SELECT DISTINCT reader, folder FROM published WHERE folder <> ''");
        rows.iter()
            .filter(|row| row.starts_with(&format!("{reader}|")))
            .count()
    };
    (folders("bkn"), folders("bpjs"))
}

#[test]
#[ignore = "needs age, faketime, ssh-keygen, sha256sum"]
fn a_replay_after_the_end_of_retention_is_still_known() {
    let padan = Padan::new();
    let bkn = padan.party("bkn");
    padan.at("2027-01-10 03:00:00");
    let day = "2026-12-31";
    let stems = [1, 2].map(|sequence| {
        let sheet = sheets::pns(4 + sequence as usize);
        let stem = bkn.prepare_of(day, "pns", "full", sequence, &sheet);
        bkn.drop_locally(&stem);
        padan.poll();
        Receipt::read(&bkn, &stem).accepted();
        stem
    });
    // Long after, when nothing of the first is kept.
    padan.configure(&[("archive", "30d")]);
    padan.at("2027-06-10 03:00:00");
    padan.accept_clock();
    padan.poll();
    assert!(padan.show(&stems[0]).contains("destroyed"));
    // Another content under its number, and its own content encrypted anew.
    let conflict = bkn.prepare_of(day, "pns", "full", 1, &sheets::pns(9));
    assert_eq!(conflict, stems[0]);
    bkn.drop_locally(&conflict);
    padan.poll();
    let states = padan.ledger("SELECT state, code FROM deliveries ORDER BY ordinal");
    assert_eq!(
        states,
        ["answered|", "answered|", "rejected|SEQUENCE_CONFLICT"]
    );
    let copy = bkn.prepare_of(day, "pns", "full", 3, &sheets::pns(5));
    bkn.drop_locally(&copy);
    padan.poll();
    let receipt = Receipt::read(&bkn, &copy).accepted();
    assert_eq!(receipt.file(0)["same_content_as"], 1);
}
