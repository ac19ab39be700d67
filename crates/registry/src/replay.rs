//! Replays a decision and reports what differs.

use serde::Serialize;
use serde_json::Value;

use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_core::record::DecisionRecord;
use evenmatch_ledger::{DecisionEntry, platform};

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Where, as a JSON pointer into the record.
    pub at: String,
    /// The value in the ledger; null if it has no such field.
    pub then: Value,
    /// The value now.
    pub now: Value,
}

/// The result of a replay.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Replay {
    /// The format of this answer.
    pub schema: &'static str,
    /// The decision's id.
    pub decision: String,
    /// Whether the record is identical, bit for bit.
    pub identical: bool,
    /// What was copied from the record and not replayed: the evidence of a session, whose frames
    /// are not stored.
    pub taken_over: Vec<&'static str>,
    /// What may explain a difference: other photos, models, rules or software.
    pub causes: Vec<String>,
    /// Every field that differs.
    pub differences: Vec<Difference>,
}

/// Collects the fields that differ, in the order of their names.
fn compare(then: &Value, now: &Value, at: &str, found: &mut Vec<Difference>) {
    match (then, now) {
        (Value::Object(a), Value::Object(b)) => {
            let names: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for name in names {
                let (a, b) = (a.get(name), b.get(name));
                let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                compare(a.unwrap_or(&Value::Null), b.unwrap_or(&Value::Null), &at, found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (place, (a, b)) in a.iter().zip(b).enumerate() {
                compare(a, b, &format!("{at}/{place}"), found);
            }
        }
        (a, b) if a == b => {}
        (a, b) => {
            found.push(Difference { at: at.to_owned(), then: a.clone(), now: b.clone() });
        }
    }
}

impl Replay {
    /// Compares a decision in the ledger with the record produced now.
    ///
    /// # Errors
    ///
    /// A record cannot be written as JSON.
    pub fn of(then: &DecisionEntry, now: &DecisionRecord) -> Result<Self> {
        let json = |record: &DecisionRecord| {
            serde_json::to_value(record).map_err(|cause| {
                Error::new(ErrorKind::InvalidRecord, Stage::Record, "a record cannot be written")
                    .caused_by(cause)
            })
        };
        let mut differences = Vec::new();
        compare(&json(&then.record)?, &json(now)?, "", &mut differences);
        let record = &then.record;
        let mut causes = Vec::new();
        let mut cause = |differs: bool, what: &str| {
            if differs {
                causes.push(what.to_owned());
            }
        };
        let photo = |a: Option<crate::Digest>, b| a.is_some() && a != b;
        cause(photo(record.probe.sha256, now.probe.sha256), "the probe is another file");
        cause(
            photo(record.reference.sha256, now.reference.sha256),
            "the reference is another file",
        );
        cause(record.models != now.models, "other models");
        cause(record.operating_point != now.operating_point, "another operating point");
        cause(record.software != now.software, "another version of the software");
        cause(
            then.platform != platform(),
            "another platform, where floating-point sums may differ",
        );
        Ok(Replay {
            schema: "evenmatch.replay/1",
            decision: record.id.clone(),
            identical: differences.is_empty(),
            taken_over: record.liveness.session.iter().map(|_| "liveness.session").collect(),
            causes,
            differences,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_difference_is_named_with_its_place() {
        let mut found = Vec::new();
        let then = json!({ "a": [1, { "b/c": 2 }], "d": null, "e": [1], "same": "x" });
        let now = json!({ "a": [1, { "b/c": 3 }], "e": [1, 2], "f": 4, "same": "x" });
        compare(&then, &now, "", &mut found);
        let places: Vec<&str> = found.iter().map(|difference| difference.at.as_str()).collect();
        assert_eq!(places, ["/a/1/b~1c", "/e", "/f"]);
        assert_eq!((&found[0].then, &found[0].now), (&json!(2), &json!(3)));
    }
}
