//! Somebody with a shell on the server swaps folders for links while clients walk them. The jail opens one name at a
//! time and follows none, so there is no moment between looking and using.
//!
//! `PADAN_RACE_SECONDS=600 cargo test --test hostile races` goes on for ten minutes.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{RenameFlags, renameat_with};
use tokio::runtime::{Builder, Runtime};

use crate::bystander::Bystander;
use crate::common::raw::{id, packet, read, text, write};
use crate::peer::{Peer, Stage, Way};
use crate::service::Service;

/// Seconds of racing, if not told otherwise.
const SECONDS: u64 = 3;

/// What only stands outside.
const CANARY: &[u8] = b"CANARY: nobody in a jail reads this";
const INSIDE: &[u8] = b"inside";

const READ: u32 = 1;
const CREATE: u32 = 0x1a;

#[test]
fn no_race_leads_out_of_the_jail() {
    let seconds = std::env::var("PADAN_RACE_SECONDS");
    let seconds = seconds.map_or(SECONDS, |text| text.parse().unwrap());
    let mut service = Service::start();
    let outside = Outside::beside(&service);
    let inbox = service.root("bkn").join("inbox");
    lay_out(&inbox, &outside.folder);

    let bystander = Bystander::of(&service);
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let race = Race {
        service: &service,
        runtime: &runtime,
        ready: Barrier::new(2),
        over: AtomicBool::new(false),
        swaps: AtomicU64::new(0),
        reads: AtomicU64::new(0),
        changes: AtomicU64::new(0),
        refusals: AtomicU64::new(0),
    };
    thread::scope(|scope| {
        let swappers = [0, 1].map(|seed| {
            scope.spawn({
                let (race, inbox) = (&race, &inbox);
                move || race.swap(inbox, seed)
            })
        });
        let walkers = [Way::Network, Way::Network, Way::Pipes]
            .into_iter()
            .enumerate()
            .map(|(seed, way)| {
                scope.spawn({
                    let race = &race;
                    move || race.walk(way, seed as u64)
                })
            })
            .collect::<Vec<_>>();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(seconds) {
            thread::sleep(Duration::from_millis(20));
            let ended = walkers.iter().any(|walker| walker.is_finished());
            if ended || swappers.iter().any(|swapper| swapper.is_finished()) {
                break;
            }
        }
        race.over.store(true, Ordering::Release);
    });
    let count = |counter: &AtomicU64| counter.load(Ordering::Acquire);
    eprintln!(
        "{} swaps, {} reads, {} changes, {} refusals",
        count(&race.swaps),
        count(&race.reads),
        count(&race.changes),
        count(&race.refusals)
    );
    // It was a race: each had its turns.
    for counter in [&race.swaps, &race.reads, &race.changes, &race.refusals] {
        assert!(count(counter) > 20, "no race");
    }
    outside.assert_untouched();
    service.assert_alive();
    assert!(
        !service.log().contains("a mistake in padan itself"),
        "{}",
        service.log()
    );
    bystander.assert_goes_on();
    bystander.leave();
}

/// Folders and files in the inbox, each with a link beside it that leads outside and takes its place.
fn lay_out(inbox: &Path, outside: &Path) {
    for folder in ["a", "b", "a/deep"] {
        fs::create_dir_all(inbox.join(folder)).unwrap();
        fs::write(inbox.join(folder).join("f"), INSIDE).unwrap();
    }
    fs::write(inbox.join("g"), INSIDE).unwrap();
    for (link, to) in [
        ("to_folder", outside.to_owned()),
        ("to_deep", outside.join("deep")),
        ("to_file", outside.join("f")),
    ] {
        symlink(to, inbox.join(link)).unwrap();
    }
    // By a way that stays on the same disk and needs no absolute path.
    symlink("../../../outside", inbox.join("up")).unwrap();
}

struct Race<'s> {
    service: &'s Service,
    runtime: &'s Runtime,
    /// Both swappers have their handles.
    ready: Barrier,
    over: AtomicBool,
    swaps: AtomicU64,
    reads: AtomicU64,
    changes: AtomicU64,
    refusals: AtomicU64,
}

