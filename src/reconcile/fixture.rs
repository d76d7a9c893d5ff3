//! Small agreements and snapshots for the tests of this room.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::Path;

use jiff::civil::{Date, date};
use tempfile::TempDir;

use crate::agreement::{
    Agreement, Authority, ChangeClass, ChangeClasses, Comparison, Dataset, Entitlement, Field,
    FieldKind, NameRules, Party, Reconciliation, Required, Row, Term, Thresholds,
};
use crate::delivery::Sha256Digest;
use crate::snapshot::{Partition, Reader, Rows, StoreKey, Writer, sorted};
use crate::workers::Workers;

use super::Bench;

/// Columns of both datasets.
pub(super) const COLUMNS: [&str; 6] = ["nip", "nik", "nama", "tanggal_lahir", "golongan", "alamat"];

/// A folder and a store key.
pub(super) struct Place {
    pub(super) dir: TempDir,
    pub(super) store: StoreKey,
    pub(super) workers: Workers,
}

impl Place {
    pub(super) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            store: StoreKey::generate_for_tests(),
            workers: Workers::new(NonZeroUsize::new(3).unwrap()),
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn bench(&self) -> Bench<'_> {
        Bench {
            scratch: self.path(),
            store: &self.store,
            workers: &self.workers,
        }
    }

    /// A snapshot as ingest leaves it: sorted by the first `key` columns in each partition.
    pub(super) fn snapshot<R: AsRef<[String]>>(
        &self,
        columns: &[&str],
        key: usize,
        rows: &[R],
    ) -> Reader {
        let columns: Vec<_> = columns.iter().map(|c| (*c).to_owned()).collect();
        let mut raw = Writer::scratch(self.path(), &self.store, &columns).unwrap();
        for row in rows {
            let row: Row = row.as_ref().iter().collect();
            raw.push(row.get(0), &row).unwrap();
        }
        let raw = raw.finish().unwrap();
        let mut writer = Writer::scratch(self.path(), &self.store, &columns).unwrap();
        let (mut row, key): (Row, Vec<usize>) = (Row::new(), (0..key).collect());
        for p in Partition::all() {
            let mut rows = sorted(&raw, p, &key, self.path(), &self.store).unwrap();
            while rows.read(&mut row).unwrap() {
                writer.push_to(p, &row).unwrap();
            }
        }
        writer.finish().unwrap()
    }

    /// The same from `a|b|c` lines with [`COLUMNS`], key `nip`.
    pub(super) fn people(&self, lines: &[&str]) -> Reader {
        let rows: Vec<Vec<String>> = lines
            .iter()
            .map(|l| l.split('|').map(str::to_owned).collect())
            .collect();
        self.snapshot(&COLUMNS, 1, &rows)
    }
}

/// A dataset of text columns, keyed by the first `key`, of which the counterpart may see `entitled`.
pub(super) fn dataset(
    id: &str,
    [party, counterpart]: [&str; 2],
    columns: &[&str],
    key: usize,
    entitled: &[&str],
) -> Dataset {
    let field = |name: &&str| Field {
        name: (*name).to_owned(),
        kind: FieldKind::Text { max: 100 },
        required: Required::No,
    };
    let positions: BTreeSet<usize> = entitled
        .iter()
        .map(|e| columns.iter().position(|c| c == e).unwrap())
        .collect();
    Dataset {
        id: id.parse().unwrap(),
        party: party.parse().unwrap(),
        fields: columns.iter().map(field).collect(),
        key: (0..key).collect(),
        unique: None,
        separator: None,
        expect: None,
        checks: Vec::new(),
        entitlement: BTreeMap::from([(
            counterpart.parse().unwrap(),
            Entitlement {
                columns: positions,
                rule: String::new(),
            },
        )]),
    }
}

