//! What of a sheet is not in its cells: merged ranges, hidden rows and columns, whether it holds anything at all.

use std::collections::BTreeMap;

use quick_xml::events::{BytesStart, Event};

use super::MOST_COLUMNS;
use super::damage::Damage;
use super::package::{Package, attribute};
use super::refusal::Refusal;
use super::shown::{Formats, Shown};

/// Most separate runs of hidden rows or columns that are kept; a filtered sheet may have one for every other row.
const MOST_RUNS: usize = 1 << 20;

/// What was found while reading a sheet's part once.
#[derive(Debug, Default)]
pub struct Structure {
    /// Whether any cell holds a value.
    pub filled: bool,
    /// The first merged range, as `A1:B2`, and how many there are.
    pub merged: Option<(String, u64)>,
    /// Rows that nobody sees, from 0, in ascending runs.
    hidden_rows: Runs,
    /// Columns that nobody sees, from 0.
    hidden_columns: Runs,
    /// By column, from 0: rows whose numbers are shown with more digits than they have.
    shown: BTreeMap<u64, BTreeMap<Shown, Runs>>,
    row: u64,
    column: u64,
    /// The style of the cell under way, if it is a number.
    number: Option<usize>,
    is_value: bool,
}

/// Ascending runs of numbers, both ends included.
#[derive(Debug, Default)]
struct Runs(Vec<(u64, u64)>);

impl Structure {
    /// Reads the part.
    pub fn read(package: &mut Package, part: &str, formats: &Formats) -> Result<Self, Refusal> {
        let mut structure = Self::default();
        package.scan(part, |event| match event {
            Event::Start(element) | Event::Empty(element) => structure.see(element),
            Event::Text(text) if structure.is_value => structure.see_number(text, formats),
            Event::End(_) => {
                structure.is_value = false;
                Ok(())
            }
            _ => Ok(()),
        })?;
        Ok(structure)
    }

    /// Whether the row, from 0, is hidden.
    pub fn hides_row(&self, row: u64) -> bool {
        self.hidden_rows.hold(row)
    }

    /// Whether the column, from 0, is hidden.
    pub fn hides_column(&self, column: usize) -> bool {
        self.hidden_columns.hold(column as u64)
    }

    /// How the number in a cell is shown, row and column from 0, where that is not as it is.
    pub fn shown(&self, row: u64, column: usize) -> Option<Shown> {
        let mut all = self.shown.get(&(column as u64))?.iter();
        all.find_map(|(shown, rows)| rows.hold(row).then_some(*shown))
    }

    /// The text of a cell's value.
    fn see_number(&mut self, text: &str, formats: &Formats) -> Result<(), Refusal> {
        let shown = self.number.and_then(|style| formats.of(style, text));
        let (Some(shown), true) = (shown, self.column <= MOST_COLUMNS as u64) else {
            return Ok(());
        };
        let (row, column) = (self.row.saturating_sub(1), self.column.saturating_sub(1));
        let rows = self
            .shown
            .entry(column)
            .or_default()
            .entry(shown)
            .or_default();
        rows.add(row, row)
    }

