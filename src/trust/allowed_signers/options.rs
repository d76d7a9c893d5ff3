//! The options of a line: for which namespaces, from when, until when.

use std::mem;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::pattern::PatternList;

/// What a line allows its key.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) namespaces: PatternList,
    /// The key signs nothing itself, but certificates of those who do.
    pub(super) is_authority: bool,
    pub(super) valid_after: Option<Timestamp>,
    pub(super) valid_before: Option<Timestamp>,
}

impl Options {
    /// Reads `name="value",name="value"`; names are case-insensitive, as in ssh-keygen.
    pub(super) fn parse(text: &str, local: &TimeZone) -> Result<Self, String> {
        let (mut namespaces, mut valid_after, mut valid_before) = (None, None, None);
        let mut is_authority = false;
        let mut rest = Some(text);
        while let Some(text) = rest {
            let (name, value, after) = split_option(text)?;
            let doubled = match (name.to_ascii_lowercase().as_str(), value) {
                ("namespaces", Some(value)) => namespaces
                    .replace(PatternList::parse(value, "namespace")?)
                    .is_some(),
                ("valid-after", Some(value)) => {
                    valid_after.replace(instant(value, local)?).is_some()
                }
                ("valid-before", Some(value)) => {
                    valid_before.replace(instant(value, local)?).is_some()
                }
                ("namespaces" | "valid-after" | "valid-before", None) => {
                    return Err(format!("{name} needs a value in double quotes"));
                }
                ("cert-authority", None) => mem::replace(&mut is_authority, true),
                ("cert-authority", Some(_)) => {
                    return Err("cert-authority takes no value".to_owned());
                }
                _ => {
                    return Err(
                        "an option other than namespaces, valid-after, valid-before and cert-authority, or no key type"
                            .to_owned(),
                    );
                }
            };
            if doubled {
                return Err(format!("{name} stands twice"));
            }
            rest = after;
        }
        if let (Some(after), Some(before)) = (valid_after, valid_before)
            && before <= after
        {
            return Err("valid-before is not later than valid-after".to_owned());
        }
        Ok(Self {
            namespaces: namespaces.ok_or(
                "no namespaces=: such a key could sign anything; add namespaces=\"padan\"",
            )?,
            is_authority,
            valid_after,
            valid_before,
        })
    }

    /// Whether the key's time is over at `at`.
    pub(super) fn has_expired(&self, at: Timestamp) -> bool {
        self.valid_before
            .is_some_and(|until| until.as_second() < at.as_second())
    }

    /// Whether the key is valid at `at`; both ends are included, in whole seconds.
    pub(super) fn covers(&self, at: Timestamp) -> bool {
        let second = at.as_second();
        self.valid_after
            .is_none_or(|from| from.as_second() <= second)
            && self
                .valid_before
                .is_none_or(|until| second <= until.as_second())
    }
}

/// The first option's name and value, and what follows its comma.
fn split_option(text: &str) -> Result<(&str, Option<&str>, Option<&str>), String> {
    let (name, rest) = text
        .find(['=', ','])
        .and_then(|end| text.split_at_checked(end))
        .unwrap_or((text, ""));
    let (value, rest) = match rest.strip_prefix('=') {
        None => (None, rest),
        Some(quoted) => {
            let (value, rest) = quoted
                .strip_prefix('"')
                .and_then(|quoted| quoted.split_once('"'))
                .ok_or_else(|| format!("write the value of {name} in double quotes"))?;
            if value.contains('\\') {
                return Err(format!("a backslash in the value of {name}"));
            }
            (Some(value), rest)
        }
    };
    match rest.strip_prefix(',') {
        Some("") => Err("a comma without an option behind it".to_owned()),
        Some(next) => Ok((name, value, Some(next))),
        None if rest.is_empty() => Ok((name, value, None)),
        None => Err(format!("put a comma behind the value of {name}")),
    }
}

/// `YYYYMMDD[HHMM[SS]][Z]`; without `Z` in the time zone `local`.
fn instant(text: &str, local: &TimeZone) -> Result<Timestamp, String> {
    let wrong = || format!("{text:?} is no time; write YYYYMMDDZ or YYYYMMDDHHMM[SS]Z");
    let (digits, zone) = match text.strip_suffix('Z') {
        Some(digits) => (digits, &TimeZone::UTC),
        None => (text, local),
    };
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let part = |from: usize, to: usize| {
        digits
            .get(from..to)
            .map_or(Some(0), |d| d.parse::<i8>().ok())
    };
    let time = (|| {
        let year = digits.get(..4)?.parse().ok()?;
        DateTime::new(
            year,
            part(4, 6)?,
            part(6, 8)?,
            part(8, 10)?,
            part(10, 12)?,
            part(12, 14)?,
            0,
        )
        .ok()
    })()
    .ok_or_else(wrong)?;
    let at = zone
        .to_ambiguous_timestamp(time)
        .unambiguous()
        .map_err(|_| format!("{text:?} falls into a clock change here; write it in UTC, with Z"))?;
    if at.as_second() <= 0 {
        return Err(wrong());
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::instant;

    #[test]
    fn times_are_utc_with_z_and_local_without() {
        let jakarta = TimeZone::get("Asia/Jakarta").unwrap();
        for (text, expected) in [
            ("20261122Z", "2026-11-22T00:00:00Z"),
            ("202611221305Z", "2026-11-22T13:05:00Z"),
            ("20261122130559Z", "2026-11-22T13:05:59Z"),
            ("20261122", "2026-11-21T17:00:00Z"),
            ("202611221305", "2026-11-22T06:05:00Z"),
        ] {
            assert_eq!(instant(text, &jakarta).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "Z",
            "2026",
            "20261322Z",
            "20260230Z",
            "2026112224Z",
            "202611222460Z",
            "20261122130560Z",
            "2026-11-22Z",
            "20261122z",
            "20261122UTC",
            "19691231Z",
            "٢٠٢٦١١٢٢Z",
        ] {
            assert!(instant(text, &TimeZone::UTC).is_err(), "{text}");
        }
    }

    #[test]
    fn a_local_time_that_is_skipped_or_doubled_is_refused() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        for text in ["202603290230", "202610250230"] {
            assert!(
                instant(text, &berlin).unwrap_err().contains("UTC"),
                "{text}"
            );
        }
    }
}
