//! What is offered beyond version 3, each by its bytes and with the clients that use it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use padan::sftp::{Limits, Quota};

use crate::common::raw::{Raw, about, extended, id, packet, read, text};
use crate::common::{SftpSite, noise, said};

const READ: u32 = 1;
const WRITE: u32 = 2;
const APPEND: u32 = 4;
const CREATE: u32 = 8;
const MIB: usize = 1 << 20;

/// `copy-data`.
fn copy(number: u32, from: &[u8], offset: u64, len: u64, to: &[u8], at: u64) -> Vec<u8> {
    let fields: [&[u8]; 5] = [
        &text(from),
        &offset.to_be_bytes(),
        &len.to_be_bytes(),
        &text(to),
        &at.to_be_bytes(),
    ];
    extended(number, "copy-data", &fields)
}

/// `check-file-name` or one of its sisters.
fn check(
    number: u32,
    form: &str,
    of: &[u8],
    names: &str,
    offset: u64,
    len: u64,
    block: u32,
) -> Vec<u8> {
    let fields: [&[u8]; 5] = [
        &text(of),
        &text(names.as_bytes()),
        &offset.to_be_bytes(),
        &len.to_be_bytes(),
        &block.to_be_bytes(),
    ];
    extended(number, form, &fields)
}

/// What an answer to it must be.
fn checked(number: u32, before: &[&str], digests: &[u8]) -> Vec<u8> {
    let names: Vec<u8> = before
        .iter()
        .flat_map(|name| text(name.as_bytes()))
        .collect();
    [&[201][..], &id(number), &names, digests].concat()
}

fn sha256(path: &Path) -> Vec<u8> {
    let output = Command::new("sha256sum").arg(path).output().unwrap();
    let hex = String::from_utf8(output.stdout).unwrap();
    (0..32)
        .map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap())
        .collect()
}

#[test]
fn what_is_offered_is_what_works() {
    let site = SftpSite::start(Limits::default());
    site.runtime.block_on(async {
        let mut raw = Raw::connect(&site, "bkn", 2 << 20).await;
        let version = raw.ask(&packet(1, &[&id(3)])).await;
        assert_eq!(version[..5], [2, 0, 0, 0, 3]);
        let mut rest = &version[5..];
        let mut strings = Vec::new();
        while let Some((len, after)) = rest.split_first_chunk::<4>() {
            let (string, after) = after.split_at(u32::from_be_bytes(*len) as usize);
            strings.push(String::from_utf8(string.to_vec()).unwrap());
            rest = after;
        }
        let offered: Vec<_> = strings
            .chunks(2)
            .map(|pair| (&*pair[0], &*pair[1]))
            .collect();
        assert_eq!(
            offered,
            [
                ("limits@openssh.com", "1"),
                ("posix-rename@openssh.com", "1"),
                ("fsync@openssh.com", "1"),
                ("statvfs@openssh.com", "2"),
                ("fstatvfs@openssh.com", "2"),
                ("lsetstat@openssh.com", "1"),
                ("expand-path@openssh.com", "1"),
                ("users-groups-by-id@openssh.com", "1"),
                ("home-directory", "1"),
                ("copy-data", "1"),
                ("check-file", "sha256,sha512,sha384,sha224"),
                ("check-file-handle", "1"),
                ("check-file-name", "1"),
            ]
        );
        for (name, _) in &offered[1..] {
            // Nothing after the name: known, but torn.
            let (code, sentence) = raw.refused(&extended(1, name, &[])).await;
            assert_eq!(code, 5, "{name}: {sentence}");
        }
        let limits = raw.ask(&extended(2, "limits@openssh.com", &[])).await;
        let number = |n: usize| u64::from_be_bytes(limits[5 + 8 * n..][..8].try_into().unwrap());
        assert_eq!(
            [0, 1, 2, 3].map(number),
            [256 << 10, 255 << 10, 255 << 10, 128]
        );
    });
}

