//! A job from an event that no one has sent yet: a sample, or a file.

use bytes::Bytes;
use jiff::Timestamp;

use super::edit::{Edit, EditError};
use super::job::{Job, Line, Parts, event_lines, signature_line};
use super::signing::Signing;
use crate::delivery::{HeadError, Header, Provider};
use crate::net::client::Target;
use crate::provider::samples::{Sample, USER_AGENT};

/// An event to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    provider: Provider,
    id: Option<String>,
    event_type: Option<String>,
    body: Bytes,
    /// Whether the body says its attempt, and the pipeline counts it up.
    numbered: bool,
}

/// How an event is made into a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dressing {
    /// How it is signed.
    pub signing: Signing,
    /// Further field lines; one that has the name of a standard line replaces it.
    pub headers: Vec<Header>,
    /// Leaves the provider's event headers out (id, type and attempt).
    pub drop_headers: bool,
    /// Changes the body after it was signed.
    pub tamper: bool,
}

impl Dressing {
    /// An event as its provider sends it.
    #[must_use]
    pub fn plain(signing: Signing) -> Self {
        Self {
            signing,
            headers: Vec::new(),
            drop_headers: false,
            tamper: false,
        }
    }
}

impl Event {
    /// An event of this provider's pipeline; id and type are for its headers.
    #[must_use]
    pub fn new(
        provider: Provider,
        id: Option<String>,
        event_type: Option<String>,
        body: impl Into<Bytes>,
    ) -> Self {
        let body = body.into();
        let is_workflow = provider == Provider::Sixtyfour && has_field(&body, "event");
        Self {
            numbered: is_workflow && has_field(&body, "attempt"),
            provider,
            id,
            event_type,
            body,
        }
    }

    /// A sample, made up from this seed, as if it had happened at `at`.
    #[must_use]
    pub fn sample(sample: &Sample, seed: u64, at: Timestamp) -> Self {
        let id = (sample.provider == Provider::Sixtyfour).then(|| sample.event_id(seed));
        let event_type = id.is_some().then(|| sample.event_type.to_owned());
        let body = sample.body(seed, 1, at);
        Self::new(sample.provider, id, event_type, body)
    }

    /// The id for the header.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The type for the header.
    #[must_use]
    pub fn event_type(&self) -> Option<&str> {
        self.event_type.as_deref()
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The event with these changes to its body.
    ///
    /// # Errors
    /// When one of them cannot be made.
    pub fn edited(mut self, edits: &[Edit]) -> Result<Self, EditError> {
        for edit in edits {
            self.body = edit.apply(&self.body)?.into();
            self.numbered &= !edit.sets_field("attempt");
        }
        Ok(self)
    }

    /// The event with another id, in the header and where the body has one.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        if has_field(&self.body, "event_id") {
            let edit = Edit::field("event_id", serde_json::Value::from(id).to_string());
            if let Ok(body) = edit.apply(&self.body) {
                self.body = body.into();
            }
        }
        if self.provider == Provider::Sixtyfour {
            self.id = Some(id.to_owned());
        }
        self
    }

    /// The job that delivers it. A target without a path is asked for `/`.
    ///
    /// # Errors
    /// When a header or the id cannot stand in a head.
    pub fn job(&self, target: &Target, dressing: Dressing) -> Result<Job, HeadError> {
        let fixed =
            |name: &'static str, value: &str| Line::Fixed(Header::new(name, value.to_owned()));
        let mut lines = vec![
            fixed("Host", target.authority()),
            fixed("User-Agent", USER_AGENT),
            fixed("Accept", "*/*"),
            fixed("Content-Type", "application/json"),
            Line::Length("Content-Length".into()),
        ];
        if self.provider == Provider::Sixtyfour && !dressing.drop_headers {
            lines.extend(event_lines(self.id.as_deref(), self.event_type.as_deref()));
        }
        lines.extend(signature_line(&dressing.signing));
        put(&mut lines, dressing.headers)?;
        Job::new(Parts {
            target: target.clone(),
            method: Bytes::from_static(b"POST"),
            path: Bytes::from(target.path().unwrap_or("/").to_owned()),
            lines,
            body: self.body.clone(),
            signing: dressing.signing,
            tampered: dressing.tamper,
            numbered: self.numbered,
        })
    }
}

