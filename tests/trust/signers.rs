//! Our verdict on signatures beside that of `ssh-keygen -Y verify`, case by case.
//!
//! Ours may be stricter, never laxer; where it is stricter the case says why.

use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
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

const MESSAGE: &[u8] = b"5b41362bc82b7f3d56edc5a306db22105707d01ff4819e26faef9724a2d406c9  bkn_pns_full_2026-11-22_0001.csv.age\n";

/// What we say about a case.
#[derive(Debug)]
enum Ours {
    /// Accepted.
    Good,
    /// Refused with this code, as by ssh-keygen (which has no codes).
    Refused(Code),
    /// The list of signers is refused, and ssh-keygen refuses the signature.
    NoList,
    /// Refused with this code although ssh-keygen accepts, and why.
    Stricter(Code, &'static str),
    /// The list of signers is refused although ssh-keygen accepts, and why.
    StricterList(&'static str),
}
use Ours::{Good, NoList, Refused, Stricter, StricterList};

#[test]
fn lists_of_signers_mean_what_they_mean_to_ssh_keygen() {
    let place = Place::new();
    let key = place.ssh_key("id", "ed25519", "");
    let signature = sign(&key, "padan", "sha512", MESSAGE);
    let every_line = "ssh-keygen passes over a line that it cannot use";
    let no_namespaces = "a key without namespaces= is good for everything";
    let cases = [
        ("bkn namespaces=\"padan\" K", Good),
        ("bkn namespaces=\"padan\" K Budi Santoso", Good),
        ("  bkn\tnamespaces=\"padan\" \t K", Good),
        ("# c\n\n  bkn namespaces=\"padan\" K", Good),
        ("bkn NAMESPACES=\"padan\" K", Good),
        ("bkn namespaces=\"padan\" K\r\n", Good),
        (
            "bpjs namespaces=\"padan\" K\nbkn namespaces=\"padan\" K",
            Good,
        ),
        // principals
        ("b* namespaces=\"padan\" K", Good),
        ("?kn namespaces=\"padan\" K", Good),
        ("bpjs,bkn namespaces=\"padan\" K", Good),
        ("\"bpjs,bkn\" namespaces=\"padan\" K", Good),
        ("\"a b,bkn\" namespaces=\"padan\" K", Good),
        ("*,!bpjs namespaces=\"padan\" K", Good),
        (
            "*,!bkn namespaces=\"padan\" K",
            Refused(Code::SignerNotSender),
        ),
        (
            "!bkn,* namespaces=\"padan\" K",
            Refused(Code::SignerNotSender),
        ),
        (
            "!bpjs namespaces=\"padan\" K",
            Refused(Code::SignerNotSender),
        ),
        ("BKN namespaces=\"padan\" K", Refused(Code::SignerNotSender)),
        (
            "bpjs namespaces=\"padan\" K",
            Refused(Code::SignerNotSender),
        ),
        (
            "bkn2 namespaces=\"padan\" K",
            Refused(Code::SignerNotSender),
        ),
        ("?? namespaces=\"padan\" K", Refused(Code::SignerNotSender)),
        (
            "bkn,bpjs, namespaces=\"padan\" K",
            StricterList("an empty pattern is a slip"),
        ),
        (
            "\"bkn\"namespaces=\"padan\" K",
            StricterList("a blank belongs behind the quote"),
        ),
        (
            "b\"kn\" namespaces=\"padan\" K",
            StricterList("quotes belong around the whole"),
        ),
        ("\"bkn namespaces=\"padan\" K", NoList),
        ("\u{feff}bkn namespaces=\"padan\" K", NoList),
        // namespaces
        ("bkn K", StricterList(no_namespaces)),
        (
            "bkn valid-before=\"20300101Z\" K",
            StricterList(no_namespaces),
        ),
        ("bkn namespaces=\"pa*\" K", Good),
        ("bkn namespaces=\"file,padan\" K", Good),
        ("bkn namespaces=\"file\" K", Refused(Code::NamespaceWrong)),
        ("bkn namespaces=\"PADAN\" K", Refused(Code::NamespaceWrong)),
        (
            "bkn namespaces=\"*,!padan\" K",
            Refused(Code::NamespaceWrong),
        ),
        (
            "bkn namespaces=\"padan-test\" K",
            Refused(Code::NamespaceWrong),
        ),
        ("bkn namespaces=\"\" K", NoList),
        ("bkn namespaces=padan K", NoList),
        ("bkn namespaces=\"padan K", NoList),
        ("bkn namespaces=\"padan\"x K", NoList),
        ("bkn namespaces=\"padan\", K", NoList),
        ("bkn namespaces=\"padan\",foo K", NoList),
        ("bkn namespaces=\"padan\",foo=\"bar\" K", NoList),
        ("bkn namespaces=\"padan\",namespaces=\"padan\" K", NoList),
        (
            "bkn namespaces=\"pad\\\"an,padan\" K",
            StricterList("no namespace has a quote in it"),
        ),
        ("bkn cert-authority K", NoList),
        ("bkn cert-authority,namespaces=\"padan\" K", NoList),
        // times, judged at 2026-11-22T12:00:00Z
        ("bkn namespaces=\"padan\",valid-after=\"20261122Z\" K", Good),
        (
            "bkn valid-after=\"20261122Z\",namespaces=\"padan\",valid-before=\"20261123Z\" K",
            Good,
        ),
        (
            "bkn namespaces=\"padan\",valid-before=\"202611221200Z\" K",
            Good,
        ),
        (
            "bkn namespaces=\"padan\",valid-after=\"20261122120000Z\" K",
            Good,
        ),
        (
            "bkn namespaces=\"padan\",VALID-BEFORE=\"20261122120000Z\" K",
            Good,
        ),
        (
            "bkn namespaces=\"padan\",valid-before=\"20261122115959Z\" K",
            Refused(Code::SignerExpired),
        ),
        (
            "bkn namespaces=\"padan\",valid-after=\"20261122120001Z\" K",
            Refused(Code::SignerExpired),
        ),
        (
            "bkn namespaces=\"padan\",valid-before=\"20261122Z\" K",
            Refused(Code::SignerExpired),
        ),
        (
            "bkn namespaces=\"padan\",valid-before=\"20200101\" K",
            Refused(Code::SignerExpired),
        ),
        (
            "bkn namespaces=\"padan\",valid-after=\"20200101\",valid-before=\"20400101\" K",
            Good,
        ),
        (
            "bkn namespaces=\"padan\",valid-before=\"20200101Z\" K\nbkn namespaces=\"padan\",valid-after=\"20260101Z\" K",
            Good,
        ),
        ("bkn namespaces=\"padan\",valid-before=\"2030\" K", NoList),
        (
            "bkn namespaces=\"padan\",valid-before=\"2030-01-01Z\" K",
            NoList,
        ),
        (
            "bkn namespaces=\"padan\",valid-before=\"20301301Z\" K",
            NoList,
        ),
        ("bkn namespaces=\"padan\",valid-before=20300101Z K", NoList),
        ("bkn namespaces=\"padan\",valid-before K", NoList),
        (
            "bkn namespaces=\"padan\",valid-before=\"20300101Z\",valid-before=\"20300101Z\" K",
            NoList,
        ),
        (
            "bkn namespaces=\"padan\",valid-after=\"20250102Z\",valid-before=\"20250101Z\" K",
            NoList,
        ),
        (
            "bkn namespaces=\"padan\",valid-before=\"20300230Z\" K",
            StricterList("there is no 30 February"),
        ),
        (
            "bkn namespaces=\"padan\",valid-before=\"20300101z\" K",
            StricterList("documented is a capital Z"),
        ),
        // keys
        (
            "bkn namespaces=\"padan\" OTHER",
            Refused(Code::SignerUnknown),
        ),
        (
            "bkn namespaces=\"padan\" OTHER\nbkn namespaces=\"padan\" K",
            Good,
        ),
        ("bkn namespaces=\"padan\" ssh-ed25519", NoList),
        ("bkn namespaces=\"padan\" ssh-ed25519 AAAA", NoList),
        ("bkn", NoList),
        ("", Refused(Code::SignerUnknown)),
        (
            "garbage\nbkn namespaces=\"padan\" K",
            StricterList(every_line),
        ),
        (
            "bkn namespaces=\"padan\" K\nbpjs namespaces=\"padan\" ssh-ed25519 AAAA",
            StricterList(every_line),
        ),
        (
            "bkn namespaces=\"padan\" K\nbpjs cert-authority OTHER",
            StricterList(every_line),
        ),
    ];
    let other = public(&place.ssh_key("other", "ed25519", ""));
    for (text, expected) in cases {
        let text = text.replace("OTHER", &other);
        let text = replace_key(&text, &public(&key));
        compare(&place, &text, "padan", MESSAGE, &signature, &expected);
    }
}

#[test]
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
fn a_counterparts_key_is_not_the_senders() {
    let place = Place::new();
    let (bkn, bpjs): (PartyId, PartyId) = ("bkn".parse().unwrap(), "bpjs".parse().unwrap());
    let theirs = place.ssh_key("bpjs", "ed25519", "");
    let ours = place.ssh_key("bkn", "ed25519", "");
    let line = |party: &str, key| format!("{party} namespaces=\"padan\" {}", public(key));
    let list = |text: String| AllowedSigners::parse(&text).unwrap();
    let signature = sign(&theirs, "padan", "sha512", MESSAGE);
    let verdict = |bkn_list: &AllowedSigners, bpjs_list: &AllowedSigners| {
        let parties = [(&bkn, bkn_list), (&bpjs, bpjs_list)];
        sshsig::verify(&parties, &bkn, "padan", now(), MESSAGE, &signature)
    };

    let (of_bkn, of_bpjs) = (list(line("bkn", &ours)), list(line("bpjs", &theirs)));
    assert_eq!(verdict(&of_bkn, &of_bpjs), Err(Code::SignerNotSender));
    let lying = list(line("bkn", &theirs));
    assert_eq!(
        verdict(&of_bkn, &lying),
        Err(Code::SignerNotSender),
        "another party's list decides nothing"
    );
    assert_eq!(
        verdict(&list(line("bpjs", &theirs)), &list(String::new())),
        Err(Code::SignerNotSender)
    );
    assert_eq!(
        verdict(&of_bkn, &list(String::new())),
        Err(Code::SignerUnknown)
    );
    let signer = verdict(&lying, &of_bpjs).unwrap();
    let listed = succeed("ssh-keygen", ["-l", "-f", theirs.to_str().unwrap()], b"");
    assert!(
        String::from_utf8(listed)
            .unwrap()
            .contains(&signer.fingerprint)
    );
}

#[test]
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
        let verdict = sshsig::verify(&[(&party, &signers)], &party, "padan", now(), MESSAGE, &bytes);
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

/// Both verdicts on one case.
fn compare(
    place: &Place,
    signers: &str,
    namespace: &str,
    message: &[u8],
    signature: &[u8],
    expected: &Ours,
) {
    let party: PartyId = "bkn".parse().unwrap();
    let ours = AllowedSigners::parse(signers).map(|list| {
        sshsig::verify(
            &[(&party, &list)],
            &party,
            namespace,
            now(),
            message,
            signature,
        )
        .map(|_| ())
    });
    let theirs = ssh_keygen_accepts(place, signers, namespace, message, signature);
    let (ours_should, theirs_should, why) = match expected {
        Good => (Some(Ok(())), true, ""),
        Refused(code) => (Some(Err(*code)), false, ""),
        NoList => (None, false, ""),
        Stricter(code, why) => (Some(Err(*code)), true, *why),
        StricterList(why) => (None, true, *why),
    };
    let case =
        format!("{signers:?}\nwe say {ours:?}, ssh-keygen {theirs}; expected {expected:?} {why}");
    assert_eq!(ours.ok(), ours_should, "{case}");
    assert_eq!(theirs, theirs_should, "{case}");
}

fn ssh_keygen_accepts(
    place: &Place,
    signers: &str,
    namespace: &str,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let signers: PathBuf = place.write("signers", signers);
    let signature = place.write("signature", signature);
    let args = [
        "-Y",
        "verify",
        "-f",
        signers.to_str().unwrap(),
        "-I",
        "bkn",
        "-n",
        namespace,
        "-s",
        signature.to_str().unwrap(),
        "-O",
        "verify-time=20261122120000Z",
    ];
    run("ssh-keygen", args, message).status.success()
}

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

/// Puts the key in the place of the word `K`.
fn replace_key(text: &str, key: &str) -> String {
    text.split_inclusive([' ', '\t', '\n', '\r'])
        .map(|word| match word.trim_end() {
            "K" => word.replacen('K', key, 1),
            _ => word.to_owned(),
        })
        .collect()
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
