//! Why a decision came out as it did: a closed list of codes.

use serde::{Deserialize, Serialize};

/// The stage to which a reason belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonStage {
    /// Turning bytes into pixels.
    Decode,
    /// Finding the face.
    Detect,
    /// Judging the photo.
    Quality,
    /// Presentation attack detection.
    Liveness,
    /// Comparing templates.
    Compare,
}

/// Whose photo a reason is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonSubject {
    /// The photo presented now.
    Probe,
    /// The photo stored earlier.
    Reference,
}

/// Every reason there is. `docs/REASONS.md` lists them for those who read records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// The file holds several pages or views; the first was used.
    SeveralPages,
    /// No face was found in any attempt.
    NoFaceFound,
    /// There are several faces; the largest was used.
    SeveralFacesLargestUsed,
    /// There are several faces and the policy accepts one only.
    SeveralFacesRefused,
    /// Eyes, nose or mouth lie outside the image.
    LandmarksOutsideImage,
    /// The detector's landmarks do not span a face.
    LandmarksUnusable,
    /// The border cuts part of the face.
    FaceCutByBorder,
    /// The face has fewer pixels than the crop that is compared.
    FaceSmall,
    /// The face was found only with more light.
    FoundWithMoreLight,
    /// Noise drowns the face; it was smoothed and made brighter.
    FaceInLittleLight,
    /// The face was found only after turning the photo.
    FoundTurned,
    /// Somebody else's face is nearly as large.
    OtherFaceProminent,
    /// Part of the face does not look like the rest of it.
    FaceHidden,
    /// The face is squashed or stretched.
    FaceOutOfProportion,
    /// The embedder sees too little of a face for a comparison to mean much.
    FaceUnclear,
    /// Light and dark are reversed.
    PictureNegative,
    /// The camera had too little light for this face.
    TooLittleLight,
    /// Parts of the face are clipped to white.
    TooMuchLight,
    /// One side of the face is lit far more than the other.
    LightFromOneSide,
    /// The face has little contrast in its own light.
    PictureFlat,
    /// The face lacks fine detail.
    PictureBlurred,
    /// The face lacks fine detail in one direction.
    PictureShaken,
    /// The head is turned to a side.
    HeadTurned,
    /// The head points up or down.
    HeadUpOrDown,
    /// The head or the camera is tilted.
    HeadTilted,
    /// Compression has taken detail away.
    PictureCompressed,
    /// The light has a strong colour.
    LightColoured,
    /// Liveness was not checked.
    LivenessNotChecked,
    /// Nothing in the photo speaks of an attack, which does not show that a person was there.
    NoAttackSignsSeen,
    /// A passive signal asks for more evidence.
    AttackSignsUnclear,
    /// A passive signal sees an attack.
    AttackSignsSeen,
    /// The challenge session shows a live person.
    LivenessShown,
    /// The challenge session leaves it open whether a live person was there.
    LivenessUnclear,
    /// The challenge session shows an attack.
    LivenessFailed,
    /// The challenge session shows somebody else than the probe.
    LivenessOfOtherPerson,
    /// The score reaches the threshold.
    ScoreAtOrAboveThreshold,
    /// The score does not reach the threshold.
    ScoreBelowThreshold,
    /// The score is too near the threshold for a machine to decide.
    ScoreInReviewBand,
    /// No measured error rate stands behind the threshold.
    ThresholdNotCalibrated,
    /// Both photos are the same file.
    IdenticalFiles,
}

impl ReasonCode {
    /// All codes, in the order of the stages.
    pub const ALL: [ReasonCode; 40] = [
        ReasonCode::SeveralPages,
        ReasonCode::NoFaceFound,
        ReasonCode::SeveralFacesLargestUsed,
        ReasonCode::SeveralFacesRefused,
        ReasonCode::LandmarksOutsideImage,
        ReasonCode::LandmarksUnusable,
        ReasonCode::FaceCutByBorder,
        ReasonCode::FaceSmall,
        ReasonCode::FoundWithMoreLight,
        ReasonCode::FaceInLittleLight,
        ReasonCode::FoundTurned,
        ReasonCode::OtherFaceProminent,
        ReasonCode::FaceHidden,
        ReasonCode::FaceOutOfProportion,
        ReasonCode::FaceUnclear,
        ReasonCode::PictureNegative,
        ReasonCode::TooLittleLight,
        ReasonCode::TooMuchLight,
        ReasonCode::LightFromOneSide,
        ReasonCode::PictureFlat,
        ReasonCode::PictureBlurred,
        ReasonCode::PictureShaken,
        ReasonCode::HeadTurned,
        ReasonCode::HeadUpOrDown,
        ReasonCode::HeadTilted,
        ReasonCode::PictureCompressed,
        ReasonCode::LightColoured,
        ReasonCode::LivenessNotChecked,
        ReasonCode::NoAttackSignsSeen,
        ReasonCode::AttackSignsUnclear,
        ReasonCode::AttackSignsSeen,
        ReasonCode::LivenessShown,
        ReasonCode::LivenessUnclear,
        ReasonCode::LivenessFailed,
        ReasonCode::LivenessOfOtherPerson,
        ReasonCode::ScoreAtOrAboveThreshold,
        ReasonCode::ScoreBelowThreshold,
        ReasonCode::ScoreInReviewBand,
        ReasonCode::ThresholdNotCalibrated,
        ReasonCode::IdenticalFiles,
    ];

