//! Free text: its length and its characters; the value itself is kept as it came.

use super::code::CheckCode;

/// Accepts at most `max` characters without control characters. Line breaks (LF, CRLF) and tabs are normal in an
/// address; anything else invisible is a damaged export or an attack on the screen that shows it.
pub(super) fn check(text: &str, max: usize) -> Result<(), CheckCode> {
    if has_control(text) {
        return Err(CheckCode::KarakterKendali);
    }
    // Bytes are never fewer than characters, so most texts need no counting.
    if text.len() > max && text.chars().count() > max {
        return Err(CheckCode::KolomTerlaluPanjang);
    }
    Ok(())
}

/// The agreed word that equals `text` in upper or lower case.
pub(super) fn choose<'a>(text: &str, words: &'a [String]) -> Result<&'a str, CheckCode> {
    words
        .iter()
        .find(|word| word.eq_ignore_ascii_case(text))
        .map(String::as_str)
        .ok_or(CheckCode::PilihanTidakDikenal)
}

/// Whether a control character stands in it, apart from LF, CRLF and tab.
fn has_control(text: &str) -> bool {
    // 0xC2 leads the two-byte controls U+0080 to U+009F, among others.
    let suspicious = |b: u8| b < b' ' || b == 0x7f || b == 0xc2;
    if !text.bytes().any(suspicious) {
        return false;
    }
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let harmless = match c {
            '\n' | '\t' => true,
            '\r' => rest.next() == Some('\n'),
            _ => !c.is_control(),
        };
        if !harmless {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{check, choose};
    use crate::agreement::checks::CheckCode;

    #[test]
    fn texts() {
        use CheckCode::{KarakterKendali, KolomTerlaluPanjang};
        for (text, verdict) in [
            ("", Ok(())),
            ("Jl. Merdeka 1", Ok(())),
            ("satu\ndua\ttiga", Ok(())),
            ("satu\r\ndua", Ok(())),
            ("ÁÉÍÓÚÁÉÍÓÚÁÉÍÓÚÁÉÍÓÚ", Ok(())),
            ("12345678901234567890", Ok(())),
            ("123456789012345678901", Err(KolomTerlaluPanjang)),
            ("ÁÉÍÓÚÁÉÍÓÚÁÉÍÓÚÁÉÍÓÚÁ", Err(KolomTerlaluPanjang)),
            ("satu\rdua", Err(KarakterKendali)),
            ("satu\r", Err(KarakterKendali)),
            ("a\0b", Err(KarakterKendali)),
            ("a\u{1b}[2J", Err(KarakterKendali)),
            ("a\u{7f}", Err(KarakterKendali)),
            ("a\u{85}b", Err(KarakterKendali)),
            ("a\u{9b}b", Err(KarakterKendali)),
            ("a\u{a9}b", Ok(())),
        ] {
            assert_eq!(check(text, 20), verdict, "{text:?}");
        }
    }

    #[test]
    fn words() {
        let words = ["PNS".to_owned(), "PENSIUN_PNS".to_owned()];
        assert_eq!(choose("pns", &words), Ok("PNS"));
        assert_eq!(choose("Pensiun_PNS", &words), Ok("PENSIUN_PNS"));
        for text in ["", "PN", "PENSIUN PNS", "HONORER"] {
            assert_eq!(
                choose(text, &words),
                Err(CheckCode::PilihanTidakDikenal),
                "{text}"
            );
        }
    }
}
