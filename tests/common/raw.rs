//! An SFTP client that sends what it is told, right or wrong, and reads only when it is told to.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use russh::client::{Config, Handle, Handler, Msg, connect};
use russh::keys::{PrivateKeyWithHashAlg, PublicKeyOrCertificate, load_secret_key};
use russh::{Channel, ChannelMsg};

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
        let mut session = connect(Arc::new(config), address, Trusting).await.unwrap();
        let key = load_secret_key(key, None).unwrap();
        let key = PrivateKeyWithHashAlg::new(Arc::new(key), None);
        assert!(
            session
                .authenticate_publickey(party, key)
                .await
                .unwrap()
                .success()
        );
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
        raw.send(&packet(1, &[&3u32.to_be_bytes()])).await;
        let version = raw.packet().await.unwrap();
        assert_eq!(version[..5], [2, 0, 0, 0, 3]);
        raw
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
