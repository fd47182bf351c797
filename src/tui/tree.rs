//! The structure of a JSON body: a flat array of nodes with their places in the bytes.
//!
//! Nothing is decoded and nothing recurses: what is shown is what was sent, and ten thousand
//! brackets are ten thousand steps. The subtree's size leads from a node to the one after it.

use std::ops::Range;

use crate::export::json::{SyntaxError, Tokens, text};

use super::tree_builder::Builder;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// A string.
    String,
    /// A number.
    Number,
    /// `true`, `false`, `null`.
    Literal,
}

impl Kind {
    /// Whether it has other nodes in it.
    #[must_use]
    pub fn is_container(self) -> bool {
        matches!(self, Self::Object | Self::Array)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Number => "number",
            Self::Literal => "literal",
        }
    }
}

/// One value.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) subtree: u32,
    pub(super) children: u32,
    /// How many containers it stands in; deeper than this number can say is as deep as it can say.
    pub depth: u16,
    /// What it is.
    pub kind: Kind,
    /// Whether a name stands before it.
    pub(super) has_key: bool,
    /// Whether another member of the same object has the same name.
    pub duplicate: bool,
}

/// The nodes of a body, in the order in which they were sent.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// The structure of a body up to the first mistake, and that mistake.
    #[must_use]
    pub fn read(body: &[u8]) -> (Self, Option<SyntaxError>) {
        let (valid, mut error) = match text(body) {
            Ok(valid) => (valid, None),
            Err(error) => (
                std::str::from_utf8(&body[..error.at.min(body.len())]).unwrap_or_default(),
                Some(error),
            ),
        };
        if u32::try_from(valid.len()).is_err() {
            return (Self::default(), error);
        }
        let mut builder = Builder::default();
        for token in Tokens::new(valid) {
            match token {
                Ok(token) => builder.take(token.kind, token.start, token.end, body),
                Err(mistake) => {
                    // A body that ends inside a character also ends inside a value: the earlier
                    // mistake is the one to show.
                    error = Some(
                        error
                            .filter(|first| first.at <= mistake.at)
                            .unwrap_or(mistake),
                    );
                    break;
                }
            }
        }
        builder.finish(body);
        (
            Self {
                nodes: builder.nodes,
            },
            error,
        )
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// A node.
    #[must_use]
    pub fn node(&self, at: u32) -> Option<&Node> {
        self.nodes.get(at as usize)
    }

    /// The node after a node and everything in it.
    #[must_use]
    pub fn after(&self, at: u32) -> u32 {
        self.node(at).map_or(at + 1, |node| at + node.subtree)
    }

    /// How many values a container holds directly.
    #[must_use]
    pub fn children(&self, at: u32) -> u32 {
        self.node(at).map_or(0, |node| node.children)
    }

    /// The values directly in a container.
    pub fn inside(&self, at: u32) -> impl Iterator<Item = u32> {
        let end = self.after(at);
        let mut next = at + 1;
        std::iter::from_fn(move || {
            let child = next;
            (child < end).then(|| {
                next = self.after(child);
                child
            })
        })
    }

    /// The bytes of a node's name, quotes included.
    #[must_use]
    pub fn key(&self, at: u32, body: &[u8]) -> Option<Range<usize>> {
        let node = self.node(at).filter(|node| node.has_key)?;
        let start = node.start as usize;
        Some(start..string_end(body, start))
    }

    /// The bytes of a node's value, as they were sent.
    #[must_use]
    pub fn value(&self, at: u32, body: &[u8]) -> Range<usize> {
        let Some(node) = self.node(at) else {
            return 0..0;
        };
        let mut start = node.start as usize;
        if node.has_key {
            start = string_end(body, start);
            let rest = body.get(start..node.end as usize).unwrap_or_default();
            start += rest
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b':'))
                .count();
        }
        start..(node.end as usize).max(start)
    }

    /// The innermost node at a byte.
    #[must_use]
    pub fn at_byte(&self, byte: usize) -> Option<u32> {
        let after = self
            .nodes
            .partition_point(|node| node.start as usize <= byte);
        u32::try_from(after.checked_sub(1)?).ok()
    }

    /// The containers around a node, outermost first.
    #[must_use]
    pub fn ancestors(&self, at: u32) -> Vec<u32> {
        let mut found = Vec::new();
        let mut here = 0;
        while here < at {
            if self.after(here) > at {
                found.push(here);
                here += 1;
            } else {
                here = self.after(here);
            }
        }
        found
    }

    /// The path to a node: `.results[1].email`.
    #[must_use]
    pub fn path(&self, at: u32, body: &[u8]) -> String {
        let mut path = String::new();
        let mut around = self.ancestors(at);
        around.push(at);
        for pair in around.windows(2) {
            let (parent, child) = (pair[0], pair[1]);
            match self.key(child, body) {
                Some(key) => path.push_str(&step(&body[key])),
                None => {
                    let place = self.inside(parent).position(|other| other == child);
                    path.push_str(&format!("[{}]", place.unwrap_or_default()));
                }
            }
        }
        if path.is_empty() {
            path.push('.');
        }
        path
    }
}

