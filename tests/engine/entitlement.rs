//! Whatever two parties agree on: no value of a column that a party is not entitled to stands in anything written for it.

use std::cell::Cell;
use std::fmt::Write;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use jiff::civil::{Date, date};
use padan::agreement::{Agreement, Dataset};
use padan::fault::Fault;
use padan::reconcile::{changes, differences};
use padan::rows::{Findings, Line};
use padan::snapshot::{Reader, StoreKey};
use padan::workers::Workers;
use proptest::prelude::*;
use proptest::sample::subsequence;
use proptest::test_runner::{Config, TestRunner};
use tempfile::tempdir;

use crate::exchange::Exchange;

const DAY: Date = date(2026, 11, 22);
const COLUMNS: [&str; 6] = ["kunci", "kedua", "nama", "alamat", "kode", "lokasi"];

/// What is agreed: what each party may see of the other's dataset, and what is compared.
#[derive(Debug, Clone)]
struct Terms {
    bpjs_sees: Vec<&'static str>,
    bkn_sees: Vec<&'static str>,
    compare: Vec<&'static str>,
    also_by: bool,
    disclosed: bool,
    candidates: bool,
}

fn terms() -> impl Strategy<Value = Terms> {
    // Nothing, or the key and whatever else.
    let some = || {
        let others = subsequence(COLUMNS[1..].to_vec(), 0..COLUMNS.len());
        (any::<bool>(), others).prop_map(|(any, others)| match any {
            true => [&COLUMNS[..1], &others].concat(),
            false => vec![],
        })
    };
    let compare = subsequence(COLUMNS[1..].to_vec(), 1..COLUMNS.len());
    (some(), some(), compare, any::<[bool; 3]>()).prop_map(
        |(bpjs_sees, bkn_sees, compare, [also_by, disclosed, candidates])| Terms {
            bpjs_sees,
            bkn_sees,
            compare,
            also_by,
            disclosed,
            candidates,
        },
    )
}

impl Terms {
    /// The agreement file, with what does not matter here from the example.
    fn agreement(&self) -> Agreement {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/agreement.yaml");
        let example = fs::read_to_string(&path).unwrap();
        let part = |from: &str, to: &str| {
            let begin = example.find(from).unwrap();
            let (_, rest) = example.split_at(begin);
            rest.split(to).next().unwrap().to_owned()
        };
        let mut text = part("numbers:", "\ndatasets:");
        text.push_str("\ndatasets:\n");
        for (id, party) in [("kiri", "bkn"), ("kanan", "bpjs")] {
            write!(
                text,
                "  {id}:\n    party: {party}\n    key: [kunci]\n    fields:\n"
            )
            .unwrap();
            for column in COLUMNS {
                let kind = if column == "nama" { "name" } else { "text" };
                writeln!(
                    text,
                    "      {column}: {{ kind: {kind}, max: 100, required: true }}"
                )
                .unwrap();
            }
        }
        let sees = [
            ("bpjs", "kiri", &self.bpjs_sees),
            ("bkn", "kanan", &self.bkn_sees),
        ];
        let none = sees.iter().all(|(_, _, columns)| columns.is_empty());
        text.push_str(if none {
            "entitlement: {}\n"
        } else {
            "entitlement:\n"
        });
        for (party, id, columns) in sees {
            if !columns.is_empty() {
                writeln!(text, "  {party}:\n    {id}: [{}]", columns.join(", ")).unwrap();
            }
        }
        writeln!(
            text,
            "authority:\n  - {{ reference: none, action: INFORMASI, columns: [{}] }}\nchanges:\n  presence: FINANSIAL",
            COLUMNS.join(", ")
        )
        .unwrap();
        text.push_str(&part("\nnames:", "\nreconciliations:"));
        write!(
            text,
            "\nreconciliations:\n  uji:\n    between: [kiri, kanan]\n    key: [kunci]\n    compare: [{}]\n    presence: {{ reference: none, \
             action: PERIKSA_BERSAMA }}\n",
            self.compare.join(", ")
        )
        .unwrap();
        for (wanted, line) in [
            (self.also_by, "also_by: kedua"),
            (self.disclosed, "names_disclosed_to: [bkn, bpjs]"),
            (
                self.candidates,
                "candidates: { fields: [kunci, nama], least_percent: 1 }",
            ),
        ] {
            if wanted {
                writeln!(text, "    {line}").unwrap();
            }
        }
        text.push_str(&part("\nthresholds:", "\nno such line"));
        Agreement::parse(&text, &path, DAY).unwrap()
    }
}

