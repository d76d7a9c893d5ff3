//! One SFTP channel: what it may queue, and who works off what waits.
//!
//! russh queues a channel's output without a limit, so answers are produced only while none is pending, a bounded
//! amount at a time. Requests that must wait are stashed, bounded too. They are worked off
//! - inline, in the callbacks for data and for window adjustments, which is the fast and usual way, and
//! - by a *pump*, a task that is started when requests wait: no callback comes after a key exchange has ended, some
//!   clients (PuTTY) never adjust a window, and output that was held back for its sheer amount has no event either.
//!
//! The pump sends through the session's own queue, which has one place and which russh empties only while nothing is
//! pending and no key exchange runs. So an accepted message is the event that was missing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use russh::ChannelId;
use russh::server::{Handle, Session};

use crate::sftp::event::What;
use crate::sftp::requests::codec::{Decoder, Item, Violation};
use crate::sftp::requests::engine::Engine;
use crate::sftp::requests::work::{Progress, Work};
use crate::sftp::ssh::pace::Pace;
use crate::sftp::ssh::pulse::Pulse;
use crate::sftp::ssh::stash::Stash;

/// Requests are carried out for about this time before others get their turn: a single one may be small and still take
/// long, and russh's own loop never pauses between two.
const TURN: Duration = Duration::from_millis(5);
/// Output is handed over in pieces of about this size.
const PIECE: usize = 64 * 1024;

/// A channel shared by the session and its pump.
#[derive(Clone)]
pub(crate) struct SftpChannel {
    shared: Arc<Mutex<State>>,
    pace: Arc<Pace>,
    pulse: Arc<Pulse>,
    id: ChannelId,
}

/// What the session has to do after it fed a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Go on.
    Open,
    /// Everything is answered and the client has said that it is done: exit status 0, then close.
    Finished,
    /// The client broke the protocol; close the channel.
    Broken(&'static str),
    /// The client sends requests without reading answers; end the connection.
    Flooded,
}

struct State {
    worker: Worker,
    stash: Stash,
    /// The client has sent its last byte.
    ended: bool,
    pump: Pump,
    pending_output: usize,
}

/// Turns input into output.
struct Worker {
    engine: Engine,
    decoder: Decoder,
    /// The decoder could go on without more input.
    unfinished: bool,
    /// Requests since the pace was last kept.
    requests: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pump {
    /// There is none.
    Off,
    /// It waits for its turn; callbacks still work.
    Waiting,
    /// It works; callbacks only stash, so that answers keep their order.
    Working,
    /// It has nothing more to do, but its last output may not have left yet; callbacks still only stash.
    Drained,
    /// The channel is done with.
    Closed,
}

impl SftpChannel {
    /// A new channel; the limits are those of [`Limits`](crate::sftp::Limits).
    pub(crate) fn new(
        id: ChannelId,
        engine: Engine,
        pace: Arc<Pace>,
        pulse: Arc<Pulse>,
        stash: Stash,
        pending_output: usize,
    ) -> Self {
        Self {
            id,
            pace,
            pulse,
            shared: Arc::new(Mutex::new(State {
                worker: Worker {
                    engine,
                    decoder: Decoder::default(),
                    unfinished: false,
                    requests: 0,
                },
                stash,
                ended: false,
                pump: Pump::Off,
                pending_output,
            })),
        }
    }

    /// Takes input, none after a window adjustment, and answers what may be answered now.
    ///
    /// # Errors
    /// Those of russh when output cannot be queued.
    pub(crate) fn feed(
        &self,
        input: &[u8],
        session: &mut Session,
    ) -> Result<Outcome, russh::Error> {
        let mut state = self.lock();
        if self.shared.is_poisoned() {
            return Ok(Outcome::Broken("an earlier request failed badly"));
        }
        if state.pump == Pump::Closed {
            return Ok(Outcome::Open);
        }
        let outcome = state.feed(self.id, input, session)?;
        self.settle(&mut state, outcome, session)
    }

