//! Every key of the exchange in one list: what trust reads, and what only the SFTP server can.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use crate::agreement::PartyId;
use crate::config::Config;
use crate::layout::Layout;
use crate::sftp::{LoginKey, Recorder};
use crate::trust::inventory::Inventory;
use crate::trust::life::{Key, Purpose, State};

use super::settings;

/// Every key file that the configuration names; keys sorted by owner (the service first), purpose, file and line.
pub fn keys(config: &Config) -> Inventory {
    let mut found = Inventory::read(config);
    let layout = Layout::new(&config.data_dir);
    let settings = settings(config, &layout, None, Recorder::default());
    for ((party, files), read) in config.parties.iter().zip(settings.logins()) {
        let told = |line: LoginKey| login(party, &files.authorized_keys, &line);
        found.add(read.map(|lines| lines.into_iter().map(told).collect::<Vec<_>>()));
    }
    if let Some(list) = &config.keys.revoked_keys {
        found.mark_revoked(list);
    }
    found.add(settings.host_certificates().map(|all| {
        all.into_iter().map(|one| Key {
            from: one.from,
            until: one.until,
            ..Key::ssh(&one.key, Purpose::HostCertificate, one.file)
        })
    }));
    let place = |key: &Key| {
        let (owner, file) = (key.owner.clone(), key.file.clone());
        (owner, key.purpose, file, key.line)
    };
    found.keys.sort_by_key(place);
    found
}

fn login(party: &PartyId, file: &Path, line: &LoginKey) -> Key {
    let purpose = match line.is_authority {
        true => Purpose::CertifyLogins,
        false => Purpose::LogIn,
    };
    Key {
        owner: Some(party.clone()),
        until: line.until,
        line: Some(line.line),
        ..Key::ssh(&line.key, purpose, file.to_path_buf())
    }
}

/// Keys that end within `notice` days after `now` with nothing in their place, and what to do.
pub fn ending(keys: &[Key], now: Timestamp, notice: u16) -> Vec<String> {
    let tell = |key: &Key| {
        let when = match key.ends_unheeded(now, notice)? {
            0 => "within a day".to_owned(),
            1 => "in 1 day".to_owned(),
            days => format!("in {days} days"),
        };
        Some(format!("{} ends {when}; {}", described(key), remedy(key)))
    };
    keys.iter().filter_map(tell).collect()
}

/// What nobody can do any more at `now`, because every key for it has ended or is revoked. Old keys beside a good one are
/// no trouble; that nobody can log in the SFTP server tells itself.
pub fn lost(keys: &[Key], now: Timestamp) -> Vec<String> {
    let mut groups: BTreeMap<_, Vec<&Key>> = BTreeMap::new();
    for key in keys {
        let purpose = match key.purpose {
            Purpose::LogIn | Purpose::CertifyLogins | Purpose::OpenArchive => continue,
            Purpose::CertifySigners => Purpose::SignDeliveries,
            purpose => purpose,
        };
        groups.entry((&key.owner, purpose)).or_default().push(key);
    }
    let nobody = |group: &Vec<&Key>| !group.iter().any(|key| key.counts(now));
    let tell = |group: Vec<&Key>| {
        let last = group.into_iter().next_back()?;
        let state = match last.state(now, 0) {
            State::NotYet => "is not valid yet",
            State::Revoked => "is revoked",
            _ => "has ended",
        };
        let word = last.purpose.word();
        Some(format!(
            "{} {state}, and there is no other to {word}; {}",
            described(last),
            remedy(last)
        ))
    };
    groups
        .into_values()
        .filter(nobody)
        .filter_map(tell)
        .collect()
}

fn described(key: &Key) -> String {
    let owner = key.owner.as_ref().map_or("padan", PartyId::as_str);
    let line = key.line.map_or(String::new(), |line| format!(":{line}"));
    format!(
        "{owner}: {} key {} ({}{line})",
        key.purpose.word(),
        key.fingerprint,
        key.file.display()
    )
}

fn remedy(key: &Key) -> &'static str {
    match key.purpose {
        Purpose::Host => "run `padan keys rotate host`",
        Purpose::HostCertificate => "have a new certificate signed",
        Purpose::SignAnswers => "run `padan keys rotate signing`",
        Purpose::OpenDeliveries | Purpose::OpenArchive => "run `padan keys rotate age`",
        Purpose::Store => "run `padan keys rotate store`",
        Purpose::LogIn
        | Purpose::CertifyLogins
        | Purpose::SignDeliveries
        | Purpose::CertifySigners
        | Purpose::OpenAnswers => "ask the party for a new one and add its line",
    }
}
