//! What requests carry, within limits: a place, a body, values in the path and after the question mark.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use tokio::sync::OwnedSemaphorePermit;

use crate::refusal::Refusal;
use crate::service::Service;

/// A body that takes longer is refused, because it occupies a place that others wait for.
const SLOWEST_BODY: Duration = Duration::from_secs(20);

/// A place among the requests that are processed or waiting. It is taken before the body is read, so
/// that the memory for bodies is limited too.
pub(crate) struct Turn(pub(crate) OwnedSemaphorePermit);

impl FromRequestParts<Arc<Service>> for Turn {
    type Rejection = Refusal;

    async fn from_request_parts(_: &mut Parts, service: &Arc<Service>) -> Result<Self, Refusal> {
        Arc::clone(&service.places).try_acquire_owned().map(Turn).map_err(|_| Refusal::busy())
    }
}

/// The same for a frame of a live session. Sessions are counted, so their frames have places of their
/// own: many photos at once do not slow those down who are in front of a camera.
pub(crate) struct FrameTurn(pub(crate) Turn);

impl FromRequestParts<Arc<Service>> for FrameTurn {
    type Rejection = Refusal;

    async fn from_request_parts(_: &mut Parts, service: &Arc<Service>) -> Result<Self, Refusal> {
        let place = Arc::clone(&service.frame_places).try_acquire_owned();
        place.map(|place| FrameTurn(Turn(place))).map_err(|_| Refusal::busy())
    }
}

/// A whole body, within the limits of size and time.
pub(crate) struct Body(pub(crate) Bytes);

impl FromRequest<Arc<Service>> for Body {
    type Rejection = Refusal;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Refusal> {
        let reading = Bytes::from_request(request, service);
        let Ok(read) = tokio::time::timeout(SLOWEST_BODY, reading).await else {
            let (message, next) = ("the body arrived too slowly", "send it again");
            return Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "too_slow", message, next));
        };
        read.map(Body).map_err(|rejection| match rejection.status() {
            status @ StatusCode::PAYLOAD_TOO_LARGE => {
                let (message, next) = ("the body is too large", "send a smaller photo");
                Refusal::new(status, "limit_exceeded", message, next)
            }
            status => {
                Refusal::new(status, "bad_body", &rejection.body_text(), "send the body again")
            }
        })
    }
}

/// A JSON body.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: serde::de::DeserializeOwned> FromRequest<Arc<Service>> for JsonBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Refusal> {
        let Body(bytes) = Body::from_request(request, service).await?;
        let read = serde_json::from_slice(&bytes).map(JsonBody);
        read.map_err(|fault| {
            let message = format!("the body is not the JSON that is needed: {fault}");
            Refusal::bad("bad_json", &message, "see /openapi.json")
        })
    }
}

/// Values in the path.
pub(crate) struct InPath<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Service>> for InPath<T> {
    type Rejection = Refusal;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Refusal> {
        let read = Path::<T>::from_request_parts(parts, service).await;
        read.map(|Path(value)| InPath(value))
            .map_err(|why| Refusal::bad("bad_request", &why.body_text(), "see /openapi.json"))
    }
}

/// Values after the question mark.
pub(crate) struct InQuery<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Service>> for InQuery<T> {
    type Rejection = Refusal;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Refusal> {
        let read = Query::<T>::from_request_parts(parts, service).await;
        read.map(|Query(value)| InQuery(value))
            .map_err(|why| Refusal::bad("bad_request", &why.body_text(), "see /openapi.json"))
    }
}

/// The language of the words in an answer; English if none is named.
#[derive(serde::Deserialize)]
pub(crate) struct InLanguage {
    #[serde(default = "english")]
    pub(crate) lang: String,
}

fn english() -> String {
    "en".to_owned()
}
