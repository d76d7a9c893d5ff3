//! Takes values out of a document and notes what is wrong instead of stopping at it.
//!
//! Every method gives `None` where it noted a problem (or where nothing was written), so that the caller goes
//! on with the rest and no problem hides another.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::place::Trail;
use super::problem::{Findings, Target};
use super::tree::Node;

/// A node and where it stands.
#[derive(Debug, Clone)]
pub struct Spot<'d> {
    node: &'d Node,
    trail: Trail,
}

/// A value and the node it was read from.
#[derive(Debug, Clone)]
pub struct Located<'d, T> {
    /// The value.
    pub value: T,
    /// Its node, for later problems with it.
    pub spot: Spot<'d>,
}

/// A text and its node.
pub type Word<'d> = Located<'d, &'d str>;

const MAP_REMEDY: &str = "write it as indented `key: value` lines";

/// A map whose keys are fixed words.
#[derive(Debug)]
pub struct Section<'d> {
    spot: Spot<'d>,
    entries: &'d [(String, Node)],
    /// Known keys that an unknown one was probably meant for: told once, not missed again.
    meant: Vec<String>,
}

impl<'d> Spot<'d> {
    /// A node at the end of a trail.
    pub fn new(node: &'d Node, trail: Trail) -> Self {
        Self { node, trail }
    }

    /// Its path, as `keys.signing`.
    pub fn path(&self) -> String {
        self.trail.to_string()
    }

    /// Notes a problem with the value.
    pub fn problem(
        &self,
        found: &mut Findings,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        found.problem(Target::Value(self.trail.clone()), what, remedy);
    }

    /// Notes a problem with the key, or with something missing under it.
    pub fn key_problem(
        &self,
        found: &mut Findings,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        found.problem(Target::Key(self.trail.clone()), what, remedy);
    }

    /// Notes a warning about the value.
    pub fn warning(
        &self,
        found: &mut Findings,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        found.warning(Target::Value(self.trail.clone()), what, remedy);
    }

    /// A map with these keys and no others.
    pub fn section(&self, known: &[&str], found: &mut Findings) -> Option<Section<'d>> {
        let Node::Map(all) = self.node else {
            let expected = format!("a section with {}", all_of(known));
            self.wrong_type(&expected, MAP_REMEDY, found);
            return None;
        };
        let mut meant = Vec::new();
        for (key, value) in self.entries("a section", found)? {
            if !known.contains(&key) {
                let what = format!("unknown key {}", quoted(key));
                value.key_problem(found, what, instead(key, known));
                meant.extend(nearest(key, known).map(str::to_owned));
            }
        }
        Some(Section {
            spot: self.clone(),
            entries: all,
            meant,
        })
    }

    /// A map with free keys, in the order of the file; a doubled key is a problem and stands once.
    pub fn entries(
        &self,
        expected: &str,
        found: &mut Findings,
    ) -> Option<Vec<(&'d str, Spot<'d>)>> {
        let Node::Map(entries) = self.node else {
            self.wrong_type(expected, MAP_REMEDY, found);
            return None;
        };
        let mut seen: Vec<(&'d str, Spot<'d>)> = Vec::with_capacity(entries.len());
        let mut names = BTreeSet::new();
        for (index, (key, node)) in entries.iter().enumerate() {
            let spot = Spot::new(node, self.trail.entry(index, key));
            if names.insert(key.as_str()) {
                seen.push((key, spot));
            } else {
                spot.key_problem(
                    found,
                    format!("the key {} stands twice", quoted(key)),
                    "keep one of the two",
                );
            }
        }
        Some(seen)
    }

    /// A list.
    pub fn items(&self, expected: &str, found: &mut Findings) -> Option<Vec<Spot<'d>>> {
        let Node::List(list) = self.node else {
            self.wrong_type(
                expected,
                "write it as [a, b, c] or one `- item` a line",
                found,
            );
            return None;
        };
        let items = list.iter().enumerate();
        Some(
            items
                .map(|(index, node)| Spot::new(node, self.trail.item(index)))
                .collect(),
        )
    }

    /// A list of texts; a text that stands twice is a problem.
    pub fn words(&self, expected: &str, found: &mut Findings) -> Option<Vec<Word<'d>>> {
        let mut words: Vec<Word<'d>> = Vec::new();
        for item in self.items(expected, found)? {
            let Some(value) = item.text("a word", found) else {
                continue;
            };
            if words.iter().any(|word| word.value == value) {
                let what = format!("{} stands twice", quoted(value));
                item.problem(found, what, "keep one of the two");
            } else {
                words.push(Located { value, spot: item });
            }
        }
        Some(words)
    }

    /// A text that is not empty.
    pub fn text(&self, expected: &str, found: &mut Findings) -> Option<&'d str> {
        let text = self.as_text();
        if text.is_none() {
            let remedy = match self.node {
                Node::Number(value) => format!("write \"{value}\", with quotes, if that is meant"),
                Node::Bool(value) => format!("write \"{value}\", with quotes, if that is meant"),
                _ => format!("write {expected}"),
            };
            self.wrong_type(expected, remedy, found);
        }
        text
    }

    /// A text with its own rule, as a date; `example` shows how it is written.
    pub fn parsed<T: FromStr>(
        &self,
        expected: &str,
        example: &str,
        found: &mut Findings,
    ) -> Option<Located<'d, T>>
    where
        T::Err: Display,
    {
        let Some(text) = self.as_text() else {
            self.wrong_type(expected, format!("write it as {example}"), found);
            return None;
        };
        match text.parse() {
            Ok(value) => Some(Located {
                value,
                spot: self.clone(),
            }),
            Err(error) => {
                let what = format!("{} is not {expected} ({error})", quoted(text));
                self.problem(found, what, format!("write it as {example}"));
                None
            }
        }
    }

    fn as_text(&self) -> Option<&'d str> {
        match self.node {
            Node::Text(text) if !text.trim().is_empty() => Some(text),
            _ => None,
        }
    }

    /// A whole number within a range.
    pub fn number<N>(&self, range: RangeInclusive<N>, found: &mut Findings) -> Option<N>
    where
        N: FromStr + PartialOrd + Display + Copy,
    {
        let (low, high) = (*range.start(), *range.end());
        let expected = format!("a whole number from {low} to {high}");
        let Node::Number(text) = self.node else {
            let remedy = match self.node {
                Node::Text(text) if text.parse::<u64>().is_ok() => {
                    format!(
                        "write {} without quotes or leading zeros",
                        text.trim_start_matches('0')
                    )
                }
                _ => format!("write {expected}"),
            };
            self.wrong_type(&expected, remedy, found);
            return None;
        };
        let number = text.parse().ok().filter(|n| range.contains(n));
        if number.is_none() {
            self.problem(
                found,
                format!("{text} is not {expected}"),
                format!("write {expected}"),
            );
        }
        number
    }

    /// `true` or `false`; `yes` and `no` are texts in YAML 1.2 and are refused.
    pub fn boolean(&self, found: &mut Findings) -> Option<bool> {
        match self.node {
            Node::Bool(value) => Some(*value),
            _ => {
                self.wrong_type(
                    "true or false",
                    "write true or false, without quotes",
                    found,
                );
                None
            }
        }
    }

    /// Whether a map stands here.
    pub fn is_section(&self) -> bool {
        matches!(self.node, Node::Map(_))
    }

    /// Whether a list stands here.
    pub fn is_list(&self) -> bool {
        matches!(self.node, Node::List(_))
    }

    fn wrong_type(&self, expected: &str, remedy: impl Into<String>, found: &mut Findings) {
        let what = format!("expected {expected}, found {}", self.described());
        match self.node {
            Node::Empty => self.key_problem(found, what, remedy),
            _ => self.problem(found, what, remedy),
        }
    }

    fn described(&self) -> String {
        match self.node {
            Node::Empty => "nothing".to_owned(),
            Node::Bool(value) => format!("the truth value {value}"),
            Node::Number(number) => format!("the number {number}"),
            Node::Text(text) => format!("the text {}", quoted(text)),
            Node::List(_) => "a list".to_owned(),
            Node::Map(_) => "a section of keys".to_owned(),
            Node::Tagged(tag) => format!("a value with the tag {}", quoted(tag)),
        }
    }
}

