//! Where tunnel agents are looked for: addresses of this machine, the list of its processes, and
//! what the user says.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::public_url::PublicUrl;

/// Each ngrok agent takes the next free port from 4040.
const NGROK: std::ops::RangeInclusive<u16> = 4040..=4045;
/// cloudflared takes the first free one of these.
const CLOUDFLARED: std::ops::RangeInclusive<u16> = 20241..=20245;
/// An agent on this machine answers within milliseconds.
const PATIENCE: Duration = Duration::from_millis(300);

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The public URL that the user gave.
    pub given: Option<PublicUrl>,
    /// Addresses of ngrok agents. One that is not a loopback address is never asked.
    pub ngrok: Vec<SocketAddr>,
    /// Addresses of cloudflared's metrics. One that is not a loopback address is never asked.
    pub cloudflared: Vec<SocketAddr>,
    /// The `/proc` in which running processes of cloudflared are looked for.
    pub processes: Option<PathBuf>,
    /// How long one request may take.
    pub patience: Duration,
}

impl Places {
    /// The places in words.
    pub const NAMES: &str = "ngrok (127.0.0.1:4040-4045) and cloudflared (localhost:20241-20245)";

    /// Where agents are by default, and the public URL that the user gave.
    #[must_use]
    pub fn usual(given: Option<PublicUrl>) -> Self {
        let loopback = |ip: IpAddr| move |port| SocketAddr::new(ip, port);
        let v4 = loopback(Ipv4Addr::LOCALHOST.into());
        let v6 = loopback(Ipv6Addr::LOCALHOST.into());
        Self {
            given,
            ngrok: NGROK.map(v4).collect(),
            cloudflared: CLOUDFLARED.map(v4).chain(CLOUDFLARED.map(v6)).collect(),
            processes: cfg!(target_os = "linux").then(|| PathBuf::from("/proc")),
            patience: PATIENCE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_places_are_on_this_machine_and_named() {
        let places = Places::usual(None);
        assert_eq!(places.ngrok.len(), 6);
        assert_eq!(places.cloudflared.len(), 10);
        let mut all = places.ngrok.iter().chain(&places.cloudflared);
        assert!(all.all(|address| address.ip().is_loopback()));
        for port in [
            NGROK.start(),
            NGROK.end(),
            CLOUDFLARED.start(),
            CLOUDFLARED.end(),
        ] {
            assert!(Places::NAMES.contains(&port.to_string()));
        }
    }
}
