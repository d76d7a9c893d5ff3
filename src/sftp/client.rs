//! A small SFTP client: what a party's program would use. For the party's commands, `padan demo` and the tests.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use russh::client::{Config, Handle, Handler, connect_stream};
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, PublicKey, PublicKeyOrCertificate};
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::client::fs::File;
use russh_sftp::client::{Config as SftpConfig, SftpSession};
use russh_sftp::protocol::OpenFlags;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, SeekFrom};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::fault::Fault;
use crate::sftp::ssh::transport;
use crate::trust::key_file::read_ssh_key;

/// Bytes moved at a time.
const BUFFER: usize = 256 * 1024;
/// A server may take long to bring a large upload to its disk.
const REQUEST_SECONDS: u64 = 120;
/// From the first packet to the end of the key exchange.
const GREETING: Duration = Duration::from_secs(20);

/// What [`Client::connect`] was doing when the server had no key that was expected.
pub const VERIFYING_HOST: &str = "verify the server's key";

/// A logged-in SFTP session.
pub struct Client {
    session: Handle<HostKeyCheck>,
    sftp: SftpSession,
}

/// One entry of a listing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name, without its folder.
    pub name: String,
    /// Bytes; 0 for a folder.
    pub size: u64,
    /// A folder, else a file.
    pub folder: bool,
}

/// The public key of a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostKey {
    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// Key type and base64, as in its `.pub` file.
    pub line: String,
}

/// A file being uploaded. Until it is closed the server keeps it from being taken in.
pub struct Upload {
    file: File,
}

impl Client {
    /// Connects and logs in with a key pair.
    ///
    /// `key` is a private key in OpenSSH's format, readable by its owner only. `host_keys` are the public keys of which
    /// the server must have one, each a line as in its `.pub` file.
    ///
    /// # Errors
    /// [`Fault::Key`] for an unusable key file; [`Fault::Network`] when the server cannot be reached, has another key,
    /// or refuses the login.
    pub async fn connect(
        address: SocketAddr,
        user: &str,
        key: &Path,
        host_keys: &str,
    ) -> Result<Self, Fault> {
        let key = read_ssh_key(key)?;
        let expected = host_keys
            .lines()
            .map(|line| PublicKey::from_openssh(line.trim()))
            .collect::<Result<_, _>>()
            .map_err(|_| Fault::Network {
                doing: VERIFYING_HOST,
                problem: "the expected host key is not a line of a .pub file".to_owned(),
            })?;
        let (check, offered) = HostKeyCheck::new(expected);
        let mut session = greet(address, check).await.map_err(|error| match error {
            russh::Error::UnknownKey => Fault::Network {
                doing: VERIFYING_HOST,
                problem: format!(
                    "the server has another key than expected ({}); do not go on",
                    offered.key().fingerprint
                ),
            },
            error => failed("connect to the SFTP server", &error),
        })?;
        let hash = session
            .best_supported_rsa_hash()
            .await
            .map_err(|error| failed("log in", &error))?
            .flatten();
        let accepted = session
            .authenticate_publickey(user, PrivateKeyWithHashAlg::new(Arc::new(key), hash))
            .await
            .map_err(|error| failed("log in", &error))?;
        if !accepted.success() {
            return Err(Fault::Network {
                doing: "log in",
                problem: "the server does not accept this user with this key".to_owned(),
            });
        }
        let channel = session
            .channel_open_session()
            .await
            .map_err(|error| failed("start SFTP", &error))?;
        channel
            .request_subsystem(true, "sftp")
            .await
            .map_err(|error| failed("start SFTP", &error))?;
        let config = SftpConfig {
            max_write_packet_len: BUFFER as u32,
            request_timeout_secs: REQUEST_SECONDS,
            ..SftpConfig::default()
        };
        let sftp = SftpSession::new_with_config(channel.into_stream(), config)
            .await
            .map_err(refused("start SFTP"))?;
        Ok(Self { session, sftp })
    }

    /// The key that the server at this address shows, for a person to compare. Nobody logs in.
    ///
    /// # Errors
    /// [`Fault::Network`] when the server cannot be reached.
    pub async fn offered_host_key(address: SocketAddr) -> Result<HostKey, Fault> {
        let (check, offered) = HostKeyCheck::new(Vec::new());
        match greet(address, check).await {
            Ok(_) | Err(russh::Error::UnknownKey) => Ok(offered.key()),
            Err(error) => Err(failed("connect to the SFTP server", &error)),
        }
    }

