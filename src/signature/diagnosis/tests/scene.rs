//! A request to diagnose, made by one mistake.

use jiff::Timestamp;

use crate::delivery::{Confidence, Diagnosis, Head, Header, Scheme};
use crate::signature::diagnosis::{Case, diagnose};
use crate::signature::{Secret, digest, scheme, sign};

pub(super) const SECRET: &str =
    "sk_whsec_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
pub(super) const BODY: &str = r#"{"task_id":"550e8400-e29b","status":"completed","task_type":"find_email","result":{"name":"Zoë <x>","url":"https://a.b/c","score":1.0,"rows":[1,2]}}"#;
pub(super) const T: i64 = 1_776_888_000;

/// A request to diagnose, and what is known around it.
pub(super) struct Scene {
    pub(super) headers: Vec<Header>,
    pub(super) body: Vec<u8>,
    pub(super) scheme: Scheme,
    pub(super) secrets: Vec<Secret>,
    pub(super) other_secrets: Vec<Secret>,
    pub(super) now: i64,
    pub(super) orders: Vec<&'static [&'static str]>,
    pub(super) earlier: Vec<Vec<u8>>,
    pub(super) offsets: Option<i64>,
}

impl Scene {
    pub(super) fn new(signature: Header, body: impl AsRef<[u8]>) -> Self {
        Self {
            headers: vec![signature],
            body: body.as_ref().to_vec(),
            scheme: Scheme::Sixtyfour,
            secrets: vec![Secret::new(SECRET)],
            other_secrets: Vec::new(),
            now: T,
            orders: Vec::new(),
            earlier: Vec::new(),
            offsets: None,
        }
    }

    /// Signed properly over `signed`, arrived as `received`.
    pub(super) fn body(signed: impl AsRef<[u8]>, received: impl AsRef<[u8]>) -> Self {
        let header = sign(
            Scheme::Sixtyfour,
            &[Secret::new(SECRET)],
            T,
            signed.as_ref(),
        );
        Self::new(header, received)
    }

    /// Signed with `signer`, while `loaded` is loaded here.
    pub(super) fn secret(signer: impl AsRef<[u8]>, loaded: &str) -> Self {
        let header = sign(
            Scheme::Sixtyfour,
            &[Secret::new(signer)],
            T,
            BODY.as_bytes(),
        );
        let mut scene = Self::new(header, BODY);
        scene.secrets = vec![Secret::new(loaded)];
        scene
    }

    /// A header with this value over the usual body.
    pub(super) fn header(value: impl Into<String>) -> Self {
        Self::new(Header::new("Sixtyfour-Signature", value.into()), BODY)
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push(Header::new(name, value.into()));
        self
    }

    pub(super) fn diagnose(&self) -> Diagnosis {
        let head = Head::build("POST", b"/", &self.headers).unwrap();
        let earlier: Vec<_> = self.earlier.iter().map(Vec::as_slice).collect();
        let diagnosis = diagnose(&Case {
            head: &head,
            body: &self.body,
            scheme: self.scheme,
            secrets: &self.secrets,
            other_secrets: &self.other_secrets,
            tolerance: scheme::TOLERANCE,
            now: Timestamp::from_second(self.now).unwrap(),
            documented_orders: &self.orders,
            earlier: &earlier,
            offsets: self.offsets,
        });
        self.nothing_leaks(&diagnosis);
        diagnosis
    }

    /// No finding says a secret or a right MAC.
    fn nothing_leaks(&self, diagnosis: &Diagnosis) {
        for finding in &diagnosis.findings {
            let shown = format!("{finding:?}");
            for secret in self.secrets.iter().chain(&self.other_secrets) {
                let tag = digest::hex(&secret.key().authenticate(&[&self.body]).tag());
                let literal = String::from_utf8_lossy(secret.expose()).into_owned();
                let is_secret = literal.len() >= 8 && !literal.contains('•');
                assert!(!is_secret || !shown.contains(&literal), "{shown}");
                assert!(!shown.contains(&tag[..16]), "{shown}");
            }
            let hex_run = shown
                .split(|c: char| !c.is_ascii_hexdigit())
                .any(|run| run.len() >= 32);
            assert!(!hex_run, "a whole MAC? {shown}");
            assert!(finding.explanation.ends_with('.'), "{shown}");
            assert!(
                !finding.fix.is_empty() && !finding.fix.contains('\n'),
                "{shown}"
            );
        }
    }

    #[track_caller]
    pub(super) fn proves(&self, candidate: &str) {
        let diagnosis = self.diagnose();
        let first = diagnosis.findings.first().expect("a finding");
        assert_eq!(first.candidate, candidate, "{diagnosis:#?}");
        assert!(first.matches, "{diagnosis:#?}");
        assert_eq!(first.confidence, Confidence::High);
        assert!(diagnosis.tried > 0);
    }

    #[track_caller]
    pub(super) fn suspects(&self, candidate: &str) {
        let diagnosis = self.diagnose();
        let found = diagnosis
            .findings
            .iter()
            .find(|finding| finding.candidate == candidate);
        assert!(
            found.is_some_and(|finding| !finding.matches),
            "{diagnosis:#?}"
        );
    }

    #[track_caller]
    pub(super) fn proves_about_time(&self, candidate: &str) {
        let findings = self.diagnose().findings;
        assert_eq!(findings.len(), 1, "{findings:#?}");
        assert_eq!(
            (findings[0].candidate.as_str(), findings[0].matches),
            (candidate, true)
        );
    }
}
