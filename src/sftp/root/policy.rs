//! What a party may do where. The only place that decides it (design §2, last paragraph).

use crate::sftp::limits::Limits;
use crate::sftp::requests::refusal::Refusal;
use crate::sftp::root::path::{Area, Target};

/// Bounds on what may be made in `inbox/`, so that a scan of it stays cheap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Folders one in the other.
    pub(crate) depth: usize,
    /// Longest name of a file or folder, in bytes.
    pub(crate) name_bytes: usize,
}

impl From<&Limits> for Bounds {
    fn from(limits: &Limits) -> Self {
        Self {
            depth: limits.depth,
            name_bytes: limits.name_bytes,
        }
    }
}

impl Bounds {
    /// The refusal of a folder, or of something in it, that would lie too deep.
    pub(crate) fn too_deep(self) -> Refusal {
        let message = format!(
            "folders in inbox/ may lie at most {} deep, one in the other: put this higher up",
            self.depth
        );
        Refusal::beyond("too many folders one in the other", message)
    }
}

/// What a request wants to do with a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Attributes, existence.
    Look,
    /// Names in a folder.
    List,
    /// Content of a file.
    Read,
    /// Create, overwrite, append to, truncate a file.
    Write,
    /// Times and modes.
    SetAttributes,
    /// Remove a file.
    Remove,
    /// Remove an empty folder.
    RemoveFolder,
    /// Make a folder.
    MakeFolder,
    /// Take a name away.
    RenameFrom,
    /// Give a name.
    RenameTo,
}

impl Action {
    /// Whether the action needs something that is already there; where nothing can be, it then is simply missing.
    const fn needs_existing(self) -> bool {
        !matches!(self, Self::Write | Self::MakeFolder | Self::RenameTo)
    }
}

/// Decides one action on one target.
///
/// # Errors
/// The refusal that the party is told, with what to do instead.
pub(crate) fn check(action: Action, target: Target<'_>, bounds: Bounds) -> Result<(), Refusal> {
    match (target, action) {
        (Target::Nowhere, action) if action.needs_existing() => Err(Refusal::missing()),
        (Target::Nowhere, _) => Err(Refusal::denied(
            "nothing can be stored here: put deliveries into inbox/",
        )),

        (_, Action::Look) | (Target::Root | Target::Area(_), Action::List) => Ok(()),

        (Target::Root | Target::Area(_), Action::Read) => Err(Refusal::is_folder()),
        (Target::Root | Target::Area(_), Action::MakeFolder) => Err(Refusal::failure(
            "this folder exists already: use it as it is",
        )),
        // Clients that keep times and modes of folders do so on the top folder too; nothing changes.
        (Target::Area(Area::Inbox | Area::Whole), Action::SetAttributes) => Ok(()),
        (Target::Root | Target::Area(_), _) => Err(Refusal::denied(
            "this folder is part of the service and stays as it is: work inside inbox/",
        )),

        (Target::Status, Action::Read) => Ok(()),
        (Target::Status, Action::List) => Err(Refusal::is_file()),
        (Target::Status, _) => Err(Refusal::denied(
            "STATUS.txt is written by the service and read-only: put deliveries into inbox/",
        )),

        (
            Target::Entry {
                area: Area::Inbox,
                folders,
                name,
            },
            action,
        ) => inbox(action, folders.len(), name, bounds),

        // Served for protocol suites: no rules but the jail's.
        (
            Target::Entry {
                area: Area::Whole, ..
            },
            _,
        ) => Ok(()),

        (
            Target::Entry { .. },
            Action::List | Action::Read | Action::Remove | Action::RemoveFolder,
        ) => Ok(()),
        (
            Target::Entry {
                area: Area::Outbox, ..
            },
            _,
        ) => Err(Refusal::denied(
            "outbox/ is read-only: put deliveries into inbox/",
        )),
        (
            Target::Entry {
                area: Area::Receipts,
                ..
            },
            _,
        ) => Err(Refusal::denied(
            "receipts/ is read-only: put deliveries into inbox/",
        )),
    }
}

