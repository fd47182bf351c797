//! Why a TLS handshake failed, and what helps: for a person, who may well have made the
//! certificate a minute ago.

use std::io;

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error};

use super::target::Target;
use super::tls::Trust;
use crate::text;

/// How many of a certificate's names are said.
const NAMES: usize = 3;

/// What went wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) why: String,
    pub(super) fix: Option<String>,
}

impl Problem {
    fn new(why: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            fix: Some(fix.into()),
        }
    }

    fn without_fix(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            fix: None,
        }
    }

    /// The system's certificates cannot be had.
    pub(super) fn no_trust() -> Self {
        Self::new(
            "this machine has no certificates of authorities to trust",
            "name the target's certificate, or that of the authority that issued it: --cacert FILE",
        )
    }

    /// The host of the URL cannot stand in a certificate.
    pub(super) fn no_name(target: &Target) -> Self {
        let host = target.host();
        Self::new(
            format!("no certificate can be for the host {host}"),
            "name the target by a host name or an address",
        )
    }

    /// What this error of a handshake means.
    pub(super) fn of(error: &io::Error, target: &Target, trust: &Trust) -> Self {
        let inner = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<Error>());
        match inner {
            Some(Error::InvalidMessage(_)) => {
                let path = target.path().unwrap_or("");
                let (host, port) = (target.host(), target.port());
                let host = if host.contains(':') {
                    format!("[{host}]")
                } else {
                    host.to_owned()
                };
                Self::new(
                    "the peer does not speak TLS",
                    format!("name it without TLS: http://{host}:{port}{path}"),
                )
            }
            Some(Error::InvalidCertificate(problem)) => of_certificate(problem, target, trust),
            Some(Error::AlertReceived(alert)) => of_alert(*alert, target),
            Some(Error::PeerIncompatible(_)) => no_common_ground(),
            Some(Error::NoCertificatesPresented) => Self::new(
                "the peer shows no certificate",
                "configure one in the app, or name it without TLS (http://)",
            ),
            Some(
                Error::PeerMisbehaved(_)
                | Error::InappropriateMessage { .. }
                | Error::InappropriateHandshakeMessage { .. }
                | Error::PeerSentOversizedRecord
                | Error::DecryptError,
            ) => Self::without_fix("the peer does not keep to the rules of TLS"),
            Some(_) => Self::without_fix("the handshake could not be finished"),
            None => Self::without_fix(match error.kind() {
                io::ErrorKind::UnexpectedEof => "the peer closed during the handshake".to_owned(),
                io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                    "the peer reset the connection during the handshake".to_owned()
                }
                kind => format!("{kind} during the handshake"),
            }),
        }
    }
}

fn of_certificate(problem: &CertificateError, target: &Target, trust: &Trust) -> Problem {
    match problem {
        CertificateError::UnknownIssuer => Problem::new(
            "its certificate is not trusted: it was issued by none of the authorities that are",
            name_it(target, trust),
        ),
        CertificateError::ExpiredContext { not_after, .. } => {
            expired(&format!("its certificate expired on {}", date(*not_after)))
        }
        CertificateError::Expired => expired("its certificate has expired"),
        CertificateError::NotValidYetContext { not_before, .. } => not_yet(&format!(
            "its certificate is valid only from {} on",
            date(*not_before)
        )),
        CertificateError::NotValidYet => not_yet("its certificate is not valid yet"),
        CertificateError::NotValidForNameContext { presented, .. } => other_name(presented, target),
        CertificateError::NotValidForName => other_name(&[], target),
        CertificateError::BadSignature => Problem::new(
            "its certificate, or the handshake, was signed with another key than it says",
            name_it(target, trust),
        ),
        CertificateError::Revoked => {
            Problem::new("its certificate was revoked", "give the app a new one")
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            Problem::new(
                "its certificate is not for servers",
                "make it anew with: extendedKeyUsage=serverAuth",
            )
        }
        CertificateError::BadEncoding => Problem::new(
            "its certificate cannot be read",
            "give the app a new one (X.509, with a subjectAltName)",
        ),
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            Problem::new(
                "its certificate is signed in a way that is not supported",
                "make it anew with ECDSA P-256, or RSA of 2048 bits or more, and SHA-256",
            )
        }
        CertificateError::Other(other) => of_other(&other.to_string(), target, trust),
        _ => unacceptable(),
    }
}

