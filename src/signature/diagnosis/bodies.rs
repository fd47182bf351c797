//! The bodies that may have been signed instead of the one that arrived.

use std::borrow::Cow;

use crate::delivery::Head;

use super::Case;
use super::cause::{Cause, VERIFY_RAW_BYTES};
use super::conversions;
use super::dialects::{Dialect, REORDERED};
use super::json::{Document, Look};
use super::orders::{self, Shuffle};
use super::spellings::Spellings;
use crate::signature::digest;

/// Mark at the start of a UTF-8 file.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// How many bytes can be hashed while one is read as JSON, and while one is written as JSON.
const READING: u64 = 3;
const WRITING: u64 = 4;

/// How many orders of undocumented keys are tried.
pub(super) const MOST_ORDERS: usize = 720;

/// What was done to the body on its way, turned round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Variant {
    /// As it arrived.
    AsReceived,
    WithoutFinalNewline,
    Trimmed,
    WithNewline,
    WithCrLf,
    CutTo(usize),
    /// The body of an earlier attempt, by its place in the case.
    Earlier(usize),
    LineFeeds,
    CarriageReturns,
    WithoutBom,
    WithBom,
    Decompressed,
    /// The text inside a JSON string.
    Inner,
    FromBase64,
    /// UTF-8 that was read as Latin-1 and written as UTF-8 again, turned round.
    FromLatin1,
    Nothing,
    Json(&'static Dialect),
    /// The documented order with this place in the case.
    Documented(usize, &'static Dialect),
    /// An order of undocumented keys, by its number.
    Shuffled(usize, &'static Dialect),
}

/// A body, read once for all its variants.
pub(super) struct Bodies<'a> {
    case: &'a Case<'a>,
    document: Option<Document<'a>>,
    shuffle: Option<Shuffle<'a>>,
}

impl<'a> Bodies<'a> {
    pub(super) fn of(case: &'a Case<'a>) -> Self {
        let json = case.body.strip_prefix(BOM).unwrap_or(case.body);
        let document = (json.len() <= super::MOST_JSON)
            .then(|| std::str::from_utf8(json).ok())
            .flatten()
            .and_then(Document::read);
        let shuffle = document
            .as_ref()
            .filter(|_| case.body.len() <= super::MOST_COMBINED)
            .and_then(|document| {
                Shuffle::of(document.shapes(), case.documented_orders, MOST_ORDERS)
            });
        Self {
            case,
            document,
            shuffle,
        }
    }

    /// The body as JSON.
    pub(super) fn document(&self) -> Option<&Document<'a>> {
        self.document.as_ref()
    }

    /// Whether the body was not even looked at as JSON.
    pub(super) fn is_too_large_for_json(&self) -> bool {
        self.case.body.len() > super::MOST_JSON
    }

    /// Every variant worth a try but the orders of undocumented keys, the likeliest first.
    pub(super) fn variants(&self) -> Vec<Variant> {
        let mut variants = vec![
            Variant::WithoutFinalNewline,
            Variant::WithNewline,
            Variant::Trimmed,
            Variant::WithCrLf,
        ];
        variants.extend(content_length(self.case.head).map(Variant::CutTo));
        variants.extend((0..self.case.earlier.len()).map(Variant::Earlier));
        variants.extend([Variant::WithoutBom, Variant::Decompressed]);
        let orders = self.case.documented_orders.len();
        if let Some(document) = self.document.as_ref() {
            variants.push(Variant::Inner);
            if document.is_container() {
                let Spellings { likely, unlikely } = Spellings::of(document, self.case.body);
                variants.extend(likely.into_iter().map(Variant::Json));
                for order in (0..orders).filter(|order| self.is_reordered_by(*order)) {
                    let reordered = REORDERED.iter();
                    variants.extend(reordered.map(|dialect| Variant::Documented(order, dialect)));
                }
                variants.extend(unlikely.into_iter().map(Variant::Json));
            }
        }
        variants.extend([
            Variant::LineFeeds,
            Variant::CarriageReturns,
            Variant::WithBom,
            Variant::FromLatin1,
            Variant::FromBase64,
            Variant::Nothing,
        ]);
        variants
    }

    /// Whether a documented order, by its place in the case, is not the one that arrived.
    fn is_reordered_by(&self, place: usize) -> bool {
        let documented = self.case.documented_orders;
        let (Some(document), Some(preferred)) = (self.document.as_ref(), documented.get(place))
        else {
            return false;
        };
        document.is_rearranged_by(&|keys| orders::document(documented, preferred, keys))
    }

    /// Every order of undocumented keys.
    pub(super) fn shuffled(&self) -> impl Iterator<Item = Variant> + use<> {
        let count = self.shuffle.as_ref().map_or(0, |shuffle| shuffle.count);
        let dialects = REORDERED.iter().take(3);
        dialects.flat_map(move |dialect| {
            (0..count).map(move |number| Variant::Shuffled(number, dialect))
        })
    }

    /// What it costs to produce a variant, as the number of bytes that could be hashed meanwhile.
    pub(super) fn cost(&self, variant: Variant) -> u64 {
        match variant {
            Variant::AsReceived
            | Variant::WithoutFinalNewline
            | Variant::Trimmed
            | Variant::CutTo(_)
            | Variant::Earlier(_)
            | Variant::WithoutBom
            | Variant::WithNewline
            | Variant::WithCrLf
            | Variant::WithBom
            | Variant::Nothing => 0,
            Variant::Json(_) | Variant::Documented(..) | Variant::Shuffled(..) => {
                WRITING * self.case.body.len() as u64
            }
            _ => self.case.body.len() as u64,
        }
    }

    /// The same for what was read already.
    pub(super) fn cost_of_reading(&self) -> u64 {
        self.document
            .as_ref()
            .map_or(0, |_| READING * self.case.body.len() as u64)
    }

    /// The bytes of a variant; `None` when it does not apply.
    pub(super) fn produce(&self, variant: Variant) -> Option<Cow<'a, [u8]>> {
        let body = self.case.body;
        let produced = match variant {
            Variant::AsReceived => Cow::Borrowed(body),
            Variant::WithoutFinalNewline => Cow::Borrowed(
                body.strip_suffix(b"\r\n")
                    .or_else(|| body.strip_suffix(b"\n"))?,
            ),
            Variant::Trimmed => Cow::Borrowed(body.trim_ascii()),
            Variant::WithNewline => Cow::Owned([body, b"\n"].concat()),
            Variant::WithCrLf => Cow::Owned([body, b"\r\n"].concat()),
            Variant::CutTo(length) => Cow::Borrowed(body.get(..length)?),
            Variant::Earlier(place) => Cow::Borrowed(*self.case.earlier.get(place)?),
            Variant::LineFeeds => Cow::Owned(conversions::line_feeds(body)?),
            Variant::CarriageReturns => Cow::Owned(conversions::carriage_returns(body)?),
            Variant::WithoutBom => Cow::Borrowed(body.strip_prefix(BOM)?),
            Variant::WithBom => Cow::Owned([BOM, body].concat()),
            Variant::Decompressed => Cow::Owned(conversions::decompress(body)?),
            Variant::Inner => Cow::Owned(
                self.document
                    .as_ref()?
                    .as_string()?
                    .into_owned()
                    .into_bytes(),
            ),
            Variant::FromBase64 => Cow::Owned(digest::from_base64(body.trim_ascii())?),
            Variant::FromLatin1 => Cow::Owned(conversions::from_latin1(body)?),
            Variant::Nothing => Cow::Borrowed(&b""[..]),
            Variant::Json(dialect) => Cow::Owned(dialect.write(self.document.as_ref()?)),
            Variant::Documented(place, dialect) => {
                let documented = self.case.documented_orders;
                let preferred = documented.get(place)?;
                Cow::Owned(dialect.write_in_order(
                    self.document.as_ref()?,
                    Some(&|keys| orders::document(documented, preferred, keys)),
                ))
            }
            Variant::Shuffled(number, dialect) => self.shuffled_as(number, dialect)?,
        };
        (variant == Variant::AsReceived || produced != body).then_some(produced)
    }

    fn shuffled_as(&self, number: usize, dialect: &Dialect) -> Option<Cow<'a, [u8]>> {
        let (document, shuffle) = (self.document.as_ref()?, self.shuffle.as_ref()?);
        let documented = self.case.documented_orders;
        let preferred = documented.first().copied().unwrap_or_default();
        let written = dialect.write_in_order(
            document,
            Some(&|keys| {
                shuffle
                    .arrange(number, keys)
                    .unwrap_or_else(|| orders::document(documented, preferred, keys))
            }),
        );
        Some(Cow::Owned(written))
    }

    /// A variant in words, once a MAC has proved it. `length` is its size.
    pub(super) fn cause(&self, variant: Variant, length: usize) -> Option<Cause> {
        let arrived = self.case.body.len();
        let sizes = format!("{length} bytes were signed, {arrived} arrived");
        Some(match variant {
            Variant::AsReceived => return None,
            Variant::WithoutFinalNewline => Cause::new(
                "body_without_final_newline",
                format!("The body got a newline at its end that was not signed: {sizes}."),
                "keep the newline out: an editor or a heredoc adds one (use printf, or curl --data-binary @file)",
            ),
            Variant::Trimmed => Cause::new(
                "body_trimmed",
                format!("There are blanks around the body that were not signed: {sizes}."),
                "sign and send the same bytes, without blanks around them",
            ),
            Variant::WithNewline | Variant::WithCrLf => Cause::new(
                match variant {
                    Variant::WithNewline => "body_with_final_newline",
                    _ => "body_with_final_crlf",
                },
                format!("The signed body ended with a newline that is gone: {sizes}."),
                "do not trim the body (curl -d drops line ends: use --data-binary), and verify its raw bytes",
            ),
            Variant::CutTo(_) => Cause::new(
                "body_cut_to_content_length",
                format!(
                    "The body is longer than its Content-Length, and only the announced part was signed: {sizes}."
                ),
                "read exactly Content-Length bytes as the body",
            ),
            Variant::Earlier(place) => Cause::new(
                "body_of_earlier_attempt",
                format!(
                    "The signature belongs to the body of an earlier attempt of this event (number {} of those kept), not to this body.",
                    place + 1
                ),
                "sign each attempt anew, over the bytes that it sends",
            ),
            Variant::LineFeeds | Variant::CarriageReturns => Cause::new(
                match variant {
                    Variant::LineFeeds => "body_lf",
                    _ => "body_crlf",
                },
                format!("Line ends were converted between LF and CRLF on the way: {sizes}."),
                "move the body as bytes, not as text (open files in binary mode; git's autocrlf changes files too)",
            ),
            Variant::WithoutBom | Variant::WithBom => Cause::new(
                match variant {
                    Variant::WithoutBom => "body_without_bom",
                    _ => "body_with_bom",
                },
                format!(
                    "A byte order mark was {} the body after it was signed: {sizes}.",
                    match variant {
                        Variant::WithoutBom => "put before",
                        _ => "removed from",
                    }
                ),
                "write and read the body as UTF-8 without a byte order mark",
            ),
            Variant::Decompressed => Cause::new(
                "body_decompressed",
                format!("The signature was made before the body was compressed: {sizes}."),
                "sign the bytes that are sent, or decompress before verifying and tell both sides which it is",
            ),
            Variant::Inner => Cause::new(
                "body_json_string_decoded",
                format!("The body is a JSON string with the signed text inside it: {sizes}."),
                "do not call JSON.stringify (or json.dumps) on a body that is text already",
            ),
            Variant::FromBase64 => Cause::new(
                "body_base64_decoded",
                format!("The body is base64 of what was signed: {sizes}."),
                "decode it before verifying (API Gateway says so with isBase64Encoded: true)",
            ),
            Variant::FromLatin1 => Cause::new(
                "body_latin1_decoded",
                format!(
                    "The body was read as Latin-1 and written as UTF-8, so its non-ASCII characters are encoded twice: {sizes}."
                ),
                "move the body as bytes, or decode it as UTF-8 (charset=utf-8)",
            ),
            Variant::Nothing => Cause::new(
                "body_empty",
                format!("The signature was made over an empty body: {sizes}."),
                "sign the bytes that are sent (the signing code had no body yet, or it was read away before)",
            ),
            Variant::Json(dialect) => self.reserialised(dialect.name, dialect, length),
            Variant::Documented(_, dialect) => self.reordered(
                "body_documented_order",
                "in their documented order",
                dialect,
                length,
            ),
            Variant::Shuffled(_, dialect) => {
                self.reordered("body_keys_reordered", "in another order", dialect, length)
            }
        })
    }

    fn reserialised(&self, name: &'static str, dialect: &Dialect, length: usize) -> Cause {
        let arrived = self.case.body.len();
        let looks = self
            .look()
            .map_or_else(String::new, |look| format!(", {}", look_in_words(look)));
        Cause::new(
            name,
            format!(
                "The signature was made over this JSON as {} ({length} bytes); {arrived} bytes arrived{looks}. Something parsed it and wrote it again after it was signed.",
                dialect.what
            ),
            VERIFY_RAW_BYTES,
        )
    }

    fn reordered(
        &self,
        name: &'static str,
        order: &str,
        dialect: &Dialect,
        length: usize,
    ) -> Cause {
        Cause::new(
            name,
            format!(
                "The signature was made over this JSON with its keys {order}, as {} ({length} bytes). Something parsed it and wrote its keys in a new order (a sorted map?).",
                dialect.what
            ),
            VERIFY_RAW_BYTES,
        )
    }

    /// How the body that arrived is laid out, when that is unmistakable.
    pub(super) fn look(&self) -> Option<Look> {
        self.document.as_ref()?.look()
    }
}

/// A layout in words.
pub(super) fn look_in_words(look: Look) -> String {
    match look {
        Look::Compact => "compact".to_owned(),
        Look::Spaced => "with a blank after each separator".to_owned(),
        Look::Tabs => "indented by tabs".to_owned(),
        Look::Spaces(2) => "indented by two spaces".to_owned(),
        Look::Spaces(4) => "indented by four spaces".to_owned(),
        Look::Spaces(count) => format!("indented by {count} spaces"),
    }
}

/// The length that the head announces.
pub(super) fn content_length(head: &Head) -> Option<usize> {
    let value = head.header("Content-Length")?;
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}
