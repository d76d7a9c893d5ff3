//! What the minutes of a reconciliation (Berita Acara Rekonsiliasi) say besides its figures.

/// The parties' own words for their minutes, Indonesian.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Minutes {
    /// How the agreement is called; `None` where its numbers are enough.
    pub title: Option<String>,
    /// Legal basis beside the agreement itself, each an item of the list.
    pub basis: Vec<String>,
    /// What the parties declare below the figures, each an item of the list.
    pub declarations: Vec<String>,
}

/// Whether a character can be shown in the minutes: their PDF has the letters of Western languages.
pub fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{ff}' | '–' | '—' | '‘' | '’' | '“' | '”' | '•' | '…')
}
