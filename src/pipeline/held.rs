//! Files of one delivery in an inbox, held so that nobody writes, replaces or removes them unnoticed.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::delivery::{DeliveryId, manifest};
use crate::fault::Fault;
use crate::files::{self, Moved};

use super::scan::open_unwritten;

/// Open files under exclusive locks: whoever writes one holds a shared lock, and nobody begins to as long as this lives.
#[derive(Debug)]
pub struct Held {
    here: PathBuf,
    /// The manifest first.
    files: Vec<(String, File)>,
}

impl Held {
    /// Holds all of them, or none if one is not there, no plain file, or open for writing.
    pub fn of(here: &Path, names: &[String]) -> Option<Self> {
        let files = names
            .iter()
            .map(|name| Some((name.clone(), open_unwritten(&here.join(name))?)))
            .collect::<Option<_>>()?;
        Some(Self {
            here: here.to_path_buf(),
            files,
        })
    }

    /// The id of the delivery whose manifest is held. It may be another than was seen before the locks were taken.
    pub fn id(&self) -> Option<DeliveryId> {
        let (_, file) = self.files.first()?;
        let mut raw = vec![0; manifest::LARGEST + 1];
        let mut length = 0;
        while let Some(rest) = raw.get_mut(length..).filter(|rest| !rest.is_empty()) {
            match file.read_at(rest, length as u64).ok()? {
                0 => break,
                n => length += n,
            }
        }
        Some(DeliveryId::of_manifest(raw.get(..length)?))
    }

    /// Moves all of them into a folder, their bytes on the disk first, the manifest last. False if one of the names led
    /// to another file by then: what came with it must not be trusted.
    pub fn move_into(&self, target: &Path) -> Result<bool, Fault> {
        files::create_dir(target)?;
        let mut same = true;
        for (name, file) in self.files.iter().rev() {
            file.sync_all()
                .map_err(Fault::io("sync a file of", &self.here))?;
            let path = target.join(name);
            same &= files::move_new(&self.here.join(name), &path)? == Moved::Yes
                && is_same(file, &path);
            if !same {
                break;
            }
        }
        files::sync_dir(target)?;
        if self.here.is_dir() {
            files::sync_dir(&self.here)?;
        }
        Ok(same)
    }

    /// Removes them, the manifest last: as long as it is there, the rest can be told from lonely files.
    pub fn remove(self) -> Result<(), Fault> {
        for (name, file) in self.files.iter().rev() {
            let path = self.here.join(name);
            if is_same(file, &path) {
                fs::remove_file(&path).map_err(Fault::io("remove a file from", &self.here))?;
            }
        }
        Ok(())
    }
}

/// Whether the path still leads to the very file that was opened.
fn is_same(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.symlink_metadata()) {
        (Ok(opened), Ok(named)) => (opened.dev(), opened.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::PathBuf;

    use tempfile::TempDir;

    use super::{DeliveryId, Held};

    const NAMES: [&str; 3] = ["a.sha256", "a.sha256.sig", "a.csv.age"];

    /// An inbox with one delivery, and what holds it.
    struct Inbox {
        dir: TempDir,
        held: Held,
    }

    impl Inbox {
        fn new() -> Self {
            let dir = TempDir::new().unwrap();
            let here = dir.path().join("inbox");
            fs::create_dir(&here).unwrap();
            for name in NAMES {
                fs::write(here.join(name), format!("the {name}")).unwrap();
            }
            let held = Held::of(&here, &NAMES.map(str::to_owned)).unwrap();
            Self { dir, held }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        /// Another file gets the name in one step: what a client's rename over it does.
        fn replace(&self, name: &str) {
            fs::write(self.path("other"), "another").unwrap();
            fs::rename(self.path("other"), self.path("inbox").join(name)).unwrap();
        }

        fn read(&self, name: &str) -> Option<String> {
            fs::read_to_string(self.path(name)).ok()
        }
    }

    #[test]
    fn what_nobody_touched_is_moved_whole() {
        let inbox = Inbox::new();
        assert!(inbox.held.move_into(&inbox.path("staged")).unwrap());
        for name in NAMES {
            let staged = inbox.read(&format!("staged/{name}")).unwrap();
            assert_eq!(staged, format!("the {name}"));
            assert_eq!(inbox.read(&format!("inbox/{name}")), None);
        }
    }

    #[test]
    fn a_file_replaced_while_held_is_not_taken_for_the_one_that_was() {
        for name in NAMES {
            let inbox = Inbox::new();
            inbox.replace(name);
            assert!(
                !inbox.held.move_into(&inbox.path("staged")).unwrap(),
                "{name}"
            );
        }
        let inbox = Inbox::new();
        fs::remove_file(inbox.path("inbox/a.csv.age")).unwrap();
        assert!(!inbox.held.move_into(&inbox.path("staged")).unwrap());
    }

    #[test]
    fn nothing_is_moved_over_what_lies_there() {
        let inbox = Inbox::new();
        fs::create_dir(inbox.path("staged")).unwrap();
        fs::write(inbox.path("staged/a.csv.age"), "earlier").unwrap();
        assert!(!inbox.held.move_into(&inbox.path("staged")).unwrap());
        assert_eq!(inbox.read("staged/a.csv.age").unwrap(), "earlier");
        assert_eq!(inbox.read("inbox/a.csv.age").unwrap(), "the a.csv.age");
    }

    #[test]
    fn the_id_is_that_of_the_manifest_under_the_lock() {
        let inbox = Inbox::new();
        let seen = DeliveryId::of_manifest(b"the a.sha256");
        assert_eq!(inbox.held.id(), Some(seen));
        inbox.replace("a.sha256");
        assert_eq!(inbox.held.id(), Some(seen), "the name is not asked again");

        let names = NAMES.map(str::to_owned);
        let again = Held::of(&inbox.path("inbox"), &names);
        assert!(again.is_none(), "the rest is held");
        let Inbox { dir, held } = inbox;
        drop(held);
        let held = Held::of(&dir.path().join("inbox"), &names).unwrap();
        assert_eq!(held.id(), Some(DeliveryId::of_manifest(b"another")));
    }

    #[test]
    fn what_was_replaced_meanwhile_is_not_removed() {
        for name in NAMES {
            let inbox = Inbox::new();
            inbox.replace(name);
            let Inbox { dir, held } = inbox;
            held.remove().unwrap();
            let left: Vec<_> = fs::read_dir(dir.path().join("inbox"))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            assert_eq!(left, [name]);
        }
    }

    #[test]
    fn one_open_writer_keeps_all_of_it_from_being_held() {
        let inbox = Inbox::new();
        let names = NAMES.map(str::to_owned);
        let Inbox { dir, held } = inbox;
        drop(held);
        let here = dir.path().join("inbox");
        let writer = File::open(here.join("a.csv.age")).unwrap();
        writer.lock_shared().unwrap();
        assert!(Held::of(&here, &names).is_none());
        // Nothing stays locked after the attempt.
        File::open(here.join("a.sha256"))
            .unwrap()
            .try_lock()
            .unwrap();
        drop(writer);
        assert!(Held::of(&here, &names).is_some());
        std::os::unix::fs::symlink("a.csv.age", here.join("link.csv.age")).unwrap();
        assert!(Held::of(&here, &["link.csv.age".to_owned()]).is_none());
    }
}
