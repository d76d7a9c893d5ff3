//! OpenSSH's `sftp`.

use std::path::Path;

use crate::cases;
use crate::client::{Client, Job, Task, Words, above, quoted};
use crate::site::Login;

/// Commands of a batch; `@` keeps them out of what is printed.
pub struct Sftp;

impl Client for Sftp {
    fn name(&self) -> &'static str {
        "OpenSSH sftp"
    }

    fn job(&self, login: &Login, task: &Task) -> Option<Job> {
        let q = quoted::<&Path>;
        let r = quoted::<&str>;
        let batch = match *task {
            Task::Put { local, remote } => format!("put {} {}", q(local), r(remote)),
            Task::Get { remote, local } => format!("get {} {}", r(remote), q(local)),
            Task::ResumePut { local, remote } => format!("reput {} {}", q(local), r(remote)),
            Task::ResumeGet { remote, local } => format!("reget {} {}", r(remote), q(local)),
            Task::PutWithTime { local, remote } => format!("put -p {} {}", q(local), r(remote)),
            Task::GetWithTime { remote, local } => format!("get -p {} {}", r(remote), q(local)),
            Task::List { folder } => format!("cd {}\n@ls -1a", r(folder)),
            Task::Rename { from, to } => format!("rename {} {}", r(from), r(to)),
            Task::Remove { file } => format!("rm {}", r(file)),
            Task::PutTree { local, remote } => format!("put -R {} {}", q(local), r(above(remote))),
            Task::GetTree { remote, local } => {
                format!("get -R {} {}", r(remote), q(local.parent()?))
            }
        };
        Some(sftp(login).input(format!("@{batch}\n")))
    }

    fn names(&self, printed: &str) -> Vec<String> {
        let names = printed.lines().map(str::to_owned);
        names.filter(|name| name != "." && name != "..").collect()
    }

    fn words(&self) -> Words {
        Words {
            denied: "Permission denied",
            taken: "Permission denied",
            wrong_key: "Permission denied (publickey)",
            early_put: Some("close remote: Failure"),
            early_rename: Some("Failure"),
        }
    }
}

fn sftp(login: &Login) -> Job {
    let job = Job::new(login, "sftp").args(["-b", "-", "-F"]);
    job.arg(&login.ssh_config).arg("padan")
}

#[test]
#[ignore = "needs sftp"]
fn sftp_does_everything() {
    cases::all(&Sftp);
}
