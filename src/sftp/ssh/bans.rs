//! Addresses that are shut out for a while, because connections from them ended without a login too often.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::sftp::Bans;
use crate::sftp::login::addresses::AddressList;
use crate::sftp::ssh::admission::Origin;

/// Addresses that are remembered at a time: a megabyte or so. In a flood from more, the oldest are forgotten.
const MOST: usize = 10_000;

/// Whose logins failed, and who is shut out for it.
pub(crate) struct Banned {
    failures: u32,
    within: Duration,
    duration: Duration,
    never: AddressList,
    records: HashMap<Origin, Record>,
}

#[derive(Debug, Clone, Copy)]
struct Record {
    /// The first failure; when shut out, the moment of that.
    since: Instant,
    failures: u32,
    shut_out: bool,
}

impl Banned {
    /// Nobody is shut out.
    pub(crate) fn new(bans: &Bans) -> Self {
        Self {
            failures: bans.failures,
            within: bans.within,
            duration: bans.duration,
            never: AddressList::of(&bans.never),
            records: HashMap::new(),
        }
    }

    /// Whether a client is shut out now. Being asked changes nothing, so nothing that a client does makes it longer.
    pub(crate) fn contains(&self, peer: IpAddr, now: Instant) -> bool {
        let record = self.records.get(&Origin::of(peer));
        record.is_some_and(|record| record.shut_out && !self.is_over(record, now))
            && !self.never.admits(peer)
    }

    /// A connection has ended without a login. For how long its address is shut out, if it is from now on.
    ///
    /// A connection that was there before the ban and fails during it counts for nothing.
    pub(crate) fn failed(&mut self, peer: IpAddr, now: Instant) -> Option<Duration> {
        if self.never.admits(peer) {
            return None;
        }
        let origin = Origin::of(peer);
        let mut record = match self.records.get(&origin) {
            Some(record) if !self.is_over(record, now) => *record,
            Some(_) => Record::new(now),
            None => {
                self.make_room(now);
                Record::new(now)
            }
        };
        if record.shut_out {
            return None;
        }
        record.failures += 1;
        if record.failures >= self.failures {
            record.shut_out = true;
            record.since = now;
        }
        self.records.insert(origin, record);
        record.shut_out.then_some(self.duration)
    }

    fn is_over(&self, record: &Record, now: Instant) -> bool {
        let lasts = if record.shut_out {
            self.duration
        } else {
            self.within
        };
        now.saturating_duration_since(record.since) >= lasts
    }

    /// Forgets what is over, and if that is not enough the oldest tenth: at once, so that a flood pays for it seldom.
    fn make_room(&mut self, now: Instant) {
        if self.records.len() < MOST {
            return;
        }
        let mut records = std::mem::take(&mut self.records);
        records.retain(|_, record| !self.is_over(record, now));
        if records.len() >= MOST {
            let mut times: Vec<Instant> = records.values().map(|record| record.since).collect();
            let (_, tenth, _) = times.select_nth_unstable(MOST / 10);
            records.retain(|_, record| record.since > *tenth);
        }
        self.records = records;
    }
}

impl Record {
    fn new(now: Instant) -> Self {
        Self {
            since: now,
            failures: 0,
            shut_out: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::{Duration, Instant};

    use super::{Banned, MOST};
    use crate::sftp::Bans;
    use crate::sftp::ssh::admission::Origin;

    const SECOND: Duration = Duration::from_secs(1);

    fn banned() -> Banned {
        Banned::new(&Bans {
            failures: 3,
            within: 10 * SECOND,
            duration: 60 * SECOND,
            never: vec![("198.51.100.0".parse().unwrap(), 24)],
        })
    }

    fn peer(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn three_failures_in_time_shut_an_address_out_for_a_while() {
        let (mut banned, start) = (banned(), Instant::now());
        let (bad, other) = (peer("192.0.2.1"), peer("192.0.2.2"));
        assert_eq!(banned.failed(bad, start), None);
        assert_eq!(banned.failed(bad, start + 5 * SECOND), None);
        assert!(!banned.contains(bad, start + 5 * SECOND));
        let third = start + 9 * SECOND;
        assert_eq!(banned.failed(bad, third), Some(60 * SECOND));
        assert!(banned.contains(bad, third) && !banned.contains(other, third));
        assert!(banned.contains(bad, third + 59 * SECOND));
        assert!(!banned.contains(bad, third + 60 * SECOND));
        // It begins anew afterwards.
        assert_eq!(banned.failed(bad, third + 60 * SECOND), None);
    }

    #[test]
    fn nothing_that_happens_meanwhile_makes_it_longer() {
        let (mut banned, start) = (banned(), Instant::now());
        let bad = peer("192.0.2.1");
        for _ in 0..3 {
            banned.failed(bad, start);
        }
        for second in 1..60 {
            assert!(banned.contains(bad, start + second * SECOND));
            assert_eq!(banned.failed(bad, start + second * SECOND), None);
        }
        assert!(!banned.contains(bad, start + 60 * SECOND));
    }

    #[test]
    fn failures_that_are_far_apart_do_not_add_up() {
        let (mut banned, start) = (banned(), Instant::now());
        for minute in 0..100 {
            let now = start + minute * 11 * SECOND;
            assert_eq!(banned.failed(peer("192.0.2.1"), now), None);
        }
    }

    #[test]
    fn addresses_on_the_list_are_never_shut_out() {
        let (mut banned, now) = (banned(), Instant::now());
        let ours = peer("198.51.100.77");
        for _ in 0..100 {
            assert_eq!(banned.failed(ours, now), None);
        }
        assert!(!banned.contains(ours, now));
    }

    #[test]
    fn a_flood_of_addresses_takes_no_more_memory_and_forgets_the_oldest() {
        let (mut banned, start) = (banned(), Instant::now());
        let first = peer("192.0.2.1");
        for _ in 0..3 {
            banned.failed(first, start);
        }
        let address = |n: u32| IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n));
        for n in 0..3 * MOST as u32 {
            banned.failed(address(n), start + Duration::from_micros(100) * n);
            assert!(banned.records.len() <= MOST);
        }
        let known = banned.records.keys();
        let newest = (2 * MOST as u32 + 1000..3 * MOST as u32).map(|n| Origin::of(address(n)));
        assert!(known.len() > MOST / 2);
        assert!(
            newest
                .into_iter()
                .all(|origin| banned.records.contains_key(&origin))
        );
        assert!(!banned.contains(first, start + SECOND));
        // What is over makes room first.
        for n in 0..MOST as u32 {
            banned.failed(address((1 << 20) + n), start + 3600 * SECOND);
        }
        assert_eq!(banned.records.len(), MOST);
    }
}
