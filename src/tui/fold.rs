//! Which lines of a tree are seen: what is folded, and how much of a long container is shown.

use std::collections::HashMap;

use super::tree::Tree;

/// Containers up to this depth are open unless somebody folded them.
pub(super) const OPEN_DEPTH: u16 = 2;

/// How many children of a container are shown at first, and by how many more.
pub(super) const STEP: u32 = 50;

/// A line of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// A node, and its place among its siblings.
    Node(u32, u32),
    /// The rest of a container: the container, and how many more it has.
    More(u32, u32),
}

impl Seen {
    /// The node that the line is about.
    #[must_use]
    pub fn node(self) -> u32 {
        match self {
            Self::Node(node, _) | Self::More(node, _) => node,
        }
    }
}

/// What is folded.
#[derive(Debug, Default)]
pub struct Folds {
    chosen: HashMap<u32, bool>,
    shown: HashMap<u32, u32>,
    /// All open, all closed, or as deep as usual.
    all: Option<bool>,
    lines: Vec<Seen>,
}

impl Folds {
    /// The lines of a tree that nobody has touched.
    #[must_use]
    pub fn new(tree: &Tree) -> Self {
        let mut folds = Self::default();
        folds.lay(tree);
        folds
    }

    /// The lines that are seen.
    #[must_use]
    pub fn lines(&self) -> &[Seen] {
        &self.lines
    }

    /// Whether a container is open.
    #[must_use]
    pub fn is_open(&self, tree: &Tree, node: u32) -> bool {
        let depth = tree.node(node).map_or(0, |node| node.depth);
        self.chosen
            .get(&node)
            .copied()
            .or(self.all)
            .unwrap_or(depth < OPEN_DEPTH)
    }

    /// Opens or closes a container.
    pub fn set(&mut self, tree: &Tree, node: u32, open: bool) {
        self.chosen.insert(node, open);
        self.lay(tree);
    }

    /// Opens or closes all of them.
    pub fn set_all(&mut self, tree: &Tree, open: bool) {
        self.chosen.clear();
        self.shown.clear();
        self.all = Some(open);
        self.lay(tree);
    }

    /// Shows more of a container.
    pub fn more(&mut self, tree: &Tree, node: u32) {
        *self.shown.entry(node).or_insert(STEP) += STEP;
        self.lay(tree);
    }

    /// Opens whatever hides a node.
    pub fn reveal(&mut self, tree: &Tree, node: u32) {
        let mut around = tree.ancestors(node);
        around.push(node);
        for pair in around.windows(2) {
            self.chosen.insert(pair[0], true);
            let place = tree.inside(pair[0]).position(|child| child == pair[1]);
            let place = u32::try_from(place.unwrap_or_default()).unwrap_or(u32::MAX);
            if place >= self.limit(pair[0]) {
                self.shown.insert(pair[0], place.saturating_add(1));
            }
        }
        self.lay(tree);
    }

    /// The line of a node.
    #[must_use]
    pub fn line_of(&self, node: u32) -> Option<usize> {
        // Lines of nodes ascend; a "more" line between them carries its container's number.
        self.lines
            .iter()
            .position(|line| matches!(line, Seen::Node(other, _) if *other == node))
    }

    fn limit(&self, node: u32) -> u32 {
        match self.shown.get(&node) {
            Some(shown) => *shown,
            None if self.all == Some(true) => u32::MAX,
            None => STEP,
        }
    }

    fn lay(&mut self, tree: &Tree) {
        let mut lines = Vec::new();
        // The containers around the next node: where each ends, how many of it are still shown.
        let mut around: Vec<(u32, u32, u32)> = Vec::new();
        let count = u32::try_from(tree.len()).unwrap_or(u32::MAX);
        let mut next = 0;
        while next < count {
            while around
                .last()
                .is_some_and(|(node, ..)| next >= tree.after(*node))
            {
                around.pop();
            }
            let mut place = 0;
            if let Some((node, limit, done)) = around.last_mut() {
                if done == limit {
                    let more = tree.children(*node) - *done;
                    lines.push(Seen::More(*node, more));
                    next = tree.after(*node);
                    continue;
                }
                place = *done;
                *done += 1;
            }
            lines.push(Seen::Node(next, place));
            let opens = tree.children(next) > 0 && self.is_open(tree, next);
            if opens {
                around.push((next, self.limit(next), 0));
                next += 1;
            } else {
                next = tree.after(next);
            }
        }
        self.lines = lines;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(folds: &Folds) -> Vec<Seen> {
        folds.lines().to_vec()
    }

    #[test]
    fn two_levels_are_open_at_first() {
        let (tree, _) = Tree::read(br#"{"a":[1,{"b":[2]}],"c":3}"#);
        let folds = Folds::new(&tree);
        assert_eq!(
            nodes(&folds),
            [
                Seen::Node(0, 0),
                Seen::Node(1, 0),
                Seen::Node(2, 0),
                Seen::Node(3, 1),
                Seen::Node(6, 1),
            ]
        );
    }

    #[test]
    fn a_long_container_is_shown_fifty_at_a_time() {
        let numbers: Vec<u32> = (0..120).collect();
        let body = serde_json::to_vec(&numbers).unwrap();
        let (tree, _) = Tree::read(&body);
        let mut folds = Folds::new(&tree);
        assert_eq!(folds.lines().last(), Some(&Seen::More(0, 70)));
        folds.more(&tree, 0);
        assert_eq!(folds.lines().last(), Some(&Seen::More(0, 20)));
        folds.more(&tree, 0);
        assert_eq!(folds.lines().last(), Some(&Seen::Node(120, 119)));
        folds.set_all(&tree, true);
        assert_eq!(folds.lines().len(), 121);
        folds.set_all(&tree, false);
        assert_eq!(folds.lines().len(), 1);
    }

    #[test]
    fn ten_thousand_levels_open_and_close() {
        let depth = 10_000;
        let body = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let (tree, _) = Tree::read(body.as_bytes());
        let mut folds = Folds::new(&tree);
        assert_eq!(folds.lines().len(), 3);
        folds.set_all(&tree, true);
        assert_eq!(folds.lines().len(), depth);
        folds.set_all(&tree, false);
        assert_eq!(folds.lines().len(), 1);
    }

    #[test]
    fn a_hidden_node_is_revealed_with_all_that_hides_it() {
        let numbers: Vec<Vec<u32>> = (0..80).map(|number| vec![number]).collect();
        let body = serde_json::to_vec(&numbers).unwrap();
        let (tree, _) = Tree::read(&body);
        let mut folds = Folds::new(&tree);
        folds.set_all(&tree, false);
        let innermost = u32::try_from(tree.len() - 1).unwrap();
        assert_eq!(folds.line_of(innermost), None);
        folds.reveal(&tree, innermost);
        assert_eq!(folds.lines().last(), Some(&Seen::Node(innermost, 0)));
        assert!(folds.line_of(innermost).is_some());
    }
}
