//! What was found, judged by our port: which tunnels reach it, which may, and which lead elsewhere.

use super::{Found, Kind, PublicUrl};

/// The result of one look. Within each list: what the user gave, then ngrok, then cloudflared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tunnels {
    /// Those that lead to our port, and the one that the user gave.
    pub reaching: Vec<Found>,
    /// Those that do not tell where they lead.
    pub unsure: Vec<Found>,
    /// Those that lead to another port, another machine, or expect TLS.
    pub elsewhere: Vec<Found>,
}

impl Tunnels {
    /// Sorts what was found by where it leads; a tunnel that several addresses told of counts once.
    #[must_use]
    pub fn sort(port: u16, mut found: Vec<Found>) -> Self {
        found.sort_by_key(|found| (found.kind, found.agent));
        let mut tunnels = Self::default();
        for found in found {
            let list = match &found.upstream {
                _ if found.kind == Kind::Given => &mut tunnels.reaching,
                None => &mut tunnels.unsure,
                Some(upstream) if upstream.reaches(port) => &mut tunnels.reaching,
                Some(_) => &mut tunnels.elsewhere,
            };
            if !list.iter().any(|other| found.is_same_tunnel(other)) {
                list.push(found);
            }
        }
        tunnels
    }

    /// The one to show: the first that reaches our port, else the first that may.
    #[must_use]
    pub fn best(&self) -> Option<&Found> {
        self.reaching.first().or_else(|| self.unsure.first())
    }

    /// Those that lead elsewhere and are likely to be meant for us: all of them while none reaches
    /// our port, else only those under the very URL that is shown. A tunnel of another program
    /// beside ours is nobody's mistake.
    pub fn misdirected(&self) -> impl Iterator<Item = &Found> {
        let best = self.best();
        self.elsewhere
            .iter()
            .filter(move |found| best.is_none_or(|best| best.public == found.public))
    }

    /// Whether a tunnel under this URL is known to reach our port, or may.
    pub(super) fn offers(&self, public: &PublicUrl) -> bool {
        let mut offered = self.reaching.iter().chain(&self.unsure);
        offered.any(|found| found.public == *public)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    fn urls(list: &[Found]) -> Vec<&str> {
        list.iter().map(|found| found.public.as_str()).collect()
    }

    #[test]
    fn tunnels_are_told_apart_by_where_they_lead() {
        let tunnels = Tunnels::sort(
            6464,
            vec![
                found(Kind::Cloudflared, "https://d.trycloudflare.com", None),
                found(Kind::Ngrok, "https://c.ngrok.app", Some("localhost:6464")),
                found(Kind::Ngrok, "https://b.ngrok.app", Some("localhost:3000")),
                found(
                    Kind::Ngrok,
                    "https://a.ngrok.app",
                    Some("https://localhost:6464"),
                ),
                found(Kind::Given, "https://hooks.example.com", None),
            ],
        );
        assert_eq!(
            urls(&tunnels.reaching),
            ["https://hooks.example.com", "https://c.ngrok.app"]
        );
        assert_eq!(urls(&tunnels.unsure), ["https://d.trycloudflare.com"]);
        assert_eq!(
            urls(&tunnels.elsewhere),
            ["https://b.ngrok.app", "https://a.ngrok.app"]
        );
        assert_eq!(tunnels.best().unwrap().kind, Kind::Given);
    }

    #[test]
    fn a_tunnel_that_may_reach_us_is_shown_only_if_none_is_known_to() {
        let unsure = || found(Kind::Cloudflared, "https://d.trycloudflare.com", None);
        let ngrok = |port| found(Kind::Ngrok, "https://c.ngrok.app", Some(port));
        let both = Tunnels::sort(6464, vec![unsure(), ngrok("6464")]);
        assert_eq!(both.best().unwrap().kind, Kind::Ngrok);
        let neither = Tunnels::sort(6464, vec![unsure(), ngrok("3000")]);
        assert_eq!(neither.best().unwrap().kind, Kind::Cloudflared);
        assert_eq!(Tunnels::sort(6464, vec![ngrok("3000")]).best(), None);
    }

    #[test]
    fn one_tunnel_told_of_at_two_addresses_counts_once() {
        let at = |agent: &str| Found {
            agent: Some(agent.parse().unwrap()),
            ..found(Kind::Cloudflared, "https://d.trycloudflare.com", None)
        };
        let tunnels = Tunnels::sort(6464, vec![at("[::1]:20241"), at("127.0.0.1:20241")]);
        assert_eq!(tunnels.unsure, [at("127.0.0.1:20241")]);
    }

    #[test]
    fn a_tunnel_of_another_program_is_no_mistake_but_our_url_leading_elsewhere_is() {
        let elsewhere = || found(Kind::Ngrok, "https://a.ngrok.app", Some("3000"));
        let misdirected = |list| Tunnels::sort(6464, list).misdirected().count();
        assert_eq!(misdirected(vec![elsewhere()]), 1);
        let ours = found(Kind::Ngrok, "https://b.ngrok.app", Some("6464"));
        assert_eq!(misdirected(vec![elsewhere(), ours]), 0);
        let given = found(Kind::Given, "https://a.ngrok.app", None);
        assert_eq!(misdirected(vec![elsewhere(), given]), 1);
    }
}
