//! What choosing an answer costs, and the look into the memory of events before it:
//! `cargo bench --bench decide`.

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use hook64::delivery::{
    DeliveryId, Head, Header, Provider, Reason, Request, Scheme, Sighting, Times, Verdict,
};
use hook64::inbox::Policy;
use hook64::inbox::decide::{Facts, decide};
use hook64::inbox::memory::{EventKey, Memory, Sighted};
use hook64::signature::scheme;
use jiff::Timestamp;

/// How many events are known already.
const KNOWN: u64 = 100_000;

fn request() -> Request {
    let headers = [Header::new("Content-Type", "application/json")];
    let at = Timestamp::UNIX_EPOCH;
    Request {
        head: Head::build("POST", b"/webhooks/sixtyfour", &headers).expect("a plain head"),
        body: Bytes::from_static(b"{}"),
        trailers: Vec::new(),
        peer: SocketAddr::from(([127, 0, 0, 1], 40_000)),
        times: Times {
            arrived: at,
            head: at,
            body: at,
        },
        defect: None,
    }
}

fn deciding(criterion: &mut Criterion) {
    let request = request();
    let policy = Policy {
        tolerance: scheme::TOLERANCE,
        on_bad_signature: 401,
        path: Some("/webhooks/sixtyfour".to_owned()),
        forward_duplicates: false,
    };
    for (name, reason) in [
        ("valid", Reason::Ok),
        ("invalid", Reason::SignatureMismatch),
    ] {
        let verdict = Verdict::because(Some(Scheme::Sixtyfour), reason);
        let sighting = Sighting::first();
        let facts = Facts {
            request: &request,
            verdict: &verdict,
            sighting: &sighting,
            has_app: false,
        };
        criterion.bench_function(&format!("decide/{name}"), |bencher| {
            bencher.iter(|| decide(black_box(&facts), &policy));
        });
    }
}

fn keys(number: u64) -> (EventKey, EventKey) {
    let id = format!("00000000-0000-4000-8000-{number:012}");
    let key = EventKey::new(Provider::Sixtyfour, &id, true);
    (key, key.across_the_trust())
}

fn sighting(criterion: &mut Criterion) {
    let memory = Arc::new(Memory::default());
    let mut next = 0;
    let mut number = || {
        next += 1;
        next
    };
    for _ in 0..KNOWN {
        let number = number();
        let id = DeliveryId::new(number).expect("from 1");
        memory.recall(keys(number).0, id, true);
    }
    criterion.bench_function("sight/known", |bencher| {
        bencher.iter(|| {
            let (key, other) = keys(black_box(KNOWN / 2));
            memory.sight(key, other)
        });
    });
    criterion.bench_function("sight/new", |bencher| {
        bencher.iter_batched(
            &mut number,
            |number| {
                let (key, other) = keys(number);
                if let Sighted::Mine(_, flight) = memory.sight(key, other) {
                    let id = DeliveryId::new(number).expect("from 1");
                    flight.conclude(id, true, None);
                }
            },
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, deciding, sighting);
criterion_main!(benches);
