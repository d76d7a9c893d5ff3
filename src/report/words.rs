//! Numbers and days as Indonesian readers write them.

use jiff::civil::Date;

/// What stands for a count that the reader may not know.
pub const WITHHELD: &str = "tidak dimuat";

const MONTHS: [&str; 12] = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
];

/// `1.234.567`
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// A count, or [`WITHHELD`].
pub fn known(number: Option<u64>) -> String {
    number.map_or(WITHHELD.to_owned(), count)
}

/// Permille of `whole`, rounded down: only what is whole is called 1000. Nothing of nothing is `None`.
pub fn permille(part: u64, whole: u64) -> Option<u64> {
    let permille = (u128::from(part) * 1000).checked_div(u128::from(whole))?;
    u64::try_from(permille).ok()
}

/// `97,2 %`, rounded down; a dash for nothing of nothing.
pub fn percent(part: u64, whole: u64) -> String {
    permille(part, whole).map_or("–".to_owned(), percent_of)
}

/// Permille as `97,2 %`.
pub fn percent_of(permille: u64) -> String {
    format!("{},{} %", permille / 10, permille % 10)
}

/// `22 November 2026`
pub fn day(date: Date) -> String {
    let month = usize::from(date.month().unsigned_abs()).saturating_sub(1);
    let month = MONTHS.get(month).copied().unwrap_or_default();
    format!("{} {month} {}", date.day(), date.year())
}

/// `22-11-26`, where space is short.
pub fn short_day(date: Date) -> String {
    date.strftime("%d-%m-%y").to_string()
}

/// `Semester II Tahun 2026`: the half year in which a day lies.
pub fn semester(date: Date) -> String {
    let half = if date.month() <= 6 { "I" } else { "II" };
    format!("Semester {half} Tahun {}", date.year())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{count, day, percent, semester, short_day};

    #[test]
    fn numbers_and_days_as_indonesian_readers_write_them() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1.000"),
            (12_345, "12.345"),
            (1_234_567, "1.234.567"),
        ] {
            assert_eq!(count(number), text);
        }
        for (part, whole, text) in [
            (1, 3, "33,3 %"),
            (9_999_999, 10_000_000, "99,9 %"),
            (7, 7, "100,0 %"),
            (0, 7, "0,0 %"),
            (0, 0, "–"),
            (u64::MAX, u64::MAX, "100,0 %"),
        ] {
            assert_eq!(percent(part, whole), text);
        }
        let summer = date(2026, 6, 30);
        assert_eq!(day(summer), "30 Juni 2026");
        assert_eq!(short_day(date(2027, 1, 2)), "02-01-27");
        assert_eq!(semester(summer), "Semester I Tahun 2026");
        assert_eq!(semester(date(2026, 7, 1)), "Semester II Tahun 2026");
    }
}
