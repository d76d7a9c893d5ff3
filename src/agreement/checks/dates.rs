//! Dates and ages. `YYYY-MM-DD`, `DD-MM-YYYY`, `DD/MM/YYYY` and ISO date-times; never month before day.

use std::str;

use jiff::civil::Date;

use super::code::CheckCode;
use super::digits::{four, only, two};

/// Years in which a date of this exchange can lie; others are typing errors.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2099;

/// What systems write where they know no date: theirs, SQL's and .NET's extremes.
const PLACEHOLDERS: [(i16, i8, i8); 4] = [(1900, 1, 1), (0, 0, 0), (1, 1, 1), (9999, 12, 31)];

/// Reads an agreed form. Of a date-time the date part counts as written, without any zone shift.
pub(super) fn read(text: &str) -> Result<Date, CheckCode> {
    let (day, time) = match text.split_at_checked(10) {
        Some((day, time)) => (day, time),
        None => return Err(CheckCode::TanggalBentuk),
    };
    let (year, month, day, iso) = parts(day).ok_or(CheckCode::TanggalBentuk)?;
    let time_fits = time.is_empty() || (iso && is_time(time));
    if !time_fits {
        return Err(CheckCode::TanggalBentuk);
    }
    if PLACEHOLDERS.contains(&(year, month, day)) {
        return Err(CheckCode::TanggalPengganti);
    }
    match Date::new(year, month, day) {
        Ok(date) if YEARS.contains(&year) => Ok(date),
        _ => Err(CheckCode::TanggalBentuk),
    }
}

/// Reads the normal form `YYYY-MM-DD`, as in a checked row; `None` where the field is empty.
pub(super) fn read_normal(text: &str) -> Option<Date> {
    let (year, month, day, iso) = parts(text)?;
    iso.then(|| Date::new(year, month, day).ok())?
}

/// The normal form of a date, in a buffer on the stack.
pub(super) fn write(date: Date, buffer: &mut [u8; 10]) -> &str {
    let year = u16::try_from(date.year()).unwrap_or(0);
    let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
    let digit = |n: u16| b'0' + u8::try_from(n % 10).unwrap_or(0);
    *buffer = [
        digit(year / 1000),
        digit(year / 100),
        digit(year / 10),
        digit(year),
        b'-',
        digit(u16::from(month) / 10),
        digit(u16::from(month)),
        b'-',
        digit(u16::from(day) / 10),
        digit(u16::from(day)),
    ];
    str::from_utf8(buffer).unwrap_or("")
}

/// Completed years of age. Who was born on 29 February completes a common year on 1 March.
pub(super) fn age(birth: Date, on: Date) -> i32 {
    let before_birthday = (on.month(), on.day()) < (birth.month(), birth.day());
    i32::from(on.year()) - i32::from(birth.year()) - i32::from(before_birthday)
}

/// Whether more than `years` years lie between the two days: the anniversary itself does not count.
pub(super) fn more_than_years(from: Date, years: u32, on: Date) -> bool {
    let years = i32::try_from(years).unwrap_or(i32::MAX);
    let shifted = i32::from(on.year()).saturating_sub(years);
    (shifted, on.month(), on.day()) > (i32::from(from.year()), from.month(), from.day())
}

/// Year, month, day and whether the year stood first; numbers may still be no date.
fn parts(text: &str) -> Option<(i16, i8, i8, bool)> {
    let bytes: &[u8; 10] = text.as_bytes().try_into().ok()?;
    match *bytes {
        [a, b, c, d, b'-', e, f, b'-', g, h] => {
            digits(&[a, b, c, d, e, f, g, h])?;
            Some((four([a, b], [c, d]), two(e, f), two(g, h), true))
        }
        [a, b, s @ (b'-' | b'/'), c, d, t, e, f, g, h] if s == t => {
            digits(&[a, b, c, d, e, f, g, h])?;
            Some((four([e, f], [g, h]), two(c, d), two(a, b), false))
        }
        _ => None,
    }
}

/// `Some` where all are digits.
fn digits(bytes: &[u8; 8]) -> Option<()> {
    bytes.iter().all(u8::is_ascii_digit).then_some(())
}

