//! What concerns neither a delivery nor a login: the record of notices, calendar and clock, and the state of the two.

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::SqliteConnection;

use crate::agreement::{DatasetId, PartyId};
use crate::fault::Fault;
use crate::ledger::record::{Clock, Expected, Missing, ServiceEvent};

use super::value::{from_json, instant, json, number, parsed, variant, word};

pub async fn note(db: &mut SqliteConnection, event: &ServiceEvent) -> Result<(), Fault> {
    insert(db, event).await?;
    mark(db, event.at).await
}

async fn insert(db: &mut SqliteConnection, event: &ServiceEvent) -> Result<(), Fault> {
    let before: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(number), 0) FROM service_events")
        .fetch_one(&mut *db)
        .await?;
    sqlx::query(
        "INSERT INTO service_events (number, at, event, party, dataset, code, name, sha256, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(before + 1)
    .bind(instant(event.at))
    .bind(&event.event)
    .bind(event.party.as_ref().map(PartyId::as_str))
    .bind(event.dataset.as_ref().map(DatasetId::as_str))
    .bind(event.code.as_ref().map(word).transpose()?)
    .bind(&event.name)
    .bind(event.sha256.map(|digest| digest.to_string()))
    .bind(&event.detail)
    .execute(&mut *db)
    .await?;
    Ok(())
}

type EventColumns = (
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

pub async fn newest(
    db: &mut SqliteConnection,
    party: Option<&PartyId>,
    most: u32,
) -> Result<Vec<ServiceEvent>, Fault> {
    let rows: Vec<EventColumns> = sqlx::query_as(
        "SELECT at, event, party, dataset, code, name, sha256, detail FROM service_events
         WHERE $1 IS NULL OR party IS NULL OR party = $1
         ORDER BY number DESC LIMIT $2",
    )
    .bind(party.map(PartyId::as_str))
    .bind(i64::from(most))
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|(at, event, party, dataset, code, name, sha256, detail)| {
            Ok(ServiceEvent {
                at: parsed(&at)?,
                event,
                party: party.as_deref().map(parsed).transpose()?,
                dataset: dataset.as_deref().map(parsed).transpose()?,
                code: code.as_deref().map(variant).transpose()?,
                name,
                sha256: sha256.as_deref().map(parsed).transpose()?,
                detail,
            })
        })
        .collect()
}

type ExpectedColumns = (
    String,
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    i64,
);

pub async fn calendar(db: &mut SqliteConnection) -> Result<Vec<Expected>, Fault> {
    let rows: Vec<ExpectedColumns> = sqlx::query_as(
        "SELECT dataset, party, rule, since, missing, told_at, reminders FROM calendar
         ORDER BY dataset",
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(
            |(dataset, party, rule, since, missing, told_at, reminders)| {
                let told = match (missing, told_at) {
                    (Some(days), Some(at)) => {
                        let (first, last) = from_json(&days)?;
                        Some(Missing {
                            first,
                            last,
                            told_at: parsed(&at)?,
                            reminders: number(reminders)?,
                        })
                    }
                    _ => None,
                };
                Ok(Expected {
                    dataset: parsed(&dataset)?,
                    party: parsed(&party)?,
                    rule,
                    since: parsed(&since)?,
                    told,
                })
            },
        )
        .collect()
}

pub async fn set_expected(
    db: &mut SqliteConnection,
    expected: &Expected,
    event: &ServiceEvent,
) -> Result<(), Fault> {
    let told = expected.told.as_ref();
    sqlx::query(
        "INSERT INTO calendar (dataset, party, rule, since, missing, told_at, reminders)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (dataset) DO UPDATE
         SET party = excluded.party, rule = excluded.rule, since = excluded.since,
             missing = excluded.missing, told_at = excluded.told_at, reminders = excluded.reminders",
    )
    .bind(expected.dataset.as_str())
    .bind(expected.party.as_str())
    .bind(&expected.rule)
    .bind(expected.since.to_string())
    .bind(told.map(|told| json(&(told.first, told.last))).transpose()?)
    .bind(told.map(|told| instant(told.told_at)))
    .bind(told.map_or(0, |told| i64::from(told.reminders)))
    .execute(&mut *db)
    .await?;
    note(db, event).await
}

pub async fn expected_no_more(
    db: &mut SqliteConnection,
    dataset: &DatasetId,
    event: &ServiceEvent,
) -> Result<(), Fault> {
    sqlx::query("DELETE FROM calendar WHERE dataset = $1")
        .bind(dataset.as_str())
        .execute(&mut *db)
        .await?;
    note(db, event).await
}

pub async fn answered_days(
    db: &mut SqliteConnection,
    party: &PartyId,
    dataset: &DatasetId,
) -> Result<Vec<Date>, Fault> {
    let days: Vec<String> = sqlx::query_scalar(
        "SELECT as_of FROM parts JOIN deliveries ON id = delivery
         WHERE party = $1 AND dataset = $2 AND state = 'answered' ORDER BY sequence",
    )
    .bind(party.as_str())
    .bind(dataset.as_str())
    .fetch_all(db)
    .await?;
    days.iter().map(|day| parsed(day)).collect()
}

/// The newest instant of any event moves on; it never goes back here.
pub async fn mark(db: &mut SqliteConnection, at: Timestamp) -> Result<(), Fault> {
    let known = clock(db).await?;
    if known.newest.is_some_and(|newest| newest >= at) {
        return Ok(());
    }
    sqlx::query("UPDATE clock SET mark = $1")
        .bind(instant(at))
        .execute(&mut *db)
        .await?;
    let leapt = known
        .newest
        .filter(|_| known.leapt.is_none() && known.is_doubtful(at));
    let Some(newest) = leapt else {
        return Ok(());
    };
    sqlx::query("UPDATE clock SET leapt = $1")
        .bind(instant(newest))
        .execute(&mut *db)
        .await?;
    let told = ServiceEvent {
        detail: Some(format!("the newest event before was at {newest}")),
        ..ServiceEvent::new(at, "clock_leapt")
    };
    insert(db, &told).await
}

pub async fn clock(db: &mut SqliteConnection) -> Result<Clock, Fault> {
    let (mark, told, leapt): (Option<String>, i64, Option<String>) =
        sqlx::query_as("SELECT mark, told, leapt FROM clock")
            .fetch_one(db)
            .await?;
    Ok(Clock {
        newest: mark.as_deref().map(parsed).transpose()?,
        told_behind: told != 0,
        leapt: leapt.as_deref().map(parsed).transpose()?,
    })
}

pub async fn clock_told(
    db: &mut SqliteConnection,
    behind: bool,
    event: &ServiceEvent,
) -> Result<(), Fault> {
    sqlx::query("UPDATE clock SET told = $1")
        .bind(i64::from(behind))
        .execute(&mut *db)
        .await?;
    note(db, event).await
}

pub async fn set_clock_back(db: &mut SqliteConnection, event: &ServiceEvent) -> Result<(), Fault> {
    let now = instant(event.at);
    for statement in [
        "UPDATE clock SET mark = $1, told = 0, leapt = NULL",
        // What waits for an instant of the wrong time would wait for years.
        "UPDATE deliveries SET retry_at = $1 WHERE retry_at > $1",
        "UPDATE waiting SET since = $1 WHERE since > $1",
        "UPDATE calendar SET told_at = $1 WHERE told_at > $1",
        "UPDATE calendar SET since = SUBSTR($1, 1, 10) WHERE since > SUBSTR($1, 1, 10)",
    ] {
        sqlx::query(statement).bind(&now).execute(&mut *db).await?;
    }
    note(db, event).await
}
