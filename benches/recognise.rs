//! What recognising costs on the answer path: `cargo bench --bench recognise`.

use std::hint::black_box;
use std::net::SocketAddr;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hook64::delivery::{Head, Header, Request, Times};
use hook64::provider::recognise;
use jiff::Timestamp;

fn request(body: Vec<u8>) -> Request {
    let headers = [
        ("Host", "127.0.0.1:6464"),
        ("Content-Type", "application/json"),
        ("Sixtyfour-Signature", "t=1767225600,v1=00"),
        ("Sixtyfour-Event-Id", "6f1c0b52-3e1d-4c7a-9a55-20f1d7c1e8ab"),
        ("Sixtyfour-Event-Type", "find_email"),
        ("Sixtyfour-Delivery-Attempt", "1"),
    ]
    .map(|(name, value)| Header::new(name, value));
    let at = Timestamp::UNIX_EPOCH;
    Request {
        head: Head::build("POST", b"/webhooks/sixtyfour", &headers).expect("a plain head"),
        body: Bytes::from(body),
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

/// A job whose result has rows until the body has `bytes`.
fn job(bytes: usize) -> Vec<u8> {
    let mut body = String::from(
        r#"{"task_id":"550e8400-e29b-41d4-a716-446655440000","status":"completed","task_type":"find_email_bulk","result":["#,
    );
    let row = r#"{"name":"Ada Example","company":"Example GmbH","email":[["ada@example.com","OK","COMPANY"]],"cost_cents":5}"#;
    while body.len() + row.len() + 2 < bytes {
        body.push_str(row);
        body.push(',');
    }
    body.push_str("null]}");
    body.into_bytes()
}

fn open_brackets(bytes: usize) -> Vec<u8> {
    let mut body = br#"{"a":"#.to_vec();
    body.resize(bytes, b'[');
    body
}

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("recognise");
    for (name, body) in [
        ("2 KiB", job(2 << 10)),
        ("64 KiB", job(64 << 10)),
        ("25 MiB", job(25 << 20)),
        ("25 MiB of brackets", open_brackets(25 << 20)),
    ] {
        let request = request(body);
        group.throughput(Throughput::Bytes(request.body.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| recognise(black_box(&request)));
        });
    }
    group.finish();
}

criterion_group!(recognising, benches);
criterion_main!(recognising);
