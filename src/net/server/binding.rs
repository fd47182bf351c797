//! Taking a port, on both loopbacks unless told otherwise.
//!
//! Tunnels dial `localhost` and may try `127.0.0.1` or `[::1]` first, so a listener on one of them
//! would miss deliveries, or worse, leave the other to somebody else.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::task::{Context, Poll};

use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// How often another free port is tried when only one of the loopbacks has it free.
const TRIES: usize = 16;

/// One or two listening sockets with the same port.
#[derive(Debug)]
pub struct Listener {
    sockets: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
    /// Which socket is asked first: they take turns.
    first: usize,
}

/// Why a port could not be taken.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {problem}")]
pub struct BindError {
    /// The address that was refused.
    pub address: SocketAddr,
    /// What stands in the way.
    pub problem: BindProblem,
}

/// What stands in the way of listening.
#[derive(Debug)]
pub enum BindProblem {
    /// Somebody listens there already.
    InUse,
    /// The address is not one of this machine's.
    NotLocal,
    /// The port needs privileges.
    Privileged,
    /// Anything else.
    Other(io::Error),
}

impl fmt::Display for BindProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse => formatter.write_str("the port is in use"),
            Self::NotLocal => formatter.write_str("the address is not one of this machine's"),
            Self::Privileged => formatter.write_str("the port needs privileges"),
            Self::Other(error) => error.fmt(formatter),
        }
    }
}

impl From<io::Error> for BindProblem {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AddrInUse => Self::InUse,
            io::ErrorKind::AddrNotAvailable => Self::NotLocal,
            io::ErrorKind::PermissionDenied => Self::Privileged,
            _ => Self::Other(error),
        }
    }
}

impl Listener {
    /// Listens on `host`, or on both loopbacks when there is none. Port 0 means any free port,
    /// the same one on both. Needs a running tokio runtime.
    ///
    /// # Errors
    /// When an address cannot be taken; a machine without `[::1]` does without it.
    pub fn bind(host: Option<IpAddr>, port: u16) -> Result<Self, BindError> {
        if let Some(host) = host {
            return Self::on(vec![open(SocketAddr::new(host, port))?]);
        }
        let mut tries_left = if port == 0 { TRIES } else { 1 };
        loop {
            tries_left -= 1;
            match Self::on_loopbacks(port) {
                Err(refused) if tries_left > 0 && refused.is_in_use() => {}
                result => return result,
            }
        }
    }

    fn on_loopbacks(port: u16) -> Result<Self, BindError> {
        let wanted = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port);
        let four = open(wanted)?;
        let port = local_address(&four, wanted)?.port();
        let six = match open(SocketAddr::new(Ipv6Addr::LOCALHOST.into(), port)) {
            Ok(socket) => Some(socket),
            Err(refused) if refused.is_without_address_family() => None,
            Err(refused) => return Err(refused),
        };
        Self::on(std::iter::once(four).chain(six).collect())
    }

    fn on(sockets: Vec<TcpListener>) -> Result<Self, BindError> {
        let unknown = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
        let addresses = sockets
            .iter()
            .map(|socket| local_address(socket, unknown))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            sockets,
            addresses,
            first: 0,
        })
    }

    /// Where it listens; IPv4 first.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.addresses.first().map_or(0, SocketAddr::port)
    }

    /// The next connection on any of the sockets.
    pub(super) async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        std::future::poll_fn(|context| self.poll_accept(context)).await
    }

    fn poll_accept(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let count = self.sockets.len();
        self.first = (self.first + 1) % count.max(1);
        for turn in 0..count {
            let socket = &self.sockets[(self.first + turn) % count];
            if let Poll::Ready(accepted) = socket.poll_accept(context) {
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    }
}

impl BindError {
    fn new(address: SocketAddr, error: io::Error) -> Self {
        Self {
            address,
            problem: error.into(),
        }
    }

    /// Whether somebody else has the port.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        matches!(self.problem, BindProblem::InUse)
    }

    fn is_without_address_family(&self) -> bool {
        match &self.problem {
            BindProblem::NotLocal => true,
            BindProblem::Other(error) => matches!(
                error
                    .raw_os_error()
                    .map(rustix::io::Errno::from_raw_os_error),
                Some(rustix::io::Errno::AFNOSUPPORT | rustix::io::Errno::PROTONOSUPPORT)
            ),
            BindProblem::InUse | BindProblem::Privileged => false,
        }
    }
}

fn open(address: SocketAddr) -> Result<TcpListener, BindError> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    };
    let listen = |socket: TcpSocket| {
        // On Windows this would let a second program take the same port.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    socket
        .and_then(listen)
        .map_err(|error| BindError::new(address, error))
}

fn local_address(socket: &TcpListener, wanted: SocketAddr) -> Result<SocketAddr, BindError> {
    socket
        .local_addr()
        .map_err(|error| BindError::new(wanted, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_a_host_both_loopbacks_listen_on_one_port() {
        let listener = Listener::bind(None, 0).unwrap();
        let ports: Vec<u16> = listener.addresses().iter().map(SocketAddr::port).collect();
        assert!(
            ports
                .iter()
                .all(|port| *port == listener.port() && *port != 0)
        );
        assert_eq!(
            listener.addresses()[0].ip(),
            IpAddr::from(Ipv4Addr::LOCALHOST)
        );
        if std::net::TcpListener::bind("[::1]:0").is_ok() {
            assert_eq!(
                listener.addresses()[1].ip(),
                IpAddr::from(Ipv6Addr::LOCALHOST)
            );
        }
    }

    #[tokio::test]
    async fn a_port_in_use_is_named_with_its_address() {
        let holder = Listener::bind(None, 0).unwrap();
        let refused = Listener::bind(None, holder.port()).unwrap_err();
        assert!(refused.is_in_use());
        assert_eq!(
            refused.to_string(),
            format!(
                "cannot listen on 127.0.0.1:{}: the port is in use",
                holder.port()
            )
        );
    }

    #[tokio::test]
    async fn a_port_that_is_taken_on_one_loopback_only_is_refused() {
        let Ok(other) = std::net::TcpListener::bind("[::1]:0") else {
            return;
        };
        let port = other.local_addr().unwrap().port();
        let refused = Listener::bind(None, port).unwrap_err();
        assert!(refused.is_in_use() && refused.address.is_ipv6());
    }

    #[tokio::test]
    async fn an_address_of_another_machine_is_not_local() {
        let elsewhere = IpAddr::from([192, 0, 2, 1]);
        let refused = Listener::bind(Some(elsewhere), 0).unwrap_err();
        assert!(matches!(refused.problem, BindProblem::NotLocal));
    }
}
