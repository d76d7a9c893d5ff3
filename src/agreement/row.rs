//! One record as a sequence of text fields in one wiped buffer.

use std::fmt;

use zeroize::Zeroize;

/// Fields of one record. Its memory is wiped on drop and it never prints.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Row {
    bytes: String,
    ends: Vec<usize>,
}

impl Row {
    /// A record without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a field.
    pub fn push(&mut self, field: &str) {
        if self.bytes.len() + field.len() > self.bytes.capacity() {
            self.grow(field.len());
        }
        self.bytes.push_str(field);
        self.ends.push(self.bytes.len());
    }

    /// The field at `position`; empty where there is none.
    pub fn get(&self, position: usize) -> &str {
        let end = self.ends.get(position).copied().unwrap_or(0);
        let start = match position {
            0 => 0,
            p => self.ends.get(p - 1).copied().unwrap_or(end),
        };
        self.bytes.get(start..end).unwrap_or("")
    }

    /// All fields in order.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let field = self.bytes.get(start..*end).unwrap_or("");
            start = *end;
            field
        })
    }

    /// Replaces all fields: `text` is what they hold without anything between them, `ends` where each ends in it.
    pub fn lay(&mut self, text: &str, ends: &[usize]) {
        self.bytes.clear();
        if text.len() > self.bytes.capacity() {
            self.grow(text.len());
        }
        self.bytes.push_str(text);
        self.ends.clear();
        self.ends.extend_from_slice(ends);
    }

    /// Keeps the first `fields` of them.
    pub fn truncate(&mut self, fields: usize) {
        self.ends.truncate(fields);
        self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
    }

    /// What the fields hold, without anything between them.
    pub fn text(&self) -> &str {
        &self.bytes
    }

    /// Where each field ends in [`Row::text`].
    pub fn ends(&self) -> &[usize] {
        &self.ends
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it has no field.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Removes all fields and keeps the memory. The old text stays until it is written over or dropped.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Moves to a larger buffer and wipes the old one: a growing `String` would leave its text behind.
    fn grow(&mut self, by: usize) {
        let mut wider = String::with_capacity((self.bytes.len() + by).next_power_of_two().max(256));
        wider.push_str(&self.bytes);
        self.bytes.zeroize();
        self.bytes = wider;
    }
}

impl<S: AsRef<str>> Extend<S> for Row {
    fn extend<I: IntoIterator<Item = S>>(&mut self, fields: I) {
        let fields = fields.into_iter();
        self.ends.reserve(fields.size_hint().0);
        fields.for_each(|field| self.push(field.as_ref()));
    }
}

impl<S: AsRef<str>> FromIterator<S> for Row {
    fn from_iter<I: IntoIterator<Item = S>>(fields: I) -> Self {
        let mut row = Self::new();
        row.extend(fields);
        row
    }
}

impl Drop for Row {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row({} fields)", self.ends.len())
    }
}
