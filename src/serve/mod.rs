//! Composition: the SFTP server and the pipeline in one process. They share folders and nothing else.

mod attending;
mod bounds;
mod key_watch;
mod keys;
mod recording;
mod service;

use std::net::{IpAddr, SocketAddr};
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::agreement::PartyId;
use crate::config::Config;
use crate::fault::Fault;
use crate::layout::Layout;
use crate::ledger::Ledger;
use crate::pipeline::calendar::{Call, Called};
use crate::pipeline::{Ended, LEAPT, Pass, Progress, Removed, pass};
use crate::sftp::{self, Attendant, Recorder};
use crate::snapshot::StoreKey;
use crate::trust::keyring::Keyring;
use crate::trust::life::NOTICE_DAYS;
use crate::watch::Watch;

pub use keys::{ending, keys, lost};
pub use recording::Recording;

use key_watch::KeyWatch;
pub use service::{LoadError, Service};

/// How long a delivery under way may take to end after SIGTERM. One that takes longer is begun again at the next start,
/// as after any other end of the process.
const LAST_DELIVERY: Duration = Duration::from_secs(20);

/// Reads and writes are done inline (design §5), so a disk that stands still holds up a thread for each session that
/// waits for it. There are more threads than processors for that: a spare one costs some kilobytes and no measurable
/// speed.
const THREADS_PER_PROCESSOR: usize = 4;
const FEWEST_THREADS: usize = 16;
/// A thread of the runtime that goes to work on the only event there is leaves nobody listening to the network until it
/// is done. If it waits for a disk, a spare thread is to take over after this time.
const TAKE_OVER: Duration = Duration::from_millis(50);

/// The runtime for the SFTP server and the ledger.
pub fn runtime() -> Result<Runtime, Fault> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    start(FEWEST_THREADS.max(processors * THREADS_PER_PROCESSOR))
}

/// The runtime for the ledger alone, with one thread: each client behind another SSH server has a process of its own.
pub fn small_runtime() -> Result<Runtime, Fault> {
    start(1)
}

fn start(threads: usize) -> Result<Runtime, Fault> {
    Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .map_err(|e| Fault::Network {
            doing: "start the runtime",
            problem: e.to_string(),
        })
}

/// A shell gives 1024 open files, which two hundred busy clients use up. As many as the system allows are taken instead.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the number of open files cannot be raised");
    }
}

/// Wakes a thread of the runtime now and then, which listens to the network if nobody does; until the answer is dropped.
fn keep_listening(runtime: Handle) -> Result<Sender<()>, Fault> {
    let (stop, stopped) = channel();
    thread::Builder::new()
        .name("take over".into())
        .spawn(move || {
            while stopped.recv_timeout(TAKE_OVER) == Err(RecvTimeoutError::Timeout) {
                runtime.spawn(async {});
            }
        })
        .map(|_| stop)
        .map_err(|error| Fault::Network {
            doing: "start the runtime",
            problem: error.to_string(),
        })
}

