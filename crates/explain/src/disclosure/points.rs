//! Answers to the ten points about which the app that this project responds to said too little.

use serde::Serialize;

use super::operator::{days, kept, listed, stated};
use super::system::{DisclosedCalibration, DisclosedModel, SystemDisclosure};
use crate::messages::{Block, Fact, Key, Messages, Page, Row, Section, Text, key};
use evenmatch::{SeveralFaces, model::Role, quality::Gate};
use evenmatch_core::record::{CalibratedRate, CalibratedThreshold, GroupStanding, ReasonCode};

/// The points, in their order.
pub const POINTS: [&str; 10] = [
    "algorithmic_decisions",
    "data_collection",
    "eligibility",
    "appeals",
    "oversight",
    "retention",
    "security",
    "evaluations",
    "metrics",
    "third_parties",
];

/// The reasons whose advice tells people what a photo needs.
const PHOTO_ADVICE: [ReasonCode; 10] = [
    ReasonCode::NoFaceFound,
    ReasonCode::SeveralFacesRefused,
    ReasonCode::FaceSmall,
    ReasonCode::FaceHidden,
    ReasonCode::TooMuchLight,
    ReasonCode::PictureFlat,
    ReasonCode::PictureShaken,
    ReasonCode::HeadTurned,
    ReasonCode::HeadUpOrDown,
    ReasonCode::PictureCompressed,
];

/// One of the ten points, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DisclosedPoint {
    /// Its name, one of [`POINTS`].
    pub id: &'static str,
    /// Its heading.
    pub heading: String,
    /// Its text.
    pub text: String,
}

impl SystemDisclosure {
    /// The page that people read.
    pub fn page<'a>(&self, messages: &'a Messages) -> Page<'a> {
        page(self, messages)
    }

    /// The ten points in words, as on the page.
    pub fn points(&self, messages: &Messages) -> Vec<DisclosedPoint> {
        points(self, messages)
            .into_iter()
            .map(|(id, section)| {
                let mut page = Page::new(messages, section.heading.clone());
                page.lead = section.blocks;
                DisclosedPoint { id, heading: section.heading, text: page.body() }
            })
            .collect()
    }
}

/// The page with all points.
fn page<'a>(system: &SystemDisclosure, messages: &'a Messages) -> Page<'a> {
    let mut page = Page::new(messages, messages.say(key::SYSTEM_TITLE));
    let operator = &system.operator;
    let missing = system.not_stated.len();
    let program = format!("{} {}", system.software.name, system.software.version);
    page.lead = vec![
        Block::say(messages.say(key::SYSTEM_LEAD)),
        Block::say(messages.say_with(key::SYSTEM_MISSING, &[("count", missing.into())])),
        Block::say(messages.say(key::SYSTEM_ENGLISH)),
        Block::Facts(vec![
            stated(messages, key::FACT_OPERATOR, operator.name.as_ref()),
            stated(messages, key::FACT_CONTACT, operator.contact.as_ref()),
            Fact { name: messages.say(key::FACT_PROGRAM), values: vec![Text::Code(program)] },
        ]),
    ];
    for (at, (_, section)) in points(system, messages).into_iter().enumerate() {
        page.section(format!("{}. {}", at + 1, section.heading), section.blocks);
    }
    page
}

/// The points, each with its name.
fn points(system: &SystemDisclosure, messages: &Messages) -> Vec<(&'static str, Section)> {
    let all: [(Key, Vec<Block>); 10] = [
        (key::POINT_ALGORITHMIC_DECISIONS, algorithmic_decisions(system, messages)),
        (key::POINT_DATA_COLLECTION, data_collection(system, messages)),
        (key::POINT_ELIGIBILITY, eligibility(system, messages)),
        (key::POINT_APPEALS, appeals(system, messages)),
        (key::POINT_OVERSIGHT, oversight(system, messages)),
        (key::POINT_RETENTION, retention(system, messages)),
        (key::POINT_SECURITY, security(system, messages)),
        (key::POINT_EVALUATIONS, evaluations(system, messages)),
        (key::POINT_METRICS, metrics(system, messages)),
        (key::POINT_THIRD_PARTIES, third_parties(system, messages)),
    ];
    let section = |(heading, blocks)| Section { heading: messages.say(heading), blocks };
    POINTS.into_iter().zip(all.into_iter().map(section)).collect()
}

