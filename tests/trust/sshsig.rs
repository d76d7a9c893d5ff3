//! Signatures: which keys, which forms, made and verified as ssh-keygen does.

use std::fs;

use padan::agreement::PartyId;
use padan::rejection::Code;
use padan::trust::allowed_signers::AllowedSigners;
use padan::trust::sshsig::{self, SigningKey};
use proptest::prelude::{any, prop};
use proptest::{prop_assert, proptest};
use russh::keys::signature::Signer as _;
use russh::keys::ssh_key::public::{Ed25519PublicKey, KeyData, SkEd25519};
use russh::keys::ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey, Signature, SshSig};

use super::tools::{Place, public, run, sign, succeed};
use super::verdict::Ours::{Good, Refused, Stricter};
use super::verdict::{MESSAGE, compare, now};

#[test]
#[ignore = "needs ssh-keygen"]
fn every_kind_of_key_is_judged_as_agreed() {
    let place = Place::new();
    let weak = "design §2: RSA of at least 3072 bits";
    for (kind, bits, expected) in [
        ("ed25519", "", Good),
        ("ecdsa", "256", Good),
        ("ecdsa", "384", Good),
        ("ecdsa", "521", Good),
        ("rsa", "3072", Good),
        ("rsa", "4096", Good),
        ("rsa", "2048", Stricter(Code::SignerWeak, weak)),
        ("rsa", "3064", Stricter(Code::SignerWeak, weak)),
    ] {
        let key = place.ssh_key(&format!("{kind}{bits}"), kind, bits);
        let signers = format!("bkn namespaces=\"padan\" {}", public(&key));
        for hash in ["sha512", "sha256"] {
            let signature = sign(&key, "padan", hash, MESSAGE);
            compare(&place, &signers, "padan", MESSAGE, &signature, &expected);
        }
        let signature = sign(&key, "padan", "sha512", b"another manifest");
        let refusal = match &expected {
            Stricter(code, _) => Refused(*code),
            _ => Refused(Code::SignatureBad),
        };
        compare(&place, &signers, "padan", MESSAGE, &signature, &refusal);
    }
}

#[test]
#[ignore = "needs ssh-keygen"]
fn sha1_dsa_and_untouched_security_keys_are_too_weak() {
    let place = Place::new();

    let path = place.ssh_key("rsa", "rsa", "3072");
    let signers = format!("bkn namespaces=\"padan\" {}", public(&path));
    let key = PrivateKey::from_openssh(fs::read(&path).unwrap()).unwrap();
    let data = SshSig::signed_data("padan", HashAlg::Sha512, MESSAGE).unwrap();
    let sha1 = (key.key_data().rsa().unwrap(), None).sign(&data);
    let signature = armor(key.public_key().key_data(), sha1);
    compare(
        &place,
        &signers,
        "padan",
        MESSAGE,
        &signature,
        &Refused(Code::SignerWeak),
    );

    // Newer releases of ssh-keygen make no DSA keys any more.
    let path = place.path("dsa");
    let made = run(
        "ssh-keygen",
        ["-q", "-t", "dsa", "-N", "", "-f", path.to_str().unwrap()],
        b"",
    );
    if made.status.success() {
        let signers = format!("bkn namespaces=\"padan\" {}", public(&path));
        let signature = sign(&path, "padan", "sha512", MESSAGE);
        let expected = Stricter(Code::SignerWeak, "DSA has 80 bits of strength");
        compare(&place, &signers, "padan", MESSAGE, &signature, &expected);
    }

    let path = place.ssh_key("token", "ed25519", "");
    let pair = PrivateKey::from_openssh(fs::read(&path).unwrap()).unwrap();
    let pair = pair.key_data().ed25519().unwrap();
    let token = KeyData::SkEd25519(SkEd25519::new(Ed25519PublicKey(pair.public.0), "ssh:"));
    let signers = format!(
        "bkn namespaces=\"padan\" {}",
        russh::keys::PublicKey::from(token.clone())
            .to_openssh()
            .unwrap()
    );
    let untouched = Stricter(Code::SignerWeak, "nobody touched the security key");
    for (flags, expected) in [(1, Good), (5, Good), (0, untouched)] {
        let trailer = [flags, 0, 0, 0, 9];
        let mut signed = HashAlg::Sha256.digest(b"ssh:");
        signed.extend(trailer);
        signed.extend(HashAlg::Sha256.digest(&data));
        let mut bytes = pair.sign(&signed).as_bytes().to_vec();
        bytes.extend(trailer);
        let signature = armor(&token, Signature::new(Algorithm::SkEd25519, bytes).unwrap());
        compare(&place, &signers, "padan", MESSAGE, &signature, &expected);
    }
}

