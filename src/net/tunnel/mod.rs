//! Which tunnel brings the world to this port, and under which public URL.
//!
//! Agents of ngrok and cloudflared tell it over HTTP on this machine; the user may tell it, too.
//! Only loopback addresses are asked, never for longer than a moment, and nothing that an agent
//! says is believed further than it must be: a public URL is a bare `https` origin of plain
//! characters, a local end is only compared, and both are safe to show.
//!
//! [`look`] asks · [`Tunnels`] judges by our port · [`compare`] says what is different from the
//! look before · [`Advice`] has the words. Inside, `places` says where to look, `ngrok` and
//! `cloudflared` read the answers, `process` finds running agents, `ask` makes the requests;
//! `public_url` and `upstream` are the two ends of a tunnel.

mod advice;
mod ask;
mod change;
mod cloudflared;
mod ngrok;
mod places;
mod process;
mod public_url;
mod tunnels;
mod upstream;

use std::net::SocketAddr;
use std::path::PathBuf;

use futures_util::future::{join, join_all};

use ask::Asker;
use process::Process;

pub use advice::Advice;
pub use change::{Change, compare};
pub use places::Places;
pub use public_url::{PublicUrl, PublicUrlError};
pub use tunnels::Tunnels;
pub use upstream::Upstream;

/// Who told of a tunnel; in this order they are preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The user: not doubted.
    Given,
    /// An ngrok agent.
    Ngrok,
    /// A quick tunnel of cloudflared.
    Cloudflared,
}

impl Kind {
    /// The name, for people and programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Ngrok => "ngrok",
            Self::Cloudflared => "cloudflared",
        }
    }
}

/// One tunnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Who told of it.
    pub kind: Kind,
    /// Its address on the internet.
    pub public: PublicUrl,
    /// Where it leads, if that could be told.
    pub upstream: Option<Upstream>,
    /// The agent that told; `None` if the user did.
    pub agent: Option<SocketAddr>,
}

impl Found {
    /// What the user gave.
    #[must_use]
    pub fn given(public: PublicUrl) -> Self {
        Self {
            kind: Kind::Given,
            public,
            upstream: None,
            agent: None,
        }
    }

    /// The port of this machine that it leads to, if that is so and known.
    #[must_use]
    pub fn local_port(&self) -> Option<u16> {
        let upstream = self.upstream.as_ref().filter(|upstream| upstream.is_here());
        upstream.and_then(Upstream::port)
    }

    /// Where it was found: `ngrok agent at 127.0.0.1:4040`.
    #[must_use]
    pub fn source(&self) -> String {
        match self.agent {
            Some(agent) => format!("{} agent at {agent}", self.kind.name()),
            None => "given with --public-url".to_owned(),
        }
    }

    /// What it is called in a sentence.
    fn name(&self) -> String {
        match self.kind {
            Kind::Given => format!("the public URL {}", self.public),
            kind => format!("the {} tunnel {}", kind.name(), self.public),
        }
    }

    fn is_same_tunnel(&self, other: &Self) -> bool {
        (self.kind, &self.public, &self.upstream) == (other.kind, &other.public, &other.upstream)
    }
}

/// Looks once at all places, all at the same time, for tunnels to this port of ours.
pub async fn look(port: u16, places: &Places) -> Tunnels {
    let asker = Asker::new(places.patience);
    // Whoever listens at our own port is ourselves: asking would be captured as a delivery.
    let is_other = |agent: &&SocketAddr| agent.port() != port;
    let agents = places.ngrok.iter().filter(is_other);
    let ngrok = join_all(agents.map(|agent| ngrok::ask(&asker, *agent)));
    let cloudflared = async {
        let mut processes = running(places.processes.clone()).await;
        for process in &mut processes {
            process.metrics.retain(|agent| agent.port() != port);
        }
        let usual = places.cloudflared.iter().filter(is_other).copied();
        cloudflared::ask(&asker, usual, &processes).await
    };
    let (ngrok, cloudflared) = join(ngrok, Box::pin(cloudflared)).await;
    let given = places.given.iter().cloned().map(Found::given);
    let found = given.chain(ngrok.into_iter().flatten()).chain(cloudflared);
    Tunnels::sort(port, found.collect())
}

