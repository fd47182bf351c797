//! The same over TLS, with an authority that only these tests know.

use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::TlsAcceptor;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{impatient, post_with};
use crate::delivery::Failure;
use crate::net::client::peer::read_request;
use crate::net::client::{Client, Limits, Settings, Target, Trust};

const AUTHORITY: &[u8] = include_bytes!("../testdata/authority.pem");

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
const SELF_SIGNED: &[u8] = include_bytes!("../testdata/self-signed.pem");
const SELF_SIGNED_KEY: &[u8] = include_bytes!("../testdata/self-signed.key");

async fn tls_peer() -> Target {
    peer(Duration::ZERO, || {}).await
}

/// A peer that takes this long to begin the handshake, and says when it has a request.
pub(super) async fn peer(slow: Duration, has_one: impl FnMut() + Clone + Send + 'static) -> Target {
    let certificate = include_bytes!("../testdata/localhost.pem");
    let acceptor = acceptor(certificate, include_bytes!("../testdata/localhost.key"));
    serve(acceptor, slow, has_one).await
}

async fn tls_peer_with(certificate: &[u8], key: &[u8]) -> Target {
    serve(acceptor(certificate, key), Duration::ZERO, || {}).await
}

fn acceptor(certificate: &[u8], key: &[u8]) -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_slice(certificate).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    // Whether they belong together is not checked: some peers of these tests are impostors.
    let key = provider.key_provider.load_private_key(key).unwrap();
    let certified = SingleCertAndKey::from(CertifiedKey::new(chain, key));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(certified));
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(
    acceptor: TlsAcceptor,
    slow: Duration,
    has_one: impl FnMut() + Clone + Send + 'static,
) -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::time::sleep(slow).await;
            let Ok(mut stream) = acceptor.accept(socket).await else {
                continue;
            };
            let mut has_one = has_one.clone();
            tokio::spawn(async move {
                while read_request(&mut stream, 0).await.is_some() {
                    has_one();
                    stream.write_all(ANSWER).await.unwrap();
                    stream.flush().await.unwrap();
                }
            });
        }
    });
    format!("https://localhost:{port}/").parse().unwrap()
}

fn client(trust: Trust) -> Client {
    Client::new(Settings {
        trust,
        ..Settings::default()
    })
}

#[tokio::test]
async fn a_certificate_of_a_named_authority_is_accepted_and_the_connection_kept() {
    let target = tls_peer().await;
    let client = client(Trust::authorities(AUTHORITY).unwrap());
    let first = post_with(&client, &target, Limits::default()).await;
    assert_eq!(&first.attempt.result.unwrap().body[..], b"hi");
    assert!(first.phases.tls.is_some());
    let second = post_with(&client, &target, Limits::default()).await;
    assert!(second.attempt.delivered());
    assert_eq!(second.phases.connect, None);
}

#[tokio::test]
async fn a_certificate_of_nobody_known_is_refused_unless_anyone_will_do() {
    let target = tls_peer().await;
    let outcome = post_with(&client(Trust::System), &target, Limits::default()).await;
    assert!(matches!(outcome.attempt.result, Err(Failure::Tls(_))));
    assert!(!outcome.reached());
    let outcome = post_with(&client(Trust::Anyone), &target, Limits::default()).await;
    assert!(outcome.attempt.delivered());
}

#[tokio::test]
async fn a_peer_that_does_not_speak_tls_is_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target: Target = format!("https://{}/", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut hello = [0; 16];
        socket.read_exact(&mut hello).await.unwrap();
        socket
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        std::future::pending::<()>().await;
    });
    let outcome = post_with(&client(Trust::Anyone), &target, Limits::default()).await;
    let expected = Failure::Tls("the peer does not speak TLS".to_owned());
    assert_eq!(outcome.attempt.result, Err(expected));
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_costs_nothing() {
    let acceptor = acceptor(SELF_SIGNED, SELF_SIGNED_KEY);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (say_closed, closed) = oneshot::channel();
    let peer = tokio::spawn(async move {
        let mut say_closed = Some(say_closed);
        for connection in 0..2 {
            let (socket, _) = listener.accept().await.unwrap();
            let mut stream = acceptor.accept(socket).await.unwrap();
            read_request(&mut stream, connection).await.unwrap();
            stream.write_all(ANSWER).await.unwrap();
            stream.shutdown().await.unwrap();
            drop(stream);
            if let Some(say) = say_closed.take() {
                say.send(()).unwrap();
            }
        }
    });
    let target: Target = format!("https://localhost:{port}/").parse().unwrap();
    let client = client(Trust::authorities(SELF_SIGNED).unwrap());
    let first = post_with(&client, &target, Limits::default()).await;
    assert!(first.attempt.delivered());
    closed.await.unwrap();
    let second = post_with(&client, &target, Limits::default()).await;
    assert!(second.attempt.delivered());
    peer.await.unwrap();
}

/// Accepts connections and then says nothing.
async fn stalling_peer() -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok(accepted) = listener.accept().await {
            kept.push(accepted);
        }
    });
    target.parse().unwrap()
}

