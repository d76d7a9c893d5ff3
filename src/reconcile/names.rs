//! Names of people, made comparable (domain §6). Raw values are kept and delivered; only the comparison normalises.

use std::collections::BTreeMap;

use strsim::jaro_winkler;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::agreement::NameRules;

/// What the comparison of two values says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// Equal as they are.
    Sama,
    /// Equal once normalised, or without spaces.
    SamaNormalisasi,
    /// Alike: a person decides.
    Mirip,
    /// Different.
    Beda,
}

impl Verdict {
    /// The word in `putusan`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sama => "SAMA",
            Self::SamaNormalisasi => "SAMA_NORMALISASI",
            Self::Mirip => "MIRIP",
            Self::Beda => "BEDA",
        }
    }

    /// Whether the values count as the same.
    pub fn agrees(self) -> bool {
        matches!(self, Self::Sama | Self::SamaNormalisasi)
    }
}

/// The normal form of a name: NFKC, upper case, no degrees after the first comma, no apostrophes, dots and hyphens
/// as spaces, no leading titles, abbreviations written out. Applying it again changes nothing.
pub fn normalise(rules: &NameRules, name: &str) -> Zeroizing<String> {
    Name::of(rules, &fold(name)).normal
}

/// Compares two names; the order of the two does not matter.
///
/// `same_birth_date` is `None` where one of the dates is unknown. Alike names with different birth dates are two people.
pub fn verdict(rules: &NameRules, a: &str, b: &str, same_birth_date: Option<bool>) -> Verdict {
    if a == b {
        return Verdict::Sama;
    }
    let (folded_a, folded_b) = (fold(a), fold(b));
    let (a, b) = (Name::of(rules, &folded_a), Name::of(rules, &folded_b));
    if a.normal.is_empty() || b.normal.is_empty() {
        return Verdict::Beda;
    }
    if letters(&a.normal).eq(letters(&b.normal)) {
        return Verdict::SamaNormalisasi;
    }
    if same_birth_date != Some(false) && a.resembles(&b, rules.similar_permille) {
        Verdict::Mirip
    } else {
        Verdict::Beda
    }
}

/// A name in the three forms in which it may meet another.
struct Name<'n> {
    /// All words, as folded.
    all: Vec<&'n str>,
    /// Without leading titles: with them a leading `H` is an initial, without it is *Haji*.
    untitled: Vec<&'n str>,
    /// And with abbreviations written out.
    normal: Zeroizing<String>,
}

impl<'n> Name<'n> {
    fn of(rules: &NameRules, folded: &'n str) -> Self {
        let all: Vec<_> = folded.split(' ').filter(|w| !w.is_empty()).collect();
        let untitled = without_titles(rules, &all).to_vec();
        let mut normal = Zeroizing::new(String::with_capacity(2 * folded.len() + 16));
        for (place, word) in untitled.iter().enumerate() {
            if place > 0 {
                normal.push(' ');
            }
            normal.push_str(expand(rules, word, place == 0 && untitled.len() > 1));
        }
        Self {
            all,
            untitled,
            normal,
        }
    }

    fn resembles(&self, other: &Self, permille: u16) -> bool {
        let (a, b) = (modern(&self.normal), modern(&other.normal));
        letters(&a).eq(letters(&b))
            || similarity(&self.normal, &other.normal) >= permille
            || similarity(&a, &b) >= permille
            || self.meets_by_initials(other)
    }

    /// Whether in any of their forms one name is the other with words shortened to initials.
    fn meets_by_initials(&self, other: &Self) -> bool {
        let (a, b): (Vec<_>, Vec<_>) = (
            self.normal.split(' ').collect(),
            other.normal.split(' ').collect(),
        );
        [&self.all, &self.untitled, &a].into_iter().any(|x| {
            [&other.all, &other.untitled, &b]
                .into_iter()
                .any(|y| by_initials(x, y))
        })
    }
}

/// One pass of folding can make way for another (`ŉ` holds an apostrophe), so it is repeated until it changes nothing.
pub(super) fn fold(name: &str) -> Zeroizing<String> {
    let mut folded = fold_once(name);
    for _ in 0..3 {
        let again = fold_once(&folded);
        if again == folded {
            break;
        }
        folded = again;
    }
    folded
}

/// Characters only: no title, no abbreviation.
fn fold_once(name: &str) -> Zeroizing<String> {
    let characters = name
        .chars()
        .filter(|c| !is_apostrophe(*c))
        .nfkc()
        .flat_map(char::to_uppercase)
        .nfkc()
        .take_while(|c| *c != ',')
        .filter(|c| !is_apostrophe(*c));
    let mut folded = Zeroizing::new(String::with_capacity(2 * name.len() + 16));
    for c in characters {
        if !is_separator(c) {
            folded.push(c);
        } else if !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    let end = folded.trim_end().len();
    folded.truncate(end);
    folded
}

/// Typewriter, typographic and modifier forms; the acute and grave accents serve as such on many keyboards.
fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '`' | '´' | '‘' | '’' | '‛' | 'ʻ' | 'ʼ' | 'ʽ' | 'ʾ' | 'ʿ' | '′' | '＇'
    )
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '.' | '-' | '\u{2010}'..='\u{2015}' | '−')
}

