//! The rules of domain §4 and design §2, one table each.

use std::fs;
use std::path::PathBuf;

use jiff::civil::{Date, date};

use crate::agreement::Agreement;
use crate::fault::Fault;
use crate::snapshot::Reader;

use super::super::fixture::{COLUMNS, Place, agreement};
use super::{DifferenceCounts, Differences, differences};

const DAY: Date = date(2026, 11, 22);
const HEADER: &str = "id,jenis,nip,kolom,nilai_bpjs,nilai_bkn,putusan,acuan,tindakan,status,sejak";

fn state(place: &Place) -> PathBuf {
    place.path().join("state.snap")
}

fn run(
    place: &Place,
    agreement: &Agreement,
    [left, right]: [&Reader; 2],
    before: Option<&Reader>,
    today: Date,
) -> Differences {
    let recon = &agreement.reconciliations[0];
    differences(
        place.bench(),
        agreement,
        recon,
        [left, right],
        before,
        today,
        &state(place),
    )
    .unwrap()
}

/// The rows that `reader` gets, ids apart.
fn rows(found: &Differences, reader: &str) -> (Vec<String>, Vec<String>, DifferenceCounts) {
    let mut out = Vec::new();
    let reader = reader.parse().unwrap();
    let counts = found.write_csv(&reader, &mut out).unwrap().own;
    let text = String::from_utf8(out).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(HEADER));
    let (ids, rows) = lines
        .map(|l| l.split_once(',').unwrap())
        .map(|(id, rest)| (id.to_owned(), rest.to_owned()))
        .unzip();
    (ids, rows, counts)
}