/// What the checker of certificates names with a word of its own alone.
fn of_other(word: &str, target: &Target, trust: &Trust) -> Problem {
    match word {
        "CaUsedAsEndEntity" => Problem::new(
            "its certificate is self-signed or an authority's own, and is not among the trusted ones",
            name_it(target, trust),
        ),
        "UnsupportedCertVersion" => Problem::new(
            "its certificate is of version 1 of X.509, which can name no host",
            format!("make it anew with: {}", alternative_name(target)),
        ),
        _ => unacceptable(),
    }
}

fn unacceptable() -> Problem {
    Problem::new(
        "its certificate cannot be accepted",
        "give the app a new one; for a test, --insecure checks none",
    )
}

fn name_it(target: &Target, trust: &Trust) -> String {
    match trust {
        Trust::System | Trust::Anyone => {
            "name that certificate, or the one of the authority that issued it: --cacert FILE"
                .to_owned()
        }
        Trust::Authorities(_) => format!(
            "put the certificate that the target shows now, or that of its authority, into the file:\n  \
             openssl s_client -connect {}:{} -showcerts",
            target.host(),
            target.port()
        ),
    }
}

fn expired(why: &str) -> Problem {
    Problem::new(
        why,
        "renew it; for a test, --insecure checks no certificate",
    )
}

fn not_yet(why: &str) -> Problem {
    Problem::new(
        why,
        "set the clock of this machine right, or make the certificate anew",
    )
}

fn other_name(presented: &[String], target: &Target) -> Problem {
    let host = target.host();
    let names: Vec<String> = presented.iter().map(|name| plain(name)).collect();
    let anew = format!("make it anew with: {}", alternative_name(target));
    let Some(first) = names.first() else {
        let why = format!("its certificate names no host, so it is not for {host} either");
        return Problem::new(why, anew);
    };
    let more = match names.len().saturating_sub(NAMES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let known = names[..names.len().min(NAMES)].join(", ");
    let why = format!("its certificate is for {known}{more}, not for {host}");
    if first.contains('*') {
        return Problem::new(why, anew);
    }
    let fix = format!("name the target as its certificate does ({first}), or {anew}");
    Problem::new(why, fix)
}

/// A name out of `DnsName("localhost")`. It is the peer's, so it may be anything.
fn plain(presented: &str) -> String {
    let name = presented
        .split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'))
        .unwrap_or(presented);
    let shown = text::line(name.trim_matches('"').as_bytes());
    text::clip(&shown, 80).into_owned()
}

fn alternative_name(target: &Target) -> String {
    let host = target.host();
    let kind = if host.parse::<std::net::IpAddr>().is_ok() {
        "IP"
    } else {
        "DNS"
    };
    format!("subjectAltName={kind}:{host}")
}

fn of_alert(alert: AlertDescription, target: &Target) -> Problem {
    match alert {
        AlertDescription::HandshakeFailure
        | AlertDescription::ProtocolVersion
        | AlertDescription::InsufficientSecurity => no_common_ground(),
        AlertDescription::CertificateRequired => Problem::new(
            "the peer asks for a certificate of its client, and there is none to show",
            "let the app take requests without a client certificate",
        ),
        AlertDescription::UnrecognisedName => Problem::new(
            format!("the peer serves no host of the name {}", target.host()),
            "name the target by a name that the app serves",
        ),
        _ => Problem::without_fix("the peer broke the handshake off"),
    }
}

fn no_common_ground() -> Problem {
    Problem::new(
        "the peer agrees to no version of TLS and no cipher that are offered",
        "let the app take TLS 1.2 or 1.3",
    )
}

fn date(time: UnixTime) -> String {
    i64::try_from(time.as_secs())
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .map_or_else(|| "a day beyond reckoning".to_owned(), |at| at.to_string())
}
