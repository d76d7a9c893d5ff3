//! Which notice comes after which: a notice that was good once stays well signed, and must not bring back a key that has
//! gone since.
//!
//! The file itself says in a comment which notice it follows, so that keys and order change by one rename. Whoever
//! installs keys by hand writes no such comment; then the keys that are there tell.

use std::path::Path;

use jiff::Timestamp;

use crate::trust::allowed_signers::AllowedSigners;

use super::{Details, Refused};

/// What the comment begins with; the time at which the notice was issued follows.
const MARK: &str = "# padan keys accept: notice issued ";

/// How a notice stands to a file of the party.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// It is the next step from what the file holds.
    Next,
    /// The file has its keys already.
    Taken,
}

/// Judges the notice against the text of the file at `path`.
///
/// # Errors
/// [`Refused::Notice`] for one that the file has left behind, and for one that replaces keys which the file never had.
pub(super) fn order(
    path: &Path,
    text: &str,
    details: &Details,
    issued: Timestamp,
) -> Result<Order, Refused> {
    if followed(text).is_some_and(|last| issued < last) || is_behind(text, details) {
        return Err(Refused::Notice(format!(
            "the notice is older than what {} holds already, and would bring back a key that has been replaced; \
             take the newest one in receipts/, and ask the operator who gave you this one",
            path.display()
        )));
    }
    if details.old.iter().any(|key| holds(text, &key.public)) {
        return Ok(Order::Next);
    }
    // A party has the service's recipient of one kind, and the notice tells of both.
    if details.new.iter().any(|key| holds(text, &key.public)) {
        return Ok(Order::Taken);
    }
    Err(Refused::Notice(format!(
        "{} has none of the keys that the notice replaces: it is an old notice, or one before it was not taken; ask the \
         operator for the key in force, and compare its fingerprint on the telephone",
        path.display()
    )))
}

/// The text that follows the notice issued at this time.
pub(super) fn marked(text: &str, issued: Timestamp) -> String {
    format!("{MARK}{issued}\n{text}")
}

/// The text without the comment.
pub(super) fn unmarked(text: &str) -> String {
    text.split_inclusive('\n')
        .filter(|line| !line.starts_with(MARK))
        .collect()
}

/// When the notice was issued that the text follows.
fn followed(text: &str) -> Option<Timestamp> {
    let marks = text.lines().filter_map(|line| line.strip_prefix(MARK));
    marks.filter_map(|time| time.trim().parse().ok()).max()
}

/// Whether the file has a signer that begins later than every one of the notice.
fn is_behind(text: &str, details: &Details) -> bool {
    let latest = |text: &str| {
        let signers = AllowedSigners::parse(text).ok()?;
        signers.listed().filter_map(|signer| signer.from).max()
    };
    let notice = latest(&details.padan_signers.join("\n"));
    notice.is_some() && latest(text) > notice
}

/// Whether a line that counts has the key.
fn holds(text: &str, public: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.any(|line| line.contains(public))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::Timestamp;

    use super::super::{Details, Listed};
    use super::{Order, followed, marked, order, unmarked};

    const A: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJVuSFxAWKeygUu9YxqKfj31NDtr8sEYbbRDCQG/eSni";
    const B: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";
    const C: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// The notice by which `new` follows `old` from a day on.
    fn notice(old: &str, new: &str, day: &str) -> Details {
        let listed = |public: &str| {
            vec![Listed {
                public: public.to_owned(),
            }]
        };
        let line =
            |option, public| format!("padan namespaces=\"padan\",{option}=\"{day}Z\" {public}");
        Details {
            old: listed(old),
            new: listed(new),
            padan_signers: vec![line("valid-before", old), line("valid-after", new)],
            padan_recipients: vec![],
            padan_recipients_pq: vec![],
            host_keys: vec![],
        }
    }

    #[test]
    fn a_notice_is_taken_in_its_turn_alone() {
        let path = Path::new("padan_signers");
        let [first, second] = [notice(A, B, "20261201"), notice(B, C, "20270301")];
        let (early, late) = (at("2026-11-20T00:00:00Z"), at("2027-02-20T00:00:00Z"));
        let start = format!("padan namespaces=\"padan\" {A}\n");
        let after = |details: &Details, issued| {
            let lines: String = details
                .padan_signers
                .iter()
                .map(|l| format!("{l}\n"))
                .collect();
            marked(&lines, issued)
        };
        assert_eq!(order(path, &start, &first, early).unwrap(), Order::Next);
        let then = after(&first, early);
        assert_eq!(order(path, &then, &second, late).unwrap(), Order::Next);
        let told = |text: &str, details, issued| {
            order(path, text, details, issued).unwrap_err().to_string()
        };
        let now = after(&second, late);
        for file in [now.clone(), format!("{now}{}\n", first.padan_signers[0])] {
            assert!(told(&file, &first, early).contains("older than what padan_signers holds"));
            // What was installed by hand says it by its times.
            let by_hand = unmarked(&file);
            assert!(told(&by_hand, &first, early).contains("older than what padan_signers holds"));
        }
        // A comment about a key is no key.
        let skipped = format!("{start}# once {B}\n");
        assert!(
            told(&skipped, &second, late).contains("none of the keys that the notice replaces")
        );
        let alone = format!("padan namespaces=\"padan\" {C}\n");
        assert_eq!(order(path, &alone, &second, late).unwrap(), Order::Taken);
    }

    #[test]
    fn a_file_tells_which_notice_it_follows() {
        let time = at("2026-12-01T01:02:03Z");
        let text = "# ours\npadan …\n";
        let followed_text = marked(text, time);
        assert_eq!(followed(&followed_text), Some(time));
        assert_eq!(unmarked(&followed_text), text);
        assert_eq!(followed(text), None);
    }
}