/// `THH:MM[:SS[.fraction]]` with an optional zone; a space may stand for the `T`.
fn is_time(text: &str) -> bool {
    let Some(text) = text.strip_prefix(['T', 't', ' ']) else {
        return false;
    };
    let clock = match text.strip_suffix(['Z', 'z']) {
        Some(clock) => clock,
        None => match text.rsplit_once(['+', '-']) {
            Some((clock, zone)) if is_zone(zone) => clock,
            Some(_) => return false,
            None => text,
        },
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    only(fraction) && is_clock(clock)
}

/// `HH:MM` or `HH:MM:SS`.
fn is_clock(text: &str) -> bool {
    match *text.as_bytes() {
        [a, b, b':', c, d] => is_number(a, b, 23) && is_number(c, d, 59),
        [a, b, b':', c, d, b':', e, f] => {
            // A leap second is 60.
            is_number(a, b, 23) && is_number(c, d, 59) && is_number(e, f, 60)
        }
        _ => false,
    }
}

/// `HH`, `HHMM` or `HH:MM`.
fn is_zone(text: &str) -> bool {
    match *text.as_bytes() {
        [a, b] => is_number(a, b, 23),
        [a, b, c, d] | [a, b, b':', c, d] => is_number(a, b, 23) && is_number(c, d, 59),
        _ => false,
    }
}

/// Two digits up to `max`.
fn is_number(tens: u8, ones: u8, max: i8) -> bool {
    tens.is_ascii_digit() && ones.is_ascii_digit() && two(tens, ones) <= max
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{age, more_than_years, read, read_normal, write};
    use crate::agreement::checks::CheckCode;

    #[test]
    fn agreed_forms() {
        for (text, normal) in [
            ("1980-03-15", "1980-03-15"),
            ("15-03-1980", "1980-03-15"),
            ("15/03/1980", "1980-03-15"),
            ("03-04-1980", "1980-04-03"),
            ("1980-03-15T23:59", "1980-03-15"),
            ("1980-03-15T23:59:59", "1980-03-15"),
            ("1980-03-15 00:00:00", "1980-03-15"),
            ("1980-03-15T23:59:59.123Z", "1980-03-15"),
            ("1980-03-15T23:59:59+07:00", "1980-03-15"),
            ("1980-03-15T01:00:00-0800", "1980-03-15"),
            ("1980-03-15T01:00:00+07", "1980-03-15"),
            ("2000-02-29", "2000-02-29"),
            ("29-02-1996", "1996-02-29"),
            ("1900-01-02", "1900-01-02"),
            ("1970-01-01", "1970-01-01"),
        ] {
            let mut buffer = [0; 10];
            assert_eq!(
                read(text).map(|d| write(d, &mut buffer).to_owned()),
                Ok(normal.to_owned()),
                "{text}"
            );
            assert!(read_normal(normal).is_some());
        }
    }

    #[test]
    fn refused() {
        use CheckCode::{TanggalBentuk, TanggalPengganti};
        for (text, code) in [
            ("", TanggalBentuk),
            ("12/31/1985", TanggalBentuk),
            ("1985-31-12", TanggalBentuk),
            ("1985-02-29", TanggalBentuk),
            ("1900-02-29", TanggalBentuk),
            ("31-04-1985", TanggalBentuk),
            ("15-03/1980", TanggalBentuk),
            ("1980/03/15", TanggalBentuk),
            ("15.03.1980", TanggalBentuk),
            ("1-3-1980", TanggalBentuk),
            ("15-03-80", TanggalBentuk),
            ("19800315", TanggalBentuk),
            ("29221", TanggalBentuk),
            ("15 Mar 1980", TanggalBentuk),
            ("1980-03-15T", TanggalBentuk),
            ("1980-03-15T24:00", TanggalBentuk),
            ("1980-03-15T23:60", TanggalBentuk),
            ("1980-03-15T23:59:59.", TanggalBentuk),
            ("1980-03-15T23:59:59+7", TanggalBentuk),
            ("1980-03-15x", TanggalBentuk),
            ("15-03-1980T10:00", TanggalBentuk),
            ("0198-03-15", TanggalBentuk),
            ("2999-03-15", TanggalBentuk),
            ("1980-00-00", TanggalBentuk),
            ("１980-03-1", TanggalBentuk),
            ("1900-01-01", TanggalPengganti),
            ("01-01-1900", TanggalPengganti),
            ("01/01/1900", TanggalPengganti),
            ("1900-01-01T00:00:00", TanggalPengganti),
            ("00-00-0000", TanggalPengganti),
            ("0000-00-00", TanggalPengganti),
            ("00/00/0000", TanggalPengganti),
            ("0001-01-01", TanggalPengganti),
            ("9999-12-31", TanggalPengganti),
        ] {
            assert_eq!(read(text), Err(code), "{text}");
        }
    }

    #[test]
    fn ages() {
        let leap = date(2000, 2, 29);
        for (on, completed) in [
            (date(2018, 2, 28), 17),
            (date(2018, 3, 1), 18),
            (date(2020, 2, 28), 19),
            (date(2020, 2, 29), 20),
            (date(1999, 12, 31), -1),
        ] {
            assert_eq!(age(leap, on), completed, "{on}");
        }
        let birth = date(1968, 6, 10);
        assert!(!more_than_years(birth, 58, date(2026, 6, 10)));
        assert!(more_than_years(birth, 58, date(2026, 6, 11)));
        assert!(!more_than_years(birth, u32::MAX, date(2026, 6, 11)));
    }
}
