//! Follows one delivery on its way, so that everybody can see how far it is.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};

use crate::ledger::Stage;

use super::board::Examined;
use super::job::Job;
use super::{Context, Progress, scan, status_page};

/// While rows are read, the pages are brought up to date so often: also about what arrives meanwhile.
const REFRESH: SignedDuration = SignedDuration::from_secs(2);
/// And so often what is small goes on beside it; after so many times as long as that took, so that it starves nobody.
const ASIDE: SignedDuration = SignedDuration::from_millis(200);
const REST: i32 = 4;

/// Has the pages tell how far a delivery is. Whoever watched before goes on watching.
pub struct Followed<'a> {
    cx: &'a Context<'a>,
    job: &'a Job,
    last: Cell<Stage>,
    rows: Cell<u64>,
    told: Cell<Timestamp>,
    /// What else there is to do while rows are read, and when it was done last.
    meanwhile: &'a dyn Fn(),
    aside: Cell<Timestamp>,
    wait: Cell<SignedDuration>,
}

impl<'a> Followed<'a> {
    /// From its beginning to the end of this. `meanwhile` is done now and then while its rows are read.
    pub fn new(cx: &'a Context<'a>, job: &'a Job, meanwhile: &'a dyn Fn()) -> Self {
        Self {
            cx,
            job,
            last: Cell::new(Stage::Claim),
            rows: Cell::new(0),
            told: Cell::new((cx.clock)()),
            meanwhile,
            aside: Cell::new((cx.clock)()),
            wait: Cell::new(ASIDE),
        }
    }

    fn note(&self) {
        self.cx.board.set_examined(Some(Examined {
            id: self.job.id,
            stage: self.last.get(),
            rows: self.rows.get(),
        }));
    }

    /// Pages are for people: one that cannot be written now is written by the next pass, and holds up no delivery.
    fn tell(&self, all: bool) {
        self.told.set((self.cx.clock)());
        for party in self
            .cx
            .config
            .agreement
            .parties
            .iter()
            .map(|party| &party.id)
        {
            let own = party == self.job.party();
            if all {
                let (layout, looked) = (self.cx.layout, self.cx.looked);
                if let Ok(inbox) = scan::glance(layout, looked, self.told.get(), party, true) {
                    self.cx.board.set_inbox(party, inbox);
                }
            }
            if (own || all)
                && let Err(fault) = status_page::write(self.cx, party)
            {
                tracing::warn!(%fault, "a page is not up to date");
            }
        }
    }
}

impl Progress for Followed<'_> {
    fn wait(&self) {
        self.cx.progress.wait();
    }

    fn enter(&self, job: &Job, stage: Stage) {
        self.last.set(stage);
        self.note();
        self.tell(false);
        self.cx.progress.enter(job, stage);
    }

    fn rows(&self, more: u64) {
        self.rows.set(self.rows.get().saturating_add(more));
        self.note();
        if self.told.get().duration_until((self.cx.clock)()) >= REFRESH {
            self.tell(true);
        }
        let now = (self.cx.clock)();
        if self.aside.get().duration_until(now) >= self.wait.get() {
            (self.meanwhile)();
            self.aside.set((self.cx.clock)());
            let took = now.duration_until(self.aside.get());
            self.wait.set(took.saturating_mul(REST).max(ASIDE));
            self.note();
        }
        self.cx.progress.rows(more);
    }
}

impl Drop for Followed<'_> {
    fn drop(&mut self) {
        self.cx.board.set_examined(None);
    }
}
