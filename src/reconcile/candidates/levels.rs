//! How much two values agree, in few levels: what the weights are estimated for, and what a person reads in `alasan`.

use super::super::names::{by_initials, letters, similarity};

/// Jaro-Winkler similarity, in permille, from which names are still somewhat alike.
const SOMEWHAT_ALIKE: u16 = 850;
/// Shortest word that two names can have in common: initials and particles are no evidence.
const SHORTEST_WORD: usize = 3;

/// How values of one kind are held against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Names of people in their normal form (domain §6), spelled as today.
    Name,
    /// Texts in upper case.
    Text,
    /// Digits of a day, the year first.
    Date,
    /// Digits of a number that names one person.
    Number,
    /// The same or not.
    Same,
}

/// One level and what is known of it before any data is seen.
pub(super) struct Level {
    /// The word in `alasan`.
    pub(super) word: &'static str,
    /// Share among pairs of one person.
    pub(super) m: f64,
    /// Share among pairs of two people.
    pub(super) u: f64,
}

/// Nothing to compare on at least one side: says nothing for or against.
pub(super) const MISSING: u8 = 0;
/// Of every kind the first level after [`MISSING`].
pub(super) const EQUAL: u8 = 1;
/// The word for [`MISSING`].
pub(super) const MISSING_WORD: &str = "KOSONG";

const fn level(word: &'static str, m: f64, u: f64) -> Level {
    Level { word, m, u }
}

const NAME: &[Level] = &[
    level("SAMA", 0.65, 0.000_5),
    level("MIRIP", 0.15, 0.002),
    level("AGAK_MIRIP", 0.06, 0.01),
    level("SEBAGIAN", 0.09, 0.05),
    level("BEDA", 0.05, 0.937_5),
];
const TEXT: &[Level] = &[
    level("SAMA", 0.75, 0.04),
    level("MIRIP", 0.12, 0.02),
    level("BEDA", 0.13, 0.94),
];
const DATE: &[Level] = &[
    level("SAMA", 0.85, 0.000_05),
    level("TERTUKAR", 0.03, 0.000_05),
    level("SATU_ANGKA", 0.05, 0.000_9),
    level("SEBAGIAN", 0.02, 0.006),
    level("TAHUN", 0.02, 0.03),
    level("BEDA", 0.03, 0.963),
];
const NUMBER: &[Level] = &[
    level("SAMA", 0.15, 0.000_005),
    level("SATU_ANGKA", 0.4, 0.000_5),
    level("DUA_ANGKA", 0.1, 0.004),
    level("BEDA", 0.35, 0.995_495),
];
const SAME: &[Level] = &[level("SAMA", 0.95, 0.5), level("BEDA", 0.05, 0.5)];

impl Likeness {
    /// All levels, the best first; a level's number is its place plus one.
    pub(super) fn levels(self) -> &'static [Level] {
        match self {
            Self::Name => NAME,
            Self::Text => TEXT,
            Self::Date => DATE,
            Self::Number => NUMBER,
            Self::Same => SAME,
        }
    }

    /// The word for a level.
    pub(super) fn word(self, level: u8) -> &'static str {
        let place = usize::from(level).checked_sub(1);
        let level = place.and_then(|place| self.levels().get(place));
        level.map_or(MISSING_WORD, |level| level.word)
    }

    /// Whether some equal values are rarer than others, so that meeting in one says more.
    pub(super) fn has_rare_values(self) -> bool {
        matches!(self, Self::Name | Self::Text)
    }

    /// The level of two values in the form in which they compare; the order of the two does not matter.
    pub(super) fn level(self, a: &str, b: &str, similar_permille: u16) -> u8 {
        if a.is_empty() || b.is_empty() {
            return MISSING;
        }
        if a == b {
            return EQUAL;
        }
        match self {
            Self::Name => name(a, b, similar_permille),
            Self::Text => text(a, b, similar_permille),
            Self::Date => date(a.as_bytes(), b.as_bytes()),
            Self::Number => number(a.as_bytes(), b.as_bytes()),
            Self::Same => 2,
        }
    }
}

fn name(a: &str, b: &str, similar_permille: u16) -> u8 {
    if letters(a).eq(letters(b)) {
        return EQUAL;
    }
    // Words in common are found first: most pairs have none and are not alike either, which is cheap to see.
    let common = common_words(a, b);
    let alike = match common || may_be_alike(a.as_bytes(), b.as_bytes()) {
        true => similarity(a, b),
        false => 0,
    };
    if alike >= similar_permille || same_words(a, b) || initials(a, b) {
        2
    } else if alike >= SOMEWHAT_ALIKE {
        3
    } else if common {
        4
    } else {
        5
    }
}

