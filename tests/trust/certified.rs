//! Signatures by certificates of every kind, made by `ssh-keygen -s`.

use std::fs;
use std::path::Path;

use padan::rejection::Code;
use padan::trust::sshsig;
use russh::keys::signature::Signer;
use russh::keys::ssh_key::{HashAlg, PrivateKey, SshSig};

use super::tools::{Place, public, sign, succeed};
use super::verdict::Ours::{self, Good, Refused, Stricter, StricterList};
use super::verdict::{MESSAGE, compare};

/// What the list says of the authority, unless a case says something else.
const AUTHORITY: &str = "bkn cert-authority,namespaces=\"padan\" AUTHORITY";

#[test]
#[ignore = "needs ssh-keygen"]
fn certificates_sign_for_whom_and_when_they_say() {
    let for_logins = "this option is about logins, and a signature cannot keep it";
    let unknown = "an unknown critical option must not be passed over";
    let cases: [(&str, &[&str], Ours); 24] = [
        ("one name", &["-n", "bkn"], Good),
        ("several names", &["-n", "siti,bkn"], Good),
        (
            "another name",
            &["-n", "bpjs"],
            Refused(Code::SignerNotSender),
        ),
        (
            "a name in capitals",
            &["-n", "BKN"],
            Refused(Code::SignerNotSender),
        ),
        ("no name", &[], Refused(Code::SignerNotSender)),
        ("a pattern", &["-n", "*"], Refused(Code::SignerNotSender)),
        (
            "a host's",
            &["-n", "bkn", "-h"],
            Refused(Code::SignerCertificate),
        ),
        (
            "valid now",
            &["-n", "bkn", "-V", "20261101Z:20261201Z"],
            Good,
        ),
        (
            "from now on",
            &["-n", "bkn", "-V", "20261122120000Z:20261201Z"],
            Good,
        ),
        (
            "from the next second on",
            &["-n", "bkn", "-V", "20261122120001Z:20261201Z"],
            Refused(Code::SignerExpired),
        ),
        (
            "until now",
            &["-n", "bkn", "-V", "20261101Z:20261122120000Z"],
            Refused(Code::SignerExpired),
        ),
        (
            "until the next second",
            &["-n", "bkn", "-V", "20261101Z:20261122120001Z"],
            Good,
        ),
        (
            "expired",
            &["-n", "bkn", "-V", "20250101Z:20260101Z"],
            Refused(Code::SignerExpired),
        ),
        (
            "not yet",
            &["-n", "bkn", "-V", "20270101Z:20280101Z"],
            Refused(Code::SignerExpired),
        ),
        ("never to end", &["-n", "bkn", "-V", "always:forever"], Good),
        (
            "expired and for another",
            &["-n", "bpjs", "-V", "20250101Z:20260101Z"],
            Refused(Code::SignerNotSender),
        ),
        (
            "force-command",
            &["-n", "bkn", "-O", "force-command=internal-sftp"],
            Stricter(Code::SignerCertificate, for_logins),
        ),
        (
            "source-address",
            &["-n", "bkn", "-O", "source-address=10.0.0.0/8"],
            Stricter(Code::SignerCertificate, for_logins),
        ),
        (
            "verify-required",
            &["-n", "bkn", "-O", "verify-required"],
            Stricter(Code::SignerCertificate, "only a security key can keep it"),
        ),
        (
            "an unknown option",
            &["-n", "bkn", "-O", "critical:later@example.id=1"],
            Stricter(Code::SignerCertificate, unknown),
        ),
        (
            "an extension",
            &["-n", "bkn", "-O", "extension:later@example.id=1"],
            Good,
        ),
        ("no extensions", &["-n", "bkn", "-O", "clear"], Good),
        (
            "no-touch-required",
            &["-n", "bkn", "-O", "no-touch-required"],
            Good,
        ),
        (
            "a serial",
            &["-n", "bkn", "-z", "18446744073709551615"],
            Good,
        ),
    ];
    let place = Place::new();
    let authority = place.ssh_key("authority", "ed25519", "");
    place.ssh_key("id", "ed25519", "");
    let signers = AUTHORITY.replace("AUTHORITY", &public(&authority));
    for (name, args, expected) in cases {
        eprintln!("{name}");
        let signature = signed(&place, "id", &authority, args);
        compare(&place, &signers, "padan", MESSAGE, &signature, &expected);
    }
}

