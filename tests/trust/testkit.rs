//! Every public test vector of the age format (tests/trust/testkit), as its README demands.

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;

use flate2::read::ZlibDecoder;
use padan::digest::Sha256Digest;
use padan::rejection::Code;
use padan::trust::envelope::{Damaged, Identities, NativeIdentity, OpenError, SecretString, open};

use super::tools::Place;

/// One vector: what it is, and the age file.
struct Vector {
    name: String,
    expect: String,
    payload: Option<String>,
    identities: String,
    passphrase: Option<String>,
    file: Vec<u8>,
}

/// What became of a file.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// Refused before any plaintext.
    Refused(Code),
    /// Damaged after plaintext with this digest.
    Cut(String),
    /// Opened to its end; the digest of the plaintext.
    Whole(String),
}

#[test]
fn every_vector_for_keys_ends_as_it_must() {
    let place = Place::new();
    let mut told = Vec::new();
    let vectors: Vec<_> = all().filter(|v| v.passphrase.is_none()).collect();
    assert_eq!(vectors.len(), 117);
    for vector in vectors {
        let expected = match (vector.expect.as_str(), vector.payload.clone()) {
            ("success", Some(digest)) => Outcome::Whole(digest),
            ("payload failure", Some(digest)) => Outcome::Cut(digest),
            ("no match", None) => Outcome::Refused(Code::DecryptNoKey),
            ("header failure" | "HMAC failure" | "armor failure", None) => {
                Outcome::Refused(Code::DecryptDamaged)
            }
            other => panic!("{}: {other:?}", vector.name),
        };
        let found = outcome(vector.file, &vector.identities, &place);
        // Where the armor breaks off later than the header, some plaintext was handed out.
        let late = vector.expect == "armor failure" && matches!(found, Outcome::Cut(_));
        if found != expected && !late {
            told.push(format!(
                "{}: {found:?} instead of {expected:?}",
                vector.name
            ));
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn no_vector_with_a_passphrase_is_opened_by_a_service() {
    let place = Place::new();
    let vectors: Vec<_> = all().filter(|v| v.passphrase.is_some()).collect();
    assert_eq!(vectors.len(), 26);
    for vector in vectors {
        let found = outcome(vector.file, &vector.identities, &place);
        let expected = match vector.expect.as_str() {
            // Its tag is not that of a passphrase.
            "no match" if vector.name == "scrypt_uppercase" => {
                found == Outcome::Refused(Code::DecryptNoKey)
            }
            // A malformed stanza is not looked into when no passphrase can be tried.
            "success" | "no match" => found == Outcome::Refused(Code::DecryptPassphrase),
            _ => matches!(
                found,
                Outcome::Refused(Code::DecryptPassphrase | Code::DecryptDamaged)
            ),
        };
        assert!(expected, "{}: {found:?}", vector.name);
    }
}

#[test]
fn the_same_vectors_as_identity_files_of_a_person() {
    let place = Place::new();
    for vector in all() {
        let Some(passphrase) = vector.passphrase else {
            continue;
        };
        let path = place.write_private("identity", &vector.file);
        let fault = Identities::load_asking(&path, |_| Ok(SecretString::from(passphrase)))
            .unwrap_err()
            .to_string();
        let expected: &[&str] = match (vector.expect.as_str(), vector.name.as_str()) {
            // It opened, and there is no identity in it.
            ("success", _) => &["line 1: not an age identity"],
            ("no match", "scrypt_uppercase") => &["encrypted to a key"],
            ("no match", _) => &["the passphrase is wrong"],
            _ => &["no whole age file", "asks for more than"],
        };
        let named = expected.iter().any(|words| fault.contains(words));
        assert!(named, "{}: {fault}", vector.name);
        assert!(!fault.contains("test"), "the plaintext in an error");
    }
}

fn all() -> impl Iterator<Item = Vector> {
    let folder = Path::new("tests/trust/testkit");
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    names.sort();
    names.into_iter().map(move |name| {
        let bytes = fs::read(folder.join(&name)).unwrap();
        Vector::parse(name, &bytes)
    })
}

impl Vector {
    /// Lines of `key: value`, an empty line, the file.
    fn parse(name: String, bytes: &[u8]) -> Self {
        let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let values = |key: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            let found = lines.filter(|(found, _)| *found == key);
            found.map(|(_, value)| value.to_owned()).collect::<Vec<_>>()
        };
        let mut file = bytes[end + 2..].to_vec();
        if values("compressed") == ["zlib"] {
            let mut whole = Vec::new();
            ZlibDecoder::new(&file[..]).read_to_end(&mut whole).unwrap();
            file = whole;
        }
        Self {
            expect: values("expect").concat(),
            payload: values("payload").pop(),
            identities: values("identity").join("\n"),
            passphrase: values("passphrase").into_iter().next(),
            name,
            file,
        }
    }
}

fn outcome(file: Vec<u8>, identities: &str, place: &Place) -> Outcome {
    let identities = match identities {
        "" => Identities::of(NativeIdentity::hybrid()),
        lines => Identities::load(&place.write_private("identities", lines)).unwrap(),
    };
    let mut stream = match open(Cursor::new(file), &identities) {
        Err(OpenError::Rejected(code)) => return Outcome::Refused(code),
        Err(OpenError::Fault(fault)) => panic!("{fault}"),
        Ok(stream) => stream,
    };
    let mut plaintext = Vec::new();
    let ended = stream.read_to_end(&mut plaintext);
    let digest = Sha256Digest::of(&plaintext).to_string();
    match ended {
        Ok(_) => Outcome::Whole(digest),
        Err(error) => {
            assert!(Damaged::caused(&error));
            Outcome::Cut(digest)
        }
    }
}
