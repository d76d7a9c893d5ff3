//! The two faces of the minutes, which every viewer has: their encoding and the widths of their letters.

use unicode_normalization::UnicodeNormalization;

/// A face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// Helvetica.
    Regular,
    /// Helvetica-Bold.
    Bold,
}

/// The text in WinAnsiEncoding (ISO 32000-1, annex D). What it has not becomes its base letter, or a question mark.
pub fn encode(text: &str) -> Vec<u8> {
    text.chars().map(byte_of).collect()
}

fn byte_of(c: char) -> u8 {
    direct(c)
        .or_else(|| [c].into_iter().nfkd().next().and_then(direct))
        .unwrap_or(b'?')
}

fn direct(c: char) -> Option<u8> {
    match c {
        ' '..='~' | '\u{a0}'..='\u{ac}' | '\u{ae}'..='\u{ff}' => u8::try_from(u32::from(c)).ok(),
        '…' => Some(0x85),
        '‘' => Some(0x91),
        '’' => Some(0x92),
        '“' => Some(0x93),
        '”' => Some(0x94),
        '•' => Some(0x95),
        '–' => Some(0x96),
        '—' => Some(0x97),
        _ => None,
    }
}

/// Width of an encoded text in thousandths of the font size.
pub fn width(face: Face, encoded: &[u8]) -> u32 {
    encoded
        .iter()
        .map(|byte| u32::from(width_of(face, *byte)))
        .sum()
}

fn width_of(face: Face, byte: u8) -> u16 {
    let widths = match face {
        Face::Regular => &REGULAR,
        Face::Bold => &BOLD,
    };
    let of = |byte: u8| widths.get(usize::from(byte.wrapping_sub(b' '))).copied();
    match byte {
        0x85 | 0x97 => 1000,
        0x91 | 0x92 => match face {
            Face::Regular => 222,
            Face::Bold => 278,
        },
        0x93 | 0x94 => match face {
            Face::Regular => 333,
            Face::Bold => 500,
        },
        0x95 => 350,
        0x96 => 556,
        0xb0 => 400,
        0xb7 => 278,
        0xc6 => 1000,
        0xe6 => 889,
        // Wider than the dotted letter.
        0xec..=0xef => 278,
        // An accent leaves a letter as wide as it is.
        0xc0.. => base_of(byte).and_then(of).unwrap_or(WIDEST),
        _ => of(byte).unwrap_or(WIDEST),
    }
}

/// The letter below the accent.
fn base_of(byte: u8) -> Option<u8> {
    let base = [char::from(byte)].into_iter().nfd().next()?;
    u8::try_from(base).ok().filter(u8::is_ascii)
}

/// For signs without a width here: rather too wide than over the margin.
const WIDEST: u16 = 1000;

/// From the space to the tilde; Adobe's metrics of the standard 14 fonts.
#[rustfmt::skip]
const REGULAR: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

#[rustfmt::skip]
const BOLD: [u16; 95] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611,
    975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556,
    333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
    611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
];

#[cfg(test)]
mod tests {
    use crate::agreement::minutes::is_printable;

    use super::{Face, direct, encode, width};

    #[test]
    fn what_the_agreement_may_say_can_be_shown() {
        let printable = (' '..='\u{ffff}').filter(|c| is_printable(*c));
        for c in printable {
            assert!(direct(c).is_some(), "{c}");
        }
        assert!(!is_printable('\n') && !is_printable('人') && !is_printable('\u{a0}'));
    }

    #[test]
    fn what_has_no_place_becomes_its_base_letter_or_a_question_mark() {
        assert_eq!(encode("Ő – ĝ 人"), b"O \x96 g ?");
    }

    #[test]
    fn letters_are_as_wide_as_the_metrics_say() {
        for (face, text, expected) in [
            (
                Face::Regular,
                "Halaman",
                722 + 556 + 222 + 556 + 833 + 556 + 556,
            ),
            (
                Face::Bold,
                "Halaman",
                722 + 556 + 278 + 556 + 889 + 556 + 611,
            ),
            (Face::Regular, "É", 667),
            (Face::Regular, "1–2", 556 * 3),
        ] {
            assert_eq!(width(face, &encode(text)), expected, "{text}");
        }
    }
}
