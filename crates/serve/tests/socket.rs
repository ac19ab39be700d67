//! Frames over a WebSocket, through a real connection.

use std::io::Cursor;

use futures_util::{SinkExt, StreamExt};
use image::{ImageFormat, RgbImage};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use crate::bench::{Bench, assert_refused};
use axum::http::StatusCode;
use evenmatch_serve::{Settings, access::Purpose};

/// The service on a port, and what opens a connection to a session.
async fn listening(bench: &Bench) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = bench.routes.clone();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

async fn connect(to: std::net::SocketAddr, path: &str) -> WebSocketStream<TcpStream> {
    let stream = TcpStream::connect(to).await.unwrap();
    client_async(format!("ws://service{path}"), stream).await.unwrap().0
}

async fn answer(socket: &mut WebSocketStream<TcpStream>) -> Value {
    match socket.next().await {
        Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
        other => panic!("no answer: {other:?}"),
    }
}

fn frame(at: u64, picture: &[u8]) -> Message {
    Message::Binary([&at.to_be_bytes()[..], picture].concat().into())
}

fn jpeg() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let grey = RgbImage::from_pixel(640, 480, image::Rgb([90; 3]));
    grey.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

async fn begun(bench: &Bench, link: &str) -> (String, String) {
    let consent = r#"{"consent":true}"#;
    let (_, begun) = bench.call(link, "POST", "/v1/capture/session", consent).await;
    let text = |name: &str| begun[name].as_str().unwrap().to_owned();
    (text("session"), text("socket"))
}

#[tokio::test]
async fn frames_are_guided_in_order_and_http_goes_on_where_the_socket_ended() {
    let Some(bench) = Bench::new(Settings::default()) else { return };
    let (link, _) = bench.link("alice", Purpose::Enrol, 5);
    let (id, path) = begun(&bench, &link).await;
    let mut socket = connect(listening(&bench).await, &path).await;
    let secret = link.strip_prefix("Link ").unwrap();
    socket.send(Message::Text(json!({ "link": secret }).to_string().into())).await.unwrap();
    // Two frames under way, as the page sends them.
    for at in [0, 100] {
        socket.send(frame(at, &jpeg())).await.unwrap();
    }
    for at in [0, 100] {
        let told = answer(&mut socket).await;
        assert_eq!(
            (&told["at"], &told["asked"], &told["step"]),
            (&at.into(), &"look".into(), &0.into())
        );
        assert_eq!(told["face"], "not_seen", "{told}");
    }
    for (message, kind) in [
        (frame(50, &jpeg()), "too_late"),
        (frame(200, b"no picture"), "unsupported_format"),
        (Message::Binary(vec![1, 2].into()), "bad_request"),
    ] {
        socket.send(message).await.unwrap();
        assert_eq!(answer(&mut socket).await["error"]["kind"], kind);
    }
    // More than a camera gives is refused here too.
    let mut fast = false;
    for at in 300..400 {
        socket.send(frame(at, b"x")).await.unwrap();
        fast |= answer(&mut socket).await["error"]["kind"] == "too_fast";
    }
    assert!(fast);
    socket.close(None).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
    let over_http = format!("/v1/capture/session/{id}/frame?at=3000");
    let (status, told) = bench.call(&link, "POST", &over_http, jpeg()).await;
    assert_eq!(status, StatusCode::OK, "{told}");
}

#[tokio::test]
async fn nobody_feeds_another_persons_session() {
    let Some(bench) = Bench::new(Settings::default()) else { return };
    let (link, _) = bench.link("alice", Purpose::Enrol, 5);
    let (other, _) = bench.link("bob", Purpose::Enrol, 5);
    let (_, path) = begun(&bench, &link).await;
    let to = listening(&bench).await;
    let others = json!({ "link": other.strip_prefix("Link ").unwrap() }).to_string();
    for (first, kind) in [
        (Message::Text("{}".into()), "unknown_link"),
        (Message::Text(r#"{"link":"evl_00"}"#.into()), "unknown_link"),
        (frame(0, &jpeg()), "unknown_link"),
        (Message::Text(others.into()), "no_session"),
    ] {
        let mut socket = connect(to, &path).await;
        socket.send(first).await.unwrap();
        assert_eq!(answer(&mut socket).await["error"]["kind"], kind);
        assert!(!matches!(socket.next().await, Some(Ok(Message::Text(_)))), "it stayed open");
    }
    // A frame larger than allowed ends the connection before it is read whole.
    let mut socket = connect(to, &path).await;
    let own = json!({ "link": link.strip_prefix("Link ").unwrap() }).to_string();
    socket.send(Message::Text(own.into())).await.unwrap();
    let sent = socket.send(frame(0, &vec![0; 300 << 10])).await;
    assert!(sent.is_err() || !matches!(socket.next().await, Some(Ok(Message::Text(_)))));
    let plain = bench.call(&link, "GET", &path, axum::body::Body::empty()).await;
    assert_refused(&plain, StatusCode::UPGRADE_REQUIRED, "no_socket");
}
