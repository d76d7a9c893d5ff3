//! A FIDO security key that no agent holds, by OpenSSH's own `ssh-keygen -Y sign`.
//!
//! Talking to such keys takes libfido2 or a middleware of the person's choice (`SSH_SK_PROVIDER`), neither of which a
//! static binary can bring. Whoever has made a key `-t ed25519-sk` has the program that knows how: it made the key.

use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use russh::keys::ssh_key::SshSig;

use crate::fault::Fault;

use super::super::key_file::problem;

const TOOL: &str = "ssh-keygen";

/// Lets the token of the key file at `path` sign.
///
/// # Errors
/// [`Fault::Key`] with what to do: no OpenSSH, no token, no touch.
pub(super) fn sign(path: &Path, namespace: &str, message: &[u8]) -> Result<SshSig, Fault> {
    let mut child = Command::new(TOOL)
        .args(["-Y", "sign", "-q", "-n", namespace, "-f"])
        .arg(path)
        // Its sentences decide below what is said here.
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => problem(
                path,
                "a security key signs by OpenSSH's ssh-keygen, which is not installed; install OpenSSH, or add the key to ssh-agent"
                    .to_owned(),
            ),
            _ => Fault::io("run ssh-keygen for", path)(error),
        })?;
    let input = child.stdin.take();
    let output = thread::scope(|scope| {
        scope.spawn(move || {
            // A tool that gives up early closes its end; its exit code tells.
            input.map(|mut input| input.write_all(message))
        });
        child.wait_with_output()
    })
    .map_err(Fault::io("run ssh-keygen for", path))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(problem(path, meaning(&said).to_owned()));
    }
    SshSig::from_pem(&output.stdout).map_err(|_| {
        problem(
            path,
            "ssh-keygen wrote no signature; try `ssh-keygen -Y sign` by hand".to_owned(),
        )
    })
}

/// What to do about what ssh-keygen said.
fn meaning(said: &str) -> &'static str {
    if said.contains("device not found") {
        "the security key is not plugged in, or it is another one than the key was made with; plug it in and try again"
    } else if said.contains("passphrase") || said.contains("PIN") {
        "the passphrase of the key file, or the PIN of the security key, is wrong or could not be asked for; \
         run the command on a terminal, or add the key to ssh-agent with `ssh-add`"
    } else if said.contains("No such file") || said.contains("provider") {
        "OpenSSH here cannot talk to security keys; install its FIDO helper (libfido2), or set SSH_SK_PROVIDER"
    } else {
        "the security key did not sign; touch it while it blinks, within half a minute, and try again"
    }
}
