//! Where a workbook's faults are, gathered so that a person mends them in one go.

use std::collections::BTreeMap;
use std::fmt;

use super::damage::Damage;

/// So many rows are named for each fault of a column.
const NAMED: usize = 5;

/// Why a workbook is not sent: every fault that was found. Holds places and no value.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// The sheet, once it is known.
    sheet: Option<String>,
    faults: BTreeMap<(Damage, Option<Column>), Rows>,
}

/// A column as people see it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column {
    /// From 0.
    pub index: usize,
    /// Its agreed name, where it has one.
    pub name: Option<String>,
}

/// In which rows a fault is, from 1 as the spreadsheet counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Rows {
    first: Vec<u64>,
    count: u64,
    /// Another word for the place, as `B2:C3` or the names of sheets.
    word: Option<String>,
}

impl Refusal {
    /// A refusal of the workbook as a whole.
    pub fn of(damage: Damage) -> Self {
        let mut refusal = Self::default();
        refusal.faults.entry((damage, None)).or_default();
        refusal
    }

    /// The same, with what it is about: names of sheets, a range.
    pub fn about(damage: Damage, word: impl Into<String>) -> Self {
        let mut refusal = Self::default();
        let rows = refusal.faults.entry((damage, None)).or_default();
        rows.word = Some(word.into());
        refusal
    }

    /// Nothing found yet in this sheet.
    pub fn in_sheet(name: &str) -> Self {
        Self {
            sheet: Some(name.to_owned()),
            ..Self::default()
        }
    }

    /// Notes a fault of a row.
    pub fn note(&mut self, damage: Damage, column: Option<Column>, row: u64) {
        let rows = self.faults.entry((damage, column)).or_default();
        rows.count += 1;
        if rows.first.len() < NAMED {
            rows.first.push(row);
        }
    }

    /// Notes a fault of a whole column.
    pub fn note_column(&mut self, damage: Damage, column: Column) {
        self.faults.entry((damage, Some(column))).or_default();
    }

    /// Notes a fault of a range or of the sheet.
    pub fn note_about(&mut self, damage: Damage, word: impl Into<String>) {
        self.faults.entry((damage, None)).or_default().word = Some(word.into());
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// The codes, each once.
    pub fn codes(&self) -> Vec<Damage> {
        let mut codes: Vec<_> = self.faults.keys().map(|(damage, _)| *damage).collect();
        codes.dedup();
        codes
    }
}

/// The letters of a column: A … Z, AA ….
pub fn letters(index: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = index + 1;
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// One paragraph a fault: code and place, Indonesian, English.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ((damage, column), rows)) in self.faults.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            let mut places = Vec::new();
            places.extend(self.sheet.as_ref().map(|name| format!("sheet {name:?}")));
            if let Some(column) = column {
                let name = column
                    .name
                    .as_ref()
                    .map_or_else(String::new, |name| format!(" ({name})"));
                places.push(format!("kolom/column {}{name}", letters(column.index)));
            }
            if !rows.first.is_empty() {
                places.push(rows.to_string());
            }
            places.extend(rows.word.clone());
            write!(f, "{damage}")?;
            if !places.is_empty() {
                write!(f, "  {}", places.join(", "))?;
            }
            let text = damage.text();
            for sentence in [text.id, text.en] {
                write!(f, "\n  {} {}", sentence.what, sentence.remedy)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first: Vec<_> = self.first.iter().map(u64::to_string).collect();
        write!(f, "baris/row {}", first.join(", "))?;
        let more = self.count.saturating_sub(self.first.len() as u64);
        if more > 0 {
            write!(f, ", … (+{more})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, Damage, Refusal, letters};

    #[test]
    fn columns_have_the_letters_of_a_spreadsheet() {
        for (index, name) in [
            (0, "A"),
            (25, "Z"),
            (26, "AA"),
            (701, "ZZ"),
            (702, "AAA"),
            (16_383, "XFD"),
        ] {
            assert_eq!(letters(index), name);
        }
    }

    #[test]
    fn a_damaged_column_is_told_once_with_its_first_rows() {
        let mut refusal = Refusal::in_sheet("Data");
        let column = || {
            Some(Column {
                index: 0,
                name: Some("nip".to_owned()),
            })
        };
        for row in 2..=200 {
            refusal.note(Damage::DigitsLost, column(), row);
        }
        let told = refusal.to_string();
        let first = told.lines().next().unwrap();
        assert_eq!(
            first,
            "SHEET_DIGITS_LOST  sheet \"Data\", kolom/column A (nip), baris/row 2, 3, 4, 5, 6, … (+194)"
        );
        assert_eq!(told.lines().count(), 3);
    }
}
