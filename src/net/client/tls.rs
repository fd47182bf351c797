//! Whom we trust at the other end of a TLS connection.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use rustls_platform_verifier::BuilderVerifierExt;

/// Which certificates are accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Trust {
    /// Those that the system trusts.
    #[default]
    System,
    /// Those that these authorities issued, these themselves, and no others.
    Authorities(Vec<CertificateDer<'static>>),
    /// Any at all: whoever is in between can read and change everything.
    Anyone,
}

/// Why a file with authorities cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthoritiesError {
    /// Not PEM.
    #[error("it is not PEM: {0}")]
    NotPem(&'static str),
    /// PEM without a certificate.
    #[error("there is no certificate in it (-----BEGIN CERTIFICATE-----)")]
    Empty,
    /// A certificate that is none.
    #[error("one of its certificates cannot be read")]
    Unusable,
}

impl Trust {
    /// Trusts the certificates of a PEM file alone.
    ///
    /// # Errors
    /// When there is no usable certificate in it.
    pub fn authorities(pem: &[u8]) -> Result<Self, AuthoritiesError> {
        let certificates = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| AuthoritiesError::NotPem(not_pem(&error)))?;
        if certificates.is_empty() {
            return Err(AuthoritiesError::Empty);
        }
        roots(&certificates).map_err(|_| AuthoritiesError::Unusable)?;
        Ok(Self::Authorities(certificates))
    }

    /// The configuration for this trust. Reads the system's certificates where they are needed,
    /// which may take a moment and may fail.
    pub(super) fn config(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()?;
        let mut config = match self {
            Self::System => builder.with_platform_verifier()?,
            Self::Authorities(certificates) => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AcceptNamed::new(
                    certificates,
                    provider,
                )?)),
            Self::Anyone => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AcceptAnyone(provider))),
        }
        .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn roots(certificates: &[CertificateDer<'static>]) -> Result<RootCertStore, rustls::Error> {
    let mut store = RootCertStore::empty();
    for certificate in certificates {
        store.add(certificate.clone())?;
    }
    Ok(store)
}

fn not_pem(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "a section does not end (-----END …-----)",
        pem::Error::IllegalSectionStart { .. } => "a line that begins a section is wrong",
        pem::Error::Base64Decode(_) => "a section is no Base64",
        _ => "it cannot be read",
    }
}

/// Accepts what the named authorities issued, and a certificate that is named itself: the usual
/// self-signed one of a development server calls itself an authority, and the rules for chains allow
/// no authority at the end of one.
#[derive(Debug)]
struct AcceptNamed {
    chains: Arc<WebPkiServerVerifier>,
    named: Vec<CertificateDer<'static>>,
}

impl AcceptNamed {
    fn new(
        named: &[CertificateDer<'static>],
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, rustls::Error> {
        let roots = Arc::new(roots(named)?);
        let chains = WebPkiServerVerifier::builder_with_provider(roots, provider)
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?;
        let named = named.to_vec();
        Ok(Self { chains, named })
    }
}

impl ServerCertVerifier for AcceptNamed {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let checked = self
            .chains
            .verify_server_cert(certificate, intermediates, name, ocsp, now);
        match checked {
            // What is wrong is who issued it, or (`Other`) that it is an authority's. Its time is
            // checked before either.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::Other(_),
            )) if self.named.contains(certificate) => {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            checked => checked,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chains
            .verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chains
            .verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

/// Accepts every certificate; the handshake itself is still checked.
#[derive(Debug)]
struct AcceptAnyone(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAnyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused() {
        assert_eq!(Trust::authorities(b"hello"), Err(AuthoritiesError::Empty));
        let broken = b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
        assert!(matches!(
            Trust::authorities(broken),
            Err(AuthoritiesError::NotPem(_))
        ));
        let not_a_certificate = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(
            Trust::authorities(not_a_certificate),
            Err(AuthoritiesError::Unusable)
        ));
    }
}
