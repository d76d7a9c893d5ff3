//! Opening the file: its mode, its settings, its schema.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};

use crate::fault::Fault;
use crate::files;

/// The schemas this version knows, oldest first.
static SCHEMAS: Migrator = sqlx::migrate!("src/ledger/migrations");

/// How long a method waits for another process to finish its transaction.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who makes the file and brings it up to date.
const MAKES_IT: &str = "`padan serve` or `padan poll`";

/// A pool for the service and for commands that write.
pub async fn for_service(file: &Path) -> Result<SqlitePool, Fault> {
    if file.try_exists().map_err(Fault::io("look for", file))? {
        fs::set_permissions(file, fs::Permissions::from_mode(0o600))
            .map_err(Fault::io("protect the ledger", file))?;
    } else {
        make(file).await?;
    }
    let pool = connect(writing(file))
        .await
        .map_err(|e| at(file, &e.into()))?;
    migrate(&pool).await.map_err(|e| at(file, &e))?;
    Ok(pool)
}

/// A pool that cannot write.
pub async fn for_reading(file: &Path) -> Result<SqlitePool, Fault> {
    if !file.try_exists().map_err(Fault::io("look for", file))? {
        let next = Fault::Ledger(format!("there is none yet; {MAKES_IT} makes it"));
        return Err(at(file, &next));
    }
    let options = SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .busy_timeout(PATIENCE);
    let pool = connect(options).await.map_err(|e| at(file, &e.into()))?;
    same_schema(&pool).await.map_err(|e| at(file, &e))?;
    Ok(pool)
}

/// Makes the file, for us alone; SQLite gives its side files the same mode.
///
/// It appears whole, with its write-ahead log switched on: SQLite does not wait for the lock that switching needs, so
/// of two processes that start together one would fail. And it is never opened here under its own name: closing any
/// descriptor of it would drop the locks that SQLite holds in this process.
async fn make(file: &Path) -> Result<(), Fault> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let draft = tempfile::Builder::new()
        .prefix(".ledger-")
        .permissions(fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)
        .map_err(Fault::io("make the ledger in", folder))?
        .into_temp_path();
    writing(&draft).connect().await?.close().await?;
    match draft.persist_noclobber(file) {
        Ok(()) => {}
        Err(e) if e.error.kind() == ErrorKind::AlreadyExists => {}
        Err(e) => return Err(Fault::io("make the ledger", file)(e.error)),
    }
    files::sync_dir(folder)
}

/// Every commit is on the disk before it counts.
fn writing(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
}

/// A few connections: the pipeline is one thread, the rest is for whoever looks on meanwhile.
async fn connect(options: SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    SqlitePoolOptions::new()
        .max_connections(4)
        .acquire_timeout(PATIENCE)
        // A file does not hang up, so connections need neither checks nor a task that renews them.
        .test_before_acquire(false)
        // A full disk ends a transaction in a way that sqlx does not notice: such a connection would begin no other.
        .before_acquire(|connection, _| {
            Box::pin(async move { Ok(!connection.is_in_transaction()) })
        })
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_with(options)
        .await
}

/// Brings the schema up to date. One process at a time: all of it is one transaction.
async fn migrate(pool: &SqlitePool) -> Result<(), Fault> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    SCHEMAS
        .run_direct(None, &mut *transaction, false)
        .await
        .map_err(schema_trouble)?;
    transaction.commit().await?;
    Ok(())
}

fn schema_trouble(error: MigrateError) -> Fault {
    match error {
        MigrateError::VersionMissing(version) => newer(version),
        MigrateError::VersionMismatch(version) => altered(version),
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => e.into(),
        other => Fault::Ledger(other.to_string()),
    }
}

/// A reader changes nothing, so it takes only the schema it knows.
async fn same_schema(pool: &SqlitePool) -> Result<(), Fault> {
    let made: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'")
            .fetch_one(pool)
            .await?;
    if made == 0 {
        return Err(Fault::Ledger(format!("it is empty; {MAKES_IT} fills it")));
    }
    let found: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version")
            .fetch_all(pool)
            .await?;
    for (version, checksum) in &found {
        match SCHEMAS.iter().find(|known| known.version == *version) {
            None => return Err(newer(*version)),
            Some(known) if *known.checksum != *checksum.as_slice() => {
                return Err(altered(*version));
            }
            Some(_) => {}
        }
    }
    if found.len() < SCHEMAS.iter().count() {
        return Err(Fault::Ledger(format!(
            "its schema is older than this version; {MAKES_IT} brings it up to date"
        )));
    }
    Ok(())
}

fn newer(version: i64) -> Fault {
    let known = SCHEMAS.iter().map(|schema| schema.version).max();
    Fault::Ledger(format!(
        "schema {version} is newer than this version knows ({}); use the newer padan",
        known.unwrap_or_default()
    ))
}

fn altered(version: i64) -> Fault {
    Fault::Ledger(format!(
        "schema {version} is not the one of this version; use the padan that made it"
    ))
}

/// Says which file.
fn at(file: &Path, fault: &Fault) -> Fault {
    match fault {
        Fault::Ledger(problem) => Fault::Ledger(format!("{}: {problem}", file.display())),
        other => Fault::Ledger(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::for_service;

    #[tokio::test]
    async fn a_transaction_that_sqlite_ended_itself_spoils_no_later_one() {
        let folder = tempfile::tempdir().unwrap();
        let pool = for_service(&folder.path().join("ledger.db")).await.unwrap();
        let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
        // What SQLite does when the disk is full.
        sqlx::query("ROLLBACK")
            .execute(&mut *transaction)
            .await
            .unwrap();
        drop(transaction);
        for _ in 0..5 {
            let next = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
            next.commit().await.unwrap();
        }
    }
}