#[test]
#[ignore = "needs ssh-keygen"]
fn the_line_of_an_authority_is_for_its_certificates_alone() {
    let place = Place::new();
    let authority = place.ssh_key("authority", "ed25519", "");
    let stranger = place.ssh_key("stranger", "ed25519", "");
    let id = place.ssh_key("id", "ed25519", "");
    let good = signed(&place, "id", &authority, &["-n", "bkn"]);
    let certificate = fs::read_to_string(place.path("id-cert.pub")).unwrap();
    let by_itself = sign(&id, "padan", "sha512", MESSAGE);
    let by_authority = sign(&authority, "padan", "sha512", MESSAGE);
    let unknown = || Refused(Code::SignerUnknown);
    for (signers, signature, expected) in [
        (AUTHORITY, &good, Good),
        ("* cert-authority,namespaces=\"*\" AUTHORITY", &good, Good),
        (
            "bkn Cert-Authority,Namespaces=\"padan\" AUTHORITY",
            &good,
            Good,
        ),
        (
            "bkn namespaces=\"padan\",valid-before=\"20261123Z\",cert-authority AUTHORITY",
            &good,
            Good,
        ),
        (
            "bpjs cert-authority,namespaces=\"padan\" AUTHORITY",
            &good,
            Refused(Code::SignerNotSender),
        ),
        (
            "bkn cert-authority,namespaces=\"file\" AUTHORITY",
            &good,
            Refused(Code::NamespaceWrong),
        ),
        (
            "bkn cert-authority,namespaces=\"padan\",valid-before=\"20200101Z\" AUTHORITY",
            &good,
            Refused(Code::SignerExpired),
        ),
        (
            "bkn cert-authority,namespaces=\"padan\" STRANGER",
            &good,
            unknown(),
        ),
        ("bkn namespaces=\"padan\" AUTHORITY", &good, unknown()),
        ("bkn namespaces=\"padan\" <id>", &good, unknown()),
        (
            "bkn cert-authority,namespaces=\"padan\" <id>",
            &good,
            unknown(),
        ),
        (AUTHORITY, &by_itself, unknown()),
        (AUTHORITY, &by_authority, unknown()),
        (
            "bkn namespaces=\"padan\" CERTIFICATE",
            &good,
            StricterList("ssh-keygen takes a listed certificate for ever and for everybody"),
        ),
    ] {
        let signers = signers
            .replace("AUTHORITY", &public(&authority))
            .replace("STRANGER", &public(&stranger))
            .replace("CERTIFICATE", certificate.trim())
            .replace("<id>", &public(&id));
        compare(&place, &signers, "padan", MESSAGE, signature, &expected);
    }
    // Nothing about the signature itself changes.
    let signers = AUTHORITY.replace("AUTHORITY", &public(&authority));
    for (namespace, message, code) in [
        ("padan", &b"something else"[..], Code::SignatureBad),
        ("file", MESSAGE, Code::NamespaceWrong),
    ] {
        compare(&place, &signers, namespace, message, &good, &Refused(code));
    }
}

#[test]
#[ignore = "needs ssh-keygen"]
fn authorities_and_certified_keys_of_every_kind() {
    let short = "design §2: RSA of at least 3072 bits";
    let place = Place::new();
    place.ssh_key("id", "ed25519", "");
    let plain = place.ssh_key("plain", "ed25519", "");
    for (kind, bits, options, expected) in [
        ("ecdsa", "256", &[][..], Good),
        ("ecdsa", "384", &[], Good),
        ("ecdsa", "521", &[], Good),
        ("rsa", "3072", &[], Good),
        ("rsa", "3072", &["-t", "rsa-sha2-256"], Good),
        (
            "rsa",
            "3072",
            &["-t", "ssh-rsa"],
            Stricter(Code::SignerWeak, "signed with SHA-1"),
        ),
        ("rsa", "2048", &[], Stricter(Code::SignerWeak, short)),
    ] {
        let name = format!("{kind}{bits}{}", options.concat());
        eprintln!("{name}");
        let key = place.ssh_key(&name, kind, bits);
        let good = ["-n", "bkn"];
        let signers = AUTHORITY.replace("AUTHORITY", &public(&key));
        let signature = signed(&place, "id", &key, &[options, &good].concat());
        compare(&place, &signers, "padan", MESSAGE, &signature, &expected);
        // The other way round: a key of this kind, certified.
        if options.is_empty() {
            let signers = AUTHORITY.replace("AUTHORITY", &public(&plain));
            let signature = signed(&place, &name, &plain, &good);
            compare(&place, &signers, "padan", MESSAGE, &signature, &expected);
        }
    }
}

