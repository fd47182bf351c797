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
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::target::Target;
use crate::delivery::Failure;

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

impl Stream {
    /// Connects to the target until the deadline.
    pub(super) async fn open(
        target: &Target,
        tls: Option<Arc<ClientConfig>>,
        deadline: Instant,
    ) -> Result<(Self, Opening), Failure> {
        let started = Instant::now();
        let late = || {
            let seconds = deadline.duration_since(started);
            Failure::Unreachable(format!("no connection within {seconds:.1?}"))
        };
        let socket = timeout_at(deadline, connect(target, deadline))
            .await
            .map_err(|_| late())??;
        let connect = started.elapsed();
        let Some(config) = tls else {
            let opening = Opening { connect, tls: None };
            return Ok((Self::Plain(socket), opening));
        };
        let name = ServerName::try_from(target.host().to_owned())
            .map_err(|_| Failure::Tls("the host is no name for a certificate".to_owned()))?;
        let handshake = TlsConnector::from(config).connect(name, socket);
        let stream = timeout_at(deadline, handshake)
            .await
            .map_err(|_| Failure::Tls("no handshake in time".to_owned()))?
            .map_err(|error| Failure::Tls(tls_problem(&error)))?;
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

async fn connect(target: &Target, deadline: Instant) -> Result<TcpStream, Failure> {
    let addresses = resolve(target).await?;
    let mut failure = Failure::Unreachable(format!("{} has no address", target.host()));
    let mut left = addresses.len();
    for address in addresses {
        // Every address gets its share of the time, so that one that drops packets does not
        // keep the next from being tried.
        let share = deadline.saturating_duration_since(Instant::now())
            / u32::try_from(left).unwrap_or(u32::MAX).max(1);
        left -= 1;
        match timeout_at(Instant::now() + share, TcpStream::connect(address)).await {
            Ok(Ok(socket)) => {
                // A failure here costs speed alone.
                let _ = socket.set_nodelay(true);
                return Ok(socket);
            }
            Ok(Err(error)) => failure = Failure::Unreachable(connect_problem(&error, address)),
            Err(_) => {
                failure = Failure::Unreachable(format!("{address} did not answer in {share:.1?}"));
            }
        }
    }
    Err(failure)
}

async fn resolve(target: &Target) -> Result<Vec<SocketAddr>, Failure> {
    let host = target.host();
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, target.port())]);
    }
    let found: Vec<SocketAddr> = lookup_host((host, target.port()))
        .await
        .map_err(|_| Failure::Unreachable(format!("the name {host} cannot be resolved")))?
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
            Err(Failure::Unreachable(message))
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

fn tls_problem(error: &io::Error) -> String {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidMessage(_)) => "the peer does not speak TLS".to_owned(),
        Some(problem) => problem.to_string(),
        None => match error.kind() {
            io::ErrorKind::UnexpectedEof => "the peer closed during the handshake".to_owned(),
            kind => kind.to_string(),
        },
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
