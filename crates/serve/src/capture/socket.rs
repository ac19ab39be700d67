//! Frames over a WebSocket: one connection for a whole session, where the network lets it through.
//! Everything else is as over HTTP, to which the page falls back.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use super::frames::{MOST_FRAME, judge};
use super::live::Live;
use crate::extract::{InPath, Turn};
use crate::refusal::Refusal;
use crate::service::Service;

/// How long the page may take to say whose session it is.
const FIRST: Duration = Duration::from_secs(5);
/// A connection without a frame for so long is closed; the session goes on over HTTP.
const SILENT: Duration = Duration::from_secs(30);
/// Bytes before the frame: when it was taken, in milliseconds since the first, big-endian.
const TIME: usize = 8;

/// The first message. The link's secret is in it, and so in no address and no log.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    link: String,
}

pub(crate) async fn socket(
    State(service): State<Arc<Service>>,
    InPath(id): InPath<String>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    let upgrade = upgrade.map_err(|_| {
        let (message, next) = ("this address takes a WebSocket", "or POST …/frame");
        Refusal::new(StatusCode::UPGRADE_REQUIRED, "no_socket", message, next)
    })?;
    let most = MOST_FRAME + TIME;
    let upgrade = upgrade.max_message_size(most).max_frame_size(most).write_buffer_size(0);
    Ok(upgrade.on_upgrade(move |socket| session(service, id, socket)))
}

async fn session(service: Arc<Service>, id: String, mut socket: WebSocket) {
    let first = tokio::time::timeout(FIRST, socket.recv()).await;
    let live = match first {
        Ok(Some(Ok(Message::Text(text)))) => whose(&service, &id, &text),
        _ => Err(Refusal::link("unknown_link")),
    };
    let live = match live {
        Ok(live) => live,
        Err(refusal) => {
            // Whether the refusal arrives makes no difference: the connection ends.
            let _ = socket.send(Message::Text(text(refusal.body(), None))).await;
            return;
        }
    };
    while let Ok(Some(Ok(message))) = tokio::time::timeout(SILENT, socket.recv()).await {
        let answer = match message {
            Message::Binary(bytes) => frame(&service, &live, bytes).await,
            Message::Close(_) => return,
            // Pings are answered by the library; there is nothing to say in words.
            _ => continue,
        };
        if socket.send(Message::Text(answer)).await.is_err() {
            return;
        }
    }
}

/// The session that the link may feed.
fn whose(service: &Service, id: &str, first: &str) -> Result<Arc<Live>, Refusal> {
    let unknown = || Refusal::link("unknown_link");
    let First { link } = serde_json::from_str(first).map_err(|_| unknown())?;
    let link = service.access.link(&link)?.ok_or_else(unknown)?;
    service.sessions.find(id, &link.id)
}

/// The answer to one frame.
async fn frame(service: &Arc<Service>, live: &Live, bytes: Bytes) -> Utf8Bytes {
    let Some((time, _)) = bytes.split_first_chunk::<TIME>() else {
        let next = "send 8 bytes of time, and a JPEG";
        return text(Refusal::bad("bad_request", "there is no time", next).body(), None);
    };
    let at = u64::from_be_bytes(*time);
    let place = Arc::clone(&service.frame_places).try_acquire_owned();
    let told = match place {
        Ok(place) => judge(service, live, at, bytes.slice(TIME..), Turn(place)).await,
        Err(_) => Err(Refusal::busy()),
    };
    text(told.unwrap_or_else(|refusal| refusal.body()), Some(at))
}

fn text(mut answer: Value, at: Option<u64>) -> Utf8Bytes {
    if let Some(at) = at {
        answer["at"] = at.into();
    }
    answer.to_string().into()
}
