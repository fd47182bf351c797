//! What the peer got, in the short words that lists and lines use.

use std::time::Duration;

use crate::delivery::{AnsweredBy, Attempt, Delivery, Ending, Failure, Outcome, Validity};
use crate::text;

use super::clock;
use super::paint::Role;

/// The status that was sent, or is about to be; `None` when the peer never saw one.
#[must_use]
pub fn status(delivery: &Delivery) -> Option<u16> {
    let reply = &delivery.arrival.answer.reply;
    let was_seen = match delivery.settlement.map(|settlement| settlement.outcome) {
        Some(Outcome::Released(status)) => return Some(status),
        None | Some(Outcome::Answered | Outcome::PeerStalled | Outcome::Cut) => reply.has_status(),
        Some(
            Outcome::PeerLeft
            | Outcome::Reset
            | Outcome::Closed
            | Outcome::Garbage
            | Outcome::Stopped,
        ) => false,
    };
    was_seen.then_some(reply.status)
}

/// The state in one word: `200`, `t/o` (the peer hung up), `rst`, `close`, `cut`, `garbage` (how we
/// broke the connection), `stop` (the listener stopped first), `held` (we are holding the answer).
#[must_use]
pub fn word(delivery: &Delivery) -> String {
    let reply = &delivery.arrival.answer.reply;
    match delivery.settlement.map(|settlement| settlement.outcome) {
        Some(Outcome::Answered) => reply.status.to_string(),
        Some(Outcome::Released(status)) => status.to_string(),
        Some(Outcome::PeerLeft | Outcome::PeerStalled) => "t/o".to_owned(),
        Some(Outcome::Reset) => "rst".to_owned(),
        Some(Outcome::Closed) => "close".to_owned(),
        Some(Outcome::Cut) => "cut".to_owned(),
        Some(Outcome::Garbage) => "garbage".to_owned(),
        Some(Outcome::Stopped) => "stop".to_owned(),
        None => match reply.ending {
            Ending::Hold | Ending::Hang => "held".to_owned(),
            Ending::Normal | Ending::Drip(_) => reply.status.to_string(),
            Ending::Reset => "rst".to_owned(),
            broken @ (Ending::Close | Ending::Cut | Ending::Garbage) => {
                ending_name(broken).to_owned()
            }
        },
    }
}

/// Who decided it: `default`, `armed 2/5`, `armed 7`.
#[must_use]
pub fn by(delivery: &Delivery) -> String {
    match &delivery.arrival.answer.by {
        AnsweredBy::Armed {
            step, of: Some(of), ..
        } => format!("armed {step}/{of}"),
        AnsweredBy::Armed { step, of: None, .. } => format!("armed {step}"),
        other => other.name().to_owned(),
    }
}

/// Whether hook64 may have answered this in the app's place: what was made of the app's silence
/// tells.
#[must_use]
pub fn may_be_instead(delivery: &Delivery) -> bool {
    let answer = &delivery.arrival.answer;
    answer.by == AnsweredBy::App && matches!(answer.reply.status, 502 | 504)
}

/// Why hook64 answered in the app's place, by the request that was made to the app; `None` where the
/// answer is the app's own. Not escaped.
#[must_use]
pub fn because(delivery: &Delivery, forward: &Attempt) -> Option<String> {
    if !may_be_instead(delivery) {
        return None;
    }
    let place = authority(&forward.target);
    match &forward.result {
        Err(failure) => Some(silence(failure, place)),
        Ok(response) if response.status < 200 => Some(format!("{place} switched protocols")),
        Ok(response) if response.status != delivery.arrival.answer.reply.status => {
            Some(format!("the answer of {place} is too large to relay"))
        }
        Ok(_) => None,
    }
}

/// Why there is no answer from this place.
fn silence(failure: &Failure, place: &str) -> String {
    match failure {
        Failure::Unreachable(why) if why.starts_with("connection refused") => {
            format!("nothing listens on {place}")
        }
        Failure::Unreachable(why) => format!("cannot connect to {place}: {why}"),
        Failure::Tls(why) => format!("no TLS with {place}: {why}"),
        Failure::TimedOut(after) => {
            format!("{place} did not answer within {}", text::duration(*after))
        }
        Failure::Broken(why) => format!("the connection to {place} broke: {why}"),
        Failure::NotHttp(_) => format!("{place} does not speak HTTP"),
        Failure::Stopped => format!("{place} had not answered when the listener stopped"),
    }
}

/// Host and port of a URL, as written.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or(rest)
}

/// From the first byte of the request to the end of the answer; `None` while it is open.
#[must_use]
pub fn took(delivery: &Delivery) -> Option<Duration> {
    let arrived = delivery.request().times.arrived;
    let settlement = delivery.settlement?;
    Some(clock::between(arrived, settlement.at))
}

/// Who decided it, where hook64 answered in the app's place if there is a reason for that.
#[must_use]
pub fn by_because(delivery: &Delivery, because: Option<&str>) -> String {
    because.map_or_else(|| by(delivery), |_| "hook64".to_owned())
}

/// The colour of the answer.
#[must_use]
pub fn role(delivery: &Delivery) -> Role {
    match word(delivery).as_str() {
        "held" => Role::Busy,
        word if word.starts_with('2') => Role::Good,
        word if word.starts_with(['1', '3']) => Role::Plain,
        _ => Role::Bad,
    }
}

/// The colour of the signature's verdict.
#[must_use]
pub fn signature_role(delivery: &Delivery) -> Role {
    match delivery.arrival.verdict.validity() {
        Validity::Valid => Role::Good,
        Validity::Invalid => Role::Bad,
        Validity::Unverified => Role::Plain,
    }
}