    /// Whether so little of a face is left under this reason that a low score says nothing about who
    /// it is: such a comparison is left undecided. A face that is hidden in part does so where the
    /// embedder finds it unclear too.
    pub fn leaves_no_evidence(self) -> bool {
        use ReasonCode as R;
        matches!(
            self,
            R::LandmarksOutsideImage | R::FaceOutOfProportion | R::FaceUnclear | R::PictureNegative
        )
    }

    /// The stage at which this reason arises.
    pub fn stage(self) -> ReasonStage {
        use ReasonCode as R;
        match self {
            R::SeveralPages => ReasonStage::Decode,
            R::NoFaceFound
            | R::SeveralFacesLargestUsed
            | R::SeveralFacesRefused
            | R::LandmarksOutsideImage
            | R::LandmarksUnusable => ReasonStage::Detect,
            R::FaceCutByBorder
            | R::FaceSmall
            | R::FoundWithMoreLight
            | R::FaceInLittleLight
            | R::FoundTurned
            | R::OtherFaceProminent
            | R::FaceHidden
            | R::FaceOutOfProportion
            | R::FaceUnclear
            | R::PictureNegative
            | R::TooLittleLight
            | R::TooMuchLight
            | R::LightFromOneSide
            | R::PictureFlat
            | R::PictureBlurred
            | R::PictureShaken
            | R::HeadTurned
            | R::HeadUpOrDown
            | R::HeadTilted
            | R::PictureCompressed
            | R::LightColoured => ReasonStage::Quality,
            R::LivenessNotChecked
            | R::NoAttackSignsSeen
            | R::AttackSignsUnclear
            | R::AttackSignsSeen
            | R::LivenessShown
            | R::LivenessUnclear
            | R::LivenessFailed
            | R::LivenessOfOtherPerson => ReasonStage::Liveness,
            R::ScoreAtOrAboveThreshold
            | R::ScoreBelowThreshold
            | R::ScoreInReviewBand
            | R::ThresholdNotCalibrated
            | R::IdenticalFiles => ReasonStage::Compare,
        }
    }

