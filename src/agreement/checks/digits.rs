//! Digits and what spreadsheets do to them.

/// Whether `text` is made of ASCII digits alone; empty text is not.
pub(super) fn only(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The value of two digits; other bytes never reach it, see [`only`].
pub(super) fn two(tens: u8, ones: u8) -> i8 {
    let digit = |b: u8| b.wrapping_sub(b'0').min(9).cast_signed();
    digit(tens) * 10 + digit(ones)
}

/// The value of four digits.
pub(super) fn four(high: [u8; 2], low: [u8; 2]) -> i16 {
    let [a, b] = high;
    let [c, d] = low;
    i16::from(two(a, b)) * 100 + i16::from(two(c, d))
}

/// Whether a spreadsheet wrote this number: `1.98E+17`, `1,98E+17` or `198003152005011001.0`.
pub(super) fn spreadsheet(text: &str) -> bool {
    scientific(text) || decimal_tail(text)
}

/// Mantissa, `E`, exponent.
fn scientific(text: &str) -> bool {
    text.split_once(['e', 'E'])
        .is_some_and(|(mantissa, exponent)| {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            let mantissa = match mantissa.split_once(['.', ',']) {
                Some((whole, part)) => only(whole) && only(part),
                None => only(mantissa),
            };
            mantissa && only(exponent)
        })
}

/// Digits with a decimal part of zeros.
fn decimal_tail(text: &str) -> bool {
    text.split_once(['.', ',']).is_some_and(|(whole, part)| {
        only(whole) && !part.is_empty() && part.bytes().all(|b| b == b'0')
    })
}

#[cfg(test)]
mod tests {
    use super::{only, spreadsheet, two};

    #[test]
    fn digits() {
        assert!(only("0123456789"));
        for text in ["", " 1", "1a", "١٢", "-1", "１"] {
            assert!(!only(text), "{text}");
        }
        assert_eq!(two(b'4', b'2'), 42);
    }

    #[test]
    fn damage() {
        for text in [
            "1.98E+17",
            "1,98E+17",
            "1.98e17",
            "2E+12",
            "198003152005011001.0",
            "1,00",
        ] {
            assert!(spreadsheet(text), "{text}");
        }
        for text in [
            "",
            "E",
            "E+17",
            "1.98E+",
            "1.5",
            "1.",
            ".0",
            "198003152005011001",
            "1.2.0",
            "1E5E5",
        ] {
            assert!(!spreadsheet(text), "{text}");
        }
    }
}
