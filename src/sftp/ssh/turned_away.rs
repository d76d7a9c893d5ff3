//! Connections that get no place: told why, as far as the protocol has room before any key exchange.
//!
//! RFC 4253 §11.1 lets a disconnect message come at any time, also before the key exchange, in the clear. Clients show
//! its sentence (OpenSSH: "Received disconnect from … : …"), while lines before the version string are shown by hardly
//! any.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{SendFlags, Shutdown};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::sftp::event::{Recorder, What};
use crate::sftp::ssh::admission::NoPlace;
use crate::sftp::ssh::transport;

/// Connections whose clients may take their time to read why, all together.
const LISTENERS: usize = 64;
/// That time. Closing before the client's own first bytes are read would destroy what it was told (a reset).
const PATIENCE: Duration = Duration::from_secs(2);
/// More than any client sends before it has heard from us.
const FIRST_BYTES: u64 = 64 * 1024;
/// One event for each reason in this time: a flood does not flood the log.
const QUIET: Duration = Duration::from_secs(1);

/// SSH_MSG_DISCONNECT and its reasons (RFC 4253 §11.1).
const DISCONNECT: u8 = 1;
const HOST_NOT_ALLOWED: u32 = 1;
const TOO_MANY_CONNECTIONS: u32 = 12;

/// Turns connections away.
pub(crate) struct TurnedAway {
    recorder: Recorder,
    listeners: Arc<Semaphore>,
    told: HashMap<NoPlace, Told>,
}

/// What the log knows of one reason.
struct Told {
    last: Instant,
    /// Connections since, of which it does not know.
    untold: u64,
}

impl TurnedAway {
    /// Tells a recorder.
    pub(crate) fn new(recorder: Recorder) -> Self {
        Self {
            recorder,
            listeners: Arc::new(Semaphore::new(LISTENERS)),
            told: HashMap::new(),
        }
    }

    /// Tells a client why it gets no place, and the log. Never waits: what takes time is done in `tasks`.
    pub(crate) fn refuse(
        &mut self,
        stream: TcpStream,
        peer: IpAddr,
        why: NoPlace,
        tasks: &mut JoinSet<()>,
    ) {
        let listener = Arc::clone(&self.listeners).try_acquire_owned().ok();
        let untold = self.note(why);
        // It fits into the empty buffer of a new connection; a client that is gone already needs no reason.
        let _ = rustix::net::send(
            &stream,
            &message(why),
            SendFlags::DONTWAIT | SendFlags::NOSIGNAL,
        );
        if listener.is_none() && untold.is_none() {
            return;
        }
        let recorder = self.recorder.clone();
        tasks.spawn(async move {
            if let Some(untold) = untold {
                let reason = why.word();
                if untold > 0 {
                    tracing::warn!(
                        reason,
                        untold,
                        "more connections were turned away for the same reason"
                    );
                }
                recorder.tell_of(None, peer, What::TurnedAway { reason });
            }
            if listener.is_some() {
                let _ = timeout(PATIENCE, read_out(stream)).await;
            }
        });
    }

    /// How many were turned away for the same reason since the log was last told; `None` if it is not told now.
    fn note(&mut self, why: NoPlace) -> Option<u64> {
        let now = Instant::now();
        match self.told.get_mut(&why) {
            Some(told) if now < told.last + QUIET => {
                told.untold += 1;
                None
            }
            known => {
                let untold = known.map_or(0, |told| told.untold);
                let told = Told {
                    last: now,
                    untold: 0,
                };
                self.told.insert(why, told);
                Some(untold)
            }
        }
    }
}

/// Lets the client read and close first.
async fn read_out(stream: TcpStream) {
    let _ = rustix::net::shutdown(&stream, Shutdown::Write);
    let mut first = stream.take(FIRST_BYTES);
    let mut buffer = [0; 1024];
    while let Ok(1..) = first.read(&mut buffer).await {}
}

/// Our version string and a disconnect message in the clear.
fn message(why: NoPlace) -> Vec<u8> {
    let reason = match why {
        NoPlace::Banned => HOST_NOT_ALLOWED,
        _ => TOO_MANY_CONNECTIONS,
    };
    let mut payload = vec![DISCONNECT];
    payload.extend(reason.to_be_bytes());
    for text in [why.sentence(), "en"] {
        payload.extend(u32::try_from(text.len()).unwrap_or(0).to_be_bytes());
        payload.extend(text.as_bytes());
    }
    // RFC 4253 §6: length, padding length, payload and at least four bytes of padding are a multiple of eight.
    let padding = 11 - payload.len() % 8;
    let padding = if padding < 4 { padding + 8 } else { padding };
    let length = u32::try_from(1 + payload.len() + padding).unwrap_or(0);
    let mut message = format!("{}\r\n", transport::VERSION).into_bytes();
    message.extend(length.to_be_bytes());
    message.push(u8::try_from(padding).unwrap_or(0));
    message.extend(payload);
    message.resize(message.len() + padding, 0);
    message
}

#[cfg(test)]
mod tests {
    use super::message;
    use crate::sftp::ssh::admission::NoPlace;

    #[test]
    fn messages_are_whole_packets() {
        for why in [
            NoPlace::Banned,
            NoPlace::Full,
            NoPlace::FullForAddress,
            NoPlace::Startups,
            NoPlace::StartupsForAddress,
        ] {
            let message = message(why);
            let packet = message.strip_prefix(b"SSH-2.0-Padan\r\n").unwrap();
            let (length, rest) = packet.split_first_chunk::<4>().unwrap();
            assert_eq!(u32::from_be_bytes(*length) as usize, rest.len(), "{why:?}");
            assert_eq!(packet.len() % 8, 0, "{why:?}");
            let padding = usize::from(rest[0]);
            assert!((4..12).contains(&padding), "{why:?}");
            let end = rest.len() - padding;
            let expected = format!("{}\0\0\0\x02en", why.sentence());
            assert!(rest[..end].ends_with(expected.as_bytes()), "{why:?}");
        }
    }
}
