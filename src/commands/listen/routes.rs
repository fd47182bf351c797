//! The routes as they are written, and what is said of them before anything is forwarded: of those
//! that lead away from this machine, and those for an event type that nobody sends.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::commands::problem::{Problem, Result};
use crate::net::client::TargetError;
use crate::outbox::forward::{Route, RouteError};
use crate::provider::samples;
use crate::text;

/// The route that is written like this.
///
/// # Errors
/// When it is none.
pub(super) fn parse(text: &str) -> Result<Route> {
    text.parse().map_err(|error: RouteError| {
        Problem::usage(format!("--forward does not know \"{text}\""))
            .why(error.to_string())
            .fix(match with_port(text, &error) {
                Some(meant) => format!("name its port, too:  hook64 listen --forward {meant}"),
                None => "hook64 listen --forward http://localhost:3000/webhooks".to_owned(),
            })
    })
}

/// What was typed with a port, if nothing else is missing: `localhost`, `find_phone=localhost`.
fn with_port(text: &str, error: &RouteError) -> Option<String> {
    let RouteError::Target(TargetError::Scheme(_)) = error else {
        return None;
    };
    let meant = format!("{text}:3000");
    meant.parse::<Route>().is_ok().then_some(meant)
}

/// The warnings about these routes.
pub(super) fn warnings(routes: &[Route]) -> Vec<Problem> {
    let undocumented = routes.iter().filter_map(undocumented);
    leaving(routes).into_iter().chain(undocumented).collect()
}

/// Deliveries leave this machine.
fn leaving(routes: &[Route]) -> Option<Problem> {
    let remote = routes.iter().map(Route::target);
    // Who connects to no address in particular comes to this machine.
    let is_nowhere = |host: &str| host.parse().is_ok_and(|ip: IpAddr| ip.is_unspecified());
    let remote = remote.filter(|target| !target.is_loopback() && !is_nowhere(target.host()));
    let hosts: BTreeSet<_> = remote.map(|target| target.host()).collect();
    let hosts = Vec::from_iter(hosts);
    (!hosts.is_empty()).then(|| {
        Problem::usage(format!(
            "deliveries leave this machine: they are forwarded to {}",
            hosts.join(", ")
        ))
        .why("a forward is the real data with its signature")
        .fix("unless you mean it, name an app on this machine: --forward http://localhost:3000")
    })
}

/// No provider documents the event type of this route.
fn undocumented(route: &Route) -> Option<Problem> {
    let name = route.event_type()?;
    if samples::names().any(|known| known == name) {
        return None;
    }
    let problem = Problem::usage(format!("no provider documents the event type \"{name}\""))
        .why(format!("--forward {route} is for nothing else"));
    Some(match text::nearest(name, samples::names()) {
        Some(nearest) => problem.fix(format!(
            "did you mean {nearest}?  --forward {nearest}={}",
            route.target()
        )),
        None => problem.fix("hook64 send --list shows the types that are documented"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(routes: &[&str]) -> String {
        let routes: Vec<Route> = routes.iter().map(|text| text.parse().unwrap()).collect();
        let warnings = warnings(&routes);
        let texts: Vec<_> = warnings.iter().map(|one| one.text("warning")).collect();
        texts.concat()
    }

    #[test]
    fn what_is_no_route_is_quoted_with_what_it_may_have_been() {
        let fix = |text: &str| {
            let problem = parse(text).unwrap_err();
            let (what, _, fix) = problem.parts();
            assert!(what.contains(text), "{what}");
            fix.unwrap_or_default().to_owned()
        };
        let named = "name its port, too:  hook64 listen --forward find_phone=foo:3000";
        assert_eq!(fix("find_phone=foo"), named);
        let example = "hook64 listen --forward http://localhost:3000/webhooks";
        assert_eq!(fix("not a url"), example);
        for other in ["ftp://localhost", "70000", "0", "find_phone=70000"] {
            assert_eq!(fix(other), example, "{other}");
        }
    }

    #[test]
    fn a_host_away_from_this_machine_is_named_once() {
        let routes = [
            "/a=http://b.example",
            "/b=http://a.example",
            "/c=http://b.example",
        ];
        assert!(said(&routes).contains("forwarded to a.example, b.example\n"));
    }

    #[test]
    fn a_route_away_from_this_machine_and_one_with_a_slip_are_warned_of() {
        insta::assert_snapshot!(said(&["http://example.com/hook", "find_emial=http://localhost:3000"]), @r#"
        warning: deliveries leave this machine: they are forwarded to example.com
          why: a forward is the real data with its signature
          fix: unless you mean it, name an app on this machine: --forward http://localhost:3000
        warning: no provider documents the event type "find_emial"
          why: --forward find_emial=http://localhost:3000 is for nothing else
          fix: did you mean find_email?  --forward find_email=http://localhost:3000
        "#);
    }

    #[test]
    fn routes_to_this_machine_for_what_is_sent_are_not_spoken_of() {
        let types = samples::names().map(|name| format!("{name}=http://127.0.0.1:3000/x"));
        let here = ["/a=http://[::1]:1", "/b=http://0.0.0.0:1"].map(str::to_owned);
        let routes: Vec<_> = types.chain(here).collect();
        let routes: Vec<_> = routes.iter().map(String::as_str).collect();
        assert_eq!(said(&routes), "");
    }
}
