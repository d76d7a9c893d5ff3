//! A delivery that will be refused, as each client meets it: what a person sees at once, that the receipt follows all the
//! same, and that the corrected one is taken under the same name.

use std::fs;
use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use padan::digest::Sha256Digest;
use padan::trust::sshsig::SigningKey;
use serde_json::Value;

use crate::client::{Client, Job, Task, text};
use crate::common::keygen;
use crate::curl::Curl;
use crate::lftp::Lftp;
use crate::openssh::Sftp;
use crate::paramiko::Paramiko;
use crate::psftp::Psftp;
use crate::rclone::{self, Rclone};
use crate::scp::Scp;
use crate::site::{Site, wait_for};
use crate::ssh2::Ssh2;
use crate::sshfs::Sshfs;

/// The way in which the last file of a delivery gets its name.
type Last = fn(&dyn Client, &Site, &Path, &str) -> Option<Printed>;

/// What a client said, and whether it calls that a success.
struct Printed {
    text: String,
    success: bool,
}

/// Puts the signature last, and the same once more by another name that is then changed.
fn early_word(client: &dyn Client, site: &Site) {
    let words = client.words();
    for (sequence, last, word) in [
        (1, put as Last, words.early_put),
        (2, put_and_rename as Last, words.early_rename),
    ] {
        let stem = Delivery::stem(sequence);
        let unknown = site.local("unknown");
        if !unknown.exists() {
            keygen(&unknown);
        }
        let delivery = Delivery::new(site, &stem, &unknown);
        for file in [&delivery.data, &delivery.manifest] {
            let there = site.disk(&format!("/inbox/{file}"));
            fs::copy(site.local(file), there).unwrap();
        }
        let remote = format!("/inbox/{}", delivery.signature);
        let local = site.local(&delivery.signature);
        let Some(printed) = last(client, site, &local, &remote) else {
            continue;
        };
        let text = &printed.text;
        match word {
            Some(word) => assert!(!printed.success && text.contains(word), "{word:?}: {text}"),
            None => assert!(printed.success, "{text}"),
        }
        assert_eq!(receipt(site, &stem, |_| true), "SIGNER_UNKNOWN");
        // Also what a client sent again, because it was told that it failed.
        wait_for("an empty inbox", || is_empty(site).then_some(()));

        // Under the same name, with the right key. What stands in it is no age file, which nobody can see before.
        let delivery = Delivery::new(site, &stem, &site.login.key.clone());
        for file in delivery.files() {
            let (local, remote) = (&site.local(file), &format!("/inbox/{file}"));
            let printed = put(client, site, local, remote).unwrap();
            // One that looks for its last file afterwards may find that it was taken.
            let last = *file == delivery.signature;
            assert!(printed.success || last, "{}", printed.text);
            assert!(!printed.text.contains("SIGNER"), "{}", printed.text);
        }
        let code = receipt(site, &stem, |code| code != "SIGNER_UNKNOWN");
        assert_eq!(code, "DECRYPT_DAMAGED");
    }
}

fn put(client: &dyn Client, site: &Site, local: &Path, remote: &str) -> Option<Printed> {
    perform(client, site, &Task::Put { local, remote })
}

/// As WinSCP does it.
fn put_and_rename(client: &dyn Client, site: &Site, local: &Path, remote: &str) -> Option<Printed> {
    let temporary = format!("{remote}.filepart");
    fs::copy(local, site.disk(&temporary)).unwrap();
    let (from, to) = (temporary.as_str(), remote);
    let printed = perform(client, site, &Task::Rename { from, to });
    if printed.is_none() {
        fs::remove_file(site.disk(&temporary)).unwrap();
        for file in fs::read_dir(site.disk("/inbox")).unwrap() {
            fs::remove_file(file.unwrap().path()).unwrap();
        }
    }
    printed
}

fn perform(client: &dyn Client, site: &Site, task: &Task) -> Option<Printed> {
    let output = client.job(&site.login, task)?.output();
    let both = [output.stdout, output.stderr].concat();
    Some(Printed {
        text: String::from_utf8_lossy(&both).into_owned(),
        success: output.status.success(),
    })
}

