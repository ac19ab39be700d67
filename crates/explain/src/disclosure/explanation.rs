//! One decision, explained to the person it was made about.

use super::operator::{OperatorStatement, days, kept, stated};
use crate::messages::{Block, Fact, Item, Key, Messages, Page, Text, key};
use evenmatch_core::record::{
    DecisionRecord, LivenessOutcome, Outcome, Reason, ReasonCode, ReasonSubject,
};

/// What an explanation shows, and the operator's facts to show with it.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExplanationView<'a> {
    /// Whether to show scores. They help an impostor who tries one photo after another, so the
    /// person does not see them unless the operator's policy says so.
    pub scores: bool,
    /// What the operator states, if anything.
    pub operator: Option<&'a OperatorStatement>,
}

/// Explains a decision to the person it was made about: what was decided and why, what they can do,
/// what the program did with their photos, what is stored, and how to ask for a human review.
pub fn explain<'a>(
    record: &DecisionRecord,
    messages: &'a Messages,
    view: ExplanationView<'_>,
) -> Page<'a> {
    let nothing = OperatorStatement::default();
    let operator = view.operator.unwrap_or(&nothing);
    let mut page = Page::new(messages, messages.say(key::EXPLANATION_TITLE));
    page.lead.push(Block::Facts(vec![Fact {
        name: messages.say(key::FACT_DECISION),
        values: vec![Text::Code(record.id.clone())],
    }]));
    page.section(
        messages.say(key::HEADING_OUTCOME),
        vec![Block::Answer(Text::Own(messages.say(outcome(record.outcome))))],
    );
    reasons(&mut page, record, false);
    page.section(
        messages.say(key::HEADING_NEXT),
        vec![Block::say(messages.say(next(record.outcome)))],
    );
    page.section(
        messages.say(key::HEADING_APPEAL),
        vec![
            Block::say(messages.say(key::APPEAL_RIGHT)),
            Block::Facts(vec![
                stated(messages, key::APPEAL_CONTACT, operator.appeals.contact.as_ref()),
                days(messages, key::APPEAL_ANSWER, key::WITHIN_DAYS, operator.appeals.answer_days),
            ]),
        ],
    );
    page.section(
        messages.say(key::HEADING_LIVENESS),
        vec![Block::say(messages.say(liveness(record.liveness.outcome)))],
    );
    page.section(messages.say(key::HEADING_HOW), how(record, messages, view.scores));
    page.section(
        messages.say(key::HEADING_DATA),
        [key::DATA_PROCESS, key::DATA_NOT, key::DATA_RECORD]
            .map(|said| Block::say(messages.say(said)))
            .into(),
    );
    page.section(
        messages.say(key::HEADING_KEPT),
        vec![
            Block::Facts(kept(messages, &operator.retention)),
            Block::Facts(vec![
                stated(messages, key::FACT_OPERATOR, operator.name.as_ref()),
                stated(messages, key::FACT_CONTACT, operator.contact.as_ref()),
            ]),
        ],
    );
    page
}

/// A decision in a few sentences, for a small screen: [`explain`] says more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brief {
    /// What was decided.
    pub outcome: String,
    /// What decided it, each with what the person can do about it.
    pub why: Vec<String>,
    /// What happens next.
    pub next: String,
}

/// Tells the person what was decided, why, and what happens next, in a few sentences. Advice that
/// only the operators could follow is left out.
pub fn brief(record: &DecisionRecord, messages: &Messages) -> Brief {
    let decisive = record.reasons.iter().filter(|reason| reason.decisive);
    let why = decisive.flat_map(|reason| {
        let Item { text, note, .. } = item(messages, reason, false);
        let note = note.filter(|_| !is_for_operator(reason.code));
        [Some(text), note].into_iter().flatten().map(|text| text.words().to_owned())
    });
    Brief {
        outcome: messages.say(outcome(record.outcome)),
        why: why.collect(),
        next: messages.say(next(record.outcome)),
    }
}

fn next(outcome: Outcome) -> Key {
    match outcome {
        Outcome::Match => key::NEXT_MATCH,
        Outcome::NonMatch => key::NEXT_NON_MATCH,
        Outcome::Undecided => key::NEXT_UNDECIDED,
    }
}