/// Left rows, right rows, matched, agreeing, and what BPJS, which may see all, gets.
type Case<'c> = (&'c [&'c str], &'c [&'c str], u64, u64, &'c [&'c str]);

#[test]
fn records_meet_by_key_then_by_nik_and_are_compared_by_column() {
    let cases: &[Case] = &[
        (&[], &[], 0, 0, &[]),
        (
            &["1|11|Siti|1980-01-01|III/a|A"],
            &["1|11|Siti|1980-01-01|III/a|A"],
            1,
            1,
            &[],
        ),
        // Empty on both sides agrees; on one side it does not.
        (
            &["1|||||", "2|||||", "3|||||B"],
            &["1|||||", "2||Ani|||", "3|||||"],
            3,
            1,
            &[
                "NILAI,2,nama,Ani,,BEDA,DUKCAPIL,RUJUK_DUKCAPIL,BARU,2026-11-22",
                "NILAI,3,alamat,,B,BEDA,,INFORMASI,BARU,2026-11-22",
            ],
        ),
        // Names: what agrees once normalised is no difference.
        (
            &[
                "1||Hj. Siti Aminah, S.Pd.|1980-01-01||",
                "2||Soekarno|1980-01-01||",
                "3||Soekarno|1980-01-01||",
                "4||Soekarno|||",
            ],
            &[
                "1||SITI  AMINAH|1980-01-01||",
                "2||Sukarno|1980-01-01||",
                "3||Sukarno|1981-01-01||",
                "4||Sukarno|1980-01-01||",
            ],
            4,
            1,
            &[
                "NILAI,2,nama,Sukarno,Soekarno,MIRIP,DUKCAPIL,RUJUK_DUKCAPIL,BARU,2026-11-22",
                "NILAI,3,nama,Sukarno,Soekarno,BEDA,DUKCAPIL,RUJUK_DUKCAPIL,BARU,2026-11-22",
                "NILAI,3,tanggal_lahir,1981-01-01,1980-01-01,BEDA,DUKCAPIL,RUJUK_DUKCAPIL,BARU,2026-11-22",
                "NILAI,4,nama,Sukarno,Soekarno,MIRIP,DUKCAPIL,RUJUK_DUKCAPIL,BARU,2026-11-22",
                "NILAI,4,tanggal_lahir,1980-01-01,,BEDA,DUKCAPIL,RUJUK_DUKCAPIL,BARU,2026-11-22",
            ],
        ),
        // A nik matches what the key did not: the key itself differs, and the other columns count.
        (
            &["1|11|Siti||III/a|"],
            &["7|11|Siti||III/b|"],
            1,
            0,
            &[
                "NILAI,1,golongan,III/b,III/a,BEDA,BKN,ADOPSI_BPJS,BARU,2026-11-22",
                "NILAI,1,nip,7,1,BEDA,BKN,ADOPSI_BPJS,BARU,2026-11-22",
            ],
        ),
        // A nik that a matched record has is not free for another.
        (
            &["1|11||||", "2|11||||"],
            &["1|11||||"],
            1,
            1,
            &["HANYA_BKN,2,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22"],
        ),
        (
            &["1|||||", "2|22||||"],
            &["3|||||", "4|44||||"],
            0,
            0,
            &[
                "HANYA_BKN,1,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
                "HANYA_BKN,2,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
                "HANYA_BPJS,3,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
                "HANYA_BPJS,4,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
            ],
        ),
        // Doubled on either side, or on one side alone: nobody guesses.
        (
            &["1|11||||", "2|11||||", "5|55||||", "6|66||||", "7|66||||"],
            &["3|11||||", "8|55||||", "9|55||||"],
            0,
            0,
            &[
                "GANDA,1,nik,,11,,,PERIKSA_BERSAMA,BARU,2026-11-22",
                "GANDA,2,nik,,11,,,PERIKSA_BERSAMA,BARU,2026-11-22",
                "GANDA,3,nik,11,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
                "GANDA,5,nik,,55,,,PERIKSA_BERSAMA,BARU,2026-11-22",
                "GANDA,6,nik,,66,,,PERIKSA_BERSAMA,BARU,2026-11-22",
                "GANDA,7,nik,,66,,,PERIKSA_BERSAMA,BARU,2026-11-22",
                "GANDA,8,nik,55,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
                "GANDA,9,nik,55,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
            ],
        ),
    ];
    for (left, right, matched, agreeing, expected) in cases {
        let place = Place::new();
        let (a, b) = (place.people(left), place.people(right));
        let found = run(&place, &agreement(&[], false), [&a, &b], None, DAY);
        let (ids, got, counts) = rows(&found, "bpjs");
        assert_eq!(got, *expected, "{left:?} {right:?}");
        assert_eq!((found.matched, found.agreeing), (*matched, *agreeing));
        assert_eq!(counts, found.counts);
        assert!(
            ids.iter()
                .all(|id| id.len() == 20 && id.bytes().all(|b| b.is_ascii_hexdigit()))
        );
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
    }
}

#[test]
fn a_key_of_two_columns_without_a_second_match() {
    let place = Place::new();
    let mut agreement = agreement(&[], false);
    let recon = &mut agreement.reconciliations[0];
    recon.key = ["nip", "nik"].map(str::to_owned).to_vec();
    recon.also_by = None;
    agreement
        .datasets
        .iter_mut()
        .for_each(|d| d.key = vec![0, 1]);
    let people = |rows: &[[&str; 3]]| {
        let rows: Vec<_> = rows.iter().map(|r| r.map(str::to_owned)).collect();
        place.snapshot(&["nip", "nik", "alamat"], 2, &rows)
    };
    let a = people(&[["1", "1", "A"], ["1", "2", "B"], ["2", "1", "C"]]);
    let b = people(&[["1", "1", "A"], ["1", "2", "X"], ["1", "3", "C"]]);
    let found = run(&place, &agreement, [&a, &b], None, DAY);
    let mut out = Vec::new();
    found.write_csv(&"bpjs".parse().unwrap(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let rows: Vec<_> = text
        .lines()
        .filter_map(|l| Some(l.split_once(',')?.1))
        .collect();
    assert_eq!(
        rows,
        [
            "jenis,nip,nik,kolom,nilai_bpjs,nilai_bkn,putusan,acuan,tindakan,status,sejak",
            "NILAI,1,2,alamat,X,B,BEDA,,INFORMASI,BARU,2026-11-22",
            "HANYA_BPJS,1,3,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
            "HANYA_BKN,2,1,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
        ]
    );
}

/// Left: BKN. Right: BPJS. One difference of each sort.
const BKN: [&str; 7] = [
    "1|11|Siti|1980-01-01|III/a|A",
    "2|22|Budi||III/a|",
    "5|55|Eko||||",
    "6|66|Ani||||",
    "91|99|Oky|||L",
    "92|98|Tri||||",
    "93|97|Joko|||M",
];
const BPJS: [&str; 7] = [
    "1|11|Sita|1980-01-01|III/b|B",
    "3|22|Budi||III/a|",
    "4|44|Uli||||",
    "7|77|Ana||||",
    "8|77|Ano||||",
    "80|97|Joko|||N",
    "82|99|Oky|||K",
];

#[test]
fn a_reader_sees_what_it_is_entitled_to() {
    let all: &[&str] = &[
        "NILAI,1,alamat,B,A,BEDA,,INFORMASI,BARU,2026-11-22",
        "NILAI,1,golongan,III/b,III/a,BEDA,BKN,ADOPSI_BPJS,BARU,2026-11-22",
        "NILAI,1,nama,Sita,Siti,BEDA,DUKCAPIL,RUJUK_DUKCAPIL,BARU,2026-11-22",
        "NILAI,2,nip,3,2,BEDA,BKN,ADOPSI_BPJS,BARU,2026-11-22",
        "HANYA_BPJS,4,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
        "HANYA_BKN,5,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
        "HANYA_BKN,6,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
        "GANDA,7,nik,77,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
        "GANDA,8,nik,77,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
        "NILAI,91,alamat,K,L,BEDA,,INFORMASI,BARU,2026-11-22",
        "NILAI,91,nip,82,91,BEDA,BKN,ADOPSI_BPJS,BARU,2026-11-22",
        "HANYA_BKN,92,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
        "NILAI,93,alamat,N,M,BEDA,,INFORMASI,BARU,2026-11-22",
        "NILAI,93,nip,80,93,BEDA,BKN,ADOPSI_BPJS,BARU,2026-11-22",
    ];
    // Three columns only: other columns and the records that it lacks stay out; its own HANYA stays.
    let own_and_name: &[&str] = &[
        "NILAI,1,nama,Sita,Siti,BEDA,DUKCAPIL,RUJUK_DUKCAPIL,BARU,2026-11-22",
        "HANYA_BKN,5,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
        "HANYA_BKN,6,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
        "HANYA_BKN,92,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
    ];
    // With the key: records of the other side too, but not their nik.
    let with_key: &[&str] = &[
        "NILAI,2,nip,3,2,BEDA,BKN,ADOPSI_BPJS,BARU,2026-11-22",
        "HANYA_BPJS,4,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
        "HANYA_BKN,5,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
        "HANYA_BKN,6,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
        "GANDA,7,nik,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
        "GANDA,8,nik,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
        "NILAI,91,nip,82,91,BEDA,BKN,ADOPSI_BPJS,BARU,2026-11-22",
        "HANYA_BKN,92,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
        "NILAI,93,nip,80,93,BEDA,BKN,ADOPSI_BPJS,BARU,2026-11-22",
    ];
    // Names of columns disclosed: that they differ, not how.
    let disclosed: &[&str] = &[
        "NILAI,1,alamat,,A,,,INFORMASI,BARU,2026-11-22",
        "NILAI,1,golongan,,III/a,,BKN,ADOPSI_BPJS,BARU,2026-11-22",
        "NILAI,1,nama,Sita,Siti,BEDA,DUKCAPIL,RUJUK_DUKCAPIL,BARU,2026-11-22",
        "NILAI,2,nip,,2,,BKN,ADOPSI_BPJS,BARU,2026-11-22",
        "HANYA_BKN,5,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
        "HANYA_BKN,6,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
        "NILAI,91,alamat,,L,,,INFORMASI,BARU,2026-11-22",
        "NILAI,91,nip,,91,,BKN,ADOPSI_BPJS,BARU,2026-11-22",
        "HANYA_BKN,92,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
        "NILAI,93,alamat,,M,,,INFORMASI,BARU,2026-11-22",
        "NILAI,93,nip,,93,,BKN,ADOPSI_BPJS,BARU,2026-11-22",
    ];
    let place = Place::new();
    let (a, b) = (place.people(&BKN), place.people(&BPJS));
    for (entitled, names_disclosed, reader, expected) in [
        (&[][..], false, "bpjs", all),
        (&COLUMNS, false, "bkn", all),
        (&["nama"], false, "bkn", own_and_name),
        (&["nip"], false, "bkn", with_key),
        (&["nama"], true, "bkn", disclosed),
        (&COLUMNS, true, "stranger", &[]),
    ] {
        let agreement = agreement(entitled, names_disclosed);
        let found = run(&place, &agreement, [&a, &b], None, DAY);
        let (_, got, counts) = rows(&found, reader);
        assert_eq!(got, expected, "{reader} {entitled:?} {names_disclosed}");
        assert_eq!(counts.kinds.values().sum::<u64>() as usize, expected.len());
        assert_eq!(found.counts.kinds.values().sum::<u64>() as usize, all.len());
        assert_eq!((found.matched, found.agreeing), (4, 0));
        assert_eq!(found.records, [7, 7]);
        // What both see is what the one sees who sees less, whoever is asked.
        let seen = ["bkn", "bpjs"].map(|reader| {
            let seen = found.write_csv(&reader.parse().unwrap(), &mut Vec::new());
            seen.unwrap()
        });
        let [bkn, bpjs] = &seen;
        assert_eq!(bkn.common, bpjs.common);
        assert_eq!(bkn.common, bkn.own, "BPJS sees everything");
        if reader == "bkn" {
            for (column, n) in &bpjs.own.columns {
                let told = found.tells_of(&"bkn".parse().unwrap(), column);
                assert_eq!(bkn.own.columns.get(column), told.then_some(n), "{column}");
            }
        }
    }
}

#[test]
fn a_right_side_that_may_not_see_the_key_gets_its_own_in_its_own_order() {
    let place = Place::new();
    // BPJS on the left now, so BKN, entitled to some columns only, is the right side.
    let mut agreement = agreement(&["alamat"], false);
    agreement.reconciliations[0].sides.reverse();
    let (a, b) = (place.people(&BPJS), place.people(&BKN));
    let found = run(&place, &agreement, [&a, &b], None, DAY);
    let (_, all, _) = rows(&found, "bpjs");
    let keys = |rows: &[String]| -> Vec<String> {
        let key = |row: &String| row.split(',').nth(1).unwrap().to_owned();
        rows.iter().map(key).collect()
    };
    assert!(keys(&all).is_sorted());
    assert!(all.contains(&"NILAI,82,alamat,K,L,BEDA,,INFORMASI,BARU,2026-11-22".to_owned()));
    let (_, own, _) = rows(&found, "bkn");
    assert_eq!(
        own,
        [
            "NILAI,1,alamat,B,A,BEDA,,INFORMASI,BARU,2026-11-22",
            "HANYA_BKN,5,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
            "HANYA_BKN,6,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
            "NILAI,91,alamat,K,L,BEDA,,INFORMASI,BARU,2026-11-22",
            "HANYA_BKN,92,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
            "NILAI,93,alamat,N,M,BEDA,,INFORMASI,BARU,2026-11-22",
        ]
    );
}

#[test]
fn a_difference_is_opened_stays_open_and_is_resolved_once() {
    let place = Place::new();
    let agreement = agreement(&[], false);
    let right = place.people(&["1||Siti||III/b|B", "2|||||"]);
    let mut before: Option<Reader> = None;
    let mut seen = Vec::new();
    for (day, left, expected) in [
        (
            22,
            "1||Siti||III/a|A",
            &[
                "NILAI,1,alamat,B,A,BEDA,,INFORMASI,BARU,2026-11-22",
                "NILAI,1,golongan,III/b,III/a,BEDA,BKN,ADOPSI_BPJS,BARU,2026-11-22",
                "HANYA_BPJS,2,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22",
            ][..],
        ),
        // One stays with a new value, one is resolved and keeps its values.
        (
            23,
            "1||Siti||III/b|C",
            &[
                "NILAI,1,alamat,B,C,BEDA,,INFORMASI,MASIH,2026-11-22",
                "NILAI,1,golongan,III/b,III/a,BEDA,BKN,ADOPSI_BPJS,SELESAI,2026-11-22",
                "HANYA_BPJS,2,,,,,,PERIKSA_BERSAMA,MASIH,2026-11-22",
            ],
        ),
        // Resolved is told once; what comes back is new.
        (
            24,
            "1||Siti||III/b|C",
            &[
                "NILAI,1,alamat,B,C,BEDA,,INFORMASI,MASIH,2026-11-22",
                "HANYA_BPJS,2,,,,,,PERIKSA_BERSAMA,MASIH,2026-11-22",
            ],
        ),
        (
            25,
            "1||Siti||III/a|B",
            &[
                "NILAI,1,alamat,B,C,BEDA,,INFORMASI,SELESAI,2026-11-22",
                "NILAI,1,golongan,III/b,III/a,BEDA,BKN,ADOPSI_BPJS,BARU,2026-11-25",
                "HANYA_BPJS,2,,,,,,PERIKSA_BERSAMA,MASIH,2026-11-22",
            ],
        ),
    ] {
        let left = place.people(&[left]);
        let today = date(2026, 11, day);
        let found = run(&place, &agreement, [&left, &right], before.as_ref(), today);
        let (ids, got, counts) = rows(&found, "bpjs");
        assert_eq!(got, expected, "day {day}");
        assert_eq!(counts, found.counts);
        assert_eq!(
            counts.statuses.values().sum::<u64>() as usize,
            expected.len()
        );
        let open = expected.iter().filter(|r| !r.contains("SELESAI")).count();
        assert_eq!(counts.kinds.values().sum::<u64>() as usize, open);
        let next = Reader::open(&state(&place), &place.store).unwrap();
        assert_eq!(next.rows() as usize, open);
        before = Some(next);
        seen.push(ids);
        let names: Vec<_> = fs::read_dir(place.path()).unwrap().collect();
        assert_eq!(names.len(), 1, "only the state is left");
    }
    assert_eq!(seen[0], seen[1], "ids stay");
    assert_eq!(seen[0][1], seen[3][1]);
    // Another store key shares no blinded id; the plain ones are the same everywhere.
    let other = Place::new();
    let left = other.people(&["1||Siti||III/a|A"]);
    let right = other.people(&["1||Siti||III/b|B", "2|||||"]);
    let found = run(&other, &agreement, [&left, &right], None, DAY);
    assert_eq!(rows(&found, "bpjs").0, seen[0]);
}

#[test]
fn a_state_of_another_key_begins_anew() {
    let place = Place::new();
    let agreement = agreement(&[], false);
    let (a, b) = (place.people(&["1|||||"]), place.people(&[]));
    let foreign = place.snapshot(&["id", "jenis"], 1, &[["x", "y"].map(str::to_owned)]);
    let found = run(&place, &agreement, [&a, &b], Some(&foreign), DAY);
    let (_, got, _) = rows(&found, "bpjs");
    assert_eq!(got, ["HANYA_BKN,1,,,,,,PERIKSA_BERSAMA,BARU,2026-11-22"]);
}

#[test]
fn the_id_tells_a_reader_nothing_of_a_key_that_is_not_its_own() {
    let ids = || {
        let place = Place::new();
        let (a, b) = (place.people(&["1|11||||"]), place.people(&["2|11||||"]));
        let found = run(&place, &agreement(&[], true), [&a, &b], None, DAY);
        rows(&found, "bkn").0
    };
    assert_ne!(ids(), ids(), "keyed by the store");
}

#[test]
fn an_unusable_snapshot_is_a_fault_and_leaves_nothing() {
    let place = Place::new();
    let agreement = agreement(&[], false);
    let good = place.people(&["1|||||"]);
    let keyless = place.snapshot(&["nama"], 1, &[["x".to_owned()]]);
    let without_nik = place.snapshot(&["nip"], 1, &[["x".to_owned()]]);
    for bad in [&keyless, &without_nik] {
        for sides in [[&good, bad], [bad, &good]] {
            let result = differences(
                place.bench(),
                &agreement,
                &agreement.reconciliations[0],
                sides,
                None,
                DAY,
                &state(&place),
            );
            assert!(matches!(result, Err(Fault::Snapshot { .. })));
            assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
        }
    }
}
