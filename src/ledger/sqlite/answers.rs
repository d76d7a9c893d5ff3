//! From the inputs of a reconciliation to the closed delivery.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::SqliteConnection;

use crate::agreement::{DatasetId, PartyId, ReconciliationId};
use crate::delivery::DeliveryId;
use crate::fault::Fault;
use crate::ledger::record::{Event, Inputs, Outcome, Published, State};

use super::deliveries::still_open;
use super::value::{from_json, instant, json, parsed, word};
use super::{events, parts};

pub async fn set_inputs(
    db: &mut SqliteConnection,
    id: &DeliveryId,
    dataset: &DatasetId,
    inputs: &Inputs,
) -> Result<(), Fault> {
    still_open(db, id).await?;
    sqlx::query(
        "INSERT INTO inputs (delivery, dataset, inputs) VALUES ($1, $2, $3)
         ON CONFLICT (delivery, dataset) DO UPDATE SET inputs = excluded.inputs",
    )
    .bind(id.to_string())
    .bind(dataset.as_str())
    .bind(json(inputs)?)
    .execute(db)
    .await?;
    Ok(())
}

pub async fn needed_since(
    db: &mut SqliteConnection,
    since: Timestamp,
) -> Result<BTreeSet<DeliveryId>, Fault> {
    let texts: Vec<String> = sqlx::query_scalar(
        "SELECT inputs FROM inputs JOIN deliveries ON id = delivery WHERE received >= $1",
    )
    .bind(instant(since))
    .fetch_all(db)
    .await?;
    let mut needed = BTreeSet::new();
    for text in texts {
        let inputs: Inputs = from_json(&text)?;
        needed.extend(inputs.previous);
        for one in inputs.reconciliations.values() {
            needed.extend(one.counterpart);
            needed.extend(one.state);
        }
    }
    Ok(needed)
}

pub async fn inputs(
    db: &mut SqliteConnection,
    id: &DeliveryId,
    dataset: &DatasetId,
) -> Result<Option<Inputs>, Fault> {
    let fixed: Option<String> =
        sqlx::query_scalar("SELECT inputs FROM inputs WHERE delivery = $1 AND dataset = $2")
            .bind(id.to_string())
            .bind(dataset.as_str())
            .fetch_optional(db)
            .await?;
    fixed.as_deref().map(from_json).transpose()
}

pub async fn state_of(
    db: &mut SqliteConnection,
    reconciliation: &ReconciliationId,
) -> Result<Option<DeliveryId>, Fault> {
    let id: Option<String> = sqlx::query_scalar(
        "SELECT delivery FROM difference_states WHERE reconciliation = $1
         ORDER BY number DESC LIMIT 1",
    )
    .bind(reconciliation.as_str())
    .fetch_optional(db)
    .await?;
    id.as_deref().map(parsed).transpose()
}

pub async fn prepared(
    db: &mut SqliteConnection,
    id: &DeliveryId,
    entries: &[Published],
    at: Timestamp,
) -> Result<bool, Fault> {
    still_open(db, id).await?;
    if entries.is_empty() {
        return Err(Fault::Ledger(format!(
            "delivery {} is answered with nothing",
            id.short()
        )));
    }
    let first =
        sqlx::query("UPDATE deliveries SET prepared_at = $2 WHERE id = $1 AND prepared_at IS NULL")
            .bind(id.to_string())
            .bind(instant(at))
            .execute(&mut *db)
            .await?;
    if first.rows_affected() == 0 {
        return Ok(false);
    }
    for (position, entry) in (1_i64..).zip(entries) {
        sqlx::query(
            "INSERT INTO published (delivery, position, reader, folder, file, plaintext)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id.to_string())
        .bind(position)
        .bind(entry.reader.as_str())
        .bind(&entry.folder)
        .bind(&entry.file)
        .bind(entry.plaintext.to_string())
        .execute(&mut *db)
        .await?;
    }
    Ok(true)
}

pub async fn published(
    db: &mut SqliteConnection,
    id: &DeliveryId,
) -> Result<Vec<Published>, Fault> {
    let rows: Vec<(String, String, String, String)> = sqlx::query_as(
        "SELECT reader, folder, file, plaintext FROM published
         WHERE delivery = $1 ORDER BY position",
    )
    .bind(id.to_string())
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|(reader, folder, file, plaintext)| {
            Ok(Published {
                reader: parsed(&reader)?,
                folder,
                file,
                plaintext: parsed(&plaintext)?,
            })
        })
        .collect()
}

pub async fn keeps_receipt(
    db: &mut SqliteConnection,
    party: &PartyId,
    file: &str,
    except: Option<&DeliveryId>,
) -> Result<bool, Fault> {
    let found: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM deliveries JOIN published ON delivery = id
         WHERE party = $1 AND state <> 'rejected' AND reader = party AND published.folder = '' AND file = $2
         AND ($3 IS NULL OR id <> $3)",
    )
    .bind(party.as_str())
    .bind(file)
    .bind(except.map(ToString::to_string))
    .fetch_one(db)
    .await?;
    Ok(found > 0)
}

pub async fn close(
    db: &mut SqliteConnection,
    id: &DeliveryId,
    event: &Event,
    states: &[ReconciliationId],
) -> Result<(), Fault> {
    still_open(db, id).await?;
    let contradiction = |what: &str| Fault::Ledger(format!("delivery {} {what}", id.short()));
    if event.delivery != *id {
        return Err(contradiction("closed with another one's event"));
    }
    let state = match (event.outcome, event.code) {
        (Outcome::Done, None) => State::Answered,
        (Outcome::Rejected, Some(_)) if states.is_empty() => State::Rejected,
        _ => {
            return Err(contradiction(
                "is neither answered nor rejected by this event",
            ));
        }
    };
    if state == State::Answered && parts::taken(db, id).await? {
        return Err(contradiction("repeats an answered sequence"));
    }
    sqlx::query("UPDATE deliveries SET state = $2, code = $3, retry_at = NULL WHERE id = $1")
        .bind(id.to_string())
        .bind(word(&state)?)
        .bind(event.code.as_ref().map(word).transpose()?)
        .execute(&mut *db)
        .await?;
    for reconciliation in states {
        new_state(db, id, reconciliation).await?;
    }
    events::append(db, event).await
}

async fn new_state(
    db: &mut SqliteConnection,
    id: &DeliveryId,
    reconciliation: &ReconciliationId,
) -> Result<(), Fault> {
    let before: i64 = sqlx::query_scalar(
        "SELECT COALESCE(MAX(number), 0) FROM difference_states WHERE reconciliation = $1",
    )
    .bind(reconciliation.as_str())
    .fetch_one(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO difference_states (reconciliation, number, delivery) VALUES ($1, $2, $3)",
    )
    .bind(reconciliation.as_str())
    .bind(before + 1)
    .bind(id.to_string())
    .execute(db)
    .await?;
    Ok(())
}
