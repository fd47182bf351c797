//! Words for an attempt and what came back. Everything received is escaped.

use crate::delivery::attempt::Response;
use crate::delivery::{Attempt, Failure};
use crate::export::answer;
use crate::export::paint::Role;
use crate::net::client::Target;
use crate::text;

use super::super::exit::Exit;
use super::super::problem::Problem;
use super::super::settings::PORT;

/// How much of an answer's body is looked at for one line.
const LOOKED_AT: usize = 1024;

/// How many characters of it are quoted.
const QUOTED: usize = 100;

/// What came back, and how long it took: `409 Conflict in 12 ms`, `no answer within 10s`.
pub(in crate::commands) fn outcome(attempt: &Attempt) -> String {
    match &attempt.result {
        Ok(response) => {
            let took = text::duration(attempt.took);
            let status = format!("{} {}", response.status, answer::phrase(response.status));
            format!("{} in {took}", status.trim_end())
        }
        Err(failure) => text::line(failure.to_string().as_bytes()).into_owned(),
    }
}

/// The beginning of the answer's body, on one line; `None` when there is none.
pub(in crate::commands) fn excerpt(response: &Response, columns: usize) -> Option<String> {
    let body = &response.body[..response.body.len().min(LOOKED_AT)];
    let shown = text::line(body.trim_ascii());
    (!shown.is_empty()).then(|| text::clip(&shown, columns).into_owned())
}

/// The beginning of the answer's body as the value of a `key=value` pair; `None` when there is none.
pub(in crate::commands) fn quoted_answer(attempt: &Attempt) -> Option<String> {
    let response = attempt.result.as_ref().ok()?;
    let body = &response.body[..response.body.len().min(LOOKED_AT)];
    let beginning: String = String::from_utf8_lossy(body).chars().take(QUOTED).collect();
    (!beginning.is_empty()).then(|| text::quoted(&beginning).into_owned())
}

/// How the eye should take it.
pub(in crate::commands) fn role(attempt: &Attempt) -> Role {
    if attempt.delivered() {
        Role::Good
    } else {
        Role::Bad
    }
}

/// The name of a failure for programs.
pub(in crate::commands) fn failure_name(failure: &Failure) -> &'static str {
    failure.name()
}

/// Nothing came back; `what` was to be done, `fix` is what is known to help, and `again` is the
/// command without its target.
pub(in crate::commands) fn unreachable(
    what: &str,
    failure: &Failure,
    fix: Option<&str>,
    target: &Target,
    again: &str,
) -> Problem {
    let (why, otherwise) = match failure {
        Failure::Unreachable(why) if is_listeners(target) => (
            why.clone(),
            "start the listener, or name another target:\n  hook64 listen",
        ),
        Failure::Unreachable(why) => (why.clone(), "start your app, or name another target:"),
        Failure::Tls(_) => (
            failure.to_string(),
            "look at how your app is set up for TLS, or name another target:",
        ),
        _ => (
            failure.to_string(),
            "look at your app, or name another target:",
        ),
    };
    let problem = Problem::new(Exit::Network, failure_name(failure), what).why(why);
    match fix {
        Some(fix) => problem.fix(fix),
        None => {
            let path = target.path().unwrap_or("/");
            problem.fix(format!(
                "{otherwise}\n  {again} --to http://127.0.0.1:8080{path}"
            ))
        }
    }
}

/// Whether a listener is to be expected there.
fn is_listeners(target: &Target) -> bool {
    target.is_loopback() && target.port() == PORT
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn where_a_listener_is_expected_the_fix_starts_one() {
        let fix = |target: &str| {
            let refused = Failure::Unreachable("refused".to_owned());
            let target: Target = target.parse().unwrap();
            let problem = unreachable("lost", &refused, None, &target, "hook64 send find_email");
            problem.parts().2.unwrap_or_default().to_owned()
        };
        assert_eq!(
            fix("http://127.0.0.1:6464/x"),
            "start the listener, or name another target:\n  hook64 listen\n  \
             hook64 send find_email --to http://127.0.0.1:8080/x"
        );
        assert!(fix("http://127.0.0.1:3000/x").starts_with("start your app, "));
    }

    #[test]
    fn what_an_app_answers_cannot_reach_the_terminal() {
        let response = Response {
            status: 500,
            headers: Vec::new(),
            body: Bytes::from_static(b"\n \x1b[31mred\r\nsecond line\n"),
            body_cut: false,
        };
        let shown = excerpt(&response, 80).unwrap();
        assert_eq!(shown, "\\u{1b}[31mred\\u{d}\\nsecond line");
        let empty = Response {
            body: Bytes::from_static(b" \n"),
            ..response
        };
        assert_eq!(excerpt(&empty, 80), None);
    }
}
