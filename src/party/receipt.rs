//! The receipt of a delivery, as its sender reads it: waited for, proven, then believed.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Deserialize;
use tokio::time::sleep;

use crate::agreement::PartyId;
use crate::delivery::{DeliveryId, Sha256Digest};
use crate::fault::Fault;
use crate::files;
use crate::rejection::Code;
use crate::sftp::client::Client;
use crate::trust::allowed_signers::AllowedSigners;
use crate::trust::sshsig;

use super::server::{LARGEST, Unreached, Way};

/// Largest list of rows that is fetched along with a receipt; a larger one is there for `padan fetch`.
const LARGEST_ROWS: u64 = 256 << 20;
/// Who signs receipts.
const SERVICE: &str = "padan";
/// Where they lie.
const RECEIPTS: &str = "receipts";
/// Between two looks.
const LOOK: Duration = Duration::from_millis(500);
/// A receipt that is just being replaced fits together again at the next look; one that does not is no receipt.
const TRIES: u32 = 6;

/// By what a receipt is believed.
pub struct Trust<'a> {
    /// Who may sign it.
    pub signers: &'a AllowedSigners,
    /// What for.
    pub namespace: &'a str,
    /// What time it is.
    pub clock: &'a dyn Fn() -> Timestamp,
}

/// A receipt whose signature is good.
#[derive(Debug)]
pub struct Proven {
    /// Accepted, else refused.
    pub accepted: bool,
    /// For people: Indonesian, then English.
    pub text: String,
    /// The encrypted list of refused and warned rows, if there is one.
    pub rows_file: Option<String>,
    /// Its files by their names on the server.
    files: Vec<(String, Vec<u8>)>,
}

/// Why there is no receipt.
#[derive(Debug, thiserror::Error)]
pub enum NoReceipt {
    /// The server cannot be reached.
    #[error(transparent)]
    Unreached(#[from] Unreached),
    /// It lies there, and is not the service's.
    #[error(
        "the receipt on the server is not signed by the service ({0}); do not rely on it, and telephone the operator"
    )]
    Unproven(Code),
}

/// What a machine reads in a receipt; the rest is for others.
#[derive(Debug, Deserialize)]
struct Document {
    verdict: String,
    delivery: Option<DeliveryId>,
    #[serde(default)]
    text_sha256: Option<Sha256Digest>,
    #[serde(default)]
    rows_file: Option<String>,
    #[serde(default)]
    rows_file_sha256: Option<Sha256Digest>,
}

impl Proven {
    /// Keeps the files in a folder of the party's own.
    pub fn keep(&self, folder: &Path) -> Result<(), Fault> {
        files::create_dir(folder)?;
        for (name, bytes) in &self.files {
            files::write_whole(&folder.join(name), bytes)?;
        }
        Ok(())
    }
}

/// Looks for the receipt of a delivery until it is there and proven, or `patience` is over: then `None`. A connection
/// that breaks meanwhile is made anew.
pub async fn wait_for(
    way: &Way<'_>,
    stem: &str,
    delivery: &DeliveryId,
    trust: &Trust<'_>,
    patience: Duration,
) -> Result<Option<Proven>, NoReceipt> {
    let since = Instant::now();
    let mut client: Option<Client> = None;
    let mut unproven = 0;
    loop {
        let looked = match client.take() {
            Some(there) => Ok(there),
            None => way.connect().await,
        };
        match looked {
            Ok(there) => match look(&there, stem, delivery, trust).await {
                Ok(Look::Proven(proven)) => {
                    // The receipt is here, so how the session ends changes nothing.
                    let _ = there.disconnect().await;
                    return Ok(Some(*proven));
                }
                Ok(Look::Unproven(code)) => {
                    unproven += 1;
                    if unproven >= TRIES {
                        return Err(NoReceipt::Unproven(code));
                    }
                    client = Some(there);
                }
                Ok(Look::Nothing) => client = Some(there),
                Err(fault) if since.elapsed() >= patience => {
                    return Err(Unreached::from(fault).into());
                }
                Err(_) => {}
            },
            Err(Unreached::Fault(Fault::Network { .. })) if since.elapsed() < patience => {}
            Err(closed) => return Err(closed.into()),
        }
        if since.elapsed() >= patience {
            return Ok(None);
        }
        sleep(LOOK.min(patience.saturating_sub(since.elapsed()))).await;
    }
}

/// What one look found.
enum Look {
    Nothing,
    Unproven(Code),
    Proven(Box<Proven>),
}

async fn look(
    client: &Client,
    stem: &str,
    delivery: &DeliveryId,
    trust: &Trust<'_>,
) -> Result<Look, Fault> {
    let names: Vec<String> = client
        .list(RECEIPTS)
        .await?
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    // That of a delivery which is turned away beside an accepted one of its name has a longer one.
    let usual = format!("{stem}.json");
    let beside = format!("{stem}.{}.json", delivery.short());
    for name in names
        .iter()
        .filter(|name| **name == usual || **name == beside)
    {
        let receipt = name.trim_end_matches(".json");
        let [page, signature] = [format!("{receipt}.txt"), format!("{receipt}.json.sig")];
        if !names.contains(&page) || !names.contains(&signature) {
            continue;
        }
        let read = |name: &str| {
            let path = format!("{RECEIPTS}/{name}");
            async move { client.read(&path, 0, LARGEST).await }
        };
        let json = read(name).await?;
        let Ok(document) = serde_json::from_slice::<Document>(&json) else {
            continue;
        };
        if document.delivery != Some(*delivery) || document.verdict == "MENUNGGU" {
            continue;
        }
        let sig = read(&signature).await?;
        if let Err(code) = verify(trust, &json, &sig) {
            return Ok(Look::Unproven(code));
        }
        let text = read(&page).await?;
        // The page itself is not signed: the document that is tells its digest.
        if document.text_sha256 != Some(Sha256Digest::of(&text)) {
            return Ok(Look::Unproven(Code::SignatureBad));
        }
        let words = String::from_utf8_lossy(&text).into_owned();
        let mut kept = vec![(name.clone(), json), (signature, sig), (page, text)];
        let rows_file = document.rows_file.filter(|rows| names.contains(rows));
        if let Some(rows) = &rows_file {
            let path = format!("{RECEIPTS}/{rows}");
            let bytes = client.read(&path, 0, LARGEST_ROWS).await?;
            let whole = (bytes.len() as u64) < LARGEST_ROWS;
            if whole && document.rows_file_sha256 != Some(Sha256Digest::of(&bytes)) {
                return Ok(Look::Unproven(Code::SignatureBad));
            }
            if whole {
                kept.push((rows.clone(), bytes));
            }
        }
        return Ok(Look::Proven(Box::new(Proven {
            accepted: document.verdict == "DITERIMA",
            text: words,
            rows_file,
            files: kept,
        })));
    }
    Ok(Look::Nothing)
}

fn verify(trust: &Trust<'_>, json: &[u8], signature: &[u8]) -> Result<(), Code> {
    let service: PartyId = SERVICE.parse().map_err(|_| Code::SignerUnknown)?;
    sshsig::verify(
        &[(&service, trust.signers)],
        None,
        &service,
        trust.namespace,
        (trust.clock)(),
        json,
        signature,
    )
    .map(|_| ())
}