#[tokio::test]
async fn a_handshake_that_stalls_is_timed_out_and_never_a_connection() {
    let target = stalling_peer().await;
    let outcome = post_with(&client(Trust::Anyone), &target, impatient()).await;
    let expected = Failure::TimedOut(impatient().timeout);
    assert_eq!(outcome.attempt.result, Err(expected));
    assert!(!outcome.reached());
}

#[tokio::test]
async fn a_self_signed_certificate_is_accepted_when_it_is_named_itself() {
    let target = tls_peer_with(SELF_SIGNED, SELF_SIGNED_KEY).await;
    let client = client(Trust::authorities(SELF_SIGNED).unwrap());
    let outcome = post_with(&client, &target, Limits::default()).await;
    assert_eq!(&outcome.attempt.result.unwrap().body[..], b"hi");
}

#[tokio::test]
async fn a_certificate_is_accepted_when_it_is_named_without_its_authority() {
    let named = include_bytes!("../testdata/localhost.pem");
    let client = client(Trust::authorities(named).unwrap());
    let outcome = post_with(&client, &tls_peer().await, Limits::default()).await;
    assert!(outcome.attempt.delivered());
}

#[tokio::test]
async fn whoever_lacks_the_key_of_a_named_certificate_is_refused() {
    let other_key = include_bytes!("../testdata/localhost.key");
    let target = tls_peer_with(SELF_SIGNED, other_key).await;
    let client = client(Trust::authorities(SELF_SIGNED).unwrap());
    let outcome = post_with(&client, &target, Limits::default()).await;
    let why = outcome.attempt.result.unwrap_err().to_string();
    assert!(why.contains("signed with another key"), "{why}");
}

/// Why a peer with this certificate is refused, and what helps.
async fn refusal(certificate: &[u8], trust: Trust) -> (String, String) {
    let target = tls_peer_with(certificate, SELF_SIGNED_KEY).await;
    let outcome = post_with(&client(trust), &target, Limits::default()).await;
    match outcome.attempt.result {
        Err(Failure::Tls(why)) => (why, outcome.fix.unwrap()),
        other => panic!("expected a TLS failure, got {other:?}"),
    }
}

#[tokio::test]
async fn a_named_certificate_still_has_to_be_of_this_time() {
    let expired = include_bytes!("../testdata/expired.pem");
    let (why, fix) = refusal(expired, Trust::authorities(expired).unwrap()).await;
    assert_eq!(why, "its certificate expired on 2021-01-01T00:00:00Z");
    assert!(fix.starts_with("renew it"), "{fix}");
    let early = include_bytes!("../testdata/not-yet-valid.pem");
    let (why, fix) = refusal(early, Trust::authorities(early).unwrap()).await;
    assert_eq!(
        why,
        "its certificate is valid only from 2119-01-01T00:00:00Z on"
    );
    assert!(fix.contains("clock"), "{fix}");
}

#[tokio::test]
async fn a_named_certificate_still_has_to_be_for_this_host() {
    let elsewhere = include_bytes!("../testdata/elsewhere.pem");
    let (why, fix) = refusal(elsewhere, Trust::authorities(elsewhere).unwrap()).await;
    let names = "elsewhere.example, 192.0.2.1";
    assert_eq!(
        why,
        format!("its certificate is for {names}, not for localhost")
    );
    assert_eq!(
        fix,
        "name the target as its certificate does (elsewhere.example), or make it anew with: \
         subjectAltName=DNS:localhost"
    );
}

#[tokio::test]
async fn an_untrusted_certificate_is_mended_by_what_was_not_just_done() {
    let (why, fix) = refusal(SELF_SIGNED, Trust::System).await;
    assert!(why.contains("self-signed"), "{why}");
    assert!(fix.contains("--cacert FILE"), "{fix}");
    let others = Trust::authorities(AUTHORITY).unwrap();
    let (why, fix) = refusal(SELF_SIGNED, others.clone()).await;
    assert!(why.contains("self-signed"), "{why}");
    assert!(
        fix.contains("openssl s_client -connect localhost:"),
        "{fix}"
    );
    assert!(!fix.contains("--cacert"), "{fix}");

    let nobody_known = client(Trust::authorities(SELF_SIGNED).unwrap());
    let outcome = post_with(&nobody_known, &tls_peer().await, Limits::default()).await;
    let why = outcome.attempt.result.unwrap_err().to_string();
    assert!(why.contains("issued by none"), "{why}");
    assert!(outcome.fix.unwrap().contains("-showcerts"));
}

#[tokio::test]
async fn a_certificate_of_version_1_names_no_host() {
    let old = include_bytes!("../testdata/version-1.pem");
    let (why, fix) = refusal(old, Trust::authorities(AUTHORITY).unwrap()).await;
    assert!(why.contains("version 1"), "{why}");
    assert_eq!(fix, "make it anew with: subjectAltName=DNS:localhost");
}
