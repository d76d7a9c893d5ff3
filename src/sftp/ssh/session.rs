//! Answers SSH: logging in, channels, the one subsystem. Everything else is refused at once, so that no client waits.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use russh::keys::ssh_key::Fingerprint;
use russh::keys::{Certificate, HashAlg};
use russh::server::{
    Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, ChannelOpenFailure, Disconnect, Pty};

use crate::sftp::attendant::Attention;
use crate::sftp::event::{Actor, What, software};
use crate::sftp::login::auth::Login;
use crate::sftp::login::reason::Reason;
use crate::sftp::requests::engine::Engine;
use crate::sftp::root::jail::Jail;
use crate::sftp::ssh::channel::{Outcome, SftpChannel};
use crate::sftp::ssh::listener::Shared;
use crate::sftp::ssh::pace::Pace;
use crate::sftp::ssh::pulse::Pulse;
use crate::sftp::ssh::stash::Stash;

/// Channels in the life of one connection: russh keeps a little of each that we close first.
const CHANNELS_EVER: usize = 4096;

/// SSH_OPEN_RESOURCE_SHORTAGE (RFC 4254 §5.1).
const RESOURCE_SHORTAGE: u32 = 4;

/// One connection.
pub(crate) struct Connection {
    server: Arc<Shared>,
    pulse: Arc<Pulse>,
    pace: Arc<Pace>,
    attention: Attention,
    peer: IpAddr,
    login: Option<Login>,
    refusals: Refusals,
    /// Of the key that logged in.
    fingerprint: Option<String>,
    /// Who acts here, and since when, once it has logged in.
    actor: Option<(Actor, Instant)>,
    /// `None` until the channel asks for SFTP.
    channels: HashMap<ChannelId, Option<SftpChannel>>,
    channels_ever: usize,
}

/// What is told of refused logins. Clients try one key after the other, so what was wrong with those is told once, and
/// only if no key gets in.
#[derive(Default)]
struct Refusals {
    /// The account, if there is such a one, and the most telling reason.
    kept: Option<(Option<String>, Reason)>,
    /// Whether one was told already.
    told: bool,
}

impl Connection {
    /// A connection that has not logged in yet.
    pub(crate) fn new(server: Arc<Shared>, pulse: Arc<Pulse>, peer: IpAddr) -> Self {
        let pace = Pace::new(server.limits().requests_per_second, Instant::now());
        let attention = Attention::of(server.attendant().clone());
        Self {
            server,
            attention,
            pulse,
            pace: Arc::new(pace),
            peer,
            login: None,
            refusals: Refusals::default(),
            fingerprint: None,
            actor: None,
            channels: HashMap::new(),
            channels_ever: 0,
        }
    }

    /// Lets a party in. `fingerprint` is that of the key that it has proven.
    fn welcome(&mut self, login: Login, fingerprint: Fingerprint) -> Auth {
        self.login = Some(login);
        self.fingerprint = Some(fingerprint.to_string());
        Auth::Accept
    }

    /// Turns somebody away. The client is told the same whatever the reason, after the same time. A name that is no
    /// account may be a password typed in the wrong place, so it is not told.
    fn refused(&mut self, user: &str, reason: Reason) -> Auth {
        let known = self.server.registry().knows(user);
        let known = known.then(|| user.to_owned());
        match &self.refusals.kept {
            Some((_, kept)) if reason.is_common() && !kept.is_common() => {}
            _ => self.refusals.kept = Some((known, reason)),
        }
        Auth::reject()
    }

    /// Turns away somebody who has proven the key. If it is one that is known here, that is told at once.
    fn refused_after_proof(&mut self, user: &str, reason: Reason) -> Auth {
        let rejection = self.refused(user, reason);
        if !reason.is_common() {
            self.tell_of_refusal();
        }
        rejection
    }

    fn tell_of_refusal(&mut self) {
        let (account, reason) = self.refusals.kept.take().unwrap_or((None, Reason::NoKey));
        self.refusals.told = true;
        let reason = reason.word();
        let recorder = self.server.recorder();
        recorder.tell_of(account.as_deref(), self.peer, What::LoginRefused { reason });
    }

