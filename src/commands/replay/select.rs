//! Which captures are meant: ids, ranges and filters on one command line.

use std::collections::HashSet;
use std::ops::ControlFlow;

use jiff::Timestamp;

use crate::delivery::DeliveryId;
use crate::filter::Filter;
use crate::store::{Found, Location, Order, Store};

use super::super::exit::Exit;
use super::super::lookup::{self, is_number};
use super::super::problem::{Problem, Result};

/// The command, with a place for the id.
pub(super) const AGAIN: &str = "hook64 replay ID --to URL";

/// What a word of a command line means.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// A delivery or an event.
    Id(String),
    /// A range of numbers, as a filter says it.
    Range(String),
    /// Part of a filter.
    Term(String),
}

/// What chooses captures.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    One(DeliveryId),
    /// As a filter says it.
    Range(String),
}

/// The captures that these words mean, each once. Ids and ranges choose: those with an id in the
/// order in which they are named, a range from the oldest on. All other words are one filter, as
/// for `list`: it narrows what was chosen, and chooses, from the oldest on, where nothing else does.
///
/// # Errors
/// When an id leads to nothing or to several events, a filter cannot be read, or nothing is found.
pub(super) fn select(
    store: &Store,
    location: &Location,
    words: &[String],
) -> Result<Vec<DeliveryId>> {
    let (mut choices, mut terms) = (Vec::new(), Vec::new());
    for word in words {
        for word in understand(store, word)? {
            match word {
                Word::Id(id) => {
                    let found = lookup::delivery(store, &id, AGAIN);
                    let id = found.map_err(|problem| several(problem, &id))?.id;
                    choices.push(Choice::One(id));
                }
                Word::Range(range) => choices.push(Choice::Range(range)),
                Word::Term(term) => terms.push(term),
            }
        }
    }
    let filter = lookup::filter(&terms)?;
    let mut selection = Selection::new(store);
    for choice in &choices {
        match choice {
            Choice::One(id) if filter.is_all() => selection.add(*id),
            choice => selection.add_matching(&narrowed(std::slice::from_ref(choice), &filter)?)?,
        }
    }
    if choices.is_empty() {
        selection.add_matching(&filter)?;
    }
    if selection.found.is_empty() {
        let asked = narrowed(&choices, &filter)?;
        return Err(lookup::nothing_found(store, location, &asked));
    }
    Ok(selection.found)
}

/// What was not found may be numbers with something else than blanks between them: several, or a
/// range.
fn several(problem: Problem, word: &str) -> Problem {
    let numbers: Vec<_> = word.split([',', '-', ';']).collect();
    let are_several = numbers.len() > 1 && numbers.iter().all(|number| is_number(number));
    if problem.exit() != Exit::NotFound || !are_several {
        return problem;
    }
    let each = format!("hook64 replay {} --to URL", numbers.join(" "));
    match word.split_once('-') {
        Some((first, last)) if is_number(first) && is_number(last) => problem
            .why("blanks part several ids, and two dots make a range")
            .fix(format!(
                "name each of them, or a range:\n  {each}\n  \
                 hook64 replay {first}..{last} --to URL"
            )),
        _ => problem.why("blanks part several ids").fix(each),
    }
}

/// Any of these choices, as far as the filter lets them through.
fn narrowed(choices: &[Choice], filter: &Filter) -> Result<Filter> {
    let choices: Vec<_> = choices
        .iter()
        .map(|choice| match choice {
            Choice::One(id) => format!("seq:{id}"),
            Choice::Range(range) => range.clone(),
        })
        .collect();
    if choices.is_empty() {
        return Ok(filter.clone());
    }
    let mut parts = vec![format!("({})", choices.join(" | "))];
    if !filter.is_all() {
        parts.push(format!("({filter})"));
    }
    lookup::filter(&parts)
}

