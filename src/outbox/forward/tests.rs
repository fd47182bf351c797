//! Forwarding to raw apps over real sockets.

use jiff::Timestamp;

use super::*;
use crate::delivery::{Defect, Head, Header};
use crate::net::client::peer::{Nobody, Peer, Say};
use crate::net::client::{Settings, Target, Trust};

pub(crate) fn request(
    method: &str,
    target: &str,
    headers: &[(&'static str, &str)],
    body: &'static str,
) -> Request {
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| Header::new(*name, (*value).to_owned()))
        .collect();
    let at = Timestamp::UNIX_EPOCH;
    Request::local(
        Head::build(method, target.as_bytes(), &headers).unwrap(),
        body,
        at,
    )
}

fn delivery() -> Request {
    let headers = [
        ("hOsT", "abc.ngrok.example"),
        ("X-Forwarded-For", "203.0.113.24"),
        ("Sixtyfour-Signature", "t=1,v1=aa"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "close"),
        ("x-b", "1"),
        ("X-B", "2"),
    ];
    request("POST", "/hook?q", &headers, "{\"a\": 1.10}")
}

fn forward_within(target: &Target, timeout: Duration) -> Forward {
    let route = target.to_string().parse().unwrap();
    Forward::new(Client::new(Settings::default()), vec![route], timeout)
}

fn forward(target: &Target) -> Forward {
    forward_within(target, Duration::from_secs(10))
}

async fn reply(forward: &Forward) -> Reply {
    forward.deliver(&delivery(), None, 1).await.unwrap().reply
}

#[tokio::test]
async fn the_app_sees_the_request_as_it_came() {
    let app = Peer::new(|_, _| Say::status(200)).await;
    reply(&forward(&app.target(""))).await;
    let seen = app.seen().remove(0);
    let expected = format!(
        "POST /hook?q HTTP/1.1\r\nhOsT: {}\r\nX-Forwarded-For: 203.0.113.24\r\n\
         Sixtyfour-Signature: t=1,v1=aa\r\nContent-Length: 11\r\nx-b: 1\r\nX-B: 2\r\n\r\n",
        app.address
    );
    assert_eq!(seen.head, expected);
    assert_eq!(seen.body, b"{\"a\": 1.10}");
}

#[tokio::test]
async fn what_was_sent_is_handed_back_only_when_it_went_to_another_path() {
    let app = Peer::new(|_, _| Say::status(200)).await;
    let sent = async |url: &str| {
        let forward = forward(&app.target(url));
        forward.deliver(&delivery(), None, 1).await.unwrap().sent
    };
    assert_eq!(sent("").await, None);
    assert_eq!(sent("/hook").await, None);
    let elsewhere = sent("/other").await.unwrap();
    assert!(elsewhere.head.starts_with(b"POST /other?q HTTP/1.1\r\n"));
    assert_eq!(elsewhere.body, None);
}

#[tokio::test]
async fn the_senders_host_is_kept_if_asked_for() {
    let app = Peer::new(|_, _| Say::status(200)).await;
    reply(&forward(&app.target("/")).keeping_host()).await;
    assert_eq!(app.seen()[0].header("Host"), Some("abc.ngrok.example"));
}

#[tokio::test]
async fn the_apps_answer_is_relayed_without_its_connection() {
    let app = Peer::new(|_, _| {
        let answer = b"HTTP/1.1 409 Conflict\r\nX-Order: 1\r\nTransfer-Encoding: chunked\r\n\
            Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nx-order: 2\r\nContent-Type: text/plain\r\n\
            \r\n4\r\nseen\r\n0\r\n\r\n";
        Say::Bytes(answer.to_vec())
    })
    .await;
    let reply = reply(&forward(&app.target("/"))).await;
    assert_eq!(reply.status, 409);
    assert_eq!(reply.body, "seen");
    let expected = [
        ("X-Order", "1"),
        ("x-order", "2"),
        ("Content-Type", "text/plain"),
    ];
    let expected = expected.map(|(name, value)| Header::new(name, value));
    assert_eq!(reply.headers, expected);
}

#[tokio::test]
async fn connections_to_the_app_are_used_again() {
    let app = Peer::new(|_, _| Say::status(200)).await;
    let forward = forward(&app.target("/"));
    for _ in 0..5 {
        reply(&forward).await;
    }
    assert!(app.seen().iter().all(|seen| seen.connection == 0));
}

#[tokio::test]
async fn an_app_that_is_down_is_502_and_the_attempt_says_why() {
    let nobody = Nobody::new();
    let forwarded = forward(&nobody.target())
        .deliver(&delivery(), None, 1)
        .await
        .unwrap();
    assert_eq!(forwarded.reply.status, 502);
    assert!(matches!(
        forwarded.outcome.attempt.result,
        Err(Failure::Unreachable(_))
    ));
    let body: serde_json::Value = serde_json::from_slice(&forwarded.reply.body).unwrap();
    assert_eq!(body["error"], "the local app cannot be reached");
}

#[tokio::test]
async fn an_app_that_is_too_slow_is_504() {
    let app = Peer::new(|_, _| Say::Hang).await;
    let forward = forward_within(&app.target("/"), Duration::from_millis(80));
    assert_eq!(reply(&forward).await.status, 504);
}

#[tokio::test]
async fn an_app_that_breaks_off_or_babbles_is_502() {
    for say in [Say::Reset, Say::Last(b"220 smtp ready\r\n".to_vec())] {
        let app = Peer::new(move |_, _| say.clone()).await;
        assert_eq!(reply(&forward(&app.target("/"))).await.status, 502);
    }
}

fn answer_of(length: usize) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), &vec![b'x'; length]].concat()
}

