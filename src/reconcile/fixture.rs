//! Small agreements and snapshots for the tests of this room.

use crate::agreement::NameRules;

/// Name rules as in the example agreement.
pub(super) fn name_rules() -> NameRules {
    let pairs = |text: &str| {
        text.split(' ')
            .filter_map(|p| p.split_once('='))
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .collect()
    };
    NameRules {
        titles: "DR DRS DRA IR PROF H HJ KH HAJI"
            .split(' ')
            .map(str::to_owned)
            .collect(),
        expansions: pairs(
            "MUH=MUHAMMAD MOH=MUHAMMAD MOCH=MUHAMMAD MHD=MUHAMMAD MOHAMAD=MUHAMMAD MOCHAMMAD=MUHAMMAD ABD=ABDUL",
        ),
        first_word_expansions: pairs("M=MUHAMMAD"),
        similar_permille: 920,
    }
}
