//! Who gets in, with which keys and algorithms.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use padan::sftp::Limits;
use russh::client::connect;
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, load_secret_key};

use crate::common::raw::{Trusting, log_in, session_from};
use crate::common::{SftpSite, said};

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
fn keys_are_reloaded_and_a_broken_file_admits_nobody() {
    let site = SftpSite::start(Limits::default());
    let client = site.client("bkn");
    let keys = site.dir().join("bkn/authorized_keys");
    let own = fs::read_to_string(&keys).unwrap();
    let other = fs::read_to_string(site.dir().join("bpjs/id.pub")).unwrap();

    fs::write(&keys, format!("{other}\nnonsense\n")).unwrap();
    let fault = site.server.reload().unwrap_err().to_string();
    assert!(fault.contains("line 3"), "{fault}");
    login_refused(&site);

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

/// No refusal is faster than the time set, and the medians of both kinds, which take turns, are not far apart.
#[test]
fn refusals_take_the_same_time() {
    let time = Duration::from_millis(200);
    let site = SftpSite::start(Limits {
        refusal_time: time,
        ..Limits::default()
    });
    let mut taken = [Vec::new(), Vec::new()];
    site.runtime.block_on(async {
        for _ in 0..7 {
            for (taken, (user, key)) in taken.iter_mut().zip([("bkn", "bpjs"), ("nobody", "bkn")]) {
                let mut session = session_from(site.address(), [127, 0, 0, 1]).await.unwrap();
                let begun = Instant::now();
                assert!(!log_in(&mut session, user, &site.key(key)).await.unwrap());
                taken.push(begun.elapsed());
            }
        }
    });
    for taken in &mut taken {
        taken.sort();
        assert!(taken[0] >= time, "{taken:?}");
    }
    let [known, unknown] = taken.map(|taken| taken[3]);
    assert!(
        known < unknown * 3 && unknown < known * 3,
        "{known:?} {unknown:?}"
    );
}

#[test]
fn only_sound_algorithms_are_offered() {
    let site = SftpSite::start(Limits::default());
    let mut stream = TcpStream::connect(site.address()).unwrap();
    stream.write_all(b"SSH-2.0-test\r\n").unwrap();
    // The server's greeting, then its offer: the first packet, unencrypted.
    let mut byte = [0];
    while byte != *b"\n" {
        stream.read_exact(&mut byte).unwrap();
    }
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut offer = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut offer).unwrap();
    let offer = String::from_utf8_lossy(&offer).into_owned();
    let (_, after) = offer
        .split_once("mlkem768x25519-sha256,")
        .expect("post-quantum");
    assert!(after.starts_with("curve25519-sha256,"), "{after}");
    assert!(
        !offer.split_once("mlkem").unwrap().0.contains("25519"),
        "first of all"
    );
    for weak in [
        "sha1,", "sha1\0", "-cbc", "zlib", "ssh-rsa", "3des", "arcfour", "group1-", "md5",
        "ssh-dss",
    ] {
        assert!(!offer.contains(weak), "{weak}");
    }
}

#[test]
#[ignore = "needs ssh-keygen, sftp"]
fn rsa_keys_log_in_with_sha2_only() {
    let site = SftpSite::start(Limits::default());
    for (bits, name) in [("3072", "rsa"), ("2048", "short")] {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "rsa", "-b", bits, "-N", "", "-f"])
            .arg(site.dir().join(name))
            .status()
            .unwrap();
        assert!(made.success());
    }
    let keys = site.dir().join("bkn/authorized_keys");
    fs::copy(site.dir().join("short.pub"), &keys).unwrap();
    let fault = site.server.reload().unwrap_err().to_string();
    assert!(
        fault.contains("line 1") && fault.contains("2048 bits"),
        "{fault}"
    );
    fs::copy(site.dir().join("rsa.pub"), &keys).unwrap();
    site.server.reload().unwrap();
    for (algorithm, accepted) in [
        ("rsa-sha2-512", true),
        ("rsa-sha2-256", true),
        ("ssh-rsa", false),
    ] {
        let output = Command::new("sftp")
            .args(["-b", "/dev/null"])
            .args(site.ssh_options(&site.dir().join("rsa")))
            .arg(format!("-oPubkeyAcceptedAlgorithms={algorithm}"))
            .arg(format!("bkn@{}", site.address().ip()))
            .output()
            .unwrap();
        assert_eq!(
            output.status.success(),
            accepted,
            "{algorithm}: {}",
            said(&output)
        );
    }
    // OpenSSH does not even try SHA-1 against this offer; another client may.
    for (hash, accepted) in [(Some(HashAlg::Sha256), true), (None, false)] {
        let key = load_secret_key(site.dir().join("rsa"), None).unwrap();
        let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
        site.runtime.block_on(async {
            let mut session = connect(Arc::default(), site.address(), Trusting)
                .await
                .unwrap();
            let login = session.authenticate_publickey("bkn", key).await.unwrap();
            assert_eq!(login.success(), accepted, "{hash:?}");
        });
    }
}
