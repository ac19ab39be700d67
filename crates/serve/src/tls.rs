//! How connections are encrypted.

use std::io::Write;
use std::path::{Path, PathBuf};

use axum_server::tls_rustls::RustlsConfig;

use evenmatch_core::{Error, ErrorKind, Result, Stage};

/// Browsers give a page the camera only over an encrypted connection, and photos must not travel in
/// the clear, so one of these has to be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// A certificate and its key, as PEM files.
    Certificate {
        /// The certificate, and those that signed it.
        certificate: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
    /// A certificate that the service signs itself, kept in its folder. Browsers warn of it.
    SelfSigned,
    /// Somebody else encrypts in front of the service, on the same machine or network.
    BehindProxy,
}

impl Encryption {
    /// Reads or makes the certificate; `None` behind a proxy.
    ///
    /// # Errors
    ///
    /// A file cannot be read or written, or is no certificate or key.
    pub(crate) async fn open(&self, folder: &Path) -> Result<Option<RustlsConfig>> {
        // The only provider that is built in; an earlier call in this process may have set it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (certificate, key) = match self {
            Encryption::BehindProxy => return Ok(None),
            Encryption::Certificate { certificate, key } => (certificate.clone(), key.clone()),
            Encryption::SelfSigned => {
                let files =
                    (folder.join("self-signed.crt.pem"), folder.join("self-signed.key.pem"));
                if !files.0.exists() || !files.1.exists() {
                    self_signed(&files.0, &files.1)?;
                }
                files
            }
        };
        let read = RustlsConfig::from_pem_file(&certificate, &key).await;
        read.map(Some).map_err(|cause| {
            let message = format!(
                "`{}` and `{}` are not a certificate and its key",
                certificate.display(),
                key.display()
            );
            Error::new(ErrorKind::InvalidArgument, Stage::Setup, message)
                .caused_by(cause)
                .next("name two PEM files, or use --tls-self-signed to try things out")
        })
    }
}

/// Makes a certificate for this machine alone.
fn self_signed(certificate: &Path, key: &Path) -> Result<()> {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).map_err(|cause| {
        Error::new(ErrorKind::Io, Stage::Setup, "no certificate could be made").caused_by(cause)
    })?;
    write_private(key, made.signing_key.serialize_pem().as_bytes())?;
    write_private(certificate, made.cert.pem().as_bytes())
}

/// Writes a file that only its owner may read.
fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|cause| Error::io(Stage::Setup, path, cause))
}
