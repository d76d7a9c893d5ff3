//! OpenSSH's `scp`, which speaks SFTP unless it is told otherwise.

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
        let there = |remote: &str| format!("padan:{remote}");
        let (option, from, to) = match *task {
            Task::Put { local, remote } => ("-q", text(local).to_owned(), there(remote)),
            Task::Get { remote, local } => ("-q", there(remote), text(local).to_owned()),
            Task::PutWithTime { local, remote } => ("-qp", text(local).to_owned(), there(remote)),
            Task::GetWithTime { remote, local } => ("-qp", there(remote), text(local).to_owned()),
            Task::PutTree { local, remote } => {
                ("-qr", text(local).to_owned(), there(above(remote)))
            }
            Task::GetTree { remote, local } => {
                ("-qr", there(remote), text(local.parent()?).to_owned())
            }
            Task::ResumePut { .. }
            | Task::ResumeGet { .. }
            | Task::List { .. }
            | Task::Rename { .. }
            | Task::Remove { .. } => return None,
        };
        let job = Job::new(login, "scp").args([option, "-F"]);
        Some(job.arg(&login.ssh_config).arg("--").arg(from).arg(to))
    }

    fn words(&self) -> Words {
        Words {
            denied: "Permission denied",
            taken: "Permission denied",
            wrong_key: "Permission denied (publickey)",
        }
    }
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
    std::fs::write(&local, "content").unwrap();
    std::fs::write(site.disk("/receipts/f"), "content").unwrap();
    for (from, to) in [
        (text(&local), "padan:/inbox/f"),
        ("padan:/receipts/f", text(&local)),
    ] {
        let job = Job::new(&site.login, "scp").args(["-O", "-F"]);
        let printed = job.arg(&site.login.ssh_config).args([from, to]).fail();
        assert!(printed.contains("exec request failed"), "{printed}");
    }
    assert!(!site.disk("/inbox/f").exists());
}
