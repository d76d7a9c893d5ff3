//! What is wrong with a workbook, before any of its rows is judged: stable codes, with what happened and what to do.

use std::fmt;

use crate::rejection::{About, Entry, Level, Text};

/// Why a workbook, or a cell of it, cannot be sent as it is. A code never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    /// No `.xlsx`: an older or another office format.
    Format,
    /// Encrypted with a password.
    Password,
    /// Cut off, damaged, or XML that no office program writes.
    Unreadable,
    /// Larger than any honest extract: a compression bomb.
    TooLarge,
    /// It holds a program.
    Macros,
    /// It refers to other workbooks.
    ExternalLinks,
    /// Another document lies inside.
    Embedded,
    /// More than one sheet holds data.
    Several,
    /// No sheet of the name that was asked for.
    NotFound,
    /// No sheet holds anything.
    Empty,
    /// Rows or columns that nobody sees.
    Hidden,
    /// Merged cells.
    Merged,
    /// A formula.
    Formula,
    /// `#N/A` and its like.
    ErrorValue,
    /// TRUE or FALSE.
    Boolean,
    /// A number too long for a spreadsheet: its last digits are gone.
    DigitsLost,
    /// A number whose leading zeros are gone, or are shown and not there.
    ZerosLost,
    /// A bare number where a date belongs.
    DateNumber,
    /// A date where a text belongs.
    TurnedIntoDate,
    /// An empty row between others.
    BlankRow,
    /// Values under no column name.
    NoHeader,
}

