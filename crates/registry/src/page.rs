//! What is stored about a person, as a page in their language.

use super::disclose::{DecisionMade, Disclosure, Held, HeldItem};
use evenmatch_core::record::Outcome;
use evenmatch_explain::messages::{Block, Fact, Item, Key, Messages, Page, Section, Text, key};
use evenmatch_ledger::{AppealState, Disposition};

/// The page, as one HTML file without scripts or requests, readable by screen readers.
pub fn disclosure_page(disclosure: &Disclosure, messages: &Messages) -> String {
    let with =
        |said: Key, name: &str, value: &str| messages.say_with(said, &[(name, value.into())]);
    let mut sections = vec![stored(disclosure, messages)];
    if !disclosure.attributes.is_empty() {
        let told = disclosure.attributes.iter();
        let told = told.map(|(name, value)| fact(name.clone(), Text::Foreign(value.clone())));
        sections.push(Section {
            heading: messages.say(key::HELD_STATED),
            blocks: vec![Block::Facts(told.collect())],
        });
    }
    sections.push(Section {
        heading: messages.say(key::HELD_HEADING_DECISIONS),
        blocks: match disclosure.decisions.as_slice() {
            [] => vec![paragraph(messages, key::HELD_NO_DECISIONS)],
            made => made.iter().map(|one| decision(one, messages)).collect(),
        },
    });
    let can: &[Key] = match disclosure.decisions.as_slice() {
        [] => &[key::HELD_CAN_DELETE],
        _ => &[key::HELD_CAN_APPEAL, key::HELD_CAN_DELETE],
    };
    let can = can.iter().map(|said| Item::from(Text::Own(messages.say(*said))));
    sections.push(Section {
        heading: messages.say(key::HELD_HEADING_CAN),
        blocks: vec![Block::List(can.collect())],
    });
    let page = Page {
        messages,
        title: with(key::HELD_TITLE, "name", &disclosure.subject),
        lead: vec![Block::Paragraph(with(key::HELD_MADE, "date", &disclosure.made_at).into())],
        sections,
    };
    page.to_html()
}

fn paragraph(messages: &Messages, said: Key) -> Block {
    Block::Paragraph(messages.say(said).into())
}

fn fact(name: String, value: Text) -> Fact {
    Fact { name, values: vec![value] }
}

/// What is stored, why, how and for how long.
fn stored(disclosure: &Disclosure, messages: &Messages) -> Section {
    let items = disclosure.held.iter().map(|held| item(held, &disclosure.purpose, messages));
    let photos = messages.say_with(key::HELD_PHOTOS, &[("count", disclosure.photos.into())]);
    Section {
        heading: messages.say(key::HEADING_KEPT),
        blocks: vec![
            Block::Facts(items.collect()),
            Block::Paragraph(photos.into()),
            paragraph(messages, key::HELD_PHOTOS_ONLY),
        ],
    }
}

fn item(held: &Held, purpose: &str, messages: &Messages) -> Fact {
    let [what, why, how] = in_words(held.item);
    let labelled = |label: Key, text: String| messages.say_with(label, &[("text", text.into())]);
    let mut values = vec![labelled(key::HELD_WHY, messages.say(why))];
    if held.item == HeldItem::Template {
        values.push(labelled(key::HELD_PURPOSE, purpose.to_owned()));
    }
    let since = held.since.as_str();
    values.push(match held.until.as_deref() {
        Some(until) => {
            messages.say_with(key::HELD_UNTIL, &[("since", since.into()), ("until", until.into())])
        }
        None => messages.say_with(key::HELD_NO_END, &[("since", since.into())]),
    });
    values.push(labelled(key::HELD_HOW, messages.say(how)));
    Fact { name: messages.say(what), values: values.into_iter().map(Text::Own).collect() }
}

/// What an item is, why it is stored, and how.
fn in_words(item: HeldItem) -> [Key; 3] {
    match item {
        HeldItem::Template => [key::HELD_TEMPLATE, key::HELD_TEMPLATE_WHY, key::HELD_SEALED],
        HeldItem::Name => [key::HELD_NAME, key::HELD_NAME_WHY, key::HELD_SEALED],
        HeldItem::Checksums => [key::HELD_CHECKSUMS, key::HELD_CHECKSUMS_WHY, key::HELD_SEALED],
        HeldItem::Stated => [key::HELD_STATED, key::HELD_STATED_WHY, key::HELD_STATED_HOW],
        HeldItem::Photo => [key::HELD_PHOTO, key::HELD_PHOTO_WHY, key::HELD_PHOTO_HOW],
        HeldItem::Decisions => {
            [key::HELD_DECISIONS, key::HELD_DECISIONS_WHY, key::HELD_DECISIONS_HOW]
        }
    }
}

