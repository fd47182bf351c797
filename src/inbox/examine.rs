//! Who sent a request, and does its signature hold?

use super::{Inbox, decide};
use crate::delivery::{Recognition, Request, Verdict};
use crate::provider;
use crate::signature;

/// A body of this size is looked at beside the thread that answers: hashing it takes as long as
/// answering several small ones.
const LARGE: usize = 32 << 10;

impl Inbox {
    pub(super) async fn examine(&self, request: &Request) -> (Recognition, Verdict) {
        if request.body.len() < LARGE {
            return self.examined(request);
        }
        let (inbox, large) = (self.clone(), request.clone());
        let beside = tokio::task::spawn_blocking(move || inbox.examined(&large));
        // Only a panic keeps it from an end, and here it belongs to the request.
        beside.await.unwrap_or_else(|_| self.examined(request))
    }

    fn examined(&self, request: &Request) -> (Recognition, Verdict) {
        let recognition = provider::recognise(request);
        let verdict = self.verify(request, &recognition);
        (recognition, verdict)
    }

    fn verify(&self, request: &Request, recognition: &Recognition) -> Verdict {
        let head = &request.head;
        let scheme = decide::scheme(recognition, head, &self.shared.keyring);
        let mut verdict = signature::verify(
            head,
            &request.body,
            scheme,
            self.shared.keyring.of(scheme),
            self.shared.policy.tolerance,
            request.times.arrived,
        );
        let unsigned_stranger = provider::scheme(recognition.provider).is_none()
            && signature::scheme::signed_by(head).is_none();
        if unsigned_stranger {
            verdict.scheme = None;
        }
        verdict
    }
}
