//! Key files as they lie on the disk: permissions first, then the bytes; which of several [`generations`] is in force.

pub mod generations;

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use russh::keys::PrivateKey;
use zeroize::Zeroizing;

use crate::fault::Fault;

/// Largest private key file, in bytes; an RSA key of 16,384 bits has 13 KiB.
const LARGEST_PRIVATE: usize = 64 << 10;
/// Largest list of public keys, in bytes.
const LARGEST_PUBLIC: usize = 1 << 20;
/// Largest list of revoked keys, in bytes: a hundred thousand fingerprints.
const LARGEST_REVOKED: usize = 4 << 20;

/// The bytes of a private key file, wiped on drop.
///
/// It must be a regular file that only its owner can read (0600 or 0400), as ssh demands of its keys, in a folder that not
/// everybody can write to; else [`Fault::Key`] says how to mend it. A link is judged by the file it leads to.
pub fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let mut file = open_regular(path, "read the private key")?;
    let mode = file
        .metadata()
        .map_err(Fault::io("read the private key", path))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(problem(
            path,
            format!(
                "others may use it (mode {:04o}); run `chmod 600 {}`",
                mode & 0o7777,
                path.display()
            ),
        ));
    }
    refuse_open_folder(path)?;
    read_at_most(&mut file, path, LARGEST_PRIVATE)
}

/// In a folder that everybody may write to, anybody can put another key in this one's place. With the sticky bit, as in
/// `/tmp`, only its owner can.
fn refuse_open_folder(path: &Path) -> Result<(), Fault> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let found = fs::metadata(folder).map_err(Fault::io("look at the folder", folder))?;
    let mode = found.permissions().mode();
    if mode & 0o002 != 0 && mode & 0o1000 == 0 {
        return Err(problem(
            path,
            format!(
                "everybody may put files into its folder (mode {:04o}); run `chmod o-w {}`",
                mode & 0o7777,
                folder.display()
            ),
        ));
    }
    Ok(())
}

/// An OpenSSH private key without a passphrase, from a file as [`read_private`] wants it.
pub fn read_ssh_key(path: &Path) -> Result<PrivateKey, Fault> {
    let bytes = read_private(path)?;
    let key = PrivateKey::from_openssh(&*bytes).map_err(|_| {
        problem(
            path,
            "not an OpenSSH private key; make one with `ssh-keygen -t ed25519`".to_owned(),
        )
    })?;
    if key.is_encrypted() {
        return Err(problem(
            path,
            "it has a passphrase, and nobody is there to type it; remove it with `ssh-keygen -p`"
                .to_owned(),
        ));
    }
    Ok(key)
}

/// The text of a file of public keys, one a line.
pub fn read_public(path: &Path) -> Result<String, Fault> {
    let mut file = open_regular(path, "read the public keys")?;
    let bytes = read_at_most(&mut file, path, LARGEST_PUBLIC)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(problem(
            path,
            "it is not UTF-8 text; save it again as UTF-8 without a byte order mark".to_owned(),
        )),
    }
}

/// The bytes of a list of revoked keys.
pub(super) fn read_revoked(path: &Path) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let mut file = open_regular(path, "read the revoked keys")?;
    read_at_most(&mut file, path, LARGEST_REVOKED)
}

/// [`Fault::Key`] about `path`.
pub(super) fn problem(path: &Path, problem: String) -> Fault {
    Fault::Key {
        path: path.to_path_buf(),
        problem,
    }
}

/// Looks before it opens: opening a named pipe would wait for a writer.
fn open_regular(path: &Path, doing: &'static str) -> Result<File, Fault> {
    let found = fs::metadata(path).map_err(Fault::io(doing, path))?;
    if !found.is_file() {
        return Err(problem(path, "it is not a regular file".to_owned()));
    }
    File::open(path).map_err(Fault::io(doing, path))
}

/// The whole file. The buffer has its full size from the start: one that grows leaves copies behind.
fn read_at_most(file: &mut File, path: &Path, most: usize) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(most + 1));
    file.take(most as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(Fault::io("read the key file", path))?;
    if bytes.len() > most {
        return Err(problem(
            path,
            format!("it is larger than {most} bytes, so it is no key file"),
        ));
    }
    Ok(bytes)
}
