//! A YAML document as a tree that keeps doubled keys, so that they can be told instead of lost.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Most bytes a tree may hold: anchors let a small file unfold without end.
const LARGEST_TREE: usize = 16 << 20;

/// Rough cost of one node beside its text.
const NODE: usize = 64;

/// A value of the document.
#[derive(Debug)]
pub enum Node {
    /// Nothing was written.
    Empty,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as text.
    Number(String),
    /// Text, quoted or not.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Keys and values in the order of the file; a key may stand twice.
    Map(Vec<(String, Node)>),
    /// A value with a tag (`!name`), which no file of ours has.
    Tagged(String),
}

/// Parses one document; an empty file is [`Node::Empty`].
pub fn parse(text: &str) -> Result<Node, serde_yaml::Error> {
    let budget = Cell::new(LARGEST_TREE);
    Build(&budget).deserialize(serde_yaml::Deserializer::from_str(text))
}

/// Builds nodes as long as the budget lasts.
#[derive(Clone, Copy)]
struct Build<'b>(&'b Cell<usize>);

impl Build<'_> {
    fn spend<E: Error>(self, bytes: usize) -> Result<(), E> {
        match self.0.get().checked_sub(NODE + bytes) {
            Some(left) => {
                self.0.set(left);
                Ok(())
            }
            None => Err(E::custom(
                "its anchors (&name, *name) unfold to more than 16 MiB",
            )),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Build<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Build<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        self.spend(0)?;
        Ok(Node::Empty)
    }

    fn visit_none<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Empty)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        self.spend(0)?;
        Ok(Node::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        self.number(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        self.number(value)
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Node, E> {
        self.number(value)
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Node, E> {
        self.number(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        self.number(value)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        self.spend(text.len())?;
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        self.spend(0)?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        self.spend(0)?;
        let mut map = Vec::new();
        while let Some(Key(key)) = entries.next_key()? {
            self.spend(key.len())?;
            map.push((key, entries.next_value_seed(self)?));
        }
        Ok(Node::Map(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Node, A::Error> {
        let (tag, content) = data.variant::<String>()?;
        content.newtype_variant_seed(self)?;
        Ok(Node::Tagged(tag))
    }
}

impl Build<'_> {
    fn number<E: Error>(self, value: impl fmt::Display) -> Result<Node, E> {
        self.spend(0)?;
        Ok(Node::Number(value.to_string()))
    }
}

/// A key is taken as it is written, also where it looks like a number.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word before the colon")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Key, E> {
        Ok(Key(text.to_owned()))
    }
}
