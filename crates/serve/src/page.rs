//! The capture page and all that it needs. It comes from the program itself: no other server, no
//! font, no script of anybody else.

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::routing::get;

use crate::service::Service;

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const JSON: &str = "application/json";

macro_rules! file {
    ($path:literal, $kind:ident, $file:literal) => {
        ($path, $kind, include_str!(concat!("../page/", $file)))
    };
}

/// Path, kind and content of every file.
const FILES: &[(&str, &str, &str)] = &[
    ("/openapi.json", JSON, include_str!("openapi.json")),
    file!("/capture", HTML, "capture.html"),
    file!("/capture.css", STYLE, "capture.css"),
    file!("/capture.js", SCRIPT, "capture.js"),
    file!("/capture/calls.js", SCRIPT, "capture/calls.js"),
    file!("/capture/camera.js", SCRIPT, "capture/camera.js"),
    file!("/capture/screens.js", SCRIPT, "capture/screens.js"),
    file!("/capture/session.js", SCRIPT, "capture/session.js"),
    ("/texts/ar.json", JSON, include_str!("../page/texts/ar.json")),
    ("/texts/en.json", JSON, include_str!("../page/texts/en.json")),
    ("/texts/es.json", JSON, include_str!("../page/texts/es.json")),
    ("/texts/fa-AF.json", JSON, include_str!("../page/texts/fa-AF.json")),
    ("/texts/fr.json", JSON, include_str!("../page/texts/fr.json")),
    ("/texts/ht.json", JSON, include_str!("../page/texts/ht.json")),
    ("/texts/pt.json", JSON, include_str!("../page/texts/pt.json")),
    ("/texts/ru.json", JSON, include_str!("../page/texts/ru.json")),
    ("/texts/uk.json", JSON, include_str!("../page/texts/uk.json")),
    ("/texts/zh-Hans.json", JSON, include_str!("../page/texts/zh-Hans.json")),
];

/// The routes of the files.
pub(crate) fn routes() -> Router<Arc<Service>> {
    FILES.iter().fold(Router::new(), |router, &(path, kind, content)| {
        router.route(path, get(move || async move { ([(header::CONTENT_TYPE, kind)], content) }))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_language_has_the_same_texts() {
        let keys = |content: &str| -> BTreeSet<String> {
            let all: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(content).unwrap();
            assert!(all.values().all(|said| said.as_str().is_some_and(|s| !s.trim().is_empty())));
            all.into_iter().map(|(key, _)| key).collect()
        };
        let texts: Vec<_> = FILES.iter().filter(|(path, ..)| path.starts_with("/texts/")).collect();
        assert_eq!(texts.len(), evenmatch_explain::messages::LANGUAGES.len());
        let english = keys(texts[1].2);
        for (path, _, content) in texts {
            assert_eq!(keys(content), english, "{path}");
        }
        for language in &evenmatch_explain::messages::LANGUAGES {
            let path = format!("/texts/{}.json", language.tag);
            assert!(FILES.iter().any(|(file, ..)| *file == path), "{path}");
        }
    }

    #[test]
    fn nothing_comes_from_elsewhere_or_runs_from_the_page_itself() {
        for (path, _, content) in FILES.iter().filter(|(path, ..)| path.starts_with("/capture")) {
            for forbidden in ["http://", "https://", " style=", "onclick=", "innerHTML", "eval("] {
                // The namespace of drawings is a name, and nothing is fetched from it.
                let content = content.replace("http://www.w3.org/2000/svg", "");
                assert!(!content.contains(forbidden), "{forbidden} in {path}");
            }
        }
    }
}
