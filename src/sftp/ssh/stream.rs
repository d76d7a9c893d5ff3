//! The socket under a connection: read through a large buffer, and closable from outside.

use std::io::{self, IoSliceMut};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustix::net::Shutdown;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::yield_now;

/// russh asks for a packet's length, then for its body. What comes beyond that is kept for the next packet: small, so
/// that bodies of a transfer go straight where they belong, and large enough for many small packets at once.
const BUFFER: usize = 8 * 1024;

/// Bytes in either direction after which a connection lets the others on its thread have a turn, however fast its client
/// sends and reads.
const TURN: usize = 256 * 1024;

/// A connection's socket. russh owns the stream and its task, so closing the socket is how a session is ended from
/// outside.
#[derive(Debug, Clone)]
pub(crate) struct Socket(Arc<TcpStream>);

impl Socket {
    /// Wraps an accepted connection.
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self(Arc::new(stream))
    }

    /// Ends the connection; its session sees the end of its input.
    pub(crate) fn cut(&self) {
        // Fails only when the other side has ended it already.
        let _ = rustix::net::shutdown(&*self.0, Shutdown::Both);
    }

    /// The stream for the session.
    pub(crate) fn buffered(&self) -> Buffered {
        Buffered {
            socket: Arc::clone(&self.0),
            buffer: vec![0; BUFFER].into_boxed_slice(),
            start: 0,
            end: 0,
            turn: 0,
            pause: None,
            unanswered: false,
        }
    }
}

/// A socket with a read buffer.
pub(crate) struct Buffered {
    socket: Arc<TcpStream>,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Bytes read and written since others could have a turn.
    turn: usize,
    /// Others are having theirs.
    pause: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// Something was read and nothing written since.
    unanswered: bool,
}

impl Buffered {
    /// Counts what was transferred; waiting for the client has let others have their turn.
    fn count(&mut self, transferred: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &transferred {
            Poll::Ready(Ok(count)) => self.turn += count,
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.turn = 0,
        }
        transferred
    }

    /// Ready as long as the turn is not over; else the connection goes on when the others have had theirs.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.turn < TURN {
            return Poll::Ready(());
        }
        // The runtime's own way also looks for news from the network, and does not wake another thread to take over.
        let pause = self.pause.get_or_insert_with(|| Box::pin(yield_now()));
        ready!(pause.as_mut().poll(cx));
        self.pause = None;
        self.turn = 0;
        Poll::Ready(())
    }

    /// Acknowledges at once what gets no answer. Many clients leave Nagle's algorithm on and write a packet in two
    /// pieces, or a window before a request: they hold the second back until the first is acknowledged, and the kernel
    /// would wait 40 ms with that, at each request. An answer carries the acknowledgement itself.
    fn acknowledge(&mut self) {
        if std::mem::take(&mut self.unanswered) {
            // Where this fails the client is slower, no more.
            let _ = rustix::net::sockopt::set_tcp_quickack(&*self.socket, true);
        }
    }
}

impl AsyncRead for Buffered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.start < this.end {
            let held = this.buffer.get(this.start..this.end).unwrap_or_default();
            let part = held.get(..into.remaining()).unwrap_or(held);
            into.put_slice(part);
            this.start += part.len();
            return Poll::Ready(Ok(()));
        }
        ready!(this.poll_turn(cx));
        let room = into.initialize_unfilled();
        let wanted = room.len();
        let received = receive(&this.socket, cx, room, &mut this.buffer);
        if received.is_pending() {
            this.acknowledge();
        }
        let received = ready!(this.count(received))?;
        this.unanswered = true;
        into.advance(received.min(wanted));
        (this.start, this.end) = (0, received.saturating_sub(wanted));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Buffered {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.unanswered = false;
        ready!(self.poll_turn(cx));
        let sent = send(&self.socket, cx, bytes.get(..TURN).unwrap_or(bytes));
        self.count(sent)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let _ = rustix::net::shutdown(&*self.socket, Shutdown::Write);
        Poll::Ready(Ok(()))
    }
}

/// Reads into `first`, and into `then` what comes beyond it.
fn receive(
    socket: &TcpStream,
    cx: &mut Context<'_>,
    first: &mut [u8],
    then: &mut [u8],
) -> Poll<io::Result<usize>> {
    let mut parts = [IoSliceMut::new(first), IoSliceMut::new(then)];
    loop {
        ready!(socket.poll_read_ready(cx))?;
        match socket.try_read_vectored(&mut parts) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            result => return Poll::Ready(result),
        }
    }
}

fn send(socket: &TcpStream, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
    loop {
        ready!(socket.poll_write_ready(cx))?;
        match socket.try_write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            result => return Poll::Ready(result),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::task::Poll;

    use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
    use tokio::net::{TcpListener, TcpStream};

    use super::{BUFFER, Buffered, Socket, TURN};

    async fn pair() -> (TcpStream, Buffered) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let client = TcpStream::connect(address).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        (client, Socket::new(stream).buffered())
    }

    #[tokio::test]
    async fn bytes_arrive_in_order_however_they_are_asked_for() {
        let (mut client, mut server) = pair().await;
        let sent: Vec<u8> = (0..3 * TURN as u32)
            .map(|number| (number / 7) as u8)
            .collect();
        let expected = sent.clone();
        let sender = tokio::spawn(async move { client.write_all(&sent).await });
        let mut arrived = Vec::new();
        for size in [4, 1, 32 * 1024, 4, BUFFER, 0, BUFFER + 1, 2 * BUFFER, 3]
            .into_iter()
            .cycle()
        {
            let mut piece = vec![0; size.min(expected.len() - arrived.len())];
            server.read_exact(&mut piece).await.unwrap();
            arrived.extend(piece);
            if arrived.len() == expected.len() {
                break;
            }
        }
        assert!(arrived == expected);
        sender.await.unwrap().unwrap();
        assert_eq!(server.read(&mut [0; 1]).await.unwrap(), 0, "the end");
    }

    #[tokio::test]
    async fn others_get_a_turn_although_there_is_more_to_read() {
        let (mut client, mut server) = pair().await;
        let sender = tokio::spawn(async move { client.write_all(&vec![1; 4 * TURN]).await });
        let (mut turns, mut left) = (0, 4 * TURN);
        let mut piece = vec![0; TURN / 4];
        while left > 0 {
            server.socket.readable().await.unwrap();
            let mut into = ReadBuf::new(&mut piece);
            poll_fn(|cx| {
                // One that waits for the client has no pause.
                let pending = Pin::new(&mut server).poll_read(cx, &mut into).is_pending();
                turns += usize::from(pending && server.pause.is_some());
                Poll::Ready(())
            })
            .await;
            left -= into.filled().len();
        }
        assert!(turns > 0);
        sender.await.unwrap().unwrap();
    }
}