fn decision(made: &DecisionMade, messages: &Messages) -> Block {
    let outcome = match made.outcome {
        Outcome::Match => key::OUTCOME_MATCH,
        Outcome::NonMatch => key::OUTCOME_NON_MATCH,
        Outcome::Undecided => key::OUTCOME_UNDECIDED,
    };
    let follows = match made.disposition {
        Disposition::Confirmed => key::HELD_CONFIRMED,
        Disposition::PersonMustLook => key::HELD_PERSON_MUST_LOOK,
        Disposition::Refused => key::HELD_REFUSED,
        Disposition::NotDecided => key::HELD_NOT_DECIDED,
    };
    let appeal = match made.appeal {
        AppealState::None => key::HELD_APPEAL_NONE,
        AppealState::Open => key::HELD_APPEAL_OPEN,
        AppealState::UnderReview => key::HELD_APPEAL_UNDER_REVIEW,
        AppealState::Upheld => key::HELD_APPEAL_UPHELD,
        AppealState::Overturned => key::HELD_APPEAL_OVERTURNED,
    };
    let say = |name: Key, value: Key| fact(messages.say(name), Text::Own(messages.say(value)));
    let mut facts = vec![
        fact(messages.say(key::FACT_DECISION), Text::Code(made.id.clone())),
        fact(messages.say(key::HELD_WHEN), Text::Code(made.time.clone())),
        say(key::HEADING_OUTCOME, outcome),
    ];
    if !made.reasons.is_empty() {
        let reasons = made.reasons.iter();
        let reasons = reasons.map(|code| messages.sentence(&messages.meaning(*code)));
        let values = reasons.map(Text::Own).collect();
        facts.push(Fact { name: messages.say(key::HEADING_WHY), values });
    }
    facts.push(say(key::HELD_FOLLOWS, follows));
    facts.push(say(key::HELD_APPEAL, appeal));
    if let Some(words) = &made.appeal_reason {
        facts.push(fact(messages.say(key::HELD_REVIEWER), Text::Foreign(words.clone())));
    }
    Block::Facts(facts)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::enrolment_record::Spread;
    use super::*;
    use evenmatch_core::record::ReasonCode;
    use evenmatch_explain::messages::LANGUAGES;

    /// Everything that such a page can say; what people typed is `typed`.
    fn disclosure(typed: &str) -> Disclosure {
        let typed = || typed.to_owned();
        let held = |item, until| Held {
            item,
            what: typed(),
            why: typed(),
            since: typed(),
            until,
            how: typed(),
        };
        let decision = |outcome, disposition, appeal, appeal_reason| DecisionMade {
            id: typed(),
            entry: 1,
            time: typed(),
            outcome,
            disposition,
            reasons: vec![ReasonCode::NoFaceFound],
            appeal,
            appeal_reason,
        };
        Disclosure {
            schema: "evenmatch.disclosure/1",
            subject: typed(),
            made_at: typed(),
            purpose: typed(),
            held: vec![
                held(HeldItem::Template, Some(typed())),
                held(HeldItem::Name, None),
                held(HeldItem::Checksums, None),
                held(HeldItem::Stated, None),
                held(HeldItem::Photo, Some(typed())),
                held(HeldItem::Decisions, None),
            ],
            photos: 2,
            spread: Spread { least_to_mean: 1.0, least_between: None },
            attributes: BTreeMap::from([(typed(), typed())]),
            pseudonym: typed(),
            decisions: vec![
                decision(Outcome::Match, Disposition::Confirmed, AppealState::None, None),
                decision(Outcome::NonMatch, Disposition::PersonMustLook, AppealState::Open, None),
                decision(Outcome::NonMatch, Disposition::Refused, AppealState::UnderReview, None),
                decision(
                    Outcome::NonMatch,
                    Disposition::Refused,
                    AppealState::Upheld,
                    Some(typed()),
                ),
                decision(
                    Outcome::Undecided,
                    Disposition::NotDecided,
                    AppealState::Overturned,
                    Some(typed()),
                ),
            ],
        }
    }

    #[test]
    fn what_people_typed_is_shown_and_not_run() {
        let disclosure = disclosure("\"><script>alert(1)</script>\u{1b}[2J");
        for language in &LANGUAGES {
            let messages = Messages::in_language(language).unwrap();
            let page = disclosure_page(&disclosure, &messages);
            let place = language.tag;
            assert!(!page.contains("<script") && !page.contains('\u{1b}'), "{place}: {page}");
            // The name twice, the date of the page, the purpose, eight times of items, an attribute
            // with its value, the ids and times of five decisions, and what two reviewers wrote.
            let shown = page.matches("&quot;&gt;&lt;script&gt;").count();
            assert_eq!(shown, 2 + 1 + 1 + 8 + 2 + 10 + 2, "{place}: {page}");
        }
    }

    #[test]
    fn the_page_is_whole_in_every_language() {
        for language in &LANGUAGES {
            let messages = Messages::in_language(language).unwrap();
            let mut disclosure = disclosure("typed");
            let page = disclosure_page(&disclosure, &messages);
            let place = language.tag;
            let head = format!("<html lang=\"{place}\" dir=\"{}\">", language.direction.html());
            assert!(page.starts_with(&format!("<!DOCTYPE html>{head}")), "{place}: {page}");
            assert!(page.contains(&messages.review_note()), "{place}: {page}");
            let reason = messages.sentence(&messages.meaning(ReasonCode::NoFaceFound));
            assert!(page.contains(&reason), "{place}: {page}");
            // A missing variable is shown by its name, and a missing message by its own.
            assert!(!page.contains("{$") && !page.contains("held-"), "{place}: {page}");
            // A mark before the full stop puts it on the wrong side in right-to-left text.
            assert!(!page.contains("\u{2069}.\u{2069}"), "{place}: {page}");
            assert_eq!(page.matches("<h2").count(), 4, "{place}: {page}");
            disclosure.decisions.clear();
            disclosure.attributes.clear();
            let page = disclosure_page(&disclosure, &messages);
            assert!(page.contains(&messages.say(key::HELD_NO_DECISIONS)), "{place}: {page}");
            assert_eq!(page.matches("<h2").count(), 3, "{place}: {page}");
        }
    }

    #[test]
    fn what_is_stored_is_explained_in_plain_words() {
        let english = Messages::of("en").unwrap();
        let mut disclosure = disclosure("typed");
        disclosure.photos = 1;
        let page = disclosure_page(&disclosure, &english);
        for part in [
            "What we store about typed",
            "A list of numbers made from your face",
            "Purpose: typed",
            "Since typed, until typed",
            "Since typed, with no set end",
            "was made from 1 photo.",
            "No face was found.",
            "A person must review this before anyone says no to you.",
            "The first result was wrong",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }
}
