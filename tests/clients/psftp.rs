//! PuTTY's `psftp`.

use std::path::Path;

use crate::cases;
use crate::client::{Client, Job, Task, Words, quoted};
use crate::site::Login;

/// Commands of a batch file. Its key has a format of its own.
pub struct Psftp;

/// Key, host key, port and account.
const SCRIPT: &str = r#"
here=$(mktemp -d "$HOME/psftp.XXXXXX")
cat > "$here/batch"
puttygen "$1" -O private -o "$here/key.ppk"
exec psftp -batch -P "$3" -i "$here/key.ppk" -hostkey "$2" -b "$here/batch" "$4@127.0.0.1"
"#;

impl Client for Psftp {
    fn name(&self) -> &'static str {
        "PuTTY psftp"
    }

    fn job(&self, login: &Login, task: &Task) -> Option<Job> {
        let q = quoted::<&Path>;
        let r = quoted::<&str>;
        let batch = match *task {
            Task::Put { local, remote } => format!("put {} {}", q(local), r(remote)),
            Task::Get { remote, local } => format!("get {} {}", r(remote), q(local)),
            Task::ResumePut { local, remote } => format!("reput {} {}", q(local), r(remote)),
            Task::ResumeGet { remote, local } => format!("reget {} {}", r(remote), q(local)),
            Task::List { folder } => format!("ls {}", r(folder)),
            Task::Rename { from, to } => format!("mv {} {}", r(from), r(to)),
            Task::Remove { file } => format!("rm {}", r(file)),
            Task::PutTree { local, remote } => format!("put -r {} {}", q(local), r(remote)),
            Task::GetTree { remote, local } => format!("get -r {} {}", r(remote), q(local)),
            Task::PutWithTime { .. } | Task::GetWithTime { .. } => return None,
        };
        let host_key = login.host_key.split(' ').nth(1)?;
        let job = Job::script(login, SCRIPT).arg(&login.key).arg(host_key);
        let job = job.args([&login.port.to_string(), login.user]);
        Some(job.input(format!("{batch}\n")))
    }

    /// A line is as in `ls -l`: the name begins after the ninth column of words.
    fn names(&self, printed: &str) -> Vec<String> {
        let lines = printed.lines().filter(|line| line.starts_with('-'));
        let name = |line: &str| {
            let mut rest = line;
            for _ in 0..8 {
                rest = rest.trim_start().split_once(' ')?.1;
            }
            Some(rest.to_owned())
        };
        lines.filter_map(name).collect()
    }

    fn words(&self) -> Words {
        Words {
            denied: "permission denied",
            taken: "permission denied",
            wrong_key: "No supported authentication methods available",
            early_put: Some("error while closing: failure"),
            early_rename: Some("failure"),
        }
    }
}

#[test]
#[ignore = "needs psftp, puttygen"]
fn psftp_does_what_it_can() {
    cases::all(&Psftp);
}
