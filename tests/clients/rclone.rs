//! `rclone`, without a configuration file.

use std::fs;
use std::path::Path;

use crate::cases;
use crate::client::{Client, Job, Task, Words, text};
use crate::site::{Login, Site};

/// A remote that is described in each command.
pub struct Rclone;

impl Client for Rclone {
    fn name(&self) -> &'static str {
        "rclone"
    }

    fn job(&self, login: &Login, task: &Task) -> Option<Job> {
        let there = |remote: &str| remote_of(login, remote);
        let here = |local: &Path| text(local).to_owned();
        Some(match *task {
            // Times are always kept.
            Task::Put { local, remote } | Task::PutWithTime { local, remote } => {
                rclone(login, ["copyto", &here(local), &there(remote)])
            }
            Task::Get { remote, local } | Task::GetWithTime { remote, local } => {
                rclone(login, ["copyto", &there(remote), &here(local)])
            }
            Task::List { folder } => rclone(login, ["lsf", &there(folder)]),
            Task::Rename { from, to } => rclone(login, ["moveto", &there(from), &there(to)]),
            Task::Remove { file } => rclone(login, ["deletefile", &there(file)]),
            Task::PutTree { local, remote } => {
                let args = [
                    "sync",
                    "--create-empty-src-dirs",
                    &here(local),
                    &there(remote),
                ];
                rclone(login, args)
            }
            Task::GetTree { remote, local } => {
                let args = [
                    "copy",
                    "--create-empty-src-dirs",
                    &there(remote),
                    &here(local),
                ];
                rclone(login, args)
            }
            Task::ResumePut { .. } | Task::ResumeGet { .. } => return None,
        })
    }

    fn names(&self, printed: &str) -> Vec<String> {
        let names = printed.lines().map(|name| name.trim_end_matches('/'));
        names.map(str::to_owned).collect()
    }

    fn words(&self) -> Words {
        Words {
            denied: "permission denied",
            taken: "permission denied",
            wrong_key: "unable to authenticate",
            early_put: Some("SIGNER_UNKNOWN: Kunci penanda tangan tidak terdaftar."),
            early_rename: Some("SIGNER_UNKNOWN: Kunci penanda tangan tidak terdaftar."),
        }
    }
}

pub fn remote_of(login: &Login, remote: &str) -> String {
    format!(
        ":sftp,host=127.0.0.1,port={},user={},key_file={},known_hosts_file={},shell_type=none:{remote}",
        login.port,
        login.user,
        login.key.display(),
        login.known_hosts.display()
    )
}

fn rclone<const N: usize>(login: &Login, args: [&str; N]) -> Job {
    Job::new(login, "rclone")
        .env("RCLONE_CONFIG", "/dev/null")
        .args(["--retries", "1", "--low-level-retries", "1"])
        .args(args)
}

#[test]
#[ignore = "needs rclone"]
fn rclone_does_what_it_can() {
    cases::all(&Rclone);
}

/// Without `shell_type=none` it asks for a shell and for commands that make checksums; each is refused at once.
#[test]
#[ignore = "needs rclone"]
fn rclone_compares_what_it_has_copied() {
    let site = Site::start();
    let (local, remote) = (site.local("tree"), "/inbox/tree");
    fs::create_dir(&local).unwrap();
    fs::write(local.join("a"), "content").unwrap();
    let there = remote_of(&site.login, remote).replace(",shell_type=none", "");
    let compare = |more| rclone(&site.login, ["check", text(&local), &there, more]);
    rclone(&site.login, ["sync", text(&local), &there]).succeed();
    compare("--size-only").succeed();
    compare("--download").succeed();
    fs::write(site.disk(remote).join("a"), "another").unwrap();
    compare("--size-only").succeed();
    let printed = compare("--download").fail();
    assert!(printed.contains("1 differences found"), "{printed}");
    fs::write(local.join("b"), "content").unwrap();
    fs::remove_file(local.join("a")).unwrap();
    rclone(&site.login, ["sync", text(&local), &there]).succeed();
    compare("--download").succeed();
    assert!(!site.disk(remote).join("a").exists());
}
