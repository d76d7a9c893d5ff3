//! The calendar: when which data is expected (Pasal 3: joint update at least twice a year), and what is missing.
//!
//! A schedule divides time into periods that follow each other without a gap. The data of a period is due on a day after
//! its end. Which periods are covered is told by the as-of days of what was accepted, full or delta alike: a delta brings
//! the dataset to its day. [`Schedule::standing`] has the rule.

mod written;

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

pub use written::BadSchedule;

use super::Term;

/// How often a dataset is expected and by which day: `monthly by day 5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule(Every);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Every {
    /// Monday to Sunday, due on a day of the next week.
    Week { by: Weekday },
    /// So many whole months of a calendar year, due on a day of the month after.
    Months { count: Count, by: i8 },
    /// A calendar year, due on a day of the next year.
    Year { month: i8, day: i8 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    One = 1,
    Three = 3,
    Six = 6,
}

/// One period of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
    /// The last day on which its data comes in time.
    pub due: Date,
}

/// What a schedule expects on some day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Periods whose due day is over and that nothing covers, oldest first.
    pub missing: Vec<Period>,
    /// The first period that is not covered and not yet overdue; `None` when the term ends before.
    pub next: Option<Period>,
    /// The last day up to which data came, or was never expected.
    pub covered: Option<Date>,
}

/// Whether and how often a party that is late is told again.
#[derive(Debug, Clone, Copy)]
pub struct Reminders {
    /// So long after the last notice.
    pub every: Span,
    /// At most so often for the same missing periods.
    pub most: u32,
}

/// No agreement needs more periods than the weeks of a hundred years; so many are looked at.
const MOST_PERIODS: usize = 5_300;

impl Schedule {
    /// What is missing on `today` of what is expected from the period of `since` on, if data as of the days `answered`
    /// was accepted, in this order.
    ///
    /// Data covers every period that ended by its as-of day. Data from within a period covers that period too, unless it
    /// was needed for the one before: whoever extracts on the 3rd of each month delivers the month before, and whoever
    /// extracts on the last working day delivers the running one. Nothing is expected whose period or due day lies
    /// outside the term.
    pub fn standing(self, since: Date, answered: &[Date], term: &Term, today: Date) -> Standing {
        let mut standing = Standing {
            missing: vec![],
            next: None,
            covered: self.covered(since.max(term.signed), answered),
        };
        let Some(covered) = standing.covered else {
            return standing;
        };
        let mut day = covered.tomorrow();
        for _ in 0..MOST_PERIODS {
            let Some(period) = day.ok().and_then(|day| self.period_of(day)) else {
                break;
            };
            if !term.covers(period.last) || !term.covers(period.due) {
                break;
            }
            if period.due >= today {
                standing.next = Some(period);
                break;
            }
            standing.missing.push(period);
            day = period.last.tomorrow();
        }
        standing
    }

    /// The last day up to which everything is covered, or was never expected.
    fn covered(self, since: Date, answered: &[Date]) -> Option<Date> {
        let mut covered = self.period_of(since)?.first.yesterday().ok()?;
        for as_of in answered {
            let within = self.period_of(*as_of)?;
            let ended = if within.last == *as_of {
                within.last
            } else {
                within.first.yesterday().ok()?
            };
            if ended > covered {
                covered = ended;
            } else if ended == covered && within.last > ended {
                covered = within.last;
            }
        }
        Some(covered)
    }

