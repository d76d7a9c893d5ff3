//! Somebody has a word about what arrives: it becomes the answer, or is not waited for.

use std::fs::{self, File};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use padan::sftp::client::Client;
use padan::sftp::{Arrived, Attend, Attendant, Limits, Word};

use crate::common::SftpSite;

/// Longer than any test.
const FOR_EVER: Duration = Duration::from_secs(3_600);

/// Cares for names that end with `.last`, and says what a test lets it say.
struct Attending<F>(F);

impl<F: Fn(&str, &Arrived) -> Option<Word> + Send + Sync> Attend for Attending<F> {
    fn cares(&self, path: &str) -> bool {
        path.ends_with(".last")
    }

    fn state(&self, account: &str, path: &str) -> Option<u32> {
        path.ends_with(".last")
            .then_some(if account == "bkn" { 1 } else { 2 })
    }

    fn state_word(&self, number: u32) -> Option<&'static str> {
        (number == 1).then_some("sedang-apa-saja")
    }

    fn word(&self, account: &str, arrived: &Arrived) -> Option<Word> {
        (self.0)(account, arrived)
    }
}

fn site(
    patience: Duration,
    word: impl Fn(&str, &Arrived) -> Option<Word> + Send + Sync + 'static,
) -> SftpSite {
    SftpSite::start_with(Limits::default(), |settings, _| {
        settings.attendant = Attendant::new(Arc::new(Attending(word)), patience);
    })
}

fn no_good() -> Option<Word> {
    Some(Word {
        reason: "NO_GOOD",
        message: "NO_GOOD: tidak baik / no good".to_owned(),
        leaves: false,
    })
}

/// Uploads a file; what the server said if it refused.
fn put(site: &SftpSite, client: &Client, path: &str) -> Result<(), String> {
    site.runtime.block_on(async {
        let mut upload = client.create(path).await.unwrap();
        upload.write(b"content").await.unwrap();
        upload.close().await.map_err(|fault| fault.to_string())
    })
}

fn rename(site: &SftpSite, client: &Client, from: &str, to: &str) -> Result<(), String> {
    let renamed = site.runtime.block_on(client.rename(from, to));
    renamed.map_err(|fault| fault.to_string())
}

#[test]
fn a_word_is_the_answer_to_the_request_that_brings_the_file() {
    let (heard, told) = channel();
    let heard = Mutex::new(heard);
    let site = site(FOR_EVER, move |account, arrived| {
        let told = (account.to_owned(), arrived.clone());
        heard.lock().unwrap().send(told).unwrap();
        no_good().filter(|_| !arrived.path.contains("good"))
    });
    let client = site.client("bkn");
    site.runtime
        .block_on(client.make_folder("inbox/a"))
        .unwrap();

    let refused = put(&site, &client, "inbox/a/x.last").unwrap_err();
    assert!(
        refused.contains("NO_GOOD: tidak baik / no good"),
        "{refused}"
    );
    // It has arrived all the same, and nobody holds it.
    let path = site.root("bkn", "inbox/a/x.last");
    assert_eq!(fs::read_to_string(&path).unwrap(), "content");
    File::open(&path).unwrap().try_lock().unwrap();

    put(&site, &client, "inbox/y.part").unwrap();
    let refused = rename(&site, &client, "inbox/y.part", "inbox/y.last").unwrap_err();
    assert!(refused.contains("NO_GOOD"), "{refused}");
    assert!(site.root("bkn", "inbox/y.last").exists());
    assert!(!site.root("bkn", "inbox/y.part").exists());

    put(&site, &client, "inbox/good.last").unwrap();
    let asked: Vec<_> = told.try_iter().collect();
    let expect = |path: &str, lies_at: &str| {
        let (path, lies_at) = (path.to_owned(), lies_at.to_owned());
        ("bkn".to_owned(), Arrived { path, lies_at })
    };
    assert_eq!(
        asked,
        [
            expect("a/x.last", "a/x.last"),
            expect("y.last", "y.part"),
            expect("good.last", "good.last"),
        ]
    );

    // The rules of the folders come first, and a file that was only looked at has not arrived.
    let refused = rename(&site, &client, "inbox/good.last", "outbox/z.last").unwrap_err();
    assert!(refused.contains("outbox/ is read-only"), "{refused}");
    let upload = site.runtime.block_on(client.append("inbox/a/x.last"));
    site.runtime.block_on(upload.unwrap().close()).unwrap();
    assert!(told.try_recv().is_err());
}

/// Nothing is said as long as the file lies where it could be taken away by who asks.
#[test]
fn the_answer_waits_until_a_file_that_leaves_has_left() {
    let (asked, told) = channel();
    let asked = Mutex::new(asked);
    let site = site(FOR_EVER, move |_, _| {
        asked.lock().unwrap().send(()).unwrap();
        let word = no_good()?;
        Some(Word {
            leaves: true,
            ..word
        })
    });
    let (client, other) = (site.client("bkn"), site.client("bkn"));
    let path = site.root("bkn", "inbox/x.last");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| put(&site, &client, "inbox/x.last"));
        told.recv().unwrap();
        // As the pipeline: when its writer has let it go. By then an answer without waiting would be there long since.
        let file = File::open(&path).unwrap();
        file.lock().unwrap();
        for _ in 0..20 {
            site.runtime.block_on(other.list("inbox")).unwrap();
        }
        assert!(!waiting.is_finished(), "answered while it lies there");
        fs::rename(&path, site.dir().join("taken")).unwrap();
        let refused = waiting.join().unwrap().unwrap_err();
        assert!(refused.contains("NO_GOOD"), "{refused}");
    });
}

