//! What an ngrok agent says about its tunnels, in the form of newer agents (`/api/endpoints`, from
//! 3.30) and of older ones (`/api/tunnels`).

use std::net::SocketAddr;

use serde_json::Value;

use super::ask::Asker;
use super::public_url::PublicUrl;
use super::upstream::Upstream;
use super::{Found, Kind};

/// An agent has a handful of tunnels; a list without end is none.
const MAX_TUNNELS: usize = 64;

/// What this agent forwards; nothing if it is not there or not ngrok.
pub(super) async fn ask(asker: &Asker, agent: SocketAddr) -> Vec<Found> {
    let Some(answer) = asker.get(agent, "/api/endpoints").await else {
        return Vec::new();
    };
    if answer.status == 200
        && let Some(found) = endpoints(&answer.body, agent)
    {
        return found;
    }
    match asker.get(agent, "/api/tunnels").await {
        Some(answer) if answer.status == 200 => tunnels(&answer.body, agent).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Reads `/api/endpoints`; `None` if it is not that.
fn endpoints(body: &[u8], agent: SocketAddr) -> Option<Vec<Found>> {
    let of = |endpoint: &Value| {
        let upstream = &endpoint["upstream"];
        found(
            &endpoint["url"],
            upstream.get("url").unwrap_or(upstream),
            agent,
        )
    };
    read(body, "endpoints", of)
}

/// Reads `/api/tunnels`; `None` if it is not that.
fn tunnels(body: &[u8], agent: SocketAddr) -> Option<Vec<Found>> {
    let of = |tunnel: &Value| found(&tunnel["public_url"], &tunnel["config"]["addr"], agent);
    read(body, "tunnels", of)
}

fn read(body: &[u8], list: &str, of: impl Fn(&Value) -> Option<Found>) -> Option<Vec<Found>> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let entries = value.get(list)?.as_array()?;
    Some(entries.iter().take(MAX_TUNNELS).filter_map(of).collect())
}

fn found(public: &Value, upstream: &Value, agent: SocketAddr) -> Option<Found> {
    let upstream = match upstream {
        Value::String(text) => Some(Upstream::read(text)),
        Value::Number(port) => Some(Upstream::read(&port.to_string())),
        _ => None,
    };
    Some(Found {
        kind: Kind::Ngrok,
        public: PublicUrl::announced(public.as_str()?)?,
        upstream,
        agent: Some(agent),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::{any, proptest};

    use super::*;
    use crate::net::client::peer::{Peer, Say};

    fn agent() -> SocketAddr {
        "127.0.0.1:4040".parse().unwrap()
    }

    fn summary(found: Option<Vec<Found>>) -> Option<Vec<(String, Option<String>)>> {
        let of = |found: Found| {
            let upstream = found.upstream.map(|upstream| upstream.said().to_owned());
            (found.public.to_string(), upstream)
        };
        found.map(|all| all.into_iter().map(of).collect())
    }

    type Case<'a> = (&'a str, Option<&'a [(&'a str, Option<&'a str>)]>);

    #[track_caller]
    fn check(reader: fn(&[u8], SocketAddr) -> Option<Vec<Found>>, cases: &[Case<'_>]) {
        for (body, expected) in cases {
            let expected = expected.map(|all| {
                let owned = |(url, said): &(&str, Option<&str>)| {
                    ((*url).to_owned(), said.map(ToOwned::to_owned))
                };
                all.iter().map(owned).collect::<Vec<_>>()
            });
            assert_eq!(
                summary(reader(body.as_bytes(), agent())),
                expected,
                "{body}"
            );
        }
    }

    #[test]
    fn endpoints_are_read_as_newer_agents_write_them() {
        check(
            endpoints,
            &[
                (
                    r#"{"endpoints":[{"name":"command_line","uri":"/api/endpoints/command_line",
                       "url":"https://abc123.ngrok-free.app","inspect":true,"pooling_enabled":false,
                       "upstream":{"url":"http://localhost:6464","protocol":"http1"}}]}"#,
                    Some(&[(
                        "https://abc123.ngrok-free.app",
                        Some("http://localhost:6464"),
                    )]),
                ),
                (r#"{"endpoints":[]}"#, Some(&[])),
                (
                    r#"{"endpoints":[{"url":"https://a.ngrok.app","upstream":"6464"},
                       {"url":"https://b.ngrok.app","upstream":{}},
                       {"url":"https://c.ngrok.app"}]}"#,
                    Some(&[
                        ("https://a.ngrok.app", Some("6464")),
                        ("https://b.ngrok.app", None),
                        ("https://c.ngrok.app", None),
                    ]),
                ),
            ],
        );
    }

    #[test]
    fn tunnels_are_read_as_older_agents_write_them() {
        check(
            tunnels,
            &[
                (
                    r#"{"tunnels":[{"name":"command_line","uri":"/api/tunnels/command_line",
                       "public_url":"https://abc123.ngrok-free.app","proto":"https",
                       "config":{"addr":"localhost:80","inspect":true},"metrics":{}},
                       {"public_url":"http://abc123.ngrok-free.app","config":{"addr":"localhost:80"}},
                       {"public_url":"tcp://0.tcp.ngrok.io:12345","config":{"addr":"localhost:22"}}],
                       "uri":"/api/tunnels"}"#,
                    Some(&[("https://abc123.ngrok-free.app", Some("localhost:80"))]),
                ),
                (
                    r#"{"tunnels":[{"public_url":"https://a.ngrok.app","config":{"addr":3000}}]}"#,
                    Some(&[("https://a.ngrok.app", Some("3000"))]),
                ),
            ],
        );
    }

    #[test]
    fn entries_that_make_no_sense_are_left_out_and_what_is_no_list_is_not_taken_for_one() {
        check(
            endpoints,
            &[
                (
                    r#"{"endpoints":[null,1,"x",[],{},{"url":1},{"url":"https://evil\u001b[2J.com"},
                       {"url":"https://good.example.com","upstream":{"url":{"url":1}}}]}"#,
                    Some(&[("https://good.example.com", None)]),
                ),
                (r#"{"endpoints":{}}"#, None),
                (r#"{"tunnels":[]}"#, None),
                ("[]", None),
                ("", None),
                ("<html>404</html>", None),
                (r#"{"endpoints":["#, None),
            ],
        );
        let deep = format!(r#"{{"endpoints":{}"#, "[".repeat(100_000));
        check(endpoints, &[(&deep, None)]);
        let entry = r#"{"url":"https://a.ngrok.app"},"#.repeat(5_000);
        let long = format!(r#"{{"endpoints":[{}]}}"#, entry.trim_end_matches(','));
        assert_eq!(
            endpoints(long.as_bytes(), agent()).unwrap().len(),
            MAX_TUNNELS
        );
    }

    proptest! {
        #[test]
        fn whatever_an_agent_answers_is_survived(body in any::<Vec<u8>>()) {
            let _ = endpoints(&body, agent());
            let _ = tunnels(&body, agent());
        }
    }

    const OLD: &str =
        r#"{"tunnels":[{"public_url":"https://a.ngrok.app","config":{"addr":"6464"}}]}"#;

    /// An agent that answers these two paths so.
    async fn answering(endpoints: (u16, &'static str), tunnels: (u16, &'static str)) -> Peer {
        Peer::new(move |seen, _| {
            let (status, body) = match seen.head.split(' ').nth(1) {
                Some("/api/endpoints") => endpoints,
                Some("/api/tunnels") => tunnels,
                _ => (500, ""),
            };
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n");
            Say::Bytes(format!("{head}{body}").into_bytes())
        })
        .await
    }

    async fn asked(peer: &Peer) -> usize {
        ask(&Asker::new(Duration::from_secs(20)), peer.address)
            .await
            .len()
    }

    #[tokio::test]
    async fn an_older_agent_is_asked_in_its_own_way() {
        for endpoints in [(404, "{}"), (200, "<html>"), (405, "")] {
            let peer = answering(endpoints, (200, OLD)).await;
            assert_eq!(asked(&peer).await, 1);
        }
    }

    #[tokio::test]
    async fn a_newer_agent_is_asked_once_and_an_error_is_no_list() {
        let peer = answering((200, r#"{"endpoints":[]}"#), (200, OLD)).await;
        assert_eq!(asked(&peer).await, 0);
        assert_eq!(peer.seen().len(), 1);
        let peer = answering((404, ""), (500, OLD)).await;
        assert_eq!(asked(&peer).await, 0);
    }
}
