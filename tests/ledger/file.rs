//! The file itself: its mode, its readers, its schema.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use padan::ledger::{Ledger, State};

use crate::place::{Folder, Place, delivery, ids};

#[test]
fn the_file_and_its_side_files_are_ours_alone() {
    let place = Place::new();
    place.opened(7);
    let mode = |name: &str| {
        let file = place.file().with_file_name(name);
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
    let Place { ledger, folder } = place;
    drop((ledger, reader));
    let reader = folder.open_read_only().unwrap();
    assert_eq!(ids(reader.recent(None, 9).unwrap()), [id]);
}

#[test]
fn a_reader_does_not_make_a_ledger() {
    let folder = Folder::new();
    let refusal = folder.open_read_only().unwrap_err().to_string();
    assert!(refusal.contains("there is none yet"), "{refusal}");
    assert!(!folder.file().exists());
    fs::write(folder.file(), "").unwrap();
    let refusal = folder.open_read_only().unwrap_err().to_string();
    assert!(refusal.contains("it is empty"), "{refusal}");
}

#[test]
fn a_newer_schema_is_refused() {
    let place = Place::new();
    place
        .sql("INSERT INTO _sqlx_migrations VALUES (99, 'later', '2030-01-01', TRUE, x'00', 1)")
        .unwrap();
    for refusal in place.refusals() {
        let expected = "schema 99 is newer than this version knows (10); use the newer padan";
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
    for refusal in place.refusals() {
        let expected = "schema 1 is not the one of this version";
        assert!(refusal.contains(expected), "{refusal}");
    }
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
    let folder = Folder::new();
    fs::write(folder.file(), "nip,nik,nama\n".repeat(500)).unwrap();
    for refusal in folder.refusals() {
        assert!(refusal.contains("not a database"), "{refusal}");
    }
}
