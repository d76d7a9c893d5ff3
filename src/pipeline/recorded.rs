//! What the ledger may know of places in an inbox: people choose names there, and one could be a person's.

use std::ops::Range;

use crate::config::Config;
use crate::delivery::{DataFileName, Sha256Digest};

use super::respond::note_name;

/// What a name that follows the rule may have behind its stem.
const ENDINGS: [&str; 10] = [
    "csv", "gz", "zst", "age", "sha256", "sig", "filepart", "part", "partial", "tmp",
];
/// As at the door: an earlier date is rather a birthday, a longer sequence a part of a number.
const YEARS: Range<i16> = 2000..2100;
const LAST_SEQUENCE: u32 = 999_999;
/// Digits of a digest.
const DIGITS: usize = 16;

/// A place below an inbox as the ledger keeps it: itself if it follows the naming rule and is made of the agreement's
/// words, else digests of it and of the name of its note, and whether it is a manifest.
pub fn recorded(config: &Config, place: &str) -> String {
    if follows_the_rule(config, place) {
        return place.to_owned();
    }
    let ending = if place.ends_with(".sha256") {
        ".sha256"
    } else {
        ""
    };
    let (of_place, of_note) = (digits(place), digits(&note_name(place)));
    format!("(masked {of_place} {of_note}){ending}")
}

/// Whether a recorded place is that of something whose note has this name.
pub fn has_note(recorded: &str, note: &str) -> bool {
    if recorded.starts_with("(masked ") {
        recorded.ends_with(&format!(" {})", digits(note)))
    } else {
        note_name(recorded) == note
    }
}

fn digits(text: &str) -> String {
    let digest = Sha256Digest::of(text.as_bytes()).to_string();
    digest.chars().take(DIGITS).collect()
}

fn follows_the_rule(config: &Config, place: &str) -> bool {
    let (stem, endings) = place.split_once('.').unwrap_or((place, ""));
    let Ok(name) = format!("{stem}.csv.age").parse::<DataFileName>() else {
        return false;
    };
    config.parties.contains_key(&name.party)
        && config.agreement.dataset(&name.dataset).is_some()
        && YEARS.contains(&name.as_of.year())
        && name.sequence <= LAST_SEQUENCE
        && endings.split('.').all(|ending| ENDINGS.contains(&ending))
}