#[tokio::test]
async fn a_large_answer_is_relayed_whole_and_one_beyond_the_limit_is_502() {
    let app = Peer::new(|_, number| Say::Bytes(answer_of(LARGEST + number))).await;
    let forward = forward(&app.target("/"));
    let whole = reply(&forward).await;
    assert_eq!((whole.status, whole.body.len()), (200, LARGEST));
    let forwarded = forward.deliver(&delivery(), None, 2).await.unwrap();
    assert_eq!(forwarded.reply.status, 502);
    let body: serde_json::Value = serde_json::from_slice(&forwarded.reply.body).unwrap();
    assert_eq!(
        body["error"],
        "the local app's answer is larger than 64 MiB"
    );
    // What the app did counts, whatever becomes of its answer.
    assert!(forwarded.outcome.attempt.delivered());
}

#[tokio::test]
async fn requests_go_to_the_app_of_their_route() {
    let first = Peer::new(|_, _| Say::status(200)).await;
    let second = Peer::new(|_, _| Say::status(201)).await;
    let routes = vec![
        first.target("/").to_string().parse().unwrap(),
        format!("find_phone={}", second.target("/x"))
            .parse()
            .unwrap(),
    ];
    let forward = Forward::new(
        Client::new(Settings::default()),
        routes,
        Duration::from_secs(9),
    );
    let to_second = forward
        .deliver(&delivery(), Some("find_phone"), 1)
        .await
        .unwrap();
    let to_first = forward
        .deliver(&delivery(), Some("find_email"), 1)
        .await
        .unwrap();
    assert_eq!((to_second.reply.status, to_first.reply.status), (201, 200));
    assert!(second.seen()[0].head.starts_with("POST /x?q "));
}

#[tokio::test]
async fn what_is_not_whole_or_has_no_route_is_not_forwarded() {
    let app = Peer::new(|_, _| Say::status(200)).await;
    let mut cut = delivery();
    cut.defect = Some(Defect::BodyTooLarge);
    assert_eq!(forward(&app.target("/")).deliver(&cut, None, 1).await, None);
    let routes = vec![format!("/other={}", app.target("/")).parse().unwrap()];
    let elsewhere = Forward::new(Client::new(Settings::default()), routes, Duration::MAX);
    assert_eq!(elsewhere.deliver(&delivery(), None, 1).await, None);
    assert!(app.seen().is_empty());
}

#[test]
fn the_budget_says_how_much_time_was_used() {
    let budget = |millis| Budget {
        used: Duration::from_millis(millis),
        given: Duration::from_secs(10),
    };
    assert_eq!(budget(1_200).percent(), 12);
    assert_eq!(budget(12_000).percent(), 120);
    assert!(budget(1_200).to_string().ends_with("(12 %)"));
}

#[tokio::test]
async fn an_app_that_stalls_before_it_can_be_asked_is_504_too() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("https://{}/", listener.local_addr().unwrap());
    // Nothing that a machine may lack is needed for this trust.
    let client = Client::new(Settings {
        trust: Trust::Anyone,
        ..Settings::default()
    });
    let routes = vec![target.parse().unwrap()];
    let forward = Forward::new(client, routes, Duration::from_millis(200));
    assert_eq!(reply(&forward).await.status, 504);
}