fn say_all(messages: &Messages, keys: &[Key]) -> Vec<Block> {
    keys.iter().map(|key| Block::say(messages.say(*key))).collect()
}

fn algorithmic_decisions(system: &SystemDisclosure, messages: &Messages) -> Vec<Block> {
    let mut blocks = say_all(messages, &[key::HOW_LIMIT, key::NO_FINAL_NO]);
    match (&system.operating_point, &system.calibration) {
        (Some(point), Some(calibration)) => {
            blocks.push(Block::say(messages.say(key::RATES_LEAD)));
            blocks.push(rates(point, messages));
            let data = &calibration.data;
            blocks.push(Block::say(messages.say_with(
                key::RATES_DATA,
                &[
                    ("people", messages.count(data.subjects).into()),
                    ("comparisons", messages.count(data.nonmated).into()),
                    ("date", calibration.date.as_str().into()),
                ],
            )));
            blocks.push(Block::Paragraph(Text::English(data.description.clone())));
            blocks.extend(missed(system, calibration, point, messages));
            blocks.extend(not_claimed(calibration, point, messages));
            blocks.extend(labels(calibration, messages));
        }
        _ => blocks.push(Block::say(messages.say(key::HOW_NO_CLAIM))),
    }
    let model = |model: &DisclosedModel| -> Row {
        let role = match model.role {
            Role::Detector => key::ROLE_DETECTOR,
            Role::SecondDetector => key::ROLE_SECOND_DETECTOR,
            Role::Embedder => key::ROLE_EMBEDDER,
            Role::Mesh => key::ROLE_MESH,
            Role::PassivePad => key::ROLE_PASSIVE_PAD,
            // The manifest holds no other role.
            _ => key::ROLE_PASSIVE_PAD,
        };
        vec![
            Text::Code(model.id.clone()),
            Text::Own(messages.say(role)),
            Text::English(model.training_data.clone()),
        ]
    };
    blocks.push(Block::Table {
        caption: messages.say(key::MODELS_CAPTION),
        columns: [key::COLUMN_MODEL, key::COLUMN_ROLE, key::COLUMN_TRAINING]
            .map(|column| messages.say(column))
            .into(),
        rows: system.models.iter().map(model).collect(),
    });
    blocks
}

/// False match rates for everyone and for each group.
fn rates(point: &CalibratedThreshold, messages: &Messages) -> Block {
    let row = |name: Text, rate: &CalibratedRate| -> Row {
        let of = |rate: f64| messages.percent(rate);
        let range = format!("{} – {}", of(rate.low), of(rate.high));
        vec![name, Text::Own(of(rate.rate)), Text::Own(range)]
    };
    let everyone = row(Text::Own(messages.say(key::GROUP_EVERYONE)), &point.fmr);
    // Intersections would make the table too long; the worst group is always shown.
    let worst = point.worst_group.as_ref();
    let shown = point.groups.iter().filter(|group| {
        !group.attribute.contains('×') || worst.is_some_and(|worst| worst.group == group.group)
    });
    let groups = shown.map(|group| row(Text::English(group.group.clone()), &group.fmr));
    Block::Table {
        caption: messages.say(key::RATES_CAPTION),
        columns: [key::COLUMN_GROUP, key::COLUMN_RATE, key::COLUMN_RANGE]
            .map(|column| messages.say(column))
            .into(),
        rows: std::iter::once(everyone).chain(groups).collect(),
    }
}

