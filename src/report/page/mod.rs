//! The summary of one run that a director reads.

mod chart;
mod sections;
pub(super) mod sheet;
mod trend;

use maud::html;

use super::figures::Facts;
use sections::{ages, columns, compared, findings, header, key_figures, next, responsible};
use trend::trend;

/// `ringkasan_<reconciliation>.html`: counts that the reader may know.
pub fn summary(facts: &Facts) -> String {
    let id = &facts.reconciliation.id;
    let body = html! {
        (chart::hatchings())
        (header(facts))
        main {
            (key_figures(facts))
            (responsible(facts))
            (trend(facts))
            (ages(facts))
            (findings(facts))
            (columns(facts))
            (compared(facts))
            (next(facts))
        }
        footer {
            p { "Dokumen ini hanya memuat jumlah, nama kolom dan sidik digital; tidak ada data pribadi. Keasliannya dibuktikan oleh "
                "SHA256SUMS dan tanda tangannya di folder yang sama." }
            p.digest { "Perjanjian (SHA-256): " (facts.agreement.digest) }
        }
    };
    sheet::document(&format!("Ringkasan rekonsiliasi {id}"), &body)
}
