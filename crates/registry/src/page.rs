//! A disclosure as a page: no script, nothing from elsewhere, readable by screen readers.

use std::fmt::Write;

use super::Disclosure;
use super::disclose::in_words;
use evenmatch_core::record::Outcome;
use evenmatch_explain::messages::escape;
use evenmatch_ledger::Disposition;

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>What is held of you</title>
<style>
body { font: 1.1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 44rem; padding: 1rem; color: #1a1a1a; background: #fff; }
dt { font-weight: 700; margin-top: 1rem; }
li { margin-bottom: 1rem; }
code { overflow-wrap: anywhere; }
</style>
</head>
<body>
<main>
"#;

/// The page, in English.
pub fn disclosure_page(disclosure: &Disclosure) -> String {
    let mut page = HEAD.to_owned();
    // Writing to a string never fails.
    let _ = write(disclosure, &mut page);
    page
}

fn write(disclosure: &Disclosure, page: &mut String) -> std::fmt::Result {
    let subject = escape(&disclosure.subject);
    writeln!(page, "<h1>What is held of {subject}</h1>")?;
    writeln!(page, "<p>Put together at {}.</p>", escape(&disclosure.made_at))?;
    writeln!(page, "<h2>What is kept</h2>\n<dl>")?;
    for held in &disclosure.held {
        let until = held.until.as_deref().unwrap_or("you ask for it to be deleted");
        writeln!(page, "<dt>{}</dt>", escape(&held.what))?;
        writeln!(
            page,
            "<dd>Why: {}.<br>Since {}, until {}.<br>How: {}.</dd>",
            escape(&held.why),
            escape(&held.since),
            escape(until),
            escape(&held.how)
        )?;
    }
    writeln!(page, "</dl>")?;
    writeln!(
        page,
        "<p>The template was made of {} photo(s). No photo is kept.</p>",
        disclosure.photos
    )?;
    if !disclosure.attributes.is_empty() {
        writeln!(page, "<h2>What you stated for audits</h2>\n<dl>")?;
        for (name, value) in &disclosure.attributes {
            writeln!(page, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(value))?;
        }
        writeln!(page, "</dl>")?;
    }
    writeln!(page, "<h2>Decisions</h2>")?;
    if disclosure.decisions.is_empty() {
        writeln!(page, "<p>No decision was made about you.</p>")?;
    } else {
        writeln!(page, "<ol>")?;
        for decision in &disclosure.decisions {
            let outcome = match decision.outcome {
                Outcome::Match => "the photos look like the same person",
                Outcome::NonMatch => "the photos do not look like the same person",
                Outcome::Undecided => "this could not be decided",
            };
            let follows = match decision.disposition {
                Disposition::Confirmed => "You were confirmed.",
                Disposition::PersonMustLook => "A person must look before anybody is refused.",
                Disposition::Refused => "You were refused.",
                Disposition::NotDecided => "Another photo is needed, or a person must look.",
            };
            let reasons: Vec<&str> =
                decision.reasons.iter().map(|reason| reason.meaning()).collect();
            writeln!(
                page,
                "<li>{}: {outcome}. {follows} Why: {}. Appeal: {}.{}<br>Decision <code>{}</code></li>",
                escape(&decision.time),
                escape(&reasons.join("; ")),
                in_words(decision.appeal),
                decision
                    .appeal_reason
                    .as_deref()
                    .map(|reason| format!(" They said: {}", escape(reason)))
                    .unwrap_or_default(),
                escape(&decision.id)
            )?;
        }
        writeln!(page, "</ol>")?;
    }
    writeln!(
        page,
        "<h2>What you can do</h2>\n<ul>\n<li>Appeal against any decision: name its number.</li>\n\
         <li>Ask for everything to be deleted. You will get a signed receipt.</li>\n</ul>\n\
         </main>\n</body>\n</html>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_typed_is_shown_and_not_run() {
        assert_eq!(escape("<b>'\"&"), "&lt;b&gt;&#39;&quot;&amp;");
    }
}
