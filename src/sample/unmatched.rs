//! People of whom both parties have a record, but whom neither NIP nor NIK brings together; and beside them people whom
//! one party alone has.
//!
//! BPJS wrote each of these down anew, as people do: a slip in a number, day and month changed places, a name after
//! marriage, a village for a regency. Each slip comes by chance, so that some records hold several and some are beyond
//! finding. Who is who stands in the truth.

use fastrand::Rng;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::agreement::checks::CheckCode;

use super::Plan;
use super::facts::Facts;
use super::misspelled;
use super::scene::{Line, Participant};
use super::staff::Staff;
use super::truth::{Difference, Outcome};
use super::words::{DEGREES, VILLAGES};

/// They have numbers of their own, above everyone's.
const FIRST: u64 = 12_000_000;
/// Numbers of people who are nobody: theirs are the wrong NIPs and NIKs.
const NOBODY: u64 = 14_000_000;
/// Tries for a wrong NIP that could be right.
const TRIES: u64 = 16;

/// Of six people both parties have four; the other two are one party's each.
const OF: u64 = 6;
const BOTH: u64 = 4;

/// What each party has of one of them.
pub(super) struct Person {
    pub(super) pns: Option<Line<Staff>>,
    pub(super) peserta: Option<Line<Participant>>,
    pub(super) banding: Option<Line<Staff>>,
    /// Of both reconciliations alike.
    pub(super) outcome: Outcome,
}

/// All of them: so many records on each side as the plan says, or a few less.
pub(super) fn people(plan: &Plan) -> impl Iterator<Item = Person> {
    (0..plan.unmatched / (OF - 1) * OF).map(|number| person(plan, number))
}

impl Person {
    /// The NIPs that BKN and BPJS have of the same person.
    pub(super) fn pair(&self) -> Option<[String; 2]> {
        let (own, other) = (self.pns.as_ref()?, self.banding.as_ref()?);
        Some([own.values.nip.clone(), other.values.nip.clone()])
    }
}

fn person(plan: &Plan, number: u64) -> Person {
    let facts = Facts::of(plan, FIRST + number);
    let mut rng = plan.rng(facts.index, "unmatched");
    let place = number % OF;
    let mut own = Staff::of(plan, &facts);
    let name = misspelled::name(&mut rng, facts.sex);
    own.nama.clone_from(&name);
    if rng.u32(0..8) == 0 {
        let (before, after) = rng.choice(&DEGREES).copied().unwrap_or_default();
        own.nama = format!("{before}{name}{after}");
    }
    let mut other = Line {
        values: Staff {
            nama: misspelled::again(&mut rng, &name, facts.sex),
            ..own.clone()
        },
        findings: Vec::new(),
        late: false,
    };
    if place < BOTH {
        write_anew(plan, number, &facts, &mut rng, &mut other);
    }
    let participant = Line {
        values: Participant {
            nip: other.values.nip.clone(),
            nama: other.values.nama.clone(),
            nomor_kartu: facts.card(0),
        },
        ..Line::default()
    };
    let banding = Line {
        values: other.values.dressed(facts.index),
        ..other
    };
    let (bkn, bpjs) = (place <= BOTH, place != BOTH);
    let only = |has, difference| if has { Some(difference) } else { None };
    let apart = [
        only(bkn, Difference::HanyaBkn),
        only(bpjs, Difference::HanyaBpjs),
    ];
    Person {
        pns: bkn.then(|| Line {
            values: own,
            ..Line::default()
        }),
        peserta: bpjs.then_some(participant),
        banding: bpjs.then_some(banding),
        outcome: Outcome::apart(apart.into_iter().flatten().collect()),
    }
}

/// BPJS's copy: another NIP and another NIK in any case, the rest by chance.
fn write_anew(plan: &Plan, number: u64, facts: &Facts, rng: &mut Rng, copy: &mut Line<Staff>) {
    let nobody = nobody(plan, number, facts);
    let Line {
        values, findings, ..
    } = copy;
    match nobody.filter(|_| rng.u32(0..100) < 20) {
        Some(nobody) => {
            values.nip = nobody.nip_from(facts.start);
            findings.push(CheckCode::NipTanggalLahir);
        }
        None => {
            let months = rng.i64(1..=if facts.probation { 3 } else { 10 });
            values.nip = facts.nip_from(facts.start.saturating_sub(months.months()));
        }
    }
    values.nik = match nobody.filter(|_| rng.u32(0..100) < 35) {
        Some(nobody) => nobody.nik(plan, 0, facts.birth, facts.sex),
        None => slip(rng, &values.nik),
    };
    if rng.u32(0..100) < 20 {
        let birth = another_day(rng, facts);
        if birth != facts.birth {
            values.tanggal_lahir = birth.to_string();
            findings.push(CheckCode::NikTanggalLahir);
            if !findings.contains(&CheckCode::NipTanggalLahir) {
                findings.push(CheckCode::NipTanggalLahir);
            }
        }
    }
    values.tempat_lahir = place(rng, &values.tempat_lahir);
    if rng.u32(0..100) < 2 {
        facts
            .sex
            .other()
            .as_str()
            .clone_into(&mut values.jenis_kelamin);
        findings.push(CheckCode::JenisKelaminBeda);
    }
}

