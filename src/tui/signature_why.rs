//! Why a signature fails: what would have made it match, what was tried in vain, and what to do.

use crate::delivery::{Delivery, Diagnosis, Finding, Reason, Scheme};
use crate::signature::scheme;
use crate::text;

use super::detail::Shown;
use super::signature::Page;
use super::theme::Role;

impl Page<'_> {
    /// What a MAC proves comes first; without a proof, what is plain to see.
    pub(super) fn diagnosis(&mut self, diagnosis: &Diagnosis) {
        let proved = diagnosis.findings.iter().any(|finding| finding.matches);
        if proved {
            self.would_match(diagnosis);
            self.causes(diagnosis);
        } else {
            self.causes(diagnosis);
            self.would_match(diagnosis);
        }
    }

    fn would_match(&mut self, diagnosis: &Diagnosis) {
        self.blank();
        let words = self
            .words()
            .say(Role::Strong, "It would match if")
            .say(Role::Dim, "   (diagnosis only; the verdict stays)");
        self.push(words);
        for finding in diagnosis.findings.iter().filter(|finding| finding.matches) {
            let words = self
                .words()
                .say(Role::Good, " yes  ")
                .sent(Role::Plain, would_match_if(finding).as_bytes());
            self.push(words);
        }
        self.ruled_out(diagnosis);
        if let Some(left_out) = &diagnosis.not_tried {
            let words = self
                .words()
                .say(Role::Dim, "      not tried: ")
                .sent(Role::Dim, left_out.as_bytes());
            self.push(words);
        }
    }

    fn causes(&mut self, diagnosis: &Diagnosis) {
        for (at, finding) in diagnosis.findings.iter().take(3).enumerate() {
            self.blank();
            let title = if finding.matches || at == 0 {
                "Likely cause"
            } else {
                "Also seen"
            };
            let words = self.words().say(Role::Strong, title);
            self.push(words);
            self.paragraph(&text::line(finding.explanation.as_bytes()));
            let fix = format!("fix: {}", text::line(finding.fix.as_bytes()));
            self.paragraph(&fix);
        }
    }

    /// What was tried in vain: by kind once it was looked into, else as a number.
    fn ruled_out(&mut self, diagnosis: &Diagnosis) {
        let proved = diagnosis.findings.iter().any(|finding| finding.matches);
        let kinds = self
            .app
            .detail
            .insight()
            .map_or(&[][..], |insight| &insight.ruled_out);
        let most = if proved { 4 } else { kinds.len() };
        for kind in kinds.iter().take(most) {
            let words = self.words().say(Role::Dim, " no   ").plain(*kind);
            self.push(words);
        }
        if !proved {
            let words = self.words().say(Role::Dim, " no   ").plain(format!(
                "{} combinations were tried, none matches",
                diagnosis.tried
            ));
            self.push(words);
        }
    }

    /// The timestamps of the attempts, which should be new each time.
    pub(super) fn across(&mut self, shown: &Shown) {
        let mut values: Vec<&str> = Vec::new();
        let stamps: Vec<String> = shown
            .beside
            .iter()
            .chain([&shown.delivery])
            .filter_map(|delivery| {
                let value = delivery
                    .request()
                    .header_text(scheme::header_name(Scheme::Sixtyfour))?;
                let stamp = value
                    .split(',')
                    .find_map(|part| part.trim().strip_prefix("t="))?;
                let shown = text::line(stamp.as_bytes()).into_owned();
                let end = shown.get(shown.len().saturating_sub(3)..)?.to_owned();
                let attempt = self.app.index.attempt(delivery.id)?.number;
                values.push(value);
                Some(format!("#{attempt} t=…{end}"))
            })
            .collect();
        if stamps.len() > 1 {
            self.blank();
            values.sort_unstable();
            let is_new = values.windows(2).all(|pair| pair[0] != pair[1]);
            let words = self
                .words()
                .say(Role::Dim, "Across attempts   ")
                .plain(stamps.join("   "))
                .say(Role::Dim, if is_new { "   each one new" } else { "" });
            self.push(words);
        }
    }

    pub(super) fn advice(&mut self, delivery: &Delivery) {
        self.blank();
        let verdict = &delivery.arrival.verdict;
        match verdict.reason {
            Reason::Ok if two_signatures(delivery) => self.paragraph(
                "During a rotation the header carries two v1. An app that reads it into a map keeps only one and may fail: check every v1.",
            ),
            Reason::NoSecretConfigured => {
                let option = match scheme::signed_by(&delivery.request().head) {
                    Some(Scheme::Elan) => "--elan-secret-file",
                    Some(Scheme::Sixtyfour) | None => "--secret-file",
                };
                self.paragraph(&format!(
                    "No key is loaded for this scheme: save it to a file and use {option} FILE."
                ));
            }
            Reason::SignatureMismatch if delivery.diagnosis.is_none() => {
                self.paragraph("The diagnosis is not ready yet.");
            }
            _ => {}
        }
        self.paragraph("Keys are never shown whole, only their last 4 characters.");
    }
}

fn two_signatures(delivery: &Delivery) -> bool {
    let name = scheme::header_name(Scheme::Sixtyfour);
    let count: usize = delivery
        .request()
        .head
        .headers_named(name)
        .map(|value| memchr::memmem::find_iter(value, b"v1=").count())
        .sum();
    count > 1
}

/// A proved cause, to go on after "it would match if": `the body were compact JSON`.
fn would_match_if(finding: &Finding) -> String {
    let causes: Vec<String> = finding.candidate.split('+').map(in_words).collect();
    causes.join(" and ")
}

fn in_words(cause: &str) -> String {
    let spelled = |rest: &str| {
        rest.replace('_', " ")
            .replace("json", "JSON")
            .replace("utf8", "UTF-8")
            .replace("crlf", "CRLF")
            .replace("bom", "its byte order mark")
    };
    let words = match cause {
        "signed_body_only" => "\"t.\" were left out (X-Webhook-Signature style)",
        "signed_milliseconds" => "t were in milliseconds",
        "signed_seconds" => "t were in seconds",
        "signed_without_dot" => "the dot after t were left out",
        "secret_elan" => "the key were the one loaded for ELAN",
        "secret_sixtyfour" => "the key were the one loaded for Sixtyfour",
        _ => "",
    };
    if !words.is_empty() {
        return words.to_owned();
    }
    match cause.split_once('_') {
        Some(("body", rest)) => format!("the body were {}", spelled(rest)),
        Some(("secret", rest)) => format!("the key were {}", spelled(rest)),
        Some(("mac", rest)) => format!("the hash were {}", spelled(rest)),
        _ => spelled(cause),
    }
}
