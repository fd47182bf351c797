//! A connection to a target: resolved once, connected to one of those addresses, TLS on top.

use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::target::Target;

/// A plain or encrypted byte stream.
pub(super) enum Stream {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

/// How long it took to get a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opening {
    pub(super) connect: Duration,
    pub(super) tls: Option<Duration>,
}

/// Why there is no connection.
pub(super) enum NotOpened {
    /// Nobody to connect to.
    Unreachable(String),
    /// The host of the target is none that a certificate could be for.
    NoName,
    /// The handshake failed.
    Handshake(io::Error),
}

impl Stream {
    /// Connects to the target. The deadline is only shared out among its addresses: keeping it is
    /// the caller's.
    pub(super) async fn open(
        target: &Target,
        tls: Option<Arc<ClientConfig>>,
        deadline: Instant,
    ) -> Result<(Self, Opening), NotOpened> {
        let started = Instant::now();
        let socket = connect(target, deadline).await?;
        let connect = started.elapsed();
        let Some(config) = tls else {
            let opening = Opening { connect, tls: None };
            return Ok((Self::Plain(socket), opening));
        };
        let name = ServerName::try_from(target.host().to_owned()).map_err(|_| NotOpened::NoName)?;
        let stream = TlsConnector::from(config)
            .connect(name, socket)
            .await
            .map_err(NotOpened::Handshake)?;
        let opening = Opening {
            connect,
            tls: Some(started.elapsed().saturating_sub(connect)),
        };
        Ok((Self::Encrypted(Box::new(stream)), opening))
    }

    /// Whether an idle connection still looks usable: the peer has neither closed it nor said
    /// something that nobody asked for.
    pub(super) fn is_quiet(&mut self) -> bool {
        // The kernel is asked, since the runtime hears of a close only when it next looks.
        let mut byte = [0];
        match recv(self.socket(), &mut byte, RecvFlags::PEEK) {
            Err(Errno::AGAIN) => true,
            Ok((_, 1)) => self.said_nothing(),
            Ok(_) | Err(_) => false,
        }
    }

    /// Whether the bytes that came are none of the peer's own: session tickets may arrive at any
    /// time, so may the word that it is about to close.
    fn said_nothing(&mut self) -> bool {
        let Self::Encrypted(stream) = self else {
            return false;
        };
        let mut byte = [0];
        let mut read = ReadBuf::new(&mut byte);
        let mut context = Context::from_waker(Waker::noop());
        let reading = Pin::new(stream.as_mut()).poll_read(&mut context, &mut read);
        reading.is_pending()
    }

    /// Waits until the peer resets the connection; says whether it did, as opposed to another error.
    pub(super) async fn reset(&self) -> bool {
        let socket = self.socket();
        // It fails only with its runtime.
        let _ = socket.ready(Interest::ERROR).await;
        matches!(
            socket.take_error().ok().flatten().map(|error| error.kind()),
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
        )
    }

    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Encrypted(stream) => stream.get_ref().0,
        }
    }
}

async fn connect(target: &Target, deadline: Instant) -> Result<TcpStream, NotOpened> {
    let addresses = resolve(target).await?;
    let mut problem = format!("{} has no address", target.host());
    let mut left = addresses.len();
    for address in addresses {
        // Every address gets its share of the time, so that one that drops packets does not
        // keep the next from being tried. The last one has all that is left.
        let share = deadline.saturating_duration_since(Instant::now())
            / u32::try_from(left).unwrap_or(u32::MAX).max(1);
        left -= 1;
        let connecting = TcpStream::connect(address);
        let connected = match left {
            0 => Ok(connecting.await),
            _ => timeout(share, connecting).await,
        };
        match connected {
            Ok(Ok(socket)) => {
                // A failure here costs speed alone.
                let _ = socket.set_nodelay(true);
                return Ok(socket);
            }
            Ok(Err(error)) => problem = connect_problem(&error, address),
            Err(_) => problem = format!("{address} did not answer in {share:.1?}"),
        }
    }
    Err(NotOpened::Unreachable(problem))
}

async fn resolve(target: &Target) -> Result<Vec<SocketAddr>, NotOpened> {
    let host = target.host();
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, target.port())]);
    }
    let found: Vec<SocketAddr> = lookup_host((host, target.port()))
        .await
        .map_err(|_| NotOpened::Unreachable(format!("the name {host} cannot be resolved")))?
        .collect();
    let admitted: Vec<SocketAddr> = found
        .iter()
        .copied()
        .filter(|address| target.admits(address.ip()))
        .collect();
    match (admitted.is_empty(), found.first()) {
        (true, Some(address)) => {
            let why = if target.is_loopback() {
                "which is not this machine"
            } else {
                "a link-local or metadata address, and never a target"
            };
            let ip = address.ip();
            let message = format!("refused: {host} resolves to {ip}, {why}");
            Err(NotOpened::Unreachable(message))
        }
        _ => Ok(admitted),
    }
}

fn connect_problem(error: &io::Error, address: SocketAddr) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            format!("connection refused: nothing is listening on {address}")
        }
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            format!("there is no route to {address}")
        }
        kind => format!("{address}: {kind}"),
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_read(context, buffer),
            Self::Encrypted(stream) => Pin::new(stream.as_mut()).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write(context, bytes),
            Self::Encrypted(stream) => Pin::new(stream.as_mut()).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write_vectored(context, parts),
            Self::Encrypted(stream) => {
                Pin::new(stream.as_mut()).poll_write_vectored(context, parts)
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_flush(context),
            Self::Encrypted(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(context),
            Self::Encrypted(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
        }
    }
}