impl Damage {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::Format,
        Self::Password,
        Self::Unreadable,
        Self::TooLarge,
        Self::Macros,
        Self::ExternalLinks,
        Self::Embedded,
        Self::Several,
        Self::NotFound,
        Self::Empty,
        Self::Hidden,
        Self::Merged,
        Self::Formula,
        Self::ErrorValue,
        Self::Boolean,
        Self::DigitsLost,
        Self::ZerosLost,
        Self::DateNumber,
        Self::TurnedIntoDate,
        Self::BlankRow,
        Self::NoHeader,
    ];

    /// The code, `SHEET_DIGITS_LOST`.
    pub fn as_str(self) -> &'static str {
        self.entry().name
    }

    /// What happened and what to do, in Indonesian and in English.
    pub fn text(self) -> Text {
        self.entry().text
    }

    /// What is said about it.
    pub fn entry(self) -> &'static Entry {
        match self {
            Self::Format => {
                const {
                    &sheet(
                        "SHEET_FORMAT",
                        [
                            "Bukan buku kerja .xlsx, melainkan format lama atau format lain (.xls, .xlsb, .ods).",
                            "Buka di program lembar kerja dan simpan sebagai Excel Workbook (.xlsx) atau CSV UTF-8.",
                        ],
                        [
                            "Not an .xlsx workbook but an older or another format (.xls, .xlsb, .ods).",
                            "Open it in the spreadsheet program and save it as Excel Workbook (.xlsx) or CSV UTF-8.",
                        ],
                    )
                }
            }
            Self::Password => {
                const {
                    &sheet(
                        "SHEET_PASSWORD",
                        [
                            "Buku kerja dikunci dengan kata sandi.",
                            "Simpan salinan tanpa kata sandi (File > Info > Protect Workbook); padan mengenkripsi kiriman sendiri.",
                        ],
                        [
                            "The workbook is locked with a password.",
                            "Save a copy without the password (File > Info > Protect Workbook); padan encrypts what is sent.",
                        ],
                    )
                }
            }
            Self::Unreadable => {
                const {
                    &sheet(
                        "SHEET_UNREADABLE",
                        [
                            "Berkas rusak, terpotong, atau tidak ditulis oleh program lembar kerja.",
                            "Salin lagi dari sumbernya, atau buka dan simpan ulang sebagai .xlsx.",
                        ],
                        [
                            "The file is damaged, cut off, or was not written by a spreadsheet program.",
                            "Copy it again from where it came, or open it and save it again as .xlsx.",
                        ],
                    )
                }
            }
            Self::TooLarge => {
                const {
                    &sheet(
                        "SHEET_TOO_LARGE",
                        [
                            "Isi buku kerja jauh lebih besar daripada data yang wajar.",
                            "Salin hanya baris dan kolom data ke buku kerja baru, atau ekspor sebagai CSV UTF-8.",
                        ],
                        [
                            "The workbook unpacks to far more than an honest extract.",
                            "Copy the rows and columns of data alone into a new workbook, or export it as CSV UTF-8.",
                        ],
                    )
                }
            }
            Self::Macros => {
                const {
                    &sheet(
                        "SHEET_MACROS",
                        [
                            "Buku kerja berisi makro.",
                            "Simpan sebagai Excel Workbook (.xlsx) tanpa makro.",
                        ],
                        [
                            "The workbook holds macros.",
                            "Save it as Excel Workbook (.xlsx), without macros.",
                        ],
                    )
                }
            }
            Self::ExternalLinks => {
                const {
                    &sheet(
                        "SHEET_EXTERNAL_LINKS",
                        [
                            "Buku kerja terhubung ke buku kerja lain, sehingga isinya dapat berubah sendiri.",
                            "Putuskan hubungan itu (Data > Edit Links > Break Link), lalu simpan.",
                        ],
                        [
                            "The workbook is linked to other workbooks, so that its content can change by itself.",
                            "Break the links (Data > Edit Links > Break Link), then save.",
                        ],
                    )
                }
            }
            Self::Embedded => {
                const {
                    &sheet(
                        "SHEET_EMBEDDED",
                        [
                            "Di dalam buku kerja ada dokumen atau objek lain.",
                            "Hapus objek yang disisipkan, atau salin nilai saja ke buku kerja baru.",
                        ],
                        [
                            "Another document or object lies inside the workbook.",
                            "Remove what is embedded, or copy the values alone into a new workbook.",
                        ],
                    )
                }
            }
            Self::Several => {
                const {
                    &sheet(
                        "SHEET_SEVERAL",
                        [
                            "Lebih dari satu lembar berisi data.",
                            "Pilih satu dengan --sheet NAMA; setiap dataset dikirim tersendiri.",
                        ],
                        [
                            "More than one sheet holds data.",
                            "Choose one with --sheet NAME; each dataset is sent by itself.",
                        ],
                    )
                }
            }
            Self::NotFound => {
                const {
                    &sheet(
                        "SHEET_NOT_FOUND",
                        [
                            "Tidak ada lembar dengan nama itu.",
                            "Tulis nama lembar persis seperti pada tab di bawah lembar kerja.",
                        ],
                        [
                            "There is no sheet of that name.",
                            "Write the sheet's name exactly as it stands on its tab.",
                        ],
                    )
                }
            }
            Self::Empty => {
                const {
                    &sheet(
                        "SHEET_EMPTY",
                        [
                            "Tidak ada data di lembar yang tampak.",
                            "Periksa apakah ini berkas yang benar; baris pertama berisi nama kolom.",
                        ],
                        [
                            "No visible sheet holds any data.",
                            "See whether this is the right file; its first row holds the names of the columns.",
                        ],
                    )
                }
            }
            Self::Hidden => {
                const {
                    &sheet(
                        "SHEET_HIDDEN",
                        [
                            "Ada baris atau kolom tersembunyi (sering karena filter): yang terkirim harus sama dengan yang terlihat.",
                            "Hapus filter (Data > Clear), tampilkan semua (Unhide), lalu buang yang tidak boleh dikirim.",
                        ],
                        [
                            "Rows or columns are hidden (often by a filter): what is sent must be what is seen.",
                            "Clear the filter (Data > Clear), show everything (Unhide), then delete what must not be sent.",
                        ],
                    )
                }
            }
            Self::Merged => {
                const {
                    &sheet(
                        "SHEET_MERGED",
                        [
                            "Ada sel yang digabung, sehingga isinya tidak jelas milik baris atau kolom mana.",
                            "Pisahkan (Home > Merge & Center > Unmerge) dan isi setiap sel.",
                        ],
                        [
                            "Cells are merged, so that nobody can tell to which row or column a value belongs.",
                            "Unmerge them (Home > Merge & Center > Unmerge) and fill each cell.",
                        ],
                    )
                }
            }
            Self::Formula => {
                const {
                    &sheet(
                        "SHEET_FORMULA",
                        [
                            "Sel berisi rumus; hasilnya dapat berubah tanpa ada yang mengetik.",
                            "Salin kolomnya, lalu Paste Special > Values (Nilai).",
                        ],
                        [
                            "A cell holds a formula; its result can change without anybody typing it.",
                            "Copy the column, then Paste Special > Values.",
                        ],
                    )
                }
            }
            Self::ErrorValue => {
                const {
                    &sheet(
                        "SHEET_ERROR_VALUE",
                        [
                            "Sel berisi galat lembar kerja, misalnya #N/A.",
                            "Isi nilai yang benar dari sumbernya.",
                        ],
                        [
                            "A cell holds a spreadsheet error, as #N/A.",
                            "Fill in the right value from its source.",
                        ],
                    )
                }
            }
            Self::Boolean => {
                const {
                    &sheet(
                        "SHEET_BOOLEAN",
                        [
                            "Sel berisi TRUE atau FALSE, bukan nilai yang disepakati.",
                            "Format kolom sebagai Text dan tulis nilai yang disepakati.",
                        ],
                        [
                            "A cell holds TRUE or FALSE, which is no agreed value.",
                            "Format the column as Text and write the agreed value.",
                        ],
                    )
                }
            }
            Self::DigitsLost => {
                const {
                    &sheet(
                        "SHEET_DIGITS_LOST",
                        [
                            "Nomor panjang tersimpan sebagai angka: lembar kerja hanya menyimpan 15 digit, sisanya sudah hilang.",
                            "Ekspor ulang dari sistem sumber dengan kolom ini sebagai Text; nomor tidak dapat dipulihkan dari berkas ini.",
                        ],
                        [
                            "A long number is stored as a number: a spreadsheet keeps 15 digits, the others are lost already.",
                            "Export it again from the source system with this column as Text; the numbers cannot be restored from this file.",
                        ],
                    )
                }
            }
            Self::ZerosLost => {
                const {
                    &sheet(
                        "SHEET_ZEROS_LOST",
                        [
                            "Nomor atau kode tersimpan sebagai angka: nol di depannya hilang, atau hanya tampak di layar.",
                            "Ekspor ulang dari sistem sumber dengan kolom ini sebagai Text.",
                        ],
                        [
                            "A number or code is stored as a number: its leading zeros are lost, or only shown on the screen.",
                            "Export it again from the source system with this column as Text.",
                        ],
                    )
                }
            }
            Self::DateNumber => {
                const {
                    &sheet(
                        "SHEET_DATE_NUMBER",
                        [
                            "Kolom tanggal berisi angka tanpa format tanggal (misalnya 29221), atau tanggal sebelum Maret 1900, atau jam.",
                            "Format kolom sebagai Date bila itu memang tanggal dan periksa hasilnya, atau tulis sebagai teks YYYY-MM-DD.",
                        ],
                        [
                            "A date column holds a number without a date format (as 29221), a day before March 1900, or a time.",
                            "Format the column as Date if it is one and look at the result, or write it as text YYYY-MM-DD.",
                        ],
                    )
                }
            }
            Self::TurnedIntoDate => {
                const {
                    &sheet(
                        "SHEET_TURNED_INTO_DATE",
                        [
                            "Lembar kerja mengubah isi kolom ini menjadi tanggal; yang semula ditulis sudah hilang.",
                            "Format kolom sebagai Text, lalu isi lagi dari sumbernya.",
                        ],
                        [
                            "The spreadsheet turned this column's content into a date; what was written is lost.",
                            "Format the column as Text, then fill it again from its source.",
                        ],
                    )
                }
            }
            Self::BlankRow => {
                const {
                    &sheet(
                        "SHEET_BLANK_ROW",
                        [
                            "Ada baris kosong di antara data, atau sebelum nama kolom.",
                            "Hapus baris kosong itu, supaya nomor baris di tanda terima sama dengan di lembar kerja.",
                        ],
                        [
                            "A row is empty between others, or before the names of the columns.",
                            "Delete the empty row, so that row numbers in the receipt are those of the sheet.",
                        ],
                    )
                }
            }
            Self::NoHeader => {
                const {
                    &sheet(
                        "SHEET_NO_HEADER",
                        [
                            "Ada isi di kolom yang tidak bernama pada baris pertama.",
                            "Baris pertama berisi nama kolom saja; hapus judul, catatan dan jumlah di luar tabel.",
                        ],
                        [
                            "There are values in a column without a name in the first row.",
                            "The first row holds the names of the columns; delete titles, notes and totals outside the table.",
                        ],
                    )
                }
            }
        }
    }
}

/// All of them keep the workbook from being sent.
const fn sheet(name: &'static str, id: [&'static str; 2], en: [&'static str; 2]) -> Entry {
    Entry::new(name, About::Workbook, Level::Error, id, en)
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
