//! One of our own keys and the ones that follow it: `signing_key`, then `signing_key.20261222T000000Z`.
//!
//! A key's successor lies beside it, and the end of its name says from when on it is in force. So a rotation is one file
//! that appears whole: no list of keys can contradict the keys, and an interrupted one leaves the old key in force.
//! `signing_key.ends` may hold the day by which the newest of them should have a successor.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::fault::Fault;

use super::{problem, read_public};

/// How an instant stands at the end of a file's name, in UTC.
const INSTANT: &str = "%Y%m%dT%H%M%SZ";
/// Between the name of a key and the instant since when it only opens what came before.
const RETIRED: &str = ".until.";

/// A key and when it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// The private file.
    pub path: PathBuf,
    /// From when on; `None` for the first.
    pub from: Option<Timestamp>,
    /// Until when: its successor's beginning, or the end that was noted.
    pub until: Option<Timestamp>,
    /// Whether it has a successor.
    pub succeeded: bool,
}

/// The key at `path` and its successors, in order. There is always one: a key that is not there is told by whoever
/// reads it.
///
/// # Errors
/// The folder cannot be listed, or what is noted as the end is no date.
pub fn of(path: &Path) -> Result<Vec<Generation>, Fault> {
    let mut later: Vec<(Timestamp, PathBuf)> = siblings(path)?
        .into_iter()
        .filter_map(|(ending, path)| Some((instant(ending.strip_prefix('.')?)?, path)))
        .collect();
    later.sort();
    let first = (later.is_empty() || path.exists()).then(|| (None, path.to_path_buf()));
    let all: Vec<(Option<Timestamp>, PathBuf)> = first
        .into_iter()
        .chain(later.into_iter().map(|(from, path)| (Some(from), path)))
        .collect();
    let noted = noted_end(path)?;
    let beginnings: Vec<Option<Timestamp>> = all.iter().map(|(from, _)| *from).collect();
    Ok(all
        .into_iter()
        .enumerate()
        .map(|(place, (from, path))| {
            let next = beginnings.get(place + 1).copied().flatten();
            Generation {
                path,
                from,
                until: next.or(noted),
                succeeded: next.is_some(),
            }
        })
        .collect())
}

/// The generations that have begun at `now`, the newest first: that one is in force. Before the first has begun it is
/// that one nevertheless.
pub fn begun(path: &Path, now: Timestamp) -> Result<Vec<Generation>, Fault> {
    let all = of(path)?;
    let mut begun: Vec<Generation> = all
        .iter()
        .filter(|one| one.from.is_none_or(|from| from <= now))
        .cloned()
        .collect();
    begun.reverse();
    if begun.is_empty() {
        begun.extend(all.into_iter().next());
    }
    Ok(begun)
}

/// The file of the key that is in force at `now`.
pub fn in_force(path: &Path, now: Timestamp) -> Result<PathBuf, Fault> {
    let newest = begun(path, now)?.into_iter().next();
    Ok(newest.map_or_else(|| path.to_path_buf(), |one| one.path))
}

/// Keys that were retired, with the instant since when each opens only what came before, oldest first.
pub fn retired(path: &Path) -> Result<Vec<(Timestamp, PathBuf)>, Fault> {
    let mut found: Vec<(Timestamp, PathBuf)> = siblings(path)?
        .into_iter()
        .filter_map(|(ending, path)| Some((instant(ending.strip_prefix(RETIRED)?)?, path)))
        .collect();
    found.sort();
    Ok(found)
}

/// Whether what follows a key's name in another one makes that a successor's.
pub fn is_successor(ending: &str) -> bool {
    ending.strip_prefix('.').and_then(instant).is_some()
}

/// Where the successor lies that is in force from then on.
pub fn successor(path: &Path, from: Timestamp) -> PathBuf {
    with_ending(path, &format!(".{}", from.strftime(INSTANT)))
}

/// Where a key lies that opens only what came before then.
pub fn retired_name(path: &Path, until: Timestamp) -> PathBuf {
    with_ending(path, &format!("{RETIRED}{}", until.strftime(INSTANT)))
}

/// Where the day stands by which the newest key should have a successor.
pub fn end_note(path: &Path) -> PathBuf {
    with_ending(path, ".ends")
}