/// A short version with scores and codes, for the person who runs the command.
pub fn summary<'a>(record: &DecisionRecord, messages: &'a Messages) -> Page<'a> {
    let mut page = Page::new(messages, messages.say(outcome(record.outcome)));
    if record.score.is_some() {
        page.lead = scores(record, messages);
        // The record's own claim is in English and says more: the group, and how many people.
        page.lead.extend(match (&record.operating_point.claim, messages.language().tag) {
            (Some(claim), "en") => vec![Block::say(messages.sentence(claim))],
            _ => claim(record, messages),
        });
        let point = &record.operating_point;
        if let Some(source) = point.source.as_ref().or(point.calibration.as_ref()) {
            let values = vec![Text::English(source.clone())];
            let name = messages.say(key::FACT_LIMIT);
            page.lead.push(Block::Facts(vec![Fact { name, values }]));
        }
    }
    reasons(&mut page, record, true);
    let next = match record.outcome {
        Outcome::Match => Vec::new(),
        Outcome::NonMatch => vec![Block::say(messages.say(key::NEXT_NON_MATCH))],
        Outcome::Undecided => vec![Block::say(messages.say(key::NEXT_UNDECIDED))],
    };
    page.section(messages.say(key::HEADING_NEXT), next);
    let exit = match record.outcome {
        Outcome::Match => key::EXIT_MATCH,
        Outcome::NonMatch => key::EXIT_NON_MATCH,
        Outcome::Undecided => key::EXIT_UNDECIDED,
    };
    page.section(
        format!("{}: {}", messages.say(key::FACT_DECISION), record.id),
        vec![Block::say(messages.say(exit))],
    );
    page
}

fn outcome(outcome: Outcome) -> Key {
    match outcome {
        Outcome::Match => key::OUTCOME_MATCH,
        Outcome::NonMatch => key::OUTCOME_NON_MATCH,
        Outcome::Undecided => key::OUTCOME_UNDECIDED,
    }
}

fn liveness(outcome: LivenessOutcome) -> crate::messages::Key {
    match outcome {
        LivenessOutcome::Pass => key::LIVENESS_PASS,
        LivenessOutcome::Fail => key::LIVENESS_FAIL,
        LivenessOutcome::Inconclusive => key::LIVENESS_INCONCLUSIVE,
        LivenessOutcome::NotChecked => key::LIVENESS_NOT_CHECKED,
    }
}

/// The decisive reasons, then the others.
fn reasons(page: &mut Page<'_>, record: &DecisionRecord, codes: bool) {
    let messages = page.messages;
    for (heading, decisive) in [(key::HEADING_WHY, true), (key::HEADING_ALSO, false)] {
        let of_kind = record.reasons.iter().filter(|reason| reason.decisive == decisive);
        let items: Vec<Item> = of_kind.map(|reason| item(messages, reason, codes)).collect();
        if !items.is_empty() {
            page.section(messages.say(heading), vec![Block::List(items)]);
        }
    }
}

fn item(messages: &Messages, reason: &Reason, codes: bool) -> Item {
    let sentence = messages.sentence(&messages.meaning(reason.code));
    let whose = match reason.subject {
        Some(ReasonSubject::Probe) => Some(key::WHOSE_PROBE),
        Some(ReasonSubject::Reference) => Some(key::WHOSE_REFERENCE),
        None => None,
    };
    let text = match whose {
        Some(whose) => messages.say_with(whose, &[("text", sentence.into())]),
        None => sentence,
    };
    let advice = messages.advice(reason.code);
    let to_whom = if is_for_operator(reason.code) { key::ADVICE_OPERATOR } else { key::ADVICE_YOU };
    let note = (!advice.is_empty()).then(|| {
        let advice = messages.sentence(&advice);
        Text::Own(messages.say_with(to_whom, &[("text", advice.into())]))
    });
    Item { text: Text::Own(text), code: codes.then(|| reason.code.to_string()), note }
}

/// Whether the advice is for the people who run the service, because nobody else could follow it.
fn is_for_operator(code: ReasonCode) -> bool {
    matches!(
        code,
        ReasonCode::SeveralFacesLargestUsed
            | ReasonCode::LivenessNotChecked
            | ReasonCode::NoAttackSignsSeen
            | ReasonCode::ScoreInReviewBand
            | ReasonCode::ThresholdNotCalibrated
    )
}

