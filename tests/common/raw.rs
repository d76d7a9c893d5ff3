//! An SFTP client that sends what it is told, right or wrong, and reads only when it is told to.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use russh::client::{Config, Handle, Handler, Msg, connect_stream};
use russh::keys::{PrivateKeyWithHashAlg, PublicKeyOrCertificate, load_secret_key};
use russh::{Channel, ChannelMsg};
use tokio::net::{TcpSocket, TcpStream};

use super::SftpSite;

/// A channel with the subsystem running and nothing sent yet.
pub struct Raw {
    pub channel: Channel<Msg>,
    pub session: Handle<Trusting>,
    received: Vec<u8>,
    /// The exit status, once it came.
    pub exit_status: Option<u32>,
}

/// Trusts any host key: the real check is tested elsewhere.
pub struct Trusting;

impl Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        Ok(true)
    }
}

impl Raw {
    /// Logs in with a receive window that russh keeps open, except that a window of 1 is never adjusted.
    pub async fn connect(site: &SftpSite, party: &str, window: u32) -> Self {
        Self::connect_to(site.address(), party, &site.key(party), window).await
    }

    /// The same with a server of any kind.
    pub async fn connect_to(address: SocketAddr, party: &str, key: &Path, window: u32) -> Self {
        let config = Config {
            window_size: window,
            ..Config::default()
        };
        let stream = stream_from(address, [127, 0, 0, 1]).await;
        let session = connect_stream(Arc::new(config), stream, Trusting)
            .await
            .unwrap();
        Self::of(session, party, key).await
    }

    /// Logs in on a session and starts the subsystem.
    pub async fn of(mut session: Handle<Trusting>, party: &str, key: &Path) -> Self {
        assert!(log_in(&mut session, party, key).await.unwrap());
        let channel = session.channel_open_session().await.unwrap();
        let mut raw = Self {
            channel,
            session,
            received: Vec::new(),
            exit_status: None,
        };
        raw.channel.request_subsystem(true, "sftp").await.unwrap();
        assert!(matches!(
            raw.channel.wait().await,
            Some(ChannelMsg::WindowAdjusted { .. } | ChannelMsg::Success)
        ));
        raw
    }

    /// The same, after INIT and VERSION.
    pub async fn greeted(site: &SftpSite, party: &str) -> Self {
        let mut raw = Self::connect(site, party, 2 << 20).await;
        raw.greet().await;
        raw
    }

    /// INIT and VERSION.
    pub async fn greet(&mut self) {
        self.send(&packet(1, &[&3u32.to_be_bytes()])).await;
        let version = self.packet().await.unwrap();
        assert_eq!(version[..5], [2, 0, 0, 0, 3]);
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8]) {
        self.channel.data(bytes).await.unwrap();
    }

    /// The next packet, from its type on; `None` when the server has closed the channel.
    pub async fn packet(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some((length, rest)) = self.received.split_first_chunk::<4>() {
                let length = u32::from_be_bytes(*length) as usize;
                if rest.len() >= length {
                    let packet = rest[..length].to_vec();
                    self.received.drain(..4 + length);
                    return Some(packet);
                }
            }
            match self.channel.wait().await? {
                ChannelMsg::Data { data } => self.received.extend_from_slice(&data),
                ChannelMsg::ExitStatus { exit_status } => self.exit_status = Some(exit_status),
                ChannelMsg::Close => return None,
                _ => {}
            }
        }
    }

    /// The next packet, which must be a STATUS: request, code, sentence.
    pub async fn status(&mut self) -> (u32, u32, String) {
        let packet = self.packet().await.expect("an answer");
        assert_eq!(packet[0], 101, "a status, not {packet:?}");
        let number = |at: usize| u32::from_be_bytes(packet[at..at + 4].try_into().unwrap());
        let text = packet[13..13 + number(9) as usize].to_vec();
        (number(1), number(5), String::from_utf8(text).unwrap())
    }

    /// Sends a request and returns its answer, from the type on.
    pub async fn ask(&mut self, request: &[u8]) -> Vec<u8> {
        self.send(request).await;
        self.packet().await.expect("an answer")
    }

    /// Sends a request that must succeed with nothing more to say.
    pub async fn done(&mut self, request: &[u8]) {
        self.send(request).await;
        let (_, code, sentence) = self.status().await;
        assert_eq!(
            code,
            0,
            "{sentence}: {:?}",
            &request[..request.len().min(64)]
        );
    }

    /// Sends a request that must be refused; returns the code and the sentence.
    pub async fn refused(&mut self, request: &[u8]) -> (u32, String) {
        self.send(request).await;
        let (_, code, sentence) = self.status().await;
        assert_ne!(code, 0, "{:?}", &request[..request.len().min(64)]);
        (code, sentence)
    }

    /// Opens a file and returns its handle.
    pub async fn open(&mut self, path: &str, flags: u32) -> Vec<u8> {
        self.send(&packet(
            3,
            &[
                &id(1),
                &text(path.as_bytes()),
                &flags.to_be_bytes(),
                &[0; 4],
            ],
        ))
        .await;
        let packet = self.packet().await.expect("an answer");
        assert_eq!(packet[0], 102, "a handle, not {packet:?}");
        packet[9..].to_vec()
    }
}

