//! The unchanging facts of one synthetic person, computed from its number alone: nothing has to be remembered, so a
//! million people take no memory and anyone can be brought back.

use fastrand::Rng;
use jiff::ToSpan;
use jiff::civil::Date;

use super::Plan;
use super::words::{GRADES, PROVINCES};

/// Sex, as NIP, NIK and the column tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sex {
    L,
    P,
}

/// Days from the youngest to the oldest birth date: ages 22 to 79.
const BIRTH_DAYS: u64 = 21_000;
/// Serials of a NIP.
const NIP_SERIALS: u64 = 999;
/// Districts: provinces × regencies 01–20 × districts 01–30.
const DISTRICTS: u64 = PROVINCES.len() as u64 * 20 * 30;
/// Serials of a NIK that do not end in 0, so that a rounded one belongs to nobody.
const NIK_SERIALS: u64 = 9_000;
/// NIKs of one household: the person and up to seven others.
const HOUSEHOLD: u64 = 8;

/// Steps near the golden section without a factor in common with the count: neighbours scatter, nobody collides.
const BIRTH_STEP: u64 = 12_979 + BIRTH_DAYS * 617;
const NIK_STEP: u64 = 113_464_801;

/// What is true of a person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    /// The person's number.
    pub(super) index: u64,
    /// Date of birth.
    pub(super) birth: Date,
    /// First day of service.
    pub(super) start: Date,
    /// Sex.
    pub(super) sex: Sex,
    /// Over 58, so on a pension.
    pub(super) pensioned: bool,
    /// Still probationary.
    pub(super) probation: bool,
    /// Position in [`GRADES`], at least 2 and with two above it.
    pub(super) grade: usize,
    /// Since when in that grade.
    pub(super) graded: Date,
    /// Months from the start to that day.
    pub(super) months: u32,
    /// Completed years of age.
    pub(super) age: i32,
    serial: u64,
}

impl Facts {
    /// The facts of person number `index`.
    pub(super) fn of(plan: &Plan, index: u64) -> Self {
        let mut rng = plan.rng(index, "facts");
        let slot = scatter(index, BIRTH_STEP, plan.seed, BIRTH_DAYS * NIP_SERIALS);
        let back = i64::try_from(slot % BIRTH_DAYS).unwrap_or(0);
        let youngest = plan.as_of.saturating_sub(22.years());
        let birth = youngest.saturating_sub(back.days());
        let age = age(birth, plan.as_of);
        let pensioned = older(birth, 58, plan.as_of);
        let start = start(birth, age, &mut rng);
        let last = if pensioned {
            birth.saturating_add(58.years())
        } else {
            plan.as_of
        };
        let months = rng.u32(0..=months_between(start, last));
        Self {
            index,
            birth,
            start,
            sex: if rng.bool() { Sex::L } else { Sex::P },
            pensioned,
            probation: !pensioned && months_between(start, plan.as_of) <= 20,
            grade: rng.usize(2..GRADES.len() - 2),
            graded: start.saturating_add(i64::from(months).months()),
            months,
            age,
            serial: 1 + slot / BIRTH_DAYS,
        }
    }

    /// The NIP with another first month of service: still nobody else's, since birth date and serial are.
    pub(super) fn nip_from(&self, start: Date) -> String {
        format!(
            "{}{:04}{:02}{}{:03}",
            self.birth.strftime("%Y%m%d"),
            start.year(),
            start.month(),
            match self.sex {
                Sex::L => 1,
                Sex::P => 2,
            },
            self.serial
        )
    }

    /// The NIP.
    pub(super) fn nip(&self) -> String {
        self.nip_from(self.start)
    }

