//! What `tindakan`, `jenis` and `putusan` mean, in Indonesian sentences.

use crate::agreement::Agreement;

/// What an action asks of whom.
pub struct Action {
    /// Who acts: a party by its short name, both, or nobody.
    pub who: String,
    /// What there is to do.
    pub what: String,
}

impl Action {
    /// The meaning of a word in `tindakan`. The agreement may have words of its own, which speak for themselves.
    pub fn of(agreement: &Agreement, word: &str) -> Self {
        let adopts = agreement
            .parties
            .iter()
            .map(|party| party.id.upper())
            .find(|party| word.strip_prefix("ADOPSI_") == Some(party));
        let (who, what) = match (adopts, word) {
            (Some(party), _) => (party, "menyesuaikan datanya dengan nilai acuan".to_owned()),
            (None, "PERIKSA_BERSAMA") => (BOTH.to_owned(), "memeriksa bersama".to_owned()),
            (None, "INFORMASI") => (
                NOBODY.to_owned(),
                "untuk diketahui, tidak ada tindakan".to_owned(),
            ),
            (None, _) => match word.strip_prefix("RUJUK_") {
                Some(registry) => (
                    BOTH.to_owned(),
                    format!("memeriksa ke {registry}; tidak ada yang menimpa data"),
                ),
                None => (BOTH.to_owned(), format!("sesuai kesepakatan ({word})")),
            },
        };
        Self { who, what }
    }
}

/// Both parties act.
const BOTH: &str = "Kedua pihak";
/// Nobody acts.
const NOBODY: &str = "–";

/// A word in `jenis`.
pub fn kind(word: &str) -> String {
    match word.strip_prefix("HANYA_") {
        Some(party) => format!("Data hanya ada di {party}"),
        None if word == "NILAI" => "Nilai kolom berbeda".to_owned(),
        None if word == "GANDA" => "Data ganda, tidak dipasangkan".to_owned(),
        None => word.to_owned(),
    }
}

/// A word in `putusan`.
pub fn verdict(word: &str) -> String {
    match word {
        "BEDA" => "Berbeda".to_owned(),
        "MIRIP" => "Nama mirip; diputuskan petugas".to_owned(),
        other => other.to_owned(),
    }
}

/// Whose value counts, as in `acuan`.
pub fn reference(word: &str) -> &str {
    if word.is_empty() { "–" } else { word }
}