/// Waits for the verdict on a delivery; its code.
fn receipt(site: &Site, stem: &str, wanted: impl Fn(&str) -> bool) -> String {
    let path = site.disk(&format!("/receipts/{stem}.json"));
    wait_for("the receipt", || {
        let receipt: Value = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
        let code = receipt["problem"]["code"].as_str()?;
        wanted(code).then(|| code.to_owned())
    })
}

fn is_empty(site: &Site) -> bool {
    fs::read_dir(site.disk("/inbox")).unwrap().next().is_none()
}

/// Names of three files in the client's work folder.
struct Delivery {
    data: String,
    manifest: String,
    signature: String,
}

impl Delivery {
    /// Of yesterday.
    fn stem(sequence: u32) -> String {
        let day = Timestamp::now().to_zoned(TimeZone::UTC).date() - 1.day();
        format!("bkn_pns_full_{day}_{sequence:04}")
    }

    fn files(&self) -> [&String; 3] {
        [&self.data, &self.manifest, &self.signature]
    }

    /// Signed with any key.
    fn new(site: &Site, stem: &str, key: &Path) -> Self {
        let delivery = Self {
            data: format!("{stem}.csv.age"),
            manifest: format!("{stem}.sha256"),
            signature: format!("{stem}.sha256.sig"),
        };
        let data = format!("no age file, {}", key.display());
        let manifest = format!("{}  {}\n", Sha256Digest::of(data.as_bytes()), delivery.data);
        let key = SigningKey::load(key).unwrap();
        let signature = key.sign("padan", manifest.as_bytes()).unwrap();
        fs::write(site.local(&delivery.data), data).unwrap();
        fs::write(site.local(&delivery.manifest), manifest).unwrap();
        fs::write(site.local(&delivery.signature), signature).unwrap();
        delivery
    }
}

#[test]
#[ignore = "needs sftp, scp, lftp, ssh, rclone, curl, psftp, puttygen, paramiko, node, ssh2-sftp-client"]
fn every_client_meets_a_refusal_early_and_goes_on() {
    let clients: [&dyn Client; 8] = [&Sftp, &Scp, &Lftp, &Rclone, &Curl, &Psftp, &Paramiko, &Ssh2];
    for client in clients {
        println!("{}", client.name());
        early_word(client, &Site::start());
    }
}

#[test]
#[ignore = "needs sshfs, /dev/fuse, and root to mount"]
fn sshfs_meets_a_refusal_early_and_goes_on() {
    early_word(&Sshfs, &Site::start());
}

/// As it comes, rclone tries a failed transfer three times. It gets the same word each time, and leaves nothing behind
/// that would spoil the corrected delivery.
#[test]
#[ignore = "needs rclone"]
fn a_client_that_tries_again_hears_the_same_again() {
    let site = Site::start();
    let stem = Delivery::stem(1);
    let unknown = site.local("unknown");
    keygen(&unknown);
    let delivery = Delivery::new(&site, &stem, &unknown);
    let folder = site.local("send");
    fs::create_dir(&folder).unwrap();
    for file in delivery.files() {
        fs::rename(site.local(file), folder.join(file)).unwrap();
    }
    let copy = |source: &str, more: &[&str]| {
        let there = rclone::remote_of(&site.login, "/inbox");
        let mut job = Job::new(&site.login, "rclone").env("RCLONE_CONFIG", "/dev/null");
        for arg in more {
            job = job.args([arg]);
        }
        job.args(["copy", source, &there])
    };
    // The whole folder, its files one after the other, and then the signature alone.
    let printed = copy(text(&folder), &["--transfers", "1"]).fail();
    assert!(printed.contains("Attempt 3/3 failed"), "{printed}");
    assert!(!printed.contains("Attempt 4"), "{printed}");
    let signature = folder.join(&delivery.signature);
    let printed = copy(text(&signature), &["--retries", "2"]).fail();
    assert!(printed.contains("Attempt 2/2 failed"), "{printed}");
    assert_eq!(receipt(&site, &stem, |_| true), "SIGNER_UNKNOWN");
    wait_for("an empty inbox", || is_empty(&site).then_some(()));

    let delivery = Delivery::new(&site, &stem, &site.login.key.clone());
    for file in delivery.files() {
        copy(text(&site.local(file)), &[]).succeed();
    }
    let code = receipt(&site, &stem, |code| code != "SIGNER_UNKNOWN");
    assert_eq!(code, "DECRYPT_DAMAGED");
}
