//! What parties were told of keys.

use jiff::Timestamp;
use sqlx::SqliteConnection;

use crate::fault::Fault;
use crate::ledger::record::KeyNotice;

use super::value::{instant, parsed};

pub async fn all(db: &mut SqliteConnection) -> Result<Vec<KeyNotice>, Fault> {
    let rows: Vec<(String, String, String)> =
        sqlx::query_as("SELECT party, key, told FROM key_notices ORDER BY party, key, told")
            .fetch_all(db)
            .await?;
    rows.into_iter()
        .map(|(party, key, told)| {
            Ok(KeyNotice {
                party: parsed(&party)?,
                key,
                told,
            })
        })
        .collect()
}

pub async fn told(
    db: &mut SqliteConnection,
    notice: &KeyNotice,
    at: Timestamp,
) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO key_notices (party, key, told, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (party, key, told) DO NOTHING",
    )
    .bind(notice.party.as_str())
    .bind(&notice.key)
    .bind(&notice.told)
    .bind(instant(at))
    .execute(db)
    .await?;
    Ok(())
}

pub async fn over(db: &mut SqliteConnection, notice: &KeyNotice) -> Result<(), Fault> {
    sqlx::query("DELETE FROM key_notices WHERE party = $1 AND key = $2 AND told = $3")
        .bind(notice.party.as_str())
        .bind(&notice.key)
        .bind(&notice.told)
        .execute(db)
        .await?;
    Ok(())
}