fn understand(store: &Store, word: &str) -> Result<Vec<Word>> {
    if let Some(range) = range(word) {
        return Ok(vec![Word::Range(range)]);
    }
    let is_one = !word.contains(char::is_whitespace);
    // An event id may have a colon or a blank too, so what is stored goes before what no filter is.
    // What is one stays one: a sender chooses event ids, and not what is replayed.
    let is_filter = looks_like_filter(word) && lookup::filter(&[word.to_owned()]).is_ok();
    if (is_one && !looks_like_filter(word)) || (!is_filter && is_stored(store, word)?) {
        return Ok(vec![Word::Id(word.to_owned())]);
    }
    // A word that begins with a minus was put in parentheses, to be no option.
    let inside = word.strip_prefix("(-").and_then(|_| word.strip_suffix(')'));
    let words = parts(inside.map_or(word, |inside| &inside[1..]))
        .map(|part| match range(part) {
            Some(range) => Word::Range(range),
            None if is_number(part) => Word::Id(part.to_owned()),
            None => Word::Term(part.to_owned()),
        })
        .collect::<Vec<_>>();
    // Only what chooses is taken out of a filter: the rest stays as it was written.
    if words.iter().any(|word| !matches!(word, Word::Term(_))) {
        Ok(words)
    } else if looks_like_filter(word) {
        Ok(vec![Word::Term(word.to_owned())])
    } else {
        Ok(vec![Word::Id(word.to_owned())])
    }
}

fn looks_like_filter(word: &str) -> bool {
    word.contains([':', '|', '(', ')', '"']) || word.starts_with('-')
}

fn is_stored(store: &Store, word: &str) -> Result<bool> {
    let found = store.find(word).map_err(|error| lookup::trouble(&error))?;
    Ok(!matches!(found, Found::Nothing { .. }))
}

/// What blanks part, outside of quotes and parentheses.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut is_quoted, mut is_escaped) = (0_usize, false, false);
    let is_gap = move |character: char| {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = is_quoted,
            '"' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth = depth.saturating_sub(1),
            _ => return character.is_whitespace() && !is_quoted && depth == 0,
        }
        false
    };
    word.split(is_gap).filter(|part| !part.is_empty())
}

/// `3..9`, `3..` and `..9` in numbers, as a filter.
fn range(word: &str) -> Option<String> {
    let (first, last) = word.split_once("..")?;
    let is_end = |text: &str| text.is_empty() || is_number(text);
    let is_range = is_end(first) && is_end(last) && word.len() > 2;
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
    #[test]
    fn blanks_part_words_but_not_in_quotes_or_parentheses() {
        let found: Vec<_> = parts(r#" 3  body:"a \" b" (x | (y z)) -id:e"#).collect();
        assert_eq!(found, ["3", r#"body:"a \" b""#, "(x | (y z))", "-id:e"]);
    }

    #[test]
    fn numbers_with_a_comma_between_them_are_said_to_be_several() {
        let fix = |word| {
            let problem = Problem::new(Exit::NotFound, "no_such_delivery", "no").fix("other");
            let problem = several(problem, word);
            problem.parts().2.unwrap_or_default().to_owned()
        };
        assert_eq!(fix("1,2"), "hook64 replay 1 2 --to URL");
        assert_eq!(fix("3;1,2"), "hook64 replay 3 1 2 --to URL");
        assert_eq!(fix("1-2-3"), "hook64 replay 1 2 3 --to URL");
        assert_eq!(
            fix("1-3"),
            "name each of them, or a range:\n  hook64 replay 1 3 --to URL\n  \
             hook64 replay 1..3 --to URL"
        );
        for other in ["1", "1,", "a,b", "6f1c0b52-3e1d"] {
            assert_eq!(fix(other), "other", "{other}");
        }
    }

    #[test]
    fn a_store_that_cannot_be_read_is_not_said_to_be_several_ids() {
        let damaged = Problem::failed("store_damaged", "no")
            .why("damaged")
            .fix("other");
        let problem = several(damaged, "1,2");
        assert_eq!(problem.parts(), ("no", Some("damaged"), Some("other")));
    }

    #[test]
    fn choices_are_ored_and_the_filter_narrows_them() {
        let filter = |text: &str| text.parse::<Filter>().unwrap();
        let three = Choice::One(DeliveryId::new(3).unwrap());
        let range = Choice::Range("seq:7..9".to_owned());
        let of = |choices: &[Choice], terms| narrowed(choices, &filter(terms)).unwrap();
        assert_eq!(
            of(&[three.clone(), range], "type:a | type:b"),
            filter("(seq:3 | seq:7..9) (type:a | type:b)")
        );
        assert_eq!(of(&[three], ""), filter("seq:3"));
        assert_eq!(of(&[], "type:a"), filter("type:a"));
    }
}