/// A value that tells whose it is and in which column it stands.
fn value(party: &str, column: &str, row: usize) -> String {
    format!("{party}.{column}.{row}.")
}

/// Rows of a party: some that both have, some that meet by the second column alone, some that nobody else has. Only what has
/// to be equal is; everything else says whose it is.
fn rows(party: &str, round: usize) -> String {
    let mut text = format!("{}\n", COLUMNS.join(","));
    for row in 0..60 {
        let fields = COLUMNS.map(|column| match column {
            "kunci" if row < 20 => format!("sama.kunci.{row}."),
            "kedua" if row < 40 => format!("sama.kedua.{row}."),
            "lokasi" => value(party, column, row + 1000 * round),
            _ => value(party, column, row),
        });
        // In the second round some come and some go.
        if row % 7 != round {
            writeln!(text, "{}", fields.join(",")).unwrap();
        }
    }
    text
}

#[derive(Default)]
struct Nobody;

impl Findings for Nobody {
    fn hear(&mut self, _: &Dataset, _: &Line) -> Result<(), Fault> {
        Ok(())
    }
}

/// Everything that is written for a party after both have delivered twice.
fn written(terms: &Terms, reader: &str) -> String {
    let agreement = terms.agreement();
    let (work, store) = (tempdir().unwrap(), StoreKey::ephemeral().unwrap());
    let workers = Workers::new(NonZeroUsize::new(2).unwrap());
    let exchange = Exchange {
        agreement: &agreement,
        store: &store,
        workers: &workers,
        work: work.path(),
    };
    let bench = exchange.bench();
    let [left, right] = [("bkn", "kiri"), ("bpjs", "kanan")].map(|(party, id)| {
        [1, 2].map(|round| {
            let file = format!("{party}_{id}_full_2026-11-2{round}_000{round}.csv");
            let (snapshot, Nobody) = exchange.judge(&file, rows(party, round).into(), None);
            snapshot
        })
    });
    let party = reader.parse().unwrap();
    let mut out = Vec::new();
    for (id, [first, second]) in [("kiri", &left), ("kanan", &right)] {
        let dataset = agreement.dataset(&id.parse().unwrap()).unwrap();
        if dataset.party == party {
            continue;
        }
        for (before, now) in [(None, first), (Some(first), second)] {
            let classes = &agreement.classes;
            let found = changes(bench, dataset, classes, before, now);
            found.unwrap().write_csv(dataset, &party, &mut out).unwrap();
        }
    }
    let mut state = None;
    for round in [0, 1] {
        let path = work.path().join(format!("{round}.state"));
        let found = differences(
            bench,
            &agreement,
            &agreement.reconciliations[0],
            [&left[round], &right[round]],
            state.as_ref(),
            DAY,
            &path,
        )
        .unwrap();
        found.write_csv(&party, &mut out).unwrap();
        if let Some(candidates) = found.candidates(&party) {
            candidates.write_csv(&mut out).unwrap();
            out.extend(format!("{:?}", candidates.estimates).into_bytes());
        }
        state = Some(Reader::open(&path, &store).unwrap());
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn nothing_outside_the_entitlement_is_written() {
    let seen = [const { Cell::new(0) }; 2];
    let mut runner = TestRunner::new(Config {
        cases: 48,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&terms(), |terms| {
        for (place, (reader, other, entitled)) in [
            ("bkn", "bpjs", &terms.bkn_sees),
            ("bpjs", "bkn", &terms.bpjs_sees),
        ]
        .into_iter()
        .enumerate()
        {
            let written = written(&terms, reader);
            for column in COLUMNS {
                let there = written.contains(&format!("{other}.{column}."));
                prop_assert!(
                    !there || entitled.contains(&column),
                    "{reader} sees {column}"
                );
                seen[place].set(seen[place].get() + usize::from(there));
            }
        }
        Ok(())
    });
    outcome.unwrap();
    assert!(
        seen.iter().all(|times| times.get() > 20),
        "what may be seen is: {seen:?}"
    );
}
