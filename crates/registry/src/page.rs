//! A disclosure as a page without scripts or requests, readable by screen readers.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::disclose::{DecisionMade, Disclosure, in_words};
use evenmatch_core::record::Outcome;
use evenmatch_explain::messages::clean;
use evenmatch_ledger::Disposition;

const STYLE: &str = "
body { font: 1.1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 44rem; padding: 1rem; \
color: #1a1a1a; background: #fff; }
dt { font-weight: 700; margin-top: 1rem; }
li { margin-bottom: 1rem; }
code { overflow-wrap: anywhere; }
";

/// The page, in English.
pub fn disclosure_page(disclosure: &Disclosure) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { "What we store about you" }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body(disclosure)) } }
        }
    };
    page.0 + "\n"
}

fn body(disclosure: &Disclosure) -> Markup {
    html! {
        h1 { "What we store about " (clean(&disclosure.subject)) }
        p { "Created at " (clean(&disclosure.made_at)) "." }
        h2 { "What we store" }
        dl {
            @for held in &disclosure.held {
                dt { (clean(&held.what)) }
                dd {
                    "Why: " (clean(&held.why)) "."
                    br;
                    "Since " (clean(&held.since)) ", until "
                    (clean(held.until.as_deref().unwrap_or("you ask us to delete it"))) "."
                    br;
                    "How we store it: " (clean(&held.how)) "."
                }
            }
        }
        p {
            "The template was made from "
            @if disclosure.photos == 1 { "1 photo" } @else { (disclosure.photos) " photos" }
            ". We keep a photo only where this page says so."
        }
        @if !disclosure.attributes.is_empty() {
            h2 { "What you told us for audits" }
            dl {
                @for (name, value) in &disclosure.attributes {
                    dt { (clean(name)) }
                    dd { (clean(value)) }
                }
            }
        }
        h2 { "Decisions" }
        @if disclosure.decisions.is_empty() {
            p { "No decision has been made about you." }
        } @else {
            ol { @for made in &disclosure.decisions { (decision(made)) } }
        }
        h2 { "What you can do" }
        ul {
            li { "Appeal against any decision: give its number." }
            li { "Ask us to delete everything. You will get a signed receipt." }
        }
    }
}

fn decision(decision: &DecisionMade) -> Markup {
    let outcome = match decision.outcome {
        Outcome::Match => "the photos look like the same person",
        Outcome::NonMatch => "the photos do not look like the same person",
        Outcome::Undecided => "this could not be decided",
    };
    let follows = match decision.disposition {
        Disposition::Confirmed => "You were confirmed.",
        Disposition::PersonMustLook => "A person must review this before anybody is refused.",
        Disposition::Refused => "You were refused.",
        Disposition::NotDecided => "Another photo is needed, or a person must review this.",
    };
    let reasons: Vec<&str> = decision.reasons.iter().map(|reason| reason.meaning()).collect();
    html! {
        li {
            (clean(&decision.time)) ": " (outcome) ". " (follows)
            " Why: " (clean(&reasons.join("; "))) ". Appeal: " (in_words(decision.appeal)) "."
            @if let Some(reason) = &decision.appeal_reason {
                " The reviewer wrote: " (clean(reason))
            }
            br;
            "Decision " code { (clean(&decision.id)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::disclose::Held;
    use super::super::enrolment_record::Spread;
    use super::*;
    use evenmatch_ledger::AppealState;

    #[test]
    fn what_people_typed_is_shown_and_not_run() {
        let evil = || "\"><script>alert(1)</script>\u{1b}[2J".to_owned();
        let disclosure = Disclosure {
            schema: "evenmatch.disclosure/1",
            subject: evil(),
            made_at: evil(),
            held: vec![Held {
                what: evil(),
                why: evil(),
                since: evil(),
                until: Some(evil()),
                how: evil(),
            }],
            photos: 1,
            spread: Spread { least_to_mean: 1.0, least_between: None },
            attributes: BTreeMap::from([(evil(), evil())]),
            pseudonym: evil(),
            decisions: vec![DecisionMade {
                id: evil(),
                entry: 1,
                time: evil(),
                outcome: Outcome::NonMatch,
                disposition: Disposition::Refused,
                reasons: Vec::new(),
                appeal: AppealState::Upheld,
                appeal_reason: Some(evil()),
            }],
        };
        let page = disclosure_page(&disclosure);
        assert!(!page.contains("<script") && !page.contains('\u{1b}'), "{page}");
        assert_eq!(page.matches("&quot;&gt;&lt;script&gt;").count(), 12, "{page}");
    }
}
