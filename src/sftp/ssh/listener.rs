//! Accepts connections and watches over them: caps, login grace, idleness, stopping.

use std::future::Future;
use std::net::{IpAddr, SocketAddr, TcpListener as StdListener};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use russh::Disconnect;
use russh::server::{Config, RunningSession, run_stream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::fault::Fault;
use crate::sftp::event::What;
use crate::sftp::login::auth::Registry;
use crate::sftp::ssh::session::Connection;
use crate::sftp::ssh::stream::Socket;
use crate::sftp::ssh::transport;
use crate::sftp::{Account, Limits, Recorder, Settings};
use crate::trust::key_file::read_ssh_key;

/// Time that a client has to close its side after it was told to go.
const FAREWELL: Duration = Duration::from_millis(500);
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
    accounts: Vec<Account>,
    limits: Limits,
    recorder: Recorder,
    registry: RwLock<Arc<Registry>>,
    config: Arc<Config>,
}

impl Shared {
    /// The bounds.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Who hears of what happens.
    pub(crate) fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// The keys as of the last good reading.
    pub(crate) fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Signs of life of one connection.
pub(crate) struct Pulse {
    since: Instant,
    last_beat: AtomicU64,
    logged_in: AtomicBool,
    login: Notify,
}

impl Pulse {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            last_beat: AtomicU64::new(0),
            logged_in: AtomicBool::new(false),
            login: Notify::new(),
        }
    }

    /// The client has asked for something.
    pub(crate) fn beat(&self) {
        let millis = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_beat.store(millis, Ordering::Relaxed);
    }

    /// The client has logged in.
    pub(crate) fn logged_in(&self) {
        self.beat();
        self.logged_in.store(true, Ordering::Release);
        self.login.notify_one();
    }

    /// When the connection must be ended unless something happens before.
    fn deadline(&self, limits: &Limits) -> Instant {
        if self.logged_in.load(Ordering::Acquire) {
            let last = Duration::from_millis(self.last_beat.load(Ordering::Relaxed));
            self.since + last + limits.idle
        } else {
            self.since + limits.login_grace
        }
    }
}

impl Server {
    /// Reads the keys and takes the address. Connections wait until [`Self::serve`].
    ///
    /// # Errors
    /// A key file that cannot be used, or an address that cannot be had.
    pub fn bind(settings: Settings) -> Result<Self, Fault> {
        let host_key = read_ssh_key(&settings.host_key)?;
        let registry = Registry::read(&settings.accounts)?;
        let listener = StdListener::bind(settings.listen).map_err(network("listen for SFTP"))?;
        listener
            .set_nonblocking(true)
            .map_err(network("listen for SFTP"))?;
        let address = listener.local_addr().map_err(network("listen for SFTP"))?;
        let config = Arc::new(transport::config(host_key, &settings.limits));
        Ok(Self {
            shared: Arc::new(Shared {
                accounts: settings.accounts,
                limits: settings.limits,
                recorder: settings.recorder,
                registry: RwLock::new(Arc::new(registry)),
                config,
            }),
            listener: Arc::new(Mutex::new(Some(listener))),
            address,
        })
    }