#[test]
#[ignore = "needs ssh-keygen"]
fn a_signature_is_exactly_one_armored_block() {
    let place = Place::new();
    let key = place.ssh_key("id", "ed25519", "");
    let signers = format!("bkn namespaces=\"padan\" {}", public(&key));
    let good = String::from_utf8(sign(&key, "padan", "sha512", MESSAGE)).unwrap();
    let blob = succeed(
        "sh",
        ["-c", "grep -v -- ----- | base64 -d"],
        good.as_bytes(),
    );
    let bad = || Refused(Code::SignatureBad);
    let behind = || {
        Stricter(
            Code::SignatureBad,
            "ssh-keygen reads nothing behind the END line",
        )
    };
    let width = || {
        Stricter(
            Code::SignatureBad,
            "ssh-keygen writes lines of equal length",
        )
    };
    let cases = [
        ("as made", good.clone().into_bytes(), Good),
        ("no last newline", good.trim_end().into(), Good),
        ("empty", vec![], bad()),
        ("leading newline", format!("\n{good}").into(), bad()),
        ("leading text", format!("x\n{good}").into(), bad()),
        ("CRLF", good.replace('\n', "\r\n").into(), bad()),
        (
            "a text before BEGIN's end",
            good.replacen("-----\n", "----- \n", 1).into(),
            bad(),
        ),
        ("trailing newline", format!("{good}\n").into(), behind()),
        ("trailing text", format!("{good}x").into(), behind()),
        (
            "a second signature",
            format!("{good}{good}").into(),
            behind(),
        ),
        ("a NUL behind", format!("{good}\0").into(), behind()),
        (
            "no END",
            good.replace("-----END SSH SIGNATURE-----", "").into(),
            bad(),
        ),
        (
            "another label",
            good.replace("SSH SIGNATURE", "SSH MESSAGE").into(),
            bad(),
        ),
        ("one line of base64", unwrapped(&good).into(), Good),
        (
            "an empty line",
            good.replacen('\n', "\n\n", 1).into(),
            width(),
        ),
        ("cut", good.as_bytes()[..good.len() / 2].into(), bad()),
        (
            "over 16 KiB",
            format!("{}{}", good, "\n".repeat(16 << 10)).into(),
            behind(),
        ),
        (
            "version 0",
            patched(&blob, |b| b[9] = 0),
            Stricter(Code::SignatureBad, "there is no version 0"),
        ),
        ("version 2", patched(&blob, |b| b[9] = 2), bad()),
        ("another magic", patched(&blob, |b| b[0] = b's'), bad()),
        (
            "a byte behind the blob",
            patched(&blob, |b| b.push(0)),
            bad(),
        ),
        (
            "a byte less",
            patched(&blob, |b| {
                b.pop();
            }),
            bad(),
        ),
        (
            "reserved in use",
            reserved(&blob),
            Stricter(Code::SignatureBad, "nobody signed the reserved field"),
        ),
        (
            "hash sha384",
            patched(&blob, |b| replace(b, b"sha512", b"sha384")),
            bad(),
        ),
        (
            "hash sha256 claimed",
            patched(&blob, |b| replace(b, b"sha512", b"sha256")),
            bad(),
        ),
        (
            "namespace changed",
            patched(&blob, |b| replace(b, b"padan", b"filex")),
            Refused(Code::NamespaceWrong),
        ),
    ];
    for (name, signature, expected) in cases {
        eprintln!("{name}");
        compare(&place, &signers, "padan", MESSAGE, &signature, &expected);
    }
    let elsewhere = sign(&key, "file", "sha512", MESSAGE);
    compare(
        &place,
        &signers,
        "padan",
        MESSAGE,
        &elsewhere,
        &Refused(Code::NamespaceWrong),
    );
    for message in [&MESSAGE[1..], b"", &[MESSAGE, b"\n"].concat()] {
        compare(&place, &signers, "padan", message, good.as_bytes(), &bad());
    }
}

#[test]
#[ignore = "needs ssh-keygen"]
fn a_signature_over_the_reserved_field_is_refused() {
    let place = Place::new();
    let path = place.ssh_key("id", "ed25519", "");
    let key = PrivateKey::from_openssh(fs::read(&path).unwrap()).unwrap();
    let signers = format!("bkn namespaces=\"padan\" {}", public(&path));
    let good = sign(&path, "padan", "sha512", MESSAGE);
    let blob = succeed("sh", ["-c", "grep -v -- ----- | base64 -d"], &good);
    // What is signed is the same as what ssh-keygen signs but for the third field.
    let plain = SshSig::signed_data("padan", HashAlg::Sha512, MESSAGE).unwrap();
    let at = b"SSHSIG".len() + 4 + b"padan".len();
    let signed = [&plain[..at], b"\0\0\0\x01x", &plain[at + 4..]].concat();
    let inner = key.key_data().ed25519().unwrap().sign(&signed);
    let armored = patched(&blob, |blob| {
        let at = blob.len() - inner.as_bytes().len();
        blob[at..].copy_from_slice(inner.as_bytes());
        let at = blob.windows(5).rposition(|w| w == b"padan").unwrap() + 5;
        blob.splice(at..at + 4, *b"\0\0\0\x01x");
    });
    compare(
        &place,
        &signers,
        "padan",
        MESSAGE,
        &armored,
        &Refused(Code::SignatureBad),
    );
}