/// The rule, the evidence behind it, and the program and models used.
fn how(record: &DecisionRecord, messages: &Messages, show_scores: bool) -> Vec<Block> {
    let mut blocks = vec![Block::say(messages.say(key::HOW_LIMIT))];
    if record.score.is_some() {
        blocks.extend(claim(record, messages));
        match show_scores {
            true => blocks.extend(scores(record, messages)),
            false => blocks.push(Block::say(messages.say(key::HOW_HIDDEN))),
        }
    }
    let models = record.models.iter().map(|model| Text::Code(model.id.clone())).collect();
    let program = format!("{} {}", record.software.name, record.software.version);
    blocks.push(Block::Facts(vec![
        Fact { name: messages.say(key::FACT_PROGRAM), values: vec![Text::Code(program)] },
        Fact { name: messages.say(key::FACT_MODELS), values: models },
    ]));
    blocks
}

/// The measured error rate behind the threshold.
fn claim(record: &DecisionRecord, messages: &Messages) -> Vec<Block> {
    let point = &record.operating_point;
    let said = match (point.fmr_upper_worst_group, point.n_nonmated) {
        (Some(upper), Some(comparisons)) => messages.say_with(
            key::HOW_CLAIM,
            &[
                ("count", messages.percent_at_most(upper).into()),
                ("comparisons", messages.count(comparisons).into()),
            ],
        ),
        _ => messages.say(key::HOW_NO_CLAIM),
    };
    vec![Block::say(said)]
}

/// The scores, if something was compared.
fn scores(record: &DecisionRecord, messages: &Messages) -> Vec<Block> {
    let (Some(score), Some(limit)) = (record.score, record.threshold) else { return Vec::new() };
    let number = |value: f32| messages.decimal(f64::from(value), 3).into();
    let mut said = vec![
        messages.say_with(key::HOW_SCORE, &[("score", number(score)), ("limit", number(limit))]),
    ];
    if let (Some(raw), Some(_)) = (record.raw_score, record.operating_point.normaliser) {
        said.push(messages.say_with(key::HOW_RAW, &[("score", number(raw))]));
    }
    if let Some(evidence) = &record.evidence {
        said.extend(likelihood(evidence.log_likelihood_ratio, score >= limit, messages));
    }
    said.into_iter().map(Block::say).collect()
}

/// What a score is evidence of. The likelihood ratio and the threshold come from different data,
/// and the threshold for a small error rate is higher than even odds. Where the two seem to
/// contradict each other, the text says why.
fn likelihood(ratio: f64, above: bool, messages: &Messages) -> Vec<String> {
    let times = odds(ratio);
    let (key, for_one) = match (times, ratio >= 0.0) {
        (1, _) => (key::HOW_EITHER, None),
        (_, true) => (key::HOW_ONE_PERSON, Some(true)),
        (_, false) => (key::HOW_TWO_PEOPLE, Some(false)),
    };
    let mut said = vec![match for_one {
        Some(_) => messages.say_with(key, &[("times", messages.count(times).into())]),
        None => messages.say(key),
    }];
    match (above, for_one) {
        (true, None | Some(false)) => said.push(messages.say(key::HOW_NEAR_LIMIT)),
        (false, Some(true)) => said.push(messages.say(key::HOW_STRICT_LIMIT)),
        _ => {}
    }
    said
}

/// A log-likelihood ratio as odds, to one significant digit; the data do not support more.
fn odds(log_likelihood_ratio: f64) -> u64 {
    let times = log_likelihood_ratio.abs().exp();
    let scale = 10_f64.powf(times.log10().floor());
    // Calibrations stop at odds far below the range of u64, and the conversion saturates there.
    ((times / scale).round() * scale) as u64
}

#[cfg(test)]
mod tests {
    use super::{likelihood, odds};
    use crate::messages::Messages;

    #[test]
    fn a_match_is_not_left_beside_evidence_against_it() {
        let english = Messages::of("en").unwrap();
        let say = |ratio: f64, above| likelihood(ratio, above, &english).join(" ");
        // Scores from 0.375 to 0.411 with the shipped calibration: above the threshold that
        // FairFace gave, but on LFW two people are more likely.
        for against in [-1.29, -0.2, 0.0] {
            assert!(say(against, true).contains("the threshold decides"), "{against}");
            assert!(!say(against, false).contains("threshold"), "{against}");
        }
        assert!(say(-1.29, true).contains("Photos of two people give such a score about 4 times"));
        assert!(say(2.0, false).contains("The threshold is set higher than that"));
        assert!(!say(2.0, true).contains("threshold"));
        assert!(!say(0.1, true).contains("1 times"));
    }

    #[test]
    fn odds_have_one_leading_digit() {
        let of = |times: f64| odds(times.ln());
        assert_eq!([of(1.0), of(1.6), of(74.0), of(0.001), of(4_871.0)], [1, 2, 70, 1_000, 5_000]);
    }
}
