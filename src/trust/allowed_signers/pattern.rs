//! Pattern lists of `ssh_config(5)`: `*`, `?`, and `!` to exclude.

/// Longest pattern, in bytes; ssh-keygen lets a list with a longer one match nothing.
const LONGEST: usize = 1022;

/// Comma-separated patterns. A text matches when one pattern does and no excluding one does.
#[derive(Debug, Clone)]
pub(in crate::trust) struct PatternList(Vec<Pattern>);

#[derive(Debug, Clone)]
struct Pattern {
    excludes: bool,
    glob: String,
}

impl PatternList {
    /// `what` names the list's members in the error.
    pub(in crate::trust) fn parse(list: &str, what: &str) -> Result<Self, String> {
        list.split(',')
            .map(|text| {
                let (excludes, glob) = match text.strip_prefix('!') {
                    Some(glob) => (true, glob),
                    None => (false, text),
                };
                if glob.is_empty() || glob.len() > LONGEST {
                    return Err(format!("an empty or overlong {what} in the list"));
                }
                Ok(Pattern {
                    excludes,
                    glob: glob.to_owned(),
                })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub(in crate::trust) fn matches(&self, text: &str) -> bool {
        let mut hits = self
            .0
            .iter()
            .filter(|pattern| matches_glob(pattern.glob.as_bytes(), text.as_bytes()))
            .peekable();
        hits.peek().is_some() && hits.all(|pattern| !pattern.excludes)
    }
}

/// Goes back to the last `*` only, so the time is at most the product of the lengths.
fn matches_glob(mut pattern: &[u8], mut text: &[u8]) -> bool {
    let mut retry = None;
    loop {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => return true,
            (Some((b'*', after)), _) => {
                retry = Some((after, text));
                pattern = after;
            }
            (Some((p, after)), Some((t, rest))) if *p == b'?' || p == t => {
                pattern = after;
                text = rest;
            }
            _ => {
                let Some((after, [_, later @ ..])) = retry else {
                    return false;
                };
                retry = Some((after, later));
                pattern = after;
                text = later;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PatternList;

    #[test]
    fn lists_match_as_in_ssh_config() {
        let cases = [
            ("bkn", "bkn", true),
            ("bkn", "bkn2", false),
            ("BKN", "bkn", false),
            ("b?n", "bkn", true),
            ("b?n", "bn", false),
            ("*", "bkn", true),
            ("b*", "b", true),
            ("*b*k*n*", "xbxkxnx", true),
            ("*b*k*n*", "xbxnxkx", false),
            ("bpjs,bkn", "bkn", true),
            ("*,!bkn", "bkn", false),
            ("!bkn,*", "bkn", false),
            ("!bkn,*", "bpjs", true),
            ("!bpjs", "bkn", false),
            (
                "*a*a*a*a*a*a*a*a*a*a*b",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                false,
            ),
        ];
        for (list, text, expected) in cases {
            let list = PatternList::parse(list, "principal").unwrap();
            assert_eq!(list.matches(text), expected, "{list:?} {text}");
        }
    }

    #[test]
    fn an_empty_pattern_is_refused() {
        for list in ["", "bkn,", ",bkn", "!", "bkn,!"] {
            assert!(PatternList::parse(list, "principal").is_err(), "{list}");
        }
    }
}
