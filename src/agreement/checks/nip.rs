//! NIP: `YYYYMMDD` birth, `YYYYMM` CPNS start, sex `1`/`2`, serial `001`–`999`; no check digit.

use jiff::civil::Date;

use super::code::CheckCode;
use super::digits::{four, only, spreadsheet, two};
use super::sex::Sex;

/// What an employee number says about its holder.
#[derive(Clone, Copy)]
pub(super) struct Nip {
    /// Date of birth.
    pub(super) birth: Date,
    /// First day of the month in which service as CPNS began.
    pub(super) start: Date,
    /// Sex.
    pub(super) sex: Sex,
}

/// Reads 18 digits. Nothing is padded or converted: 9 digits, a shortened or a rounded number are refused.
pub(super) fn read(text: &str) -> Result<Nip, CheckCode> {
    let shape = CheckCode::NipBentuk;
    if !only(text) {
        return Err(if spreadsheet(text) {
            CheckCode::RusakSpreadsheet
        } else {
            shape
        });
    }
    match text.len() {
        9 => return Err(CheckCode::NipLama),
        10..=17 => return Err(CheckCode::RusakSpreadsheet),
        _ => {}
    }
    let digits: &[u8; 18] = text.as_bytes().try_into().map_err(|_| shape)?;
    let [
        y1,
        y2,
        y3,
        y4,
        m1,
        m2,
        d1,
        d2,
        s1,
        s2,
        s3,
        s4,
        t1,
        t2,
        sex,
        a,
        b,
        c,
    ] = *digits;
    // A contract worker has 21 to 29 where a PNS has the month.
    if t1 == b'2' && matches!(t2, b'1'..=b'9') {
        return Err(CheckCode::NiPppk);
    }
    if !century(y1, y2) || !century(s1, s2) {
        return Err(shape);
    }
    let birth = Date::new(four([y1, y2], [y3, y4]), two(m1, m2), two(d1, d2)).map_err(|_| shape)?;
    let start = Date::new(four([s1, s2], [s3, s4]), two(t1, t2), 1).map_err(|_| shape)?;
    let sex = match sex {
        b'1' => Sex::L,
        b'2' => Sex::P,
        _ => return Err(shape),
    };
    // A spreadsheet keeps 15 significant digits: the serial becomes 000, which is never given out.
    match [a, b, c] {
        [b'0', b'0', b'0'] => Err(CheckCode::RusakSpreadsheet),
        _ => Ok(Nip { birth, start, sex }),
    }
}

/// 19 or 20.
fn century(tens: u8, ones: u8) -> bool {
    matches!([tens, ones], [b'1', b'9'] | [b'2', b'0'])
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::read;
    use crate::agreement::checks::CheckCode;

    #[test]
    fn parts() {
        let nip = read("198003152005012001").unwrap_or_else(|c| panic!("{c:?}"));
        assert_eq!(
            (nip.birth, nip.start),
            (date(1980, 3, 15), date(2005, 1, 1))
        );
        assert_eq!(nip.sex.as_str(), "P");
        assert!(read("200002292024121999").is_ok());
    }

    #[test]
    fn refused() {
        use CheckCode::{NiPppk, NipBentuk, NipLama, RusakSpreadsheet};
        for (text, code) in [
            ("", NipBentuk),
            ("131234567", NipLama),
            ("19800315 200501 1 001", NipBentuk),
            ("'198003152005011001", NipBentuk),
            ("1980031520050110011", NipBentuk),
            ("12345678", NipBentuk),
            ("198003152005013001", NipBentuk),
            ("198002302005011001", NipBentuk),
            ("198102292005011001", NipBentuk),
            ("198003152005001001", NipBentuk),
            ("198003152005131001", NipBentuk),
            ("198003152005201001", NipBentuk),
            ("188003152005011001", NipBentuk),
            ("198003152105011001", NipBentuk),
            ("19800315200501100O", NipBentuk),
            ("198003152005211001", NiPppk),
            ("198003152021291001", NiPppk),
            ("1.98E+17", RusakSpreadsheet),
            ("1,98003E+17", RusakSpreadsheet),
            ("198003152005011001.0", RusakSpreadsheet),
            ("198003152005011000", RusakSpreadsheet),
            ("19800315200501100", RusakSpreadsheet),
        ] {
            assert_eq!(read(text).err(), Some(code), "{text}");
        }
    }
}
