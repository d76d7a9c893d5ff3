//! The shape of the source: which room may know which (design §9), and what must be absent (design §11).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    reason = "a test stops at the first surprise, in its helpers too"
)]

mod source;

use source::{Source, files};

/// Each room and the rooms it may know, which all stand below it. A room that is missing here fails the test.
const ROOMS: &[(&str, &str)] = &[
    ("main", "cli"),
    (
        "cli",
        "serve party sftp pipeline sample rows reconcile snapshot ledger trust layout files config delivery agreement digest stop rejection fault",
    ),
    (
        "serve",
        "sftp watch pipeline snapshot ledger trust layout files config delivery agreement digest rejection workers fault",
    ),
    // A party's own machine: of the door it knows the client's side alone, and of the service nothing.
    (
        "party",
        "sftp::client rows snapshot trust files csv config delivery agreement digest stop rejection workers fault",
    ),
    // The server knows folders: no delivery, no agreement, and of our keys the host key alone. A revoked or weak key must
    // not log in either, by itself or in a certificate. The client logs in by whatever signs for its person.
    (
        "sftp",
        "trust::key_file trust::revoked trust::strength trust::certificate trust::signing fault",
    ),
    ("watch", "pipeline layout fault"),
    (
        "pipeline",
        "report rows reconcile snapshot ledger trust layout files csv config delivery agreement digest stop rejection workers fault",
    ),
    // Pages out of counts: of the ledger it knows one plain record, and it opens nothing.
    (
        "report",
        "reconcile ledger::record delivery agreement digest",
    ),
    // Judges rows wherever they lie, so it knows neither the pipeline nor the ledger.
    (
        "rows",
        "reconcile snapshot trust::envelope config delivery agreement digest stop rejection workers fault",
    ),
    (
        "reconcile",
        "snapshot csv delivery agreement digest rejection workers fault",
    ),
    (
        "snapshot",
        "ledger trust files delivery agreement digest rejection fault",
    ),
    ("sample", "files delivery agreement digest rejection fault"),
    ("ledger", "files delivery agreement digest rejection fault"),
    (
        "trust",
        "files config delivery agreement digest rejection fault",
    ),
    ("layout", "files delivery agreement fault"),
    ("files", "fault"),
    ("csv", "fault"),
    ("config", "agreement digest fault"),
    ("delivery", "agreement digest rejection"),
    ("agreement", "digest rejection fault"),
    // Threads and turns: whatever is done in them.
    ("workers", ""),
    ("digest", ""),
    ("stop", "rejection fault"),
    ("rejection", ""),
    ("fault", ""),
];

/// Words that may not stand in the code below a folder (comments, texts and tests aside), and why.
const ABSENT: &[(&str, &str, &str)] = &[
    (
        "src/sftp",
        "pipeline ledger sqlx envelope age snapshot manifest Manifest delivery DeliveryId",
        "the SFTP server never decrypts, never reads a manifest and knows no delivery",
    ),
    (
        "src/pipeline",
        "sftp russh TcpListener TcpStream UdpSocket UnixListener UnixStream",
        "the pipeline never listens on a network",
    ),
    (
        "src/pipeline",
        "modified accessed created mtime ctime atime SystemTime",
        "no verdict depends on a file's time stamp",
    ),
    (
        "src/reconcile",
        "fs File OpenOptions net SystemTime Instant",
        "the comparison is pure",
    ),
    (
        "src/report",
        "fs File OpenOptions net SystemTime Instant Reader Rows Row",
        "pages know counts alone: no row, no file and no clock",
    ),
    (
        "src/delivery",
        "fs File OpenOptions net SystemTime Instant",
        "the exchange format knows no file and no clock",
    ),
];

/// Rooms that are told the time instead of asking for it.
const TOLD_THE_TIME: &str =
    "pipeline report rows reconcile snapshot ledger trust delivery agreement config sample";

/// The proofs of the stages: each is made by its stage alone.
const PROOFS: &str = "Claimed Verified Opened Ingested Reconciled";

#[test]
fn dependencies_point_down_only() {
    let mut faults = Vec::new();
    for source in files() {
        let room = source.room();
        let Some((_, known)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            faults.push(format!("{}: `{room}` is no room of ROOMS", source.path));
            continue;
        };
        for (line, path) in source.uses() {
            let into = path.split("::").next().unwrap();
            let allowed = into == room
                || known.split(' ').any(|known| {
                    let rest = path.strip_prefix(known);
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
                });
            if !allowed {
                faults.push(format!(
                    "{}:{line}: {room} may not know {path}",
                    source.path
                ));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn no_two_rooms_hold_each_other() {
    for (index, (room, known)) in ROOMS.iter().enumerate() {
        for name in known.split_whitespace() {
            let name = name.split("::").next().unwrap();
            let below = ROOMS.iter().position(|(room, _)| *room == name);
            assert!(
                below.is_some_and(|below| below > index),
                "{room} knows {name}, which does not stand below it in ROOMS"
            );
        }
    }
}

#[test]
fn what_must_be_absent_is_absent() {
    let sources = files();
    let mut faults = Vec::new();
    for (folder, words, why) in ABSENT {
        let inside = |source: &&Source| {
            source
                .path
                .strip_prefix(folder)
                .is_some_and(|rest| rest.starts_with(['/', '.']))
        };
        assert!(
            sources.iter().any(|s| inside(&s)),
            "nothing lies in {folder}"
        );
        for source in sources.iter().filter(inside).filter(|s| !s.is_test()) {
            for (line, word) in source.words() {
                if words.split(' ').any(|absent| absent == word) {
                    faults.push(format!("{}:{line}: `{word}`, but {why}", source.path));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn time_is_an_argument() {
    let mut faults = Vec::new();
    for source in files() {
        if !TOLD_THE_TIME.split(' ').any(|room| room == source.room()) {
            continue;
        }
        for clock in ["Timestamp::now", "Zoned::now", "SystemTime::now"] {
            for line in source.lines_with(clock) {
                faults.push(format!(
                    "{}:{line}: `{clock}`; take the time as an argument",
                    source.path
                ));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn proofs_are_made_by_their_stage_alone() {
    let sources = files();
    for proof in PROOFS.split(' ') {
        let head = format!("pub struct {proof} ");
        let (source, line) = sources
            .iter()
            .filter(|source| source.room() == "pipeline")
            .find_map(|source| Some((source, source.lines_with(&head).next()?)))
            .unwrap_or_else(|| panic!("no `{head}` in src/pipeline"));
        let place = format!("{}:{line}", source.path);
        let derived = source.attributes_above(line);
        for word in ["Clone", "Copy", "Default", "Deserialize", "FromRow"] {
            assert!(!derived.contains(word), "{place}: a proof is never {word}");
        }
        let body = source.body_from(line);
        assert!(
            !body.contains("pub ") && !body.contains("pub("),
            "{place}: the fields of a proof are private"
        );
        for other in &sources {
            for word in [
                "Clone",
                "Default",
                "Deserialize<'de>",
                "FromRow<'r, SqliteRow>",
            ] {
                let written = format!("{word} for {proof} ");
                let line = other.lines_with(&written).next();
                assert!(
                    line.is_none(),
                    "{}:{line:?}: a proof is never {word}",
                    other.path
                );
            }
        }
    }
}
