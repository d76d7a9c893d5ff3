//! One cell as the text that its sender meant, or why nobody can tell any more what that was.

use std::borrow::Cow;

use calamine::{DataRef, ExcelDateTime};

use crate::agreement::FieldKind;

use super::damage::Damage;
use super::shown::Shown;

/// Spreadsheets keep 15 digits of a number; from here on whole numbers may be others than were typed.
const EXACT: f64 = 1e15;
/// Digits of a card number (domain §2).
const CARD: usize = 13;
/// The first day that both calendars of a spreadsheet count alike: 1 March 1900. Before it, one has a 29 February.
const FIRST_DAY: f64 = 61.0;

/// The text of a cell.
#[derive(Debug, PartialEq, Eq)]
pub struct Text<'a> {
    /// Exactly what will be sent.
    pub text: Cow<'a, str>,
    /// It came as a number into a column of text: leading zeros, had there been any, are gone.
    pub number_in_text: bool,
}

/// The text of a cell in a column of this kind; `None` for a column that was not agreed. `shown` is how the spreadsheet
/// shows a number where that is not as it is.
pub fn text<'a>(
    value: &'a DataRef<'_>,
    kind: Option<&FieldKind>,
    shown: Option<Shown>,
) -> Result<Text<'a>, Damage> {
    let is_date = matches!(kind, Some(FieldKind::Date));
    let plain = |text: Cow<'a, str>| {
        Ok(Text {
            text,
            number_in_text: false,
        })
    };
    match value {
        DataRef::Empty => plain(Cow::Borrowed("")),
        DataRef::String(text) => plain(Cow::Borrowed(text)),
        DataRef::SharedString(text) => plain(Cow::Borrowed(text)),
        DataRef::Bool(_) => Err(Damage::Boolean),
        DataRef::Error(_) => Err(Damage::ErrorValue),
        DataRef::DateTime(date) if is_date => plain(Cow::Owned(day(date)?)),
        DataRef::DateTimeIso(date) if is_date => plain(Cow::Borrowed(date)),
        DataRef::DateTime(_) | DataRef::DateTimeIso(_) => Err(Damage::TurnedIntoDate),
        DataRef::DurationIso(_) => Err(if is_date {
            Damage::DateNumber
        } else {
            Damage::TurnedIntoDate
        }),
        DataRef::Int(_) | DataRef::Float(_) if is_date => Err(Damage::DateNumber),
        // Spreadsheets have no other numbers than these.
        DataRef::Int(number) => number_text(*number as f64, kind, shown),
        DataRef::Float(number) => number_text(*number, kind, shown),
    }
}

fn number_text<'a>(
    number: f64,
    kind: Option<&FieldKind>,
    shown: Option<Shown>,
) -> Result<Text<'a>, Damage> {
    if !number.is_finite() || number.abs() >= EXACT {
        return Err(Damage::DigitsLost);
    }
    // A whole number below 1e15 is exact, and is written without a point or an exponent.
    // Adding zero takes the sign from a negative zero.
    let mut text = format!("{}", number + 0.0);
    // In a column of numbers leading zeros mean nothing; anywhere else what is sent is what is seen.
    let shown = shown.filter(|_| !matches!(kind, Some(FieldKind::Integer { .. })));
    match shown {
        Some(Shown::Zeros(digits)) => text = format!("{text:0>digits$}"),
        Some(Shown::Otherwise(_)) => return Err(Damage::ZerosLost),
        None => {}
    }
    let whole = number.fract() == 0.0;
    match kind {
        Some(FieldKind::Nip | FieldKind::Nik | FieldKind::NomorKartu) if !whole => {
            return Err(Damage::DigitsLost);
        }
        Some(FieldKind::NomorKartu) if text.len() < CARD => return Err(Damage::ZerosLost),
        _ => {}
    }
    let is_text = matches!(
        kind,
        Some(FieldKind::Name { .. } | FieldKind::Text { .. } | FieldKind::Opaque { .. })
    );
    let number_in_text = is_text && shown.is_none();
    Ok(Text {
        text: Cow::Owned(text),
        number_in_text,
    })
}

