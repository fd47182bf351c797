//! Which event a delivery reports, in the short forms that lists and lines use.

use std::borrow::Cow;

use crate::delivery::Delivery;
use crate::text;

const SHORT: usize = 8;

/// What marks an id that was deduced, not sent.
const INFERRED: char = '~';

/// The event id, whole; `~` before it when it was deduced, `-` when there is none.
#[must_use]
pub fn id(delivery: &Delivery) -> String {
    match &delivery.arrival.recognition.event_id {
        None => "-".to_owned(),
        Some((id, source)) => marked(&text::line(id.as_bytes()), source.is_inferred()),
    }
}

/// The first eight characters of the event id, marked as in [`id`]; of a hash, its first digits.
#[must_use]
pub fn short_id(delivery: &Delivery) -> String {
    match &delivery.arrival.recognition.event_id {
        None => "-".to_owned(),
        Some((id, source)) => marked(&short(id), source.is_inferred()),
    }
}

/// The first eight characters of an event id.
#[must_use]
pub fn short(id: &str) -> String {
    let digits = id.strip_prefix("sha256:").unwrap_or(id);
    let shown = text::line(digits.as_bytes());
    if shown.is_ascii() {
        shown.chars().take(SHORT).collect()
    } else {
        text::clip(&shown, SHORT).into_owned()
    }
}

fn marked(id: &str, inferred: bool) -> String {
    if inferred {
        format!("{INFERRED}{id}")
    } else {
        id.to_owned()
    }
}

/// The event type, or `(no type)`.
#[must_use]
pub fn kind(delivery: &Delivery) -> Cow<'_, str> {
    let kind = delivery.arrival.recognition.event_type.as_deref();
    kind.map_or(Cow::Borrowed("(no type)"), |kind| {
        text::line(kind.as_bytes())
    })
}

/// The sender's attempt counter; where it sends none, how many arrivals there were, marked `~`.
#[must_use]
pub fn attempt(delivery: &Delivery) -> String {
    match delivery.arrival.recognition.attempt {
        Some(attempt) => attempt.to_string(),
        None => format!("{INFERRED}{}", delivery.arrival.sighting.arrival),
    }
}

#[cfg(test)]
mod tests {
    use crate::delivery::EventIdSource;
    use crate::export::samples;

    use super::*;

    #[test]
    fn a_deduced_id_is_marked() {
        let mut delivery = samples::find_email();
        assert_eq!(short_id(&delivery), "6f1c0b52");
        samples::change(&mut delivery, |arrival| {
            let hash = "sha256:b1946ac92492d2347c6235b4d2611184".to_owned();
            arrival.recognition.event_id = Some((hash, EventIdSource::Hash));
            arrival.recognition.attempt = None;
        });
        assert_eq!(short_id(&delivery), "~b1946ac9");
        assert_eq!(attempt(&delivery), "~1");
    }

    #[test]
    fn an_id_cannot_act_on_the_terminal() {
        assert_eq!(short("\u{1b}]0;owned\u{7}"), "\\u{1b}]0");
        assert!(text::width(&short("山田太郎山田太郎")) <= SHORT);
    }
}
