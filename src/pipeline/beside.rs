//! Where files stand, seen by a process that moves none: an operator's command, or one client's own server.

use jiff::Timestamp;

use crate::agreement::PartyId;
use crate::config::Config;
use crate::fault::Fault;
use crate::layout::Layout;
use crate::ledger::Ledger;

use super::board::{Inbox, Standing};
use super::looked::Looked;
use super::recorded::recorded;
use super::scan::glance;

/// Looks at one party's inbox without reading a data file or taking a lock. A manifest that has all its files, and still
/// is known as incomplete, has another file than it says.
pub fn seen_beside(
    config: &Config,
    ledger: &dyn Ledger,
    party: &PartyId,
    now: Timestamp,
) -> Result<Inbox, Fault> {
    let layout = Layout::new(&config.data_dir);
    let incomplete = ledger.incomplete()?;
    let mut inbox = glance(&layout, &Looked::default(), now, party, false)?;
    for (place, seen) in &mut inbox {
        let place = recorded(config, place);
        let known = || {
            let mut known = incomplete.iter();
            known.any(|one| one.party == *party && one.place == place)
        };
        if seen.standing == Standing::Queued && known() {
            seen.standing = Standing::Mismatch;
        }
    }
    Ok(inbox)
}