/// An ending's name in JSON.
#[must_use]
pub fn ending_name(ending: Ending) -> &'static str {
    match ending {
        Ending::Normal => "normal",
        Ending::Hang => "hang",
        Ending::Hold => "hold",
        Ending::Reset => "reset",
        Ending::Close => "close",
        Ending::Cut => "cut",
        Ending::Garbage => "garbage",
        Ending::Drip(_) => "drip",
    }
}

/// The reason phrase of a status; empty when it has none.
#[must_use]
pub fn phrase(status: u16) -> &'static str {
    PHRASES
        .iter()
        .find(|(known, _)| *known == status)
        .map_or("", |(_, phrase)| phrase)
}

const PHRASES: [(u16, &str); 45] = [
    (200, "OK"),
    (201, "Created"),
    (202, "Accepted"),
    (203, "Non-Authoritative Information"),
    (204, "No Content"),
    (205, "Reset Content"),
    (206, "Partial Content"),
    (300, "Multiple Choices"),
    (301, "Moved Permanently"),
    (302, "Found"),
    (303, "See Other"),
    (304, "Not Modified"),
    (307, "Temporary Redirect"),
    (308, "Permanent Redirect"),
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (402, "Payment Required"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (406, "Not Acceptable"),
    (407, "Proxy Authentication Required"),
    (408, "Request Timeout"),
    (409, "Conflict"),
    (410, "Gone"),
    (411, "Length Required"),
    (412, "Precondition Failed"),
    (413, "Content Too Large"),
    (414, "URI Too Long"),
    (415, "Unsupported Media Type"),
    (416, "Range Not Satisfiable"),
    (417, "Expectation Failed"),
    (418, "I'm a teapot"),
    (421, "Misdirected Request"),
    (422, "Unprocessable Content"),
    (425, "Too Early"),
    (426, "Upgrade Required"),
    (429, "Too Many Requests"),
    (431, "Request Header Fields Too Large"),
    (500, "Internal Server Error"),
    (501, "Not Implemented"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (504, "Gateway Timeout"),
    (505, "HTTP Version Not Supported"),
];

#[cfg(test)]
mod tests {
    use crate::delivery::Settlement;
    use crate::export::samples;

    use super::*;

    fn settled(outcome: Outcome, ending: Ending) -> Delivery {
        let mut delivery = samples::find_email();
        samples::change(&mut delivery, |arrival| {
            arrival.answer.reply.ending = ending
        });
        let at = delivery.request().times.arrived;
        delivery.settlement = Some(Settlement { outcome, at });
        delivery
    }

    #[test]
    fn a_status_that_never_left_is_not_shown() {
        let left = settled(Outcome::PeerLeft, Ending::Normal);
        assert_eq!((status(&left), word(&left).as_str()), (None, "t/o"));
        let reset = settled(Outcome::Reset, Ending::Reset);
        assert_eq!((status(&reset), word(&reset).as_str()), (None, "rst"));
        let cut = settled(Outcome::Cut, Ending::Cut);
        assert_eq!((status(&cut), word(&cut).as_str()), (Some(500), "cut"));
        let released = settled(Outcome::Stopped, Ending::Hold);
        assert_eq!(
            (status(&released), word(&released).as_str()),
            (None, "stop")
        );
    }

    fn forwarded(status: u16, result: Result<u16, Failure>) -> Option<String> {
        let mut delivery = samples::find_email();
        samples::change(&mut delivery, |arrival| {
            arrival.answer.by = AnsweredBy::App;
            arrival.answer.reply.status = status;
        });
        let mut forward = samples::replayed("{}");
        forward.target = "http://127.0.0.1:3999/hook?a".to_owned();
        match result {
            Err(failure) => forward.result = Err(failure),
            Ok(status) => forward.result.as_mut().unwrap().status = status,
        }
        because(&delivery, &forward)
    }

    #[test]
    fn an_answer_in_the_apps_place_says_why_and_the_apps_own_does_not() {
        let refused = "connection refused: nothing is listening on 127.0.0.1:3999";
        let refused = Failure::Unreachable(refused.to_owned());
        let late = Failure::TimedOut(Duration::from_secs(10));
        for (status, result, expected) in [
            (502, Err(refused), Some("nothing listens on 127.0.0.1:3999")),
            (
                504,
                Err(late),
                Some("127.0.0.1:3999 did not answer within 10 s"),
            ),
            (502, Ok(101), Some("127.0.0.1:3999 switched protocols")),
            (
                502,
                Ok(200),
                Some("the answer of 127.0.0.1:3999 is too large to relay"),
            ),
            (502, Ok(502), None),
            (200, Ok(200), None),
        ] {
            assert_eq!(forwarded(status, result).as_deref(), expected);
        }
    }

    #[test]
    fn a_broken_connection_says_how_it_was_broken_before_and_after() {
        for (outcome, ending, expected) in [
            (Outcome::Reset, Ending::Reset, "rst"),
            (Outcome::Closed, Ending::Close, "close"),
            (Outcome::Cut, Ending::Cut, "cut"),
            (Outcome::Garbage, Ending::Garbage, "garbage"),
        ] {
            let mut broken = settled(outcome, ending);
            assert_eq!(word(&broken), expected);
            broken.settlement = None;
            assert_eq!(word(&broken), expected);
        }
    }

    #[test]
    fn an_open_answer_says_what_is_planned() {
        let mut held = settled(Outcome::Answered, Ending::Hold);
        held.settlement = None;
        assert_eq!((status(&held), word(&held).as_str()), (None, "held"));
        assert_eq!(took(&held), None);
    }
}
