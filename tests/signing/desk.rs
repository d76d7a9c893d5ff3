//! A person's desk: a folder with keys, an agent, a security key, and somebody who answers when asked.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use padan::agreement::PartyId;
use padan::fault::Fault;
use padan::rejection::Code;
use padan::trust::allowed_signers::AllowedSigners;
use padan::trust::ask::Ask;
use padan::trust::signing::Signer;
use padan::trust::sshsig::{self, SignedBy};
use tempfile::TempDir;
use zeroize::Zeroizing;

/// What is signed.
pub const MESSAGE: &[u8] =
    b"5b41362bc82b7f3d56edc5a306db2210  bkn_pns_full_2026-11-22_0001.csv.age\n";

/// A temporary folder; gone at the end of the test.
pub struct Desk(TempDir);

/// `ssh-agent`, until this is dropped.
pub struct Agent {
    process: Child,
    pub socket: PathBuf,
}

/// Whoever sits there.
#[derive(Default)]
pub struct Person {
    pub agent: Option<PathBuf>,
    /// What they type, one after the other.
    pub types: RefCell<Vec<&'static str>>,
    /// What they were told.
    pub told: RefCell<Vec<String>>,
}

impl Desk {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    /// `ssh-keygen -f name …`; returns the private key's path. The passphrase is empty unless the arguments tell one.
    pub fn key(&self, name: &str, args: &[&str]) -> PathBuf {
        let mut all = vec!["-q", "-C", name, "-f", name];
        if !args.contains(&"-N") {
            all.extend(["-N", ""]);
        }
        all.extend(args);
        self.succeed("ssh-keygen", &all);
        self.path(name)
    }

    /// Has `authority` certify the key `name` for `bkn`.
    pub fn certify(&self, name: &str, authority: &str, args: &[&str]) -> PathBuf {
        let public = format!("{name}.pub");
        let all = ["-q", "-s", authority, "-I", "staff", "-n", "bkn"];
        self.succeed("ssh-keygen", &[&all[..], args, &[&public]].concat());
        self.path(&format!("{name}-cert.pub"))
    }

    /// A program in this folder, with what the environment needs to be told.
    pub fn command(&self, program: &str, agent: Option<&Path>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.0.path())
            .env_remove("SSH_AUTH_SOCK")
            .env_remove("SSH_SK_PROVIDER")
            .env("SSH_ASKPASS", self.path("askpass"))
            .env("SSH_ASKPASS_REQUIRE", "force")
            .stdin(Stdio::null());
        if let Some(agent) = agent {
            command.env("SSH_AUTH_SOCK", agent);
        }
        command
    }

    pub fn succeed(&self, program: &str, args: &[&str]) -> String {
        told(self.command(program, None).args(args).output().unwrap())
    }

    /// What `ssh-agent` and `ssh-add` get for an answer when they ask.
    pub fn answers(&self, says: &str, status: u8) {
        let script = format!("#!/bin/sh\necho '{says}'\nexit {status}\n");
        self.write("askpass", script, 0o755);
    }

    /// Starts an agent that may load the middleware of this folder.
    pub fn agent(&self) -> Agent {
        let socket = self.path("agent");
        let mut process = self
            .command("ssh-agent", None)
            .args(["-D", "-P", &self.text("*"), "-a"])
            .arg(&socket)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It says so when it listens.
        let mut line = String::new();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        assert!(line.contains("SSH_AUTH_SOCK"), "{line}");
        Agent { process, socket }
    }

    /// `ssh-add …`
    pub fn add(&self, agent: &Agent, args: &[&str]) -> String {
        told(
            self.command("ssh-add", Some(&agent.socket))
                .args(args)
                .output()
                .unwrap(),
        )
    }

    /// Whether the service accepts a signature by a line of signers; `ssh-keygen -Y verify` must say the same.
    pub fn verified(&self, line: &str, signature: &str) -> Result<SignedBy, Code> {
        self.verified_over(line, MESSAGE, signature)
    }

    /// The same over another message.
    pub fn verified_over(
        &self,
        line: &str,
        message: &[u8],
        signature: &str,
    ) -> Result<SignedBy, Code> {
        let party: PartyId = "bkn".parse().unwrap();
        let list = AllowedSigners::parse(line).unwrap();
        let parties = [(&party, &list)];
        let now = jiff::Timestamp::now();
        let signature = signature.as_bytes();
        let ours = sshsig::verify(&parties, None, &party, "padan", now, message, signature);
        self.write("signers", line, 0o644);
        self.write("signature", signature, 0o644);
        let mut child = self
            .command("ssh-keygen", None)
            .args([
                "-Y",
                "verify",
                "-f",
                "signers",
                "-I",
                "bkn",
                "-n",
                "padan",
                "-s",
                "signature",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(message).unwrap();
        assert_eq!(child.wait().unwrap().success(), ours.is_ok(), "{ours:?}");
        ours
    }

    /// Finds the key, lets it sign, and has the signature verified by its own public half.
    pub fn signs(&self, path: &Path, person: &Person) {
        let signer = Signer::find(path, person).unwrap();
        let signature = signer.sign("padan", MESSAGE).unwrap();
        let line = format!("bkn namespaces=\"padan\" {}", signer.public_line());
        self.verified(&line, &signature).unwrap();
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Person {
    pub fn typing(words: &[&'static str]) -> Self {
        Self {
            types: RefCell::new(words.to_vec()),
            ..Self::default()
        }
    }

    pub fn with(agent: &Agent) -> Self {
        Self {
            agent: Some(agent.socket.clone()),
            ..Self::default()
        }
    }
}

impl Ask for Person {
    fn passphrase(&self, _: &Path, again: bool) -> Result<Option<Zeroizing<String>>, Fault> {
        let mut types = self.types.borrow_mut();
        assert!(again || !types.is_empty(), "nobody expected to be asked");
        if types.is_empty() {
            return Ok(None);
        }
        Ok(Some(Zeroizing::new(types.remove(0).to_owned())))
    }

    fn tell(&self, what: &str) {
        self.told.borrow_mut().push(what.to_owned());
    }

    fn agent(&self) -> Option<PathBuf> {
        self.agent.clone()
    }
}

/// What a program printed, which must have gone well.
pub fn told(output: Output) -> String {
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(output.status.success(), "{said}");
    said
}

/// The sentence of a fault, which must name the file.
pub fn sentence<T>(outcome: Result<T, Fault>, path: &Path) -> String {
    let Err(fault) = outcome else {
        panic!("{}: it went well", path.display());
    };
    let sentence = fault.to_string();
    assert!(sentence.contains(path.to_str().unwrap()), "{sentence}");
    sentence
}
