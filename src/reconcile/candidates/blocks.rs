//! Which records are held against each other at all: those that have a block key in common.
//!
//! Several passes, each with its own key, so that no single mistake keeps two records apart. A block that is too large
//! is divided by a second key; what is too large even then is left out and counted.

use std::fmt::Write as _;

use zeroize::Zeroizing;

use crate::agreement::Row;

use super::facets::Facet;
use super::levels::Likeness;
use super::people::facet;

/// One way in which records are brought together.
pub(super) struct Pass {
    block: Vec<Piece>,
    refine: Vec<Piece>,
    /// Places of the facets that its keys are made of, as bits: what they say is no evidence within the pass.
    pub(super) within: u16,
}

/// What a block key is made of: a facet by its place, or something in it.
#[derive(Clone, Copy)]
enum Piece {
    /// All of it.
    Whole(usize),
    /// The first or the last word of a name, in the letters that survive most slips.
    FirstWord(usize),
    LastWord(usize),
    /// All words of a name, in any order.
    Words(usize),
    /// A date with day and month in any order.
    Day(usize),
    Year(usize),
    DayOfYear(usize),
    /// Half a number.
    Front(usize),
    Back(usize),
}

/// All pairs at once, for as few records as one block may hold.
pub(super) fn everyone() -> Vec<Pass> {
    vec![Pass {
        block: Vec::new(),
        refine: Vec::new(),
        within: 0,
    }]
}

/// The passes that these facets allow.
pub(super) fn passes(facets: &[Facet]) -> Vec<Pass> {
    use Piece::{Back, Day, DayOfYear, FirstWord, Front, LastWord, Whole, Words, Year};
    let places = |wanted: Likeness| {
        let all = facets.iter().enumerate();
        all.filter(move |(_, facet)| facet.likeness == wanted)
            .map(|(place, _)| place)
    };
    let first = |wanted| places(wanted).next();
    let (name, date) = (first(Likeness::Name), first(Likeness::Date));
    let text = first(Likeness::Text);
    let mut passes = Vec::new();
    let mut add = |block: &[Piece], refine: &[Option<Piece>]| {
        passes.push(Pass {
            block: block.to_vec(),
            refine: refine.iter().copied().flatten().collect(),
            within: block.iter().fold(0, |bits, p| bits | 1 << p.place()),
        });
    };
    if let Some(date) = date {
        add(&[Day(date)], &[name.map(FirstWord)]);
    }
    if let (Some(name), Some(date)) = (name, date) {
        add(&[FirstWord(name), Year(date)], &[Some(LastWord(name))]);
        add(&[LastWord(name), Year(date)], &[Some(FirstWord(name))]);
        add(&[FirstWord(name), DayOfYear(date)], &[Some(LastWord(name))]);
    }
    if let Some(name) = name {
        add(&[Words(name)], &[text.map(Whole).or(date.map(Year))]);
    }
    for number in places(Likeness::Number) {
        add(&[Whole(number)], &[name.map(FirstWord)]);
        match date {
            Some(date) => {
                add(&[Front(number), Year(date)], &[name.map(FirstWord)]);
                add(&[Back(number), Year(date)], &[name.map(FirstWord)]);
            }
            None => {
                add(&[Front(number)], &[name.map(FirstWord)]);
                add(&[Back(number)], &[name.map(FirstWord)]);
            }
        }
    }
    passes
}

impl Pass {
    /// The key under which a person's row is compared; `None` where a part of it is missing.
    pub(super) fn block_key(&self, person: &Row) -> Option<Zeroizing<String>> {
        key(&self.block, person)
    }

    /// The key that divides a block which is too large; empty where there is none.
    pub(super) fn refine_key(&self, person: &Row) -> Zeroizing<String> {
        key(&self.refine, person).unwrap_or_default()
    }
}

impl Piece {
    fn place(self) -> usize {
        match self {
            Self::Whole(place)
            | Self::FirstWord(place)
            | Self::LastWord(place)
            | Self::Words(place)
            | Self::Day(place)
            | Self::Year(place)
            | Self::DayOfYear(place)
            | Self::Front(place)
            | Self::Back(place) => place,
        }
    }

    /// Appends its text of one person; `None` where there is none.
    fn write(self, person: &Row, key: &mut Zeroizing<String>) -> Option<()> {
        let value = facet(person, self.place());
        let half = value.len() / 2;
        let date = value.len().checked_sub(4);
        match self {
            _ if value.is_empty() => return None,
            Self::Whole(_) => key.push_str(value),
            Self::FirstWord(_) => skeleton(value.split(' ').next()?, key),
            Self::LastWord(_) => skeleton(value.split(' ').next_back()?, key),
            Self::Words(_) => {
                let mut words: Vec<&str> = value.split(' ').collect();
                words.sort_unstable();
                words.iter().for_each(|word| skeleton(word, key));
            }
            Self::Day(_) => {
                let (year, rest) = value.split_at_checked(date?)?;
                let (month, day) = rest.split_at_checked(2)?;
                let (low, high) = (month.min(day), month.max(day));
                // Writing to a String cannot fail.
                let _ = write!(**key, "{year}{low}{high}");
            }
            Self::Year(_) => key.push_str(value.get(..date?)?),
            Self::DayOfYear(_) => key.push_str(value.get(date?..)?),
            Self::Front(_) => key.push_str(value.get(..half)?),
            Self::Back(_) => key.push_str(value.get(half..)?),
        }
        Some(())
    }
}

fn key(pieces: &[Piece], person: &Row) -> Option<Zeroizing<String>> {
    let mut key = Zeroizing::new(String::with_capacity(128));
    for piece in pieces {
        piece.write(person, &mut key)?;
        key.push('|');
    }
    Some(key)
}

/// A word without what is most often written otherwise: vowels, H and Y after its first letter, and doubled letters.
fn skeleton(word: &str, out: &mut Zeroizing<String>) {
    let mut last = None;
    for (place, letter) in word.chars().enumerate() {
        let soft = matches!(letter, 'A' | 'E' | 'I' | 'O' | 'U' | 'H' | 'Y');
        if (place == 0 || !soft) && last != Some(letter) {
            out.push(letter);
        }
        last = Some(letter);
    }
}
