//! What every client must do: one table of sizes and names, the same for all.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::client::{Client, Job, Task};
use crate::common::{keygen, noise};
use crate::site::{Site, wait_for};

pub const KIB: usize = 1 << 10;
pub const MIB: usize = 1 << 20;

/// Nothing, as little as there is, around the 32 KiB that clients ask for at a time, and many of them.
const SIZES: [usize; 6] = [0, 1, 32 * KIB - 1, 32 * KIB, 32 * KIB + 1, 64 * MIB];

/// Indonesian with spaces; Arabic, from the right; outside the basic plane; the same letter composed and combining.
const NAMES: [&str; 5] = [
    "Perjanjian – “mutasi” désember.txt",
    "تقرير شهري.txt",
    "📦✅.txt",
    "caf\u{e9}",
    "cafe\u{301}",
];

/// Transfers at the same time: so many uploads and as many downloads.
const EACH_WAY: usize = 10;

/// Entries in a large folder.
const MANY: usize = 10_000;

/// A case with its name.
type Case = (&'static str, fn(&dyn Client, &mut Site));

const CASES: [Case; 9] = [
    ("every size", every_size),
    ("every name", every_name),
    ("resume", resume),
    ("interrupted put", interrupted_put),
    ("interrupted get", interrupted_get),
    ("times", times),
    ("folders", folders),
    ("ten thousand entries", ten_thousand_entries),
    ("twenty at a time", twenty_at_a_time),
];

/// Every case, and then those that fail.
pub fn all(client: &dyn Client) {
    let mut failed = Vec::new();
    let mut try_case = |name, case: fn(&dyn Client, &mut Site), mut site: Site| {
        let begun = SystemTime::now();
        let result = catch_unwind(AssertUnwindSafe(|| case(client, &mut site)));
        println!("{}: {name}: {:?}", client.name(), begun.elapsed().unwrap());
        if result.is_err() || !site.alive() {
            failed.push(name);
        }
    };
    for (name, case) in CASES {
        try_case(name, case, Site::start());
    }
    try_case("mistakes", mistakes, Site::start());
    try_case("rekeys", rekeys, Site::rekeying(16 * MIB));
    assert!(failed.is_empty(), "{}: {failed:?} failed", client.name());
}

fn every_size(client: &dyn Client, site: &mut Site) {
    for size in SIZES {
        there_and_back(client, site, size, &format!("size {size}"));
    }
}

/// Two changes of the session keys each way, while data flows.
fn rekeys(client: &dyn Client, site: &mut Site) {
    there_and_back(client, site, 48 * MIB, "rekeyed");
}

/// Uploads a file and downloads it again; it is the same byte for byte in all three places.
fn there_and_back(client: &dyn Client, site: &Site, size: usize, name: &str) {
    let (local, back) = (site.local(name), site.local("back"));
    let remote = format!("/inbox/{name}");
    fs::write(&local, noise(size, size as u64)).unwrap();
    perform(
        client,
        site,
        &Task::Put {
            local: &local,
            remote: &remote,
        },
    );
    assert_same(&local, &site.disk(&remote));
    let _ = fs::remove_file(&back);
    perform(
        client,
        site,
        &Task::Get {
            remote: &remote,
            local: &back,
        },
    );
    assert_same(&local, &back);
    fs::remove_file(back).unwrap();
}

fn every_name(client: &dyn Client, site: &mut Site) {
    let local = site.local("f");
    let folder = "/inbox/nama – الأسماء";
    fs::create_dir(site.disk(folder)).unwrap();
    let paths = NAMES.map(|name| format!("{folder}/{name}"));
    for (number, remote) in paths.iter().enumerate() {
        fs::write(&local, noise(1000 + number, 1)).unwrap();
        perform(
            client,
            site,
            &Task::Put {
                local: &local,
                remote,
            },
        );
        assert_same(&local, &site.disk(remote));
        let back = site.local("back");
        perform(
            client,
            site,
            &Task::Get {
                remote,
                local: &back,
            },
        );
        assert_same(&local, &back);
        fs::remove_file(back).unwrap();
    }
    let all = BTreeSet::from(NAMES.map(str::to_owned));
    assert_eq!(names_on_disk(site, folder), all);
    if let Some(list) = client.job(&site.login, &Task::List { folder }) {
        let listed = client.names(&list.succeed());
        assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), all);
    }
    for from in &paths {
        let to = format!("{from} baru");
        if can(client, site, &Task::Rename { from, to: &to }) {
            assert!(
                !site.disk(from).exists() && site.disk(&to).exists(),
                "{from}"
            );
            // So that it is there for the removal.
            fs::rename(site.disk(&to), site.disk(from)).unwrap();
        }
        if can(client, site, &Task::Remove { file: from }) {
            assert!(!site.disk(from).exists(), "{from}");
        }
    }
}