/// A connection from an address of this machine.
pub async fn stream_from(server: SocketAddr, from: [u8; 4]) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((from, 0))).unwrap();
    socket.connect(server).await.unwrap()
}

/// A session from an address of this machine, not logged in.
pub async fn session_from(
    server: SocketAddr,
    from: [u8; 4],
) -> Result<Handle<Trusting>, russh::Error> {
    let stream = stream_from(server, from).await;
    connect_stream(Arc::new(Config::default()), stream, Trusting).await
}

/// Whether the server lets a user in with a key.
pub async fn log_in(
    session: &mut Handle<Trusting>,
    user: &str,
    key: &Path,
) -> Result<bool, russh::Error> {
    let key = load_secret_key(key, None).unwrap();
    let key = PrivateKeyWithHashAlg::new(Arc::new(key), None);
    let answer = session.authenticate_publickey(user, key).await?;
    Ok(answer.success())
}

/// A packet with its length.
pub fn packet(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let payload = parts.concat();
    let mut bytes = (payload.len() as u32 + 1).to_be_bytes().to_vec();
    bytes.push(kind);
    bytes.extend(payload);
    bytes
}

/// A request's number.
pub fn id(number: u32) -> [u8; 4] {
    number.to_be_bytes()
}

/// A string field.
pub fn text(bytes: &[u8]) -> Vec<u8> {
    let mut field = (bytes.len() as u32).to_be_bytes().to_vec();
    field.extend_from_slice(bytes);
    field
}

/// A READ.
pub fn read(number: u32, handle: &[u8], offset: u64, len: u32) -> Vec<u8> {
    packet(
        5,
        &[
            &id(number),
            &text(handle),
            &offset.to_be_bytes(),
            &len.to_be_bytes(),
        ],
    )
}

/// A WRITE.
pub fn write(number: u32, handle: &[u8], offset: u64, data: &[u8]) -> Vec<u8> {
    packet(
        6,
        &[
            &id(number),
            &text(handle),
            &offset.to_be_bytes(),
            &text(data),
        ],
    )
}

/// An extended request.
pub fn extended(number: u32, name: &str, fields: &[&[u8]]) -> Vec<u8> {
    packet(
        200,
        &[&id(number), &text(name.as_bytes()), &fields.concat()],
    )
}

/// A request with one string: a path or a handle.
pub fn about(kind: u8, number: u32, bytes: &[u8]) -> Vec<u8> {
    packet(kind, &[&id(number), &text(bytes)])
}
