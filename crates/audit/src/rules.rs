//! Rules as data, and verdicts.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::interval::{Bounds, IntervalMethod};
use crate::{Error, ErrorKind, Result, Stage};

/// What a rule says about a measured interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// The whole interval meets the rule.
    Pass,
    /// The data cannot tell.
    Inconclusive,
    /// None of the interval meets the rule.
    Fail,
}

impl Verdict {
    /// The verdict on an interval: PASS if all of it is at most (`strict`: below) `limit`, FAIL
    /// if none of it is.
    pub fn of(bounds: Bounds, limit: f64, strict: bool) -> Self {
        let meets = |x: f64| if strict { x < limit } else { x <= limit };
        match (meets(bounds.low), meets(bounds.high)) {
            (_, true) => Verdict::Pass,
            (false, false) => Verdict::Fail,
            (true, false) => Verdict::Inconclusive,
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Verdict::Pass => "PASS",
            Verdict::Inconclusive => "INCONCLUSIVE",
            Verdict::Fail => "FAIL",
        })
    }
}

/// What a rule measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum RuleMeasure {
    Fmr,
    Fnmr,
    Fta,
    Far,
    Frr,
    /// A group's FMR over everyone's.
    FmrOverOverall,
    FnmrOverOverall,
    FrrOverOverall,
    FmrMaxOverGeomean,
    FnmrMaxOverGeomean,
    FmrMaxOverMin,
    FnmrMaxOverMin,
    FmrGini,
    FnmrGini,
    /// Attacks accepted end to end.
    Iapar,
    /// Attacks classified as bona fide.
    Apcer,
    Bpcer,
    /// Whether outcomes of presentation attack detection are recorded.
    PadPresent,
}

impl RuleMeasure {
    /// Whether its values are shares (rather than ratios or indices).
    pub(crate) fn is_share(self) -> bool {
        use RuleMeasure as M;
        matches!(self, M::Fmr | M::Fnmr | M::Fta | M::Far | M::Frr | M::Iapar | M::Apcer | M::Bpcer)
    }

    fn scopes(self) -> &'static [Scope] {
        use RuleMeasure as M;
        match self {
            M::Fmr | M::Fnmr | M::Fta | M::Far | M::Frr => &[Scope::Overall, Scope::Groups],
            M::FmrOverOverall | M::FnmrOverOverall | M::FrrOverOverall => &[Scope::Groups],
            M::FmrMaxOverGeomean
            | M::FnmrMaxOverGeomean
            | M::FmrMaxOverMin
            | M::FnmrMaxOverMin
            | M::FmrGini
            | M::FnmrGini => &[Scope::Attributes],
            M::Iapar | M::Apcer => &[Scope::Species],
            M::Bpcer => &[Scope::Overall, Scope::Groups],
            M::PadPresent => &[Scope::Overall],
        }
    }
}

/// Who a rule applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everyone together.
    Overall,
    /// Every group of every attribute.
    Groups,
    /// Every attribute as a whole.
    Attributes,
    /// Every presentation attack instrument species.
    Species,
}

/// Which interval a rule requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleInterval {
    /// The one of the report.
    #[default]
    Auto,
    /// Clopper–Pearson on raw counts.
    Exact,
    /// Wilson's on effective sample sizes.
    Wilson,
    /// Subject bootstrap.
    Bootstrap,
}

impl RuleInterval {
    pub(crate) fn method(self, default: IntervalMethod) -> IntervalMethod {
        match self {
            RuleInterval::Auto => default,
            RuleInterval::Exact => IntervalMethod::Exact,
            RuleInterval::Wilson => IntervalMethod::Wilson,
            RuleInterval::Bootstrap => IntervalMethod::Bootstrap,
        }
    }
}

fn confidence() -> f64 {
    0.95
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Short stable name within the pack.
    pub id: String,
    /// In words.
    pub title: String,
    /// What is measured.
    pub measure: RuleMeasure,
    /// Who it applies to.
    pub scope: Scope,
    /// The largest value that meets the rule; a rule without one is only reported.
    #[serde(default)]
    pub limit: Option<f64>,
    /// Whether the value must be below the limit rather than at most the limit.
    #[serde(default)]
    pub strict: bool,
    /// Confidence of the two-sided interval.
    #[serde(default = "confidence")]
    pub confidence: f64,
    /// How the interval is made.
    #[serde(default)]
    pub interval: RuleInterval,
}

/// A named set of rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulePack {
    /// The name that `--rules` takes.
    pub name: String,
    /// In words.
    pub title: String,
    /// Where the rules come from.
    pub source: String,
    /// The operating point that the rules refer to, used if none is requested.
    #[serde(default)]
    pub target_fmr: Option<f64>,
    /// The rules.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

const PACKS: [(&str, &str); 5] = [
    ("sp800-63a4", include_str!("packs/sp800-63a4.toml")),
    ("sp800-63b4", include_str!("packs/sp800-63b4.toml")),
    ("fido", include_str!("packs/fido.toml")),
    ("fido-15", include_str!("packs/fido-15.toml")),
    ("nist-demographics", include_str!("packs/nist-demographics.toml")),
];

