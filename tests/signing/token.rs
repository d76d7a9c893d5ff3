//! FIDO security keys: OpenSSH's own programs, and a middleware in the place of the device.

use std::fs;

use padan::rejection::Code;
use padan::sftp::Limits;
use padan::sftp::client::{Client, Login};
use padan::trust::signing::Signer;

use crate::common::SftpSite;
use crate::common::sshd::Sshd;
use crate::desk::{Agent, Desk, MESSAGE, Person, sentence, told};

const KINDS: [&str; 2] = ["ed25519-sk", "ecdsa-sk"];

/// A desk with the device on it.
struct Token(Desk);

impl Token {
    fn new() -> Self {
        let desk = Desk::new();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/signing/token.c");
        let state = format!("-DSTATE=\"{}\"", desk.text("state"));
        let args = [
            "-shared", "-fPIC", &state, "-o", "token.so", source, "-lcrypto",
        ];
        desk.succeed("cc", &args);
        let token = Self(desk);
        token.is("ready");
        token
    }

    fn is(&self, state: &str) {
        self.0.write("state", state, 0o644);
    }

    fn key(&self, name: &str, args: &[&str]) {
        let provider = self.0.text("token.so");
        self.0.key(name, &[&["-w", &provider], args].concat());
    }

    /// `ssh-add`, by which the agent hears of the middleware.
    fn add(&self, agent: &Agent, key: &str) {
        let added = self
            .0
            .command("ssh-add", Some(&agent.socket))
            .env("SSH_SK_PROVIDER", self.0.path("token.so"))
            .args(["-q", key])
            .output();
        told(added.unwrap());
    }

    /// Signs in a process of its own, which alone is told of the middleware; what `padan seal` says.
    fn seal(&self, key: &str) -> (bool, String) {
        let desk = &self.0;
        let _ = fs::remove_dir_all(desk.path("out"));
        let output = desk
            .command(env!("CARGO_BIN_EXE_padan"), None)
            .env("SSH_SK_PROVIDER", desk.path("token.so"))
            .args(["seal", "--to", "to", "--key", key, "--out", "out", NAME])
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.success(), said)
    }
}

const NAME: &str = "bkn_pns_full_2026-11-22_0001.csv";

/// Verifies what was sealed with the key, by our own rules and by ssh-keygen's.
fn accepted(desk: &Desk, line: &str) -> Result<(), Code> {
    let stem = NAME.strip_suffix(".csv").unwrap();
    let manifest = fs::read(desk.path(&format!("out/{stem}.sha256"))).unwrap();
    let signature = desk.read(&format!("out/{stem}.sha256.sig"));
    desk.verified_over(line, &manifest, &signature).map(drop)
}

#[test]
#[ignore = "needs cc, libcrypto, ssh-keygen"]
fn a_security_key_signs_by_its_file() {
    let token = Token::new();
    let desk = &token.0;
    desk.write(NAME, "nip,nik\n1,2\n", 0o644);
    desk.write("to", RECIPIENT, 0o644);
    for kind in KINDS {
        token.key(kind, &["-t", kind]);
        let (sealed, said) = token.seal(kind);
        assert!(sealed, "{said}");
        assert!(said.contains("Touch your security key"), "{said}");
        let line = format!(
            "bkn namespaces=\"padan\" {}",
            desk.read(&format!("{kind}.pub"))
        );
        accepted(desk, &line).unwrap();

        for (state, part) in [
            ("unplugged", "not plugged in"),
            ("untouched", "touch it while it blinks"),
            ("careless", "without being touched"),
        ] {
            token.is(state);
            let (sealed, said) = token.seal(kind);
            assert!(!sealed && said.contains(part), "{state}: {said}");
            let left = fs::read_dir(desk.path("out")).map_or(0, Iterator::count);
            assert_eq!(left, 0, "{state}: something was left behind");
        }
        token.is("ready");
    }
    // The file's own passphrase is ssh-keygen's matter, which has nobody to ask here.
    desk.answers("", 1);
    token.key("locked", &["-t", "ed25519-sk", "-N", "sandi"]);
    let (sealed, said) = token.seal("locked");
    assert!(!sealed && said.contains("ssh-add"), "{said}");
}

#[test]
#[ignore = "needs cc, libcrypto, ssh-agent, ssh-add, ssh-keygen"]
fn a_security_key_signs_in_the_agent() {
    let token = Token::new();
    let desk = &token.0;
    let agent = desk.agent();
    for kind in KINDS {
        token.key(kind, &["-t", kind]);
        token.add(&agent, kind);
        let person = Person::with(&agent);
        // By the private file the agent is found too, which knows the middleware.
        for name in [kind.to_owned(), format!("{kind}.pub")] {
            desk.signs(&desk.path(&name), &person);
            let told = person.told.take();
            assert!(told.concat().contains("Touch"), "{told:?}");
        }
        let path = desk.path(kind);
        let signer = Signer::find(&path, &person).unwrap();
        for (state, part) in [
            ("unplugged", "plug it in"),
            ("untouched", "touch it"),
            ("careless", "without being touched"),
        ] {
            token.is(state);
            let said = sentence(signer.sign("padan", MESSAGE), &path);
            assert!(said.contains(part), "{state}: {said}");
        }
        token.is("ready");
    }
}

