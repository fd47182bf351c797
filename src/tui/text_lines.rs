//! Where the lines of a body begin that is shown as text, broken at the edge between characters.

/// Where the lines of a text begin: at its line ends, and where a line would be longer than `wrap`
/// bytes, between characters.
pub(super) fn starts(bytes: &[u8], wrap: Option<usize>) -> Vec<u32> {
    let mut starts = Vec::new();
    let mut line = 0;
    let ends = memchr::memchr_iter(b'\n', bytes).map(|newline| newline + 1);
    let last = (!bytes.is_empty() && !bytes.ends_with(b"\n")).then_some(bytes.len());
    for end in ends.chain(last) {
        starts.push(u32::try_from(line).unwrap_or(u32::MAX));
        if let Some(wrap) = wrap {
            breaks(bytes, line, end, wrap, &mut starts);
        }
        line = end;
    }
    starts
}

/// Where a line is broken so that no piece is wider than `wrap` columns once it is made visible.
fn breaks(bytes: &[u8], from: usize, to: usize, wrap: usize, starts: &mut Vec<u32>) {
    let mut used = 0;
    let mut at = from;
    while at < to {
        let (length, columns) = next_columns(&bytes[at..to]);
        if used + columns > wrap && used > 0 {
            starts.push(u32::try_from(at).unwrap_or(u32::MAX));
            used = 0;
        }
        used += columns;
        at += length;
    }
}

/// How many bytes the next character takes, and how many columns once it is made visible.
fn next_columns(bytes: &[u8]) -> (usize, usize) {
    let first = bytes[0];
    if (b' '..=b'~').contains(&first) {
        return (1, 1);
    }
    if matches!(first, b'\n' | b'\r') {
        return (1, 0);
    }
    let length = match first {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => 1,
    };
    let length = length.min(bytes.len());
    let character = &bytes[..length];
    if std::str::from_utf8(character).is_err() {
        return (1, 4);
    }
    // The ideographs, by far the most frequent of these.
    if matches!(first, 0xE4..=0xE9) {
        return (length, 2);
    }
    let shown = crate::text::block(character);
    (length, crate::text::width(&shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_breaks_at_its_line_ends_and_between_characters() {
        let body = "abcdefghijklmno\r\n山山山山山山\n".as_bytes();
        let shown: Vec<_> = {
            let starts = starts(body, Some(10));
            starts
                .iter()
                .zip(
                    starts
                        .iter()
                        .skip(1)
                        .chain([&u32::try_from(body.len()).unwrap()]),
                )
                .map(|(from, to)| std::str::from_utf8(&body[*from as usize..*to as usize]).unwrap())
                .collect()
        };
        assert_eq!(shown, ["abcdefghij", "klmno\r\n", "山山山山山", "山\n"]);
    }
}