/// `path` with something behind its name.
pub fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// What follows the name of `path` in the names beside it.
fn siblings(path: &Path) -> Result<Vec<(String, PathBuf)>, Fault> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Ok(vec![]);
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        // Then the key is not there either, and reading it says so.
        Err(_) if !folder.is_dir() => return Ok(vec![]),
        Err(e) => return Err(Fault::io("list the keys in", folder)(e)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Fault::io("list the keys in", folder))?;
        let file = entry.file_name();
        if let Some(ending) = file.to_str().and_then(|file| file.strip_prefix(name)) {
            found.push((ending.to_owned(), entry.path()));
        }
    }
    Ok(found)
}

fn instant(text: &str) -> Option<Timestamp> {
    let time = DateTime::strptime(INSTANT, text).ok()?;
    let at = time.to_zoned(TimeZone::UTC).ok()?.timestamp();
    // One spelling only: `retire` must find again what it read.
    (at.strftime(INSTANT).to_string() == text).then_some(at)
}

/// The end of the noted day, in UTC.
fn noted_end(path: &Path) -> Result<Option<Timestamp>, Fault> {
    let note = end_note(path);
    if !note.exists() {
        return Ok(None);
    }
    let text = read_public(&note)?;
    let day = text.trim().parse::<Date>().ok();
    let next = day.and_then(|day| day.tomorrow().ok());
    let end = next.and_then(|next| next.to_zoned(TimeZone::UTC).ok());
    end.map(|end| Some(end.timestamp())).ok_or_else(|| {
        problem(
            &note,
            "write one day into it, as 2027-12-31, or remove it".to_owned(),
        )
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use jiff::Timestamp;
    use tempfile::TempDir;

    use super::{begun, end_note, in_force, of, retired, retired_name, successor};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn name(path: &Path) -> &str {
        path.file_name().unwrap().to_str().unwrap()
    }

    #[test]
    fn each_key_is_in_force_until_the_next_begins() {
        let dir = TempDir::new().unwrap();
        let key = dir.path().join("key");
        let (first, second) = (at("2026-12-22T00:00:00Z"), at("2027-01-01T12:30:00Z"));
        for path in [
            key.clone(),
            successor(&key, second),
            successor(&key, first),
            dir.path().join("key.pub"),
            dir.path().join("key.20261222T000000Z.pub"),
            dir.path().join("key.20261322T000000Z"),
            dir.path().join("key.20261222T0000Z"),
            dir.path().join(".key.20261222T000000Z.part"),
            dir.path().join("key2.20261222T000000Z"),
        ] {
            fs::write(path, "").unwrap();
        }
        let all = of(&key).unwrap();
        let spans: Vec<_> = all.iter().map(|one| (one.from, one.until)).collect();
        assert_eq!(
            spans,
            [
                (None, Some(first)),
                (Some(first), Some(second)),
                (Some(second), None)
            ]
        );
        for (now, expected) in [
            ("2026-12-21T23:59:59Z", "key"),
            ("2026-12-22T00:00:00Z", "key.20261222T000000Z"),
            ("2027-01-01T12:29:59Z", "key.20261222T000000Z"),
            ("2027-01-01T12:30:00Z", "key.20270101T123000Z"),
        ] {
            assert_eq!(name(&in_force(&key, at(now)).unwrap()), expected, "{now}");
        }
        // The first was moved away and its successor has not taken its name yet.
        fs::remove_file(&key).unwrap();
        assert_eq!(begun(&key, second).unwrap().len(), 2);
        assert_eq!(
            name(&in_force(&key, at("2026-01-01T00:00:00Z")).unwrap()),
            "key.20261222T000000Z"
        );
    }

    #[test]
    fn a_key_that_is_not_there_is_told_by_whoever_reads_it() {
        let dir = TempDir::new().unwrap();
        for path in [dir.path().join("key"), dir.path().join("none/key")] {
            assert_eq!(in_force(&path, Timestamp::UNIX_EPOCH).unwrap(), path);
        }
    }

    #[test]
    fn the_newest_ends_on_the_noted_day_and_retired_ones_are_no_successors() {
        let dir = TempDir::new().unwrap();
        let key = dir.path().join("key");
        let until = at("2027-03-01T00:00:00Z");
        fs::write(&key, "").unwrap();
        fs::write(retired_name(&key, until), "").unwrap();
        fs::write(end_note(&key), "2027-12-31\n").unwrap();
        let all = of(&key).unwrap();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].until, Some(at("2028-01-01T00:00:00Z")));
        assert_eq!(retired(&key).unwrap(), [(until, retired_name(&key, until))]);
        fs::write(end_note(&key), "next year").unwrap();
        assert!(of(&key).unwrap_err().to_string().contains("2027-12-31"));
    }
}
