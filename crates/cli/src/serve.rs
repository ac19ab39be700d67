//! `evenmatch serve`: the same over HTTP, for backends and for applicants with a link.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;

use super::challenge;
use super::exit::Exit;
use super::place::PlaceArguments;
use evenmatch::{LivenessPolicy, Policy, Review, Verifier, model::Profile};
use evenmatch_explain::disclosure::OperatorStatement;
use evenmatch_serve::{Encryption, Service, Settings, access::Access};

const EXAMPLES: &str = "\
Examples:
  evenmatch keys new evenmatch.key
  evenmatch keys api new backend --scope enrol,verify,link --data people --key-file evenmatch.key
  evenmatch serve --data people --key-file evenmatch.key --tls-self-signed
  evenmatch link new alice --purpose verify --data people --key-file evenmatch.key

A link opens a page on which one person enrols or verifies their face, reads the result, appeals, sees
what is held and deletes it. A backend sends its key as `authorization: Bearer evk_…`;
/openapi.json describes every call. Nothing is sent anywhere: the service only answers.

Ctrl-C stops it after open requests are answered.";

/// Days for which photos wait for a review, if the person agrees and no policy says otherwise.
const PHOTO_DAYS: u32 = 30;

/// Answer over HTTP: calls of backends, and a page for applicants
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ServeArguments {
    /// Listen on this address
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// The certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "tls_key", help_heading = "Encryption")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert", help_heading = "Encryption")]
    tls_key: Option<PathBuf>,
    /// Make a certificate for this machine, of which browsers warn: to try things out
    #[arg(long, conflicts_with_all = ["tls_cert", "behind_proxy"], help_heading = "Encryption")]
    tls_self_signed: bool,
    /// Answer without encryption: a proxy in front of the service encrypts
    #[arg(long, conflicts_with = "tls_cert", help_heading = "Encryption")]
    behind_proxy: bool,
    /// Read rules for decisions from this file [default: the usual ones, with liveness required and photos kept 30 days for reviews]
    #[arg(long, value_name = "FILE.toml", help_heading = "Policy")]
    policy: Option<PathBuf>,
    /// What people are told about who runs the service
    #[arg(long, value_name = "FILE.toml", help_heading = "Policy")]
    operator: Option<PathBuf>,
    /// Live sessions at the same time [default: 6 for each core]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    sessions: Option<usize>,
    #[command(flatten)]
    place: PlaceArguments,
}

/// Opens keys and links of the service in the registry's folder.
pub(super) fn access(place: &PlaceArguments) -> evenmatch_core::Result<Access> {
    let key = place.key()?;
    let folder = place.folder()?;
    std::fs::create_dir_all(&folder)
        .map_err(|cause| evenmatch_core::Error::io(evenmatch_core::Stage::Setup, &folder, cause))?;
    Access::open(&folder.join("service.sqlite"), &key)
}

/// Serves until it is asked to stop.
pub(crate) fn run(arguments: &ServeArguments) -> anyhow::Result<Exit> {
    let encryption = encryption(arguments)?;
    let policy = match &arguments.policy {
        Some(path) => Policy::from_path(path)?,
        // A page on the open network has to expect photos of photos.
        None => Policy {
            liveness: LivenessPolicy::Require,
            review: Review { photo_days: Some(PHOTO_DAYS), ..Review::default() },
            ..Policy::default()
        },
    };
    let tell = |fault: &str| eprintln!("fault: {fault}");
    let mut settings = Settings { tell, ..Settings::default() };
    if let Some(path) = &arguments.operator {
        settings.operator = OperatorStatement::from_path(path)?;
    }
    if let Some(sessions) = arguments.sessions {
        settings.sessions = sessions.max(1);
    }
    let access = Arc::new(access(&arguments.place)?);
    let registry = Arc::new(arguments.place.open()?);
    let profile = Profile::Throughput { workers: settings.concurrent };
    let verifier = Arc::new(Verifier::open(profile, policy)?);
    let analyser = challenge::analyser_of(&verifier, profile)?;
    let service = Service::new(verifier, registry, access, analyser, settings);
    let scheme = if encryption == Encryption::BehindProxy { "http" } else { "https" };
    let began = move |address| {
        eprintln!(
            "listening on {scheme}://{address}; applicants open {scheme}://{address}/capture"
        );
        eprintln!("make a link: evenmatch link new SUBJECT --purpose verify; stop with Ctrl-C");
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no threads for the service")?;
    let folder = arguments.place.folder()?;
    let listen = arguments.listen;
    runtime.block_on(evenmatch_serve::serve(
        Arc::new(service),
        listen,
        &encryption,
        &folder,
        began,
    ))?;
    eprintln!("stopped");
    Ok(Exit::Done)
}

fn encryption(arguments: &ServeArguments) -> anyhow::Result<Encryption> {
    match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(certificate), Some(key)) => {
            let (certificate, key) = (certificate.clone(), key.clone());
            Ok(Encryption::Certificate { certificate, key })
        }
        _ if arguments.tls_self_signed => Ok(Encryption::SelfSigned),
        _ if arguments.behind_proxy => Ok(Encryption::BehindProxy),
        _ => Err(evenmatch_core::Error::new(
            evenmatch_core::ErrorKind::InvalidArgument,
            evenmatch_core::Stage::Setup,
            "photos must not travel in the clear, and browsers give no camera without encryption",
        )
        .next(
            "add --tls-cert FILE --tls-key FILE, or --tls-self-signed to try things out, or \
               --behind-proxy if a proxy encrypts",
        )
        .into()),
    }
}
