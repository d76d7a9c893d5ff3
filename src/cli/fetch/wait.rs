//! `--wait-for`: until the receipt of a delivery is there, for scripts that upload with another program.

use std::path::Path;
use std::time::Duration;

use crate::cli::Failure;
use crate::delivery::DeliveryId;
use crate::party::open::read_small;
use crate::party::receipt::wait_for;
use crate::party::server::Way;
use crate::serve::runtime;

use super::super::keys_of_party::Believed;

/// Largest manifest, in bytes (design §2).
const LARGEST_MANIFEST: usize = 8 << 10;
/// What is written behind a delivery's name, of which a person or a script may give any.
const ENDINGS: [&str; 4] = [".sha256.sig", ".sha256", ".json", ".txt"];

/// Waits for the receipt of the delivery `named`: by its name, or exactly that one by its manifest. Returns whether it was
/// accepted.
///
/// # Errors
/// [`Failure::Fault`] when it is not there in time, or is not the service's.
pub fn verdict(
    named: &Path,
    way: &Way<'_>,
    believed: &Believed,
    patience: Duration,
) -> Result<bool, Failure> {
    let manifest = named.extension().is_some_and(|ending| ending == "sha256");
    let delivery = match manifest && named.exists() {
        true => Some(DeliveryId::of_manifest(&read_small(
            named,
            LARGEST_MANIFEST,
        )?)),
        false => None,
    };
    let name = named.file_name().unwrap_or_default().to_string_lossy();
    let stem = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending));
    let stem = stem.unwrap_or(&name);
    let trust = || believed.trust();
    let waited = wait_for(way, stem, delivery.as_ref(), &trust, patience);
    match runtime()?.block_on(waited)? {
        Some(proven) => Ok(proven.accepted),
        None => Err(Failure::Fault(format!(
            "belum ada tanda terima {stem} setelah {0} detik\nthere is no receipt of {stem} after {0} seconds; \
             STATUS.txt on the server tells where it stands",
            patience.as_secs()
        ))),
    }
}
