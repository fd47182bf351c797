//! A route that leads back to the listener: what is forwarded there would be forwarded again, and
//! so on until every connection is in use.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::commands::problem::{Problem, Result};
use crate::net::client::Target;
use crate::outbox::forward::Route;

/// Refuses a route that leads back to the listener at these addresses.
///
/// # Errors
/// When there is one.
pub(super) fn refuse(routes: &[Route], addresses: &[SocketAddr]) -> Result<()> {
    let leads_back = |route: &&Route| leads_to(route.target(), addresses);
    match routes.iter().find(leads_back) {
        Some(route) => Err(Problem::usage(format!(
            "--forward {route} leads back to this listener"
        ))
        .why("each delivery would be forwarded to where it came from, again and again")
        .fix("name the address of your app, or listen elsewhere with --port N")),
        None => Ok(()),
    }
}

/// Whether a connection to the target would end at one of these addresses, as far as its text says.
fn leads_to(target: &Target, addresses: &[SocketAddr]) -> bool {
    let localhost = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let named: Vec<IpAddr> = match target.host().parse::<IpAddr>() {
        // Who connects to no address in particular comes to this machine.
        Ok(ip) if ip.is_unspecified() => localhost.to_vec(),
        Ok(ip) => vec![ip.to_canonical()],
        Err(_) if target.is_loopback() => localhost.to_vec(),
        Err(_) => Vec::new(),
    };
    addresses.iter().any(|address| {
        let is_any = address.ip().is_unspecified() && named.iter().any(IpAddr::is_loopback);
        target.port() == address.port() && (is_any || named.contains(&address.ip()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_this_listener_by_each_name_of_its_address() {
        let cases = [
            ("http://127.0.0.1:6464/", "127.0.0.1:6464", true),
            ("http://localhost:6464/a", "[::1]:6464", true),
            ("http://[::1]:6464/", "[::1]:6464", true),
            ("http://[::ffff:127.0.0.1]:6464/", "127.0.0.1:6464", true),
            ("http://127.0.0.1:6464/", "0.0.0.0:6464", true),
            ("http://10.0.0.7:6464/", "10.0.0.7:6464", true),
            ("http://0.0.0.0:6464/", "127.0.0.1:6464", true),
            ("http://localhost:6464/", "127.0.0.2:6464", false),
            ("http://127.0.0.1:3000/", "127.0.0.1:6464", false),
            ("http://127.0.0.2:6464/", "127.0.0.1:6464", false),
            ("http://hooks.example.com:6464/", "127.0.0.1:6464", false),
        ];
        for (target, address, expected) in cases {
            let addresses = [address.parse().unwrap()];
            let target: Target = target.parse().unwrap();
            assert_eq!(
                leads_to(&target, &addresses),
                expected,
                "{target} {address}"
            );
        }
    }
}