/// One step of a path: `.name`, or `["any thing"]` where the name is no word.
fn step(key: &[u8]) -> String {
    let inner = key
        .strip_prefix(b"\"")
        .and_then(|key| key.strip_suffix(b"\""))
        .unwrap_or(key);
    let is_word = !inner.is_empty()
        && inner
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        && !inner[0].is_ascii_digit();
    if is_word {
        format!(".{}", String::from_utf8_lossy(inner))
    } else {
        format!("[{}]", String::from_utf8_lossy(key))
    }
}

/// The byte after a string that begins here.
fn string_end(body: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(found) = body
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        at += found;
        if body[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    body.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value<'a>(tree: &Tree, at: u32, body: &'a [u8]) -> &'a str {
        std::str::from_utf8(&body[tree.value(at, body)]).unwrap()
    }

    #[test]
    fn values_come_back_as_they_were_sent_and_equal_names_are_marked() {
        let body = br#"{"a":1.0,"a" : 2,"n":123456789012345678901234567890,"s":"\u001b"}"#;
        let (tree, error) = Tree::read(body);
        assert!(error.is_none());
        let shown: Vec<_> = (1..5).map(|at| value(&tree, at, body)).collect();
        assert_eq!(
            shown,
            ["1.0", "2", "123456789012345678901234567890", "\"\\u001b\""]
        );
        let marked: Vec<_> = (1..5).map(|at| tree.node(at).unwrap().duplicate).collect();
        assert_eq!(marked, [true, true, false, false]);
    }

    #[test]
    fn names_that_only_differ_in_their_escapes_are_equal() {
        let (tree, _) = Tree::read(br#"{"a":1,"\u0061":2,"b":3}"#);
        assert!(tree.node(1).unwrap().duplicate && tree.node(2).unwrap().duplicate);
        assert!(!tree.node(3).unwrap().duplicate);
    }

    #[test]
    fn equal_names_are_found_among_many() {
        let mut body = String::from("{");
        for number in 0..100 {
            body.push_str(&format!("\"k{}\":{{\"x\":0}},", number % 99));
        }
        body.push_str("\"z\":0}");
        let (tree, error) = Tree::read(body.as_bytes());
        assert!(error.is_none());
        let marked = tree
            .inside(0)
            .filter(|at| tree.node(*at).unwrap().duplicate);
        assert_eq!(marked.count(), 2);
    }

    #[test]
    fn ten_thousand_brackets_are_ten_thousand_nodes() {
        let depth = 10_000;
        let body = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let (tree, error) = Tree::read(body.as_bytes());
        assert!(error.is_none());
        assert_eq!(tree.len(), depth);
        assert_eq!(tree.ancestors(9_999).len(), 9_999);
        assert!(tree.path(9_999, body.as_bytes()).starts_with("[0][0]"));
    }

    #[test]
    fn broken_json_keeps_the_tree_up_to_the_mistake() {
        let body = b"{\"a\": [1, 2,\n oops]}";
        let (tree, error) = Tree::read(body);
        let error = error.unwrap();
        assert_eq!((error.line, error.column), (2, 2));
        assert_eq!(tree.len(), 4);
        assert_eq!(tree.after(0), 4);
    }

    #[test]
    fn a_byte_that_is_not_utf8_is_the_mistake() {
        let (tree, error) = Tree::read(b"{\"a\":1,\"b\":\"\xff\"}");
        assert_eq!(error.unwrap().at, 12);
        assert_eq!(tree.len(), 2);
    }

    #[test]
    fn a_byte_leads_to_its_node_and_a_node_to_its_path() {
        let body = br#"{"results":[{"email":"a"},{"email":"b","any thing":[]}]}"#;
        let (tree, _) = Tree::read(body);
        let at = memchr::memmem::find(body, b"\"b\"").unwrap();
        let node = tree.at_byte(at).unwrap();
        assert_eq!(tree.path(node, body), ".results[1].email");
        assert_eq!(tree.path(node + 1, body), ".results[1][\"any thing\"]");
        assert_eq!(tree.path(0, body), ".");
    }

    proptest! {
        #[test]
        fn any_bytes_make_a_tree_whose_nodes_lie_within_them(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let (tree, _) = Tree::read(&body);
            for at in 0..u32::try_from(tree.len()).unwrap() {
                prop_assert!(tree.value(at, &body).end <= body.len());
                prop_assert!(tree.after(at) as usize <= tree.len());
            }
        }

        #[test]
        fn the_children_of_an_array_are_its_elements(numbers in prop::collection::vec(any::<i32>(), 0..60)) {
            let body = serde_json::to_vec(&numbers).unwrap();
            let (tree, error) = Tree::read(&body);
            prop_assert!(error.is_none());
            let shown: Vec<_> = tree.inside(0).map(|at| value(&tree, at, &body).to_owned()).collect();
            let sent: Vec<_> = numbers.iter().map(ToString::to_string).collect();
            prop_assert_eq!(shown, sent);
        }
    }
}
