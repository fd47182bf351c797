//! Where a tunnel hands on what it receives, as its agent writes it: `80`, `localhost:80`,
//! `http://localhost:80`, or something that is not HTTP at all.

use std::net::IpAddr;

use crate::net::client::Target;
use crate::text;

/// How much of what an agent says is worth showing, in columns.
const SHOWN: usize = 80;
/// Names by which a container calls the machine that it runs on.
const CONTAINER_HOSTS: [&str; 2] = ["host.docker.internal", "host.containers.internal"];

/// The local end of a tunnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    said: String,
    target: Option<Target>,
}

impl Upstream {
    /// Reads what an agent or a command line says.
    #[must_use]
    pub fn read(written: &str) -> Self {
        let written = written.trim();
        let url = if written.contains("://") {
            written.to_owned()
        } else if !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit()) {
            format!("http://localhost:{written}")
        } else {
            format!("http://{written}")
        };
        Self {
            said: text::clip(&text::line(written.as_bytes()), SHOWN).into_owned(),
            target: url.parse().ok(),
        }
    }

    /// What was written, safe to show.
    #[must_use]
    pub fn said(&self) -> &str {
        &self.said
    }

    /// The port, if it is HTTP.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.target.as_ref().map(Target::port)
    }

    /// Whether it is on this machine, as far as can be told without asking anyone.
    #[must_use]
    pub fn is_here(&self) -> bool {
        self.target.as_ref().is_some_and(|target| {
            let is_any = |ip: IpAddr| ip.to_canonical().is_unspecified();
            target.is_loopback()
                || target.host().parse().is_ok_and(is_any)
                || CONTAINER_HOSTS.contains(&target.host())
        })
    }

    /// Whether it expects TLS there.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.target.as_ref().is_some_and(Target::is_tls)
    }

    /// Whether plain HTTP arrives at this port of this machine.
    #[must_use]
    pub fn reaches(&self, port: u16) -> bool {
        self.port() == Some(port) && self.is_here() && !self.is_tls()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_port_of_this_machine_reaches_it() {
        for written in [
            "6464",
            " 6464 ",
            "localhost:6464",
            "http://localhost:6464",
            "http://localhost:6464/",
            "HTTP://LocalHost:6464/base",
            "127.0.0.1:6464",
            "http://127.1.2.3:6464",
            "http://[::1]:6464",
            "0.0.0.0:6464",
            "[::]:6464",
            "app.localhost:6464",
            "http://host.docker.internal:6464",
        ] {
            let upstream = Upstream::read(written);
            assert!(upstream.reaches(6464), "{written}");
            assert!(!upstream.reaches(3000), "{written}");
        }
        assert!(Upstream::read("localhost").reaches(80));
    }

    #[test]
    fn another_port_another_machine_or_another_protocol_does_not() {
        for (written, port) in [
            ("3000", Some(3000)),
            ("https://localhost:6464", Some(6464)),
            ("http://192.0.2.7:6464", Some(6464)),
            ("web:6464", Some(6464)),
            ("tcp://localhost:6464", None),
            ("file:///srv/6464", None),
            ("unix:/run/app.sock", None),
            ("0", None),
            ("66464", None),
            ("", None),
            ("localhost:6464:6464", None),
            ("\u{1b}[31m6464", None),
        ] {
            let upstream = Upstream::read(written);
            assert!(!upstream.reaches(6464), "{written}");
            assert_eq!(upstream.port(), port, "{written}");
        }
    }

    #[test]
    fn what_is_shown_of_it_is_escaped_and_short() {
        assert_eq!(
            Upstream::read("a\u{1b}[2J\u{202e}").said(),
            "a\\u{1b}[2J\\u{202e}"
        );
        let long = Upstream::read(&"x".repeat(100_000));
        assert_eq!(text::width(long.said()), SHOWN);
    }
}
