//! "Expected, not received": at the end of each pass the calendar of the agreement is held against what was accepted.
//!
//! What is missing is derived anew each time from the deliveries that the ledger holds as answered. The ledger keeps
//! besides only since when a dataset is expected, and what its party was told: so a notice is given once, whatever ends a
//! process in between, and periods that were missed while no service ran are one notice.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::agreement::{Agreement, DatasetId, PartyId, Schedule, Standing};
use crate::fault::Fault;
use crate::ledger::{Expected, Ledger, Missing, ServiceEvent};

use super::Context;
use super::pass::{Pass, datasets};
use super::respond::{self, late_notice};

/// What is expected of one dataset.
#[derive(Debug)]
pub struct Outlook {
    /// Which.
    pub dataset: DatasetId,
    /// From whom.
    pub party: PartyId,
    /// The rule.
    pub schedule: Schedule,
    /// What is missing, and what comes next.
    pub standing: Standing,
    /// What the ledger holds of it; `None` before the first pass with this rule.
    pub known: Option<Expected>,
}

/// A change of what a party is told to be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// Who.
    pub party: PartyId,
    /// With which dataset.
    pub dataset: DatasetId,
    /// What changed.
    pub call: Call,
    /// First and last day of what is missing, or was.
    pub days: [Date; 2],
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// A due day is over.
    Late,
    /// Still nothing has come.
    Reminded,
    /// A part of what was missing has come.
    PartlyReceived,
    /// All of it has come.
    Received,
    /// It is not late after all, and has not come: the clock was ahead when its party was told, or the term is shorter now.
    NotLate,
    /// The agreement expects it no more, or by another rule.
    NoMore,
}

impl Call {
    /// The word in ledger, log and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Reminded => "reminded",
            Self::PartlyReceived => "partly_received",
            Self::Received => "received",
            Self::NotLate => "not_late",
            Self::NoMore => "expected_no_more",
        }
    }
}

/// What the agreement expects on `today`, in the order of its datasets.
pub fn outlook(
    ledger: &dyn Ledger,
    agreement: &Agreement,
    today: Date,
) -> Result<Vec<Outlook>, Fault> {
    let mut known = ledger.calendar()?;
    let mut outlooks = Vec::new();
    for dataset in &agreement.datasets {
        let Some(schedule) = dataset.expect else {
            continue;
        };
        let place = known.iter().position(|row| {
            row.dataset == dataset.id
                && row.party == dataset.party
                && row.rule == schedule.to_string()
        });
        let row = place.map(|place| known.swap_remove(place));
        let answered = ledger.answered_days(&dataset.party, &dataset.id)?;
        let since = row.as_ref().map_or(today, |row| row.since);
        outlooks.push(Outlook {
            dataset: dataset.id.clone(),
            party: dataset.party.clone(),
            schedule,
            standing: schedule.standing(since, &answered, &agreement.term, today),
            known: row,
        });
    }
    Ok(outlooks)
}

/// Tells parties what is missing and takes back what came, each once.
pub fn mind(cx: &Context, done: &mut Pass) {
    let now = (cx.clock)();
    let today = now.to_zoned(cx.config.time_zone.clone()).date();
    let agreement = &cx.config.agreement;
    let Some(outlooks) = done.attempt(outlook(cx.ledger, agreement, today)) else {
        return;
    };
    if let Some(called) = done.attempt(forget_others(cx, &outlooks)) {
        done.called.extend(called);
    }
    // What is ours to answer is not the sender's delay.
    let open = done.attempt(cx.ledger.open()).unwrap_or_default();
    let under_way: Vec<_> = open.iter().flat_map(datasets).collect();
    for outlook in &outlooks {
        let here = (outlook.party.clone(), outlook.dataset.to_string());
        let held = under_way.contains(&here);
        if let Some(called) = done.attempt(one(cx, outlook, today, held)) {
            done.called.extend(called);
        }
        for day in next_days(cx, outlook) {
            if let Some(wait) = until(cx, day, now) {
                done.wake_in(wait);
            }
        }
    }
}

