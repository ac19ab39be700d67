//! What auditors read: the whole ledger, which they can verify with its public key alone.

use std::io::{BufWriter, Write};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc::{Sender, channel};

use evenmatch_ledger::LedgerFiles;

use crate::access::Scope;
use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::service::Service;

/// Bytes in one piece of the answer, and pieces that may wait for the client.
const PIECE: usize = 64 << 10;
const PIECES: usize = 4;

/// Hands what is written to the answer, piece by piece, so that a long ledger needs little memory.
struct Pieces(Sender<std::io::Result<Bytes>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let piece = Ok(Bytes::copy_from_slice(bytes));
        self.0.blocking_send(piece).map_err(|_| std::io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// All entries up to the last acknowledged checkpoint, byte for byte.
pub(crate) async fn ledger(
    State(service): State<Arc<Service>>,
    caller: Caller,
) -> Result<Response, Refusal> {
    caller.needs(Scope::Audit)?;
    let (to, mut from) = channel(PIECES);
    tokio::task::spawn_blocking(move || {
        let written = LedgerFiles::open(service.registry.ledger().folder())
            .and_then(|files| files.export(BufWriter::with_capacity(PIECE, Pieces(to.clone()))));
        if let Err(error) = written {
            // A cut answer cannot be taken for a whole one: the connection breaks off.
            let _ = to.blocking_send(Err(std::io::Error::other(error)));
        }
    });
    let pieces = futures_util::stream::poll_fn(move |context| from.poll_recv(context));
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((kind, Body::from_stream(pieces)).into_response())
}
