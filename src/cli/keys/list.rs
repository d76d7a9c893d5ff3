//! The list of keys: for a person, within 120 columns, and for machines.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::agreement::PartyId;
use crate::cli::look::{safe, zone_name};
use crate::trust::life::{Key, State};

/// Keys as they stand at an instant.
pub struct List<'a> {
    /// The instant.
    pub now: Timestamp,
    /// In which days are written.
    pub zone: &'a TimeZone,
    /// Files below it are written without it.
    pub folder: Option<&'a Path>,
    /// An end within so many days is told.
    pub notice: u16,
    /// What somebody should do.
    pub warnings: Vec<String>,
    /// Sorted by owner, purpose and file.
    pub keys: &'a [Key],
}

/// For machines.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    at: Timestamp,
    keys: Vec<Entry<'a>>,
    warnings: &'a [String],
}

#[derive(Debug, Serialize)]
struct Entry<'a> {
    #[serde(flatten)]
    state: State,
    #[serde(flatten)]
    key: &'a Key,
}

impl List<'_> {
    /// For machines.
    pub fn document(&self) -> Document<'_> {
        let entry = |key| Entry {
            state: Key::state(key, self.now, self.notice),
            key,
        };
        Document {
            at: self.now,
            keys: self.keys.iter().map(entry).collect(),
            warnings: &self.warnings,
        }
    }

    /// For people: a heading for each file and purpose, below it a line for each key.
    pub fn page(&self) -> String {
        let mut page = format!("Keys ({})\n", zone_name(self.zone));
        let mut before = None;
        for key in self.keys {
            let heading = (&key.owner, key.purpose, &key.file);
            if before.replace(heading) != Some(heading) {
                let owner = key.owner.as_ref().map_or("padan", PartyId::as_str);
                let (word, file) = (key.purpose.word(), self.short(&key.file));
                page.push_str(&format!("\n{owner}: {word}  {file}\n"));
            }
            page.push_str(&self.line(key));
        }
        if !self.warnings.is_empty() {
            page.push_str("\nWarnings\n");
        }
        for warning in &self.warnings {
            page.push_str(&format!("  {}\n", safe(warning)));
        }
        page
    }

    fn line(&self, key: &Key) -> String {
        let line = key
            .line
            .map_or(String::new(), |line| format!("line {line}"));
        format!(
            "  {line:<8}  {:<14}  {}  {:<10}  {:<10}  {}\n",
            key.kind,
            key.fingerprint,
            self.day(key.from),
            self.day(key.until),
            match key.state(self.now, self.notice) {
                State::Revoked => "revoked".to_owned(),
                State::Ended => "ended".to_owned(),
                State::NotYet => "not yet".to_owned(),
                State::Ends { days } => format!("{days} days left"),
                State::Valid => "valid".to_owned(),
            }
        )
    }

    fn day(&self, at: Option<Timestamp>) -> String {
        at.map_or("-".to_owned(), |at| {
            at.to_zoned(self.zone.clone()).date().to_string()
        })
    }

    fn short(&self, file: &Path) -> String {
        let below = self
            .folder
            .and_then(|folder| file.strip_prefix(folder).ok());
        safe(&below.unwrap_or(file).to_string_lossy())
    }
}