async fn running(proc: Option<PathBuf>) -> Vec<Process> {
    let Some(proc) = proc else {
        return Vec::new();
    };
    let reading = tokio::task::spawn_blocking(move || process::running(&proc));
    reading.await.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use tempfile::TempDir;

    use super::*;
    use crate::net::client::peer::{Peer, Say};

    /// A tunnel as an agent might tell of it.
    pub(super) fn found(kind: Kind, public: &str, upstream: Option<&str>) -> Found {
        Found {
            kind,
            public: public.parse().unwrap(),
            upstream: upstream.map(Upstream::read),
            agent: match kind {
                Kind::Given => None,
                Kind::Ngrok => Some("127.0.0.1:4040".parse().unwrap()),
                Kind::Cloudflared => Some("127.0.0.1:20241".parse().unwrap()),
            },
        }
    }

    /// Answers this path with this body, and everything else with 404.
    async fn agent(path: &'static str, body: String) -> Peer {
        Peer::new(move |seen, _| {
            let asked = seen.head.split(' ').nth(1);
            let (status, body) = if asked == Some(path) {
                (200, body.as_str())
            } else {
                (404, "{}")
            };
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n");
            Say::Bytes(format!("{head}{body}").into_bytes())
        })
        .await
    }

    async fn ngrok_agent(port: u16) -> Peer {
        let body = format!(
            r#"{{"tunnels":[{{"public_url":"https://a.ngrok.app","config":{{"addr":"localhost:{port}"}}}}]}}"#
        );
        agent("/api/tunnels", body).await
    }

    async fn cloudflared_agent() -> Peer {
        let body = r#"{"hostname":"a-b.trycloudflare.com"}"#;
        agent("/quicktunnel", body.to_owned()).await
    }

    fn places(ngrok: &[&Peer], cloudflared: &[&Peer]) -> Places {
        let addresses = |peers: &[&Peer]| peers.iter().map(|peer| peer.address).collect();
        Places {
            given: None,
            ngrok: addresses(ngrok),
            cloudflared: addresses(cloudflared),
            processes: None,
            patience: Duration::from_secs(20),
        }
    }

    /// A directory like `/proc` in which a cloudflared runs with these flags.
    fn process(flags: &str) -> TempDir {
        let proc = tempfile::tempdir().unwrap();
        let folder = proc.path().join("7");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("comm"), "cloudflared\n").unwrap();
        let arguments = format!("cloudflared tunnel {flags}");
        fs::write(folder.join("cmdline"), arguments.replace(' ', "\0")).unwrap();
        proc
    }

    #[tokio::test]
    async fn the_tunnel_to_our_port_is_found_among_the_others() {
        let ours = ngrok_agent(6464).await;
        let other = ngrok_agent(3000).await;
        let tunnels = look(6464, &places(&[&other, &ours], &[])).await;
        let best = tunnels.best().unwrap();
        assert_eq!(
            (best.agent, best.local_port()),
            (Some(ours.address), Some(6464))
        );
        assert_eq!(best.source(), format!("ngrok agent at {}", ours.address));
        assert_eq!(tunnels.elsewhere.len(), 1);
        assert_eq!(tunnels.elsewhere[0].local_port(), Some(3000));
    }

    #[tokio::test]
    async fn a_quick_tunnel_is_unsure_until_its_process_tells_the_port() {
        let peer = cloudflared_agent().await;
        let mut places = places(&[], &[&peer]);
        let tunnels = look(6464, &places).await;
        assert_eq!((tunnels.reaching.len(), tunnels.unsure.len()), (0, 1));

        let proc = process(&format!("--url localhost:6464 --metrics {}", peer.address));
        places.cloudflared.clear();
        places.processes = Some(proc.path().to_owned());
        let tunnels = look(6464, &places).await;
        assert_eq!(tunnels.best().unwrap().local_port(), Some(6464));
        assert_eq!(tunnels.best().unwrap().kind, Kind::Cloudflared);
    }

    #[tokio::test]
    async fn a_given_url_needs_no_agent_and_wins() {
        let ours = ngrok_agent(6464).await;
        let mut places = places(&[&ours], &[]);
        places.given = Some("https://hooks.example.com/a".parse().unwrap());
        let tunnels = look(6464, &places).await;
        assert_eq!(tunnels.best().unwrap().kind, Kind::Given);
        assert_eq!(tunnels.reaching.len(), 2);
    }

    #[tokio::test]
    async fn we_never_ask_ourselves() {
        let ours = ngrok_agent(6464).await;
        let also = cloudflared_agent().await;
        let proc = process(&format!("--metrics {}", ours.address));
        let mut places = places(&[&ours, &also], &[&ours, &also]);
        places.processes = Some(proc.path().to_owned());
        look(ours.address.port(), &places).await;
        assert!(ours.seen().is_empty());
        assert!(!also.seen().is_empty());
    }

    #[tokio::test]
    async fn a_silent_agent_does_not_keep_the_others_from_being_found() {
        let silent: Vec<_> = [
            Peer::new(|_, _| Say::Hang).await,
            Peer::new(|_, _| Say::Hang).await,
        ]
        .into();
        let ours = ngrok_agent(6464).await;
        let mut places = places(&[&silent[0], &silent[1], &ours], &[&silent[0]]);
        places.patience = Duration::from_secs(5);
        let started = tokio::time::Instant::now();
        let tunnels = look(6464, &places).await;
        assert_eq!(tunnels.reaching.len(), 1);
        // One after the other they would take three times the patience.
        assert!(started.elapsed() < places.patience * 2);
    }

    #[tokio::test]
    async fn nobody_there_is_no_tunnel() {
        let gone = ngrok_agent(6464).await;
        let places = places(&[&gone], &[&gone]);
        drop(gone);
        assert_eq!(look(6464, &places).await, Tunnels::default());
    }
}