    /// The client has sent its last byte.
    ///
    /// # Errors
    /// Those of russh when output cannot be queued.
    pub(crate) fn end_of_input(&self, session: &mut Session) -> Result<Outcome, russh::Error> {
        self.lock().ended = true;
        self.feed(&[], session)
    }

    /// Waits, if requests were made faster than the connection may make them. Nothing is read meanwhile.
    pub(crate) async fn keep_pace(&self) {
        let requests = std::mem::take(&mut self.lock().worker.requests);
        let wait = self.pace.spend(requests, Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Forgets everything and closes all files.
    pub(crate) fn abandon(&self) {
        self.lock().close();
    }

    /// Whether it is done with.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().pump == Pump::Closed
    }

    /// Starts the pump if something waits, and tells whether the channel is done.
    fn settle(
        &self,
        state: &mut State,
        outcome: Outcome,
        session: &mut Session,
    ) -> Result<Outcome, russh::Error> {
        if outcome != Outcome::Open {
            state.close();
            return Ok(outcome);
        }
        if state.waits() {
            if state.pump == Pump::Off {
                state.pump = Pump::Waiting;
                tokio::spawn(self.clone().pump(session.handle()));
            }
        } else if state.ended && matches!(state.pump, Pump::Off | Pump::Waiting) {
            state.close();
            return Ok(Outcome::Finished);
        }
        Ok(Outcome::Open)
    }

    /// Works off what waits, then ends.
    async fn pump(self, handle: Handle) {
        // The first message takes the queue's place; the second is accepted when russh has taken the first.
        if self.turn(&handle).await.is_err() || self.turn(&handle).await.is_err() {
            return;
        }
        loop {
            // A panic here would end this task alone, and the client would wait for ever.
            let step = catch_unwind(AssertUnwindSafe(|| self.lock().pump_step()))
                .unwrap_or(Step::Broken("a request failed badly"));
            self.keep_pace().await;
            let sent = match step {
                Step::Output(output) => handle.data(self.id, output).await.map_err(drop),
                // Answers already sent go out before callbacks may answer again.
                Step::Drained => self.turn(&handle).await,
                Step::Work(work) => match work.slice_in_turn().await {
                    Some(progress) => self.go_on(progress, &handle).await,
                    None => {
                        tracing::error!("work for a client failed badly");
                        self.abandon();
                        handle.close(self.id).await
                    }
                },
                Step::Again => {
                    tokio::task::yield_now().await;
                    Ok(())
                }
                Step::Finished => {
                    let _ = handle.exit_status_request(self.id, 0).await;
                    let _ = handle.eof(self.id).await;
                    let _ = handle.close(self.id).await;
                    return;
                }
                Step::Broken(reason) => {
                    self.lock()
                        .worker
                        .engine
                        .actor
                        .tell(What::TurnedAway { reason });
                    let _ = handle.close(self.id).await;
                    return;
                }
                Step::Off => return,
            };
            if sent.is_err() {
                return;
            }
        }
    }

    /// Sends the answer, if that was the last slice.
    async fn go_on(&self, progress: Progress, handle: &Handle) -> Result<(), ()> {
        // A client that waits for something long is not idle.
        self.pulse.beat();
        let output = self.lock().give_back(progress);
        if output.is_empty() {
            return Ok(());
        }
        handle.data(self.id, output).await.map_err(drop)
    }

    async fn turn(&self, handle: &Handle) -> Result<(), ()> {
        handle.data(self.id, Vec::new()).await.map_err(drop)
    }

    /// A panic while the lock was held ends its session; what is left here is only closed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the pump does next.
enum Step {
    /// Send this.
    Output(Vec<u8>),
    /// Do a slice of this: a request that takes long, before all others.
    Work(Work),
    /// Go on when others have had their turn.
    Again,
    /// Nothing waits; see that the last output has left, then look once more.
    Drained,
    /// All is answered and the client is done.
    Finished,
    /// The client broke the protocol.
    Broken(&'static str),
    /// Stop.
    Off,
}

impl State {
    fn waits(&self) -> bool {
        self.worker.unfinished || !self.stash.waiting().is_empty()
    }

    fn close(&mut self) {
        self.pump = Pump::Closed;
        self.stash.clear();
        self.worker.unfinished = false;
        self.worker.engine.close_all();
    }

    fn feed(
        &mut self,
        id: ChannelId,
        mut input: &[u8],
        session: &mut Session,
    ) -> Result<Outcome, russh::Error> {
        if matches!(self.pump, Pump::Working | Pump::Drained) {
            return Ok(self.stash_rest(input));
        }
        if !self.stash.waiting().is_empty() {
            if self.stash_rest(input) == Outcome::Flooded {
                return Ok(Outcome::Flooded);
            }
            input = &[];
        }
        let until = Instant::now() + TURN;
        let mut budget = self.pending_output;
        while budget > 0 && !session.has_pending_data(id) {
            let (output, result) = if self.stash.waiting().is_empty() {
                self.worker.produce(&mut input, until)
            } else {
                self.produce_from_stash(until)
            };
            budget = budget.saturating_sub(output.len());
            if !output.is_empty() {
                session.data(id, output)?;
            }
            if let Err(Violation(reason)) = result {
                return Ok(Outcome::Broken(reason));
            }
            // What takes long is the pump's; what comes after it waits.
            let done = !self.waits() && input.is_empty();
            if done || self.worker.engine.is_busy() || Instant::now() >= until {
                break;
            }
        }
        Ok(self.stash_rest(input))
    }

    /// Keeps input for later.
    fn stash_rest(&mut self, input: &[u8]) -> Outcome {
        if input.is_empty() || self.stash.push(input) {
            Outcome::Open
        } else {
            Outcome::Flooded
        }
    }

    fn produce_from_stash(&mut self, until: Instant) -> (Vec<u8>, Result<(), Violation>) {
        let worker = &mut self.worker;
        self.stash.work_off(|rest| worker.produce(rest, until))
    }

    /// The output after a slice of work, none unless it was the last one.
    fn give_back(&mut self, progress: Progress) -> Vec<u8> {
        let mut output = Vec::new();
        if self.pump == Pump::Closed {
            self.worker.engine.give_up(progress);
        } else {
            self.worker.engine.give_back(progress, &mut output);
        }
        output
    }

    fn pump_step(&mut self) -> Step {
        let was = std::mem::replace(&mut self.pump, Pump::Working);
        if was == Pump::Closed {
            self.pump = Pump::Closed;
            return Step::Off;
        }
        let until = Instant::now() + TURN;
        while self.waits() {
            if let Some(work) = self.worker.engine.take_work() {
                return Step::Work(work);
            }
            let (output, result) = self.produce_from_stash(until);
            if let Err(Violation(reason)) = result {
                self.close();
                return Step::Broken(reason);
            }
            if !output.is_empty() {
                self.pump = Pump::Working;
                return Step::Output(output);
            }
            if Instant::now() >= until {
                return Step::Again;
            }
        }
        match was {
            Pump::Drained if self.ended => {
                self.close();
                Step::Finished
            }
            Pump::Drained => {
                self.pump = Pump::Off;
                Step::Off
            }
            _ => {
                self.pump = Pump::Drained;
                Step::Drained
            }
        }
    }
}

impl Worker {
    /// Carries out requests from the input until it is used up, a piece of output is ready or the turn is over.
    fn produce(&mut self, input: &mut &[u8], until: Instant) -> (Vec<u8>, Result<(), Violation>) {
        let mut output = Vec::new();
        let result = loop {
            let over = !input.is_empty() && Instant::now() >= until;
            if over || output.len() >= PIECE || self.engine.is_busy() {
                self.unfinished = true;
                break Ok(());
            }
            match self.decoder.next(input) {
                Ok(Some(item)) => {
                    if !matches!(item, Item::WriteData(_) | Item::WriteEnd) {
                        self.requests = self.requests.saturating_add(1);
                    }
                    if let Err(violation) = self.engine.handle(item, &mut output) {
                        break Err(violation);
                    }
                }
                Ok(None) => {
                    self.unfinished = false;
                    break Ok(());
                }
                Err(violation) => break Err(violation),
            }
        };
        (output, result)
    }
}
