//! `docs/clients.md` says what the tests do, and its examples run as they stand.

use std::fs;

use crate::client::{Client, Job, Task, tool};
use crate::curl::Curl;
use crate::lftp::Lftp;
use crate::openssh::Sftp;
use crate::paramiko::Paramiko;
use crate::psftp::Psftp;
use crate::rclone::Rclone;
use crate::scp::Scp;
use crate::site::{Login, Site};
use crate::ssh2::Ssh2;
use crate::sshfs::Sshfs;

const PAGE: &str = include_str!("../../docs/clients.md");
const CLIENTS: [&dyn Client; 9] = [
    &Sftp, &Scp, &Lftp, &Rclone, &Curl, &Sshfs, &Psftp, &Paramiko, &Ssh2,
];
/// What every example sends and fetches.
const SENT: &str = "bkn_pns_full_2026-11-22_0007.csv.age";
const FETCHED: &str = "STATUS.txt";
/// The host key's fingerprint in the examples.
const FINGERPRINT: &str = "SHA256:Za1s0zFmXDk7BEp/sNDePQ3egxPdFDUmPYtjGM/p1mQ";

#[test]
fn the_table_says_what_each_client_can_do() {
    let kinds = Task::kinds();
    let head = kinds.each_ref().map(|(name, _)| *name).join(" | ");
    assert!(PAGE.contains(&format!("| client | {head} |")), "{head}");
    for client in CLIENTS {
        let can = kinds
            .each_ref()
            .map(|(_, task)| client.job(&Login::nobody(), task).is_some());
        let cells = can.map(|can| if can { "yes" } else { "–" }).join(" | ");
        let row = format!("| {} | {cells} |", client.name());
        assert!(PAGE.contains(&row), "{row}");
    }
}

#[test]
fn the_page_names_versions_and_what_a_person_sees() {
    for client in CLIENTS {
        let words = client.words();
        let (denied, wrong_key) = (words.denied, words.wrong_key);
        let row = format!("| {} | `{denied}` | `{wrong_key}` |", client.name());
        assert!(PAGE.contains(&row), "{row}");
        let said = |word: Option<&str>, none: &str| {
            word.map_or_else(|| none.to_owned(), |word| format!("`{word}`"))
        };
        let rename = Task::Rename {
            from: "/inbox/x",
            to: "/inbox/y",
        };
        let renames = client.job(&Login::nobody(), &rename).is_some();
        let early_rename = said(words.early_rename, if renames { "nothing" } else { "–" });
        let early_put = said(words.early_put, "nothing");
        let row = format!("| {} | {early_put} | {early_rename} |", client.name());
        assert!(PAGE.contains(&row), "{row}");
        let tested = format!("\n| {} | ", client.name());
        assert!(PAGE.matches(&tested).count() >= 3, "{tested}");
    }
}

#[test]
#[ignore = "needs sftp, scp, lftp, rclone, curl, psftp, puttygen, paramiko, node, ssh2-sftp-client, ssh-keygen, and root to mount"]
fn the_examples_run_as_they_stand() {
    examples(|section| section != "sshfs");
}

#[test]
#[ignore = "needs sshfs, /dev/fuse, and root to mount"]
fn sshfs_runs_as_it_stands() {
    examples(|section| section == "sshfs");
}

/// Runs the examples of some sections, each as the agency's user in the folder with the key.
fn examples(wanted: impl Fn(&str) -> bool) {
    let sections = PAGE.split("\n### ").skip(1);
    let sections = sections.map(|section| section.split_once('\n').unwrap());
    let mut seen = 0;
    for (name, section) in sections.filter(|(name, _)| wanted(name)) {
        assert!(CLIENTS.iter().any(|client| client.name() == name), "{name}");
        let (_, block) = section.split_once("\n```").unwrap();
        let (language, rest) = block.split_once('\n').unwrap();
        let (example, _) = rest.split_once("\n```").unwrap();
        run(name, language, example);
        seen += 1;
    }
    assert!(seen == 1 || seen == CLIENTS.len() - 1, "{seen} examples");
}

fn run(name: &str, language: &str, example: &str) {
    let site = Site::start();
    let login = &site.login;
    fs::copy(&login.key, site.local("id_ed25519")).unwrap();
    fs::write(site.local(SENT), name).unwrap();
    let key = Job::new(login, "ssh-keygen")
        .arg("-lf")
        .arg(&login.known_hosts);
    let key = key.succeed();
    let fingerprint = key
        .split(' ')
        .find(|word| word.starts_with("SHA256:"))
        .unwrap();
    let example = example
        .replace("padan.example.go.id", "127.0.0.1")
        .replace("2222", &login.port.to_string())
        .replace(FINGERPRINT, fingerprint);
    fs::write(site.local("example"), format!("{example}\n")).unwrap();
    let job = match language {
        // OpenSSH asks the list of accounts, not HOME, where the home is.
        "sh" => Job::new(login, "unshare").args(["--mount", "sh", "-euc", HOME, "sh", "example"]),
        "python" => Job::new(login, tool("bin/python")).arg("example"),
        "js" => Job::new(login, "node")
            .env("NODE_PATH", tool("node/node_modules"))
            .arg("example"),
        other => panic!("{name}: {other}"),
    };
    job.succeed();
    assert_eq!(
        fs::read_to_string(site.disk(&format!("/inbox/{SENT}"))).unwrap(),
        name
    );
    // The service writes it anew at any time.
    assert_ne!(fs::read(site.local(FETCHED)).unwrap(), b"", "{name}");
}

/// Runs a script with this folder as the home of the account, whatever that is.
const HOME: &str = r#"
mount --bind . "$(getent passwd "$(id -u)" | cut -d: -f6)"
exec sh -eu "$1"
"#;