#[test]
fn who_takes_too_long_or_fails_is_not_waited_for() {
    let (block, blocked) = blocker();
    let slow = site(Duration::from_millis(50), move |_, _| {
        let _ = blocked.lock().unwrap().recv();
        no_good()
    });
    let client = slow.client("bkn");
    put(&slow, &client, "inbox/x.last").unwrap();
    rename(&slow, &client, "inbox/x.last", "inbox/y.last").unwrap();
    assert!(slow.root("bkn", "inbox/y.last").exists());
    drop(block);

    let failing = site(FOR_EVER, |_, _| panic!("a mistake"));
    let client = failing.client("bkn");
    put(&failing, &client, "inbox/x.last").unwrap();
    rename(&failing, &client, "inbox/x.last", "inbox/y.last").unwrap();
    put(&failing, &client, "inbox/z.last").unwrap();
}

/// Each waits for its own word alone; and the file is held until then.
#[test]
fn who_waits_for_a_word_holds_up_nobody_else() {
    let (block, blocked) = blocker();
    let (asked, told) = channel();
    let asked = Mutex::new(asked);
    let site = site(FOR_EVER, move |account, _| {
        if account == "bkn" {
            asked.lock().unwrap().send(()).unwrap();
            let _ = blocked.lock().unwrap().recv();
        }
        no_good()
    });
    let (bkn, same, bpjs) = (site.client("bkn"), site.client("bkn"), site.client("bpjs"));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| put(&site, &bkn, "inbox/x.last"));
        told.recv().unwrap();
        // Another party's, another session's of the same, and what needs no word.
        assert!(put(&site, &bpjs, "inbox/x.last").is_err());
        put(&site, &same, "inbox/other").unwrap();
        site.runtime.block_on(same.list("inbox")).unwrap();
        let file = File::open(site.root("bkn", "inbox/x.last")).unwrap();
        assert!(file.try_lock().is_err(), "it could be taken already");
        assert!(!waiting.is_finished());
        drop(block);
        assert!(waiting.join().unwrap().unwrap_err().contains("NO_GOOD"));
    });
}

/// Whoever asks again and again learns nothing more.
#[test]
fn one_connection_is_told_so_much_and_no_more() {
    let site = site(FOR_EVER, |_, _| no_good());
    let client = site.client("bkn");
    let told = |client: &Client| {
        let answers = (0..130).map(|_| put(&site, client, "inbox/x.last"));
        answers.filter(Result::is_err).count()
    };
    assert_eq!(told(&client), 120);
    assert!(put(&site, &site.client("bkn"), "inbox/x.last").is_err());
}

/// A client that is gone before the word has still asked for its file to be renamed.
#[test]
fn a_renaming_is_done_although_nobody_waits_for_its_answer() {
    let (block, blocked) = blocker();
    let (asked, told) = channel();
    let asked = Mutex::new(asked);
    let site = site(FOR_EVER, move |_, _| {
        asked.lock().unwrap().send(()).unwrap();
        let _ = blocked.lock().unwrap().recv();
        no_good()
    });
    let client = site.client("bkn");
    put(&site, &client, "inbox/x").unwrap();
    site.runtime.block_on(async {
        let rename = client.rename("inbox/x", "inbox/x.last");
        let asked = tokio::task::spawn_blocking(move || told.recv().unwrap());
        tokio::select! {
            _ = rename => panic!("answered"),
            asked = asked => asked.unwrap(),
        }
    });
    drop(client);
    drop(block);
    let renamed = site.root("bkn", "inbox/x.last");
    while !renamed.exists() {
        std::thread::yield_now();
    }
}

/// Whoever receives waits until the other end is dropped.
fn blocker() -> (Sender<()>, Mutex<Receiver<()>>) {
    let (block, blocked) = channel();
    (block, Mutex::new(blocked))
}

#[test]
#[ignore = "needs sftp"]
fn a_listing_shows_how_files_stand() {
    let site = site(FOR_EVER, |_, _| None);
    for name in ["inbox/x.last", "inbox/other", "receipts/y.last"] {
        fs::write(site.root("bkn", name), "content").unwrap();
    }
    fs::create_dir(site.root("bkn", "inbox/a")).unwrap();
    fs::write(site.root("bkn", "inbox/a/z.last"), "content").unwrap();
    let group = |listing: &str, name: &str| {
        let line = listing.lines().find(|line| line.ends_with(name));
        let line = line.unwrap_or_else(|| panic!("{name}: {listing}"));
        let columns: Vec<_> = line.split_whitespace().collect();
        assert_eq!((columns[2], columns[4]), ("bkn", "7"), "{line}");
        columns[3].to_owned()
    };
    for (folder, name, expected) in [
        ("inbox", "x.last", "sedang-apa-saja"),
        ("inbox", "other", "bkn"),
        ("inbox/a", "z.last", "sedang-apa-saja"),
        ("receipts", "y.last", "bkn"),
    ] {
        // OpenSSH's client asks for the names of the numbers that files are shown with.
        let listing = site.sftp_ok("bkn", &format!("cd {folder}\nls -l\n"));
        assert_eq!(group(&listing, name), expected, "{folder}");
    }
    // A number without a name is the party's own group for whoever reads the line that the server writes.
    fs::write(site.root("bpjs", "inbox/x.last"), "content").unwrap();
    let listing = site.sftp_ok("bpjs", "cd inbox\nls -l\n");
    assert!(listing.contains(" bpjs "), "{listing}");
}