    /// Tells what happened to this connection, whoever it is.
    fn tell(&self, what: What) {
        match &self.actor {
            Some((actor, _)) => actor.tell(what),
            None => self.server.recorder().tell_of(None, self.peer, what),
        }
    }

    /// Starts SFTP on a channel, or says in the log why it cannot.
    fn start(&self, id: ChannelId) -> Option<SftpChannel> {
        let login = self.login.as_ref()?;
        let (actor, _) = self.actor.clone()?;
        match Jail::open(&login.root, self.server.limits()) {
            Ok(jail) => {
                let limits = self.server.limits();
                let engine = Engine::new(jail, actor, limits).attended(self.attention.clone());
                Some(SftpChannel::new(
                    id,
                    engine,
                    Arc::clone(&self.pace),
                    Arc::clone(&self.pulse),
                    Stash::new(
                        limits.waiting_input,
                        self.server.allowances().of(&login.account),
                    ),
                    limits.pending_output,
                ))
            }
            Err(error) => {
                tracing::error!(account = %actor.account, %error, "the root of an account cannot be opened");
                None
            }
        }
    }

    fn after(
        &mut self,
        id: ChannelId,
        outcome: Outcome,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        match outcome {
            Outcome::Open => Ok(()),
            Outcome::Finished => {
                self.channels.remove(&id);
                session.exit_status_request(id, 0)?;
                session.eof(id)?;
                session.close(id)
            }
            Outcome::Broken(reason) => {
                self.channels.remove(&id);
                self.tell(What::TurnedAway { reason });
                session.close(id)
            }
            Outcome::Flooded => {
                self.turned_away("waiting_input");
                Err(russh::Error::Disconnect)
            }
        }
    }

    /// Tells that a bound has ended something here.
    fn turned_away(&self, reason: &'static str) {
        self.tell(What::TurnedAway { reason });
    }

    /// The client has sent input, or has made room for answers.
    async fn feed(
        &mut self,
        id: ChannelId,
        input: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        self.pulse.beat();
        match self.channels.get(&id) {
            Some(Some(sftp)) => {
                let sftp = sftp.clone();
                let outcome = sftp.feed(input, session)?;
                self.after(id, outcome, session)?;
                sftp.keep_pace().await;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A request for something that is not SFTP: refused and closed, or `scp -O` would wait for ever.
    fn refuse(
        &mut self,
        id: ChannelId,
        action: &'static str,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        self.tell(What::Denied {
            action,
            file: None,
            reason: "only SFTP is served here",
        });
        self.hang_up(id, session)
    }

    fn hang_up(&mut self, id: ChannelId, session: &mut Session) -> Result<(), russh::Error> {
        if let Some(Some(sftp)) = self.channels.remove(&id) {
            sftp.abandon();
        }
        session.channel_failure(id)?;
        session.eof(id)?;
        session.close(id)
    }
}

impl Handler for Connection {
    type Error = russh::Error;

    /// Called when the client asks for the first login method; there is no banner.
    async fn authentication_banner(&mut self) -> Result<Option<String>, Self::Error> {
        self.pulse.asked_for_login();
        Ok(None)
    }

    async fn auth_none(&mut self, user: &str) -> Result<Auth, Self::Error> {
        Ok(self.refused(user, Reason::NoKey))
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        let registry = self.server.registry();
        let (key, algorithm) = (offer.public_key, offer.algorithm);
        Ok(
            match registry.invite(user, key, algorithm, self.peer, Timestamp::now()) {
                Ok(()) => Auth::Accept,
                Err(reason) => self.refused(user, reason),
            },
        )
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        proven: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        let registry = self.server.registry();
        let (key, algorithm) = (proven.public_key, proven.algorithm);
        Ok(
            match registry.admit(user, key, algorithm, self.peer, Timestamp::now()) {
                Ok(login) => self.welcome(login, key.fingerprint(HashAlg::Sha256)),
                Err(reason) => self.refused_after_proof(user, reason),
            },
        )
    }

