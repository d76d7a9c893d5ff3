//! Makes the key that follows one of ours, and puts it in the old one's place when that has gone.
//!
//! Every step is one rename, and each can be done again: a process that is killed in between leaves keys of which the same
//! ones are in force as before.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use crate::fault::Fault;
use crate::files;

use super::envelope::NativeIdentity;
use super::generate::{age_identities, ssh_key_pair};
use super::key_file::generations::{
    self, Generation, end_note, retired_name, successor, with_ending,
};
use super::key_file::read_public;
use super::rotation::Role;

/// What lies beside a private key, and ends with it.
const PUBLIC: [&str; 2] = [".pub", "-cert.pub"];

/// What [`begin`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Begun {
    /// The new key lies there.
    Made(PathBuf),
    /// It lay there before, and takes the old one's place then.
    UnderWay(PathBuf, Timestamp),
    /// The new key of an earlier rotation is in force, and the old one has not been retired.
    NotRetired,
}

/// What [`finish`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Finished {
    /// The new key has the name of the old one, which is gone or opens only what came before.
    Retired,
    /// There is no new key.
    NothingToRetire,
    /// The new one takes the old one's place only then.
    TooEarly(Timestamp),
}

/// Lays a new key beside the one at `path`, which it follows at `switch`. Overwrites nothing.
pub fn begin(role: Role, path: &Path, switch: Timestamp, now: Timestamp) -> Result<Begun, Fault> {
    let all = generations::of(path)?;
    if let [_, .., newest] = all.as_slice() {
        return Ok(match newest.from {
            Some(from) if from > now => Begun::UnderWay(newest.path.clone(), from),
            _ => Begun::NotRetired,
        });
    }
    let place = successor(path, switch);
    let draft = draft(path);
    // Of a process that was killed: nobody has seen its key.
    files::remove_file(&draft)?;
    files::remove_file(&with_ending(&draft, ".pub"))?;
    make(role, &draft, now)?;
    files::rename(&with_ending(&draft, ".pub"), &with_ending(&place, ".pub"))?;
    files::rename(&draft, &place)?;
    // It was the end of the old one.
    files::remove_file(&end_note(path))?;
    Ok(Begun::Made(place))
}

/// Notes the day by which the newest key at `path` should have a successor.
pub fn note_end(path: &Path, day: jiff::civil::Date) -> Result<(), Fault> {
    write_public(&end_note(path), &format!("{day}\n"))
}

/// Puts the new key in the old one's place. An old age identity stays, for what came before `now`; any other is destroyed.
/// `early` does not wait for the new one's time.
pub fn finish(
    role: Role,
    path: &Path,
    certificate: Option<&Path>,
    now: Timestamp,
    early: bool,
) -> Result<Finished, Fault> {
    let all = generations::of(path)?;
    let Some((newest, older)) = all.split_last() else {
        return Ok(Finished::NothingToRetire);
    };
    if newest.path == path {
        tidy(path)?;
        return Ok(Finished::NothingToRetire);
    }
    match newest.from {
        Some(from) if from > now && !early => return Ok(Finished::TooEarly(from)),
        _ => {}
    }
    for (ending, target) in [
        (".pub", Some(with_ending(path, ".pub"))),
        ("-cert.pub", certificate.map(Path::to_path_buf)),
    ] {
        let source = with_ending(&newest.path, ending);
        if let Some(target) = target.filter(|_| role != Role::Age && source.exists()) {
            write_public(&target, &read_public(&source)?)?;
        }
    }
    match role {
        Role::Age => {
            tell_recipients(path, &with_ending(&newest.path, ".pub"))?;
            keep_for_the_archive(path, older, now)?;
        }
        _ => {
            for one in older.iter().filter(|one| one.path != path) {
                files::remove_file(&one.path)?;
            }
        }
    }
    files::rename(&newest.path, path)?;
    tidy(path)?;
    Ok(Finished::Retired)
}

/// Destroys a retired identity that nothing needs any more.
pub fn destroy(retired: &Path) -> Result<(), Fault> {
    files::remove_file(retired)
}

fn make(role: Role, draft: &Path, now: Timestamp) -> Result<(), Fault> {
    let comment = |what: &str| format!("padan-{what}");
    match role {
        Role::Signing => drop(ssh_key_pair(draft, &comment("signing"))?),
        Role::Host => drop(ssh_key_pair(draft, &comment("host"))?),
        Role::Age | Role::Store => {
            let both = [NativeIdentity::hybrid(), NativeIdentity::classical()];
            let recipients = age_identities(draft, now, both)?;
            let lines = recipients.map(|line| line + "\n").concat();
            write_public(&with_ending(draft, ".pub"), &lines)?;
        }
    }
    Ok(())
}

/// An identity that is retired opens only what came before; of a process that was killed here the name is free already.
fn keep_for_the_archive(path: &Path, older: &[Generation], now: Timestamp) -> Result<(), Fault> {
    // Names tell whole seconds: what came in the one that runs is before, too.
    let running = i64::from(now.subsec_nanosecond() > 0);
    for (further, one) in (0..).zip(older) {
        let until = now + SignedDuration::from_secs(running + further);
        files::rename(&one.path, &retired_name(path, until))?;
    }
    Ok(())
}

/// The recipients beside `age_identity.txt`, as `padan init` lays them out: one file for each kind.
fn tell_recipients(path: &Path, new: &Path) -> Result<(), Fault> {
    let text = read_public(new)?;
    let classical = path.with_extension("pub");
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let postquantum = path.with_file_name(format!("{stem}_pq.pub"));
    for line in text.lines() {
        let target = match line.starts_with("age1pq1") {
            true => &postquantum,
            false => &classical,
        };
        write_public(target, &format!("{line}\n"))?;
    }
    Ok(())
}