#[test]
#[ignore = "needs ssh-keygen"]
fn ssh_keygen_verifies_what_we_sign() {
    let place = Place::new();
    for (kind, bits) in [
        ("ed25519", ""),
        ("ecdsa", "256"),
        ("ecdsa", "521"),
        ("rsa", "3072"),
    ] {
        let path = place.ssh_key(&format!("{kind}{bits}"), kind, bits);
        let key = SigningKey::load(&path).unwrap();
        assert_eq!(key.public_line(), public(&path));
        let signature = key.sign("padan", MESSAGE).unwrap();
        let signers = format!("bkn namespaces=\"padan\" {}", key.public_line());
        compare(
            &place,
            &signers,
            "padan",
            MESSAGE,
            signature.as_bytes(),
            &Good,
        );
        if kind == "ed25519" {
            assert_eq!(
                signature.as_bytes(),
                sign(&path, "padan", "sha512", MESSAGE)
            );
        }
    }
}

#[test]
#[ignore = "needs ssh-keygen"]
fn unusable_signing_keys_say_what_to_do() {
    let place = Place::new();
    let locked = place.path("locked");
    let locked_path = locked.to_str().unwrap();
    succeed(
        "ssh-keygen",
        ["-q", "-t", "ed25519", "-N", "secret", "-f", locked_path],
        b"",
    );
    let open = place.ssh_key("open", "ed25519", "");
    succeed("chmod", ["640", open.to_str().unwrap()], b"");
    let weak = place.ssh_key("weak", "rsa", "2048");
    let public = place.write_private("public", fs::read(weak.with_extension("pub")).unwrap());
    let huge = place.write_private("huge", vec![b'x'; 70 << 10]);
    for (path, expected) in [
        (&locked, "ssh-keygen -p"),
        (&open, "chmod 600"),
        (&weak, "3072"),
        (&public, "ssh-keygen -t ed25519"),
        (&huge, "larger than"),
        (&place.root().to_path_buf(), "regular file"),
        (&place.path("none"), "No such file"),
    ] {
        let fault = SigningKey::load(path).unwrap_err().to_string();
        assert!(fault.contains(expected), "{fault}");
        assert!(fault.contains(path.to_str().unwrap()), "{fault}");
    }
    let key = SigningKey::load(&place.ssh_key("good", "ed25519", "")).unwrap();
    assert!(format!("{key:?}").starts_with("SigningKey(SHA256:"));
    assert!(key.sign("", MESSAGE).is_err());
}

proptest! {
    #[test]
    fn no_altered_signature_is_good(at in any::<prop::sample::Index>(), flip in 1..=255u8, drop in any::<bool>()) {
        let (signers, good) = fixture();
        let mut bytes = good.into_bytes();
        let at = at.index(bytes.len());
        if drop {
            bytes.remove(at);
        } else {
            bytes[at] ^= flip;
        }
        let party: PartyId = "bkn".parse().unwrap();
        let verdict = sshsig::verify(&[(&party, &signers)], None, &party, "padan", now(), MESSAGE, &bytes);
        let only_the_last_newline = drop && at + 1 == bytes.len() + 1;
        prop_assert!(verdict.is_err() || only_the_last_newline);
    }
}

/// A fixed key and its signature: made in memory, so that a property can run it often.
fn fixture() -> (AllowedSigners, String) {
    let pair = russh::keys::ssh_key::private::Ed25519Keypair::from_seed(&[7; 32]);
    let key = PrivateKey::new(pair.into(), "").unwrap();
    let signers = format!(
        "bkn namespaces=\"padan\" {}",
        key.public_key().to_openssh().unwrap()
    );
    let signature = key.sign("padan", HashAlg::Sha512, MESSAGE).unwrap();
    (
        AllowedSigners::parse(&signers).unwrap(),
        signature.to_pem(LineEnding::LF).unwrap(),
    )
}

fn armor(key: &KeyData, signature: Signature) -> Vec<u8> {
    let signature = SshSig::new(key.clone(), "padan", HashAlg::Sha512, signature).unwrap();
    signature.to_pem(LineEnding::LF).unwrap().into_bytes()
}

/// The blob after a change, armored as ssh-keygen does.
fn patched(blob: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut blob = blob.to_vec();
    change(&mut blob);
    let lines = succeed("base64", ["-w70"], &blob);
    [
        b"-----BEGIN SSH SIGNATURE-----\n",
        &lines[..],
        b"-----END SSH SIGNATURE-----\n",
    ]
    .concat()
}

fn replace(blob: &mut [u8], from: &[u8], to: &[u8]) {
    let at = blob.windows(from.len()).position(|w| w == from).unwrap();
    blob[at..at + to.len()].copy_from_slice(to);
}

/// The reserved field follows the namespace, which is the last `padan` in the blob.
fn reserved(blob: &[u8]) -> Vec<u8> {
    patched(blob, |blob| {
        let at = blob.windows(5).rposition(|w| w == b"padan").unwrap() + 5;
        blob.splice(at..at + 4, *b"\0\0\0\x01x");
    })
}

fn unwrapped(armored: &str) -> String {
    let body: String = armored.lines().filter(|l| !l.starts_with('-')).collect();
    format!("-----BEGIN SSH SIGNATURE-----\n{body}\n-----END SSH SIGNATURE-----\n")
}
