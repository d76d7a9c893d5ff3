//! The data files of deliveries: what was announced, what was found, and which one is current.

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use crate::agreement::{DatasetId, PartyId};
use crate::delivery::{DeliveryId, Sha256Digest};
use crate::fault::Fault;
use crate::ledger::record::{Part, PartOutcome, State};

use super::deliveries::still_open;
use super::value::{bigint, from_json, json, number, parsed, variant, word};

pub async fn set(db: &mut SqliteConnection, id: &DeliveryId, parts: &[Part]) -> Result<(), Fault> {
    still_open(db, id).await?;
    sqlx::query("DELETE FROM parts WHERE delivery = $1")
        .bind(id.to_string())
        .execute(&mut *db)
        .await?;
    for (position, part) in (1_i64..).zip(parts) {
        sqlx::query(
            "INSERT INTO parts (delivery, dataset, position, mode, as_of, sequence, file, digest)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id.to_string())
        .bind(part.dataset.as_str())
        .bind(position)
        .bind(word(&part.mode)?)
        .bind(part.as_of.to_string())
        .bind(i64::from(part.sequence))
        .bind(&part.file)
        .bind(part.digest.to_string())
        .execute(&mut *db)
        .await?;
        if let Some(outcome) = &part.outcome {
            ingested(db, id, &part.dataset, outcome).await?;
        }
    }
    Ok(())
}

pub async fn ingested(
    db: &mut SqliteConnection,
    id: &DeliveryId,
    dataset: &DatasetId,
    outcome: &PartOutcome,
) -> Result<(), Fault> {
    still_open(db, id).await?;
    let changed = sqlx::query(
        "UPDATE parts SET plaintext = $3, total = $4, accepted = $5, refused = $6, findings = $7
         WHERE delivery = $1 AND dataset = $2",
    )
    .bind(id.to_string())
    .bind(dataset.as_str())
    .bind(outcome.plaintext.to_string())
    .bind(bigint(outcome.rows)?)
    .bind(bigint(outcome.accepted)?)
    .bind(bigint(outcome.refused)?)
    .bind(json(&outcome.findings)?)
    .execute(db)
    .await?;
    if changed.rows_affected() == 0 {
        return Err(Fault::Ledger(format!(
            "delivery {} has no part {dataset}",
            id.short()
        )));
    }
    Ok(())
}

pub async fn of(db: &mut SqliteConnection, id: &DeliveryId) -> Result<Vec<Part>, Fault> {
    let rows: Vec<Columns> = sqlx::query_as(
        "SELECT delivery, dataset, mode, as_of, sequence, file, digest,
                plaintext, total, accepted, refused, findings
         FROM parts WHERE delivery = $1 ORDER BY position",
    )
    .bind(id.to_string())
    .fetch_all(db)
    .await?;
    rows.iter().map(Columns::part).collect()
}

pub async fn current(
    db: &mut SqliteConnection,
    party: &PartyId,
    dataset: &DatasetId,
) -> Result<Option<(DeliveryId, Part)>, Fault> {
    let row: Option<Columns> = sqlx::query_as(
        "SELECT delivery, dataset, mode, as_of, sequence, file, digest,
                plaintext, total, accepted, refused, findings
         FROM parts JOIN deliveries ON id = delivery
         WHERE party = $1 AND dataset = $2 AND state = $3
         ORDER BY sequence DESC LIMIT 1",
    )
    .bind(party.as_str())
    .bind(dataset.as_str())
    .bind(word(&State::Answered)?)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(Columns::with_delivery).transpose()
}

pub async fn answered_sequence(
    db: &mut SqliteConnection,
    party: &PartyId,
    dataset: &DatasetId,
    sequence: u32,
) -> Result<Option<DeliveryId>, Fault> {
    let id: Option<String> = sqlx::query_scalar(
        "SELECT delivery FROM parts JOIN deliveries ON id = delivery
         WHERE party = $1 AND dataset = $2 AND sequence = $3 AND state = $4",
    )
    .bind(party.as_str())
    .bind(dataset.as_str())
    .bind(i64::from(sequence))
    .bind(word(&State::Answered)?)
    .fetch_optional(db)
    .await?;
    id.as_deref().map(parsed).transpose()
}

/// Whether another answered delivery of the same party has one of this delivery's sequences.
pub async fn taken(db: &mut SqliteConnection, id: &DeliveryId) -> Result<bool, Fault> {
    let doubled: i64 = sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM parts mine
         JOIN deliveries me ON me.id = mine.delivery
         JOIN parts theirs ON theirs.dataset = mine.dataset AND theirs.sequence = mine.sequence
         JOIN deliveries they ON they.id = theirs.delivery AND they.party = me.party
         WHERE me.id = $1 AND they.id <> $1 AND they.state = $2",
    )
    .bind(id.to_string())
    .bind(word(&State::Answered)?)
    .fetch_one(db)
    .await?;
    Ok(doubled > 0)
}

pub async fn same_plaintext(
    db: &mut SqliteConnection,
    party: &PartyId,
    dataset: &DatasetId,
    plaintext: &Sha256Digest,
    except: &DeliveryId,
) -> Result<Option<(DeliveryId, Part)>, Fault> {
    let row: Option<Columns> = sqlx::query_as(
        "SELECT delivery, dataset, mode, as_of, sequence, file, digest,
                plaintext, total, accepted, refused, findings
         FROM parts JOIN deliveries ON id = delivery
         WHERE party = $1 AND dataset = $2 AND plaintext = $3 AND delivery <> $4 AND state = $5
         ORDER BY sequence LIMIT 1",
    )
    .bind(party.as_str())
    .bind(dataset.as_str())
    .bind(plaintext.to_string())
    .bind(except.to_string())
    .bind(word(&State::Answered)?)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(Columns::with_delivery).transpose()
}

/// A row of `parts`.
#[derive(FromRow)]
struct Columns {
    delivery: String,
    dataset: String,
    mode: String,
    as_of: String,
    sequence: i64,
    file: String,
    digest: String,
    #[sqlx(flatten)]
    outcome: OutcomeColumns,
}

/// All present, or none.
struct OutcomeColumns(Option<(String, i64, i64, i64, String)>);

impl<'r> FromRow<'r, SqliteRow> for OutcomeColumns {
    fn from_row(row: &'r SqliteRow) -> Result<Self, sqlx::Error> {
        let Some(plaintext) = row.try_get("plaintext")? else {
            return Ok(Self(None));
        };
        Ok(Self(Some((
            plaintext,
            row.try_get("total")?,
            row.try_get("accepted")?,
            row.try_get("refused")?,
            row.try_get("findings")?,
        ))))
    }
}

impl Columns {
    fn part(&self) -> Result<Part, Fault> {
        let outcome = match &self.outcome.0 {
            None => None,
            Some((plaintext, total, accepted, refused, findings)) => Some(PartOutcome {
                plaintext: parsed(plaintext)?,
                rows: number(*total)?,
                accepted: number(*accepted)?,
                refused: number(*refused)?,
                findings: from_json(findings)?,
            }),
        };
        Ok(Part {
            dataset: parsed(&self.dataset)?,
            mode: variant(&self.mode)?,
            as_of: parsed(&self.as_of)?,
            sequence: number(self.sequence)?,
            file: self.file.clone(),
            digest: parsed(&self.digest)?,
            outcome,
        })
    }

    fn with_delivery(&self) -> Result<(DeliveryId, Part), Fault> {
        Ok((parsed(&self.delivery)?, self.part()?))
    }
}