fn text(a: &str, b: &str, similar_permille: u16) -> u8 {
    if has_all_words(a, b) || has_all_words(b, a) {
        return 2;
    }
    match may_be_alike(a.as_bytes(), b.as_bytes()) && similarity(a, b) >= similar_permille {
        true => 2,
        false => 3,
    }
}

/// `YYYYMMDD`, or `YYMMDD` from inside a NIK.
fn date(a: &[u8], b: &[u8]) -> u8 {
    let parts = |digits: &[u8]| -> Option<[[u8; 2]; 2]> {
        let (_, [m1, m2, d1, d2]) = digits.split_last_chunk::<4>()?;
        Some([[*m1, *m2], [*d1, *d2]])
    };
    let year = |digits: &[u8]| digits.len().saturating_sub(4);
    let (Some([month_a, day_a]), Some([month_b, day_b])) = (parts(a), parts(b)) else {
        return 6;
    };
    let same_year = a.get(..year(a)) == b.get(..year(b));
    if same_year && month_a == day_b && day_a == month_b {
        return 2;
    }
    match slips(a, b) {
        Some(1) => 3,
        _ => match (same_year, month_a == month_b, day_a == day_b) {
            (true, true, _) | (true, _, true) | (_, true, true) => 4,
            (true, ..) => 5,
            _ => 6,
        },
    }
}

fn number(a: &[u8], b: &[u8]) -> u8 {
    match slips(a, b) {
        Some(1) => 2,
        Some(2) => 3,
        _ => 4,
    }
}

/// Digits that were mistaken; two neighbours that changed places are one slip. `None` for other lengths.
fn slips(a: &[u8], b: &[u8]) -> Option<usize> {
    if a.len() != b.len() {
        return None;
    }
    let mut places = a.iter().zip(b).enumerate().filter(|(_, (x, y))| x != y);
    match (places.next(), places.next(), places.next()) {
        (Some((at, (x, y))), Some((next, (v, w))), None) if next == at + 1 && x == w && y == v => {
            Some(1)
        }
        (_, None, _) => Some(1),
        (_, _, None) => Some(2),
        _ => Some(3),
    }
}

/// Words are looked at as bytes: a space is one byte in every text, and searching for a character is slower.
fn words(text: &str) -> impl Iterator<Item = &[u8]> {
    text.as_bytes().split(|byte| *byte == b' ')
}

fn has_word(text: &str, word: &[u8]) -> bool {
    words(text).any(|w| w == word)
}

fn has_all_words(text: &str, of: &str) -> bool {
    words(of).all(|word| has_word(text, word))
}

fn common_words(a: &str, b: &str) -> bool {
    words(a).any(|word| word.len() >= SHORTEST_WORD && has_word(b, word))
}

/// The same words in another order.
fn same_words(a: &str, b: &str) -> bool {
    a.len() == b.len() && has_all_words(a, b) && has_all_words(b, a)
}

/// Initials stand for words only where a name has some.
fn initials(a: &str, b: &str) -> bool {
    let short = |text: &str| words(text).any(|word| word.len() <= 2);
    if !short(a) && !short(b) {
        return false;
    }
    let (x, y): (Vec<&str>, Vec<&str>) = (a.split(' ').collect(), b.split(' ').collect());
    by_initials(&x, &y)
}

