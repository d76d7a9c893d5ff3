//! What each run of a reconciliation came to.

use sqlx::SqliteConnection;

use crate::agreement::{PartyId, ReconciliationId};
use crate::delivery::DeliveryId;
use crate::fault::Fault;
use crate::ledger::record::RunFigures;

use super::deliveries::still_open;
use super::value::{from_json, json};

pub async fn set(
    db: &mut SqliteConnection,
    id: &DeliveryId,
    reconciliation: &ReconciliationId,
    reader: &PartyId,
    figures: &RunFigures,
) -> Result<(), Fault> {
    still_open(db, id).await?;
    sqlx::query(
        "INSERT INTO run_figures (delivery, reconciliation, reader, figures) VALUES ($1, $2, $3, $4)
         ON CONFLICT (delivery, reconciliation, reader) DO UPDATE SET figures = excluded.figures",
    )
    .bind(id.to_string())
    .bind(reconciliation.as_str())
    .bind(reader.as_str())
    .bind(json(figures)?)
    .execute(db)
    .await?;
    Ok(())
}

pub async fn up_to(
    db: &mut SqliteConnection,
    reconciliation: &ReconciliationId,
    reader: &PartyId,
    last: &DeliveryId,
    most: u32,
) -> Result<Vec<RunFigures>, Fault> {
    // The number of a state is its place among the runs of its reconciliation.
    let texts: Vec<String> = sqlx::query_scalar(
        "SELECT figures
         FROM run_figures
         JOIN difference_states run
           ON run.delivery = run_figures.delivery AND run.reconciliation = run_figures.reconciliation
         JOIN difference_states last
           ON last.delivery = $3 AND last.reconciliation = run.reconciliation
         WHERE run.reconciliation = $1 AND reader = $2 AND run.number <= last.number
         ORDER BY run.number DESC LIMIT $4",
    )
    .bind(reconciliation.as_str())
    .bind(reader.as_str())
    .bind(last.to_string())
    .bind(i64::from(most))
    .fetch_all(db)
    .await?;
    texts.iter().rev().map(|text| from_json(text)).collect()
}
