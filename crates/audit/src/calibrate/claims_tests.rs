use super::*;
use crate::LabelledSample;
use evenmatch_core::random::SplitMix;

/// People in groups of these sizes; those of a dense group resemble each other more. Templates of
/// 32 values.
fn set(groups: &[(&str, &str, usize, f32)]) -> SampleSet {
    let mut random = SplitMix::new(3, 0);
    let mut normal = move || (0..12).map(|_| random.unit() as f32).sum::<f32>() - 6.0;
    let mut set = SampleSet {
        attributes: vec!["race".to_owned(), "age".to_owned()],
        dimension: 32,
        ..SampleSet::default()
    };
    for &(race, age, people, density) in groups {
        let centre: Vec<f32> = (0..32).map(|_| normal()).collect();
        for person in 0..people {
            let values: Vec<f32> =
                centre.iter().map(|centre| density * centre + normal()).collect();
            let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
            set.templates.extend(values.iter().map(|value| value / length));
            set.samples.push(LabelledSample {
                subject: format!("{race} {age} {person}"),
                values: vec![Some(race.to_owned()), Some(age.to_owned())],
                failure: None,
                attempt: 1,
            });
        }
    }
    set
}

fn by() -> Vec<String> {
    ["race", "age", "race*age"].map(str::to_owned).into()
}

#[test]
fn every_covered_group_keeps_the_target_and_the_others_are_named() {
    let set = set(&[
        ("A", "20-49", 600, 0.1),
        ("B", "20-49", 700, 0.6),
        ("C", "20-49", 60, 0.1),
        ("A", "0-2", 520, 1.5),
    ]);
    let claims = claims(&set, &set, &by(), &[1e-2, 1e-3]).unwrap().unwrap();
    let standing = |attribute: &str, group: &str| {
        let mut found = claims.groups.iter();
        found.find(|of| of.attribute == attribute && of.group == group).unwrap().standing
    };
    // Babies neither spoil A's rate nor are claimed, though they are many.
    assert_eq!(standing("race", "A"), GroupStanding::Covered);
    assert_eq!(standing("age", "0-2"), GroupStanding::Children);
    assert_eq!(standing("race×age", "A×0-2"), GroupStanding::Children);
    assert_eq!(standing("race", "C"), GroupStanding::FewPeople);
    let people = claims.groups.iter().find(|of| of.group == "A").unwrap().people;
    assert_eq!(people, 600);
    for point in &claims.threshold {
        for of in claims.at(point) {
            match of.group.standing {
                GroupStanding::Covered => {
                    assert!(of.rate <= point.target_fmr, "{of:?}");
                    assert!(of.high <= 1.5 * point.target_fmr * 1.01, "{of:?}");
                    assert_eq!(of.people_needed, 0);
                }
                GroupStanding::FewPeople => assert!(of.people_needed >= 500, "{of:?}"),
                _ => assert!(of.rate > 10.0 * point.target_fmr, "{of:?}"),
            }
        }
        // The lowest such threshold: the worst group is near the limit.
        let worst = claims.worst(point).unwrap();
        assert!(worst.high > 1.2 * point.target_fmr || worst.rate > 0.9 * point.target_fmr);
        assert!(worst.group.group.starts_with('B'), "{worst:?}");
    }
    assert!(claims.threshold[0].threshold < claims.threshold[1].threshold);
}

#[test]
fn a_rate_is_counted_by_hand() {
    // Four people of one group: a and b resemble each other, c shows two photos of which one does.
    let mut set = set(&[("A", "20-49", 5, 0.0)]);
    set.dimension = 2;
    set.templates = vec![1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, -1.0];
    for (sample, subject) in set.samples.iter_mut().zip(["a", "b", "c", "c", "d"]) {
        sample.subject = subject.to_owned();
    }
    let rows = [0_u32, 1, 2, 2, 3];
    let pairs = pairs_from(&set, 0.2).unwrap();
    let labels = vec![Some("A".to_owned()); 5];
    let sides = [AgeSide::TenOrMore; 5];
    let mut group = Vec::new();
    // Twenty people are needed for a group to be listed: the rest resemble nobody.
    let mut more = labels.clone();
    let mut subjects = rows.to_vec();
    let mut all_sides = sides.to_vec();
    for person in 4..20 {
        more.push(Some("A".to_owned()));
        subjects.push(person);
        all_sides.push(AgeSide::TenOrMore);
    }
    group.extend(of_attribute("race", &more, &all_sides, &subjects, &pairs));
    let measured = group[0].measured(0.9, 1.0);
    // a–b counts 1, a–c and b–c a half each, of 190 pairs of people.
    assert!((measured.rate - 2.0 / 190.0).abs() < 1e-12, "{measured:?}");
    assert_eq!(measured.errors, 3);
    assert!(measured.bounds.low < measured.rate && measured.bounds.high > 2.0 * measured.rate);
}

#[test]
fn without_a_group_of_many_people_nothing_is_claimed() {
    let set = set(&[("A", "20-49", 90, 0.1), ("B", "20-49", 80, 0.2)]);
    assert!(claims(&set, &set, &by(), &[1e-2]).unwrap().is_none());
}
