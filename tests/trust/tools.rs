//! The real tools, in a temporary folder of their own.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A temporary folder with keys and files in it; gone at the end of the test.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn root(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Writes a private file: 0600.
    pub fn write_private(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.write(name, bytes);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// `ssh-keygen -t kind [-b bits]` without passphrase; returns the private key's path.
    pub fn ssh_key(&self, name: &str, kind: &str, bits: &str) -> PathBuf {
        let path = self.path(name);
        let mut args = vec![
            "-q",
            "-t",
            kind,
            "-N",
            "",
            "-C",
            name,
            "-f",
            path.to_str().unwrap(),
        ];
        if !bits.is_empty() {
            args.extend(["-b", bits]);
        }
        succeed("ssh-keygen", &args, b"");
        path
    }

    /// `age-keygen`; returns the identity file and the recipient.
    pub fn age_key(&self, name: &str) -> (PathBuf, String) {
        let path = self.path(name);
        succeed("age-keygen", ["-o".as_ref(), path.as_os_str()], b"");
        let recipient = succeed("age-keygen", ["-y".as_ref(), path.as_os_str()], b"");
        (
            path,
            String::from_utf8(recipient).unwrap().trim().to_owned(),
        )
    }
}

/// The first two words of `<key>.pub`.
pub fn public(key: &Path) -> String {
    let text = fs::read_to_string(key.with_extension("pub")).unwrap();
    text.split_whitespace()
        .take(2)
        .collect::<Vec<_>>()
        .join(" ")
}

/// `ssh-keygen -Y sign`.
pub fn sign(key: &Path, namespace: &str, hash: &str, message: &[u8]) -> Vec<u8> {
    let option = format!("hashalg={hash}");
    let args = [
        "-Y",
        "sign",
        "-q",
        "-n",
        namespace,
        "-O",
        &option,
        "-f",
        key.to_str().unwrap(),
    ];
    succeed("ssh-keygen", args, message)
}

/// Runs a tool with `input` on its standard input.
pub fn run<S: AsRef<OsStr>>(tool: &str, args: impl IntoIterator<Item = S>, input: &[u8]) -> Output {
    let mut child = Command::new(tool)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{tool}: {e}"));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || {
        // A tool that refuses early closes the pipe.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    output
}

/// Runs a tool that must succeed; returns its standard output.
pub fn succeed<S: AsRef<OsStr>>(
    tool: &str,
    args: impl IntoIterator<Item = S>,
    input: &[u8],
) -> Vec<u8> {
    let output = run(tool, args, input);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{tool}: {errors}");
    output.stdout
}
