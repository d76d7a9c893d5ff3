//! Grade and step: `I/a` to `III/d`, `IV/a` to `IV/e`.

use super::code::CheckCode;

/// All 17, in the order of rank.
const ALL: [&str; 17] = [
    "I/a", "I/b", "I/c", "I/d", "II/a", "II/b", "II/c", "II/d", "III/a", "III/b", "III/c", "III/d",
    "IV/a", "IV/b", "IV/c", "IV/d", "IV/e",
];

/// The normal form, and `GOLONGAN_DINORMALKAN` where `text` was another spelling, as `IIIa`, `3/a`, `III/A`.
pub(super) fn read(text: &str) -> Result<(&'static str, Option<CheckCode>), CheckCode> {
    if let Some(normal) = ALL.into_iter().find(|g| *g == text) {
        return Ok((normal, None));
    }
    spelled(text)
        .map(|normal| (normal, Some(CheckCode::GolonganDinormalkan)))
        .ok_or(CheckCode::GolonganBentuk)
}

/// A Roman or Arabic grade, one `/` or none, a step, in upper or lower case.
fn spelled(text: &str) -> Option<&'static str> {
    let (step, grade) = text.as_bytes().split_last()?;
    let grade: &[u8] = match grade.strip_suffix(b"/").unwrap_or(grade) {
        b"1" => b"I",
        b"2" => b"II",
        b"3" => b"III",
        b"4" => b"IV",
        roman => roman,
    };
    ALL.into_iter().find(|normal| {
        normal.as_bytes().split_last().is_some_and(|(last, rest)| {
            last.eq_ignore_ascii_case(step)
                && rest
                    .strip_suffix(b"/")
                    .is_some_and(|r| r.eq_ignore_ascii_case(grade))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{ALL, read};
    use crate::agreement::checks::CheckCode;

    #[test]
    fn normal_forms_stay() {
        for golongan in ALL {
            assert_eq!(read(golongan), Ok((golongan, None)));
        }
    }

    #[test]
    fn spellings() {
        let rewritten = Some(CheckCode::GolonganDinormalkan);
        for (text, normal) in [
            ("IIIa", "III/a"),
            ("3/a", "III/a"),
            ("3a", "III/a"),
            ("III/A", "III/a"),
            ("iii/a", "III/a"),
            ("IVE", "IV/e"),
            ("4e", "IV/e"),
            ("1D", "I/d"),
        ] {
            assert_eq!(read(text), Ok((normal, rewritten)), "{text}");
        }
        for text in [
            "",
            "/",
            "a",
            "III",
            "3",
            "III/e",
            "I/e",
            "V/a",
            "5/a",
            "0/a",
            "IIII/a",
            "III//a",
            "III a",
            "Penata Muda",
            "IX",
            "III/f",
            "ⅲ/a",
            "3.a",
        ] {
            assert_eq!(read(text), Err(CheckCode::GolonganBentuk), "{text}");
        }
    }
}
