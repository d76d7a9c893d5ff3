//! What the command line takes, and what the exit code and the sentence say when it does not.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The binary under test.
const BINARY: &str = env!("CARGO_BIN_EXE_padan");

fn padan(here: &Path, args: &[&str]) -> Output {
    Command::new(BINARY)
        .args(args)
        .current_dir(here)
        .env_remove("SSH_CONNECTION")
        .env_remove("SSH_ORIGINAL_COMMAND")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn wrong_usage_is_told_and_is_no_fault() {
    let dir = TempDir::new().unwrap();
    let trial = ["init", "--trial", "."];
    assert!(padan(dir.path(), &trial).status.success());
    for (args, part) in [
        (&["sftp"][..], "--party <NAME>"),
        (&["sftp", "--party", "bkn"], "--config <FILE>"),
        (&["sftp", "--config", "padan.yaml"], "--party <NAME>"),
        (&["sftp", "--root", "."], "--unrestricted"),
        (&["sftp", "--unrestricted"], "--root <DIR>"),
        (
            &["sftp", "--root", ".", "--unrestricted", "--party", "bkn"],
            "cannot be used with",
        ),
        (
            &[
                "sftp",
                "--root",
                ".",
                "--unrestricted",
                "--config",
                "padan.yaml",
            ],
            "cannot be used with",
        ),
        (
            &["sftp", "--party", "bkm", "--config", "padan.yaml"],
            "write one of: bkn, bpjs",
        ),
        (
            &["sftp", "--party", "bkn", "--config", "none.yaml"],
            "none.yaml",
        ),
    ] {
        let output = padan(dir.path(), args);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {told}");
        assert!(told.contains(part), "{args:?}: {told}");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
    let help = padan(dir.path(), &["sftp", "--help"]);
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(
        help.contains("ForceCommand") && !help.contains("--root"),
        "{help}"
    );
}

#[test]
fn a_client_that_only_connects_ends_well() {
    let dir = TempDir::new().unwrap();
    assert!(
        padan(dir.path(), &["init", "--trial", "."])
            .status
            .success()
    );
    let output = padan(
        dir.path(),
        &["sftp", "--party", "bkn", "--config", "padan.yaml"],
    );
    assert_eq!(output.status.code(), Some(0));
    assert!(
        output.stdout.is_empty() && output.stderr.is_empty(),
        "{output:?}"
    );
    // Its folders are there; the pipeline's are not.
    assert!(dir.path().join("data/parties/bkn/inbox").is_dir());
    assert!(!dir.path().join("data/staging").exists());
}

#[test]
fn what_is_not_sftp_is_refused_with_a_sentence() {
    let dir = TempDir::new().unwrap();
    let command = |asked: &str| {
        let output = Command::new(BINARY)
            .args(["sftp", "--root", ".", "--unrestricted"])
            .current_dir(dir.path())
            .env("SSH_CONNECTION", "127.0.0.1 1 127.0.0.1 2")
            .env("SSH_ORIGINAL_COMMAND", asked)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    for asked in [
        "internal-sftp",
        "/usr/lib/openssh/sftp-server -l INFO",
        "padan sftp",
    ] {
        assert_eq!(command(asked), (Some(0), String::new()), "{asked}");
    }
    for asked in [
        "scp -t sftp",
        "rsync --server -e.LsfxC sftp",
        "sh -c sftp-server",
        "",
    ] {
        let (code, told) = command(asked);
        assert_eq!(code, Some(1), "{asked}");
        assert!(told.contains("only SFTP is served here"), "{asked}: {told}");
    }
}
