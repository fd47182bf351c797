//! The kinds of deliveries that no route takes while others are forwarded. Each is said once: a route
//! with a slip in it would otherwise go unnoticed, as every provider gets its 200.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

/// How many kinds are told apart. Anybody can make up more of them.
const KINDS: usize = 16;

/// The kinds that were said.
#[derive(Debug, Default)]
pub(super) struct Unrouted(Mutex<BTreeSet<(Bytes, Option<String>)>>);

impl Unrouted {
    /// Whether this kind is to be said now.
    pub(super) fn is_new(&self, path: &[u8], event_type: Option<&str>) -> bool {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.len() < KINDS
            && said.insert((Bytes::copy_from_slice(path), event_type.map(str::to_owned)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_said_once_and_only_so_many() {
        let unrouted = Unrouted::default();
        assert!(unrouted.is_new(b"/a", Some("find_email")));
        assert!(!unrouted.is_new(b"/a", Some("find_email")));
        assert!(unrouted.is_new(b"/b", Some("find_email")));
        assert!(unrouted.is_new(b"/a", None));
        let made_up = |number: usize| unrouted.is_new(format!("/{number}").as_bytes(), None);
        assert_eq!(
            (0..100).filter(|number| made_up(*number)).count(),
            KINDS - 3
        );
    }
}