impl<'d> Section<'d> {
    /// The value of a key that must be there.
    pub fn required(&self, key: &str, found: &mut Findings) -> Option<Spot<'d>> {
        let spot = self.optional(key);
        if spot.is_none() && !self.meant.iter().any(|meant| meant == key) {
            self.spot.key_problem(
                found,
                format!("the key `{key}` is missing"),
                format!("add `{key}:` here"),
            );
        }
        spot
    }

    /// The value of a key that may be left out.
    pub fn optional(&self, key: &str) -> Option<Spot<'d>> {
        let index = self.entries.iter().position(|(name, _)| name == key)?;
        let (name, node) = self.entries.get(index)?;
        Some(Spot::new(node, self.spot.trail.entry(index, name)))
    }
}

/// "write `nip`" where a known word is near, else all known words.
pub fn instead<S: AsRef<str>>(word: &str, known: &[S]) -> String {
    match nearest(word, known) {
        Some(near) => format!("write `{near}`"),
        None if known.is_empty() => "remove it".to_owned(),
        None => format!("write one of {}", all_of(known)),
    }
}

/// The known word that was probably meant.
pub fn nearest<'k, S: AsRef<str>>(word: &str, known: &'k [S]) -> Option<&'k str> {
    similar(word, known).first().copied()
}

/// The known words that may have been meant, likeliest first: similar as a whole, or one slip away.
pub fn similar<'k, S: AsRef<str>>(word: &str, known: &'k [S]) -> Vec<&'k str> {
    let similarity = |candidate: &str| {
        let one_slip = strsim::damerau_levenshtein(word, candidate) <= 1;
        let whole = strsim::jaro_winkler(word, candidate);
        if one_slip { whole.max(0.9) } else { whole }
    };
    // A long text is no slip, and comparing it would take its time.
    let words = known.iter().map(AsRef::as_ref).filter(|_| word.len() <= 60);
    let mut near: Vec<_> = words
        .map(|candidate| (similarity(candidate), candidate))
        .filter(|(similarity, _)| *similarity >= 0.8)
        .collect();
    near.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    near.into_iter().map(|(_, candidate)| candidate).collect()
}

/// A text for a message: escaped, quoted and cut.
pub fn quoted(text: &str) -> String {
    let cut: String = text.chars().take(60).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{cut:?}{more}")
}

fn all_of<S: AsRef<str>>(words: &[S]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    words.join(", ")
}