    /// The address that was taken, with the real port.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Reads the keys of all accounts again, for later logins. Connections go on.
    ///
    /// # Errors
    /// A file that cannot be used; then all keys stay as they were.
    pub fn reload(&self) -> Result<(), Fault> {
        let registry = Arc::new(Registry::read(&self.shared.accounts)?);
        *self
            .shared
            .registry
            .write()
            .unwrap_or_else(PoisonError::into_inner) = registry;
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
        let reception = Reception::new(&self.shared);
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

/// Hands out places.
struct Reception {
    shared: Arc<Shared>,
    places: Arc<Semaphore>,
    logins: Arc<Semaphore>,
    stop: watch::Sender<bool>,
}

impl Reception {
    fn new(shared: &Arc<Shared>) -> Self {
        Self {
            shared: Arc::clone(shared),
            places: Arc::new(Semaphore::new(shared.limits.connections)),
            logins: Arc::new(Semaphore::new(shared.limits.startups.full)),
            stop: watch::Sender::new(false),
        }
    }

    /// Starts a connection if there is a place, else drops it at once.
    fn receive(&self, stream: TcpStream, peer: SocketAddr, connections: &mut JoinSet<()>) {
        // An IPv4 client on an IPv6 socket is the same client to `from=` and to the log.
        let peer = peer.ip().to_canonical();
        let place = Arc::clone(&self.places).try_acquire_owned();
        let login = Arc::clone(&self.logins).try_acquire_owned();
        let (Ok(place), Ok(login)) = (place, login) else {
            self.shared.recorder.tell_of_stranger(
                Some(peer),
                What::TurnedAway {
                    reason: "too many connections",
                },
            );
            return;
        };
        // Answers are small and waited for. Without it they are only slower.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, %error, "no delay cannot be switched off");
        }
        let visit = Visit {
            shared: Arc::clone(&self.shared),
            socket: Socket::new(stream),
            peer,
            pulse: Arc::new(Pulse::new()),
            stop: self.stop.subscribe(),
            _place: place,
        };
        connections.spawn(visit.run(login));
    }
}

/// One connection from outside: the session runs in russh's task, this watches it.
struct Visit {
    shared: Arc<Shared>,
    socket: Socket,
    peer: IpAddr,
    pulse: Arc<Pulse>,
    stop: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

/// What happened to a connection.
enum Event {
    Ended(Result<(), russh::Error>),
    LoggedIn,
    Stop,
    Deadline,
}

impl Visit {
    async fn run(mut self, login: OwnedSemaphorePermit) {
        let handler = Connection::new(Arc::clone(&self.shared), Arc::clone(&self.pulse), self.peer);
        let greeting = run_stream(
            Arc::clone(&self.shared.config),
            self.socket.buffered(),
            handler,
        );
        let grace = self.shared.limits.login_grace;
        let mut session = tokio::select! {
            greeted = timeout(grace, greeting) => match greeted {
                Ok(Ok(session)) => session,
                // No SSH client, or none in time: port scanners end here.
                Ok(Err(_)) | Err(_) => return,
            },
            _ = self.stop.wait_for(|stop| *stop) => return,
        };
        let mut login = Some(login);
        loop {
            let deadline = self.pulse.deadline(&self.shared.limits);
            let event = tokio::select! {
                ended = &mut session => Event::Ended(ended),
                () = self.pulse.login.notified() => Event::LoggedIn,
                _ = self.stop.wait_for(|stop| *stop) => Event::Stop,
                () = sleep_until(deadline) => Event::Deadline,
            };
            match event {
                Event::Ended(ended) => return self.report(ended),
                Event::LoggedIn => login = None,
                Event::Stop => break,
                // It may have moved on since.
                Event::Deadline if self.pulse.deadline(&self.shared.limits) > Instant::now() => {}
                Event::Deadline => {
                    tracing::info!(peer = %self.peer, logged_in = login.is_none(), "connection timed out");
                    self.socket.cut();
                    break;
                }
            }
        }
        self.dismiss(session).await;
    }

    /// Says goodbye after the running request, then closes the socket.
    async fn dismiss(&self, mut session: RunningSession<Connection>) {
        let handle = session.handle();
        let farewell = async {
            let told = handle.disconnect(
                Disconnect::ByApplication,
                "the server stops".to_owned(),
                "en".to_owned(),
            );
            if told.await.is_ok() {
                sleep(FAREWELL).await;
            }
        };
        tokio::select! {
            ended = &mut session => return self.report(ended),
            // A client that does not read is not waited for longer.
            _ = timeout(self.shared.limits.stop_grace, farewell) => {}
        }
        self.socket.cut();
        match timeout(self.shared.limits.stop_grace, &mut session).await {
            Ok(ended) => self.report(ended),
            Err(_) => tracing::error!(peer = %self.peer, "a session does not end"),
        }
    }

    fn report(&self, ended: Result<(), russh::Error>) {
        match ended {
            Ok(()) => {}
            Err(russh::Error::Join(_)) => {
                tracing::error!(peer = %self.peer, "a session ended by a panic");
            }
            Err(error) => {
                tracing::debug!(peer = %self.peer, %error, "connection ended with an error")
            }
        }
    }
}

fn network(doing: &'static str) -> impl FnOnce(std::io::Error) -> Fault {
    move |error| Fault::Network {
        doing,
        problem: error.to_string(),
    }
}