/// Whether the similarity can reach [`SOMEWHAT_ALIKE`]: a bound from the letters that both have, wherever they stand.
fn may_be_alike(a: &[u8], b: &[u8]) -> bool {
    if !a.is_ascii() || !b.is_ascii() {
        return true;
    }
    let mut counts = [0i8; 32];
    let mut count = |text: &[u8], by: i8| {
        for byte in text {
            if let Some(n) = counts.get_mut(usize::from(byte & 31)) {
                *n = n.saturating_add(by);
            }
        }
    };
    count(a, 1);
    count(b, -1);
    let apart: usize = counts.iter().map(|n| usize::from(n.unsigned_abs())).sum();
    let matching = (a.len() + b.len()).saturating_sub(apart) as f64 / 2.0;
    let jaro = (matching / a.len() as f64 + matching / b.len() as f64 + 1.0) / 3.0;
    let prefix = a.iter().zip(b).take(4).take_while(|(x, y)| x == y).count();
    let most = jaro + 0.1 * prefix as f64 * (1.0 - jaro);
    most * 1000.0 + 1.0 >= f64::from(SOMEWHAT_ALIKE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::{Likeness, may_be_alike, similarity};

    #[test]
    fn each_level_has_its_values() {
        use Likeness::{Date, Name, Number, Same, Text};
        for (likeness, a, b, word) in [
            (Name, "SITI AMINAH", "SITI AMINAH", "SAMA"),
            (Name, "NUR AINI", "NURAINI", "SAMA"),
            (Name, "SITI NURHALIZA", "SITI NURHALISA", "MIRIP"),
            (Name, "A FAUZI", "AHMAD FAUZI", "MIRIP"),
            (Name, "AHMAD FAUZI", "FAUZI AHMAD", "MIRIP"),
            (Name, "SRI WAHYUNI", "SRI WAHONO", "AGAK_MIRIP"),
            (Name, "HASAN BASRI", "HUSIN BASRI", "SEBAGIAN"),
            (Name, "SRI WAHYUNINGSIH", "SRI PERMATA LUBIS", "SEBAGIAN"),
            (Name, "SITI AMINAH", "BUDI SANTOSO", "BEDA"),
            (Name, "SITI AMINAH", "", "KOSONG"),
            (Text, "KOTA BANDUNG", "KOTA BANDUNG", "SAMA"),
            (Text, "KOTA BANDUNG", "BANDUNG", "MIRIP"),
            (Text, "KOTA BANDUNG", "KOTA BANDNUG", "MIRIP"),
            (Text, "KOTA BANDUNG", "SUKAMAJU", "BEDA"),
            (Date, "19800311", "19800311", "SAMA"),
            (Date, "19800311", "19801103", "TERTUKAR"),
            (Date, "19800311", "19800312", "SATU_ANGKA"),
            (Date, "19800312", "19800321", "SATU_ANGKA"),
            (Date, "19800311", "19810311", "SATU_ANGKA"),
            (Date, "19800311", "19800325", "SEBAGIAN"),
            (Date, "19800311", "19950311", "SEBAGIAN"),
            (Date, "19800311", "19801225", "TAHUN"),
            (Date, "19800311", "19751225", "BEDA"),
            // From inside a NIK, without the century.
            (Date, "800311", "801103", "TERTUKAR"),
            (Date, "800311", "801225", "TAHUN"),
            (Date, "80", "81", "BEDA"),
            (Number, "3174010001", "3174010001", "SAMA"),
            (Number, "3174010001", "3174010007", "SATU_ANGKA"),
            (Number, "3174010001", "3147010001", "SATU_ANGKA"),
            (Number, "3174010001", "3174020007", "DUA_ANGKA"),
            (Number, "3174010001", "3578020007", "BEDA"),
            (Number, "3174010001", "317401001", "BEDA"),
            (Same, "L", "L", "SAMA"),
            (Same, "L", "P", "BEDA"),
        ] {
            let level = |a, b| likeness.word(likeness.level(a, b, 920));
            assert_eq!(level(a, b), word, "{a} / {b}");
            assert_eq!(level(b, a), word, "{b} / {a}");
        }
    }

    #[test]
    fn shares_are_whole() {
        use Likeness::{Date, Name, Number, Same, Text};
        for likeness in [Name, Text, Date, Number, Same] {
            let sums = likeness
                .levels()
                .iter()
                .fold((0.0, 0.0), |(m, u), level| (m + level.m, u + level.u));
            assert!(
                (sums.0 - 1.0_f64).abs() < 1e-9 && (sums.1 - 1.0_f64).abs() < 1e-9,
                "{likeness:?} {sums:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn nothing_alike_is_passed_over(a in "[A-E ]{1,20}", b in "[A-E ]{1,20}") {
            let alike = similarity(&a, &b) >= super::SOMEWHAT_ALIKE;
            prop_assert!(!alike || may_be_alike(a.as_bytes(), b.as_bytes()));
        }

        #[test]
        fn the_order_does_not_matter(a in "[A-D ]{0,12}", b in "[A-D ]{0,12}", x in "[0-3]{0,9}", y in "[0-3]{0,9}") {
            use Likeness::{Date, Name, Number, Same, Text};
            for likeness in [Name, Text, Same] {
                prop_assert_eq!(likeness.level(&a, &b, 920), likeness.level(&b, &a, 920));
            }
            for likeness in [Date, Number] {
                prop_assert_eq!(likeness.level(&x, &y, 920), likeness.level(&y, &x, 920));
            }
        }
    }
}
