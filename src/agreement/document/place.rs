//! Where a node stands: its path for people, and its line and column as the parser knows them.
//!
//! serde_yaml tells a place only with an error. So a second pass walks to the node and fails there on purpose:
//! the place is always the parser's own.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The way from the document's root to a node.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trail(Vec<Step>);

/// One step down; ordered as in the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    /// Position among the entries of the map or the items of the list.
    index: usize,
    /// The key, or `None` for an item of a list.
    key: Option<String>,
}

impl Trail {
    /// The way to an entry of this map.
    pub fn entry(&self, index: usize, key: &str) -> Self {
        self.then(Step {
            index,
            key: Some(key.to_owned()),
        })
    }

    /// The way to an item of this list, from 0.
    pub fn item(&self, index: usize) -> Self {
        self.then(Step { index, key: None })
    }

    fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

/// As `datasets.pns.fields.nip` or `parties[1].name`; empty for the document itself.
impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, step) in self.0.iter().enumerate() {
            match &step.key {
                Some(key) if depth == 0 => write!(f, "{}", key.escape_debug())?,
                Some(key) => write!(f, ".{}", key.escape_debug())?,
                None => write!(f, "[{}]", step.index)?,
            }
        }
        Ok(())
    }
}

/// Line and column, both from 1, of the node's value.
pub fn of_value(text: &str, trail: &Trail) -> Option<(usize, usize)> {
    stop_at(text, trail, false)
}

/// Line and column, both from 1, of the key that opens the node; of an item of a list, its value.
pub fn of_key(text: &str, trail: &Trail) -> Option<(usize, usize)> {
    stop_at(text, trail, true)
}

fn stop_at(text: &str, trail: &Trail, at_key: bool) -> Option<(usize, usize)> {
    let walk = Walk {
        steps: &trail.0,
        at_key,
    };
    let error = walk
        .deserialize(serde_yaml::Deserializer::from_str(text))
        .err()?;
    error.location().map(|at| (at.line(), at.column()))
}

/// Goes down the steps and fails at their end.
#[derive(Clone, Copy)]
struct Walk<'t> {
    steps: &'t [Step],
    at_key: bool,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    /// Whatever is not walked into gives "invalid type" with its place, which is all that is wanted.
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the place of a problem")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let (step, rest) = self.steps.split_first().ok_or_else(here)?;
        for _ in 0..step.index {
            items.next_element::<IgnoredAny>()?;
        }
        items.next_element_seed(Walk {
            steps: rest,
            at_key: self.at_key,
        })?;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let (step, rest) = self.steps.split_first().ok_or_else(here)?;
        for _ in 0..step.index {
            entries.next_entry::<IgnoredAny, IgnoredAny>()?;
        }
        if rest.is_empty() && self.at_key {
            let key = Walk {
                steps: rest,
                at_key: false,
            };
            entries.next_key_seed(key)?;
            return Ok(());
        }
        entries.next_key::<IgnoredAny>()?;
        entries.next_value_seed(Walk {
            steps: rest,
            at_key: self.at_key,
        })
    }
}

fn here<E: Error>() -> E {
    E::custom("here")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a: 1\nb:\n  - x\n  - c: {d: 2, d: 3}\ne:\n  f: g\n";

    #[test]
    fn the_parser_tells_the_place_of_every_node() {
        let root = Trail::default();
        let b = root.entry(1, "b");
        let c = b.item(1).entry(0, "c");
        let f = root.entry(2, "e").entry(0, "f");
        let cases = [
            (root.entry(0, "a"), (1, 4), (1, 1)),
            (b.clone(), (3, 3), (2, 1)),
            (b.item(0), (3, 5), (3, 5)),
            (c.clone(), (4, 8), (4, 5)),
            (c.entry(1, "d"), (4, 18), (4, 15)),
            (f, (6, 6), (6, 3)),
        ];
        for (trail, value, key) in cases {
            assert_eq!(of_value(TEXT, &trail), Some(value), "value of {trail}");
            assert_eq!(of_key(TEXT, &trail), Some(key), "key of {trail}");
        }
    }

    #[test]
    fn a_trail_reads_as_a_path() {
        let trail = Trail::default()
            .entry(4, "parties")
            .item(1)
            .entry(0, "name");
        assert_eq!(trail.to_string(), "parties[1].name");
    }
}