/// Drops leading titles, but never the last word: it is the name, whatever it looks like.
fn without_titles<'a, 'n>(rules: &NameRules, words: &'a [&'n str]) -> &'a [&'n str] {
    let mut rest = words;
    while let Some(shorter) = rest.get(title_words(rules, rest)..) {
        if shorter.is_empty() || shorter.len() == rest.len() {
            break;
        }
        rest = shorter;
    }
    rest
}

/// How many words the leading title takes: 0 for none, more than one for `K.H.`, whose dots became spaces.
fn title_words(rules: &NameRules, words: &[&str]) -> usize {
    for count in [3, 2] {
        let Some(first) = words.get(..count) else {
            continue;
        };
        let spelled = first.iter().all(|w| is_letter(w));
        if spelled && rules.titles.contains(&first.concat()) {
            return count;
        }
    }
    match words.first() {
        Some(word) if rules.titles.contains(*word) => 1,
        _ => 0,
    }
}

fn expand<'a>(rules: &'a NameRules, word: &'a str, first_of_many: bool) -> &'a str {
    let look_up = |table: &'a BTreeMap<String, String>| table.get(word).map(String::as_str);
    let first = first_of_many
        .then(|| look_up(&rules.first_word_expansions))
        .flatten();
    first.or_else(|| look_up(&rules.expansions)).unwrap_or(word)
}

/// Spelling since 1972: OE is U, TJ is C, DJ is J.
pub(super) fn modern(name: &str) -> Zeroizing<String> {
    let mut modern = Zeroizing::new(String::with_capacity(name.len()));
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        let new = match (c, rest.peek()) {
            ('O', Some('E')) => Some('U'),
            ('T', Some('J')) => Some('C'),
            ('D', Some('J')) => Some('J'),
            _ => None,
        };
        if new.is_some() {
            rest.next();
        }
        modern.push(new.unwrap_or(c));
    }
    modern
}

/// Jaro-Winkler in permille, rounded down. The measure itself depends on the order, so the order is fixed.
pub(super) fn similarity(a: &str, b: &str) -> u16 {
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    (jaro_winkler(a, b) * 1000.0 + 1e-9) as u16
}

/// Word by word equal or one short for the other, with at least one whole word in common.
pub(super) fn by_initials(a: &[&str], b: &[&str]) -> bool {
    let pairs = || a.iter().zip(b);
    a.len() == b.len()
        && pairs().all(|(x, y)| x == y || is_short_for(x, y) || is_short_for(y, x))
        && pairs().any(|(x, y)| x == y && !is_letter(x))
}

/// An initial, or two letters that stand in the word in this order, the first in front: `ST` may be *Siti*.
fn is_short_for(short: &str, word: &str) -> bool {
    let mut letters = word.chars();
    short.chars().count() <= 2
        && short.chars().next() == word.chars().next()
        && short.chars().all(|c| letters.any(|l| l == c))
}

fn is_letter(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some() && chars.next().is_none()
}

