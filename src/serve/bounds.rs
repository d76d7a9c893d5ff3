//! The bounds of the SFTP server: what the configuration says, else the server's own defaults.

use crate::config::Door;
use crate::sftp::{Bans, Limits, Quota, Startups};

/// The bounds for a configuration.
pub(super) fn limits(said: &Door) -> Limits {
    let usual = Limits::default();
    let startups = said.max_startups.map(|said| Startups {
        start: said.start,
        rate: said.rate,
        full: said.full,
    });
    Limits {
        connections: said.connections.unwrap_or(usual.connections),
        connections_per_address: said
            .connections_per_address
            .unwrap_or(usual.connections_per_address),
        startups: startups.unwrap_or(usual.startups),
        // One address alone must not make the dice roll for all others.
        startups_per_address: said.max_startups_per_address.unwrap_or_else(|| {
            let start = startups.unwrap_or(usual.startups).start;
            usual.startups_per_address.min(start - 1).max(1)
        }),
        login_grace: said.login_grace.unwrap_or(usual.login_grace),
        login_attempts: said.login_attempts.unwrap_or(usual.login_attempts),
        bans: Bans {
            failures: said.ban_failures.unwrap_or(usual.bans.failures),
            within: said.ban_within.unwrap_or(usual.bans.within),
            duration: said.ban_duration.unwrap_or(usual.bans.duration),
            never: said.ban_never.clone().unwrap_or(usual.bans.never),
        },
        idle: said.idle.unwrap_or(usual.idle),
        channels: said.channels.unwrap_or(usual.channels),
        requests_per_second: said
            .requests_per_second
            .unwrap_or(usual.requests_per_second),
        open_handles: said.open_handles.unwrap_or(usual.open_handles),
        open_handles_per_party: said
            .open_handles_per_party
            .unwrap_or(usual.open_handles_per_party),
        pending_output: said.pending_output.unwrap_or(usual.pending_output),
        waiting_input: said.waiting_input.unwrap_or(usual.waiting_input),
        waiting_input_per_party: said
            .waiting_input_per_party
            .unwrap_or(usual.waiting_input_per_party),
        rekey_bytes: said.rekey.unwrap_or(usual.rekey_bytes),
        strict_algorithms: said.strict_algorithms.unwrap_or(usual.strict_algorithms),
        name_bytes: said.name_bytes.unwrap_or(usual.name_bytes),
        depth: said.depth.unwrap_or(usual.depth),
        quota: Quota {
            bytes: said.quota_bytes.unwrap_or(usual.quota.bytes),
            files: said.quota_files.unwrap_or(usual.quota.files),
        },
        fsync: said.fsync.unwrap_or(usual.fsync),
        hash_uploads: said.hash_uploads.unwrap_or(usual.hash_uploads),
        refusal_time: usual.refusal_time,
        window: usual.window,
        stop_grace: usual.stop_grace,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use jiff::civil::date;

    use super::limits;
    use crate::config::{Config, Door, USUAL_STARTUPS};
    use crate::sftp::Limits;

    #[test]
    fn the_example_file_says_every_default() {
        let folder = tempfile::tempdir().unwrap();
        let text = fs::read_to_string("config/padan.yaml").unwrap();
        fs::copy(
            "config/agreement.yaml",
            folder.path().join("agreement.yaml"),
        )
        .unwrap();
        let load = |text: &str| {
            let path = folder.path().join("padan.yaml");
            fs::write(&path, text).unwrap();
            Config::load(&path, date(2026, 11, 22)).unwrap().sftp
        };
        let said = load(&text);
        assert_eq!(limits(&said), Limits::default());
        assert!(!format!("{said:?}").contains("None"), "{said:?}");
        // Without the section it is the same; another number is taken.
        assert_eq!(limits(&Door::default()), Limits::default());
        assert_eq!(Limits::default().startups.start, USUAL_STARTUPS);
        let edited = text.replace("login_grace: 30s", "login_grace: 31s");
        assert_ne!(limits(&load(&edited)), Limits::default());
    }

    #[test]
    fn one_address_alone_never_has_others_refused() {
        for (start, most) in [(100, 32), (20, 19), (1, 1)] {
            let said = Door {
                max_startups: format!("{start}:30:200").parse().ok(),
                ..Door::default()
            };
            assert_eq!(limits(&said).startups_per_address, most);
        }
    }
}
