//! What the terms mean that look into headers and bodies.

use bytes::Bytes;

use super::{all_match, delivery, filter, matches, none_match};

#[test]
fn headers_match_by_any_of_their_values() {
    let delivery = delivery(|_| {});
    all_match(
        &[
            "header:content-type",
            "header:Content-Type=APPLICATION/json",
            "header:x-odd=caf*",
            "header:x-odd=\"two words\"",
            "header:x-odd=/(?-u:\\xe9)$/",
        ],
        &delivery,
    );
    none_match(
        &[
            "header:content",
            "header:content-type=application",
            "header:x-odd=two",
        ],
        &delivery,
    );
}

#[test]
fn bodies_are_searched_as_bytes() {
    let delivery = delivery(|_| {});
    all_match(
        &[
            "body:ADA@",
            "body:\"Ada@acme\"",
            "body:/em..l/",
            "body:ada*score",
            "body:/\"score\":0.9/",
        ],
        &delivery,
    );
    none_match(&["body:\"ada@acme\"", "body:score*ada"], &delivery);
    let binary = super::delivery(|arrival| {
        arrival.request.body = Bytes::from_static(b"\xff\0needle\xfe");
    });
    assert!(matches("body:NEEDLE", &binary));
}

#[test]
fn a_path_into_json_finds_texts_and_numbers_as_they_were_written() {
    let delivery = delivery(|_| {});
    all_match(
        &[
            "json:.results[0].email=*@ACME.com",
            "json:.results[*].email=\"Ada@acme.com\"",
            "json:.results[1].email=null",
            "json:.results[0].score=0.90",
            "json:.results[0].score>=0.9",
            "json:.results[0].score<0.900001",
            "json:.total=12345678901234567890123",
            "json:.total>12345678901234567890122",
            "json:.[\"a b\"]=1",
            "json:.dup=1 json:.dup=two",
            "json:.bad=*x",
            "json:.results",
            "json:.*=1",
            "json:.",
        ],
        &delivery,
    );
    none_match(
        &[
            "json:.results[0].score=0.9",
            "json:.results[2]",
            "json:.results.email",
            "json:.missing",
            "json:.task_id>1",
            "json:[0]",
        ],
        &delivery,
    );
}

#[test]
fn a_body_that_is_not_json_or_very_deep_is_no_obstacle() {
    let broken = delivery(|arrival| arrival.request.body = Bytes::from_static(b"{\"a\":1"));
    none_match(&["json:.a", "json:."], &broken);
    let depth = 20_000;
    let deep = delivery(|arrival| {
        let text = format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        arrival.request.body = Bytes::from(text);
    });
    all_match(&["json:.a[0][0]"], &deep);
}

#[test]
fn a_filter_knows_what_it_needs() {
    assert!(filter("a | -state:late").needs_outlook());
    assert!(!filter("status:held").needs_outlook());
}
