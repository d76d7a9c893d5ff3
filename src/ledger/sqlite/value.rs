//! Values on their way into the file and back: words, instants, digests and counts as text and 64-bit integers.

use std::str::FromStr;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::value::{Error as BadWord, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};

use crate::fault::Fault;

impl From<sqlx::Error> for Fault {
    /// SQLite's messages name tables and constraints, never a value.
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(answer) => Self::Ledger(answer.message().to_owned()),
            sqlx::Error::PoolTimedOut => {
                Self::Ledger("no connection became free within 30 seconds".to_owned())
            }
            other => Self::Ledger(other.to_string()),
        }
    }
}

/// The word that stands for a variant in every place where it is written, as `open` or `SEQUENCE_OLD`.
pub fn word(variant: &impl Serialize) -> Result<String, Fault> {
    match serde_json::to_value(variant) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(Fault::Ledger("a variant without a word".to_owned())),
    }
}

/// The variant of a word.
pub fn variant<T: DeserializeOwned>(word: &str) -> Result<T, Fault> {
    let reader: StrDeserializer<'_, BadWord> = word.into_deserializer();
    T::deserialize(reader).map_err(|_| unknown(word))
}

/// Identifiers, digests and dates, which are written as they print.
pub fn parsed<T: FromStr>(text: &str) -> Result<T, Fault> {
    text.parse().map_err(|_| unknown(text))
}

/// RFC 3339 in UTC with nine decimals: nothing is lost, and the order of texts is the order of instants.
pub fn instant(at: Timestamp) -> String {
    format!("{at:.9}")
}

/// A number as SQL's BIGINT.
pub fn bigint(number: u64) -> Result<i64, Fault> {
    i64::try_from(number).map_err(|_| Fault::Ledger("a number above 2^63".to_owned()))
}

/// A number from SQL's BIGINT.
pub fn number<T: TryFrom<i64>>(bigint: i64) -> Result<T, Fault> {
    T::try_from(bigint).map_err(|_| Fault::Ledger(format!("{bigint} is out of range")))
}

/// A record as JSON.
pub fn json(record: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(record).map_err(|e| Fault::Ledger(e.to_string()))
}

/// A record from JSON.
pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|e| Fault::Ledger(e.to_string()))
}

fn unknown(text: &str) -> Fault {
    Fault::Ledger(format!("`{text}` is no value of this version"))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use crate::ledger::{Outcome, Stage, State};
    use crate::rejection::Code;

    use super::{instant, parsed, variant, word};

    #[test]
    fn words_go_in_and_come_back() {
        assert_eq!(word(&State::Claiming).unwrap(), "claiming");
        assert_eq!(word(&Stage::Reconcile).unwrap(), "reconcile");
        assert_eq!(word(&Outcome::Rerun).unwrap(), "rerun");
        assert_eq!(word(&Code::SequenceOld).unwrap(), "SEQUENCE_OLD");
        assert_eq!(variant::<Code>("SEQUENCE_OLD").unwrap(), Code::SequenceOld);
        assert_eq!(
            variant::<State>("closed").unwrap_err().to_string(),
            "ledger: `closed` is no value of this version"
        );
    }

    #[test]
    fn instants_sort_as_text() {
        let early: Timestamp = "2026-11-22T06:00:00.5Z".parse().unwrap();
        let late: Timestamp = "2026-11-22T06:00:00.500000001Z".parse().unwrap();
        assert_eq!(instant(early), "2026-11-22T06:00:00.500000000Z");
        assert!(instant(early) < instant(late));
        assert_eq!(parsed::<Timestamp>(&instant(late)).unwrap(), late);
    }
}
