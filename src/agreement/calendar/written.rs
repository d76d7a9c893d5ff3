//! Schedules as the agreement file writes them.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Weekday;

use super::{Count, Every, Schedule};

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// With the number of days that each can have.
const MONTHS: [(&str, i8); 12] = [
    ("january", 31),
    ("february", 29),
    ("march", 31),
    ("april", 30),
    ("may", 31),
    ("june", 30),
    ("july", 31),
    ("august", 31),
    ("september", 30),
    ("october", 31),
    ("november", 30),
    ("december", 31),
];

const OF_MONTHS: [(&str, Count); 3] = [
    ("monthly", Count::One),
    ("quarterly", Count::Three),
    ("half-yearly", Count::Six),
];

/// Why a text is no [`Schedule`]: what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSchedule {
    /// Another shape.
    #[error("how often, the word `by`, a day")]
    Shape,
    /// No such interval.
    #[error("weekly, monthly, quarterly, half-yearly or yearly")]
    Interval,
    /// No such weekday.
    #[error("weekly by monday, tuesday, …, sunday")]
    Weekday,
    /// No such day of a month.
    #[error("by day 1 to 31 of the month after")]
    DayOfMonth,
    /// No such day of a year.
    #[error("yearly by a day and a month of the next year, as 31 january")]
    DayOfYear,
}

impl FromStr for Schedule {
    type Err = BadSchedule;

    fn from_str(text: &str) -> Result<Self, BadSchedule> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [interval, by, day @ ..] = words.as_slice() else {
            return Err(BadSchedule::Shape);
        };
        if *by != "by" || day.is_empty() {
            return Err(BadSchedule::Shape);
        }
        let of_months = OF_MONTHS.iter().find(|(name, _)| name == interval);
        let every = match (*interval, of_months, day) {
            ("weekly", _, [name]) => Every::Week {
                by: find(&WEEKDAYS, name).ok_or(BadSchedule::Weekday)?,
            },
            ("weekly", ..) => return Err(BadSchedule::Weekday),
            ("yearly", _, [day, name]) => {
                let place = MONTHS.iter().position(|(month, _)| month == name);
                let longest = find(&MONTHS, name).ok_or(BadSchedule::DayOfYear)?;
                let month = place.and_then(|place| i8::try_from(place + 1).ok());
                Every::Year {
                    month: month.ok_or(BadSchedule::DayOfYear)?,
                    day: number(day, longest).ok_or(BadSchedule::DayOfYear)?,
                }
            }
            ("yearly", ..) => return Err(BadSchedule::DayOfYear),
            (_, Some((_, count)), ["day", day]) => Every::Months {
                count: *count,
                by: number(day, 31).ok_or(BadSchedule::DayOfMonth)?,
            },
            (_, Some(_), _) => return Err(BadSchedule::DayOfMonth),
            _ => return Err(BadSchedule::Interval),
        };
        Ok(Self(every))
    }
}

fn find<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    let found = table.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| *value)
}

/// From 1, without sign or leading zeros.
fn number(text: &str, most: i8) -> Option<i8> {
    let number: i8 = text.parse().ok()?;
    ((1..=most).contains(&number) && number.to_string() == text).then_some(number)
}

/// As the agreement writes it.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Every::Week { by } => {
                let name = WEEKDAYS.iter().find(|(_, weekday)| *weekday == by);
                write!(f, "weekly by {}", name.map_or("", |(name, _)| name))
            }
            Every::Months { count, by } => {
                let name = OF_MONTHS.iter().find(|(_, known)| *known == count);
                write!(f, "{} by day {by}", name.map_or("", |(name, _)| name))
            }
            Every::Year { month, day } => {
                let place = usize::try_from(month - 1).unwrap_or_default();
                let name = MONTHS.get(place).map_or("", |(name, _)| name);
                write!(f, "yearly by {day} {name}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BadSchedule, Schedule};

    #[test]
    fn what_is_no_schedule() {
        for (text, expected) in [
            ("", BadSchedule::Shape),
            ("monthly", BadSchedule::Shape),
            ("monthly by", BadSchedule::Shape),
            ("monthly on day 5", BadSchedule::Shape),
            ("daily by noon", BadSchedule::Interval),
            ("Monthly by day 5", BadSchedule::Interval),
            ("weekly by funday", BadSchedule::Weekday),
            ("weekly by day 5", BadSchedule::Weekday),
            ("monthly by 5", BadSchedule::DayOfMonth),
            ("monthly by day 0", BadSchedule::DayOfMonth),
            ("monthly by day 32", BadSchedule::DayOfMonth),
            ("monthly by day 05", BadSchedule::DayOfMonth),
            ("quarterly by friday", BadSchedule::DayOfMonth),
            ("yearly by day 5", BadSchedule::DayOfYear),
            ("yearly by 30 february", BadSchedule::DayOfYear),
            ("yearly by january", BadSchedule::DayOfYear),
        ] {
            assert_eq!(text.parse::<Schedule>(), Err(expected), "{text}");
        }
    }
}
