//! A search as a whole, over small snapshots.

use std::fmt::Write as _;

use jiff::civil::date;

use crate::agreement::{Agreement, CandidateField, Candidates as Asked, FieldKind};
use crate::snapshot::Reader;

use super::super::differences::{Differences, differences};
use super::super::fixture::{COLUMNS, Place, agreement};

const FIELDS: [&str; 5] = ["nip", "nik", "nama", "tanggal_lahir", "alamat"];

/// The agreement of the fixture with the formats that its columns stand for, and likely pairs asked for by `fields`.
fn asking(entitled: &[&str], fields: &[&str]) -> Agreement {
    let mut agreement = agreement(entitled, false);
    for dataset in &mut agreement.datasets {
        for field in &mut dataset.fields {
            field.kind = match field.name.as_str() {
                "nip" => FieldKind::Nip,
                "nik" => FieldKind::Nik,
                "nama" => FieldKind::Name { max: 100 },
                "tanggal_lahir" => FieldKind::Date,
                "golongan" => FieldKind::Golongan,
                _ => FieldKind::Text { max: 100 },
            };
        }
    }
    let field = |name: &&str| CandidateField {
        name: (*name).to_owned(),
        positions: [COLUMNS.iter().position(|c| c == name).unwrap(); 2],
    };
    agreement.reconciliations[0].candidates = Some(Asked {
        fields: fields.iter().map(field).collect(),
        least_percent: 50,
        ambiguous_ratio: 100,
    });
    agreement
}

fn run(place: &Place, agreement: &Agreement, [left, right]: [&Reader; 2]) -> Differences {
    differences(
        place.bench(),
        agreement,
        &agreement.reconciliations[0],
        [left, right],
        None,
        date(2026, 11, 22),
        &place.path().join("state.snap"),
    )
    .unwrap()
}

