//! age files to and from the real `age`, and files whose maker is not to be trusted.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use padan::rejection::Code;
use padan::trust::envelope::{Damaged, Identities, OpenError, Recipients, open, seal};

use super::tools::{Place, public, run, succeed};

/// Plaintext in one chunk of age's stream.
const CHUNK: usize = 64 << 10;
/// The same with its tag.
const SEALED_CHUNK: usize = CHUNK + 16;
/// Around the borders of chunks; of the first MiB, after which threads work; and of what they take at a time.
const SIZES: [usize; 13] = [
    0,
    1,
    47,
    CHUNK - 1,
    CHUNK,
    CHUNK + 1,
    5 * CHUNK + 3,
    16 * CHUNK,
    16 * CHUNK + 1,
    24 * CHUNK,
    24 * CHUNK + 1,
    100 * CHUNK,
    131 * CHUNK + 7,
];

#[test]
#[ignore = "needs age, ssh-keygen"]
fn age_opens_what_we_seal() {
    let place = Place::new();
    let (identity, recipient) = place.age_key("a.txt");
    let ed25519 = place.ssh_key("ed25519", "ed25519", "");
    let rsa = place.ssh_key("rsa", "rsa", "3072");
    let list = format!(
        "# for all\n{recipient}\n\n{} Budi\n{}\r\n",
        public(&ed25519),
        public(&rsa)
    );
    let recipients = Recipients::parse(&list).unwrap();
    for size in SIZES {
        let plaintext = sample(size);
        let sealed = place.write("x.age", sealed(&plaintext, &recipients));
        for key in [&identity, &ed25519, &rsa] {
            let args = ["-d", "-i", key.to_str().unwrap(), sealed.to_str().unwrap()];
            assert!(succeed("age", args, b"") == plaintext, "{size} {key:?}");
            assert!(opened(fs::read(&sealed).unwrap(), key).unwrap() == plaintext);
        }
    }
}

#[test]
#[ignore = "needs age, ssh-keygen"]
fn we_open_what_age_seals() {
    let place = Place::new();
    let (identity, recipient) = place.age_key("a.txt");
    let (_, another) = place.age_key("b.txt");
    let ed25519 = place.ssh_key("ed25519", "ed25519", "");
    let rsa = place.ssh_key("rsa", "rsa", "2048");
    let (ed25519_line, rsa_line) = (public(&ed25519), public(&rsa));
    let keys = [
        (&recipient, &identity),
        (&ed25519_line, &ed25519),
        (&rsa_line, &rsa),
    ];
    for size in SIZES {
        let plaintext = sample(size);
        for (to, key) in keys {
            for armor in [&[][..], &["-a"]] {
                let args = [armor, &["-r", &another, "-r", to]].concat();
                let file = succeed("age", args, &plaintext);
                assert!(
                    opened(file, key).unwrap() == plaintext,
                    "{size} {key:?} {armor:?}"
                );
            }
        }
    }
    let crlf = String::from_utf8(succeed("age", ["-a", "-r", &recipient], b"rows")).unwrap();
    assert_eq!(
        opened(crlf.replace('\n', "\r\n").into(), &identity).unwrap(),
        b"rows"
    );
}

#[test]
#[ignore = "needs age, ssh-keygen"]
fn files_for_others_and_with_passphrases_are_told_apart() {
    let place = Place::new();
    let (identity, _) = place.age_key("a.txt");
    let (_, another) = place.age_key("b.txt");
    let file = succeed("age", ["-r", &another], b"rows");
    assert_eq!(rejected(file, &identity), Some(Code::DecryptNoKey));
    // `age -p` wants a terminal, so the header is written by hand: it never comes to the passphrase.
    let scrypt = "age-encryption.org/v1\n-> scrypt bBjlhJVYZeE4aqUdmtRHfw 15\n\
                  ZV/AhotwSGqaPCU43cepl4WYUouAa17a3xpu4G2yi5k\n\
                  --- fgMiVLJHMlg9fW7CVG/hPS5EAU4Zeg19LyCP7SoH5nA\n0123456789abcdef0123456789abcdef";
    assert_eq!(
        rejected(scrypt.into(), &identity),
        Some(Code::DecryptPassphrase)
    );
    let ssh = place.ssh_key("ssh", "ed25519", "");
    assert_eq!(rejected(scrypt.into(), &ssh), Some(Code::DecryptPassphrase));
}

