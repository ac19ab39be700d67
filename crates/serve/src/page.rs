//! The capture page, the review desk and all that they need. They come from the program itself: no
//! other server, no font, no script of anybody else.

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
    file!("/page.css", STYLE, "page.css"),
    file!("/capture", HTML, "capture.html"),
    file!("/capture.css", STYLE, "capture.css"),
    file!("/capture.js", SCRIPT, "capture.js"),
    file!("/capture/calls.js", SCRIPT, "capture/calls.js"),
    file!("/capture/camera.js", SCRIPT, "capture/camera.js"),
    file!("/capture/flow.js", SCRIPT, "capture/flow.js"),
    file!("/capture/notice.js", SCRIPT, "capture/notice.js"),
    file!("/capture/opening.js", SCRIPT, "capture/opening.js"),
    file!("/capture/photo.js", SCRIPT, "capture/photo.js"),
    file!("/capture/result.js", SCRIPT, "capture/result.js"),
    file!("/capture/screens.js", SCRIPT, "capture/screens.js"),
    file!("/capture/session.js", SCRIPT, "capture/session.js"),
    file!("/capture/signal.js", SCRIPT, "capture/signal.js"),
    file!("/capture/socket.js", SCRIPT, "capture/socket.js"),
    file!("/capture/stage.js", SCRIPT, "capture/stage.js"),
    file!("/capture/trouble.js", SCRIPT, "capture/trouble.js"),
    file!("/review", HTML, "review.html"),
    file!("/review.css", STYLE, "review.css"),
    file!("/review.js", SCRIPT, "review.js"),
    file!("/review/calls.js", SCRIPT, "review/calls.js"),
    file!("/review/case.js", SCRIPT, "review/case.js"),
    file!("/review/cases.js", SCRIPT, "review/cases.js"),
    file!("/review/judgement.js", SCRIPT, "review/judgement.js"),
    file!("/review/photos.js", SCRIPT, "review/photos.js"),
    file!("/review/screens.js", SCRIPT, "review/screens.js"),
    file!("/review/words.js", SCRIPT, "review/words.js"),
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
        for (path, kind, content) in FILES.iter().filter(|(_, kind, _)| *kind != JSON) {
            for forbidden in ["http://", "https://", " style=", "onclick=", "innerHTML", "eval("] {
                // The namespace of drawings is a name, and nothing is fetched from it.
                let content = content.replace("http://www.w3.org/2000/svg", "");
                assert!(!content.contains(forbidden), "{forbidden} in {path} ({kind})");
            }
        }
    }

    /// What the pages load and what scripts import must be served, and every script must be of use.
    #[test]
    fn every_file_that_a_page_names_is_served_and_every_script_is_named() {
        let served: BTreeSet<&str> = FILES.iter().map(|(path, ..)| *path).collect();
        let mut named = BTreeSet::new();
        for (path, kind, content) in FILES.iter().filter(|(_, kind, _)| *kind != JSON) {
            let (openings, folder) = if *kind == SCRIPT {
                let folder = path.rsplit_once('/').unwrap().0;
                (&["from \"./", "import \"./"], format!("{folder}/"))
            } else {
                (&["href=\"/", "src=\"/"], "/".to_owned())
            };
            for opening in openings {
                for rest in content.split(opening).skip(1) {
                    let file = format!("{folder}{}", rest.split('"').next().unwrap());
                    assert!(served.contains(file.as_str()), "{path} names {file}");
                    named.insert(file);
                }
            }
        }
        for (path, ..) in FILES.iter().filter(|(_, kind, _)| *kind == SCRIPT || *kind == STYLE) {
            assert!(named.contains(*path), "nothing names {path}");
        }
    }

    /// Every text that is used is there, as far as its key is written out.
    #[test]
    fn every_text_that_the_page_uses_is_there() {
        let of = |wanted: &str| FILES.iter().find(|(path, ..)| *path == wanted).unwrap().2;
        let texts: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(of("/texts/en.json")).unwrap();
        for rest in of("/capture").split("data-text=\"").skip(1) {
            let key = rest.split('"').next().unwrap();
            assert!(texts.contains_key(key), "{key}");
        }
        for (path, _, content) in FILES.iter().filter(|(path, ..)| path.starts_with("/capture/")) {
            // A canvas has another kind of text.
            for rest in content.replace("getContext(", "").split("text(\"").skip(1) {
                let key = rest.split('"').next().unwrap();
                assert!(key.ends_with('_') || texts.contains_key(key), "{key} in {path}");
            }
        }
    }
}