    /// Uploads a file, replacing one of that name.
    ///
    /// # Errors
    /// [`Fault::Io`] for the local file, [`Fault::Network`] with the server's sentence.
    pub async fn put(&self, local: &Path, remote: &str) -> Result<u64, Fault> {
        let mut file =
            std::fs::File::open(local).map_err(Fault::io("read the file to upload", local))?;
        let mut upload = self.create(remote).await?;
        let mut buffer = vec![0; BUFFER];
        let mut total = 0;
        loop {
            let count = std::io::Read::read(&mut file, &mut buffer)
                .map_err(Fault::io("read the file to upload", local))?;
            if count == 0 {
                break;
            }
            upload
                .write(buffer.get(..count).unwrap_or_default())
                .await?;
            total += count as u64;
        }
        upload.close().await?;
        Ok(total)
    }

    /// Begins an upload, replacing a file of that name.
    ///
    /// # Errors
    /// [`Fault::Network`] with the server's sentence.
    pub async fn create(&self, remote: &str) -> Result<Upload, Fault> {
        let file = self.sftp.create(remote).await.map_err(refused("upload"))?;
        Ok(Upload { file })
    }

    /// Goes on with an upload at the end of what is there.
    ///
    /// # Errors
    /// [`Fault::Network`] with the server's sentence.
    pub async fn append(&self, remote: &str) -> Result<Upload, Fault> {
        let flags = OpenFlags::WRITE | OpenFlags::APPEND;
        let opened = self.sftp.open_with_flags(remote, flags).await;
        let file = opened.map_err(refused("upload"))?;
        Ok(Upload { file })
    }

    /// Downloads a file, replacing the local one.
    ///
    /// # Errors
    /// [`Fault::Io`] for the local file, [`Fault::Network`] with the server's sentence.
    pub async fn get(&self, remote: &str, local: &Path) -> Result<u64, Fault> {
        let mut source = self.sftp.open(remote).await.map_err(refused("download"))?;
        let mut file =
            std::fs::File::create(local).map_err(Fault::io("write the downloaded file", local))?;
        let mut buffer = vec![0; BUFFER];
        let mut total = 0;
        loop {
            let count = source
                .read(&mut buffer)
                .await
                .map_err(|error| failed("download", &error))?;
            if count == 0 {
                break;
            }
            std::io::Write::write_all(&mut file, buffer.get(..count).unwrap_or_default())
                .map_err(Fault::io("write the downloaded file", local))?;
            total += count as u64;
        }
        source
            .close()
            .await
            .map_err(|error| failed("download", &error))?;
        Ok(total)
    }

    /// At most `most` bytes of a file, from `offset` on.
    ///
    /// # Errors
    /// [`Fault::Network`] with the server's sentence.
    pub async fn read(&self, remote: &str, offset: u64, most: u64) -> Result<Vec<u8>, Fault> {
        let mut source = self.sftp.open(remote).await.map_err(refused("download"))?;
        source
            .seek(SeekFrom::Start(offset))
            .await
            .map_err(|error| failed("download", &error))?;
        let mut bytes = Vec::new();
        (&mut source)
            .take(most)
            .read_to_end(&mut bytes)
            .await
            .map_err(|error| failed("download", &error))?;
        source
            .close()
            .await
            .map_err(|error| failed("download", &error))?;
        Ok(bytes)
    }

    /// What is in a folder, sorted by name.
    ///
    /// # Errors
    /// [`Fault::Network`] with the server's sentence.
    pub async fn list(&self, remote: &str) -> Result<Vec<Entry>, Fault> {
        let listing = self
            .sftp
            .read_dir(remote)
            .await
            .map_err(refused("list a folder"))?;
        let mut entries: Vec<Entry> = listing
            .map(|entry| Entry {
                name: entry.file_name(),
                size: entry.metadata().len(),
                folder: entry.metadata().is_dir(),
            })
            .collect();
        entries.sort();
        Ok(entries)
    }

