//! The parties' words for their minutes, as they are written.

use crate::agreement::Minutes;
use crate::agreement::document::problem::Findings;
use crate::agreement::document::reader::{Section, Spot};
use crate::agreement::minutes::is_printable;

/// Longest sentence, in characters.
const LONGEST: usize = 600;
/// Most items of a list.
const MOST: usize = 20;

/// The `minutes` section; without one the minutes hold the figures and the agreement's numbers alone.
pub fn read(file: &Section<'_>, found: &mut Findings) -> Minutes {
    let spot = file.optional("minutes");
    let Some(section) = spot.and_then(|s| s.section(&["title", "basis", "declarations"], found))
    else {
        return Minutes::default();
    };
    let title = section
        .optional("title")
        .and_then(|spot| sentence(&spot, found));
    let mut list = |key| {
        let spot = section.optional(key);
        spot.map_or(vec![], |spot| sentences(&spot, found))
    };
    Minutes {
        title,
        basis: list("basis"),
        declarations: list("declarations"),
    }
}

fn sentences(spot: &Spot<'_>, found: &mut Findings) -> Vec<String> {
    let items = spot.items("a list of sentences", found).unwrap_or_default();
    if items.len() > MOST {
        let what = format!("{} sentences are more than {MOST}", items.len());
        spot.problem(found, what, "keep what a person will read");
    }
    items
        .iter()
        .filter_map(|item| sentence(item, found))
        .collect()
}

/// A sentence that paper can show.
fn sentence(spot: &Spot<'_>, found: &mut Findings) -> Option<String> {
    let text = spot.text("a sentence", found)?.trim();
    let length = text.chars().count();
    if length > LONGEST {
        let what = format!("a sentence of {length} characters");
        spot.problem(found, what, format!("write {LONGEST} at most"));
        return None;
    }
    if let Some(c) = text.chars().find(|c| !is_printable(*c)) {
        let what = format!(
            "the minutes cannot show the character U+{:04X}",
            u32::from(c)
        );
        spot.problem(found, what, "write it in one line, with Latin letters");
        return None;
    }
    Some(text.to_owned())
}
