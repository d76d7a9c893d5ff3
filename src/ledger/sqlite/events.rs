//! The story of each delivery: appended, never changed. The schema's triggers refuse anything else.

use sqlx::SqliteConnection;

use crate::delivery::DeliveryId;
use crate::fault::Fault;
use crate::ledger::record::Event;

use super::deliveries::standing;
use super::service;
use super::value::{instant, parsed, variant, word};

/// Appends an event of a delivery that the ledger holds.
pub async fn append_known(db: &mut SqliteConnection, event: &Event) -> Result<(), Fault> {
    standing(db, &event.delivery).await?;
    append(db, event).await
}

/// Appends as part of a greater transaction.
pub async fn append(db: &mut SqliteConnection, event: &Event) -> Result<(), Fault> {
    let id = event.delivery.to_string();
    let before: i64 =
        sqlx::query_scalar("SELECT COALESCE(MAX(number), 0) FROM events WHERE delivery = $1")
            .bind(&id)
            .fetch_one(&mut *db)
            .await?;
    sqlx::query(
        "INSERT INTO events (delivery, number, at, stage, outcome, code, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id)
    .bind(before + 1)
    .bind(instant(event.at))
    .bind(word(&event.stage)?)
    .bind(word(&event.outcome)?)
    .bind(event.code.as_ref().map(word).transpose()?)
    .bind(&event.detail)
    .execute(&mut *db)
    .await?;
    service::mark(db, event.at).await
}

type Columns = (String, String, String, Option<String>, Option<String>);

pub async fn of(db: &mut SqliteConnection, id: &DeliveryId) -> Result<Vec<Event>, Fault> {
    let rows: Vec<Columns> = sqlx::query_as(
        "SELECT at, stage, outcome, code, detail FROM events WHERE delivery = $1 ORDER BY number",
    )
    .bind(id.to_string())
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|(at, stage, outcome, code, detail)| {
            Ok(Event {
                delivery: *id,
                at: parsed(&at)?,
                stage: variant(&stage)?,
                outcome: variant(&outcome)?,
                code: code.as_deref().map(variant).transpose()?,
                detail,
            })
        })
        .collect()
}
