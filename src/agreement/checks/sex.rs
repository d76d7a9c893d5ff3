//! Sex: `L` (laki-laki, male) and `P` (perempuan, female).

use super::code::CheckCode;

/// The two values of `jenis_kelamin`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sex {
    /// Male.
    L,
    /// Female.
    P,
}

/// All agreed spellings (domain §3). `P` always means Perempuan, also beside `M`, `F` or `Pria`.
const SPELLINGS: [(&str, Sex); 10] = [
    ("L", Sex::L),
    ("P", Sex::P),
    ("M", Sex::L),
    ("F", Sex::P),
    ("1", Sex::L),
    ("2", Sex::P),
    ("Laki-laki", Sex::L),
    ("Perempuan", Sex::P),
    ("Pria", Sex::L),
    ("Wanita", Sex::P),
];

/// Reads any agreed spelling, in upper or lower case.
pub(super) fn read(text: &str) -> Result<Sex, CheckCode> {
    SPELLINGS
        .iter()
        .find(|(spelling, _)| spelling.eq_ignore_ascii_case(text))
        .map(|(_, sex)| *sex)
        .ok_or(CheckCode::JenisKelaminBentuk)
}

impl Sex {
    /// The normal form.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::L => "L",
            Self::P => "P",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn spellings() {
        for (text, normal) in [
            ("L", "L"),
            ("l", "L"),
            ("P", "P"),
            ("p", "P"),
            ("M", "L"),
            ("F", "P"),
            ("1", "L"),
            ("2", "P"),
            ("LAKI-LAKI", "L"),
            ("Laki-Laki", "L"),
            ("perempuan", "P"),
            ("PRIA", "L"),
            ("Wanita", "P"),
        ] {
            assert!(read(text).is_ok_and(|s| s.as_str() == normal), "{text}");
        }
        for text in ["", "W", "0", "3", "LP", "Laki", "X", "Ｌ"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
