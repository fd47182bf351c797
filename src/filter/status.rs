//! `status:`: what the peer got, as the lists show it.
//!
//! Not what was decided: a 200 that the peer did not wait for is `t/o`. `rst` stands for every way
//! in which we broke the connection, and each of the others for itself. `stop` is no status.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::delivery::{Delivery, Ending, Outcome};

use super::bounds::{self, Bounds};
use super::fixed::Fixed;

/// What the peer of one delivery got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// An answer with this status.
    Code(u16),
    /// The peer left, or did not read, before it had our answer.
    Unanswered,
    /// The connection was reset, as planned; as a test: or broken in any other way.
    Reset,
    /// It was closed without an answer, as planned.
    Closed,
    /// It was closed within the answer, as planned.
    Cut,
    /// The answer was garbage, as planned.
    Garbage,
    /// Nothing yet: we are holding the answer.
    Held,
}

/// What a status must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusTest {
    /// This one.
    Is(Status),
    /// `5xx`: the first digit.
    Class(u16),
    /// `>=400`, `200..299`
    Within(Bounds<u64>),
}

impl Status {
    /// What the peer of this delivery got; `None` while that is open, and when we stopped first.
    #[must_use]
    pub fn of(delivery: &Delivery, now: Timestamp) -> Option<Self> {
        let reply = &delivery.arrival.answer.reply;
        match delivery.settlement.map(|settlement| settlement.outcome) {
            Some(Outcome::Answered) => Some(Self::Code(reply.status)),
            Some(Outcome::Released(status)) => Some(Self::Code(status)),
            Some(Outcome::PeerLeft | Outcome::PeerStalled) => Some(Self::Unanswered),
            Some(Outcome::Reset) => Some(Self::Reset),
            Some(Outcome::Closed) => Some(Self::Closed),
            Some(Outcome::Cut) => Some(Self::Cut),
            Some(Outcome::Garbage) => Some(Self::Garbage),
            Some(Outcome::Stopped) => None,
            None => match reply.ending {
                Ending::Hold | Ending::Hang => Some(Self::Held),
                _ if is_waiting(delivery, now) => Some(Self::Held),
                Ending::Normal | Ending::Drip(_) => Some(Self::Code(reply.status)),
                Ending::Reset | Ending::Close | Ending::Cut | Ending::Garbage => None,
            },
        }
    }
}

impl Status {
    fn is_broken(self) -> bool {
        matches!(self, Self::Reset | Self::Closed | Self::Cut | Self::Garbage)
    }
}

/// Whether the delay before the answer is still running.
fn is_waiting(delivery: &Delivery, now: Timestamp) -> bool {
    let delay = delivery.arrival.answer.reply.delay;
    let waited = now.duration_since(delivery.request().times.body);
    !delay.is_zero() && SignedDuration::try_from(delay).is_ok_and(|delay| waited < delay)
}

impl StatusTest {
    /// Reads `200`, `5xx`, `t/o`, `rst`, `close`, `held`, `>=400`; anything else is `None`.
    pub(super) fn read(text: &str) -> Option<Self> {
        if let Some(status) = Status::read(text) {
            return Some(Self::Is(status));
        }
        if let Some(class) = class(text) {
            return Some(Self::Class(class));
        }
        let code = |number: u64| u16::try_from(number).ok().filter(|code| is_code(*code));
        match bounds::read(text).ok()? {
            Bounds::Is(number) => code(number).map(|code| Self::Is(Status::Code(code))),
            Bounds::Between(least, most) => {
                (code(least).is_some() && code(most).is_some()).then_some(())?;
                Some(Self::Within(Bounds::Between(least, most)))
            }
            bounds @ (Bounds::More(number)
            | Bounds::AtLeast(number)
            | Bounds::Less(number)
            | Bounds::AtMost(number)) => code(number).map(|_| Self::Within(bounds)),
        }
    }

    /// Whether this status is meant.
    #[must_use]
    pub fn holds(self, status: Status) -> bool {
        match (self, status) {
            (Self::Is(Status::Reset), status) => status.is_broken(),
            (Self::Is(meant), status) => meant == status,
            (Self::Class(class), Status::Code(code)) => code / 100 == class,
            (Self::Within(bounds), Status::Code(code)) => bounds.contain(u64::from(code)),
            (Self::Class(_) | Self::Within(_), _) => false,
        }
    }
}

fn is_code(code: u16) -> bool {
    (100..600).contains(&code)
}

fn class(text: &str) -> Option<u16> {
    let digit = match text.as_bytes() {
        [digit @ b'1'..=b'5', b'x' | b'X', b'x' | b'X'] => digit - b'0',
        _ => return None,
    };
    Some(u16::from(digit))
}

impl fmt::Display for StatusTest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(Status::Code(code)) => write!(formatter, "{code}"),
            Self::Is(status) => formatter.write_str(status.word()),
            Self::Class(class) => write!(formatter, "{class}xx"),
            Self::Within(within) => bounds::write(*within, formatter),
        }
    }
}

impl Fixed for Status {
    const WORDS: &'static [(&'static str, Self, &'static str)] = &[
        ("t/o", Self::Unanswered, "the peer left without our answer"),
        (
            "rst",
            Self::Reset,
            "reset, closed, cut or garbage, as planned",
        ),
        (
            "close",
            Self::Closed,
            "closed without an answer, as planned",
        ),
        ("cut", Self::Cut, "closed within the answer, as planned"),
        ("garbage", Self::Garbage, "no HTTP was answered, as planned"),
        ("held", Self::Held, "we are holding the answer"),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_and_prints_back() {
        for text in [
            "200", "5xx", "t/o", "rst", "close", "cut", "garbage", "held", ">=400", "<300",
            "200..299",
        ] {
            assert_eq!(StatusTest::read(text).unwrap().to_string(), text);
        }
        for text in ["9xx", "600", "99", "", "2x", ">999", "ok", "200..900"] {
            assert_eq!(StatusTest::read(text), None, "{text}");
        }
    }

    #[test]
    fn rst_is_every_broken_connection_and_each_other_word_itself() {
        let broken = [Status::Reset, Status::Closed, Status::Cut, Status::Garbage];
        for status in broken {
            assert!(StatusTest::Is(Status::Reset).holds(status), "{status:?}");
            for meant in &broken[1..] {
                let holds = StatusTest::Is(*meant).holds(status);
                assert_eq!(holds, *meant == status, "{meant:?} {status:?}");
            }
        }
        assert!(!StatusTest::Is(Status::Reset).holds(Status::Unanswered));
    }

    #[test]
    fn only_an_answer_has_a_class() {
        assert!(StatusTest::Class(5).holds(Status::Code(503)));
        assert!(!StatusTest::Class(5).holds(Status::Code(404)));
        assert!(!StatusTest::Class(5).holds(Status::Unanswered));
        assert!(StatusTest::Is(Status::Reset).holds(Status::Reset));
    }
}