#[test]
fn a_party_has_a_home_and_a_name() {
    let site = SftpSite::start(Limits::default());
    let path = |path: &str| {
        let path = text(path.as_bytes());
        [&[104][..], &id(1), &id(1), &path, &path, &id(0)].concat()
    };
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        for (name, argument, expected) in [
            ("expand-path@openssh.com", "~", "/"),
            ("expand-path@openssh.com", "~/inbox/a/..", "/inbox"),
            ("expand-path@openssh.com", "~bkn/../..", "/"),
            ("expand-path@openssh.com", "inbox/./x", "/inbox/x"),
            ("home-directory", "", "/"),
            ("home-directory", "bkn", "/"),
        ] {
            let answer = raw
                .ask(&extended(1, name, &[&text(argument.as_bytes())]))
                .await;
            assert_eq!(answer, path(expected), "{name} {argument}");
        }
        // Another party and nobody look the same.
        for (name, argument) in [
            ("expand-path@openssh.com", "~bpjs/inbox"),
            ("expand-path@openssh.com", "~nobody"),
            ("home-directory", "bpjs"),
            ("home-directory", "nobody"),
        ] {
            let request = extended(1, name, &[&text(argument.as_bytes())]);
            let (code, sentence) = raw.refused(&request).await;
            assert_eq!(code, 3);
            assert_eq!(
                sentence,
                "only your own home folder can be seen here: write ~ for it"
            );
        }
        let ids = [id(0), id(1000)].concat();
        let request = extended(
            1,
            "users-groups-by-id@openssh.com",
            &[&text(&ids), &text(&id(0))],
        );
        let (users, groups) = ([text(b"bkn"), text(b"")].concat(), text(b"bkn"));
        let expected = [&[201][..], &id(1), &text(&users), &text(&groups)].concat();
        assert_eq!(raw.ask(&request).await, expected);
    });
}

#[test]
fn copies_are_made_on_the_server() {
    let site = SftpSite::start(Limits::default());
    let content = noise(9 * MIB + 3, 1);
    fs::write(site.root("bkn", "outbox/answer"), &content).unwrap();
    let arrived = |name: &str| fs::read(site.root("bkn", name)).unwrap();
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        let from = raw.open("outbox/answer", READ).await;
        let to = raw.open("inbox/copy", READ | WRITE | CREATE).await;
        raw.done(&copy(1, &from, 0, 0, &to, 0)).await;
        assert!(arrived("inbox/copy") == content);
        raw.done(&copy(1, &from, 5, 10, &to, 100)).await;
        assert!(arrived("inbox/copy")[100..110] == content[5..15]);
        // Requests that come behind a long one are answered behind it.
        let close = about(4, 8, &to);
        raw.send(&[copy(7, &from, 0, 0, &to, 0), read(9, &to, 3, 4), close].concat())
            .await;
        assert_eq!(raw.status().await, (7, 0, String::new()));
        assert_eq!(raw.packet().await.unwrap()[9..], content[3..7]);
        assert_eq!(raw.status().await, (8, 0, String::new()));

        let more = raw.open("inbox/copy", WRITE | APPEND).await;
        raw.done(&copy(1, &from, 0, 7, &more, 0)).await;
        assert!(arrived("inbox/copy")[content.len()..] == content[..7]);
        let end = (content.len() - 3) as u64;
        let (code, _) = raw.refused(&copy(1, &from, end, 9, &more, 0)).await;
        assert_eq!(code, 1, "less than was asked for");
        assert!(arrived("inbox/copy")[content.len() + 7..] == content[end as usize..]);

        let reader = raw.open("inbox/copy", READ).await;
        for (request, code, part) in [
            (copy(1, &reader, 0, 5, &more, 900), 4, "onto itself"),
            (copy(1, &from, 0, 0, &from, 0), 4, "onto itself"),
            (copy(1, &more, 0, 0, &from, 0), 3, "for writing only"),
            (copy(1, &from, 0, 0, &reader, 0), 3, "for reading only"),
            (copy(1, b"99", 0, 0, &more, 0), 4, "not open"),
            (copy(1, &from, 0, 0, b"x", 0), 4, "not open"),
        ] {
            let (answer, sentence) = raw.refused(&request).await;
            assert_eq!(answer, code, "{sentence}");
            assert!(sentence.contains(part), "{sentence}");
        }
        raw.done(&copy(1, &from, u64::MAX, 0, &more, 0)).await;
    });
}

