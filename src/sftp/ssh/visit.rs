//! One connection from outside: the session runs in russh's task, this watches it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use russh::Disconnect;
use russh::server::{RunningSession, run_stream};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use crate::sftp::event::What;
use crate::sftp::ssh::admission::Place;
use crate::sftp::ssh::listener::Shared;
use crate::sftp::ssh::pulse::Pulse;
use crate::sftp::ssh::session::Connection;
use crate::sftp::ssh::stream::Socket;

/// Time that a client has to close its side after it was told to go.
const FAREWELL: Duration = Duration::from_millis(500);

/// A connection and its place.
pub(crate) struct Visit {
    shared: Arc<Shared>,
    socket: Socket,
    peer: IpAddr,
    pulse: Arc<Pulse>,
    stop: watch::Receiver<bool>,
    place: Place,
    /// A session that was given up and has not ended.
    lingering: Option<RunningSession<Connection>>,
}

/// What happened to a connection.
enum Happened {
    Ended(Result<(), russh::Error>),
    LoggedIn,
    Stop,
    Deadline,
}

/// How a visit ended, as far as its address is concerned.
enum End {
    /// By the client, by our stop, or after a login.
    Usual,
    /// The client did not log in in time.
    OutOfTime,
}

impl Visit {
    /// A new connection; `stop` ends it.
    pub(crate) fn new(
        shared: Arc<Shared>,
        stream: TcpStream,
        peer: IpAddr,
        place: Place,
        stop: watch::Receiver<bool>,
    ) -> Self {
        // Answers are small and waited for. Without it they are only slower.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, %error, "no delay cannot be switched off");
        }
        Self {
            shared,
            socket: Socket::new(stream),
            peer,
            pulse: Arc::new(Pulse::new()),
            stop,
            place,
            lingering: None,
        }
    }

    /// Until the connection has ended, or was given up. Then it keeps its place until its session has ended, but nobody
    /// waits for that: a request may stand before a disk that never answers.
    pub(crate) async fn run(mut self) {
        let end = self.attend().await;
        // Whoever only looks whether we are there (a monitor, a scan for keys) has not failed at anything.
        if (matches!(end, End::OutOfTime) || self.pulse.failed())
            && let Some(duration) = self.place.failed(Moment::now())
        {
            self.tell(What::Banned { duration });
        }
        if let Some(session) = self.lingering.take() {
            tokio::spawn(async move { self.report(session.await) });
        }
    }

    async fn attend(&mut self) -> End {
        let handler = Connection::new(Arc::clone(&self.shared), Arc::clone(&self.pulse), self.peer);
        let greeting = run_stream(self.shared.config(), self.socket.buffered(), handler);
        let grace = self.pulse.deadline(self.shared.limits());
        let greeted = tokio::select! {
            greeted = timeout_at(grace, greeting) => greeted,
            _ = self.stop.wait_for(|stop| *stop) => return End::Usual,
        };
        let mut session = match greeted {
            Ok(Ok(session)) => session,
            // No SSH client: port scanners end here.
            Ok(Err(_)) => return End::Usual,
            Err(_) => {
                self.out_of_time();
                return End::OutOfTime;
            }
        };
        loop {
            let deadline = self.pulse.deadline(self.shared.limits());
            let happened = tokio::select! {
                ended = &mut session => Happened::Ended(ended),
                () = self.pulse.login() => Happened::LoggedIn,
                _ = self.stop.wait_for(|stop| *stop) => Happened::Stop,
                () = sleep_until(deadline) => Happened::Deadline,
            };
            match happened {
                Happened::Ended(ended) => {
                    self.report(ended);
                    return End::Usual;
                }
                Happened::LoggedIn => self.place.logged_in(),
                Happened::Stop => {
                    let patience = self.shared.limits().stop_grace;
                    self.dismiss(session, "the server stops; connect again later", patience)
                        .await;
                    return End::Usual;
                }
                // It may have moved on since.
                Happened::Deadline
                    if self.pulse.deadline(self.shared.limits()) > Instant::now() => {}
                Happened::Deadline => {
                    let sentence = self.out_of_time();
                    self.dismiss(session, &sentence, FAREWELL).await;
                    return if self.pulse.account().is_some() {
                        End::Usual
                    } else {
                        End::OutOfTime
                    };
                }
            }
        }
    }

    /// Tells the log which time has run out; what the client is to be told.
    fn out_of_time(&self) -> String {
        let limits = self.shared.limits();
        let (reason, sentence) = if self.pulse.account().is_some() {
            let idle = limits.idle.as_secs();
            (
                "idle",
                format!(
                    "nothing was asked for {idle} seconds; connect again when there is something to do"
                ),
            )
        } else {
            let grace = limits.login_grace.as_secs();
            (
                "login_grace",
                format!("the login was not complete within {grace} seconds; try again"),
            )
        };
        self.tell(What::TurnedAway { reason });
        sentence
    }

    /// Says why after the running request, then closes the socket. A client that does not read has `patience`.
    async fn dismiss(
        &mut self,
        mut session: RunningSession<Connection>,
        why: &str,
        patience: Duration,
    ) {
        let handle = session.handle();
        let farewell = async {
            let told =
                handle.disconnect(Disconnect::ByApplication, why.to_owned(), "en".to_owned());
            if told.await.is_ok() {
                sleep(FAREWELL).await;
            }
        };
        tokio::select! {
            ended = &mut session => return self.report(ended),
            _ = timeout(patience, farewell) => {}
        }
        self.socket.cut();
        match timeout(self.shared.limits().stop_grace, &mut session).await {
            Ok(ended) => self.report(ended),
            Err(_) => {
                tracing::error!(peer = %self.peer, "a session does not end");
                self.lingering = Some(session);
            }
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

    fn tell(&self, what: What) {
        let recorder = self.shared.recorder();
        recorder.tell_of(self.pulse.account(), self.peer, what);
    }
}
