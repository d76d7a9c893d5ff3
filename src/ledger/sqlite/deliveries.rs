//! Deliveries: opened, claimed, looked up.

use jiff::Timestamp;
use sqlx::SqliteConnection;

use crate::agreement::PartyId;
use crate::delivery::DeliveryId;
use crate::fault::Fault;
use crate::ledger::record::{Begun, Counts, Delivery, Event, NewDelivery, Outcome, Stage, State};

use super::value::{instant, number, parsed, variant, word};
use super::{events, parts};

pub async fn begin(db: &mut SqliteConnection, new: &NewDelivery) -> Result<Begun, Fault> {
    let known: Option<(String, String, i64)> =
        sqlx::query_as("SELECT party, state, attempt FROM deliveries WHERE id = $1")
            .bind(new.id.to_string())
            .fetch_optional(&mut *db)
            .await?;
    let attempt = match known {
        None => 1,
        Some((party, state, attempt)) => match variant(&state)? {
            State::Rejected => attempt + 1,
            _ if party != new.party.as_str() => return Ok(Begun::OfAnother),
            State::Answered => return Ok(Begun::Answered),
            State::Claiming | State::Open => return Ok(Begun::Open),
        },
    };
    clear(db, &new.id).await?;
    insert(db, new, attempt).await?;
    let detail = (attempt > 1).then(|| format!("attempt {attempt}"));
    let event = claim_event(&new.id, new.begun, Outcome::Begun, detail);
    events::append(db, &event).await?;
    Ok(Begun::Open)
}

/// Removes a delivery with its files, parts, inputs and published entries; its events stay.
async fn clear(db: &mut SqliteConnection, id: &DeliveryId) -> Result<(), Fault> {
    sqlx::query("DELETE FROM deliveries WHERE id = $1")
        .bind(id.to_string())
        .execute(db)
        .await?;
    Ok(())
}