impl RulePack {
    /// The names of the packs that ship with the crate.
    pub fn names() -> impl Iterator<Item = &'static str> {
        PACKS.iter().map(|pack| pack.0)
    }

    /// Finds a pack by name, or reads a TOML file by path; `NAME=LIMIT` sets a limit for the rules
    /// that have none.
    pub fn find(name: &str) -> Result<Self> {
        let (name, limit) = match name.rsplit_once('=') {
            Some((name, limit)) => {
                let limit: f64 =
                    limit.trim().parse().ok().filter(|l: &f64| l.is_finite()).ok_or_else(|| {
                        Error::new(
                            ErrorKind::InvalidArgument,
                            Stage::Audit,
                            format!("`{limit}` is not a valid limit for the rules of `{name}`"),
                        )
                        .next("write a number, as in nist-demographics=1.5")
                    })?;
                (name, Some(limit))
            }
            None => (name, None),
        };
        let mut pack = match PACKS.iter().find(|pack| pack.0 == name) {
            Some((_, text)) => RulePack::parse(text, name)?,
            None if name.ends_with(".toml") => {
                let path = Path::new(name);
                let text = std::fs::read_to_string(path)
                    .map_err(|cause| Error::io(Stage::Audit, path, cause))?;
                RulePack::parse(&text, name)?
            }
            None => {
                let known: Vec<_> = RulePack::names().collect();
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    Stage::Audit,
                    format!("there is no rule pack `{name}`"),
                )
                .next(format!("choose among {}, or name a .toml file", known.join(", "))));
            }
        };
        if limit.is_some() {
            pack.rules.iter_mut().for_each(|rule| rule.limit = rule.limit.or(limit));
        }
        Ok(pack)
    }

    /// Reads and checks a pack; `file` is its name in messages.
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        let wrong = |message: String| {
            Error::new(ErrorKind::InvalidArgument, Stage::Audit, message)
                .in_file(file)
                .next("see docs/RULES.md for the fields of a rule pack")
        };
        let pack: RulePack = toml::from_str(text).map_err(|cause| {
            let line = cause.span().map(|span| {
                text.get(..span.start).map_or(1, |head| head.lines().count().max(1)) as u64
            });
            let error = wrong(cause.message().to_owned());
            match line {
                Some(line) => error.at_line(line),
                None => error,
            }
        })?;
        for rule in &pack.rules {
            let id = &rule.id;
            if !(rule.confidence > 0.5 && rule.confidence < 1.0) {
                return Err(wrong(format!("rule `{id}`: confidence must be between 0.5 and 1")));
            }
            if rule.limit.is_some_and(|limit| !limit.is_finite() || limit < 0.0) {
                return Err(wrong(format!("rule `{id}`: limit must be a number, 0 or higher")));
            }
            if !rule.measure.scopes().contains(&rule.scope) {
                return Err(wrong(format!("rule `{id}`: this measure does not have this scope")));
            }
        }
        Ok(pack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_parse_and_name_their_source() {
        for name in RulePack::names() {
            let pack = RulePack::find(name).unwrap();
            assert_eq!(pack.name, name);
            assert!(!pack.rules.is_empty());
            assert!(
                pack.source.contains("check the primary text")
                    || pack.rules.iter().all(|r| r.limit.is_none())
                    || name.starts_with("fido")
            );
        }
        let pack = RulePack::find("nist-demographics=1.5").unwrap();
        assert!(pack.rules.iter().all(|rule| rule.limit == Some(1.5)));
        assert!(RulePack::find("nonsense").unwrap_err().next_step().unwrap().contains("fido"));
    }

    #[test]
    fn a_broken_pack_names_the_line() {
        let text = "name = \"x\"\ntitle = \"x\"\nsource = \"x\"\n\n[[rule]]\nid = \"a\"\nmeasure = \"nonsense\"\n";
        let error = RulePack::parse(text, "mine.toml").unwrap_err();
        assert_eq!(error.place().file.as_deref(), Some("mine.toml"));
        assert_eq!(error.place().line, Some(7), "{error}");
        let text = text.replace("nonsense", "iapar") + "title = \"t\"\nscope = \"overall\"\n";
        assert!(RulePack::parse(&text, "mine.toml").unwrap_err().to_string().contains("scope"));
    }

    #[test]
    fn verdicts_compare_the_whole_interval() {
        let bounds = Bounds { low: 0.01, high: 0.02 };
        assert_eq!(Verdict::of(bounds, 0.02, false), Verdict::Pass);
        assert_eq!(Verdict::of(bounds, 0.02, true), Verdict::Inconclusive);
        assert_eq!(Verdict::of(bounds, 0.005, false), Verdict::Fail);
        assert_eq!(Verdict::of(bounds, 0.01, true), Verdict::Fail);
    }
}
