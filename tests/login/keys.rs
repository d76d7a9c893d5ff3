//! What `ssh-keygen` makes: keys, authorities, certificates, lists of revoked keys.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::common::{SftpSite, said};

/// Runs `ssh-keygen`, which must succeed; returns what it printed.
pub fn ssh_keygen(dir: &Path, arguments: &[&str]) -> String {
    let output = ssh_keygen_says(dir, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    said(&output)
}

/// Runs `ssh-keygen` and tells how it went.
pub fn ssh_keygen_says(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("ssh-keygen");
    command.args(arguments).current_dir(dir).output().unwrap()
}

/// Makes a key pair; `kind` is as `ed25519` or `rsa:3072`.
pub fn make(dir: &Path, kind: &str, name: &str) {
    let (kind, bits) = kind.split_once(':').unwrap_or((kind, "256"));
    let mut arguments = vec!["-q", "-t", kind, "-N", "", "-f", name];
    if kind != "ed25519" {
        arguments.extend(["-b", bits]);
    }
    ssh_keygen(dir, &arguments);
}

/// Has `authority` sign a copy of a party's key as `name`, which becomes a key of its own; returns the private half.
pub fn certify(
    site: &SftpSite,
    party: &str,
    name: &str,
    authority: &str,
    arguments: &[&str],
) -> PathBuf {
    let dir = site.dir();
    let key = dir.join(name);
    fs::copy(site.key(party), &key).unwrap();
    let public = format!("{name}.pub");
    fs::copy(site.key(party).with_extension("pub"), dir.join(&public)).unwrap();
    let mut all = vec!["-q", "-s", authority];
    all.extend(arguments);
    all.push(&public);
    ssh_keygen(dir, &all);
    key
}

/// The line of a public key in the temporary folder.
pub fn line(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join(format!("{name}.pub"))).unwrap()
}

/// Logs in with `sftp` and this key, of which a certificate may lie beside it; whether that worked, and what was said.
pub fn logs_in(site: &SftpSite, user: &str, key: &Path) -> (bool, String) {
    let mut command = Command::new("sftp");
    let output = command
        .args(["-b", "/dev/null"])
        .args(site.ssh_options(key))
        .arg("-oCASignatureAlgorithms=+ssh-rsa")
        .arg(format!("{user}@{}", site.address().ip()))
        .output()
        .unwrap();
    (output.status.success(), said(&output))
}
