//! Berita Acara Rekonsiliasi: the minutes that both parties sign by pen. One content, shown as a page and as PDF.
//!
//! The minutes hold only what both parties may know, so both hold the same bytes.

mod content;
mod page;
mod paper;

use super::figures::Facts;
use content::content;

pub(super) use content::{ROLES, mode};

/// `berita_acara_<reconciliation>.html`
pub fn minutes_page(facts: &Facts) -> String {
    page::page(facts, &content(facts))
}

/// `berita_acara_<reconciliation>.pdf`: A4.
pub fn minutes_pdf(facts: &Facts) -> Vec<u8> {
    paper::paper(facts, &content(facts))
}
