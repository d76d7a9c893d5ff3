//! The file itself: its mode, its readers, its schema.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use padan::ledger::{Ledger, SqliteLedger, State};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::place::{Place, delivery, ids};

#[test]
fn the_file_and_its_side_files_are_ours_alone() {
    let place = Place::new();
    place.opened(7);
    let mode = |name: &str| {
        let file = place.folder.path().join(name);
        fs::metadata(file).unwrap().permissions().mode() & 0o777
    };
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    fs::set_permissions(place.file(), fs::Permissions::from_mode(0o644)).unwrap();
    place.again();
    assert_eq!(mode("ledger.db"), 0o600);
}

#[test]
fn a_reader_looks_on_and_cannot_write() {
    let place = Place::new();
    let reader = place.reader();
    let id = place.answered(7);
    assert_eq!(
        reader.delivery(&id).unwrap().unwrap().state,
        State::Answered
    );
    let refusal = reader.begin(&delivery("bkn", 8)).unwrap_err().to_string();
    assert!(refusal.contains("readonly"), "{refusal}");
    // Also when the writer has gone and taken its side files with it.
    let Place {
        ledger,
        runtime,
        folder,
    } = place;
    drop((ledger, reader, runtime));
    let runtime = Runtime::new().unwrap();
    let file = folder.path().join("ledger.db");
    let reader = SqliteLedger::open_read_only(&file, runtime.handle().clone()).unwrap();
    assert_eq!(ids(reader.recent(None, 9).unwrap()), [id]);
}

#[test]
fn a_reader_does_not_make_a_ledger() {
    let folder = TempDir::new().unwrap();
    let runtime = Runtime::new().unwrap();
    let file = folder.path().join("ledger.db");
    let refusal = SqliteLedger::open_read_only(&file, runtime.handle().clone()).unwrap_err();
    assert!(
        refusal.to_string().contains("there is none yet"),
        "{refusal}"
    );
    assert!(!file.exists());
    fs::write(&file, "").unwrap();
    let refusal = SqliteLedger::open_read_only(&file, runtime.handle().clone()).unwrap_err();
    assert!(refusal.to_string().contains("it is empty"), "{refusal}");
}

#[test]
fn a_newer_schema_is_refused() {
    let place = Place::new();
    place
        .sql("INSERT INTO _sqlx_migrations VALUES (99, 'later', '2030-01-01', TRUE, x'00', 1)")
        .unwrap();
    for refusal in place.refusals() {
        let expected = "schema 99 is newer than this version knows (1); use the newer padan";
        assert!(refusal.contains(expected), "{refusal}");
        assert!(refusal.contains("ledger.db"), "{refusal}");
    }
}

#[test]
fn a_changed_schema_is_refused() {
    let place = Place::new();
    place
        .sql("UPDATE _sqlx_migrations SET checksum = x'00'")
        .unwrap();
    let refusals = place.refusals();
    assert!(
        refusals[0].contains("schema 1 is not the one of this version"),
        "{refusals:?}"
    );
}

#[test]
fn an_older_schema_is_not_read() {
    let place = Place::new();
    place.sql("DELETE FROM _sqlx_migrations").unwrap();
    let refusals = place.refusals();
    assert!(
        refusals[1].contains("older than this version"),
        "{refusals:?}"
    );
}

#[test]
fn something_else_is_no_ledger() {
    let folder = TempDir::new().unwrap();
    let runtime = Runtime::new().unwrap();
    let file = folder.path().join("ledger.db");
    fs::write(&file, "nip,nik,nama\n".repeat(500)).unwrap();
    for refusal in [
        SqliteLedger::open(&file, runtime.handle().clone()).map(|_| ()),
        SqliteLedger::open_read_only(&file, runtime.handle().clone()).map(|_| ()),
    ] {
        let problem = refusal.unwrap_err().to_string();
        assert!(problem.contains("not a database"), "{problem}");
    }
}
