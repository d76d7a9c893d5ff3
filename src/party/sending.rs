//! A sealed delivery on its way: uploaded piece by piece, gone on with after a broken connection, and its receipt.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::sleep;

use crate::fault::Fault;
use crate::sftp::client::{Client, Entry};

use super::server::{Unreached, Way};

/// Where deliveries are dropped.
const INBOX: &str = "inbox";
/// Bytes read and sent at a time.
const PIECE: usize = 256 << 10;
/// So many bytes at the end of what is there are compared before an upload is gone on with: ciphertext is never the
/// same twice.
const COMPARED: u64 = 4 << 10;
/// Seconds between attempts in which nothing was sent; then it is given up. Together longer than a server needs to
/// notice that a connection is dead, since until then the file is in use.
const PAUSES: [f32; 8] = [0.2, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0];

/// What happens on the way, for whoever watches.
#[derive(Debug)]
pub enum Step<'a> {
    /// A file begins, or goes on from some bytes.
    File {
        /// Its name.
        name: &'a str,
        /// Its size in bytes.
        size: u64,
        /// So many lie there already.
        from: u64,
    },
    /// That many more bytes were sent.
    Bytes(u64),
    /// It did not go on; it is tried again.
    Again {
        /// What was in the way, in the server's words where it gave any.
        problem: String,
    },
}

/// Why a delivery did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum Unsent {
    /// The way is closed.
    #[error(transparent)]
    Unreached(#[from] Unreached),
    /// Another file of that name is in the way.
    #[error(
        "another file called {0} lies in the inbox; remove it there, or take another --sequence"
    )]
    InTheWay(String),
}

/// A file on its way.
struct Part {
    path: PathBuf,
    name: String,
    size: u64,
    sent: bool,
}

/// Uploads the files in this order: data files, the manifest, the signature. Returns when the service has them all.
pub async fn upload(
    way: &Way<'_>,
    files: &[PathBuf],
    told: &mut dyn FnMut(Step<'_>),
) -> Result<(), Unsent> {
    let mut parts = files
        .iter()
        .map(|path| Part::of(path))
        .collect::<Result<Vec<_>, _>>()?;
    let mut pauses = PAUSES.iter();
    loop {
        let mut moved = 0;
        let mut watched = |step: Step<'_>| {
            if let Step::Bytes(bytes) = step {
                moved += bytes;
            }
            told(step);
        };
        let fault = match attempt(way, &mut parts, &mut watched).await {
            Ok(()) => return Ok(()),
            Err(Unsent::Unreached(Unreached::Fault(fault))) if is_passing(&fault) => fault,
            Err(final_) => return Err(final_),
        };
        if moved > 0 {
            pauses = PAUSES.iter();
        }
        let Some(pause) = pauses.next() else {
            return Err(Unsent::Unreached(fault.into()));
        };
        told(Step::Again {
            problem: fault.to_string(),
        });
        sleep(Duration::from_secs_f32(*pause)).await;
    }
}

/// Whether trying again may help: the network, or a server that is just not there.
fn is_passing(fault: &Fault) -> bool {
    matches!(fault, Fault::Network { doing, .. } if *doing != "log in")
}

impl Part {
    fn of(path: &Path) -> Result<Self, Unreached> {
        let size = path.metadata().map_err(Fault::io("read", path))?.len();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        Ok(Self {
            path: path.to_path_buf(),
            name: name.to_owned(),
            size,
            sent: false,
        })
    }

    fn remote(&self) -> String {
        format!("{INBOX}/{}", self.name)
    }
}

async fn attempt(
    way: &Way<'_>,
    parts: &mut [Part],
    told: &mut dyn FnMut(Step<'_>),
) -> Result<(), Unsent> {
    let client = way.connect().await?;
    let there = client.list(INBOX).await.map_err(Unreached::from)?;
    if is_taken(parts, &there) {
        return Ok(());
    }
    for part in parts.iter_mut().filter(|part| !part.sent) {
        let lying = there.iter().find(|entry| entry.name == part.name);
        let from = match lying {
            Some(entry) => {
                if !is_beginning(&client, part, entry).await? {
                    return Err(Unsent::InTheWay(part.name.clone()));
                }
                entry.size
            }
            None => 0,
        };
        put(&client, part, from, told).await?;
        part.sent = true;
    }
    // Everything has arrived, so how the session ends changes nothing.
    let _ = client.disconnect().await;
    Ok(())
}

/// Whether the service took the delivery although its last answer was lost: what had been sent is gone from the inbox.
fn is_taken(parts: &[Part], there: &[Entry]) -> bool {
    let names: BTreeSet<&str> = there.iter().map(|entry| entry.name.as_str()).collect();
    let Some((last, before)) = parts.split_last() else {
        return true;
    };
    let gone = |part: &Part| part.sent && !names.contains(part.name.as_str());
    !names.contains(last.name.as_str()) && !before.is_empty() && before.iter().all(gone)
}

/// Whether what lies there is the beginning of this file.
async fn is_beginning(client: &Client, part: &Part, entry: &Entry) -> Result<bool, Unreached> {
    if entry.folder || entry.size > part.size {
        return Ok(false);
    }
    let from = entry.size.saturating_sub(COMPARED);
    let theirs = client.read(&part.remote(), from, COMPARED).await?;
    let mut ours = vec![0; usize::try_from(entry.size - from).unwrap_or_default()];
    let reading = Fault::io("read", &part.path);
    File::open(&part.path)
        .and_then(|mut file| {
            file.seek(SeekFrom::Start(from))?;
            file.read_exact(&mut ours)
        })
        .map_err(reading)?;
    Ok(theirs == ours)
}

async fn put(
    client: &Client,
    part: &Part,
    from: u64,
    told: &mut dyn FnMut(Step<'_>),
) -> Result<(), Unreached> {
    told(Step::File {
        name: &part.name,
        size: part.size,
        from,
    });
    let mut upload = match from {
        0 => client.create(&part.remote()).await?,
        _ => client.append(&part.remote()).await?,
    };
    let mut file = File::open(&part.path).map_err(Fault::io("read", &part.path))?;
    file.seek(SeekFrom::Start(from))
        .map_err(Fault::io("read", &part.path))?;
    let mut buffer = vec![0; PIECE];
    loop {
        let n = file
            .read(&mut buffer)
            .map_err(Fault::io("read", &part.path))?;
        if n == 0 {
            break;
        }
        upload.write(buffer.get(..n).unwrap_or_default()).await?;
        told(Step::Bytes(n as u64));
    }
    Ok(upload.close().await?)
}