/// What `reader` gets, without the ids; `None` where it gets no file.
fn told(found: &Differences, reader: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    let candidates = found.candidates(&reader.parse().unwrap())?;
    candidates.write_csv(&mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let rest = |line: &str| line.split_once(',').unwrap().1.to_owned();
    Some(text.lines().map(rest).collect())
}

/// Fields of a line from the column `alasan` on.
fn decided(line: &str) -> String {
    line.splitn(3, ',').nth(2).unwrap().to_owned()
}

/// People who are all different, and what the other side made of them: every fourth is nobody there.
fn crowd(count: usize) -> [Vec<String>; 2] {
    let (mut own, mut other) = (Vec::new(), Vec::new());
    let mut random = fastrand::Rng::with_seed(7);
    let words = [
        "BUDI", "SANTOSO", "WARTINI", "HASIBUAN", "KARTIKA", "PURNOMO", "YULIATI", "GUNADI",
    ];
    let syllables = [
        "SU", "WAR", "NING", "TO", "LES", "DAR", "MI", "RAH", "KUS", "BEN",
    ];
    for n in 0..count {
        let mut pick = |list: &[&str]| list[random.usize(0..list.len())].to_owned();
        let second: String = (0..3).map(|_| pick(&syllables)).collect();
        let name = format!("{} {second}", pick(&words));
        let (year, month, day) = (1960 + n % 37, n % 12 + 1, n % 28 + 1);
        let birth = format!("{year}-{month:02}-{day:02}");
        let nip = |serial: usize| format!("{year}{month:02}{day:02}2001051{serial:03}");
        let nik = |serial: usize| format!("317401{day:02}{month:02}{:02}{serial:04}", year % 100);
        let address = format!("Jl. {}", pick(&words));
        let (own_nip, own_nik) = (nip(n % 500 + 1), nik(n + 1));
        own.push(format!(
            "{own_nip}|{own_nik}|{name}|{birth}|III/a|{address}"
        ));
        if n % 4 < 3 {
            let (other_nip, other_nik) = (nip(n % 400 + 501), nik(n + 5_001));
            other.push(format!(
                "{other_nip}|{other_nik}|{name}|{birth}|III/a|{address}"
            ));
        }
    }
    [own, other]
}

fn lines(rows: &[String]) -> Vec<&str> {
    rows.iter().map(String::as_str).collect()
}

#[test]
fn who_was_written_down_otherwise_is_found_with_the_reasons_and_stays_a_difference() {
    let place = Place::new();
    let own = [
        "198003112005012001|3174015103800001|Siti Aminah, S.Pd|1980-03-11|III/a|Jl. Melati 1",
        "197512202000031002|3273012012750003|Joko Susilo|1975-12-20|III/c|Jl. Mawar 2",
        "196001011985031001|3273010101600001|Bambang Wibowo|1960-01-01|IV/a|",
    ];
    let other = [
        // Day and month swapped, one digit of the NIK wrong.
        "198003112005022001|3174015103800007|Siti Aminah|1980-11-03|III/a|JL. MELATI 1",
        // An old spelling, another NIK.
        "197512202000041002|3578010101750009|Djoko Soesilo|1975-12-20|III/c|Jl. Kenanga 9",
        "199901012022031009|3578010101990001|Rina Lestari|1999-01-01|III/a|",
    ];
    let agreement = asking(&[], &FIELDS);
    let (a, b) = (place.people(&own), place.people(&other));
    let found = run(&place, &agreement, [&a, &b]);
    let rows = told(&found, "bpjs").unwrap();
    assert_eq!(
        rows[0],
        "skor,peluang,tanda,alasan,nip_bpjs,nip_bkn,nik_bpjs,nik_bkn,nama_bpjs,nama_bkn,tanggal_lahir_bpjs,tanggal_lahir_bkn,alamat_bpjs,alamat_bkn"
    );
    let decisions: Vec<String> = rows[1..].iter().map(|line| decided(line)).collect();
    assert_eq!(
        decisions,
        [
            "JELAS,nip.kelamin SAMA; nip SATU_ANGKA; nik BEDA; nama SAMA; tanggal_lahir SAMA; alamat BEDA,\
             197512202000041002,197512202000031002,3578010101750009,3273012012750003,Djoko Soesilo,Joko Susilo,\
             1975-12-20,1975-12-20,Jl. Kenanga 9,Jl. Mawar 2",
            "JELAS,nip.kelamin SAMA; nip SATU_ANGKA; nik SATU_ANGKA; nama SAMA; tanggal_lahir TERTUKAR; alamat SAMA,\
             198003112005022001,198003112005012001,3174015103800007,3174015103800001,Siti Aminah,\"Siti Aminah, S.Pd\",\
             1980-11-03,1980-03-11,JL. MELATI 1,Jl. Melati 1",
        ]
    );
    // Nothing is adopted: all six records still met nobody.
    assert_eq!((found.matched, found.counts.open()), (0, 6));
}

#[test]
fn no_order_of_rows_changes_a_byte() {
    let agreement = asking(&[], &FIELDS);
    let [own, other] = crowd(600);
    let mut first = None;
    let place = Place::new();
    for seed in 0..3 {
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut own, mut other) = (lines(&own), lines(&other));
        random.shuffle(&mut own);
        random.shuffle(&mut other);
        let (a, b) = (place.people(&own), place.people(&other));
        let found = run(&place, &agreement, [&a, &b]);
        let candidates = found.candidates(&"bpjs".parse().unwrap()).unwrap();
        let mut out = Vec::new();
        candidates.write_csv(&mut out).unwrap();
        let told = (out, format!("{:?}", candidates.estimates));
        let first = first.get_or_insert_with(|| told.clone());
        assert!(*first == told, "seed {seed}");
    }
}

