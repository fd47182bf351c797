//! How the outside reaches the listener: looked for on start and every few seconds, and believed to
//! be gone only after two looks in vain.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::delivery::Head;
use crate::net::tunnel::{Found, Kind, Places, Tunnels, look};
use crate::tui::world::Tunnel;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(3);

/// So many looks in vain, and a tunnel is gone: agents are busy now and then.
const MISSES: u32 = 2;

/// Looks for the tunnel that reaches this port until nobody wants to know any more. `path` is the
/// only one that is answered, if there is one.
pub(in crate::commands) fn watch(
    port: u16,
    places: Places,
    path: Option<String>,
) -> watch::Receiver<Tunnel> {
    let (sender, receiver) = watch::channel(Tunnel::Unknown);
    tokio::spawn(async move {
        let mut outlook = Outlook {
            path,
            shown: Tunnel::Unknown,
            misses: 0,
        };
        loop {
            let found = tokio::select! {
                () = sender.closed() => return,
                found = look(port, &places) => found,
            };
            let shown = outlook.after(&found);
            sender.send_if_modified(|known| {
                let is_new = known != shown;
                if is_new {
                    known.clone_from(shown);
                }
                is_new
            });
            tokio::select! {
                () = sender.closed() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    });
    receiver
}

/// What is shown, look after look.
struct Outlook {
    path: Option<String>,
    shown: Tunnel,
    misses: u32,
}

impl Outlook {
    fn after(&mut self, tunnels: &Tunnels) -> &Tunnel {
        let now = self.read(tunnels);
        let is_miss = matches!(now, Tunnel::None { .. });
        self.misses = if is_miss { self.misses + 1 } else { 0 };
        let shown = std::mem::take(&mut self.shown);
        self.shown = match (shown, now) {
            (shown @ Tunnel::Found { .. }, Tunnel::None { .. }) if self.misses < MISSES => shown,
            (Tunnel::Found { url, by, .. }, Tunnel::None { .. }) => Tunnel::Down { url, by },
            (shown @ Tunnel::Down { .. }, Tunnel::None { .. }) => shown,
            (_, now) => now,
        };
        &self.shown
    }

    fn read(&self, tunnels: &Tunnels) -> Tunnel {
        if let Some(found) = tunnels.best() {
            return Tunnel::Found {
                url: self.address(found),
                by: found.kind.name().to_owned(),
                how: how(found),
                used: false,
            };
        }
        if let Some(found) = tunnels.misdirected().next() {
            let upstream = found.upstream.as_ref();
            return Tunnel::Elsewhere {
                url: found.public.to_string(),
                by: found.kind.name().to_owned(),
                port: upstream.and_then(|upstream| upstream.port()).unwrap_or(0),
            };
        }
        let looked = Places::NAMES.split(" and ").map(str::to_owned).collect();
        Tunnel::None { looked }
    }

    fn address(&self, found: &Found) -> String {
        match &self.path {
            Some(path) => found.public.webhook_url(path),
            None => found.public.to_string(),
        }
    }
}

/// How a tunnel was found, and where it leads as far as its agent says.
fn how(found: &Found) -> String {
    let source = found.source();
    match (found.kind, found.local_port()) {
        (Kind::Given, _) => source,
        (_, Some(port)) => format!("the {source}, which forwards to port {port}"),
        (_, None) => format!("the {source}, which does not say where it forwards: P tries it"),
    }
}

/// Notices the first request that came through the tunnel.
#[derive(Debug, Clone, Default)]
pub(in crate::commands) struct Traffic(Arc<Noticed>);

#[derive(Debug, Default)]
struct Noticed {
    host: Mutex<Option<String>>,
    used: AtomicBool,
}

impl Traffic {
    /// Looks at a request that came in.
    pub(in crate::commands) fn came(&self, head: &Head) {
        if self.0.used.load(Ordering::Relaxed) {
            return;
        }
        let host = self.host();
        let Some(host) = host.as_deref() else { return };
        let names_it = ["host", "x-forwarded-host"].into_iter().any(|name| {
            head.headers_named(name)
                .any(|value| value.eq_ignore_ascii_case(host.as_bytes()))
        });
        if names_it {
            self.0.used.store(true, Ordering::Relaxed);
        }
    }

    /// The tunnel, with whether it was used.
    pub(super) fn told(&self, mut tunnel: Tunnel) -> Tunnel {
        let mut host = self.host();
        if let Tunnel::Found { url, used, .. } = &mut tunnel {
            let rest = url.split_once("://").map_or(&**url, |(_, rest)| rest);
            let now = rest.split('/').next().unwrap_or(rest);
            if host.as_deref() != Some(now) {
                *host = Some(now.to_owned());
                self.0.used.store(false, Ordering::Relaxed);
            }
            *used = self.0.used.load(Ordering::Relaxed);
        }
        tunnel
    }

    fn host(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.0.host.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Header;
    use crate::net::client::peer::{Nobody, Peer, Say};
    use crate::net::tunnel::Upstream;

    fn tunnels(upstream: &str) -> Tunnels {
        let found = Found {
            kind: Kind::Ngrok,
            public: "https://abc123.ngrok-free.app".parse().unwrap(),
            upstream: Some(Upstream::read(upstream)),
            agent: Some("127.0.0.1:4040".parse().unwrap()),
        };
        Tunnels::sort(6464, vec![found])
    }

    fn outlook() -> Outlook {
        Outlook {
            path: None,
            shown: Tunnel::Unknown,
            misses: 0,
        }
    }

    #[test]
    fn a_tunnel_is_gone_after_two_looks_in_vain_and_not_after_one() {
        let mut outlook = outlook();
        assert_eq!(outlook.after(&tunnels("6464")).word(), "found");
        assert_eq!(outlook.after(&Tunnels::default()).word(), "found");
        assert_eq!(outlook.after(&tunnels("6464")).word(), "found");
        assert_eq!(outlook.after(&Tunnels::default()).word(), "found");
        assert_eq!(outlook.after(&Tunnels::default()).word(), "DOWN");
        assert_eq!(outlook.after(&Tunnels::default()).word(), "DOWN");
        assert_eq!(outlook.after(&tunnels("6464")).word(), "found");
    }

    #[test]
    fn a_tunnel_to_another_port_is_told_with_that_port() {
        let mut outlook = outlook();
        assert!(matches!(
            outlook.after(&tunnels("3000")),
            Tunnel::Elsewhere { port: 3000, .. }
        ));
        assert!(matches!(
            outlook.after(&Tunnels::default()),
            Tunnel::None { looked } if looked.len() == 2
        ));
    }

    #[test]
    fn a_request_for_the_public_host_came_through_the_tunnel() {
        let traffic = Traffic::default();
        let mut outlook = outlook();
        let found = outlook.after(&tunnels("6464")).clone();
        assert_eq!(traffic.told(found.clone()).word(), "found");
        let head =
            |host: &'static str| Head::build("POST", b"/", &[Header::new("Host", host)]).unwrap();
        traffic.came(&head("localhost:6464"));
        assert_eq!(traffic.told(found.clone()).word(), "found");
        traffic.came(&head("ABC123.ngrok-free.app"));
        assert_eq!(traffic.told(found).word(), "ok");
    }

    /// Serves this body at this path of an agent's address, until it is dropped.
    async fn agent(path: &'static str, body: String) -> Peer {
        Peer::new(move |seen, _| {
            let is_asked = seen.head.split(' ').nth(1) == Some(path);
            let (status, body) = if is_asked { (200, &*body) } else { (404, "{}") };
            let length = body.len();
            let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{body}");
            Say::Bytes(answer.into_bytes())
        })
        .await
    }

    async fn ngrok(port: u16) -> Peer {
        let body = format!(
            r#"{{"tunnels":[{{"public_url":"https://abc123.ngrok-free.app","config":{{"addr":"http://localhost:{port}"}}}}]}}"#
        );
        agent("/api/tunnels", body).await
    }

    fn places(ngrok: &[std::net::SocketAddr], cloudflared: &[std::net::SocketAddr]) -> Places {
        Places {
            given: None,
            ngrok: ngrok.to_vec(),
            cloudflared: cloudflared.to_vec(),
            processes: None,
            patience: Duration::from_secs(20),
        }
    }

    /// The first thing said about the tunnel that is so.
    async fn said(
        tunnels: &mut watch::Receiver<Tunnel>,
        is_so: impl FnMut(&Tunnel) -> bool,
    ) -> Tunnel {
        let said = tokio::time::timeout(Duration::from_secs(60), tunnels.wait_for(is_so)).await;
        said.unwrap().unwrap().clone()
    }

    #[tokio::test]
    async fn a_tunnel_to_our_port_is_found_by_the_first_look() {
        let peer = ngrok(6464).await;
        let mut tunnels = super::watch(6464, places(&[peer.address], &[]), None);
        let found = said(&mut tunnels, |tunnel| *tunnel != Tunnel::Unknown).await;
        assert_eq!(found.url(), Some("https://abc123.ngrok-free.app"));
    }

    #[tokio::test]
    async fn agents_of_other_ports_offer_nothing_but_the_port_they_lead_to() {
        let peer = ngrok(3000).await;
        let mut tunnels = super::watch(6464, places(&[peer.address], &[]), None);
        let told = said(&mut tunnels, |tunnel| *tunnel != Tunnel::Unknown).await;
        assert_eq!(told.url(), None);
        assert!(
            matches!(told, Tunnel::Elsewhere { port: 3000, .. }),
            "{told:?}"
        );
    }

    #[tokio::test]
    async fn a_quick_tunnel_that_does_not_say_where_it_leads_is_offered_with_that_word() {
        let quick = agent(
            "/quicktunnel",
            r#"{"hostname":"a-b.trycloudflare.com"}"#.into(),
        )
        .await;
        let mut tunnels = super::watch(6464, places(&[], &[quick.address]), None);
        let told = said(&mut tunnels, |tunnel| *tunnel != Tunnel::Unknown).await;
        assert_eq!(told.url(), Some("https://a-b.trycloudflare.com"));
        let Tunnel::Found { how, .. } = &told else {
            panic!("{told:?}");
        };
        assert!(how.contains("does not say where it forwards"), "{how}");
    }

    #[tokio::test]
    async fn a_tunnel_that_starts_later_appears_by_itself() {
        let peer = ngrok(6464).await;
        let nobody = Nobody::new();
        let mut tunnels = super::watch(6464, places(&[nobody.address], &[]), None);
        let none = said(&mut tunnels, |tunnel| *tunnel != Tunnel::Unknown).await;
        assert!(matches!(none, Tunnel::None { .. }), "{none:?}");
        let listener = nobody.listen();
        let target = peer.address;
        let relay = tokio::spawn(async move {
            while let Ok((mut here, _)) = listener.accept().await {
                if let Ok(mut there) = tokio::net::TcpStream::connect(target).await {
                    let _ = tokio::io::copy_bidirectional(&mut here, &mut there).await;
                }
            }
        });
        let found = said(&mut tunnels, |tunnel| tunnel.word() == "found").await;
        assert_eq!(found.url(), Some("https://abc123.ngrok-free.app"));
        // It takes a pause and a look at most.
        let most = PAUSE + Places::usual(None).patience;
        assert!(most < Duration::from_secs(5), "{most:?}");
        relay.abort();
    }
}
