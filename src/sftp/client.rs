//! A small SFTP client: what a party's program would use. For the party's commands, `padan demo` and the tests.

mod login;

use std::io::SeekFrom;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use russh::client::{Config, Handle, Handler, connect_stream};
use russh::keys::{HashAlg, PublicKey, PublicKeyOrCertificate};
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::client::fs::File;
use russh_sftp::client::{Config as SftpConfig, RawSftpSession, SftpSession};
use russh_sftp::protocol::{FileAttributes, OpenFlags, StatusCode};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::fault::Fault;
use crate::sftp::ssh::transport;

pub use login::Login;

/// Bytes moved at a time.
const BUFFER: usize = 256 * 1024;
/// A server may take long to bring a large upload to its disk.
const REQUEST_SECONDS: u64 = 120;
/// Most entries of a listing. A server that names more is no server of ours.
const MOST_ENTRIES: usize = 100_000;
/// A listing must have ended after this long.
const LISTING_SECONDS: u64 = 300;
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
    /// A folder.
    pub folder: bool,
    /// A regular file; neither this nor a folder is a link or a device.
    pub file: bool,
    /// When it was last changed, in seconds since 1970, as far as the server says.
    pub modified: Option<u32>,
}

/// A file being downloaded.
pub struct Download {
    file: File,
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
    /// Connects and logs in.
    ///
    /// `host_keys` are the public keys of which the server must have one, each a line as in its `.pub` file.
    ///
    /// # Errors
    /// [`Fault::Key`] when ssh-agent has gone away; [`Fault::Network`] when the server cannot be reached, has another
    /// key, or refuses the login.
    pub async fn connect(
        address: SocketAddr,
        user: &str,
        login: &Login,
        host_keys: &str,
    ) -> Result<Self, Fault> {
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
        if !login.log_in(&mut session, user).await? {
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
        let sftp = SftpSession::new_with_config(channel.into_stream(), settings())
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
        let mut source = self.read_from(remote, 0).await?;
        let mut file =
            std::fs::File::create(local).map_err(Fault::io("write the downloaded file", local))?;
        let mut buffer = vec![0; BUFFER];
        let mut total = 0;
        loop {
            let count = source.read(&mut buffer).await?;
            if count == 0 {
                break;
            }
            std::io::Write::write_all(&mut file, buffer.get(..count).unwrap_or_default())
                .map_err(Fault::io("write the downloaded file", local))?;
            total += count as u64;
        }
        Ok(total)
    }

    /// Begins a download, or goes on with one at a place in the file.
    ///
    /// # Errors
    /// [`Fault::Network`] with the server's sentence.
    pub async fn read_from(&self, remote: &str, offset: u64) -> Result<Download, Fault> {
        let mut file = self.sftp.open(remote).await.map_err(refused("download"))?;
        file.seek(SeekFrom::Start(offset))
            .await
            .map_err(|error| failed("download", &error))?;
        Ok(Download { file })
    }

    /// Whether the server still answers on this connection.
    pub async fn answers(&self) -> bool {
        self.sftp.canonicalize(".").await.is_ok()
    }

    /// At most `most` bytes of a file, from `offset` on.
    ///
    /// # Errors
    /// [`Fault::Network`] with the server's sentence.
    pub async fn read(&self, remote: &str, offset: u64, most: u64) -> Result<Vec<u8>, Fault> {
        let Download { file: mut source } = self.read_from(remote, offset).await?;
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

    /// A small file as a whole, `None` if it is larger than `most` bytes.
    ///
    /// # Errors
    /// [`Fault::Network`] with the server's sentence.
    pub async fn small(&self, remote: &str, most: usize) -> Result<Option<Vec<u8>>, Fault> {
        let bytes = self.read(remote, 0, most as u64 + 1).await?;
        Ok((bytes.len() <= most).then_some(bytes))
    }

    /// What is in a folder, sorted by name.
    ///
    /// # Errors
    /// [`Fault::Network`] with the server's sentence.
    pub async fn list(&self, remote: &str) -> Result<Vec<Entry>, Fault> {
        let most = Duration::from_secs(LISTING_SECONDS);
        let listing = timeout(most, self.read_listing(remote)).await;
        let mut entries = listing.unwrap_or_else(|_| Err(endless()))?;
        entries.sort();
        Ok(entries)
    }

    /// Over a channel of its own: russh-sftp's own listing has no end but the server's.
    async fn read_listing(&self, remote: &str) -> Result<Vec<Entry>, Fault> {
        let doing = "list a folder";
        let channel = self.session.channel_open_session().await;
        let channel = channel.map_err(|error| failed(doing, &error))?;
        channel
            .request_subsystem(true, "sftp")
            .await
            .map_err(|error| failed(doing, &error))?;
        let sftp = RawSftpSession::new_with_config(channel.into_stream(), settings());
        sftp.init().await.map_err(refused(doing))?;
        let folder = sftp.opendir(remote).await.map_err(refused(doing))?.handle;
        let mut entries = Vec::new();
        // A server may also send names without end in answers that hold none.
        for _ in 0..MOST_ENTRIES {
            match sftp.readdir(folder.as_str()).await {
                Ok(names) => entries.extend(names.files.into_iter().filter_map(|file| {
                    let known = !matches!(file.filename.as_str(), "." | "..");
                    known.then(|| Entry::new(file.filename, &file.attrs))
                })),
                Err(SftpError::Status(status)) if status.status_code == StatusCode::Eof => {
                    return Ok(entries);
                }
                Err(error) => return Err(refused(doing)(error)),
            }
            if entries.len() > MOST_ENTRIES {
                break;
            }
        }
        Err(endless())
    }

    /// Removes a file; one that is not there is no error, so that a removal which broke off can be gone on with.
    ///
    /// # Errors
    /// [`Fault::Network`] with the server's sentence.
    pub async fn remove(&self, remote: &str) -> Result<(), Fault> {
        gone(self.sftp.remove_file(remote).await).map_err(refused("remove a file"))
    }

    /// Removes an empty folder; one that is not there is no error.
    ///
    /// # Errors
    /// [`Fault::Network`] with the server's sentence.
    pub async fn remove_folder(&self, remote: &str) -> Result<(), Fault> {
        gone(self.sftp.remove_dir(remote).await).map_err(refused("remove a folder"))
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

impl Entry {
    fn new(name: String, attributes: &FileAttributes) -> Self {
        let kind = attributes.file_type();
        Self {
            name,
            size: attributes.size.unwrap_or_default(),
            folder: kind.is_dir(),
            file: kind.is_file(),
            modified: attributes.mtime,
        }
    }
}

impl Download {
    /// Reads the next bytes; 0 at the end of the file.
    ///
    /// # Errors
    /// [`Fault::Network`] with the server's sentence, or when the connection broke.
    pub async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        let read = self.file.read(buffer).await;
        read.map_err(|error| failed("download", &error))
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

fn settings() -> SftpConfig {
    SftpConfig {
        max_write_packet_len: BUFFER as u32,
        request_timeout_secs: REQUEST_SECONDS,
        ..SftpConfig::default()
    }
}

fn endless() -> Fault {
    Fault::Network {
        doing: "list a folder",
        problem: format!("it has no end, or more than {MOST_ENTRIES} entries"),
    }
}

fn failed(doing: &'static str, error: &dyn std::error::Error) -> Fault {
    Fault::Network {
        doing,
        problem: error.to_string(),
    }
}

/// What was to be removed and is not there is removed.
fn gone(outcome: Result<(), SftpError>) -> Result<(), SftpError> {
    match outcome {
        Err(SftpError::Status(status)) if status.status_code == StatusCode::NoSuchFile => Ok(()),
        outcome => outcome,
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
