//! A person's keys behind a passphrase, locked by the real `age -p` and `ssh-keygen -N`.

use std::cell::Cell;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use padan::fault::Fault;
use padan::trust::envelope::{Identities, SecretString, open};

use super::tools::{Place, public, run, sign, succeed};

const PASSPHRASE: &str = "kuda terbang di atas awan";

/// Runs a command on a terminal of its own and types a line after each prompt: `age -p` and `padan open` ask nowhere
/// else. Prints what the terminal showed.
const TYPE: &str = r#"
import os, pty, select, sys, termios
line, command = sys.argv[1], sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
shown, answered = b"", 0
def asked():
    # An error ends in a colon for a moment, too; but only who waits for a secret turns the echo off.
    return len(shown) > answered and shown.endswith(b": ") and not termios.tcgetattr(terminal)[3] & termios.ECHO
while True:
    try:
        if asked():
            answered = len(shown)
            os.write(terminal, line.encode() + b"\n")
        if select.select([terminal], [], [], 0.01)[0]:
            more = os.read(terminal, 1024)
            if not more:
                break
            shown += more
    except (OSError, termios.error):
        break
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.stdout.buffer.write(shown)
sys.exit(status)
"#;

#[test]
#[ignore = "needs age, python3"]
fn a_locked_identity_file_opens_with_its_passphrase() {
    let place = Place::new();
    let (identity, recipient) = place.age_key("a.txt");
    let file = succeed("age", ["-r", &recipient], b"rows");
    for armor in [&[][..], &["-a"]] {
        let locked = lock(&place, &identity, armor);
        let identities = Identities::load_asking(&locked, passphrase(PASSPHRASE)).unwrap();
        assert_eq!(read(&file, &identities), b"rows");

        let wrong = Identities::load_asking(&locked, passphrase("x")).unwrap_err();
        assert!(
            wrong.to_string().contains("the passphrase is wrong"),
            "{wrong}"
        );
        let service = Identities::load(&locked).unwrap_err().to_string();
        assert!(service.contains("nobody is there to type it"), "{service}");
    }
    // A key without a passphrase asks for none.
    let asked = Cell::new(false);
    let ask = |_: &Path| -> Result<SecretString, Fault> {
        asked.set(true);
        Ok(SecretString::from(PASSPHRASE))
    };
    Identities::load_asking(&identity, ask).unwrap();
    assert!(!asked.get());
}

#[test]
#[ignore = "needs age, ssh-keygen, python3"]
fn a_locked_ssh_key_opens_with_its_passphrase() {
    let place = Place::new();
    for (kind, bits) in [("ed25519", "256"), ("rsa", "2048")] {
        let key = place.path(kind);
        let args = [
            "-q",
            "-t",
            kind,
            "-b",
            bits,
            "-N",
            PASSPHRASE,
            "-f",
            key.to_str().unwrap(),
        ];
        succeed("ssh-keygen", args, b"");
        let file = succeed("age", ["-r", &public(&key)], b"rows");
        let identities = Identities::load_asking(&key, passphrase(PASSPHRASE)).unwrap();
        assert_eq!(read(&file, &identities), b"rows");
        let wrong = Identities::load_asking(&key, passphrase("x")).unwrap_err();
        assert!(
            wrong.to_string().contains("the passphrase is wrong"),
            "{wrong}"
        );
        assert!(
            Identities::load(&key)
                .unwrap_err()
                .to_string()
                .contains("ssh-keygen -p")
        );
    }
}

#[test]
#[ignore = "needs age, python3"]
fn what_is_locked_in_another_way_says_so() {
    let place = Place::new();
    let (identity, recipient) = place.age_key("a.txt");
    let secret = fs::read(&identity).unwrap();
    let to_a_key = succeed("age", ["-a", "-r", &recipient], &secret);
    let locked = fs::read(lock(&place, &identity, &[])).unwrap();
    let text = String::from_utf8_lossy(&locked).into_owned();
    let costly = |work: &str| {
        let line = text
            .lines()
            .find(|line| line.starts_with("-> scrypt"))
            .unwrap();
        let (before, _) = line.rsplit_once(' ').unwrap();
        let header = text.split("---").next().unwrap();
        let header = header.replace(line, &format!("{before} {work}"));
        [header.as_bytes(), &locked[header.len()..]].concat()
    };
    let twice = lock(&place, &lock(&place, &identity, &[]), &[]);
    for (name, bytes, words) in [
        (
            "to a key",
            to_a_key,
            "encrypted to a key, not with a passphrase",
        ),
        ("costly", costly("21"), "more than 2^20 steps"),
        ("very costly", costly("63"), "more than 2^20 steps"),
        (
            "cut",
            locked[..locked.len() - 1].to_vec(),
            "no whole age file",
        ),
        (
            "cut in the header",
            locked[..40].to_vec(),
            "no whole age file",
        ),
        ("locked twice", fs::read(twice).unwrap(), "locked once more"),
    ] {
        let path = place.write_private("it", bytes);
        let fault = Identities::load_asking(&path, passphrase(PASSPHRASE)).unwrap_err();
        assert!(fault.to_string().contains(words), "{name}: {fault}");
        assert!(!fault.to_string().contains("AGE-SECRET"), "{fault}");
    }
}