/// The false non-match rate, if it is known, and on whom it was measured, if on other people than
/// the false match rates.
fn missed(
    system: &SystemDisclosure,
    calibration: &DisclosedCalibration,
    point: &CalibratedThreshold,
    messages: &Messages,
) -> Vec<Block> {
    let same =
        |other: &&CalibratedThreshold| (other.target_fmr / point.target_fmr - 1.0).abs() < 1e-9;
    let elsewhere = system.missed_elsewhere.as_ref();
    let at = elsewhere.and_then(|other| other.thresholds.iter().find(same)?.fnmr);
    let Some(rate) = point.fnmr.or(at) else {
        return say_all(messages, &[key::RATES_MISSED_UNKNOWN]);
    };
    let of = |rate: f64| messages.percent(rate).into();
    let said = messages.say_with(
        key::RATES_MISSED,
        &[("count", of(rate.rate)), ("low", of(rate.low)), ("high", of(rate.high))],
    );
    let measured_on = match (point.fnmr, elsewhere) {
        (None, Some(other)) => Some(&other.data.description),
        _ => calibration
            .group_claims
            .as_ref()
            .filter(|claims| claims.threshold.iter().any(|own| own.threshold == point.threshold))
            .and_then(|claims| claims.fnmr_of.as_ref()),
    };
    let others = measured_on.map(|data| Block::Paragraph(Text::English(data.clone())));
    [Block::say(said)].into_iter().chain(others).collect()
}

/// For whom nothing is claimed: groups of few people, and children.
fn not_claimed(
    calibration: &DisclosedCalibration,
    point: &CalibratedThreshold,
    messages: &Messages,
) -> Vec<Block> {
    let Some(claims) = &calibration.group_claims else { return Vec::new() };
    let at = claims.threshold.iter().find(|own| own.threshold == point.threshold);
    let Some(at) = at else { return Vec::new() };
    let of = |standing| claims.at(at).filter(move |of| of.group.standing == standing);
    let few = of(GroupStanding::FewPeople).count();
    let mut blocks = Vec::new();
    if few > 0 {
        blocks
            .push(Block::say(messages.say_with(key::RATES_FEW_PEOPLE, &[("groups", few.into())])));
    }
    if let Some(high) = of(GroupStanding::Children).map(|of| of.high).reduce(f64::max) {
        let count = messages.percent_at_most(high).into();
        blocks.push(Block::say(messages.say_with(key::RATES_CHILDREN, &[("count", count)])));
    }
    blocks
}

/// Which labels the normaliser was formed with, if it was.
fn labels(calibration: &DisclosedCalibration, messages: &Messages) -> Vec<Block> {
    let formed = calibration.normaliser.as_ref().filter(|formed| !formed.labels.is_empty());
    let Some(formed) = formed else { return Vec::new() };
    let people = messages.count(formed.people).into();
    vec![
        Block::say(messages.say_with(key::RATES_LABELS, &[("people", people)])),
        Block::Paragraph(Text::English(formed.labels.join(", "))),
    ]
}

fn data_collection(system: &SystemDisclosure, messages: &Messages) -> Vec<Block> {
    let operator = &system.operator;
    let mut blocks = say_all(messages, &[key::DATA_PROCESS, key::DATA_NOT, key::DATA_RECORD]);
    blocks.push(Block::Facts(vec![
        stated(messages, key::FACT_PURPOSE, operator.purpose.as_ref()),
        stated(messages, key::FACT_LAW, operator.legal_ground.as_ref()),
    ]));
    blocks
}

fn eligibility(system: &SystemDisclosure, messages: &Messages) -> Vec<Block> {
    let pixels = messages.count(system.policy.limits.max_pixels / 1_000_000);
    let faces = match system.policy.several_faces {
        SeveralFaces::Largest => key::ELIGIBILITY_ONE_FACE,
        SeveralFaces::Error => key::ELIGIBILITY_ONE_ONLY,
    };
    let gate = match system.policy.gate {
        Gate::Off => key::ELIGIBILITY_OFF,
        Gate::Advise => key::ELIGIBILITY_ADVISE,
        Gate::Enforce => key::ELIGIBILITY_ENFORCE,
    };
    let advice =
        PHOTO_ADVICE.map(|code| Text::Own(messages.sentence(&messages.advice(code))).into()).into();
    let mut blocks =
        vec![Block::say(messages.say_with(key::ELIGIBILITY_FILE, &[("pixels", pixels.into())]))];
    blocks.extend(say_all(messages, &[faces, gate, key::ELIGIBILITY_BEST]));
    blocks.push(Block::List(advice));
    blocks
}

