//! Accepts connections until it is stopped.

use std::future::Future;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use russh::server::Config;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::fault::Fault;
use crate::sftp::attendant::Attendant;
use crate::sftp::login::auth::Registry;
use crate::sftp::ssh::admission::Admission;
use crate::sftp::ssh::allowance::Allowances;
use crate::sftp::ssh::transport;
use crate::sftp::ssh::turned_away::TurnedAway;
use crate::sftp::ssh::visit::Visit;
use crate::sftp::{Limits, Recorder, Settings};

/// Connections that the system keeps for us until we take them: a flood does not push others out of the queue at once.
const BACKLOG: i32 = 1024;
/// Pause after the system could not give us a connection (no file descriptors left).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The SFTP server. Clones are the same server, so that it can be reloaded while it serves.
#[derive(Clone)]
pub struct Server {
    shared: Arc<Shared>,
    listener: Arc<Mutex<Option<StdListener>>>,
    address: SocketAddr,
}

/// What all connections share.
pub(crate) struct Shared {
    settings: Settings,
    keys: RwLock<Keys>,
    allowances: Allowances,
}

/// What comes from key files, as of the last good reading of all of them.
struct Keys {
    registry: Arc<Registry>,
    config: Arc<Config>,
}

impl Keys {
    fn read(settings: &Settings) -> Result<Self, Fault> {
        let host_key = settings.host_key(Timestamp::now())?;
        let registry = Registry::read(&settings.accounts, settings.revoked_keys.as_deref())?;
        Ok(Self {
            registry: Arc::new(registry),
            config: Arc::new(transport::config(host_key, &settings.limits)),
        })
    }
}

impl Shared {
    /// The bounds.
    pub(crate) fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// What the parties' sessions may keep of requests that wait.
    pub(crate) fn allowances(&self) -> &Allowances {
        &self.allowances
    }

    /// Who hears of what happens.
    pub(crate) fn recorder(&self) -> &Recorder {
        &self.settings.recorder
    }

    /// Who says what the parties' files are worth.
    pub(crate) fn attendant(&self) -> &Attendant {
        &self.settings.attendant
    }

    /// Who may log in.
    pub(crate) fn registry(&self) -> Arc<Registry> {
        Arc::clone(
            &self
                .keys
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .registry,
        )
    }

    /// What russh is told for a new connection.
    pub(crate) fn config(&self) -> Arc<Config> {
        Arc::clone(
            &self
                .keys
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .config,
        )
    }
}

impl Server {
    /// Reads the keys and takes the address. Connections wait until [`Self::serve`].
    ///
    /// # Errors
    /// A key file that cannot be used, or an address that cannot be had.
    pub fn bind(settings: Settings) -> Result<Self, Fault> {
        let keys = RwLock::new(Keys::read(&settings)?);
        let listener = StdListener::bind(settings.listen).map_err(network("listen for SFTP"))?;
        // The standard library's 128 is changed by saying it once more.
        rustix::net::listen(&listener, BACKLOG)
            .map_err(|error| network("listen for SFTP")(error.into()))?;
        listener
            .set_nonblocking(true)
            .map_err(network("listen for SFTP"))?;
        let address = listener.local_addr().map_err(network("listen for SFTP"))?;
        Ok(Self {
            shared: Arc::new(Shared {
                allowances: Allowances::new(settings.limits.waiting_input_per_party),
                settings,
                keys,
            }),
            listener: Arc::new(Mutex::new(Some(listener))),
            address,
        })
    }

    /// The address that was taken, with the real port.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Reads all key files again, for later logins and the host key of later connections. Connections go on. A changed
    /// `authorized_keys` or list of revoked keys needs no call: it is read at the next login.
    ///
    /// # Errors
    /// A file that cannot be used; then the host key stays as it was, and logins go by what each file can be used for.
    pub fn reload(&self) -> Result<(), Fault> {
        let keys = Keys::read(&self.shared.settings)?;
        *self
            .shared
            .keys
            .write()
            .unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// Serves until `shutdown` is ready: then accepts no more, lets the running request of each connection end,
    /// disconnects them, and returns when all are gone.
    ///
    /// # Errors
    /// The server serves already, or the system refuses the socket. What happens in one connection ends that one only.
    pub async fn serve(&self, shutdown: impl Future<Output = ()>) -> Result<(), Fault> {
        let listener = self
            .listener
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .ok_or_else(|| Fault::Network {
                doing: "serve SFTP",
                problem: "this server serves already or has stopped".to_owned(),
            })?;
        let listener = TcpListener::from_std(listener).map_err(network("serve SFTP"))?;
        let mut reception = Reception::new(&self.shared);
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => reception.receive(stream, peer, &mut connections),
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
        drop(listener);
        reception.stop.send_replace(true);
        while connections.join_next().await.is_some() {}
        Ok(())
    }
}

/// Gives connections their places.
struct Reception {
    shared: Arc<Shared>,
    admission: Admission,
    turned_away: TurnedAway,
    stop: watch::Sender<bool>,
}

impl Reception {
    fn new(shared: &Arc<Shared>) -> Self {
        Self {
            shared: Arc::clone(shared),
            admission: Admission::new(shared.limits()),
            turned_away: TurnedAway::new(shared.recorder().clone()),
            stop: watch::Sender::new(false),
        }
    }

    /// Starts a connection if there is a place, else turns it away.
    fn receive(&mut self, stream: TcpStream, peer: SocketAddr, connections: &mut JoinSet<()>) {
        // An IPv4 client on an IPv6 socket is the same client to `from=` and to the log.
        let peer = peer.ip().to_canonical();
        match self
            .admission
            .admit(peer, fastrand::u8(..100), Instant::now())
        {
            Ok(place) => {
                let shared = Arc::clone(&self.shared);
                let visit = Visit::new(shared, stream, peer, place, self.stop.subscribe());
                connections.spawn(visit.run());
            }
            Err(why) => self.turned_away.refuse(stream, peer, why, connections),
        }
    }
}

fn network(doing: &'static str) -> impl FnOnce(std::io::Error) -> Fault {
    move |error| Fault::Network {
        doing,
        problem: error.to_string(),
    }
}