impl Race<'_> {
    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::Acquire)
    }

    /// Exchanges folders and files with links, atomically, and moves folders about.
    fn swap(&self, inbox: &Path, seed: u64) {
        let mut random = fastrand::Rng::with_seed(seed);
        // By handles: through a link it would be this one who reaches outside.
        let folder = |name: &str| File::open(inbox.join(name)).unwrap();
        let (top, a, b) = (folder(""), folder("a"), folder("b"));
        self.ready.wait();
        while self.goes_on() {
            let ((one, name), (other, other_name)) = *random
                .choice(&[
                    ((&top, "a"), (&top, "to_folder")),
                    ((&top, "a"), (&top, "up")),
                    ((&top, "b"), (&top, "to_folder")),
                    ((&top, "a"), (&top, "b")),
                    ((&top, "g"), (&top, "to_file")),
                    ((&a, "deep"), (&top, "to_deep")),
                    ((&a, "f"), (&top, "to_file")),
                    ((&a, "deep"), (&b, "deep")),
                    ((&b, "f"), (&top, "g")),
                ])
                .unwrap();
            let done = renameat_with(one, name, other, other_name, RenameFlags::EXCHANGE);
            self.swaps
                .fetch_add(u64::from(done.is_ok()), Ordering::Relaxed);
            if random.u8(..) < 32 {
                thread::yield_now();
            }
        }
    }

    /// Does everything that a client can, everywhere.
    fn walk(&self, way: Way, seed: u64) {
        let stage = Stage {
            service: self.service,
            runtime: self.runtime,
            way,
        };
        let mut random = fastrand::Rng::with_seed(100 + seed);
        let mut peer = stage.greeted("bkn");
        while self.goes_on() {
            let folder = *random
                .choice(&["a", "b", "a/deep", "b/deep", "to_folder", "up"])
                .unwrap();
            let name = *random
                .choice(&["f", "g", "only_outside", "empty", "made"])
                .unwrap();
            let path = match name {
                "g" => "inbox/g".to_owned(),
                name => format!("inbox/{folder}/{name}"),
            };
            self.act(&mut *peer, &mut random, &path, &format!("inbox/{folder}"));
        }
    }

    fn act(&self, peer: &mut dyn Peer, random: &mut fastrand::Rng, path: &str, folder: &str) {
        let (place, folder) = (text(path.as_bytes()), text(folder.as_bytes()));
        // Nothing of that name is ever made inside.
        let fresh = text(path.replace("only_outside", "made").as_bytes());
        let no_attributes = [0; 4];
        match random.u8(0..9) {
            0 | 1 => {
                if let Some(handle) = self.open(peer, &place, READ) {
                    peer.send(&read(1, &handle, 0, 100));
                    let answer = peer.packet().unwrap();
                    assert!(!contains(&answer, b"CANARY"), "{path} was read");
                    self.reads.fetch_add(1, Ordering::Relaxed);
                    self.close(peer, &handle);
                }
            }
            2 => {
                if let Some(handle) = self.open(peer, &fresh, CREATE) {
                    peer.send(&write(1, &handle, 0, INSIDE));
                    peer.packet().unwrap();
                    self.close(peer, &handle);
                    self.changes.fetch_add(1, Ordering::Relaxed);
                }
            }
            3 => {
                peer.send(&packet(11, &[&id(1), &folder]));
                let answer = peer.packet().unwrap();
                if answer[0] == 102 {
                    let handle = answer[9..].to_vec();
                    peer.send(&packet(12, &[&id(1), &text(&handle)]));
                    let names = peer.packet().unwrap();
                    assert!(!contains(&names, b"only_outside"), "{path} was listed");
                    self.close(peer, &handle);
                }
            }
            4 => {
                peer.send(&packet(17, &[&id(1), &place]));
                let answer = peer.packet().unwrap();
                let size = CANARY.len() as u64;
                assert!(
                    answer[0] != 105 || answer[9..17] != size.to_be_bytes(),
                    "{path} was looked at"
                );
            }
            5 => {
                let size = [0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 5, 0, 0, 0, 5];
                self.change(peer, &packet(9, &[&id(1), &place, &size]));
            }
            6 => self.change(peer, &packet(14, &[&id(1), &fresh, &no_attributes])),
            7 => {
                self.change(peer, &packet(15, &[&id(1), &place]));
                self.change(peer, &packet(13, &[&id(1), &place]));
            }
            _ => {
                let other = *random
                    .choice(&["inbox/g", "inbox/a/g", "inbox/b/deep/f"])
                    .unwrap();
                let other = text(other.as_bytes());
                let name = text(b"posix-rename@openssh.com");
                if random.bool() {
                    self.change(peer, &packet(200, &[&id(1), &name, &place, &other]));
                } else {
                    self.change(peer, &packet(18, &[&id(1), &other, &fresh]));
                }
            }
        }
    }

    fn open(&self, peer: &mut dyn Peer, place: &[u8], flags: u32) -> Option<Vec<u8>> {
        peer.send(&packet(3, &[&id(1), place, &flags.to_be_bytes(), &[0; 4]]));
        let answer = peer.packet().unwrap();
        if answer[0] == 102 {
            return Some(answer[9..].to_vec());
        }
        self.refusals.fetch_add(1, Ordering::Relaxed);
        None
    }

    fn close(&self, peer: &mut dyn Peer, handle: &[u8]) {
        peer.send(&packet(4, &[&id(1), &text(handle)]));
        peer.packet().unwrap();
    }

    fn change(&self, peer: &mut dyn Peer, request: &[u8]) {
        peer.send(request);
        let answer = peer.packet().unwrap();
        let done = answer[..9] == [101, 0, 0, 0, 1, 0, 0, 0, 0];
        let counter = if done { &self.changes } else { &self.refusals };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// A folder beside the parties' roots, of the same shape as what is inside.
struct Outside {
    folder: PathBuf,
    before: BTreeMap<PathBuf, (Vec<u8>, [i64; 5])>,
}

impl Outside {
    fn beside(service: &Service) -> Self {
        let folder = service.path("data/parties/outside");
        for inner in ["", "deep", "empty", "deep/empty"] {
            fs::create_dir(folder.join(inner)).unwrap();
        }
        for file in ["f", "g", "only_outside", "deep/f", "deep/only_outside"] {
            fs::write(folder.join(file), CANARY).unwrap();
        }
        let before = seen(&folder);
        Self { folder, before }
    }

    fn assert_untouched(&self) {
        assert_eq!(seen(&self.folder), self.before);
    }
}

/// Every file and folder below one, with its content, size, mode, and times of changes of content and of itself.
fn seen(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, [i64; 5])> {
    let told = |meta: &Metadata| {
        let (size, mode) = (meta.size() as i64, i64::from(meta.mode()));
        [
            size,
            mode,
            meta.mtime_nsec(),
            meta.ctime(),
            meta.ctime_nsec(),
        ]
    };
    let mut found = BTreeMap::new();
    found.insert(
        folder.to_owned(),
        (Vec::new(), told(&fs::metadata(folder).unwrap())),
    );
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(seen(&path));
        } else {
            let meta = fs::symlink_metadata(&path).unwrap();
            found.insert(path.clone(), (fs::read(&path).unwrap(), told(&meta)));
        }
    }
    found
}