/// Serves until SIGTERM or SIGINT; SIGHUP reads the keys again. `ready` hears the address when clients may come.
pub fn serve(
    config: &Path,
    listen: Option<SocketAddr>,
    progress: impl Progress + Send + 'static,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), LoadError> {
    raise_file_limit();
    let runtime = runtime()?;
    let service = Arc::new(Service::load(config, runtime.handle().clone())?);
    let (recording, recorder) = Recording::start(&service.layout, runtime.handle().clone())?;
    let settings = sftp::Settings {
        attendant: attending::within(&service),
        ..settings(&service.config, &service.layout, listen, recorder)
    };
    let problems = settings.problems(Timestamp::now());
    if !problems.is_empty() {
        return Err(LoadError::Keys(problems));
    }
    for warning in key_warnings(&service.config, Timestamp::now()) {
        tracing::warn!("{warning}");
    }
    if service.ledger().clock()?.leapt.is_some() {
        tracing::warn!("{LEAPT}");
    }
    let server = sftp::Server::bind(settings)?;
    let inboxes: Vec<_> = service
        .config
        .parties
        .keys()
        .map(|party| service.layout.inbox(party))
        .collect();
    let watch = Watch::over(&inboxes);
    let stop = watch.stopper();
    // Its other end is dropped when the pipeline ends.
    let (working, idle) = channel::<()>();
    thread::Builder::new()
        .name("pipeline".into())
        .spawn({
            let (service, server) = (Arc::clone(&service), server.clone());
            let mut keys = KeyWatch::new(&service);
            move || {
                let _working = working;
                watch.run(service.config.rescan, |touched| {
                    let begins = keys.mind(&service, &server);
                    let due = look(&service, &progress, touched);
                    begins.into_iter().chain(due).min()
                });
            }
        })
        .map_err(Fault::io("start the pipeline", service.layout.root()))?;
    let signals = {
        let _inside = runtime.enter();
        Signals::hear()?
    };
    let _listening = keep_listening(runtime.handle().clone())?;
    ready(server.local_addr());
    let served = runtime.block_on(until_told(&service, &server, signals));
    stop();
    if idle.recv_timeout(LAST_DELIVERY) == Err(RecvTimeoutError::Timeout) {
        tracing::warn!("a delivery is under way; the next start begins it again");
    }
    recording.finish();
    served?;
    Ok(())
}

/// One pass, told to the log. Returns when the next is due although no event comes.
fn look(service: &Service, progress: &dyn Progress, touched: &[PathBuf]) -> Option<Duration> {
    service.forget(touched);
    // A panic ends this pass and not the service.
    let outcome = catch_unwind(AssertUnwindSafe(|| service.with_context(progress, pass)))
        .unwrap_or(Err(Fault::Bug));
    match outcome {
        Ok(done) => {
            log(&done);
            done.due
        }
        Err(fault) => {
            tracing::error!(%fault, "a pass ended early; it is tried again");
            Some(Duration::from_secs(5))
        }
    }
}

/// Tells the log what a pass did: ids, parties and codes.
pub fn log(done: &Pass) {
    for fault in &done.faults {
        tracing::error!(%fault, "fault");
    }
    for (delivery, ended) in &done.ended {
        let (id, party) = (delivery.id.short(), &delivery.party);
        match ended {
            Ended::Answered(_) => tracing::info!(%id, %party, "answered"),
            Ended::Rejected(rejection)
                if done
                    .refused_again
                    .contains(&(delivery.id, delivery.attempt)) =>
            {
                tracing::debug!(%id, %party, code = %rejection.code, "rejected again");
            }
            Ended::Rejected(rejection) => {
                tracing::info!(%id, %party, code = %rejection.code, "rejected");
            }
            Ended::Faulted(fault) => {
                tracing::error!(%id, %party, %fault, "fault: the delivery is kept and tried again");
            }
        }
    }
    for delivery in &done.repeated {
        let (id, party) = (delivery.id.short(), &delivery.party);
        tracing::info!(%id, %party, "came again; same receipt");
    }
    for Called {
        party,
        dataset,
        call,
        days: [first, last],
    } in &done.called
    {
        let event = call.as_str();
        match call {
            Call::Late | Call::Reminded => {
                tracing::warn!(event, %party, %dataset, %first, %last, "expected and not received");
            }
            Call::PartlyReceived | Call::Received | Call::NotLate | Call::NoMore => {
                tracing::info!(event, %party, %dataset, %first, %last, "no longer missing");
            }
        }
    }
    for Removed { party, code, bytes } in &done.removed {
        tracing::info!(%party, %code, bytes, "a file was removed from an inbox");
    }
}

/// Heard from before clients may come, so that none ends the process by default.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn hear() -> Result<Self, Fault> {
        let hear = |kind| {
            signal(kind).map_err(|e| Fault::Network {
                doing: "listen for signals",
                problem: e.to_string(),
            })
        };
        Ok(Self {
            terminate: hear(SignalKind::terminate())?,
            interrupt: hear(SignalKind::interrupt())?,
            hangup: hear(SignalKind::hangup())?,
        })
    }
}

