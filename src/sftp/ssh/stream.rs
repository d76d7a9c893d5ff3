//! The socket under a connection: read through a large buffer, and closable from outside.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustix::net::Shutdown;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// russh reads a packet's length and body separately; this makes one system call of many packets.
const BUFFER: usize = 256 * 1024;

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
            // Zero pages: memory is used only as far as a client fills it.
            buffer: vec![0; BUFFER].into_boxed_slice(),
            start: 0,
            end: 0,
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
    /// Something was read and nothing written since.
    unanswered: bool,
}

impl AsyncRead for Buffered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.start == this.end {
            let Poll::Ready(received) = receive(&this.socket, cx, &mut this.buffer) else {
                this.acknowledge();
                return Poll::Pending;
            };
            (this.start, this.end) = (0, received?);
            this.unanswered = true;
        }
        let held = this.buffer.get(this.start..this.end).unwrap_or_default();
        let part = held.get(..into.remaining()).unwrap_or(held);
        into.put_slice(part);
        this.start += part.len();
        Poll::Ready(Ok(()))
    }
}

impl Buffered {
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

impl AsyncWrite for Buffered {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.unanswered = false;
        loop {
            ready!(self.socket.poll_write_ready(cx))?;
            match self.socket.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let _ = rustix::net::shutdown(&*self.socket, Shutdown::Write);
        Poll::Ready(Ok(()))
    }
}

fn receive(socket: &TcpStream, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
    loop {
        ready!(socket.poll_read_ready(cx))?;
        match socket.try_read(into) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            result => return Poll::Ready(result),
        }
    }
}