/// Puts each line in the place of the standard one with its name, or at the end.
fn put(lines: &mut Vec<Line>, headers: Vec<Header>) -> Result<(), HeadError> {
    let mut standard: Vec<usize> = (0..lines.len()).collect();
    for header in headers {
        if header.is("content-length") || header.is("transfer-encoding") {
            return Err(HeadError::Syntax(
                "the length of the body is not a header to set",
            ));
        }
        let place = standard
            .iter()
            .position(|at| lines[*at].name().eq_ignore_ascii_case(&header.name));
        match place {
            Some(place) => lines[standard.swap_remove(place)] = Line::Fixed(header),
            None => lines.push(Line::Fixed(header)),
        }
    }
    Ok(())
}

/// Whether the body is a JSON object with this field.
pub(super) fn has_field(body: &[u8], name: &str) -> bool {
    use super::json::{Place, Step, locate};
    let path = [Step::Key(name.to_owned())];
    matches!(locate(body, &path), Ok(Place::Value(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{Head, Scheme};
    use crate::outbox::signing::Signer;
    use crate::provider::samples;
    use crate::signature::Secret;

    fn sent(event: &Event, scheme: Scheme, attempt: u32) -> (Head, Bytes) {
        let signer = Signer::new(scheme, [Secret::new("s")]);
        let target = "http://localhost:1/hook".parse().unwrap();
        let job = event.job(&target, Dressing::plain(Signing::Fresh(signer)));
        let rendered = job.unwrap().render(attempt, 1_000).unwrap();
        let raw = [rendered.head.bytes(), b"\r\n"].concat();
        (Head::parse(raw.into()).unwrap(), rendered.body)
    }

    #[test]
    fn every_sample_is_sent_as_its_provider_would() {
        for sample in samples::all() {
            let event = Event::sample(sample, 5, Timestamp::UNIX_EPOCH);
            let scheme = crate::provider::scheme(sample.provider).unwrap();
            let (head, body) = sent(&event, scheme, 3);
            assert_eq!(&body[..], sample.body(5, 3, Timestamp::UNIX_EPOCH));
            for header in sample.headers(5, 3) {
                let name = std::str::from_utf8(&header.name).unwrap();
                assert_eq!(head.header(name), Some(&header.value), "{}", sample.name);
            }
            assert_eq!(crate::signature::scheme::signed_by(&head), Some(scheme));
        }
    }

    #[test]
    fn another_id_stands_in_the_header_and_where_the_body_has_one() {
        let sample = |name| samples::find(name).unwrap();
        for (name, in_header, in_body) in [
            ("find_email", true, false),
            ("outgoing_webhook.completed", true, true),
            ("workflow.completed", false, true),
        ] {
            let event = Event::sample(sample(name), 5, Timestamp::UNIX_EPOCH).with_id("e9");
            let body: serde_json::Value = serde_json::from_slice(event.body()).unwrap();
            assert_eq!(event.id() == Some("e9"), in_header, "{name}");
            assert_eq!(body["event_id"] == "e9", in_body, "{name}");
        }
    }

    #[test]
    fn an_attempt_that_was_set_is_not_counted_up() {
        let sample = samples::find("outgoing_webhook.completed").unwrap();
        let event = Event::sample(sample, 5, Timestamp::UNIX_EPOCH);
        let edited = event.edited(&[".attempt=7".parse().unwrap()]).unwrap();
        let (_, body) = sent(&edited, Scheme::Sixtyfour, 2);
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["attempt"], 7);
    }
}