    async fn auth_openssh_certificate(
        &mut self,
        user: &str,
        certificate: &Certificate,
    ) -> Result<Auth, Self::Error> {
        let registry = self.server.registry();
        Ok(
            match registry.admit_certificate(user, certificate, self.peer, Timestamp::now()) {
                Ok(login) => {
                    // The key id may be somebody's name; serial and authority say which certificate it was.
                    let serial = certificate.serial();
                    let authority = certificate.signature_key().fingerprint(HashAlg::Sha256);
                    tracing::info!(account = %login.account, serial, %authority, "certificate accepted");
                    let key = certificate.public_key();
                    self.welcome(login, key.fingerprint(HashAlg::Sha256))
                }
                Err(reason) => self.refused_after_proof(user, reason),
            },
        )
    }

    async fn auth_succeeded(&mut self, session: &mut Session) -> Result<(), Self::Error> {
        if let Some(login) = &self.login {
            self.pulse.logged_in(&login.account);
            let actor = Actor::new(
                login.account.clone(),
                Some(self.peer),
                software(session.remote_sshid()),
                self.server.recorder().clone(),
            );
            actor.tell(What::Login {
                fingerprint: self.fingerprint.take(),
            });
            self.actor = Some((actor, Instant::now()));
        }
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.channels_ever += 1;
        if self.channels_ever > CHANNELS_EVER {
            self.turned_away("channels");
            let reason = Disconnect::ByApplication;
            return session.disconnect(reason, "too many channels; connect again", "en");
        }
        // One that a pump has finished is closed here; its client's own close is not told to us.
        self.channels
            .retain(|_, sftp| !sftp.as_ref().is_some_and(SftpChannel::is_closed));
        if self.channels.len() >= self.server.limits().channels {
            self.turned_away("channels");
            let reason = "too many sessions on this connection; close one, or connect again";
            let why = ChannelOpenFailure::Other {
                code: RESOURCE_SHORTAGE,
                reason: reason.to_owned(),
            };
            reply.reject(why).await;
            return Ok(());
        }
        // The channel itself is dropped here: its bytes come by `data`, and nothing else may wait for them.
        self.channels.insert(channel.id(), None);
        reply.accept().await;
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        if name != "sftp" || !matches!(self.channels.get(&id), Some(None)) {
            return self.refuse(id, "subsystem", session);
        }
        match self.start(id) {
            Some(sftp) => {
                self.channels.insert(id, Some(sftp));
                session.channel_success(id)
            }
            None => self.hang_up(id, session),
        }
    }

    async fn data(
        &mut self,
        id: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.feed(id, data, session).await
    }

    async fn window_adjusted(
        &mut self,
        id: ChannelId,
        _: u32,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.feed(id, &[], session).await
    }

    async fn channel_eof(
        &mut self,
        id: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        match self.channels.get(&id) {
            Some(Some(sftp)) => {
                let outcome = sftp.end_of_input(session)?;
                self.after(id, outcome, session)
            }
            _ => {
                self.channels.remove(&id);
                session.close(id)
            }
        }
    }

    async fn channel_close(&mut self, id: ChannelId, _: &mut Session) -> Result<(), Self::Error> {
        if let Some(Some(sftp)) = self.channels.remove(&id) {
            sftp.abandon();
        }
        Ok(())
    }

    async fn shell_request(
        &mut self,
        id: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.refuse(id, "shell", session)
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        _: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.refuse(id, "exec", session)
    }

    async fn pty_request(
        &mut self,
        id: ChannelId,
        _: &str,
        _: u32,
        _: u32,
        _: u32,
        _: u32,
        _: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(id)
    }

    async fn x11_request(
        &mut self,
        id: ChannelId,
        _: bool,
        _: &str,
        _: &str,
        _: u32,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(id)
    }

    async fn env_request(
        &mut self,
        id: ChannelId,
        _: &str,
        _: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(id)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // A pump may still hold a channel; the locks of a client that is gone end now.
        for sftp in self.channels.values().flatten() {
            sftp.abandon();
        }
        if let Some((actor, since)) = &self.actor {
            actor.tell(What::Ended {
                duration: since.elapsed(),
            });
        } else if self.pulse.failed() && !self.refusals.told {
            self.tell_of_refusal();
        }
    }
}
