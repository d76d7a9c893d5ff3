//! The minutes as a page.

use maud::{Markup, html};

use super::super::figures::Facts;
use super::super::page::sheet::{document, table};
use super::content::{BY_PEN, Block};

/// The page.
pub fn page(facts: &Facts, blocks: &[Block]) -> String {
    let id = &facts.reconciliation.id;
    let body = html! {
        main.minutes {
            @for block in blocks { (shown(block)) }
        }
    };
    document(&format!("Berita Acara Rekonsiliasi {id}"), &body)
}

fn shown(block: &Block) -> Markup {
    match block {
        Block::Title(lines) => html! {
            h1 { @for line in lines { span { (line) } } }
        },
        Block::Numbers(names) => html! {
            p.numbers { @for name in names { span { (name) ": " span.blank {} } } }
        },
        Block::Heading(text) => html! { h2 { (text) } },
        Block::Text(text) => html! { p { (text) } },
        Block::Representative { number, acts_for } => html! {
            div.representative {
                span { (number) }
                div {
                    dl { @for label in BY_PEN { dt { (label) } dd { ":" span.blank {} } } }
                    p { (acts_for) }
                }
            }
        },
        Block::List(items) => html! {
            ol { @for item in items { li { (item) } } }
        },
        Block::Table(content) => table(
            &content.caption,
            &content.head,
            &content.rows,
            content.numbers_from,
        ),
        Block::Signatures(both) => html! {
            div.signatures {
                @for [role, name] in both {
                    div {
                        p { (role) "," br; (name) }
                        dl { @for label in BY_PEN { dt { (label) } dd { ":" span.blank {} } } }
                    }
                }
            }
        },
    }
}