#[test]
#[ignore = "needs age, ssh-keygen"]
fn a_truncated_file_never_ends_cleanly() {
    let place = Place::new();
    let (identity, recipient) = place.age_key("a.txt");
    let identities = Identities::load(&identity).unwrap();
    let plaintext = sample(3 * CHUNK);
    for armor in [&[][..], &["-a"]] {
        let file = succeed("age", [armor, &["-r", &recipient]].concat(), &plaintext);
        let payload = file.len() - 3 * SEALED_CHUNK;
        let mut cuts = vec![
            0,
            1,
            20,
            35,
            36,
            60,
            file.len() / 2,
            file.len() - 17,
            file.len() - 16,
            file.len() - 2,
        ];
        if armor.is_empty() {
            cuts.extend([
                file.len() - 1,
                payload - 17,
                payload - 16,
                payload - 1,
                payload,
                payload + 1,
            ]);
            for chunk in 1..3 {
                let border = payload + chunk * SEALED_CHUNK;
                cuts.extend([border - 16, border - 1, border, border + 1, border + 16]);
            }
        }
        for cut in cuts {
            let bytes = file[..cut].to_vec();
            match open(io::Cursor::new(bytes), &identities) {
                Err(OpenError::Rejected(code)) => {
                    assert_eq!(code, Code::DecryptDamaged, "cut at {cut}")
                }
                Err(OpenError::Fault(fault)) => panic!("cut at {cut}: {fault}"),
                Ok(mut stream) => {
                    let mut read = Vec::new();
                    let error = stream.read_to_end(&mut read).unwrap_err();
                    assert!(Damaged::caused(&error), "cut at {cut}");
                    assert!(plaintext.starts_with(&read));
                    let again = stream.read(&mut [0; 16]).unwrap_err();
                    assert!(Damaged::caused(&again), "it stays damaged");
                }
            }
        }
    }
}

#[test]
#[ignore = "needs age, ssh-keygen"]
fn any_altered_byte_is_noticed() {
    let place = Place::new();
    let (identity, recipient) = place.age_key("a.txt");
    let plaintext = sample(CHUNK + 100);
    let file = succeed("age", ["-r", &recipient], &plaintext);
    let header = file.len() - CHUNK - 100 - 32;
    let places =
        (0..header + 20).chain([header + CHUNK, header + SEALED_CHUNK + 16, file.len() - 1]);
    for at in places {
        let mut bytes = file.clone();
        bytes[at] ^= 1;
        let code = rejected(bytes, &identity);
        // A stanza that does not open any more cannot be told from one for another key.
        assert!(
            matches!(code, Some(Code::DecryptDamaged | Code::DecryptNoKey)),
            "byte {at}: {code:?}"
        );
        assert!(
            at < header || code == Some(Code::DecryptDamaged),
            "byte {at}"
        );
    }
    let mut longer = file.clone();
    longer.push(0);
    assert_eq!(rejected(longer, &identity), Some(Code::DecryptDamaged));
    let swapped = [&file[..header + 16], &file[header + 16 + SEALED_CHUNK..]].concat();
    assert_eq!(
        rejected(swapped, &identity),
        Some(Code::DecryptDamaged),
        "a chunk taken out"
    );
}

