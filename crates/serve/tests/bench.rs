//! A service on a folder of its own, on null networks but for the analyser of live sessions.

use std::io::Cursor;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::Value;
use tower::ServiceExt;

use evenmatch::{Policy, Verifier, model::Profile, pad::FrameAnalyser};
use evenmatch_ledger::{Ledger, vault::SecretKey};
use evenmatch_registry::{Registry, store::SqliteStore};
use evenmatch_serve::{
    Service, Settings,
    access::{Access, Purpose, Scopes},
    routes,
};
use evenmatch_testkit::{Need, skip};

/// A "face" for the null detector: a rectangle that stands out, with two colours, one above the
/// other.
pub fn face(above: [u8; 3], below: [u8; 3]) -> Vec<u8> {
    png(&RgbImage::from_fn(320, 320, |x, y| match (x, y) {
        (96..224, 96..160) => Rgb(above),
        (96..224, 160..256) => Rgb(below),
        _ => Rgb([128, 128, 128]),
    }))
}

pub fn alice() -> Vec<u8> {
    face([250, 20, 20], [20, 20, 250])
}

pub fn bob() -> Vec<u8> {
    face([20, 20, 250], [250, 20, 20])
}

pub fn png(image: &RgbImage) -> Vec<u8> {
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, ImageFormat::Png).unwrap();
    png.into_inner()
}

/// The service, and the folder that is deleted with it.
pub struct Bench {
    pub routes: Router,
    pub access: Arc<Access>,
    pub folder: tempfile::TempDir,
}

fn key() -> SecretKey {
    SecretKey::from_bytes([7; 32])
}

pub fn access(folder: &Path) -> Access {
    Access::open(&folder.join("service.sqlite"), &key()).unwrap()
}

fn analyser() -> Option<FrameAnalyser> {
    static ANALYSER: OnceLock<Option<FrameAnalyser>> = OnceLock::new();
    ANALYSER.get_or_init(|| FrameAnalyser::open(Profile::Latency).ok()).clone()
}

impl Bench {
    /// `None`, with a printed reason, without the models.
    pub fn new(settings: Settings) -> Option<Bench> {
        let verifier = Verifier::with_null_networks(Policy::default()).unwrap();
        Bench::with(verifier, settings)
    }

    pub fn with(verifier: Verifier, settings: Settings) -> Option<Bench> {
        let Some(analyser) = analyser() else {
            return skip(Need::Models, "the mesh of live sessions is not there");
        };
        Some(Bench::on(tempfile::tempdir().unwrap(), verifier, analyser, settings))
    }

    /// Another process on the same folder.
    pub fn again(self) -> Bench {
        let Bench { routes, folder, .. } = self;
        drop(routes);
        let verifier = Verifier::with_null_networks(Policy::default()).unwrap();
        Bench::on(folder, verifier, analyser().unwrap(), Settings::default())
    }

    fn on(
        folder: tempfile::TempDir,
        verifier: Verifier,
        analyser: FrameAnalyser,
        settings: Settings,
    ) -> Bench {
        let ledger = Ledger::open(&folder.path().join("ledger"), &key()).unwrap();
        let store = SqliteStore::open(&folder.path().join("enrolments.sqlite")).unwrap();
        let registry = Registry::open(Box::new(store), ledger, &key()).unwrap();
        let access = Arc::new(access(folder.path()));
        let service = Service::new(
            Arc::new(verifier),
            Arc::new(registry),
            Arc::clone(&access),
            analyser,
            settings,
        );
        Bench { routes: routes(Arc::new(service)), access, folder }
    }

    /// An API key with these scopes, as the `authorization` header has it.
    pub fn key(&self, scopes: &str) -> String {
        let made = self.access.new_api_key("a test", &Scopes::parse(scopes).unwrap()).unwrap();
        format!("Bearer {}", made.secret)
    }

    /// A link, as the `authorization` header has it, and its id.
    pub fn link(&self, subject: &str, purpose: Purpose, minutes: u64) -> (String, String) {
        let lasts = Duration::from_secs(60 * minutes);
        let made = self.access.new_link(subject, purpose, lasts).unwrap();
        (format!("Link {}", made.secret), made.id)
    }

    pub async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), 4 << 20).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub async fn call(
        &self,
        who: &str,
        method: &str,
        path: &str,
        body: impl Into<Body>,
    ) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path);
        if !who.is_empty() {
            request = request.header("authorization", who);
        }
        self.send(request.header("x-consent", "yes").body(body.into()).unwrap()).await
    }
}

/// A refusal has a kind for programs, and a message and a next step for people.
#[track_caller]
pub fn assert_refused(answer: &(StatusCode, Value), status: StatusCode, kind: &str) {
    let error = &answer.1["error"];
    assert_eq!((answer.0, error["kind"].as_str()), (status, Some(kind)), "{answer:?}");
    assert!(!error["message"].as_str().unwrap().is_empty());
    assert!(!error["next"].as_str().unwrap().is_empty(), "{error}");
}

/// The first photo each of some people of LFW.
pub fn photos() -> Option<Vec<Vec<u8>>> {
    let data = evenmatch_testkit::data_dir()?;
    let list = std::fs::read_to_string(data.join("lfw.csv")).unwrap();
    let mut last = String::new();
    let mut photos = Vec::new();
    for line in list.lines().skip(1) {
        let mut fields = line.split(',');
        let (path, subject) = (fields.next().unwrap(), fields.next().unwrap());
        if subject != last {
            subject.clone_into(&mut last);
            photos.push(std::fs::read(data.join(path)).unwrap());
        }
        if photos.len() == 12 {
            break;
        }
    }
    Some(photos)
}
