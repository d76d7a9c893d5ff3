//! `ringkasan.json`: which answer a response folder is. It is in the signed list, and the folder's name is not.

use std::path::Path;

use serde::Deserialize;

use crate::fault::Fault;

use super::super::Trouble;
use super::Listed;
use super::bundle::{read_small, require_digest};

/// Its name in every response folder.
pub const FILE: &str = "ringkasan.json";
/// Largest one, in bytes.
pub const LARGEST: usize = 1 << 20;
/// How its `format` begins.
const FORMAT: &str = "padan-response-";

/// Which delivery was answered, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Answer {
    format: String,
    dataset: String,
    from: String,
    /// Whom the answer is for.
    pub reader: String,
    run_date: String,
    sequence: u32,
}

impl Answer {
    /// Reads the document; `None` if it is none, or of a kind that this program does not know.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let answer: Self = serde_json::from_slice(text).ok()?;
        answer.format.starts_with(FORMAT).then_some(answer)
    }

    /// `<run date>_<dataset>_<party>_<sequence>`: what the folder is called on the server.
    pub fn name(&self) -> String {
        let Self {
            run_date,
            dataset,
            from,
            sequence,
            ..
        } = self;
        format!("{run_date}_{dataset}_{from}_{sequence:04}")
    }
}

/// The answer that lies in a folder, if its list names one. Its digest is checked.
pub(super) fn of_folder(folder: &Path, files: &[Listed]) -> Result<Option<Answer>, Trouble> {
    let Some(listed) = files.iter().find(|file| file.name == FILE) else {
        return Ok(None);
    };
    let path = folder.join(FILE);
    require_digest(&path, &listed.digest)?;
    Ok(Answer::parse(&read_small(&path, LARGEST)?).filter(|answer| plain(&answer.name())))
}

/// Whether a name is no path.
fn plain(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    name.bytes().all(allowed) && !name.starts_with('.')
}

/// The summary as lines of a table: where in the document, and what stands there.
pub(super) fn lines(folder: &Path) -> Result<Vec<(String, String)>, Trouble> {
    let path = folder.join(FILE);
    let text = read_small(&path, LARGEST)?;
    let document: serde_json::Value = serde_json::from_slice(&text).map_err(|e| {
        Fault::Inconsistent(format!("{}: it is no JSON document: {e}", path.display()))
    })?;
    let mut lines = Vec::new();
    walk("", &document, &mut lines);
    Ok(lines)
}

fn walk(place: &str, value: &serde_json::Value, lines: &mut Vec<(String, String)>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                let separator = if place.is_empty() { "" } else { " / " };
                walk(&format!("{place}{separator}{name}"), value, lines);
            }
        }
        serde_json::Value::String(text) => lines.push((place.to_owned(), text.clone())),
        other => lines.push((place.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::Answer;

    #[test]
    fn an_answer_knows_its_name() {
        let text =
            br#"{"format":"padan-response-1","dataset":"peserta_pns","from":"bpjs","reader":"bkn",
            "run_date":"2026-11-22","sequence":7,"more":true}"#;
        let answer = Answer::parse(text).unwrap();
        assert_eq!(answer.name(), "2026-11-22_peserta_pns_bpjs_0007");
        assert_eq!(answer.reader, "bkn");
        let receipt = String::from_utf8_lossy(text).replace("response", "receipt");
        assert_eq!(Answer::parse(receipt.as_bytes()), None);
        assert_eq!(Answer::parse(b"[]"), None);
    }
}
