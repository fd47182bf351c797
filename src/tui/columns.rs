//! Which columns the list has at a width, and how wide they are.

use super::plan::{Layout, Plan};

/// The columns of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    /// All of them together.
    pub width: usize,
    /// The event type.
    pub kind: usize,
    /// Whether the start of the event id is shown.
    pub id: bool,
    /// Whether the size is shown.
    pub size: bool,
    /// Times of attempts without hours and minutes' first digit.
    pub short: bool,
    /// As little as possible.
    pub bare: bool,
}

/// Cursor, mark and fold, the time, the signature, the attempts, and blanks between.
const FIXED: usize = 3 + 8 + 1 + 1 + 3 + 1 + 3 + 1;

const ID: usize = 10;
const STATE: usize = 9;

/// Beside the detail, where the id is seen as well, types can be told from each other first.
const SPLIT_WITH_ID: usize = FIXED + ID + STATE + 12;
const SIZE: usize = 12;

impl Columns {
    /// The columns for a list of this inner width.
    #[must_use]
    pub(super) fn new(plan: &Plan, width: usize) -> Self {
        if plan.layout == Layout::Bare {
            return Self {
                width,
                kind: width.saturating_sub(29).clamp(4, 26),
                id: false,
                size: false,
                short: true,
                bare: true,
            };
        }
        let size = width >= 74;
        let split = plan.layout == Layout::Split;
        let id = size || width >= if split { SPLIT_WITH_ID } else { 62 };
        let used = FIXED + if id { ID } else { 0 } + if size { STATE + SIZE } else { STATE };
        let room = width.saturating_sub(used);
        Self {
            width,
            kind: if id || split {
                room.clamp(4, 40)
            } else {
                room.min(11)
            },
            id,
            size,
            short: !id,
            bare: false,
        }
    }

    /// The line above the rows.
    #[must_use]
    pub(super) fn titles(&self) -> String {
        let mut titles = format!("   {:8} {:width$} ", "time", "type", width = self.kind);
        if self.id {
            titles.push_str(&format!("{:9} ", "event"));
        }
        titles.push_str("sig att ");
        if self.size {
            titles.push_str(&format!("{:9}{:>9}", "state", "size"));
        } else {
            titles.push_str("state");
        }
        titles
    }
}