/// A cell that is formatted as a date holds exactly that day; a time of day is left out, as from an ISO date-time.
fn day(date: &ExcelDateTime) -> Result<String, Damage> {
    let (year, month, day, ..) = date.to_ymd_hms_milli();
    // With the calendar from 1904 no day before it can be written.
    let sound = date.is_datetime() && (date.as_f64() >= FIRST_DAY || year >= 1904) && year <= 9999;
    if !sound || date.as_f64() < 0.0 {
        return Err(Damage::DateNumber);
    }
    Ok(format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use calamine::{CellErrorType, DataRef, ExcelDateTime, ExcelDateTimeType};

    use super::{Damage, FieldKind, Shown, text};

    fn date(serial: f64, kind: ExcelDateTimeType, from_1904: bool) -> DataRef<'static> {
        DataRef::DateTime(ExcelDateTime::new(serial, kind, from_1904))
    }

    #[test]
    fn what_is_certain_is_sent_and_nothing_else() {
        use ExcelDateTimeType::{DateTime, TimeDelta};
        let (nip, nik, card) = (FieldKind::Nip, FieldKind::Nik, FieldKind::NomorKartu);
        let (day, sex, plain) = (FieldKind::Date, FieldKind::Sex, FieldKind::Text { max: 40 });
        let count = FieldKind::Integer { min: 0, max: 11 };
        let string = |s: &str| DataRef::String(s.to_owned());
        for (value, kind, expected) in [
            (
                string(" 198501012010011001 "),
                &nip,
                Ok(" 198501012010011001 "),
            ),
            (string("1.98501E+17"), &nip, Ok("1.98501E+17")),
            (
                DataRef::SharedString("0001234567890"),
                &card,
                Ok("0001234567890"),
            ),
            (DataRef::Empty, &nip, Ok("")),
            (
                DataRef::Float(198_501_012_010_011_000.0),
                &nip,
                Err(Damage::DigitsLost),
            ),
            (DataRef::Float(1e15), &plain, Err(Damage::DigitsLost)),
            (
                DataRef::Float(999_999_999_999_999.0),
                &plain,
                Ok("999999999999999"),
            ),
            (DataRef::Float(130_123_456.0), &nip, Ok("130123456")),
            (DataRef::Float(130_123_456.5), &nip, Err(Damage::DigitsLost)),
            (DataRef::Float(f64::NAN), &plain, Err(Damage::DigitsLost)),
            (
                DataRef::Float(3_173_051_708_900_002.0),
                &nik,
                Err(Damage::DigitsLost),
            ),
            (
                DataRef::Float(3_123_456_789_012.0),
                &card,
                Ok("3123456789012"),
            ),
            (
                DataRef::Float(1_234_567_890.0),
                &card,
                Err(Damage::ZerosLost),
            ),
            (DataRef::Float(7.0), &count, Ok("7")),
            (DataRef::Int(7), &count, Ok("7")),
            (DataRef::Float(7.25), &count, Ok("7.25")),
            (DataRef::Float(-0.0), &count, Ok("0")),
            (DataRef::Float(1.0), &sex, Ok("1")),
            (DataRef::Bool(true), &plain, Err(Damage::Boolean)),
            (
                DataRef::Error(CellErrorType::NA),
                &plain,
                Err(Damage::ErrorValue),
            ),
            (date(29_295.0, DateTime, false), &day, Ok("1980-03-15")),
            (date(29_295.75, DateTime, false), &day, Ok("1980-03-15")),
            (date(27_833.0, DateTime, true), &day, Ok("1980-03-15")),
            (date(61.0, DateTime, false), &day, Ok("1900-03-01")),
            (date(60.0, DateTime, false), &day, Err(Damage::DateNumber)),
            (date(-1.0, DateTime, true), &day, Err(Damage::DateNumber)),
            (
                date(29_295.0, TimeDelta, false),
                &day,
                Err(Damage::DateNumber),
            ),
            (
                DataRef::DateTimeIso("1980-03-15T00:00:00".to_owned()),
                &day,
                Ok("1980-03-15T00:00:00"),
            ),
            (
                DataRef::DurationIso("PT1H".to_owned()),
                &day,
                Err(Damage::DateNumber),
            ),
            (DataRef::Float(29_295.0), &day, Err(Damage::DateNumber)),
            (
                date(29_295.0, DateTime, false),
                &plain,
                Err(Damage::TurnedIntoDate),
            ),
        ] {
            let found = text(&value, Some(kind), None);
            let found = found
                .as_ref()
                .map(|found| found.text.as_ref())
                .map_err(|damage| *damage);
            assert_eq!(found, expected, "{value:?} as {kind:?}");
        }
    }

    #[test]
    fn zeros_that_are_shown_are_sent_or_the_cell_is_refused() {
        use Shown::{Otherwise, Zeros};
        let (code, card) = (FieldKind::Opaque { max: 40 }, FieldKind::NomorKartu);
        let count = FieldKind::Integer { min: 0, max: 99 };
        for (number, kind, shown, expected) in [
            (7.0, &code, Zeros(4), Ok("0007")),
            (7.0, &code, Otherwise(4), Err(Damage::ZerosLost)),
            (7.0, &count, Zeros(4), Ok("7")),
            (7.0, &count, Otherwise(4), Ok("7")),
            (1_234_567.0, &card, Zeros(13), Ok("0000001234567")),
            (1_234_567.0, &card, Zeros(9), Err(Damage::ZerosLost)),
        ] {
            let value = DataRef::Float(number);
            let found = text(&value, Some(kind), Some(shown));
            // Nothing was lost, so there is nothing to look at.
            assert!(found.as_ref().is_ok_and(|found| !found.number_in_text) == expected.is_ok());
            let found = found.as_ref().map(|found| found.text.as_ref());
            assert_eq!(
                found.map_err(|damage| *damage),
                expected,
                "{kind:?} {shown:?}"
            );
        }
    }

    #[test]
    fn a_number_in_a_column_of_text_is_noted() {
        let code = FieldKind::Text { max: 40 };
        assert!(
            text(&DataRef::Float(101.0), Some(&code), None)
                .unwrap()
                .number_in_text
        );
        for (value, kind) in [
            (DataRef::Float(1.0), FieldKind::Sex),
            (DataRef::SharedString("101"), code),
        ] {
            assert!(!text(&value, Some(&kind), None).unwrap().number_in_text);
        }
    }
}