/// The same, a village, without its kind of region, or with a slip.
fn place(rng: &mut Rng, place: &str) -> String {
    match rng.u32(0..100) {
        0..75 => place.to_owned(),
        75..85 => rng.choice(VILLAGES).unwrap_or_default().to_owned(),
        85..95 => {
            let name = place.split_once(' ');
            name.map_or(place, |(_, name)| name).to_owned()
        }
        _ => misspelled::typo(rng, place),
    }
}

/// Someone whose NIP and NIK nobody has, of the same sex, and old enough and not too old for the same first month.
fn nobody(plan: &Plan, number: u64, facts: &Facts) -> Option<Facts> {
    let mut found = (0..TRIES)
        .map(|at| Facts::of(plan, NOBODY + number * TRIES + at))
        .find(|one| {
            let years = facts.start.year() - one.birth.year();
            one.birth != facts.birth && (20..=44).contains(&years)
        })?;
    found.sex = facts.sex;
    Some(found)
}

/// A NIK with one digit wrong, two wrong, or two neighbours changed; never in the province or the birth date.
fn slip(rng: &mut Rng, nik: &str) -> String {
    const PLACES: [usize; 8] = [2, 3, 4, 5, 12, 13, 14, 15];
    loop {
        let mut digits = nik.as_bytes().to_vec();
        let wrong = |rng: &mut Rng, digits: &mut [u8]| {
            let at = rng.choice(PLACES).unwrap_or(15);
            if let Some(digit) = digits.get_mut(at) {
                *digit = b'0' + (*digit - b'0' + rng.u8(1..10)) % 10;
            }
        };
        match rng.u32(0..10) {
            0..6 => wrong(rng, &mut digits),
            6 | 7 => {
                let at = rng.choice([2, 4, 12, 13, 14]).unwrap_or(14);
                digits.swap(at, at + 1);
            }
            _ => {
                wrong(rng, &mut digits);
                wrong(rng, &mut digits);
            }
        }
        let text = String::from_utf8(digits).unwrap_or_default();
        if text != nik && !text.ends_with("0000") {
            return text;
        }
    }
}

/// Day and month swapped, one digit wrong, or another day of the same year; a year later for whom no age rule is near.
fn another_day(rng: &mut Rng, facts: &Facts) -> Date {
    let (year, month, day) = (facts.birth.year(), facts.birth.month(), facts.birth.day());
    if !facts.pensioned && facts.age > 56 {
        return facts.birth;
    }
    let far_from_limits =
        facts.age > 26 && i64::from(facts.months / 12) + 21 < i64::from(facts.age);
    let made = match rng.u32(0..20) {
        0..9 => Date::new(year, day, month),
        9..12 => Date::new(year, month, (day + 9) % 30 + 1),
        12..16 => Date::new(year, month, if day > 10 { day - 10 } else { day + 10 }),
        16..18 if far_from_limits => Date::new(year + 1, month, day),
        _ => Date::new(year, rng.i8(1..=12), rng.i8(1..=28)),
    };
    made.unwrap_or(facts.birth)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;

    use super::super::facts::Sex;
    use super::{Plan, misspelled, people};

    #[test]
    fn neither_number_brings_anyone_together_and_the_sides_are_even() {
        let plan = Plan {
            rows: 20,
            seed: 3,
            as_of: date(2026, 11, 22),
            unmatched: 5_000,
        };
        let (mut own, mut other) = (BTreeSet::new(), BTreeSet::new());
        let mut pairs = 0;
        for person in people(&plan) {
            pairs += u64::from(person.pair().is_some());
            let lines = [(person.pns, &mut own), (person.banding, &mut other)];
            for (line, numbers) in lines {
                if let Some(line) = line {
                    assert!(numbers.insert(line.values.nip) && numbers.insert(line.values.nik));
                }
            }
        }
        assert_eq!((own.len(), other.len(), pairs), (10_000, 10_000, 4_000));
        assert!(own.is_disjoint(&other));
    }

    #[test]
    fn a_name_written_again_is_mostly_the_same() {
        let mut rng = fastrand::Rng::with_seed(1);
        let mut same = 0;
        for _ in 0..1_000 {
            let name = misspelled::name(&mut rng, Sex::P);
            same += u32::from(misspelled::again(&mut rng, &name, Sex::P) == name);
        }
        assert!((350..650).contains(&same), "{same}");
    }
}
