//! The receipt of a delivery, as its sender reads it: waited for, proven, then believed.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::delivery::{DeliveryId, Sha256Digest};
use crate::fault::Fault;
use crate::files;
use crate::rejection::Code;
use crate::sftp::client::Client;
use crate::trust::sshsig;

use super::open::{ACCEPTED, LARGEST_PAPER, Paper, Trust, WAITING};
use super::server::{Unreached, Way};

/// Largest list of rows that is fetched along with a receipt; a larger one is there for `padan fetch`.
const LARGEST_ROWS: usize = 256 << 20;
/// Where they lie.
const RECEIPTS: &str = "receipts";
/// Between two looks.
const LOOK: Duration = Duration::from_millis(500);
/// A receipt that is just being replaced fits together again at the next look; one that does not is no receipt.
const TRIES: u32 = 6;

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

/// Looks for the receipt of a delivery, of that one or of any that is called so, until it is there and proven, by whom is believed then, or `patience` is over:
/// then `None`. A connection
/// that breaks meanwhile is made anew.
pub async fn wait_for<'t>(
    way: &Way<'_>,
    stem: &str,
    delivery: Option<&DeliveryId>,
    trust: &dyn Fn() -> Trust<'t>,
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
            Ok(there) => match look(&there, stem, delivery, &trust()).await {
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
    delivery: Option<&DeliveryId>,
    trust: &Trust<'_>,
) -> Result<Look, Fault> {
    let names: Vec<String> = client
        .list(RECEIPTS)
        .await?
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    let is_meant = |paper: Paper| {
        let same = delivery.is_none_or(|delivery| paper.delivery == Some(*delivery));
        same && paper.verdict.is_some() && paper.verdict.as_deref() != Some(WAITING)
    };
    // That of a delivery which is turned away beside an accepted one of its name has a longer one.
    let usual = format!("{stem}.json");
    let beside = delivery.map(|delivery| format!("{stem}.{}.json", delivery.short()));
    for name in names
        .iter()
        .filter(|name| **name == usual || Some(*name) == beside.as_ref())
    {
        let receipt = name.trim_end_matches(".json");
        let [page, signature] = [format!("{receipt}.txt"), format!("{receipt}.json.sig")];
        if !names.contains(&page) || !names.contains(&signature) {
            continue;
        }
        let path = |file: &str| format!("{RECEIPTS}/{file}");
        let json = client.small(&path(name), LARGEST_PAPER).await?;
        let Some(json) = json.filter(|raw| Paper::parse(raw).is_some_and(is_meant)) else {
            continue;
        };
        let sig = client.small(&path(&signature), sshsig::LARGEST).await?;
        let paper = match Paper::read(&json, sig.as_deref().unwrap_or_default(), trust) {
            Ok(paper) => paper,
            Err(code) => return Ok(Look::Unproven(code)),
        };
        // The page itself is not signed: the document that is tells its digest.
        let text = client.small(&path(&page), LARGEST_PAPER).await?;
        let Some(text) = text.filter(|text| paper.text_sha256 == Some(Sha256Digest::of(text)))
        else {
            return Ok(Look::Unproven(Code::SignatureBad));
        };
        let words = String::from_utf8_lossy(&text).into_owned();
        let accepted = paper.verdict.as_deref() == Some(ACCEPTED);
        let mut files = vec![
            (name.clone(), json),
            (signature, sig.unwrap_or_default()),
            (page, text),
        ];
        let rows = paper
            .rows(receipt)
            .filter(|rows| names.contains(&rows.name));
        if let Some(rows) = &rows
            && let Some(bytes) = client.small(&path(&rows.name), LARGEST_ROWS).await?
        {
            if Sha256Digest::of(&bytes) != rows.digest {
                return Ok(Look::Unproven(Code::ChecksumMismatch));
            }
            files.push((rows.name.clone(), bytes));
        }
        return Ok(Look::Proven(Box::new(Proven {
            accepted,
            text: words,
            rows_file: rows.map(|rows| rows.name),
            files,
        })));
    }
    Ok(Look::Nothing)
}
