//! What `padan status` says about the calendar: what is expected of whom, and what has not come.

use jiff::Unit;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::agreement::{Agreement, DatasetId, PartyId, Period};
use crate::fault::Fault;
use crate::ledger::{Ledger, Missing};
use crate::pipeline::calendar::{Outlook, outlook};

use super::look::time;

/// One dataset of the calendar.
#[derive(Debug, Serialize)]
pub struct Line {
    party: PartyId,
    dataset: DatasetId,
    expect: String,
    state: State,
    /// Whose due day is over.
    missing: Vec<Days>,
    /// What comes next.
    next: Option<Days>,
    /// What the party was told to be missing, and when.
    told: Option<Missing>,
}

/// How a dataset stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// The running period is covered already.
    Received,
    /// Something is still to come in time.
    Due,
    /// Something is missing.
    Late,
    /// The term ends before anything more is due.
    Ended,
}

/// A period.
#[derive(Debug, Serialize)]
struct Days {
    from: Date,
    to: Date,
    due: Date,
    /// Days until the due day; negative when it is over.
    days_left: i32,
}

/// The calendar of all parties or of one; empty before the first pass of a service.
pub fn lines(
    ledger: &dyn Ledger,
    agreement: &Agreement,
    party: Option<&PartyId>,
    today: Date,
) -> Result<Vec<Line>, Fault> {
    let mut outlooks = outlook(ledger, agreement, today)?;
    outlooks.retain(|one| one.known.is_some() && party.is_none_or(|party| one.party == *party));
    Ok(outlooks.into_iter().map(|one| line(one, today)).collect())
}

fn line(outlook: Outlook, today: Date) -> Line {
    let standing = &outlook.standing;
    let state = match &standing.next {
        _ if !standing.missing.is_empty() => State::Late,
        None => State::Ended,
        Some(next) if next.first > today => State::Received,
        Some(_) => State::Due,
    };
    let days = |period: &Period| Days {
        from: period.first,
        to: period.last,
        due: period.due,
        days_left: period
            .due
            .since((Unit::Day, today))
            .map_or(i32::MAX, |span| span.get_days()),
    };
    Line {
        state,
        missing: standing.missing.iter().map(days).collect(),
        next: standing.next.as_ref().map(days),
        expect: outlook.schedule.to_string(),
        told: outlook.known.and_then(|known| known.told),
        party: outlook.party,
        dataset: outlook.dataset,
    }
}

/// For people, in English; empty without a calendar.
pub fn page(lines: &[Line], zone: &TimeZone) -> String {
    let mut page = String::new();
    if !lines.is_empty() {
        page.push_str("\nExpected\n");
    }
    for line in lines {
        page.push_str(&format!(
            "  {:<6}  {:<18}  {:<22}  {}\n",
            line.party.as_str(),
            line.dataset.as_str(),
            line.expect,
            line.words(zone)
        ));
    }
    page
}

impl Line {
    fn words(&self, zone: &TimeZone) -> String {
        if let (Some(first), Some(last)) = (self.missing.first(), self.missing.last()) {
            let told = match &self.told {
                Some(told) => format!("party told {}", time(told.told_at, zone)),
                None => "party not told yet".to_owned(),
            };
            return format!(
                "LATE: {} to {}, due {}; {told}",
                first.from, last.to, first.due
            );
        }
        match (&self.next, self.state) {
            (None, _) => "nothing more within the term".to_owned(),
            (Some(next), State::Received) => format!("received; next by {}", next.due),
            (Some(next), _) if next.days_left == 0 => format!("due today, {}", next.due),
            (Some(next), _) if next.days_left == 1 => format!("due tomorrow, {}", next.due),
            (Some(next), _) => format!("due in {} days, {}", next.days_left, next.due),
        }
    }
}