#[test]
#[ignore = "needs age, ssh-keygen, sha256sum, python3"]
fn open_asks_on_the_terminal_or_reads_a_file() {
    let place = Place::new();
    let (identity, recipient) = place.age_key("a.txt");
    let locked = lock(&place, &identity, &[]);
    let answer = answer(&place, &recipient);
    let path = |name: &str| place.path(name).to_str().unwrap().to_owned();
    let (locked, signers) = (locked.to_str().unwrap().to_owned(), path("signers"));
    let binary = env!("CARGO_BIN_EXE_padan");
    let open = |out: &str| {
        [
            binary,
            "open",
            "--identity",
            &locked,
            "--signers",
            &signers,
            "--out",
            out,
            &answer,
        ]
        .map(str::to_owned)
        .to_vec()
    };

    let typed = |line: &str, out: &str| {
        let args = ["-c".to_owned(), TYPE.to_owned(), line.to_owned()];
        run("python3", [&args[..], &open(out)].concat(), b"")
    };
    let output = typed(PASSPHRASE, &path("typed"));
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{shown}");
    assert!(
        shown.contains(&format!("Passphrase of {locked}")),
        "{shown}"
    );
    assert!(!shown.contains(PASSPHRASE), "a passphrase on the screen");
    assert_eq!(
        fs::read(place.path("typed/perubahan.csv")).unwrap(),
        b"rows"
    );
    let wrong = typed("kuda", &path("wrong"));
    assert_eq!(wrong.status.code(), Some(2));
    assert!(!place.path("wrong").exists());

    place.write_private("passphrase", format!("{PASSPHRASE}\n"));
    let from_file = |out: &str, file: &str| {
        let more = ["--passphrase-file".to_owned(), path(file)];
        run(
            "setsid",
            [&["-w".to_owned()], &open(&path(out))[..], &more].concat(),
            b"",
        )
    };
    assert!(from_file("filed", "passphrase").status.success());
    assert_eq!(
        fs::read(place.path("filed/perubahan.csv")).unwrap(),
        b"rows"
    );
    place.write("readable", PASSPHRASE);
    place.write_private("two", format!("{PASSPHRASE}\nx\n"));
    place.write_private("empty", "");
    for (file, words) in [
        ("readable", "chmod 600"),
        ("two", "as its only line"),
        ("empty", "as its only line"),
        ("none", "No such file"),
    ] {
        let output = from_file("refused", file);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(words) && told.contains(&path(file)), "{told}");
        assert!(!told.contains(PASSPHRASE), "{told}");
    }
    // A scheduler has neither.
    let output = run(
        "setsid",
        [&["-w".to_owned()], &open(&path("asked"))[..]].concat(),
        b"",
    );
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("--passphrase-file"), "{told}");
    assert_eq!(output.status.code(), Some(2));
}

/// A response folder as the service would write it.
fn answer(place: &Place, recipient: &str) -> String {
    let key = place.ssh_key("signing", "ed25519", "");
    place.write(
        "signers",
        format!("padan namespaces=\"padan\" {}\n", public(&key)),
    );
    let sealed = succeed("age", ["-r", recipient], b"rows");
    let file = place.write("answer/perubahan.csv.age", sealed);
    let folder = file.parent().unwrap();
    let script = "cd \"$0\" && sha256sum -- *.age";
    let sums = succeed("sh", ["-c", script, folder.to_str().unwrap()], b"");
    place.write("answer/SHA256SUMS", &sums);
    place.write(
        "answer/SHA256SUMS.sig",
        sign(&key, "padan", "sha512", &sums),
    );
    folder.to_str().unwrap().to_owned()
}

/// `age -p`, by a hand at a terminal.
fn lock(place: &Place, identity: &Path, armor: &[&str]) -> PathBuf {
    let locked = place.path("locked");
    let _ = fs::remove_file(&locked);
    let (from, to) = (identity.to_str().unwrap(), locked.to_str().unwrap());
    let age = [&["age", "-p", "-o", to], armor, &[from]].concat();
    let output = run(
        "python3",
        [&["-c", TYPE, PASSPHRASE], &age[..]].concat(),
        b"",
    );
    assert!(output.status.success(), "{output:?}");
    let bytes = fs::read(&locked).unwrap();
    place.write_private(&format!("locked {}", armor.len()), bytes)
}

fn passphrase(words: &str) -> impl FnOnce(&Path) -> Result<SecretString, Fault> {
    let words = SecretString::from(words);
    move |_| Ok(words)
}

fn read(file: &[u8], identities: &Identities) -> Vec<u8> {
    let mut plaintext = Vec::new();
    let mut stream = open(Cursor::new(file.to_vec()), identities).unwrap();
    stream.read_to_end(&mut plaintext).unwrap();
    plaintext
}
