//! What parties are told of keys: which new ones of ours take whose place, and which of theirs end soon. Once each.

use crate::agreement::PartyId;
use crate::fault::Fault;
use crate::ledger::KeyNotice;
use crate::trust::life::{Key, NOTICE_DAYS};
use crate::trust::rotation::Rotation;

use super::Context;
use super::respond::key_notices::{ends_soon, rotation};
use super::respond::notices::{announce, publish, withdraw};

/// So many days before the end of its key a party is told, and told again.
const THRESHOLDS: [u16; 3] = [1, 7, NOTICE_DAYS];
/// The topic of the notice about keys that end.
pub const ENDING: &str = "kunci-berakhir";

/// Tells every party what it has not been told yet, and takes back what is over.
pub fn tell(cx: &Context) -> Result<(), Fault> {
    let told = cx.ledger.key_notices()?;
    for party in &cx.config.agreement.parties {
        let own: Vec<&KeyNotice> = told.iter().filter(|one| one.party == party.id).collect();
        tell_rotations(cx, &party.id, &own)?;
        tell_ends(cx, &party.id, &own)?;
    }
    Ok(())
}

/// The topic of the notice about a new key of ours.
pub fn topic(role: &str) -> String {
    format!("kunci-{role}")
}

fn tell_rotations(cx: &Context, party: &PartyId, told: &[&KeyNotice]) -> Result<(), Fault> {
    let rotations = Rotation::all(cx.keys);
    let wanted = |one: &Rotation| KeyNotice {
        party: party.clone(),
        key: one.mark().to_owned(),
        told: format!("rotation {}", one.role),
    };
    for over in told {
        if let Some(role) = over.told.strip_prefix("rotation ")
            && !rotations.iter().any(|one| wanted(one) == **over)
        {
            withdraw(cx, party, &topic(role), None)?;
            cx.ledger.key_notice_over(over)?;
        }
    }
    for one in &rotations {
        let wanted = wanted(one);
        if !told.iter().any(|known| **known == wanted) {
            announce(cx, &rotation(cx, party, one))?;
            cx.ledger.key_told(&wanted, (cx.clock)())?;
        }
    }
    Ok(())
}

fn tell_ends(cx: &Context, party: &PartyId, told: &[&KeyNotice]) -> Result<(), Fault> {
    let now = (cx.clock)();
    let ending: Vec<(&Key, i64)> = cx
        .keys
        .iter()
        .filter(|key| key.owner.as_ref() == Some(party))
        .filter_map(|key| Some((key, key.ends_unheeded(now, NOTICE_DAYS)?)))
        .collect();
    let wanted: Vec<KeyNotice> = ending
        .iter()
        .filter_map(|(key, days)| {
            let until = key.until?;
            let threshold = THRESHOLDS.iter().find(|most| *days <= i64::from(**most))?;
            Some(KeyNotice {
                party: party.clone(),
                key: key.fingerprint.clone(),
                told: format!("ends {until} {threshold}"),
            })
        })
        .collect();
    let is_end = |one: &&&KeyNotice| one.told.starts_with("ends ");
    if wanted.is_empty() {
        if told.iter().any(|one| is_end(&one)) {
            withdraw(cx, party, ENDING, None)?;
        }
        for over in told.iter().filter(is_end) {
            cx.ledger.key_notice_over(over)?;
        }
        return Ok(());
    }
    if wanted.iter().all(|one| told.contains(&one)) {
        return Ok(());
    }
    let notice = ends_soon(cx, party, &ending);
    publish(cx, &notice)?;
    withdraw(cx, party, ENDING, Some(&notice.name))?;
    for one in &wanted {
        cx.ledger.key_told(one, now)?;
    }
    Ok(())
}
