//! What to say when something is wrong with a tunnel: what, why, and what to do, in the same words
//! on every face. Nothing in it needs escaping any more.

use super::{Change, Found, Kind, Places};

/// The three parts of a warning or an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// What happened, in one line.
    pub what: String,
    /// The cause.
    pub why: String,
    /// What mends it; further lines are alternatives.
    pub fix: String,
}

impl Advice {
    /// No tunnel reaches the port.
    #[must_use]
    pub fn none(port: u16) -> Self {
        Self {
            what: format!("no tunnel reaches port {port}"),
            why: format!("looked at {}", Places::NAMES),
            fix: format!(
                "start one, or name it:\n  {}\n  {}\n  --public-url https://…",
                Kind::Ngrok.command(port),
                Kind::Cloudflared.command(port)
            ),
        }
    }

    /// A tunnel that leads elsewhere.
    #[must_use]
    pub fn misdirected(found: &Found, port: u16) -> Self {
        let said = found
            .upstream
            .as_ref()
            .map_or("", |upstream| upstream.said());
        Self {
            what: format!("{} {}", found.name(), whereto(found, port)),
            why: match (found.kind, found.agent) {
                (Kind::Ngrok, Some(agent)) => format!("its agent at {agent} says addr {said}"),
                _ => format!("it was started with --url {said}"),
            },
            fix: found.kind.command(port),
        }
    }

    /// A tunnel that does not tell where it leads.
    #[must_use]
    pub fn unsure(found: &Found, port: u16) -> Self {
        let name = found.name();
        Self {
            what: format!("{name} may lead to another port than {port}"),
            why: match found.agent {
                Some(agent) => format!("its agent at {agent} does not tell the port"),
                None => "it does not tell the port".to_owned(),
            },
            fix: format!("if nothing arrives: {}", found.kind.command(port)),
        }
    }
}

fn whereto(found: &Found, port: u16) -> String {
    let Some(upstream) = &found.upstream else {
        return format!("does not tell whether it goes to port {port}");
    };
    match upstream.port() {
        Some(other) if other != port && upstream.is_here() => {
            format!("goes to port {other}, not {port}")
        }
        Some(_) if upstream.is_here() => {
            format!("expects TLS at port {port}, where plain HTTP is spoken")
        }
        _ => format!(
            "goes to {}, not to port {port} of this machine",
            upstream.said()
        ),
    }
}

impl Kind {
    /// The command that starts a tunnel to this port.
    #[must_use]
    pub fn command(self, port: u16) -> String {
        match self {
            Self::Cloudflared => format!("cloudflared tunnel --url http://localhost:{port}"),
            Self::Ngrok | Self::Given => format!("ngrok http {port}"),
        }
    }
}

impl Change {
    /// The change in one line.
    #[must_use]
    pub fn sentence(&self, port: u16) -> String {
        match self {
            Self::Appeared(found) => format!("{} is there", found.name()),
            Self::Gone(found) => format!("{} is gone", found.name()),
            Self::Moved { from, to } => format!(
                "the public URL is now {}, no longer {}: tell the provider",
                to.public, from.public
            ),
            Self::Misdirected(found) => Advice::misdirected(found, port).what,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    const URL: &str = "https://abc123.ngrok-free.app";

    #[test]
    fn a_tunnel_to_another_port_is_named_with_what_its_agent_says() {
        let tunnel = found(Kind::Ngrok, URL, Some("http://localhost:3000"));
        let expected = Advice {
            what: format!("the ngrok tunnel {URL} goes to port 3000, not 6464"),
            why: "its agent at 127.0.0.1:4040 says addr http://localhost:3000".to_owned(),
            fix: "ngrok http 6464".to_owned(),
        };
        assert_eq!(Advice::misdirected(&tunnel, 6464), expected);
    }

    #[test]
    fn every_other_way_to_lead_elsewhere_has_its_words() {
        for (upstream, expected) in [
            (
                "https://localhost:6464",
                "expects TLS at port 6464, where plain HTTP is spoken",
            ),
            (
                "192.0.2.7:6464",
                "goes to 192.0.2.7:6464, not to port 6464 of this machine",
            ),
            (
                "file:///srv",
                "goes to file:///srv, not to port 6464 of this machine",
            ),
        ] {
            let advice = Advice::misdirected(&found(Kind::Ngrok, URL, Some(upstream)), 6464);
            assert_eq!(advice.what, format!("the ngrok tunnel {URL} {expected}"));
        }
        let url = "https://a.trycloudflare.com";
        let quick = found(Kind::Cloudflared, url, Some("localhost:3000"));
        let advice = Advice::misdirected(&quick, 6464);
        assert_eq!(advice.why, "it was started with --url localhost:3000");
        assert_eq!(advice.fix, "cloudflared tunnel --url http://localhost:6464");
        let quick = found(Kind::Cloudflared, url, None);
        assert!(
            Advice::unsure(&quick, 6464)
                .what
                .contains("may lead to another port than 6464")
        );
    }

    #[test]
    fn a_change_is_one_line_with_the_url_in_question() {
        let tunnel = found(Kind::Ngrok, URL, Some("6464"));
        let to = found(Kind::Ngrok, "https://b.ngrok.app", Some("6464"));
        let from = tunnel.clone();
        let moved = Change::Moved { from, to }.sentence(6464);
        assert!(moved.contains("https://b.ngrok.app") && moved.contains(URL));
        let gone = Change::Gone(tunnel).sentence(6464);
        assert_eq!(gone, format!("the ngrok tunnel {URL} is gone"));
    }
}
