//! `padan check` and the start of `padan serve`: every unusable key file is told, and nothing runs with one.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::padan::Padan;
use crate::tools::wait_for;

/// Makes one key file unusable.
type Spoil = fn(&Padan);

const SPOILT: [(&str, Spoil); 4] = [
    ("keys/parties/bkn/authorized_keys", |padan| {
        let path = padan.path("keys/parties/bkn/authorized_keys");
        fs::write(path, "ssh-ed25519 AAAA bkn\n").unwrap();
    }),
    ("keys/parties/bpjs/allowed_signers", |padan| {
        fs::write(padan.path("keys/parties/bpjs/allowed_signers"), "").unwrap();
    }),
    ("keys/service/ssh_host_ed25519_key", |padan| {
        let path = padan.path("keys/service/ssh_host_ed25519_key");
        fs::set_permissions(path, Permissions::from_mode(0o640)).unwrap();
    }),
    ("keys/service/store_identity.txt", |padan| {
        fs::remove_file(padan.path("keys/service/store_identity.txt")).unwrap();
    }),
];

#[test]
fn all_unusable_keys_are_told_at_once() {
    let padan = Padan::new();
    let well = padan.command("check").output().unwrap();
    assert_eq!(well.status.code(), Some(0), "{well:?}");
    for (_, spoil) in SPOILT {
        spoil(&padan);
    }
    let output = padan.command("check").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    for (file, _) in SPOILT {
        assert!(told.contains(file), "{file}: {told}");
    }
    assert!(output.stdout.is_empty(), "{:?}", output.stdout);
}

#[test]
fn nothing_serves_with_an_unusable_key() {
    for (file, spoil) in SPOILT {
        let padan = Padan::new();
        spoil(&padan);
        let mut child = padan
            .command("serve")
            .args(["--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // One that runs on would never end by itself.
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_for(|| child.try_wait().unwrap(), || format!("{file}: it runs"))
        }));
        let _ = child.kill();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(ended.unwrap().code(), Some(2), "{file}: {told}");
        assert!(told.contains(file), "{told}");
        assert!(!told.contains("listening"), "{told}");
    }
}
