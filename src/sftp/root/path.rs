//! The one place where a client's path becomes canonical.

use crate::sftp::requests::refusal::Refusal;

/// Longest name of one file or folder, in bytes: what the file systems we run on take.
const NAME_BYTES: usize = 255;
/// Longest path, in bytes.
const PATH_BYTES: usize = 4096;
/// The one file at the top of a party's root.
pub(crate) const STATUS_FILE: &str = "STATUS.txt";

/// The folders at the top of a party's root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Area {
    /// Where the party drops deliveries.
    Inbox,
    /// Where responses wait for the party.
    Outbox,
    /// Where receipts wait for the party.
    Receipts,
    /// A folder that is served whole, without these three: the root itself.
    Whole,
}

impl Area {
    /// Those of a party's root, in the order of a listing.
    pub(crate) const ALL: [Self; 3] = [Self::Inbox, Self::Outbox, Self::Receipts];

    /// The folder's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Outbox => "outbox",
            Self::Receipts => "receipts",
            Self::Whole => "",
        }
    }

    /// Whether files inside may be changed.
    pub(crate) const fn writable(self) -> bool {
        matches!(self, Self::Inbox | Self::Whole)
    }
}

/// A path as the party sees it: absolute, without `.`, `..` or empty parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CanonicalPath {
    parts: Vec<String>,
}

/// What a canonical path means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// `/`.
    Root,
    /// `/STATUS.txt`.
    Status,
    /// One of the top folders itself.
    Area(Area),
    /// Something inside a top folder.
    Entry {
        /// Which one.
        area: Area,
        /// The folders between, outermost first.
        folders: &'a [String],
        /// The last part.
        name: &'a str,
    },
    /// Something that cannot exist.
    Nowhere,
}

impl CanonicalPath {
    /// Reads a client's path. Relative paths start at the root, and `..` stays inside it, as after a chroot.
    ///
    /// # Errors
    /// A NUL byte, a name over 255 bytes, or a path over 4,096 bytes.
    pub(crate) fn parse(raw: &str) -> Result<Self, Refusal> {
        if raw.len() > PATH_BYTES {
            return Err(Refusal::failure(
                "the path is too long: put this higher up, under shorter names",
            ));
        }
        if raw.contains('\0') {
            return Err(Refusal::failure(
                "a name cannot contain a NUL character: choose another",
            ));
        }
        let mut parts: Vec<String> = Vec::new();
        for part in raw.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop();
                }
                name if name.len() > NAME_BYTES => {
                    return Err(Refusal::failure(
                        "the name is longer than 255 bytes: choose a shorter one",
                    ));
                }
                name => parts.push(name.to_owned()),
            }
        }
        Ok(Self { parts })
    }

    /// What the path means in a party's root.
    pub(crate) fn target(&self) -> Target<'_> {
        let Some((top, rest)) = self.parts.split_first() else {
            return Target::Root;
        };
        let area = Area::ALL.into_iter().find(|area| area.name() == top);
        match (area, rest.split_last()) {
            (Some(area), None) => Target::Area(area),
            (Some(area), Some((name, folders))) => Target::Entry {
                area,
                folders,
                name,
            },
            (None, None) if top == STATUS_FILE => Target::Status,
            (None, _) => Target::Nowhere,
        }
    }

    /// What the path means in a folder that is served whole.
    pub(crate) fn target_in_whole(&self) -> Target<'_> {
        match self.parts.split_last() {
            None => Target::Area(Area::Whole),
            Some((name, folders)) => Target::Entry {
                area: Area::Whole,
                folders,
                name,
            },
        }
    }

    /// The path as text, from the root.
    pub(crate) fn absolute(&self) -> String {
        format!("/{}", self.parts.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Area, CanonicalPath, Target};

    #[test]
    fn paths_become_canonical() {
        for (raw, canonical) in [
            ("", "/"),
            (".", "/"),
            ("/", "/"),
            ("..", "/"),
            ("../../..", "/"),
            ("inbox", "/inbox"),
            ("/inbox/", "/inbox"),
            ("//inbox///a", "/inbox/a"),
            ("/inbox/../outbox/./b", "/outbox/b"),
            ("/inbox/../../../etc/passwd", "/etc/passwd"),
            ("inbox/…/ñ", "/inbox/…/ñ"),
            ("/inbox/..a", "/inbox/..a"),
            ("/inbox/\u{fffd}/e\u{301}", "/inbox/\u{fffd}/e\u{301}"),
        ] {
            assert_eq!(
                CanonicalPath::parse(raw).unwrap().absolute(),
                canonical,
                "{raw:?}"
            );
        }
    }

    #[test]
    fn only_the_known_places_exist() {
        for (raw, known) in [
            ("/", true),
            ("/inbox", true),
            ("/STATUS.txt", true),
            ("/inbox/a/b", true),
            ("/STATUS.txt/a", false),
            ("/status.txt", false),
            ("/Inbox", false),
            ("/etc/passwd", false),
            ("/../../etc", false),
            ("/inbox2/a", false),
        ] {
            let path = CanonicalPath::parse(raw).unwrap();
            assert_eq!(path.target() != Target::Nowhere, known, "{raw:?}");
        }
        let path = CanonicalPath::parse("outbox/a/b/c").unwrap();
        let Target::Entry {
            area,
            folders,
            name,
        } = path.target()
        else {
            panic!("an entry");
        };
        assert_eq!((area, name), (Area::Outbox, "c"));
        assert_eq!(folders, ["a", "b"]);
    }

    #[test]
    fn impossible_names_are_refused() {
        let long = format!("inbox/{}", "n".repeat(256));
        let deep = "a/".repeat(3000);
        for raw in ["inbox/a\0b", &long, &deep] {
            assert!(CanonicalPath::parse(raw).is_err(), "{raw:?}");
        }
        assert!(CanonicalPath::parse(&format!("inbox/{}", "n".repeat(255))).is_ok());
        assert!(CanonicalPath::parse("inbox/\u{fffd}").is_ok());
    }
}
