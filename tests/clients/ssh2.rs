//! `ssh2-sftp-client`, the SFTP library of Node.js, through a script.

use std::fs;

use crate::cases::{self, MIB};
use crate::client::{Client, Job, Task, Words, beside, text, tool};
use crate::common::noise;
use crate::site::{Login, Site};

/// A run of the script for each task; uploads and downloads are the fast ones, many pieces at a time.
pub struct Ssh2;

impl Client for Ssh2 {
    fn name(&self) -> &'static str {
        "ssh2-sftp-client"
    }

    fn job(&self, login: &Login, task: &Task) -> Option<Job> {
        let script = |task| script(login).arg(task);
        Some(match *task {
            Task::Put { local, remote } => script("fast-put").arg(local).arg(remote),
            Task::Get { remote, local } => script("fast-get").arg(remote).arg(local),
            Task::ResumePut { local, remote } => script("resume-put").arg(local).arg(remote),
            Task::ResumeGet { remote, local } => script("resume-get").arg(remote).arg(local),
            Task::List { folder } => script("list").arg(folder),
            Task::Rename { from, to } => script("rename").args([from, to]),
            Task::Remove { file } => script("remove").arg(file),
            Task::PutTree { local, remote } => script("put-tree").arg(local).arg(remote),
            Task::GetTree { remote, local } => script("get-tree").arg(remote).arg(local),
            Task::PutWithTime { .. } | Task::GetWithTime { .. } => return None,
        })
    }

    fn in_order(&self) -> bool {
        false
    }

    fn words(&self) -> Words {
        Words {
            denied: "outbox/ is read-only: put deliveries into inbox/",
            taken: "this delivery is being taken in",
            wrong_key: "All configured authentication methods failed",
            early_put: Some("SIGNER_UNKNOWN: Kunci penanda tangan tidak terdaftar."),
            early_rename: Some("SIGNER_UNKNOWN: Kunci penanda tangan tidak terdaftar."),
        }
    }
}

fn script(login: &Login) -> Job {
    let (_, host_key) = login.host_key.split_once(' ').unwrap();
    Job::new(login, "node")
        .env("NODE_PATH", tool("node/node_modules"))
        .arg(beside("ssh2_client.cjs"))
        .args([&login.port.to_string(), login.user])
        .arg(&login.key)
        .arg(host_key.split(' ').next().unwrap())
}

#[test]
#[ignore = "needs node, ssh2-sftp-client"]
fn ssh2_does_what_it_can() {
    cases::all(&Ssh2);
}

#[test]
#[ignore = "needs node, ssh2-sftp-client"]
fn ssh2_streams_and_buffers() {
    let site = Site::start();
    let (local, back) = (site.local("f"), site.local("back"));
    fs::write(&local, noise(16 * MIB + 1, 8)).unwrap();
    let (local, back) = (text(&local), text(&back));
    for (put, get) in [("put", "get"), ("put-bytes", "get-bytes")] {
        script(&site.login).args([put, local, "/inbox/f"]).succeed();
        script(&site.login).args([get, "/inbox/f", back]).succeed();
        assert!(fs::read(local).unwrap() == fs::read(back).unwrap(), "{get}");
        fs::remove_file(back).unwrap();
    }
}