#[test]
#[ignore = "needs age, ssh-keygen"]
fn what_is_no_age_file_is_refused_as_damaged() {
    let place = Place::new();
    let (identity, _) = place.age_key("a.txt");
    let cases: [&[u8]; 8] = [
        b"",
        b"nip,nik\n1,2\n",
        b"age-encryption.org/v1\n",
        b"age-encryption.org/v2\n-> X25519 a\nb\n--- c\n",
        b"age-encryption.org/v1\n--- c\n",
        b"-----BEGIN AGE ENCRYPTED FILE-----\n",
        b"-----BEGIN AGE ENCRYPTED FILE-----\n!!!!\n-----END AGE ENCRYPTED FILE-----\n",
        b"-----BEGIN AGE ENCRYPTED FILE-----\nbmlwLG5pawo=\n-----END AGE ENCRYPTED FILE-----\n",
    ];
    for bytes in cases {
        let text = String::from_utf8_lossy(bytes);
        assert_eq!(
            rejected(bytes.to_vec(), &identity),
            Some(Code::DecryptDamaged),
            "{text}"
        );
    }
    assert_eq!(
        rejected(vec![0; 1 << 20], &identity),
        Some(Code::DecryptDamaged)
    );
}

#[test]
#[ignore = "needs age, ssh-keygen"]
fn a_huge_header_is_refused_before_it_is_read() {
    let place = Place::new();
    let (identity, _) = place.age_key("a.txt");
    let identities = Identities::load(&identity).unwrap();
    let begin = b"age-encryption.org/v1\n".to_vec();
    let endless: [(&str, Vec<u8>, &[u8]); 4] = [
        ("stanzas", begin.clone(), b"-> X25519 CJM36AHmTbdHSuOQL+NESqyVQE75f2e610iRdLPEN20\nC3ZAeY64NXS4QFrksLm3EGz+uPRyI0eQsWw7LWbbYig\n"),
        ("tiny stanzas", begin.clone(), b"-> a\n\n"),
        ("one line", [&begin[..], b"-> X25519 "].concat(), b"a"),
        ("empty lines", begin, b"\n"),
    ];
    for (name, begin, filling) in endless {
        let mut bytes = begin;
        bytes.extend(filling.iter().cycle().take(40 << 20));
        let read = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let input = Counted(io::Cursor::new(bytes), read.clone());
        let begun = Instant::now();
        let outcome = open(input, &identities);
        assert!(
            matches!(outcome, Err(OpenError::Rejected(Code::TooLarge))),
            "{name}"
        );
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{name}: {:?}",
            begun.elapsed()
        );
        let read = read.load(std::sync::atomic::Ordering::Relaxed);
        assert!(read <= 256 << 10, "{name}: {read} bytes read");
    }
    // age's parser takes a time that grows with the square of the lines: few are looked at, many are not.
    for (stanzas, expected) in [(511, Code::DecryptNoKey), (10_000, Code::TooLarge)] {
        let mut bytes = b"age-encryption.org/v1\n".to_vec();
        bytes.extend(b"-> a\n\n".repeat(stanzas));
        bytes.extend(b"--- fgMiVLJHMlg9fW7CVG/hPS5EAU4Zeg19LyCP7SoH5nA\n");
        assert!(bytes.len() < 64 << 10);
        bytes.extend([b'0'; 32]);
        let begun = Instant::now();
        assert_eq!(rejected(bytes, &identity), Some(expected));
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(1), "{stanzas} stanzas: {took:?}");
    }
}

#[test]
#[ignore = "needs age, ssh-keygen"]
fn an_armored_line_without_end_is_refused_before_it_is_read() {
    let place = Place::new();
    let (identity, recipient) = place.age_key("a.txt");
    let good = succeed("age", ["-a", "-r", &recipient], &sample(CHUNK));
    for filling in [b"A", b" "] {
        for keep in [35, 1000] {
            let mut bytes = good[..keep].to_vec();
            bytes.extend(filling.repeat(40 << 20));
            let read = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
            let input = Counted(io::Cursor::new(bytes), read.clone());
            let outcome = open(input, &Identities::load(&identity).unwrap());
            let code = outcome.map_or_else(
                |e| code_of(e).unwrap(),
                |mut stream| {
                    let error = stream.read_to_end(&mut Vec::new()).unwrap_err();
                    assert!(Damaged::caused(&error));
                    Code::DecryptDamaged
                },
            );
            assert_eq!(code, Code::DecryptDamaged);
            assert!(read.load(std::sync::atomic::Ordering::Relaxed) <= 512 << 10);
        }
    }
}

