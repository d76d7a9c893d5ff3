//! The SFTP server against the real OpenSSH client, and against our own where the moment matters.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop at the first surprise"
)]

mod common;

use std::fs::{self, File};
use std::process::Command;

use common::{SftpSite, noise, said};
use padan::sftp::Limits;

const MIB: usize = 1 << 20;

#[test]
#[ignore = "needs sftp"]
fn files_of_every_size_come_and_go_byte_for_byte() {
    let site = SftpSite::start(Limits::default());
    for (name, len) in [
        ("empty", 0),
        ("one", 1),
        ("odd", 300_001),
        ("large", 64 * MIB),
    ] {
        fs::write(site.dir().join(name), noise(len, len as u64)).unwrap();
        site.sftp_ok(
            "bkn",
            &format!("put {name} inbox/{name}\nget inbox/{name} {name}.back\n"),
        );
        let sent = fs::read(site.dir().join(name)).unwrap();
        assert!(
            sent == fs::read(site.root("bkn", &format!("inbox/{name}"))).unwrap(),
            "{name}"
        );
        assert!(
            sent == fs::read(site.dir().join(format!("{name}.back"))).unwrap(),
            "{name}"
        );
    }
}

#[test]
#[ignore = "needs sftp"]
fn transfers_resume_where_they_stopped() {
    let site = SftpSite::start(Limits::default());
    let whole = noise(3 * MIB + 17, 1);
    let half = &whole[..MIB + 5];
    fs::write(site.dir().join("up"), &whole).unwrap();
    fs::write(site.root("bkn", "inbox/up"), half).unwrap();
    fs::write(site.root("bkn", "outbox/down"), &whole).unwrap();
    fs::write(site.dir().join("down"), half).unwrap();
    site.sftp_ok("bkn", "reput up inbox/up\nreget outbox/down down\n");
    assert!(fs::read(site.root("bkn", "inbox/up")).unwrap() == whole);
    assert!(fs::read(site.dir().join("down")).unwrap() == whole);
}

