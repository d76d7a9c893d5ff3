//! `curl` with `sftp://` addresses.

use std::fmt::Write;

use crate::cases;
use crate::client::{Client, Job, Task, Words, text};
use crate::site::Login;

/// One address a time; other work as commands beside a transfer.
pub struct Curl;

impl Client for Curl {
    fn name(&self) -> &'static str {
        "curl"
    }

    fn job(&self, login: &Login, task: &Task) -> Option<Job> {
        let curl = || curl(login);
        Some(match *task {
            Task::Put { local, remote } => curl().args(["-T", text(local), &url(login, remote)]),
            Task::Get { remote, local } => curl().args(["-o", text(local), &url(login, remote)]),
            Task::ResumePut { local, remote } => {
                curl().args(["-C", "-", "-T", text(local), &url(login, remote)])
            }
            Task::ResumeGet { remote, local } => {
                curl().args(["-C", "-", "-o", text(local), &url(login, remote)])
            }
            Task::GetWithTime { remote, local } => {
                curl().args(["-R", "-o", text(local), &url(login, remote)])
            }
            Task::List { folder } => curl().args(["-l", &url(login, &format!("{folder}/"))]),
            Task::Rename { from, to } => {
                let command = format!("rename \"{from}\" \"{to}\"");
                curl().args(["-I", "-Q", &command, &url(login, "/")])
            }
            Task::Remove { file } => {
                let command = format!("rm \"{file}\"");
                curl().args(["-I", "-Q", &command, &url(login, "/")])
            }
            Task::PutWithTime { .. } | Task::PutTree { .. } | Task::GetTree { .. } => return None,
        })
    }

    fn names(&self, printed: &str) -> Vec<String> {
        let names = printed.lines().map(str::to_owned);
        names.filter(|name| name != "." && name != "..").collect()
    }

    fn words(&self) -> Words {
        Words {
            denied: "Permission denied",
            taken: "Permission denied",
            wrong_key: "Authentication failure",
            early_put: None,
            early_rename: Some("rename command failed"),
        }
    }
}

fn curl(login: &Login) -> Job {
    let user = format!("{}:", login.user);
    let job = Job::new(login, "curl").args(["-q", "-sS", "-u", &user, "--key"]);
    job.arg(&login.key)
}

/// Everything but the plainest characters stands as `%XX`.
fn url(login: &Login, remote: &str) -> String {
    let mut url = format!("sftp://127.0.0.1:{}", login.port);
    for byte in remote.bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(&byte) {
            url.push(char::from(byte));
        } else {
            write!(url, "%{byte:02X}").unwrap();
        }
    }
    url
}

#[test]
#[ignore = "needs curl with SFTP"]
fn curl_does_what_it_can() {
    cases::all(&Curl);
}
