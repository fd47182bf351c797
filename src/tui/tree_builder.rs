//! A body's tokens become a tree in one pass, without recursion; equal names in one object are marked.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::export::json::TokenKind;

use super::tree::{Kind, Node};

/// Objects with more members than this are searched for equal names with a hash table.
const FEW: usize = 24;

struct Open {
    node: u32,
    /// The names of an object's members so far: short ones are compared, many are hashed.
    keys: Vec<Range<u32>>,
}

#[derive(Default)]
pub(super) struct Builder {
    pub(super) nodes: Vec<Node>,
    open: Vec<Open>,
    key: Option<u32>,
}

impl Builder {
    pub(super) fn take(&mut self, kind: TokenKind, start: usize, end: usize, body: &[u8]) {
        match kind {
            TokenKind::Key => {
                self.key = u32::try_from(start).ok();
                if let (Some(open), Ok(start), Ok(end)) = (
                    self.open.last_mut(),
                    u32::try_from(start),
                    u32::try_from(end),
                ) {
                    open.keys.push(start..end);
                }
            }
            TokenKind::ObjectOpen => self.open(Kind::Object, start, end),
            TokenKind::ArrayOpen => self.open(Kind::Array, start, end),
            TokenKind::ObjectClose | TokenKind::ArrayClose => self.close(end, body),
            TokenKind::String => self.value(Kind::String, start, end),
            TokenKind::Number => self.value(Kind::Number, start, end),
            TokenKind::Literal => self.value(Kind::Literal, start, end),
            TokenKind::Comma | TokenKind::Colon => {}
        }
    }

    fn value(&mut self, kind: Kind, start: usize, end: usize) {
        if let Some(parent) = self.open.last() {
            self.nodes[parent.node as usize].children += 1;
        }
        let key = self.key.take();
        self.nodes.push(Node {
            start: key.unwrap_or_else(|| short(start)),
            end: short(end),
            subtree: 1,
            children: 0,
            depth: u16::try_from(self.open.len()).unwrap_or(u16::MAX),
            kind,
            has_key: key.is_some(),
            duplicate: false,
        });
    }

    fn open(&mut self, kind: Kind, start: usize, end: usize) {
        let node = short(self.nodes.len());
        self.value(kind, start, end);
        self.open.push(Open {
            node,
            keys: Vec::new(),
        });
    }

    fn close(&mut self, end: usize, body: &[u8]) {
        let Some(open) = self.open.pop() else { return };
        let after = short(self.nodes.len());
        let node = &mut self.nodes[open.node as usize];
        node.end = short(end);
        node.subtree = after - open.node;
        self.mark_duplicates(&open, body);
    }

    /// Whatever is still open ends where the text ends.
    pub(super) fn finish(&mut self, body: &[u8]) {
        let end = self.nodes.last().map_or(0, |node| node.end as usize);
        while !self.open.is_empty() {
            self.close(end, body);
        }
    }

    fn mark_duplicates(&mut self, open: &Open, body: &[u8]) {
        let names: Vec<_> = open
            .keys
            .iter()
            .map(|key| name(&body[key.start as usize..key.end as usize]))
            .collect();
        let repeated: HashSet<usize> = if names.len() <= FEW {
            (0..names.len())
                .filter(|at| {
                    let same = |other: usize| other != *at && names[other] == names[*at];
                    (0..names.len()).any(same)
                })
                .collect()
        } else {
            let mut places: HashMap<&[u8], Vec<usize>> = HashMap::new();
            for (at, name) in names.iter().enumerate() {
                places.entry(name).or_default().push(at);
            }
            let several = places.into_values().filter(|places| places.len() > 1);
            several.flatten().collect()
        };
        if repeated.is_empty() {
            return;
        }
        let mut child = open.node as usize + 1;
        for at in 0..names.len() {
            let Some(node) = self.nodes.get_mut(child) else {
                return;
            };
            node.duplicate = repeated.contains(&at);
            child += node.subtree as usize;
        }
    }
}

/// A name without its quotes, its escapes resolved: `"\u0061"` and `"a"` are the same name.
fn name(key: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if memchr::memchr(b'\\', key).is_some()
        && let Ok(decoded) = serde_json::from_slice::<String>(key)
    {
        return decoded.into_bytes().into();
    }
    key.get(1..key.len().saturating_sub(1))
        .unwrap_or_default()
        .into()
}

fn short(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
