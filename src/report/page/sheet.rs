//! What every page of ours has: its head, its style, its tables.

use aws_lc_rs::digest::{SHA256, digest};
use base64::prelude::{BASE64_STANDARD, Engine};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The style of all pages.
const STYLE: &str = include_str!("sheet.css");

/// A whole page that loads nothing, runs nothing and takes no other style than its own.
pub fn document(title: &str, body: &Markup) -> String {
    let style = BASE64_STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"
    );
    let page = html! {
        (DOCTYPE)
        html lang="id" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    };
    page.into_string() + "\n"
}

/// A table; cells are numbers from a column on, the first cell of a row names it.
pub fn table<H: AsRef<str>>(
    caption: &str,
    head: &[H],
    rows: &[Vec<String>],
    numbers_from: usize,
) -> Markup {
    let number = |place: usize| (place >= numbers_from).then_some("number");
    html! {
        table {
            caption { (caption) }
            thead {
                tr { @for (place, cell) in head.iter().enumerate() { th scope="col" class=[number(place)] { (cell.as_ref()) } } }
            }
            tbody {
                @for row in rows {
                    tr {
                        @for (place, cell) in row.iter().enumerate() {
                            @if place == 0 { th scope="row" { (cell) } }
                            @else { td class=[number(place)] { (cell) } }
                        }
                    }
                }
            }
        }
    }
}
