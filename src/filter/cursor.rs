//! A place in the text of a filter, and the few things that can be read there.
//!
//! What ends a word is decided here alone, so that the parser and the completion agree.

use super::error::Problem;
use super::pattern::{Pattern, Regex};

/// How many regular expressions one filter may have: each may take some memory.
const MAX_REGEXES: usize = 16;

/// Whether a slash may begin a plain word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slash {
    /// It begins a regular expression, always.
    Regex,
    /// It begins one if it ends before the next blank, else it is a path.
    RegexOrPath,
}

pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
    regexes: usize,
}

/// Whether a plain word ends before this character. The semicolon is for fault plans, where
/// filters stand between others.
pub(super) fn ends_word(character: char) -> bool {
    character.is_whitespace() || matches!(character, '(' | ')' | '|' | '"' | ';')
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            regexes: 0,
        }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Steps over `expected` if it stands here.
    pub(super) fn take(&mut self, expected: &str) -> bool {
        let is_here = self.rest().starts_with(expected);
        if is_here {
            self.at += expected.len();
        }
        is_here
    }

    /// Steps over everything up to the first character that `ends`.
    pub(super) fn take_until(&mut self, ends: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let taken = &rest[..rest.find(ends).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    pub(super) fn word(&mut self) -> &'t str {
        self.take_until(ends_word)
    }

    /// Whether a term may end here.
    pub(super) fn is_at_end_of_term(&self) -> bool {
        self.peek()
            .is_none_or(|next| next != '"' && ends_word(next))
    }

    /// A text in quotes; the cursor stands on the first of them.
    pub(super) fn quoted(&mut self) -> Result<String, Problem> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        let mut characters = self.rest().char_indices().peekable();
        while let Some((offset, character)) = characters.next() {
            match character {
                '"' => {
                    self.at += offset + 1;
                    return Ok(text);
                }
                '\\' => match characters.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                    Some((_, next)) => text.push(next),
                    None => text.push('\\'),
                },
                _ => text.push(character),
            }
        }
        Err(Problem::new(
            start,
            "the quote is never closed",
            "add the closing \"; a quote inside is written \\\"",
        ))
    }

    /// The source of a regular expression that begins here; `None` if nothing here is one.
    fn regex_source(&self, slash: Slash) -> Option<&'t str> {
        let source = self.rest().strip_prefix('/')?;
        let mut is_escaped = false;
        for (offset, character) in source.char_indices() {
            match character {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '/' if offset > 0 => return source.get(..offset),
                '/' => return None,
                _ if slash == Slash::RegexOrPath && character.is_whitespace() => return None,
                _ => {}
            }
        }
        None
    }

    fn regex(&mut self, slash: Slash) -> Result<Option<Pattern>, Problem> {
        let start = self.at;
        let source = self.regex_source(slash);
        let is_whole = source.is_some_and(|source| {
            let end = start + source.len() + 2;
            let after = self.text.get(end..).unwrap_or_default();
            let next = after.chars().next();
            next.is_none_or(|next| next != '"' && ends_word(next))
        });
        let Some(source) = source.filter(|_| is_whole) else {
            return match slash {
                Slash::RegexOrPath => Ok(None),
                Slash::Regex => Err(Problem::new(
                    start,
                    "a value that begins with / is a regular expression, and this one does not end",
                    "close it with / and a blank, write \\/ for a slash inside, \
                     or put plain text in quotes",
                )),
            };
        };
        self.at += source.len() + 2;
        self.regexes += 1;
        if self.regexes > MAX_REGEXES {
            let message = format!("more than {MAX_REGEXES} regular expressions");
            return Err(Problem::new(start, message, "join them with | inside one"));
        }
        let regex = Regex::new(source).map_err(|why| {
            let message = format!("/{source}/ is not a regular expression: {why}");
            Problem::new(start, message, "correct it, or put plain text in quotes")
        })?;
        Ok(Some(Pattern::Regex(regex)))
    }

    /// A word, a text in quotes, or a regular expression; `of` is whose value it is.
    pub(super) fn pattern(&mut self, of: &str, slash: Slash) -> Result<Pattern, Problem> {
        let start = self.at;
        let pattern = match self.peek() {
            Some('"') => Pattern::Exact(self.quoted()?),
            Some('/') => match self.regex(slash)? {
                Some(regex) => regex,
                None => Pattern::from_word(self.word()),
            },
            _ => match self.word() {
                "" => {
                    return Err(Problem::new(
                        start,
                        format!("{of} needs a value"),
                        format!("write {of}text, {of}\"exact text\" or {of}/regex/"),
                    ));
                }
                word => Pattern::from_word(word),
            },
        };
        self.end_of_term()?;
        Ok(pattern)
    }

    /// An error unless a term may end here.
    pub(super) fn end_of_term(&self) -> Result<(), Problem> {
        if self.is_at_end_of_term() {
            return Ok(());
        }
        Err(Problem::new(
            self.at,
            "a quote must begin a value and end it",
            "put the whole value in quotes, and a blank after it",
        ))
    }
}
