//! The paths that code names: what follows `crate::`, and which crates stand at a path's beginning.

/// A name, and the line on which it stands, from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) line: usize,
    pub(super) name: String,
}

/// The first names after `root::`, those of groups (`root::{a, b::c}`) included. A glob is `*`.
pub(super) fn after(root: &str, code: &str) -> Vec<Named> {
    let mut found = Vec::new();
    for at in words(root, code) {
        let rest = code[at + root.len()..].trim_start();
        if !is_segment(code, at)
            && let Some(path) = rest.strip_prefix("::")
        {
            let names = first_names(path.trim_start());
            found.extend(names.into_iter().map(|name| named(code, at, name)));
        }
    }
    found
}

/// The first names after chains of `super::` that climb out of a module so deep.
pub(super) fn above(depth: usize, code: &str) -> Vec<Named> {
    let mut found = Vec::new();
    for at in words("super", code) {
        let before = code[..at].trim_end();
        if before
            .strip_suffix("::")
            .is_some_and(|before| before.ends_with("super"))
        {
            continue;
        }
        let mut rest = &code[at..];
        let mut steps = 0;
        while let Some(path) = rest.strip_prefix("super").map(str::trim_start) {
            let Some(next) = path.strip_prefix("::") else {
                break;
            };
            rest = next.trim_start();
            steps += 1;
        }
        if steps >= depth {
            let names = first_names(rest);
            found.extend(names.into_iter().map(|name| named(code, at, name)));
        }
    }
    found
}

/// Where a path begins with `name`: `name::…`, `use name;`.
pub(super) fn begins(name: &str, code: &str) -> Vec<Named> {
    words(name, code)
        .filter(|at| !is_segment(code, *at))
        .filter(|at| {
            let is_path = code[at + name.len()..].trim_start().starts_with("::");
            let before = code[..*at].trim_end();
            is_path || before.ends_with("use") || before.ends_with("extern crate")
        })
        .map(|at| named(code, at, name.to_owned()))
        .collect()
}

/// Where `name` stands as a word.
pub(super) fn mentions(name: &str, code: &str) -> Vec<Named> {
    words(name, code)
        .map(|at| named(code, at, name.to_owned()))
        .collect()
}

fn named(code: &str, at: usize, name: String) -> Named {
    let line = code[..at].matches('\n').count() + 1;
    Named { line, name }
}

fn is_word_part(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn words<'a>(word: &'a str, code: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |at| {
            !code[..*at].ends_with(is_word_part)
                && !code[at + word.len()..].starts_with(is_word_part)
        })
}

/// Whether something stands before this name on its path. A `::` after a blank begins a path.
fn is_segment(code: &str, at: usize) -> bool {
    code[..at]
        .strip_suffix("::")
        .is_some_and(|before| before.ends_with(|last| is_word_part(last) || last == '>'))
}

fn first_names(path: &str) -> Vec<String> {
    if let Some(group) = path.strip_prefix('{') {
        return members(group)
            .into_iter()
            .flat_map(|member| first_names(member.trim()))
            .collect();
    }
    if path.starts_with('*') {
        return vec!["*".to_owned()];
    }
    let end = path.find(|next| !is_word_part(next)).unwrap_or(path.len());
    match &path[..end] {
        "" | "self" => Vec::new(),
        name => vec![name.to_owned()],
    }
}

/// The members of a group, from after its opening brace.
fn members(group: &str) -> Vec<&str> {
    let mut members = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, byte) in group.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => {
                members.push(&group[start..at]);
                break;
            }
            b'}' => depth -= 1,
            b',' if depth == 0 => {
                members.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    members
}

#[cfg(test)]
fn names(found: Vec<Named>) -> Vec<(usize, String)> {
    found.into_iter().map(|one| (one.line, one.name)).collect()
}

#[test]
fn groups_are_taken_apart() {
    let code = "use crate::store::Store;\nuse crate::{\n  net::{self, client::get}, text,\n  *};\nlet a = crate::run(my_crate::x);";
    let expected = [(1, "store"), (2, "net"), (2, "text"), (2, "*"), (5, "run")];
    let expected: Vec<_> = expected.map(|(line, name)| (line, name.to_owned())).into();
    assert_eq!(names(after("crate", code)), expected);
}

#[test]
fn climbing_out_of_a_room_is_seen_and_climbing_within_is_not() {
    let code = "use super::own;\nuse super::super::{store, text};";
    let two = [(2, "store".to_owned()), (2, "text".to_owned())];
    assert_eq!(names(above(2, code)), two);
    assert_eq!(names(above(3, code)), []);
    assert_eq!(names(above(1, code)).len(), 3);
}

#[test]
fn a_crate_is_named_at_the_beginning_of_a_path_only() {
    let code = "use hex;\nlet x = hex::encode(a);\nuse crate::digest::hex::y;\nlet hex = 1;\nuse ::hex::z;\nvexhex::a();";
    let lines: Vec<usize> = begins("hex", code)
        .into_iter()
        .map(|one| one.line)
        .collect();
    assert_eq!(lines, [1, 2, 5]);
}
