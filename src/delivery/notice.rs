//! A notice: what the service tells a party of its own accord, signed as a receipt is (issue 4; agreement, Pasal 3 and 7).
//!
//! It holds names, dates and codes and nothing about a person, so it is not encrypted.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

use crate::agreement::PartyId;
use crate::digest::Sha256Digest;
use crate::rejection::Code;

/// Version of the document, in its `format` field.
pub const FORMAT: &str = "padan-notice-1";
/// What the names of all notices begin with.
const PREFIX: &str = "pemberitahuan";

/// `<name>.json`; [`Notice::text`] is `<name>.txt`.
#[derive(Debug, Clone, Serialize)]
pub struct Notice {
    /// Always [`FORMAT`].
    pub format: &'static str,
    /// What kind of notice it is, with the sentences that explain it.
    pub code: Code,
    /// What it is called, see [`name`].
    pub name: String,
    /// To whom it is given.
    pub party: PartyId,
    /// When it was given, as [`super::INSTANT`].
    pub issued: String,
    /// SHA-256 of the agreement file in force.
    pub agreement: Sha256Digest,
    /// Indonesian.
    pub pesan: Words,
    /// English.
    pub message: Words,
    /// The same for a machine.
    pub details: BTreeMap<&'static str, Value>,
    /// SHA-256 of the page for a person, [`Notice::text`]: so the signature proves that page, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_sha256: Option<Sha256Digest>,
}

/// What a person reads, in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Words {
    /// What it is about, on one line.
    pub subject: String,
    /// One fact a line.
    pub lines: Vec<String>,
}

/// `pemberitahuan_<day>_<topic>`: of one day and one topic there is one notice. `topic` is a dataset's id or a word of
/// ours, so the name holds nothing that a party chose.
pub fn name(issued: Date, topic: &str) -> String {
    format!("{PREFIX}_{issued}_{topic}")
}

/// The day and the topic of a notice's name; `None` for any other name.
pub fn parse_name(name: &str) -> Option<(Date, &str)> {
    let rest = name.strip_prefix(PREFIX)?.strip_prefix('_')?;
    let (day, topic) = rest.split_once('_')?;
    let date: Date = day.parse().ok()?;
    (date.to_string() == day).then_some((date, topic))
}

impl Notice {
    /// The notice for a person: Indonesian, then English.
    pub fn text(&self) -> String {
        let text = self.code.text();
        let indonesian = Labels {
            title: "PEMBERITAHUAN",
            party: "Kepada",
            issued: "Tanggal",
            agreement: "Perjanjian",
            remedy: "Yang harus dilakukan",
        };
        let english = Labels {
            title: "NOTICE",
            party: "To",
            issued: "Issued",
            agreement: "Agreement",
            remedy: "What to do",
        };
        format!(
            "{}\n----------------------------------------\n\n{}",
            self.in_words(&indonesian, &self.pesan, text.id.what, text.id.remedy),
            self.in_words(&english, &self.message, text.en.what, text.en.remedy)
        )
    }

    /// The notice for a machine: JSON, one field a line, ending with a line break.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    fn in_words(&self, labels: &Labels, words: &Words, what: &str, remedy: &str) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}: {}", labels.title, words.subject);
        let _ = writeln!(out, "{}: {}", labels.party, self.party);
        let _ = writeln!(out, "{}: {}", labels.issued, self.issued);
        let _ = writeln!(out, "{}: {}", labels.agreement, self.agreement);
        let _ = writeln!(out, "\n{} {what}", self.code);
        for line in &words.lines {
            let _ = writeln!(out, "  {line}");
        }
        let _ = writeln!(out, "{}: {remedy}", labels.remedy);
        out
    }
}

struct Labels {
    title: &'static str,
    party: &'static str,
    issued: &'static str,
    agreement: &'static str,
    remedy: &'static str,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{name, parse_name};

    #[test]
    fn a_name_tells_its_day_and_topic() {
        let day = date(2026, 12, 6);
        for topic in ["pns", "keluarga_pejabat"] {
            assert_eq!(parse_name(&name(day, topic)), Some((day, topic)));
        }
        for other in [
            "bkn_pns_full_2026-12-06_0001",
            "pemberitahuan",
            "pemberitahuan_pns",
            "pemberitahuan_20261206_pns",
            "pemberitahuan_2026-13-06_pns",
        ] {
            assert_eq!(parse_name(other), None, "{other}");
        }
    }
}