#[test]
#[ignore = "needs cc, libcrypto, sshd, ssh-agent, ssh-add, ssh-keygen"]
fn a_security_key_in_the_agent_logs_in_where_sshd_is_the_server() {
    let token = Token::new();
    let desk = &token.0;
    let agent = desk.agent();
    let user = desk.succeed("id", &["-un"]).trim().to_owned();
    for kind in KINDS {
        token.key(kind, &["-t", kind]);
        let site = SftpSite::start_with(Limits::default(), |_, dir| {
            // Padan's own server takes no security keys; the file is sshd's here.
            fs::write(dir.join("bkn/authorized_keys"), "").unwrap();
        });
        let keys = site.dir().join("bkn/authorized_keys");
        fs::write(keys, desk.read(&format!("{kind}.pub"))).unwrap();
        let sshd = Sshd::start(site.dir());
        let path = desk.path(kind);
        let login = |person: &Person| {
            let login = Login::by(&Signer::find(&path, person)?)?;
            let address = ([127, 0, 0, 1], sshd.port).into();
            site.runtime.block_on(async {
                let host_key = site.host_key();
                let client = Client::connect(address, &user, &login, &host_key).await?;
                client.list("/").await.map(drop)
            })
        };
        let said = sentence(login(&Person::default()), &path);
        assert!(said.contains("ssh-add"), "{said}");
        token.add(&agent, kind);
        login(&Person::with(&agent)).unwrap();
        token.is("unplugged");
        let said = sentence(login(&Person::with(&agent)), &path);
        assert!(said.contains("plug it in"), "{said}");
        token.is("ready");
    }
}

#[test]
#[ignore = "needs cc, libcrypto, ssh-agent, ssh-add, ssh-keygen"]
fn a_certificate_may_demand_to_know_who_touched() {
    let token = Token::new();
    let desk = &token.0;
    let agent = desk.agent();
    desk.key("authority", &["-t", "ed25519"]);
    let line = format!(
        "bkn cert-authority,namespaces=\"padan\" {}",
        desk.read("authority.pub")
    );
    for kind in KINDS {
        token.key(kind, &["-t", kind]);
        token.add(&agent, kind);
        let person = Person::with(&agent);
        for (options, state, good) in [
            (&[][..], "ready", true),
            (&["-O", "verify-required"], "verified", true),
            (&["-O", "verify-required"], "ready", false),
        ] {
            let certificate = desk.certify(kind, "authority", options);
            token.is(state);
            let signed = Signer::find(&certificate, &person)
                .unwrap()
                .sign("padan", MESSAGE);
            match signed {
                Ok(signature) => {
                    assert!(good, "{options:?} {state}");
                    desk.verified(&line, &signature).unwrap();
                }
                Err(fault) => {
                    assert!(!good, "{options:?} {state}: {fault}");
                    assert!(fault.to_string().contains("SIGNER_CERTIFICATE"), "{fault}");
                }
            }
        }
    }
}

#[test]
#[ignore = "needs cc, libcrypto, ssh-keygen"]
fn a_security_key_may_be_the_authority_if_somebody_touched_it() {
    let token = Token::new();
    let desk = &token.0;
    desk.key("id", &["-t", "ed25519"]);
    for kind in KINDS {
        token.key(kind, &["-t", kind]);
        let line = format!(
            "bkn cert-authority,namespaces=\"padan\" {}",
            desk.read(&format!("{kind}.pub"))
        );
        for (state, good) in [("ready", true), ("careless", false)] {
            token.is(state);
            let certify = desk
                .command("ssh-keygen", None)
                .env("SSH_SK_PROVIDER", desk.path("token.so"))
                .args(["-q", "-s", kind, "-I", "staff", "-n", "bkn", "id.pub"])
                .output();
            told(certify.unwrap());
            let person = Person::default();
            let signer = Signer::find(&desk.path("id-cert.pub"), &person).unwrap();
            match signer.sign("padan", MESSAGE) {
                Ok(signature) => {
                    assert!(good, "{kind} {state}");
                    desk.verified(&line, &signature).unwrap();
                }
                Err(fault) => assert!(
                    !good && fault.to_string().contains("SIGNER_WEAK"),
                    "{fault}"
                ),
            }
        }
    }
}

/// Anybody's: nothing is opened here.
const RECIPIENT: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n";
