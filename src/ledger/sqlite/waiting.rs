//! What lies incomplete in the inboxes.

use jiff::Timestamp;
use sqlx::SqliteConnection;

use crate::agreement::PartyId;
use crate::fault::Fault;
use crate::ledger::record::{Incomplete, Waiting};

use super::value::{instant, parsed};

pub async fn note(
    db: &mut SqliteConnection,
    waiting: &Waiting,
    now: Timestamp,
) -> Result<Timestamp, Fault> {
    let known: Option<(String, String)> =
        sqlx::query_as("SELECT fingerprint, since FROM waiting WHERE party = $1 AND place = $2")
            .bind(waiting.party.as_str())
            .bind(&waiting.place)
            .fetch_optional(&mut *db)
            .await?;
    if let Some((fingerprint, since)) = known
        && fingerprint == waiting.fingerprint.to_string()
    {
        return parsed(&since);
    }
    sqlx::query(
        "INSERT INTO waiting (party, place, fingerprint, since, told) VALUES ($1, $2, $3, $4, 0)
         ON CONFLICT (party, place) DO UPDATE
         SET fingerprint = excluded.fingerprint, since = excluded.since, told = 0",
    )
    .bind(waiting.party.as_str())
    .bind(&waiting.place)
    .bind(waiting.fingerprint.to_string())
    .bind(instant(now))
    .execute(db)
    .await?;
    Ok(now)
}

pub async fn told(db: &mut SqliteConnection, waiting: &Waiting) -> Result<bool, Fault> {
    let changed = sqlx::query(
        "UPDATE waiting SET told = 1
         WHERE party = $1 AND place = $2 AND fingerprint = $3 AND told = 0",
    )
    .bind(waiting.party.as_str())
    .bind(&waiting.place)
    .bind(waiting.fingerprint.to_string())
    .execute(db)
    .await?;
    Ok(changed.rows_affected() > 0)
}

pub async fn only(
    db: &mut SqliteConnection,
    party: &PartyId,
    present: &[String],
) -> Result<(), Fault> {
    let places: Vec<String> = sqlx::query_scalar("SELECT place FROM waiting WHERE party = $1")
        .bind(party.as_str())
        .fetch_all(&mut *db)
        .await?;
    for place in places.iter().filter(|place| !present.contains(place)) {
        sqlx::query("DELETE FROM waiting WHERE party = $1 AND place = $2")
            .bind(party.as_str())
            .bind(place)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

pub async fn all(db: &mut SqliteConnection) -> Result<Vec<Incomplete>, Fault> {
    let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
        "SELECT party, place, since, told FROM waiting ORDER BY since, party, place",
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|(party, place, since, told)| {
            Ok(Incomplete {
                party: parsed(&party)?,
                place,
                since: parsed(&since)?,
                told: told != 0,
            })
        })
        .collect()
}
