//! A replay in words: where it goes, how it ended.

use crate::delivery::Attempt;
use crate::text;

/// The host that an address names, when it is one.
pub(super) fn host(target: &str) -> Option<&str> {
    let rest = target
        .strip_prefix("http://")
        .or_else(|| target.strip_prefix("https://"))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit('@').next()?;
    let host = match authority.strip_prefix('[') {
        Some(inner) => inner.split(']').next()?,
        None => authority.split(':').next()?,
    };
    let clean = |letter: char| !letter.is_control() && !letter.is_whitespace();
    (!host.is_empty() && target.chars().all(clean)).then_some(host)
}

/// The host of a target that is not this machine, made visible.
#[must_use]
pub(super) fn remote_host(target: &str) -> Option<String> {
    let host = host(target)?;
    let local = host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    (!local).then(|| text::line(host.as_bytes()).into_owned())
}

/// How a replay ended, in a line.
#[must_use]
pub(super) fn outcome(attempts: &[Attempt]) -> String {
    let word = |attempt: &Attempt| match &attempt.result {
        Ok(response) => format!(
            "{} {} in {}",
            response.status,
            crate::export::answer::phrase(response.status),
            text::duration(attempt.took)
        ),
        Err(failure) => text::line(failure.to_string().as_bytes()).into_owned(),
    };
    match attempts {
        [] => "nothing was sent".to_owned(),
        [one] => format!("replayed: {}", word(one)),
        several => {
            let delivered = several.iter().filter(|attempt| attempt.delivered()).count();
            let last = several.last().map_or_else(String::new, word);
            format!(
                "{} replayed, {delivered} answered 2xx; the last: {last}",
                several.len()
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_not_remote() {
        for local in [
            "http://127.0.0.1:3000/x",
            "http://localhost/",
            "http://[::1]:80",
            "http://127.9.9.9",
        ] {
            assert_eq!(remote_host(local), None, "{local}");
        }
        assert_eq!(
            remote_host("https://api.example.com/hook").as_deref(),
            Some("api.example.com")
        );
        // What looks like a local user name is not the host.
        assert_eq!(
            remote_host("http://127.0.0.1@evil.example/").as_deref(),
            Some("evil.example")
        );
        assert_eq!(
            remote_host("http://localhost.evil.example").as_deref(),
            Some("localhost.evil.example")
        );
    }

    #[test]
    fn what_is_no_address_has_no_host() {
        for wrong in ["", "localhost:3000", "ftp://x", "http://", "http://a b"] {
            assert_eq!(host(wrong), None, "{wrong:?}");
        }
    }
}
