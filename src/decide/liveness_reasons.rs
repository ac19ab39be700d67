//! What is known about liveness, as reasons.

use evenmatch_core::record::{
    Liveness, LivenessOutcome, Reason, ReasonCode, ReasonSubject, SessionEvidence, SignalRecord,
    SignalVerdict,
};

/// The reasons that liveness gives. Those that count against a pass are decisive; the caller makes
/// them advisory where liveness is not required.
pub(super) fn of(liveness: &Liveness) -> Vec<Reason> {
    let passed = liveness.outcome == LivenessOutcome::Pass;
    let mut reasons: Vec<Reason> = liveness.signals.iter().filter_map(of_signal).collect();
    match &liveness.session {
        Some(session) => reasons.extend(of_session(session)),
        None if liveness.signals.is_empty() => {
            reasons.push(Reason::new(ReasonCode::LivenessNotChecked));
        }
        None if reasons.is_empty() => {
            reasons.push(Reason::new(ReasonCode::NoAttackSignsSeen).about(ReasonSubject::Probe));
        }
        None => {}
    }
    for reason in &mut reasons {
        // A pass decides nothing against the person, and neither does a signal that the pass
        // answers.
        let granted = [ReasonCode::LivenessShown, ReasonCode::AttackSignsUnclear];
        if passed || granted.contains(&reason.code) && liveness.session.is_some() {
            reason.decisive = false;
        }
    }
    reasons
}

fn of_signal(signal: &SignalRecord) -> Option<Reason> {
    let code = match signal.verdict {
        SignalVerdict::Clear => return None,
        SignalVerdict::Attack => ReasonCode::AttackSignsSeen,
        SignalVerdict::Unclear => ReasonCode::AttackSignsUnclear,
    };
    Some(Reason::new(code).about(ReasonSubject::Probe).measured(signal.value, signal.limit))
}

/// What an open session asks the person to do differently, by findings; docs/LIVENESS.md lists them.
const ABRUPT: [&str; 3] = ["picture_jumped", "face_jumped", "abrupt_change"];
const MISSING: [&str; 4] = ["frames_missing", "frozen_frames", "too_few_frames", "repeated_frames"];
const BY_PERSON: [&str; 1] = ["person_must_look"];

fn of_session(session: &SessionEvidence) -> Vec<Reason> {
    let found = |codes: &[&str]| {
        session.outcome == LivenessOutcome::Inconclusive
            && session.findings.iter().any(|finding| codes.contains(&finding.as_str()))
    };
    let code = match session.outcome {
        LivenessOutcome::Inconclusive if found(&BY_PERSON) => ReasonCode::LivenessByPerson,
        LivenessOutcome::Pass => ReasonCode::LivenessShown,
        LivenessOutcome::Fail => ReasonCode::LivenessFailed,
        LivenessOutcome::Inconclusive => ReasonCode::LivenessUnclear,
        LivenessOutcome::NotChecked => ReasonCode::LivenessNotChecked,
    };
    let mut reasons = vec![Reason::new(code).about(ReasonSubject::Probe)];
    for (codes, code) in [
        (&ABRUPT[..], ReasonCode::LivenessAbrupt),
        (&MISSING[..], ReasonCode::LivenessPicturesMissing),
    ] {
        if found(codes) {
            reasons.push(Reason::new(code).about(ReasonSubject::Probe));
        }
    }
    if let (true, Some(likeness)) = (session.of_other_person(), session.likeness) {
        let other = Reason::new(ReasonCode::LivenessOfOtherPerson).about(ReasonSubject::Probe);
        reasons.push(other.measured(likeness, session.least_likeness));
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(liveness: &Liveness, decisive: bool) -> Vec<ReasonCode> {
        let all = of(liveness).into_iter();
        all.filter(|reason| reason.decisive == decisive).map(|reason| reason.code).collect()
    }

    fn signal(verdict: SignalVerdict) -> SignalRecord {
        SignalRecord { name: "margin".to_owned(), value: 1.0, limit: 0.5, jitter: 0.0, verdict }
    }

    fn session(outcome: LivenessOutcome, likeness: Option<f32>) -> Option<SessionEvidence> {
        let findings = Vec::new();
        Some(SessionEvidence {
            nonce: "n".into(),
            outcome,
            findings,
            likeness,
            least_likeness: 0.4,
        })
    }

    #[test]
    fn an_open_session_says_what_to_do_and_whether_a_person_looks() {
        use ReasonCode as R;
        let of = |outcome, findings: &[&str]| {
            let mut session = session(outcome, None);
            session.as_mut().unwrap().findings = findings.iter().map(|f| (*f).into()).collect();
            codes(&Liveness::judged(Vec::new(), session), true)
        };
        let open = LivenessOutcome::Inconclusive;
        assert_eq!(of(open, &["step_not_done"]), [R::LivenessUnclear]);
        assert_eq!(of(open, &["face_jumped"]), [R::LivenessUnclear, R::LivenessAbrupt]);
        assert_eq!(
            of(open, &["abrupt_change", "frozen_frames"]),
            [R::LivenessUnclear, R::LivenessAbrupt, R::LivenessPicturesMissing]
        );
        assert_eq!(of(open, &["person_must_look"]), [R::LivenessByPerson]);
        // Nobody is told to hold still who is accused of something else.
        assert_eq!(of(LivenessOutcome::Fail, &["face_jumped"]), [R::LivenessFailed]);
    }

    #[test]
    fn what_stands_against_a_pass_is_decisive() {
        use LivenessOutcome as L;
        use ReasonCode as R;
        use SignalVerdict as S;
        for (signals, session, decisive, other) in [
            (vec![], None, vec![R::LivenessNotChecked], vec![]),
            (vec![S::Clear], None, vec![R::NoAttackSignsSeen], vec![]),
            (vec![S::Unclear, S::Clear], None, vec![R::AttackSignsUnclear], vec![]),
            (
                vec![S::Attack],
                session(L::Pass, None),
                vec![R::AttackSignsSeen],
                vec![R::LivenessShown],
            ),
            (
                vec![S::Unclear],
                session(L::Pass, None),
                vec![],
                vec![R::AttackSignsUnclear, R::LivenessShown],
            ),
            (vec![], session(L::Fail, None), vec![R::LivenessFailed], vec![]),
            (
                vec![],
                session(L::Pass, Some(0.1)),
                vec![R::LivenessOfOtherPerson],
                vec![R::LivenessShown],
            ),
        ] {
            let signals = signals.into_iter().map(signal).collect();
            let liveness = Liveness::judged(signals, session);
            assert_eq!(codes(&liveness, true), decisive);
            assert_eq!(codes(&liveness, false), other);
        }
    }
}
