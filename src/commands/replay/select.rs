//! Which captures are meant: ids, ranges and filters on one command line.

use std::collections::HashSet;
use std::ops::ControlFlow;

use jiff::Timestamp;

use crate::delivery::DeliveryId;
use crate::filter::Filter;
use crate::store::{Found, Location, Order, Store};

use super::super::lookup;
use super::super::problem::Result;

/// The command, with a place for the id.
pub(super) const AGAIN: &str = "hook64 replay ID --to URL";

/// What one word of a command line means.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// A delivery or an event.
    Id,
    /// A range of numbers, as a filter says it.
    Range(String),
    /// Part of a filter.
    Term,
}

/// The captures that these words mean, each once: those with an id in the order in which they are
/// named, a range or a filter from the oldest on. All words that are no ids and no ranges are one
/// filter, as for `list`.
///
/// # Errors
/// When an id leads to nothing or to several events, a filter cannot be read, or nothing is found.
pub(super) fn select(
    store: &Store,
    location: &Location,
    words: &[String],
) -> Result<Vec<DeliveryId>> {
    let mut selection = Selection::new(store);
    let mut terms = Vec::new();
    for word in words {
        match understand(store, word)? {
            Word::Id => selection.add(lookup::delivery(store, word, AGAIN)?.id),
            Word::Range(range) => selection.add_matching(&lookup::filter(&[range])?)?,
            Word::Term => terms.push(word.clone()),
        }
    }
    let filter = lookup::filter(&terms)?;
    if !terms.is_empty() {
        selection.add_matching(&filter)?;
    }
    if selection.found.is_empty() {
        return Err(lookup::nothing_found(store, location, &filter));
    }
    Ok(selection.found)
}

fn understand(store: &Store, word: &str) -> Result<Word> {
    if let Some(range) = range(word) {
        return Ok(Word::Range(range));
    }
    // An event id may have a colon too, so what is stored goes before what could be a filter.
    let looks_like_filter = word.contains([':', '|', '(', ')', '"']) || word.starts_with('-');
    if !looks_like_filter {
        return Ok(Word::Id);
    }
    match store.find(word).map_err(|error| lookup::trouble(&error))? {
        Found::Nothing { .. } => Ok(Word::Term),
        Found::Delivery(_) | Found::Ambiguous { .. } => Ok(Word::Id),
    }
}

/// `3..9`, `3..` and `..9` in numbers, as a filter.
fn range(word: &str) -> Option<String> {
    let (first, last) = word.split_once("..")?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_range = is_number(first) && is_number(last) && word.len() > 2;
    is_range.then(|| format!("seq:{word}"))
}

struct Selection<'a> {
    store: &'a Store,
    found: Vec<DeliveryId>,
    known: HashSet<DeliveryId>,
}

impl<'a> Selection<'a> {
    fn new(store: &'a Store) -> Self {
        Self {
            store,
            found: Vec::new(),
            known: HashSet::new(),
        }
    }

    fn add(&mut self, id: DeliveryId) {
        if self.known.insert(id) {
            self.found.push(id);
        }
    }

    fn add_matching(&mut self, filter: &Filter) -> Result<()> {
        let store = self.store;
        let now = Timestamp::now();
        lookup::each(store, filter, Order::OldestFirst, None, now, |delivery| {
            self.add(delivery.id);
            ControlFlow::Continue(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_two_numbers_or_one_of_them() {
        assert_eq!(range("3..9").as_deref(), Some("seq:3..9"));
        assert_eq!(range("3..").as_deref(), Some("seq:3.."));
        assert_eq!(range("..9").as_deref(), Some("seq:..9"));
        for other in ["..", "3", "a..b", "3...9", "6f1c..", "3..9x"] {
            assert_eq!(range(other), None, "{other}");
        }
    }
}