#[test]
#[ignore = "needs sftp"]
fn the_inbox_takes_every_usual_operation() {
    let site = SftpSite::start(Limits::default());
    fs::write(site.dir().join("a"), "content").unwrap();
    let listing = site.sftp_ok(
        "bkn",
        "mkdir inbox/2026\nput -p a inbox/2026/a.tmp\nrename inbox/2026/a.tmp inbox/2026/a b.csv\n\
         chmod 777 inbox/2026/a\nls -la inbox/2026\nls -l .\nput a inbox/rm\nrm inbox/rm\nmkdir inbox/x\nrmdir inbox/x\n\
         df inbox\npwd\ncd inbox/2026\npwd\n"
            .replace("a b.csv", "a")
            .as_str(),
    );
    assert!(
        listing.contains("-rw-------    1 bkn      bkn             7"),
        "{listing}"
    );
    for name in ["inbox", "outbox", "receipts", "STATUS.txt"] {
        assert!(listing.contains(name), "{listing}");
    }
    assert!(listing.contains("/inbox/2026\n"), "{listing}");
    let names = |path: &str| {
        let mut names: Vec<_> = fs::read_dir(site.root("bkn", path))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("inbox"), ["2026"]);
    assert_eq!(names("inbox/2026"), ["a"]);
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &str| {
        fs::metadata(site.root("bkn", path))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!((mode("inbox/2026"), mode("inbox/2026/a")), (0o700, 0o600));
    let time = |path| fs::metadata(path).unwrap().modified().unwrap();
    let kept = time(site.root("bkn", "inbox/2026/a"))
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let sent = time(site.dir().join("a"))
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    assert_eq!(kept, sent, "put -p keeps the time");
}

#[test]
#[ignore = "needs sftp"]
fn answers_can_be_read_and_removed_but_not_changed() {
    let site = SftpSite::start(Limits::default());
    for folder in ["outbox/answer", "receipts/old"] {
        fs::create_dir(site.root("bkn", folder)).unwrap();
        fs::write(site.root("bkn", &format!("{folder}/file")), "text").unwrap();
    }
    fs::write(site.dir().join("a"), "content").unwrap();
    for batch in [
        "put a outbox/a\n",
        "put a receipts/a\n",
        "put a outbox/answer/file\n",
        "put a STATUS.txt\n",
        "put a a\n",
        "mkdir outbox/x\n",
        "mkdir x\n",
        "rename outbox/answer/file outbox/f\n",
        "rename outbox/answer/file inbox/f\n",
        "rename receipts/old inbox/old\n",
        "put a inbox/a\nrename inbox/a outbox/a\n",
        "rm STATUS.txt\n",
        "rmdir inbox\n",
        "rename inbox outbox/inbox\n",
        "rmdir outbox/answer\n",
    ] {
        site.sftp_refused("bkn", batch);
    }
    let client = site.client("bkn");
    for (path, sentence) in [
        (
            "outbox/a",
            "outbox/ is read-only: put deliveries into inbox/",
        ),
        (
            "receipts/a",
            "receipts/ is read-only: put deliveries into inbox/",
        ),
        (
            "a",
            "nothing can be stored here: put deliveries into inbox/",
        ),
    ] {
        let fault = site
            .runtime
            .block_on(client.create(path))
            .err()
            .unwrap()
            .to_string();
        assert!(fault.contains(sentence), "{fault}");
    }
    site.sftp_ok(
        "bkn",
        "get outbox/answer/file f\nrm outbox/answer/file\nrmdir outbox/answer\nget -r receipts r\nrm receipts/old/file\n\
         rmdir receipts/old\nget STATUS.txt s\n",
    );
    assert_eq!(fs::read_to_string(site.dir().join("f")).unwrap(), "text");
    assert_eq!(
        fs::read_to_string(site.dir().join("r/old/file")).unwrap(),
        "text"
    );
    assert_eq!(
        fs::read_to_string(site.dir().join("s")).unwrap(),
        "no deliveries yet\n"
    );
}

#[test]
#[ignore = "needs sftp"]
fn nothing_outside_the_root_can_be_seen_or_reached() {
    let site = SftpSite::start(Limits::default());
    let secret = site.dir().join("secret");
    fs::write(&secret, "secret").unwrap();
    fs::write(site.root("bpjs", "inbox/theirs"), "theirs").unwrap();
    let inbox = site.root("bkn", "inbox");
    std::os::unix::fs::symlink(&secret, inbox.join("link")).unwrap();
    std::os::unix::fs::symlink(site.dir(), inbox.join("folder_link")).unwrap();
    std::os::unix::fs::symlink("../outbox", inbox.join("inner_link")).unwrap();
    fs::write(inbox.join("real"), "real").unwrap();
    fs::create_dir(inbox.join("sub")).unwrap();
    // Not even what stays inside is followed.
    std::os::unix::fs::symlink("real", inbox.join("near_link")).unwrap();
    std::os::unix::fs::symlink("sub", inbox.join("near_folder_link")).unwrap();
    fs::write(site.dir().join("a"), "content").unwrap();
    let secret_path = secret.display();
    for batch in [
        format!("get {secret_path}\n"),
        format!("get ../../..{secret_path}\n"),
        "get inbox/../../../bpjs/root/inbox/theirs\n".to_owned(),
        "ls ../bpjs\n".to_owned(),
        "get inbox/link\n".to_owned(),
        "ls inbox/folder_link\n".to_owned(),
        "ls inbox/inner_link\n".to_owned(),
        "get inbox/near_link\n".to_owned(),
        "put a inbox/near_link\n".to_owned(),
        "put a inbox/near_folder_link/a\n".to_owned(),
        "ls inbox/near_folder_link\n".to_owned(),
        "put a inbox/link\n".to_owned(),
        "put a inbox/folder_link/a\n".to_owned(),
        "put a inbox/inner_link/a\n".to_owned(),
        "rename inbox/link inbox/link2\n".to_owned(),
        "rm inbox/folder_link/secret\n".to_owned(),
        "mkdir inbox/folder_link/x\n".to_owned(),
        "rename inbox/real inbox/folder_link/real\n".to_owned(),
        "chmod 600 inbox/link\n".to_owned(),
        "ln -s /etc/passwd inbox/l\n".to_owned(),
        "ln inbox/real inbox/l\n".to_owned(),
    ] {
        site.sftp_refused("bkn", &batch);
    }
    let listing = site.sftp_ok("bkn", "ls -la inbox\nls -la /..\n");
    assert!(
        listing.contains("real") && !listing.contains("link"),
        "{listing}"
    );
    assert!(
        !listing.contains("bpjs") && !listing.contains("secret"),
        "{listing}"
    );
    assert_eq!(fs::read_to_string(&secret).unwrap(), "secret");
    assert!(!site.dir().join("x").exists());
    assert_eq!(fs::read_to_string(inbox.join("real")).unwrap(), "real");
    assert_eq!(fs::read_dir(site.root("bkn", "outbox")).unwrap().count(), 0);
}

#[test]
#[ignore = "needs sftp"]
fn only_a_listed_key_gets_in() {
    let site = SftpSite::start(Limits::default());
    let sftp = |user: &str, key: &str, options: &[&str]| {
        let output = Command::new("sftp")
            .args(["-b", "/dev/null"])
            .args(site.ssh_options(&site.key(key)))
            .args(options)
            .arg(format!("{user}@{}", site.address().ip()))
            .output()
            .unwrap();
        (output.status.success(), said(&output))
    };
    assert!(sftp("bkn", "bkn", &[]).0);
    for (user, key) in [
        ("bkn", "bpjs"),
        ("bpjs", "bkn"),
        ("nobody", "bkn"),
        ("root", "bkn"),
    ] {
        let (success, text) = sftp(user, key, &[]);
        assert!(
            !success && text.contains("Permission denied (publickey)"),
            "{user} {key}: {text}"
        );
    }
    let (success, text) = sftp(
        "bkn",
        "bkn",
        &["-oPreferredAuthentications=password,keyboard-interactive"],
    );
    assert!(
        !success && text.contains("Permission denied (publickey)"),
        "{text}"
    );
}

#[test]
#[ignore = "needs sftp"]
fn keys_are_reloaded_and_a_broken_file_changes_nothing() {
    let site = SftpSite::start(Limits::default());
    let client = site.client("bkn");
    let keys = site.dir().join("bkn/authorized_keys");
    let own = fs::read_to_string(&keys).unwrap();
    let other = fs::read_to_string(site.dir().join("bpjs/id.pub")).unwrap();

    fs::write(&keys, format!("{other}\nnonsense\n")).unwrap();
    let fault = site.server.reload().unwrap_err().to_string();
    assert!(fault.contains("line 3"), "{fault}");
    site.sftp_ok("bkn", "ls\n");

    fs::write(&keys, &other).unwrap();
    site.server.reload().unwrap();
    login_refused(&site);
    site.runtime
        .block_on(client.list("/"))
        .expect("an open session goes on");

    fs::write(&keys, format!("from=\"192.0.2.1\" {own}")).unwrap();
    site.server.reload().unwrap();
    login_refused(&site);
    fs::write(&keys, format!("from=\"127.0.0.0/8\",restrict {own}")).unwrap();
    site.server.reload().unwrap();
    site.sftp_ok("bkn", "ls\n");
    fs::write(&keys, format!("expiry-time=\"20200101Z\" {own}")).unwrap();
    site.server.reload().unwrap();
    login_refused(&site);
}

/// The client did not even get in.
fn login_refused(site: &SftpSite) {
    let output = site.sftp("bkn", "ls\n");
    assert!(
        said(&output).contains("Permission denied (publickey)"),
        "{}",
        said(&output)
    );
}

#[test]
fn an_open_upload_keeps_its_file_from_being_claimed() {
    let site = SftpSite::start(Limits::default());
    let client = site.client("bkn");
    let path = site.root("bkn", "inbox/f");
    let claim = || File::open(&path).unwrap().try_lock();
    let mut upload = site.runtime.block_on(client.create("inbox/f")).unwrap();
    site.runtime.block_on(upload.write(b"part")).unwrap();
    assert!(claim().is_err(), "while the upload is open");
    site.runtime.block_on(upload.close()).unwrap();
    claim().expect("after it was closed");

    let upload = site.runtime.block_on(client.append("inbox/f")).unwrap();
    assert!(claim().is_err());
    site.runtime.block_on(client.disconnect()).unwrap();
    drop(upload);
    // The lock ends with the session; waiting for it blocks until then.
    File::open(&path).unwrap().lock().unwrap();
}

#[test]
#[ignore = "needs sftp"]
fn a_file_being_claimed_is_left_alone() {
    let site = SftpSite::start(Limits::default());
    let client = site.client("bkn");
    let path = site.root("bkn", "inbox/f");
    fs::write(&path, "claimed content").unwrap();
    fs::write(site.dir().join("f"), "new").unwrap();
    let claim = File::open(&path).unwrap();
    claim.lock().unwrap();
    for opened in [
        site.runtime.block_on(client.create("inbox/f")),
        site.runtime.block_on(client.append("inbox/f")),
    ] {
        let fault = opened.err().unwrap().to_string();
        assert!(
            fault.contains("this delivery is being taken in; upload it again under a new sequence"),
            "{fault}"
        );
    }
    site.sftp_refused("bkn", "put f inbox/f\n");
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "claimed content",
        "not truncated"
    );
    fs::rename(&path, site.dir().join("staged")).unwrap();
    assert_eq!(
        site.sftp_ok("bkn", "ls inbox\n").matches("inbox/f").count(),
        0
    );
    site.sftp_ok("bkn", "put f inbox/f\n");
    assert_eq!(
        fs::read_to_string(site.dir().join("staged")).unwrap(),
        "claimed content"
    );
}

