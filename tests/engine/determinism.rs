//! The same rows under the same agreement give the same bytes, whatever the number of threads and the order of the rows.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use jiff::civil::{Date, date};
use padan::agreement::{Agreement, Dataset};
use padan::delivery::DataFileName;
use padan::fault::Fault;
use padan::reconcile::{changes, differences};
use padan::rows::{Findings, Line};
use padan::sample::{Plan, generate};
use padan::snapshot::{Reader, StoreKey};
use padan::workers::Workers;
use tempfile::tempdir;

use crate::exchange::Exchange;

const DAY: Date = date(2026, 11, 22);
/// Enough for several blocks of text and several turns of a thread.
const ROWS: u64 = 6_000;

/// What a run gives: names of files and their plaintext.
type Given = BTreeMap<String, Vec<u8>>;

#[derive(Default)]
struct Heard(Vec<String>);

impl Findings for Heard {
    fn hear(&mut self, _: &Dataset, line: &Line) -> Result<(), Fault> {
        let code = line.finding.code.as_str();
        self.0
            .push(format!("{} {code} {} {}", line.row, line.key, line.value));
        Ok(())
    }
}

impl Exchange<'_> {
    /// Both deliveries of every dataset, in an order of rows that `shuffle` decides.
    fn run(&self, sample: &Path, shuffle: impl Fn(&mut Vec<&str>)) -> (Given, Vec<String>) {
        let (mut given, mut told) = (Given::new(), Vec::new());
        let mut snapshots: BTreeMap<String, Reader> = BTreeMap::new();
        for round in ["babak-1", "babak-2"] {
            let files = fs::read_dir(sample.join(round)).unwrap();
            let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
            files.sort();
            for path in files {
                let text = fs::read_to_string(&path).unwrap();
                let mut records = records(&text);
                let header = records.remove(0);
                shuffle(&mut records);
                records.insert(0, header);
                let name = path.file_name().unwrap().to_str().unwrap();
                let parsed: DataFileName = format!("{name}.age").parse().unwrap();
                let dataset = self.agreement.dataset(&parsed.dataset).unwrap();
                let before = snapshots.get(dataset.id.as_str()).cloned();
                let (snapshot, Heard(heard)) =
                    self.judge(name, records.concat().into(), before.as_ref());
                told.extend(heard);
                let changes = changes(
                    self.bench(),
                    dataset,
                    &self.agreement.classes,
                    before.as_ref(),
                    &snapshot,
                )
                .unwrap();
                for party in &self.agreement.parties {
                    let out = given
                        .entry(format!("{name} {} perubahan", party.id))
                        .or_default();
                    changes.write_csv(dataset, &party.id, out).unwrap();
                }
                snapshots.insert(dataset.id.to_string(), snapshot);
            }
            self.compare(round, &snapshots, &mut given);
        }
        (given, told)
    }

    fn compare(&self, round: &str, snapshots: &BTreeMap<String, Reader>, given: &mut Given) {
        for recon in &self.agreement.reconciliations {
            let sides = recon.sides.each_ref().map(|id| snapshots.get(id.as_str()));
            let [Some(left), Some(right)] = sides else {
                continue;
            };
            let state = self.work.join(format!("{round} {}.state", recon.id));
            let found = differences(
                self.bench(),
                self.agreement,
                recon,
                [left, right],
                None,
                DAY,
                &state,
            )
            .unwrap();
            for party in &self.agreement.parties {
                let name = format!("{round} {} {}", recon.id, party.id);
                let out = given.entry(name).or_default();
                found.write_csv(&party.id, out).unwrap();
            }
        }
    }
}

/// A line break in quotes ends no record.
fn records(text: &str) -> Vec<&str> {
    let mut inside = false;
    text.split_inclusive(|c: char| {
        inside ^= c == '"';
        c == '\n' && !inside
    })
    .collect()
}

#[test]
fn threads_and_the_order_of_rows_change_no_byte() {
    let sample = tempdir().unwrap();
    let plan = Plan {
        rows: ROWS,
        seed: 5,
        as_of: DAY,
        unmatched: 0,
    };
    generate(&plan, sample.path(), |_| {}).unwrap();
    let yaml = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/agreement.yaml");
    let text = fs::read_to_string(&yaml).unwrap();
    let agreement = Agreement::parse(&text, &yaml, DAY).unwrap();
    let store = StoreKey::ephemeral().unwrap();
    let run = |threads: usize, seed: u64| {
        let work = tempdir().unwrap();
        let exchange = Exchange {
            agreement: &agreement,
            store: &store,
            workers: &Workers::new(NonZeroUsize::new(threads).unwrap()),
            work: work.path(),
        };
        exchange.run(sample.path(), |records| {
            if seed > 0 {
                fastrand::Rng::with_seed(seed).shuffle(records);
            }
        })
    };
    let (expected, told) = run(1, 0);
    assert!(told.len() > 50 && expected.values().filter(|text| text.len() > 1000).count() > 8);
    for threads in [2, 5] {
        let (given, heard) = run(threads, 0);
        assert!(
            heard == told,
            "{threads} threads tell the same in the same order"
        );
        same(&given, &expected, threads);
    }
    for (threads, seed) in [(1, 1), (2, 2), (5, 3)] {
        let (given, heard) = run(threads, seed);
        assert_eq!(heard.len(), told.len());
        same(&given, &expected, threads);
    }
}

fn same(given: &Given, expected: &Given, threads: usize) {
    assert!(given.keys().eq(expected.keys()));
    for (name, text) in expected {
        assert!(&given[name] == text, "{name} with {threads} threads");
    }
}
