//! What changed between two attempts, or by an edit: lines that went and lines that came.

use bytes::Bytes;
use similar::{ChangeTag, TextDiff};

use crate::text;

use super::app::App;
use super::copy::pretty;
use super::layer::Layer;

/// A line that went or came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is no longer there.
    Gone(String),
    /// It is new.
    New(String),
}

/// Larger bodies are not compared line by line.
const LARGEST: usize = 2 << 20;

/// The lines that differ, made visible; JSON is laid out first.
#[must_use]
pub(super) fn lines(before: &[u8], after: &[u8]) -> Vec<Change> {
    let before = laid_out(before);
    let after = laid_out(after);
    TextDiff::from_lines(&before, &after)
        .iter_all_changes()
        .filter_map(|change| {
            let line = change.value().trim_end_matches(['\n', '\r']).to_owned();
            match change.tag() {
                ChangeTag::Delete => Some(Change::Gone(line)),
                ChangeTag::Insert => Some(Change::New(line)),
                ChangeTag::Equal => None,
            }
        })
        .collect()
}

/// A request or a body with its JSON laid out, made visible.
fn laid_out(bytes: &[u8]) -> String {
    let whole = Bytes::copy_from_slice(bytes);
    match super::request_text::read(&whole) {
        Ok((head, body)) => {
            let mut shown = text::block(head.raw()).into_owned();
            shown.push_str(&text::block(&pretty(&body)));
            shown
        }
        Err(_) => text::block(&pretty(bytes)).into_owned(),
    }
}

/// The difference between the selected delivery and the one before it.
pub(super) fn attempts(app: &App) -> Result<Layer, String> {
    let shown = app.detail.current().ok_or("nothing is selected")?;
    let previous = shown
        .previous()
        .ok_or("there is no earlier attempt to compare with")?;
    let delivery = &shown.delivery;
    let mut page = vec![format!(
        "attempt {} of this event, compared with the one before",
        delivery.arrival.sighting.arrival
    )];
    page.push(String::new());
    page.push("Headers".to_owned());
    push(
        &mut page,
        &lines(previous.request().head.raw(), delivery.request().head.raw()),
    );
    page.push(String::new());
    page.push("Body".to_owned());
    let index = |id| app.index.attempt(id).map(|attempt| attempt.body);
    if index(previous.id) == index(delivery.id) {
        page.push("  the same bytes".to_owned());
    } else if previous.request().body.is_empty() {
        page.push("  other bytes than the one before".to_owned());
    } else if delivery
        .request()
        .body
        .len()
        .max(previous.request().body.len())
        > LARGEST
    {
        page.push("  other bytes, and too many to compare line by line".to_owned());
    } else {
        push(
            &mut page,
            &lines(&previous.request().body, &delivery.request().body),
        );
    }
    Ok(Layer::text("Difference", &page.join("\n")))
}

fn push(page: &mut Vec<String>, changes: &[Change]) {
    if changes.is_empty() {
        page.push("  no difference".to_owned());
    }
    page.extend(changes.iter().map(|change| match change {
        Change::Gone(line) => format!("  - {line}"),
        Change::New(line) => format!("  + {line}"),
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_compared_value_by_value() {
        let changes = lines(br#"{"a":1,"b":2}"#, br#"{"a":1,"b":3}"#);
        assert_eq!(
            changes,
            [
                Change::Gone("  \"b\": 2".to_owned()),
                Change::New("  \"b\": 3".to_owned())
            ]
        );
    }

    #[test]
    fn what_differs_is_made_visible() {
        let changes = lines(b"a", b"\x1b[2J");
        assert_eq!(changes[1], Change::New("\\u{1b}[2J".to_owned()));
    }
}
