//! OpenSSH's own test data: its signatures are good to us where they are to `ssh-keygen`.

use std::fs;
use std::path::{Path, PathBuf};

use padan::rejection::Code;

use super::tools::Place;
use super::verdict::Ours::{self, Good, Refused, Stricter};
use super::verdict::compare;

const NAMESPACE: &str = "unittest";

#[test]
#[ignore = "needs ssh-keygen"]
fn its_signatures_are_judged_as_by_ssh_keygen() {
    let place = Place::new();
    let message = fs::read(file("signed-data")).unwrap();
    for (name, expected) in [
        ("ed25519", Good),
        ("ecdsa", Good),
        ("rsa", Good),
        ("ed25519_sk", Good),
        ("ecdsa_sk", Good),
        (
            "ecdsa_sk_webauthn",
            Stricter(
                Code::SignatureBad,
                "made by a browser, whose key files nobody agreed on (design §2)",
            ),
        ),
        (
            "dsa",
            Stricter(Code::SignerWeak, "DSA has 80 bits of strength"),
        ),
    ] {
        eprintln!("{name}");
        let signature = fs::read(file(&format!("{name}.sig"))).unwrap();
        let line = |namespace: &str| {
            let key = fs::read_to_string(file(&format!("{name}.pub"))).unwrap();
            format!("bkn namespaces=\"{namespace}\" {key}")
        };
        let verdict = |signers: String, message: &[u8], expected: Ours| {
            compare(&place, &signers, NAMESPACE, message, &signature, &expected);
        };
        let refused = |code| match &expected {
            Stricter(code, _) => Refused(*code),
            _ => Refused(code),
        };
        let (bad, elsewhere) = (refused(Code::SignatureBad), refused(Code::NamespaceWrong));
        verdict(line(NAMESPACE), &message, expected);
        verdict(line(NAMESPACE), &[&message[..], b"\n"].concat(), bad);
        verdict(line("padan"), &message, elsewhere);
    }
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/trust/openssh")
        .join(name)
}