#[test]
#[ignore = "needs sha256sum"]
fn checksums_are_those_of_the_files() {
    let site = SftpSite::start(Limits::default());
    let content = noise(5 * MIB + 1, 2);
    let answer = site.root("bkn", "outbox/answer");
    fs::write(&answer, &content).unwrap();
    fs::write(site.root("bkn", "inbox/empty"), "").unwrap();
    let part = site.dir().join("part");
    fs::write(&part, &content[7..300]).unwrap();
    let whole = checked(1, &["sha256"], &sha256(&answer));
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        let handle = raw.open("outbox/answer", READ).await;
        // As WinSCP and ProFTPD, which follow the last draft.
        let name = b"/outbox/answer";
        assert_eq!(
            raw.ask(&check(1, "check-file-name", name, "md5,sha256", 0, 0, 0))
                .await,
            whole
        );
        assert_eq!(
            raw.ask(&check(1, "check-file-handle", &handle, "sha256", 0, 0, 0))
                .await,
            whole
        );
        // As paramiko, which follows an older one.
        let older = checked(1, &["check-file", "sha256"], &sha256(&answer));
        assert_eq!(
            raw.ask(&check(1, "check-file", &handle, "sha256", 0, 0, 0))
                .await,
            older
        );
        let middle = checked(1, &["sha256"], &sha256(&part));
        assert_eq!(
            raw.ask(&check(1, "check-file-name", name, "sha256", 7, 293, 0))
                .await,
            middle
        );
        let blocks = raw
            .ask(&check(1, "check-file-name", name, "sha512", 0, 1000, 256))
            .await;
        assert_eq!(blocks.len(), 1 + 4 + 4 + 6 + 4 * 64);
        let empty = check(1, "check-file-name", b"inbox/empty", "sha256", 0, 0, 0);
        let expected = checked(1, &["sha256"], &sha256(Path::new("/dev/null")));
        assert_eq!(raw.ask(&empty).await, expected);

        let writer = raw.open("inbox/empty", WRITE).await;
        for (form, of, names, offset, block, code, part) in [
            ("check-file-name", &name[..], "md5,sha1", 0, 0, 8, "sha256"),
            ("check-file-name", name, "sha256", 0, 255, 4, "too small"),
            ("check-file-name", name, "sha256", 0, 256, 4, "too small"),
            ("check-file-name", name, "sha256", 1 << 40, 0, 4, "shorter"),
            ("check-file-name", b"outbox", "sha256", 0, 0, 4, "a folder"),
            ("check-file-name", b"outbox/x", "sha256", 0, 0, 2, "no file"),
            (
                "check-file-name",
                b"/etc/passwd",
                "sha256",
                0,
                0,
                2,
                "no file",
            ),
            (
                "check-file-handle",
                &writer,
                "sha256",
                0,
                0,
                3,
                "writing only",
            ),
            ("check-file", b"77", "sha256", 0, 0, 4, "not open"),
        ] {
            let (answer, sentence) = raw
                .refused(&check(1, form, of, names, offset, 0, block))
                .await;
            assert_eq!(answer, code, "{form}: {sentence}");
            assert!(sentence.contains(part), "{sentence}");
        }
    });
}