    /// The NIK of one of the household, of which the person is number 0.
    pub(super) fn nik(&self, plan: &Plan, member: u64, birth: Date, sex: Sex) -> String {
        let slot = scatter(
            self.index * HOUSEHOLD + member % HOUSEHOLD,
            NIK_STEP,
            plan.seed,
            DISTRICTS * NIK_SERIALS,
        );
        let (district, serial) = (slot / NIK_SERIALS, slot % NIK_SERIALS);
        let province = usize::try_from(district / 600)
            .ok()
            .and_then(|p| PROVINCES.get(p));
        let day = match sex {
            Sex::L => birth.day(),
            Sex::P => birth.day() + 40,
        };
        format!(
            "{:02}{:02}{:02}{day:02}{:02}{:02}{:04}",
            province.copied().unwrap_or(31),
            1 + district / 30 % 20,
            1 + district % 30,
            birth.month(),
            birth.year().rem_euclid(100),
            // Nine in ten numbers, those that end in 1 to 9.
            serial / 9 * 10 + 1 + serial % 9
        )
    }

    /// The card of one of the household: always with leading zeros.
    pub(super) fn card(&self, member: u64) -> String {
        format!(
            "{:013}",
            1_000_000_000 + self.index * HOUSEHOLD + member % HOUSEHOLD
        )
    }
}

impl Sex {
    /// As the column has it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::L => "L",
            Self::P => "P",
        }
    }

    /// The other one.
    pub(super) fn other(self) -> Self {
        match self {
            Self::L => Self::P,
            Self::P => Self::L,
        }
    }
}

/// Completed years.
pub(super) fn age(birth: Date, on: Date) -> i32 {
    let before = (on.month(), on.day()) < (birth.month(), birth.day());
    i32::from(on.year() - birth.year()) - i32::from(before)
}

/// Whether the birthday of that age has gone by.
pub(super) fn older(birth: Date, years: i16, on: Date) -> bool {
    (on.year() - years, on.month(), on.day()) > (birth.year(), birth.month(), birth.day())
}

/// Whole months from one first of a month to the month of another day.
pub(super) fn months_between(from: Date, to: Date) -> u32 {
    let count = |d: Date| i32::from(d.year()) * 12 + i32::from(d.month());
    u32::try_from(count(to) - count(from)).unwrap_or(0)
}

/// The first of the month after the birthday of that age.
pub(super) fn month_at_age(birth: Date, years: i64) -> Date {
    let birthday = birth.saturating_add(years.years());
    birthday.first_of_month().saturating_add(1.month())
}

/// Service begins between 19 and 35, and at least a year before today.
fn start(birth: Date, age: i32, rng: &mut Rng) -> Date {
    let years = rng.i64(19..=i64::from(age - 2).min(34));
    month_at_age(birth, years).saturating_add(rng.i64(0..=10).months())
}

/// A number's place among `count`, different for each number below `count`.
fn scatter(number: u64, step: u64, seed: u64, count: u64) -> u64 {
    let place = u128::from(number) * u128::from(step) + u128::from(seed);
    u64::try_from(place % u128::from(count)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;

    use super::{BIRTH_DAYS, BIRTH_STEP, DISTRICTS, Facts, NIK_SERIALS, NIK_STEP, NIP_SERIALS};
    use crate::sample::Plan;

    fn gcd(a: u64, b: u64) -> u64 {
        if b == 0 { a } else { gcd(b, a % b) }
    }

    #[test]
    fn steps_visit_every_place() {
        assert_eq!(gcd(BIRTH_STEP, BIRTH_DAYS * NIP_SERIALS), 1);
        assert_eq!(gcd(NIK_STEP, DISTRICTS * NIK_SERIALS), 1);
    }

    #[test]
    fn numbers_are_unique_and_careers_possible() {
        let plan = Plan {
            rows: 20_000,
            seed: 7,
            as_of: date(2024, 2, 29),
            unmatched: 0,
        };
        let (mut nips, mut niks) = (BTreeSet::new(), BTreeSet::new());
        for index in 0..20_000 {
            let facts = Facts::of(&plan, index);
            assert!(nips.insert(facts.nip()));
            for member in 0..8 {
                assert!(niks.insert(facts.nik(&plan, member, facts.birth, facts.sex)));
            }
            assert!((22..80).contains(&facts.age));
            assert!(facts.start <= facts.graded && facts.graded <= plan.as_of);
            assert_eq!((facts.start.day(), facts.graded.day()), (1, 1));
        }
    }
}
