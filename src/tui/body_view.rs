//! The body that is looked at: as a tree, as text or as bytes, and where the cursor is.

mod hits;

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::delivery::DeliveryId;
use crate::export::json::SyntaxError;

use super::fold::{Folds, Seen};
use super::text_lines::starts;
use super::tree::Tree;

pub(super) use hits::Search;

/// How a body is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// As a tree of values.
    #[default]
    Tree,
    /// As text.
    Raw,
    /// As bytes.
    Hex,
}

impl Mode {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tree => "tree",
            Self::Raw => "raw",
            Self::Hex => "hex",
        }
    }
}

/// The body that is looked at.
#[derive(Debug, Default)]
pub struct BodyView {
    id: Option<DeliveryId>,
    /// Its bytes as they are shown: decompressed, if they were compressed and could be.
    pub bytes: Bytes,
    /// What was done to them for this, or why nothing was.
    pub note: Option<String>,
    mode: Mode,
    /// Somebody chose the mode: another body keeps it.
    pub tree: Option<Arc<Tree>>,
    /// Where it stops being JSON.
    pub error: Option<SyntaxError>,
    folds: Folds,
    /// The line with the cursor.
    pub cursor: usize,
    /// The first line seen.
    pub top: usize,
    /// Whether long lines are broken.
    pub wrap: bool,
    /// Where each line of the text begins, at the width it was laid out for.
    starts: Vec<u32>,
    /// How many columns there are.
    width: usize,
    /// What was searched for.
    pub search: Search,
}

/// How many bytes a line of the hex view shows, as many of them as fit.
const HEX: [usize; 3] = [16, 8, 4];

/// The columns of a line of the hex view: the offset, two digits and a letter a byte, and blanks.
fn hex_columns(bytes: usize) -> usize {
    12 + 4 * bytes
}

fn bytes_a_line(width: usize) -> usize {
    let fits = |bytes: &usize| hex_columns(*bytes) <= width;
    HEX.into_iter().find(fits).unwrap_or(HEX[2])
}

impl BodyView {
    /// Looks at another body.
    pub fn open(&mut self, id: DeliveryId, bytes: Bytes, note: Option<String>) {
        let search = std::mem::take(&mut self.search);
        *self = Self {
            id: Some(id),
            bytes,
            note,
            mode: self.mode,
            wrap: true,
            width: self.width,
            search: Search {
                hits: None,
                ..search
            },
            ..Self::default()
        };
    }

    /// Whose body it is.
    #[must_use]
    pub fn id(&self) -> Option<DeliveryId> {
        self.id
    }

    /// Takes in its structure.
    pub fn indexed(&mut self, tree: Arc<Tree>, error: Option<SyntaxError>) {
        self.folds = Folds::new(&tree);
        self.tree = Some(tree);
        self.error = error;
        self.cursor = 0;
        self.top = 0;
    }

    /// How it is shown: what is no JSON at all, or not read yet, is shown as text.
    #[must_use]
    pub fn mode(&self) -> Mode {
        match self.mode {
            Mode::Tree if !self.has_tree() => Mode::Raw,
            mode => mode,
        }
    }

    /// Whether there is a tree worth showing.
    #[must_use]
    pub fn has_tree(&self) -> bool {
        self.error.is_none() && self.tree.as_ref().is_some_and(|tree| !tree.is_empty())
    }

    /// Goes on to the next mode.
    pub fn next_mode(&mut self) {
        self.mode = match self.mode() {
            Mode::Tree => Mode::Raw,
            Mode::Raw => Mode::Hex,
            Mode::Hex if self.tree.as_ref().is_some_and(|tree| !tree.is_empty()) => Mode::Tree,
            Mode::Hex => Mode::Raw,
        };
        // A broken body's tree is shown up to the mistake when somebody asks for it.
        if self.mode == Mode::Tree && self.error.is_some() {
            self.error_seen();
        }
        self.cursor = 0;
        self.top = 0;
    }

    fn error_seen(&mut self) {
        self.note.get_or_insert_with(|| {
            let error = self.error.map(|error| error.to_string());
            format!("the tree up to the mistake: {}", error.unwrap_or_default())
        });
        self.error = None;
    }

    /// The folds.
    #[must_use]
    pub fn folds(&self) -> &Folds {
        &self.folds
    }

    /// Lays the text out for a width.
    pub fn lay(&mut self, width: usize) {
        let before = std::mem::replace(&mut self.width, width);
        if self.mode() == Mode::Hex && before != width {
            self.top = self.top * bytes_a_line(before) / self.bytes_a_line();
        }
        if self.mode() == Mode::Raw {
            self.starts = starts(&self.bytes, self.wrap.then_some(width.max(8)));
        }
    }

    /// How many bytes a line of the hex view shows.
    #[must_use]
    pub fn bytes_a_line(&self) -> usize {
        bytes_a_line(self.width)
    }

    /// How many lines there are.
    #[must_use]
    pub fn lines(&self) -> usize {
        match self.mode() {
            Mode::Tree => self.folds.lines().len(),
            Mode::Raw => self.starts.len(),
            Mode::Hex => self.bytes.len().div_ceil(self.bytes_a_line()),
        }
    }

