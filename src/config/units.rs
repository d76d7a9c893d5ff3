//! Times and sizes as people write them: `30s`, `10m`, `24h`, `90d`; `64KiB`, `10MiB`, `20GiB`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub Duration);

/// A size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

impl fmt::Display for Size {
    /// In the largest unit of which it is a whole number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
        let whole = |shift: u32| self.0 > 0 && self.0.trailing_zeros() >= shift;
        match units.iter().find(|(shift, _)| whole(*shift)) {
            Some((shift, unit)) => write!(f, "{}{unit}", self.0 >> shift),
            None => write!(f, "{}B", self.0),
        }
    }
}

/// Why a text is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadUnit {
    /// Not a whole number and a unit.
    #[error("write a whole number and, without a space, one of {0}")]
    Form(&'static str),
    /// Nothing can be configured with it.
    #[error("it is zero")]
    Zero,
    /// More than fits.
    #[error("it is too large")]
    TooLarge,
}

const TIMES: &str = "s, m, h, d";
const SIZES: &str = "B, KiB, MiB, GiB, TiB";

impl FromStr for Time {
    type Err = BadUnit;

    fn from_str(text: &str) -> Result<Self, BadUnit> {
        let (number, unit) = split(text, TIMES)?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return Err(BadUnit::Form(TIMES)),
        };
        let time = number.checked_mul(seconds).map(Duration::from_secs);
        // Longer than a century is a slip of the hand.
        time.filter(|t| t.as_secs() <= 36_525 * 86_400)
            .map(Self)
            .ok_or(BadUnit::TooLarge)
    }
}

impl FromStr for Size {
    type Err = BadUnit;

    fn from_str(text: &str) -> Result<Self, BadUnit> {
        let (number, unit) = split(text, SIZES)?;
        let shift = match unit {
            "B" => 0,
            "KiB" => 10,
            "MiB" => 20,
            "GiB" => 30,
            "TiB" => 40,
            _ => return Err(BadUnit::Form(SIZES)),
        };
        number
            .checked_mul(1 << shift)
            .map(Self)
            .ok_or(BadUnit::TooLarge)
    }
}

/// A number that is not zero, and what stands behind it.
fn split<'t>(text: &'t str, units: &'static str) -> Result<(u64, &'t str), BadUnit> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).unwrap_or(("", text));
    if number.is_empty() || unit.is_empty() {
        return Err(BadUnit::Form(units));
    }
    match number.parse() {
        Ok(0) => Err(BadUnit::Zero),
        Ok(number) => Ok((number, unit)),
        Err(_) => Err(BadUnit::TooLarge),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_written() {
        let cases = [
            ("30s", Ok(30)),
            ("10m", Ok(600)),
            ("24h", Ok(86_400)),
            ("90d", Ok(7_776_000)),
            ("036525d", Ok(36_525 * 86_400)),
            ("36526d", Err(BadUnit::TooLarge)),
            ("18446744073709551615d", Err(BadUnit::TooLarge)),
            ("99999999999999999999s", Err(BadUnit::TooLarge)),
            ("0s", Err(BadUnit::Zero)),
            ("", Err(BadUnit::Form(TIMES))),
            ("30", Err(BadUnit::Form(TIMES))),
            ("s", Err(BadUnit::Form(TIMES))),
            ("30 s", Err(BadUnit::Form(TIMES))),
            ("-30s", Err(BadUnit::Form(TIMES))),
            ("1.5h", Err(BadUnit::Form(TIMES))),
            ("30sec", Err(BadUnit::Form(TIMES))),
            ("٣s", Err(BadUnit::Form(TIMES))),
        ];
        for (text, seconds) in cases {
            let read = text.parse::<Time>().map(|time| time.0.as_secs());
            assert_eq!(read, seconds, "{text:?}");
        }
    }

    #[test]
    fn sizes_are_read_as_written() {
        let cases = [
            ("1B", Ok(1)),
            ("64KiB", Ok(64 << 10)),
            ("10MiB", Ok(10 << 20)),
            ("20GiB", Ok(20 << 30)),
            ("2TiB", Ok(2 << 40)),
            ("16777216TiB", Err(BadUnit::TooLarge)),
            ("0GiB", Err(BadUnit::Zero)),
            ("20GB", Err(BadUnit::Form(SIZES))),
            ("20gib", Err(BadUnit::Form(SIZES))),
            ("20", Err(BadUnit::Form(SIZES))),
            ("1.5GiB", Err(BadUnit::Form(SIZES))),
        ];
        for (text, bytes) in cases {
            let read = text.parse::<Size>().map(|size| size.0);
            assert_eq!(read, bytes, "{text:?}");
        }
    }

    #[test]
    fn sizes_are_written_as_read() {
        for text in [
            "1B", "1023B", "64KiB", "1025KiB", "10MiB", "20GiB", "2048TiB",
        ] {
            let size: Size = text.parse().unwrap();
            assert_eq!(size.to_string(), text);
        }
    }
}
