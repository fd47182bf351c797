//! Which dialects are worth a try for one document, and which of them before another order of keys.

use super::dialects::{DIALECTS, Dialect, Effect};
use super::json::Document;

/// So many dialects are likely, whatever they do.
const LIKELY: usize = 4;

/// The dialects that do something different to a document, each effect once.
pub(super) struct Spellings {
    /// The first few, and all that only lay out the document anew: they are tried before any other
    /// order of its keys.
    pub(super) likely: Vec<&'static Dialect>,
    /// The rest.
    pub(super) unlikely: Vec<&'static Dialect>,
}

impl Spellings {
    pub(super) fn of(document: &Document<'_>, body: &[u8]) -> Self {
        let dialects = distinct(document, body);
        let (first, rest) = dialects.split_at(LIKELY.min(dialects.len()));
        let (layouts, unlikely): (Vec<_>, Vec<_>) =
            rest.iter().partition(|dialect| dialect.only_lays_out());
        Self {
            likely: [first, &layouts].concat(),
            unlikely,
        }
    }
}

fn distinct(document: &Document<'_>, body: &[u8]) -> Vec<&'static Dialect> {
    // Blanks around the document are no part of its layout, but of the body.
    let is_bare =
        matches!(body.first(), Some(b'{' | b'[')) && matches!(body.last(), Some(b'}' | b']'));
    let mut effects = Vec::new();
    effects.extend(Effect::none(document).filter(|_| is_bare));
    DIALECTS
        .iter()
        .filter(|dialect| {
            let effect = dialect.effect(document);
            let is_new = !effects.contains(&effect);
            if is_new {
                effects.push(effect);
            }
            is_new
        })
        .collect()
}