/// Removes public halves of successors whose private ones are gone.
fn tidy(path: &Path) -> Result<(), Fault> {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Ok(());
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    for (file, place) in files::list(folder)? {
        let Some(rest) = file.strip_prefix(name) else {
            continue;
        };
        let key = PUBLIC.iter().find_map(|ending| rest.strip_suffix(ending));
        let Some(key) = key.filter(|key| generations::is_successor(key)) else {
            continue;
        };
        if !with_ending(path, key).exists() {
            files::remove_file(&place)?;
        }
    }
    Ok(())
}

/// A file that everybody may read.
fn write_public(path: &Path, text: &str) -> Result<(), Fault> {
    files::write_whole(path, text.as_bytes())?;
    fs::set_permissions(path, Permissions::from_mode(0o644))
        .map_err(Fault::io("make readable", path))
}

/// Hidden, so that nobody takes half a key for a whole one.
fn draft(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".new");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    use jiff::Timestamp;
    use tempfile::TempDir;

    use super::{Begun, Finished, begin, draft, finish};
    use crate::trust::generate::ssh_key_pair;
    use crate::trust::key_file::generations;
    use crate::trust::key_file::read_ssh_key;
    use crate::trust::rotation::Role;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn in_force(path: &Path, now: Timestamp) -> String {
        let file = generations::in_force(path, now).unwrap();
        let key = read_ssh_key(&file).unwrap();
        key.public_key().to_openssh().unwrap()
    }

    fn start(dir: &TempDir) -> PathBuf {
        let path = dir.path().join("key");
        ssh_key_pair(&path, "first").unwrap();
        path
    }

    #[test]
    fn a_rotation_can_be_repeated_at_every_step() {
        let dir = TempDir::new().unwrap();
        let path = start(&dir);
        let (now, switch) = (at("2026-12-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
        // What a process left that was killed while it wrote.
        fs::write(draft(&path), "half a key").unwrap();
        let old = in_force(&path, now);
        let Begun::Made(new) = begin(Role::Signing, &path, switch, now).unwrap() else {
            panic!()
        };
        assert_eq!(
            fs::metadata(&new).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let again = begin(Role::Signing, &path, switch, now).unwrap();
        assert_eq!(again, Begun::UnderWay(new.clone(), switch));
        assert_eq!(
            begin(Role::Signing, &path, switch, switch).unwrap(),
            Begun::NotRetired
        );
        assert_eq!(in_force(&path, now), old);
        let next = in_force(&path, switch);
        assert_ne!(next, old);

        let early = finish(Role::Signing, &path, None, now, false).unwrap();
        assert_eq!(early, Finished::TooEarly(switch));
        assert_eq!(
            finish(Role::Signing, &path, None, switch, false).unwrap(),
            Finished::Retired
        );
        assert_eq!(in_force(&path, now), next);
        let public = fs::read_to_string(dir.path().join("key.pub")).unwrap();
        assert!(
            public.starts_with(next.rsplit_once(' ').unwrap().0),
            "{public}"
        );
        assert_eq!(names(dir.path()), ["key", "key.pub"]);
        let once_more = finish(Role::Signing, &path, None, switch, false).unwrap();
        assert_eq!(once_more, Finished::NothingToRetire);
    }

    /// Every state in which a killed `finish` can leave the files: the same key stays in force, and doing it again ends it.
    #[test]
    fn a_retirement_that_was_cut_off_is_ended_by_the_next() {
        let (now, switch) = (at("2026-12-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
        for step in 0..3 {
            let dir = TempDir::new().unwrap();
            let path = start(&dir);
            begin(Role::Host, &path, switch, now).unwrap();
            let next = in_force(&path, switch);
            let new = generations::successor(&path, switch);
            let public = generations::with_ending(&new, ".pub");
            if step > 0 {
                fs::copy(&public, dir.path().join("key.pub")).unwrap();
            }
            if step > 1 {
                fs::rename(&new, &path).unwrap();
            }
            assert_eq!(in_force(&path, switch), next, "{step}");
            finish(Role::Host, &path, None, switch, false).unwrap();
            assert_eq!(in_force(&path, switch), next, "{step}");
            assert_eq!(names(dir.path()), ["key", "key.pub"], "{step}");
        }
    }

    #[test]
    fn an_age_identity_stays_for_what_came_before() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("age_identity.txt");
        super::make(Role::Age, &path, at("2026-01-01T00:00:00Z")).unwrap();
        let old = fs::read(&path).unwrap();
        let (now, switch) = (at("2026-12-01T00:00:00.25Z"), at("2027-01-01T00:00:00Z"));
        begin(Role::Age, &path, switch, now).unwrap();
        let new = fs::read(generations::successor(&path, switch)).unwrap();
        assert_eq!(
            finish(Role::Age, &path, None, now, true).unwrap(),
            Finished::Retired
        );
        assert_eq!(fs::read(&path).unwrap(), new);
        let retired = generations::retired(&path).unwrap();
        assert_eq!(retired.len(), 1);
        assert_eq!(retired[0].0, at("2026-12-01T00:00:01Z"));
        assert_eq!(fs::read(&retired[0].1).unwrap(), old);
        // Killed between the two renames: the old one is put away, the new one has not its name yet.
        begin(Role::Age, &path, switch, now).unwrap();
        fs::rename(&path, generations::retired_name(&path, switch)).unwrap();
        assert_eq!(
            finish(Role::Age, &path, None, switch, false).unwrap(),
            Finished::Retired
        );
        assert_eq!(generations::retired(&path).unwrap().len(), 2);
        assert_eq!(generations::of(&path).unwrap().len(), 1);
    }
}
