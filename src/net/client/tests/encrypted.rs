//! The same over TLS, with an authority that only these tests know.

use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::post_with;
use crate::delivery::Failure;
use crate::net::client::peer::read_request;
use crate::net::client::{Client, Limits, Settings, Target, Trust};

const AUTHORITY: &[u8] = include_bytes!("../testdata/authority.pem");

async fn tls_peer() -> Target {
    peer(Duration::ZERO, || {}).await
}

/// A peer that takes this long to begin the handshake, and says when it has a request.
pub(super) async fn peer(slow: Duration, has_one: impl FnMut() + Clone + Send + 'static) -> Target {
    let chain =
        vec![CertificateDer::from_pem_slice(include_bytes!("../testdata/localhost.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../testdata/localhost.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
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
                    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
                    stream.write_all(answer).await.unwrap();
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