/// Inside the inbox everything is allowed, down to a depth and with names up to a length.
fn inbox(action: Action, folders_above: usize, name: &str, bounds: Bounds) -> Result<(), Refusal> {
    let deepest = match action {
        Action::MakeFolder => folders_above + 1,
        Action::Write | Action::RenameTo => folders_above,
        _ => return Ok(()),
    };
    if deepest > bounds.depth {
        return Err(bounds.too_deep());
    }
    if name.len() > bounds.name_bytes {
        let message = format!(
            "names may have at most {} bytes: choose a shorter one",
            bounds.name_bytes
        );
        return Err(Refusal::beyond("the name is too long", message));
    }
    if name.chars().any(deceives) {
        return Err(Refusal::denied(
            "names may not contain control characters or ones that turn the direction of text: choose another",
        ));
    }
    Ok(())
}

/// Whether a terminal could obey the character, or show the name in another order than it has.
fn deceives(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use crate::sftp::requests::refusal::StatusCode;

    use super::{Action, Bounds, check};
    use crate::sftp::root::path::CanonicalPath;

    /// The rules as a table: a letter stands for what is allowed.
    /// l look, i list, r read, w write, a attributes, d remove, f remove folder, m make folder, s rename from, t rename to.
    const RULES: &[(&str, &str)] = &[
        ("/", "li"),
        ("/inbox", "lia"),
        ("/outbox", "li"),
        ("/receipts", "li"),
        ("/STATUS.txt", "lr"),
        ("/inbox/a", "lirwadfmst"),
        ("/inbox/1/2/3/4/5/6/7/x", "lirwadfmst"),
        ("/inbox/1/2/3/4/5/6/7/8/x", "lirwadfst"),
        ("/inbox/1/2/3/4/5/6/7/8/9/x", "liradfs"),
        ("/inbox/a_name_of_20_bytes_x", "lirwadfmst"),
        ("/inbox/a_name_of_21_bytes_xx", "liradfs"),
        ("/inbox/\u{1b}[2J", "liradfs"),
        ("/inbox/\u{7f}", "liradfs"),
        ("/inbox/\u{85}", "liradfs"),
        ("/inbox/a\u{202e}vsc", "liradfs"),
        ("/inbox/a\u{2069}", "liradfs"),
        ("/inbox/\u{200d}\u{2065}\u{202f}", "lirwadfmst"),
        ("/outbox/a_name_that_is_longer_than_20", "lirdf"),
        ("/outbox/a", "lirdf"),
        ("/outbox/a/b", "lirdf"),
        ("/receipts/a", "lirdf"),
        ("/etc/passwd", ""),
        ("/STATUS.txt/a", ""),
    ];

    const BOUNDS: Bounds = Bounds {
        depth: 8,
        name_bytes: 20,
    };

    const ACTIONS: &[(char, Action)] = &[
        ('l', Action::Look),
        ('i', Action::List),
        ('r', Action::Read),
        ('w', Action::Write),
        ('a', Action::SetAttributes),
        ('d', Action::Remove),
        ('f', Action::RemoveFolder),
        ('m', Action::MakeFolder),
        ('s', Action::RenameFrom),
        ('t', Action::RenameTo),
    ];

    #[test]
    fn each_place_allows_what_the_table_says() {
        for (raw, allowed) in RULES {
            let path = CanonicalPath::parse(raw).unwrap();
            let actual: String = ACTIONS
                .iter()
                .filter(|(_, action)| check(*action, path.target(), BOUNDS).is_ok())
                .map(|(letter, _)| letter)
                .collect();
            assert_eq!(&actual, allowed, "{raw}");
        }
    }

    #[test]
    fn refusals_say_what_to_do() {
        for (raw, action, code, part) in [
            (
                "/outbox/x",
                Action::Write,
                StatusCode::PermissionDenied,
                "put deliveries into inbox/",
            ),
            (
                "/receipts/x",
                Action::RenameFrom,
                StatusCode::PermissionDenied,
                "receipts/ is read-only",
            ),
            (
                "/x",
                Action::Write,
                StatusCode::PermissionDenied,
                "put deliveries into inbox/",
            ),
            ("/x", Action::Read, StatusCode::NoSuchFile, "no file"),
            (
                "/inbox",
                Action::RemoveFolder,
                StatusCode::PermissionDenied,
                "part of the service",
            ),
        ] {
            let path = CanonicalPath::parse(raw).unwrap();
            let refusal = check(action, path.target(), BOUNDS).unwrap_err();
            assert_eq!(refusal.code, code, "{raw}");
            assert!(refusal.message.contains(part), "{raw}: {}", refusal.message);
        }
    }
}
