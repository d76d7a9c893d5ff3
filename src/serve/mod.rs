//! Composition: the SFTP server and the pipeline in one process. They share folders and nothing else.

mod service;

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use crate::fault::Fault;
use crate::pipeline::{Ended, Pass, Progress, pass};
use crate::sftp;
use crate::watch::Watch;

pub use service::{LoadError, Service};

/// The runtime for the SFTP server and the ledger.
pub fn runtime() -> Result<Runtime, Fault> {
    Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Fault::Network {
            doing: "start the runtime",
            problem: e.to_string(),
        })
}

/// Serves until SIGTERM or SIGINT; SIGHUP reads the keys again. `ready` hears the address when clients may come.
pub fn serve(
    config: &Path,
    listen: Option<SocketAddr>,
    progress: impl Progress + Send + 'static,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), LoadError> {
    let runtime = runtime()?;
    let service = Arc::new(Service::load(config, runtime.handle().clone())?);
    let server = {
        let _inside = runtime.enter();
        Arc::new(sftp::Server::bind(settings(&service, listen))?)
    };
    let inboxes: Vec<_> = service
        .config
        .parties
        .keys()
        .map(|party| service.layout.inbox(party))
        .collect();
    let watch = Watch::over(&inboxes);
    let stop = watch.stopper();
    let pipeline = thread::Builder::new()
        .name("pipeline".into())
        .spawn({
            let service = Arc::clone(&service);
            move || {
                watch.run(service.config.rescan, |touched| {
                    look(&service, &progress, touched)
                });
            }
        })
        .map_err(Fault::io("start the pipeline", service.layout.root()))?;
    ready(server.local_addr());
    let served = runtime.block_on(until_told(&service, &server));
    stop();
    // What is under way is finished; a service killed here goes on with it at the next start.
    let ended = pipeline.join();
    served?;
    ended.map_err(|_| LoadError::Fault(Fault::Bug))
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
}

async fn until_told(service: &Service, server: &sftp::Server) -> Result<(), Fault> {
    let hear = |kind| {
        signal(kind).map_err(|e| Fault::Network {
            doing: "listen for signals",
            problem: e.to_string(),
        })
    };
    let (mut terminate, mut interrupt, mut hangup) = (
        hear(SignalKind::terminate())?,
        hear(SignalKind::interrupt())?,
        hear(SignalKind::hangup())?,
    );
    let told = async {
        loop {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = interrupt.recv() => return,
                _ = hangup.recv() => reload(service, server),
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
        tracing::error!(%fault, "the old logins stay in force");
    }
}

fn settings(service: &Service, listen: Option<SocketAddr>) -> sftp::Settings {
    sftp::Settings {
        listen: listen.unwrap_or(service.config.listen),
        host_key: service.config.keys.ssh_host.clone(),
        accounts: service
            .config
            .parties
            .iter()
            .map(|(party, keys)| sftp::Account {
                name: party.to_string(),
                root: service.layout.party(party),
                authorized_keys: keys.authorized_keys.clone(),
            })
            .collect(),
        limits: sftp::Limits::default(),
    }
}
