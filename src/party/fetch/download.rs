//! One file from a server that is not trusted, continued where it broke off.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use indicatif::ProgressBar;

use crate::fault::Fault;
use crate::files;
use crate::sftp::client::{Client, Entry};

use super::super::open::{Listed, require_digest};
use super::{Run, Stop, shown};

/// Largest file, in bytes: ten times what ten million rows take.
const LARGEST: u64 = 64 << 30;
/// Bytes moved at a time.
const BUFFER: usize = 256 << 10;
/// Bytes that stay free on the disk.
const SPARE: u64 = 64 << 20;

/// Refuses sizes that no file of ours has, and those for which there is no room.
pub(super) fn require_room(entries: &[&Entry], into: &Path) -> Result<(), Stop> {
    if let Some(entry) = entries.iter().find(|entry| entry.size > LARGEST) {
        return Err(Stop::at_sight(format!(
            "{} is said to have {} bytes; no file of an answer is so large",
            shown(&entry.name),
            entry.size
        )));
    }
    let needed: u64 = entries.iter().map(|entry| entry.size).sum();
    let here = rustix::fs::statvfs(into)
        .map_err(|errno| Fault::io("look for room in", into)(errno.into()))?;
    let free = here.f_bavail.saturating_mul(here.f_frsize);
    if needed.saturating_add(SPARE) > free {
        return Err(Fault::Inconsistent(format!(
            "{needed} bytes are to be fetched and {free} are free in {}; make room and try again",
            into.display()
        ))
        .into());
    }
    Ok(())
}

/// A listed file, until its digest is right. What an earlier run has of it is continued, and fetched anew should it turn
/// out to be of another file.
pub(super) async fn listed(
    run: &mut Run<'_>,
    client: &Client,
    remote: &str,
    entry: &Entry,
    listed: &Listed,
    local: &Path,
) -> Result<(), Stop> {
    let bar = (run.order.bar)(remote, entry.size);
    let begun = continued(run, client, remote, entry.size, local, &bar).await?;
    if begun > 0 && require_digest(local, &listed.digest).is_err() {
        files::remove_file(local)?;
        continued(run, client, remote, entry.size, local, &bar).await?;
    }
    bar.finish_and_clear();
    Ok(())
}

/// Fetches what is missing of a file. Returns where it began.
pub(super) async fn continued(
    run: &mut Run<'_>,
    client: &Client,
    remote: &str,
    size: u64,
    local: &Path,
    bar: &ProgressBar,
) -> Result<u64, Stop> {
    let doing = "write the downloaded file";
    let mut file = open_own(local)?;
    let mut there = file.metadata().map_err(Fault::io(doing, local))?.len();
    if there > size {
        file.set_len(0).map_err(Fault::io(doing, local))?;
        there = 0;
    }
    let begun = there;
    bar.set_position(there);
    let mut source = client.read_from(remote, there).await?;
    let mut buffer = vec![0; BUFFER];
    while there < size {
        let count = source.read(&mut buffer).await?;
        if count == 0 {
            return Err(Stop::at_sight(format!(
                "{remote} ends after {there} bytes; the server's listing says {size}"
            )));
        }
        let count = count.min(usize::try_from(size - there).unwrap_or(count));
        file.write_all(buffer.get(..count).unwrap_or_default())
            .map_err(Fault::io(doing, local))?;
        there += count as u64;
        run.moved = true;
        bar.set_position(there);
    }
    file.sync_all().map_err(Fault::io(doing, local))?;
    Ok(begun)
}

/// Appends to a file that only its owner can read.
fn open_own(path: &Path) -> Result<File, Fault> {
    use std::os::unix::fs::OpenOptionsExt as _;
    File::options()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(Fault::io("write the downloaded file", path))
}
