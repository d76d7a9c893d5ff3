//! What happened at the door: appended, never changed, and removed oldest first at the end of its time.

use jiff::Timestamp;
use sqlx::SqliteConnection;

use crate::agreement::PartyId;
use crate::fault::Fault;
use crate::ledger::record::DoorEvent;

use super::value::{bigint, instant, number, parsed};

pub async fn append(db: &mut SqliteConnection, events: &[DoorEvent]) -> Result<(), Fault> {
    let before: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(number), 0) FROM door_events")
        .fetch_one(&mut *db)
        .await?;
    for (place, event) in (before + 1..).zip(events) {
        sqlx::query(
            "INSERT INTO door_events (number, at, event, party, peer, client, login, action, file, target,
                                      bytes, sha256, ms, reason)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .bind(place)
        .bind(instant(event.at))
        .bind(&event.event)
        .bind(event.party.as_ref().map(PartyId::as_str))
        .bind(event.peer.map(|peer| peer.to_string()))
        .bind(&event.client)
        .bind(&event.key)
        .bind(&event.action)
        .bind(&event.file)
        .bind(&event.to)
        .bind(event.bytes.map(bigint).transpose()?)
        .bind(event.sha256.map(|digest| digest.to_string()))
        .bind(event.ms.map(bigint).transpose()?)
        .bind(&event.reason)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

type Columns = (
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<String>,
    Option<i64>,
    Option<String>,
);

pub async fn newest(
    db: &mut SqliteConnection,
    party: Option<&PartyId>,
    since: Timestamp,
    most: u32,
) -> Result<Vec<DoorEvent>, Fault> {
    let rows: Vec<Columns> = sqlx::query_as(
        "SELECT at, event, party, peer, client, login, action, file, target, bytes, sha256, ms, reason
         FROM door_events
         WHERE at >= $1 AND ($2 IS NULL OR party = $2)
         ORDER BY number DESC LIMIT $3",
    )
    .bind(instant(since))
    .bind(party.map(PartyId::as_str))
    .bind(i64::from(most))
    .fetch_all(db)
    .await?;
    rows.into_iter().map(read).collect()
}

fn read(row: Columns) -> Result<DoorEvent, Fault> {
    let (at, event, party, peer, client, key, action, file, to, bytes, sha256, ms, reason) = row;
    Ok(DoorEvent {
        at: parsed(&at)?,
        event,
        party: party.as_deref().map(parsed).transpose()?,
        peer: peer.as_deref().map(parsed).transpose()?,
        client,
        key,
        action,
        file,
        to,
        bytes: bytes.map(number).transpose()?,
        sha256: sha256.as_deref().map(parsed).transpose()?,
        ms: ms.map(number).transpose()?,
        reason,
    })
}

pub async fn trim(db: &mut SqliteConnection, until: Timestamp) -> Result<(), Fault> {
    // The oldest of those that stay; those before it go, in their order.
    let stays: Option<i64> =
        sqlx::query_scalar("SELECT number FROM door_events WHERE at >= $1 ORDER BY number LIMIT 1")
            .bind(instant(until))
            .fetch_optional(&mut *db)
            .await?;
    sqlx::query("DELETE FROM door_events WHERE number < $1")
        .bind(stays.unwrap_or(i64::MAX))
        .execute(db)
        .await?;
    Ok(())
}