#[test]
fn a_file_renamed_away_under_an_open_upload_does_no_harm() {
    let site = SftpSite::start(Limits::default());
    let client = site.client("bkn");
    let mut upload = site.runtime.block_on(client.create("inbox/f")).unwrap();
    site.runtime.block_on(upload.write(b"one")).unwrap();
    fs::rename(site.root("bkn", "inbox/f"), site.dir().join("gone")).unwrap();
    site.runtime.block_on(upload.write(b"two")).unwrap();
    site.runtime.block_on(upload.close()).unwrap();
    assert!(
        site.runtime
            .block_on(client.list("inbox"))
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        fs::read_to_string(site.dir().join("gone")).unwrap(),
        "onetwo"
    );
}

#[test]
#[ignore = "needs sftp"]
fn eight_uploads_at_a_time_arrive_whole() {
    let site = SftpSite::start(Limits::default());
    std::thread::scope(|scope| {
        for n in 0..8u64 {
            let site = &site;
            scope.spawn(move || {
                fs::write(
                    site.dir().join(format!("f{n}")),
                    noise(2 * MIB + n as usize, n),
                )
                .unwrap();
                site.sftp_ok("bkn", &format!("put f{n} inbox/f{n}\n"));
            });
        }
    });
    for n in 0..8u64 {
        let arrived = fs::read(site.root("bkn", &format!("inbox/f{n}"))).unwrap();
        assert!(arrived == noise(2 * MIB + n as usize, n), "{n}");
    }
}

