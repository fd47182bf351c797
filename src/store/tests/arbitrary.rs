//! Arrivals of every shape.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;

use crate::delivery::{
    Answer, AnsweredBy, Arrival, Defect, DeliveryId, Disagreement, Ending, Envelope, EventIdSource,
    Head, Header, Provider, Reason, Recognition, Reply, Request, Scheme, Sighting, Times, Turn,
    Verdict,
};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,20}",
        any::<String>(),
        Just("a\0b'\"%\u{202e}".to_owned())
    ]
}

fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..200).prop_map(Bytes::from)
}

fn time() -> impl Strategy<Value = Timestamp> {
    (0..4_000_000_000_i64, 0..1_000_000_000_i32)
        .prop_map(|(seconds, nanoseconds)| Timestamp::new(seconds, nanoseconds).unwrap())
}

fn span() -> impl Strategy<Value = Duration> {
    (0..u64::MAX / 4).prop_map(Duration::from_nanos)
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    let byte = any::<u8>().prop_filter("ends a value", |byte| {
        !matches!(byte, 0..=32 | 127) || *byte == b'\t'
    });
    vec(byte, 0..20).prop_map(|bytes| bytes.trim_ascii().to_vec())
}

fn headers() -> impl Strategy<Value = Vec<Header>> {
    let header =
        ("[A-Za-z][A-Za-z0-9-]{0,10}", value()).prop_map(|(name, value)| Header::new(name, value));
    vec(header, 0..6)
}

fn head() -> impl Strategy<Value = Head> {
    let target = vec(select(&b"/abc?=&%.~\xc3\xa9"[..]), 1..30);
    let built = ("[A-Z]{1,7}", target, headers())
        .prop_filter_map("not a head", |(method, target, headers)| {
            Head::build(&method, &target, &headers).ok()
        });
    prop_oneof![4 => built, 1 => bytes().prop_map(Head::unreadable)]
}

fn defect() -> impl Strategy<Value = Option<Defect>> {
    prop_oneof![
        4 => Just(None),
        1 => Just(Some(Defect::BodyTooLarge)),
        1 => Just(Some(Defect::BodyIncomplete)),
        1 => Just(Some(Defect::BodyTimedOut)),
        1 => (400..600_u16, text()).prop_map(|(status, why)| Some(Defect::Malformed {
            status,
            why: why.into(),
        })),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let peer = (any::<IpAddr>(), any::<u16>()).prop_map(|(ip, port)| SocketAddr::new(ip, port));
    let times = (time(), time(), time()).prop_map(|(arrived, head, body)| Times {
        arrived,
        head,
        body,
    });
    (head(), bytes(), headers(), peer, times, defect()).prop_map(
        |(head, body, trailers, peer, times, defect)| Request {
            head,
            body,
            trailers,
            peer,
            times,
            defect,
        },
    )
}

fn recognition() -> impl Strategy<Value = Recognition> {
    let source = select(
        &[
            EventIdSource::Header,
            EventIdSource::Body,
            EventIdSource::Task,
            EventIdSource::Run,
            EventIdSource::Hash,
        ][..],
    );
    let provider = select(&[Provider::Sixtyfour, Provider::Elan, Provider::Plain][..]);
    let envelope = select(
        &[
            Envelope::Job,
            Envelope::Workflow,
            Envelope::Subscription,
            Envelope::Unknown,
        ][..],
    );
    let disagreement = (text(), text()).prop_map(|(header_says, field_says)| Disagreement {
        header: "Sixtyfour-Event-Id",
        header_says,
        field: "event_id",
        field_says,
    });
    (
        (provider, envelope, option::of((text(), source))),
        (option::of(text()), option::of(any::<u32>())),
        (option::of(text()), option::of(text())),
        vec(disagreement, 0..3),
    )
        .prop_map(
            |((provider, envelope, event_id), (event_type, attempt), ids, disagreements)| {
                Recognition {
                    provider,
                    envelope,
                    event_id,
                    event_type,
                    attempt,
                    task_id: ids.0,
                    run_id: ids.1,
                    disagreements,
                }
            },
        )
}

fn verdict() -> impl Strategy<Value = Verdict> {
    let scheme = option::of(select(&[Scheme::Sixtyfour, Scheme::Elan][..]));
    let reason = select(
        &[
            Reason::Ok,
            Reason::NoSecretConfigured,
            Reason::MissingHeader,
            Reason::DuplicateTimestamp,
            Reason::TimestampTooOld,
            Reason::SignatureMismatch,
        ][..],
    );
    (
        (scheme, reason),
        (option::of(0..9_usize), option::of(0..9_usize)),
        (option::of(any::<bool>()), option::of(any::<i64>())),
        option::of("[0-9a-f]{4}"),
        option::of(Just("the hex digits are upper case")),
    )
        .prop_map(
            |((scheme, reason), (secret, v1), (matches, age), hint, spelling)| Verdict {
                scheme,
                reason,
                matched_secret_index: secret,
                matched_v1_index: v1,
                signature_matches_ignoring_time: matches,
                age_seconds: age,
                key_hint: hint,
                non_canonical: spelling,
            },
        )
}

fn answer() -> impl Strategy<Value = Answer> {
    let ending = prop_oneof![
        select(
            &[
                Ending::Normal,
                Ending::Hang,
                Ending::Hold,
                Ending::Reset,
                Ending::Close,
                Ending::Cut,
                Ending::Garbage,
            ][..]
        ),
        span().prop_map(Ending::Drip),
    ];
    let by = prop_oneof![
        select(vec![
            AnsweredBy::Default,
            AnsweredBy::Signature,
            AnsweredBy::Duplicate,
            AnsweredBy::App,
            AnsweredBy::Defect,
            AnsweredBy::Path,
            AnsweredBy::Person,
            AnsweredBy::Unstored,
        ]),
        (text(), 0..u64::MAX / 2, option::of(0..u64::MAX / 2))
            .prop_map(|(rule, step, of)| AnsweredBy::Armed { rule, step, of }),
    ];
    let header = ("[A-Za-z][A-Za-z0-9-]{0,10}", vec(0x21..=0xff_u8, 0..20))
        .prop_map(|(name, value)| Header::new(name, value));
    let headers = vec(header, 0..4);
    (200..600_u16, headers, bytes(), span(), ending, by).prop_map(
        |(status, headers, body, delay, ending, by)| Answer {
            reply: Reply {
                status,
                headers,
                body,
                delay,
                ending,
            },
            by,
        },
    )
}

fn sighting() -> impl Strategy<Value = Sighting> {
    let turn = select(&[Turn::First, Turn::Retry, Turn::Duplicate][..]);
    // Any delivery but the one that is being stored, which is the first of its store here.
    let first = option::of(2..u64::MAX / 2).prop_map(|first| first.and_then(DeliveryId::new));
    (turn, any::<u32>(), first, any::<bool>()).prop_map(|(turn, arrival, first, conflict)| {
        Sighting {
            turn,
            arrival,
            first,
            conflict,
        }
    })
}

pub(super) fn arrivals() -> impl Strategy<Value = Arrival> {
    (request(), recognition(), verdict(), sighting(), answer()).prop_map(
        |(request, recognition, verdict, sighting, answer)| Arrival {
            request,
            recognition,
            verdict,
            sighting,
            answer,
        },
    )
}
