//! Another client, of the other party, who uploads and downloads all the while and compares every byte.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use padan::sftp::client::{Client, Login};
use tokio::runtime::Builder;

use crate::common::noise;
use crate::service::Service;

/// How long one round may take on a busy machine before it counts as held up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends with this.
pub struct Bystander {
    rounds: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    working: Option<JoinHandle<()>>,
}

impl Bystander {
    /// Begins with the first round.
    pub fn of(service: &Service) -> Self {
        let rounds = Arc::new(AtomicU64::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (address, key) = (service.address, service.key("bpjs"));
        let public = service.path("keys/service/ssh_host_ed25519_key.pub");
        let host_key = fs::read_to_string(public).unwrap();
        let here = service.path("bystander");
        fs::create_dir(&here).unwrap();
        let working = thread::spawn({
            let (rounds, stop) = (Arc::clone(&rounds), Arc::clone(&stop));
            move || {
                let content = noise(1_500_001, 5);
                fs::write(here.join("sent"), &content).unwrap();
                let runtime = Builder::new_current_thread().enable_all().build().unwrap();
                let login = Login::key_file(&key).unwrap();
                runtime.block_on(async {
                    let client = Client::connect(address, "bpjs", &login, &host_key)
                        .await
                        .unwrap();
                    while !stop.load(Ordering::Acquire) {
                        client.put(&here.join("sent"), "inbox/round").await.unwrap();
                        client.get("inbox/round", &here.join("back")).await.unwrap();
                        assert!(
                            fs::read(here.join("back")).unwrap() == content,
                            "other bytes"
                        );
                        client.remove("inbox/round").await.unwrap();
                        rounds.fetch_add(1, Ordering::Release);
                    }
                });
            }
        });
        Self {
            rounds,
            stop,
            working: Some(working),
        }
    }

    /// Rounds that have ended well.
    pub fn rounds(&self) -> u64 {
        self.rounds.load(Ordering::Acquire)
    }

    /// Waits until a whole round has gone well after now.
    pub fn assert_goes_on(&self) {
        let (before, begun) = (self.rounds(), Instant::now());
        // The one under way, and one more.
        while self.rounds() < before + 2 {
            let working = self.working.as_ref().is_some_and(|w| !w.is_finished());
            assert!(working, "the other client was disturbed");
            assert!(begun.elapsed() < PATIENCE, "the other client is held up");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Lets the last round end.
    pub fn leave(mut self) {
        self.stop.store(true, Ordering::Release);
        let working = self.working.take().unwrap();
        assert!(working.join().is_ok(), "the other client was disturbed");
    }
}