#[test]
#[ignore = "needs ssh, scp"]
fn commands_and_shells_are_refused_at_once() {
    let site = SftpSite::start(Limits::default());
    fs::write(site.dir().join("a"), "content").unwrap();
    let host = format!("bkn@{}", site.address().ip());
    let options = site.ssh_options(&site.key("bkn"));
    let local = site.dir().join("a");
    let scp = Command::new("scp")
        .arg("-O")
        .args(&options)
        .arg(local)
        .arg(format!("{host}:inbox/a"))
        .output();
    let exec = Command::new("ssh")
        .args(&options)
        .args([&host, "id"])
        .output();
    let shell = Command::new("ssh").args(&options).arg(&host).output();
    let forward = Command::new("ssh")
        .args(&options)
        .args(["-W", "127.0.0.1:22", &host])
        .output();
    for output in [scp, exec, shell, forward] {
        let output = output.unwrap();
        assert!(!output.status.success(), "{}", said(&output));
        assert!(output.stdout.is_empty(), "{}", said(&output));
    }
    site.sftp_ok("bkn", "put a inbox/a\n");
}

#[test]
#[ignore = "needs scp"]
fn scp_over_sftp_works() {
    let site = SftpSite::start(Limits::default());
    fs::write(site.dir().join("a"), noise(MIB, 3)).unwrap();
    let host = format!("bkn@{}", site.address().ip());
    let options = site.ssh_options(&site.key("bkn"));
    for (from, to) in [
        (
            site.dir().join("a").display().to_string(),
            format!("{host}:inbox/a"),
        ),
        (
            format!("{host}:inbox/a"),
            site.dir().join("b").display().to_string(),
        ),
    ] {
        let output = Command::new("scp")
            .args(&options)
            .args([from, to])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", said(&output));
    }
    assert!(fs::read(site.dir().join("b")).unwrap() == noise(MIB, 3));
}

#[test]
fn stopping_ends_open_sessions() {
    let mut site = SftpSite::start(Limits::default());
    let client = site.client("bkn");
    site.runtime.block_on(client.list("/")).unwrap();
    site.stop();
    assert!(site.runtime.block_on(client.list("/")).is_err());
    assert!(std::net::TcpStream::connect(site.address()).is_err());
}
