//! Tells what is not encrypted, by its name or by its beginning: it must not lie on our disk.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// How much of a file is looked at. The header of an age file is text, and may be longer.
const BEGINNING: u64 = 4 << 10;
/// How an age file begins, and an armored one.
const MAGIC: &[u8] = b"age-encryption.org/";
const ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
/// How `.xlsx`, `.ods` and `.zip` begin.
const ZIP: &[u8] = b"PK\x03\x04";

/// Whether a file begins as a text or an office document: whatever its name says, nobody encrypted it.
pub fn is_plain(path: &Path) -> bool {
    let mut beginning = Vec::new();
    let read = File::open(path).and_then(|file| file.take(BEGINNING).read_to_end(&mut beginning));
    if read.is_err() || beginning.is_empty() {
        return false;
    }
    let shortest = |magic: &'static [u8]| magic.get(..beginning.len()).unwrap_or(magic);
    // Also a header cut short, which is all text.
    let age = beginning.starts_with(shortest(MAGIC)) || beginning.starts_with(shortest(ARMOR));
    let control = |b: &u8| *b < 0x20 && !b"\t\n\r".contains(b);
    // The last character may be cut.
    let text = match std::str::from_utf8(&beginning) {
        Ok(_) => true,
        Err(e) => e.error_len().is_none(),
    };
    !age && (beginning.starts_with(ZIP) || (text && !beginning.iter().any(control)))
}

/// Names of tables as office programs write them: whatever is in them, it is not encrypted.
pub fn is_plain_table(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut stem = name.as_str();
    while let Some(shorter) = AROUND
        .iter()
        .chain(&UNFINISHED)
        .find_map(|ending| stem.strip_suffix(ending))
    {
        stem = shorter;
    }
    TABLES.iter().any(|ending| stem.ends_with(ending))
}

/// Endings of tables.
const TABLES: [&str; 5] = [".csv", ".tsv", ".xls", ".xlsx", ".ods"];
/// Endings that compressors and editors put behind them.
const AROUND: [&str; 6] = [".gz", ".zst", ".zip", ".bak", "~", ".swp"];
/// Endings that clients give to files they are still writing.
pub const UNFINISHED: [&str; 4] = [".filepart", ".part", ".partial", ".tmp"];

#[cfg(test)]
mod tests {
    use super::{is_plain, is_plain_table};

    #[test]
    fn a_renamed_table_is_known_by_its_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv.age");
        let age = b"age-encryption.org/v1\n-> X25519 abc\n--- def\n\x00\xff\x12".to_vec();
        for (content, plain) in [
            (b"nip,nama\n1,Siti\n".to_vec(), true),
            ("é".repeat(3000).into_bytes(), true),
            (b"PK\x03\x04\x00\x01".to_vec(), true),
            (age, false),
            (
                format!("age-encryption.org/v1\n{}", "-> X25519 abc\n".repeat(900)).into_bytes(),
                false,
            ),
            (b"age-encryption.org/v1\n-> X25519 abc\n".to_vec(), false),
            (b"age-enc".to_vec(), false),
            (
                b"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n".to_vec(),
                false,
            ),
            (b"age-encryption.org/v1\n-> X25519".to_vec(), false),
            (b"a".to_vec(), false),
            (vec![], false),
        ] {
            std::fs::write(&path, &content).unwrap();
            assert_eq!(is_plain(&path), plain, "{:?}", content.get(..8));
        }
    }

    #[test]
    fn tables_are_known_by_name_whatever_stands_around() {
        for name in [
            "a.csv",
            "A.XLSX",
            ".a.csv",
            "a.csv.gz",
            "a.csv.filepart",
            "a.ods~",
        ] {
            assert!(is_plain_table(name), "{name}");
        }
        for name in [
            "a.csv.age",
            "a.csv.gz.age",
            "a.sha256",
            "csv",
            "a.csv.age.filepart",
        ] {
            assert!(!is_plain_table(name), "{name}");
        }
    }
}
