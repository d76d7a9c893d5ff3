//! The output of `sha256sum`, read strictly: what a manifest and a response's `SHA256SUMS` have in common.

use std::fmt::Write;

use crate::digest::Sha256Digest;

/// Largest list, in bytes.
pub const LARGEST: usize = 8 << 10;

/// One line: a digest and the name of a file in the same folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// From 1.
    pub number: usize,
    /// SHA-256 of the file.
    pub digest: Sha256Digest,
    /// Its name, without any path; nothing else about it is checked.
    pub name: &'a str,
}

/// The list is not plain `sha256sum` output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not plain sha256sum output")]
pub struct BadLine {
    /// Where, from 1, unless the list as a whole is no text or too large.
    pub number: Option<usize>,
}

/// Reads the raw bytes; the lines are never empty and no name stands twice.
///
/// `sha256sum -c` also takes `../`, duplicates and comments, so it is no model.
pub fn read(raw: &[u8]) -> Result<Vec<Line<'_>>, BadLine> {
    let whole = BadLine { number: None };
    if raw.len() > LARGEST {
        return Err(whole);
    }
    let text = std::str::from_utf8(raw).map_err(|_| whole)?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let number = index + 1;
        let bad = BadLine {
            number: Some(number),
        };
        let line = read_line(line, number).ok_or(bad)?;
        if lines.iter().any(|earlier| earlier.name == line.name) {
            return Err(bad);
        }
        lines.push(line);
    }
    Ok(lines)
}

/// Writes a list as `sha256sum` does.
pub fn write<'a>(files: impl IntoIterator<Item = (Sha256Digest, &'a str)>) -> String {
    files
        .into_iter()
        .fold(String::new(), |mut list, (digest, name)| {
            // Writing to a String cannot fail.
            let _ = writeln!(list, "{digest}  {name}");
            list
        })
}

/// 64 hexadecimal digits, two spaces or a space and an asterisk, a name; CRLF comes from Windows tools.
fn read_line(line: &str, number: usize) -> Option<Line<'_>> {
    let line = line.strip_suffix('\r').unwrap_or(line);
    let (digest, rest) = line.split_at_checked(64)?;
    let name = rest
        .strip_prefix("  ")
        .or_else(|| rest.strip_prefix(" *"))?;
    if name.is_empty() || name.contains(['/', '\\']) {
        return None;
    }
    Some(Line {
        number,
        digest: digest.parse().ok()?,
        name,
    })
}

#[cfg(test)]
mod tests {
    use crate::delivery::Sha256Digest;

    use super::{read, write};

    const HEX: &str = "5b41362bc82b7f3d56edc5a306db22105707d01ff4819e26faef9724a2d406c9";

    #[test]
    fn what_sha256sum_writes_is_read() {
        let cases = [
            (format!("{HEX}  a.csv.age\n"), 1),
            (format!("{HEX}  a.csv.age"), 1),
            (format!("{HEX} *a.csv.age\r\n"), 1),
            (
                format!("{}  a.csv.age\r\n{HEX}  b\r\n", HEX.to_uppercase()),
                2,
            ),
        ];
        for (text, lines) in cases {
            assert_eq!(read(text.as_bytes()).map(|l| l.len()), Ok(lines), "{text}");
        }
        let digest = HEX.parse().unwrap();
        let written = write([(digest, "a"), (Sha256Digest::of(b""), "b")]);
        let names: Vec<_> = read(written.as_bytes())
            .unwrap()
            .iter()
            .map(|l| l.name)
            .collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn everything_else_is_refused_with_its_line() {
        let cases = [
            (String::new(), Some(1)),
            ("\n".to_owned(), Some(1)),
            (format!("{HEX}  a\n\n"), Some(2)),
            (format!("{HEX}  a\n{HEX}  a\n"), Some(2)),
            (format!("{HEX}  a\n# comment\n"), Some(2)),
            (format!("\u{feff}{HEX}  a\n"), Some(1)),
            (format!("\\{HEX}  a\n"), Some(1)),
            (format!("SHA256 (a) = {HEX}\n"), Some(1)),
            (format!("{HEX} a\n"), Some(1)),
            (format!("{HEX}\ta\n"), Some(1)),
            (format!("{HEX}  \n"), Some(1)),
            (format!("{HEX}  ../a\n"), Some(1)),
            (format!("{HEX}  ./a\n"), Some(1)),
            (format!("{HEX}  a\\b\n"), Some(1)),
            (format!("{}  a\n", HEX.replacen('5', "g", 1)), Some(1)),
            (format!("{}  a\n", HEX.strip_prefix("5").unwrap()), Some(1)),
            (format!("{}é  a\n", HEX.strip_prefix("5").unwrap()), Some(1)),
            (format!("{HEX}  a\n").repeat(200), None),
        ];
        for (text, number) in cases {
            assert_eq!(read(text.as_bytes()).unwrap_err().number, number, "{text}");
        }
        assert_eq!(read(b"\xff\xfe").unwrap_err().number, None);
    }
}
