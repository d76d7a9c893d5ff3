//! The way to the service: its address, and whether the machine that answers there is the service.

use std::path::PathBuf;

use tokio::net::lookup_host;

use crate::agreement::{DatasetId, PartyId};
use crate::fault::Fault;
use crate::sftp::client::{Client, HostKey, Login, VERIFYING_HOST};
use crate::trust::known_hosts::keys_of;

use super::Trouble;
use super::profile::{Profile, Server};
use super::sent::highest;

/// Largest document that is read whole: `STATUS.txt`, a receipt.
pub(super) const LARGEST: u64 = 1 << 20;
/// Most receipts that are read to find the last number that was accepted.
const MOST_READ: usize = 20;

/// How a party reaches the service.
pub struct Way<'p> {
    server: &'p Server,
    party: &'p PartyId,
    login: &'p Login,
}

/// Why the service was not reached.
#[derive(Debug, thiserror::Error)]
pub enum Unreached {
    /// Nobody has said yet which key it has.
    #[error(
        "{host}:{port} is not known yet, so nothing was sent or fetched.\n\
         It shows the key {}\n\
         Compare this with the fingerprint from the operator, on the telephone if need be. If every letter is the same, \
         add this line to {}:\n  {name} {}",
        offered.fingerprint, known_hosts.display(), offered.line
    )]
    Unknown {
        /// The machine.
        host: String,
        /// Its port.
        port: u16,
        /// Where its key ought to stand.
        known_hosts: PathBuf,
        /// Under which name.
        name: String,
        /// What it shows.
        offered: HostKey,
    },
    /// It has another key than it had.
    #[error(
        "THE SERVER'S KEY HAS CHANGED: {0}.\n\
         Somebody may be reading along. Nothing was sent or fetched. Telephone the operator before you do anything else; \
         only the operator can say that the key was replaced"
    )]
    Changed(String),
    /// The network, a key file, the login.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<Unreached> for Trouble {
    fn from(unreached: Unreached) -> Self {
        match unreached {
            Unreached::Fault(fault @ Fault::Key { .. }) => Self::usage(fault),
            Unreached::Fault(fault) => Self::Fault(fault),
            unknown => Self::Usage(unknown.to_string()),
        }
    }
}

impl<'p> Way<'p> {
    /// The way of a profile that names a server.
    pub fn of(profile: &'p Profile, login: &'p Login) -> Option<Self> {
        let server = profile.server.as_ref()?;
        Some(Self::to(server, &profile.party, login))
    }

    /// The way to a server.
    pub fn to(server: &'p Server, party: &'p PartyId, login: &'p Login) -> Self {
        Self {
            server,
            party,
            login,
        }
    }

    /// Connects and logs in, if the server is known and is who it was.
    pub async fn connect(&self) -> Result<Client, Unreached> {
        let Server {
            host,
            port,
            known_hosts,
            host_key_alias,
        } = self.server;
        let known = keys_of(known_hosts, host, *port, host_key_alias.as_deref())?;
        let failed = |problem: String| Fault::Network {
            doing: "find the SFTP server",
            problem,
        };
        let addresses: Vec<_> = lookup_host((host.as_str(), *port))
            .await
            .map_err(|e| failed(format!("{host}: {e}")))?
            .collect();
        let mut last = failed(format!("{host} has no address"));
        for address in addresses {
            if known.is_empty() {
                match Client::offered_host_key(address).await {
                    Ok(offered) => return Err(self.unknown(offered)),
                    Err(fault) => last = fault,
                }
                continue;
            }
            match Client::connect(address, self.party.as_str(), self.login, &known.join("\n")).await
            {
                Ok(client) => return Ok(client),
                Err(Fault::Network { doing, problem }) if doing == VERIFYING_HOST => {
                    return Err(Unreached::Changed(problem));
                }
                Err(fault) => last = fault,
            }
        }
        Err(last.into())
    }

    fn unknown(&self, offered: HostKey) -> Unreached {
        let Server { host, port, .. } = self.server;
        let name = match (&self.server.host_key_alias, port) {
            (Some(alias), _) => alias.clone(),
            (None, 22) => host.clone(),
            (None, port) => format!("[{host}]:{port}"),
        };
        Unreached::Unknown {
            host: host.clone(),
            port: *port,
            known_hosts: self.server.known_hosts.clone(),
            name,
            offered,
        }
    }
}

/// The highest sequence of a dataset that the service tells of as accepted or under way, 0 if it tells of none: from
/// `STATUS.txt`, and from receipts of deliveries that are no longer on it.
pub async fn last_sequence(
    client: &Client,
    party: &PartyId,
    dataset: &DatasetId,
) -> Result<u32, Fault> {
    let entries = client.list(".").await?;
    let mut last = 0;
    if entries.iter().any(|entry| entry.name == "STATUS.txt") {
        let page = client.read("STATUS.txt", 0, LARGEST).await?;
        let page = String::from_utf8_lossy(&page);
        // What became of a delivery stands in the line below its name.
        let below = page.lines().skip(1).chain([""]);
        let names: Vec<String> = page
            .lines()
            .zip(below)
            .filter(|(_, below)| !below.contains("DITOLAK"))
            .flat_map(|(line, _)| line.split_whitespace())
            .map(|word| format!("{word}.csv.age"))
            .collect();
        last = highest(names.iter().map(String::as_str), party, dataset);
    }
    let mut receipts: Vec<(u32, String)> = Vec::new();
    for entry in client.list("receipts").await? {
        if let Some(stem) = entry.name.strip_suffix(".json") {
            let name = format!("{stem}.csv.age");
            let sequence = highest([name.as_str()].into_iter(), party, dataset);
            if sequence > last {
                receipts.push((sequence, entry.name));
            }
        }
    }
    receipts.sort();
    for (sequence, name) in receipts.iter().rev().take(MOST_READ) {
        let json = client.read(&format!("receipts/{name}"), 0, LARGEST).await?;
        if String::from_utf8_lossy(&json).contains("\"DITERIMA\"") {
            return Ok(*sequence);
        }
    }
    Ok(last)
}