#[test]
fn nearly_everyone_of_a_crowd_is_found_and_hardly_anyone_else() {
    let place = Place::new();
    let agreement = asking(&[], &FIELDS);
    let [own, other] = crowd(1_200);
    let (a, b) = (place.people(&lines(&own)), place.people(&lines(&other)));
    let found = run(&place, &agreement, [&a, &b]);
    let rows = told(&found, "bpjs").unwrap();
    let name = |line: &str, at: usize| line.split(',').nth(at).unwrap().to_owned();
    let header: Vec<&str> = rows[0].split(',').collect();
    let column = |name: &str| header.iter().position(|c| *c == name).unwrap();
    let (ours, theirs) = (column("nip_bkn"), column("nip_bpjs"));
    // A person's two NIPs have the birth date in common, and the serial tells the person's number.
    let right = rows[1..].iter().filter(|line| {
        let (a, b) = (name(line, ours), name(line, theirs));
        let row = |rows: &[String], nip: &str| {
            let row = rows.iter().find(|row| row.starts_with(nip)).unwrap();
            row.split('|').skip(2).collect::<Vec<_>>().join("|")
        };
        row(&own, &a) == row(&other, &b)
    });
    let (right, all) = (right.count(), rows.len() - 1);
    assert!(right >= 880, "{right} of 900");
    assert!(all - right <= 5, "{} of {all} are wrong", all - right);
    let numbers: Vec<String> = rows[1..].iter().map(|line| name(line, ours)).collect();
    assert!(numbers.is_sorted(), "by BKN's key");
    // One record, one partner.
    for at in [ours, theirs] {
        let mut numbers: Vec<String> = rows[1..].iter().map(|line| name(line, at)).collect();
        numbers.sort();
        numbers.dedup();
        assert_eq!(numbers.len(), all);
    }
    let candidates = found.candidates(&"bpjs".parse().unwrap()).unwrap();
    let estimates = &candidates.estimates;
    assert_eq!(estimates.skipped_blocks, 0);
    let left_over: Vec<u64> = estimates.left_over.iter().map(|(_, n)| *n).collect();
    assert_eq!(left_over, [1_200, 900]);
    let name = estimates
        .levels
        .iter()
        .find(|l| (l.name.as_str(), l.level) == ("nama", "SAMA"));
    let name = name.unwrap();
    assert!(name.m > 0.9 && name.u < 0.01, "{name:?}");
    // Hardly anyone's date was swapped here: nothing is told of so few.
    assert!(estimates.levels.iter().all(|l| l.level != "TERTUKAR"));
}

#[test]
fn twins_are_marked_and_each_gets_one_partner() {
    let place = Place::new();
    let agreement = asking(&[], &FIELDS);
    let person = |nip: &str, nik: &str, name: &str| format!("{nip}|{nik}|{name}|1980-03-11|III/a|");
    let own = [
        person("198003112005011001", "3174011103800001", "Hasan Basri"),
        person("198003112005011002", "3174011103800002", "Hasan Basri"),
    ];
    let other = [
        person("198003112005021001", "3174011103800003", "Hasan Basri"),
        person("198003112005021002", "3174011103800004", "Hasan Basri"),
    ];
    let (a, b) = (place.people(&lines(&own)), place.people(&lines(&other)));
    let found = run(&place, &agreement, [&a, &b]);
    let rows = told(&found, "bpjs").unwrap();
    let mut pairs = String::new();
    for line in &rows[1..] {
        let fields: Vec<&str> = line.split(',').collect();
        writeln!(pairs, "{} {} {}", fields[2], fields[4], fields[5]).unwrap();
    }
    assert_eq!(
        pairs,
        "RAGU 198003112005021001 198003112005011001\nRAGU 198003112005021002 198003112005011002\n"
    );
    let candidates = found.candidates(&"bpjs".parse().unwrap()).unwrap();
    assert_eq!(candidates.counts().ambiguous, 2);
    // And where the other side has only one of the two, one of ours stays without.
    let (a, b) = (
        place.people(&lines(&own)),
        place.people(&lines(&other[..1])),
    );
    let found = run(&place, &agreement, [&a, &b]);
    let rows = told(&found, "bpjs").unwrap();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(
        rows[1].contains("RAGU") && rows[1].contains(",198003112005021001,198003112005011001,")
    );
}