/// What was there before differs from what should be there: only the missing end comes.
fn resume(client: &dyn Client, site: &mut Site) {
    let (whole, half) = (noise(3 * MIB + 17, 1), noise(MIB + 5, 2));
    let expected = [&half, &whole[half.len()..]].concat();
    let (up, down, remote) = (site.local("up"), site.local("down"), "/inbox/up");
    fs::write(&up, &whole).unwrap();
    fs::write(site.disk(remote), &half).unwrap();
    if can(client, site, &Task::ResumePut { local: &up, remote }) {
        assert!(fs::read(site.disk(remote)).unwrap() == expected, "put");
    }
    let remote = "/receipts/down";
    fs::write(site.disk(remote), &whole).unwrap();
    fs::write(&down, &half).unwrap();
    if can(
        client,
        site,
        &Task::ResumeGet {
            remote,
            local: &down,
        },
    ) {
        assert!(fs::read(&down).unwrap() == expected, "get");
    }
}

fn interrupted_put(client: &dyn Client, site: &mut Site) {
    let (local, remote) = (site.local("cut"), "/inbox/halved/cut");
    let folder = site.disk("/inbox/halved");
    fs::write(&local, noise(64 * MIB, 3)).unwrap();
    fs::create_dir(&folder).unwrap();
    let put = Task::Put {
        local: &local,
        remote,
    };
    killed_halfway(client, site, &put, &folder);
    // Whatever name the client gave it meanwhile: it stays, and nobody holds it.
    let left: Vec<_> = paths_in(&folder);
    assert_eq!(left.len(), 1, "{left:?}");
    wait_for("the end of the lock", || {
        File::open(&left[0]).unwrap().try_lock().ok()
    });
    assert!(site.alive());
    let resume = Task::ResumePut {
        local: &local,
        remote,
    };
    if !client.in_order() || !can(client, site, &resume) {
        perform(client, site, &put);
    }
    assert_same(&local, &site.disk(remote));
}

fn interrupted_get(client: &dyn Client, site: &mut Site) {
    let (folder, remote) = (site.local("halved"), "/receipts/cut");
    let local = folder.join("cut");
    fs::write(site.disk(remote), noise(64 * MIB, 4)).unwrap();
    fs::create_dir(&folder).unwrap();
    let get = Task::Get {
        remote,
        local: &local,
    };
    killed_halfway(client, site, &get, &folder);
    let resume = Task::ResumeGet {
        remote,
        local: &local,
    };
    if !local.exists() || !client.in_order() || !can(client, site, &resume) {
        perform(client, site, &get);
    }
    assert_same(&local, &site.disk(remote));
}

/// Starts a transfer of 64 MiB into an empty folder and kills the client, with all it has started, in the middle.
fn killed_halfway(client: &dyn Client, site: &Site, task: &Task, folder: &Path) {
    // A client can be through before it is seen at work; then it starts over.
    for _ in 0..20 {
        let mut child = job(client, site, task).spawn();
        let group = Pid::from_child(&child);
        let size = || {
            paths_in(folder)
                .iter()
                .filter_map(|path| path.metadata().ok())
                .map(|m| m.len())
                .sum::<u64>()
        };
        wait_for("the middle of a transfer", || {
            (size() > MIB as u64).then_some(())
        });
        kill_process_group(group, Signal::KILL).unwrap();
        child.wait().unwrap();
        if size() < 64 * MIB as u64 {
            return;
        }
        paths_in(folder)
            .iter()
            .for_each(|path| fs::remove_file(path).unwrap());
    }
    panic!("always through before it was killed");
}

/// Only whole seconds travel.
fn times(client: &dyn Client, site: &mut Site) {
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_234_567_890);
    let (local, remote) = (site.local("dated"), "/inbox/dated");
    fs::write(&local, "content").unwrap();
    File::options()
        .write(true)
        .open(&local)
        .unwrap()
        .set_modified(then)
        .unwrap();
    let time = |path: &Path| path.metadata().unwrap().modified().unwrap();
    if can(
        client,
        site,
        &Task::PutWithTime {
            local: &local,
            remote,
        },
    ) {
        assert_eq!(time(&site.disk(remote)), then);
    }
    fs::copy(&local, site.disk(remote)).unwrap();
    File::options()
        .write(true)
        .open(site.disk(remote))
        .unwrap()
        .set_modified(then)
        .unwrap();
    let back = site.local("dated back");
    if can(
        client,
        site,
        &Task::GetWithTime {
            remote,
            local: &back,
        },
    ) {
        assert_eq!(time(&back), then);
    }
}

fn folders(client: &dyn Client, site: &mut Site) {
    let (local, back, remote) = (site.local("tree"), site.local("back"), "/inbox/tree");
    for (number, folder) in ["", "1", "1/2", "1/2/tiga kata", "kosong"]
        .iter()
        .enumerate()
    {
        fs::create_dir(local.join(folder)).unwrap();
        for file in 0..if *folder == "kosong" { 0 } else { 25 } {
            let name = format!("{folder}/berkas {file}")
                .trim_start_matches('/')
                .to_owned();
            fs::write(local.join(name), noise(file * 700, number as u64)).unwrap();
        }
    }
    fs::create_dir(&back).unwrap();
    if can(
        client,
        site,
        &Task::PutTree {
            local: &local,
            remote,
        },
    ) {
        assert_same_tree(&local, &site.disk(remote));
    } else {
        return;
    }
    let back = back.join("tree");
    if can(
        client,
        site,
        &Task::GetTree {
            remote,
            local: &back,
        },
    ) {
        assert_same_tree(&local, &back);
    }
}