async fn insert(db: &mut SqliteConnection, new: &NewDelivery, attempt: i64) -> Result<(), Fault> {
    let id = new.id.to_string();
    let before: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(ordinal), 0) FROM deliveries")
        .fetch_one(&mut *db)
        .await?;
    sqlx::query(
        "INSERT INTO deliveries (id, ordinal, party, stem, folder, received, state, attempt, faults)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)",
    )
    .bind(&id)
    .bind(before + 1)
    .bind(new.party.as_str())
    .bind(&new.stem)
    .bind(&new.folder)
    .bind(instant(new.received))
    .bind(word(&State::Claiming)?)
    .bind(attempt)
    .execute(&mut *db)
    .await?;
    for (position, name) in (1_i64..).zip(&new.files) {
        sqlx::query("INSERT INTO files (delivery, position, name) VALUES ($1, $2, $3)")
            .bind(&id)
            .bind(position)
            .bind(name)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

pub async fn claimed(
    db: &mut SqliteConnection,
    id: &DeliveryId,
    at: Timestamp,
) -> Result<(), Fault> {
    match standing(db, id).await? {
        State::Claiming => {}
        State::Open => return Ok(()),
        _ => return Err(closed(id)),
    }
    sqlx::query("UPDATE deliveries SET state = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(word(&State::Open)?)
        .execute(&mut *db)
        .await?;
    events::append(db, &claim_event(id, at, Outcome::Done, None)).await
}

pub async fn withdraw(
    db: &mut SqliteConnection,
    id: &DeliveryId,
    at: Timestamp,
) -> Result<(), Fault> {
    if standing(db, id).await? != State::Claiming {
        return Err(Fault::Ledger(format!(
            "delivery {} is not being claimed",
            id.short()
        )));
    }
    match last_code(db, id).await? {
        None => clear(db, id).await?,
        Some(code) => {
            sqlx::query(
                "UPDATE deliveries SET state = $2, code = $3, retry_at = NULL WHERE id = $1",
            )
            .bind(id.to_string())
            .bind(word(&State::Rejected)?)
            .bind(code)
            .execute(&mut *db)
            .await?;
        }
    }
    events::append(db, &claim_event(id, at, Outcome::Withdrawn, None)).await
}

/// Why the delivery was rejected the last time, if it ever was.
async fn last_code(db: &mut SqliteConnection, id: &DeliveryId) -> Result<Option<String>, Fault> {
    let code: Option<Option<String>> = sqlx::query_scalar(
        "SELECT code FROM events WHERE delivery = $1 AND outcome = $2 ORDER BY number DESC LIMIT 1",
    )
    .bind(id.to_string())
    .bind(word(&Outcome::Rejected)?)
    .fetch_optional(db)
    .await?;
    Ok(code.flatten())
}

pub async fn fault(
    db: &mut SqliteConnection,
    event: &Event,
    retry_at: Timestamp,
) -> Result<(), Fault> {
    still_open(db, &event.delivery).await?;
    if event.outcome != Outcome::Fault {
        return Err(Fault::Ledger("a fault needs a fault's event".to_owned()));
    }
    sqlx::query("UPDATE deliveries SET faults = faults + 1, retry_at = $2 WHERE id = $1")
        .bind(event.delivery.to_string())
        .bind(instant(retry_at))
        .execute(&mut *db)
        .await?;
    events::append(db, event).await
}

/// How far a delivery got; a fault when the ledger does not hold it.
pub async fn standing(db: &mut SqliteConnection, id: &DeliveryId) -> Result<State, Fault> {
    let state: Option<String> = sqlx::query_scalar("SELECT state FROM deliveries WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(db)
        .await?;
    match state {
        Some(state) => variant(&state),
        None => Err(Fault::Ledger(format!("no delivery {}", id.short()))),
    }
}

/// A fault when the delivery is closed or not known.
pub async fn still_open(db: &mut SqliteConnection, id: &DeliveryId) -> Result<(), Fault> {
    match standing(db, id).await? {
        State::Claiming | State::Open => Ok(()),
        State::Answered | State::Rejected => Err(closed(id)),
    }
}

fn closed(id: &DeliveryId) -> Fault {
    Fault::Ledger(format!("delivery {} is closed", id.short()))
}

fn claim_event(id: &DeliveryId, at: Timestamp, outcome: Outcome, detail: Option<String>) -> Event {
    Event {
        delivery: *id,
        at,
        stage: Stage::Claim,
        outcome,
        code: None,
        detail,
    }
}

pub async fn open(db: &mut SqliteConnection) -> Result<Vec<Delivery>, Fault> {
    let ids: Vec<String> =
        sqlx::query_scalar("SELECT id FROM deliveries WHERE state IN ($1, $2) ORDER BY ordinal")
            .bind(word(&State::Claiming)?)
            .bind(word(&State::Open)?)
            .fetch_all(&mut *db)
            .await?;
    all(db, ids).await
}

pub async fn expired(db: &mut SqliteConnection, until: Timestamp) -> Result<Vec<Delivery>, Fault> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM deliveries
         WHERE state IN ($1, $2) AND received < $3 AND NOT EXISTS
            (SELECT 1 FROM events WHERE delivery = deliveries.id AND outcome = $4 AND at >= received)
         ORDER BY ordinal",
    )
    .bind(word(&State::Answered)?)
    .bind(word(&State::Rejected)?)
    .bind(instant(until))
    .bind(word(&Outcome::Destroyed)?)
    .fetch_all(&mut *db)
    .await?;
    all(db, ids).await
}

/// Digits of an id below which too many deliveries would begin with them.
const FEWEST_DIGITS: usize = 6;

pub async fn find(db: &mut SqliteConnection, text: &str) -> Result<Vec<Delivery>, Fault> {
    let stem = text.strip_suffix(".sha256").unwrap_or(text);
    let digits = text.len() >= FEWEST_DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit());
    let prefix = digits.then(|| text.to_ascii_lowercase());
    let length = prefix.as_ref().map_or(0, String::len);
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM deliveries
         WHERE SUBSTR(id, 1, $1) = $2 OR stem = $3
            OR id IN (SELECT delivery FROM files WHERE name IN ($3, $4))
         ORDER BY ordinal DESC",
    )
    .bind(i64::try_from(length).unwrap_or(i64::MAX))
    .bind(prefix)
    .bind(stem)
    .bind(text)
    .fetch_all(&mut *db)
    .await?;
    all(db, ids).await
}

