//! Names as people have them, and as others write them down.

use fastrand::Rng;

use super::facts::Sex;
use super::words::{FAMILY, MEN, WOMEN};

/// Beginnings, middles and ends of further names.
const BEGIN: [&str; 20] = [
    "SU", "WAR", "HAR", "PUR", "SAS", "MUL", "KAR", "DAR", "RAH", "SET", "NUR", "ISM", "SUL",
    "YUL", "RUS", "HER", "MAR", "SAN", "WID", "ARI",
];
const MIDDLE: [&str; 8] = ["I", "A", "O", "U", "YA", "DI", "NA", "MI"];
const OF_MEN: [&str; 10] = [
    "ANTO", "YONO", "WAN", "DI", "MAN", "TORO", "JO", "DIN", "SON", "ADI",
];
const OF_WOMEN: [&str; 10] = [
    "ATI", "NINGSIH", "YANTI", "WATI", "INI", "ASIH", "LINA", "YAH", "SARI", "TUN",
];
/// Spellings of one sound.
const SOUNDS: [(&str, &str); 8] = [
    ("U", "OE"),
    ("J", "DJ"),
    ("C", "TJ"),
    ("I", "Y"),
    ("S", "Z"),
    ("F", "P"),
    ("H", ""),
    ("K", "Q"),
];

/// A name of one to three words.
pub(super) fn name(rng: &mut Rng, sex: Sex) -> String {
    let words = match rng.u32(0..20) {
        0..3 => 1,
        3..14 => 2,
        _ => 3,
    };
    let first = match (rng.bool(), sex) {
        (true, Sex::L) => rng.choice(MEN).unwrap_or_default().to_owned(),
        (true, Sex::P) => rng.choice(WOMEN).unwrap_or_default().to_owned(),
        (false, _) => made(rng, sex),
    };
    let mut name = first;
    for _ in 1..words {
        name.push(' ');
        name += &another(rng, sex);
    }
    name
}

/// The same name as another person writes it down, half of the time as it is.
pub(super) fn again(rng: &mut Rng, name: &str, sex: Sex) -> String {
    let words: Vec<&str> = name.split(' ').collect();
    let (Some((first, rest)), Some((last, before))) = (words.split_first(), words.split_last())
    else {
        return name.to_owned();
    };
    match rng.u32(0..100) {
        0..45 => name.to_owned(),
        45..63 => typo(rng, name),
        63..71 => {
            let once = typo(rng, name);
            typo(rng, &once)
        }
        71..78 => sound(rng, name),
        // The husband's or the father's name in place of the last word, or behind it.
        78..86 if sex == Sex::P && !before.is_empty() => {
            format!(
                "{} {}",
                before.join(" "),
                rng.choice(FAMILY).unwrap_or_default()
            )
        }
        78..86 => format!("{name} {}", another(rng, sex)),
        86..92 if !rest.is_empty() => {
            let initial: String = first.chars().take(1).collect();
            format!("{initial}. {}", rest.join(" "))
        }
        92..96 if !rest.is_empty() => format!("{} {first}", rest.join(" ")),
        96..98 if !before.is_empty() => before.join(" "),
        98 => format!("{last} {}", another(rng, sex)),
        _ => name.to_lowercase(),
    }
}

/// One letter wrong, lost, doubled, or two that changed places; never the first.
pub(super) fn typo(rng: &mut Rng, text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() < 3 {
        return text.to_owned();
    }
    let at = rng.usize(1..letters.len() - 1);
    let Some(letter) = letters.get(at).copied() else {
        return text.to_owned();
    };
    match rng.u32(0..4) {
        _ if letter == ' ' => letters.insert(at, rng.alphabetic().to_ascii_uppercase()),
        0 => letters
            .splice(at..=at, [rng.alphabetic().to_ascii_uppercase()])
            .for_each(drop),
        1 => letters.splice(at..=at, []).for_each(drop),
        2 => letters.insert(at, letter),
        _ => letters.swap(at, at + 1),
    }
    letters.into_iter().collect()
}

fn sound(rng: &mut Rng, name: &str) -> String {
    let fitting: Vec<_> = SOUNDS
        .iter()
        .filter(|(new, _)| name.contains(new))
        .collect();
    match rng.choice(fitting) {
        Some((new, other)) => name.replacen(new, other, 1),
        None => name.to_owned(),
    }
}

fn another(rng: &mut Rng, sex: Sex) -> String {
    match rng.u32(0..3) {
        0 => rng.choice(FAMILY).unwrap_or_default().to_owned(),
        _ => made(rng, sex),
    }
}

/// Some are much more common than others, as names are.
fn made(rng: &mut Rng, sex: Sex) -> String {
    let mut pick = |list: &[&'static str]| {
        let place = rng.usize(0..list.len()).min(rng.usize(0..list.len()));
        list.get(place).copied().unwrap_or_default()
    };
    let end = match sex {
        Sex::L => &OF_MEN,
        Sex::P => &OF_WOMEN,
    };
    [pick(&BEGIN), pick(&MIDDLE), pick(end)].concat()
}