#[test]
#[ignore = "needs age, ssh-keygen"]
fn a_disk_that_fails_is_our_fault_and_not_damage() {
    let place = Place::new();
    let (identity, recipient) = place.age_key("a.txt");
    let identities = Identities::load(&identity).unwrap();
    for armor in [&[][..], &["-a"]] {
        let file = succeed(
            "age",
            [armor, &["-r", &recipient]].concat(),
            &sample(10 * CHUNK),
        );
        for good in [0, 10, 36, 100] {
            let outcome = open(Failing::after(&file, good), &identities);
            assert!(
                matches!(outcome, Err(OpenError::Fault(_))),
                "{good} {armor:?}"
            );
        }
        let mut stream = open(Failing::after(&file, 5 * CHUNK), &identities).unwrap();
        let error = stream.read_to_end(&mut Vec::new()).unwrap_err();
        assert!(!Damaged::caused(&error));
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}

#[test]
#[ignore = "needs age, ssh-keygen"]
fn a_writer_that_is_dropped_leaves_nothing_that_opens() {
    let place = Place::new();
    let (identity, recipient) = place.age_key("a.txt");
    let recipients = Recipients::parse(&recipient).unwrap();
    for size in [0, 10, CHUNK, CHUNK + 1, 2 * CHUNK] {
        let mut file = Vec::new();
        let mut sealed = seal(&mut file, &recipients).unwrap();
        sealed.write_all(&sample(size)).unwrap();
        drop(sealed);
        let path = place.write("cut.age", &file);
        let args = [
            "-d",
            "-i",
            identity.to_str().unwrap(),
            path.to_str().unwrap(),
        ];
        assert!(!run("age", args, b"").status.success(), "{size}");
        assert_eq!(
            rejected(file, &identity),
            Some(Code::DecryptDamaged),
            "{size}"
        );
    }
}

#[test]
#[ignore = "needs age, ssh-keygen"]
fn a_full_disk_is_told_when_sealing() {
    let place = Place::new();
    let (_, recipient) = place.age_key("a.txt");
    let recipients = Recipients::parse(&recipient).unwrap();
    let full = || File::options().write(true).open("/dev/full").unwrap();
    assert!(
        seal(full(), &recipients)
            .unwrap_err()
            .to_string()
            .contains("No space left")
    );
    let sealed = seal(io::BufWriter::new(full()), &recipients).unwrap();
    assert!(
        sealed
            .finish()
            .unwrap_err()
            .to_string()
            .contains("No space left")
    );
}

#[test]
#[ignore = "needs age, ssh-keygen"]
fn identity_and_recipient_files_say_what_is_wrong() {
    let place = Place::new();
    let (identity, recipient) = place.age_key("a.txt");
    let secret = fs::read_to_string(&identity).unwrap();
    let secret_line = secret.lines().last().unwrap();
    let two = place.write_private("two.txt", format!("{secret}\r\n{secret}"));
    assert!(Identities::load(&two).is_ok());
    let locked = place.path("locked");
    succeed(
        "ssh-keygen",
        [
            "-q",
            "-t",
            "ed25519",
            "-N",
            "x",
            "-f",
            locked.to_str().unwrap(),
        ],
        b"",
    );
    let ecdsa = place.ssh_key("ecdsa", "ecdsa", "256");
    let armored = succeed("age", ["-a", "-r", &recipient], secret.as_bytes());
    let plugin = "AGE-PLUGIN-YUBIKEY-1QQPQQQQQQQQQQQQ";
    for (path, expected) in [
        (place.write_private("empty", ""), "age-keygen"),
        (place.write_private("public", &recipient), "public half"),
        (
            place.write_private("plugin", format!("# x\n{plugin}\n")),
            "line 2: identities of plugins",
        ),
        (
            place.write_private("pq", "AGE-SECRET-KEY-PQ-1ABC"),
            "line 1: not a whole post-quantum identity",
        ),
        (
            place.write_private("cut", &secret_line.as_bytes()[..70]),
            "line 1: not a whole age identity",
        ),
        (
            place.write_private("armored", armored),
            "encrypted to a key",
        ),
        (place.write_private("binary", [0xff, 0xfe]), "not text"),
        (place.write("open", &secret), "chmod 600"),
        (locked, "ssh-keygen -p"),
        (ecdsa, "ed25519 and RSA"),
    ] {
        let fault = Identities::load(&path).unwrap_err().to_string();
        assert!(fault.contains(expected), "{fault}");
        assert!(
            !fault.contains(secret_line.get(20..70).unwrap()),
            "a secret in an error"
        );
    }
    assert!(!format!("{:?}", Identities::load(&identity).unwrap()).contains("AGE-"));

    for (text, line, expected) in [
        ("", 1, "no recipient"),
        (
            &format!("{recipient}\n{}", recipient.get(..50).unwrap()),
            2,
            "copy it again",
        ),
        (secret_line, 1, "private key"),
        ("\nage1pq1qqqq", 2, "not a whole age1pq1"),
        ("age1yubikey1qqqqqqqqqq", 1, "plugin"),
        (&public(&place.path("ecdsa")), 1, "ssh-ed25519 and ssh-rsa"),
        ("ssh-ed25519 AAAA", 1, "not a recipient"),
        ("budi@bkn.go.id", 1, "not a recipient"),
        (&public(&place.ssh_key("small", "rsa", "1024")), 1, "2048"),
    ] {
        let problem = Recipients::parse(text).unwrap_err();
        assert_eq!(problem.line, line, "{problem}");
        assert!(problem.problem.contains(expected), "{problem}");
        assert!(
            !problem.problem.contains("AGE-SECRET"),
            "a secret in an error"
        );
    }
    let path = place.write("recipients.txt", "x y");
    let fault = Recipients::load(&path).unwrap_err().to_string();
    assert!(fault.contains("recipients.txt: line 1: "), "{fault}");
}

/// Bytes that do not repeat within a chunk.
fn sample(size: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(size as u64);
    (0..size).map(|_| random.u8(..)).collect()
}

fn sealed(plaintext: &[u8], recipients: &Recipients) -> Vec<u8> {
    let mut sealed = seal(Vec::new(), recipients).unwrap();
    for piece in plaintext.chunks(10_007) {
        sealed.write_all(piece).unwrap();
    }
    sealed.finish().unwrap()
}

fn opened(file: Vec<u8>, key: &Path) -> Result<Vec<u8>, OpenError> {
    let mut plaintext = Vec::new();
    let mut stream = open(io::Cursor::new(file), &Identities::load(key).unwrap())?;
    stream.read_to_end(&mut plaintext).unwrap();
    Ok(plaintext)
}

/// The code with which a file is refused, on opening or while it is read; `None` where it opens.
fn rejected(file: Vec<u8>, key: &Path) -> Option<Code> {
    match open(io::Cursor::new(file), &Identities::load(key).unwrap()) {
        Err(error) => code_of(error),
        Ok(mut stream) => {
            let error = stream.read_to_end(&mut Vec::new()).err()?;
            assert!(Damaged::caused(&error));
            Some(Code::DecryptDamaged)
        }
    }
}

fn code_of(error: OpenError) -> Option<Code> {
    match error {
        OpenError::Rejected(code) => Some(code),
        OpenError::Fault(fault) => panic!("{fault}"),
    }
}

/// Counts the bytes taken.
struct Counted(
    io::Cursor<Vec<u8>>,
    std::sync::Arc<std::sync::atomic::AtomicUsize>,
);

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read(buffer)?;
        self.1.fetch_add(n, std::sync::atomic::Ordering::Relaxed);
        Ok(n)
    }
}

/// Gives some bytes, with interruptions, and then fails as a disk does.
struct Failing(io::Cursor<Vec<u8>>, bool);

impl Failing {
    fn after(file: &[u8], good: usize) -> Self {
        Self(io::Cursor::new(file[..good].to_vec()), false)
    }
}

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match self.0.read(buffer)? {
            0 => Err(io::ErrorKind::StorageFull.into()),
            n => Ok(n),
        }
    }
}
