//! What a spreadsheet shows of a number where that is not the number itself: the format `0000` makes 0007 of 7.

use std::collections::BTreeMap;

use quick_xml::events::Event;

use super::package::{Package, attribute};
use super::refusal::Refusal;

/// The part with the formats.
const STYLES: &str = "xl/styles.xml";

/// A number's format, as far as it shows more digits than the number has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shown {
    /// Nothing but zeros, so many: the digits with zeros before them.
    Zeros(usize),
    /// At least so many digits, with other characters between or around them.
    Otherwise(usize),
}

/// The formats of a workbook, by the index that cells name.
#[derive(Debug, Default)]
pub struct Formats(Vec<Option<Shown>>);

impl Formats {
    /// Reads the part, if there is one.
    pub fn read(package: &mut Package) -> Result<Self, Refusal> {
        let mut formats = Self::default();
        if !package.has(STYLES) {
            return Ok(formats);
        }
        let mut codes: BTreeMap<String, Shown> = BTreeMap::new();
        let mut of_cells = false;
        package.scan(STYLES, |event| {
            match event {
                Event::Start(e) | Event::Empty(e) => match e.local_name().as_ref() {
                    "numFmt" => {
                        let shown = attribute(e, "formatCode")?.and_then(|code| Shown::by(&code));
                        if let (Some(id), Some(shown)) = (attribute(e, "numFmtId")?, shown) {
                            codes.insert(id, shown);
                        }
                    }
                    "cellXfs" => of_cells = true,
                    "xf" if of_cells => {
                        let id = attribute(e, "numFmtId")?;
                        formats.0.push(id.and_then(|id| codes.get(&id).copied()));
                    }
                    _ => {}
                },
                Event::End(e) if e.local_name().as_ref() == "cellXfs" => of_cells = false,
                _ => {}
            }
            Ok(())
        })?;
        Ok(formats)
    }

    /// How a cell with this style shows the number that is written so; `None` if that shows no digit more.
    pub fn of(&self, style: usize, number: &str) -> Option<Shown> {
        let shown = self.0.get(style).copied().flatten()?;
        let (Shown::Zeros(least) | Shown::Otherwise(least)) = shown;
        let number: f64 = number.trim().parse().ok()?;
        let digits = format!("{:.0}", number.abs().trunc()).len();
        let plain = number >= 0.0 && number.fract() == 0.0;
        match shown {
            _ if digits >= least => None,
            Shown::Zeros(_) if plain => Some(shown),
            _ => Some(Shown::Otherwise(least)),
        }
    }
}

impl Shown {
    /// What a format code (ECMA-376 part 1, 18.8.31) makes of whole numbers; `None` if it adds no zeros before them.
    fn by(code: &str) -> Option<Self> {
        if code.len() > 1 && code.bytes().all(|b| b == b'0') {
            return Some(Self::Zeros(code.len()));
        }
        let zeros = code.split(';').map(least_digits).max().unwrap_or(0);
        (zeros > 1).then_some(Self::Otherwise(zeros))
    }
}

/// Zeros before the point, outside of quoted text, brackets and what is escaped.
fn least_digits(section: &str) -> usize {
    let mut zeros = 0;
    let mut characters = section.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => _ = characters.by_ref().find(|c| *c == '"'),
            '[' => _ = characters.by_ref().find(|c| *c == ']'),
            '\\' | '_' | '*' => _ = characters.next(),
            '0' => zeros += 1,
            '.' | 'E' | 'e' | 's' => break,
            _ => {}
        }
    }
    zeros
}

#[cfg(test)]
mod tests {
    use super::{Formats, Shown};

    #[test]
    fn a_format_tells_how_many_digits_are_shown() {
        use Shown::{Otherwise, Zeros};
        for (code, number, expected) in [
            ("0000", "7", Some(Zeros(4))),
            ("0000", "0", Some(Zeros(4))),
            ("0000", "1234", None),
            ("0000", "12345", None),
            ("0000", "-7", Some(Otherwise(4))),
            ("0000", "7.5", Some(Otherwise(4))),
            ("000\\-000", "7123", Some(Otherwise(6))),
            ("\"00\"0", "7", None),
            ("[Red]00;0", "7", Some(Otherwise(2))),
            ("0", "7", None),
            ("0.000", "7", None),
            ("#,##0", "7", None),
            ("0.00E+00", "7", None),
            ("mm:ss.000", "7", None),
            ("yyyy-mm-dd", "7", None),
        ] {
            let formats = Formats(vec![Shown::by(code)]);
            assert_eq!(formats.of(0, number), expected, "{code} {number}");
        }
    }
}
