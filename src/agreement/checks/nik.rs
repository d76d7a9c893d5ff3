//! NIK: province, regency, district (2 digits each), `DDMMYY` (women: day + 40), serial `0001`–`9999`.

use jiff::civil::Date;

use super::code::CheckCode;
use super::digits::{only, spreadsheet, two};
use super::sex::Sex;

/// What a population number says about its holder.
#[derive(Clone, Copy)]
pub(super) struct Nik {
    /// First two digits; a NIK keeps them when a province splits, so they are never compared with an address.
    pub(super) province: u8,
    /// Sex.
    pub(super) sex: Sex,
    day: i8,
    month: i8,
    year_of_century: i8,
}

/// Reads 16 digits.
pub(super) fn read(text: &str) -> Result<Nik, CheckCode> {
    let shape = CheckCode::NikBentuk;
    if !only(text) {
        return Err(if spreadsheet(text) {
            CheckCode::RusakSpreadsheet
        } else {
            shape
        });
    }
    let digits: &[u8; 16] = text.as_bytes().try_into().map_err(|_| shape)?;
    let [p1, p2, _, _, _, _, d1, d2, m1, m2, y1, y2, a, b, c, d] = *digits;
    let (day, sex) = match two(d1, d2) {
        day @ 1..=31 => (day, Sex::L),
        day @ 41..=71 => (day - 40, Sex::P),
        _ => return Err(shape),
    };
    let (month, year_of_century) = (two(m1, m2), two(y1, y2));
    // The century is unknown here. 2000 stands for it: every year that is a leap year in some century is one in 20xx.
    if Date::new(2000 + i16::from(year_of_century), month, day).is_err() {
        return Err(shape);
    }
    if [a, b, c, d] == *b"0000" {
        return Err(shape);
    }
    Ok(Nik {
        province: two(p1, p2).unsigned_abs(),
        sex,
        day,
        month,
        year_of_century,
    })
}

impl Nik {
    /// Whether it was given for this birth date; the century is the date's.
    pub(super) fn is_born(&self, birth: Date) -> bool {
        let year = birth.year().rem_euclid(100);
        (self.day, self.month) == (birth.day(), birth.month())
            && i16::from(self.year_of_century) == year
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::read;
    use crate::agreement::checks::CheckCode;

    #[test]
    fn parts() {
        for (text, province, sex, birth) in [
            ("3174011503800001", 31, "L", date(1980, 3, 15)),
            ("3174015503800001", 31, "P", date(1980, 3, 15)),
            ("3174015503801234", 31, "P", date(1980, 3, 15)),
            // The century comes from the column.
            ("1101010101050001", 11, "L", date(2005, 1, 1)),
            ("1101010101050001", 11, "L", date(1905, 1, 1)),
            ("9901012902009999", 99, "L", date(2000, 2, 29)),
            ("5171017112990001", 51, "P", date(1999, 12, 31)),
        ] {
            let nik = read(text).unwrap_or_else(|c| panic!("{text} {c:?}"));
            assert_eq!((nik.province, nik.sex.as_str()), (province, sex), "{text}");
            assert!(nik.is_born(birth), "{text}");
            assert!(!nik.is_born(date(1980, 3, 16)), "{text}");
        }
    }

    #[test]
    fn refused() {
        use CheckCode::{NikBentuk, RusakSpreadsheet};
        for (text, code) in [
            ("", NikBentuk),
            ("317401150380001", NikBentuk),
            ("31740115038000011", NikBentuk),
            ("3174010003800001", NikBentuk),
            ("3174013203800001", NikBentuk),
            ("3174014003800001", NikBentuk),
            ("3174017203800001", NikBentuk),
            ("3174013104800001", NikBentuk),
            ("3174012902810001", NikBentuk),
            ("3174016902810001", NikBentuk),
            ("3174011500800001", NikBentuk),
            ("3174011513800001", NikBentuk),
            ("3174011503800000", NikBentuk),
            ("3174 0115 0380 0001", NikBentuk),
            ("317401150380000X", NikBentuk),
            ("3.17401E+15", RusakSpreadsheet),
            ("3174011503800001.0", RusakSpreadsheet),
        ] {
            assert_eq!(read(text).err(), Some(code), "{text}");
        }
    }
}
