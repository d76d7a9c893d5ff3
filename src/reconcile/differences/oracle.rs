//! Random data against the same rules written the naive way: everything in maps.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};

use crate::agreement::Agreement;
use crate::snapshot::Reader;

use super::super::fixture::{COLUMNS, Place, agreement};
use super::super::names::verdict;
use super::differences;

type Person = Vec<String>;
/// Sort key, `kolom`, both keys and `jenis`: what an id stands for.
type Name = (String, String, String, String, String);
/// Values of the left and the right side, `putusan`, `sejak`.
type Told = ([String; 2], String, Date);

/// A difference without its life: its name, both values and `putusan`.
type Found = (Name, [String; 2], String);

#[test]
fn random_runs_give_what_maps_give() {
    let place = Place::new();
    let agreement = agreement(&[], false);
    let state = place.path().join("state.snap");
    let mut random = fastrand::Rng::with_seed(3);
    let mut statuses = BTreeMap::<String, u64>::new();
    let mut kinds = BTreeMap::<String, u64>::new();
    for size in [5, 12, 30, 60, 120, 12, 30] {
        let mut open: BTreeMap<Name, Told> = BTreeMap::new();
        let mut before: Option<Reader> = None;
        let mut sides = [people(&mut random, size), people(&mut random, size)];
        for day in 1..=3 {
            let today = date(2026, 1, day);
            let (found, matched, agreeing) = naive(&agreement, &sides);
            let (expected, now) = lives(&open, found, today);
            open = now;

            let [left, right] = sides.each_ref().map(|s| place.snapshot(&COLUMNS, 1, s));
            let got = differences(
                place.bench(),
                &agreement,
                &agreement.reconciliations[0],
                [&left, &right],
                before.as_ref(),
                today,
                &state,
            )
            .unwrap();
            let mut out = Vec::new();
            got.write_csv(&"bpjs".parse().unwrap(), &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            let mut rows: Vec<_> = text
                .lines()
                .skip(1)
                .map(|l| l.split_once(',').unwrap().1.to_owned())
                .collect();
            let key = |row: &String| row.split(',').nth(1).unwrap().to_owned();
            assert!(rows.is_sorted_by_key(key));
            rows.sort();
            assert_eq!(rows, expected);
            assert_eq!((got.matched, got.agreeing), (matched, agreeing));
            for (total, part) in [
                (&mut statuses, &got.counts.statuses),
                (&mut kinds, &got.counts.kinds),
            ] {
                part.iter()
                    .for_each(|(k, n)| *total.entry(k.clone()).or_default() += n);
            }
            before = Some(Reader::open(&state, &place.store).unwrap());
            for side in &mut sides {
                change(&mut random, side, size);
            }
        }
    }
    assert!(
        statuses.len() == 3 && statuses.values().all(|n| *n > 100),
        "{statuses:?}"
    );
    assert!(
        kinds.len() == 4 && kinds.values().all(|n| *n > 50),
        "{kinds:?}"
    );
}

fn person(random: &mut fastrand::Rng, size: u16) -> Person {
    let nik = match random.u8(0..4) {
        0 => String::new(),
        _ => format!("N{}", random.u16(0..size * 2)),
    };
    vec![
        format!("{:03}", random.u16(0..size * 2)),
        nik,
        random
            .choice(["Siti", "SITI", "Soekarno", "Sukarno", ""])
            .unwrap()
            .to_owned(),
        random
            .choice(["1980-01-01", "1980-01-02", ""])
            .unwrap()
            .to_owned(),
        random.choice(["III/a", "III/b"]).unwrap().to_owned(),
        random.choice(["", "Jl. A"]).unwrap().to_owned(),
    ]
}

fn people(random: &mut fastrand::Rng, size: u16) -> Vec<Person> {
    let mut people = Vec::new();
    for _ in 0..size {
        people.push(person(random, size));
    }
    people.sort();
    people.dedup_by_key(|p| p[0].clone());
    people
}

/// Some go, some come, some change.
fn change(random: &mut fastrand::Rng, people: &mut Vec<Person>, size: u16) {
    people.retain(|_| random.u8(0..10) > 0);
    for p in people.iter_mut() {
        if random.u8(0..4) > 0 {
            continue;
        }
        let (key, new) = (p[0].clone(), person(random, size));
        *p = new;
        p[0] = key;
    }
    for _ in 0..size / 10 + 1 {
        people.push(person(random, size));
    }
    people.sort();
    people.dedup_by_key(|p| p[0].clone());
}

/// What differs, how many records met, and how many of these agree.
fn naive(agreement: &Agreement, [left, right]: &[Vec<Person>; 2]) -> (Vec<Found>, u64, u64) {
    let by_key = |side: &[Person]| -> BTreeMap<String, Person> {
        side.iter().map(|p| (p[0].clone(), p.clone())).collect()
    };
    let (mut a, mut b) = (by_key(left), by_key(right));
    let mut pairs = Vec::new();
    for key in a.keys().cloned().collect::<Vec<_>>() {
        if let Some(other) = b.remove(&key) {
            pairs.push((a.remove(&key).unwrap(), other));
        }
    }
    let mut niks: BTreeMap<String, [Vec<Person>; 2]> = BTreeMap::new();
    let mut found = Vec::new();
    let mut only = |p: &Person, side: usize| {
        let jenis = ["HANYA_BKN", "HANYA_BPJS"][side];
        found.push((
            name(&p[0], "", &p[0], jenis),
            ["", ""].map(str::to_owned),
            String::new(),
        ));
    };
    for (side, rest) in [a, b].into_iter().enumerate() {
        for p in rest.into_values() {
            match p[1].as_str() {
                "" => only(&p, side),
                nik => niks.entry(nik.to_owned()).or_default()[side].push(p),
            }
        }
    }
    let mut doubled = Vec::new();
    for [x, y] in niks.values() {
        match (&x[..], &y[..]) {
            ([p], []) => only(p, 0),
            ([], [p]) => only(p, 1),
            ([p], [q]) => pairs.push((p.clone(), q.clone())),
            _ => {
                doubled.extend(x.iter().map(|p| (p.clone(), 0)));
                doubled.extend(y.iter().map(|p| (p.clone(), 1)));
            }
        }
    }
    for (p, side) in doubled {
        let mut values = [String::new(), String::new()];
        values[side] = p[1].clone();
        found.push((
            name(&p[0], "nik", &side.to_string(), "GANDA"),
            values,
            String::new(),
        ));
    }
    let (matched, mut agreeing) = (pairs.len() as u64, 0);
    for (p, q) in pairs {
        let same_date = (!p[3].is_empty() && !q[3].is_empty()).then(|| p[3] == q[3]);
        let mut differences = 0;
        for (column, name_of) in COLUMNS.iter().enumerate() {
            let putusan = match *name_of {
                "nama" => verdict(&agreement.names, &p[column], &q[column], same_date).as_str(),
                _ if p[column] == q[column] => "SAMA",
                _ => "BEDA",
            };
            if !putusan.starts_with("SAMA") {
                differences += 1;
                let values = [p[column].clone(), q[column].clone()];
                found.push((
                    name(&p[0], name_of, &q[0], "NILAI"),
                    values,
                    putusan.to_owned(),
                ));
            }
        }
        agreeing += u64::from(differences == 0);
    }
    (found, matched, agreeing)
}

fn name(key: &str, kolom: &str, other: &str, jenis: &str) -> Name {
    let [key, kolom, other, jenis] = [key, kolom, other, jenis].map(str::to_owned);
    (key.clone(), kolom, key, other, jenis)
}

/// The lines of the report, and what is open now.
fn lives(
    open: &BTreeMap<Name, Told>,
    found: Vec<Found>,
    today: Date,
) -> (Vec<String>, BTreeMap<Name, Told>) {
    let mut lines = Vec::new();
    let mut now = BTreeMap::new();
    for (name, values, putusan) in found {
        let (status, since) = match open.get(&name) {
            Some((.., since)) => ("MASIH", *since),
            None => ("BARU", today),
        };
        lines.push(line(
            &name,
            &(values.clone(), putusan.clone(), since),
            status,
        ));
        assert!(now.insert(name, (values, putusan, since)).is_none());
    }
    let gone = open.iter().filter(|(name, _)| !now.contains_key(*name));
    lines.extend(gone.map(|(name, told)| line(name, told, "SELESAI")));
    lines.sort();
    (lines, now)
}

fn line(
    (key, kolom, _, _, jenis): &Name,
    ([left, right], putusan, since): &Told,
    status: &str,
) -> String {
    let authority = match kolom.as_str() {
        _ if jenis != "NILAI" => ",PERIKSA_BERSAMA",
        "nip" | "golongan" => "BKN,ADOPSI_BPJS",
        "alamat" => ",INFORMASI",
        _ => "DUKCAPIL,RUJUK_DUKCAPIL",
    };
    format!("{jenis},{key},{kolom},{right},{left},{putusan},{authority},{status},{since}")
}
