//! Post-quantum recipients beside another implementation that has them (npm's `age-encryption`, as `npm/` pins it).

use std::fs;
use std::io::{Cursor, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use padan::rejection::Code;
use padan::trust::envelope::{Identities, Locked, OpenError, Recipients, open, seal};

use super::tools::{Place, public, run, succeed};

/// Around age's chunks of 64 KiB, and enough for several threads.
const SIZES: [usize; 6] = [
    0,
    1,
    (64 << 10) - 1,
    64 << 10,
    (64 << 10) + 1,
    (3 << 20) + 7,
];

#[test]
#[ignore = "needs age, node"]
fn they_open_what_we_seal() {
    let [first, second] = [keygen(), keygen()];
    let list = format!("# both\n{}\n\n{}\r\n", first.recipient, second.recipient);
    let recipients = Recipients::parse(&list).unwrap();
    assert!(recipients.is_postquantum());
    for size in SIZES {
        let plaintext = sample(size);
        let sealed = sealed(&plaintext, &recipients);
        for key in [&first, &second] {
            assert!(
                npm(&["decrypt", &key.identity], &sealed) == plaintext,
                "{size}"
            );
            assert!(
                opened(sealed.clone(), &key.identity).unwrap() == plaintext,
                "{size}"
            );
        }
        let other = keygen();
        assert!(!npm_runs(&["decrypt", &other.identity], &sealed), "{size}");
        assert_eq!(
            opened(sealed, &other.identity),
            Err(Code::DecryptNoKey),
            "{size}"
        );
    }
}

#[test]
#[ignore = "needs age, node"]
fn we_open_what_they_seal() {
    let [ours, other] = [keygen(), keygen()];
    for size in SIZES {
        let plaintext = sample(size);
        let file = npm(&["encrypt", &other.recipient, &ours.recipient], &plaintext);
        assert!(
            Locked::read(Cursor::new(file.clone()))
                .unwrap()
                .is_postquantum()
        );
        assert!(opened(file, &ours.identity).unwrap() == plaintext, "{size}");
    }
}

/// As `padan init` lays it out: senders use whichever recipient their age knows.
#[test]
#[ignore = "needs age, node"]
fn a_service_opens_classical_and_postquantum_files() {
    let place = Place::new();
    let dir = place.path("trial");
    let args = ["init", dir.to_str().unwrap(), "--trial"];
    succeed(env!("CARGO_BIN_EXE_padan"), args, b"");
    let recipients = |name: &str| dir.join("trial/bkn").join(name);
    let hybrid = fs::read_to_string(recipients("padan_recipients_pq.txt")).unwrap();
    let hybrid = hybrid
        .lines()
        .find(|line| line.starts_with("age1pq1"))
        .unwrap();
    let classical = recipients("padan_recipients.txt");
    let identities = fs::read_to_string(dir.join("keys/service/age_identity.txt")).unwrap();

    let with_age = succeed("age", ["-R", classical.to_str().unwrap()], b"rows");
    let with_npm = npm(&["encrypt", hybrid], b"rows");
    for (file, postquantum) in [(with_age, false), (with_npm, true)] {
        let locked = Locked::read(Cursor::new(file.clone())).unwrap();
        assert_eq!(locked.is_postquantum(), postquantum);
        assert_eq!(opened(file, &identities).unwrap(), b"rows");
    }
    let [pq, store] = ["age_identity_pq.pub", "store_identity.pub"]
        .map(|name| fs::read_to_string(dir.join("keys/service").join(name)).unwrap());
    assert_eq!(pq.trim(), hybrid);
    assert!(store.starts_with("age1pq1") && store != pq);
    let secret = identities
        .lines()
        .find(|line| line.starts_with("AGE-SECRET-KEY-PQ-1"));
    let sealed = npm(&["encrypt", hybrid], b"rows");
    assert_eq!(npm(&["decrypt", secret.unwrap()], &sealed), b"rows");
}

/// One classical stanza is a way around all others: such a file opens, but does not count as post-quantum.
#[test]
fn a_party_makes_its_own_key_and_never_over_another() {
    let place = Place::new();
    let path = place.path("mine.txt");
    let made = new_key(&["--postquantum", "--out", path.to_str().unwrap()]);
    assert!(made.status.success(), "{made:?}");
    let recipient = String::from_utf8(made.stdout).unwrap();
    assert!(recipient.starts_with("age1pq1"), "{recipient}");
    let public = place.path("mine.txt.pub");
    assert_eq!(fs::read_to_string(&public).unwrap(), recipient);
    for (path, mode) in [(&path, 0o600), (&public, 0o644)] {
        let found = fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{}", path.display());
    }
    let before = fs::read(&path).unwrap();
    assert!(!String::from_utf8_lossy(&made.stderr).contains("SECRET"));
    // Neither half is overwritten, and none is written without the other.
    for (there, gone) in [(&public, &path), (&path, &public)] {
        fs::remove_file(gone).unwrap();
        let refused = new_key(&["--out", path.to_str().unwrap()]);
        assert_eq!(refused.status.code(), Some(2), "{refused:?}");
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(
            said.contains(&format!("{} is there already", there.display())),
            "{said}"
        );
        assert!(!gone.exists());
        fs::write(gone, &before).unwrap();
    }
}

#[test]
#[ignore = "needs age, node"]
fn others_seal_to_the_key_that_a_party_made() {
    let place = Place::new();
    for (name, more) in [("new-pq.txt", Some("--postquantum")), ("new.txt", None)] {
        let path = place.path(name);
        let out = ["--out", path.to_str().unwrap()];
        let args: Vec<&str> = more.into_iter().chain(out).collect();
        let made = new_key(&args);
        assert!(made.status.success(), "{made:?}");
        let recipient = String::from_utf8(made.stdout).unwrap();
        let recipient = recipient.trim();
        let file = match more {
            Some(_) => npm(&["encrypt", recipient], b"rows"),
            None => succeed("age", ["-r", recipient], b"rows"),
        };
        let identities = Identities::load(&path).unwrap();
        let mut plaintext = Vec::new();
        let mut stream = open(Cursor::new(file), &identities).unwrap();
        stream.read_to_end(&mut plaintext).unwrap();
        assert_eq!(plaintext, b"rows");
    }
}

/// `padan keys new`.
fn new_key(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_padan"))
        .args(["keys", "new"])
        .args(args)
        .output()
        .unwrap()
}

#[test]
#[ignore = "needs age, node"]
fn a_mixed_file_is_no_postquantum_file() {
    let place = Place::new();
    let (identity, recipient) = place.age_key("a.txt");
    let ours = keygen();
    for recipients in [[&ours.recipient, &recipient], [&recipient, &ours.recipient]] {
        let file = npm(&["encrypt", recipients[0], recipients[1]], b"rows");
        let locked = Locked::read(Cursor::new(file.clone())).unwrap();
        assert!(!locked.is_postquantum());
        assert_eq!(opened(file.clone(), &ours.identity).unwrap(), b"rows");
        let identity = fs::read_to_string(&identity).unwrap();
        assert_eq!(opened(file, &identity).unwrap(), b"rows");
    }
    let ssh = public(&place.ssh_key("ssh", "ed25519", ""));
    for (list, line) in [
        (format!("{}\n{recipient}", ours.recipient), 2),
        (format!("# x\n{recipient}\n{}", ours.recipient), 3),
        (format!("{ssh}\n\n{}", ours.recipient), 3),
    ] {
        let problem = Recipients::parse(&list).unwrap_err();
        assert_eq!(problem.line, line);
        assert!(
            problem.problem.contains("keep the age1pq1… alone"),
            "{problem}"
        );
    }
}

#[test]
#[ignore = "needs age, node"]
fn keys_that_are_not_whole_are_told_by_line_and_never_repeated() {
    let place = Place::new();
    let key = keygen();
    let (recipient, identity) = (&key.recipient, &key.identity);
    let cut = &recipient[..1000];
    let last = if recipient.ends_with('q') { 'p' } else { 'q' };
    let swapped = format!("{}{last}", &recipient[..recipient.len() - 1]);
    for (text, line, words) in [
        (cut.to_owned(), 1, "1960 characters"),
        (
            format!("\n{}\n", recipient.to_uppercase()),
            2,
            "not a recipient",
        ),
        (
            format!("# x\n{recipient}\n{}q", recipient),
            3,
            "copy it again",
        ),
        (swapped, 1, "copy it again"),
        (identity.clone(), 1, "private key"),
        (identity.to_lowercase(), 1, "private key"),
    ] {
        let problem = Recipients::parse(&text).unwrap_err();
        assert_eq!(problem.line, line, "{problem}");
        assert!(problem.problem.contains(words), "{problem}");
        assert!(
            !problem.problem.contains(&identity[20..60]),
            "a secret in an error"
        );
    }
    let cut = &identity[..identity.len() - 1];
    for (text, words) in [
        (
            format!("# x\n{cut}\n"),
            "line 2: not a whole post-quantum identity",
        ),
        (
            format!("{identity}\n{recipient}\n"),
            "line 2: this is the public half",
        ),
        (
            format!("{identity}\nAGE-SECRET-KEY-2\n"),
            "line 2: not an age identity",
        ),
        (
            "AGE-SECRET-KEY-PQ-1".to_owned(),
            "line 1: not a whole post-quantum identity",
        ),
        (
            identity.replace("PQ-1", "1"),
            "line 1: not a whole age identity",
        ),
    ] {
        let path = place.write_private("identity", &text);
        let fault = Identities::load(&path).unwrap_err().to_string();
        assert!(fault.contains(words), "{fault}");
        assert!(!fault.contains(&identity[20..60]), "a secret in an error");
    }
    // As the specification has it, a key is in either case, but not in both.
    let lower = place.write_private("identity", identity.to_lowercase());
    assert!(Identities::load(&lower).unwrap().has_hybrid());
}

struct Key {
    identity: String,
    recipient: String,
}

/// A key pair that the other implementation made.
fn keygen() -> Key {
    let printed = String::from_utf8(npm(&["keygen"], b"")).unwrap();
    let (identity, recipient) = printed.trim().split_once('\n').unwrap();
    Key {
        identity: identity.to_owned(),
        recipient: recipient.to_owned(),
    }
}

fn npm(args: &[&str], input: &[u8]) -> Vec<u8> {
    succeed("node", with_module(args), input)
}

fn npm_runs(args: &[&str], input: &[u8]) -> bool {
    run("node", with_module(args), input).status.success()
}

fn with_module(args: &[&str]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let module = "target/tools/npm-age/node_modules/age-encryption/dist/index.js";
    let paths = [root.join("tests/trust/npm/age.mjs"), root.join(module)];
    let paths = paths.iter().map(|path| path.to_str().unwrap());
    paths
        .chain(args.iter().copied())
        .map(str::to_owned)
        .collect()
}

fn sample(size: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(size as u64);
    (0..size).map(|_| random.u8(..)).collect()
}

fn sealed(plaintext: &[u8], recipients: &Recipients) -> Vec<u8> {
    let mut sealed = seal(Vec::new(), recipients).unwrap();
    sealed.write_all(plaintext).unwrap();
    sealed.finish().unwrap()
}

fn opened(file: Vec<u8>, identities: &str) -> Result<Vec<u8>, Code> {
    let place = Place::new();
    let identities = Identities::load(&place.write_private("identity", identities)).unwrap();
    let mut stream = match open(Cursor::new(file), &identities) {
        Ok(stream) => stream,
        Err(OpenError::Rejected(code)) => return Err(code),
        Err(OpenError::Fault(fault)) => panic!("{fault}"),
    };
    let mut plaintext = Vec::new();
    stream.read_to_end(&mut plaintext).unwrap();
    Ok(plaintext)
}