pub(super) fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|c| *c != ' ')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, any, prop_assert_eq, prop_oneof, proptest};
    use proptest::sample::select;

    use super::super::fixture::name_rules;
    use super::*;

    #[test]
    fn names_are_normalised() {
        for (raw, normal) in [
            ("Siti Aminah", "SITI AMINAH"),
            ("  siti \t aminah ", "SITI AMINAH"),
            ("Drs. H. Ahmad Fauzi, M.Si.", "AHMAD FAUZI"),
            ("Prof.Dr.Ir.Budi Santoso,M.Sc.,Ph.D", "BUDI SANTOSO"),
            ("DR. dr. Ratna", "RATNA"),
            ("K.H. Abd. Rahman", "ABDUL RAHMAN"),
            ("KH Abd Rahman", "ABDUL RAHMAN"),
            ("Hj. St. Aminah", "ST AMINAH"),
            ("M. Yusuf", "MUHAMMAD YUSUF"),
            ("H. M. Yusuf", "MUHAMMAD YUSUF"),
            ("Yusuf M.", "YUSUF M"),
            ("M.", "M"),
            ("H. M.", "M"),
            ("Muh. Ilham", "MUHAMMAD ILHAM"),
            ("Ilham Moch.", "ILHAM MUHAMMAD"),
            ("Ma'ruf", "MARUF"),
            ("Nur’aini", "NURAINI"),
            ("Jum´at", "JUMAT"),
            ("Abd-Rahman", "ABDUL RAHMAN"),
            ("Ｓｉｔｉ　Ａｍｉｎａｈ", "SITI AMINAH"),
            ("Siti， S.Pd", "SITI"),
            ("Ir", "IR"),
            ("Drs. Ir.", "IR"),
            ("", ""),
            (" ., ", ""),
            (", S.H.", ""),
        ] {
            assert_eq!(*normalise(&name_rules(), raw), normal, "{raw}");
        }
    }

    #[test]
    fn names_are_judged() {
        use Verdict::{Beda, Mirip, Sama, SamaNormalisasi as Normal};
        for (a, b, expected) in [
            ("Siti Aminah", "Siti Aminah", Sama),
            ("", "", Sama),
            ("Siti Aminah", "SITI  AMINAH", Normal),
            ("Siti Aminah, S.Pd.", "Siti Aminah", Normal),
            ("Hj. Siti Aminah", "Siti Aminah", Normal),
            ("Nur Aini", "Nur'aini", Normal),
            ("Abdul Rahman", "Abdulrahman", Normal),
            ("Abd. Rahman", "ABDURRAHMAN", Mirip),
            ("M. Yusuf", "Muhammad Yusuf", Normal),
            ("Muh Yusuf", "Mohamad Yusuf", Normal),
            ("Mochammad Yusuf", "M.Yusuf", Normal),
            ("Prof. Dr. H. Bambang", "Bambang", Normal),
            // H is Haji or an initial.
            ("H. Ahmad", "Ahmad", Normal),
            ("H. Ahmad", "Hasan Ahmad", Mirip),
            ("Ahmad H.", "Ahmad Hidayat", Mirip),
            ("H. Ahmad", "Hasan Basri", Beda),
            // ST is a degree or Siti: never dropped, never written out.
            ("St. Aminah", "Siti Aminah", Mirip),
            ("Aminah, ST", "Aminah", Normal),
            ("Aminah ST", "Aminah", Mirip),
            ("Aminah ST", "Siti Aminah", Beda),
            ("St. Aminah", "Aminah", Beda),
            // M is Muhammad only in front, and may be an initial even there.
            ("M. Yusuf", "Mansur Yusuf", Mirip),
            ("H. M. Yusuf", "Drs. Mansur Yusuf", Mirip),
            ("Yusuf M.", "Yusuf Muhammad", Mirip),
            ("M", "Muhammad", Beda),
            // Old spellings.
            ("Soekarno", "Sukarno", Mirip),
            ("Tjokro Djojo", "Cokro Joyo", Mirip),
            ("Djoko Soesilo", "Joko Susilo", Mirip),
            ("Oemar Bakrie", "Umar Bakri", Mirip),
            // Slips of the pen.
            ("Bambang Sutrisno", "Bambang Sutisno", Mirip),
            ("Fitriani", "Fitriyani", Mirip),
            ("R. A. Kartini", "Raden Ajeng Kartini", Mirip),
            ("A. B. Cahya", "Andi Budi Cahya", Mirip),
            ("A. B. C.", "Andi Budi Cahya", Beda),
            ("Agus Salim", "Agus Halim", Mirip),
            ("Budi", "Budiman Santoso", Beda),
            ("Siti Aminah", "Dewi Lestari", Beda),
            ("Ahmad Fauzi", "Fauzi Ahmad", Beda),
            ("Siti Aminah", "", Beda),
            (",", ".", Beda),
        ] {
            let found = verdict(&name_rules(), a, b, None);
            assert_eq!(found, expected, "{a} / {b}");
            let other_person = match expected {
                Mirip => Beda,
                same => same,
            };
            assert_eq!(
                verdict(&name_rules(), a, b, Some(true)),
                expected,
                "{a} / {b}"
            );
            assert_eq!(
                verdict(&name_rules(), a, b, Some(false)),
                other_person,
                "{a} / {b}"
            );
        }
    }

    /// Names made of what names are made of, and anything else now and then.
    fn names() -> impl Strategy<Value = String> {
        let parts = select(vec![
            "H", "Hj.", "M", "M.", "K.H.", "Drs.", "IR", "Abd", "Muh.", "Siti", "Soekarno",
            "Tjoet", "Djamal", "A", "'", "’", ",", ".", "-", " ", "ŉ", "\u{301}", "ß", "ﷺ", "É",
            "OE", "T", "J",
        ]);
        let word = prop_oneof![
            9 => parts.prop_map(str::to_owned),
            1 => any::<char>().prop_map(String::from),
        ];
        (proptest::collection::vec(word, 0..8), any::<bool>())
            .prop_map(|(words, spaced)| words.join(if spaced { " " } else { "" }))
    }

    proptest! {
        #[test]
        fn normalising_again_changes_nothing(name in names()) {
            let once = normalise(&name_rules(), &name);
            prop_assert_eq!(&*normalise(&name_rules(), &once), &*once);
        }

        #[test]
        fn the_order_of_two_names_does_not_matter(a in names(), b in names(), dates in any::<Option<bool>>()) {
            let rules = name_rules();
            prop_assert_eq!(verdict(&rules, &a, &b, dates), verdict(&rules, &b, &a, dates));
            prop_assert_eq!(verdict(&rules, &a, &a, dates), Verdict::Sama);
        }
    }
}
