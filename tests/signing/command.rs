//! `padan seal` asks for what a key needs.

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use crate::desk::Desk;

const NAME: &str = "bkn_pns_full_2026-11-22_0001.csv";
const RECIPIENT: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write(NAME, "nip,nik\n1,2\n", 0o644);
    desk.write("to", RECIPIENT, 0o644);
    desk.key("id", &["-t", "ed25519", "-N", "kata sandi"]);
    desk
}

/// `padan seal` without a terminal.
fn seal(desk: &Desk, more: &[&str]) -> (Option<i32>, String) {
    let _ = fs::remove_dir_all(desk.path("out"));
    let output = desk
        .command("setsid", None)
        .args(["--wait", env!("CARGO_BIN_EXE_padan")])
        .args(ARGS)
        .args(more)
        .arg(NAME)
        .output()
        .unwrap();
    (output.status.code(), text(&output))
}

const ARGS: [&str; 7] = ["seal", "--to", "to", "--key", "id", "--out", "out"];

fn text(output: &Output) -> String {
    let all = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&all).into_owned()
}

#[test]
#[ignore = "needs ssh-keygen, setsid"]
fn a_passphrase_file_stands_in_for_the_person() {
    let desk = desk();
    for (content, mode, code, part) in [
        ("kata sandi\n", 0o600, 0, "Sealed and signed"),
        ("kata sandi\r\n", 0o400, 0, "Sealed and signed"),
        ("kata sandi\nsecond line", 0o400, 2, "as its only line"),
        ("kata sandi\n", 0o644, 2, "chmod 600"),
        ("salah\n", 0o600, 2, "not its passphrase"),
        ("", 0o600, 2, "as its only line"),
    ] {
        let _ = fs::remove_file(desk.path("passphrase"));
        desk.write("passphrase", content, mode);
        let (status, said) = seal(&desk, &["--passphrase-file", "passphrase"]);
        assert_eq!(status, Some(code), "{content:?}: {said}");
        assert!(said.contains(part), "{content:?}: {said}");
        assert!(!said.contains("kata sandi"), "{said}");
    }
    let (status, said) = seal(&desk, &[]);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("--passphrase-file"), "{said}");
}

#[test]
#[ignore = "needs ssh-keygen, script"]
fn a_passphrase_is_typed_at_a_terminal_and_not_shown() {
    let desk = desk();
    for (typed, sealed) in [
        ("kata sandi\n", true),
        ("salah\nkata sandi\n", true),
        ("salah\nsalah\nsalah\nkata sandi\n", false),
    ] {
        let _ = fs::remove_dir_all(desk.path("out"));
        let line = [&[env!("CARGO_BIN_EXE_padan")][..], &ARGS, &[NAME]].concat();
        let mut child = Command::new("script")
            .args([
                "--quiet",
                "--return",
                "--echo",
                "never",
                "--command",
                &line.join(" "),
                "/dev/null",
            ])
            .current_dir(desk.path("."))
            .env_remove("SSH_AUTH_SOCK")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(typed.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let said = text(&output);
        assert_eq!(output.status.success(), sealed, "{typed:?}: {said}");
        assert!(said.contains("Passphrase of id"), "{said}");
        assert!(!said.contains("kata sandi"), "{said}");
    }
}
