//! Did an event come with another body before?
//!
//! Lengths and hashes answer that for nearly all. Only a workflow's body, which counts its own
//! attempts, has to be read again and compared, and that is done for one delivery at a time:
//! what is compared is in memory twice.

use tokio::sync::Semaphore;

use super::Inbox;
use crate::delivery::{DeliveryId, Envelope, Recognition, Request};
use crate::provider;
use crate::signature::digest::sha256;
use crate::store::Store;

/// Whose turn it is to read a body again.
#[derive(Debug)]
pub(super) struct Comparing(Semaphore);

impl Default for Comparing {
    fn default() -> Self {
        Self(Semaphore::new(1))
    }
}

impl Inbox {
    /// Whether the first delivery of the event said something else. What cannot be read is no
    /// conflict.
    pub(super) async fn conflicts(
        &self,
        request: &Request,
        recognition: &Recognition,
        first: DeliveryId,
    ) -> bool {
        let (store, later) = (self.shared.store.clone(), request.body.clone());
        let compared = tokio::task::spawn_blocking(move || differs(&store, first, &later));
        let differs = compared.await.unwrap_or(false);
        if !differs || recognition.envelope != Envelope::Workflow {
            return differs;
        }
        let Ok(_turn) = self.shared.comparing.0.acquire().await else {
            return false;
        };
        let (store, later) = (self.shared.store.clone(), request.body.clone());
        let said = tokio::task::spawn_blocking(move || {
            let earlier = store.get(first).ok().flatten()?;
            let earlier = &earlier.request().body;
            Some(provider::same_content(Envelope::Workflow, earlier, &later))
        });
        said.await.ok().flatten() == Some(false)
    }
}

/// Whether the bytes are other ones.
fn differs(store: &Store, first: DeliveryId, later: &[u8]) -> bool {
    let briefs = store.briefs_of(&[first]).unwrap_or_default();
    let Some(earlier) = briefs.first() else {
        return false;
    };
    earlier.body_bytes != later.len() as u64 || earlier.body_sha256 != sha256(later)
}