fn appeals(system: &SystemDisclosure, messages: &Messages) -> Vec<Block> {
    let stated_by = &system.operator.appeals;
    let mut blocks = say_all(messages, &[key::APPEALS_HOW, key::APPEALS_COUNTED]);
    blocks.push(Block::Facts(vec![
        stated(messages, key::APPEAL_CONTACT, stated_by.contact.as_ref()),
        days(messages, key::APPEAL_ANSWER, key::WITHIN_DAYS, stated_by.answer_days),
    ]));
    blocks
}

fn oversight(system: &SystemDisclosure, messages: &Messages) -> Vec<Block> {
    let operator = &system.operator;
    let mut blocks = say_all(messages, &[key::OVERSIGHT_OPEN]);
    blocks.push(Block::Facts(vec![
        stated(messages, key::OVERSIGHT_BODY, operator.oversight.body.as_ref()),
        listed(messages, key::ACCESS_WHO, operator.access.as_ref()),
    ]));
    blocks
}

fn retention(system: &SystemDisclosure, messages: &Messages) -> Vec<Block> {
    let mut blocks = say_all(messages, &[key::RETENTION_DEFAULT, key::RETENTION_FORGET]);
    blocks.push(Block::Facts(kept(messages, &system.operator.retention)));
    blocks
}

fn security(system: &SystemDisclosure, messages: &Messages) -> Vec<Block> {
    let stated_by = &system.operator.security;
    let mut blocks = say_all(messages, &[key::SECURITY_PROGRAM, key::SECURITY_RECORD]);
    blocks.push(Block::Facts(vec![
        listed(messages, key::SECURITY_MEASURES, stated_by.measures.as_ref()),
        stated(messages, key::SECURITY_CONTACT, stated_by.contact.as_ref()),
    ]));
    blocks
}

fn evaluations(system: &SystemDisclosure, messages: &Messages) -> Vec<Block> {
    let stated_by = &system.operator.audit;
    let result = system.last_audit.as_ref().map(|audit| {
        let verdicts = match audit.judged() {
            true => messages.say_with(
                key::AUDIT_VERDICTS,
                &[
                    ("passed", audit.passed.into()),
                    ("failed", audit.failed.into()),
                    ("open", audit.inconclusive.into()),
                ],
            ),
            false => messages.say(key::AUDIT_NO_RULES),
        };
        let answers = audit.answers.iter().cloned().map(Text::English);
        std::iter::once(Text::Own(verdicts)).chain(answers).collect()
    });
    let absent = || vec![Text::Own(messages.say(key::NOT_STATED))];
    let mut blocks = say_all(messages, &[key::EVALUATIONS_HOW]);
    blocks.push(Block::Facts(vec![
        stated(messages, key::AUDIT_DATE, stated_by.date.as_ref()),
        Fact { name: messages.say(key::AUDIT_RESULT), values: result.unwrap_or_else(absent) },
        days(messages, key::AUDIT_EVERY, key::WITHIN_DAYS, stated_by.every_days),
    ]));
    blocks
}

fn metrics(system: &SystemDisclosure, messages: &Messages) -> Vec<Block> {
    let mut blocks = say_all(messages, &[key::METRICS_WHAT]);
    let results = listed(messages, key::METRICS_STATED, system.operator.metrics.as_ref());
    blocks.push(Block::Facts(vec![results]));
    blocks
}

fn third_parties(system: &SystemDisclosure, messages: &Messages) -> Vec<Block> {
    let mut blocks = say_all(messages, &[key::THIRD_NOTHING, key::THIRD_MODELS]);
    let pages = system.models.iter().filter_map(|model| {
        Some(Text::Code(format!("{}: {}", model.id, model.homepage.as_ref()?)).into())
    });
    blocks.push(Block::List(pages.collect()));
    let others = listed(messages, key::THIRD_PARTIES, system.operator.third_parties.as_ref());
    blocks.push(Block::Facts(vec![others]));
    blocks
}