/// One dataset: what its party was told is made to be what is missing.
fn one(cx: &Context, outlook: &Outlook, today: Date, held: bool) -> Result<Option<Called>, Fault> {
    let Some(known) = &outlook.known else {
        let event = event(cx, outlook, "expected", outlook.schedule.to_string());
        let begun = Expected {
            dataset: outlook.dataset.clone(),
            party: outlook.party.clone(),
            rule: outlook.schedule.to_string(),
            since: today,
            told: None,
        };
        cx.ledger.set_expected(&begun, &event)?;
        return Ok(None);
    };
    let missing = outlook.standing.missing.as_slice();
    let days = missing.first().zip(missing.last());
    let left = days.map(|(first, last)| [first.first, last.last]);
    let told = known.told.as_ref();
    let (call, days) = match (told, left) {
        (None, None) => return Ok(None),
        (Some(told), None) => {
            let came = outlook.standing.covered >= Some(told.last);
            let call = if came { Call::Received } else { Call::NotLate };
            (call, [told.first, told.last])
        }
        (None, Some(days)) => (Call::Late, days),
        (Some(told), Some(days)) if [told.first, told.last] == days => {
            let remind = reminder_day(cx, told).is_some_and(|day| day <= today);
            if !remind {
                return Ok(None);
            }
            (Call::Reminded, days)
        }
        (Some(told), Some(days)) if days[1] > told.last => (Call::Late, days),
        (Some(told), Some([_, last])) if last < told.last => {
            (Call::NotLate, [last.tomorrow().unwrap_or(last), told.last])
        }
        (Some(_), Some(days)) => (Call::PartlyReceived, days),
    };
    if held && matches!(call, Call::Late | Call::Reminded) {
        return Ok(None);
    }
    let told = left.map(|[first, last]| match (call, told) {
        // The time to the next reminder goes on.
        (Call::PartlyReceived | Call::NotLate, Some(told)) => Missing {
            first,
            last,
            ..told.clone()
        },
        (Call::Reminded, Some(told)) => Missing {
            told_at: (cx.clock)(),
            reminders: told.reminders + 1,
            ..told.clone()
        },
        _ => Missing {
            first,
            last,
            told_at: (cx.clock)(),
            reminders: 0,
        },
    });
    // First the notice, then the note of it: a process killed in between gives the same one again.
    let notice = match &told {
        Some(told) => {
            let notice = late_notice(cx, outlook, told.reminders)?;
            respond::notices::publish(cx, &notice)?;
            Some(notice.name)
        }
        None => None,
    };
    let topic = outlook.dataset.as_str();
    respond::notices::withdraw(cx, &outlook.party, topic, notice.as_deref())?;
    let [first, last] = days;
    let event = event(cx, outlook, call.as_str(), format!("{first} to {last}"));
    let told = Expected {
        told,
        ..known.clone()
    };
    cx.ledger.set_expected(&told, &event)?;
    Ok(Some(Called {
        party: outlook.party.clone(),
        dataset: outlook.dataset.clone(),
        call,
        days,
    }))
}

/// Forgets what the agreement expects no more, or by another rule or from another party, with its notice.
fn forget_others(cx: &Context, outlooks: &[Outlook]) -> Result<Vec<Called>, Fault> {
    let mut called = Vec::new();
    for row in cx.ledger.calendar()? {
        if outlooks
            .iter()
            .any(|outlook| outlook.known.as_ref() == Some(&row))
        {
            continue;
        }
        respond::notices::withdraw(cx, &row.party, row.dataset.as_str(), None)?;
        let event = ServiceEvent {
            party: Some(row.party.clone()),
            dataset: Some(row.dataset.clone()),
            detail: Some(row.rule.clone()),
            ..ServiceEvent::new((cx.clock)(), Call::NoMore.as_str())
        };
        cx.ledger.expected_no_more(&row.dataset, &event)?;
        if let Some(told) = row.told {
            called.push(Called {
                party: row.party,
                dataset: row.dataset,
                call: Call::NoMore,
                days: [told.first, told.last],
            });
        }
    }
    Ok(called)
}

fn event(cx: &Context, outlook: &Outlook, word: &str, detail: String) -> ServiceEvent {
    ServiceEvent {
        party: Some(outlook.party.clone()),
        dataset: Some(outlook.dataset.clone()),
        detail: Some(detail),
        ..ServiceEvent::new((cx.clock)(), word)
    }
}

/// The day from which a party is told again; `None` if it is not.
fn reminder_day(cx: &Context, told: &Missing) -> Option<Date> {
    let reminders = cx.config.agreement.reminders?;
    if told.reminders >= reminders.most {
        return None;
    }
    let told_on = told.told_at.to_zoned(cx.config.time_zone.clone()).date();
    told_on.checked_add(reminders.every).ok()
}

/// Days at whose beginning there may be something to tell.
fn next_days(cx: &Context, outlook: &Outlook) -> impl Iterator<Item = Date> {
    let due = outlook.standing.next.as_ref();
    let overdue = due.and_then(|period| period.due.tomorrow().ok());
    let told = outlook.known.as_ref().and_then(|known| known.told.as_ref());
    let remind = told.and_then(|told| reminder_day(cx, told));
    [overdue, remind].into_iter().flatten()
}

/// How long until a day begins in the service's time zone; `None` if it has begun.
fn until(cx: &Context, day: Date, now: Timestamp) -> Option<Duration> {
    let begins = day.to_zoned(cx.config.time_zone.clone()).ok()?.timestamp();
    (begins > now).then(|| now.duration_until(begins).unsigned_abs())
}
