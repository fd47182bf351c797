//! Rust source reduced to its code: comments, texts and test modules become blanks.
//!
//! Not a parser: just enough that a word in a comment or a string is no import. Every line keeps
//! its number.

/// The code of a file, as long as the file, with everything else blanked.
pub(super) fn code(text: &str) -> String {
    without_tests(&without_texts(text))
}

/// Files of modules that are declared under `#[cfg(test)]`, as paths without `.rs`, relative to
/// the module's own folder.
pub(super) fn test_modules(text: &str) -> Vec<String> {
    let code = without_texts(text);
    let mut names = Vec::new();
    for (at, _) in code.match_indices(CFG_TEST) {
        let item = skip_attributes(&code[at + CFG_TEST.len()..]);
        let declared = item
            .strip_prefix("pub(crate) ")
            .or_else(|| item.strip_prefix("pub(super) "))
            .or_else(|| item.strip_prefix("pub "))
            .unwrap_or(item)
            .strip_prefix("mod ");
        if let Some((name, _)) = declared.and_then(|rest| rest.split_once(';'))
            && !name.contains('{')
        {
            names.push(name.trim().to_owned());
        }
    }
    names
}

const CFG_TEST: &str = "#[cfg(test)]";

fn skip_attributes(mut code: &str) -> &str {
    loop {
        code = code.trim_start();
        let Some(end) = code.strip_prefix("#[").and_then(|rest| rest.find(']')) else {
            return code;
        };
        code = &code[end + 3..];
    }
}

/// Blanks every item under `#[cfg(test)]`: to its `;`, or to the brace that closes it.
fn without_tests(code: &str) -> String {
    let mut kept = code.to_owned();
    while let Some(start) = kept.find(CFG_TEST) {
        let end = start + CFG_TEST.len();
        let end = end + item_length(&kept[end..]);
        let blank = blanked(&kept[start..end]);
        kept.replace_range(start..end, &blank);
    }
    kept
}

fn item_length(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && byte == b'}' {
                    return at + 1;
                }
            }
            b';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

/// Spaces, with the line ends where they were.
fn blanked(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
        .collect()
}

/// Blanks comments, strings and characters.
fn without_texts(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_in_word = false;
    while let Some(first) = rest.chars().next() {
        // Inside a word, b and r are letters, not the beginning of a literal.
        let may_begin = !is_in_word || first == '"';
        let literal = may_begin.then(|| literal_length(rest)).flatten();
        let length = literal.or_else(|| comment_length(rest));
        let end = length.unwrap_or(first.len_utf8());
        match length {
            Some(_) => kept.push_str(&blanked(&rest[..end])),
            None => kept.push(first),
        }
        is_in_word = length.is_none() && (first.is_alphanumeric() || first == '_');
        rest = &rest[end..];
    }
    kept
}

fn comment_length(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        match text.get(at..at + 2) {
            Some("/*") => {
                depth += 1;
                at += 2;
            }
            Some("*/") => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => at += text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    Some(text.len())
}

/// How long the string or character is that begins here.
fn literal_length(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r"]
        .into_iter()
        .find(|prefix| {
            text.strip_prefix(prefix)
                .is_some_and(|rest| rest.starts_with(['"', '#', '\'']))
        })
        .unwrap_or_default();
    let body = &text[prefix.len()..];
    let length = if prefix.ends_with('r') {
        raw_length(body)
    } else if body.starts_with('"') {
        Some(quoted_length(body, '"'))
    } else if body.starts_with('\'') {
        character_length(body)
    } else {
        None
    };
    length.map(|length| prefix.len() + length)
}

fn raw_length(body: &str) -> Option<usize> {
    let hashes = body.len() - body.trim_start_matches('#').len();
    let text = body[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = text.find(&end).map_or(text.len(), |at| at + end.len());
    Some(hashes + 1 + length)
}

fn quoted_length(body: &str, quote: char) -> usize {
    let mut is_escaped = true;
    for (at, character) in body.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    body.len()
}

/// A lifetime begins like a character, but no quote ends it.
fn character_length(body: &str) -> Option<usize> {
    let mut inside = body.chars().skip(1);
    let first = inside.next()?;
    let is_character = first == '\\' || inside.next() == Some('\'');
    is_character.then(|| quoted_length(body, '\''))
}

#[test]
fn comments_and_texts_are_blanked_and_lines_kept() {
    let source = "a // crate::x\n/* crate::y /* */\n */ b \"crate::z\\\" \n\" r#\"cr\"ate\"# 'c' '\\'' &'a d";
    let code = code(source);
    assert_eq!(code.len(), source.len());
    assert_eq!(code.matches('\n').count(), source.matches('\n').count());
    let words: Vec<&str> = code.split_whitespace().collect();
    assert_eq!(words, ["a", "b", "&'a", "d"]);
}

#[test]
fn a_word_may_end_in_a_letter_that_begins_literals() {
    assert_eq!(
        code("for b in r { write!(b\"x\", 'y') }")
            .split_whitespace()
            .count(),
        9
    );
    assert_eq!(code("number\"crate\"").trim(), "number");
}

#[test]
fn items_for_tests_are_blanked_and_nothing_after_them() {
    let source = "a\n#[cfg(test)]\n#[allow(x)]\nmod tests {\n use crate::x; { }\n}\nb\n#[cfg(test)] use crate::y;\nc";
    let words: Vec<String> = code(source).split_whitespace().map(str::to_owned).collect();
    assert_eq!(words, ["a", "b", "c"]);
}

#[test]
fn modules_for_tests_in_files_of_their_own_are_named() {
    let source = "#[cfg(test)]\nmod tests;\n#[cfg(test)] pub(crate) mod fixture;\nmod real;\n#[cfg(test)]\nmod inline { fn a() {} }";
    assert_eq!(test_modules(source), ["tests", "fixture"]);
}
