//! Who gets a place: connections in total and from one address, of these the ones that have not logged in, and
//! addresses that are shut out.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::sftp::ssh::bans::Banned;
use crate::sftp::{Limits, Startups};

/// An address as it is counted: IPv4 as it is, IPv6 by its network of 64 bits, since whoever has one of these addresses
/// has all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Origin(IpAddr);

impl Origin {
    /// Where a client belongs.
    pub(crate) fn of(peer: IpAddr) -> Self {
        Self(match peer.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        })
    }
}

/// Why a connection gets no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum NoPlace {
    /// Its address is shut out.
    Banned,
    /// As many connections as there may be.
    Full,
    /// As many connections from its address as there may be.
    FullForAddress,
    /// Too many connections that have not logged in; this one was hit by chance, or there is no place for any.
    Startups,
    /// As many connections from its address that have not logged in as there may be.
    StartupsForAddress,
}

impl NoPlace {
    /// For the log and for events.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Banned => "banned",
            Self::Full => "connections",
            Self::FullForAddress => "connections_per_address",
            Self::Startups => "max_startups",
            Self::StartupsForAddress => "max_startups_per_address",
        }
    }

    /// What the client is told.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::Banned => {
                "Too many logins from your address have failed, so it is shut out for a while. \
                 Check the user name and the key, then try again later."
            }
            Self::FullForAddress => {
                "Too many connections from your address. Close some, then try again."
            }
            Self::StartupsForAddress => {
                "Too many logins from your address at the same time. Try again in a minute."
            }
            Self::Full | Self::Startups => "The server is busy. Try again in a minute.",
        }
    }
}

/// Gives places. Clones give the same ones.
#[derive(Clone)]
pub(crate) struct Admission {
    book: Arc<Mutex<Book>>,
}

struct Book {
    connections: usize,
    connections_per_address: usize,
    startups: Startups,
    startups_per_address: usize,
    taken: Taken,
    by_origin: HashMap<Origin, Taken>,
    banned: Banned,
}

/// Places in use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Taken {
    all: usize,
    /// Of these, by connections that have not logged in.
    startups: usize,
}

/// A place for one connection, given back on drop.
pub(crate) struct Place {
    book: Arc<Mutex<Book>>,
    peer: IpAddr,
    logged_in: bool,
}

impl Admission {
    /// All places are free.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            book: Arc::new(Mutex::new(Book {
                connections: limits.connections,
                connections_per_address: limits.connections_per_address,
                startups: limits.startups,
                startups_per_address: limits.startups_per_address,
                taken: Taken::default(),
                by_origin: HashMap::new(),
                banned: Banned::new(&limits.bans),
            })),
        }
    }

    /// A place for a client, or why it gets none. `dice` is a random number from 0 to 99.
    pub(crate) fn admit(&self, peer: IpAddr, dice: u8, now: Instant) -> Result<Place, NoPlace> {
        let mut book = lock(&self.book);
        book.room(peer, dice, now)?;
        let there = book.by_origin.entry(Origin::of(peer)).or_default();
        there.all += 1;
        there.startups += 1;
        book.taken.all += 1;
        book.taken.startups += 1;
        drop(book);
        Ok(Place {
            book: Arc::clone(&self.book),
            peer,
            logged_in: false,
        })
    }
}

impl Book {
    fn room(&self, peer: IpAddr, dice: u8, now: Instant) -> Result<(), NoPlace> {
        if self.banned.contains(peer, now) {
            return Err(NoPlace::Banned);
        }
        let there = self.by_origin.get(&Origin::of(peer));
        let there = there.copied().unwrap_or_default();
        // First its own, so that a flood from one address is told so and never rolls the dice.
        if there.all >= self.connections_per_address {
            return Err(NoPlace::FullForAddress);
        }
        if there.startups >= self.startups_per_address {
            return Err(NoPlace::StartupsForAddress);
        }
        if self.taken.all >= self.connections {
            return Err(NoPlace::Full);
        }
        if usize::from(dice) < chance(self.startups, self.taken.startups) {
            return Err(NoPlace::Startups);
        }
        Ok(())
    }

    fn leave(&mut self, peer: IpAddr, change: impl Fn(&mut Taken)) {
        change(&mut self.taken);
        let origin = Origin::of(peer);
        if let Some(there) = self.by_origin.get_mut(&origin) {
            change(there);
            if *there == Taken::default() {
                self.by_origin.remove(&origin);
            }
        }
    }
}

/// The chance in percent that one more is refused while `taken` have not logged in, as `MaxStartups` in sshd_config(5).
fn chance(startups: Startups, taken: usize) -> usize {
    let Startups { start, rate, full } = startups;
    if taken >= full {
        100
    } else if taken < start {
        0
    } else {
        let rate = usize::from(rate.min(100));
        rate + (100 - rate) * (taken - start) / (full - start)
    }
}

impl Place {
    /// The client has logged in.
    pub(crate) fn logged_in(&mut self) {
        if !self.logged_in {
            self.logged_in = true;
            lock(&self.book).leave(self.peer, |taken| taken.startups -= 1);
        }
    }

