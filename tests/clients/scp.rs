//! OpenSSH's `scp`, which speaks SFTP unless it is told otherwise.

use std::fs;
use std::path::Path;

use crate::cases;
use crate::client::{Client, Job, Task, Words, above, text};
use crate::site::{Login, Site};

/// A copy each time; nothing else.
pub struct Scp;

impl Client for Scp {
    fn name(&self) -> &'static str {
        "OpenSSH scp"
    }

    fn job(&self, login: &Login, task: &Task) -> Option<Job> {
        let here = |local: &Path| text(local).to_owned();
        let there = |remote: &str| format!("padan:{remote}");
        let (options, from, to): (&[&str], _, _) = match *task {
            Task::Put { local, remote } => (&[], here(local), there(remote)),
            Task::Get { remote, local } => (&[], there(remote), here(local)),
            Task::PutWithTime { local, remote } => (&["-p"], here(local), there(remote)),
            Task::GetWithTime { remote, local } => (&["-p"], there(remote), here(local)),
            Task::PutTree { local, remote } => (&["-r"], here(local), there(above(remote))),
            Task::GetTree { remote, local } => (&["-r"], there(remote), here(local.parent()?)),
            Task::ResumePut { .. }
            | Task::ResumeGet { .. }
            | Task::List { .. }
            | Task::Rename { .. }
            | Task::Remove { .. } => return None,
        };
        let job = options
            .iter()
            .fold(scp(login), |job, option| job.arg(option));
        Some(job.arg(from).arg(to))
    }

    fn words(&self) -> Words {
        Words {
            denied: "Permission denied",
            taken: "Permission denied",
            wrong_key: "Permission denied (publickey)",
            early_put: Some("close remote: Failure"),
            early_rename: None,
        }
    }
}

fn scp(login: &Login) -> Job {
    Job::new(login, "scp").arg("-F").arg(&login.ssh_config)
}

#[test]
#[ignore = "needs scp"]
fn scp_does_what_it_can() {
    cases::all(&Scp);
}

#[test]
#[ignore = "needs scp"]
fn the_old_protocol_is_refused_at_once() {
    let site = Site::start();
    let local = site.local("f");
    fs::write(&local, "content").unwrap();
    fs::write(site.disk("/receipts/f"), "content").unwrap();
    for (from, to) in [
        (text(&local), "padan:/inbox/f"),
        ("padan:/receipts/f", text(&local)),
    ] {
        let printed = scp(&site.login).args(["-O", from, to]).fail();
        assert!(printed.contains("exec request failed"), "{printed}");
    }
    assert!(!site.disk("/inbox/f").exists());
}
