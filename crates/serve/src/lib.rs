//! Evenmatch over HTTP.
//!
//! Backends enrol, verify, explain, appeal and delete with an API key. Applicants do so on a page
//! that a link opens: each link is for one person and one purpose, lasts for a short time, and shows
//! no score. People who operate the service see whether it is ready and what it has done, in numbers.
//!
//! [`Service`] has everything that requests share, [`routes`] answers them, and [`serve`] listens.
//! docs/SERVICE.md is the manual, and `/openapi.json` the reference.

pub mod access;
mod audit;
mod backend;
mod caller;
mod capture;
mod extract;
mod kept;
mod operate;
mod page;
mod presented;
mod refusal;
mod review;
mod routes;
mod service;
mod tls;
mod told;
mod work;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use evenmatch_core::{Error, ErrorKind, Result, Stage};
pub use routes::routes;
pub use service::{Service, Settings};
pub use tls::Encryption;
pub use told::Told;

/// How long open requests may take after the service was asked to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(30);
/// How often photos are deleted that nobody may keep any more.
const DUE_PHOTOS: Duration = Duration::from_secs(300);

/// Listens until the process is asked to stop, and then until open requests are answered. `began` is
/// told the address, once the service listens.
///
/// # Errors
///
/// The address cannot be listened on, or the certificate cannot be read.
pub async fn serve(
    service: Arc<Service>,
    listen: SocketAddr,
    encryption: &Encryption,
    folder: &Path,
    began: impl FnOnce(SocketAddr) + Send + 'static,
) -> Result<()> {
    service.access.reopen_interrupted()?;
    let tls = encryption.open(folder).await?;
    let failed = |cause: std::io::Error| {
        Error::new(ErrorKind::Io, Stage::Setup, format!("cannot listen on {listen}"))
            .caused_by(cause)
            .next("choose another address: --listen ADDRESS:PORT")
    };
    let listener = std::net::TcpListener::bind(listen).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let handle = axum_server::Handle::new();
    let stopping = handle.clone();
    tokio::spawn(async move {
        asked_to_stop().await;
        stopping.graceful_shutdown(Some(LAST_REQUESTS));
    });
    let told = handle.clone();
    tokio::spawn(async move {
        if let Some(address) = told.listening().await {
            began(address);
        }
    });
    tokio::spawn(delete_due_photos(Arc::clone(&service)));
    let app = routes(service).into_make_service();
    match tls {
        Some(tls) => axum_server::from_tcp_rustls(listener, tls).handle(handle).serve(app).await,
        None => axum_server::from_tcp(listener).handle(handle).serve(app).await,
    }
    .map_err(failed)
}

/// Deletes photos whose review or time is over, as long as the service runs.
async fn delete_due_photos(service: Arc<Service>) {
    let mut often = tokio::time::interval(DUE_PHOTOS);
    loop {
        often.tick().await;
        let service = Arc::clone(&service);
        let swept = tokio::task::spawn_blocking(move || {
            let done = service.registry.delete_due_photos(evenmatch_ledger::now());
            if let Err(error) = done {
                (service.settings.tell)(&format!("photos for reviews cannot be deleted: {error}"));
            }
        });
        if swept.await.is_err() {
            return;
        }
    }
}

/// Waits for Ctrl-C or, on Unix, for the signal with which service managers stop a process.
async fn asked_to_stop() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminated) = signal(SignalKind::terminate()) else {
            return interrupted.await;
        };
        tokio::select! {
            () = interrupted => {}
            _ = terminated.recv() => {}
        }
    }
    #[cfg(not(unix))]
    interrupted.await;
}
