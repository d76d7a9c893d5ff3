//! One sheet: a frozen header with filters, then rows of text.

use rust_xlsxwriter::{Color, Format, IgnoreError, Worksheet, XlsxError};

/// Rows below the header: a sheet has 1,048,576 in all.
pub const MOST_ROWS: u32 = 1_048_575;
/// Width of a column, in characters.
const WIDTHS: std::ops::RangeInclusive<usize> = 6..=48;
/// Room for the button of the filter.
const BUTTON: usize = 3;

/// Words that a person looks for, with the colour behind them.
const COLOURS: &[(&str, &str, u32)] = &[
    ("kelas", "IDENTITAS", RED),
    ("kelas", "FINANSIAL", YELLOW),
    ("putusan", "BEDA", RED),
    ("putusan", "MIRIP", YELLOW),
    ("status", "BARU", YELLOW),
    ("status", "SELESAI", GREEN),
    ("tingkat", "ERROR", RED),
    ("tingkat", "WARN", YELLOW),
];
const RED: u32 = 0x00FA_DBD8;
const YELLOW: u32 = 0x00FC_F3CF;
const GREEN: u32 = 0x00D5_F5E3;

/// A sheet being written.
pub struct Sheet {
    worksheet: Worksheet,
    columns: Vec<Column>,
    text: Format,
    rows: u32,
}

struct Column {
    /// Characters of its widest value so far.
    width: usize,
    colours: Vec<(&'static str, Format)>,
}

impl Sheet {
    /// Begins with the header.
    pub fn new(name: &str, header: &[String]) -> Result<Self, XlsxError> {
        let mut worksheet = Worksheet::new();
        worksheet.set_name(name)?;
        let text = Format::new().set_num_format("@");
        let bold = text
            .clone()
            .set_bold()
            .set_background_color(Color::RGB(0x00EA_EDED));
        let mut columns = Vec::new();
        for (position, title) in (0..).zip(header) {
            worksheet.write_string_with_format(0, position, title, &bold)?;
            let colours = COLOURS
                .iter()
                .filter(|(column, _, _)| column == title)
                .map(|(_, word, colour)| {
                    let format = text.clone().set_background_color(Color::RGB(*colour));
                    (*word, format)
                })
                .collect();
            columns.push(Column {
                width: title.chars().count() + BUTTON,
                colours,
            });
        }
        Ok(Self {
            worksheet,
            columns,
            text,
            rows: 0,
        })
    }

    /// Rows below the header.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// Adds a row of texts. Returns how many cells have something in them.
    pub fn row<T: AsRef<str>>(
        &mut self,
        values: impl IntoIterator<Item = T>,
    ) -> Result<u32, XlsxError> {
        self.rows += 1;
        let mut written = 0;
        for ((position, column), value) in (0..).zip(&mut self.columns).zip(values) {
            let value = value.as_ref();
            if value.is_empty() {
                continue;
            }
            let colour = column.colours.iter().find(|(word, _)| *word == value);
            let format = colour.map_or(&self.text, |(_, format)| format);
            self.worksheet
                .write_string_with_format(self.rows, position, value, format)?;
            column.width = column.width.max(value.chars().count());
            written += 1;
        }
        Ok(written)
    }

    /// Freezes the header, sets filters and widths, and spares a person the green corners of numbers that are text.
    pub fn finish(mut self) -> Result<Worksheet, XlsxError> {
        let Some(last) = self.columns.len().checked_sub(1) else {
            return Ok(self.worksheet);
        };
        let last = u16::try_from(last).unwrap_or(u16::MAX);
        self.worksheet.set_freeze_panes(1, 0)?;
        self.worksheet.autofilter(0, 0, self.rows, last)?;
        self.worksheet.ignore_error_range(
            0,
            0,
            self.rows,
            last,
            IgnoreError::NumberStoredAsText,
        )?;
        for (position, column) in (0..).zip(&self.columns) {
            let width = column.width.clamp(*WIDTHS.start(), *WIDTHS.end());
            self.worksheet
                .set_column_width(position, width as f64 + 1.0)?;
            // What a person adds below is text, too.
            self.worksheet.set_column_format(position, &self.text)?;
        }
        Ok(self.worksheet)
    }
}
