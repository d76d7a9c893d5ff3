//! Revoked keys sign no more: lists of both formats, beside `ssh-keygen -Y verify -r`.

use std::fs;
use std::path::{Path, PathBuf};

use padan::rejection::Code;
use padan::trust::revoked::Revoked;

use super::certified::signed;
use super::tools::{Place, public, sign, succeed};
use super::verdict::Ours::{Good, Refused};
use super::verdict::{MESSAGE, compare_revoked};

/// A key that signs by itself, and one that signs by a certificate with serial 7 and the key id `staff 7`.
struct Scene {
    place: Place,
    signers: String,
    by_key: Vec<u8>,
    by_certificate: Vec<u8>,
}

impl Scene {
    fn new() -> Self {
        let place = Place::new();
        let authority = place.ssh_key("authority", "ed25519", "");
        let id = place.ssh_key("id", "ed25519", "");
        place.ssh_key("staff", "ed25519", "");
        place.ssh_key("other", "ed25519", "");
        let args = ["-n", "bkn", "-z", "7", "-I", "staff 7"];
        Self {
            by_key: sign(&id, "padan", "sha512", MESSAGE),
            by_certificate: signed(&place, "staff", &authority, &args),
            signers: format!(
                "bkn namespaces=\"padan\" {}\nbkn cert-authority,namespaces=\"padan\" {}\n",
                public(&id),
                public(&authority)
            ),
            place,
        }
    }

    /// Holds whether the list refuses the key, and the certificate.
    fn hold(&self, list: &Path, key: bool, certificate: bool) {
        for (signature, revoked) in [(&self.by_key, key), (&self.by_certificate, certificate)] {
            let expected = match revoked {
                true => Refused(Code::SignerRevoked),
                false => Good,
            };
            compare_revoked(&self.place, &self.signers, list, signature, &expected);
        }
    }

    /// `ssh-keygen -k`: a list of what the specification says, about certificates of `authority` if there is one.
    fn krl(&self, specification: &str, authority: Option<&str>) -> PathBuf {
        let specification = self.place.write("specification", specification);
        let list = self.place.path("krl");
        let authority = authority.map(|name| self.place.path(name));
        let mut args = vec!["-q", "-k", "-f", list.to_str().unwrap()];
        if let Some(authority) = &authority {
            args.extend(["-s", authority.to_str().unwrap()]);
        }
        args.push(specification.to_str().unwrap());
        succeed("ssh-keygen", args, b"");
        list
    }

    fn line(&self, name: &str) -> String {
        fs::read_to_string(self.place.path(&format!("{name}.pub"))).unwrap()
    }

    /// `SHA256:…` as `ssh-keygen -l` prints it.
    fn hash(&self, name: &str) -> String {
        let path = self.place.path(name);
        let said = succeed("ssh-keygen", ["-l", "-f", path.to_str().unwrap()], b"");
        let said = String::from_utf8(said).unwrap();
        said.split_whitespace().nth(1).unwrap().to_owned()
    }
}

#[test]
#[ignore = "needs ssh-keygen"]
fn a_key_revocation_list_refuses_what_it_names() {
    let scene = Scene::new();
    let ours = Some("authority.pub");
    for (specification, authority, key, certificate) in [
        (String::new(), None, false, false),
        (scene.line("id"), None, true, false),
        (scene.line("staff"), None, false, true),
        (scene.line("authority"), None, false, true),
        (scene.line("other"), None, false, false),
        (format!("key: {}", scene.line("id")), None, true, false),
        (format!("sha1: {}", scene.line("id")), None, true, false),
        (
            format!("sha256: {}", scene.line("staff")),
            None,
            false,
            true,
        ),
        (
            format!("sha256: {}", scene.line("authority")),
            None,
            false,
            true,
        ),
        (format!("hash: {}", scene.hash("id")), None, true, false),
        ("serial: 7".to_owned(), ours, false, true),
        ("serial: 1-6".to_owned(), ours, false, false),
        ("serial: 1-7".to_owned(), ours, false, true),
        ("serial: 7".to_owned(), Some("other.pub"), false, false),
        ("id: staff 7".to_owned(), ours, false, true),
        ("id: staff 8".to_owned(), ours, false, false),
        (format!("{}serial: 7", scene.line("id")), ours, true, true),
    ] {
        eprintln!("{specification}");
        scene.hold(&scene.krl(&specification, authority), key, certificate);
    }
    // About anybody's certificates.
    for (specification, certificate) in [
        ("serial: 7", true),
        ("serial: 8", false),
        ("id: staff 7", true),
    ] {
        let specification = scene.place.write("specification", specification);
        let list = scene.place.path("krl");
        let args = ["-q", "-k", "-s", "none", "-f", list.to_str().unwrap()];
        succeed(
            "ssh-keygen",
            args.into_iter().chain([specification.to_str().unwrap()]),
            b"",
        );
        scene.hold(&list, false, certificate);
    }
}

#[test]
#[ignore = "needs ssh-keygen"]
fn a_plain_list_refuses_keys_and_what_they_certified() {
    let scene = Scene::new();
    for (names, key, certificate) in [
        (&[][..], false, false),
        (&["other"], false, false),
        (&["id"], true, false),
        (&["staff"], false, true),
        (&["authority"], false, true),
        (&["other", "authority", "id"], true, true),
    ] {
        let lines: Vec<String> = names.iter().map(|name| scene.line(name)).collect();
        let list = scene
            .place
            .write("list", format!("# gone\n\n{}", lines.concat()));
        scene.hold(&list, key, certificate);
    }
}

#[test]
#[ignore = "needs ssh-keygen"]
fn a_list_that_cannot_be_read_is_none_to_go_by() {
    let scene = Scene::new();
    let whole = fs::read(scene.krl("serial: 7", Some("authority.pub"))).unwrap();
    for (name, bytes) in [
        ("cut off", &whole[..whole.len() - 1]),
        ("no list", b"\0\x01\x02"),
        ("no key", b"ssh-ed25519 AAAA\n"),
    ] {
        let list = scene.place.write("broken", bytes);
        let fault = Revoked::load(&list).unwrap_err().to_string();
        assert!(fault.contains("broken"), "{name}: {fault}");
    }
    assert!(Revoked::load(&scene.place.path("none")).is_err());
}
