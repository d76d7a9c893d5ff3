//! A folder mounted with `sshfs`, and the ordinary tools on it.

use crate::cases;
use crate::client::{Client, Job, Task, Words};
use crate::site::{Login, Site};

/// Each task mounts, works and unmounts, in a mount name space of its own: nothing stays mounted when it is killed.
pub struct Sshfs;

/// The configuration of ssh, then the task's script with its two parameters, which sees the mount as `$mnt`.
const MOUNT: &str = r#"
mnt=$(mktemp -d "$HOME/mnt.XXXXXX"); export mnt
sshfs -F "$1" padan:/ "$mnt"
shift
status=0
sh -euc "$@" || status=$?
cd /
fusermount3 -u "$mnt"
rmdir "$mnt"
exit $status
"#;

impl Client for Sshfs {
    fn name(&self) -> &'static str {
        "sshfs"
    }

    fn job(&self, login: &Login, task: &Task) -> Option<Job> {
        let mounted = |script| mounted(login, script);
        Some(match *task {
            Task::Put { local, remote } => mounted(r#"cp "$1" "$mnt$2""#).arg(local).arg(remote),
            Task::Get { remote, local } => mounted(r#"cp "$mnt$1" "$2""#).arg(remote).arg(local),
            Task::ResumePut { local, remote } => {
                let script = r#"tail -c +$(($(stat -c %s "$mnt$2") + 1)) "$1" >> "$mnt$2""#;
                mounted(script).arg(local).arg(remote)
            }
            Task::ResumeGet { remote, local } => {
                let script = r#"tail -c +$(($(stat -c %s "$2") + 1)) "$mnt$1" >> "$2""#;
                mounted(script).arg(remote).arg(local)
            }
            Task::PutWithTime { local, remote } => {
                mounted(r#"cp -p "$1" "$mnt$2""#).arg(local).arg(remote)
            }
            Task::GetWithTime { remote, local } => {
                mounted(r#"cp -p "$mnt$1" "$2""#).arg(remote).arg(local)
            }
            Task::List { folder } => mounted(r#"ls -1A "$mnt$1""#).arg(folder),
            Task::Rename { from, to } => mounted(r#"mv "$mnt$1" "$mnt$2""#).arg(from).arg(to),
            Task::Remove { file } => mounted(r#"rm "$mnt$1""#).arg(file),
            Task::PutTree { local, remote } => {
                mounted(r#"cp -r "$1" "$mnt$2""#).arg(local).arg(remote)
            }
            Task::GetTree { remote, local } => {
                mounted(r#"cp -r "$mnt$1" "$2""#).arg(remote).arg(local)
            }
        })
    }

    fn words(&self) -> Words {
        Words {
            denied: "Permission denied",
            taken: "Permission denied",
            wrong_key: "Connection reset by peer",
            early_put: None,
            early_rename: Some("Operation not permitted"),
        }
    }
}

fn mounted(login: &Login, script: &str) -> Job {
    let job = Job::new(login, "unshare").args(["--mount", "sh", "-euc", MOUNT, "sh"]);
    job.arg(&login.ssh_config).args([script, "sh"])
}

#[test]
#[ignore = "needs sshfs, /dev/fuse, and root to mount"]
fn sshfs_does_everything() {
    cases::all(&Sshfs);
}

#[test]
#[ignore = "needs sshfs, /dev/fuse, and root to mount"]
fn sshfs_writes_anywhere_in_a_file() {
    let site = Site::start();
    let script = r#"
write() { dd if=/dev/urandom of=part bs=1000 count="$2" status=none
    for f in whole "$mnt/inbox/whole"; do dd if=part of="$f" bs=1000 seek="$1" conv=notrunc status=none; done; }
write 900 40; write 0 3; write 500 2; write 2 5
for f in whole "$mnt/inbox/whole"; do truncate -s 930001 "$f"; done
write 929 7
sync "$mnt/inbox/whole"
cmp whole "$mnt/inbox/whole"
mkdir "$mnt/inbox/folder"; mv "$mnt/inbox/folder" "$mnt/inbox/moved"; rmdir "$mnt/inbox/moved"
df -P "$mnt/inbox"
"#;
    let space = mounted(&site.login, script).succeed();
    assert!(space.contains('%'), "{space}");
    let sent = std::fs::read(site.local("whole")).unwrap();
    assert!(sent.len() > 930_001 && sent == std::fs::read(site.disk("/inbox/whole")).unwrap());
}
