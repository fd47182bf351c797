//! Whatever the clock says, every output can be made of a delivery.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_oneof, proptest};

use super::credentials::Credentials;
use super::gap::Gap;
use super::line::{Beside, Reader};
use super::paint::Paint;
use super::table::Table;
use super::{detail, har, line, ndjson, samples};
use crate::delivery::{Delivery, Outlook, Settlement, Times};

/// 1970 and before, leap days, the end of 2038's and of everybody's time, and anything between.
fn time() -> impl Strategy<Value = Timestamp> {
    let edges = [
        i64::MIN,
        -1,
        0,
        68_169_599,
        951_782_400,
        1_795_183_323,
        2_147_483_648,
        4_107_542_400,
        9_223_372_036,
        i64::MAX,
    ];
    let edge = proptest::sample::select(edges.to_vec());
    prop_oneof![edge, any::<i64>(), 0..5_000_000_000_i64].prop_map(|second| {
        Timestamp::from_second(second).unwrap_or(if second < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    })
}

fn delivery(mut made: Delivery, times: Times, settled: Option<Timestamp>) -> Delivery {
    samples::change(&mut made, |arrival| arrival.request.times = times);
    made.settlement = settled.map(|at| Settlement {
        at,
        ..made.settlement.unwrap()
    });
    made
}

fn times() -> impl Strategy<Value = Times> {
    (time(), time(), time()).prop_map(|(arrived, head, body)| Times {
        arrived,
        head,
        body,
    })
}

fn settled() -> impl Strategy<Value = Option<Timestamp>> {
    prop_oneof![Just(None), time().prop_map(Some)]
}

proptest! {
    #[test]
    fn no_clock_keeps_a_delivery_from_being_shown(
        first in (times(), settled()),
        second in (times(), settled()),
        (now, due) in (time(), time()),
        zone in proptest::sample::select(vec!["UTC", "America/St_Johns", "Pacific/Apia"]),
    ) {
        let event = [
            delivery(samples::find_email(), first.0, first.1),
            delivery(samples::retry(), second.0, second.1),
        ];
        let documented = [Duration::from_secs(1)];
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let subject = detail::Subject {
            delivery: &event[1],
            body_sha256: &[0; 32],
            event: &event,
            sent: &[],
            because: &BTreeMap::new(),
            documented: &documented,
            outlook: Some(Outlook::Due {
                attempt: 3,
                at: due,
                documented: None,
                measured: false,
            }),
            now,
        };
        let gap = Gap::between((&event[0]).into(), (&event[1]).into(), &documented);
        let mut texts = vec![
            detail::detail(&subject, detail::Options::default()),
            ndjson::delivery(&event[1], &[0; 32], ndjson::Options::default()),
            har::entry(&event[1], Credentials::Revealed),
            Table::piped(Paint::Off).row(&event[1], None),
            Table::terminal(120, zone.clone(), Paint::Off).row(&event[1], None),
        ];
        for reader in [Reader::Pipe { paint: Paint::Off }, Reader::Terminal { zone, paint: Paint::Off }] {
            let beside = Beside { gap: Some(gap), because: None };
            texts.push(line::delivery(&event[1], beside, &reader));
        }
        for text in texts {
            // A time before the year 0 begins with a sign; a span never does.
            for sign in ["_ms\":-", "ms=-", "(-", "gap -"] {
                prop_assert!(!text.contains(sign), "{sign} in {text}");
            }
        }
    }
}
