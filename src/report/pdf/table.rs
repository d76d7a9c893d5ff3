//! Tables: rows stay whole, and the head row stands again on every page.

use super::{Align, Document, Face, LEADING, LEFT, Mark, Style, wrapped};

/// Space between a cell's text and its rules.
const PADDING: f32 = 4.0;

/// How a table is divided.
pub struct Columns<'a> {
    /// Parts of the whole width.
    pub widths: &'a [u16],
    /// From this column on, cells are numbers and stand at the right.
    pub numbers_from: usize,
    /// Font size in points.
    pub size: f32,
}

impl Document {
    /// A table from margin to margin.
    pub fn table(&mut self, columns: &Columns, head: &[&str], rows: &[Vec<String>]) {
        let head = self.row_of(columns, head, Face::Bold);
        let rows: Vec<_> = rows
            .iter()
            .map(|row| self.row_of(columns, row, Face::Regular))
            .collect();
        // A head without a row below it says nothing.
        self.keep(head.height + rows.first().map_or(0.0, |row| row.height));
        self.draw(&head, true);
        for row in &rows {
            let pages = self.pages.len();
            self.keep(row.height);
            if self.pages.len() > pages {
                self.draw(&head, true);
            }
            self.draw(row, false);
        }
    }

    fn row_of<T: AsRef<str>>(&self, columns: &Columns, cells: &[T], face: Face) -> Laid {
        let parts: f32 = columns.widths.iter().map(|part| f32::from(*part)).sum();
        let mut x = LEFT;
        let mut row = Laid {
            cells: vec![],
            height: 0.0,
        };
        for (place, (cell, part)) in cells.iter().zip(columns.widths).enumerate() {
            let width = self.width() * f32::from(*part) / parts;
            let align = match place >= columns.numbers_from {
                true => Align::Right,
                false => Align::Left,
            };
            let style = Style {
                face,
                size: columns.size,
                align,
            };
            let lines = wrapped(cell.as_ref(), width - 2.0 * PADDING, style);
            let height = lines.len() as f32 * columns.size * LEADING + 1.6 * PADDING;
            row.height = row.height.max(height);
            row.cells.push(Cell {
                x,
                width,
                lines,
                style,
            });
            x += width;
        }
        row
    }

    fn draw(&mut self, row: &Laid, head: bool) {
        let (top, bottom) = (self.y, self.y - row.height);
        let right = LEFT + self.width();
        if head {
            self.mark(Mark::Tint {
                x: LEFT,
                y: bottom,
                width: self.width(),
                height: row.height,
            });
            self.mark(Mark::Rule {
                from: [LEFT, top],
                to: [right, top],
            });
        }
        for cell in &row.cells {
            let mut y = top - 0.6 * PADDING;
            for line in &cell.lines {
                y -= cell.style.size * LEADING;
                let x = cell.x + PADDING;
                self.line(
                    line.clone(),
                    [x, y + cell.style.size * 0.18],
                    cell.width - 2.0 * PADDING,
                    cell.style,
                );
            }
            self.mark(Mark::Rule {
                from: [cell.x, top],
                to: [cell.x, bottom],
            });
        }
        self.mark(Mark::Rule {
            from: [right, top],
            to: [right, bottom],
        });
        self.mark(Mark::Rule {
            from: [LEFT, bottom],
            to: [right, bottom],
        });
        self.y = bottom;
    }
}

struct Laid {
    cells: Vec<Cell>,
    height: f32,
}

struct Cell {
    x: f32,
    width: f32,
    lines: Vec<Vec<u8>>,
    style: Style,
}
