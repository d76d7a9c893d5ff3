//! A document on A4: text that flows, tables, page breaks and page numbers. No time and no random id stands in it, so the
//! same content gives the same bytes.

mod font;
mod table;
mod write;

pub use font::Face;
pub use table::Columns;

use font::{encode, width};

/// A4 in points, 72 to the inch.
const PAGE: [f32; 2] = [595.276, 841.89];
const LEFT: f32 = 71.0;
const RIGHT: f32 = 57.0;
const TOP: f32 = 57.0;
const BOTTOM: f32 = 64.0;
/// Height of a line as a part of the font size.
const LEADING: f32 = 1.36;

/// How lines of text stand.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// The face.
    pub face: Face,
    /// Font size in points.
    pub size: f32,
    /// Where the lines stand.
    pub align: Align,
}

/// Where a line stands in its width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// At the left.
    Left,
    /// In the middle.
    Centre,
    /// At the right.
    Right,
}

/// What is drawn on a page, in points from its lower left corner.
enum Mark {
    /// Text on its base line.
    Text {
        x: f32,
        y: f32,
        face: Face,
        size: f32,
        text: Vec<u8>,
    },
    /// A thin line.
    Rule { from: [f32; 2], to: [f32; 2] },
    /// A row of dots to be written upon.
    Dots { x: f32, y: f32, width: f32 },
    /// A light ground behind text.
    Tint {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
    },
}

/// The document as it grows, from top to bottom.
pub struct Document {
    title: String,
    footer: String,
    pages: Vec<Vec<Mark>>,
    /// How far down the last page is filled.
    y: f32,
}

impl Document {
    /// An empty document; `footer` stands on every page beside its number.
    pub fn new(title: String, footer: String) -> Self {
        Self {
            title,
            footer,
            pages: vec![vec![]],
            y: PAGE[1] - TOP,
        }
    }

    /// Width between the margins.
    pub fn width(&self) -> f32 {
        PAGE[0] - LEFT - RIGHT
    }

    /// Leaves some space, but not at the head of a page.
    pub fn space(&mut self, height: f32) {
        if self.y < PAGE[1] - TOP {
            self.y -= height;
        }
    }

    /// Begins a new page unless so much fits on this one.
    pub fn keep(&mut self, height: f32) {
        if self.y - height < BOTTOM {
            self.pages.push(vec![]);
            self.y = PAGE[1] - TOP;
        }
    }

    /// A paragraph, `indent` points from the left margin, in lines that fit.
    pub fn paragraph(&mut self, text: &str, indent: f32, style: Style) {
        self.item(None, text, indent, style);
    }

    /// A paragraph whose first line has a number before it.
    pub fn item(&mut self, number: Option<&str>, text: &str, indent: f32, style: Style) {
        let width = self.width() - indent;
        for (place, line) in wrapped(text, width, style).into_iter().enumerate() {
            self.keep(style.size * LEADING);
            self.y -= style.size * LEADING;
            let y = self.y;
            if let (Some(number), 0) = (number, place) {
                self.beside(number, indent, style);
            }
            self.line(line, [LEFT + indent, y], width, style);
        }
    }

    /// A number at the left margin, on the line before.
    pub fn beside(&mut self, number: &str, indent: f32, style: Style) {
        let align = Align::Left;
        self.line(
            encode(number),
            [LEFT, self.y],
            indent,
            Style { align, ..style },
        );
    }

    /// A label and dots behind it, to be filled in by pen, `indent` points from the left margin and `width` wide.
    pub fn blank(&mut self, label: &str, indent: f32, width: f32, style: Style) {
        let height = style.size * 1.9;
        self.keep(height);
        self.y -= height;
        self.blank_at(label, [LEFT + indent, self.y], width, style);
    }

    /// Several columns of blocks side by side, which stay on one page: centred lines, room for a signature, blanks.
    pub fn signatures(&mut self, columns: &[(Vec<String>, &[&str])], room: f32, style: Style) {
        let count = columns.len().max(1);
        let gap = 36.0;
        let width = (self.width() + gap) / count as f32 - gap;
        let lines: Vec<Vec<Vec<u8>>> = columns
            .iter()
            .map(|(lines, _)| {
                lines
                    .iter()
                    .flat_map(|line| wrapped(line, width, style))
                    .collect()
            })
            .collect();
        let most = lines.iter().map(Vec::len).max().unwrap_or(0) as f32;
        let blanks = columns
            .iter()
            .map(|(_, labels)| labels.len())
            .max()
            .unwrap_or(0) as f32;
        let (line, blank) = (style.size * LEADING, style.size * 1.9);
        let height = most * line + room + blanks * blank;
        self.keep(height);
        let top = self.y;
        for (place, (lines, (_, labels))) in lines.into_iter().zip(columns).enumerate() {
            let x = LEFT + place as f32 * (width + gap);
            for (row, text) in (1_u8..).zip(lines) {
                self.line(
                    text,
                    [x, top - f32::from(row) * line],
                    width,
                    Style {
                        align: Align::Centre,
                        ..style
                    },
                );
            }
            for (row, label) in (1_u8..).zip(*labels) {
                let y = top - most * line - room - f32::from(row) * blank;
                self.blank_at(label, [x, y], width, style);
            }
        }
        self.y = top - height;
    }

    fn blank_at(&mut self, label: &str, [x, y]: [f32; 2], width: f32, style: Style) {
        let labels = style.size * 6.2;
        self.line(encode(label), [x, y], labels, style);
        self.line(encode(":"), [x + labels, y], labels, style);
        let dots = labels + style.size * 0.7;
        self.mark(Mark::Dots {
            x: x + dots,
            y,
            width: width - dots,
        });
    }

    /// One line of encoded text in the width from `x` on.
    fn line(&mut self, text: Vec<u8>, [x, y]: [f32; 2], within: f32, style: Style) {
        let free = within - points(&text, style);
        let x = match style.align {
            Align::Left => x,
            Align::Centre => x + free / 2.0,
            Align::Right => x + free,
        };
        self.mark(Mark::Text {
            x,
            y,
            face: style.face,
            size: style.size,
            text,
        });
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }
}

/// Width of an encoded text in points.
fn points(text: &[u8], style: Style) -> f32 {
    width(style.face, text) as f32 * style.size / 1000.0
}

/// The text in encoded lines that are at most so wide; a word that is wider is broken.
fn wrapped(text: &str, most: f32, style: Style) -> Vec<Vec<u8>> {
    let mut lines = vec![];
    let mut line: Vec<u8> = vec![];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let word = encode(word);
        let joined = match line.is_empty() {
            true => word.clone(),
            false => [&line, b" ".as_slice(), &word].concat(),
        };
        if points(&joined, style) <= most {
            line = joined;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for letter in word {
            line.push(letter);
            if points(&line, style) > most && line.len() > 1 {
                line.pop();
                lines.push(std::mem::replace(&mut line, vec![letter]));
            }
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}
