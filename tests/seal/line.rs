//! A network between a party and the service that breaks when it is told to.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// Listens on a port of its own and passes everything on to the service.
pub struct Line {
    pub port: u16,
    /// Hears when the first connection that carries much has reached its end.
    pub reached: Receiver<()>,
}

/// What becomes of the connection that carries much.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It is cut.
    Cut,
    /// Nothing moves any more.
    Stalled,
}

impl Line {
    /// The first connection on which a party sends this many bytes ends like that; all others are sound.
    pub fn to(service: u16, most: usize, end: End) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, reached) = channel();
        thread::spawn(move || {
            let mut ended = false;
            for party in listener.incoming().map_while(Result::ok) {
                let Ok(service) = TcpStream::connect(("127.0.0.1", service)) else {
                    return;
                };
                let back = (service.try_clone().unwrap(), party.try_clone().unwrap());
                thread::spawn(move || pass(back.0, back.1, None));
                // One after the other, as padan connects.
                if pass(party, service, (!ended).then_some((most, end))) {
                    ended = true;
                    let _ = sender.send(());
                }
            }
        });
        Self { port, reached }
    }
}

/// Copies until the end; true if this was the connection that broke.
fn pass(mut from: TcpStream, mut to: TcpStream, limit: Option<(usize, End)>) -> bool {
    let mut buffer = vec![0; 16 << 10];
    let mut passed = 0;
    while let Ok(n) = from.read(&mut buffer) {
        if n == 0 || to.write_all(&buffer[..n]).is_err() {
            break;
        }
        passed += n;
        if let Some((most, end)) = limit
            && passed > most
        {
            if end == End::Cut {
                let _ = from.shutdown(Shutdown::Both);
                let _ = to.shutdown(Shutdown::Both);
            } else {
                // Whatever else comes is lost, until the party's process ends.
                thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut std::io::sink());
                    let _ = to.shutdown(Shutdown::Both);
                });
            }
            return true;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    false
}
