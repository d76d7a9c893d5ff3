//! A party of a demo: does with its own keys and an SFTP client what agency staff would do.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::fault::Fault;
use crate::party::open::{Form, Opening, verify};
use crate::pipeline::MARKER_ENDING;
use crate::sftp::client::{Client, Login};

use super::super::keys_of_party::KeyArgs;
use super::super::{Failure, progress, seal};
use super::service::Service;

/// Between two looks into `receipts/`.
const LOOK: Duration = Duration::from_millis(20);
/// A service that has answered nothing for so long has failed.
const PATIENCE: Duration = Duration::from_secs(600);

/// One party: its keys, its folder, its way to the service.
pub struct Party<'a> {
    name: &'static str,
    keys: PathBuf,
    folder: PathBuf,
    host_key: PathBuf,
    address: SocketAddr,
    runtime: &'a Runtime,
}

/// What came back for one delivery.
pub struct ReceiptSeen {
    /// Who sent it.
    pub party: &'static str,
    /// The plain file's name.
    pub file: String,
    /// Its size in bytes.
    pub size: u64,
    /// Names of what was sent.
    pub sent: Vec<String>,
    /// `<stem>.json`.
    pub receipt: Value,
    /// From the end of the upload to the receipt.
    pub waited: Duration,
}

/// One response folder, verified and opened.
pub struct Answer {
    /// Who received it.
    pub reader: &'static str,
    /// The folder's name.
    pub name: String,
    /// Where its plaintext lies.
    pub folder: PathBuf,
    /// `ringkasan.json`.
    pub summary: Value,
}

impl<'a> Party<'a> {
    /// A party of a laid-out exchange.
    pub fn new(
        name: &'static str,
        exchange: &Path,
        dir: &Path,
        service: &Service,
        runtime: &'a Runtime,
    ) -> Self {
        Self {
            name,
            keys: exchange.join("trial").join(name),
            folder: dir.join(name),
            host_key: exchange.join("keys/service/ssh_host_ed25519_key.pub"),
            address: service.address(),
            runtime,
        }
    }

    /// The party's id.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Everything it sent and received.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Seals a plain extract, uploads it, and waits for the receipt.
    pub fn deliver(&self, file: &Path) -> Result<ReceiptSeen, Failure> {
        let sent = self.folder.join("sent");
        make(&sent)?;
        let sealed = seal::ready::seal_all(&seal::ready::Ready {
            to: self.keys.join("padan_recipients.txt"),
            key: self.keys.join("id_ed25519"),
            passphrase_file: None,
            namespace: "padan".to_owned(),
            out: Some(sent),
            files: vec![file.to_path_buf()],
        })?;
        let file_name = name_of(file);
        let stem = file_name.trim_end_matches(".csv");
        let receipts = self.folder.join("receipts");
        make(&receipts)?;
        let local = receipts.join(format!("{stem}.json"));
        let waited = self.runtime.block_on(async {
            let client = self.connect().await?;
            for path in &sealed {
                client
                    .put(path, &format!("inbox/{}", name_of(path)))
                    .await?;
            }
            let since = Instant::now();
            // The page for people is written last.
            let awaited = format!("{stem}.txt");
            while !listed(&client, &awaited).await? {
                if since.elapsed() > PATIENCE {
                    return Err(failed("no receipt came; serve.log tells why"));
                }
                tokio::time::sleep(LOOK).await;
            }
            let waited = since.elapsed();
            for entry in client.list("receipts").await? {
                // The marker of what is being examined goes just now.
                if entry.name.starts_with(stem) && !entry.name.ends_with(MARKER_ENDING) {
                    let remote = format!("receipts/{}", entry.name);
                    client.get(&remote, &receipts.join(&entry.name)).await?;
                }
            }
            client.disconnect().await?;
            Ok::<_, Fault>(waited)
        })?;
        Ok(ReceiptSeen {
            party: self.name,
            size: std::fs::metadata(file).map_or(0, |meta| meta.len()),
            file: file_name,
            sent: sealed.iter().map(|path| name_of(path)).collect(),
            receipt: json(&local)?,
            waited,
        })
    }

    /// Fetches every response folder, removes it from the outbox, verifies and opens it.
    pub fn fetch(&self, round: &str) -> Result<Vec<Answer>, Failure> {
        let into = self.folder.join("received").join(round);
        make(&into)?;
        let names = self.runtime.block_on(async {
            let client = self.connect().await?;
            let mut names = Vec::new();
            for folder in client.list("outbox").await? {
                let local = into.join(&folder.name);
                make(&local)?;
                let remote = format!("outbox/{}", folder.name);
                for file in client.list(&remote).await? {
                    let path = format!("{remote}/{}", file.name);
                    client.get(&path, &local.join(&file.name)).await?;
                    client.remove(&path).await?;
                }
                client.remove_folder(&remote).await?;
                names.push(folder.name);
            }
            client.disconnect().await?;
            Ok::<_, Fault>(names)
        })?;
        let mut answers = Vec::new();
        for name in names {
            let sealed = into.join(&name);
            let opened = into.join(format!("{name}.opened"));
            make(&opened)?;
            self.open(&sealed, &opened)?;
            answers.push(Answer {
                reader: self.name,
                summary: json(&sealed.join("ringkasan.json"))?,
                name,
                folder: opened,
            });
        }
        answers.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(answers)
    }

    fn open(&self, sealed: &Path, opened: &Path) -> Result<(), Failure> {
        let keys = KeyArgs {
            identity: Some(self.keys.join("age_identity.txt")),
            signers: Some(self.keys.join("padan_signers")),
            ..KeyArgs::default()
        };
        let opening = Opening {
            identities: &keys.identities(None)?,
            out: Some(opened),
            form: Form::Files,
            bar: progress::bar,
        };
        verify(sealed, &keys.believed(None)?.trust())?.open(&opening)?;
        Ok(())
    }

    async fn connect(&self) -> Result<Client, Fault> {
        let host_key = std::fs::read_to_string(&self.host_key)
            .map_err(Fault::io("read the host key", &self.host_key))?;
        let login = Login::key_file(&self.keys.join("id_ed25519"))?;
        Client::connect(self.address, self.name, &login, &host_key).await
    }
}

async fn listed(client: &Client, name: &str) -> Result<bool, Fault> {
    let entries = client.list("receipts").await?;
    Ok(entries.iter().any(|entry| entry.name == name))
}

fn make(folder: &Path) -> Result<(), Fault> {
    std::fs::create_dir_all(folder).map_err(Fault::io("make", folder))
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn json(path: &Path) -> Result<Value, Fault> {
    let text = std::fs::read_to_string(path).map_err(Fault::io("read", path))?;
    serde_json::from_str(&text).map_err(|e| failed(&format!("{}: {e}", path.display())))
}

fn failed(problem: &str) -> Fault {
    Fault::Network {
        doing: "play a party",
        problem: problem.to_owned(),
    }
}
