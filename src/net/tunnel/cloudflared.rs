//! What cloudflared says about its quick tunnel: `/quicktunnel` on its metrics address.
//!
//! It tells the public name alone. Where the tunnel leads comes from the process, if it can be
//! seen.

use std::net::SocketAddr;

use futures_util::future::join_all;
use serde_json::Value;

use super::ask::Asker;
use super::process::Process;
use super::public_url::PublicUrl;
use super::upstream::Upstream;
use super::{Found, Kind};

/// Every quick tunnel is under this domain. The metrics port is anybody's who takes it first, so
/// another name is not believed.
const DOMAIN: &str = ".trycloudflare.com";
/// The service that hands tunnels out is no tunnel.
const SERVICE: &str = "api.trycloudflare.com";

/// The quick tunnels of the agents at these addresses, and of these processes.
pub(super) async fn ask(
    asker: &Asker,
    usual: impl IntoIterator<Item = SocketAddr>,
    processes: &[Process],
) -> Vec<Found> {
    let mut agents: Vec<SocketAddr> = usual.into_iter().collect();
    agents.extend(processes.iter().flat_map(|process| &process.metrics));
    agents.sort_unstable();
    agents.dedup();
    let asked = agents.into_iter().map(|agent| async move {
        let answer = asker.get(agent, "/quicktunnel").await?;
        let public = (answer.status == 200).then(|| quick_tunnel(&answer.body))??;
        Some(Found {
            kind: Kind::Cloudflared,
            public,
            upstream: upstream(processes, agent),
            agent: Some(agent),
        })
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// Reads `/quicktunnel`. The name is empty for a tunnel that is not a quick one.
fn quick_tunnel(body: &[u8]) -> Option<PublicUrl> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let name = value.get("hostname")?.as_str()?.to_ascii_lowercase();
    let is_tunnel = name.ends_with(DOMAIN) && name != SERVICE;
    let is_name = !name.contains(['/', ':', '@']);
    (is_tunnel && is_name).then(|| PublicUrl::announced(&format!("https://{name}")))?
}

/// Where the agent at this address forwards to, by its process: the one that has the address, else
/// the only one whose address is not known.
fn upstream(processes: &[Process], agent: SocketAddr) -> Option<Upstream> {
    let owner = processes
        .iter()
        .find(|process| process.metrics.contains(&agent));
    let process = owner.or_else(|| {
        let mut unknown = processes
            .iter()
            .filter(|process| process.metrics.is_empty());
        let first = unknown.next();
        first.filter(|_| unknown.next().is_none())
    })?;
    process.url.clone()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::{any, proptest};

    use super::*;
    use crate::net::client::peer::{Peer, Say};

    #[test]
    fn a_quick_tunnel_is_known_by_its_name_under_the_one_domain() {
        for (body, expected) in [
            (
                r#"{"hostname":"tall-green-hill-four.trycloudflare.com"}"#,
                Some("https://tall-green-hill-four.trycloudflare.com"),
            ),
            (
                r#"{"hostname":"A-B.TryCloudflare.com","more":1}"#,
                Some("https://a-b.trycloudflare.com"),
            ),
            (r#"{"hostname":""}"#, None),
            (r#"{"hostname":".trycloudflare.com"}"#, None),
            (r#"{"hostname":"api.trycloudflare.com"}"#, None),
            (r#"{"hostname":"evil.example.com"}"#, None),
            (
                r#"{"hostname":"evil.example.com/.trycloudflare.com"}"#,
                None,
            ),
            (r#"{"hostname":"a@b.trycloudflare.com"}"#, None),
            (r#"{"hostname":"a\u001b[31m.trycloudflare.com"}"#, None),
            (r#"{"hostname":"a b.trycloudflare.com"}"#, None),
            (r#"{"hostname":7}"#, None),
            (r#"["a.trycloudflare.com"]"#, None),
            ("a.trycloudflare.com", None),
            ("", None),
        ] {
            let found = quick_tunnel(body.as_bytes());
            assert_eq!(found.as_ref().map(PublicUrl::as_str), expected, "{body}");
        }
    }

    proptest! {
        #[test]
        fn whatever_an_agent_answers_is_survived(body in any::<Vec<u8>>()) {
            let _ = quick_tunnel(&body);
        }
    }

    fn process(metrics: &[&str], url: Option<&str>) -> Process {
        Process {
            metrics: metrics.iter().map(|text| text.parse().unwrap()).collect(),
            url: url.map(Upstream::read),
        }
    }

    #[test]
    fn the_local_end_is_that_of_the_process_behind_the_address() {
        let agent: SocketAddr = "127.0.0.1:20241".parse().unwrap();
        let port = |processes: &[Process]| upstream(processes, agent).and_then(|url| url.port());
        let ours = process(&["127.0.0.1:20241"], Some("http://localhost:6464"));
        let other = process(&["127.0.0.1:20242"], Some("http://localhost:3000"));
        let hidden = process(&[], Some("http://localhost:4000"));
        assert_eq!(port(&[other.clone(), hidden.clone(), ours]), Some(6464));
        assert_eq!(port(&[other.clone(), hidden.clone()]), Some(4000));
        assert_eq!(port(&[hidden.clone(), hidden]), None);
        assert_eq!(port(&[other]), None);
        assert_eq!(port(&[process(&["127.0.0.1:20241"], None)]), None);
        assert_eq!(port(&[]), None);
    }

    #[tokio::test]
    async fn agents_at_usual_addresses_and_those_of_processes_are_each_asked_once() {
        let body = r#"{"hostname":"a-b.trycloudflare.com"}"#;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        let answer = format!("{head}{body}").into_bytes();
        let peer = Peer::new(move |_, _| Say::Bytes(answer.clone())).await;
        let failing = Peer::new(|_, _| Say::status(500)).await;
        let ours = process(&[&peer.address.to_string()], Some("localhost:6464"));
        let asker = Asker::new(Duration::from_secs(20));
        let found = ask(&asker, [peer.address, failing.address], &[ours]).await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].agent, Some(peer.address));
        assert_eq!(
            found[0].upstream.as_ref().and_then(Upstream::port),
            Some(6464)
        );
        assert_eq!(peer.seen().len(), 1);
        assert!(
            peer.seen()[0]
                .head
                .starts_with("GET /quicktunnel HTTP/1.1\r\n")
        );
        assert_eq!(failing.seen().len(), 1);
    }
}
