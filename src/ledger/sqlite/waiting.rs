//! What lies incomplete in the inboxes.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use sqlx::SqliteConnection;

use crate::agreement::PartyId;
use crate::fault::Fault;
use crate::ledger::record::{Incomplete, Waiting};

use super::value::{instant, parsed};

pub async fn note(
    db: &mut SqliteConnection,
    waiting: &[Waiting],
    now: Timestamp,
) -> Result<Vec<Timestamp>, Fault> {
    // One question for all: most were known before, and each question costs more than its answer.
    let known: Vec<(String, String, String, String)> =
        sqlx::query_as("SELECT party, place, fingerprint, since FROM waiting")
            .fetch_all(&mut *db)
            .await?;
    let known: HashMap<_, _> = known
        .iter()
        .map(|(party, place, fingerprint, since)| {
            ((party.as_str(), place.as_str()), (fingerprint, since))
        })
        .collect();
    let mut resting = Vec::with_capacity(waiting.len());
    for waiting in waiting {
        let fingerprint = waiting.fingerprint.to_string();
        resting.push(
            match known.get(&(waiting.party.as_str(), waiting.place.as_str())) {
                Some((same, since)) if **same == fingerprint => parsed(since)?,
                _ => {
                    begin(db, waiting, &fingerprint, now).await?;
                    now
                }
            },
        );
    }
    Ok(resting)
}

async fn begin(
    db: &mut SqliteConnection,
    waiting: &Waiting,
    fingerprint: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO waiting (party, place, fingerprint, since, told) VALUES ($1, $2, $3, $4, 0)
         ON CONFLICT (party, place) DO UPDATE
         SET fingerprint = excluded.fingerprint, since = excluded.since, told = 0",
    )
    .bind(waiting.party.as_str())
    .bind(&waiting.place)
    .bind(fingerprint)
    .bind(instant(now))
    .execute(db)
    .await?;
    Ok(())
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
) -> Result<Vec<String>, Fault> {
    let present: HashSet<&str> = present.iter().map(String::as_str).collect();
    let known: Vec<(String, i64)> =
        sqlx::query_as("SELECT place, told FROM waiting WHERE party = $1 ORDER BY place")
            .bind(party.as_str())
            .fetch_all(&mut *db)
            .await?;
    let mut told_places = Vec::new();
    for (place, told) in known {
        if present.contains(place.as_str()) {
            continue;
        }
        sqlx::query("DELETE FROM waiting WHERE party = $1 AND place = $2")
            .bind(party.as_str())
            .bind(&place)
            .execute(&mut *db)
            .await?;
        if told != 0 {
            told_places.push(place);
        }
    }
    Ok(told_places)
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
