//! What can be measured of a photo of a face besides who it shows, and the gate before the
//! comparison.
//!
//! Components follow ISO/IEC 29794-5, one file each: a raw value in its own unit, and a mapped one
//! from 0 to 100. docs/QUALITY.md lists them.
//!
//! No measure here takes brightness for quality: to such a measure, a dark photo and dark skin look
//! the same, and a gate built on it would turn people away for their skin. All light is compared
//! with the light of the face's own skin.

mod cielab;
mod component;
mod compression;
mod cropping;
mod dynamic_range;
mod exposure;
mod faces_in_view;
mod gate;
mod inter_eye_distance;
mod light_evenness;
mod mapping;
mod motion_blur;
mod natural_colour;
mod occlusion;
mod pose;
mod region;
mod saturation;
mod sharpness;
mod skin_tone;
#[cfg(test)]
mod synthetic;

use crate::detect::Detection;
use crate::geometry::Landmarks5;
use crate::sample::Sample;

pub use component::Component;
pub use gate::{Gate, GateOutcome, QualityLimits};
pub use mapping::Measure;
pub use skin_tone::{SkinTone, ita_band, skin_tone};

/// Turned aside by more than this, in degrees, a head hides one cheek from the camera.
const FRONTAL: f32 = 30.0;

/// All measures of one face.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct QualityReport {
    measures: [Option<Measure>; Component::ALL.len()],
}

impl QualityReport {
    /// Measures the face that would be compared, the first of `faces`; nothing where there is none.
    pub fn measure(sample: &Sample, faces: &[Detection]) -> Self {
        let Some(face) = faces.first() else { return QualityReport::default() };
        let mut report = Self::of_landmarks(sample, face.landmarks());
        let others = faces[1..].iter().map(|other| other.bounding_box().area());
        let in_view = faces_in_view::faces_in_view(face.bounding_box().area(), others);
        report.set(Component::FacesInView, in_view);
        report
    }

    /// What can be measured from pixels and landmarks.
    fn of_landmarks(sample: &Sample, landmarks: &Landmarks5) -> Self {
        let mut report = QualityReport::default();
        let pose = pose::pose(landmarks);
        let eyes = inter_eye_distance::inter_eye_distance(landmarks);
        report.set(Component::InterEyeDistance, eyes);
        let size = (sample.full_width(), sample.full_height());
        report.set(Component::Cropping, cropping::cropping(landmarks, size));
        report.set(Component::Yaw, pose.yaw);
        report.set(Component::Pitch, pose.pitch);
        report.set(Component::Roll, pose.roll);
        report.set(Component::Compression, compression::compression(sample, landmarks));
        let Some(region) = region::FaceRegion::new(sample, landmarks) else { return report };
        if let Some(blur) = sharpness::directional_blur(&region) {
            report.set(Component::Sharpness, sharpness::sharpness(blur));
            report.set(Component::MotionBlur, motion_blur::motion_blur(blur));
        }
        report.set(Component::Exposure, exposure::exposure(&region));
        report.set(Component::DynamicRange, dynamic_range::dynamic_range(&region));
        let yaw = pose.yaw.map_or(0.0, |yaw| yaw.raw);
        report.set(Component::Saturation, saturation::saturation(&region, yaw));
        report.set(Component::NaturalColour, natural_colour::natural_colour(&region));
        // Both sides of the face must be visible to be compared.
        if pose.yaw.is_some_and(|yaw| yaw.raw.abs() <= FRONTAL) {
            report.set(Component::LightEvenness, light_evenness::light_evenness(&region));
            report.set(Component::Occlusion, occlusion::occlusion(&region));
        }
        report
    }

    fn set(&mut self, component: Component, measure: Option<Measure>) {
        self.measures[component as usize] = measure;
    }

    /// One measure; `None` where it could not be taken.
    pub fn get(&self, component: Component) -> Option<Measure> {
        self.measures[component as usize]
    }

    /// The measures that could be taken, in the order of [`Component::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Component, Measure)> {
        Component::ALL.into_iter().filter_map(|component| Some((component, self.get(component)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::synthetic::{Drawing, report_of};
    use super::*;
    use crate::align::CANONICAL;

    /// A complaint against the reference implementation of the standard (OFIQ-Project #93): in the
    /// same exposure, skin that reflects a quarter of the light must not score lower. What remains
    /// is that a darker image has coarser steps.
    #[test]
    fn a_quarter_of_the_reflectance_costs_at_most_two_points_of_any_measure() {
        for scale in [0.8, 1.5, 3.3] {
            let light = Drawing::face(scale).report();
            let dark =
                Drawing::face(scale).with(|_, _, pixel| pixel.map(|c: f32| c * 0.25)).report();
            let mut measured = 0;
            for (component, measure) in light.iter() {
                let lost =
                    i16::from(measure.mapped) - i16::from(dark.get(component).unwrap().mapped);
                assert!(
                    lost <= 2,
                    "{component:?} at {scale}: {measure:?} {:?}",
                    dark.get(component)
                );
                measured += 1;
            }
            assert!(measured >= 13, "{measured}");
        }
    }

    #[test]
    fn a_good_portrait_is_good_in_every_respect() {
        for (component, measure) in Drawing::face(1.5).report().iter() {
            assert!(measure.mapped >= 85, "{component:?}: {measure:?}");
        }
    }

    #[test]
    fn no_picture_makes_a_measure_that_is_no_number() {
        let face = Landmarks5(CANONICAL);
        for grey in [0, 1, 128, 255] {
            let plain = image::RgbImage::from_pixel(112, 112, image::Rgb([grey; 3]));
            for (component, measure) in report_of(plain.clone(), &face).iter() {
                assert!(measure.raw.is_finite(), "{grey} {component:?}: {measure:?}");
            }
            // Tiny, outside the image, and all in one point.
            for odd in [face.scaled(0.05, 0.05), face.scaled(9.0, 9.0), face.scaled(0.0, 0.0)] {
                for (component, measure) in report_of(plain.clone(), &odd).iter() {
                    assert!(measure.raw.is_finite(), "{grey} {component:?}: {measure:?}");
                }
            }
        }
        let none = report_of(image::RgbImage::new(1, 1), &face);
        assert_eq!(none.get(Component::Sharpness), None);
    }
}
