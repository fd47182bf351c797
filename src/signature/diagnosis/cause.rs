//! A cause in words, and several of them as one finding.

use std::borrow::Cow;

use crate::delivery::{Confidence, Finding};

/// The one line for receivers that check what a parser made of the body.
pub const VERIFY_RAW_BYTES: &str = "verify the raw bytes before anything parses them: express.raw({ type: \"*/*\" }) in Express, request.get_data() in Flask, await request.body() in FastAPI, bodyParser: false in Next.js; if they arrive changed, look for the proxy that rewrites them";

/// One way in which a request departs from what was expected of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cause {
    /// Its name in JSON.
    pub(super) name: Cow<'static, str>,
    /// What was seen: a sentence.
    pub(super) explanation: String,
    /// What to do: a clause without a full stop, in lower case.
    pub(super) fix: String,
}

impl Cause {
    /// A cause from its words.
    pub(super) fn new(
        name: impl Into<Cow<'static, str>>,
        explanation: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            explanation: explanation.into(),
            fix: fix.into(),
        }
    }

    /// Evidence that no MAC proves.
    pub(super) fn evidence(self, confidence: Confidence) -> Finding {
        finding(&[self], false, confidence)
    }
}

/// What a matching MAC proves: all these at once.
pub(super) fn proof(causes: &[Cause]) -> Finding {
    finding(causes, true, Confidence::High)
}

/// Several causes as one finding.
pub(super) fn finding(causes: &[Cause], matches: bool, confidence: Confidence) -> Finding {
    let names: Vec<_> = causes.iter().map(|cause| &*cause.name).collect();
    let explanations: Vec<_> = causes
        .iter()
        .map(|cause| cause.explanation.as_str())
        .collect();
    let mut fixes: Vec<_> = causes.iter().map(|cause| cause.fix.as_str()).collect();
    fixes.dedup();
    let lead = if matches && causes.len() > 1 {
        "Several things at once. "
    } else {
        ""
    };
    Finding {
        candidate: names.join("+"),
        matches,
        confidence,
        explanation: format!("{lead}{}", explanations.join(" ")),
        fix: capitalised(&fixes.join("; and ")),
    }
}

fn capitalised(clause: &str) -> String {
    let mut characters = clause.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_causes_make_one_finding() {
        let secret = Cause::new("secret_trimmed", "Blanks.", "remove them");
        let body = Cause::new("body_crlf", "Line ends.", "keep them");
        let both = proof(&[secret.clone(), body]);
        assert_eq!(both.candidate, "secret_trimmed+body_crlf");
        assert_eq!(
            both.explanation,
            "Several things at once. Blanks. Line ends."
        );
        assert_eq!(both.fix, "Remove them; and keep them");
        assert!(both.matches);
        let alone = secret.evidence(Confidence::Low);
        assert_eq!(
            (alone.explanation.as_str(), alone.matches),
            ("Blanks.", false)
        );
    }
}
