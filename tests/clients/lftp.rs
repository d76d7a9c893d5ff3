//! `lftp`, which speaks SFTP through OpenSSH's `ssh`.

use std::path::Path;

use crate::cases;
use crate::client::{Client, Job, Task, Words, above, quoted};
use crate::site::Login;

/// Commands of a script that ends at the first that fails.
pub struct Lftp;

impl Client for Lftp {
    fn name(&self) -> &'static str {
        "lftp"
    }

    fn job(&self, login: &Login, task: &Task) -> Option<Job> {
        let q = quoted::<&Path>;
        let r = quoted::<&str>;
        let command = match *task {
            Task::Put { local, remote } | Task::PutWithTime { local, remote } => {
                format!("put {} -o {}", q(local), r(remote))
            }
            Task::Get { remote, local } | Task::GetWithTime { remote, local } => {
                format!("get {} -o {}", r(remote), q(local))
            }
            Task::ResumePut { local, remote } => format!("put -c {} -o {}", q(local), r(remote)),
            Task::ResumeGet { remote, local } => format!("get -c {} -o {}", r(remote), q(local)),
            Task::List { folder } => format!("cd {}; cls -1a", r(folder)),
            Task::Rename { from, to } => format!("mv {} {}", r(from), r(to)),
            Task::Remove { file } => format!("rm {}", r(file)),
            Task::PutTree { local, remote } => {
                format!("mirror -R {} {}/", q(local), r(above(remote)))
            }
            Task::GetTree { remote, local } => {
                format!("mirror {} {}/", r(remote), q(local.parent()?))
            }
        };
        Some(lftp(login, &command))
    }

    fn names(&self, printed: &str) -> Vec<String> {
        let names = printed.lines().map(|name| name.trim_end_matches('/'));
        let names = names.filter(|name| *name != "." && *name != "..");
        names.map(str::to_owned).collect()
    }

    fn words(&self) -> Words {
        Words {
            denied: "outbox/ is read-only: put deliveries into inbox/",
            taken: "this delivery is being taken in",
            wrong_key: "Permission denied (publickey)",
            early_put: Some("SIGNER_UNKNOWN: Kunci penanda tangan tidak terdaftar."),
            early_rename: Some("SIGNER_UNKNOWN: Kunci penanda tangan tidak terdaftar."),
        }
    }
}

fn lftp(login: &Login, command: &str) -> Job {
    let config = login.ssh_config.display();
    let script = format!(
        "set sftp:connect-program 'ssh -a -x -F {config}'\nset cmd:fail-exit yes\nset net:max-retries 1\n\
         open -u {}, sftp://padan\n{command}\n",
        login.user
    );
    Job::new(login, "lftp")
        .args(["--norc", "-f", "/dev/stdin"])
        .input(script)
}

#[test]
#[ignore = "needs lftp, ssh"]
fn lftp_does_everything() {
    cases::all(&Lftp);
}