    /// What the reason says, in plain words.
    pub fn meaning(self) -> &'static str {
        use ReasonCode as R;
        match self {
            R::SeveralPages => "the file holds several pages, and only the first was looked at",
            R::NoFaceFound => "no face was found",
            R::SeveralFacesLargestUsed => "there are several faces; the largest was used",
            R::SeveralFacesRefused => "there are several faces, and one is needed",
            R::LandmarksOutsideImage => "eyes, nose or mouth are outside the picture",
            R::LandmarksUnusable => "eyes, nose and mouth could not be told apart",
            R::FaceCutByBorder => "the edge of the picture cuts the face",
            R::FaceSmall => "the face is small, so little detail can be compared",
            R::FoundWithMoreLight => "the face was found only after the picture was made brighter",
            R::FaceInLittleLight => "there was little light, so the face was made clearer first",
            R::FoundTurned => "the face was found only after the picture was turned",
            R::OtherFaceProminent => "somebody else's face is nearly as large",
            R::FaceHidden => "part of the face seems to be hidden",
            R::FaceOutOfProportion => "the face is squashed or stretched in the picture",
            R::FaceUnclear => "the picture shows the program too little of the face to compare",
            R::PictureNegative => {
                "the light and dark of the picture are reversed, as on a negative"
            }
            R::TooLittleLight => "the camera had too little light for this face",
            R::TooMuchLight => "parts of the face are so bright that they show nothing",
            R::LightFromOneSide => "one side of the face is in the shadow",
            R::PictureFlat => "the face shows little contrast, as through haze",
            R::PictureBlurred => "the face is out of focus",
            R::PictureShaken => "the picture was blurred by movement",
            R::HeadTurned => "the head is turned to a side",
            R::HeadUpOrDown => "the face points up or down",
            R::HeadTilted => "the head or the camera is tilted",
            R::PictureCompressed => "the file was made so small that detail was lost",
            R::LightColoured => "the light on the face has a strong colour",
            R::LivenessNotChecked => {
                "whether a live person was in front of the camera was not checked"
            }
            R::NoAttackSignsSeen => {
                "no sign of an attack was seen in the photo, which does not show that a person was there"
            }
            R::AttackSignsUnclear => "the photo may be a picture of a picture",
            R::AttackSignsSeen => "the photo looks like a picture of a screen or of a print",
            R::LivenessShown => "a live person did what was asked, when it was asked",
            R::LivenessUnclear => {
                "the camera did not show enough to tell that a live person was there"
            }
            R::LivenessFailed => "the camera showed what a live person in front of it would not",
            R::LivenessOfOtherPerson => {
                "the person in front of the camera is not the one on the new photo"
            }
            R::ScoreAtOrAboveThreshold => "the faces are as alike as the threshold asks, or more",
            R::ScoreBelowThreshold => "the faces are less alike than the threshold asks",
            R::ScoreInReviewBand => "the faces are too near the threshold for a machine to decide",
            R::ThresholdNotCalibrated => "no measured error rate stands behind this threshold",
            R::IdenticalFiles => {
                "both photos are the same file, which proves nothing about a person"
            }
        }
    }

    /// What to do about it; empty where nothing needs doing.
    pub fn advice(self) -> &'static str {
        use ReasonCode as R;
        match self {
            R::SeveralPages => {
                "if the face is on another page, send that page as a picture of its own"
            }
            R::NoFaceFound => {
                "face the camera, with light from the front and the whole head in the picture"
            }
            R::SeveralFacesLargestUsed => "check that the largest face is the right person's",
            R::SeveralFacesRefused => "take the photo with one person in the picture",
            R::LandmarksOutsideImage | R::FaceCutByBorder => {
                "hold the camera further away, so that the whole head is in the picture"
            }
            R::LandmarksUnusable => "face the camera and keep still",
            R::FaceSmall => "come closer to the camera, or send a larger picture",
            R::FoundWithMoreLight | R::FaceInLittleLight => {
                "take the photo with more light on the face"
            }
            R::FoundTurned => "send the picture the right way up",
            R::OtherFaceProminent => "take the photo with nobody else near the camera",
            R::FaceHidden => {
                "take off dark glasses or a mask and move hair aside; what you wear for your faith or health may stay"
            }
            R::FaceOutOfProportion => {
                "send the picture as the camera took it, without changing its shape"
            }
            R::FaceUnclear => {
                "take a new photo from the front, in even light, with nothing in front of the face"
            }
            R::PictureNegative => "send the picture in its true colours",
            R::TooLittleLight => "turn towards a window or a lamp",
            R::TooMuchLight => "move out of the glare, and switch off the flash",
            R::LightFromOneSide => "turn until the light comes from the front",
            R::PictureFlat => "wipe the lens, and do not stand with the light behind you",
            R::PictureBlurred => {
                "wipe the lens, hold the phone at arm's length, and tap on the face to focus"
            }
            R::PictureShaken => "hold still, and rest the phone against something",
            R::HeadTurned => "look straight into the camera",
            R::HeadUpOrDown => "hold the camera level with your eyes",
            R::HeadTilted => "hold head and camera upright",
            R::PictureCompressed => "send the original picture, not a forwarded copy",
            R::LightColoured => "use daylight or a white lamp",
            R::LivenessNotChecked => {
                "do not rely on this alone where somebody could hold up a photo"
            }
            R::NoAttackSignsSeen => {
                "do not rely on this alone where somebody could hold up a photo"
            }
            R::AttackSignsUnclear => {
                "take a new photo of the person, or follow the steps in front of the camera"
            }
            R::AttackSignsSeen => {
                "take a new photo of the person, not of a picture; if it is refused again, a person must look"
            }
            R::LivenessShown => "",
            R::LivenessUnclear => {
                "try again in even light, slowly, with the whole face in the picture"
            }
            R::LivenessFailed => {
                "start again with a new challenge, in front of the camera; if it is refused again, a person must look"
            }
            R::LivenessOfOtherPerson => "the same person must take the photo and follow the steps",
            R::ScoreAtOrAboveThreshold => "",
            R::ScoreBelowThreshold => {
                "take a new photo in good light; if it is refused again, a person must look"
            }
            R::ScoreInReviewBand => "a person must look at both photos",
            R::ThresholdNotCalibrated => {
                "measure the error rates on your own population before relying on it"
            }
            R::IdenticalFiles => "compare a new photo",
        }
    }
}

impl std::fmt::Display for ReasonCode {
    /// The code as it stands in records, such as `no_face_found`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

/// One reason of a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Which reason.
    pub code: ReasonCode,
    /// The stage at which it arose.
    pub stage: ReasonStage,
    /// What was measured, where something was.
    pub value: Option<f32>,
    /// The limit it was held against, where there is one.
    pub limit: Option<f32>,
    /// Whose photo it is about, where it is about one.
    pub subject: Option<ReasonSubject>,
    /// Whether it decided the outcome; otherwise it is there to be known.
    pub decisive: bool,
    /// What to do about it, in plain words; empty where nothing needs doing.
    pub advice: String,
}

impl Reason {
    /// A decisive reason.
    pub fn new(code: ReasonCode) -> Self {
        Reason {
            code,
            stage: code.stage(),
            value: None,
            limit: None,
            subject: None,
            decisive: true,
            advice: code.advice().to_owned(),
        }
    }

    /// With what was measured and the limit it was held against.
    #[must_use]
    pub fn measured(mut self, value: f32, limit: f32) -> Self {
        (self.value, self.limit) = (Some(value), Some(limit));
        self
    }

    /// About one of the two photos.
    #[must_use]
    pub fn about(mut self, subject: ReasonSubject) -> Self {
        self.subject = Some(subject);
        self
    }

    /// To be known, without having decided.
    #[must_use]
    pub fn advisory(mut self) -> Self {
        self.decisive = false;
        self
    }
}
