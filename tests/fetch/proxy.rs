//! A way to the server that breaks off.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

/// Hands bytes on, until it does not.
pub struct Proxy {
    pub port: u16,
    /// Bytes that came from the server.
    pub moved: Arc<AtomicU64>,
    /// Connections that were made.
    pub connections: Arc<AtomicUsize>,
}

/// When a connection is cut.
#[derive(Clone)]
pub enum Cut {
    /// After so many bytes from the server, each.
    Each(u64),
    /// The first after so many bytes; later ones at once.
    First(u64),
    /// Never; after so many bytes the first one stands still until the sender's other half is dropped or speaks.
    Still(
        u64,
        Arc<Mutex<Option<std::sync::mpsc::Receiver<()>>>>,
        Sender<()>,
    ),
}

impl Proxy {
    pub fn start(server: u16, cut: Cut) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            moved: Arc::default(),
            connections: Arc::default(),
        };
        let (moved, connections) = (Arc::clone(&proxy.moved), Arc::clone(&proxy.connections));
        thread::spawn(move || {
            for client in listener.incoming() {
                let number = connections.fetch_add(1, Ordering::SeqCst);
                let Ok(client) = client else { return };
                let (cut, moved) = (cut.clone(), Arc::clone(&moved));
                thread::spawn(move || serve(client, server, number, &cut, &moved));
            }
        });
        proxy
    }

    /// A proxy whose first connection stands still. Hears when it does; let go of it with the other half.
    pub fn standing(server: u16, after: u64) -> (Self, std::sync::mpsc::Receiver<()>, Sender<()>) {
        let (stands, standing) = channel();
        let (go, going) = channel();
        let cut = Cut::Still(after, Arc::new(Mutex::new(Some(going))), stands);
        (Self::start(server, cut), standing, go)
    }
}

fn serve(client: TcpStream, server: u16, number: usize, cut: &Cut, moved: &AtomicU64) {
    let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
    let mut up = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut up.0, &mut up.1);
        let _ = up.1.shutdown(Shutdown::Both);
    });
    let (mut from, mut to) = (server, client);
    let mut left = match cut {
        Cut::Each(bytes) | Cut::Still(bytes, ..) => *bytes,
        Cut::First(bytes) if number == 0 => *bytes,
        Cut::First(_) => 0,
    };
    let mut buffer = vec![0; 16 << 10];
    while let Ok(count) = from.read(&mut buffer) {
        if count as u64 > left
            && let Cut::Still(_, going, stands) = cut
            && let Some(going) = going.lock().unwrap().take()
        {
            stands.send(()).unwrap();
            let _ = going.recv();
            left = u64::MAX;
        }
        if count == 0 || count as u64 > left {
            break;
        }
        left -= count as u64;
        moved.fetch_add(count as u64, Ordering::SeqCst);
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
