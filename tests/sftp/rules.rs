//! What a party may do where, and that nothing outside its root exists for it.

use std::fs;

use padan::sftp::Limits;

use crate::common::SftpSite;
use crate::common::raw::{Raw, id, packet, text};

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
        listing.contains("-rw-------") && listing.contains("bkn      bkn             7"),
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
fn names_that_deceive_the_reader_are_not_given() {
    let site = SftpSite::start(Limits::default());
    let at_hand = "inbox/there\u{1b}[2J";
    fs::write(site.root("bkn", at_hand), "from before").unwrap();
    fs::write(site.root("bkn", "inbox/a"), "content").unwrap();
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        for sign in [
            "\u{1}", "\n", "\u{1b}", "\u{7f}", "\u{9b}", "\u{202e}", "\u{2066}",
        ] {
            let name = format!("inbox/bkn{sign}csv");
            let name = text(name.as_bytes());
            for request in [
                packet(3, &[&id(1), &name, &(2u32 | 8).to_be_bytes(), &id(0)]),
                packet(14, &[&id(1), &name, &id(0)]),
                packet(18, &[&id(1), &text(b"inbox/a"), &name]),
                packet(
                    200,
                    &[
                        &id(1),
                        &text(b"posix-rename@openssh.com"),
                        &text(b"inbox/a"),
                        &name,
                    ],
                ),
            ] {
                raw.send(&request).await;
                assert_eq!(raw.status().await.1, 3, "{sign:?}");
            }
        }
        // What lies there can go.
        let away = packet(18, &[&id(1), &text(at_hand.as_bytes()), &text(b"inbox/b")]);
        raw.send(&away).await;
        assert_eq!(raw.status().await.1, 0);
        fs::write(site.root("bkn", at_hand), "again").unwrap();
        raw.send(&packet(13, &[&id(1), &text(at_hand.as_bytes())]))
            .await;
        assert_eq!(raw.status().await.1, 0);
    });
    assert_eq!(fs::read_dir(site.root("bkn", "inbox")).unwrap().count(), 2);
}