#[test]
#[ignore = "needs ssh-keygen"]
fn an_altered_certificate_is_refused() {
    let place = Place::new();
    let authority = place.ssh_key("authority", "ed25519", "");
    place.ssh_key("id", "ed25519", "");
    let signers = AUTHORITY.replace("AUTHORITY", &public(&authority));
    // Every field that matters is changed to what its owner might wish.
    let wishes: [(&[&str], &[u8], &[u8]); 3] = [
        (&["-n", "bpj"], b"\0\0\0\x03bpj", b"\0\0\0\x03bkn"),
        (
            &["-n", "bkn", "-I", "budi"],
            b"\0\0\0\x04budi",
            b"\0\0\0\x04siti",
        ),
        (
            &["-n", "bkn", "-O", "clear", "-O", "critical:x=1"],
            b"\0\0\0\x01x",
            b"\0\0\0\x01y",
        ),
    ];
    for (args, from, to) in wishes {
        let signature = signed(&place, "id", &authority, args);
        let forged = rewritten(&signature, |blob| {
            let at = blob.windows(from.len()).position(|w| w == from).unwrap();
            blob[at..at + to.len()].copy_from_slice(to);
        });
        let expected = Refused(Code::SignerCertificate);
        compare(&place, &signers, "padan", MESSAGE, &forged, &expected);
    }
}

#[test]
#[ignore = "needs ssh-keygen"]
fn a_chain_of_certificates_is_none() {
    let place = Place::new();
    let root = place.ssh_key("root", "ed25519", "");
    let signers = AUTHORITY.replace("AUTHORITY", &public(&root));
    let root = PrivateKey::from_openssh(fs::read(&root).unwrap()).unwrap();
    let key =
        PrivateKey::from_openssh(fs::read(place.ssh_key("id", "ed25519", "")).unwrap()).unwrap();
    let data = SshSig::signed_data("padan", HashAlg::Sha512, MESSAGE).unwrap();
    let signature = Vec::try_from(key.try_sign(&data).unwrap()).unwrap();

    let mut authority = (root.public_key().to_bytes().unwrap(), &root);
    for depth in 0.. {
        let shown = certificate(&key, &authority.0, authority.1);
        let blob = [
            &b"SSHSIG\0\0\0\x01"[..],
            &string(&shown),
            &string(b"padan"),
            &string(b""),
            &string(b"sha512"),
            &string(&signature),
        ];
        let armored = armored(&blob.concat());
        let too_long = armored.len() > sshsig::LARGEST;
        let expected = match depth {
            0 => Good,
            _ if too_long => Refused(Code::SignatureBad),
            _ => Refused(Code::SignerWeak),
        };
        compare(&place, &signers, "padan", MESSAGE, &armored, &expected);
        if too_long {
            break;
        }
        authority = (shown, &key);
    }
}

/// A certificate for `key`, with whatever the authority shows as its own key.
fn certificate(key: &PrivateKey, authority: &[u8], signer: &PrivateKey) -> Vec<u8> {
    let fields = [
        string(b"ssh-ed25519-cert-v01@openssh.com"),
        string(&[7; 16]),
        string(&key.key_data().ed25519().unwrap().public.0),
        vec![0; 8],
        vec![0, 0, 0, 1],
        string(b"staff"),
        string(&string(b"bkn")),
        vec![0; 8],
        vec![0xff; 8],
        string(b""),
        string(b""),
        string(b""),
        string(authority),
    ];
    let mut certificate = fields.concat();
    let signature = signer.try_sign(&certificate).unwrap();
    certificate.extend(string(&Vec::try_from(signature).unwrap()));
    certificate
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

/// Has `authority` certify the key `name`, and lets the certificate sign.
pub fn signed(place: &Place, name: &str, authority: &Path, args: &[&str]) -> Vec<u8> {
    let certificate = place.path(&format!("{name}-cert.pub"));
    let _ = fs::remove_file(&certificate);
    let public = place.path(&format!("{name}.pub"));
    let mut all = vec!["-q", "-s", authority.to_str().unwrap()];
    if !args.contains(&"-I") {
        all.extend(["-I", "staff"]);
    }
    all.extend(args);
    all.push(public.to_str().unwrap());
    succeed("ssh-keygen", &all, b"");
    sign(&certificate, "padan", "sha512", MESSAGE)
}

/// The signature after a change of its blob.
fn rewritten(signature: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut blob = succeed("sh", ["-c", "grep -v -- ----- | base64 -d"], signature);
    change(&mut blob);
    armored(&blob)
}

fn armored(blob: &[u8]) -> Vec<u8> {
    let lines = succeed("base64", ["-w70"], blob);
    [
        b"-----BEGIN SSH SIGNATURE-----\n",
        &lines[..],
        b"-----END SSH SIGNATURE-----\n",
    ]
    .concat()
}
