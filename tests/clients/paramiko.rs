//! `paramiko`, the SSH library of Python, through a script.

use std::fs;

use crate::cases::{self, MIB};
use crate::client::{Client, Job, Task, Words, beside, tool};
use crate::common::noise;
use crate::site::{Login, Site};

/// A run of the script for each task.
pub struct Paramiko;

impl Client for Paramiko {
    fn name(&self) -> &'static str {
        "paramiko"
    }

    fn job(&self, login: &Login, task: &Task) -> Option<Job> {
        let script = |task| script(login).arg(task);
        Some(match *task {
            Task::Put { local, remote } => script("put").arg(local).arg(remote),
            Task::Get { remote, local } => script("get").arg(remote).arg(local),
            Task::ResumePut { local, remote } => script("resume-put").arg(local).arg(remote),
            Task::ResumeGet { remote, local } => script("resume-get").arg(remote).arg(local),
            Task::PutWithTime { local, remote } => script("put-with-time").arg(local).arg(remote),
            Task::GetWithTime { remote, local } => script("get-with-time").arg(remote).arg(local),
            Task::List { folder } => script("list").arg(folder),
            Task::Rename { from, to } => script("rename").args([from, to]),
            Task::Remove { file } => script("remove").arg(file),
            Task::PutTree { local, remote } => script("put-tree").arg(local).arg(remote),
            Task::GetTree { remote, local } => script("get-tree").arg(remote).arg(local),
        })
    }

    fn words(&self) -> Words {
        Words {
            denied: "outbox/ is read-only: put deliveries into inbox/",
            taken: "this delivery is being taken in",
            wrong_key: "Authentication failed",
            early_put: Some("there is no file or folder of that name"),
            early_rename: Some("SIGNER_UNKNOWN: Kunci penanda tangan tidak terdaftar."),
        }
    }
}

fn script(login: &Login) -> Job {
    Job::new(login, tool("bin/python"))
        .arg(beside("paramiko_client.py"))
        .args([&login.port.to_string(), login.user])
        .arg(&login.key)
        .arg(&login.known_hosts)
}

#[test]
#[ignore = "needs paramiko"]
fn paramiko_does_everything() {
    cases::all(&Paramiko);
}

/// Eight thousand requests are under way before the first answer is read.
#[test]
#[ignore = "needs paramiko"]
fn paramiko_fetches_256_mib_in_one_burst() {
    let (site, remote) = (Site::start(), "/receipts/f");
    let content = noise(256 * MIB, 9);
    fs::write(site.disk(remote), &content).unwrap();
    let local = &site.local("f");
    let get = Task::Get { remote, local };
    Paramiko.job(&site.login, &get).unwrap().succeed();
    assert!(fs::read(local).unwrap() == content);
}

#[test]
#[ignore = "needs paramiko, sha256sum"]
fn paramiko_has_the_server_make_a_checksum() {
    let (site, remote) = (Site::start(), "/receipts/f");
    fs::write(site.disk(remote), noise(3 * MIB + 1, 10)).unwrap();
    let there = script(&site.login).args(["digest", "sha256", remote]);
    let here = Job::new(&site.login, "sha256sum").arg(site.disk(remote));
    let (there, here) = (there.succeed(), here.succeed());
    assert!(
        here.starts_with(there.trim()) && there.trim().len() == 64,
        "{there} {here}"
    );
}