    /// The bytes of a line of the text, without its line end.
    #[must_use]
    pub fn raw_line(&self, line: usize) -> Range<usize> {
        let start = self.starts.get(line).map_or(0, |start| *start as usize);
        let end = self
            .starts
            .get(line + 1)
            .map_or(self.bytes.len(), |start| *start as usize);
        let text = &self.bytes[start..end.max(start)];
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        start..start + text.len()
    }

    /// The line of the tree with the cursor.
    #[must_use]
    pub fn seen(&self) -> Option<Seen> {
        self.folds.lines().get(self.cursor).copied()
    }

    /// The node under the cursor.
    #[must_use]
    pub fn node(&self) -> Option<u32> {
        (self.mode() == Mode::Tree)
            .then(|| self.seen().map(Seen::node))
            .flatten()
    }

    /// The value under the cursor and the path to it.
    #[must_use]
    pub fn value(&self) -> Option<(Bytes, String)> {
        let tree = self.tree.as_ref()?;
        let node = self.node()?;
        let value = self.bytes.slice(tree.value(node, &self.bytes));
        Some((value, tree.path(node, &self.bytes)))
    }

    /// Moves the cursor (or, where there is none, the view) some lines.
    pub fn move_by(&mut self, lines: isize, height: usize) {
        let last = self.lines().saturating_sub(1);
        if self.mode() == Mode::Tree {
            self.cursor = self.cursor.saturating_add_signed(lines).min(last);
            self.follow_cursor(height);
        } else {
            let last = self.lines().saturating_sub(height.max(1));
            self.top = self.top.saturating_add_signed(lines).min(last);
        }
    }

    /// Scrolls until the cursor is seen.
    pub fn follow_cursor(&mut self, height: usize) {
        let height = height.max(1);
        self.top = self
            .top
            .max((self.cursor + 1).saturating_sub(height))
            .min(self.cursor);
    }

    /// Opens or closes what the cursor is on; the rest of a long container is shown.
    pub fn toggle(&mut self) {
        let Some(tree) = self.tree.clone() else {
            return;
        };
        match self.seen() {
            Some(Seen::More(node, _)) => self.folds.more(&tree, node),
            Some(Seen::Node(node, _)) => {
                let open = self.folds.is_open(&tree, node);
                self.folds.set(&tree, node, !open);
            }
            None => {}
        }
    }

    /// Opens what the cursor is on; if it is open, goes in.
    pub fn unfold(&mut self, height: usize) {
        let (Some(tree), Some(Seen::Node(node, _))) = (self.tree.clone(), self.seen()) else {
            self.toggle();
            return;
        };
        if tree.children(node) == 0 {
            return;
        }
        if self.folds.is_open(&tree, node) {
            self.move_by(1, height);
        } else {
            self.folds.set(&tree, node, true);
        }
    }

    /// Closes what the cursor is on; if it is closed, goes out.
    pub fn fold(&mut self, height: usize) {
        let (Some(tree), Some(seen)) = (self.tree.clone(), self.seen()) else {
            return;
        };
        let node = seen.node();
        let is_inner = matches!(seen, Seen::Node(..));
        if is_inner && tree.children(node) > 0 && self.folds.is_open(&tree, node) {
            self.folds.set(&tree, node, false);
            return;
        }
        let out = if is_inner {
            tree.ancestors(node).last().copied()
        } else {
            Some(node)
        };
        if let Some(line) = out.and_then(|node| self.folds.line_of(node)) {
            self.cursor = line;
            self.follow_cursor(height);
        }
    }

    /// Opens or closes everything.
    pub fn set_all(&mut self, open: bool, height: usize) {
        let Some(tree) = self.tree.clone() else {
            return;
        };
        let node = self.node();
        self.folds.set_all(&tree, open);
        let line = node.and_then(|node| {
            let mut around = tree.ancestors(node);
            around.push(node);
            around
                .into_iter()
                .rev()
                .find_map(|node| self.folds.line_of(node))
        });
        self.cursor = line.unwrap_or(0);
        self.follow_cursor(height);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn view(body: &'static [u8]) -> BodyView {
        let mut view = BodyView::default();
        view.open(DeliveryId::new(1).unwrap(), Bytes::from_static(body), None);
        let (tree, error) = Tree::read(body);
        view.indexed(Arc::new(tree), error);
        view.lay(10);
        view
    }

    #[test]
    fn what_is_no_json_is_shown_as_text_with_the_mistake() {
        let mut view = view(b"hello\nworld");
        assert_eq!(view.mode(), Mode::Raw);
        assert_eq!(view.error.unwrap().line, 1);
        assert_eq!(&view.bytes[view.raw_line(1)], b"world");
        view.next_mode();
        assert_eq!(view.mode(), Mode::Hex);
    }

    #[test]
    fn left_closes_and_then_goes_out() {
        let mut view = view(br#"{"a":{"b":[1]}}"#);
        view.move_by(10, 20);
        assert_eq!(view.value().unwrap().1, ".a.b");
        view.unfold(20);
        view.unfold(20);
        assert_eq!(view.value().unwrap().1, ".a.b[0]");
        view.fold(20);
        assert_eq!(view.value().unwrap().1, ".a.b");
        view.fold(20);
        view.fold(20);
        assert_eq!(view.value().unwrap().1, ".a");
    }
}
