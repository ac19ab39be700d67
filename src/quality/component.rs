//! The components of quality, by name.

use serde::{Deserialize, Serialize};

use evenmatch_core::record::ReasonCode;

/// One property that is measured of a photo, after the quality components of ISO/IEC 29794-5. The
/// order is that in which advice is given: problems that make others irrelevant come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Component {
    /// How large the next largest face is compared with the one to be compared.
    FacesInView,
    /// How much of the crop the photo covers.
    Cropping,
    /// Distance between the eyes.
    InterEyeDistance,
    /// How much of the face looks like the same skin, and of the eyes like eyes.
    Occlusion,
    /// How far the light on the skin stands out of noise and rounding.
    Exposure,
    /// Share of the face that is clipped to white.
    Saturation,
    /// How differently the two cheeks are lit.
    LightEvenness,
    /// Contrast of the face in proportion to its own light.
    DynamicRange,
    /// How fine the detail is.
    Sharpness,
    /// How much finer the detail is in one direction than across it.
    MotionBlur,
    /// Turn of the head to a side.
    Yaw,
    /// Turn of the head up or down.
    Pitch,
    /// Tilt of the head towards a shoulder.
    Roll,
    /// How much the borders of a JPEG's blocks stand out.
    Compression,
    /// How far the colour of the light is from white.
    NaturalColour,
}

impl Component {
    /// All components, in the order of advice.
    pub const ALL: [Component; 15] = [
        Component::FacesInView,
        Component::Cropping,
        Component::InterEyeDistance,
        Component::Occlusion,
        Component::Exposure,
        Component::Saturation,
        Component::LightEvenness,
        Component::DynamicRange,
        Component::Sharpness,
        Component::MotionBlur,
        Component::Yaw,
        Component::Pitch,
        Component::Roll,
        Component::Compression,
        Component::NaturalColour,
    ];

    /// The name in records and policies, such as `inter_eye_distance`.
    pub fn name(self) -> &'static str {
        match self {
            Component::FacesInView => "faces_in_view",
            Component::Cropping => "cropping",
            Component::InterEyeDistance => "inter_eye_distance",
            Component::Occlusion => "occlusion",
            Component::Exposure => "exposure",
            Component::Saturation => "saturation",
            Component::LightEvenness => "light_evenness",
            Component::DynamicRange => "dynamic_range",
            Component::Sharpness => "sharpness",
            Component::MotionBlur => "motion_blur",
            Component::Yaw => "yaw",
            Component::Pitch => "pitch",
            Component::Roll => "roll",
            Component::Compression => "compression",
            Component::NaturalColour => "natural_colour",
        }
    }

    /// The unit of the raw value.
    pub fn unit(self) -> &'static str {
        match self {
            Component::InterEyeDistance => "pixels",
            Component::Yaw | Component::Pitch | Component::Roll => "degrees",
            Component::Exposure => "decibels",
            Component::LightEvenness | Component::DynamicRange | Component::NaturalColour => {
                "stops"
            }
            Component::FacesInView | Component::Compression => "ratio",
            Component::Cropping
            | Component::Occlusion
            | Component::Saturation
            | Component::Sharpness
            | Component::MotionBlur => "share",
        }
    }

    /// The reason that tells a person that this value is too low.
    pub fn reason(self) -> ReasonCode {
        match self {
            Component::FacesInView => ReasonCode::OtherFaceProminent,
            Component::Cropping => ReasonCode::FaceCutByBorder,
            Component::InterEyeDistance => ReasonCode::FaceSmall,
            Component::Occlusion => ReasonCode::FaceHidden,
            Component::Exposure => ReasonCode::TooLittleLight,
            Component::Saturation => ReasonCode::TooMuchLight,
            Component::LightEvenness => ReasonCode::LightFromOneSide,
            Component::DynamicRange => ReasonCode::PictureFlat,
            Component::Sharpness => ReasonCode::PictureBlurred,
            Component::MotionBlur => ReasonCode::PictureShaken,
            Component::Yaw => ReasonCode::HeadTurned,
            Component::Pitch => ReasonCode::HeadUpOrDown,
            Component::Roll => ReasonCode::HeadTilted,
            Component::Compression => ReasonCode::PictureCompressed,
            Component::NaturalColour => ReasonCode::LightColoured,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_policy_and_all_are_listed_in_order() {
        for (place, component) in Component::ALL.into_iter().enumerate() {
            assert_eq!(component as usize, place);
            assert_eq!(serde_json::to_value(component).unwrap(), component.name());
        }
    }
}