fn ten_thousand_entries(client: &dyn Client, site: &mut Site) {
    let folder = "/receipts/many";
    let Some(list) = client.job(&site.login, &Task::List { folder }) else {
        return;
    };
    fs::create_dir(site.disk(folder)).unwrap();
    let names: BTreeSet<_> = (0..MANY).map(|n| format!("berkas {n:05} – نص")).collect();
    for name in &names {
        File::create(site.disk(folder).join(name)).unwrap();
    }
    let listed = client.names(&list.succeed());
    assert_eq!(listed.len(), MANY);
    // Not `assert_eq`: ten thousand names are not worth printing.
    assert!(listed.into_iter().collect::<BTreeSet<_>>() == names);
}

fn twenty_at_a_time(client: &dyn Client, site: &mut Site) {
    let site = &*site;
    let size = |number: usize| number * 300_007;
    for number in 0..EACH_WAY {
        fs::write(site.local(&format!("up{number}")), noise(size(number), 5)).unwrap();
        fs::write(
            site.disk(&format!("/receipts/{number}")),
            noise(size(number), 6),
        )
        .unwrap();
    }
    thread::scope(|scope| {
        for number in 0..EACH_WAY {
            scope.spawn(move || {
                let (local, remote) = (
                    site.local(&format!("up{number}")),
                    format!("/inbox/{number}"),
                );
                perform(
                    client,
                    site,
                    &Task::Put {
                        local: &local,
                        remote: &remote,
                    },
                );
                assert_same(&local, &site.disk(&remote));
            });
            scope.spawn(move || {
                let (local, remote) = (
                    site.local(&format!("down{number}")),
                    format!("/receipts/{number}"),
                );
                perform(
                    client,
                    site,
                    &Task::Get {
                        remote: &remote,
                        local: &local,
                    },
                );
                assert_same(&local, &site.disk(&remote));
            });
        }
    });
}

/// Ordinary mistakes change nothing, and the client says so.
fn mistakes(client: &dyn Client, site: &mut Site) {
    let words = client.words();
    let local = site.local("f");
    fs::write(&local, noise(100_000, 7)).unwrap();

    let denied = Task::Put {
        local: &local,
        remote: "/outbox/f",
    };
    refused(client, site, &denied, words.denied);
    assert!(!site.disk("/outbox/f").exists());

    let taken = Task::Put {
        local: &local,
        remote: "/inbox/taken",
    };
    fs::write(site.disk("/inbox/taken"), "as it was").unwrap();
    let claim = File::open(site.disk("/inbox/taken")).unwrap();
    claim.lock().unwrap();
    refused(client, site, &taken, words.taken);
    assert_eq!(fs::read(site.disk("/inbox/taken")).unwrap(), b"as it was");
    drop(claim);
    perform(client, site, &taken);
    assert_same(&local, &site.disk("/inbox/taken"));

    let key = site.local("another");
    keygen(&key);
    let login = site.login.with_key(&key);
    let put = Task::Put {
        local: &local,
        remote: "/inbox/f",
    };
    let printed = client.job(&login, &put).unwrap().fail();
    assert!(printed.contains(words.wrong_key), "wrong key: {printed}");
    assert!(!site.disk("/inbox/f").exists());
}

#[track_caller]
fn refused(client: &dyn Client, site: &Site, task: &Task, words: &str) {
    let printed = job(client, site, task).fail();
    assert!(printed.contains(words), "{words:?} is not in: {printed}");
}

fn job(client: &dyn Client, site: &Site, task: &Task) -> Job {
    client
        .job(&site.login, task)
        .expect("every client can do this")
}

#[track_caller]
fn perform(client: &dyn Client, site: &Site, task: &Task) {
    job(client, site, task).succeed();
}

/// Does the task if the client has such a thing, and says whether it has.
#[track_caller]
fn can(client: &dyn Client, site: &Site, task: &Task) -> bool {
    let job = client.job(&site.login, task);
    job.map(Job::succeed).is_some()
}

fn names_on_disk(site: &Site, folder: &str) -> BTreeSet<String> {
    let paths = paths_in(&site.disk(folder));
    let names = paths
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap());
    names.map(str::to_owned).collect()
}

fn paths_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[track_caller]
fn assert_same(a: &Path, b: &Path) {
    // Not `assert_eq`: 64 MiB are not worth printing.
    assert!(
        fs::read(a).unwrap() == fs::read(b).unwrap(),
        "{} and {} differ",
        a.display(),
        b.display()
    );
}

#[track_caller]
fn assert_same_tree(a: &Path, b: &Path) {
    let names = |folder: &Path| -> BTreeSet<_> {
        paths_in(folder)
            .iter()
            .map(|path| path.file_name().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(a), names(b), "in {}", b.display());
    for name in names(a) {
        let (a, b) = (a.join(&name), b.join(&name));
        if a.is_dir() {
            assert_same_tree(&a, &b);
        } else {
            assert_same(&a, &b);
        }
    }
}