    /// The connection ends without a login, and that was the client's doing. How long its address is shut out, if this
    /// was once too often.
    pub(crate) fn failed(&self, now: Instant) -> Option<Duration> {
        lock(&self.book).banned.failed(self.peer, now)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let startups = usize::from(!self.logged_in);
        lock(&self.book).leave(self.peer, |taken| {
            taken.all -= 1;
            taken.startups -= startups;
        });
    }
}

/// Every change is complete before the lock is given back, whatever happened to its holder.
fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{Admission, NoPlace, Origin, Place, chance, lock};
    use crate::sftp::{Limits, Startups};

    const STARTUPS: Startups = Startups {
        start: 4,
        rate: 30,
        full: 11,
    };

    /// A dice that refuses whatever can be refused by chance, and one that never does.
    const BAD_LUCK: u8 = 0;
    const LUCK: u8 = 99;

    fn limits() -> Limits {
        Limits {
            connections: 12,
            connections_per_address: 6,
            startups: STARTUPS,
            startups_per_address: 3,
            ..Limits::default()
        }
    }

    fn admit(admission: &Admission, peer: &str, dice: u8) -> Result<Place, NoPlace> {
        admission.admit(peer.parse().unwrap(), dice, Instant::now())
    }

    #[test]
    fn chance_rises_as_in_sshd() {
        let cases = [
            (0, 0),
            (3, 0),
            (4, 30),
            (5, 40),
            (7, 60),
            (10, 90),
            (11, 100),
            (99, 100),
        ];
        for (taken, percent) in cases {
            assert_eq!(chance(STARTUPS, taken), percent, "{taken}");
        }
        let at_once = Startups {
            start: 4,
            rate: 30,
            full: 4,
        };
        assert_eq!([chance(at_once, 3), chance(at_once, 4)], [0, 100]);
    }

    #[test]
    fn one_address_alone_takes_nobody_elses_place() {
        let admission = Admission::new(&limits());
        let mut flood = Vec::new();
        for _ in 0..100 {
            match admit(&admission, "192.0.2.1", BAD_LUCK) {
                Ok(place) => flood.push(place),
                Err(why) => assert_eq!(why, NoPlace::StartupsForAddress),
            }
        }
        assert_eq!(flood.len(), 3);
        let mut other = admit(&admission, "192.0.2.2", BAD_LUCK).ok().unwrap();
        // Four have not logged in: from now on it is a matter of luck.
        let unlucky = admit(&admission, "192.0.2.3", BAD_LUCK).err();
        assert_eq!(unlucky, Some(NoPlace::Startups));
        other.logged_in();
        assert!(admit(&admission, "192.0.2.3", BAD_LUCK).is_ok());
    }

    #[test]
    fn places_are_counted_by_address_and_in_all_and_come_back() {
        let admission = Admission::new(&limits());
        let log_in = |peer: &str| {
            let mut place = admit(&admission, peer, LUCK)?;
            place.logged_in();
            place.logged_in();
            Ok(place)
        };
        let one: Vec<_> = (0..6).map(|_| log_in("192.0.2.1").ok().unwrap()).collect();
        assert_eq!(log_in("192.0.2.1").err(), Some(NoPlace::FullForAddress));
        // The same client through an IPv6 socket.
        let mapped = log_in("::ffff:192.0.2.1").err();
        assert_eq!(mapped, Some(NoPlace::FullForAddress));
        let two: Vec<_> = (0..6)
            .map(|_| log_in("2001:db8::1").ok().unwrap())
            .collect();
        assert_eq!(log_in("192.0.2.3").err(), Some(NoPlace::Full));
        drop(one);
        // Another address of the same network is the same; another network is not.
        let same = log_in("2001:db8::ffff:1").err();
        assert_eq!(same, Some(NoPlace::FullForAddress));
        assert!(log_in("2001:db8:0:1::1").is_ok());
        drop(two);
        let book = lock(&admission.book);
        assert_eq!((book.taken, book.by_origin.len()), (Default::default(), 0));
    }

    #[test]
    fn a_place_comes_back_from_a_panic() {
        let admission = Admission::new(&limits());
        let clone = admission.clone();
        let ended = std::thread::spawn(move || {
            let _place = admit(&clone, "192.0.2.1", LUCK);
            panic!("a mistake");
        });
        assert!(ended.join().is_err());
        assert_eq!(lock(&admission.book).taken, Default::default());
    }

    #[test]
    fn whoever_is_shut_out_gets_no_place_and_others_do() {
        let admission = Admission::new(&limits());
        let peer = "192.0.2.1".parse().unwrap();
        let now = Instant::now();
        let bans = limits().bans;
        for failure in 1..=bans.failures {
            let place = admission.admit(peer, LUCK, now).ok().unwrap();
            let shut_out = place.failed(now);
            assert_eq!(shut_out.is_some(), failure == bans.failures, "{failure}");
        }
        assert_eq!(
            admission.admit(peer, LUCK, now).err(),
            Some(NoPlace::Banned)
        );
        assert!(admit(&admission, "192.0.2.2", LUCK).is_ok());
        let later = now + bans.duration;
        assert!(admission.admit(peer, LUCK, later).is_ok());
    }

    #[test]
    fn origins_are_single_ipv4_addresses_and_ipv6_networks() {
        let of = |text: &str| Origin::of(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:0:0:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
    }
}
