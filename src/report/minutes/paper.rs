//! The minutes as PDF.

use super::super::figures::Facts;
use super::super::pdf::{Align, Columns, Document, Face, Style};
use super::super::words::day;
use super::content::{BY_PEN, Block};

const TEXT: Style = Style {
    face: Face::Regular,
    size: 10.0,
    align: Align::Left,
};
const TITLE: Style = Style {
    face: Face::Bold,
    size: 12.0,
    align: Align::Centre,
};
const HEADING: Style = Style {
    face: Face::Bold,
    ..TEXT
};
const CAPTION: Style = Style { size: 8.5, ..TEXT };
/// Indent of lists.
const INDENT: f32 = 18.0;
/// Room for a signature and a stamp.
const SIGNATURE: f32 = 78.0;
/// A heading stays with so much of what follows.
const FOLLOWING: f32 = 92.0;

/// The file.
pub fn paper(facts: &Facts, blocks: &[Block]) -> Vec<u8> {
    let id = &facts.reconciliation.id;
    let title = format!("Berita Acara Rekonsiliasi {id}");
    let footer = format!("{title}, {}", day(facts.run_date));
    let mut document = Document::new(title, footer);
    for block in blocks {
        show(&mut document, block);
    }
    document.finish()
}

fn show(document: &mut Document, block: &Block) {
    match block {
        Block::Title(lines) => {
            for line in lines {
                document.paragraph(line, 0.0, TITLE);
            }
            document.space(8.0);
        }
        Block::Numbers(names) => {
            for name in names {
                document.blank(name, document.width() * 0.2, document.width() * 0.6, TEXT);
            }
            document.space(8.0);
        }
        Block::Heading(text) => {
            document.space(10.0);
            document.keep(FOLLOWING);
            document.paragraph(text, 0.0, HEADING);
            document.space(2.0);
        }
        Block::Text(text) => {
            document.paragraph(text, 0.0, TEXT);
            document.space(5.0);
        }
        Block::Representative { number, acts_for } => {
            document.keep(FOLLOWING);
            for (place, label) in BY_PEN.iter().enumerate() {
                document.blank(label, INDENT, document.width() - INDENT, TEXT);
                if place == 0 {
                    document.beside(number, INDENT, TEXT);
                }
            }
            document.space(3.0);
            document.paragraph(acts_for, INDENT, TEXT);
            document.space(5.0);
        }
        Block::List(items) => {
            for (number, item) in (1..).zip(items) {
                document.item(Some(&format!("{number}.")), item, INDENT, TEXT);
            }
            document.space(5.0);
        }
        Block::Table(table) => {
            document.keep(FOLLOWING);
            document.paragraph(&table.caption, 0.0, CAPTION);
            document.space(3.0);
            let columns = Columns {
                widths: &table.widths,
                numbers_from: table.numbers_from,
                size: 8.5,
            };
            document.table(&columns, &table.head, &table.rows);
            document.space(9.0);
        }
        Block::Signatures(both) => {
            document.space(12.0);
            let columns = both.each_ref().map(|[role, name]| {
                let lines = vec![format!("{role},"), name.clone()];
                (lines, BY_PEN.as_slice())
            });
            document.signatures(&columns, SIGNATURE, TEXT);
        }
    }
}
