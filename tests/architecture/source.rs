//! Rust source read just far enough: comments and texts blanked, paths into the crate's rooms found.

use std::fs;
use std::path::Path;

/// One file below `src/`.
pub struct Source {
    /// Its path, as `src/sftp/jail.rs`.
    pub path: String,
    /// Its code: comments, strings and characters are blanked, lines stay where they were.
    code: String,
}

/// All files below `src/`, except for the map.
pub fn files() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("src/lib.rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root).unwrap().display().to_string();
                found.push(Source::new(path, &text));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 50, "the source lies elsewhere");
    found
}

impl Source {
    pub fn new(path: String, text: &str) -> Self {
        let code = blanked(text);
        Self { path, code }
    }

    /// The room it belongs to: its top module.
    pub fn room(&self) -> String {
        let below = self.path.strip_prefix("src/").unwrap();
        let first = below.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first).to_owned()
    }

    /// Whether all of it is tests.
    pub fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs")
    }

    /// Every path into the crate, as `trust::key_file`, with its line.
    pub fn uses(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for root in ["crate::", "padan::"] {
            let mut from = 0;
            while let Some(at) = self.code[from..].find(root).map(|at| at + from) {
                from = at + root.len();
                let before = self.code[..at].chars().next_back();
                if before.is_some_and(|c| is_word(c) || c == '$') {
                    continue;
                }
                for (offset, path) in paths(&self.code[from..]) {
                    found.push((self.line_of(from + offset), path));
                }
            }
        }
        found.extend(self.climbs());
        found
    }

    /// Paths that climb to the crate's root by `super`.
    fn climbs(&self) -> Vec<(usize, String)> {
        let depth = self.path.trim_end_matches("/mod.rs").split('/').count() - 1;
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(at) = self.code[from..].find("super::").map(|at| at + from) {
            let rest = &self.code[at..];
            let climbed = rest.split("::").take_while(|word| *word == "super").count();
            from = at + climbed * "super::".len();
            if climbed >= depth + usize::from(self.in_tests(at)) {
                for (offset, path) in paths(&self.code[from..]) {
                    found.push((self.line_of(from + offset), path));
                }
            }
        }
        found
    }

    /// Whether this is inside `mod tests { … }`, one module deeper than the file.
    fn in_tests(&self, at: usize) -> bool {
        let before = &self.code[..at];
        let mut open = 0;
        before.find("mod tests {").is_some_and(|tests| {
            // Its first brace opens it, and where as many are closed it ends.
            before[tests..]
                .chars()
                .filter(|c| matches!(c, '{' | '}'))
                .all(|c| {
                    open += if c == '{' { 1 } else { -1 };
                    open > 0
                })
        })
    }

    /// Every word of the code with its line.
    pub fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.code.lines()).flat_map(|(number, line)| {
            line.split(|c: char| !is_word(c))
                .filter(|word| !word.is_empty())
                .map(move |word| (number, word))
        })
    }

    /// The lines that contain a piece of code.
    pub fn lines_with(&self, piece: &str) -> impl Iterator<Item = usize> {
        (1..)
            .zip(self.code.lines())
            .filter(move |(_, line)| line.contains(piece))
            .map(|(number, _)| number)
    }

    /// The attributes directly above a line.
    pub fn attributes_above(&self, line: usize) -> String {
        let lines: Vec<&str> = self.code.lines().take(line - 1).collect();
        let above = lines.iter().rev().map(|line| line.trim());
        above
            .take_while(|line| {
                line.is_empty() || line.starts_with('#') || line.ends_with([',', ']', ')'])
            })
            .collect()
    }

    /// From a line's brace to the next closing one.
    pub fn body_from(&self, line: usize) -> String {
        let rest: Vec<&str> = self.code.lines().skip(line - 1).collect();
        let rest = rest.join("\n");
        let body = rest.split_once('{').map_or("", |(_, body)| body);
        body.split('}').next().unwrap().to_owned()
    }

    fn line_of(&self, at: usize) -> usize {
        1 + self.code[..at].matches('\n').count()
    }
}

/// The paths that begin here, two segments deep: one, or those of a group `{a::b, c}`. With their offsets.
fn paths(code: &str) -> Vec<(usize, String)> {
    if !code.starts_with('{') {
        return vec![(0, head(code))];
    }
    let mut found = Vec::new();
    let mut depth = 0;
    let mut begins = false;
    for (offset, c) in code.char_indices() {
        match c {
            '{' => {
                depth += 1;
                begins = depth == 1;
            }
            '}' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            ',' => begins = depth == 1,
            c if begins && is_word(c) => {
                found.push((offset, head(&code[offset..])));
                begins = false;
            }
            _ => {}
        }
    }
    found
}

/// `room`, or `room::next` where a single name follows.
fn head(code: &str) -> String {
    let word = |text: &str| -> String { text.chars().take_while(|c| is_word(*c)).collect() };
    let first = word(code);
    let next = code[first.len()..].strip_prefix("::").map(word);
    match next {
        Some(next) if !next.is_empty() => format!("{first}::{next}"),
        _ => first,
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Replaces comments, strings and character literals by spaces.
fn blanked(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => string(rest),
            'r' if !code.ends_with(is_word) && raw_hashes(rest).is_some() => raw_string(rest),
            '\'' => character(rest),
            _ => 0,
        };
        if length == 0 {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            let (blank, after) = rest.split_at(length);
            code.extend(blank.chars().map(|c| if c == '\n' { c } else { ' ' }));
            rest = after;
        }
    }
    code
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// How many `#` a raw string has that begins here.
fn raw_hashes(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.chars().take_while(|c| *c == '#').count();
    after[hashes..].starts_with('"').then_some(hashes)
}

fn raw_string(text: &str) -> usize {
    let hashes = raw_hashes(text).unwrap();
    let end = format!("\"{}", "#".repeat(hashes));
    let open = hashes + 2;
    text[open..]
        .find(&end)
        .map_or(text.len(), |at| open + at + end.len())
}

/// A character literal; 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => text[2..].find('\'').map_or(0, |at| {
            // `'\''`: the quote that ends it is the next one.
            if at == 1 && text[2..].starts_with('\'') {
                4
            } else {
                at + 3
            }
        }),
        Some(_) => match chars.next() {
            Some((at, '\'')) => at + 1,
            _ => 0,
        },
        None => 0,
    }
}

#[test]
fn paths_are_found_in_every_form() {
    let text = r###"
use crate::fault::Fault;
use crate::{
    ledger::{Delivery, State},
    agreement::PartyId, files,
};
// crate::comment::no
/* crate::comment /* crate::nested */ crate::no */
fn f() { let _ = "crate::text \" crate::no"; let q = '"'; crate::trust::key_file::read(q, '\'', 'a') }
const R: &str = r#"crate::raw "quoted" "#; fn g<'a>(_: &'a crate::rejection::Code) {}
use super::super::snapshot::Reader;
use super::sibling;
mod tests { use super::super::claim::Job; use super::super::super::watch::Watch; }
fn f() { super::super::config::f() }
"###;
    let source = Source::new("src/pipeline/verify.rs".to_owned(), text);
    let found: Vec<String> = source
        .uses()
        .into_iter()
        .map(|(line, path)| format!("{line} {path}"))
        .collect();
    let expected = [
        "2 fault::Fault",
        "4 ledger",
        "5 agreement::PartyId",
        "5 files",
        "9 trust::key_file",
        "10 rejection::Code",
        "11 snapshot::Reader",
        "13 watch::Watch",
        "14 config::f",
    ];
    assert_eq!(found, expected);
}
