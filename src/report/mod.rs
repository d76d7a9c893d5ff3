//! What a director reads and what both parties sign: one run of a reconciliation, in counts, as pages.
//!
//! [`Facts`] is everything there is to tell, [`Facts::shown`] and [`Facts::common`] what its reader and what both parties
//! may know. [`summary`] makes `ringkasan_<reconciliation>.html` of it, [`minutes_page`] and [`minutes_pdf`] the Berita
//! Acara, which is the same for both parties. Pages hold counts, names of columns and digests: never a row's value. The
//! same facts give the same bytes.

mod actions;
mod figures;
mod minutes;
mod page;
mod pdf;
mod words;

#[cfg(test)]
mod tests;

pub use figures::{ColumnFigures, Facts, Figures, Side};
pub use minutes::{minutes_page, minutes_pdf};
pub use page::summary;