#[test]
fn records_that_share_their_second_column_are_looked_at_too() {
    let place = Place::new();
    let agreement = asking(&[], &FIELDS);
    // BPJS has the NIK twice: nobody guesses, but one of the two is the likely one.
    let own = ["198003112005012001|3174015103800001|Siti Aminah|1980-03-11|III/a|Jl. Melati 1"];
    let other = [
        "198003112005022001|3174015103800001|Siti Aminah|1980-03-11|III/a|Jl. Melati 1",
        "197707072007071009|3174015103800001|Bambang Wibowo|1977-07-07|III/a|",
    ];
    let (a, b) = (place.people(&own), place.people(&other));
    let found = run(&place, &agreement, [&a, &b]);
    let rows = told(&found, "bpjs").unwrap();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows[1].contains(",198003112005022001,198003112005012001,"));
    assert_eq!((found.matched, found.counts.kinds["GANDA"]), (0, 3));
}

#[test]
fn a_block_that_is_too_large_is_left_out_and_counted() {
    let place = Place::new();
    let agreement = asking(&[], &["nama", "tanggal_lahir"]);
    let person = |n: usize| format!("{n:018}||Siti Aminah|1980-03-11||");
    let own: Vec<String> = (0..300).map(person).collect();
    let other: Vec<String> = (1_000..1_300).map(person).collect();
    let (a, b) = (place.people(&lines(&own)), place.people(&lines(&other)));
    let found = run(&place, &agreement, [&a, &b]);
    let candidates = found.candidates(&"bpjs".parse().unwrap()).unwrap();
    assert_eq!(candidates.counts().pairs, 0);
    assert_eq!(candidates.estimates.compared, 0);
    // Five passes, in each of them one block that no second key divides.
    let estimates = &candidates.estimates;
    assert_eq!(
        (estimates.skipped_blocks, estimates.skipped_pairs),
        (5, 5 * 300 * 300)
    );
}

#[test]
fn a_reader_gets_what_its_own_columns_find_and_nothing_else() {
    let own = ["198003112005012001|3174015103800001|Siti Aminah|1980-03-11|III/a|Jl. Melati 1"];
    let other = |nik: &str, birth: &str, address: &str| {
        format!("198003112005022001|{nik}|Siti Aminah|{birth}|III/a|{address}")
    };
    // BKN may see the key and the name of BPJS's records.
    let mut seen_before = None;
    for theirs in [
        other("3174015103800009", "1980-03-11", "Jl. Melati 1"),
        other("3578011212990003", "1999-12-12", "Jl. Kenanga 9"),
        other("", "", ""),
    ] {
        let place = Place::new();
        let agreement = asking(&["nip", "nama"], &FIELDS);
        let (a, b) = (place.people(&own), place.people(&[&theirs]));
        let found = run(&place, &agreement, [&a, &b]);
        let seen = told(&found, "bkn").unwrap();
        assert_eq!(
            seen[0],
            "skor,peluang,tanda,alasan,nip_bpjs,nip_bkn,nama_bpjs,nama_bkn"
        );
        assert_eq!(
            decided(&seen[1]),
            "JELAS,nip.lahir SAMA; nip.kelamin SAMA; nip SATU_ANGKA; nama SAMA,\
             198003112005022001,198003112005012001,Siti Aminah,Siti Aminah"
        );
        let before = seen_before.get_or_insert_with(|| seen.clone());
        assert_eq!(*before, seen, "what BKN may not see changed its file");
    }
    // Whoever may not know the other side's records hears of no pair.
    let place = Place::new();
    let agreement = asking(&["nama", "tanggal_lahir"], &FIELDS);
    let theirs = other("3174015103800009", "1980-03-11", "");
    let (a, b) = (place.people(&own), place.people(&[&theirs]));
    let found = run(&place, &agreement, [&a, &b]);
    assert_eq!(told(&found, "bkn"), None);
    assert_eq!(told(&found, "bpjs").unwrap().len(), 2);
}

#[test]
fn where_nobody_is_left_or_nothing_is_asked_there_is_no_pair() {
    let place = Place::new();
    let agreement = asking(&[], &FIELDS);
    let one = place.people(&["198003112005012001|||||"]);
    let none = place.people(&[]);
    let found = run(&place, &agreement, [&one, &none]);
    assert_eq!(told(&found, "bpjs").unwrap().len(), 1);
    let mut silent = asking(&[], &FIELDS);
    silent.reconciliations[0].candidates = None;
    let found = run(&place, &silent, [&one, &none]);
    assert_eq!(told(&found, "bpjs"), None);
}