    fn see(&mut self, element: &BytesStart<'_>) -> Result<(), Refusal> {
        match element.local_name().as_ref() {
            "v" => (self.filled, self.is_value) = (true, true),
            "is" | "f" => self.filled = true,
            "c" => {
                self.column = match attribute(element, "r")? {
                    Some(place) => corner(&place).map_or(0, |(column, _)| u64::from(column)),
                    None => self.column + 1,
                };
                let kind = attribute(element, "t")?;
                let is_number = kind.is_none_or(|kind| kind == "n");
                let style = attribute(element, "s")?.and_then(|style| style.parse().ok());
                self.number = is_number.then(|| style.unwrap_or(0));
            }
            "row" => {
                self.column = 0;
                self.row = match attribute(element, "r")? {
                    Some(number) => number
                        .parse()
                        .map_err(|_| Refusal::of(Damage::Unreadable))?,
                    None => self.row + 1,
                };
                if is_hidden(element, "ht")? {
                    let row = self.row.saturating_sub(1);
                    self.hidden_rows.add(row, row)?;
                }
            }
            "col" if is_hidden(element, "width")? => {
                let number = |name| -> Result<u64, Refusal> {
                    let value = attribute(element, name)?.and_then(|value| value.parse().ok());
                    value.ok_or_else(|| Refusal::of(Damage::Unreadable))
                };
                let (first, last) = (number("min")?, number("max")?);
                self.hidden_columns
                    .add(first.saturating_sub(1), last.saturating_sub(1))?;
            }
            "mergeCell" => {
                let range = attribute(element, "ref")?.unwrap_or_default();
                let (_, count) = self.merged.get_or_insert((range, 0));
                *count += 1;
            }
            // Both are numbers that the reading library believes.
            "dimension" => {
                let range = attribute(element, "ref")?.unwrap_or_default();
                if !is_range(&range) {
                    return Err(Refusal::of(Damage::Unreadable));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Runs {
    fn add(&mut self, first: u64, last: u64) -> Result<(), Refusal> {
        match self.0.last_mut() {
            Some((_, end)) if *end + 1 == first => *end = last,
            _ => self.0.push((first, last)),
        }
        if self.0.len() > MOST_RUNS {
            return Err(Refusal::of(Damage::TooLarge));
        }
        Ok(())
    }

    fn hold(&self, number: u64) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= number);
        let run = after.checked_sub(1).and_then(|before| self.0.get(before));
        run.is_some_and(|(_, last)| number <= *last)
    }
}

/// Hidden, or of no height or width.
fn is_hidden(element: &BytesStart<'_>, size: &str) -> Result<bool, Refusal> {
    let hidden = attribute(element, "hidden")?;
    let none = attribute(element, size)?.and_then(|size| size.parse::<f64>().ok());
    Ok(matches!(hidden.as_deref(), Some("1" | "true")) || none == Some(0.0))
}

/// `A1` or `A1:C9`, whose second corner is not before the first.
fn is_range(text: &str) -> bool {
    let (from, to) = text.split_once(':').unwrap_or((text, text));
    match (corner(from), corner(to)) {
        (Some(from), Some(to)) => from.0 <= to.0 && from.1 <= to.1,
        _ => false,
    }
}

fn corner(text: &str) -> Option<(u32, u32)> {
    let digits = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = text.split_at_checked(digits)?;
    let row: u32 = row
        .parse()
        .ok()
        .filter(|row| (1..=1_048_576).contains(row))?;
    let mut column = 0_u32;
    for letter in letters.bytes() {
        if !letter.is_ascii_uppercase() || letters.len() > 3 {
            return None;
        }
        column = column * 26 + u32::from(letter - b'A') + 1;
    }
    (1..=16_384).contains(&column).then_some((column, row))
}

#[cfg(test)]
mod tests {
    use super::{Runs, is_range};

    #[test]
    fn ranges_are_what_a_spreadsheet_can_have() {
        for range in ["A1", "A1:C9", "A1:XFD1048576"] {
            assert!(is_range(range), "{range}");
        }
        for range in [
            "",
            "A",
            "1",
            "C9:A1",
            "A0",
            "A1:XFE1",
            "A1048577",
            "A1:B2:C3",
            "a1",
            "A99999999999",
        ] {
            assert!(!is_range(range), "{range}");
        }
    }

    #[test]
    fn neighbours_make_one_run() {
        let mut runs = Runs::default();
        for row in [3, 4, 5, 9] {
            runs.add(row, row).unwrap();
        }
        assert_eq!(runs.0, [(3, 5), (9, 9)]);
        let held: Vec<u64> = (0..12).filter(|row| runs.hold(*row)).collect();
        assert_eq!(held, [3, 4, 5, 9]);
    }
}
