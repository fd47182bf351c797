//! What was searched for in a body, and going from hit to hit.

use std::ops::Range;

use super::{BodyView, Mode};

/// What was searched for and where it stands.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// What.
    pub needle: String,
    /// Where; `None` while it is still searched.
    pub hits: Option<Vec<Range<usize>>>,
    /// Which hit the cursor went to last.
    pub at: usize,
    /// Which search this is: answers to an earlier one are too late.
    pub generation: u64,
    /// Why it cannot be searched for.
    pub problem: Option<String>,
}

impl BodyView {
    /// Goes to a hit.
    pub fn go_to(&mut self, hit: usize, height: usize) {
        let Some(range) = self
            .search
            .hits
            .as_ref()
            .and_then(|hits| hits.get(hit))
            .cloned()
        else {
            return;
        };
        self.search.at = hit;
        match self.mode() {
            Mode::Tree => self.reveal(range.start, height),
            Mode::Raw => {
                let line = self
                    .starts
                    .partition_point(|start| *start as usize <= range.start);
                self.top = line.saturating_sub(1 + height / 3);
            }
            Mode::Hex => self.top = (range.start / self.bytes_a_line()).saturating_sub(height / 3),
        }
    }

    fn reveal(&mut self, byte: usize, height: usize) {
        let Some(tree) = self.tree.clone() else {
            return;
        };
        if let Some(node) = tree.at_byte(byte) {
            if self.folds.line_of(node).is_none() {
                self.folds.reveal(&tree, node);
            }
            if let Some(line) = self.folds.line_of(node) {
                self.cursor = line;
                self.follow_cursor(height);
            }
        }
    }

    /// Goes to the next hit, or the previous one, around the end; whether it went around.
    pub fn next_hit(&mut self, forward: bool, height: usize) -> Option<bool> {
        let count = self.search.hits.as_ref()?.len();
        if count == 0 {
            return None;
        }
        let step = if forward { 1 } else { count - 1 };
        let to = (self.search.at + step) % count;
        let around = if forward {
            to <= self.search.at
        } else {
            to >= self.search.at
        };
        self.go_to(to, height);
        Some(around)
    }
}

#[cfg(test)]
mod tests {
    use crate::tui::body_view::tests::view;
    use crate::tui::search;

    #[test]
    fn a_hit_in_a_closed_container_is_revealed() {
        let mut view = view(br#"{"a":{"b":{"c":"needle"}},"d":"needle"}"#);
        view.set_all(false, 20);
        view.search.hits = Some(search::find(&view.bytes, "needle").unwrap());
        view.go_to(0, 20);
        assert_eq!(view.value().unwrap().1, ".a.b.c");
        assert_eq!(view.next_hit(true, 20), Some(false));
        assert_eq!(view.value().unwrap().1, ".d");
        assert_eq!(view.next_hit(true, 20), Some(true));
    }
}
