//! From the marks on the pages to the bytes of the file.

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::font::encode;
use super::{Align, BOTTOM, Document, Face, LEFT, Mark, PAGE, RIGHT, Style, points};

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const INFO: Ref = Ref::new(3);
const REGULAR: Ref = Ref::new(4);
const BOLD: Ref = Ref::new(5);
/// Each page has two objects from here on.
const FIRST_PAGE: i32 = 6;

const FOOTER: Style = Style {
    face: Face::Regular,
    size: 8.0,
    align: Align::Left,
};

impl Document {
    /// The file. Nothing is compressed: it is small, and its bytes depend on no library's version but the writer's.
    pub fn finish(mut self) -> Vec<u8> {
        self.number_pages();
        let mut pdf = Pdf::new();
        let ids: Vec<_> = (FIRST_PAGE..)
            .step_by(2)
            .take(self.pages.len())
            .map(|id| (Ref::new(id), Ref::new(id + 1)))
            .collect();
        let mut catalog = pdf.catalog(CATALOG);
        catalog.pages(PAGES).lang(TextStr("id-ID"));
        catalog.viewer_preferences().display_doc_title(true);
        catalog.finish();
        pdf.document_info(INFO).title(TextStr(&self.title));
        let count = i32::try_from(ids.len()).unwrap_or(i32::MAX);
        pdf.pages(PAGES)
            .kids(ids.iter().map(|(page, _)| *page))
            .count(count);
        for (id, name) in [
            (REGULAR, b"Helvetica".as_slice()),
            (BOLD, b"Helvetica-Bold"),
        ] {
            let mut font = pdf.type1_font(id);
            font.base_font(Name(name))
                .encoding_predefined(Name(b"WinAnsiEncoding"));
        }
        for ((id, content), marks) in ids.into_iter().zip(&self.pages) {
            let mut page = pdf.page(id);
            page.media_box(Rect::new(0.0, 0.0, PAGE[0], PAGE[1]))
                .parent(PAGES)
                .contents(content);
            let mut resources = page.resources();
            let mut fonts = resources.fonts();
            fonts
                .pair(name(Face::Regular), REGULAR)
                .pair(name(Face::Bold), BOLD);
            fonts.finish();
            resources.finish();
            page.finish();
            pdf.stream(content, &drawn(marks));
        }
        pdf.finish()
    }

    /// Writes footer and number on each page, now that their count is known.
    fn number_pages(&mut self) {
        let count = self.pages.len();
        let y = BOTTOM - 30.0;
        for (number, page) in (1..).zip(&mut self.pages) {
            let text = encode(&format!("Halaman {number} dari {count}"));
            let x = PAGE[0] - RIGHT - points(&text, FOOTER);
            for (x, text) in [(LEFT, encode(&self.footer)), (x, text)] {
                page.push(Mark::Text {
                    x,
                    y,
                    face: FOOTER.face,
                    size: FOOTER.size,
                    text,
                });
            }
        }
    }
}

fn name(face: Face) -> Name<'static> {
    match face {
        Face::Regular => Name(b"F1"),
        Face::Bold => Name(b"F2"),
    }
}

fn drawn(marks: &[Mark]) -> Vec<u8> {
    let mut content = Content::new();
    content.set_line_width(0.5);
    // Grounds first, or they would lie over the rules of the row above.
    let (grounds, rest): (Vec<_>, Vec<_>) = marks
        .iter()
        .partition(|mark| matches!(mark, Mark::Tint { .. }));
    for mark in grounds.into_iter().chain(rest) {
        match mark {
            Mark::Tint {
                x,
                y,
                width,
                height,
            } => {
                content
                    .set_fill_gray(0.93)
                    .rect(*x, *y, *width, *height)
                    .fill_nonzero()
                    .set_fill_gray(0.0);
            }
            Mark::Rule { from, to } => {
                content
                    .move_to(from[0], from[1])
                    .line_to(to[0], to[1])
                    .stroke();
            }
            Mark::Dots { x, y, width } => {
                content
                    .save_state()
                    .set_dash_pattern([0.8, 1.8], 0.0)
                    .set_line_width(0.8);
                content
                    .move_to(*x, *y - 1.5)
                    .line_to(*x + *width, *y - 1.5)
                    .stroke()
                    .restore_state();
            }
            Mark::Text {
                x,
                y,
                face,
                size,
                text,
            } => {
                content
                    .begin_text()
                    .set_font(name(*face), *size)
                    .next_line(*x, *y)
                    .show(Str(text))
                    .end_text();
            }
        }
    }
    content.finish().to_vec()
}
