//! The gate: measures compared with a policy's limits, and what to tell the person.

use serde::{Deserialize, Serialize};

use super::{Component, QualityReport};
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_core::record::{Reason, ReasonSubject};

/// What happens to photos of poor quality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// Nothing is measured.
    Off,
    /// The person gets advice; what is compared and decided stays the same.
    #[default]
    Advise,
    /// Where a component on the policy's list is below its limit, the photo is refused: there is no
    /// template. That is an elective refusal, unlike a face that cannot be found.
    Enforce,
}

/// The least mapped value, 0 to 100, of each component; below it the person gets advice. A limit of
/// 0 never gives advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QualityLimits {
    /// The components for which a photo is refused under [`Gate::Enforce`].
    pub enforce: Vec<Component>,
    /// The least of [`Component::FacesInView`].
    pub faces_in_view: u8,
    /// The least of [`Component::Cropping`].
    pub cropping: u8,
    /// The least of [`Component::InterEyeDistance`].
    pub inter_eye_distance: u8,
    /// The least of [`Component::Occlusion`].
    pub occlusion: u8,
    /// The least of [`Component::Exposure`].
    pub exposure: u8,
    /// The least of [`Component::Saturation`].
    pub saturation: u8,
    /// The least of [`Component::LightEvenness`].
    pub light_evenness: u8,
    /// The least of [`Component::DynamicRange`].
    pub dynamic_range: u8,
    /// The least of [`Component::Sharpness`].
    pub sharpness: u8,
    /// The least of [`Component::MotionBlur`].
    pub motion_blur: u8,
    /// The least of [`Component::Yaw`].
    pub yaw: u8,
    /// The least of [`Component::Pitch`].
    pub pitch: u8,
    /// The least of [`Component::Roll`].
    pub roll: u8,
    /// The least of [`Component::Compression`].
    pub compression: u8,
    /// The least of [`Component::NaturalColour`].
    pub natural_colour: u8,
}

impl Default for QualityLimits {
    fn default() -> Self {
        QualityLimits {
            enforce: vec![
                Component::InterEyeDistance,
                Component::Saturation,
                Component::Sharpness,
                Component::MotionBlur,
            ],
            faces_in_view: 25,
            cropping: 90,
            inter_eye_distance: 50,
            occlusion: 25,
            exposure: 50,
            saturation: 50,
            light_evenness: 50,
            dynamic_range: 50,
            sharpness: 50,
            motion_blur: 50,
            yaw: 25,
            pitch: 50,
            roll: 50,
            compression: 50,
            natural_colour: 50,
        }
    }
}

impl QualityLimits {
    /// The least mapped value of a component.
    pub fn least(&self, component: Component) -> u8 {
        match component {
            Component::FacesInView => self.faces_in_view,
            Component::Cropping => self.cropping,
            Component::InterEyeDistance => self.inter_eye_distance,
            Component::Occlusion => self.occlusion,
            Component::Exposure => self.exposure,
            Component::Saturation => self.saturation,
            Component::LightEvenness => self.light_evenness,
            Component::DynamicRange => self.dynamic_range,
            Component::Sharpness => self.sharpness,
            Component::MotionBlur => self.motion_blur,
            Component::Yaw => self.yaw,
            Component::Pitch => self.pitch,
            Component::Roll => self.roll,
            Component::Compression => self.compression,
            Component::NaturalColour => self.natural_colour,
        }
    }

    /// Refuses limits that no photo can reach.
    pub fn check(&self) -> Result<()> {
        let beyond = |component: &Component| self.least(*component) > 100;
        let Some(component) = Component::ALL.into_iter().find(beyond) else { return Ok(()) };
        let name = component.name();
        let message = format!("quality.{name} is {}, above 100", self.least(component));
        Err(Error::new(ErrorKind::InvalidArgument, Stage::Decide, message)
            .next("set a value from 0 to 100; 0 turns the advice off"))
    }

    /// The components below their limits, with their mapped and their least values. One that could
    /// not be measured does not count: nobody is refused for something that was not seen.
    pub fn shortfalls(&self, report: &QualityReport) -> Vec<(Component, u8, u8)> {
        let short = |(component, measure): (Component, super::Measure)| {
            let least = self.least(component);
            (measure.mapped < least).then_some((component, measure.mapped, least))
        };
        report.iter().filter_map(short).collect()
    }
}

/// The gate's result for one photo.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GateOutcome {
    /// Whether the photo passes, or under [`Gate::Advise`] would pass. True where nothing was
    /// measured, because there is no face or the gate is off.
    pub passed: bool,
    /// What is below its limit, in the order of [`Component::ALL`]; the decisive reasons are those
    /// for which the photo is, or would be, refused. Values and limits are mapped ones.
    pub reasons: Vec<Reason>,
}

impl GateOutcome {
    /// Nothing was judged.
    pub fn open() -> Self {
        GateOutcome { passed: true, reasons: Vec::new() }
    }

    /// Compares measures with limits.
    pub fn judge(report: &QualityReport, limits: &QualityLimits, subject: ReasonSubject) -> Self {
        let reason = |(component, mapped, least): (Component, u8, u8)| {
            let reason = Reason::new(component.reason()).about(subject);
            let reason = reason.measured(f32::from(mapped), f32::from(least));
            if limits.enforce.contains(&component) { reason } else { reason.advisory() }
        };
        let reasons: Vec<Reason> = limits.shortfalls(report).into_iter().map(reason).collect();
        GateOutcome { passed: !reasons.iter().any(|reason| reason.decisive), reasons }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::Measure;

    fn report(values: &[(Component, u8)]) -> QualityReport {
        let mut report = QualityReport::default();
        for (component, mapped) in values {
            report.set(*component, Some(Measure { raw: 1.0, mapped: *mapped }));
        }
        report
    }

    #[test]
    fn a_value_at_its_limit_passes_and_one_below_is_told() {
        let limits = QualityLimits::default();
        for component in Component::ALL {
            let least = limits.least(component);
            assert!(limits.shortfalls(&report(&[(component, least)])).is_empty());
            let short = limits.shortfalls(&report(&[(component, least - 1)]));
            assert_eq!(short, [(component, least - 1, least)]);
        }
        assert!(limits.shortfalls(&QualityReport::default()).is_empty());
    }

    #[test]
    fn only_the_listed_components_refuse() {
        let limits = QualityLimits { enforce: vec![Component::Sharpness], ..Default::default() };
        let judge = |values: &[(Component, u8)]| {
            GateOutcome::judge(&report(values), &limits, ReasonSubject::Probe)
        };
        let advised = judge(&[(Component::Yaw, 3)]);
        assert!(advised.passed && !advised.reasons[0].decisive);
        let refused = judge(&[(Component::Yaw, 3), (Component::Sharpness, 7)]);
        assert!(!refused.passed);
        let codes: Vec<bool> = refused.reasons.iter().map(|reason| reason.decisive).collect();
        assert_eq!(codes, [true, false], "in the order of advice");
        assert_eq!((refused.reasons[0].value, refused.reasons[0].limit), (Some(7.0), Some(50.0)));
    }

    #[test]
    fn every_component_has_advice_and_a_code_of_its_own() {
        let mut codes: Vec<String> =
            Component::ALL.iter().map(|c| c.reason().to_string()).collect();
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), Component::ALL.len());
        for component in Component::ALL {
            assert!(!component.reason().advice().is_empty(), "{component:?}");
        }
    }
}