pub async fn recent(
    db: &mut SqliteConnection,
    party: Option<&PartyId>,
    most: u32,
) -> Result<Vec<Delivery>, Fault> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM deliveries WHERE $1 IS NULL OR party = $1 ORDER BY ordinal DESC LIMIT $2",
    )
    .bind(party.map(PartyId::as_str))
    .bind(i64::from(most))
    .fetch_all(&mut *db)
    .await?;
    all(db, ids).await
}

pub async fn open_of(
    db: &mut SqliteConnection,
    party: &PartyId,
    most: u32,
) -> Result<Vec<Delivery>, Fault> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM deliveries WHERE party = $1 AND state IN ($2, $3) ORDER BY ordinal LIMIT $4",
    )
    .bind(party.as_str())
    .bind(word(&State::Claiming)?)
    .bind(word(&State::Open)?)
    .bind(i64::from(most))
    .fetch_all(&mut *db)
    .await?;
    all(db, ids).await
}

pub async fn closed_of(
    db: &mut SqliteConnection,
    party: &PartyId,
    most: u32,
) -> Result<Vec<Delivery>, Fault> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM deliveries WHERE party = $1 AND state IN ($2, $3)
         ORDER BY ordinal DESC LIMIT $4",
    )
    .bind(party.as_str())
    .bind(word(&State::Answered)?)
    .bind(word(&State::Rejected)?)
    .bind(i64::from(most))
    .fetch_all(&mut *db)
    .await?;
    all(db, ids).await
}

pub async fn counts(db: &mut SqliteConnection, party: Option<&PartyId>) -> Result<Counts, Fault> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT state, COUNT(*), COUNT(retry_at) FROM deliveries
         WHERE $1 IS NULL OR party = $1 GROUP BY state",
    )
    .bind(party.map(PartyId::as_str))
    .fetch_all(db)
    .await?;
    let mut counts = Counts::default();
    for (state, of_state, faulted) in rows {
        let of_state: u64 = number(of_state)?;
        match variant(&state)? {
            State::Claiming | State::Open => {
                counts.open += of_state;
                counts.faulted += number::<u64>(faulted)?;
            }
            State::Answered => counts.answered = of_state,
            State::Rejected => counts.rejected = of_state,
        }
    }
    Ok(counts)
}

async fn all(db: &mut SqliteConnection, ids: Vec<String>) -> Result<Vec<Delivery>, Fault> {
    let mut deliveries = Vec::with_capacity(ids.len());
    for id in ids {
        deliveries.extend(one(db, &parsed(&id)?).await?);
    }
    Ok(deliveries)
}

type Columns = (
    String,
    String,
    String,
    String,
    String,
    i64,
    i64,
    Option<String>,
    Option<String>,
);

pub async fn one(db: &mut SqliteConnection, id: &DeliveryId) -> Result<Option<Delivery>, Fault> {
    let row: Option<Columns> = sqlx::query_as(
        "SELECT party, stem, folder, received, state, attempt, faults, retry_at, code
         FROM deliveries WHERE id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(&mut *db)
    .await?;
    let Some((party, stem, folder, received, state, attempt, faults, retry_at, code)) = row else {
        return Ok(None);
    };
    let files = sqlx::query_scalar("SELECT name FROM files WHERE delivery = $1 ORDER BY position")
        .bind(id.to_string())
        .fetch_all(&mut *db)
        .await?;
    Ok(Some(Delivery {
        id: *id,
        party: parsed(&party)?,
        stem,
        folder,
        files,
        received: parsed(&received)?,
        state: variant(&state)?,
        attempt: number(attempt)?,
        faults: number(faults)?,
        retry_at: retry_at.as_deref().map(parsed).transpose()?,
        code: code.as_deref().map(variant).transpose()?,
        parts: parts::of(db, id).await?,
    }))
}