    /// The period in which a day lies; `None` at the end of the calendar.
    pub fn period_of(self, day: Date) -> Option<Period> {
        let (first, next) = match self.0 {
            Every::Week { .. } => {
                let into = i64::from(day.weekday().to_monday_zero_offset());
                let first = day.checked_sub(into.days()).ok()?;
                (first, first.checked_add(1.week()).ok()?)
            }
            Every::Months { count, .. } => {
                let count = count as i8;
                let month = (day.month() - 1) / count * count + 1;
                let first = Date::new(day.year(), month, 1).ok()?;
                (first, first.checked_add(i64::from(count).months()).ok()?)
            }
            Every::Year { .. } => {
                let first = day.first_of_year();
                (first, first.checked_add(1.year()).ok()?)
            }
        };
        let due = match self.0 {
            Every::Week { by } => next
                .checked_add(i64::from(by.to_monday_zero_offset()).days())
                .ok()?,
            Every::Months { by, .. } => in_month(next.year(), next.month(), by)?,
            Every::Year { month, day } => in_month(next.year(), month, day)?,
        };
        Some(Period {
            first,
            last: next.yesterday().ok()?,
            due,
        })
    }
}

/// A day of a month, or its last one where it is shorter.
fn in_month(year: i16, month: i8, day: i8) -> Option<Date> {
    let first = Date::new(year, month, 1).ok()?;
    Date::new(year, month, day.min(first.days_in_month())).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};

    use super::{Period, Schedule, Standing};
    use crate::agreement::Term;

    fn schedule(text: &str) -> Schedule {
        text.parse().unwrap()
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// First, last and due day of the period in which a day lies.
    #[test]
    fn periods_follow_each_other_and_are_due_after_their_end() {
        for (rule, within, period) in [
            (
                "weekly by monday",
                "2026-11-22",
                "2026-11-16 2026-11-22 2026-11-23",
            ),
            (
                "weekly by sunday",
                "2026-11-23",
                "2026-11-23 2026-11-29 2026-12-06",
            ),
            (
                "monthly by day 5",
                "2026-11-30",
                "2026-11-01 2026-11-30 2026-12-05",
            ),
            (
                "monthly by day 31",
                "2027-01-01",
                "2027-01-01 2027-01-31 2027-02-28",
            ),
            (
                "monthly by day 30",
                "2028-01-09",
                "2028-01-01 2028-01-31 2028-02-29",
            ),
            (
                "quarterly by day 10",
                "2026-11-22",
                "2026-10-01 2026-12-31 2027-01-10",
            ),
            (
                "half-yearly by day 31",
                "2026-06-30",
                "2026-01-01 2026-06-30 2026-07-31",
            ),
            (
                "half-yearly by day 31",
                "2026-07-01",
                "2026-07-01 2026-12-31 2027-01-31",
            ),
            (
                "yearly by 31 january",
                "2026-11-22",
                "2026-01-01 2026-12-31 2027-01-31",
            ),
            (
                "yearly by 29 february",
                "2026-11-22",
                "2026-01-01 2026-12-31 2027-02-28",
            ),
        ] {
            let schedule = schedule(rule);
            assert_eq!(schedule.to_string(), rule);
            let found = schedule.period_of(day(within)).unwrap();
            let told = format!("{} {} {}", found.first, found.last, found.due);
            assert_eq!(told, period, "{rule}");
            for edge in [found.first, found.last] {
                assert_eq!(schedule.period_of(edge), Some(found), "{rule}: {edge}");
            }
        }
        assert_eq!(
            schedule("weekly by monday").period_of(Date::MAX),
            None,
            "the end of the calendar"
        );
    }

    /// Name, since, answered as-of days, today, first days of the missing months, first day of the next one.
    type Case<'a> = (&'a str, &'a str, &'a [&'a str], &'a str, &'a str, &'a str);

    #[test]
    fn what_is_missing() {
        let term = Term {
            signed: date(2016, 10, 10),
            until: date(2030, 10, 10),
            warn_from: date(2030, 7, 10),
        };
        let cases: [Case; 18] = [
            (
                "first start",
                "2026-11-03",
                &[],
                "2026-11-06",
                "",
                "2026-11-01",
            ),
            (
                "the due day itself",
                "2026-10-03",
                &[],
                "2026-11-05",
                "",
                "2026-10-01",
            ),
            (
                "the day after",
                "2026-10-03",
                &[],
                "2026-11-06",
                "2026-10-01",
                "2026-11-01",
            ),
            (
                "months of silence",
                "2026-10-03",
                &[],
                "2027-01-06",
                "2026-10-01 2026-11-01 2026-12-01",
                "2027-01-01",
            ),
            (
                "at its end",
                "2026-10-03",
                &["2026-10-31"],
                "2026-11-06",
                "",
                "2026-11-01",
            ),
            (
                "before its end",
                "2026-10-03",
                &["2026-10-30"],
                "2026-11-06",
                "",
                "2026-11-01",
            ),
            (
                "after its end",
                "2026-10-03",
                &["2026-11-03"],
                "2026-11-06",
                "",
                "2026-11-01",
            ),
            (
                "each early in the month after",
                "2026-09-01",
                &["2026-10-03", "2026-11-03"],
                "2026-12-06",
                "2026-11-01",
                "2026-12-01",
            ),
            (
                "each at the end",
                "2026-09-01",
                &["2026-09-30", "2026-10-30"],
                "2026-12-06",
                "2026-11-01",
                "2026-12-01",
            ),
            (
                "late, and no more than that",
                "2026-10-01",
                &["2026-11-07"],
                "2026-12-06",
                "2026-11-01",
                "2026-12-01",
            ),
            (
                "all at once",
                "2026-09-01",
                &["2026-12-03"],
                "2026-12-06",
                "",
                "2026-12-01",
            ),
            (
                "old data for one of two",
                "2026-10-01",
                &["2026-10-28"],
                "2026-12-06",
                "2026-11-01",
                "2026-12-01",
            ),
            (
                "twice in a month is one month",
                "2026-10-01",
                &["2026-10-05", "2026-10-25"],
                "2026-12-06",
                "2026-11-01",
                "2026-12-01",
            ),
            (
                "older data afterwards takes nothing back",
                "2026-10-01",
                &["2026-11-30", "2026-01-15"],
                "2026-12-06",
                "",
                "2026-12-01",
            ),
            (
                "from before the calendar, in the running month",
                "2026-11-22",
                &["2026-11-10"],
                "2026-12-06",
                "",
                "2026-12-01",
            ),
            (
                "from before the calendar's first month",
                "2026-11-22",
                &["2026-10-15"],
                "2026-12-06",
                "2026-11-01",
                "2026-12-01",
            ),
            (
                "at the end of the term",
                "2030-09-01",
                &[],
                "2030-10-08",
                "2030-09-01",
                "",
            ),
            (
                "before the term",
                "2016-09-01",
                &[],
                "2016-10-09",
                "",
                "2016-10-01",
            ),
        ];
        for (name, since, answered, today, missing, next) in cases {
            let answered: Vec<Date> = answered.iter().map(|text| day(text)).collect();
            let Standing {
                missing: found,
                next: coming,
                covered,
            } = schedule("monthly by day 5").standing(day(since), &answered, &term, day(today));
            let firsts = |periods: &[Period]| {
                let firsts: Vec<String> = periods.iter().map(|p| p.first.to_string()).collect();
                firsts.join(" ")
            };
            assert_eq!(firsts(&found), missing, "{name}");
            assert_eq!(firsts(coming.as_slice()), next, "{name}: next");
            if let Some(open) = found.first().or(coming.as_ref()) {
                assert_eq!(covered, open.first.yesterday().ok(), "{name}: covered");
            }
        }
    }

    #[test]
    fn a_period_that_is_due_after_the_term_is_not_expected() {
        let term = Term {
            signed: date(2016, 10, 10),
            until: date(2030, 10, 10),
            warn_from: date(2030, 7, 10),
        };
        for (rule, expected) in [("monthly by day 10", true), ("monthly by day 11", false)] {
            let standing = schedule(rule).standing(date(2030, 9, 3), &[], &term, date(2030, 10, 1));
            assert_eq!(standing.next.is_some(), expected, "{rule}");
        }
    }
}
