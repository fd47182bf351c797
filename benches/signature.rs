//! What checking a signature costs on the path of an answer, and what explaining one costs off it.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hook64::delivery::{Head, Header, Scheme};
use hook64::signature::diagnosis::{Case, diagnose};
use hook64::signature::{Secret, scheme, sign, verify};
use jiff::Timestamp;

const T: i64 = 1_776_888_000;
/// The second is the largest round size that combinations of causes are tried for.
const SIZES: [usize; 3] = [2 << 10, 60 << 10, 1 << 20];
const ORDER: &[&str] = &["task_id", "status", "task_type", "result"];

fn secret(digit: char) -> Secret {
    Secret::new(format!("sk_whsec_{}", digit.to_string().repeat(64)))
}

/// A delivery of about this size, as JSON without blanks.
fn body(size: usize) -> String {
    let row = r#"{"name":"Zoë Doe","url":"https://example.com/a?b=1","email":[["zoe@acme.com","OK"]],"score":0.5}"#;
    let rows = vec![row; size / row.len()].join(",");
    format!(
        r#"{{"task_id":"550e8400","status":"completed","task_type":"find_email","result":[{rows}]}}"#
    )
}

fn head(secrets: &[Secret], body: &[u8]) -> Head {
    let signature = sign(Scheme::Sixtyfour, secrets, T, body);
    let headers = [Header::new("Content-Type", "application/json"), signature];
    Head::build("POST", b"/webhooks/sixtyfour", &headers).expect("these are headers")
}

fn now() -> Timestamp {
    Timestamp::from_second(T).expect("a time")
}

fn verifying(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("verify");
    let secrets = [secret('a'), secret('b')];
    for size in SIZES {
        let body = body(size);
        let head = head(&secrets[..1], body.as_bytes());
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| {
                verify(
                    black_box(&head),
                    black_box(body.as_bytes()),
                    Scheme::Sixtyfour,
                    &secrets,
                    scheme::TOLERANCE,
                    now(),
                )
            });
        });
    }
    group.finish();
}

fn diagnosing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("diagnose");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(3));
    let loaded = [secret('a')];
    let stranger = [secret('c')];
    for size in SIZES {
        let compact = body(size);
        let spaced = compact
            .replace("\":", "\": ")
            .replace(",\"", ", \"")
            .replace(",{", ", {");
        let cases = [
            (
                "wrong secret",
                head(&stranger, compact.as_bytes()),
                &compact,
            ),
            ("written anew", head(&loaded, compact.as_bytes()), &spaced),
        ];
        for (name, head, body) in cases {
            let case = Case {
                head: &head,
                body: body.as_bytes(),
                scheme: Scheme::Sixtyfour,
                secrets: &loaded,
                other_secrets: &[],
                tolerance: scheme::TOLERANCE,
                now: now(),
                documented_orders: &[ORDER],
                earlier: &[],
                offsets: None,
            };
            group.bench_function(BenchmarkId::new(name, size), |bencher| {
                bencher.iter(|| diagnose(black_box(&case)));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, verifying, diagnosing);
criterion_main!(benches);
