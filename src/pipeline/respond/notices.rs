//! Notices appear among a party's receipts, signed as those are, and go when they are answered. The ledger keeps a record
//! of both.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::agreement::PartyId;
use crate::delivery::notice::{self, FORMAT, Notice, Words};
use crate::digest::Sha256Digest;
use crate::fault::Fault;
use crate::files;
use crate::ledger::ServiceEvent;
use crate::rejection::Code;
use crate::trust::sshsig::SigningKey;

use super::super::Context;
use super::papers::{in_zone, signed};

/// The endings of a notice's files.
const ENDINGS: [&str; 3] = [".txt", ".json.sig", ".json"];

/// A notice of now, without words and details yet.
pub fn blank(cx: &Context, party: &PartyId, code: Code, topic: &str) -> Notice {
    let now = (cx.clock)();
    Notice {
        format: FORMAT,
        code,
        name: notice::name(day(cx, now), topic),
        party: party.clone(),
        issued: in_zone(cx, now),
        agreement: cx.config.agreement.digest,
        pesan: Words::default(),
        message: Words::default(),
        details: BTreeMap::new(),
        text_sha256: None,
    }
}

/// Puts a notice into its party's receipts and notes it in the ledger. One of the same day and topic is replaced; earlier
/// ones about the topic stay until [`withdraw`].
pub fn publish(cx: &Context, notice: &Notice) -> Result<(), Fault> {
    publish_signed(cx, notice, &cx.keyring.service.signing)
}

/// The same for what announces a new key, with a signature that its party can verify already.
pub fn announce(cx: &Context, notice: &Notice) -> Result<(), Fault> {
    publish_signed(cx, notice, cx.keyring.service.announcing())
}

fn publish_signed(cx: &Context, notice: &Notice, key: &SigningKey) -> Result<(), Fault> {
    let text = notice.text();
    let notice = Notice {
        text_sha256: Some(Sha256Digest::of(text.as_bytes())),
        ..notice.clone()
    };
    let json = notice
        .json()
        .map_err(|e| Fault::Inconsistent(format!("a notice does not become JSON: {e}")))?;
    let sha256 = Sha256Digest::of(json.as_bytes());
    let folder = cx.layout.receipts(&notice.party);
    for (ending, bytes) in signed(cx, key, json, text)? {
        files::write_whole(&folder.join(format!("{}{ending}", notice.name)), &bytes)?;
    }
    cx.ledger.note(&ServiceEvent {
        party: Some(notice.party.clone()),
        code: Some(notice.code),
        name: Some(notice.name.clone()),
        sha256: Some(sha256),
        ..ServiceEvent::new((cx.clock)(), "notice")
    })
}

/// Removes the notices about a topic that lie in a party's receipts, but for the one named `but`.
pub fn withdraw(
    cx: &Context,
    party: &PartyId,
    topic: &str,
    but: Option<&str>,
) -> Result<(), Fault> {
    let mut gone = BTreeSet::new();
    // The page for people goes first, as it came last.
    for (file, path) in files::list(&cx.layout.receipts(party))?.iter().rev() {
        let name = ENDINGS.iter().find_map(|ending| file.strip_suffix(ending));
        let Some(name) = name.filter(|name| but != Some(*name)) else {
            continue;
        };
        if notice::parse_name(name).is_some_and(|(_, about)| about == topic) {
            files::remove_file(path)?;
            gone.insert(name.to_owned());
        }
    }
    for name in gone {
        cx.ledger.note(&ServiceEvent {
            party: Some(party.clone()),
            name: Some(name),
            ..ServiceEvent::new((cx.clock)(), "notice_withdrawn")
        })?;
    }
    Ok(())
}

/// The day of an instant in the service's time zone.
pub fn day(cx: &Context, at: Timestamp) -> Date {
    at.to_zoned(cx.config.time_zone.clone()).date()
}
