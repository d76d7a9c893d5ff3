//! Whole numbers.

use super::code::CheckCode;
use super::digits::only;

/// The digits without leading zeros, where the value lies within the bounds.
pub(super) fn read(text: &str, min: u32, max: u32) -> Result<&str, CheckCode> {
    if !only(text) {
        return Err(CheckCode::AngkaBentuk);
    }
    let short = text.trim_start_matches('0');
    let normal = if short.is_empty() { "0" } else { short };
    match normal.parse::<u32>() {
        Ok(value) if (min..=max).contains(&value) => Ok(normal),
        _ => Err(CheckCode::AngkaDiLuarBatas),
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::agreement::checks::CheckCode;

    #[test]
    fn numbers() {
        use CheckCode::{AngkaBentuk, AngkaDiLuarBatas};
        for (text, verdict) in [
            ("0", Ok("0")),
            ("00", Ok("0")),
            ("07", Ok("7")),
            ("11", Ok("11")),
            ("12", Err(AngkaDiLuarBatas)),
            ("99999999999999999999", Err(AngkaDiLuarBatas)),
            ("", Err(AngkaBentuk)),
            ("-1", Err(AngkaBentuk)),
            ("+1", Err(AngkaBentuk)),
            ("1.0", Err(AngkaBentuk)),
            ("1 bulan", Err(AngkaBentuk)),
        ] {
            assert_eq!(read(text, 0, 11), verdict, "{text}");
        }
    }
}