async fn until_told(
    service: &Service,
    server: &sftp::Server,
    mut signals: Signals,
) -> Result<(), Fault> {
    let told = async {
        loop {
            tokio::select! {
                _ = signals.terminate.recv() => return,
                _ = signals.interrupt.recv() => return,
                _ = signals.hangup.recv() => reload(service, server),
            }
        }
    };
    server.serve(told).await
}

fn reload(service: &Service, server: &sftp::Server) {
    match service.reload() {
        Ok(()) => tracing::info!("keys read again"),
        Err(error) => tracing::error!(%error, "the old keys stay in force"),
    }
    if let Err(fault) = server.reload() {
        tracing::error!(%fault, "the logins were not read again; what cannot be used admits nobody");
    }
}

/// Every problem with the key files that a configuration names: ours and the parties', for the pipeline and the door.
pub fn key_problems(config: &Config) -> Vec<Fault> {
    let layout = Layout::new(&config.data_dir);
    let now = Timestamp::now();
    let mut problems = Keyring::load(config, now).err().unwrap_or_default();
    problems.extend(StoreKey::load(&config.keys.store_identity).err());
    problems.extend(settings(config, &layout, None, Recorder::default()).problems(now));
    problems
}

/// What a party is served by `padan sftp`: the same root and limits as by the embedded server.
pub fn visit(
    config: &Arc<Config>,
    party: &PartyId,
    peer: Option<IpAddr>,
    recorder: Recorder,
    runtime: Handle,
) -> sftp::Visit {
    sftp::Visit {
        account: party.to_string(),
        root: Layout::new(&config.data_dir).party(party),
        rules: sftp::Rules::Party,
        limits: bounds::limits(&config.sftp),
        peer,
        recorder: recorder.showing(names(config)),
        attendant: attending::beside(config, runtime),
    }
}

/// What an operator should know at `now` of key files that can be used.
pub fn key_warnings(config: &Config, now: Timestamp) -> Vec<String> {
    let mut warnings = login_warnings(config, now);
    if let Ok(keyring) = Keyring::load(config, now) {
        warnings.extend(keyring.warnings(config, now));
    }
    warnings.extend(ending(&keys(config).keys, now, NOTICE_DAYS));
    warnings
}

/// What an operator should know at `now` of the SFTP server's keys: who cannot log in, which host key waits.
pub fn login_warnings(config: &Config, now: Timestamp) -> Vec<String> {
    let layout = Layout::new(&config.data_dir);
    settings(config, &layout, None, Recorder::default()).warnings(now)
}

fn settings(
    config: &Config,
    layout: &Layout,
    listen: Option<SocketAddr>,
    recorder: Recorder,
) -> sftp::Settings {
    sftp::Settings {
        listen: listen.unwrap_or(config.listen),
        host_key: config.keys.ssh_host.clone(),
        host_certificate: config.keys.ssh_host_certificate.clone(),
        revoked_keys: config.keys.revoked_keys.clone(),
        accounts: config
            .parties
            .iter()
            .map(|(party, keys)| sftp::Account {
                name: party.to_string(),
                root: layout.party(party),
                authorized_keys: keys.authorized_keys.clone(),
            })
            .collect(),
        limits: bounds::limits(&config.sftp),
        recorder: recorder.showing(names(config)),
        attendant: Attendant::default(),
    }
}

/// What names of the parties' files may be made of to be shown.
fn names(config: &Config) -> sftp::Names {
    let agreement = &config.agreement;
    sftp::Names {
        parties: config.parties.keys().map(ToString::to_string).collect(),
        datasets: agreement
            .datasets
            .iter()
            .map(|one| one.id.to_string())
            .collect(),
        reconciliations: agreement
            .reconciliations
            .iter()
            .map(|one| one.id.to_string())
            .collect(),
    }
}