    /// Removes a file.
    ///
    /// # Errors
    /// [`Fault::Network`] with the server's sentence.
    pub async fn remove(&self, remote: &str) -> Result<(), Fault> {
        self.sftp
            .remove_file(remote)
            .await
            .map_err(refused("remove a file"))
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// [`Fault::Network`] with the server's sentence.
    pub async fn remove_folder(&self, remote: &str) -> Result<(), Fault> {
        self.sftp
            .remove_dir(remote)
            .await
            .map_err(refused("remove a folder"))
    }

    /// Makes a folder.
    ///
    /// # Errors
    /// [`Fault::Network`] with the server's sentence.
    pub async fn make_folder(&self, remote: &str) -> Result<(), Fault> {
        self.sftp
            .create_dir(remote)
            .await
            .map_err(refused("make a folder"))
    }

    /// Renames a file or folder; the new name must be free.
    ///
    /// # Errors
    /// [`Fault::Network`] with the server's sentence.
    pub async fn rename(&self, from: &str, to: &str) -> Result<(), Fault> {
        self.sftp.rename(from, to).await.map_err(refused("rename"))
    }

    /// Ends the session.
    ///
    /// # Errors
    /// [`Fault::Network`] when the connection is gone already.
    pub async fn disconnect(self) -> Result<(), Fault> {
        self.sftp.close().await.map_err(refused("disconnect"))?;
        self.session
            .disconnect(russh::Disconnect::ByApplication, "", "en")
            .await
            .map_err(|error| failed("disconnect", &error))
    }
}

impl Upload {
    /// Sends the next bytes.
    ///
    /// # Errors
    /// [`Fault::Network`] with the server's sentence.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.file
            .write_all(bytes)
            .await
            .map_err(|error| failed("upload", &error))
    }

    /// Waits until the server has everything on its disk.
    ///
    /// # Errors
    /// [`Fault::Network`] with the server's sentence.
    pub async fn close(self) -> Result<(), Fault> {
        self.file
            .close()
            .await
            .map_err(|error| failed("upload", &error))
    }
}

/// Connects and exchanges keys, no more.
async fn greet(
    address: SocketAddr,
    check: HostKeyCheck,
) -> Result<Handle<HostKeyCheck>, russh::Error> {
    let config = Arc::new(Config {
        preferred: transport::preferred(false),
        nodelay: true,
        keepalive_interval: Some(Duration::from_secs(20)),
        ..Config::default()
    });
    let greeting = async {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        connect_stream(config, stream, check).await
    };
    timeout(GREETING, greeting)
        .await
        .unwrap_or(Err(russh::Error::ConnectionTimeout))
}

/// Accepts the host keys that are expected and no other.
struct HostKeyCheck {
    expected: Vec<PublicKey>,
    offered: Offered,
}

/// The key that the server showed.
#[derive(Clone, Default)]
struct Offered(Arc<OnceLock<HostKey>>);

impl HostKeyCheck {
    fn new(expected: Vec<PublicKey>) -> (Self, Offered) {
        let offered = Offered::default();
        let check = Self {
            expected,
            offered: offered.clone(),
        };
        (check, offered)
    }
}

impl Offered {
    /// The key; empty before the server showed any.
    fn key(&self) -> HostKey {
        self.0.get().cloned().unwrap_or_default()
    }
}

impl Handler for HostKeyCheck {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        key: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        Ok(match key {
            PublicKeyOrCertificate::PublicKey { key, .. } => {
                self.offered.0.get_or_init(|| HostKey {
                    fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
                    // Encoding fails only where the buffer is too small, and this one grows.
                    line: key.to_openssh().unwrap_or_default(),
                });
                self.expected
                    .iter()
                    .any(|expected| key.key_data() == expected.key_data())
            }
            PublicKeyOrCertificate::Certificate(_) => false,
        })
    }
}

fn failed(doing: &'static str, error: &dyn std::error::Error) -> Fault {
    Fault::Network {
        doing,
        problem: error.to_string(),
    }
}

/// The server's own sentence where it gave one.
fn refused(doing: &'static str) -> impl FnOnce(SftpError) -> Fault {
    move |error| Fault::Network {
        doing,
        problem: match error {
            SftpError::Status(status) => status.error_message,
            error => error.to_string(),
        },
    }
}
