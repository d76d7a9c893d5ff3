//! Card number: 13 digits, leading zeros kept, no checksum.

use super::code::CheckCode;
use super::digits::{only, spreadsheet};

/// Accepts 13 digits. Fewer are a spreadsheet's work (leading zeros lost): refused, never padded.
pub(super) fn check(text: &str) -> Result<(), CheckCode> {
    match (only(text), text.len()) {
        (true, 13) => Ok(()),
        (true, ..13) => Err(CheckCode::RusakSpreadsheet),
        (false, _) if spreadsheet(text) => Err(CheckCode::RusakSpreadsheet),
        _ => Err(CheckCode::KartuBentuk),
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::agreement::checks::CheckCode;

    #[test]
    fn cards() {
        use CheckCode::{KartuBentuk, RusakSpreadsheet};
        for (text, verdict) in [
            ("0001234567890", Ok(())),
            ("0000000000001", Ok(())),
            ("001234567890", Err(RusakSpreadsheet)),
            ("1234567890", Err(RusakSpreadsheet)),
            ("1.23457E+12", Err(RusakSpreadsheet)),
            ("1234567890123.0", Err(RusakSpreadsheet)),
            ("00012345678901", Err(KartuBentuk)),
            ("0001 234567890", Err(KartuBentuk)),
            ("000123456789A", Err(KartuBentuk)),
            ("", Err(KartuBentuk)),
        ] {
            assert_eq!(check(text), verdict, "{text}");
        }
    }
}
