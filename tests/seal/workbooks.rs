//! Workbooks of the dataset `peserta_pns`, and of `pns`, as an office program writes them.

use std::path::{Path, PathBuf};

use rust_xlsxwriter::{Format, Workbook, Worksheet};

use crate::trial::Trial;

/// Columns of `peserta_pns`.
pub const COLUMNS: [&str; 3] = ["nip", "nama", "nomor_kartu"];

/// Sound rows, all of them text, of people who do not exist.
pub fn people(count: u32) -> Vec<[String; 3]> {
    (0..count)
        .map(|n| {
            let (year, serial) = (1970 + n % 20, n / 20 % 999 + 1);
            let month = n % 12 + 1;
            let start = year + 24;
            [
                format!("{year}{month:02}15{start}011{serial:03}"),
                format!("RATNA {n}"),
                format!("{:013}", 1_234_567_890 + n),
            ]
        })
        .collect()
}

/// Writes a sheet of text, the header in its first row.
pub fn text_rows(sheet: &mut Worksheet, rows: &[[String; 3]]) {
    for (column, name) in COLUMNS.iter().enumerate() {
        sheet.write_string(0, column as u16, *name).unwrap();
    }
    for (row, values) in rows.iter().enumerate() {
        for (column, value) in values.iter().enumerate() {
            sheet
                .write_string(row as u32 + 1, column as u16, value)
                .unwrap();
        }
    }
}

/// A workbook with ten sound rows, then changed.
pub fn changed(trial: &Trial, name: &str, change: impl FnOnce(&mut Worksheet)) -> PathBuf {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    text_rows(sheet, &people(10));
    change(sheet);
    let path = trial.file(name);
    workbook.save(&path).unwrap();
    path
}

/// A sound workbook.
pub fn sound(trial: &Trial, name: &str, count: u32) -> PathBuf {
    let mut workbook = Workbook::new();
    text_rows(workbook.add_worksheet(), &people(count));
    let path = trial.file(name);
    workbook.save(&path).unwrap();
    path
}

/// A CSV as the rows of a sheet of text; columns whose names begin with `tanggal` or `tmt` as real dates where they are.
pub fn from_csv(csv: &Path, to: &Path) {
    let text = std::fs::read_to_string(csv).unwrap();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let mut reader = simd_csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut record = simd_csv::ByteRecord::new();
    let mut names: Vec<String> = Vec::new();
    let mut row = 0;
    while reader.read_byte_record(&mut record).unwrap() {
        if row == 0 {
            names = record.iter().map(text_of).collect();
        }
        for (column, value) in record.iter().map(text_of).enumerate() {
            let is_day = names[column].starts_with("tanggal") || names[column].starts_with("tmt");
            let (row, column) = (row, column as u16);
            match value.parse::<jiff::civil::Date>() {
                Ok(date) if row > 0 && is_day && value.len() == 10 && date.year() > 1900 => {
                    let days = date
                        .since(jiff::civil::date(1899, 12, 30))
                        .unwrap()
                        .get_days();
                    sheet
                        .write_number_with_format(row, column, days, &day)
                        .unwrap();
                }
                _ => {
                    sheet.write_string(row, column, value).unwrap();
                }
            }
        }
        row += 1;
    }
    workbook.save(to).unwrap();
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