#[test]
fn what_takes_long_holds_up_nobody_else_and_ends_with_its_client() {
    let site = SftpSite::start(Limits::default());
    let large = site.root("bkn", "outbox/large");
    fs::File::create(&large).unwrap().set_len(20 << 30).unwrap();
    let other = site.client("bpjs");
    site.runtime.block_on(async {
        let mut raw = Raw::greeted(&site, "bkn").await;
        let requests: Vec<u8> = (0..1000)
            .flat_map(|n| check(n, "check-file-name", b"outbox/large", "sha256", 0, 0, 0))
            .collect();
        raw.send(&requests).await;
        // The same login and another one go on, through hundreds of answers.
        let mut second = Raw::greeted(&site, "bkn").await;
        for n in 0..200 {
            assert_eq!(second.ask(&about(16, n, b".")).await[0], 104);
            other.list("/").await.unwrap();
        }
        assert_eq!(opened(&large).len(), 1, "one at a time");
        raw.session
            .disconnect(russh::Disconnect::ByApplication, "", "")
            .await
            .unwrap();
        while !opened(&large).is_empty() {
            tokio::task::yield_now().await;
        }
    });
}

/// Descriptors of this process, and so of the server, that lead to a file.
fn opened(path: &Path) -> Vec<PathBuf> {
    fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
        .filter(|target| target == path)
        .collect()
}

#[test]
#[ignore = "needs sftp, scp"]
fn openssh_uses_what_is_offered() {
    let site = SftpSite::start(Limits {
        quota: Quota {
            bytes: 1 << 30,
            files: 100,
        },
        ..Limits::default()
    });
    let content = noise(MIB + 1, 3);
    fs::write(site.root("bkn", "outbox/answer"), &content).unwrap();
    let printed = site.sftp_ok(
        "bkn",
        "copy outbox/answer inbox/copy\nls -l outbox\nls -lh inbox\ndf -h /inbox\n\
         rename inbox/copy inbox/moved\ncopy outbox/answer inbox/other\nrename inbox/other inbox/moved\n",
    );
    assert!(fs::read(site.root("bkn", "inbox/moved")).unwrap() == content);
    assert!(printed.contains("bkn      bkn"), "{printed}");
    assert!(printed.contains("1.0GB"), "the quota: {printed}");
    let said = site.sftp_refused("bkn", "copy outbox/answer outbox/copy\n");
    assert!(said.contains("Permission denied"), "{said}");
    let back = site.dir().join("back");
    let output = Command::new("scp")
        .args(site.ssh_options(&site.key("bkn")))
        .arg(format!("bkn@{}:~/inbox/moved", site.address().ip()))
        .arg(&back)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", self::said(&output));
    assert!(fs::read(back).unwrap() == content);
}

/// Runs a Python script with paramiko against a site: host, port, user and key are its arguments.
fn paramiko(site: &SftpSite, script: &str) -> Output {
    // Installed by `tests/run`.
    Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/bin/python"))
        .args(["-c", script, &site.address().ip().to_string()])
        .arg(site.address().port().to_string())
        .arg("bkn")
        .arg(site.key("bkn"))
        .output()
        .unwrap()
}

#[test]
#[ignore = "needs paramiko"]
fn paramiko_checks_files() {
    let site = SftpSite::start(Limits::default());
    fs::write(site.root("bkn", "outbox/answer"), noise(3 * MIB, 4)).unwrap();
    let output = paramiko(
        &site,
        r#"
import hashlib, paramiko, sys
host, port, user, key = sys.argv[1:]
client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
client.connect(host, int(port), user, key_filename=key, look_for_keys=False, allow_agent=False)
sftp = client.open_sftp()
with sftp.open("outbox/answer", "rb") as answer:
    content = answer.read()
    assert answer.check("sha256") == hashlib.sha256(content).digest()
    parts = [content[n:n + 1048576] for n in range(0, len(content), 1048576)]
    digests = b"".join(hashlib.sha512(part).digest() for part in parts)
    assert answer.check("sha512", 0, 0, 1048576) == digests
print("checked")
"#,
    );
    assert!(said(&output).contains("checked"), "{}", said(&output));
}