/// BKN's `pns`, wholly open to BPJS, against BPJS's `banding`, of which BKN may see `entitled`.
///
/// The sides stand in another order than the parties, as in the example agreement.
pub(super) fn agreement(entitled: &[&str], disclosed: bool) -> Agreement {
    let compare = |name: &str, reference: &str, action: &str| {
        let position = COLUMNS.iter().position(|c| *c == name).unwrap();
        Comparison {
            name: name.to_owned(),
            positions: [position; 2],
            as_name: name == "nama",
            authority: authority(reference, action),
        }
    };
    let recon = Reconciliation {
        id: "pembanding".parse().unwrap(),
        sides: ["pns", "banding"].map(|d| d.parse().unwrap()),
        key: vec!["nip".to_owned()],
        also_by: Some([1, 1]),
        comparisons: vec![
            compare("nip", "BKN", "ADOPSI_BPJS"),
            compare("nik", "DUKCAPIL", "RUJUK_DUKCAPIL"),
            compare("nama", "DUKCAPIL", "RUJUK_DUKCAPIL"),
            compare("tanggal_lahir", "DUKCAPIL", "RUJUK_DUKCAPIL"),
            compare("golongan", "BKN", "ADOPSI_BPJS"),
            compare("alamat", "", "INFORMASI"),
        ],
        birth_date: Some([3, 3]),
        presence: authority("", "PERIKSA_BERSAMA"),
        names_disclosed_to: disclosed
            .then(|| "bkn".parse().unwrap())
            .into_iter()
            .collect(),
        candidates: None,
    };
    let party = |id: &str| Party {
        id: id.parse().unwrap(),
        name: id.to_uppercase(),
    };
    Agreement {
        numbers: Vec::new(),
        parties: [party("bpjs"), party("bkn")],
        term: Term {
            signed: date(2016, 10, 10),
            until: Date::MAX,
            warn_from: Date::MAX,
        },
        postquantum: BTreeSet::new(),
        datasets: vec![
            dataset("pns", ["bkn", "bpjs"], &COLUMNS, 1, &COLUMNS),
            dataset("banding", ["bpjs", "bkn"], &COLUMNS, 1, entitled),
        ],
        reconciliations: vec![recon],
        classes: classes(),
        names: name_rules(),
        thresholds: Thresholds {
            refused_percent: 5,
            service_years_max: 40,
            service_from_age: 18,
            cpns_age_error: 15,
            cpns_age_usual: [18, 46],
            cpns_years_max: 2,
            retirement_ages: [58, 65, 70],
            children_max: 3,
            child_ages: [21, 25],
            nik_provinces: BTreeSet::new(),
        },
        reminders: None,
        minutes: crate::agreement::Minutes::default(),
        digest: Sha256Digest::of(b"agreement"),
    }
}

fn authority(reference: &str, action: &str) -> Authority {
    Authority {
        reference: reference.to_owned(),
        action: action.to_owned(),
    }
}

/// As in domain §5.
pub(super) fn classes() -> ChangeClasses {
    let identity = ["nip", "nik", "tanggal_lahir"].map(|c| (c, ChangeClass::Identitas));
    let financial = ["golongan"].map(|c| (c, ChangeClass::Finansial));
    ChangeClasses {
        by_column: identity
            .into_iter()
            .chain(financial)
            .map(|(column, class)| (column.to_owned(), class))
            .collect(),
        presence: Some(ChangeClass::Finansial),
    }
}

/// Name rules as in the example agreement.
pub(super) fn name_rules() -> NameRules {
    let pairs = |text: &str| {
        text.split(' ')
            .filter_map(|p| p.split_once('='))
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .collect()
    };
    NameRules {
        titles: "DR DRS DRA IR PROF H HJ KH HAJI"
            .split(' ')
            .map(str::to_owned)
            .collect(),
        expansions: pairs(
            "MUH=MUHAMMAD MOH=MUHAMMAD MOCH=MUHAMMAD MHD=MUHAMMAD MOHAMAD=MUHAMMAD MOCHAMMAD=MUHAMMAD ABD=ABDUL",
        ),
        first_word_expansions: pairs("M=MUHAMMAD"),
        similar_permille: 920,
    }
}
